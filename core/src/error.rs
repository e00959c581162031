//! All error texts that a client can receive, in Redis's words.
//!
//! A handler fails with an [`Error`], which the engine writes as a RESP error. The text starts with
//! its code (`ERR`, `WRONGTYPE`, ...). [`crate::resp::reply::Reply::error`] replaces line breaks by
//! spaces, as Redis does.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use crate::resp::request::ProtocolError;

/// An error reply: its code, a space and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Cow<'static, [u8]>);

impl Error {
    /// Creates an error with a fixed text.
    #[must_use]
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// Creates an error with a text built at run time, which may contain bytes sent by a client.
    #[must_use]
    pub fn made(text: impl Into<Vec<u8>>) -> Self {
        Self(Cow::Owned(text.into()))
    }

    /// Returns the text with its code.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// Returns the code: the text up to its first space. `INFO errorstats` counts errors by it.
    #[must_use]
    pub fn code(&self) -> &[u8] {
        self.0.split(|&byte| byte == b' ').next().unwrap_or_default()
    }
}

/// Unknown keyword or invalid combination of options.
pub const SYNTAX: Error = Error::fixed("ERR syntax error");
/// The key holds a value of another type.
pub const WRONG_TYPE: Error =
    Error::fixed("WRONGTYPE Operation against a key holding the wrong kind of value");
/// An argument or a value is not a 64-bit signed integer.
pub const NOT_AN_INTEGER: Error = Error::fixed("ERR value is not an integer or out of range");
/// An argument must not be negative.
pub const OUT_OF_RANGE: Error = Error::fixed("ERR value is out of range");
/// A count or a time must be positive, or at least zero.
pub const MUST_BE_POSITIVE: Error = Error::fixed("ERR value is out of range, must be positive");
/// An argument or a value is not a floating-point number.
pub const NOT_A_FLOAT: Error = Error::fixed("ERR value is not a valid float");
/// The result of `INCR` or a similar command exceeds 64 bits.
pub const OVERFLOW: Error = Error::fixed("ERR increment or decrement would overflow");
/// `DECRBY` by the one number that cannot be negated.
pub const DECREMENT_OVERFLOW: Error = Error::fixed("ERR decrement would overflow");
/// The result of `INCRBYFLOAT` is not finite.
pub const NOT_FINITE: Error = Error::fixed("ERR increment would produce NaN or Infinity");
/// A string would grow past `proto-max-bulk-len`.
pub const STRING_TOO_LONG: Error =
    Error::fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
/// `SETRANGE` with a negative offset.
pub const OFFSET_OUT_OF_RANGE: Error = Error::fixed("ERR offset is out of range");
/// A bit offset is not a number, is negative, or is beyond the longest string.
pub const BIT_OFFSET: Error = Error::fixed("ERR bit offset is not an integer or out of range");
/// `SETBIT` with a value other than 0 and 1.
pub const BIT_VALUE: Error = Error::fixed("ERR bit is not an integer or out of range");
/// `BITPOS` with a bit other than 0 and 1.
pub const BITPOS_BIT: Error = Error::fixed("ERR The bit argument must be 1 or 0.");
/// `BITOP NOT` with several source keys.
pub const BITOP_NOT_SOURCES: Error =
    Error::fixed("ERR BITOP NOT must be called with a single source key.");
/// Unknown encoding in `BITFIELD`.
pub const BITFIELD_ENCODING: Error = Error::fixed(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
);
/// Unknown overflow mode in `BITFIELD OVERFLOW`.
pub const BITFIELD_OVERFLOW: Error = Error::fixed("ERR Invalid OVERFLOW type specified");
/// `BITFIELD_RO` with `SET` or `INCRBY`.
pub const BITFIELD_RO_WRITES: Error =
    Error::fixed("ERR BITFIELD_RO only supports the GET subcommand");
/// A string that is not a `HyperLogLog`.
pub const NOT_HYPERLOGLOG: Error =
    Error::fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
