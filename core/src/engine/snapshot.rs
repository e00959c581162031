//! Saves all data as an RDB file, and loads it.

use alloc::format;
use alloc::vec::Vec;

use super::Engine;
use crate::REDIS_VERSION;
use crate::command::dump;
use crate::error::{self, Error};
use crate::keyspace::access::{self, AccessPolicy};
use crate::keyspace::database::Database;
use crate::limits;
use crate::persist::rdb::file::{FileReader, FileWriter, Part, Usage};
use crate::persist::rdb::{Corrupt, Kind, Version};
use crate::time::UnixMicros;
use crate::value::Type;
use crate::value::record::{AccessClock, Record};

const CHECKSUM: &str = "the checksum is wrong";
const FUNCTION: &str = "functions are not supported";
const DATABASE: &str = "the parameter `databases` does not allow this database";

/// A value of an RDB file that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// The database.
    pub database: usize,
    /// The key.
    pub key: Vec<u8>,
    /// The type of the value.
    pub value_type: Type,
    /// Why it cannot be decoded.
    pub reason: &'static str,
    /// The offset in the file at which the key begins, with its deadline and the kind of its value.
    pub offset: usize,
}

impl BadValue {
    /// Returns the error that a load fails with because of this value.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let Self { database, key, value_type, reason, offset } = self;
        let (kind, key) = (value_type.name(), key.escape_ascii());
        let reason =
            format!("the {kind} at key '{key}' of database {database} cannot be decoded: {reason}");
        bad_file(&reason, *offset)
    }
}

/// Returns the error for a file that is invalid at a byte offset.
fn bad_file(reason: &str, offset: usize) -> Error {
    Error::made(format!("ERR Bad RDB file: {reason} (at byte {offset})"))
}

/// Decides about a value that cannot be decoded: an error refuses the file, otherwise the value is
/// left out.
type OnBad<'a> = &'a mut dyn FnMut(BadValue) -> Result<(), Error>;

impl Engine {
    /// Returns all data as an RDB file. It has version 10, which Redis 7.0 reads, unless a value
    /// needs a later one.
    pub fn snapshot(&mut self, now: UnixMicros) -> Vec<u8> {
        let mut file = Vec::new();
        self.write_snapshot(now, &mut |part| file.extend_from_slice(part));
        file
    }

    /// Writes the same file part by part, so that it need not fit in memory beside the data.
    pub fn write_snapshot(&mut self, now: UnixMicros, write: &mut dyn FnMut(&[u8])) {
        let instance = &mut self.instance;
        let policy = self.dataset.access_policy;
        // As in Redis, access times and frequencies are written only if the policy uses them.
        let keeps_recency = instance.config.maxmemory_policy.ends_with("lru");
        let usage = |record: &Record| match policy {
            AccessPolicy::Frequency { decay_minutes, .. } => {
                Usage::Frequency(access::frequency_at(record.clock(), now, decay_minutes))
            }
            AccessPolicy::Recency if keeps_recency => {
                Usage::Idle(access::idle_seconds(record.clock(), now))
            }
            AccessPolicy::Recency => Usage::Unknown,
        };
        let records = self.dataset.keyspace.iter().flat_map(Database::iter);
        let version = records.fold(Version::REDIS_7_0, |version, record| {
            version.max(Kind::of(record.value(), Version::REDIS_7_0).since())
        });
        let compressor = instance.config.rdbcompression.then_some(&mut instance.compressor);
        let mut file = FileWriter::new(version, compressor);
        file.auxiliary(b"redis-ver", REDIS_VERSION.as_bytes());
        file.auxiliary(b"redis-bits", b"64");
        file.auxiliary(b"ctime", itoa::Buffer::new().format(now.seconds()).as_bytes());
        for (index, database) in
            self.dataset.keyspace.iter().enumerate().filter(|(_, db)| !db.is_empty())
        {
            file.database(index, database.len(), database.expiring_len());
            for record in database.iter().filter(|record| !record.is_expired(now.millis())) {
                file.record(record, usage(record));
                if file.untaken_bytes() >= limits::SNAPSHOT_PART_BYTES {
                    write(&file.take());
                }
            }
        }
        write(&file.finish());
    }

    /// Replaces all data with that of an RDB file. Keys that have expired by now are left out.
    ///
    /// # Errors
    /// The file cannot be read: the error names the key of a value that cannot be decoded, or the
    /// offset at which the file is corrupt. The data is unchanged then.
    pub fn load(&mut self, file: &[u8], now: UnixMicros) -> Result<(), Error> {
        self.load_or(file, now, &mut |bad| Err(bad.to_error()))
    }

