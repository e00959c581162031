//! Large sorted sets: every member is in a dictionary and in a tree.

use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;

use super::super::listpack::Entry;
use super::super::ranked_tree::{Member, RankedTree};
use super::Update;
use crate::random::Seed;
use crate::table::{self, Remains, Table};

/// A large sorted set. A member is one block, which the dictionary finds by its bytes and the tree
/// by its score; the score is stored in the block, so that the dictionary has it too.
pub struct Large {
    members: Table<Member>,
    order: RankedTree,
    seed: Seed,
    /// The tree and the dictionary of removed members, to be freed in slices.
    remains: Option<(RankedTree, Remains<Member>)>,
}

impl table::Entry for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.bytes()
    }

    #[inline]
    fn address(&self) -> *const u8 {
        self.address()
    }

    #[inline]
    fn memory_bytes(&self) -> usize {
        self.memory_bytes()
    }
}

impl Large {
    /// Creates an empty set.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self { members: Table::new(seed), order: RankedTree::new(), seed, remains: None }
    }

    /// Creates a set of the members of a dictionary, which are also in `sorted`, in order.
    pub(super) fn of(members: Table<Member>, sorted: Vec<(f64, Member)>, seed: Seed) -> Self {
        Self { members, order: RankedTree::of_sorted(sorted), ..Self::new(seed) }
    }

    /// Returns the number of members.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns `true` if there are no members.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the members by their bytes.
    #[inline]
    #[must_use]
    pub const fn members(&self) -> &Table<Member> {
        &self.members
    }

    /// Returns the members by score.
    #[inline]
    #[must_use]
    pub const fn order(&self) -> &RankedTree {
        &self.order
    }

    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.members.find(member).map(Member::head)
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        Some((self.order.lower_bound(score, member), score))
    }

    pub(super) fn update(
        &mut self,
        member: &[u8],
        score: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> Update {
        let hash = self.members.hash(member);
        let found = self.members.find_hashed(hash, member);
        let old = found.map(Member::head);
        let Some(new) = score(old).filter(|new| old != Some(*new)) else {
            return Update::Unchanged;
        };
        if let (Some(member), Some(old)) = (found, old) {
            member.set_head(new);
            self.order.rescore(old, member);
            return Update::Rescored;
        }
        // A set that was emptied as a whole is never filled again before it is freed, because
        // removing the last member removes the key.
        self.remains = None;
        let member = Member::new(new, member);
        self.members.add_hashed(hash, member.clone());
        self.order.insert(member);
        Update::Added
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let member = self.members.remove(member)?;
        self.order.remove(member.head(), member.bytes());
        Some(member.head())
    }

    /// Removes the members in a range of ranks. Removing all of them takes constant time.
    pub(super) fn remove_range(&mut self, ranks: Range<usize>) {
        if ranks.len() == self.len() && !ranks.is_empty() {
            return self.dismantle();
        }
        let Self { members, order, .. } = self;
        order.remove_range(ranks, |member| drop(members.remove(member.bytes())));
    }

    pub(super) fn scan(&self, cursor: u64, visit: &mut dyn FnMut(f64, Entry<'_>)) -> u64 {
        self.members.scan(cursor, &mut |member| visit(member.head(), Entry::Bytes(member.bytes())))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.members.memory_bytes() + self.order.memory_bytes()
    }

    /// Frees the tree first, and then the dictionary with the members.
    pub(super) fn free_some(&mut self, budget: usize) -> usize {
        if !self.is_empty() {
            self.dismantle();
        }
        let Some((order, members)) = &mut self.remains else { return 0 };
        let len = order.len();
        if len > 0 {
            order.free_some(budget);
            return budget.max(len - order.len());
        }
        members.free_some(budget)
    }

    /// Moves all members to the remains, for [`free_some`](Self::free_some).
    fn dismantle(&mut self) {
        let members = mem::replace(&mut self.members, Table::new(self.seed));
        self.remains = Some((mem::take(&mut self.order), members.dismantle()));
    }
}

/// A clone has its own blocks, because scores are changed in place.
impl Clone for Large {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.seed);
        for (score, member) in self.order.range(0..self.len()) {
            copy.update(member.bytes(), |_| Some(score));
        }
        copy
    }
}

impl fmt::Debug for Large {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.order.range(0..self.len()).map(|(_, member)| member)).finish()
    }
}
