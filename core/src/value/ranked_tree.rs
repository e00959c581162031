//! Members ordered by score, with ranks: a B+ tree in which every branch stores the number of
//! members of each child.
//!
//! Redis uses a skip list whose pointers carry spans. A tree answers the same queries (the rank of
//! a member, the member at a rank) in as many steps, but a step reads a few adjacent cache lines
//! where the skip list follows a pointer, and it uses some twenty bytes per member where the skip
//! list uses forty and an allocation (`BENCHMARKS.md` has both).
//!
//! All positions are ranks. A bound, of scores or of members, is the number of members before it
//! ([`partition_point`](RankedTree::partition_point)), so counting, iterating and removing only
//! handle ranges of ranks. Iterators store no path: they look up the next leaf by its rank, once
//! per fifty members.
//!
//! The leaves hold the members, with the scores beside them, so that a search seldom follows a
//! pointer. Branches hold a *lower bound* for each child except the first: a member that was the
//! child's first when it was split off, and need not exist any more. Members with equal scores are
//! ordered by their bytes.
//!
//! A full node splits in two. A node that is less than half full merges with a neighbour if both
//! together fill at most three quarters of a node, so that on average a node is never emptier than
//! three eighths. Members inserted in order fill the leaves completely.

mod branch;
mod leaf;
mod node;

use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use super::thin_bytes::ThinBytes;
use branch::Branch;
use leaf::Leaf;
use node::{Edges, Node};

/// A member with its score, shared by the tree and the dictionary.
pub type Member = ThinBytes<f64>;

/// Members ordered by score, then by their bytes.
#[derive(Default)]
pub struct RankedTree {
    root: Node,
    len: usize,
    /// Total size of the nodes except one leaf, which always exists.
    node_bytes: usize,
}

impl RankedTree {
    /// Creates an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a tree of sorted members, each with its score.
    #[must_use]
    pub fn of_sorted(members: Vec<(f64, Member)>) -> Self {
        let len = members.len();
        let mut members = members.into_iter().peekable();
        let mut level = Vec::with_capacity(len / leaf::LEAF_MAX + 1);
        while let Some((score, bound)) = members.peek().cloned() {
            level.push(Leaf::filled(&mut members).into_split(score, bound));
        }
        while level.len() > 1 {
            let mut below = level.into_iter().peekable();
            level = Vec::with_capacity(below.len() / branch::BRANCH_MAX + 1);
            while below.peek().is_some() {
                level.push(Branch::filled(&mut below));
            }
        }
        let root = level.pop().map(|split| split.node).unwrap_or_default();
        let node_bytes = root.memory_bytes() - node::LEAF_BYTES;
        Self { root, len, node_bytes }
    }

    /// Returns the number of members.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there are no members.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a member with the score in its head. It must not be in the tree already.
    pub fn insert(&mut self, member: Member) {
        let score = member.head();
        let edges = Edges { is_first: true, is_last: true };
        if let Some(split) = self.root.insert(score, member, edges, &mut self.node_bytes) {
            self.node_bytes += node::BRANCH_BYTES;
            let lower = mem::take(&mut self.root);
            self.root = Node::Branch(Branch::of_two(lower, self.len + 1 - split.count, split));
        }
        self.len += 1;
    }

    /// Removes the member with this score. Returns `true` if it existed.
    pub fn remove(&mut self, score: f64, bytes: &[u8]) -> bool {
        let remove = |leaf: &mut Leaf| leaf.remove(score, bytes);
        let taken = self.root.in_leaf(score, bytes, &mut self.node_bytes, remove);
        self.shrink(taken);
        taken > 0
    }

    /// Moves a member from the score `from` to the one in its head.
    pub fn rescore(&mut self, from: f64, member: &Member) {
        // Afterwards the member either has a new place in its leaf or has been removed.
        let rescore = |leaf: &mut Leaf| leaf.rescore(from, member);
        let taken = self.root.in_leaf(from, member.bytes(), &mut self.node_bytes, rescore);
        if taken > 0 {
            self.shrink(taken);
            self.insert(member.clone());
        }
    }

