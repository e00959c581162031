//! Arguments for commands on collections: keys of the right type, existing elements, indexes near
//! the ends.

use redstart_core::command::{
    spec::{Flag, Group, Spec},
    specs::GROUPS,
};

use super::{Command, Workload};

/// Keys that usually hold one type.
const TYPED_KEYS: &[(Group, &[&str])] = &[
    (Group::Geo, &["geo:1", "geo:2"]),
    (Group::Hash, &["hash:1", "hash:2"]),
    (Group::HyperLogLog, &["log:1", "log:2", "log:3"]),
    (Group::List, &["list:1", "list:2", "list:3"]),
    (Group::Set, &["set:1", "set:2", "set:3"]),
    (Group::SortedSet, &["zset:1", "zset:2", "zset:3"]),
    (Group::Stream, &["stream:1", "stream:2"]),
];

/// Elements of lists, fields and values of hashes, used both for adding and for looking up.
const ELEMENTS: &[&str] = &["a", "b", "c", "1", "2", "01", "", "127", "-4096", "100000"];

/// Commands for which a number without a counterpart has another meaning in Redis 7.2.
const TAKE_OPPOSITES: &[&str] = &["LREM", "LPOS"];

impl Workload {
    /// Returns a key that probably holds a value of the command's type.
    pub(super) fn typed_key(&mut self, spec: &Spec) -> Option<Vec<u8>> {
        let group = self.other_group(spec).unwrap_or(spec.group);
        let pool = TYPED_KEYS.iter().find(|(own, _)| *own == group);
        let pool = match pool {
            Some(pool) if !self.one_in(15) => pool,
            None if group == Group::Generic && self.one_in(2) => {
                &TYPED_KEYS[self.random.below(TYPED_KEYS.len())]
            }
            _ => return None,
        };
        Some(self.pick(pool.1).into())
    }

    /// Returns an element of a list, a field or a value of a hash.
    pub(super) fn element(&mut self) -> Vec<u8> {
        if self.one_in(4) { self.value(false) } else { self.pick(ELEMENTS).into() }
    }

    /// Returns an integer for a command on lists.
    pub(super) fn list_integer(&mut self, name: &str) -> Vec<u8> {
        match name {
            "len" | "num-matches" => self.pick(&["0", "0", "1", "2", "5", "1000", "-1"]).into(),
            _ if self.one_in(3) => self.pick(&["0", "1", "2", "-1", "-2", "-100", "100"]).into(),
            _ => (self.random.below(40) as i64 - 20).to_string().into_bytes(),
        }
    }

    /// Corrects the number of keys that precedes them. Occasionally leaves it wrong.
    pub(super) fn count_keys(&mut self, command: &mut Command, numkeys_at: Option<usize>) {
        if let Some(at) = numkeys_at
            && !self.one_in(15)
        {
            let is_key = |word: &&Vec<u8>| !Self::follows_keys(word);
            let keys = command[at + 1..].iter().take_while(is_key).count();
            command[at] = keys.to_string().into_bytes();
        }
    }

    /// Returns `true` if a word is one of those that follow the keys.
    fn follows_keys(word: &[u8]) -> bool {
        const WORDS: &[&str] = &[
            "LEFT",
            "RIGHT",
            "MIN",
            "MAX",
            "COUNT",
            "LIMIT",
            "WEIGHTS",
            "AGGREGATE",
            "WITHSCORES",
        ];
        WORDS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    }
}

/// Returns `true` if a command may block for ever.
pub(super) fn blocks(name: &str) -> bool {
    let mut specs = GROUPS.iter().copied().flatten();
    specs.any(|spec: &Spec| spec.name == name && spec.flags.has(Flag::Blocking))
}

/// Commands for which a negative count requests that number of elements, however few there are.
const TAKE_REPETITIONS: &[&str] = &["HRANDFIELD", "SRANDMEMBER", "ZRANDMEMBER"];

/// The maximum number of repetitions: more are too slow in the reference.
const MOST_REPETITIONS: i64 = 10_000;

