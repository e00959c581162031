//! A leaf: an array of members with their scores.

use alloc::boxed::Box;

use super::node::{Edges, Node, Split};
use super::{Member, partition_point};

/// Number of members of a full leaf, which with their scores and the length fill 1024 bytes.
pub(super) const LEAF_MAX: usize = 63;

/// Members in order. Slots from `len` on are empty.
pub(super) struct Leaf {
    pub(super) len: usize,
    pub(super) scores: [f64; LEAF_MAX],
    pub(super) members: [Option<Member>; LEAF_MAX],
}

impl Leaf {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { len: 0, scores: [0.0; LEAF_MAX], members: [const { None }; LEAF_MAX] })
    }

    /// Creates a leaf of as many of the sorted members as fit.
    pub(super) fn filled(members: &mut impl Iterator<Item = (f64, Member)>) -> Box<Self> {
        let mut leaf = Self::new();
        for (score, member) in members.take(LEAF_MAX) {
            leaf.scores[leaf.len] = score;
            leaf.members[leaf.len] = Some(member);
            leaf.len += 1;
        }
        leaf
    }

    /// Converts the leaf for insertion into a branch.
    pub(super) fn into_split(self: Box<Self>, score: f64, bound: Member) -> Split {
        Split { score, bound, count: self.len, node: Node::Leaf(self) }
    }

    #[inline]
    pub(super) fn member(&self, at: usize) -> &Member {
        self.members[at].as_ref().expect("slots before the end have a member")
    }

    #[inline]
    pub(super) fn entry(&self, at: usize) -> (f64, &Member) {
        (self.scores[at], self.member(at))
    }

    #[inline]
    fn lower_bound(&self, score: f64, bytes: &[u8]) -> usize {
        let (scores, members) = (&self.scores[..self.len], &self.members[..self.len]);
        partition_point(scores, members, score, |member| member.bytes() < bytes)
    }

    pub(super) fn insert(&mut self, score: f64, member: Member, edges: Edges) -> Option<Split> {
        let at = self.lower_bound(score, member.bytes());
        if self.len < LEAF_MAX {
            self.insert_at(at, score, member);
            return None;
        }
        // If members arrive in order, the leaf that they have filled remains full.
        let split_at = match at {
            LEAF_MAX if edges.is_last => LEAF_MAX,
            0 if edges.is_first => 0,
            _ => LEAF_MAX / 2,
        };
        let mut upper = self.split_off(split_at);
        if at < split_at || at == 0 {
            self.insert_at(at, score, member);
        } else {
            upper.insert_at(at - split_at, score, member);
        }
        let (score, bound) = upper.entry(0);
        let bound = bound.clone();
        Some(upper.into_split(score, bound))
    }

    fn insert_at(&mut self, at: usize, score: f64, member: Member) {
        let end = self.len;
        self.scores.copy_within(at..end, at + 1);
        self.members[at..=end].rotate_right(1);
        self.scores[at] = score;
        self.members[at] = Some(member);
        self.len += 1;
    }

    fn split_off(&mut self, at: usize) -> Box<Self> {
        let mut upper = Self::new();
        upper.append(self, at);
        upper
    }

    /// Moves in the members of `other` from index `from` on.
    pub(super) fn append(&mut self, other: &mut Self, from: usize) {
        let (len, more) = (self.len, other.len - from);
        self.scores[len..len + more].copy_from_slice(&other.scores[from..other.len]);
        self.members[len..len + more].swap_with_slice(&mut other.members[from..other.len]);
        self.len += more;
        other.len = from;
    }

    /// Gives a member the score in its head if it then still belongs between two others of this
    /// leaf, and otherwise removes it.
    pub(super) fn rescore(&mut self, from: f64, member: &Member) {
        let (to, bytes) = (member.head(), member.bytes());
        let old = self.lower_bound(from, bytes);
        if old >= self.len || !self.member(old).is_same(member) {
            return;
        }
        let new = self.lower_bound(to, bytes);
        if to > from && new < self.len {
            // The member itself was counted among those before its new place.
            let new = new - 1;
            self.members[old..=new].rotate_left(1);
            self.scores.copy_within(old + 1..new + 1, old);
            self.scores[new] = to;
        } else if to <= from && new > 0 {
            self.members[new..=old].rotate_right(1);
            self.scores.copy_within(new..old, new + 1);
            self.scores[new] = to;
        } else {
            self.remove_some(old, 1, &mut |_| ());
        }
    }

    /// Removes a member, if it exists.
    pub(super) fn remove(&mut self, score: f64, bytes: &[u8]) {
        let at = self.lower_bound(score, bytes);
        if at < self.len && self.member(at).bytes() == bytes {
            self.remove_some(at, 1, &mut |_| ());
        }
    }

    pub(super) fn remove_some(
        &mut self,
        rank: usize,
        most: usize,
        removed: &mut impl FnMut(Member),
    ) -> usize {
        let taken = most.min(self.len - rank);
        self.members[rank..rank + taken].iter_mut().filter_map(Option::take).for_each(removed);
        self.members[rank..self.len].rotate_left(taken);
        self.scores.copy_within(rank + taken..self.len, rank);
        self.len -= taken;
        taken
    }
}
