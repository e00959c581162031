//! Freeing in slices: what was removed at once need not be freed at once.

use super::database::Database;
use crate::table::Remains;
use crate::value::{Object, record::Record};
use alloc::{boxed::Box, collections::VecDeque};

/// Memory on its way back: flushed databases and large collections.
#[derive(Default)]
pub struct LazyFree {
    databases: VecDeque<Remains<Record>>,
    objects: VecDeque<Box<Object>>,
    pending: usize,
}

impl LazyFree {
    /// How many values wait to be freed: `lazyfree_pending_objects`.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.pending
    }

    /// Takes over a whole database.
    pub fn push_database(&mut self, database: Database) {
        self.pending += database.len();
        self.databases.push_back(database.dismantle());
    }

    /// Takes over a record, for the sake of a value that may take long to free.
    #[inline]
    pub fn push_record(&mut self, record: Record) {
        if record.owns_heap()
            && let Some(object) = record.into_object()
        {
            self.push_object(object);
        }
    }

    /// Takes over an object, or a part of one.
    pub fn push_object(&mut self, object: Box<Object>) {
        self.pending += 1;
        self.objects.push_back(object);
    }

    /// Frees about `budget` records or elements, up to a segment more; says whether more are left.
    pub fn free_some(&mut self, budget: usize) -> bool {
        let mut left = budget;
        while left > 0 && self.pending > 0 {
            let freed = if self.objects.is_empty() {
                self.free_records()
            } else {
                self.free_elements(left)
            };
            left = left.saturating_sub(freed);
        }
        self.pending > 0
    }

    /// Frees some elements of an object, and the object with the last; returns how many.
    fn free_elements(&mut self, budget: usize) -> usize {
        let Some(object) = self.objects.front_mut() else { return 0 };
        let freed = object.free_some(budget);
        if freed < budget {
            self.objects.pop_front();
            self.pending -= 1;
        }
        freed + 1
    }

    /// Frees a segment of a database but for its large collections, which are next; returns how many records it had.
    fn free_records(&mut self) -> usize {
        let Some(database) = self.databases.front_mut() else { return 0 };
        let Some(records) = database.pop() else {
            self.databases.pop_front();
            return 1;
        };
        let freed = records.len();
        self.pending -= freed;
        records.for_each(|record| self.push_record(record));
        freed
    }
}
