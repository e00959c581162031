//! The commands that are not sent, each with the reason.

use super::collections;

/// Commands that are not sent, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("acl|cat", "the tables differ"),
    ("acl|genpass", "chance"),
    ("acl|getuser", "Redis 7.0 tells other rules for the same commands"),
    ("acl|list", "Redis 7.0 tells other rules for the same commands"),
    ("acl|log", "Redis 7.2 tells more"),
    ("client|id", "numbers differ"),
    ("client|info", "addresses and times differ"),
    ("client|kill", "ends the connections that compare"),
    ("client|list", "addresses and times differ"),
    ("client|no-touch", "new in Redis 7.2"),
    ("client|pause", "holds everything up"),
    ("client|setinfo", "new in Redis 7.2"),
    ("client|tracking", "numbers differ"),
    ("client|unblock", "needs a client that is blocked"),
    ("command", "the tables differ"),
    ("command|count", "the tables differ"),
    ("command|docs", "the words differ"),
    ("command|info", "the tables differ"),
    ("command|list", "the tables differ"),
    ("config|get", "sent by `configuration`, for parameters that both have"),
    ("config|resetstat", "changes nothing that is compared"),
    ("config|rewrite", "writes files"),
    ("config|set", "sent by `configuration`"),
    ("debug", "sent by `debug`"),
    ("info", "figures differ"),
    ("lolwut", "names the version"),
    ("monitor", "shows commands to others"),
    ("object|refcount", "counts what a pipeline or a transaction still holds"),
    ("pfselftest", "takes long"),
    ("quit", "after CLIENT REPLY OFF Redis leaves the connection open and deaf"),
    ("shutdown", "ends the server"),
    ("time", "differs"),
    ("wait", "blocks"),
    ("xinfo|consumers", "tells of time, and in Redis 7.2 of more"),
    ("psubscribe", "Redis 7.2 sends a client its own messages after the reply"),
    ("punsubscribe", "ends all in the order of a hash table"),
    ("ssubscribe", "Redis 7.2 sends a client its own messages after the reply"),
    ("subscribe", "Redis 7.2 sends a client its own messages after the reply"),
    ("sunsubscribe", "ends all in the order of a hash table"),
    ("unsubscribe", "ends all in the order of a hash table"),
];

/// From this version on commands are not sent: the reference does not know them.
pub(super) const NEW: &str = "7.3";

/// Whole families that are not sent: they tell of time and memory.
const FAMILIES_LEFT_OUT: &[&str] = &["latency", "memory", "slowlog"];

/// Whether a command is not sent.
pub(super) fn is_left_out(name: &str) -> bool {
    let family = name.split('|').next().unwrap_or(name);
    name.ends_with("|help")
        || collections::blocks(name) && !name.starts_with("xread")
        || LEFT_OUT.iter().any(|(left_out, _)| *left_out == name)
        || FAMILIES_LEFT_OUT.contains(&family)
}
