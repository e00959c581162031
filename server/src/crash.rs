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

#[cfg(test)]
mod tests {
    use std::{env, fs, process, thread};

    use super::*;

    #[test]
    fn panics_are_told_while_that_is_enabled() {
        let log = env::temp_dir().join(format!("redstart-crash-{}", process::id()));
        let told = || fs::read_to_string(&log).unwrap_or_default();
        let crash = |text: &'static str| {
            let result = thread::spawn(move || panic!("{text}")).join();
            assert!(result.is_err());
        };
        tell_panics(true, Some(&log));
        crash("the first that this test causes");
        tell_panics(false, Some(&log));
        crash("the second that this test causes");
        assert!(told().contains(" has a bug: ") && told().contains("the first"), "{}", told());
        assert!(told().contains("crash.rs") && !told().contains("the second"), "{}", told());
        fs::remove_file(&log).expect("it is ours");
    }
}
