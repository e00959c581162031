//! Sorted sets: members with scores, ordered by score.
//!
//! A small sorted set is a listpack of members, each followed by its score. A large one is a
//! dictionary of members and a tree of the same members by score ([`ranked_tree`]). Members with
//! equal scores are ordered by their bytes.
//!
//! Every query about the order uses ranks. [`partition_point`](SortedSetRef::partition_point)
//! converts a bound into the number of members before it; [`range`](SortedSetRef::range) reads and
//! [`remove_range`](SortedSet::remove_range) removes the members between two ranks.
//!
//! ```
//! use core::ops::Bound;
//! use redstart_core::random::Seed;
//! use redstart_core::value::Collection;
//! use redstart_core::value::sorted_set::{SortedSetLimits, SortedSet};
//! let limits = SortedSetLimits { listpack_entries: 128, listpack_value_bytes: 64, seed: Seed(1) };
//! let mut scores = SortedSet::default();
//! scores.insert(b"ann", 3.0, &limits);
//! scores.insert(b"bob", 1.5, &limits);
//! assert_eq!(scores.view().rank(b"ann"), Some((1, 3.0)));
//! let up_to_two = scores.view().ranks_by_score(Bound::Unbounded, Bound::Included(2.0));
//! assert_eq!(scores.view().range(up_to_two).len(), 1);
//! ```

mod gathering;
mod large;
mod packed;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::{Bound, Range};

use super::listpack::{Entry, Listpack, ListpackRef};
use super::{Collection, Object, Packing, Type, Value, ranked_tree};
use crate::memory::allocated;
use crate::random::{Random, Seed};
pub use gathering::Gathering;
pub use large::Large;
use packed::Pairs;

/// Members ordered by score.
#[derive(Clone, Debug)]
pub enum SortedSet {
    /// A small sorted set.
    Listpack(Listpack),
    /// A large sorted set.
    Large(Box<Large>),
}

/// A read-only sorted set.
#[derive(Clone, Copy, Debug)]
pub enum SortedSetRef<'a> {
    /// A small sorted set.
    Listpack(ListpackRef<'a>),
    /// A large sorted set.
    Large(&'a Large),
}

/// The limits of small sorted sets, and the seed of large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortedSetLimits {
    /// The greatest number of members (`zset-max-listpack-entries`).
    pub listpack_entries: usize,
    /// The greatest length of a member in bytes (`zset-max-listpack-value`).
    pub listpack_value_bytes: usize,
    /// The seed of the dictionary's hashes, which determines the order of its members.
    pub seed: Seed,
}

/// The effect of an update on a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// The member is new.
    Added,
    /// The member has another score.
    Rescored,
    /// Nothing has changed.
    Unchanged,
}

impl SortedSet {
    /// Sets the score of a member, adding it if necessary.
    pub fn insert(&mut self, member: &[u8], score: f64, limits: &SortedSetLimits) -> Update {
        self.update(member, limits, |_| Some(score))
    }

