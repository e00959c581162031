//! Key specs: where the keys of a command are, and how it uses them.
//!
//! A key spec has two steps: where to begin ([`BeginSearch`]: at an index, or after a keyword), and
//! how to continue from there ([`FindKeys`]: a range, or as many keys as an argument says). Most
//! commands have a single spec that begins at 1 and finds one key. Clients from before Redis 7 know
//! only a triple of first, last and step, so that is derived, with the flag `movablekeys` where it
//! misses keys.

use core::iter::StepBy;
use core::ops::RangeInclusive;

use super::bit_set::bit_set;
use super::spec::{Flag, Spec};
use crate::resp::args::Args;

/// A rule that finds some of a command's keys.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// A remark for readers of `COMMAND INFO`.
    pub notes: Option<&'static str>,
    /// The command's use of these keys.
    pub flags: KeyFlags,
    /// The start of the search.
    pub begin_search: BeginSearch,
    /// The rule that finds keys from there.
    pub find_keys: FindKeys,
}

/// The start of the search for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// The start cannot be determined.
    Unknown,
    /// At this position; the command's name is at position 0.
    Index(u16),
    /// After `keyword`, searched for from `start_from` on. A negative `start_from` counts from the
    /// end and searches backwards.
    Keyword {
        /// The keyword, in upper case.
        keyword: &'static str,
        /// The position where the search for the keyword starts.
        start_from: i16,
    },
}

/// The rule that finds keys from the start of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// The keys cannot be determined.
    Unknown,
    /// From the start to `last_key`.
    Range {
        /// The last key, relative to the first; negative numbers count from the end of the
        /// arguments (-1 is the last).
        last_key: i16,
        /// The distance from one key to the next.
        key_step: u16,
        /// With `last_key` -1: use only the first half (2), third (3), ... of the remaining
        /// arguments; 0 and 1 mean all.
        limit: u16,
    },
    /// An argument holds the number of keys. All positions are relative to the start of the search.
    KeyNum {
        /// The position of that number.
        key_num_index: u16,
        /// The position of the first key.
        first_key: u16,
        /// The distance from one key to the next.
        key_step: u16,
    },
}

bit_set! {
    /// A command's use of a key, and the reliability of the spec.
    KeyFlags of
    /// A single use of a key: `RO` to `RM` for the key as a whole, `access` to `delete` for the
    /// data in its value.
    KeyFlag {
        /// Reads the key.
        Ro = "RO",
        /// Reads and changes the key.
        Rw = "RW",
        /// Overwrites the key, regardless of its value.
        Ow = "OW",
        /// Removes the key.
        Rm = "RM",
        /// Returns, copies or otherwise uses data of the value.
        Access = "access",
        /// Modifies data of the value.
        Update = "update",
        /// Adds data to the value without modifying existing data.
        Insert = "insert",
        /// Removes data from the value, or the whole value.
        Delete = "delete",
        /// Marks an argument that is not a key but is routed like one (a shard channel).
        NotKey = "not_key",
        /// The spec may not find all keys.
        Incomplete = "incomplete",
        /// The effective flags depend on other arguments.
        VariableFlags = "variable_flags",
    }
}

/// A rule for commands whose key specs do not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialKeys {
    /// `BITFIELD`: read-only if it has no subcommands except `GET` and `OVERFLOW`.
    Bitfield,
    /// `GEORADIUS`: a key follows each of the options `STORE` and `STOREDIST`.
    GeoRadius,
    /// `SET`: reads the old value only with the option `GET`.
    Set,
    /// `SORT`: the keys that its patterns read cannot be determined; the destination follows the
    /// last `STORE`.
    Sort,
    /// `SORT_RO`: the keys that its patterns read cannot be determined.
    SortRo,
}

impl KeySpec {
    /// Creates a spec for one key, the first argument.
    #[must_use]
    pub const fn first(flags: &[KeyFlag]) -> Self {
        Self::range(1, 0, 1, flags)
    }

    /// Creates a spec for one key at `index`.
    #[must_use]
    pub const fn at(index: u16, flags: &[KeyFlag]) -> Self {
        Self::range(index, 0, 1, flags)
    }

