//! The binary as its users meet it: started with flags and files, talked to over sockets, ended by
//! signals.
#![expect(clippy::unwrap_used, reason = "a test fails where it is surprised")]

mod configuration;
mod connections;
mod lifecycle;
mod memory;
mod process;
mod recording;
mod tls;
mod users;
