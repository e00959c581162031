//! Where the keys of a command are, and what it does to them.
//!
//! A key spec is two steps: where to begin ([`BeginSearch`]: at an index, or after a keyword), and how to go on from there
//! ([`FindKeys`]: a range, or as many as a number says). Most commands have one, which begins at 1 and finds one key. Clients from
//! before Redis 7 know only a triple first, last, step, so that is derived, with the flag `movablekeys` where it misses keys.

use core::iter::StepBy;
use core::ops::RangeInclusive;

use super::bit_set::bit_set;
use super::spec::{Flag, Spec};
use crate::resp::args::Args;

/// A rule that finds some of a command's keys.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// A remark for people.
    pub notes: Option<&'static str>,
    /// What is done to these keys.
    pub flags: KeyFlags,
    /// Where to begin.
    pub begin_search: BeginSearch,
    /// How to go on from there.
    pub find_keys: FindKeys,
}

/// Where the search for keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// It cannot be said.
    Unknown,
    /// At this position; the command's name is at 0.
    Index(u16),
    /// After `keyword`, which is looked for from `start_from` on; a negative number counts from the end and looks backwards.
    Keyword {
        /// The word, upper case.
        keyword: &'static str,
        /// Where to start looking.
        start_from: i16,
    },
}

/// How keys are found from where the search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// It cannot be said.
    Unknown,
    /// From the beginning to `last_key`.
    Range {
        /// The last key, relative to the first; negative counts from the end of the arguments (-1 is the last).
        last_key: i16,
        /// The distance from one key to the next.
        key_step: u16,
        /// With `last_key` -1: only the first half (2), third (3), ... of what is left; 0 and 1 mean all.
        limit: u16,
    },
    /// An argument holds the number of keys. All positions are relative to the beginning.
    KeyNum {
        /// Where that number is.
        key_num_index: u16,
        /// Where the first key is.
        first_key: u16,
        /// The distance from one key to the next.
        key_step: u16,
    },
}

bit_set! {
    /// What a command does to a key, and how far that can be trusted.
    KeyFlags of
    /// One thing a command does to a key: `RO` to `RM` to the whole, `access` to `delete` to the value in it.
    KeyFlag {
        /// Reads the key.
        Ro = "RO",
        /// Reads and changes the key.
        Rw = "RW",
        /// Overwrites the key, whatever it held.
        Ow = "OW",
        /// Removes the key.
        Rm = "RM",
        /// Returns, copies or otherwise uses data of the value.
        Access = "access",
        /// Changes data of the value.
        Update = "update",
        /// Adds data to the value, and changes none that is there.
        Insert = "insert",
        /// Removes data from the value, or the value.
        Delete = "delete",
        /// Is not a key, but is routed like one (a shard channel).
        NotKey = "not_key",
        /// There may be keys that the spec does not find.
        Incomplete = "incomplete",
        /// Other arguments decide which of the flags hold.
        VariableFlags = "variable_flags",
    }
}

/// A rule for the keys of a command whose key specs do not tell all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialKeys {
    /// `BITFIELD`: only reads if all it has is `GET` and `OVERFLOW`.
    Bitfield,
    /// `GEORADIUS`: there is a key after `STORE` and after `STOREDIST`, if these are there.
    GeoRadius,
    /// `SET`: reads the old value only with the option `GET`.
    Set,
    /// `SORT`: what it reads by patterns cannot be told; what it stores is the key of the last option `STORE`.
    Sort,
    /// `SORT_RO`: what it reads by patterns cannot be told.
    SortRo,
}

impl KeySpec {
    /// The one key that is the first argument.
    #[must_use]
    pub const fn first(flags: &[KeyFlag]) -> Self {
        Self::range(1, 0, 1, flags)
    }

    /// The one key at `index`.
    #[must_use]
    pub const fn at(index: u16, flags: &[KeyFlag]) -> Self {
        Self::range(index, 0, 1, flags)
    }

