//! All limits of the engine, with their units. Limits that Redis makes configurable are listed with
//! their defaults.

/// The maximum length of an inline request, and of a line that announces a count or a length
/// (`PROTO_INLINE_MAX_SIZE`).
pub const INLINE_LEN_BYTES: usize = 64 * 1024;

/// The maximum number of arguments of a request.
pub const MULTIBULK_COUNT: u32 = i32::MAX as u32;

/// The maximum length of an argument (the default of `proto-max-bulk-len`).
pub const BULK_LEN_BYTES: u64 = 512 * 1024 * 1024;

/// The maximum number of arguments of a request before authentication.
pub const UNAUTHENTICATED_MULTIBULK_COUNT: u32 = 10;

/// The maximum length of an argument before authentication.
pub const UNAUTHENTICATED_BULK_LEN_BYTES: u64 = 16 * 1024;

/// The maximum length of a request: offsets into it have 32 bits on every target.
pub const REQUEST_LEN_BYTES: u64 = u32::MAX as u64;

/// The minimum length of an argument that gets its own buffer, which may become the value
/// (`PROTO_MBULK_BIG_ARG`).
pub const BIG_ARG_LEN_BYTES: u32 = 32 * 1024;

/// The maximum length of such an argument: a client may announce more than it will ever send.
pub const BIG_ARG_MOST_LEN_BYTES: u32 = 1024 * 1024;

/// The number of arguments for which memory is kept between requests; memory for more is released.
pub const ARGS_KEPT_COUNT: usize = 1024;

/// Bytes of waiting requests that one turn runs. The other clients are served before the next turn.
pub const RESUMED_TURN_BYTES: usize = 64 * 1024;

/// The number of empty output buffers kept for reuse.
pub const POOLED_BUFFERS: usize = 64;

/// The maximum size of an output buffer kept for reuse; larger ones are freed.
pub const POOLED_BUFFER_BYTES: usize = 64 * 1024;

/// The number of records of a flushed database, or elements of a removed value, freed per tick.
pub const LAZY_FREE_RECORDS: usize = 500;

/// The maximum number of elements of a removed value that are freed synchronously; larger values
/// are freed in the background (`LAZYFREE_THRESHOLD`).
pub const FREED_AT_ONCE: usize = 64;

/// The number of records that one tick examines for expiry.
pub const EXPIRE_RECORDS: usize = 500;

/// The minimum interval between expiry cycles, in microseconds.
pub const EXPIRE_PERIOD_US: u64 = 10_000;

/// The maximum number of random elements with repetitions: a negative count of `SRANDMEMBER` and
/// similar commands.
pub const REPEATED_ELEMENTS: usize = 1 << 24;

/// The approximate size of the parts of a snapshot.
pub const SNAPSHOT_PART_BYTES: usize = 1 << 20;

/// The maximum length of a text parsed as a `long double` (`MAX_LONG_DOUBLE_CHARS`, including a
/// NUL).
pub const LONG_DOUBLE_LEN_BYTES: usize = 5 * 1024 - 1;

/// The maximum number of stars in a glob pattern that can match, not counting a trailing one.
pub const GLOB_STARS: usize = 1000;

/// The amount of a client's unread replies that its output limit does not count
/// (`PROTO_REPLY_CHUNK_BYTES`).
pub const UNCOUNTED_OUTPUT_BYTES: usize = 16 * 1024;

/// The output limit of a client before authentication (`REPLY_BUFFER_SIZE_UNAUTHENTICATED_CLIENT`).
pub const UNAUTHENTICATED_OUTPUT_BYTES: u64 = 1024;

/// The maximum nesting depth of aggregates that the reply decoder accepts.
pub const REPLY_DEPTH: usize = 128;

/// The maximum length of a string in a serialized value after decompression: it still fits a
/// listpack, whose length has 32 bits.
pub const SERIALISED_STRING_LEN_BYTES: u64 = u32::MAX as u64 - 64;
