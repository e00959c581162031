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

/// From this length on an argument has a buffer of its own, which may become the value (`PROTO_MBULK_BIG_ARG`).
pub const BIG_ARG_LEN_BYTES: u32 = 32 * 1024;

/// Up to this length it has: a client may announce more than it will ever send.
pub const BIG_ARG_MOST_LEN_BYTES: u32 = 1024 * 1024;

/// The arguments of a request that the next one finds room for; what a longer request took is given back.
pub const ARGS_KEPT_COUNT: usize = 1024;

/// Bytes of waiting requests that one turn runs. The other clients are served before the next turn.
pub const RESUMED_TURN_BYTES: usize = 64 * 1024;

/// Emptied output buffers that are kept for the next client with something to read.
pub const SPARE_BUFFERS: usize = 64;

/// A larger output buffer is freed rather than kept.
pub const SPARE_BUFFER_BYTES: usize = 64 * 1024;

/// Records of a flushed database or a removed value that one tick frees.
pub const LAZY_FREE_RECORDS: usize = 500;

/// Elements of a removed value that are freed with its command; only one that has more waits (`LAZYFREE_THRESHOLD`).
pub const FREED_AT_ONCE: usize = 64;

/// Records that one tick looks at in search of expired ones.
pub const EXPIRE_RECORDS: usize = 500;

/// Expired keys are collected at most this often, in microseconds.
pub const EXPIRE_PERIOD_US: u64 = 10_000;

/// The most elements drawn by chance of which some may come several times: a negative count of `SRANDMEMBER` and its kin.
pub const REPEATED_ELEMENTS: usize = 1 << 24;

/// The longest text that is read as a `long double` (`MAX_LONG_DOUBLE_CHARS`, with room for a NUL).
pub const LONG_DOUBLE_LEN_BYTES: usize = 5 * 1024 - 1;

/// The most stars a glob pattern can match with, not counting one at its end.
pub const GLOB_STARS: usize = 1000;

/// Of a client's unread replies, what its output limit does not count (`PROTO_REPLY_CHUNK_BYTES`).
pub const UNCOUNTED_OUTPUT_BYTES: usize = 16 * 1024;

/// Of what output limits count, the most that a client may leave unread which has yet to log in
/// (`REPLY_BUFFER_SIZE_UNAUTHENTICATED_CLIENT`).
pub const UNAUTHENTICATED_OUTPUT_BYTES: u64 = 1024;

/// How deep the aggregates of a reply may nest for whoever decodes it.
pub const REPLY_DEPTH: usize = 128;

/// The longest string that a serialised value may unfold: it still fits a listpack, whose length has 32 bits.
pub const SERIALISED_STRING_LEN_BYTES: u64 = u32::MAX as u64 - 64;
