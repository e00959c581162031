//! Every bound of the engine, with its unit. Those that Redis lets its user configure stand here as defaults.

/// The longest inline request, and the longest line that announces a count or a length (`PROTO_INLINE_MAX_SIZE`).
pub const INLINE_LEN_BYTES: usize = 64 * 1024;

/// The most arguments a request may announce.
pub const MULTIBULK_COUNT: u32 = i32::MAX as u32;

/// The longest argument (the default of `proto-max-bulk-len`).
pub const BULK_LEN_BYTES: u64 = 512 * 1024 * 1024;

/// The most arguments a request may announce while its client must still authenticate.
pub const UNAUTHENTICATED_MULTIBULK_COUNT: u32 = 10;

/// The longest argument while the client must still authenticate.
pub const UNAUTHENTICATED_BULK_LEN_BYTES: u64 = 16 * 1024;

/// The longest request: offsets into it are 32 bits wide, on every target.
pub const REQUEST_LEN_BYTES: u64 = u32::MAX as u64;

/// The arguments of a request that the next one finds room for; what a longer request took is given back.
pub const ARGS_KEPT_COUNT: usize = 1024;

/// The longest text that is read as a `long double` (`MAX_LONG_DOUBLE_CHARS`, with room for a NUL).
pub const LONG_DOUBLE_LEN_BYTES: usize = 5 * 1024 - 1;

/// The most stars a glob pattern can match with, not counting one at its end.
pub const GLOB_STARS: usize = 1000;

/// How deep the aggregates of a reply may nest for whoever decodes it.
pub const REPLY_DEPTH: usize = 128;
