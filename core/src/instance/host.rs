//! What the engine may ask of its surroundings.
//!
//! Everything here is for people who watch the server (`INFO`, `SLOWLOG`, `LATENCY`) or for what only a process can do
//! (`CONFIG REWRITE`, `CONFIG SET port`). Nothing of it changes data, so a session replays to the same data anywhere; with
//! [`NoHost`] it replays to the same bytes as well.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::config::Config;

/// The surroundings of an engine. Every method has a default that knows nothing, which is what [`NoHost`] is.
pub trait Host: fmt::Debug {
    /// Nanoseconds of a clock that never goes back: what the durations of commands are measured with.
    fn monotonic_ns(&self) -> u64 {
        0
    }

    /// Lets time pass, as `DEBUG SLEEP` asks. The next command, or the next client to be served, sees it.
    fn sleep(&self, _micros: u64) {}

    /// Writes a warning to the log: what `DEBUG LOG` asks for, or why a command failed where its error sends people there.
    fn log(&self, _text: &[u8]) {}

    /// Gives free memory back to the system, as `MEMORY PURGE` asks.
    fn purge(&self) {}

    /// What the process is.
    fn process(&self) -> Process {
        Process::default()
    }

    /// What the process takes just now.
    fn usage(&self) -> Usage {
        Usage::default()
    }

    /// Applies a parameter that is marked external, after it was set in `config`.
    ///
    /// # Errors
    /// Why it cannot be applied, as `CONFIG SET` tells it; the engine then puts the old value back.
    fn configure(&self, _name: &str, _config: &Config) -> Result<(), String> {
        Ok(())
    }

    /// Bytes that nobody can guess, for passwords that `ACL GENPASS` makes up.
    fn entropy(&self) -> [u8; 32] {
        [0; 32]
    }

    /// The ACL file's text.
    ///
    /// # Errors
    /// Why it cannot be read, as `ACL LOAD` tells it.
    fn acl_file(&self, _path: &[u8]) -> Result<Vec<u8>, String> {
        Err(String::from("No such file or directory"))
    }

    /// Puts a new text into the ACL file's place.
    ///
    /// # Errors
    /// Why that failed; the client is told only that it did.
    fn save_acl_file(&self, _path: &[u8], _text: &[u8]) -> Result<(), String> {
        Err(String::from("there are no files"))
    }

    /// Writes these parameters, and the users, each under the name `user`, to the configuration file.
    ///
    /// # Errors
    /// Why that failed, as `CONFIG REWRITE` tells it.
    fn rewrite_config(&self, _changed: &[(&str, Vec<u8>)]) -> Result<(), String> {
        Err(String::from("The server is running without a config file"))
    }
}

/// What a process is: its fixed facts, for `INFO`.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// The process's number.
    pub id: u64,
    /// The operating system with its version, and the machine.
    pub os: String,
    /// The binary's path.
    pub executable: String,
    /// The configuration file's path; empty for none.
    pub config_file: String,
    /// The TCP port that it listens on.
    pub port: u16,
    /// How it waits for sockets: `epoll`, `kqueue`, ...
    pub multiplexer: &'static str,
    /// What [`Host::monotonic_ns`] reads.
    pub monotonic_clock: &'static str,
    /// The memory allocator's name.
    pub allocator: &'static str,
    /// The memory of the machine.
    pub system_memory_bytes: u64,
}

/// What a process takes at one moment, for `INFO`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Bytes that the allocator has handed out.
    pub allocated_bytes: u64,
    /// Bytes of the pages in which something is handed out.
    pub active_bytes: u64,
    /// Bytes of physical memory that the allocator holds, what it keeps for later included.
    pub mapped_bytes: u64,
    /// Bytes of physical memory that the process has.
    pub resident_bytes: u64,
    /// Processor time in user mode, in microseconds.
    pub user_cpu_us: u64,
    /// Processor time in the system, in microseconds.
    pub system_cpu_us: u64,
    /// The part of `user_cpu_us` that the thread of the engine took.
    pub main_thread_user_cpu_us: u64,
    /// The part of `system_cpu_us` that the thread of the engine took.
    pub main_thread_system_cpu_us: u64,
}

/// An engine without surroundings: every figure is zero, and every reply depends on the input alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}
