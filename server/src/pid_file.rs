//! The file with the process id, for init scripts: `pidfile`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process;

/// The PID file, removed on drop.
#[derive(Debug)]
pub(crate) struct PidFile(PathBuf);

impl PidFile {
    pub(crate) fn write(path: &[u8]) -> io::Result<Self> {
        let path = std::path::absolute(OsStr::from_bytes(path))?;
        fs::write(&path, format!("{}\n", process::id()))?;
        Ok(Self(path))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
