//! `redstart`: a server for Redis clients, built on the engine of `redstart-core`.
//!
//! A single thread does all the work. [`event_loop`] drives it; [`connection`], [`stream`] and
//! [`listener`] handle sockets; [`tls`] handles encryption; [`host`] is the engine's interface to
//! the process. [`args`], [`config_file`] and [`directive`] read the configuration; `startup`
//! combines them.
#![forbid(unsafe_code)]

mod allocator;
mod args;
mod banner;
mod clock;
mod config_file;
mod config_rewrite;
mod connection;
mod crash;
mod directive;
mod event_loop;
mod fatal;
mod file_limit;
mod host;
mod listener;
mod log;
mod oom_score;
mod pid_file;
mod process;
mod recorder;
mod startup;
mod stream;
mod supervisor;
mod syslog;
mod tls;
mod unsupported;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Invocation;

fn main() -> ExitCode {
    let result = match args::parse(std::env::args_os()) {
        Ok(Invocation::Serve { source, flags, record }) => startup::serve(source, flags, record),
        Ok(Invocation::Print(text)) => {
            let _ = io::stdout().write_all(text.as_bytes());
            Ok(())
        }
        Err(fatal) => Err(fatal),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => {
            let _ = writeln!(io::stderr(), "redstart: {fatal}");
            ExitCode::FAILURE
        }
    }
}
