//! Every error text a client can read, once, in Redis's words.
//!
//! A handler fails with an [`Error`]; the engine writes it as a RESP error. The text holds its code (`ERR`, `WRONGTYPE`, ...) and
//! no line break: [`crate::resp::reply::Reply::error`] turns breaks into spaces, as Redis does.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use crate::resp::request::ProtocolError;

/// An error reply: its code, a space and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Cow<'static, [u8]>);

impl Error {
    /// An error whose text is fixed.
    #[must_use]
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// An error whose text is made at run time and may hold bytes that a client sent.
    #[must_use]
    pub fn made(text: impl Into<Vec<u8>>) -> Self {
        Self(Cow::Owned(text.into()))
    }

    /// The text with its code.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// The code: the text up to its first space. `INFO errorstats` counts errors by it.
    #[must_use]
    pub fn code(&self) -> &[u8] {
        self.0.split(|&byte| byte == b' ').next().unwrap_or_default()
    }
}

/// A keyword or a combination of options that the command does not know.
pub const SYNTAX: Error = Error::fixed("ERR syntax error");
/// The key holds another data type than the command works on.
pub const WRONG_TYPE: Error =
    Error::fixed("WRONGTYPE Operation against a key holding the wrong kind of value");
/// An argument or a value is no 64-bit signed integer.
pub const NOT_AN_INTEGER: Error = Error::fixed("ERR value is not an integer or out of range");
/// An argument must be zero or more.
pub const OUT_OF_RANGE: Error = Error::fixed("ERR value is out of range");
/// A count or time must be above zero or at least zero.
pub const MUST_BE_POSITIVE: Error = Error::fixed("ERR value is out of range, must be positive");
/// An argument or a value is no floating point number.
pub const NOT_A_FLOAT: Error = Error::fixed("ERR value is not a valid float");
/// `INCR` and its kin would leave the 64-bit range.
pub const OVERFLOW: Error = Error::fixed("ERR increment or decrement would overflow");
/// `DECRBY` by the one number that cannot be negated.
pub const DECREMENT_OVERFLOW: Error = Error::fixed("ERR decrement would overflow");
/// `INCRBYFLOAT` would leave the finite numbers.
pub const NOT_FINITE: Error = Error::fixed("ERR increment would produce NaN or Infinity");
/// A string would grow past `proto-max-bulk-len`.
pub const STRING_TOO_LONG: Error =
    Error::fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
/// `SETRANGE` before the first byte.
pub const OFFSET_OUT_OF_RANGE: Error = Error::fixed("ERR offset is out of range");
/// The offset of a bit is no number, below zero, or behind the longest string.
pub const BIT_OFFSET: Error = Error::fixed("ERR bit offset is not an integer or out of range");
/// `SETBIT` to something other than 0 and 1.
pub const BIT_VALUE: Error = Error::fixed("ERR bit is not an integer or out of range");
/// `BITPOS` of something other than 0 and 1.
pub const BITPOS_BIT: Error = Error::fixed("ERR The bit argument must be 1 or 0.");
/// `BITOP NOT` of several keys.
pub const BITOP_NOT_SOURCES: Error =
    Error::fixed("ERR BITOP NOT must be called with a single source key.");
/// `BITFIELD` with an encoding that it does not have.
pub const BITFIELD_ENCODING: Error = Error::fixed(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
);
/// `BITFIELD OVERFLOW` with a word that it does not know.
pub const BITFIELD_OVERFLOW: Error = Error::fixed("ERR Invalid OVERFLOW type specified");
/// `BITFIELD_RO` with `SET` or `INCRBY`.
pub const BITFIELD_RO_WRITES: Error =
    Error::fixed("ERR BITFIELD_RO only supports the GET subcommand");
/// A string that is no `HyperLogLog`.
pub const NOT_HYPERLOGLOG: Error =
    Error::fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
