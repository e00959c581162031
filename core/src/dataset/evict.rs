//! Which key is evicted next.
//!
//! As Redis does, a few keys are drawn by chance, and the best of them are remembered in a pool of sixteen, from which the very best is
//! taken: after some rounds the pool has keys that are among the worst of all, though nobody has sorted anything
//! (<https://redis.io/docs/latest/develop/reference/eviction/>). Other than in Redis, what the pool knows of keys goes stale no more
//! than it must: it knows when they were last used and not how long ago, and a key that was used since is not taken.

use crate::keyspace::{Keyspace, access};
use crate::random::Random;
use crate::time::UnixMicros;
use crate::value::record::Record;
use alloc::vec::Vec;

/// The candidates that are remembered.
const POOL_LEN: usize = 16;

/// What `maxmemory-policy` says of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvictionPolicy {
    order: Order,
    /// Whether only keys with a deadline are evicted.
    volatile: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Recency,
    Frequency,
    Deadline,
    Random,
}

impl EvictionPolicy {
    /// The policy of this name; none if nothing is to be evicted.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (keys, order) = name.split_once('-')?;
        let order = match order {
            "lru" => Order::Recency,
            "lfu" => Order::Frequency,
            "ttl" => Order::Deadline,
            _ => Order::Random,
        };
        Some(Self { order, volatile: keys == "volatile" })
    }

    /// How good it is to evict a key: the higher the better.
    fn score(self, record: &Record, now: UnixMicros, decay_minutes: u32) -> u64 {
        match self.order {
            Order::Recency => {
                let used_at = now.seconds().wrapping_sub(access::idle_seconds(record.clock(), now));
                !used_at
            }
            Order::Frequency => {
                u64::from(!access::frequency_at(record.clock(), now, decay_minutes))
            }
            Order::Deadline => record.deadline().map_or(0, |deadline| !deadline.0),
            Order::Random => 0,
        }
    }
}

/// How keys are chosen, and when.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// `maxmemory-policy`
    pub policy: EvictionPolicy,
    /// `maxmemory-samples`
    pub samples: usize,
    /// `lfu-decay-time`
    pub decay_minutes: u32,
    /// The time.
    pub now: UnixMicros,
}

/// The best that was seen so far.
#[derive(Debug, Default)]
pub struct EvictionPool {
    /// The best last.
    candidates: Vec<Candidate>,
    /// For which policy.
    policy: Option<EvictionPolicy>,
    /// The database that was the last to lose a random key.
    last_database: usize,
}

#[derive(Debug)]
struct Candidate {
    score: u64,
    database: usize,
    key: Vec<u8>,
}

impl EvictionPool {
    /// The database and the key of what is to be evicted next; nothing if there is no key that may be.
    pub fn next(
        &mut self,
        keyspace: &mut Keyspace,
        choice: &Choice,
        random: &mut Random,
    ) -> Option<(usize, Vec<u8>)> {
        if self.policy != Some(choice.policy) {
            self.candidates.clear();
            self.policy = Some(choice.policy);
        }
        if choice.policy.order == Order::Random {
            return self.next_random(keyspace, choice.policy.volatile, random);
        }
        loop {
            let mut is_any = false;
            for database in keyspace.filled() {
                is_any |= self.populate(keyspace, database, choice, random);
            }
            if !is_any {
                return None;
            }
            while let Some(Candidate { score, database, key }) = self.candidates.pop() {
                let record = keyspace[database].find(&key);
                let is_as_good = |record: &Record| {
                    choice.policy.score(record, choice.now, choice.decay_minutes) >= score
                };
                if record.is_some_and(is_as_good) {
                    return Some((database, key));
                }
            }
        }
    }

    /// Draws keys of a database; whether it has any.
    fn populate(
        &mut self,
        keyspace: &mut Keyspace,
        database: usize,
        choice: &Choice,
        random: &mut Random,
    ) -> bool {
        let mut is_any = false;
        let table = &mut keyspace[database];
        table.sample(choice.samples, choice.policy.volatile, random, &mut |record| {
            is_any = true;
            let score = choice.policy.score(record, choice.now, choice.decay_minutes);
            self.consider(score, database, record.key());
        });
        is_any
    }

