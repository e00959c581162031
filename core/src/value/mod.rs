//! The data types: how each value is represented, and what `OBJECT ENCODING` calls it.

pub mod intset;
pub mod listpack;
pub mod string;
