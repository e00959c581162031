//! Where the keys live.

pub mod record;
