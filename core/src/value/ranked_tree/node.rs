//! A node: a leaf, or a branch with its children.

use alloc::boxed::Box;

use super::Member;
use super::branch::{BRANCH_MAX, Branch};
use super::leaf::{LEAF_MAX, Leaf};
use crate::table::prefetch::prefetch;

/// Size of a leaf, with eight-byte pointers.
pub(super) const LEAF_BYTES: usize = 1024;

/// Size of a branch, with eight-byte pointers.
pub(super) const BRANCH_BYTES: usize = 1280;

/// A subtree. The methods that change nodes update the total size of the tree's nodes.
pub(super) enum Node {
    Leaf(Box<Leaf>),
    Branch(Box<Branch>),
}

/// The upper part of a node that was split, and its lower bound.
pub(super) struct Split {
    pub(super) score: f64,
    pub(super) bound: Member,
    pub(super) count: usize,
    pub(super) node: Node,
}

/// Whether a node is at an edge of the tree, where nodes fill differently.
#[derive(Clone, Copy)]
pub(super) struct Edges {
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

impl Default for Node {
    fn default() -> Self {
        Self::Leaf(Leaf::new())
    }
}

impl Node {
    /// Returns the number of members or children.
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len,
            Self::Branch(branch) => branch.len,
        }
    }

    pub(super) const fn max(&self) -> usize {
        match self {
            Self::Leaf(_) => LEAF_MAX,
            Self::Branch(_) => BRANCH_MAX,
        }
    }

    /// Returns the size of the node itself.
    pub(super) const fn own_bytes(&self) -> usize {
        match self {
            Self::Leaf(_) => LEAF_BYTES,
            Self::Branch(_) => BRANCH_BYTES,
        }
    }

    pub(super) fn insert(
        &mut self,
        score: f64,
        member: Member,
        edges: Edges,
        node_bytes: &mut usize,
    ) -> Option<Split> {
        let split = match self {
            Self::Leaf(leaf) => leaf.insert(score, member, edges),
            Self::Branch(branch) => branch.insert(score, member, edges, node_bytes),
        };
        if split.is_some() {
            *node_bytes += self.own_bytes();
        }
        split
    }

    /// Prefetches the scores of a leaf, so that a search through them costs one cache miss.
    #[inline]
    pub(super) fn prefetch(&self) {
        if let Self::Leaf(leaf) = self {
            leaf.scores.iter().step_by(8).for_each(|score| prefetch(score));
        }
    }

    /// Changes the leaf that contains a member, or would contain it. Returns the number of members
    /// that were removed.
    pub(super) fn in_leaf(
        &mut self,
        score: f64,
        bytes: &[u8],
        node_bytes: &mut usize,
        edit: impl FnOnce(&mut Leaf),
    ) -> usize {
        match self {
            Self::Leaf(leaf) => {
                let before = leaf.len;
                edit(leaf);
                before - leaf.len
            }
            Self::Branch(branch) => {
                let child = branch.child_of(score, bytes);
                let taken = branch.child_mut(child).in_leaf(score, bytes, node_bytes, edit);
                if taken > 0 {
                    branch.counts[child] -= taken;
                    branch.settle(child, node_bytes);
                }
                taken
            }
        }
    }

    /// Removes up to `most` members beginning at `rank`, all from one leaf. Returns the number
    /// removed.
    pub(super) fn remove_some(
        &mut self,
        mut rank: usize,
        most: usize,
        node_bytes: &mut usize,
        removed: &mut impl FnMut(Member),
    ) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.remove_some(rank, most, removed),
            Self::Branch(branch) => {
                let child = branch.child_at(&mut rank);
                let taken = branch.child_mut(child).remove_some(rank, most, node_bytes, removed);
                branch.counts[child] -= taken;
                branch.settle(child, node_bytes);
                taken
            }
        }
    }

    /// Replaces a branch that has one child by that child, and one that has none by an empty leaf.
    pub(super) fn lose_height(&mut self, node_bytes: &mut usize) {
        while let Self::Branch(branch) = self
            && branch.len <= 1
        {
            *node_bytes -= BRANCH_BYTES;
            if branch.len == 0 {
                *node_bytes += LEAF_BYTES;
            }
            *self = branch.children[0].take().unwrap_or_default();
        }
    }

    /// Drops the last leaf below, and the branches that have no child left. Returns the number of
    /// members dropped.
    pub(super) fn drop_last_leaf(&mut self, node_bytes: &mut usize) -> usize {
        match self {
            Self::Leaf(leaf) => {
                let dropped = leaf.len;
                *leaf = Leaf::new();
                dropped
            }
            Self::Branch(branch) => {
                let last = branch.len - 1;
                let dropped = match branch.child_mut(last) {
                    Self::Leaf(leaf) => leaf.len,
                    child => child.drop_last_leaf(node_bytes),
                };
                branch.counts[last] -= dropped;
                if branch.counts[last] == 0
                    && let Some(child) = branch.remove_child(last)
                {
                    *node_bytes -= child.own_bytes();
                }
                dropped
            }
        }
    }

    /// Computes the size of the node and all nodes below by visiting them.
    pub(super) fn memory_bytes(&self) -> usize {
        let below = match self {
            Self::Leaf(_) => 0,
            Self::Branch(branch) => branch.children.iter().flatten().map(Self::memory_bytes).sum(),
        };
        self.own_bytes() + below
    }
}
