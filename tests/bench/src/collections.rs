//! What is asked of the data types: the rows of `--types`, and the collections whose memory is
//! weighed.

/// One row: commands that are sent in turn, to keys that were prepared.
///
/// A command is its words; in a word `#` is a random number, and the word `@` is 16 bytes of text.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Commands that prepare the keys, each sent so many times, with `#` counting up.
    pub(crate) setup: &'static [(u64, &'static str)],
    pub(crate) requests: &'static [&'static str],
    /// How many values `#` takes.
    pub(crate) numbers: u64,
}

impl Row {
    /// Whether the floor can answer it: one command, and one line for each.
    pub(crate) fn suits_the_floor(&self) -> bool {
        const ONE_LINE: [&str; 7] = ["LPUSH", "RPUSH", "HSET", "SADD", "ZADD", "ZRANK", "PFADD"];
        let [command] = self.requests else { return false };
        command.split(' ').next().is_some_and(|name| ONE_LINE.contains(&name))
    }
}

const MILLION: u64 = 1_000_000;

const fn row(name: &'static str, requests: &'static [&'static str]) -> Row {
    Row { name, setup: &[], requests, numbers: MILLION }
}

const fn prepared(
    name: &'static str,
    setup: &'static [(u64, &'static str)],
    requests: &'static [&'static str],
) -> Row {
    Row { name, setup, requests, numbers: setup[0].0 }
}

/// The rows of the table. Where a command takes elements away, another puts as many back.
pub(crate) const ROWS: &[Row] = &[
    row("LPUSH", &["LPUSH key @"]),
    row("RPUSH", &["RPUSH key @"]),
    row("LPUSH, LPOP", &["LPUSH key @", "LPOP key"]),
    row("RPUSH, RPOP", &["RPUSH key @", "RPOP key"]),
    prepared("LRANGE of 100", &[(100, "RPUSH key @")], &["LRANGE key 0 99"]),
    prepared("LRANGE of 600", &[(600, "RPUSH key @")], &["LRANGE key 0 599"]),
    row("HSET", &["HSET key field:# @"]),
    prepared(
        "HSET in hashes of 5",
        &[(100_000, "HSET key:# name @ age 42 city @ mail @ visits 100")],
        &["HSET key:# city @"],
    ),
    prepared("HGET", &[(MILLION, "HSET key field:# @")], &["HGET key field:#"]),
    prepared("HGETALL of 10", &[(10, "HSET key field:# @")], &["HGETALL key"]),
    prepared("HGETALL of 500", &[(500, "HSET key field:# @")], &["HGETALL key"]),
    row("SADD", &["SADD key element:#"]),
    prepared("SADD, SPOP", &[(100_000, "SADD key element:#")], &["SADD key element:#", "SPOP key"]),
    prepared(
        "SINTER of two 10 k",
        &[(10_000, "SADD one element:#"), (10_000, "SADD two element:#")],
        &["SINTER one two"],
    ),
    row("ZADD", &["ZADD key # element:#"]),
    prepared(
        "ZADD, ZPOPMIN",
        &[(100_000, "ZADD key # element:#")],
        &["ZADD key # element:#", "ZPOPMIN key"],
    ),
    prepared("ZRANGE of 100", &[(100_000, "ZADD key # element:#")], &["ZRANGE key 5000 5099"]),
    prepared("ZRANK", &[(100_000, "ZADD key # element:#")], &["ZRANK key element:#"]),
    prepared(
        "ZUNIONSTORE of two 10 k",
        &[(10_000, "ZADD one # element:#"), (10_000, "ZADD two # element:#")],
        &["ZUNIONSTORE three 2 one two"],
    ),
    row("XADD", &["XADD key * field @"]),
    prepared("XRANGE of 100", &[(10_000, "XADD key #-1 field @")], &["XRANGE key - + COUNT 100"]),
    prepared(
        "XADD, XREADGROUP, XACK",
        &[(100_000, "XADD key #-1 field @"), (1, "XGROUP CREATE key group 0")],
        &[
            "XADD key * field @",
            "XREADGROUP GROUP group consumer COUNT 1 STREAMS key >",
            "XACK key group #-1",
        ],
    ),
    prepared("BITCOUNT of 10 MB", &[(1, "SETBIT key 83886079 1")], &["BITCOUNT key"]),
    row("PFADD", &["PFADD key element:#"]),
    prepared(
        "GEOSEARCH",
        &[(20_000, "GEOADD key 13.# 38.# element:#")],
        &["GEOSEARCH key FROMLONLAT 13.2 38.2 BYRADIUS 500 m"],
    ),
];

/// Collections whose memory is weighed: what they are, and the commands that make them.
pub(crate) const WEIGHED: &[(&str, &[(u64, &str)])] = &[
    ("1 M hashes of 5 fields", &[(MILLION, "HSET key:# name @ age 42 city @ mail @ visits 100")]),
    ("a hash of 1 M fields", &[(MILLION, "HSET key field:# @")]),
    ("a set of 1 M members", &[(MILLION, "SADD key element:#")]),
    ("a list of 1 M elements", &[(MILLION, "RPUSH key element:#")]),
    ("a sorted set of 1 M members", &[(MILLION, "ZADD key # element:#")]),
    ("a stream of 1 M entries", &[(MILLION, "XADD key #-1 field @")]),
    (
        "100 k lists of 20 elements",
        &[(100_000, "RPUSH key:# @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ @")],
    ),
];
