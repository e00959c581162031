//! `SCAN` and every other iteration over all keys, in the order of their hashes.
//!
//! A cursor is a hash: all keys with lower hashes have been returned, and none of the others.
//! Segments split, merge and move between calls, but a key's hash never changes, so a key that is
//! present throughout is returned exactly once. A call returns the rest of the segment that
//! contains the cursor. Clients see the cursor with its bits reversed: then it is a small number
//! while the table is small, and zero, which starts and ends a scan, is the lowest hash.

use super::{Entry, Table};

impl<E: Entry> Table<E> {
    /// Visits some of the keys, at most about a hundred, and returns the next cursor: zero after
    /// the last key.
    ///
    /// Any number is a valid cursor: one that no call returned starts somewhere in the middle.
    pub fn scan(&self, cursor: u64, visit: &mut dyn FnMut(&E)) -> u64 {
        let from = cursor.reverse_bits();
        let segment = &self.segments[self.directory.at(from)];
        for (hash, entry) in segment.sorted(&self.hasher) {
            if hash >= from {
                visit(entry);
            }
        }
        segment.node.next_hash().map_or(0, u64::reverse_bits)
    }

    /// Returns all entries, ordered by hash.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        let mut next = Some(0);
        core::iter::from_fn(move || {
            let segment = &self.segments[self.directory.at(next?)];
            next = segment.node.next_hash();
            Some(segment.sorted(&self.hasher).into_iter().map(|(_, entry)| entry))
        })
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        random::{Random, Seed},
        table::tests::{Item, check, put},
    };
    use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

    /// Scans while `disturb` changes the table between calls. Counts how often each key is
    /// returned.
    fn scan_while(
        table: &mut Table<Item>,
        mut disturb: impl FnMut(&mut Table<Item>, usize),
    ) -> BTreeMap<Vec<u8>, u32> {
        let mut seen = BTreeMap::new();
        let (mut cursor, mut calls) = (0, 0);
        loop {
            cursor = table.scan(cursor, &mut |entry| {
                *seen.entry(entry.key().to_vec()).or_default() += 1;
            });
            if cursor == 0 {
                return seen;
            }
            calls += 1;
            disturb(table, calls);
        }
    }

    fn filled(keys: usize) -> Table<Item> {
        let mut table = Table::new(Seed(6));
        for i in 0..keys {
            put(&mut table, &format!("key:{i}"), None);
        }
        table
    }

    #[test]
    fn an_undisturbed_scan_returns_every_key_once_with_small_cursors() {
        for keys in [0, 1, 100, 1000, 50_000] {
            let mut table = filled(keys);
            let entries = 1 << table.directory.depth(0).max(table.directory.depth(u64::MAX)).max(1);
            let mut largest = 0;
            let mut cursor = 0;
            while {
                cursor = table.scan(cursor, &mut |_| ());
                cursor != 0
            } {
                largest = largest.max(cursor);
            }
            assert!(largest < entries * 16, "{largest} for {keys} keys");
            let seen = scan_while(&mut table, |_, _| ());
            assert_eq!(seen.len(), keys);
            assert!(seen.values().all(|&times| times == 1));
        }
    }

    #[test]
    fn any_number_is_a_valid_cursor() {
        let table = filled(10_000);
        let mut random = Random::new(Seed(1));
        let cursors = [1, 7, u64::MAX, u64::MAX - 1, 1 << 63, i64::MAX as u64, 12_345_678_901];
        for start in cursors.into_iter().chain((0..100).map(|_| random.next_u64())) {
            let (mut cursor, mut seen) = (start, 0);
            while {
                cursor = table.scan(cursor, &mut |entry| {
                    assert!(table.hash(entry.key()) >= start.reverse_bits());
                    seen += 1;
                });
                cursor != 0
            } {}
            let after = table.iter().filter(|r| table.hash(r.key()) >= start.reverse_bits());
            assert_eq!(seen, after.count());
        }
    }

    /// Checks the guarantee of `SCAN`: a key that is present throughout is returned, here even
    /// exactly once.
    fn stays_are_returned_once(
        table: &mut Table<Item>,
        disturb: impl FnMut(&mut Table<Item>, usize),
    ) {
        let seen = scan_while(table, disturb);
        for i in 0..100 {
            assert_eq!(seen.get(format!("stays:{i}").as_bytes()), Some(&1), "stays:{i}");
        }
        let duplicates = seen.values().filter(|&&times| times > 1).count();
        assert_eq!(duplicates, 0);
        check(table);
    }

    fn with_stays(keys: usize) -> Table<Item> {
        let mut table = filled(keys);
        for i in 0..100 {
            put(&mut table, &format!("stays:{i}"), None);
        }
        table
    }

    #[test]
    fn a_scan_misses_no_key_while_the_table_grows_a_thousandfold() {
        let mut table = with_stays(200);
        let mut next = 0;
        stays_are_returned_once(&mut table, |table, _| {
            for _ in 0..50_000 {
                if next < 300_000 {
                    put(table, &format!("new:{next}"), None);
                    next += 1;
                }
            }
        });
        assert_eq!(table.len(), 300_300);
    }

    #[test]
    fn a_scan_misses_no_key_while_the_table_shrinks_a_thousandfold() {
        let mut table = with_stays(300_000);
        let mut next = 0;
        stays_are_returned_once(&mut table, |table, _| {
            for _ in 0..1000 {
                table.remove(format!("key:{next}").as_bytes());
                next += 1;
            }
        });
        assert_eq!(table.len(), 100);
    }

    #[test]
    fn a_scan_misses_no_key_while_the_table_grows_and_shrinks() {
        for seed in 0..20 {
            let mut random = Random::new(Seed(seed));
            let mut table = with_stays(3000);
            let mut keys: Vec<String> = (0..3000).map(|i| format!("key:{i}")).collect();
            let mut next = 0;
            stays_are_returned_once(&mut table, |table, calls| {
                let grow = calls % 20 < 10;
                for _ in 0..random.below(1000) {
                    if grow && keys.len() < 20_000 {
                        next += 1;
                        keys.push(format!("new:{next}"));
                        put(table, &keys[keys.len() - 1], None);
                    } else if !grow && !keys.is_empty() {
                        let key = keys.swap_remove(random.below(keys.len()));
                        assert!(table.remove(key.as_bytes()).is_some());
                    }
                }
            });
        }
    }
}
