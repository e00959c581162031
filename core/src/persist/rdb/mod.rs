//! RDB.

mod crc64;
pub mod lzf;
mod reader;
mod writer;
mod ziplist;
mod zipmap;

pub use crc64::crc64;
pub use reader::{Corrupt, Reader};
pub use writer::Writer;
