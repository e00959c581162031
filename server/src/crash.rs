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
    use std::process::{self, Command};
    use std::{env, fs, thread};

    use super::*;

    const LOG: &str = "REDSTART_TEST_CRASH_LOG";

    /// A hook is the whole process's, and what it writes is not for the eyes of who runs the tests: so this test crashes in
    /// another process, which is itself again.
    #[test]
    fn panics_are_told_while_that_is_enabled() {
        if let Some(log) = env::var_os(LOG) {
            let crash = |text: &'static str| {
                assert!(thread::spawn(move || panic!("{text}")).join().is_err());
            };
            tell_panics(true, Some(Path::new(&log)));
            crash("the first that this test causes");
            tell_panics(false, Some(Path::new(&log)));
            return crash("the second that this test causes");
        }
        let log = env::temp_dir().join(format!("redstart-crash-{}", process::id()));
        let output = Command::new(env::current_exe().expect("this test runs"))
            .args(["--exact", "crash::tests::panics_are_told_while_that_is_enabled", "--nocapture"])
            .env(LOG, &log)
            .output()
            .expect("it runs again");
        let logged = fs::read_to_string(&log).expect("a crash was logged");
        fs::remove_file(&log).expect("it is ours");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        for told in [logged.as_str(), &stderr] {
            assert_eq!(told.matches(" has a bug: ").count(), 1, "{told}");
            assert!(told.contains("crash.rs") && told.contains("the first"), "{told}");
        }
        assert!(stderr.contains("the second") && !logged.contains("the second"), "{stderr}");
    }
}