/// A `HyperLogLog` whose registers are not as many as they should be.
pub const CORRUPT_HYPERLOGLOG: Error = Error::fixed("INVALIDOBJ Corrupted HLL object detected");
/// `PFDEBUG` of a missing key.
pub const PFDEBUG_NO_KEY: Error = Error::fixed("ERR The specified key does not exist");
/// `PFDEBUG DECODE` of a dense `HyperLogLog`.
pub const PFDEBUG_NOT_SPARSE: Error = Error::fixed("ERR HLL encoding is not sparse");
/// A unit of length that is none.
pub const GEO_UNIT: Error = Error::fixed("ERR unsupported unit provided. please use M, KM, FT, MI");
/// A radius that is no number.
pub const GEO_RADIUS: Error = Error::fixed("ERR need numeric radius");
/// A radius below zero.
pub const GEO_NEGATIVE_RADIUS: Error = Error::fixed("ERR radius cannot be negative");
/// A width that is no number.
pub const GEO_WIDTH: Error = Error::fixed("ERR need numeric width");
/// A height that is no number.
pub const GEO_HEIGHT: Error = Error::fixed("ERR need numeric height");
/// A width or a height below zero.
pub const GEO_NEGATIVE_BOX: Error = Error::fixed("ERR height or width cannot be negative");
/// `GEOSEARCH` around a member that is not there.
pub const GEO_MEMBER: Error = Error::fixed("ERR could not decode requested zset member");
/// `GEOSEARCH` for fewer than one.
pub const GEO_COUNT: Error = Error::fixed("ERR COUNT must be > 0");
/// `GEOSEARCH` for any, of no number.
pub const GEO_ANY: Error = Error::fixed("ERR the ANY argument requires COUNT argument");
/// `GEORADIUS` that stores what it should show.
pub const GEORADIUS_STORE_WITH: Error = Error::fixed(
    "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
);
/// `GEOSEARCHSTORE` that should show what it stores.
pub const GEOSEARCHSTORE_WITH: Error = Error::fixed(
    "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
);
/// An id of an entry that is none.
pub const STREAM_ID: Error =
    Error::fixed("ERR Invalid stream ID specified as stream command argument");
