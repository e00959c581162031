//! The only place that defines what may differ between the servers, and why.

use redstart_core::number::{NumberText, parse_f64};

use super::dumps::hold_the_same;
use crate::{
    reference::Reference::{self, Redict, Redis, Valkey},
    resp::Reply,
};

/// How the replies to some commands are compared.
struct Tolerance {
    /// The references that need it.
    references: &'static [Reference],
    /// The commands, in lower case; of a container with its subcommand.
    commands: &'static [&'static str],
    /// The reason why they are not compared byte for byte.
    #[expect(dead_code, reason = "documents this table")]
    why: &'static str,
    /// Returns `true` if these replies count as equal.
    allows: fn(&Reply, &Reply) -> bool,
}

const EVERY: &[Reference] = &Reference::ALL;
const ONLY_7_0: &[Reference] = &[Redis];
const ONLY_7_2: &[Reference] = &[Redict, Valkey];

/// The commands that reply scores.
const SORTED_SETS: &[&str] = &[
    "zadd",
    "zdiff",
    "zincrby",
    "zinter",
    "zmpop",
    "zmscore",
    "zpopmax",
    "zpopmin",
    "zrange",
    "zrangebyscore",
    "zrevrange",
    "zrevrangebyscore",
    "zscan",
    "zscore",
    "zunion",
];

