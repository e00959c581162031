//! Lazy freeing: large values are removed at once and freed in slices.

use super::database::Database;
use crate::limits;
use crate::table::Remains;
use crate::value::{Object, record::Record};
use alloc::{boxed::Box, collections::VecDeque};

/// Memory waiting to be freed: flushed databases and large collections.
#[derive(Default)]
pub struct LazyFree {
    databases: VecDeque<Remains<Record>>,
    objects: VecDeque<Box<Object>>,
    pending: usize,
    freed: u64,
}

impl LazyFree {
    /// Returns the number of values waiting to be freed: `lazyfree_pending_objects`.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.pending
    }

    /// Returns the number of values freed lazily so far: `lazyfreed_objects`.
    #[must_use]
    pub const fn freed(&self) -> u64 {
        self.freed
    }

    /// Resets the counter of freed values.
    pub const fn reset_freed(&mut self) {
        self.freed = 0;
    }

    /// Enqueues a whole database.
    pub fn push_database(&mut self, database: Database) {
        self.pending += database.len();
        self.databases.push_back(database.dismantle());
    }

    /// Enqueues a record whose value may take long to free.
    #[inline]
    pub fn push_record(&mut self, record: Record) {
        if record.owns_heap()
            && let Some(object) = record.into_object()
        {
            self.push_object(object);
        }
    }

    /// Enqueues an object, or a part of one. Drops a small one immediately.
    pub fn push_object(&mut self, mut object: Box<Object>) {
        if object.free_some(limits::FREED_AT_ONCE) >= limits::FREED_AT_ONCE {
            self.pending += 1;
            self.objects.push_back(object);
        }
    }

    /// Frees about `budget` records or elements, and at most a segment more. Returns `true` if more
    /// are left.
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

    const fn settle(&mut self, values: usize) {
        self.pending -= values;
        self.freed += values as u64;
    }

    /// Frees some elements of an object, and the object itself after its last element. Returns the
    /// number of elements freed.
    fn free_elements(&mut self, budget: usize) -> usize {
        let Some(object) = self.objects.front_mut() else { return 0 };
        let freed = object.free_some(budget);
        if freed < budget {
            self.objects.pop_front();
            self.settle(1);
        }
        freed + 1
    }

    /// Frees a segment of a database, except for its large collections, which are enqueued to be
    /// freed next. Returns the number of records in the segment.
    fn free_records(&mut self) -> usize {
        let Some(database) = self.databases.front_mut() else { return 0 };
        let Some(records) = database.pop() else {
            self.databases.pop_front();
            return 1;
        };
        let freed = records.len();
        self.settle(freed);
        records.for_each(|record| self.push_record(record));
        freed
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};

    use crate::client::Peer;
    use crate::config::Config;
    use crate::engine::Engine;
    use crate::random::Seed;
    use crate::time::UnixMicros;

    #[test]
    fn only_large_values_are_freed_lazily() {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let now = UnixMicros(1);
        let client = engine.connect(Peer::local(), now).expect("there is room");
        let mut ask = |command: &str| {
            engine.receive(client, command.as_bytes(), now);
            let reply = String::from_utf8_lossy(&engine.output(client).to_vec()).into_owned();
            engine.consume(client, engine.output(client).len(), now);
            reply
        };
        for (len, pending) in [(30, 0), (500, 1)] {
            let members = (0..len).map(|number: u32| format!(" {number:070}"));
            ask(&format!("SADD key{}\n", members.collect::<String>()));
            let memory = ask("UNLINK key\nINFO memory\n");
            assert!(
                memory.contains(&format!("lazyfree_pending_objects:{pending}\r\n")),
                "{memory}"
            );
        }
        while engine.tick(now) <= now {}
        engine.receive(client, b"INFO memory\n", now);
        let memory = String::from_utf8_lossy(&engine.output(client).to_vec()).to_string();
        assert!(
            memory.contains("lazyfree_pending_objects:0\r\nlazyfreed_objects:1\r\n"),
            "{memory}"
        );
    }
}
