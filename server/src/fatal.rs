//! What ends the start: one line that says why.

use core::fmt;
use std::io;

use nix::errno::Errno;

/// Why the server does not start. It is told on standard error, and the process ends with exit code 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fatal(String);

impl Fatal {
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error in the system's words, without its number.
pub(crate) fn plain(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), |code| Errno::from_raw(code).desc().to_owned())
}
