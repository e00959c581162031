//! Consumer groups: how far each has read, and what its consumers have been given and have not acknowledged.
//!
//! An entry that waits for its acknowledgement stands in the group's list with its consumer's number, and in the consumer's own
//! as an id alone.

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
    /// The last entry that was given to a consumer as new.
    pub last_id: StreamId,
    /// How many entries of the stream's history it has read, if that is known.
    pub entries_read: Option<u64>,
    pending: BTreeMap<StreamId, Pending>,
    names: BTreeMap<Rc<[u8]>, ConsumerIndex>,
    /// What the names take.
    name_bytes: usize,
    consumers: Vec<Option<Consumer>>,
    /// Numbers that are free.
    free: Vec<ConsumerIndex>,
}

/// An entry that was given to a consumer, who has not acknowledged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Who has it.
    pub consumer: ConsumerIndex,
    /// When it was given, in Unix milliseconds.
    pub delivered_ms: i64,
    /// How often.
    pub deliveries: i64,
}

/// A member of a consumer group.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Its name.
    pub name: Rc<[u8]>,
    /// When it last tried to do something, in Unix milliseconds.
    pub seen_ms: i64,
    /// When it last got something.
    pub active_ms: Option<i64>,
    /// What it has not acknowledged.
    pub pending: BTreeSet<StreamId>,
}

/// What a name takes, with its place in a tree.
const fn name_bytes(name: &[u8]) -> usize {
    allocated(name.len() + 16) + 48
}

impl Group {
    /// One that has read up to `last_id`.
    #[must_use]
    pub fn new(last_id: StreamId, entries_read: Option<u64>) -> Self {
        Self { last_id, entries_read, ..Self::default() }
    }

    /// What is not acknowledged, by id.
    pub fn pending(
        &self,
        range: impl RangeBounds<StreamId>,
    ) -> impl DoubleEndedIterator<Item = (StreamId, Pending)> {
        self.pending.range(range).map(|(id, pending)| (*id, *pending))
    }

    /// How many entries that are.
    #[must_use]
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// What is known of one entry that is not acknowledged.
    #[must_use]
    pub fn pending_at(&self, id: StreamId) -> Option<Pending> {
        self.pending.get(&id).copied()
    }

    /// The consumers, by name.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = &Consumer> {
        self.names.values().map(|index| self.consumer(*index))
    }

    /// The number of the consumer with this name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<ConsumerIndex> {
        self.names.get(name).copied()
    }

    /// The consumer with this number.
    #[must_use]
    pub fn consumer(&self, index: ConsumerIndex) -> &Consumer {
        let consumer = self.consumers.get(index as usize).and_then(Option::as_ref);
        consumer.expect("a number that is held somewhere is that of a consumer")
    }

    /// The same, to change.
    pub fn consumer_mut(&mut self, index: ConsumerIndex) -> &mut Consumer {
        let consumer = self.consumers.get_mut(index as usize).and_then(Option::as_mut);
        consumer.expect("a number that is held somewhere is that of a consumer")
    }

    /// Adds a consumer, whose name is new.
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

    /// Removes a consumer with all that it has not acknowledged; how much that was, if there is such a consumer.
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

    /// An entry is with a consumer from now on, whoever had it.
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

    /// An entry is acknowledged, or gone; whether it was waiting for that.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(pending) = self.pending.remove(&id) else { return false };
        self.consumer_mut(pending.consumer).pending.remove(&id);
        true
    }

    /// What it takes besides itself, in bytes, its trees being about half full since ids come in order.
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
