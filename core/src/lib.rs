//! A Redis-compatible engine without I/O: no socket, no file, no thread, no clock, no entropy.
//!
//! Bytes go in with the current time, and bytes come out: see [`engine::Engine`]. The same input
//! gives the same output on every platform, so a session can be replayed anywhere. A front end
//! needs little more than what is re-exported here; `examples/tcp.rs` is a complete one.
//!
//! | module | contents |
//! | --- | --- |
//! | [`time`], [`random`], [`limits`], [`memory`], [`number`], [`glob`] | points in time, seeded randomness, bounds, the sizes of allocations, the format of numbers, patterns |
//! | [`error`] | every error text |
//! | [`resp`] | the protocol: parsing requests, writing replies, and a decoder for clients |
//! | [`config`] | the parameters |
//! | [`value`], [`keyspace`] | data types, and the keyspace |
//! | [`persist`] | serialization of values |
//! | [`session`], [`instance`] | the state of a client, and of the server apart from its data |
//! | [`command`] | the command table and the handlers |
//! | [`engine`] | the entry points for front ends |
#![no_std]
#![deny(clippy::std_instead_of_core, clippy::std_instead_of_alloc, clippy::alloc_instead_of_core)]

extern crate alloc;

mod acl;
pub mod client;
pub mod command;
pub mod config;
pub mod dataset;
pub mod engine;
pub mod error;
pub mod glob;
pub mod instance;
pub mod keyspace;
pub mod limits;
pub mod memory;
pub mod number;
pub mod persist;
mod pubsub;
pub mod random;
pub mod resp;
pub mod session;
mod sort;
pub mod table;
pub mod time;
pub mod value;

pub use client::{ClientId, Peer, Transport};
pub use config::Config;
pub use engine::Engine;
pub use instance::Effect;
pub use random::Seed;
pub use time::UnixMicros;

/// The version of Redis whose behaviour this engine has, as reported to clients.
pub const REDIS_VERSION: &str = "7.2.4";

/// The version of this engine.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
