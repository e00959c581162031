//! Streams: entries of fields and values in ascending order of ids, and consumer groups.
//!
//! The entries are stored in nodes of about a hundred, the same nodes that Redis has; an ordered
//! map finds the node of an id. So no entries move when a stream grows, and trimming frees whole
//! nodes.
//!
//! Entries ascend from node to node and within each, and none is below its node's *master*, the id
//! by which the map finds the node. This does not hold for removed entries, which stay in their
//! nodes: after `XSETID`, new ids may be lower than theirs.

mod group;
mod id;
mod node;
#[cfg(test)]
mod tests;

use super::{
    Collection, Object, Packing, Type, Value,
    listpack::{self, Entry, Listpack},
};
use crate::memory::allocated;
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::mem;
use core::ops::{Deref, DerefMut};
pub use group::{Consumer, ConsumerIndex, Group, Pending};
pub use id::StreamId;
use node::Node;
pub use node::StreamEntry;

/// A stream.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    nodes: BTreeMap<StreamId, Node>,
    /// The memory that the nodes use, in bytes.
    node_bytes: usize,
    len: usize,
    /// The id of the last entry that was added.
    pub last_id: StreamId,
    /// The highest id that `XDEL` has removed.
    pub max_deleted_id: StreamId,
    /// The number of entries that were ever added.
    pub entries_added: u64,
    groups: BTreeMap<Box<[u8]>, Group>,
    /// The memory that the groups use, in bytes.
    group_bytes: usize,
    first_id: StreamId,
}

/// The limits of a node: `stream-node-max-bytes` and `stream-node-max-entries`. Zero means no
/// limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as above")]
pub struct StreamLimits {
    pub node_bytes: usize,
    pub node_entries: usize,
}

/// The entries that trimming keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The last entries, up to this number.
    Newest(usize),
    /// The entries from this id on.
    From(StreamId),
}

/// The parameters of trimming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// The entries to keep.
    pub keep: Keep,
    /// Whether only whole nodes are removed.
    pub is_approximate: bool,
    /// The maximum number of entries to remove.
    pub limit: Option<usize>,
}

impl Stream {
    /// Returns the number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the id of the first entry; `0-0` if there is none.
    #[must_use]
    pub const fn first_id(&self) -> StreamId {
        self.first_id
    }

    /// Returns the number of nodes.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the number of nodes in the radix tree with which Redis indexes the stream's nodes:
    /// `radix-tree-nodes` of `XINFO STREAM`.
    ///
    /// Keys of sixteen bytes share prefixes. Each place where keys diverge is a node, as is each
    /// end and each run of bytes between two of these.
    #[must_use]
    pub fn radix_node_count(&self) -> usize {
        let stretch = |from: usize, to: usize| usize::from(to > from);
        let mut keys = self.nodes.keys().map(|master| master.to_bytes()).peekable();
        // The depths at which the path to a key forks, as far as the keys before it determine them.
        let (mut nodes, mut forks) = (0, Vec::new());
        while let Some(key) = keys.next() {
            let shared = keys
                .peek()
                .map(|next| key.iter().zip(next).take_while(|(one, other)| one == other).count());
            let mut below = key.len();
            nodes += 1;
            while let Some(fork) = forks.pop_if(|fork| Some(*fork) >= shared) {
                nodes += stretch(fork + 1, below);
                below = fork;
            }
            match shared {
                None => nodes += stretch(0, below),
                Some(shared) => {
                    if below != shared {
                        nodes += 1 + stretch(shared + 1, below);
                    }
                    forks.push(shared);
                }
            }
        }
        nodes.max(1)
    }

