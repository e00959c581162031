//! The commands: what each one is (the table), and what each one does (the handlers).

mod args;
mod bit_set;
mod bitfield;
mod bitmap;
mod client;
#[expect(clippy::module_inception, reason = "the file of the COMMAND command")]
mod command;
mod config;
mod connection;
pub(crate) mod context;
mod debug;
mod digest;
mod expire;
mod generic;
mod help;
mod hyperloglog;
mod info;
pub(crate) mod key_access;
pub mod keys;
mod latency;
mod lcs;
mod memory;
pub(crate) mod monitor;
mod object;
pub(crate) mod observers;
mod pubsub;
mod scan;
pub(crate) mod secrets;
mod server;
mod slowlog;
pub mod spec;
pub mod specs;
mod string;
pub(crate) mod table;
mod transaction;
