//! The size of a table, available at any time.
//!
//! The table maintains the sum of its entries' sizes, because every insertion, removal and change
//! passes through it. The remaining size is computed from the number of segments and entries, not
//! from what the segments have really allocated: when a segment grows depends on the tombstones of
//! removed entries, and these depend on the width of the processor's vectors.

use super::{Entry, Table, segment::SEGMENT_MAX};
use crate::memory::allocated;

/// Size of an empty table.
pub const TABLE_BYTES: usize = 256;

/// Size of a segment without its buckets.
const SEGMENT_BYTES: usize = 80;

impl<E: Entry> Table<E> {
    /// Returns the size of the table with its entries, in bytes.
    #[inline]
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.entry_bytes + self.memory_overhead_bytes()
    }

    /// Returns the size of the table without its entries.
    #[inline]
    #[must_use]
    pub fn memory_overhead_bytes(&self) -> usize {
        let segments = self.segments.len();
        let times = if self.deadlines.count > 0 { segments * size_of::<u64>() } else { 0 };
        // In a table of several segments, each segment was full once or is half of one that was.
        let entries = if segments == 1 { self.len } else { SEGMENT_MAX };
        TABLE_BYTES + segments * segment_bytes(entries) + self.directory.memory_bytes() + times
    }
}

/// Returns the size of a segment that has grown to `entries` entries: a pointer and a tag for each
/// bucket, of which one in eight stays free, and a byte for each entry's place in the order.
#[inline]
const fn segment_bytes(entries: usize) -> usize {
    if entries == 0 {
        return SEGMENT_BYTES;
    }
    let buckets = if entries < 4 { 4 } else { (entries * 8 / 7).next_power_of_two() };
    SEGMENT_BYTES + allocated(buckets * 9 + 16) + allocated(buckets / 8 * 7)
}

/// Changes an entry and updates `total` by the difference in size.
#[inline]
pub(super) fn measured<E: Entry, R>(
    total: &mut usize,
    entry: &mut E,
    change: impl FnOnce(&mut E) -> R,
) -> R {
    let before = entry.memory_bytes();
    let result = change(entry);
    *total = *total - before + entry.memory_bytes();
    result
}

#[cfg(test)]
mod tests {
    use super::super::segment::Segment;
    use super::super::tests::{Item, put};
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::format;

    /// Returns what the segments and the directory have really allocated, with the allocator's
    /// rounding.
    fn allocated_bytes(table: &Table<Item>) -> usize {
        let segments: usize = table.segments.iter().map(Segment::allocated_bytes).sum();
        segments + table.directory.memory_bytes()
    }

    #[test]
    fn the_counted_size_is_close_to_the_allocated_size() {
        let (mut table, mut random) = (Table::new(Seed(1)), Random::new(Seed(2)));
        let mut number = 0_u32;
        for len in [1, 3, 7, 14, 28, 56, 100, 1_000, 10_000, 50_000] {
            while table.len() < len {
                put(&mut table, &format!("key:{number}"), None);
                number += 1;
            }
            // With a record of 32 bytes each, this is within 5 % of the total.
            let near = len * 32 / 20 + 64;
            let counted = table.memory_overhead_bytes() - TABLE_BYTES;
            assert!(counted.abs_diff(allocated_bytes(&table)) < near, "{len}: {counted}");
        }
        // During eviction, one key is added for each key removed.
        for _ in 0..100_000 {
            table.pop_random(&mut random);
            put(&mut table, &format!("key:{number}"), None);
            number += 1;
        }
        let (counted, real) = (table.memory_overhead_bytes(), allocated_bytes(&table));
        assert!(counted.abs_diff(real) < 50_000 * 2, "{counted} {real}");
    }
}