/// Removes what Redis 7.0 and 7.2 do not agree about, and options of later versions.
pub(super) fn agree(command: &mut Command) {
    if command[0].to_ascii_uppercase().starts_with(b"SORT") {
        super::interpreted::sort_by_something(command);
    }
    if command[0].eq_ignore_ascii_case(b"HSCAN") {
        command.retain(|word| !word.eq_ignore_ascii_case(b"NOVALUES"));
    }
    let name = command[0].to_ascii_uppercase();
    let is_in = |names: &[&str]| names.iter().any(|each| each.as_bytes() == name);
    if is_in(TAKE_OPPOSITES) {
        let has_no_opposite = |word: &&mut Vec<u8>| **word == i64::MIN.to_string().as_bytes();
        command.iter_mut().filter(has_no_opposite).for_each(|word| *word = b"-5".to_vec());
    }
    if name.starts_with(b"Z") {
        // Redis keeps the sign of zero in a skiplist only, and `SORT` creates one.
        command.iter_mut().filter(|word| **word == b"-0").for_each(|word| *word = b"0".to_vec());
    }
    keep_lists(&name, command);
    keep_one_score(&name, command);
    if name == b"BITFIELD" && command.iter().any(|word| word.eq_ignore_ascii_case(b"FAIL")) {
        // Redis does not notify of a string that it creates or extends if all fields fail, so one
        // field succeeds.
        let succeeds = ["SET", "u1", "0", "0"].map(|word| word.as_bytes().to_vec());
        command.splice(2..2, succeeds);
    }
    if matches!(name.as_slice(), b"SETBIT" | b"BITFIELD") {
        // Strings of a quarter of a gigabyte are covered by the cases.
        let is_far = |word: &&mut Vec<u8>| word.starts_with(b"21474836");
        command.iter_mut().filter(is_far).for_each(|word| *word = b"2147".to_vec());
    }
    // The last digits of a distance depend on the C library.
    if name.starts_with(b"GEORADIUS") {
        let stored = command.iter_mut().filter(|word| word.eq_ignore_ascii_case(b"STOREDIST"));
        stored.for_each(|word| *word = b"STORE".to_vec());
    } else if name == b"GEOSEARCHSTORE" {
        command.retain(|word| !word.eq_ignore_ascii_case(b"STOREDIST"));
    }
    if is_in(&["XREAD"]) {
        // An option of Redis 7.4.
        command.iter_mut().filter(|word| **word == b"+").for_each(|word| *word = b"0".to_vec());
    }
    if name.starts_with(b"GEO") {
        all_or_any(command);
    }
    if is_in(TAKE_REPETITIONS) {
        let asks_too_much = |word: &&mut Vec<u8>| {
            let count = core::str::from_utf8(word).ok().and_then(|text| text.parse::<i64>().ok());
            // The minimum value is refused.
            count.is_some_and(|count| (-i64::MAX..-MOST_REPETITIONS).contains(&count))
        };
        command.iter_mut().filter(asks_too_much).for_each(|word| *word = b"-7".to_vec());
    }
}

/// Keeps other types away from the keys of lists: `SORT` keeps the existing order of elements that
/// its options do not order, and that of a set depends on its hash table.
fn keep_lists(name: &[u8], command: &mut Command) {
    let is_list = |at: usize| command.get(at).is_some_and(|key| key.starts_with(b"list:"));
    let destination = match name {
        b"RENAME" | b"RENAMENX" | b"COPY" if !is_list(1) => 2,
        b"RESTORE" | b"RESTORE-ASKING" => 1,
        _ => return,
    };
    if is_list(destination) {
        command[destination] = b"a".to_vec();
    }
}

/// Uses the same score for all members of keys that are queried lexicographically: otherwise the
/// reply is unspecified.
fn keep_one_score(name: &[u8], command: &mut Command) {
    let is_by_bytes = |at: usize| command.get(at).is_some_and(|key| key.starts_with(b"lex:"));
    match name {
        b"ZADD" if is_by_bytes(1) => {
            let is_score = |word: &&mut Vec<u8>| {
                str::from_utf8(word).is_ok_and(|text| text.parse::<f64>().is_ok())
            };
            command.iter_mut().skip(2).filter(is_score).for_each(|word| *word = b"0".to_vec());
        }
        b"ZINCRBY" if is_by_bytes(1) => command[1] = b"zset:1".to_vec(),
        b"RENAME" | b"RENAMENX" | b"COPY" if is_by_bytes(2) && !is_by_bytes(1) => {
            command[2] = b"a".to_vec();
        }
        b"RESTORE" | b"RESTORE-ASKING" if is_by_bytes(1) => command[1] = b"a".to_vec(),
        _ => {}
    }
}

/// If members have equal distances, the ones that are cut off depend on how Redis sorts a part of
/// an array, so the count is only used with `ANY`.
fn all_or_any(command: &mut Command) {
    let is = |word: Option<&Vec<u8>>, name: &str| {
        word.is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    let count = (0..command.len()).find(|&at| is(command.get(at), "COUNT"));
    if let Some(at) = count
        && !is(command.get(at + 2), "ANY")
        && let Some(word) = command.get_mut(at + 1)
        && word.len() < 4
        && word.iter().all(u8::is_ascii_digit)
        && word.first() > Some(&b'0')
    {
        *word = b"1000".to_vec();
    }
}
