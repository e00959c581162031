//! The commands that are not sent, each with the reason.

use super::collections;

/// The commands that are not sent, with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("acl|cat", "the tables differ"),
    ("acl|genpass", "chance"),
    ("acl|getuser", "Redis 7.0 returns other rules for the same commands"),
    ("acl|list", "Redis 7.0 returns other rules for the same commands"),
    ("acl|log", "Redis 7.2 tells more"),
    ("client|id", "numbers differ"),
    ("client|info", "addresses and times differ"),
    ("client|kill", "ends the connections that compare"),
    ("client|list", "addresses and times differ"),
    ("client|no-touch", "new in Redis 7.2"),
    ("client|pause", "blocks all clients"),
    ("client|setinfo", "new in Redis 7.2"),
    ("client|tracking", "numbers differ"),
    ("client|unblock", "needs a client that is blocked"),
    ("command", "the tables differ"),
    ("command|count", "the tables differ"),
    ("command|docs", "the texts differ"),
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
    ("object|refcount", "includes the references of a pipeline or a transaction"),
    ("pfselftest", "takes long"),
    ("quit", "after CLIENT REPLY OFF Redis leaves the connection open but ignores it"),
    ("shutdown", "ends the server"),
    ("time", "differs"),
    ("wait", "blocks"),
    ("xinfo|consumers", "depends on time, and has more fields in Redis 7.2"),
    ("psubscribe", "Redis 7.2 sends a client its own messages after the reply"),
    ("punsubscribe", "ends all subscriptions in the order of a hash table"),
    ("ssubscribe", "Redis 7.2 sends a client its own messages after the reply"),
    ("subscribe", "Redis 7.2 sends a client its own messages after the reply"),
    ("sunsubscribe", "ends all subscriptions in the order of a hash table"),
    ("unsubscribe", "ends all subscriptions in the order of a hash table"),
];

/// Commands since this version are not sent: the reference does not have them.
pub(super) const NEW: &str = "7.3";

/// Groups that are not sent: their replies depend on time and memory.
const FAMILIES_LEFT_OUT: &[&str] = &["latency", "memory", "slowlog"];

/// Returns `true` if a command is not sent.
pub(super) fn is_left_out(name: &str) -> bool {
    let family = name.split('|').next().unwrap_or(name);
    name.ends_with("|help")
        || collections::blocks(name) && !name.starts_with("xread")
        || LEFT_OUT.iter().any(|(left_out, _)| *left_out == name)
        || FAMILIES_LEFT_OUT.contains(&family)
}