    /// Sets the score of a member to the result of `score`, which is given the current score.
    /// Changes nothing if the result is `None`.
    pub fn update(
        &mut self,
        member: &[u8],
        limits: &SortedSetLimits,
        score: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> Update {
        match self {
            Self::Large(large) => large.update(member, score),
            Self::Listpack(list) => {
                let found = packed::find(list.as_ref(), member);
                let old = found.map(|(_, score)| score);
                let Some(new) = score(old).filter(|new| old != Some(*new)) else {
                    return Update::Unchanged;
                };
                if let Some((at, _)) = found {
                    list.remove(at, 2);
                    packed::insert(list, member, new);
                    return Update::Rescored;
                }
                let len = list.as_ref().len() / 2 + 1;
                if limits.allow_listpack(len, member.len())
                    && list.is_safe_to_add(member.len() + packed::MAX_OVERHEAD)
                {
                    packed::insert(list, member, new);
                } else {
                    self.grow(limits.seed).update(member, |_| Some(new));
                }
                Update::Added
            }
        }
    }

    /// Removes a member and returns its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Large(large) => large.remove(member),
            Self::Listpack(list) => {
                let (at, score) = packed::find(list.as_ref(), member)?;
                list.remove(at, 2);
                Some(score)
            }
        }
    }

    /// Removes the members in a range of ranks.
    ///
    /// # Panics
    ///
    /// If the range is not within the set.
    pub fn remove_range(&mut self, ranks: Range<usize>) {
        match self {
            Self::Large(large) => large.remove_range(ranks),
            Self::Listpack(list) => packed::remove_range(list, ranks),
        }
    }

    /// Makes a small set large. It never becomes small again.
    pub fn grow(&mut self, seed: Seed) -> &mut Large {
        if let Self::Listpack(list) = self {
            let mut large = Large::new(seed);
            for (score, member) in packed::pairs(list.as_ref()) {
                large.update(member.text(&mut itoa::Buffer::new()), |_| Some(score));
            }
            *self = Self::Large(Box::new(large));
        }
        match self {
            Self::Large(large) => large,
            Self::Listpack(_) => unreachable!("the set has just grown"),
        }
    }

    /// Returns the size in bytes of what the set points to.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Listpack(list) => allocated(list.capacity()),
            Self::Large(large) => large.memory_bytes(),
        }
    }

    /// Frees about `budget` members of a set that is no longer needed, and returns their number. If
    /// that is less than `budget`, the rest can be dropped quickly.
    pub fn free_some(&mut self, budget: usize) -> usize {
        match self {
            Self::Listpack(_) => 0,
            Self::Large(large) => large.free_some(budget),
        }
    }
}

impl Default for SortedSet {
    fn default() -> Self {
        Self::Listpack(Listpack::new())
    }
}

impl Collection for SortedSet {
    const TYPE: Type = Type::SortedSet;
    type Ref<'a> = SortedSetRef<'a>;

    #[inline]
    fn view_packed(_: Packing, bytes: &[u8]) -> SortedSetRef<'_> {
        SortedSetRef::Listpack(ListpackRef::new(bytes))
    }

    #[inline]
    fn view(&self) -> SortedSetRef<'_> {
        match self {
            Self::Listpack(list) => SortedSetRef::Listpack(list.as_ref()),
            Self::Large(large) => SortedSetRef::Large(large),
        }
    }

    fn unpack(_: Packing, bytes: Vec<u8>) -> Self {
        Self::Listpack(Listpack::from_bytes(bytes))
    }

    fn packed(&self) -> Option<(Packing, &[u8])> {
        match self {
            Self::Listpack(list) => Some((Packing::SortedSetListpack, list.as_ref().bytes())),
            Self::Large(_) => None,
        }
    }

    fn into_value(self) -> Value<'static> {
        match self {
            Self::Listpack(list) => {
                Value::Packed(Packing::SortedSetListpack, list.into_bytes().into())
            }
            large => Value::Object(Box::new(Object::SortedSet(large))),
        }
    }

    fn from_object(object: &Object) -> Option<&Self> {
        match object {
            Object::SortedSet(set) => Some(set),
            _ => None,
        }
    }

    fn from_object_mut(object: &mut Object) -> Option<&mut Self> {
        match object {
            Object::SortedSet(set) => Some(set),
            _ => None,
        }
    }

    fn is_drained(&self) -> bool {
        self.view().is_empty()
    }
}

impl SortedSetLimits {
    /// Returns `true` if a set of `len` members, of which the longest has `longest` bytes, may be a
    /// listpack.
    #[must_use]
    pub const fn allow_listpack(&self, len: usize, longest: usize) -> bool {
        len <= self.listpack_entries && longest <= self.listpack_value_bytes
    }
}

impl<'a> SortedSetRef<'a> {
    /// A sorted set without members.
    pub const EMPTY: SortedSetRef<'static> = SortedSetRef::Listpack(ListpackRef::EMPTY);