    /// Returns the number of members before this one, which need not be in the tree.
    #[inline]
    #[must_use]
    pub fn lower_bound(&self, score: f64, bytes: &[u8]) -> usize {
        self.partition_point(score, |member| member.bytes() < bytes)
    }

    /// Returns the number of members before a bound: those with a lower score, and those with this
    /// score for which `is_before` returns `true`. The members with this score must be partitioned
    /// by `is_before`.
    #[inline]
    pub fn partition_point(&self, score: f64, is_before: impl Fn(&Member) -> bool) -> usize {
        self.descend(|scores, members| partition_point(scores, members, score, &is_before))
    }

    /// Returns the number of members before the first for which `is_before` returns `false`,
    /// whatever their scores. This is meaningful only if all scores are the same.
    #[inline]
    pub fn partition_point_by_member(&self, is_before: impl Fn(&Member) -> bool) -> usize {
        let is_before = |member: &Option<Member>| member.as_ref().is_some_and(&is_before);
        self.descend(|_, members| members.partition_point(is_before))
    }

    /// Descends to a leaf and returns the number of members before the position found. `search` is
    /// given scores and their members, and returns how many of them to pass.
    #[inline]
    fn descend(&self, search: impl Fn(&[f64], &[Option<Member>]) -> usize) -> usize {
        let (mut node, mut rank) = (&self.root, 0);
        loop {
            match node {
                Node::Leaf(leaf) => {
                    return rank + search(&leaf.scores[..leaf.len], &leaf.members[..leaf.len]);
                }
                Node::Branch(branch) => {
                    let bounds = 1..branch.len;
                    let child = search(&branch.scores[bounds.clone()], &branch.bounds[bounds]);
                    rank += branch.counts[..child].iter().sum::<usize>();
                    node = branch.child(child);
                }
            }
        }
    }

    /// Returns the member at a rank.
    #[inline]
    #[must_use]
    pub fn at(&self, rank: usize) -> Option<(f64, &Member)> {
        let (leaf, at) = self.leaf_at(rank)?;
        Some(leaf.entry(at))
    }

    /// Returns the members of a range of ranks in ascending order.
    ///
    /// # Panics
    ///
    /// If the range is not within the tree.
    #[must_use]
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        assert!(ranks.start <= ranks.end && ranks.end <= self.len, "the range exceeds the tree");
        Iter { tree: self, ranks, front: (&[], &[]), back: (&[], &[]) }
    }

    /// Removes a range of ranks and passes each member to `removed`, in ascending order.
    ///
    /// # Panics
    ///
    /// If the range is not within the tree.
    pub fn remove_range(&mut self, ranks: Range<usize>, mut removed: impl FnMut(Member)) {
        assert!(ranks.start <= ranks.end && ranks.end <= self.len, "the range exceeds the tree");
        let mut left = ranks.len();
        while left > 0 {
            let node_bytes = &mut self.node_bytes;
            let taken = self.root.remove_some(ranks.start, left, node_bytes, &mut removed);
            left -= taken;
            self.shrink(taken);
        }
    }

    /// Frees at least `budget` members, or all. Returns `true` if any are left.
    pub fn free_some(&mut self, budget: usize) -> bool {
        let enough = self.len.saturating_sub(budget);
        while self.len > enough {
            self.len -= self.root.drop_last_leaf(&mut self.node_bytes);
            self.root.lose_height(&mut self.node_bytes);
        }
        self.len > 0
    }

    /// Returns the size of the nodes in bytes.
    #[must_use]
    pub const fn memory_bytes(&self) -> usize {
        node::LEAF_BYTES + self.node_bytes
    }

    fn shrink(&mut self, taken: usize) {
        self.len -= taken;
        self.root.lose_height(&mut self.node_bytes);
    }

    /// Returns the leaf that contains a rank, and the index in it.
    #[inline]
    fn leaf_at(&self, mut rank: usize) -> Option<(&Leaf, usize)> {
        if rank >= self.len {
            return None;
        }
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(leaf) => return Some((leaf, rank)),
                Node::Branch(branch) => {
                    let child = branch.child_at(&mut rank);
                    node = branch.child(child);
                }
            }
        }
    }
}

