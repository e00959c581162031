//! A database: a table of records.

use crate::{
    table::Table,
    time::UnixMillis,
    value::{
        record::{AccessClock, Record},
        string::StringRef,
    },
};
use core::mem;

/// A database: the records indexed by their keys.
pub type Database = Table<Record>;

/// What happened to the previous record of the key.
#[derive(Debug)]
pub enum Put {
    /// The key had no record.
    Inserted,
    /// The record holds the new value.
    Overwritten {
        /// The deadline that the record had before.
        deadline: Option<UnixMillis>,
    },
    /// The record was replaced. Its old value may take long to free, so the caller chooses when to
    /// drop it.
    Replaced(Record),
}

impl Table<Record> {
    /// Sets the value of `key`, whose hash is `hash`. Reuses the block of the old record where
    /// possible.
    pub fn put(
        &mut self,
        hash: u64,
        key: &[u8],
        value: StringRef<'_>,
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) -> Put {
        let put = self.change_hashed(hash, key, |record| {
            if record.owns_heap() {
                let new = Record::new(key, value, deadline, clock);
                Put::Replaced(mem::replace(record, new))
            } else {
                let old = record.deadline();
                record.assign(value, deadline, clock);
                Put::Overwritten { deadline: old }
            }
        });
        put.unwrap_or_else(|| {
            self.insert_hashed(hash, Record::new(key, value, deadline, clock));
            Put::Inserted
        })
    }

    /// Sets or removes the deadline of a key. Returns `false` if the key does not exist.
    pub fn set_deadline(&mut self, key: &[u8], deadline: Option<UnixMillis>) -> bool {
        self.change(key, |record| record.set_deadline(deadline)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    #[test]
    fn a_value_that_may_take_long_to_free_is_returned() {
        let mut database = Database::new(Seed(0));
        let mut put = |value: &[u8]| {
            let (hash, clock) = (database.hash(b"k"), AccessClock::default());
            database.put(hash, b"k", StringRef::new(value), None, clock)
        };
        assert!(matches!(put(&[b'x'; 100_000]), Put::Inserted));
        assert!(matches!(put(b"v"), Put::Replaced(old) if old.string().len() == 100_000));
        assert!(matches!(put(b"v"), Put::Overwritten { deadline: None }));
    }
}