    /// Creates a spec for the keys from `first` to `last_key` ([relative](FindKeys::Range)), at
    /// every `key_step`-th argument.
    #[must_use]
    pub const fn range(first: u16, last_key: i16, key_step: u16, flags: &[KeyFlag]) -> Self {
        Self {
            notes: None,
            flags: KeyFlags::of(flags),
            begin_search: BeginSearch::Index(first),
            find_keys: FindKeys::Range { last_key, key_step, limit: 0 },
        }
    }

    /// Creates a spec for a number of keys given by the argument at `index`; the keys follow it.
    #[must_use]
    pub const fn counted(index: u16, flags: &[KeyFlag]) -> Self {
        Self {
            notes: None,
            flags: KeyFlags::of(flags),
            begin_search: BeginSearch::Index(index),
            find_keys: FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        }
    }

    /// Creates a spec for keys whose positions cannot be determined.
    #[must_use]
    pub const fn unknown(flags: &[KeyFlag]) -> Self {
        Self {
            notes: None,
            flags: KeyFlags::of(flags),
            begin_search: BeginSearch::Unknown,
            find_keys: FindKeys::Unknown,
        }
    }

    /// Adds a remark.
    #[must_use]
    pub const fn notes(self, notes: &'static str) -> Self {
        Self { notes: Some(notes), ..self }
    }
}

/// The keys of a command as clients before Redis 7 see them; all zero if there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacyKeys {
    /// The position of the first key.
    pub first: i32,
    /// The position of the last key; negative numbers count from the end of the arguments.
    pub last: i32,
    /// The distance from one key to the next.
    pub step: i32,
    /// Set if there may be keys at other positions: the flag `movablekeys`.
    pub movable: bool,
}

/// A key among the arguments of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The position; the command's name is at position 0.
    pub position: usize,
    /// The command's use of the key.
    pub flags: KeyFlags,
}

/// The error for arguments that do not match the command's key specs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKeys;

impl Spec {
    /// Returns the legacy triple. A single range is used as is; several are joined if each begins
    /// where the previous one ends, with step 1.
    #[must_use]
    pub fn legacy_keys(&self) -> LegacyKeys {
        let range = |spec: &KeySpec| match (spec.begin_search, spec.find_keys) {
            (BeginSearch::Index(first), FindKeys::Range { last_key, key_step, .. }) => {
                let (first, last) = (i32::from(first), i32::from(last_key));
                Some((first, if last < 0 { last } else { first + last }, i32::from(key_step)))
            }
            _ => None,
        };
        let mut joined = LegacyKeys {
            movable: self.keys.iter().any(|spec| spec.flags.has(KeyFlag::Incomplete)),
            ..LegacyKeys::default()
        };
        for spec in self.keys {
            match range(spec) {
                Some((first, last, step)) if self.keys.len() == 1 => {
                    joined = LegacyKeys { first, last, step, ..joined }
                }
                Some((first, last, 1)) if joined.first == 0 || joined.last + 1 == first => {
                    joined = LegacyKeys {
                        first: if joined.first == 0 { first } else { joined.first },
                        last,
                        step: 1,
                        ..joined
                    };
                }
                _ => joined.movable = true,
            }
        }
        joined
    }

    /// Returns `true` if the legacy triple misses keys.
    #[must_use]
    pub fn has_movable_keys(&self) -> bool {
        self.legacy_keys().movable
    }

    /// Returns `true` if the command can have keys.
    #[must_use]
    pub fn takes_keys(&self) -> bool {
        self.keys.iter().any(|spec| !spec.flags.has(KeyFlag::NotKey))
    }

