//! The data types: how each value is represented, and what `OBJECT ENCODING` calls it.

pub mod bitfield;
pub mod bitmap;
pub mod string;