    /// Loads a file like [`load`](Self::load), but leaves out the values that cannot be decoded,
    /// and returns them. If there are any, a wrong checksum is expected and is ignored.
    ///
    /// # Errors
    /// The file is not an RDB file, or is so corrupt that the end of a value cannot be found. The
    /// data is unchanged then.
    pub fn load_decodable(&mut self, file: &[u8], now: UnixMicros) -> Result<Vec<BadValue>, Error> {
        let mut left_out = Vec::new();
        self.load_or(file, now, &mut |bad| {
            left_out.push(bad);
            Ok(())
        })?;
        Ok(left_out)
    }

    fn load_or(&mut self, file: &[u8], now: UnixMicros, on_bad: OnBad<'_>) -> Result<(), Error> {
        let databases = self.read(file, now, on_bad)?;
        for (index, database) in databases.into_iter().enumerate() {
            let old = core::mem::replace(&mut self.dataset.keyspace[index], database);
            self.dataset.keyspace.lazyfree.push_database(old);
        }
        Ok(())
    }

    fn read(
        &self,
        file: &[u8],
        now: UnixMicros,
        on_bad: OnBad<'_>,
    ) -> Result<Vec<Database>, Error> {
        let seed = self.dataset.keyspace.seed();
        let loading = dump::limits(&self.instance.config, seed);
        let mut databases: Vec<Database> =
            (0..self.dataset.keyspace.databases()).map(|_| Database::new(seed)).collect();
        let (mut selected, mut used, mut has_bad) = (0, 0, false);
        let ceiling = self.instance.config.memory_ceiling.unwrap_or(usize::MAX);
        let (mut reader, mut rest) = (FileReader::default(), file);
        loop {
            let offset = file.len() - rest.len();
            let part = reader.part(&mut rest, &loading);
            match part.map_err(|Corrupt(reason)| bad_file(reason, offset))? {
                Part::End { is_intact } if is_intact || has_bad => return Ok(databases),
                Part::End { .. } => return Err(bad_file(CHECKSUM, offset)),
                Part::Undecodable { key, value_type, reason: Corrupt(reason) } => {
                    let (database, key) = (selected, key.into_owned());
                    on_bad(BadValue { database, key, value_type, reason, offset })?;
                    has_bad = true;
                }
                Part::Auxiliary(..) | Part::Sizes(..) => {}
                Part::Function(_) => return Err(bad_file(FUNCTION, offset)),
                Part::Database(index) => {
                    selected = usize::try_from(index)
                        .ok()
                        .filter(|&index| index < databases.len())
                        .ok_or_else(|| bad_file(DATABASE, offset))?;
                }
                Part::Record { key, value, deadline, usage } => {
                    let record = value.into_record(&key, deadline, self.clock(usage, now));
                    if !record.is_expired(now.millis()) {
                        used += record.memory_bytes();
                        if used > ceiling {
                            return Err(error::OUT_OF_MEMORY);
                        }
                        databases[selected].insert(record);
                    }
                }
            }
        }
    }

