//! A branch: an array of children, with the data that a search needs.

use alloc::boxed::Box;

use super::node::{Edges, Node, Split};
use super::{Member, partition_point};

/// Number of children of a full branch, which with their data fill 1280 bytes.
pub(super) const BRANCH_MAX: usize = 31;

/// Children in order. Slots from `len` on are empty.
pub(super) struct Branch {
    pub(super) len: usize,
    /// The number of members of each child.
    pub(super) counts: [usize; BRANCH_MAX],
    /// The scores of the lower bounds; the first is unused.
    pub(super) scores: [f64; BRANCH_MAX],
    /// The members of the lower bounds; the first is unused.
    pub(super) bounds: [Option<Member>; BRANCH_MAX],
    pub(super) children: [Option<Node>; BRANCH_MAX],
}

impl Branch {
    fn new() -> Box<Self> {
        Box::new(Self {
            len: 0,
            counts: [0; BRANCH_MAX],
            scores: [0.0; BRANCH_MAX],
            bounds: [const { None }; BRANCH_MAX],
            children: [const { None }; BRANCH_MAX],
        })
    }

    /// Creates a root above a node of `count` members and the node that was split off it.
    pub(super) fn of_two(lower: Node, count: usize, upper: Split) -> Box<Self> {
        let mut branch = Self::new();
        branch.len = 1;
        branch.counts[0] = count;
        branch.children[0] = Some(lower);
        branch.insert_child(1, upper);
        branch
    }

    /// Creates a branch of as many of the sorted children as fit.
    pub(super) fn filled(children: &mut impl Iterator<Item = Split>) -> Split {
        let mut branch = Self::new();
        for child in children.take(BRANCH_MAX) {
            branch.insert_child(branch.len, child);
        }
        branch.into_split()
    }

    /// Converts the branch for insertion into a parent; the bound of its first child becomes its
    /// own.
    fn into_split(mut self: Box<Self>) -> Split {
        let bound = self.bounds[0].take().expect("a node that was split off has a lower bound");
        let count = self.counts[..self.len].iter().sum();
        Split { score: self.scores[0], bound, count, node: Node::Branch(self) }
    }

    #[inline]
    pub(super) fn child(&self, at: usize) -> &Node {
        let child = self.children[at].as_ref();
        let child = child.expect("slots before the end have a child");
        child.prefetch();
        child
    }

    #[inline]
    pub(super) fn child_mut(&mut self, at: usize) -> &mut Node {
        let child = self.children[at].as_mut();
        let child = child.expect("slots before the end have a child");
        child.prefetch();
        child
    }

    /// Returns the child that contains a member, or would contain it.
    #[inline]
    pub(super) fn child_of(&self, score: f64, bytes: &[u8]) -> usize {
        let (scores, bounds) = (&self.scores[1..self.len], &self.bounds[1..self.len]);
        partition_point(scores, bounds, score, |bound| bound.bytes() <= bytes)
    }

    /// Returns the child that contains a rank, and makes `rank` relative to it.
    #[inline]
    pub(super) fn child_at(&self, rank: &mut usize) -> usize {
        let mut child = 0;
        while *rank >= self.counts[child] && child + 1 < self.len {
            *rank -= self.counts[child];
            child += 1;
        }
        child
    }

    pub(super) fn insert(
        &mut self,
        score: f64,
        member: Member,
        edges: Edges,
        node_bytes: &mut usize,
    ) -> Option<Split> {
        let child = self.child_of(score, member.bytes());
        let below = Edges {
            is_first: edges.is_first && child == 0,
            is_last: edges.is_last && child + 1 == self.len,
        };
        self.counts[child] += 1;
        let split = self.child_mut(child).insert(score, member, below, node_bytes)?;
        self.counts[child] -= split.count;
        if self.len < BRANCH_MAX {
            self.insert_child(child + 1, split);
            return None;
        }
        let split_at = if edges.is_last && child + 1 == BRANCH_MAX {
            BRANCH_MAX - 1
        } else if edges.is_first && child == 0 {
            1
        } else {
            BRANCH_MAX / 2
        };
        let mut upper = self.split_off(split_at);
        if child < split_at {
            self.insert_child(child + 1, split);
        } else {
            upper.insert_child(child + 1 - split_at, split);
        }
        Some(upper.into_split())
    }

    fn insert_child(&mut self, at: usize, split: Split) {
        let end = self.len;
        self.counts.copy_within(at..end, at + 1);
        self.scores.copy_within(at..end, at + 1);
        self.bounds[at..=end].rotate_right(1);
        self.children[at..=end].rotate_right(1);
        self.counts[at] = split.count;
        self.scores[at] = split.score;
        self.bounds[at] = Some(split.bound);
        self.children[at] = Some(split.node);
        self.len += 1;
    }

    pub(super) fn remove_child(&mut self, at: usize) -> Option<Node> {
        let end = self.len;
        let child = self.children[at].take();
        self.bounds[at] = None;
        self.counts.copy_within(at + 1..end, at);
        self.scores.copy_within(at + 1..end, at);
        self.bounds[at..end].rotate_left(1);
        self.children[at..end].rotate_left(1);
        self.bounds[0] = None;
        self.len -= 1;
        child
    }

    fn split_off(&mut self, at: usize) -> Box<Self> {
        let mut upper = Self::new();
        upper.append(self, at);
        upper
    }

    /// Moves in the children of `other` from index `from` on.
    fn append(&mut self, other: &mut Self, from: usize) {
        let (own, more) = (self.len..self.len + other.len - from, from..other.len);
        self.counts[own.clone()].copy_from_slice(&other.counts[more.clone()]);
        self.scores[own.clone()].copy_from_slice(&other.scores[more.clone()]);
        self.bounds[own.clone()].swap_with_slice(&mut other.bounds[more.clone()]);
        self.children[own.clone()].swap_with_slice(&mut other.children[more]);
        self.len = own.end;
        other.len = from;
    }

    /// Updates the branch after a child has lost members: removes the child if it is empty, and
    /// merges it with a neighbour if both are small.
    pub(super) fn settle(&mut self, child: usize, node_bytes: &mut usize) {
        let node = self.child(child);
        let (len, max, own_bytes) = (node.len(), node.max(), node.own_bytes());
        if len == 0 {
            *node_bytes -= own_bytes;
            self.remove_child(child);
            return;
        }
        if len >= max / 2 {
            return;
        }
        for lower in [Some(child), child.checked_sub(1)].into_iter().flatten() {
            let upper = lower + 1;
            if upper < self.len && self.child(lower).len() + self.child(upper).len() <= max * 3 / 4
            {
                *node_bytes -= own_bytes;
                self.merge(lower);
                return;
            }
        }
    }

    /// Merges a child with the next one.
    fn merge(&mut self, lower: usize) {
        let upper = lower + 1;
        let (score, bound) = (self.scores[upper], self.bounds[upper].take());
        self.counts[lower] += self.counts[upper];
        match (self.remove_child(upper), self.child_mut(lower)) {
            (Some(Node::Leaf(mut upper)), Node::Leaf(lower)) => lower.append(&mut upper, 0),
            (Some(Node::Branch(mut upper)), Node::Branch(lower)) => {
                upper.scores[0] = score;
                upper.bounds[0] = bound;
                lower.append(&mut upper, 0);
            }
            _ => unreachable!("all children of a branch have the same height"),
        }
    }
}