const TOLERANCES: &[Tolerance] = &[
    Tolerance {
        references: EVERY,
        commands: &["ttl", "expiretime"],
        why: "the servers run a command some microseconds apart",
        allows: |expected, got| is_near(expected, got, 1),
    },
    Tolerance {
        references: EVERY,
        commands: &["pttl", "pexpiretime"],
        why: "the servers run a command some microseconds apart",
        allows: |expected, got| is_near(expected, got, 1_000),
    },
    Tolerance {
        references: EVERY,
        commands: &["object idletime", "object freq"],
        why: "small integers in Redis are shared, and idle since its start; a frequency grows randomly",
        allows: |expected, got| is_near(expected, got, u64::MAX),
    },
    Tolerance {
        references: EVERY,
        commands: &["config get", "hgetall"],
        why: "the order depends on the hash table",
        allows: |expected, got| is_same_map(expected, got),
    },
    Tolerance {
        references: EVERY,
        commands: &["dump"],
        why: "the order of members, the size of nodes and some encodings differ",
        allows: |expected, got| match (expected, got) {
            (Reply::Bulk(expected), Reply::Bulk(got)) => hold_the_same(expected, got),
            _ => false,
        },
    },
    Tolerance {
        references: EVERY,
        commands: &["keys", "pubsub channels", "pubsub shardchannels"],
        why: "the order depends on the hash table",
        allows: |expected, got| is_same_sorted(expected, got),
    },
    Tolerance {
        references: EVERY,
        commands: &["smembers", "sinter", "sunion", "sdiff", "spop", "hkeys", "hvals"],
        why: "the order depends on the hash table",
        allows: |expected, got| is_same_sorted(expected, got),
    },
    Tolerance {
        references: EVERY,
        commands: &["srandmember", "hrandfield"],
        why: "chance",
        allows: |expected, got| is_same_number(expected, got),
    },
    Tolerance {
        references: EVERY,
        commands: &["scan", "sscan"],
        why: "the order and the number of keys per call depend on the hash table",
        allows: |expected, got| is_same_scan(expected, got),
    },
    Tolerance {
        references: EVERY,
        commands: &["hscan"],
        why: "the order and the number of fields per call depend on the hash table",
        allows: |expected, got| is_same_scan(&pairs(expected.clone()), &pairs(got.clone())),
    },
    Tolerance {
        references: EVERY,
        commands: &["randomkey"],
        why: "chance",
        allows: |expected, got| matches!((expected, got), (Reply::Bulk(_), Reply::Bulk(_))),
    },
    Tolerance {
        references: EVERY,
        commands: &["object encoding"],
        why: "in Redis 7.0 every list is a quicklist, in 7.2 one that is restored as several nodes",
        allows: |expected, got| {
            *expected == Reply::Bulk(b"quicklist".to_vec())
                && *got == Reply::Bulk(b"listpack".to_vec())
        },
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["bitcount", "bitpos"],
        why: "Redis 7.0 looks at the key before it reads the range",
        allows: |expected, got| match (expected, got) {
            (Reply::Integer(-1..=0), Reply::Error(_)) => true,
            (Reply::Error(expected), Reply::Error(_)) => expected.starts_with(b"WRONGTYPE"),
            _ => false,
        },
    },
    Tolerance {
        references: EVERY,
        commands: &["sort", "sort_ro"],
        why: "by ALPHA, elements that are equal up to a NUL have the order of the hash table",
        allows: |expected, got| match (expected, got) {
            (Reply::Array(all), Reply::Array(others)) => {
                is_same_sorted(expected, got) && c_strings(all).eq(c_strings(others))
            }
            _ => false,
        },
    },
    Tolerance {
        references: EVERY,
        commands: &["sort", "sort_ro"],
        why: "Redis does not reset errno, so an earlier number that was too small makes a later one fail",
        allows: |expected, got| match (expected, got) {
            (Reply::Error(expected), Reply::Array(_)) => {
                expected.ends_with(b"scores can't be converted into double")
            }
            _ => false,
        },
    },
    Tolerance {
        references: EVERY,
        commands: &["object encoding"],
        why: "in Redis, SORT converts a small sorted set to the large encoding",
        allows: |expected, got| {
            matches!((expected, got), (Reply::Bulk(expected), Reply::Bulk(got))
                if expected == b"skiplist" && got == b"listpack")
        },
    },
    Tolerance {
        references: ONLY_7_0,
        commands: SORTED_SETS,
        why: "Redis 7.0 prints scores with seventeen digits, 7.2 with as many as are needed",
        allows: |expected, got| shortest_scores(expected) == shortest_scores(got),
    },
    Tolerance {
        references: EVERY,
        commands: &["zscan"],
        why: "the order and the number of members per call depend on the hash table",
        allows: |expected, got| {
            is_same_scan(&pairs(shortest_scores(expected)), &pairs(shortest_scores(got)))
        },
    },
    Tolerance {
        references: EVERY,
        commands: &["zrandmember"],
        why: "chance",
        allows: |expected, got| is_as_long(expected, got),
    },
    Tolerance {
        references: EVERY,
        commands: &["xpending"],
        why: "the servers run a command some microseconds apart",
        allows: |expected, got| is_near_within(expected, got, 1_000),
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["xgroup createconsumer", "xinfo groups"],
        why: "Redis 7.2 creates a consumer on its first attempt to read, 7.0 on its first entry",
        allows: |expected, got| match (expected, got) {
            (Reply::Integer(0..=1), Reply::Integer(0..=1)) => true,
            _ => without_consumers(expected) == without_consumers(got),
        },
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["xread", "xreadgroup"],
        why: "the text in Redis 7.2 names the command",
        allows: |expected, got| match (expected, got) {
            (Reply::Error(expected), Reply::Error(got)) => {
                expected.starts_with(b"ERR Unbalanced XREAD") && got.starts_with(b"ERR Unbalanced")
            }
            _ => false,
        },
    },
    Tolerance {
        references: EVERY,
        commands: &["hello"],
        why: "the version, and the number of the client",
        allows: |expected, got| is_same_hello(expected, got, &[]),
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["debug digest", "debug digest-value"],
        why: "Redis 7.0 mixes scores in with seventeen digits",
        allows: |expected, got| match (expected, got) {
            (Reply::Status(expected), Reply::Status(got)) => expected.len() == got.len(),
            (Reply::Array(expected), Reply::Array(got)) => expected.len() == got.len(),
            _ => false,
        },
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["command getkeysandflags"],
        why: "Redis 7.0 says that SINTERSTORE reads its destination",
        allows: |expected, got| replaced(expected, b"RW", b"OW") == replaced(got, b"RW", b"OW"),
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["scan", "sscan", "hscan", "zscan"],
        why: "Redis 7.0 reads cursors otherwise",
        allows: |expected, got| {
            is_error(expected, "ERR invalid cursor") || is_error(got, "ERR invalid cursor")
        },
    },
    Tolerance {
        references: &[Redict],
        commands: &["hello"],
        why: "it names itself",
        allows: |expected, got| is_same_hello(expected, got, &["server"]),
    },
    Tolerance {
        references: ONLY_7_2,
        commands: &["acl load", "acl save"],
        why: "neither names Redis",
        allows: |expected, got| {
            is_error(expected, "ERR This ") && is_error(got, "ERR This Redis instance ")
        },
    },
    Tolerance {
        references: &[Valkey],
        commands: &["scan"],
        why: "it refuses unknown types",
        allows: |expected, got| {
            is_error(expected, "ERR unknown type name") && matches!(got, Reply::Array(_))
        },
    },
    Tolerance {
        references: &[Valkey],
        commands: &["bitcount"],
        why: "since 8.0 the end may be left out",
        allows: |expected, got| {
            is_error(got, "ERR syntax error")
                && (matches!(expected, Reply::Integer(_))
                    || is_error(expected, "ERR value is not an integer")
                    || is_error(expected, "WRONGTYPE"))
        },
    },
];

