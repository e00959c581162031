//! Members in the order of their scores, counted: a B+ tree in which every branch knows how many members each child has.
//!
//! Redis keeps a skip list whose pointers carry spans. A tree answers the same questions (the rank of a member, the member at a
//! rank) in as many steps, but a step of it reads a few neighbouring lines of memory where the skip list follows a pointer, and
//! it takes some twenty bytes a member where the skip list takes forty and an allocation (`BENCHMARKS.md` has both).
//!
//! Everything is a rank. A bound, of scores or of members, is the number of members before it
//! ([`partition_point`](RankedTree::partition_point)), so that counting, iterating and removing know nothing but ranges of ranks. Iterators hold
//! no path: they look the next leaf up by its rank, once in fifty members.
//!
//! Members are in the leaves, their scores beside them so that a search seldom follows a pointer. Branches hold for
//! each child but the first a *lower bound*: a member that was the child's first when it was split off, and need not be there any more.
//! Members of equal scores are in the order of their bytes.
//!
//! A node that is full splits in two. A node that is less than half full merges with a neighbour when both together fill three
//! quarters of one, so that on average a node is never emptier than three eighths. Members that arrive in order fill the leaves to the brim.

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::mem;
use core::ops::Range;

use super::thin_bytes::ThinBytes;

/// A member with its score, shared by the tree and the dictionary.
pub type Member = ThinBytes<f64>;

/// The members that a leaf holds: with their scores and its length they fill 1024 bytes.
const LEAF_MAX: usize = 63;

/// The children that a branch holds: with all that it knows of them they fill 1280 bytes.
const BRANCH_MAX: usize = 31;

/// Members by score, then by their bytes.
#[derive(Default)]
pub struct RankedTree {
    root: Node,
    len: usize,
}

enum Node {
    Leaf(Box<Leaf>),
    Branch(Box<Branch>),
}

struct Leaf {
    len: usize,
    scores: [f64; LEAF_MAX],
    members: [Option<Member>; LEAF_MAX],
}

struct Branch {
    len: usize,
    /// How many members each child has.
    counts: [usize; BRANCH_MAX],
    /// The scores of the lower bounds; the first is not used.
    scores: [f64; BRANCH_MAX],
    /// The members of the lower bounds; the first is not used.
    bounds: [Option<Member>; BRANCH_MAX],
    children: [Option<Node>; BRANCH_MAX],
}

/// A node that split: its upper part, and the least that may be in it.
struct Split {
    score: f64,
    bound: Member,
    count: usize,
    node: Node,
}

/// Where a node lies within the tree, for those at its edges fill differently.
#[derive(Clone, Copy)]
struct Edges {
    is_first: bool,
    is_last: bool,
}

impl RankedTree {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many members there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no members.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a member with the score that is its head. It must not be there already.
    pub fn insert(&mut self, member: Member) {
        let score = member.head();
        let edges = Edges { is_first: true, is_last: true };
        if let Some(split) = self.root.insert(score, member, edges) {
            let lower = mem::take(&mut self.root);
            self.root = Node::Branch(Branch::of_two(lower, self.len + 1 - split.count, split));
        }
        self.len += 1;
    }

    /// Removes a member that is there with this score; whether it was.
    pub fn remove(&mut self, score: f64, bytes: &[u8]) -> bool {
        let rank = self.lower_bound(score, bytes);
        let is_there = self.at(rank).is_some_and(|(_, member)| member.bytes() == bytes);
        if is_there {
            self.remove_range(rank..rank + 1, |_| ());
        }
        is_there
    }

    /// Moves a member from the score `from` to that of its head.
    pub fn rescore(&mut self, from: f64, member: &Member) {
        if !self.root.rescore(from, member) && self.remove(from, member.bytes()) {
            self.insert(member.clone());
        }
    }

    /// How many members there are before this one, whether it is there or not.
    #[inline]
    #[must_use]
    pub fn lower_bound(&self, score: f64, bytes: &[u8]) -> usize {
        self.partition_point(|at, member| is_before(at, member, score, bytes))
    }

    /// How many members are before the first of which `is_before` does not hold. It must hold of all before any of which
    /// it does not.
    #[inline]
    pub fn partition_point(&self, is_before: impl Fn(f64, &Member) -> bool) -> usize {
        let (mut node, mut rank) = (&self.root, 0);
        loop {
            match node {
                Node::Leaf(leaf) => return rank + leaf.partition_point(is_before),
                Node::Branch(branch) => {
                    let child = branch.child_of(&is_before);
                    rank += branch.counts[..child].iter().sum::<usize>();
                    node = branch.child(child);
                }
            }
        }
    }

    /// The member at a rank.
    #[inline]
    #[must_use]
    pub fn at(&self, rank: usize) -> Option<(f64, &Member)> {
        let (leaf, at) = self.leaf_at(rank)?;
        Some(leaf.entry(at))
    }

