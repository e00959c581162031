//! Consumer groups: the position of each group, and the entries delivered to its consumers and not
//! yet acknowledged.
//!
//! A pending entry is stored in the group's list with its consumer's number, and in the consumer's
//! own list as an id alone.

use super::StreamId;
use crate::memory::allocated;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    vec::Vec,
};
use core::ops::RangeBounds;

/// A consumer's number within its group.
pub type ConsumerIndex = u32;

/// A consumer group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The id of the last entry that was delivered to a consumer as new.
    pub last_id: StreamId,
    /// The number of entries of the stream's history that it has read, if known.
    pub entries_read: Option<u64>,
    pending: BTreeMap<StreamId, Pending>,
    names: BTreeMap<Rc<[u8]>, ConsumerIndex>,
    /// The memory that the names use, in bytes.
    name_bytes: usize,
    consumers: Vec<Option<Consumer>>,
    /// Numbers that are free.
    free: Vec<ConsumerIndex>,
}

/// An entry that was delivered to a consumer and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The consumer that it was delivered to.
    pub consumer: ConsumerIndex,
    /// When it was delivered, in Unix milliseconds.
    pub delivered_ms: i64,
    /// The number of deliveries.
    pub deliveries: i64,
}

/// A member of a consumer group.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// The name.
    pub name: Rc<[u8]>,
    /// When it last attempted an interaction, in Unix milliseconds.
    pub seen_ms: i64,
    /// When it last received entries, in Unix milliseconds.
    pub active_ms: Option<i64>,
    /// The entries that it has not acknowledged.
    pub pending: BTreeSet<StreamId>,
}

/// Returns the memory that a name uses, with its entry in a tree.
const fn name_bytes(name: &[u8]) -> usize {
    allocated(name.len() + 16) + 48
}

impl Group {
    /// Creates a group that has read up to `last_id`.
    #[must_use]
    pub fn new(last_id: StreamId, entries_read: Option<u64>) -> Self {
        Self { last_id, entries_read, ..Self::default() }
    }

    /// Iterates over the entries that are not acknowledged, by id.
    pub fn pending(
        &self,
        range: impl RangeBounds<StreamId>,
    ) -> impl DoubleEndedIterator<Item = (StreamId, Pending)> {
        self.pending.range(range).map(|(id, pending)| (*id, *pending))
    }

    /// Returns the number of entries that are not acknowledged.
    #[must_use]
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// Returns the state of an entry that is not acknowledged.
    #[must_use]
    pub fn pending_at(&self, id: StreamId) -> Option<Pending> {
        self.pending.get(&id).copied()
    }

    /// Iterates over the consumers, by name.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = &Consumer> {
        self.names.values().map(|index| self.consumer(*index))
    }

    /// Returns the number of the consumer with this name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<ConsumerIndex> {
        self.names.get(name).copied()
    }

    /// Returns the consumer with this number.
    #[must_use]
    pub fn consumer(&self, index: ConsumerIndex) -> &Consumer {
        let consumer = self.consumers.get(index as usize).and_then(Option::as_ref);
        consumer.expect("the number belongs to an existing consumer")
    }

    /// Returns the consumer with this number, for modification.
    pub fn consumer_mut(&mut self, index: ConsumerIndex) -> &mut Consumer {
        let consumer = self.consumers.get_mut(index as usize).and_then(Option::as_mut);
        consumer.expect("the number belongs to an existing consumer")
    }

    /// Adds a consumer, whose name must be new.
    pub fn add(&mut self, name: &[u8], now_ms: i64) -> ConsumerIndex {
        let name: Rc<[u8]> = name.into();
        let pending = BTreeSet::new();
        let consumer =
            Consumer { name: Rc::clone(&name), seen_ms: now_ms, active_ms: None, pending };
        let index = self.free.pop().unwrap_or_else(|| {
            self.consumers.push(None);
            ConsumerIndex::try_from(self.consumers.len() - 1).expect("memory holds fewer consumers")
        });
        self.consumers[index as usize] = Some(consumer);
        self.name_bytes += name_bytes(&name);
        self.names.insert(name, index);
        index
    }

    /// Removes a consumer with all entries that it has not acknowledged. Returns their number, or
    /// `None` if the consumer does not exist.
    pub fn remove(&mut self, name: &[u8]) -> Option<usize> {
        let index = self.names.remove(name)?;
        self.name_bytes -= name_bytes(name);
        let consumer = self.consumers.get_mut(index as usize)?.take()?;
        self.free.push(index);
        for id in &consumer.pending {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// Assigns an entry to a consumer, and removes it from any other.
    pub fn assign(&mut self, id: StreamId, pending: Pending) {
        match self.pending.insert(id, pending) {
            Some(old) if old.consumer == pending.consumer => return,
            Some(old) => {
                self.consumer_mut(old.consumer).pending.remove(&id);
            }
            None => {}
        }
        self.consumer_mut(pending.consumer).pending.insert(id);
    }

    /// Removes an entry that was acknowledged or deleted. Returns `true` if it was pending.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(pending) = self.pending.remove(&id) else { return false };
        self.consumer_mut(pending.consumer).pending.remove(&id);
        true
    }

    /// Returns the memory that the group uses besides its own size, in bytes. Its trees are about
    /// half full, since ids are added in order.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        /// An entry in the group's tree and in the consumer's.
        const PENDING_BYTES: usize = 120;
        /// A consumer with its first few entries.
        const CONSUMER_BYTES: usize = 80;
        self.pending.len() * PENDING_BYTES + self.name_bytes + self.consumers.len() * CONSUMER_BYTES
    }

    /// See [`Object::free_some`](crate::value::Object::free_some).
    pub fn free_some(&mut self, budget: usize) -> usize {
        let mut freed = 0;
        while freed < budget && self.pending.pop_first().is_some() {
            freed += 1;
        }
        while freed < budget
            && let Some(last) = self.consumers.last_mut()
        {
            match last.as_mut().and_then(|consumer| consumer.pending.pop_first()) {
                Some(_) => freed += 1,
                None => drop(self.consumers.pop()),
            }
        }
        freed
    }
}
