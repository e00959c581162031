//! Freeing in slices: what was removed at once need not be freed at once.

use super::database::Database;
use crate::limits;
use crate::table::Remains;
use crate::value::{Object, record::Record};
use alloc::{boxed::Box, collections::VecDeque};

/// Memory on its way back: flushed databases and large collections.
#[derive(Default)]
pub struct LazyFree {
    databases: VecDeque<Remains<Record>>,
    objects: VecDeque<Box<Object>>,
    pending: usize,
    freed: u64,
}

impl LazyFree {
    /// How many values wait to be freed: `lazyfree_pending_objects`.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.pending
    }

    /// How many values were freed that had waited: `lazyfreed_objects`.
    #[must_use]
    pub const fn freed(&self) -> u64 {
        self.freed
    }

    /// Counts from zero again.
    pub const fn reset_freed(&mut self) {
        self.freed = 0;
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

    /// Takes over an object, or a part of one. A small one is freed at once.
    pub fn push_object(&mut self, mut object: Box<Object>) {
        if object.free_some(limits::FREED_AT_ONCE) >= limits::FREED_AT_ONCE {
            self.pending += 1;
            self.objects.push_back(object);
        }
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

    const fn settle(&mut self, values: usize) {
        self.pending -= values;
        self.freed += values as u64;
    }

    /// Frees some elements of an object, and the object with the last; returns how many.
    fn free_elements(&mut self, budget: usize) -> usize {
        let Some(object) = self.objects.front_mut() else { return 0 };
        let freed = object.free_some(budget);
        if freed < budget {
            self.objects.pop_front();
            self.settle(1);
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
    fn only_what_is_large_waits() {
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
