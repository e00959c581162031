//! Where the keys live.
//!
//! [`Keyspace`] has the databases that `SELECT` chooses from, each a [`Table`] of
//! [`Record`](record::Record)s. It knows keys, values and deadlines, but no commands, and expires nothing by itself:
//! whoever looks a key up asks the record whether it [is expired](record::Record::is_expired).

pub mod access;
mod directory;
pub mod expiry;
mod hash;
pub mod lazyfree;
mod prefetch;
pub mod record;
mod scan;
mod segment;
pub mod table;

use crate::random::Seed;
use alloc::vec::Vec;
use core::{
    mem,
    ops::{Index, IndexMut},
};
use lazyfree::LazyFree;
use table::Table;

/// All databases, and what is left to free of those that were flushed.
pub struct Keyspace {
    databases: Vec<Table>,
    seed: Seed,
    /// What is freed a little at a time.
    pub lazyfree: LazyFree,
}

impl Keyspace {
    /// `databases` empty ones.
    #[must_use]
    pub fn new(databases: usize, seed: Seed) -> Self {
        let databases = (0..databases).map(|_| Table::new(seed)).collect();
        Self { databases, seed, lazyfree: LazyFree::default() }
    }

    /// How many databases there are.
    #[must_use]
    pub fn databases(&self) -> usize {
        self.databases.len()
    }

    /// Each database in turn.
    pub fn iter(&self) -> impl Iterator<Item = &Table> {
        self.databases.iter()
    }

    /// Exchanges the contents of two databases: `SWAPDB`.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.databases.swap(a, b);
    }

    /// Empties a database, whatever its size in an instant; returns how many keys it had. Its memory comes back through
    /// [`lazyfree`](Self::lazyfree).
    pub fn flush(&mut self, database: usize) -> usize {
        let flushed = mem::replace(&mut self.databases[database], Table::new(self.seed));
        let len = flushed.len();
        self.lazyfree.push_table(flushed);
        len
    }
}

impl Index<usize> for Keyspace {
    type Output = Table;

    #[inline]
    fn index(&self, database: usize) -> &Table {
        &self.databases[database]
    }
}

impl IndexMut<usize> for Keyspace {
    #[inline]
    fn index_mut(&mut self, database: usize) -> &mut Table {
        &mut self.databases[database]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::string::StringRef;
    use alloc::{format, vec};
    use record::{AccessClock, Record};
    use table::tests::put;

    #[test]
    fn swapped_databases_keep_their_keys_and_hashes() {
        let mut keyspace = Keyspace::new(2, Seed(1));
        put(&mut keyspace[0], "a", None);
        let hash = keyspace[1].hash(b"a");
        keyspace.swap(0, 1);
        assert!(keyspace[0].is_empty());
        assert!(keyspace[1].find_hashed(hash, b"a").is_some());
    }

    #[test]
    fn a_flushed_database_is_empty_at_once_and_freed_in_slices() {
        let mut keyspace = Keyspace::new(1, Seed(1));
        for i in 0..10_000 {
            put(&mut keyspace[0], &format!("key:{i}"), Some(i));
        }
        assert_eq!(keyspace.flush(0), 10_000);
        assert_eq!((keyspace[0].len(), keyspace[0].expiring_len()), (0, 0));
        let huge = vec![b'x'; 1 << 20];
        let huge = Record::new(b"huge", StringRef::new(&huge), None, AccessClock::default());
        keyspace.lazyfree.push_record(huge);
        assert_eq!(keyspace.lazyfree.pending(), 10_001);
        let mut slices = 0;
        while keyspace.lazyfree.free_some(1000) {
            slices += 1;
            assert!(keyspace.lazyfree.pending() >= 10_001_usize.saturating_sub(slices * 1104));
        }
        assert!((9..=10).contains(&slices), "{slices} slices");
        assert_eq!(keyspace.lazyfree.pending(), 0);
    }
}
