//! Freeing in slices: what was removed at once need not be freed at once.

use super::{record::Record, segment::Segments, table::Table};
use alloc::collections::VecDeque;

/// Memory on its way back: flushed databases and huge values.
#[derive(Default)]
pub struct LazyFree {
    tables: VecDeque<Segments>,
    records: VecDeque<Record>,
    pending: usize,
}

impl LazyFree {
    /// How many records wait to be freed: `lazyfree_pending_objects`.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.pending
    }

    /// Takes over a whole database.
    pub fn push_table(&mut self, table: Table) {
        self.pending += table.len();
        self.tables.push_back(table.segments);
    }

    /// Takes over a record, for the sake of a value that takes long to free.
    pub fn push_record(&mut self, record: Record) {
        self.pending += 1;
        self.records.push_back(record);
    }

    /// Frees about `budget` records; says whether more are left.
    pub fn free_some(&mut self, budget: usize) -> bool {
        let mut freed = 0;
        while freed < budget {
            if self.records.pop_front().is_some() {
                freed += 1;
            } else if let Some(segments) = self.tables.front_mut() {
                match segments.pop() {
                    Some(segment) => freed += segment.len(),
                    None => drop(self.tables.pop_front()),
                }
            } else {
                break;
            }
        }
        self.pending -= freed;
        self.pending > 0
    }
}