/// A range that begins behind the last id.
pub const STREAM_START: Error = Error::fixed("ERR invalid start ID for the interval");
/// A range that ends before the first id.
pub const STREAM_END: Error = Error::fixed("ERR invalid end ID for the interval");
/// `XADD` of the id that no entry may have.
pub const XADD_ZERO: Error = Error::fixed("ERR The ID specified in XADD must be greater than 0-0");
/// `XADD` of an id that does not ascend.
pub const XADD_ID: Error = Error::fixed(
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
/// `XADD` to a stream whose last id is the last of all.
pub const XADD_EXHAUSTED: Error =
    Error::fixed("ERR The stream has exhausted the last possible ID, unable to add more items");
/// `XADD` of more than a node can hold.
pub const XADD_TOO_LARGE: Error = Error::fixed("ERR Elements are too large to be stored");
/// A stream is to be trimmed in two ways.
pub const TRIM_TWICE: Error =
    Error::fixed("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
/// `MAXLEN` below zero.
pub const TRIM_MAXLEN: Error = Error::fixed("ERR The MAXLEN argument must be >= 0.");
/// `LIMIT` below zero.
pub const TRIM_LIMIT: Error = Error::fixed("ERR The LIMIT argument must be >= 0.");
/// `LIMIT` without a way to trim.
pub const TRIM_LIMIT_ALONE: Error =
    Error::fixed("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
/// `XTRIM` without a way to trim.
pub const TRIM_NOTHING: Error =
    Error::fixed("ERR syntax error, XTRIM must be called with a trimming strategy");
/// `LIMIT` of exact trimming.
pub const TRIM_LIMIT_EXACT: Error =
    Error::fixed("ERR syntax error, LIMIT cannot be used without the special ~ option");
/// `XSETID` with a number of entries below zero.
pub const XSETID_ADDED: Error = Error::fixed("ERR entries_added must be positive");
/// `XSETID` with an id that was removed after the last one.
pub const XSETID_GIVEN_DELETED: Error = Error::fixed(
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
/// `XSETID` below an id that was removed.
pub const XSETID_DELETED: Error =
    Error::fixed("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
/// `XSETID` below the last entry.
pub const XSETID_TOP: Error =
    Error::fixed("ERR The ID specified in XSETID is smaller than the target stream top item");
/// `XSETID` with fewer entries than there are.
pub const XSETID_LENGTH: Error = Error::fixed(
    "ERR The entries_added specified in XSETID is smaller than the target stream length",
);
/// `XREAD` with what `XREADGROUP` takes.
pub const XREAD_GROUP: Error =
    Error::fixed("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
/// The same.
pub const XREAD_NOACK: Error =
    Error::fixed("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
/// `XREAD` of what no consumer has been given.
pub const XREAD_NEW: Error = Error::fixed(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
);
/// `XREADGROUP` without a group.
pub const XREADGROUP_NO_GROUP: Error = Error::fixed("ERR Missing GROUP option for XREADGROUP");
/// `XREADGROUP` from the end.
pub const XREADGROUP_END: Error = Error::fixed(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
);
/// `XREADGROUP` of the last entry.
pub const XREADGROUP_LAST: Error = Error::fixed(
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.",
);
/// `XGROUP` of a missing key.
pub const XGROUP_NO_KEY: Error = Error::fixed(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
);
/// A consumer group is there already.
pub const BUSY_GROUP: Error = Error::fixed("BUSYGROUP Consumer Group name already exists");
/// `ENTRIESREAD` below -1.
pub const ENTRIES_READ: Error = Error::fixed("ERR value for ENTRIESREAD must be positive or -1");
/// `XCLAIM` with a time that is no number.
pub const XCLAIM_MIN_IDLE: Error = Error::fixed("ERR Invalid min-idle-time argument for XCLAIM");
/// The same.
pub const XCLAIM_IDLE: Error = Error::fixed("ERR Invalid IDLE option argument for XCLAIM");
/// The same.
pub const XCLAIM_TIME: Error = Error::fixed("ERR Invalid TIME option argument for XCLAIM");
/// `XCLAIM` with a count that is no number.
pub const XCLAIM_RETRY_COUNT: Error =
    Error::fixed("ERR Invalid RETRYCOUNT option argument for XCLAIM");
/// `XAUTOCLAIM` with a time that is no number.
pub const XAUTOCLAIM_MIN_IDLE: Error =
    Error::fixed("ERR Invalid min-idle-time argument for XAUTOCLAIM");
/// `XAUTOCLAIM` of fewer than one.
pub const XAUTOCLAIM_COUNT: Error = Error::fixed("ERR COUNT must be > 0");
/// `SORT` of texts as numbers.
pub const SORT_NOT_A_DOUBLE: Error =
    Error::fixed("ERR One or more scores can't be converted into double");
/// The key that a command renames or moves is missing.
pub const NO_SUCH_KEY: Error = Error::fixed("ERR no such key");
/// Source and destination are one key in one database.
pub const SAME_OBJECT: Error = Error::fixed("ERR source and destination objects are the same");
/// `SELECT` with a number that is no database.
pub const DB_INDEX_OUT_OF_RANGE: Error = Error::fixed("ERR DB index is out of range");
/// A command that does more than read was asked in passing: see `Engine::ask`.
pub const NOT_IN_PASSING: Error =
    Error::fixed("ERR only commands that read are answered in passing");
/// An argument is an integer, but none of 32 bits.
pub const OUT_OF_INT32: Error =
    Error::fixed("ERR value is out of range, value must between -2147483648 and 2147483647");
/// `SWAPDB` with a first index that is no number.
pub const INVALID_FIRST_DB_INDEX: Error = Error::fixed("ERR invalid first DB index");
/// `SWAPDB` with a second index that is no number.
pub const INVALID_SECOND_DB_INDEX: Error = Error::fixed("ERR invalid second DB index");
/// `SCAN` with a cursor that is no unsigned number.
pub const INVALID_CURSOR: Error = Error::fixed("ERR invalid cursor");
/// `EXPIRE` with `NX` beside another condition.
pub const EXPIRE_NX_INCOMPATIBLE: Error =
    Error::fixed("ERR NX and XX, GT or LT options at the same time are not compatible");
/// `EXPIRE` with `GT` beside `LT`.
pub const EXPIRE_GT_LT_INCOMPATIBLE: Error =
    Error::fixed("ERR GT and LT options at the same time are not compatible");
/// `LCS` of values that are no strings.
pub const LCS_NOT_STRINGS: Error =
    Error::fixed("ERR The specified keys must contain string values");
/// `LCS` with two options that exclude one another.
pub const LCS_LEN_AND_IDX: Error =
    Error::fixed("ERR If you want both the length and indexes, please just use IDX.");
/// `LCS` of strings whose table would not fit.
pub const LCS_TOO_LONG: Error = Error::fixed("ERR String too long for LCS");
/// `LCS` whose table would take more memory than the engine gives it.
pub const LCS_OUT_OF_MEMORY: Error =
    Error::fixed("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
/// `HINCRBY` of a value that is no integer.
pub const HASH_NOT_AN_INTEGER: Error = Error::fixed("ERR hash value is not an integer");
/// `HINCRBYFLOAT` of a value that is no number.
pub const HASH_NOT_A_FLOAT: Error = Error::fixed("ERR hash value is not a float");
/// `HINCRBYFLOAT` by no finite number.
pub const INCREMENT_NOT_FINITE: Error = Error::fixed("ERR value is NaN or Infinity");
/// A command on the deadlines of fields that names none.
pub const FIELDS_MISSING: Error =
    Error::fixed("ERR Mandatory argument FIELDS is missing or not at the right position");
/// A number of fields below one, as `HTTL` and its kin refuse it.
pub const NUMBER_OF_FIELDS: Error = Error::fixed("ERR Number of fields must be a positive integer");
/// A number of fields below one, as `HEXPIRE` and its kin refuse it.
pub const NUMFIELDS_NOT_POSITIVE: Error =
    Error::fixed("ERR Parameter `numFields` should be greater than 0");
/// A number of fields other than that of the fields that follow.
pub const NUMFIELDS_MISMATCH: Error =
    Error::fixed("ERR The `numfields` parameter must match the number of arguments");
/// A deadline of a field below zero.
pub const EXPIRE_NEGATIVE: Error = Error::fixed("ERR invalid expire time, must be >= 0");
/// `HSETEX` with a number of fields below one.
pub const HSETEX_NUMFIELDS: Error = Error::fixed("ERR invalid number of fields");
/// `HSETEX` with two conditions.
pub const HSETEX_CONDITIONS: Error =
    Error::fixed("ERR Only one of FXX or FNX arguments can be specified");
/// `HSETEX` with two ways to expire.
pub const HSETEX_EXPIRATIONS: Error =
    Error::fixed("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
/// `HSETEX` with an option that lacks its time.
pub const HSETEX_NO_TIME: Error = Error::fixed("ERR missing expire time");
/// `SRANDMEMBER` and its kin with the one count that cannot be negated.
pub const COUNT_OUT_OF_RANGE: Error = Error::fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// `ZADD` with `XX` beside `NX`.
pub const ZADD_XX_NX: Error =
    Error::fixed("ERR XX and NX options at the same time are not compatible");
/// `ZADD` with two of `GT`, `LT` and `NX`.
pub const ZADD_GT_LT_NX: Error =
    Error::fixed("ERR GT, LT, and/or NX options at the same time are not compatible");
/// `ZADD INCR` of several members.
pub const ZADD_INCR_PAIRS: Error =
    Error::fixed("ERR INCR option supports a single increment-element pair");
/// The infinities of a score and its increment cancel out.
pub const SCORE_NAN: Error = Error::fixed("ERR resulting score is not a number (NaN)");
/// A bound of a range of scores that is no number.
pub const SCORE_RANGE: Error = Error::fixed("ERR min or max is not a float");
/// A bound of a range of members that begins with none of `[`, `(`, `-` and `+`.
pub const LEX_RANGE: Error = Error::fixed("ERR min or max not valid string range item");
/// `ZRANGE` by rank with `LIMIT`.
pub const LIMIT_BY_RANK: Error = Error::fixed(
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
/// `ZRANGE BYLEX` with `WITHSCORES`.
pub const WITHSCORES_BY_LEX: Error =
    Error::fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
/// A weight that is no number.
pub const WEIGHT_NOT_A_FLOAT: Error = Error::fixed("ERR weight value is not a float");
/// `LSET` at an index that the list does not have.
pub const INDEX_OUT_OF_RANGE: Error = Error::fixed("ERR index out of range");
/// A number that counts from the other end when it is negative, and whose negative is no number.
pub const OUT_OF_NEGATABLE: Error = Error::fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// `LPOS` for the match before the first.
pub const LPOS_RANK_ZERO: Error = Error::fixed(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);
/// `LPOS` for fewer than no matches.
pub const LPOS_COUNT_NEGATIVE: Error = Error::fixed("ERR COUNT can't be negative");
/// `LPOS` among fewer than no elements.
pub const LPOS_MAXLEN_NEGATIVE: Error = Error::fixed("ERR MAXLEN can't be negative");
/// A limit of an intersection below zero.
pub const LIMIT_NEGATIVE: Error = Error::fixed("ERR LIMIT can't be negative");
/// A number of keys below one.
pub const NUMKEYS_NOT_POSITIVE: Error = Error::fixed("ERR numkeys should be greater than 0");
/// A number of keys that cannot all be among the arguments.
pub const NUMKEYS_ABOVE_ARGUMENTS: Error =
    Error::fixed("ERR Number of keys can't be greater than number of args");
/// A count of elements to pop below one.
pub const COUNT_NOT_POSITIVE: Error = Error::fixed("ERR count should be greater than 0");
/// A count that cannot be negated.
pub const COUNT_TOO_LOW: Error = Error::fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// `OBJECT FREQ` while no LFU policy counts accesses.
pub const NOT_LFU: Error = Error::fixed(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that \
     when switching between policies at runtime LRU and LFU data will take some time to adjust.",
);
/// `OBJECT IDLETIME` while an LFU policy uses the clock bits.
pub const NOT_LRU: Error = Error::fixed(
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
     switching between policies at runtime LRU and LFU data will take some time to adjust.",
);
/// A time-out that is no number of seconds or milliseconds.
pub const TIMEOUT_NOT_AN_INTEGER: Error =
    Error::fixed("ERR timeout is not an integer or out of range");
/// A time-out that is no number of seconds.
pub const TIMEOUT_NOT_A_FLOAT: Error = Error::fixed("ERR timeout is not a float or out of range");
/// A time-out that ends beyond all time.
pub const TIMEOUT_OUT_OF_RANGE: Error = Error::fixed("ERR timeout is out of range");
/// A time-out below zero.
pub const TIMEOUT_NEGATIVE: Error = Error::fixed("ERR timeout is negative");
/// A command that needs a login first.
pub const NO_AUTH: Error = Error::fixed("NOAUTH Authentication required.");
/// `HELLO` without `AUTH` while a login is needed.
pub const HELLO_NO_AUTH: Error = Error::fixed(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
);
/// `AUTH` with a name or password that is not right.
pub const WRONG_PASSWORD: Error =
    Error::fixed("WRONGPASS invalid username-password pair or user is disabled.");
/// `AUTH <password>` while none is set.
pub const NO_PASSWORD_SET: Error = Error::fixed(
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
);
/// A key that the client's user may not use so.
pub const NO_KEY_PERMISSION: Error = Error::fixed("NOPERM No permissions to access a key");
/// A channel that the client's user may not use.
pub const NO_CHANNEL_PERMISSION: Error = Error::fixed("NOPERM No permissions to access a channel");
/// `SORT BY` for a user who may not read every key.
pub const SORT_BY_PERMISSION: Error =
    Error::fixed("ERR BY option of SORT denied due to insufficient ACL permissions.");
/// `SORT GET` for a user who may not read every key.
pub const SORT_GET_PERMISSION: Error =
    Error::fixed("ERR GET option of SORT denied due to insufficient ACL permissions.");
/// `ACL SETUSER` with a name that no line can hold.
pub const USER_NAME: Error = Error::fixed("ERR Usernames can't contain spaces or null characters");
/// `ACL DELUSER default`.
pub const REMOVE_DEFAULT_USER: Error = Error::fixed("ERR The 'default' user cannot be removed");
/// `ACL GENPASS` of no bits, or of too many.
pub const GENPASS_BITS: Error = Error::fixed(
    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
);
/// `ACL LOAD` and `ACL SAVE` without an ACL file.
pub const NO_ACL_FILE: Error = Error::fixed(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
);
/// `ACL SAVE` that the system does not let through.
pub const ACL_SAVE: Error = Error::fixed(
    "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
);
/// `HELLO` with a protocol version other than 2 and 3.
pub const NO_PROTO: Error = Error::fixed("NOPROTO unsupported protocol version");
/// `HELLO` with a protocol version that is no number.
pub const PROTOCOL_NOT_AN_INTEGER: Error =
    Error::fixed("ERR Protocol version is not an integer or out of range");
/// A client name with a space, a line break or another special character.
pub const CLIENT_NAME: Error =
    Error::fixed("ERR Client names cannot contain spaces, newlines or special characters.");
/// `CLIENT ... ID` of something that is no id.
pub const INVALID_CLIENT_ID: Error = Error::fixed("ERR Invalid client ID");
/// `CLIENT KILL ID` with an id below one.
pub const CLIENT_ID_NOT_POSITIVE: Error = Error::fixed("ERR client-id should be greater than 0");
/// `CLIENT KILL addr:port` of an address nobody has.
pub const NO_SUCH_CLIENT: Error = Error::fixed("ERR No such client");
/// `CLIENT UNBLOCK` with a reason other than `TIMEOUT` and `ERROR`.
pub const UNBLOCK_REASON: Error =
    Error::fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
/// What a blocked client reads when `CLIENT UNBLOCK .. ERROR` frees it.
pub const UNBLOCKED: Error = Error::fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK");
/// `COMMAND GETKEYS` of a command that the table does not have.
pub const INVALID_COMMAND: Error = Error::fixed("ERR Invalid command specified");
/// `COMMAND GETKEYS` of a command without keys.
pub const NO_KEY_ARGUMENTS: Error = Error::fixed("ERR The command has no key arguments");
/// `COMMAND GETKEYS` with a wrong number of arguments for that command.
pub const GETKEYS_ARITY: Error =
    Error::fixed("ERR Invalid number of arguments specified for command");
/// `COMMAND GETKEYS` with arguments in which no keys can be found.
pub const GETKEYS_INVALID: Error = Error::fixed("ERR Invalid arguments specified for command");
/// `CONFIG REWRITE` on a server that was started without a file.
pub const NO_CONFIG_FILE: Error = Error::fixed("ERR The server is running without a config file");
/// `DEBUG` while `enable-debug-command` forbids it.
pub const DEBUG_DISABLED: Error = Error::fixed(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
);
/// `SHUTDOWN ABORT` while none is going on.
pub const NO_SHUTDOWN: Error = Error::fixed("ERR No shutdown in progress.");
/// `SHUTDOWN SAVE` in a version that writes no snapshots.
pub const CANNOT_SAVE: Error = Error::fixed("ERR Errors trying to SHUTDOWN. Check logs.");
/// `CLIENT PAUSE` with a mode other than `ALL` and `WRITE`.
pub const PAUSE_MODE: Error = Error::fixed("ERR CLIENT PAUSE mode must be WRITE or ALL");
/// `SLOWLOG GET` with a count below -1.
pub const SLOWLOG_COUNT: Error = Error::fixed("ERR count should be greater than or equal to -1");
/// `DEBUG QUICKLIST-PACKED-THRESHOLD` with something else than a size of below 4 GiB.
pub const PACKED_THRESHOLD: Error =
    Error::fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
/// `DEBUG PROTOCOL` of a type it does not know.
pub const PROTOCOL_TYPE: Error = Error::fixed(
    "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
);
/// `SSUBSCRIBE` in a transaction.
pub const SSUBSCRIBE_IN_EXEC: Error =
    Error::fixed("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
/// `CLIENT TRACKING` with two redirections.
pub const TRACKING_ONE_REDIRECT: Error =
    Error::fixed("ERR A client can only redirect to a single other client");
/// `CLIENT TRACKING REDIRECT` to nobody.
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
/// `CLIENT TRACKING` into or out of `BCAST` while it is on.
pub const TRACKING_BROADCAST_SWITCH: Error = Error::fixed(
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
);
/// `CLIENT TRACKING` from `OPTIN` to `OPTOUT` or back while it is on.
pub const TRACKING_OPT_SWITCH: Error = Error::fixed(
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
);
/// `CLIENT CACHING` in a mode that has no use for it.
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
/// More memory is used than may be, and nothing may be evicted.
pub const OUT_OF_MEMORY: Error =
    Error::fixed("OOM command not allowed when used memory > 'maxmemory'.");
/// `EXEC` outside a transaction.
pub const EXEC_WITHOUT_MULTI: Error = Error::fixed("ERR EXEC without MULTI");
/// `DISCARD` outside a transaction.
pub const DISCARD_WITHOUT_MULTI: Error = Error::fixed("ERR DISCARD without MULTI");
/// `WATCH` inside a transaction.
pub const WATCH_INSIDE_MULTI: Error = Error::fixed("ERR WATCH inside MULTI is not allowed");
/// `EXEC` of a transaction into which a command could not be queued.
pub const EXEC_ABORT: Error =
    Error::fixed("EXECABORT Transaction discarded because of previous errors.");
/// `DEBUG PROTOCOL push` to a client that speaks RESP2.
pub const NEEDS_RESP3: Error = Error::fixed("ERR RESP2 is not supported by this command");
/// A command that cannot be queued.
pub const NOT_IN_TRANSACTION: Error = Error::fixed("ERR Command not allowed inside a transaction");
/// A command on data from a client that monitors, which Redis takes for a replica.
pub const MONITOR_ONLY: Error = Error::fixed("ERR Replica can't interact with the keyspace");
/// The answer to a connection beyond `maxclients`.
pub const MAX_CLIENTS: Error = Error::fixed("ERR max number of clients reached");
/// The answer to a connection from another machine while no password is set.
pub const PROTECTED_MODE: Error = Error::fixed(
    "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.",
);
/// `RESTORE` without `REPLACE` onto a key that is there.
pub const BUSY_KEY: Error = Error::fixed("BUSYKEY Target key name already exists.");
/// `RESTORE` with a negative time to live.
pub const INVALID_TTL: Error = Error::fixed("ERR Invalid TTL value, must be >= 0");
/// `RESTORE` with a negative `IDLETIME`.
pub const INVALID_IDLETIME: Error = Error::fixed("ERR Invalid IDLETIME value, must be >= 0");
/// `RESTORE` with a `FREQ` that no counter can have.
pub const INVALID_FREQ: Error = Error::fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");
/// `RESTORE` of something that was not dumped, or by a newer server.
pub const BAD_DUMP_FOOTER: Error = Error::fixed("ERR DUMP payload version or checksum are wrong");
/// `DEBUG RELOAD` with another option than it has.
pub const RELOAD_OPTION: Error =
    Error::fixed("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
/// `DEBUG RELOAD` of data that is not there, or is in the way.
pub const NO_SNAPSHOT: Error =
    Error::fixed("ERR Error trying to load the RDB dump, check server logs.");
/// A journal is none, or has what this engine has not.
pub const BAD_CHANGES: Error = Error::fixed("ERR Not a stream of changes, or it is damaged");
/// `RESTORE` of a payload whose value is none.
pub const BAD_DUMP_VALUE: Error = Error::fixed("ERR Bad data format");

/// Two prefixes of `CLIENT TRACKING` have keys in common.
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

/// A command that the client's user may not run. `command` is its full name.
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

/// A queued command that the client's user may no longer run.
#[must_use]
pub fn no_permission_in_exec(reason: &str) -> Error {
    Error::made(format!(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: {reason}"
    ))
}

/// A client in RESP2 that has subscribed sent another command.
#[must_use]
pub fn only_for_subscribers(command: &str) -> Error {
    quoted(
        "ERR Can't execute '",
        command.as_bytes(),
        "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    )
}

/// A position that is not on the map.
#[must_use]
pub fn invalid_position(longitude: f64, latitude: f64) -> Error {
    Error::made(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}"))
}

/// Bytes that are no request; the connection is closed behind it.
#[must_use]
pub fn protocol(error: ProtocolError) -> Error {
    let mut text = b"ERR Protocol error: ".to_vec();
    error.append_to(&mut text);
    Error::made(text)
}

/// `EXEC` that is turned down itself.
#[must_use]
pub fn exec_abort_because(error: &Error) -> Error {
    let text = error.text();
    let reason = text.strip_prefix(b"ERR ").unwrap_or(text);
    Error::made([b"EXECABORT Transaction discarded because of: ", reason].concat())
}

/// A command called with too few or too many arguments. `name` is the command's full name (`get`, `client|kill`).
#[must_use]
pub fn wrong_arity(name: &str) -> Error {
    Error::made(format!("ERR wrong number of arguments for '{name}' command"))
}

/// A command over several keys that names none. `name` is the command's.
#[must_use]
pub fn no_input_keys(name: &str) -> Error {
    Error::made(format!("ERR at least 1 input key is needed for '{name}' command"))
}

/// An expiry that lies outside what a deadline can hold.
#[must_use]
pub fn invalid_expire(name: &str) -> Error {
    Error::made(format!("ERR invalid expire time in '{name}' command"))
}

/// A command that the table does not have, with the beginning of what followed it.
#[must_use]
pub fn unknown_command<'a>(name: &[u8], args: impl Iterator<Item = &'a [u8]>) -> Error {
    /// How much of the name, and of all arguments together, the reply repeats.
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

/// What Redis shows of a name: as much as a C string of that length would hold.
fn shown_part(name: &[u8], most_bytes: usize) -> &[u8] {
    let name = &name[..name.len().min(most_bytes)];
    name.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A subcommand that a container does not have.
#[must_use]
pub fn unknown_subcommand(container: &str, subcommand: &[u8]) -> Error {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(shown_part(subcommand, 128));
    text.extend_from_slice(b"'. Try ");
    text.extend(container.bytes().map(|byte| byte.to_ascii_uppercase()));
    text.extend_from_slice(b" HELP.");
    Error::made(text)
}

/// A container command whose subcommand exists, called in a form it does not have.
#[must_use]
pub fn subcommand_syntax(container: &str, subcommand: &[u8]) -> Error {
    let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
    text.extend_from_slice(shown_part(subcommand, 128));
    text.extend_from_slice(b"'. Try ");
    text.extend(container.bytes().map(|byte| byte.to_ascii_uppercase()));
    text.extend_from_slice(b" HELP.");
    Error::made(text)
}

/// An option that a command does not know, named; up to its first NUL, since Redis prints it as a C string.
#[must_use]
pub fn quoted(prefix: &str, subject: &[u8], suffix: &str) -> Error {
    let mut text = prefix.as_bytes().to_vec();
    text.extend(subject.iter().take_while(|&&byte| byte != 0));
    text.extend_from_slice(suffix.as_bytes());
    Error::made(text)
}

/// A stream or a consumer group of it is not there.
#[must_use]
pub fn no_group(key: &[u8], group: &[u8], suffix: &str) -> Error {
    let parts: [&[u8]; 5] =
        [b"NOGROUP No such key '", c_string(key), b"' or consumer group '", c_string(group), b"'"];
    Error::made([&parts.concat()[..], suffix.as_bytes()].concat())
}

/// A stream has no such consumer group.
#[must_use]
pub fn no_group_of(group: &[u8], key: &[u8]) -> Error {
    let (group, key) = (c_string(group), c_string(key));
    let parts = [b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"];
    Error::made(parts.concat())
}

/// An option that `XCLAIM` does not know.
#[must_use]
pub fn xclaim_option(option: &[u8]) -> Error {
    quoted("ERR Unrecognized XCLAIM option '", option, "'")
}

/// As much of `text` as Redis prints.
fn c_string(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}