    /// Iterates over the nodes as Redis dumps them, each with its master.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (StreamId, Listpack)> {
        self.nodes.iter().map(|(master, node)| (*master, node.dump(*master)))
    }

    /// Iterates over the entries from one id to another.
    pub fn range(&self, start: StreamId, end: StreamId) -> impl Iterator<Item = StreamEntry<'_>> {
        let before = self.nodes.range(..=start).next_back();
        let first = before.map_or(start, |(master, _)| *master);
        self.nodes
            .range(first..=end.max(first))
            .flat_map(move |(master, node)| node.live_from(*master, start))
            .map(|stored| stored.entry)
            .take_while(move |entry| entry.id <= end)
    }

    /// Iterates over the entries from one id back to another.
    pub fn range_back(
        &self,
        start: StreamId,
        end: StreamId,
    ) -> impl Iterator<Item = StreamEntry<'_>> {
        self.nodes
            .range(..=end)
            .rev()
            .flat_map(|(master, node)| node.live_back(*master))
            .map(|stored| stored.entry)
            .skip_while(move |entry| entry.id > end)
            .take_while(move |entry| entry.id >= start)
    }

    /// Returns the last entry.
    #[must_use]
    pub fn last(&self) -> Option<StreamEntry<'_>> {
        self.range_back(StreamId::MIN, StreamId::MAX).next()
    }

    /// Returns the id of the last entry.
    #[must_use]
    pub fn last_entry_id(&self) -> Option<StreamId> {
        self.nodes.iter().rev().find_map(|(master, node)| node.last_live(*master))
    }

    /// Returns `true` if an entry with this id exists.
    #[must_use]
    pub fn contains(&self, id: StreamId) -> bool {
        self.range(id, id).next().is_some()
    }

    /// Adds an entry, whose fields and values alternate. Its id must be greater than the last one.
    pub fn push<'a>(
        &mut self,
        id: StreamId,
        pairs: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
        limits: &StreamLimits,
    ) {
        debug_assert!(id > self.last_id, "the id is greater than the last one");
        let bytes: usize = pairs.clone().map(<[u8]>::len).sum();
        let max_bytes = match limits.node_bytes {
            0 => listpack::MAX_BYTES,
            bytes => bytes.min(listpack::MAX_BYTES),
        };
        let words = pairs.map(Entry::encode);
        match self.nodes.last_entry() {
            Some(mut last)
                if *last.key() < id
                    && last.get().dumped_bytes() + bytes < max_bytes
                    && (limits.node_entries == 0 || last.get().all() < limits.node_entries) =>
            {
                let master = *last.key();
                measured(&mut self.node_bytes, last.get_mut(), |node| node.push(master, id, words));
            }
            last => {
                if let Some(mut full) = last {
                    measured(&mut self.node_bytes, full.get_mut(), Node::shrink_to_fit);
                }
                self.drop_nodes_from(id);
                let mut node = Node::new(id, words.clone().step_by(2));
                node.push(id, id, words);
                self.node_bytes += node.memory_bytes();
                self.nodes.insert(id, node);
            }
        }
        self.entries_added = self.entries_added.wrapping_add(1);
        self.len += 1;
        self.last_id = id;
        if self.len == 1 {
            self.first_id = id;
        }
    }

    /// Drops the nodes whose masters are not below a new id. They contain removed entries only:
    /// trimming has left them, and `XSETID` has lowered the last id since.
    fn drop_nodes_from(&mut self, id: StreamId) {
        while let Some(last) = self.nodes.last_entry().filter(|last| *last.key() >= id) {
            debug_assert_eq!(last.get().count(), 0, "a dropped node contains removed entries only");
            self.node_bytes -= last.remove().memory_bytes();
        }
    }

    /// Removes an entry. Returns `true` if it existed.
    pub fn remove(&mut self, id: StreamId) -> bool {
        if !self.remove_from_node(id) {
            return false;
        }
        self.max_deleted_id = self.max_deleted_id.max(id);
        if self.is_empty() || id == self.first_id {
            self.find_first();
        }
        true
    }

    fn remove_from_node(&mut self, id: StreamId) -> bool {
        let Some((master, node)) = self.nodes.range_mut(..=id).next_back() else { return false };
        let master = *master;
        let found = node.live_from(master, id).next();
        let Some(found) = found.filter(|stored| stored.entry.id == id) else { return false };
        if node.count() == 1 {
            self.node_bytes -= node.memory_bytes();
            self.nodes.remove(&master);
        } else {
            let at = found.at;
            node.remove(&[at]);
        }
        self.len -= 1;
        true
    }

    /// Removes old entries. Returns their number.
    pub fn trim(&mut self, trim: &Trim) -> usize {
        let before = self.len;
        while let Some(first) = self.nodes.first_entry() {
            let removed = before - self.len;
            let count = first.get().count();
            if trim.limit.is_some_and(|limit| removed + count > limit) {
                break;
            }
            let goes = match trim.keep {
                Keep::Newest(keep) if self.len <= keep => break,
                Keep::Newest(keep) => self.len - count >= keep,
                // Removed entries count too, as in Redis.
                Keep::From(id) => first.get().last() < id,
            };
            if !goes {
                break;
            }
            self.node_bytes -= first.remove().memory_bytes();
            self.len -= count;
        }
        if !trim.is_approximate {
            self.trim_entries(trim.keep);
        }
        if self.len < before {
            self.find_first();
        }
        before - self.len
    }

    /// Removes the old entries of the first node that keeps some, and all nodes before it.
    fn trim_entries(&mut self, keep: Keep) {
        for (master, node) in &mut self.nodes {
            let live = node.live(*master);
            let going: Vec<usize> = match keep {
                Keep::Newest(keep) => {
                    live.take(self.len.saturating_sub(keep)).map(|stored| stored.at).collect()
                }
                Keep::From(id) => {
                    live.take_while(|stored| stored.entry.id < id).map(|stored| stored.at).collect()
                }
            };
            self.len -= going.len();
            node.remove(&going);
            if node.count() > 0 {
                break;
            }
        }
    }

    fn find_first(&mut self) {
        let first = self.range(StreamId::MIN, StreamId::MAX).next();
        self.first_id = first.map_or(StreamId::MIN, |entry| entry.id);
    }

    // ---- groups ---------------------------------------------------------------------------------

    /// Iterates over the consumer groups, by name.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (&[u8], &Group)> {
        self.groups.iter().map(|(name, group)| (&**name, group))
    }

    /// Returns the group with this name.
    #[must_use]
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.get(name)
    }

    /// Returns the group with this name, for modification.
    pub fn group_mut(&mut self, name: &[u8]) -> Option<GroupMut<'_>> {
        let group = self.groups.get_mut(name)?;
        Some(GroupMut { before: group.memory_bytes(), group, total: &mut self.group_bytes })
    }

    /// Adds a group. Returns `false` if the name exists already.
    pub fn add_group(&mut self, name: &[u8], group: Group) -> bool {
        if self.groups.contains_key(name) {
            return false;
        }
        self.group_bytes += group_bytes(name, &group);
        self.groups.insert(name.into(), group);
        true
    }

    /// Removes a group and returns it.
    pub fn remove_group(&mut self, name: &[u8]) -> Option<Group> {
        let group = self.groups.remove(name)?;
        self.group_bytes -= group_bytes(name, &group);
        Some(group)
    }

    /// Advances a group past entries that were delivered to it, in order.
    pub fn advance(&mut self, name: &[u8], ids: &[StreamId]) {
        let Some(mut group) = self.groups.get_mut(name).map(mem::take) else { return };
        for &id in ids.iter().filter(|id| **id > group.last_id) {
            match &mut group.entries_read {
                Some(read) if !self.has_tombstones_from(id) => *read = read.wrapping_add(1),
                read if self.entries_added > 0 => *read = self.entries_up_to(id),
                _ => {}
            }
        }
        group.last_id = ids.last().map_or(group.last_id, |last| group.last_id.max(*last));
        self.groups.get_mut(name).into_iter().for_each(|place| mem::swap(place, &mut group));
    }

    /// Returns the number of entries that a group has yet to read, if it can be determined.
    #[must_use]
    pub fn lag(&self, group: &Group) -> Option<i64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        let read = match group.entries_read {
            Some(read) if !self.has_tombstones_from(group.last_id) => Some(read),
            _ => self.entries_up_to(group.last_id),
        };
        read.map(|read| self.entries_added.wrapping_sub(read) as i64)
    }

    /// Returns `true` if an entry from `id` on may have been removed.
    fn has_tombstones_from(&self, id: StreamId) -> bool {
        let is_behind = self.first_id <= self.max_deleted_id && id <= self.max_deleted_id;
        self.len > 0 && self.max_deleted_id != StreamId::MIN && is_behind
    }

    /// Returns the number of entries up to `id` that were ever added, if it can be determined.
    #[must_use]
    pub fn entries_up_to(&self, id: StreamId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if id == self.last_id || self.len == 0 && id < self.last_id {
            return Some(self.entries_added);
        }
        let has_gaps = self.max_deleted_id != StreamId::MIN && self.max_deleted_id >= self.first_id;
        if id > self.last_id || has_gaps || id > self.first_id {
            return None;
        }
        let before = self.entries_added.wrapping_sub(self.len as u64);
        Some(before.wrapping_add(u64::from(id == self.first_id)))
    }

    // ---- as a value -----------------------------------------------------------------------------

    /// Adds a dumped node. Returns `false` if the bytes are not a node, or if its ids overlap with
    /// those of another node.
    pub fn add_node(&mut self, master: StreamId, list: &Listpack) -> bool {
        let Some((master, node)) = Node::load(master, list.as_ref()) else { return false };
        let before = self.nodes.range(..=master).next_back();
        let after = self.nodes.range(master..).next();
        let follows =
            before.is_none_or(|(at, node)| *at < master && node.last_live(*at) < Some(master));
        let precedes = after.is_none_or(|(next, _)| node.last_live(master) < Some(*next));
        if !follows || !precedes {
            return false;
        }
        self.len += node.count();
        self.node_bytes += node.memory_bytes();
        self.nodes.insert(master, node);
        self.find_first();
        true
    }

    /// Returns the memory that the stream uses, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        /// The size of a stream without what it points to.
        const STREAM_BYTES: usize = 160;
        /// The size of an entry in the tree of nodes. Its nodes have room for eleven entries and
        /// are about half full, since ids ascend.
        const TREE_BYTES: usize = 896;
        let tree_bytes = self.nodes.len().div_ceil(6) * TREE_BYTES;
        STREAM_BYTES + self.node_bytes + tree_bytes + self.group_bytes
    }

    /// See [`Object::free_some`].
    pub fn free_some(&mut self, budget: usize) -> usize {
        let mut freed = 0;
        while freed < budget && self.nodes.pop_first().is_some() {
            freed += 1;
        }
        while freed < budget
            && let Some(mut group) = self.groups.first_entry()
        {
            let some = group.get_mut().free_some(budget - freed);
            freed += some;
            if freed < budget {
                group.remove();
            }
        }
        freed
    }
}