/// Known differences after which the servers hold different data, so that the session ends with
/// them.
const PARTINGS: &[Tolerance] = &[
    Tolerance {
        references: &[Valkey],
        commands: &["multi", "watch"],
        why: "it refuses them inside a transaction with one text, and then refuses EXEC",
        allows: |expected, got| {
            is_error(expected, "ERR Command not allowed inside a transaction")
                && matches!(got, Reply::Error(_))
        },
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["client setname", "hello"],
        why: "Redis 7.0 refuses a NUL in a name",
        allows: |expected, got| {
            is_error(expected, "ERR Client names cannot contain") && !matches!(got, Reply::Error(_))
        },
    },
    Tolerance {
        references: ONLY_7_0,
        commands: &["hello"],
        why: "Redis 7.0 obeys each option as it reads it",
        allows: |expected, got| {
            matches!(expected, Reply::Error(_)) && matches!(got, Reply::Error(_))
        },
    },
    Tolerance {
        references: ONLY_7_2,
        commands: &["lset"],
        why: "they keep 32 bits of the index of a short list",
        allows: |expected, got| {
            *expected == Reply::Status(b"OK".to_vec()) && is_error(got, "ERR index out of range")
        },
    },
];

/// Whether `got` is as good as `expected` for a reply to `command`.
pub fn allows(reference: Reference, command: &[Vec<u8>], expected: &Reply, got: &Reply) -> bool {
    expected == got
        || of(reference)
            .filter(|tolerance| is(command, tolerance.commands))
            .any(|tolerance| (tolerance.allows)(expected, got))
}

/// Whether `got` is as good as `expected` for a reply, or an array of replies, to whichever
/// commands.
pub fn allows_any(reference: Reference, expected: &Reply, got: &Reply) -> bool {
    if let (Reply::Array(expected), Reply::Array(got)) = (expected, got)
        && expected.len() == got.len()
        && expected.iter().zip(got).all(|(expected, got)| allows_any(reference, expected, got))
    {
        return true;
    }
    expected == got || of(reference).any(|tolerance| (tolerance.allows)(expected, got))
}

/// Whether the replies are a known difference after which the servers hold different data.
pub fn parts(reference: Reference, command: &[Vec<u8>], expected: &Reply, got: &Reply) -> bool {
    PARTINGS.iter().any(|parting| {
        parting.references.contains(&reference)
            && is(command, parting.commands)
            && (parting.allows)(expected, got)
    })
}

fn of(reference: Reference) -> impl Iterator<Item = &'static Tolerance> {
    TOLERANCES.iter().filter(move |tolerance| tolerance.references.contains(&reference))
}

