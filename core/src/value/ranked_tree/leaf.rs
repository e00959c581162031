//! A leaf: members side by side, with their scores.

use alloc::boxed::Box;

use super::node::{Edges, Node, Split};
use super::{Member, is_before, partition_point};

/// The members that a leaf holds: with their scores and its length they fill 1024 bytes.
pub(super) const LEAF_MAX: usize = 63;

/// Members in their order. Past `len` there are none.
pub(super) struct Leaf {
    pub(super) len: usize,
    pub(super) scores: [f64; LEAF_MAX],
    pub(super) members: [Option<Member>; LEAF_MAX],
}

impl Leaf {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { len: 0, scores: [0.0; LEAF_MAX], members: [const { None }; LEAF_MAX] })
    }

    #[inline]
    pub(super) fn member(&self, at: usize) -> &Member {
        self.members[at].as_ref().expect("a leaf has a member wherever it is not past its end")
    }

    #[inline]
    pub(super) fn entry(&self, at: usize) -> (f64, &Member) {
        (self.scores[at], self.member(at))
    }

    #[inline]
    pub(super) fn partition_point(&self, is_before: impl Fn(f64, &Member) -> bool) -> usize {
        partition_point(0..self.len, |at| is_before(self.scores[at], self.member(at)))
    }

    pub(super) fn insert(&mut self, score: f64, member: Member, edges: Edges) -> Option<Split> {
        let at = self.partition_point(|s, m| is_before(s, m, score, member.bytes()));
        if self.len < LEAF_MAX {
            self.insert_at(at, score, member);
            return None;
        }
        // Where members arrive in order, the leaf that they have filled stays full.
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
        Some(Split { score, bound, count: upper.len, node: Node::Leaf(upper) })
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

    /// Takes over the members of `other` from `from` on.
    pub(super) fn append(&mut self, other: &mut Self, from: usize) {
        let (len, more) = (self.len, other.len - from);
        self.scores[len..len + more].copy_from_slice(&other.scores[from..other.len]);
        self.members[len..len + more].swap_with_slice(&mut other.members[from..other.len]);
        self.len += more;
        other.len = from;
    }

    pub(super) fn rescore(&mut self, from: f64, member: &Member) -> bool {
        let (to, bytes) = (member.head(), member.bytes());
        let old = self.partition_point(|s, m| is_before(s, m, from, bytes));
        if old >= self.len || !self.member(old).is_same(member) {
            return false;
        }
        let new = self.partition_point(|s, m| is_before(s, m, to, bytes));
        let place = if to > from {
            // It has counted itself among those before its new place.
            let new = new - 1;
            if new + 1 == self.len {
                return false;
            }
            self.members[old..=new].rotate_left(1);
            self.scores.copy_within(old + 1..new + 1, old);
            new
        } else {
            if new == 0 && to < from {
                return false;
            }
            self.members[new..=old].rotate_right(1);
            self.scores.copy_within(new..old, new + 1);
            new
        };
        self.scores[place] = to;
        true
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
