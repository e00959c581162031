//! Data on its way out of memory and back.

pub mod rdb;
