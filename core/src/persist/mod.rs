//! Serialization of data.

pub mod rdb;
