//! The storage of all keys.
//!
//! [`Keyspace`] has the databases that `SELECT` chooses from, each a [`Table`](crate::table::Table)
//! of [`Record`](crate::value::record::Record)s. It handles keys, values and deadlines, but no
//! commands, and does not expire keys by itself: a caller that looks a key up checks whether the
//! record [is expired](crate::table::Entry::is_expired).

pub mod access;
pub mod database;
pub mod lazyfree;

use crate::random::Seed;
use alloc::vec::Vec;
use core::{
    mem,
    ops::{Index, IndexMut},
};
use database::Database;
use lazyfree::LazyFree;

/// All databases, and the parts of flushed ones that are still to be freed.
pub struct Keyspace {
    databases: Vec<Database>,
    /// The databases from this index on were never used.
    unused_from: usize,
    seed: Seed,
    /// Values and databases that are being freed in slices.
    pub lazyfree: LazyFree,
    /// Scratch buffer for editing small collections.
    pub(crate) scratch: Vec<u8>,
}

impl Keyspace {
    /// Creates a keyspace of `databases` empty databases.
    #[must_use]
    pub fn new(databases: usize, seed: Seed) -> Self {
        let databases = (0..databases).map(|_| Database::new(seed)).collect();
        Self { databases, unused_from: 0, seed, lazyfree: LazyFree::default(), scratch: Vec::new() }
    }

    /// Returns the number of databases.
    #[must_use]
    pub fn databases(&self) -> usize {
        self.databases.len()
    }

    /// Returns the indexes of the databases that have keys now.
    pub(crate) fn filled(&self) -> impl Iterator<Item = usize> + use<> {
        let databases = &self.databases[..self.unused_from];
        let filled = databases.iter().enumerate().filter(|(_, database)| !database.is_empty());
        filled.map(|(index, _)| index).collect::<Vec<_>>().into_iter()
    }

    /// Iterates over the databases.
    pub fn iter(&self) -> impl Iterator<Item = &Database> {
        self.databases.iter()
    }

    /// Returns the size in bytes of all databases that were ever used. Memory waiting to be freed
    /// is not counted.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.databases[..self.unused_from].iter().map(Database::memory_bytes).sum()
    }

    /// Returns a database together with the queue that frees what is removed from it.
    pub fn database_and_lazyfree(&mut self, database: usize) -> (&mut Database, &mut LazyFree) {
        (&mut self.databases[database], &mut self.lazyfree)
    }

    /// Exchanges the contents of two databases: `SWAPDB`.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.unused_from = self.unused_from.max(a + 1).max(b + 1);
        self.databases.swap(a, b);
    }

    /// Returns the seed that determines the order of every table.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// Empties a database in constant time and returns the number of keys it had. Its memory is
    /// freed through [`lazyfree`](Self::lazyfree).
    pub fn flush(&mut self, database: usize) -> usize {
        let flushed = mem::replace(&mut self.databases[database], Database::new(self.seed));
        let len = flushed.len();
        self.lazyfree.push_database(flushed);
        len
    }
}

impl Index<usize> for Keyspace {
    type Output = Database;

    #[inline]
    fn index(&self, database: usize) -> &Database {
        &self.databases[database]
    }
}

impl IndexMut<usize> for Keyspace {
    #[inline]
    fn index_mut(&mut self, database: usize) -> &mut Database {
        self.unused_from = self.unused_from.max(database + 1);
        &mut self.databases[database]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{
        record::{AccessClock, Record},
        string::StringRef,
    };
    use alloc::format;

    fn put(database: &mut Database, key: &str) {
        database.insert(Record::new(
            key.as_bytes(),
            StringRef::text(b"v"),
            None,
            AccessClock::default(),
        ));
    }

    #[test]
    fn swapped_databases_keep_their_keys_and_hashes() {
        let mut keyspace = Keyspace::new(2, Seed(1));
        put(&mut keyspace[0], "a");
        let hash = keyspace[1].hash(b"a");
        keyspace.swap(0, 1);
        assert!(keyspace[0].is_empty());
        assert!(keyspace[1].find_hashed(hash, b"a").is_some());
    }

    #[test]
    fn a_flushed_database_is_empty_immediately_and_freed_in_slices() {
        let mut keyspace = Keyspace::new(1, Seed(1));
        for i in 0..10_000 {
            put(&mut keyspace[0], &format!("key:{i}"));
        }
        assert_eq!(keyspace.flush(0), 10_000);
        assert_eq!((keyspace[0].len(), keyspace[0].expiring_len()), (0, 0));
        assert_eq!(keyspace.lazyfree.pending(), 10_000);
        let mut slices = 0;
        while keyspace.lazyfree.free_some(1000) {
            slices += 1;
            assert!(keyspace.lazyfree.pending() >= 10_000_usize.saturating_sub(slices * 1104));
        }
        assert!((9..=10).contains(&slices), "{slices} slices");
        assert_eq!(keyspace.lazyfree.pending(), 0);
    }
}
