//! A Redis-compatible engine without I/O.
#![no_std]
#![deny(clippy::std_instead_of_core, clippy::std_instead_of_alloc, clippy::alloc_instead_of_core)]

extern crate alloc;

pub mod glob;
pub mod limits;
pub mod number;
pub mod random;
pub mod resp;
pub mod time;