/// Returns the memory that a group uses, with its name and its entry in a tree.
fn group_bytes(name: &[u8], group: &Group) -> usize {
    const GROUP_BYTES: usize = 256;
    GROUP_BYTES + allocated(name.len()) + group.memory_bytes()
}

/// Mutable access to a stream's group. Updates the stream's memory usage when dropped.
#[derive(Debug)]
pub struct GroupMut<'a> {
    group: &'a mut Group,
    before: usize,
    total: &'a mut usize,
}

impl Deref for GroupMut<'_> {
    type Target = Group;

    fn deref(&self) -> &Group {
        self.group
    }
}

impl DerefMut for GroupMut<'_> {
    fn deref_mut(&mut self) -> &mut Group {
        self.group
    }
}

impl Drop for GroupMut<'_> {
    fn drop(&mut self) {
        *self.total = *self.total - self.before + self.group.memory_bytes();
    }
}

/// Edits a node and updates `total`, the memory usage of all nodes.
fn measured(total: &mut usize, node: &mut Node, edit: impl FnOnce(&mut Node)) {
    let before = node.memory_bytes();
    edit(node);
    *total = *total - before + node.memory_bytes();
}

impl Collection for Stream {
    const TYPE: Type = Type::Stream;
    type Ref<'a> = &'a Self;

    fn view_packed(_: Packing, _: &[u8]) -> &Self {
        unreachable!("no packing is a stream's")
    }

    fn view(&self) -> &Self {
        self
    }

    fn unpack(_: Packing, _: Vec<u8>) -> Self {
        unreachable!("no packing is a stream's")
    }

    fn packed(&self) -> Option<(Packing, &[u8])> {
        None
    }

    fn into_value(self) -> Value<'static> {
        Value::Object(Box::new(Object::Stream(Box::new(self))))
    }

    fn from_object(object: &Object) -> Option<&Self> {
        match object {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn from_object_mut(object: &mut Object) -> Option<&mut Self> {
        match object {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn is_drained(&self) -> bool {
        false
    }
}
