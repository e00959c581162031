//! Selects the next key to evict.
//!
//! As in Redis, a few keys are sampled at random, and the best candidates are kept in a pool of
//! sixteen, from which the best is taken. After some rounds the pool holds keys that are among the
//! best of all, without any sorting (<https://redis.io/docs/latest/develop/reference/eviction/>).
//! Unlike Redis, pool entries are revalidated before use: an entry stores when its key was last
//! used, not how long ago, and is dropped if the key has been used since.

use crate::keyspace::{Keyspace, access};
use crate::random::Random;
use crate::time::UnixMicros;
use crate::value::record::Record;
use alloc::vec::Vec;

/// The number of candidates that are kept.
const POOL_LEN: usize = 16;

/// The key selection part of `maxmemory-policy`.
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
    /// Returns the policy with this name, or `None` if it evicts nothing.
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

    /// Returns how suitable a key is for eviction: the higher, the better.
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

/// The parameters and the time of an eviction.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// `maxmemory-policy`
    pub policy: EvictionPolicy,
    /// `maxmemory-samples`
    pub samples: usize,
    /// `lfu-decay-time`
    pub decay_minutes: u32,
    /// The current time.
    pub now: UnixMicros,
}

/// The best candidates so far.
#[derive(Debug, Default)]
pub struct EvictionPool {
    /// The candidates, the best last.
    candidates: Vec<Candidate>,
    /// The policy by which they were scored.
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
    /// Returns the database and the name of the key to evict next, or `None` if no key may be
    /// evicted.
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

    /// Samples keys of a database. Returns `true` if it has any.
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

    /// Adds a key to the pool if it is better than one of the candidates. Among equals, the first
    /// is the better.
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

    /// Returns a random key, taking the databases in turn.
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

    /// Returns two databases of 5,000 keys. Key `i` was last used `i` seconds ago; every fourth key
    /// has a deadline `i` milliseconds ahead.
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
        let policy = EvictionPolicy::named(policy).expect("the policy evicts");
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
    fn the_best_candidates_are_evicted_first() {
        let of = |policy| evicted(policy, 2_000);
        let mean = |keys: &[u64]| keys.iter().sum::<u64>() / keys.len() as u64;
        let lru = of("allkeys-lru");
        // A perfect choice would have a mean of 9,000.
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
    fn eviction_ends_when_no_candidate_is_left() {
        assert_eq!(evicted("allkeys-lfu", 20_000).len(), 10_000);
        assert_eq!(evicted("allkeys-random", 20_000).len(), 10_000);
        assert_eq!(evicted("volatile-lfu", 20_000).len(), 2_500);
        assert_eq!(EvictionPolicy::named("noeviction"), None);
    }

    #[test]
    fn a_pooled_key_that_was_used_since_is_not_evicted() {
        let (mut keyspace, mut random) = (keyspace(), Random::new(Seed(3)));
        let policy = EvictionPolicy::named("allkeys-lru").expect("the policy evicts");
        let choice = Choice { policy, samples: 64, decay_minutes: 1, now: NOW };
        let mut pool = EvictionPool::default();
        pool.populate(&mut keyspace, 0, &choice, &mut random);
        let best = pool.candidates.last().expect("keys were sampled").key.clone();
        keyspace[0].find(&best).expect("the key exists").set_clock(access::recency(NOW));
        let next = pool.next(&mut keyspace, &choice, &mut random);
        assert!(next.is_some_and(|(_, key)| key != best));
    }
}