    /// Returns the access clock of a loaded record, with the usage from the file if the policy
    /// keeps it.
    const fn clock(&self, usage: Usage, now: UnixMicros) -> AccessClock {
        match (self.dataset.access_policy, usage) {
            (AccessPolicy::Recency, Usage::Idle(seconds)) => access::idle(seconds, now),
            (AccessPolicy::Frequency { .. }, Usage::Frequency(counter)) => {
                access::frequency(now, counter)
            }
            (policy, _) => policy.fresh(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Peer;
    use crate::config::Config;
    use crate::random::Seed;
    use alloc::string::String;

    const NOW: UnixMicros = UnixMicros(1_900_000_000_000_000);

    fn engine() -> Engine {
        Engine::new(Config::default(), Seed(1))
    }

    fn replies(engine: &mut Engine, commands: &str, now: UnixMicros) -> String {
        let client = engine.connect(Peer::local(), now).expect("there is room");
        engine.receive(client, commands.replace('\n', "\r\n").as_bytes(), now);
        let replies = engine.output(client).to_vec();
        engine.disconnect(client);
        String::from_utf8(replies).expect("text")
    }

    const FILL: &str = "SET a 1\nSET b text PX 5000\nRPUSH l 1 2 three\nSADD s x y\nSADD i 1 2 3\nHSET h f v\n\
        ZADD z 1.5 m\nSELECT 3\nMSET a other n 123456789012\nDEBUG POPULATE 20 key 300\n";

    #[test]
    fn a_snapshot_loads_and_any_corruption_is_detected() {
        let mut config = Config::default();
        let parameter = Config::parameter(b"enable-debug-command").expect("the parameter exists");
        config.set(parameter, b"yes").expect("the value is valid");
        let mut first = Engine::new(config.clone(), Seed(1));
        replies(&mut first, FILL, NOW);
        let digest = replies(&mut first, "DEBUG DIGEST\n", NOW);
        let file = first.snapshot(NOW);
        assert!(file.starts_with(b"REDIS0010"), "7.0 can read it");

        let mut second = Engine::new(config, Seed(2));
        replies(&mut second, "SET old 1\n", NOW);
        second.load(&file, NOW).expect("the file is intact");
        assert_eq!(replies(&mut second, "DEBUG DIGEST\n", NOW), digest);
        assert_eq!(replies(&mut second, "PTTL b\nEXISTS old\n", NOW), ":5000\r\n:0\r\n");

        let mut third = engine();
        // A key exists through the millisecond of its deadline.
        for (later, exists) in [(5000, ":1\r\n"), (5001, ":0\r\n")] {
            third.load(&file, NOW.after_ms(later)).expect("the file is intact");
            assert_eq!(replies(&mut third, "EXISTS b\n", NOW), exists);
        }
        assert_eq!(replies(&mut third, "GET a\n", NOW), "$1\r\n1\r\n");

        for at in (0..file.len()).step_by(7) {
            assert!(engine().load(&file[..at], NOW).is_err(), "truncated at {at}");
            let mut corrupt = file.clone();
            corrupt[at] ^= 0x41;
            assert!(engine().load(&corrupt, NOW).is_err(), "corrupt at {at}");
        }
    }

    /// A set with a duplicate member, and what follows it.
    const TWICE: &[u8] = b"\x02\x01s\x02\x01x\x01x\0\x01b\x012\xff";

    #[test]
    fn an_undecodable_value_is_named_and_can_be_left_out() {
        let mut file = b"REDIS0010\xfe\x03\0\x01a\x011".to_vec();
        let offset = file.len();
        file.extend_from_slice(TWICE);
        file.extend_from_slice(b"checksum");
        let mut engine = engine();
        replies(&mut engine, "SET old 1\n", NOW);
        let refusal = engine.load(&file, NOW).expect_err("the file has a duplicate member");
        assert_eq!(
            String::from_utf8_lossy(refusal.text()),
            "ERR Bad RDB file: the set at key 's' of database 3 cannot be decoded: an element occurs twice (at byte 16)"
        );
        assert_eq!(replies(&mut engine, "GET old\n", NOW), "$1\r\n1\r\n", "the data is unchanged");

        let left_out = engine.load_decodable(&file, NOW).expect("the rest is intact");
        let reason = "an element occurs twice";
        let (key, value_type) = (b"s".to_vec(), Type::Set);
        assert_eq!(left_out, [BadValue { database: 3, key, value_type, reason, offset }]);
        let rest = replies(&mut engine, "EXISTS old\nSELECT 3\nMGET a s b\n", NOW);
        assert_eq!(rest, ":0\r\n+OK\r\n*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n2\r\n");
    }

    #[test]
    fn a_wrong_checksum_is_refused_unless_a_value_explains_it() {
        let whole = b"REDIS0010\0\x01b\x012\xffchecksum";
        for refused in [engine().load(whole, NOW).err(), engine().load_decodable(whole, NOW).err()]
        {
            assert_eq!(refused, Some(bad_file(CHECKSUM, 14)));
        }
    }

    #[test]
    fn a_file_that_ends_within_a_value_is_refused() {
        let file = [b"REDIS0010", TWICE].concat();
        for len in 0..file.len() {
            assert!(engine().load_decodable(&file[..len], NOW).is_err(), "{len}");
        }
    }

    #[test]
    fn a_file_can_be_read_incrementally() {
        let mut first = engine();
        replies(&mut first, "SET a 1\nRPUSH l 1 2 three\nSELECT 3\nSET b 2\n", NOW);
        let file = first.snapshot(NOW);
        let limits = dump::limits(&first.instance.config, Seed(0));
        let (mut reader, mut from, mut parts) = (FileReader::default(), 0, 0);
        for to in 0..=file.len() {
            let mut input = &file[from..to];
            while let Ok(part) = reader.part(&mut input, &limits) {
                parts += 1;
                if matches!(part, Part::End { is_intact: true }) {
                    assert_eq!((to, input.len()), (file.len(), 0));
                }
            }
            from = to - input.len();
        }
        assert_eq!((from, parts), (file.len(), 11));
    }

    #[test]
    fn a_snapshot_keeps_the_usage_that_the_policy_needs() {
        let engine = |policy: &[u8]| {
            let mut config = Config::default();
            let parameter = Config::parameter(b"maxmemory-policy").expect("the parameter exists");
            config.set(parameter, policy).expect("the value is valid");
            Engine::new(config, Seed(1))
        };
        let later = NOW.after_ms(60_000);
        for (policy, ask) in
            [(b"allkeys-lru", "OBJECT IDLETIME a\n"), (b"allkeys-lfu", "OBJECT FREQ a\n")]
        {
            let mut first = engine(policy);
            replies(&mut first, "SET a 1\nGET a\nGET a\nGET a\n", NOW);
            let file = first.snapshot(later);
            let mut second = engine(policy);
            second.load(&file, later).expect("the file is intact");
            assert_eq!(replies(&mut second, ask, later), replies(&mut first, ask, later));
        }
    }
}