/// Returns `true` if a command is one of those named.
pub fn is(command: &[Vec<u8>], names: &[&str]) -> bool {
    names.iter().any(|name| {
        let mut words = command.iter();
        name.split(' ')
            .all(|part| words.next().is_some_and(|word| word.eq_ignore_ascii_case(part.as_bytes())))
    })
}

/// The reply with one status in place of another, at any depth.
fn replaced(reply: &Reply, old: &[u8], new: &[u8]) -> Reply {
    match reply {
        Reply::Status(text) if text == old => Reply::Status(new.to_vec()),
        Reply::Array(parts) | Reply::Set(parts) => {
            Reply::Array(parts.iter().map(|part| replaced(part, old, new)).collect())
        }
        other => other.clone(),
    }
}

fn is_error(reply: &Reply, head: &str) -> bool {
    matches!(reply, Reply::Error(text) if text.starts_with(head.as_bytes()))
}

fn is_near(expected: &Reply, got: &Reply, distance: u64) -> bool {
    match (expected, got) {
        // Negative numbers mean that there is no deadline.
        (Reply::Integer(expected @ 0..), Reply::Integer(got @ 0..)) => {
            expected.abs_diff(*got) <= distance
        }
        _ => false,
    }
}

/// Returns `true` if integers anywhere in two replies differ by at most `distance`.
fn is_near_within(expected: &Reply, got: &Reply, distance: u64) -> bool {
    match (expected, got) {
        (Reply::Array(expected), Reply::Array(got)) => {
            expected.len() == got.len()
                && expected.iter().zip(got).all(|(one, other)| is_near_within(one, other, distance))
        }
        _ => expected == got || is_near(expected, got, distance),
    }
}

/// Returns the reply of `XINFO GROUPS` without the number of consumers.
fn without_consumers(reply: &Reply) -> Option<Vec<Vec<(&Reply, &Reply)>>> {
    let Reply::Array(groups) = reply else { return None };
    let is_told = |(name, _): &(&Reply, &Reply)| **name != Reply::Bulk(b"consumers".to_vec());
    Some(groups.iter().map(|group| entries(group).into_iter().filter(is_told).collect()).collect())
}

fn is_same_sorted(expected: &Reply, got: &Reply) -> bool {
    match (expected, got) {
        (Reply::Array(expected), Reply::Array(got)) | (Reply::Set(expected), Reply::Set(got)) => {
            sorted(expected) == sorted(got)
        }
        _ => false,
    }
}

