//! Fatal startup errors: one line that states the reason.

use core::fmt;
use std::io;

use nix::errno::Errno;

/// The reason why the server cannot start. It is printed to standard error, and the process exits
/// with code 1.
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

/// Formats an error in the system's words, without its number.
pub(crate) fn plain(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), |code| Errno::from_raw(code).desc().to_owned())
}
