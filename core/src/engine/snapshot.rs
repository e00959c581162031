//! All data as an RDB file, and back.

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
use crate::value::record::{AccessClock, Record};

impl Engine {
    /// All data, as a file that a Redis opens: of version 10, which 7.0 reads, unless a value needs a later one.
    pub fn snapshot(&mut self, now: UnixMicros) -> Vec<u8> {
        let mut file = Vec::new();
        self.write_snapshot(now, &mut |part| file.extend_from_slice(part));
        file
    }

    /// Writes the same part by part, so that the file need not fit in memory beside the data.
    pub fn write_snapshot(&mut self, now: UnixMicros, write: &mut dyn FnMut(&[u8])) {
        let instance = &mut self.instance;
        let policy = self.dataset.access_policy;
        // As in Redis, only a policy that goes by the use of keys has it written.
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
                if file.len() >= limits::SNAPSHOT_PART_BYTES {
                    write(&file.take());
                }
            }
        }
        write(&file.finish());
    }

    /// Puts the data of an RDB file in the place of what there is. Keys that have expired by now are left out.
    ///
    /// # Errors
    /// The file is none, or damaged, or has what this engine has not. Then nothing has changed.
    pub fn load(&mut self, file: &[u8], now: UnixMicros) -> Result<(), Error> {
        let databases = self.read(file, now)?;
        for (index, database) in databases.into_iter().enumerate() {
            let old = core::mem::replace(&mut self.dataset.keyspace[index], database);
            self.dataset.keyspace.lazyfree.push_database(old);
        }
        Ok(())
    }

    fn read(&self, mut file: &[u8], now: UnixMicros) -> Result<Vec<Database>, Error> {
        let seed = self.dataset.keyspace.seed();
        let loading = dump::limits(&self.instance.config, seed);
        let mut databases: Vec<Database> =
            (0..self.dataset.keyspace.databases()).map(|_| Database::new(seed)).collect();
        let (mut selected, mut used) = (0, 0);
        let most = self.instance.config.memory_ceiling.unwrap_or(usize::MAX);
        let mut reader = FileReader::default();
        loop {
            match reader.part(&mut file, &loading).map_err(|Corrupt| error::BAD_RDB_FILE)? {
                Part::End => return Ok(databases),
                Part::Auxiliary(..) | Part::Sizes(..) => {}
                Part::Function(_) => return Err(error::RDB_FUNCTION),
                Part::Database(index) => {
                    selected = usize::try_from(index)
                        .ok()
                        .filter(|&index| index < databases.len())
                        .ok_or(error::RDB_DATABASE)?;
                }
                Part::Record { key, value, deadline, usage } => {
                    if deadline.is_none_or(|deadline| deadline > now.millis()) {
                        let record = value.into_record(&key, deadline, self.clock(usage, now));
                        used += record.memory_bytes();
                        if used > most {
                            return Err(error::OUT_OF_MEMORY);
                        }
                        databases[selected].insert(record);
                    }
                }
            }
        }
    }

    /// What a record is told of its past, as far as the policy keeps that.
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
    fn what_is_written_is_read_and_every_damage_is_noticed() {
        let mut config = Config::default();
        let parameter = Config::parameter(b"enable-debug-command").expect("it is one");
        config.set(parameter, b"yes").expect("it is a value");
        let mut first = Engine::new(config.clone(), Seed(1));
        replies(&mut first, FILL, NOW);
        let digest = replies(&mut first, "DEBUG DIGEST\n", NOW);
        let file = first.snapshot(NOW);
        assert!(file.starts_with(b"REDIS0010"), "7.0 can read it");

        let mut second = Engine::new(config, Seed(2));
        replies(&mut second, "SET old 1\n", NOW);
        second.load(&file, NOW).expect("it is whole");
        assert_eq!(replies(&mut second, "DEBUG DIGEST\n", NOW), digest);
        assert_eq!(replies(&mut second, "PTTL b\nEXISTS old\n", NOW), ":5000\r\n:0\r\n");

        let mut third = engine();
        third.load(&file, NOW.after_ms(5001)).expect("it is whole");
        assert_eq!(replies(&mut third, "GET a\nEXISTS b\n", NOW), "$1\r\n1\r\n:0\r\n");

        for at in (0..file.len()).step_by(7) {
            assert!(engine().load(&file[..at], NOW).is_err(), "cut at {at}");
            let mut damaged = file.clone();
            damaged[at] ^= 0x41;
            assert!(engine().load(&damaged, NOW).is_err(), "damaged at {at}");
        }
    }

    #[test]
    fn a_file_can_be_read_as_it_comes() {
        let mut first = engine();
        replies(&mut first, "SET a 1\nRPUSH l 1 2 three\nSELECT 3\nSET b 2\n", NOW);
        let file = first.snapshot(NOW);
        let limits = dump::limits(&first.instance.config, Seed(0));
        let (mut reader, mut from, mut parts) = (FileReader::default(), 0, 0);
        for to in 0..=file.len() {
            let mut input = &file[from..to];
            while let Ok(part) = reader.part(&mut input, &limits) {
                parts += 1;
                if matches!(part, Part::End) {
                    assert_eq!((to, input.len()), (file.len(), 0));
                }
            }
            from = to - input.len();
        }
        assert_eq!((from, parts), (file.len(), 11));
    }

    #[test]
    fn what_the_policy_goes_by_is_kept() {
        let engine = |policy: &[u8]| {
            let mut config = Config::default();
            let parameter = Config::parameter(b"maxmemory-policy").expect("it is one");
            config.set(parameter, policy).expect("it is a value");
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
            second.load(&file, later).expect("it is whole");
            assert_eq!(replies(&mut second, ask, later), replies(&mut first, ask, later));
        }
    }
}