    /// Returns the keys among `count` arguments, including the command's name. `argument` returns
    /// the argument at a position. Shard channels are omitted.
    ///
    /// # Errors
    /// Fails if a key spec does not match the arguments of a command that requires keys: the
    /// request is a syntax error.
    pub fn keys_in<'a, 's, F>(
        &'s self,
        count: usize,
        argument: F,
    ) -> Result<impl Iterator<Item = Key> + use<'a, 's, F>, InvalidKeys>
    where
        F: Fn(usize) -> &'a [u8] + Copy + 's,
        'a: 's,
    {
        let may_be_absent = move |spec: &KeySpec| match self.special_keys {
            Some(SpecialKeys::GeoRadius) => spec.begin_search.position(count, argument).is_none(),
            Some(SpecialKeys::Sort | SpecialKeys::SortRo) => {
                spec.begin_search == BeginSearch::Unknown
            }
            _ => false,
        };
        let spans = move || {
            let is_key =
                move |spec: &&KeySpec| !spec.flags.has(KeyFlag::NotKey) && !may_be_absent(spec);
            let keys = self.keys.iter().filter(is_key);
            keys.map(move |spec| Some((spec.positions(count, argument)?, spec.flags)))
        };
        if spans().any(|span| span.is_none()) && !self.flags.has(Flag::NoMandatoryKeys) {
            return Err(InvalidKeys);
        }
        let special = self.special_keys.and_then(|rule| rule.flags(count, argument));
        let stored = self.special_keys.and_then(|rule| rule.stored(count, argument));
        let found = spans().flatten().flat_map(move |(positions, flags)| {
            positions.map(move |position| Key { position, flags: special.unwrap_or(flags) })
        });
        let stored = stored.map(|position| Key { position, flags: OVERWRITTEN });
        Ok(found.chain(stored))
    }

    /// Like [`keys_in`](Self::keys_in), for a request. All callers use this function, so the
    /// generic search is compiled once.
    pub(crate) fn keys_of<'a>(
        &'static self,
        args: Args<'a>,
    ) -> Result<impl Iterator<Item = Key> + use<'a>, InvalidKeys> {
        self.keys_in(args.len(), move |at| args.get(at).unwrap_or_default())
    }
}

impl KeySpec {
    /// Returns the positions of the spec's keys; `None` if the arguments do not match.
    fn positions<'a>(
        &self,
        count: usize,
        argument: impl Fn(usize) -> &'a [u8],
    ) -> Option<StepBy<RangeInclusive<usize>>> {
        if self.flags.has(KeyFlag::Incomplete) {
            return None;
        }
        let begin = self.begin_search.position(count, &argument)?;
        let (first, last, step) = match self.find_keys {
            FindKeys::Unknown => return None,
            FindKeys::Range { last_key, key_step, limit } => {
                let from_end = usize::from(last_key.unsigned_abs());
                let last = match (last_key, limit) {
                    (0.., _) => begin + from_end,
                    (_, 0) => count.checked_sub(from_end)?,
                    (_, limit) => (begin + count.checked_sub(begin)? / usize::from(limit))
                        .checked_sub(from_end)?,
                };
                (begin, last, key_step)
            }
            FindKeys::KeyNum { key_num_index, first_key, key_step } => {
                let at = begin + usize::from(key_num_index);
                let keys = (at < count).then(|| decimal(argument(at)))??;
                let first = begin + usize::from(first_key);
                let reach = keys.checked_sub(1)?.checked_mul(usize::from(key_step))?;
                (first, first.checked_add(reach)?, key_step)
            }
        };
        (first <= last && last < count).then(|| (first..=last).step_by(usize::from(step)))
    }
}

impl BeginSearch {
    fn position<'a>(self, count: usize, argument: impl Fn(usize) -> &'a [u8]) -> Option<usize> {
        let is = |keyword: &'static str| {
            let argument = &argument;
            move |&at: &usize| argument(at).eq_ignore_ascii_case(keyword.as_bytes())
        };
        let from = |start: i16| usize::from(start.unsigned_abs());
        match self {
            Self::Unknown => None,
            Self::Index(position) => Some(usize::from(position)),
            Self::Keyword { keyword, start_from } => {
                // The last argument cannot be the keyword, since a key must follow.
                let at = if start_from > 0 {
                    (from(start_from)..count.saturating_sub(1)).find(is(keyword))
                } else {
                    (2..=count.checked_sub(from(start_from))?).rev().find(is(keyword))
                };
                Some(at? + 1)
            }
        }
    }
}

