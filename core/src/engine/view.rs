//! Lists keys for tooling: no statistics, no access times, no expiry.

use super::Engine;
use crate::keyspace::database::Database;
use crate::time::UnixMicros;
use crate::value::Type;
use crate::value::hash::Hash;
use crate::value::list::List;
use crate::value::record::Record;
use crate::value::set::Set;
use crate::value::sorted_set::SortedSet;
use crate::value::stream::Stream;

/// The visible properties of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyView<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The type, as returned by `TYPE`.
    pub value_type: Type,
    /// The encoding, as returned by `OBJECT ENCODING`.
    pub encoding: &'static str,
    /// The remaining time to live, if the key has a deadline.
    pub ttl_ms: Option<u64>,
    /// The length of a string in bytes, or the number of elements of a collection.
    pub len: usize,
}

impl Engine {
    /// Visits some keys of a database, as one call of `SCAN` does, and returns the next cursor: 0
    /// at the end.
    pub fn view_keys(
        &self,
        database: usize,
        cursor: u64,
        now: UnixMicros,
        visit: &mut dyn FnMut(KeyView<'_>),
    ) -> u64 {
        let Some(database) = self.database(database) else { return 0 };
        database.scan(cursor, &mut |record| {
            if !record.is_expired(now.millis()) {
                visit(view(record, now));
            }
        })
    }

    /// Returns the number of keys of a database, and how many of them have a deadline.
    #[must_use]
    pub fn sizes(&self, database: usize) -> Option<(usize, usize)> {
        self.database(database).map(|database| (database.len(), database.expiring_len()))
    }

    /// Returns the number of changes to data since the start. A view is still up to date if this
    /// has not grown and no time has passed.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.dataset.stats.changes
    }

    fn database(&self, index: usize) -> Option<&Database> {
        self.dataset.keyspace.iter().nth(index)
    }
}

fn view(record: &Record, now: UnixMicros) -> KeyView<'_> {
    KeyView {
        key: record.key(),
        value_type: record.value_type(),
        encoding: record.value().encoding_name(),
        ttl_ms: record.deadline().map(|deadline| deadline.0.saturating_sub(now.millis().0)),
        len: len(record, now).unwrap_or(0),
    }
}

fn len(record: &Record, now: UnixMicros) -> Option<usize> {
    Some(match record.value_type() {
        Type::String => record.string().len(),
        Type::List => record.collection::<List>()?.len(),
        Type::Set => record.collection::<Set>()?.len(),
        Type::SortedSet => record.collection::<SortedSet>()?.len(),
        Type::Hash => record.collection::<Hash>()?.len(now.millis()),
        Type::Stream => record.collection::<Stream>()?.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Peer;
    use crate::config::Config;
    use crate::random::Seed;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    #[test]
    fn viewing_keys_leaves_no_trace() {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
        let fill =
            b"SET a text PX 500\r\nRPUSH l 1 2 3\r\nHSET h f v\r\nSADD s 1\r\nZADD z 1 a 2 b\r\nXADD x 1 f v\r\n";
        engine.receive(client, fill, UnixMicros(0));
        let seen = |engine: &Engine, now| {
            let mut seen = Vec::new();
            let next = engine.view_keys(0, 0, now, &mut |key| {
                seen.push(format!(
                    "{} {} {} {:?} {}",
                    String::from_utf8_lossy(key.key),
                    key.value_type.name(),
                    key.encoding,
                    key.ttl_ms,
                    key.len
                ));
            });
            assert_eq!(next, 0, "a single call visits all keys of a small database");
            seen.sort();
            seen
        };
        let all = [
            "a string embstr Some(400) 4",
            "h hash listpack None 1",
            "l list listpack None 3",
            "s set intset None 1",
            "x stream stream None 1",
            "z zset listpack None 2",
        ];
        assert_eq!(seen(&engine, UnixMicros(100_000)), all);
        let late = UnixMicros(9_000_000);
        assert_eq!(seen(&engine, late), all[1..]);
        assert_eq!(engine.sizes(0), Some((6, 1)), "the expired key is hidden but still in place");
        assert_eq!(engine.sizes(16), None);
        let before = engine.changes();
        engine.consume(client, engine.output(client).len(), late);
        engine.receive(client, b"OBJECT IDLETIME l\r\n", late);
        assert_eq!(engine.output(client), b":9\r\n");
        assert_eq!(engine.changes(), before);
    }
}
