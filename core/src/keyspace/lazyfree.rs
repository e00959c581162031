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

    /// Frees `budget` records, or up to a segment more; says whether more are left.
    pub fn free_some(&mut self, budget: usize) -> bool {
        let enough = self.pending.saturating_sub(budget);
        while self.pending > enough && self.records.pop_front().is_some() {
            self.pending -= 1;
        }
        while self.pending > enough
            && let Some(segments) = self.tables.front_mut()
        {
            match segments.pop() {
                Some(segment) => self.pending -= segment.len(),
                None => drop(self.tables.pop_front()),
            }
        }
        if self.pending == 0 {
            self.tables.clear();
        }
        self.pending > 0
    }
}
