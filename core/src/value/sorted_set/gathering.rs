//! Collecting members for a sorted set: unions and intersections collect them first and sort them
//! once.

use crate::sort;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::super::listpack::Listpack;
use super::super::ranked_tree::Member;
use super::{Large, SortedSet, SortedSetLimits, packed};
use crate::table::Table;

/// Members with scores, unordered.
pub struct Gathering {
    dictionary: Table<Member>,
    /// The members in insertion order.
    members: Vec<Member>,
    longest: usize,
    limits: SortedSetLimits,
}

impl Gathering {
    /// Creates a collection without members.
    #[must_use]
    pub fn new(limits: SortedSetLimits) -> Self {
        Self { dictionary: Table::new(limits.seed), members: Vec::new(), longest: 0, limits }
    }

    /// Returns the number of members.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns `true` if there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a member with this score. If it exists already, sets its score to `combine` of the
    /// existing score and this one.
    pub fn add(&mut self, member: &[u8], score: f64, combine: impl FnOnce(f64, f64) -> f64) {
        let hash = self.dictionary.hash(member);
        if let Some(known) = self.dictionary.find_hashed(hash, member) {
            known.set_head(combine(known.head(), score));
        } else {
            self.longest = self.longest.max(member.len());
            let member = Member::new(score, member);
            self.dictionary.add_hashed(hash, member.clone());
            self.members.push(member);
        }
    }

    /// Converts the members into a sorted set of the form that its limits require.
    #[must_use]
    pub fn into_sorted_set(self) -> SortedSet {
        if !self.limits.allow_listpack(self.len(), self.longest) {
            return SortedSet::Large(Box::new(self.into_large()));
        }
        let mut list = Listpack::new();
        for (score, member) in sorted(self.members) {
            packed::push(&mut list, member.bytes(), score);
        }
        SortedSet::Listpack(list)
    }

    /// Converts the members into a large sorted set.
    #[must_use]
    pub fn into_large(self) -> Large {
        Large::of(self.dictionary, sorted(self.members), self.limits.seed)
    }
}

/// Sorts the members by score, then by their bytes.
fn sorted(members: Vec<Member>) -> Vec<(f64, Member)> {
    let mut sorted: Vec<_> = members.into_iter().map(|member| (member.head(), member)).collect();
    sort::by(&mut sorted, |(score, member), (other_score, other)| {
        let by_score = score.partial_cmp(other_score).unwrap_or(Ordering::Equal);
        by_score.then_with(|| member.bytes().cmp(other.bytes()))
    });
    sorted
}
