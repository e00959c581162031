//! Removes expired keys and expired fields of hashes, and reports each removal.

use crate::dataset::event::Event;
use crate::dataset::observers::Observers;
use crate::keyspace::lazyfree::LazyFree;
use crate::table::expiry::{Reaped, Reaper};
use crate::time::UnixMillis;
use crate::value::Compound;
use crate::value::hash::Hash;
use crate::value::record::Record;
use alloc::vec::Vec;

/// Reaps one database, at an access or during the periodic work.
pub(crate) struct KeyReaper<'a> {
    pub(crate) database: usize,
    pub(crate) observers: &'a mut Observers,
    pub(crate) lazyfree: &'a mut LazyFree,
    /// How many fields of hashes it may still visit.
    pub(crate) budget: usize,
    /// How many keys it has removed.
    pub(crate) expired: u64,
}

impl Reaper<Record> for KeyReaper<'_> {
    fn expired(&mut self, record: Record) {
        self.expired += 1;
        self.observers.expired(self.database, record.key());
        self.lazyfree.push_record(record);
    }

    fn expired_within(&mut self, record: &mut Record, now: UnixMillis) -> Reaped {
        let budget = self.budget;
        let reaped = record.edit_compound(&mut Vec::new(), |hash: &mut Hash| {
            let (seen, removed) = hash.expire_due(now, budget);
            (Reaped { seen, is_empty: hash.is_gone() }, removed)
        });
        let Some((reaped, removed)) = reaped else { return Reaped::default() };
        self.budget = budget.saturating_sub(reaped.seen);
        if removed > 0 {
            self.observers.modified(self.database, record.key(), Event::HEXPIRED);
        }
        reaped
    }

    fn emptied(&mut self, record: Record) {
        self.observers.notify(self.database, record.key(), Event::DEL);
        self.lazyfree.push_record(record);
    }
}
