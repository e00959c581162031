//! RDB: Redis's binary format of values, used by `DUMP`, `RESTORE` and snapshots.
//!
//! ```text
//!  payload of DUMP         type   value ...   version   checksum
//!                          u8                 u16       u64
//!
//!  length                  00xxxxxx   01xxxxxx + byte   10000000 + u32   10000001 + u64 big-endian
//!  string                  its length and its bytes; or
//!                          11000000 + i8   11000001 + i16   11000010 + i32   a number as text
//!                          11000011 + two lengths + bytes                    compressed by LZF
//! ```
//!
//! A value consists of lengths and strings. A value with a compact encoding in memory is a single
//! string: the bytes of its listpack or intset. Redis has changed the format of its types over the
//! years, and reads all older formats. This module does the same: it reads every [`Kind`] that ever
//! existed, and writes the kinds of the requested [`Version`].
//!
//! All input is untrusted, as in Redis with `sanitize-dump-payload yes`: reading a value yields
//! either a complete, consistent value or [`Corrupt`] with the reason. No memory is allocated for a
//! count or a length that is only announced.
//!
//! | files | idea |
//! | --- | --- |
//! | `reader` `writer` `lzf` `crc64` | the primitives of values |
//! | `packed` `ziplist` `zipmap` | small collections; the predecessors of listpacks |
//! | `hash` `list` `set` `sorted_set` | one type each, reading and writing |
//! | `skip` | skipping a value that cannot be decoded |
//! | `payload` `file` | a single value, as in `DUMP`; all data, as in `dump.rdb` |

mod crc64;
pub mod file;
mod hash;
mod list;
pub mod lzf;
mod packed;
mod payload;
mod reader;
mod set;
mod skip;
mod sorted_set;
mod stream;
mod value;
mod writer;
mod ziplist;
mod zipmap;

pub use crc64::crc64;
pub use payload::{Refusal, dump, restore};
pub use reader::{Corrupt, Reader};
pub use value::{Kind, Limits, Loaded, load, save};
pub use writer::Writer;

/// The version of the format, which increases with every new kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

impl Version {
    /// Redis 7.0.
    pub const REDIS_7_0: Self = Self(10);
    /// Redis 7.2: small sets of any members, and the last activity of stream consumers.
    pub const REDIS_7_2: Self = Self(11);
    /// Redis 7.4: hashes with expiring fields.
    pub const REDIS_7_4: Self = Self(12);
    /// The newest supported version.
    pub const NEWEST: Self = Self::REDIS_7_4;
}