/// A double-ended iterator over a range of a tree's members.
#[derive(Clone)]
pub struct Iter<'a> {
    tree: &'a RankedTree,
    /// The remaining ranks, including those in `front` and `back`.
    ranks: Range<usize>,
    /// The remaining part of the leaf that holds the first of them.
    front: (&'a [f64], &'a [Option<Member>]),
    /// The remaining part of the leaf that holds the last of them.
    back: (&'a [f64], &'a [Option<Member>]),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (f64, &'a Member);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ranks.is_empty() {
            return None;
        }
        if self.front.0.is_empty() {
            let (leaf, at) = self.tree.leaf_at(self.ranks.start)?;
            let end = leaf.len.min(at + self.ranks.len());
            self.front = (&leaf.scores[at..end], &leaf.members[at..end]);
        }
        let ((score, scores), (member, members)) =
            (self.front.0.split_first()?, self.front.1.split_first()?);
        self.front = (scores, members);
        self.ranks.start += 1;
        Some((*score, member.as_ref()?))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.ranks.len(), Some(self.ranks.len()))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.ranks.is_empty() {
            return None;
        }
        if self.back.0.is_empty() {
            let (leaf, at) = self.tree.leaf_at(self.ranks.end - 1)?;
            let start = (at + 1).saturating_sub(self.ranks.len());
            self.back = (&leaf.scores[start..=at], &leaf.members[start..=at]);
        }
        let ((score, scores), (member, members)) =
            (self.back.0.split_last()?, self.back.1.split_last()?);
        self.back = (scores, members);
        self.ranks.end -= 1;
        Some((*score, member.as_ref()?))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Returns the number of sorted `scores` and their `members` before a bound.
///
/// The search compares scores only, without branches that could be mispredicted; it reads only
/// those members whose scores are equal.
#[inline]
fn partition_point(
    scores: &[f64],
    members: &[Option<Member>],
    score: f64,
    is_before: impl Fn(&Member) -> bool,
) -> usize {
    let lower = scores.partition_point(|other| *other < score);
    if scores.get(lower) != Some(&score) {
        return lower;
    }
    let equal = scores[lower..].partition_point(|other| *other <= score);
    let equal = &members[lower..lower + equal];
    lower + equal.partition_point(|member| member.as_ref().is_some_and(&is_before))
}

#[cfg(test)]
mod tests {
    use super::leaf::LEAF_MAX;
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::format;
    use core::cmp::Ordering;

    fn is_before(score: f64, member: &Member, other_score: f64, other: &[u8]) -> bool {
        score < other_score || score == other_score && member.bytes() < other
    }

    fn member(score: f64, bytes: &[u8]) -> Member {
        Member::new(score, bytes)
    }

    fn entries(tree: &RankedTree) -> Vec<(f64, Vec<u8>)> {
        tree.range(0..tree.len()).map(|(score, member)| (score, member.bytes().to_vec())).collect()
    }

    /// Checks the invariants described at the top of the file and returns the height.
    fn check(tree: &RankedTree) -> usize {
        let all = entries(tree);
        assert_eq!(all.len(), tree.len());
        assert_eq!(tree.memory_bytes(), tree.root.memory_bytes());
        assert!(all.is_sorted_by(|a, b| {
            a.0.partial_cmp(&b.0).unwrap().then_with(|| a.1.cmp(&b.1)) == Ordering::Less
        }));
        let (height, count) = check_node(&tree.root, None, None);
        assert_eq!(count, tree.len());
        height
    }

