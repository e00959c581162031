//! What a table takes, known at any time.
//!
//! The sum of its entries is kept: every way in, out, and to change an entry passes through the table. What the table takes besides
//! follows from how many segments and entries there are. It is not what the segments have really allocated, for when one
//! makes room depends on the marks that removed entries have left, and these on the width of the processor's vectors.

use super::{Entry, Table, segment::SEGMENT_MAX};
use crate::memory::allocated;

/// A table without anything in it.
pub const TABLE_BYTES: usize = 256;

/// A segment without its buckets.
const SEGMENT_BYTES: usize = 80;

impl<E: Entry> Table<E> {
    /// What the table takes with its entries, in bytes.
    #[inline]
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.entry_bytes + self.memory_overhead_bytes()
    }

    /// What it takes besides its entries.
    #[inline]
    #[must_use]
    pub fn memory_overhead_bytes(&self) -> usize {
        let segments = self.segments.len();
        let times = if self.deadlines.count > 0 { segments * size_of::<u64>() } else { 0 };
        // Of many segments each has been full, or is half of one that was.
        let entries = if segments == 1 { self.len } else { SEGMENT_MAX };
        TABLE_BYTES + segments * segment_bytes(entries) + self.directory.memory_bytes() + times
    }
}

/// A segment that has grown to so many entries: a pointer and a tag for each bucket, of which one in eight stays free, and a byte
/// for each entry's place in the order.
#[inline]
const fn segment_bytes(entries: usize) -> usize {
    if entries == 0 {
        return SEGMENT_BYTES;
    }
    let buckets = if entries < 4 { 4 } else { (entries * 8 / 7).next_power_of_two() };
    SEGMENT_BYTES + allocated(buckets * 9 + 16) + allocated(buckets / 8 * 7)
}

/// Changes an entry, of which `total` is to have what it takes then.
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

    /// What the segments and the directory have really allocated, as an allocator rounds it.
    fn allocated_bytes(table: &Table<Item>) -> usize {
        let segments: usize = table.segments.iter().map(Segment::allocated_bytes).sum();
        segments + table.directory.memory_bytes()
    }

    #[test]
    fn what_is_counted_is_close_to_what_is_allocated() {
        let (mut table, mut random) = (Table::new(Seed(1)), Random::new(Seed(2)));
        let mut number = 0_u32;
        for len in [1, 3, 7, 14, 28, 56, 100, 1_000, 10_000, 50_000] {
            while table.len() < len {
                put(&mut table, &format!("key:{number}"), None);
                number += 1;
            }
            // With a record of 32 bytes each this is within 5 % of all.
            let near = len * 32 / 20 + 64;
            let counted = table.memory_overhead_bytes() - TABLE_BYTES;
            assert!(counted.abs_diff(allocated_bytes(&table)) < near, "{len}: {counted}");
        }
        // As eviction goes on, one key comes for each that goes.
        for _ in 0..100_000 {
            table.pop_random(&mut random);
            put(&mut table, &format!("key:{number}"), None);
            number += 1;
        }
        let (counted, real) = (table.memory_overhead_bytes(), allocated_bytes(&table));
        assert!(counted.abs_diff(real) < 50_000 * 2, "{counted} {real}");
    }
}
