//! Removes expired keys and expired fields of hashes, and reports each removal.

use crate::dataset::event::Event;
use crate::dataset::observers::Observers;
use crate::keyspace::lazyfree::LazyFree;
use crate::table::expiry::{Reaped, Reaper};
use crate::time::UnixMillis;
use crate::value::Collection;
use crate::value::hash::Hash;
use crate::value::record::Record;
use alloc::vec::Vec;

/// Reaps one database, at an access or during the periodic work.
pub(crate) struct KeyReaper<'a> {
    pub(crate) database: usize,
    pub(crate) observers: &'a mut Observers,
    pub(crate) lazyfree: &'a mut LazyFree,
    /// The number of fields of hashes that it may still visit.
    pub(crate) budget: usize,
    /// The number of keys that it has removed.
    pub(crate) expired: u64,
    /// Set if it runs as part of the periodic work: then each removal is a unit of the stream of
    /// changes. At an access, a removal belongs to the unit of the command.
    pub(crate) is_active: bool,
}

impl KeyReaper<'_> {
    fn end_unit(&mut self) {
        if self.is_active {
            self.observers.propagation.end_unit();
        }
    }
}

impl Reaper<Record> for KeyReaper<'_> {
    fn expired(&mut self, record: Record) {
        self.expired += 1;
        self.observers.expired(self.database, record.key());
        self.lazyfree.push_record(record);
        self.end_unit();
    }

    fn expired_within(&mut self, record: &mut Record, now: UnixMillis) -> Reaped {
        // The stream names the removed fields. At an access, all fields that are due must be
        // removed, since the command that follows does not find them.
        let is_read = self.observers.propagation.is_read();
        let budget = if is_read && !self.is_active { usize::MAX } else { self.budget };
        let (mut removed, mut fields) = (0, Vec::new());
        let reaped = record.edit_collection(&mut Vec::new(), |hash: &mut Hash| {
            let seen = hash.expire_due(now, budget, &mut |field| {
                removed += 1;
                if is_read {
                    fields.push(field.to_vec());
                }
            });
            Reaped { seen, is_empty: hash.is_drained() }
        });
        let Some(reaped) = reaped else { return Reaped::default() };
        if is_read && removed > 0 {
            let fields = fields.iter().map(Vec::as_slice);
            let args: Vec<&[u8]> = [&b"HDEL"[..], record.key()].into_iter().chain(fields).collect();
            self.observers.propagation.command(self.database, args.into_iter());
        }
        self.budget = budget.saturating_sub(reaped.seen);
        if removed > 0 {
            self.observers.modified(self.database, record.key(), Event::HEXPIRED);
            self.end_unit();
        }
        reaped
    }

    fn emptied(&mut self, record: Record) {
        self.observers.notify(self.database, record.key(), Event::DEL);
        self.lazyfree.push_record(record);
    }
}