    type Bound<'a> = Option<(f64, &'a [u8])>;

    fn check_node(node: &Node, from: Bound<'_>, to: Bound<'_>) -> (usize, usize) {
        match node {
            Node::Leaf(leaf) => {
                for at in 0..leaf.len {
                    let (score, member) = leaf.entry(at);
                    assert!(from.is_none_or(|(s, m)| !is_before(score, member, s, m)));
                    assert!(to.is_none_or(|(s, m)| is_before(score, member, s, m)));
                }
                assert!(leaf.members[leaf.len..].iter().all(Option::is_none));
                (1, leaf.len)
            }
            Node::Branch(branch) => {
                assert!(branch.len > 1 || from.is_some() || to.is_some());
                let bound = |at: usize| {
                    branch.bounds[at].as_ref().map(|bound| (branch.scores[at], bound.bytes()))
                };
                let mut heights = Vec::new();
                for at in 0..branch.len {
                    let from = if at == 0 { from } else { bound(at) };
                    let to = if at + 1 == branch.len { to } else { bound(at + 1) };
                    let (height, count) = check_node(branch.child(at), from, to);
                    assert_eq!(count, branch.counts[at]);
                    assert!(count > 0);
                    heights.push(height);
                }
                assert!(heights.iter().all(|height| *height == heights[0]));
                assert!(branch.children[branch.len..].iter().all(Option::is_none));
                assert!(branch.bounds[branch.len..].iter().all(Option::is_none));
                (heights[0] + 1, branch.counts[..branch.len].iter().sum())
            }
        }
    }

    /// Returns the fill factor of the leaves.
    fn fill(tree: &RankedTree) -> f64 {
        fn leaves(node: &Node) -> usize {
            match node {
                Node::Leaf(_) => 1,
                Node::Branch(branch) => branch.children.iter().flatten().map(leaves).sum(),
            }
        }
        tree.len() as f64 / (leaves(&tree.root) * LEAF_MAX) as f64
    }

    #[test]
    fn nodes_fill_their_size_classes() {
        #[cfg(target_pointer_width = "64")]
        assert_eq!((size_of::<Leaf>(), size_of::<Branch>()), (1016, 1248));
    }

    #[test]
    fn members_in_order_fill_the_leaves_and_random_ones_fill_two_thirds() {
        let (mut up, mut down, mut mixed) =
            (RankedTree::new(), RankedTree::new(), RankedTree::new());
        let mut random = Random::new(Seed(1));
        for at in 0..100_000_u32 {
            up.insert(member(at.into(), b"x"));
            down.insert(member(-f64::from(at), b"x"));
            mixed.insert(member(random.next_u64() as f64, &at.to_be_bytes()));
        }
        assert_eq!((check(&up), check(&down), check(&mixed)), (4, 4, 4));
        assert!(fill(&up) > 0.99 && fill(&down) > 0.99, "{} {}", fill(&up), fill(&down));
        assert!((0.66..0.75).contains(&fill(&mixed)), "{}", fill(&mixed));
        assert!(mixed.memory_bytes() / mixed.len() < 26, "{}", mixed.memory_bytes());
    }

    #[test]
    fn a_tree_of_sorted_members_is_full() {
        for len in [0, 1, 63, 64, 63 * 31, 63 * 31 + 1, 100_000] {
            let sorted = (0..len).map(|at: u32| (at.into(), member(at.into(), b"x"))).collect();
            let mut tree = RankedTree::of_sorted(sorted);
            check(&tree);
            assert_eq!(tree.len(), len as usize);
            assert!(len < 1_000 || fill(&tree) > 0.95);
            tree.insert(member(0.5, b"y"));
            tree.remove_range(0..tree.len() / 2, |_| ());
            check(&tree);
        }
    }

    #[test]
    fn removal_keeps_nodes_from_becoming_empty() {
        let mut tree = RankedTree::new();
        let mut random = Random::new(Seed(2));
        for at in 0..100_000_u32 {
            tree.insert(member(0.0, &at.to_be_bytes()));
        }
        while tree.len() > 1_000 {
            let rank = random.below(tree.len());
            tree.remove_range(rank..rank + 1, |_| ());
        }
        check(&tree);
        assert!(fill(&tree) > 3.0 / 8.0, "{}", fill(&tree));
        tree.remove_range(0..1_000, |_| ());
        assert!(tree.is_empty() && check(&tree) == 1);
        assert_eq!(tree.at(0), None::<(f64, &Member)>);
    }

    impl PartialEq for Member {
        fn eq(&self, other: &Self) -> bool {
            self.bytes() == other.bytes()
        }
    }

    /// Makes the same random changes to a tree and to a sorted vector.
    #[test]
    fn changes_match_those_of_a_sorted_vector() {
        for seed in 0..8 {
            let mut random = Random::new(Seed(seed));
            let (mut tree, mut model) = (RankedTree::new(), Vec::<(f64, Vec<u8>, Member)>::new());
            let scores = [1, 3, 100_000][random.below(3)];
            for step in 0..20_000_u32 {
                let grows = step / 4_000 % 2 == 0;
                let draw = random.below(100);
                let rank = random.below(model.len().max(1));
                let score = random.below(scores) as f64 - 50.0;
                if model.is_empty() || draw < if grows { 80 } else { 20 } {
                    let bytes = format!("{}", random.below(1_000_000)).into_bytes();
                    let at = model.partition_point(|(s, m, _)| (*s, m) < (score, &bytes));
                    assert_eq!(tree.lower_bound(score, &bytes), at);
                    if model.iter().all(|(_, known, _)| *known != bytes) {
                        let new = member(score, &bytes);
                        tree.insert(new.clone());
                        model.insert(at, (score, bytes, new));
                    }
                } else if draw < 85 {
                    let (score, bytes, _) = model.remove(rank);
                    assert!(tree.remove(score, &bytes));
                    assert!(!tree.remove(score, &bytes));
                } else if draw < 99 {
                    let (from, bytes, moved) = model.remove(rank);
                    let to = if random.below(2) == 0 {
                        score
                    } else {
                        from + random.below(3) as f64 - 1.0
                    };
                    moved.set_head(to);
                    tree.rescore(from, &moved);
                    let at = model.partition_point(|(s, m, _)| (*s, m) < (to, &bytes));
                    model.insert(at, (to, bytes, moved));
                } else {
                    let end = rank + random.below((model.len() - rank).min(200) + 1);
                    let mut removed = Vec::new();
                    tree.remove_range(rank..end, |member| removed.push(member));
                    assert!(
                        removed.iter().eq(model
                            .drain(rank..end)
                            .map(|(_, _, m)| m)
                            .collect::<Vec<_>>()
                            .iter())
                    );
                }
                if step % 1_000 == 0 {
                    check(&tree);
                    assert!(
                        entries(&tree)
                            .iter()
                            .map(|(s, m)| (*s, m))
                            .eq(model.iter().map(|(s, m, _)| (*s, m)))
                    );
                }
                if step % 50 == 0 && !model.is_empty() {
                    let rank = random.below(model.len());
                    let end = rank + random.below(model.len() - rank + 1);
                    let (mut range, mut expected) =
                        (tree.range(rank..end), model[rank..end].iter());
                    // Reads randomly from both ends.
                    loop {
                        let (got, want) = if random.below(2) == 0 {
                            (range.next(), expected.next())
                        } else {
                            (range.next_back(), expected.next_back())
                        };
                        assert_eq!(
                            got.map(|(s, m)| (s, m.bytes())),
                            want.map(|(s, m, _)| (*s, &**m))
                        );
                        assert_eq!(range.len(), expected.len());
                        if got.is_none() {
                            break;
                        }
                    }
                    assert_eq!(
                        tree.at(rank).map(|(s, m)| (s, m.bytes())),
                        Some((model[rank].0, &*model[rank].1))
                    );
                }
            }
            while tree.free_some(100) {
                check(&tree);
            }
            assert!(tree.is_empty());
        }
    }
}