    /// The members of a range of ranks, lowest first.
    ///
    /// # Panics
    /// When the range does not lie within the tree.
    #[must_use]
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        assert!(ranks.start <= ranks.end && ranks.end <= self.len, "a range beyond the tree");
        Iter { tree: self, ranks, front: (&[], &[]), back: (&[], &[]) }
    }

    /// Removes a range of ranks, and hands over each member, lowest first.
    ///
    /// # Panics
    /// When the range does not lie within the tree.
    pub fn remove_range(&mut self, ranks: Range<usize>, mut removed: impl FnMut(Member)) {
        assert!(ranks.start <= ranks.end && ranks.end <= self.len, "a range beyond the tree");
        let mut left = ranks.len();
        while left > 0 {
            let taken = self.root.remove_some(ranks.start, left, &mut removed);
            left -= taken;
            self.len -= taken;
            self.root.lose_height();
        }
    }

    /// Frees at least `budget` members, or all; whether any are left.
    pub fn free_some(&mut self, budget: usize) -> bool {
        let enough = self.len.saturating_sub(budget);
        while self.len > enough {
            self.len -= self.root.drop_last_leaf();
            self.root.lose_height();
        }
        self.len > 0
    }

    /// What the nodes take, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.root.memory_bytes()
    }

    /// The leaf that has a rank, and where in it.
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

/// Members of a tree's range, from both ends.
#[derive(Clone)]
pub struct Iter<'a> {
    tree: &'a RankedTree,
    /// The ranks that are still to come, those in `front` and `back` included.
    ranks: Range<usize>,
    /// What is left of the leaf that holds the first of them.
    front: (&'a [f64], &'a [Option<Member>]),
    /// What is left of the leaf that holds the last of them.
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

/// Whether one member comes before another.
#[inline]
fn is_before(score: f64, member: &Member, other_score: f64, other: &[u8]) -> bool {
    match score.partial_cmp(&other_score) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => member.bytes() < other,
        _ => false,
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::Leaf(Leaf::new())
    }
}

impl Node {
    /// The members or children it has.
    #[inline]
    fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len,
            Self::Branch(branch) => branch.len,
        }
    }

    const fn max(&self) -> usize {
        match self {
            Self::Leaf(_) => LEAF_MAX,
            Self::Branch(_) => BRANCH_MAX,
        }
    }

    fn insert(&mut self, score: f64, member: Member, edges: Edges) -> Option<Split> {
        match self {
            Self::Leaf(leaf) => leaf.insert(score, member, edges),
            Self::Branch(branch) => branch.insert(score, member, edges),
        }
    }

    /// Gives a member the score of its head where it then stays between two others of its leaf.
    fn rescore(&mut self, from: f64, member: &Member) -> bool {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(leaf) => return leaf.rescore(from, member),
                Self::Branch(branch) => {
                    let child = branch.child_of(&|at, bound: &Member| {
                        !is_before(from, member, at, bound.bytes())
                    });
                    node = branch.child_mut(child);
                }
            }
        }
    }

    /// Removes up to `most` members from `rank` on, as many as one leaf has; how many that were.
    fn remove_some(
        &mut self,
        mut rank: usize,
        most: usize,
        removed: &mut impl FnMut(Member),
    ) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.remove_some(rank, most, removed),
            Self::Branch(branch) => {
                let child = branch.child_at(&mut rank);
                let taken = branch.child_mut(child).remove_some(rank, most, removed);
                branch.counts[child] -= taken;
                branch.settle(child);
                taken
            }
        }
    }

    /// A branch with one child gives way to it, and one with none to an empty leaf.
    fn lose_height(&mut self) {
        while let Self::Branch(branch) = self
            && branch.len <= 1
        {
            *self = branch.children[0].take().unwrap_or_default();
        }
    }

    /// Drops the last leaf below, and the branches that it leaves without a child; how many members that were.
    fn drop_last_leaf(&mut self) -> usize {
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
                    child => child.drop_last_leaf(),
                };
                branch.counts[last] -= dropped;
                if branch.counts[last] == 0 {
                    branch.remove_child(last);
                }
                dropped
            }
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Self::Leaf(_) => size_of::<Leaf>(),
            Self::Branch(branch) => {
                let below = branch.children.iter().flatten().map(Self::memory_bytes);
                size_of::<Branch>() + below.sum::<usize>()
            }
        }
    }
}

impl Leaf {
    fn new() -> Box<Self> {
        Box::new(Self { len: 0, scores: [0.0; LEAF_MAX], members: [const { None }; LEAF_MAX] })
    }

    #[inline]
    fn member(&self, at: usize) -> &Member {
        self.members[at].as_ref().expect("a leaf has a member wherever it is not past its end")
    }

    #[inline]
    fn entry(&self, at: usize) -> (f64, &Member) {
        (self.scores[at], self.member(at))
    }

    #[inline]
    fn partition_point(&self, is_before: impl Fn(f64, &Member) -> bool) -> usize {
        partition_point(0..self.len, |at| is_before(self.scores[at], self.member(at)))
    }

