//! Where the keys of a command are, and what it does to them.
//!
//! A key spec is two steps: where to begin ([`BeginSearch`]: at an index, or after a keyword), and how to go on from there
//! ([`FindKeys`]: a range, or as many as a number says). Most commands have one, which begins at 1 and finds one key. Clients from
//! before Redis 7 know only a triple first, last, step, so that is derived, with the flag `movablekeys` where it misses keys.

use core::iter::StepBy;
use core::ops::RangeInclusive;

use super::bit_set::bit_set;
use super::spec::{Flag, Spec};

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
    /// `SET`: reads the old value only with the option `GET`.
    Set,
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
            find_keys: FindKeys::Range {
                last_key,
                key_step,
                limit: 0,
            },
        }
    }

    /// The same, with a remark.
    #[must_use]
    pub const fn notes(self, notes: &'static str) -> Self {
        Self {
            notes: Some(notes),
            ..self
        }
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
            (
                BeginSearch::Index(first),
                FindKeys::Range {
                    last_key, key_step, ..
                },
            ) => {
                let (first, last) = (i32::from(first), i32::from(last_key));
                Some((
                    first,
                    if last < 0 { last } else { first + last },
                    i32::from(key_step),
                ))
            }
            _ => None,
        };
        let mut joined = LegacyKeys {
            movable: self
                .keys
                .iter()
                .any(|spec| spec.flags.has(KeyFlag::Incomplete)),
            ..LegacyKeys::default()
        };
        for spec in self.keys {
            match range(spec) {
                Some((first, last, step)) if self.keys.len() == 1 => {
                    joined = LegacyKeys {
                        first,
                        last,
                        step,
                        ..joined
                    }
                }
                Some((first, last, 1)) if joined.first == 0 || joined.last + 1 == first => {
                    joined = LegacyKeys {
                        first: if joined.first == 0 {
                            first
                        } else {
                            joined.first
                        },
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
        self.keys
            .iter()
            .any(|spec| !spec.flags.has(KeyFlag::NotKey))
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
        let spans = move || {
            let keys = self
                .keys
                .iter()
                .filter(|spec| !spec.flags.has(KeyFlag::NotKey));
            keys.map(move |spec| Some((spec.positions(count, argument)?, spec.flags)))
        };
        if spans().any(|span| span.is_none()) && !self.flags.has(Flag::NoMandatoryKeys) {
            return Err(InvalidKeys);
        }
        let special = self.special_keys.map(|rule| rule.flags(count, argument));
        Ok(spans().flatten().flat_map(move |(positions, flags)| {
            positions.map(move |position| Key {
                position,
                flags: special.unwrap_or(flags),
            })
        }))
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
            FindKeys::Range {
                last_key,
                key_step,
                limit,
            } => {
                let from_end = usize::from(last_key.unsigned_abs());
                let last = match (last_key, limit) {
                    (0.., _) => begin + from_end,
                    (_, 0) => count.checked_sub(from_end)?,
                    (_, limit) => (begin + count.checked_sub(begin)? / usize::from(limit))
                        .checked_sub(from_end)?,
                };
                (begin, last, key_step)
            }
            FindKeys::KeyNum {
                key_num_index,
                first_key,
                key_step,
            } => {
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
        let found =
            |&at: &usize, keyword: &str| argument(at).eq_ignore_ascii_case(keyword.as_bytes());
        match self {
            Self::Unknown => None,
            Self::Index(position) => Some(usize::from(position)),
            // The last argument cannot be the keyword, since a key is to follow.
            Self::Keyword {
                keyword,
                start_from: start @ 1..,
            } => (usize::from(start.unsigned_abs())..count.saturating_sub(1))
                .find(|at| found(at, keyword)),
            Self::Keyword {
                keyword,
                start_from,
            } => {
                let start = count.checked_sub(usize::from(start_from.unsigned_abs()))?;
                (2..=start).rev().find(|at| found(at, keyword))
            }
        }
        .map(|at| {
            if matches!(self, Self::Keyword { .. }) {
                at + 1
            } else {
                at
            }
        })
    }
}

impl SpecialKeys {
    /// What the command does to its keys, given its arguments.
    fn flags<'a>(self, count: usize, argument: impl Fn(usize) -> &'a [u8]) -> KeyFlags {
        match self {
            Self::Set if (3..count).any(|at| argument(at).eq_ignore_ascii_case(b"get")) => {
                KeyFlags::of(&[KeyFlag::Rw, KeyFlag::Access, KeyFlag::Update])
            }
            Self::Set => KeyFlags::of(&[KeyFlag::Ow, KeyFlag::Update]),
        }
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