/// The flags of the destination of a result.
const OVERWRITTEN: KeyFlags = KeyFlags::of(&[KeyFlag::Ow, KeyFlag::Update]);

impl SpecialKeys {
    /// Returns the flags that the arguments determine, for commands whose specs cannot express
    /// them.
    fn flags<'a>(self, count: usize, argument: impl Fn(usize) -> &'a [u8]) -> Option<KeyFlags> {
        const EDITED: KeyFlags = KeyFlags::of(&[KeyFlag::Rw, KeyFlag::Access, KeyFlag::Update]);
        let is = |at, word: &str| argument(at).eq_ignore_ascii_case(word.as_bytes());
        match self {
            Self::Bitfield => {
                let mut at = 2;
                while at < count {
                    at += match count - at {
                        3.. if is(at, "get") => 3,
                        2.. if is(at, "overflow") => 2,
                        _ => return Some(EDITED),
                    }
                }
                Some(KeyFlags::of(&[KeyFlag::Ro, KeyFlag::Access]))
            }
            Self::Set if (3..count).any(|at| is(at, "get")) => Some(EDITED),
            Self::Set => Some(OVERWRITTEN),
            Self::GeoRadius | Self::Sort | Self::SortRo => None,
        }
    }

    /// Returns the position of a key that no spec finds.
    fn stored<'a>(self, count: usize, argument: impl Fn(usize) -> &'a [u8]) -> Option<usize> {
        if self != Self::Sort {
            return None;
        }
        let is = |at, word: &str| argument(at).eq_ignore_ascii_case(word.as_bytes());
        let (mut at, mut stored) = (2, None);
        while at < count {
            at += match at {
                _ if is(at, "limit") => 3,
                _ if is(at, "get") || is(at, "by") => 2,
                _ if is(at, "store") && at + 1 < count => {
                    stored = Some(at + 1);
                    2
                }
                _ => 1,
            }
        }
        stored
    }
}