    /// Remembers a key if it is better than one that is remembered. Of equals the first to come is the better.
    fn consider(&mut self, score: u64, database: usize, key: &[u8]) {
        let place = self.candidates.partition_point(|other| other.score < score);
        let mut equal = self.candidates[place..].iter().take_while(|other| other.score == score);
        if equal.any(|other| other.database == database && other.key == key) {
            return;
        }
        let candidate = || Candidate { score, database, key: key.to_vec() };
        if self.candidates.len() < POOL_LEN {
            self.candidates.insert(place, candidate());
        } else if place > 0 {
            self.candidates[..place].rotate_left(1);
            self.candidates[place - 1] = candidate();
        }
    }

    /// Any key, of the databases in turn.
    fn next_random(
        &mut self,
        keyspace: &mut Keyspace,
        volatile: bool,
        random: &mut Random,
    ) -> Option<(usize, Vec<u8>)> {
        let (later, sooner): (Vec<_>, Vec<_>) =
            keyspace.filled().partition(|database| *database > self.last_database);
        later.into_iter().chain(sooner).find_map(|database| {
            let mut key = None;
            let table = &mut keyspace[database];
            table.sample(1, volatile, random, &mut |record| key = Some(record.key().to_vec()));
            self.last_database = database;
            key.map(|key| (database, key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use crate::time::UnixMillis;
    use crate::value::string::StringRef;
    use alloc::format;

    const NOW: UnixMicros = UnixMicros(100_000_000_000);

    /// Two databases of 5,000 keys, each used so many seconds ago, every fourth with a deadline as far ahead.
    fn keyspace() -> Keyspace {
        let mut keyspace = Keyspace::new(3, Seed(1));
        for i in 0..10_000_u64 {
            let deadline = (i % 4 == 0).then_some(UnixMillis(NOW.millis().0 + i));
            let key = format!("{i}");
            let clock = access::idle(i, NOW);
            let record = Record::new(key.as_bytes(), StringRef::text(b"v"), deadline, clock);
            keyspace[(i % 2) as usize].insert(record);
        }
        keyspace
    }

    fn evicted(policy: &str, keys: usize) -> Vec<u64> {
        let (mut keyspace, mut random) = (keyspace(), Random::new(Seed(3)));
        let policy = EvictionPolicy::named(policy).expect("it evicts");
        let choice = Choice { policy, samples: 5, decay_minutes: 1, now: NOW };
        let mut pool = EvictionPool::default();
        let evict = || {
            let (database, key) = pool.next(&mut keyspace, &choice, &mut random)?;
            let record = keyspace[database].remove(&key)?;
            core::str::from_utf8(record.key()).ok()?.parse().ok()
        };
        core::iter::from_fn(evict).take(keys).collect()
    }

    #[test]
    fn what_was_not_used_for_long_goes_first() {
        let of = |policy| evicted(policy, 2_000);
        let mean = |keys: &[u64]| keys.iter().sum::<u64>() / keys.len() as u64;
        let lru = of("allkeys-lru");
        // Of a perfect choice it were 9,000.
        assert!(mean(&lru) > 8_500, "{}", mean(&lru));
        let of_volatile = [of("volatile-lru"), of("volatile-ttl"), of("volatile-random")];
        assert!(of_volatile.iter().flatten().all(|key| key % 4 == 0));
        let [lru, ttl, random] = of_volatile.map(|keys| mean(&keys));
        assert!(
            lru > 5_700 && ttl < 4_300 && (4_700..5_300).contains(&random),
            "{lru} {ttl} {random}"
        );
    }

    #[test]
    fn there_is_an_end() {
        assert_eq!(evicted("allkeys-lfu", 20_000).len(), 10_000);
        assert_eq!(evicted("allkeys-random", 20_000).len(), 10_000);
        assert_eq!(evicted("volatile-lfu", 20_000).len(), 2_500);
        assert_eq!(EvictionPolicy::named("noeviction"), None);
    }

    #[test]
    fn a_key_that_was_used_since_is_spared() {
        let (mut keyspace, mut random) = (keyspace(), Random::new(Seed(3)));
        let policy = EvictionPolicy::named("allkeys-lru").expect("it evicts");
        let choice = Choice { policy, samples: 64, decay_minutes: 1, now: NOW };
        let mut pool = EvictionPool::default();
        pool.populate(&mut keyspace, 0, &choice, &mut random);
        let best = pool.candidates.last().expect("keys were drawn").key.clone();
        keyspace[0].find(&best).expect("it is there").set_clock(access::recency(NOW));
        let next = pool.next(&mut keyspace, &choice, &mut random);
        assert!(next.is_some_and(|(_, key)| key != best));
    }
}
