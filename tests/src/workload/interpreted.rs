//! Arguments for commands that interpret a string as an array of bits or a `HyperLogLog`, a sorted
//! set as a map, or the name of a key as a pattern.

use redstart_core::command::spec::{Group, Spec};

use super::{Command, Workload};

/// Commands on strings that should not always replace `HyperLogLog`s.
const ON_LOGS: &[&str] =
    &["get", "set", "append", "setrange", "setbit", "getrange", "del", "strlen", "type"];

/// Commands on sorted sets that are used with geographic indexes.
const ON_MAPS: &[&str] = &["zadd", "zrem", "zscore", "zrange", "zincrby", "zpopmin"];

/// The limits of the map, and values near them.
const EDGES: &[&str] = &[
    "180",
    "-180",
    "85.05112878",
    "-85.05112878",
    "0",
    "-0",
    "90",
    "179.9999999",
    "-85.05112877",
    "85.0511288",
];

/// Patterns that `SORT` looks up.
const LOOKED_UP: &[&str] = &[
    "nosort",
    "*",
    "#",
    "w_*",
    "hash:*->1",
    "w*_*",
    "*->f",
    "w_",
    "",
    "zset:*",
    "set:1*->",
    "\0*",
];

impl Workload {
    /// Returns the group whose keys a command should find, if it is not its own.
    pub(super) fn other_group(&mut self, spec: &Spec) -> Option<Group> {
        if ON_LOGS.contains(&spec.name) && self.one_in(15) {
            Some(Group::HyperLogLog)
        } else if ON_MAPS.contains(&spec.name) && self.one_in(8) {
            Some(Group::Geo)
        } else {
            None
        }
    }

    /// Returns a word that the command expects instead of arbitrary bytes.
    pub(super) fn word(&mut self, spec: &Spec, name: &str) -> Option<Vec<u8>> {
        Some(match (spec.group, name) {
            (Group::Bitmap, "encoding") => self.encoding(),
            (Group::HyperLogLog, "subcommand") => {
                self.pick(&["GETREG", "DECODE", "DECODE", "ENCODING", "TODENSE", "x"]).into()
            }
            (Group::HyperLogLog, _) if !self.one_in(3) => {
                self.random.below(3_000).to_string().into_bytes()
            }
            (Group::Generic, "by-pattern" | "get-pattern") if !self.one_in(20) => {
                self.pick(LOOKED_UP).into()
            }
            (Group::Geo, "member" | "member1" | "member2") if !self.one_in(15) => {
                format!("m{}", self.random.below(200)).into_bytes()
            }
            _ => return None,
        })
    }

    /// Returns the name of an integer's width.
    fn encoding(&mut self) -> Vec<u8> {
        if self.one_in(20) {
            let wrong = ["u64", "i65", "u0", "i0", "U8", "8", "u", "", "i08", "u-1", "u8 "];
            return self.pick(&wrong).into();
        }
        let (sign, widest) = if self.one_in(2) { ('i', 64) } else { ('u', 63) };
        let bits = match self.random.below(4) {
            0 => 8,
            1 => widest,
            _ => 1 + self.random.below(widest),
        };
        format!("{sign}{bits}").into_bytes()
    }

    /// Returns the position of a bit, near the beginning or near the ends of the workload's
    /// strings.
    pub(super) fn bit_offset(&mut self, spec: &Spec) -> Vec<u8> {
        let field = if spec.name.starts_with("bitfield") && self.one_in(3) { "#" } else { "" };
        let offset = match self.random.below(30) {
            0 => self.pick(&["-1", "4294967296", "9223372036854775807", "01", "x", ""]).to_owned(),
            1 => (8 * 1020 + self.random.below(100)).to_string(),
            2..8 => self.random.below(800).to_string(),
            _ => self.random.below(70).to_string(),
        };
        format!("{field}{offset}").into_bytes()
    }

    /// Returns a coordinate or a length. Places are clustered, so that areas contain some.
    pub(super) fn coordinate(&mut self, group: Group, name: &str) -> Option<Vec<u8>> {
        if group != Group::Geo || self.one_in(40) {
            return None;
        }
        let fraction = self.random.below(1_000_000);
        let degrees = match (name, self.random.below(8)) {
            ("longitude" | "latitude", 0) => return Some(self.pick(EDGES).into()),
            ("longitude", 1) => self.random.below(360) as i64 - 180,
            ("latitude", 1) => self.random.below(170) as i64 - 85,
            ("longitude", _) => 12 + self.random.below(3) as i64,
            ("latitude", _) => 40 + self.random.below(3) as i64,
            (_, 0) => return Some(self.pick(&["0", "1e7", "20000", "-1", "inf", "1e300"]).into()),
            (_, 1) => self.random.below(5_000) as i64,
            _ => self.random.below(200) as i64,
        };
        Some(format!("{degrees}.{fraction:06}").into_bytes())
    }
}

/// Removes what depends on the order of a hash table, or on an unstable sort, from `SORT`.
pub(super) fn sort_by_something(command: &mut Command) {
    let is_list = command.get(1).is_some_and(|key| key.starts_with(b"list:"));
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let has = |name: &str| command.iter().any(|word| is(word, name));
    let may_be_ambiguous = !is_list || has("LIMIT");
    if has("STORE") && !has("ALPHA") {
        // Redis does not reset errno: a number may fail because of an earlier one, and then nothing
        // is stored.
        command.push(b"ALPHA".to_vec());
    }
    let has = |name: &str| command.iter().any(|word| is(word, name));
    if has("BY") && may_be_ambiguous {
        command.retain(|word| !is(word, "ALPHA"));
        for at in 2..command.len() {
            // Redis looks for the star as in a C string.
            let c_string = command[at].split(|byte| *byte == 0).next().unwrap_or_default();
            if is(&command[at - 1], "BY") && !is_list && !c_string.contains(&b'*') {
                command[at] = b"w_*".to_vec();
            }
        }
    }
}
