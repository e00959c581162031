//! The data types: how each value is represented, and what `OBJECT ENCODING` calls it.

pub mod ranked_tree;
pub mod string;
pub mod thin_bytes;