    fn insert(&mut self, score: f64, member: Member, edges: Edges) -> Option<Split> {
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
    fn append(&mut self, other: &mut Self, from: usize) {
        let (len, more) = (self.len, other.len - from);
        self.scores[len..len + more].copy_from_slice(&other.scores[from..other.len]);
        self.members[len..len + more].swap_with_slice(&mut other.members[from..other.len]);
        self.len += more;
        other.len = from;
    }

    fn rescore(&mut self, from: f64, member: &Member) -> bool {
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

    fn remove_some(&mut self, rank: usize, most: usize, removed: &mut impl FnMut(Member)) -> usize {
        let taken = most.min(self.len - rank);
        self.members[rank..rank + taken].iter_mut().filter_map(Option::take).for_each(removed);
        self.members[rank..self.len].rotate_left(taken);
        self.scores.copy_within(rank + taken..self.len, rank);
        self.len -= taken;
        taken
    }
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

    /// A root above a node of `count` members and what has split off it.
    fn of_two(lower: Node, count: usize, upper: Split) -> Box<Self> {
        let mut branch = Self::new();
        branch.len = 1;
        branch.counts[0] = count;
        branch.children[0] = Some(lower);
        branch.insert_child(1, upper);
        branch
    }

    #[inline]
    fn child(&self, at: usize) -> &Node {
        self.children[at].as_ref().expect("a branch has a child wherever it is not past its end")
    }

    #[inline]
    fn child_mut(&mut self, at: usize) -> &mut Node {
        self.children[at].as_mut().expect("a branch has a child wherever it is not past its end")
    }

    /// The child in which the first is of which `is_before` does not hold, unless that is the very next child's first.
    #[inline]
    fn child_of(&self, is_before: &impl Fn(f64, &Member) -> bool) -> usize {
        partition_point(1..self.len, |at| {
            self.bounds[at].as_ref().is_some_and(|bound| is_before(self.scores[at], bound))
        }) - 1
    }

    /// The child that has a rank, which becomes the rank within it.
    #[inline]
    fn child_at(&self, rank: &mut usize) -> usize {
        let mut child = 0;
        while *rank >= self.counts[child] && child + 1 < self.len {
            *rank -= self.counts[child];
            child += 1;
        }
        child
    }

    fn insert(&mut self, score: f64, member: Member, edges: Edges) -> Option<Split> {
        let child =
            self.child_of(&|at, bound: &Member| !is_before(score, &member, at, bound.bytes()));
        let below = Edges {
            is_first: edges.is_first && child == 0,
            is_last: edges.is_last && child + 1 == self.len,
        };
        self.counts[child] += 1;
        let split = self.child_mut(child).insert(score, member, below)?;
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
        let bound =
            upper.bounds[0].take().expect("a child that is not a branch's first has a bound");
        let count = upper.counts[..upper.len].iter().sum();
        Some(Split { score: upper.scores[0], bound, count, node: Node::Branch(upper) })
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

    fn remove_child(&mut self, at: usize) -> Option<Node> {
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

    /// Takes over the children of `other` from `from` on.
    fn append(&mut self, other: &mut Self, from: usize) {
        let (own, more) = (self.len..self.len + other.len - from, from..other.len);
        self.counts[own.clone()].copy_from_slice(&other.counts[more.clone()]);
        self.scores[own.clone()].copy_from_slice(&other.scores[more.clone()]);
        self.bounds[own.clone()].swap_with_slice(&mut other.bounds[more.clone()]);
        self.children[own.clone()].swap_with_slice(&mut other.children[more]);
        self.len = own.end;
        other.len = from;
    }

    /// After a child has lost members: it goes if it is empty, and merges with a neighbour if both are small.
    fn settle(&mut self, child: usize) {
        let node = self.child(child);
        let (len, max) = (node.len(), node.max());
        if len == 0 {
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
                self.merge(lower);
                return;
            }
        }
    }

    /// Joins a child and the next one.
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
            _ => unreachable!("the children of a branch are of one height"),
        }
    }
}

/// The first of `range` of which `is_before` does not hold.
#[inline]
fn partition_point(range: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low.midpoint(high);
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::format;
    use alloc::vec::Vec;

    fn member(score: f64, bytes: &[u8]) -> Member {
        Member::new(score, bytes)
    }

    fn entries(tree: &RankedTree) -> Vec<(f64, Vec<u8>)> {
        tree.range(0..tree.len()).map(|(score, member)| (score, member.bytes().to_vec())).collect()
    }

    /// What is said at the top of the file; returns the height.
    fn check(tree: &RankedTree) -> usize {
        let all = entries(tree);
        assert_eq!(all.len(), tree.len());
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

    /// How full the leaves are.
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
    fn members_in_order_fill_the_leaves_and_others_two_thirds_of_them() {
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

    /// Random changes to a tree and to a sorted vector.
    #[test]
    fn it_is_a_sorted_vector() {
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
                    // From both ends, by chance.
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