/// A `HyperLogLog` with a wrong number of registers.
pub const CORRUPT_HYPERLOGLOG: Error = Error::fixed("INVALIDOBJ Corrupted HLL object detected");
/// `PFDEBUG` of a missing key.
pub const PFDEBUG_NO_KEY: Error = Error::fixed("ERR The specified key does not exist");
/// `PFDEBUG DECODE` of a dense `HyperLogLog`.
pub const PFDEBUG_NOT_SPARSE: Error = Error::fixed("ERR HLL encoding is not sparse");
/// Unknown distance unit.
pub const GEO_UNIT: Error = Error::fixed("ERR unsupported unit provided. please use M, KM, FT, MI");
/// A radius is not a number.
pub const GEO_RADIUS: Error = Error::fixed("ERR need numeric radius");
/// Negative radius.
pub const GEO_NEGATIVE_RADIUS: Error = Error::fixed("ERR radius cannot be negative");
/// A width is not a number.
pub const GEO_WIDTH: Error = Error::fixed("ERR need numeric width");
/// A height is not a number.
pub const GEO_HEIGHT: Error = Error::fixed("ERR need numeric height");
/// Negative width or height.
pub const GEO_NEGATIVE_BOX: Error = Error::fixed("ERR height or width cannot be negative");
/// `GEOSEARCH` around a missing member.
pub const GEO_MEMBER: Error = Error::fixed("ERR could not decode requested zset member");
/// `GEOSEARCH` with a count below one.
pub const GEO_COUNT: Error = Error::fixed("ERR COUNT must be > 0");
/// `GEOSEARCH` with `ANY` but without `COUNT`.
pub const GEO_ANY: Error = Error::fixed("ERR the ANY argument requires COUNT argument");
/// `GEORADIUS` that both stores and returns details.
pub const GEORADIUS_STORE_WITH: Error = Error::fixed(
    "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
);
/// `GEOSEARCHSTORE` with an option that returns details.
pub const GEOSEARCHSTORE_WITH: Error = Error::fixed(
    "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
);
/// Malformed entry id.
pub const STREAM_ID: Error =
    Error::fixed("ERR Invalid stream ID specified as stream command argument");