    /// Returns the number of members.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Listpack(list) => list.len() / 2,
            Self::Large(large) => large.len(),
        }
    }

    /// Returns `true` if there are no members.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the score of a member.
    #[inline]
    #[must_use]
    pub fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Listpack(list) => packed::find(list, member).map(|(_, score)| score),
            Self::Large(large) => large.score(member),
        }
    }

    /// Returns the number of members before a member, and its score.
    #[must_use]
    pub fn rank(self, member: &[u8]) -> Option<(usize, f64)> {
        match self {
            Self::Listpack(list) => packed::rank(list, member),
            Self::Large(large) => large.rank(member),
        }
    }

    /// Returns the number of members before a bound: those with a lower score, and those with this
    /// score for which `is_before` returns `true`. The members with this score must be partitioned
    /// by `is_before`.
    #[inline]
    pub fn partition_point(self, score: f64, is_before: impl Fn(&[u8]) -> bool) -> usize {
        match self {
            Self::Listpack(list) => packed::partition_point(list, score, is_before),
            Self::Large(large) => {
                large.order().partition_point(score, |member| is_before(member.bytes()))
            }
        }
    }

    /// Returns the number of members before the first for which `is_before` returns `false`,
    /// whatever their scores.
    #[inline]
    fn partition_point_by_member(self, is_before: impl Fn(&[u8]) -> bool) -> usize {
        match self {
            Self::Listpack(list) => packed::partition_point_by_member(list, is_before),
            Self::Large(large) => {
                large.order().partition_point_by_member(|member| is_before(member.bytes()))
            }
        }
    }

    /// Returns the ranks of the members with a score in a range.
    #[must_use]
    pub fn ranks_by_score(self, min: Bound<f64>, max: Bound<f64>) -> Range<usize> {
        let start = match min {
            Bound::Unbounded => 0,
            Bound::Included(min) => self.partition_point(min, |_| false),
            Bound::Excluded(min) => self.partition_point(min, |_| true),
        };
        let end = match max {
            Bound::Unbounded => self.len(),
            Bound::Included(max) => self.partition_point(max, |_| true),
            Bound::Excluded(max) => self.partition_point(max, |_| false),
        };
        start..end.max(start)
    }

    /// Returns the ranks of the members whose bytes are in a range. All scores must be the same;
    /// otherwise the result is an arbitrary range of ranks.
    #[must_use]
    pub fn ranks_by_lex(self, min: Bound<&[u8]>, max: Bound<&[u8]>) -> Range<usize> {
        let start = match min {
            Bound::Unbounded => 0,
            Bound::Included(min) => self.partition_point_by_member(|member| member < min),
            Bound::Excluded(min) => self.partition_point_by_member(|member| member <= min),
        };
        let end = match max {
            Bound::Unbounded => self.len(),
            Bound::Included(max) => self.partition_point_by_member(|member| member <= max),
            Bound::Excluded(max) => self.partition_point_by_member(|member| member < max),
        };
        start..end.max(start)
    }

    /// Returns the members in a range of ranks with their scores, in ascending order.
    ///
    /// # Panics
    ///
    /// If the range is not within the set.
    #[must_use]
    pub fn range(self, ranks: Range<usize>) -> Iter<'a> {
        match self {
            Self::Listpack(list) => Iter::Listpack(packed::range(list, ranks)),
            Self::Large(large) => Iter::Large(large.order().range(ranks)),
        }
    }

    /// Returns all members with their scores, in ascending order.
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        match self {
            Self::Listpack(list) => Iter::Listpack(packed::pairs(list)),
            Self::Large(large) => Iter::Large(large.order().range(0..large.len())),
        }
    }

    /// Returns the member at a rank, with its score.
    #[must_use]
    pub fn at(self, rank: usize) -> Option<(f64, Entry<'a>)> {
        (rank < self.len()).then(|| self.range(rank..rank + 1).next()).flatten()
    }

    /// Returns a random member; all are equally likely.
    #[must_use]
    pub fn random(self, random: &mut Random) -> Option<(f64, Entry<'a>)> {
        self.at(random.below(self.len()))
    }

    /// Visits some of the members, as `ZSCAN` does: all of a small set, about a hundred of a large
    /// one. Returns the next cursor: zero after the last member.
    pub fn scan(self, cursor: u64, visit: &mut dyn FnMut(f64, Entry<'_>)) -> u64 {
        match self {
            Self::Listpack(list) => {
                packed::pairs(list).for_each(|(score, member)| visit(score, member));
                0
            }
            Self::Large(large) => large.scan(cursor, visit),
        }
    }

    /// Returns the name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Listpack(_) => "listpack",
            Self::Large(_) => "skiplist",
        }
    }
}

