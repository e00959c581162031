//! What is told of a panic. It is a bug, the process ends with it, and these lines are what a report of it needs.

use std::backtrace::Backtrace;
use std::io::{self, Write};
use std::panic;
use std::path::Path;

use crate::clock;
use crate::log;

/// From now on a panic is told in full on standard error, and in the log if that is a file; unless `crash-log-enabled` says no.
/// Then the one line remains that Rust writes.
pub(crate) fn tell_panics(is_enabled: bool, logfile: Option<&Path>) {
    if !is_enabled {
        drop(panic::take_hook());
        return;
    }
    let logfile = logfile.map(Path::to_path_buf);
    panic::set_hook(Box::new(move |panic| {
        let report = format!(
            "{time} crash   Redstart {version} has a bug: {panic}\n{trace}\n",
            time = clock::rfc3339(clock::now()),
            version = redstart_core::VERSION,
            trace = Backtrace::force_capture(),
        );
        let _ = io::stderr().write_all(report.as_bytes());
        if let Some(mut file) = logfile.as_deref().and_then(|path| log::append_to(path).ok()) {
            let _ = file.write_all(report.as_bytes());
        }
    }));
}
