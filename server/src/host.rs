//! The engine's view of the process: statistics, and operations that only a process can perform.

use core::cell::RefCell;
use core::time::Duration;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process;
use std::rc::Rc;
use std::thread;

use redstart_core::config::Config;
use redstart_core::instance::host::{Host, Process, Usage};
use redstart_core::time::UnixMicros;

use crate::allocator;
use crate::clock::Stopwatch;
use crate::config_rewrite;
use crate::crash;
use crate::fatal::{Fatal, plain};
use crate::file_limit;
use crate::listener::Listeners;
use crate::log::Log;
use crate::oom_score::OomScore;
use crate::process::Facts;
use crate::recorder::EventTime;

const NO_PORT: &str = "Unable to listen on this port. Check server logs.";
const NO_TLS: &str = "Unable to update TLS configuration. Check server logs.";

/// The environment of the server's engine.
#[derive(Debug)]
pub(crate) struct ServerHost {
    pub(crate) log: Rc<Log>,
    pub(crate) listeners: Rc<RefCell<Listeners>>,
    /// The absolute path of the configuration file, if there is one.
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) facts: Facts,
    pub(crate) oom_score: OomScore,
    pub(crate) stopwatch: Stopwatch,
    /// The time of the latest event while the session is recorded.
    pub(crate) recorded: Option<EventTime>,
}

impl Host for ServerHost {
    #[inline]
    fn monotonic_ns(&self) -> u64 {
        match &self.recorded {
            None => self.stopwatch.nanos(),
            Some(time) => time.get().0 * 1_000,
        }
    }

    fn sleep(&self, micros: u64) {
        thread::sleep(Duration::from_micros(micros));
        if let Some(time) = &self.recorded {
            time.set(UnixMicros(time.get().0 + micros));
        }
    }

    fn log(&self, text: &[u8]) {
        self.log.warning(&String::from_utf8_lossy(text), &[]);
    }

    fn process(&self) -> Process {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        Process {
            id: process::id().into(),
            os: self.facts.os.clone(),
            executable: text(&self.facts.executable),
            config_file: self.config_file.as_ref().map(text).unwrap_or_default(),
            port: self.listeners.borrow().port(),
            multiplexer: if cfg!(target_os = "linux") { "epoll" } else { "kqueue" },
            monotonic_clock: Stopwatch::name(),
            allocator: allocator::NAME,
            system_memory_bytes: self.facts.system_memory_bytes,
        }
    }

    fn usage(&self) -> Usage {
        self.facts.usage()
    }

    fn configure(&self, name: &str, config: &Config) -> Result<(), String> {
        match name {
            "port" => self.or_log(NO_PORT, self.listeners.borrow_mut().bind(config)),
            "tls-port" => {
                let mut listeners = self.listeners.borrow_mut();
                self.or_log(NO_TLS, listeners.configure_tls(config))?;
                self.or_log(NO_PORT, listeners.bind_tls(config))
            }
            "bind" => {
                let mut listeners = self.listeners.borrow_mut();
                let result = listeners.bind_tls(config).and_then(|()| listeners.bind(config));
                self.or_log("Failed to bind to specified addresses.", result)
            }
            tls if tls.starts_with("tls-") => {
                self.or_log(NO_TLS, self.listeners.borrow_mut().configure_tls(config))
            }
            "maxclients" => {
                let wanted = u64::try_from(config.maxclients).unwrap_or(0);
                let possible = file_limit::make_room(wanted);
                if possible < wanted {
                    return Err(format!(
                        "The operating system is not able to handle the specified number of clients, try with {possible}"
                    ));
                }
                Ok(())
            }
            "loglevel" => {
                self.log.set_level(config.loglevel);
                Ok(())
            }
            "crash-log-enabled" => {
                crash::log_panics(config.crash_log_enabled, self.log.file());
                Ok(())
            }
            "oom-score-adj" | "oom-score-adj-values" => {
                let failed = |error: io::Error| {
                    Fatal::new(format!("Cannot set oom_score_adj: {}", plain(&error)))
                };
                let result = self.oom_score.adjust(config).map_err(failed);
                self.or_log("Failed to set current oom_score_adj. Check server logs.", result)
            }
            "dir" => {
                env::set_current_dir(OsStr::from_bytes(&config.dir)).map_err(|error| plain(&error))
            }
            _ => Ok(()),
        }
    }

    fn entropy(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // On failure the seed, which also comes from the system, is the only entropy.
        let _ = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
        bytes
    }

    fn acl_file(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        fs::read(OsStr::from_bytes(path)).map_err(|error| plain(&error))
    }

    fn save_acl_file(&self, path: &[u8], text: &[u8]) -> Result<(), String> {
        let path = Path::new(OsStr::from_bytes(path));
        config_rewrite::replace(path, text).map_err(|error| {
            self.log.warning("ACL SAVE failed", &[("error", &plain(&error))]);
            plain(&error)
        })
    }

    fn rewrite_config(&self, changed: &[(&str, Vec<u8>)]) -> Result<(), String> {
        let path =
            self.config_file.as_ref().ok_or("The server is running without a config file")?;
        config_rewrite::rewrite(path, changed).map_err(|error| {
            self.log.warning("CONFIG REWRITE failed", &[("error", &plain(&error))]);
            plain(&error)
        })?;
        self.log.notice("CONFIG REWRITE executed with success", &[("file", &path.display())]);
        Ok(())
    }
}

impl ServerHost {
    /// Logs the details of a failure and returns the reply for the client.
    fn or_log(&self, reply: &str, result: Result<(), Fatal>) -> Result<(), String> {
        result.map_err(|error| {
            self.log.warning(&error.to_string(), &[]);
            reply.to_owned()
        })
    }
}
