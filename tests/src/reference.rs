//! Runs the installed `redis-server` for the duration of one suite.

use core::time::Duration;
use std::{
    env,
    ffi::OsString,
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use crate::{driver::TcpDriver, resp::Reply};

/// A running `redis-server` without persistence that allows everything, on a free local port.
pub struct Reference {
    process: Child,
    folder: PathBuf,
    /// The address that it listens on.
    pub address: String,
}

impl Reference {
    /// Starts a server, or returns `None` if it is not installed. `REDIS_SERVER` names another
    /// program than the one in `PATH`.
    ///
    /// # Errors
    /// The server is installed and does not start.
    pub fn start() -> io::Result<Option<Self>> {
        let Some(program) = program() else {
            return Ok(None);
        };
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("redstart-reference-{}-{number}", process::id()));
        fs::create_dir_all(&folder)?;
        // Another program may bind the port before the server does. Then the server exits at once,
        // and another port is tried.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let process = Command::new(&program)
                .args([
                    "--port",
                    &port.to_string(),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ])
                .args(["--enable-debug-command", "yes", "--enable-protected-configs", "yes"])
                .current_dir(&folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            let mut reference =
                Self { process, folder: folder.clone(), address: format!("127.0.0.1:{port}") };
            if reference.wait_until_ready()? {
                return Ok(Some(reference));
            }
        }
        Err(io::Error::other("redis-server does not start"))
    }

    /// Returns its version, such as `(7, 0)`.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn version(&self) -> io::Result<(u32, u32)> {
        let Reply::Bulk(info) = TcpDriver::new(&self.address)?.ask(&[b"INFO", b"server"])? else {
            return Err(io::Error::other("INFO is not text"));
        };
        let info = String::from_utf8_lossy(&info);
        let version =
            info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or_default();
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        Ok((numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
    }

    fn wait_until_ready(&mut self) -> io::Result<bool> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline && self.process.try_wait()?.is_none() {
            if TcpDriver::new(&self.address).is_ok() {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(false)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // A process without persistence has nothing to save, and it may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn program() -> Option<OsString> {
    env::var_os("REDIS_SERVER").or_else(|| {
        let path = env::var_os("PATH")?;
        let mut candidates = env::split_paths(&path).map(|folder| folder.join("redis-server"));
        candidates.find(|candidate| candidate.is_file()).map(PathBuf::into_os_string)
    })
}
