//! Panic reports. A panic is a bug and ends the process; these lines are needed for a bug report.

use std::backtrace::Backtrace;
use std::io::{self, Write};
use std::panic;
use std::path::Path;

use crate::clock;
use crate::log;

/// Installs a panic hook that writes a full report to standard error, and to the log if it is a
/// file. If `crash-log-enabled` is off, only the single line of Rust's default hook is written.
pub(crate) fn log_panics(is_enabled: bool, logfile: Option<&Path>) {
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
    const TEST: &str = "crash::tests::panics_are_reported_while_crash_log_is_enabled";

    /// A panic hook is global to the process, and its output must not appear among test output, so
    /// this test panics in a child process that runs the same test.
    #[test]
    fn panics_are_reported_while_crash_log_is_enabled() {
        if let Some(log) = env::var_os(LOG) {
            let crash = |text: &'static str| {
                assert!(thread::spawn(move || panic!("{text}")).join().is_err());
            };
            log_panics(true, Some(Path::new(&log)));
            crash("the first panic of this test");
            log_panics(false, Some(Path::new(&log)));
            return crash("the second panic of this test");
        }
        let log = env::temp_dir().join(format!("redstart-crash-{}", process::id()));
        let output = Command::new(env::current_exe().expect("the path of the test binary"))
            .args(["--exact", TEST, "--nocapture"])
            .env(LOG, &log)
            .output()
            .expect("the child process runs");
        let logged = fs::read_to_string(&log).expect("a crash was logged");
        fs::remove_file(&log).expect("the file belongs to this test");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        for told in [logged.as_str(), &stderr] {
            assert_eq!(told.matches(" has a bug: ").count(), 1, "{told}");
            assert!(told.contains("crash.rs") && told.contains("the first"), "{told}");
        }
        assert!(stderr.contains("the second") && !logged.contains("the second"), "{stderr}");
    }
}
