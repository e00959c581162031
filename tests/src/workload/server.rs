//! Commands about the server itself: `CONFIG` and `DEBUG`.

use super::{Command, Workload, words};

/// Parameters that both servers have and whose values can be compared, with values to set; the
/// first is the default.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("proto-max-bulk-len", &["512mb", "1mb", "2m", "1048576", "1mbx", "-1", "10", ""]),
    ("maxmemory-policy", &["noeviction", "allkeys-lru", "allkeys-lfu", "volatile-ttl", "none"]),
    ("hll-sparse-max-bytes", &["3000", "0", "60", "300", "1kb", "-1", "x"]),
    ("lfu-log-factor", &["10", "0", "-1", "x"]),
    ("lfu-decay-time", &["1", "0", "10", "2147483648"]),
    ("hz", &["10", "20"]),
    ("zset-max-listpack-entries", &["128", "3", "0", "-1", "x"]),
    ("zset-max-ziplist-value", &["64", "3", "1kb", "-1"]),
    ("timeout", &["0", "100000", "-1", "0x10"]),
    ("slowlog-max-len", &["128", "10", "-1"]),
    ("latency-tracking", &["yes", "no", "YES", "maybe"]),
    ("latency-tracking-info-percentiles", &["50 99 99.9", "50", "", "101", "1 x"]),
    ("activerehashing", &["yes", "no", "1"]),
    ("lazyfree-lazy-user-del", &["no", "yes", "y"]),
    (
        "client-output-buffer-limit",
        &["normal 0 0 0", "pubsub 64mb 16mb 90", "normal 1 2", "x 0 0 0"],
    ),
    ("tcp-keepalive", &["300", "0", "10"]),
    ("databases", &["16", "4"]),
    ("stream-node-max-bytes", &["4096", "100", "0", "1kb", "-1"]),
    ("stream-node-max-entries", &["100", "3", "1", "0", "x"]),
    ("list-max-listpack-size", &["-2", "-1", "3", "10", "0", "-5", "x"]),
    ("list-compress-depth", &["0", "1", "-1"]),
    ("no-such-parameter", &["1"]),
];

/// All but `push`, which reaches a client even if it has turned off its replies.
const PROTOCOL_TYPES: &[&str] = &[
    "string", "integer", "double", "null", "array", "set", "map", "attrib", "bignum", "true",
    "false", "verbatim", "none",
];

impl Workload {
    pub(super) fn configuration(&mut self) -> Command {
        let mut pairs = Vec::new();
        for _ in 0..1 + usize::from(self.one_in(4)) {
            let (name, values) = PARAMETERS[self.random.below(PARAMETERS.len())];
            let value = if self.one_in(2) { values[0] } else { self.pick(values) };
            pairs.push((self.token(name), value));
        }
        if self.one_in(2) {
            return words(&["CONFIG", "GET"], pairs.into_iter().map(|(name, _)| name));
        }
        let pairs = pairs.into_iter().flat_map(|(name, value)| [name, value.as_bytes().to_vec()]);
        words(&["CONFIG", "SET"], pairs)
    }

    pub(super) fn debug(&mut self) -> Command {
        match self.random.below(6) {
            0 => words(&["DEBUG", "PROTOCOL"], [self.pick(PROTOCOL_TYPES).into()]),
            1 if !self.expires => {
                words(&["DEBUG", "DIGEST-VALUE"], [self.key(false), self.key(false)])
            }
            2 => words(&["DEBUG", "ERROR"], [b"ERR as asked".to_vec()]),
            3 => words(&["DEBUG"], [self.value(true)]),
            4 if !self.expires => words(&["DEBUG", "DIGEST"], []),
            _ => {
                words(&["DEBUG", "POPULATE", "3"], [self.pick(&["p", "a"]).into(), b"20".to_vec()])
            }
        }
    }
}
