//! Members on their way into a sorted set: unions and intersections gather them first and put them in order once.

use crate::sort;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::super::listpack::Listpack;
use super::super::ranked_tree::Member;
use super::{Large, SortedSet, SortedSetLimits, packed};
use crate::table::Table;

/// Members with scores, in no order.
pub struct Gathering {
    dictionary: Table<Member>,
    /// As they came.
    members: Vec<Member>,
    longest: usize,
    limits: SortedSetLimits,
}

impl Gathering {
    /// One without members.
    #[must_use]
    pub fn new(limits: SortedSetLimits) -> Self {
        Self { dictionary: Table::new(limits.seed), members: Vec::new(), longest: 0, limits }
    }

    /// How many members there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a member with this score, or, if it is there already, gives it the score that `combine` makes of the one it has
    /// and this one.
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

    /// The sorted set in the form that its limits ask for.
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

    /// The sorted set in its large form.
    #[must_use]
    pub fn into_large(self) -> Large {
        Large::of(self.dictionary, sorted(self.members), self.limits.seed)
    }
}

/// The members by score, then by their bytes.
fn sorted(members: Vec<Member>) -> Vec<(f64, Member)> {
    let mut sorted: Vec<_> = members.into_iter().map(|member| (member.head(), member)).collect();
    sort::by(&mut sorted, |(score, member), (other_score, other)| {
        let by_score = score.partial_cmp(other_score).unwrap_or(Ordering::Equal);
        by_score.then_with(|| member.bytes().cmp(other.bytes()))
    });
    sorted
}