/// Parses a number of keys as Redis formats numbers: no sign, no leading zeros.
fn decimal(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] => core::str::from_utf8(bytes).ok()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::*;
    use crate::command::specs::GROUPS;

    const RO: KeyFlags = KeyFlags::of(&[KeyFlag::Ro]);

    fn spec(name: &str) -> &'static Spec {
        let mut all =
            GROUPS.iter().copied().flatten().flat_map(|s| core::iter::once(s).chain(s.subcommands));
        all.find(|spec| spec.name == name).unwrap()
    }

    fn legacy(spec: &Spec) -> (i32, i32, i32, bool) {
        let LegacyKeys { first, last, step, movable } = spec.legacy_keys();
        (first, last, step, movable)
    }

    fn positions(spec: &Spec, line: &str) -> Option<Vec<usize>> {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let keys = spec.keys_in(words.len(), |at| words[at]).ok()?;
        Some(keys.map(|key| key.position).collect())
    }

    const fn with(keys: &'static [KeySpec]) -> Spec {
        Spec { keys, ..Spec::DEFAULT }
    }

    const fn key_spec(begin_search: BeginSearch, find_keys: FindKeys) -> KeySpec {
        KeySpec { notes: None, flags: RO, begin_search, find_keys }
    }

    const COUNTED: FindKeys = FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 };
    /// As in `EVAL script numkeys key ...`.
    const EVAL: Spec = with(&[key_spec(BeginSearch::Index(2), COUNTED)]);
    /// As in `XREAD ... STREAMS key ... id ...`.
    const XREAD: Spec = with(&[key_spec(
        BeginSearch::Keyword { keyword: "STREAMS", start_from: 1 },
        FindKeys::Range { last_key: -1, key_step: 1, limit: 2 },
    )]);

    #[test]
    fn the_legacy_triple_joins_adjacent_ranges() {
        assert_eq!(legacy(spec("ping")), (0, 0, 0, false));
        assert_eq!(legacy(spec("get")), (1, 1, 1, false));
        assert_eq!(legacy(spec("mset")), (1, -1, 2, false));
        assert_eq!(legacy(spec("rename")), (1, 2, 1, false));
        assert_eq!(legacy(spec("memory|usage")), (2, 2, 1, false));
        let apart =
            with(const { &[KeySpec::first(&[KeyFlag::Rw]), KeySpec::at(3, &[KeyFlag::Ro])] });
        assert_eq!(legacy(&apart), (1, 1, 1, true));
    }

    #[test]
    fn keys_outside_a_plain_range_are_movable() {
        assert_eq!(legacy(&EVAL), (0, 0, 0, true));
        assert_eq!(legacy(&XREAD), (0, 0, 0, true));
        let store = with(
            const { &[KeySpec::first(&[KeyFlag::Ow]), key_spec(BeginSearch::Index(2), COUNTED)] },
        );
        assert_eq!(legacy(&store), (1, 1, 1, true));
        let incomplete = with(const { &[KeySpec::first(&[KeyFlag::Ro, KeyFlag::Incomplete])] });
        assert_eq!(legacy(&incomplete), (1, 1, 1, true));
    }

    #[test]
    fn ranges_find_their_keys() {
        assert_eq!(positions(spec("get"), "get a"), Some(vec![1]));
        assert_eq!(positions(spec("mset"), "mset a 1 b 2"), Some(vec![1, 3]));
        assert_eq!(positions(spec("del"), "del a b c"), Some(vec![1, 2, 3]));
        assert_eq!(positions(spec("copy"), "copy a b db 1"), Some(vec![1, 2]));
        assert_eq!(positions(spec("ping"), "ping"), Some(vec![]));
        assert_eq!(positions(spec("del"), "del"), None);
    }

    #[test]
    fn a_key_count_must_match_the_arguments() {
        assert_eq!(positions(&EVAL, "eval s 2 a b c"), Some(vec![3, 4]));
        for line in [
            "eval s 0 a",
            "eval s 3 a b",
            "eval s -1 a",
            "eval s +1 a",
            "eval s",
            "eval s 99999999999999999999 a",
        ] {
            assert_eq!(positions(&EVAL, line), None, "{line}");
        }
        let optional = Spec { flags: EVAL.flags.with(Flag::NoMandatoryKeys), ..EVAL };
        assert_eq!(positions(&optional, "eval s 0 a"), Some(vec![]));
    }

    #[test]
    fn keywords_ignore_case_and_are_searched_in_either_direction() {
        assert_eq!(positions(&XREAD, "xread count 2 streams a b 1 2"), Some(vec![4, 5]));
        assert_eq!(positions(&XREAD, "xread STREAMS a 1"), Some(vec![2]));
        assert_eq!(positions(&XREAD, "xread count 2"), None);
        assert_eq!(positions(&XREAD, "xread count streams"), None);
        let all = FindKeys::Range { last_key: -1, key_step: 1, limit: 0 };
        let keys = [key_spec(BeginSearch::Keyword { keyword: "KEYS", start_from: -2 }, all)];
        let from_end = with(Vec::leak(keys.to_vec()));
        assert_eq!(positions(&from_end, "migrate h keys 0 1 keys a b"), Some(vec![6, 7]));
        assert_eq!(positions(&from_end, "migrate h p"), None);
    }

    #[test]
    fn set_reads_the_old_value_only_with_get() {
        let flags = |words: &[&str]| {
            let keys = spec("set").keys_in(words.len(), |at| words[at].as_bytes()).unwrap();
            keys.flat_map(|key| key.flags.iter()).collect::<Vec<_>>()
        };
        assert_eq!(flags(&["set", "a", "get"]), vec![KeyFlag::Ow, KeyFlag::Update]);
        assert_eq!(
            flags(&["set", "a", "1", "Get"]),
            vec![KeyFlag::Rw, KeyFlag::Access, KeyFlag::Update]
        );
    }

    #[test]
    fn shard_channels_are_not_keys() {
        let channels = with(const { &[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])] });
        assert!(!channels.takes_keys());
        assert_eq!(positions(&channels, "ssubscribe a b"), Some(vec![]));
    }
}
