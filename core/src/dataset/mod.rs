//! The dataset: the keys, and everything that follows from a change to one of them.
//!
//! `Dataset` owns the keyspace, expiry, eviction, the state of clients that watch, block on or
//! cache keys, keyspace notifications, and the record of changes. All changes to data go through
//! it: from handlers, the periodic work, eviction and loading.
//!
//! | file | contents |
//! | --- | --- |
//! | `keys` | access to keys for one command, including expiry, access clocks and hit counts |
//! | `edit` | the result of a change to a collection |
//! | `observers` | the single place where every change to a key is reported |
//! | `reaper` | the removal of expired keys and of expired fields of hashes |
//! | `evict` | the selection of the next key to evict |
//! | `watch`, `waiters`, `tracking` | the clients that `WATCH` keys, block on them, or cache them |
//! | `event` | the names of keyspace events |
//! | `propagation`, `change_log` | changes as commands, and their bytes for readers outside the engine |

pub mod change_log;
pub(crate) mod edit;
pub(crate) mod event;
pub mod evict;
pub(crate) mod keys;
pub(crate) mod observers;
pub(crate) mod propagation;
pub(crate) mod reaper;
pub(crate) mod tracking;
pub(crate) mod waiters;
pub(crate) mod watch;

use crate::config::Config;
use crate::dataset::event::Event;
use crate::dataset::evict::{Choice, EvictionPool};
use crate::dataset::observers::Observers;
use crate::dataset::propagation::Deletion;
use crate::dataset::reaper::KeyReaper;
use crate::keyspace::Keyspace;
use crate::keyspace::access::AccessPolicy;
use crate::limits;
use crate::random::{Random, Seed};
use crate::table::expiry::Due;
use crate::time::UnixMicros;

/// The keys of all databases, and what follows from changes to them.
pub(crate) struct Dataset {
    pub(crate) keyspace: Keyspace,
    pub(crate) observers: Observers,
    pub(crate) stats: KeyStats,
    /// The generator of every random choice that a command or an eviction makes.
    pub(crate) random: Random,
    /// The way in which an access marks a key.
    pub(crate) access_policy: AccessPolicy,
    eviction_pool: EvictionPool,
}

/// Statistics of the dataset since the start, or since `CONFIG RESETSTAT`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyStats {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) expired: u64,
    /// Keys that were expired by the periodic work, not by an access.
    pub(crate) expired_actively: u64,
    pub(crate) evicted: u64,
    /// Changes to data. A reset keeps this count.
    pub(crate) changes: u64,
    /// The changes that the last save contains.
    pub(crate) saved_changes: u64,
}

impl KeyStats {
    /// Resets the statistics, except for the changes.
    pub(crate) const fn reset(&mut self) {
        let Self { changes, saved_changes, .. } = *self;
        *self = Self {
            hits: 0,
            misses: 0,
            expired: 0,
            expired_actively: 0,
            evicted: 0,
            changes,
            saved_changes,
        };
    }
}

impl Dataset {
    /// Creates an empty dataset. `seed` determines the order of its tables, `random` its random
    /// choices.
    pub(crate) fn new(config: &Config, seed: Seed, random: Random) -> Self {
        let databases =
            usize::try_from(config.databases).expect("the configuration has at least one database");
        let mut dataset = Self {
            keyspace: Keyspace::new(databases, seed),
            observers: Observers::default(),
            stats: KeyStats::default(),
            random,
            access_policy: AccessPolicy::Recency,
            eviction_pool: EvictionPool::default(),
        };
        dataset.apply_config(config);
        dataset
    }

    /// Applies the parameters that concern keys. Call it after each change of the configuration.
    pub(crate) fn apply_config(&mut self, config: &Config) {
        self.observers.classes = config.notify_keyspace_events;
        self.observers.propagation.apply_config(config);
        self.access_policy = if config.counts_frequency() {
            AccessPolicy::Frequency {
                log_factor: config.lfu_log_factor as u32,
                decay_minutes: config.lfu_decay_time as u32,
            }
        } else {
            AccessPolicy::Recency
        };
    }

    /// Returns the memory that keys and tracked keys use, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.keyspace.memory_bytes() + self.observers.tracking.memory_bytes()
    }

    /// Expires keys and fields of one database that are due, a bounded number of them. Returns
    /// `true` if more are due.
    pub(crate) fn expire_some(&mut self, database: usize, now: UnixMicros) -> bool {
        self.observers.client = None;
        let (table, lazyfree) = self.keyspace.database_and_lazyfree(database);
        let (budget, observers) = (limits::EXPIRE_RECORDS, &mut self.observers);
        let mut reaper =
            KeyReaper { database, observers, lazyfree, budget, expired: 0, is_active: true };
        let due = table.expire_due(now.millis(), budget, &mut reaper);
        let expired = reaper.expired;
        self.stats.expired += expired;
        self.stats.expired_actively += expired;
        due == Due::Now
    }

    /// Evicts the key that `choice` prefers. Returns `true` if there was one.
    pub(crate) fn evict_one(&mut self, choice: &Choice) -> bool {
        self.observers.client = None;
        let next = self.eviction_pool.next(&mut self.keyspace, choice, &mut self.random);
        let Some((database, key)) = next else { return false };
        if let Some(record) = self.keyspace[database].remove(&key) {
            self.keyspace.lazyfree.push_record(record);
            self.stats.evicted += 1;
            self.observers.modified(database, &key, Event::EVICTED);
            let propagation = &mut self.observers.propagation;
            propagation.deleted(database, &key, Deletion::Evicted);
            propagation.end_unit();
        }
        true
    }
}