/// Returns bulk strings up to their first NUL.
fn c_strings(replies: &[Reply]) -> impl Iterator<Item = &[u8]> {
    bulks(replies).map(|bytes| bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

/// Accepts one element, or the same number of them.
fn is_same_number(expected: &Reply, got: &Reply) -> bool {
    match (expected, got) {
        (Reply::Bulk(_), Reply::Bulk(_)) => true,
        (Reply::Array(expected), Reply::Array(got)) => expected.len() == got.len(),
        _ => false,
    }
}

fn bulks(replies: &[Reply]) -> impl Iterator<Item = &[u8]> {
    replies.iter().map(|reply| if let Reply::Bulk(bytes) = reply { bytes.as_slice() } else { &[] })
}

fn sorted(replies: &[Reply]) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = bulks(replies).collect();
    all.sort_unstable();
    all
}

/// Compares two complete scans; partial scans cannot be compared.
fn is_same_scan(expected: &Reply, got: &Reply) -> bool {
    let (Reply::Array(expected), Reply::Array(got)) = (expected, got) else { return false };
    match (expected.as_slice(), got.as_slice()) {
        ([Reply::Bulk(expected_cursor), expected], [Reply::Bulk(got_cursor), got]) => {
            expected_cursor != b"0" || got_cursor != b"0" || is_same_sorted(expected, got)
        }
        _ => false,
    }
}

/// Returns the reply with every score printed as Redis 7.2 does.
fn shortest_scores(reply: &Reply) -> Reply {
    let shortest = |text: &[u8]| match parse_f64(text) {
        Some(score) if *NumberText::with_all_digits(score) == *text => {
            NumberText::from(score).to_vec()
        }
        _ => text.to_vec(),
    };
    match reply {
        Reply::Bulk(text) => Reply::Bulk(shortest(text)),
        Reply::Double(text) => Reply::Double(shortest(text)),
        Reply::Array(parts) => Reply::Array(parts.iter().map(shortest_scores).collect()),
        other => other.clone(),
    }
}

/// Returns a scan's reply with each pair as one element.
fn pairs(reply: Reply) -> Reply {
    let Reply::Array(parts) = reply else { return reply };
    let [cursor, Reply::Array(found)] = parts.as_slice() else { return Reply::Array(parts) };
    let found = found.chunks(2).map(|pair| Reply::Bulk(format!("{pair:?}").into_bytes())).collect();
    Reply::Array(vec![cursor.clone(), Reply::Array(found)])
}

/// Accepts arrays of equal length, or two replies that are not arrays.
fn is_as_long(expected: &Reply, got: &Reply) -> bool {
    match (expected, got) {
        (Reply::Array(expected), Reply::Array(got)) => expected.len() == got.len(),
        _ => matches!((expected, got), (Reply::Bulk(_), Reply::Bulk(_))),
    }
}

fn is_same_hello(expected: &Reply, got: &Reply, varying: &[&str]) -> bool {
    let (expected, got) = (stable_entries(expected, varying), stable_entries(got, varying));
    !expected.is_empty() && expected == got
}

fn is_same_map(expected: &Reply, got: &Reply) -> bool {
    let (expected, got) = (sorted_entries(expected), sorted_entries(got));
    !expected.is_empty() && expected == got
}

/// The entries of `HELLO`'s reply, except those that always vary and those named.
fn stable_entries<'a>(reply: &'a Reply, varying: &[&str]) -> Vec<(&'a Reply, &'a Reply)> {
    let varies = |name: &Reply| {
        ["version", "redstart_version", "id"]
            .iter()
            .chain(varying)
            .any(|varying| *name == Reply::Bulk(varying.as_bytes().to_vec()))
    };
    entries(reply).into_iter().filter(|(name, _)| !varies(name)).collect()
}

fn sorted_entries(reply: &Reply) -> Vec<(&Reply, &Reply)> {
    let mut all = entries(reply);
    all.sort_by_cached_key(|entry| format!("{entry:?}"));
    all
}

/// Returns the entries of a map in RESP3 or RESP2; none for any other reply.
fn entries(reply: &Reply) -> Vec<(&Reply, &Reply)> {
    match reply {
        Reply::Map(pairs) => pairs.iter().map(|(name, value)| (name, value)).collect(),
        Reply::Array(words) => words.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &str) -> Vec<Vec<u8>> {
        words.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn deadlines_may_differ_slightly_but_must_exist() {
        let ttl = command("TTL k");
        assert!(allows(Redis, &ttl, &Reply::Integer(100), &Reply::Integer(99)));
        assert!(!allows(Redis, &ttl, &Reply::Integer(100), &Reply::Integer(98)));
        assert!(!allows(Redis, &ttl, &Reply::Integer(-1), &Reply::Integer(-2)));
        assert!(!allows(Redis, &ttl, &Reply::Integer(0), &Reply::Integer(-1)));
        assert!(!allows(Redis, &command("STRLEN k"), &Reply::Integer(100), &Reply::Integer(99)));
    }

    #[test]
    fn only_the_order_of_keys_may_differ() {
        let keys = |names: &str| {
            Reply::Array(
                names.chars().map(|name| Reply::Bulk(name.to_string().into_bytes())).collect(),
            )
        };
        assert!(allows(Redis, &command("keys *"), &keys("abc"), &keys("cab")));
        assert!(!allows(Redis, &command("keys *"), &keys("abc"), &keys("cabb")));
        assert!(!allows(Redis, &command("mget a b"), &keys("abc"), &keys("cab")));
    }
}