/// A double-ended iterator over members with their scores.
#[derive(Clone)]
pub enum Iter<'a> {
    /// The members of a listpack.
    Listpack(Pairs<'a>),
    /// The members of a tree.
    Large(ranked_tree::Iter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (f64, Entry<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Listpack(pairs) => pairs.next(),
            Self::Large(range) => {
                range.next().map(|(score, member)| (score, Entry::Bytes(member.bytes())))
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Listpack(pairs) => pairs.size_hint(),
            Self::Large(range) => range.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Listpack(pairs) => pairs.next_back(),
            Self::Large(range) => {
                range.next_back().map(|(score, member)| (score, Entry::Bytes(member.bytes())))
            }
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl FusedIterator for Iter<'_> {}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;

    const LIMITS: SortedSetLimits =
        SortedSetLimits { listpack_entries: 3, listpack_value_bytes: 8, seed: Seed(1) };

    fn members(set: SortedSetRef<'_>) -> Vec<(f64, Vec<u8>)> {
        set.iter().map(|(score, member)| (score, member.to_vec())).collect()
    }

    fn named(name: &str) -> bool {
        let mut set = SortedSet::default();
        for member in [b"a", b"b", b"c"] {
            set.insert(member, 1.0, &LIMITS);
        }
        set.insert(name.as_bytes(), 2.0, &LIMITS);
        set.view().encoding_name() == "listpack"
    }

    #[test]
    fn a_sorted_set_is_small_up_to_its_limits() {
        assert!(named("a"), "the number of members has not changed");
        assert!(!named("d"), "there is one more member");
        let mut set = SortedSet::default();
        set.insert(b"12345678", 1.0, &LIMITS);
        assert_eq!(set.view().encoding_name(), "listpack");
        set.insert(b"123456789", 1.0, &LIMITS);
        assert_eq!(set.view().encoding_name(), "skiplist");
        set.remove(b"123456789");
        assert_eq!(
            set.view().encoding_name(),
            "skiplist",
            "a large set does not become small again"
        );
        assert_eq!(members(set.view()), vec![(1.0, b"12345678".to_vec())]);
    }

    #[test]
    fn scores_in_a_listpack_read_back_unchanged() {
        let scores = [
            0.0,
            1.0,
            -1.0,
            0.1,
            1.5e300,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            4.6e18,
            -4.7e18,
            9_007_199_254_740_993.0,
        ];
        for score in scores {
            let mut set = SortedSet::default();
            set.insert(b"m", score, &LIMITS);
            assert_eq!(set.view().score(b"m"), Some(score));
        }
    }

    #[test]
    fn changing_a_score_does_not_change_it_in_a_copy() {
        let mut set = SortedSet::default();
        set.grow(Seed(1));
        set.insert(b"a", 1.0, &LIMITS);
        let copy = set.clone();
        set.insert(b"a", 2.0, &LIMITS);
        assert_eq!((copy.view().score(b"a"), set.view().score(b"a")), (Some(1.0), Some(2.0)));
        assert_eq!(copy.view().rank(b"a"), Some((0, 1.0)));
    }

    #[test]
    fn a_large_sorted_set_is_freed_in_slices() {
        let mut set = SortedSet::default();
        for at in 0..10_000 {
            set.insert(format!("member:{at}").as_bytes(), f64::from(at), &LIMITS);
        }
        assert!(set.memory_bytes() > 10_000 * 40);
        let mut freed = vec![set.free_some(500)];
        while freed[freed.len() - 1] >= 500 {
            freed.push(set.free_some(500));
        }
        // Each member is freed once from the tree and once from the dictionary.
        assert!((39..60).contains(&freed.len()), "{freed:?}");
        assert!(freed.iter().all(|slice| *slice < 700), "{freed:?}");
    }

    #[test]
    fn a_scan_visits_every_member() {
        for len in [0, 3, 5_000] {
            let mut set = SortedSet::default();
            for at in 0..len {
                set.insert(format!("{at}").as_bytes(), f64::from(at), &LIMITS);
            }
            let (mut seen, mut cursor) = (Vec::new(), 0);
            loop {
                cursor = set.view().scan(cursor, &mut |score, member| {
                    assert_eq!(member.to_i64().map(|at| at as f64), Some(score));
                    seen.push(member.to_vec());
                });
                if cursor == 0 {
                    break;
                }
            }
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), len as usize);
        }
    }
}