/// A range with an exclusive start after the last id.
pub const STREAM_START: Error = Error::fixed("ERR invalid start ID for the interval");
/// A range with an exclusive end before the first id.
pub const STREAM_END: Error = Error::fixed("ERR invalid end ID for the interval");
/// `XADD` with the reserved id 0-0.
pub const XADD_ZERO: Error = Error::fixed("ERR The ID specified in XADD must be greater than 0-0");
/// `XADD` with an id that is not greater than the last one.
pub const XADD_ID: Error = Error::fixed(
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
/// `XADD` to a stream that has used the greatest id.
pub const XADD_EXHAUSTED: Error =
    Error::fixed("ERR The stream has exhausted the last possible ID, unable to add more items");
/// `XADD` of an entry that exceeds the size of a node.
pub const XADD_TOO_LARGE: Error = Error::fixed("ERR Elements are too large to be stored");
/// Two trimming strategies at once.
pub const TRIM_TWICE: Error =
    Error::fixed("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
/// Negative `MAXLEN`.
pub const TRIM_MAXLEN: Error = Error::fixed("ERR The MAXLEN argument must be >= 0.");
/// Negative `LIMIT`.
pub const TRIM_LIMIT: Error = Error::fixed("ERR The LIMIT argument must be >= 0.");
/// `LIMIT` without a trimming strategy.
pub const TRIM_LIMIT_ALONE: Error =
    Error::fixed("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
/// `XTRIM` without a trimming strategy.
pub const TRIM_NOTHING: Error =
    Error::fixed("ERR syntax error, XTRIM must be called with a trimming strategy");
/// `LIMIT` with exact trimming.
pub const TRIM_LIMIT_EXACT: Error =
    Error::fixed("ERR syntax error, LIMIT cannot be used without the special ~ option");
/// `XSETID` with a negative number of entries.
pub const XSETID_ADDED: Error = Error::fixed("ERR entries_added must be positive");
/// `XSETID` with an id below the given greatest deleted id.
pub const XSETID_GIVEN_DELETED: Error = Error::fixed(
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
/// `XSETID` with an id below the greatest deleted id.
pub const XSETID_DELETED: Error =
    Error::fixed("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
/// `XSETID` with an id below the last entry.
pub const XSETID_TOP: Error =
    Error::fixed("ERR The ID specified in XSETID is smaller than the target stream top item");
/// `XSETID` with an entry count below the length.
pub const XSETID_LENGTH: Error = Error::fixed(
    "ERR The entries_added specified in XSETID is smaller than the target stream length",
);
/// `XREAD` with the `GROUP` option of `XREADGROUP`.
pub const XREAD_GROUP: Error =
    Error::fixed("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
/// `XREAD` with the `NOACK` option of `XREADGROUP`.
pub const XREAD_NOACK: Error =
    Error::fixed("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
/// `XREAD` with the id `>`.
pub const XREAD_NEW: Error = Error::fixed(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
);
/// `XREADGROUP` without a group.
pub const XREADGROUP_NO_GROUP: Error = Error::fixed("ERR Missing GROUP option for XREADGROUP");
/// `XREADGROUP` with the id `$`.
pub const XREADGROUP_END: Error = Error::fixed(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
);
/// `XREADGROUP` with the id `+`.
pub const XREADGROUP_LAST: Error = Error::fixed(
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.",
);
/// `XGROUP` of a missing key.
pub const XGROUP_NO_KEY: Error = Error::fixed(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
);
/// The consumer group already exists.
pub const BUSY_GROUP: Error = Error::fixed("BUSYGROUP Consumer Group name already exists");
/// `ENTRIESREAD` below -1.
pub const ENTRIES_READ: Error = Error::fixed("ERR value for ENTRIESREAD must be positive or -1");
/// `XCLAIM` with a minimum idle time that is not a number.
pub const XCLAIM_MIN_IDLE: Error = Error::fixed("ERR Invalid min-idle-time argument for XCLAIM");
/// `XCLAIM` with an `IDLE` that is not a number.
pub const XCLAIM_IDLE: Error = Error::fixed("ERR Invalid IDLE option argument for XCLAIM");
/// `XCLAIM` with a `TIME` that is not a number.
pub const XCLAIM_TIME: Error = Error::fixed("ERR Invalid TIME option argument for XCLAIM");
/// `XCLAIM` with a `RETRYCOUNT` that is not a number.
pub const XCLAIM_RETRY_COUNT: Error =
    Error::fixed("ERR Invalid RETRYCOUNT option argument for XCLAIM");
/// `XAUTOCLAIM` with a minimum idle time that is not a number.
pub const XAUTOCLAIM_MIN_IDLE: Error =
    Error::fixed("ERR Invalid min-idle-time argument for XAUTOCLAIM");
/// `XAUTOCLAIM` with a count below one.
pub const XAUTOCLAIM_COUNT: Error = Error::fixed("ERR COUNT must be > 0");
/// Numeric `SORT` of values that are not numbers.
pub const SORT_NOT_A_DOUBLE: Error =
    Error::fixed("ERR One or more scores can't be converted into double");
/// The key to rename or move does not exist.
pub const NO_SUCH_KEY: Error = Error::fixed("ERR no such key");
/// Source and destination are the same key in the same database.
pub const SAME_OBJECT: Error = Error::fixed("ERR source and destination objects are the same");
/// `SELECT` of a database that does not exist.
pub const DB_INDEX_OUT_OF_RANGE: Error = Error::fixed("ERR DB index is out of range");
/// A command other than a read-only one was passed to `Engine::ask`.
pub const NOT_IN_PASSING: Error = Error::fixed("ERR only read-only commands can be inspected");
/// An integer argument exceeds 32 bits.
pub const OUT_OF_INT32: Error =
    Error::fixed("ERR value is out of range, value must between -2147483648 and 2147483647");
/// `SWAPDB` with a first index that is not a number.
pub const INVALID_FIRST_DB_INDEX: Error = Error::fixed("ERR invalid first DB index");
/// `SWAPDB` with a second index that is not a number.
pub const INVALID_SECOND_DB_INDEX: Error = Error::fixed("ERR invalid second DB index");
/// `SCAN` with a cursor that is not an unsigned number.
pub const INVALID_CURSOR: Error = Error::fixed("ERR invalid cursor");
/// `EXPIRE` with `NX` and another condition.
pub const EXPIRE_NX_INCOMPATIBLE: Error =
    Error::fixed("ERR NX and XX, GT or LT options at the same time are not compatible");
/// `EXPIRE` with both `GT` and `LT`.
pub const EXPIRE_GT_LT_INCOMPATIBLE: Error =
    Error::fixed("ERR GT and LT options at the same time are not compatible");
/// `LCS` of values that are not strings.
pub const LCS_NOT_STRINGS: Error =
    Error::fixed("ERR The specified keys must contain string values");
/// `LCS` with two mutually exclusive options.
pub const LCS_LEN_AND_IDX: Error =
    Error::fixed("ERR If you want both the length and indexes, please just use IDX.");
/// `LCS` of strings whose table size overflows.
pub const LCS_TOO_LONG: Error = Error::fixed("ERR String too long for LCS");
/// `LCS` whose table exceeds the engine's memory limit for it.
pub const LCS_OUT_OF_MEMORY: Error =
    Error::fixed("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
/// `HINCRBY` of a value that is not an integer.
pub const HASH_NOT_AN_INTEGER: Error = Error::fixed("ERR hash value is not an integer");
/// `HINCRBYFLOAT` of a value that is not a number.
pub const HASH_NOT_A_FLOAT: Error = Error::fixed("ERR hash value is not a float");
/// `HINCRBYFLOAT` by a number that is not finite.
pub const INCREMENT_NOT_FINITE: Error = Error::fixed("ERR value is NaN or Infinity");
/// A command on field deadlines without `FIELDS`.
pub const FIELDS_MISSING: Error =
    Error::fixed("ERR Mandatory argument FIELDS is missing or not at the right position");
/// A number of fields below one, for `HTTL` and similar commands.
pub const NUMBER_OF_FIELDS: Error = Error::fixed("ERR Number of fields must be a positive integer");
/// A number of fields below one, for `HEXPIRE` and similar commands.
pub const NUMFIELDS_NOT_POSITIVE: Error =
    Error::fixed("ERR Parameter `numFields` should be greater than 0");
/// The number of fields does not match the fields given.
pub const NUMFIELDS_MISMATCH: Error =
    Error::fixed("ERR The `numfields` parameter must match the number of arguments");
/// Negative deadline of a field.
pub const EXPIRE_NEGATIVE: Error = Error::fixed("ERR invalid expire time, must be >= 0");
/// `HSETEX` with a number of fields below one.
pub const HSETEX_NUMFIELDS: Error = Error::fixed("ERR invalid number of fields");
/// `HSETEX` with two conditions.
pub const HSETEX_CONDITIONS: Error =
    Error::fixed("ERR Only one of FXX or FNX arguments can be specified");
/// `HSETEX` with two expiry options.
pub const HSETEX_EXPIRATIONS: Error =
    Error::fixed("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
/// `HSETEX` with an expiry option that lacks its time.
pub const HSETEX_NO_TIME: Error = Error::fixed("ERR missing expire time");
/// `SRANDMEMBER` or a similar command with the one count that cannot be negated.
pub const COUNT_OUT_OF_RANGE: Error = Error::fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// `ZADD` with both `XX` and `NX`.
pub const ZADD_XX_NX: Error =
    Error::fixed("ERR XX and NX options at the same time are not compatible");
/// `ZADD` with two of `GT`, `LT` and `NX`.
pub const ZADD_GT_LT_NX: Error =
    Error::fixed("ERR GT, LT, and/or NX options at the same time are not compatible");
/// `ZADD INCR` with several members.
pub const ZADD_INCR_PAIRS: Error =
    Error::fixed("ERR INCR option supports a single increment-element pair");
/// A score and its increment are opposite infinities.
pub const SCORE_NAN: Error = Error::fixed("ERR resulting score is not a number (NaN)");
/// A bound of a score range is not a number.
pub const SCORE_RANGE: Error = Error::fixed("ERR min or max is not a float");
/// A bound of a member range does not start with `[`, `(`, `-` or `+`.
pub const LEX_RANGE: Error = Error::fixed("ERR min or max not valid string range item");
/// `ZRANGE` by rank with `LIMIT`.
pub const LIMIT_BY_RANK: Error = Error::fixed(
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
/// `ZRANGE BYLEX` with `WITHSCORES`.
pub const WITHSCORES_BY_LEX: Error =
    Error::fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
/// A weight is not a number.
pub const WEIGHT_NOT_A_FLOAT: Error = Error::fixed("ERR weight value is not a float");
/// `LSET` at an index outside the list.
pub const INDEX_OUT_OF_RANGE: Error = Error::fixed("ERR index out of range");
/// A number that counts from the other end when negative, and cannot be negated.
pub const OUT_OF_NEGATABLE: Error = Error::fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// `LPOS` with a rank of zero.
pub const LPOS_RANK_ZERO: Error = Error::fixed(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);
/// `LPOS` with a negative count.
pub const LPOS_COUNT_NEGATIVE: Error = Error::fixed("ERR COUNT can't be negative");
/// `LPOS` with a negative maximum length.
pub const LPOS_MAXLEN_NEGATIVE: Error = Error::fixed("ERR MAXLEN can't be negative");
/// Negative limit of an intersection.
pub const LIMIT_NEGATIVE: Error = Error::fixed("ERR LIMIT can't be negative");
/// A number of keys below one.
pub const NUMKEYS_NOT_POSITIVE: Error = Error::fixed("ERR numkeys should be greater than 0");
/// A number of keys greater than the number of arguments.
pub const NUMKEYS_ABOVE_ARGUMENTS: Error =
    Error::fixed("ERR Number of keys can't be greater than number of args");
/// A count of elements to pop that is below one.
pub const COUNT_NOT_POSITIVE: Error = Error::fixed("ERR count should be greater than 0");
/// A count that cannot be negated.
pub const COUNT_TOO_LOW: Error = Error::fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// `OBJECT FREQ` without an LFU policy, so that accesses are not counted.
pub const NOT_LFU: Error = Error::fixed(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that \
     when switching between policies at runtime LRU and LFU data will take some time to adjust.",
);
/// `OBJECT IDLETIME` with an LFU policy, which uses the clock bits.
pub const NOT_LRU: Error = Error::fixed(
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
     switching between policies at runtime LRU and LFU data will take some time to adjust.",
);
/// A timeout in seconds or milliseconds is not an integer.
pub const TIMEOUT_NOT_AN_INTEGER: Error =
    Error::fixed("ERR timeout is not an integer or out of range");
/// A timeout in seconds is not a number.
pub const TIMEOUT_NOT_A_FLOAT: Error = Error::fixed("ERR timeout is not a float or out of range");
/// A timeout beyond the range of the clock.
pub const TIMEOUT_OUT_OF_RANGE: Error = Error::fixed("ERR timeout is out of range");
/// Negative timeout.
pub const TIMEOUT_NEGATIVE: Error = Error::fixed("ERR timeout is negative");
/// A command that requires authentication.
pub const NO_AUTH: Error = Error::fixed("NOAUTH Authentication required.");
/// `HELLO` without `AUTH` while authentication is required.
pub const HELLO_NO_AUTH: Error = Error::fixed(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
);
/// `AUTH` with a wrong name or password.
pub const WRONG_PASSWORD: Error =
    Error::fixed("WRONGPASS invalid username-password pair or user is disabled.");
/// `AUTH <password>` while no password is set.
pub const NO_PASSWORD_SET: Error = Error::fixed(
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
);
/// The client's user lacks this access to a key.
pub const NO_KEY_PERMISSION: Error = Error::fixed("NOPERM No permissions to access a key");
/// The client's user may not use a channel.
pub const NO_CHANNEL_PERMISSION: Error = Error::fixed("NOPERM No permissions to access a channel");
/// `SORT BY` by a user who may not read all keys.
pub const SORT_BY_PERMISSION: Error =
    Error::fixed("ERR BY option of SORT denied due to insufficient ACL permissions.");
/// `SORT GET` by a user who may not read all keys.
pub const SORT_GET_PERMISSION: Error =
    Error::fixed("ERR GET option of SORT denied due to insufficient ACL permissions.");
/// `ACL SETUSER` with a name that cannot be written to a file.
pub const USER_NAME: Error = Error::fixed("ERR Usernames can't contain spaces or null characters");
/// `ACL DELUSER default`.
pub const REMOVE_DEFAULT_USER: Error = Error::fixed("ERR The 'default' user cannot be removed");
/// `ACL GENPASS` with zero or too many bits.
pub const GENPASS_BITS: Error = Error::fixed(
    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
);
/// `ACL LOAD` and `ACL SAVE` without an ACL file.
pub const NO_ACL_FILE: Error = Error::fixed(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
);
/// `ACL SAVE` failed to write the file.
pub const ACL_SAVE: Error = Error::fixed(
    "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
);
/// `HELLO` with a protocol version other than 2 and 3.
pub const NO_PROTO: Error = Error::fixed("NOPROTO unsupported protocol version");
/// `HELLO` with a protocol version that is not a number.
pub const PROTOCOL_NOT_AN_INTEGER: Error =
    Error::fixed("ERR Protocol version is not an integer or out of range");
/// A client name with a space, a line break or another special character.
pub const CLIENT_NAME: Error =
    Error::fixed("ERR Client names cannot contain spaces, newlines or special characters.");
/// `CLIENT ... ID` with a malformed id.
pub const INVALID_CLIENT_ID: Error = Error::fixed("ERR Invalid client ID");
/// `CLIENT KILL ID` with an id below one.
pub const CLIENT_ID_NOT_POSITIVE: Error = Error::fixed("ERR client-id should be greater than 0");
/// `CLIENT KILL addr:port` with an address that no client has.
pub const NO_SUCH_CLIENT: Error = Error::fixed("ERR No such client");
/// `CLIENT UNBLOCK` with a reason other than `TIMEOUT` and `ERROR`.
pub const UNBLOCK_REASON: Error =
    Error::fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
/// The error sent to a blocked client by `CLIENT UNBLOCK .. ERROR`.
pub const UNBLOCKED: Error = Error::fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK");
/// `COMMAND GETKEYS` of an unknown command.
pub const INVALID_COMMAND: Error = Error::fixed("ERR Invalid command specified");
/// `COMMAND GETKEYS` of a command without keys.
pub const NO_KEY_ARGUMENTS: Error = Error::fixed("ERR The command has no key arguments");
/// `COMMAND GETKEYS` with a wrong number of arguments for that command.
pub const GETKEYS_ARITY: Error =
    Error::fixed("ERR Invalid number of arguments specified for command");
/// `COMMAND GETKEYS` with arguments that contain no valid keys.
pub const GETKEYS_INVALID: Error = Error::fixed("ERR Invalid arguments specified for command");
/// `CONFIG REWRITE` on a server that was started without a file.
pub const NO_CONFIG_FILE: Error = Error::fixed("ERR The server is running without a config file");
/// `DEBUG` while `enable-debug-command` forbids it.
pub const DEBUG_DISABLED: Error = Error::fixed(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
);
/// `SHUTDOWN ABORT` while no shutdown is in progress.
pub const NO_SHUTDOWN: Error = Error::fixed("ERR No shutdown in progress.");
/// `SHUTDOWN SAVE`, which this version cannot perform because it writes no snapshots.
pub const CANNOT_SAVE: Error = Error::fixed("ERR Errors trying to SHUTDOWN. Check logs.");
/// `CLIENT PAUSE` with a mode other than `ALL` and `WRITE`.
pub const PAUSE_MODE: Error = Error::fixed("ERR CLIENT PAUSE mode must be WRITE or ALL");
/// `SLOWLOG GET` with a count below -1.
pub const SLOWLOG_COUNT: Error = Error::fixed("ERR count should be greater than or equal to -1");
/// `DEBUG QUICKLIST-PACKED-THRESHOLD` with an argument other than a size below 4 GiB.
pub const PACKED_THRESHOLD: Error =
    Error::fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
/// `DEBUG PROTOCOL` with an unknown type.
pub const PROTOCOL_TYPE: Error = Error::fixed(
    "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
);
/// `SSUBSCRIBE` in a transaction.
pub const SSUBSCRIBE_IN_EXEC: Error =
    Error::fixed("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
/// `CLIENT TRACKING` with two redirections.
pub const TRACKING_ONE_REDIRECT: Error =
    Error::fixed("ERR A client can only redirect to a single other client");
/// `CLIENT TRACKING REDIRECT` to a client that does not exist.
pub const TRACKING_NO_CLIENT: Error =
    Error::fixed("ERR The client ID you want redirect to does not exist");
/// `CLIENT TRACKING PREFIX` without `BCAST`.
pub const TRACKING_PREFIX_NEEDS_BROADCAST: Error =
    Error::fixed("ERR PREFIX option requires BCAST mode to be enabled");
/// `CLIENT TRACKING BCAST` with `OPTIN` or `OPTOUT`.
pub const TRACKING_BROADCAST_OPT: Error =
    Error::fixed("ERR OPTIN and OPTOUT are not compatible with BCAST");
/// `CLIENT TRACKING` with both `OPTIN` and `OPTOUT`.
pub const TRACKING_BOTH_OPT: Error =
    Error::fixed("ERR You can't specify both OPTIN mode and OPTOUT mode");
/// `CLIENT TRACKING` that switches `BCAST` on or off while tracking is enabled.
pub const TRACKING_BROADCAST_SWITCH: Error = Error::fixed(
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
);
/// `CLIENT TRACKING` that switches between `OPTIN` and `OPTOUT` while tracking is enabled.
pub const TRACKING_OPT_SWITCH: Error = Error::fixed(
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
);
/// `CLIENT CACHING` in a mode in which it has no effect.
pub const CACHING_MODE: Error = Error::fixed(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
);
/// `CLIENT CACHING YES` in `OPTOUT` mode.
pub const CACHING_YES: Error =
    Error::fixed("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
/// `CLIENT CACHING NO` in `OPTIN` mode.
pub const CACHING_NO: Error =
    Error::fixed("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
/// `MULTI` inside a transaction.
pub const MULTI_NESTED: Error = Error::fixed("ERR MULTI calls can not be nested");
/// Memory usage exceeds the limit, and nothing can be evicted.
pub const OUT_OF_MEMORY: Error =
    Error::fixed("OOM command not allowed when used memory > 'maxmemory'.");
/// `EXEC` outside a transaction.
pub const EXEC_WITHOUT_MULTI: Error = Error::fixed("ERR EXEC without MULTI");
/// `DISCARD` outside a transaction.
pub const DISCARD_WITHOUT_MULTI: Error = Error::fixed("ERR DISCARD without MULTI");
/// `WATCH` inside a transaction.
pub const WATCH_INSIDE_MULTI: Error = Error::fixed("ERR WATCH inside MULTI is not allowed");
/// `EXEC` of a transaction with a command that could not be queued.
pub const EXEC_ABORT: Error =
    Error::fixed("EXECABORT Transaction discarded because of previous errors.");
/// `DEBUG PROTOCOL push` to a RESP2 client.
pub const NEEDS_RESP3: Error = Error::fixed("ERR RESP2 is not supported by this command");
/// A command that is not allowed in transactions.
pub const NOT_IN_TRANSACTION: Error = Error::fixed("ERR Command not allowed inside a transaction");
/// A data command from a monitoring client, which Redis treats as a replica.
pub const MONITOR_ONLY: Error = Error::fixed("ERR Replica can't interact with the keyspace");
/// The reply to a connection beyond `maxclients`.
pub const MAX_CLIENTS: Error = Error::fixed("ERR max number of clients reached");
/// The reply to a connection from another machine while no password is set.
pub const PROTECTED_MODE: Error = Error::fixed(
    "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.",
);
/// `RESTORE` without `REPLACE` to an existing key.
pub const BUSY_KEY: Error = Error::fixed("BUSYKEY Target key name already exists.");
/// `RESTORE` with a negative time to live.
pub const INVALID_TTL: Error = Error::fixed("ERR Invalid TTL value, must be >= 0");
/// `RESTORE` with a negative `IDLETIME`.
pub const INVALID_IDLETIME: Error = Error::fixed("ERR Invalid IDLETIME value, must be >= 0");
/// `RESTORE` with a `FREQ` outside the counter's range.
pub const INVALID_FREQ: Error = Error::fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");
/// `RESTORE` of bytes that are not a payload, or of a payload from a newer server.
pub const BAD_DUMP_FOOTER: Error = Error::fixed("ERR DUMP payload version or checksum are wrong");
/// `DEBUG RELOAD` with an unknown option.
pub const RELOAD_OPTION: Error =
    Error::fixed("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
/// `DEBUG RELOAD` of missing data, or of data that conflicts with existing keys.
pub const NO_SNAPSHOT: Error =
    Error::fixed("ERR Error trying to load the RDB dump, check server logs.");
/// Not a log of changes, or one with something this engine does not support.
pub const BAD_CHANGES: Error = Error::fixed("ERR Not a log of changes, or the log is corrupt");
/// `RESTORE` of a payload with a malformed value.
pub const BAD_DUMP_VALUE: Error = Error::fixed("ERR Bad data format");

/// Returns the error for overlapping `CLIENT TRACKING` prefixes.
#[must_use]
pub fn prefix_overlaps(prefix: &[u8], which: &str, other: &[u8]) -> Error {
    let text = [
        b"ERR Prefix '",
        prefix,
        b"' overlaps with ",
        which.as_bytes(),
        b" prefix '",
        other,
        b"'. Prefixes for a single client must not overlap.",
    ];
    Error(Cow::Owned(text.concat()))
}

/// Returns the error for a command that the client's user may not run. `command` is its full name.
#[must_use]
pub fn no_command_permission(user: &[u8], command: &str) -> Error {
    let text = [
        b"NOPERM User ",
        user,
        b" has no permissions to run the '",
        command.as_bytes(),
        b"' command",
    ];
    Error(Cow::Owned(text.concat()))
}

/// Returns the error for a queued command that the client's user may no longer run.
#[must_use]
pub fn no_permission_in_exec(reason: &str) -> Error {
    Error::made(format!(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: {reason}"
    ))
}

/// Returns the error for a command that a subscribed RESP2 client may not send.
#[must_use]
pub fn only_for_subscribers(command: &str) -> Error {
    quoted(
        "ERR Can't execute '",
        command.as_bytes(),
        "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    )
}

/// Returns the error for a position outside the valid coordinates.
#[must_use]
pub fn invalid_position(longitude: f64, latitude: f64) -> Error {
    Error::made(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}"))
}

/// Returns the error for malformed input, after which the connection is closed.
#[must_use]
pub fn protocol(error: ProtocolError) -> Error {
    let mut text = b"ERR Protocol error: ".to_vec();
    error.append_to(&mut text);
    Error::made(text)
}

/// Returns the error for an `EXEC` that is itself rejected.
#[must_use]
pub fn exec_abort_because(error: &Error) -> Error {
    let text = error.text();
    let reason = text.strip_prefix(b"ERR ").unwrap_or(text);
    Error::made([b"EXECABORT Transaction discarded because of: ", reason].concat())
}

/// Returns the error for a wrong number of arguments. `name` is the command's full name (`get`,
/// `client|kill`).
#[must_use]
pub fn wrong_arity(name: &str) -> Error {
    Error::made(format!("ERR wrong number of arguments for '{name}' command"))
}

/// Returns the error for a multi-key command called without keys. `name` is the command's.
#[must_use]
pub fn no_input_keys(name: &str) -> Error {
    Error::made(format!("ERR at least 1 input key is needed for '{name}' command"))
}

/// Returns the error for an expiry beyond the range of deadlines.
#[must_use]
pub fn invalid_expire(name: &str) -> Error {
    Error::made(format!("ERR invalid expire time in '{name}' command"))
}

/// Returns the error for an unknown command, including the start of its arguments.
#[must_use]
pub fn unknown_command<'a>(name: &[u8], args: impl Iterator<Item = &'a [u8]>) -> Error {
    /// The maximum length of the name, and of all arguments together, repeated in the reply.
    const SHOWN_BYTES: usize = 128;
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(shown_part(name, SHOWN_BYTES));
    text.extend_from_slice(b"', with args beginning with: ");
    let mut shown = 0;
    for arg in args {
        if shown >= SHOWN_BYTES {
            break;
        }
        let part = shown_part(arg, SHOWN_BYTES - shown);
        text.push(b'\'');
        text.extend_from_slice(part);
        text.extend_from_slice(b"' ");
        shown += part.len() + 3;
    }
    Error::made(text)
}

/// Returns the part of a name that Redis prints, which treats it as a C string of limited length.
fn shown_part(name: &[u8], max_bytes: usize) -> &[u8] {
    let name = &name[..name.len().min(max_bytes)];
    name.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Returns the error for an unknown subcommand of a container.
#[must_use]
pub fn unknown_subcommand(container: &str, subcommand: &[u8]) -> Error {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(shown_part(subcommand, 128));
    text.extend_from_slice(b"'. Try ");
    text.extend(container.bytes().map(|byte| byte.to_ascii_uppercase()));
    text.extend_from_slice(b" HELP.");
    Error::made(text)
}

/// Returns the error for a known subcommand called with a wrong syntax.
#[must_use]
pub fn subcommand_syntax(container: &str, subcommand: &[u8]) -> Error {
    let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
    text.extend_from_slice(shown_part(subcommand, 128));
    text.extend_from_slice(b"'. Try ");
    text.extend(container.bytes().map(|byte| byte.to_ascii_uppercase()));
    text.extend_from_slice(b" HELP.");
    Error::made(text)
}

/// Returns an error that names an unknown option, up to its first NUL because Redis prints it as a
/// C string.
#[must_use]
pub fn quoted(prefix: &str, subject: &[u8], suffix: &str) -> Error {
    let mut text = prefix.as_bytes().to_vec();
    text.extend(subject.iter().take_while(|&&byte| byte != 0));
    text.extend_from_slice(suffix.as_bytes());
    Error::made(text)
}

/// Returns the error for a missing stream or consumer group.
#[must_use]
pub fn no_group(key: &[u8], group: &[u8], suffix: &str) -> Error {
    let parts: [&[u8]; 5] =
        [b"NOGROUP No such key '", c_string(key), b"' or consumer group '", c_string(group), b"'"];
    Error::made([&parts.concat()[..], suffix.as_bytes()].concat())
}

/// Returns the error for a consumer group that the stream does not have.
#[must_use]
pub fn no_group_of(group: &[u8], key: &[u8]) -> Error {
    let (group, key) = (c_string(group), c_string(key));
    let parts = [b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"];
    Error::made(parts.concat())
}

/// Returns the error for an unknown option of `XCLAIM`.
#[must_use]
pub fn xclaim_option(option: &[u8]) -> Error {
    quoted("ERR Unrecognized XCLAIM option '", option, "'")
}

/// Returns the part of `text` that Redis prints.
fn c_string(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}