    /// The keys from `first` to `last_key` ([relative](FindKeys::Range)), one each `key_step` arguments.
    #[must_use]
    pub const fn range(first: u16, last_key: i16, key_step: u16, flags: &[KeyFlag]) -> Self {
        Self {
            notes: None,
            flags: KeyFlags::of(flags),
            begin_search: BeginSearch::Index(first),
            find_keys: FindKeys::Range { last_key, key_step, limit: 0 },
        }
    }

    /// As many keys as the argument at `index` says, right behind it.
    #[must_use]
    pub const fn counted(index: u16, flags: &[KeyFlag]) -> Self {
        Self {
            notes: None,
            flags: KeyFlags::of(flags),
            begin_search: BeginSearch::Index(index),
            find_keys: FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        }
    }

    /// Keys whose places cannot be told.
    #[must_use]
    pub const fn unknown(flags: &[KeyFlag]) -> Self {
        Self {
            notes: None,
            flags: KeyFlags::of(flags),
            begin_search: BeginSearch::Unknown,
            find_keys: FindKeys::Unknown,
        }
    }

    /// The same, with a remark.
    #[must_use]
    pub const fn notes(self, notes: &'static str) -> Self {
        Self { notes: Some(notes), ..self }
    }
}

/// The keys of a command as clients before Redis 7 see them; all zero when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacyKeys {
    /// The position of the first key.
    pub first: i32,
    /// The position of the last key; a negative one counts from the end of the arguments.
    pub last: i32,
    /// The distance from one key to the next.
    pub step: i32,
    /// Whether there may be keys at other positions: the flag `movablekeys`.
    pub movable: bool,
}

/// A key among the arguments of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its position; the command's name is at 0.
    pub position: usize,
    /// What the command does to it.
    pub flags: KeyFlags,
}

/// The arguments are not what the command's key specs expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKeys;

impl Spec {
    /// The legacy triple. One range is taken as it is; several are joined if each begins where the one before ends, and has step 1.
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

    /// Whether the legacy triple misses keys.
    #[must_use]
    pub fn has_movable_keys(&self) -> bool {
        self.legacy_keys().movable
    }

    /// Whether the command can have keys at all.
    #[must_use]
    pub fn takes_keys(&self) -> bool {
        self.keys.iter().any(|spec| !spec.flags.has(KeyFlag::NotKey))
    }

    /// The keys among `count` arguments, the command's name included, of which `argument` gives each. Shard channels are left out.
    ///
    /// # Errors
    /// When a key spec does not fit the arguments of a command that must have keys: they are a syntax error.
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

    /// The same of a request. All who ask come through here: the search is there once.
    pub(crate) fn keys_of<'a>(
        &'static self,
        args: Args<'a>,
    ) -> Result<impl Iterator<Item = Key> + use<'a>, InvalidKeys> {
        self.keys_in(args.len(), move |at| args.get(at).unwrap_or_default())
    }
}

impl KeySpec {
    /// The positions of its keys; `None` if the arguments do not fit.
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
                // The last argument cannot be the keyword, since a key is to follow.
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

/// What is done to a key that a result is stored in.
const OVERWRITTEN: KeyFlags = KeyFlags::of(&[KeyFlag::Ow, KeyFlag::Update]);

impl SpecialKeys {
    /// What the command does to its keys, given its arguments, where their specs do not say it.
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

    /// The position of a key that no spec finds.
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

/// A number of keys, written as Redis writes numbers: no sign, no leading zero.
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
    fn the_legacy_triple_joins_what_is_adjacent() {
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
    fn what_is_no_plain_range_is_movable() {
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
    fn a_count_is_believed_only_if_the_arguments_bear_it_out() {
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
    fn a_keyword_is_looked_for_in_any_case_and_both_ways() {
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
    fn shard_channels_are_no_keys() {
        let channels = with(const { &[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])] });
        assert!(!channels.takes_keys());
        assert_eq!(positions(&channels, "ssubscribe a b"), Some(vec![]));
    }
}
