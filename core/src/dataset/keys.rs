//! Access to keys for handlers, including expiry, access clocks and hit counts.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::Dataset;
use crate::client::ClientId;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::dataset::reaper::KeyReaper;
use crate::dataset::watch::Successor;
use crate::error::{self, Error};
use crate::keyspace::database::{Database, Put};
use crate::limits;
use crate::table::{Lookup, Place};
use crate::time::{UnixMicros, UnixMillis};
use crate::value::record::Record;
use crate::value::string::StringRef;
use crate::value::{Collection, Object, Type, Value};

/// The keys as one command sees them.
pub(crate) struct Keys<'a> {
    pub(crate) dataset: &'a mut Dataset,
    /// The client's database.
    pub(crate) database: usize,
    pub(crate) now: UnixMicros,
    /// Set if an access marks the key. `CLIENT NO-TOUCH` clears it.
    pub(crate) touches: bool,
    /// The effect of an access on an expired key.
    pub(crate) expiry: Expiry,
    /// The key whose hash is known, if any.
    pub(crate) hashed: Option<HashedKey<'a>>,
}

/// An argument that is a key, with its hash, which is the same in all databases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashedKey<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) hash: u64,
}

/// The effect of an access on a key that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// Removes it.
    Remove,
    /// Hides it, but leaves it in place: during `CLIENT PAUSE`, and for readers that must not
    /// change anything.
    Hide,
    /// Treats it like any other key: while changes are applied, expired keys are deleted by the
    /// stream.
    Show,
}

impl Dataset {
    /// Returns the keys as `client` sees them in `database`.
    #[inline]
    pub(crate) fn keys(
        &mut self,
        client: Option<ClientId>,
        database: usize,
        now: UnixMicros,
    ) -> Keys<'_> {
        self.observers.client = client;
        Keys { dataset: self, database, now, touches: true, expiry: Expiry::Remove, hashed: None }
    }
}

impl Keys<'_> {
    /// Returns the time that deadlines are compared with. If expired keys are shown it is zero, so
    /// that nothing is due.
    #[inline]
    pub(crate) const fn now_ms(&self) -> UnixMillis {
        match self.expiry {
            Expiry::Show => UnixMillis(0),
            Expiry::Remove | Expiry::Hide => self.now.millis(),
        }
    }

    /// Returns the hash of a key. It is known if `key` is the same slice that was hashed before.
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        match self.hashed {
            Some(hashed) if core::ptr::eq(hashed.key, key) => hashed.hash,
            _ => self.dataset.keyspace[self.database].hash(key),
        }
    }

    #[inline]
    pub(crate) fn db(&mut self) -> &mut Database {
        &mut self.dataset.keyspace[self.database]
    }

    /// Prefetches keys that a command is about to look up one after the other, so that their cache
    /// misses overlap.
    pub(crate) fn prefetch<'k>(&self, keys: impl Iterator<Item = &'k [u8]>) {
        self.dataset.keyspace[self.database].fetch_ahead(keys);
    }

    /// Looks a key up for reading: counts a hit or a miss, and marks the access.
    #[inline]
    pub(crate) fn read(&mut self, key: &[u8]) -> Option<&Record> {
        self.see(self.database, key, Access { counts: true, touches: self.touches })
    }

    /// Looks a key up without marking the access; counts a hit or a miss.
    pub(crate) fn peek(&mut self, key: &[u8]) -> Option<&Record> {
        self.see(self.database, key, Access { counts: true, touches: false })
    }

    /// Looks a key up like [`peek`](Self::peek), but without the event for a miss.
    pub(crate) fn peek_unheard(&mut self, key: &[u8]) -> Option<&Record> {
        let place = self.find(self.database, key, false);
        self.count(place.is_some());
        self.dataset.keyspace[self.database].at(place?)
    }

    /// Looks a key up in any database: counts nothing and marks no access.
    pub(crate) fn peek_in(&mut self, database: usize, key: &[u8]) -> Option<&Record> {
        self.see(database, key, Access { counts: false, touches: false })
    }

    /// Looks a key up for writing; counts neither a hit nor a miss.
    #[inline]
    pub(crate) fn consider(&mut self, key: &[u8]) -> Option<&Record> {
        self.see(self.database, key, Access { counts: false, touches: self.touches })
    }

    /// Returns the string at a key, for reading.
    ///
    /// # Errors
    /// The key holds another type.
    #[inline]
    pub(crate) fn read_string(&mut self, key: &[u8]) -> Result<Option<StringRef<'_>>, Error> {
        match self.read(key) {
            Some(record) if record.value_type() != Type::String => Err(error::WRONG_TYPE),
            record => Ok(record.map(Record::string)),
        }
    }

    /// Returns the string at a key, for writing.
    ///
    /// # Errors
    /// The key holds another type.
    #[inline]
    pub(crate) fn consider_string(&mut self, key: &[u8]) -> Result<Option<StringRef<'_>>, Error> {
        match self.consider(key) {
            Some(record) if record.value_type() != Type::String => Err(error::WRONG_TYPE),
            record => Ok(record.map(Record::string)),
        }
    }

    /// Edits the record of a string, if there is one. If it was changed, the caller must call
    /// [`Self::modified`].
    ///
    /// # Errors
    /// The key holds another type.
    #[inline]
    pub(crate) fn edit_string<R>(
        &mut self,
        key: &[u8],
        edit: impl FnOnce(&mut Record) -> R,
    ) -> Result<Option<R>, Error> {
        let Some(place) = self.reach(key) else { return Ok(None) };
        let edited = self
            .db()
            .change_at(place, |record| (record.value_type() == Type::String).then(|| edit(record)));
        edited.flatten().ok_or(error::WRONG_TYPE).map(Some)
    }

    /// Returns the collection at a key, for reading.
    ///
    /// # Errors
    /// The key holds another type.
    #[inline]
    pub(crate) fn read_as<C: Collection>(
        &mut self,
        key: &[u8],
    ) -> Result<Option<C::Ref<'_>>, Error> {
        self.read(key).map(|record| record.collection::<C>().ok_or(error::WRONG_TYPE)).transpose()
    }

    /// Edits the collection at a key, if there is one. A collection that is left empty is removed.
    ///
    /// # Errors
    /// The key holds another type.
    pub(crate) fn edit<C: Collection, R>(
        &mut self,
        key: &[u8],
        edit: impl FnOnce(&mut C) -> Edit<R>,
    ) -> Result<Option<R>, Error> {
        Ok(self.edit_existing(key, edit)?.ok())
    }

    /// Edits the collection at a key, or returns `edit` if the key does not exist.
    fn edit_existing<C: Collection, R, F: FnOnce(&mut C) -> Edit<R>>(
        &mut self,
        key: &[u8],
        edit: F,
    ) -> Result<Result<R, F>, Error> {
        let Some(place) = self.reach(key) else { return Ok(Err(edit)) };
        let mut scratch = mem::take(&mut self.dataset.keyspace.scratch);
        let edited = self.db().change_at(place, |record| {
            record.edit_collection(&mut scratch, |collection: &mut C| {
                let edited = edit(collection);
                (edited, collection.is_drained(), collection.earliest_deadline())
            })
        });
        self.dataset.keyspace.scratch = scratch;
        let (Edit { event, then, changes, result }, is_drained, due) =
            edited.flatten().ok_or(error::WRONG_TYPE)?;
        if let Some(due) = due {
            self.db().note_due(key, due);
        }
        if let Some(event) = event {
            self.modified_by(key, event, changes);
        }
        then.into_iter().for_each(|event| self.notify(key, event));
        if is_drained && let Some(record) = self.db().remove(key) {
            self.dataset.keyspace.lazyfree.push_record(record);
            self.notify(key, Event::DEL);
        }
        Ok(Ok(result))
    }

    /// Edits the collection at a key. If the key does not exist, edits an empty collection and
    /// inserts it unless it is still empty.
    ///
    /// # Errors
    /// The key holds another type.
    pub(crate) fn edit_or_insert<C: Collection + Default, R>(
        &mut self,
        key: &[u8],
        edit: impl FnOnce(&mut C) -> Edit<R>,
    ) -> Result<R, Error> {
        let edit = match self.edit_existing(key, edit)? {
            Ok(result) => return Ok(result),
            Err(edit) => edit,
        };
        let mut collection = C::default();
        let Edit { event, then, changes, result } = edit(&mut collection);
        if !collection.is_drained() {
            let clock = self.dataset.access_policy.fresh(self.now);
            self.db().insert(Record::of(key, collection.into_value(), None, clock));
            self.notify(key, Event::NEW);
        }
        if let Some(event) = event {
            self.modified_by(key, event, changes);
        }
        then.into_iter().for_each(|event| self.notify(key, event));
        Ok(result)
    }

    /// Takes ownership of a part of a value that is to be freed in slices.
    pub(crate) fn free_later(&mut self, object: Object) {
        self.dataset.keyspace.lazyfree.push_object(Box::new(object));
    }

    /// Sets a key to a value that a command has computed, replacing any value and deadline. An
    /// empty collection (`None`) removes the key; as in Redis, this is reported even if the key had
    /// expired.
    pub(crate) fn store(&mut self, key: &[u8], value: Option<Value<'_>>, event: Event) {
        match value {
            Some(value) => {
                let clock = self.dataset.access_policy.fresh(self.now);
                self.insert_in(self.database, Record::of(key, value, None, clock), event);
            }
            None => {
                if let Some(old) = self.db().remove(key) {
                    self.modified(key, Event::DEL);
                    self.dataset.keyspace.lazyfree.push_record(old);
                }
            }
        }
    }

    #[inline]
    fn see(&mut self, database: usize, key: &[u8], access: Access) -> Option<&Record> {
        let place = self.find(database, key, access.counts)?;
        let record = self.dataset.keyspace[database].at(place)?;
        if access.touches {
            self.dataset.access_policy.touch(record, self.now, &mut self.dataset.random);
        }
        Some(record)
    }

    /// Returns the position of a key that is about to be edited.
    #[inline]
    fn reach(&mut self, key: &[u8]) -> Option<Place> {
        let place = self.find(self.database, key, false)?;
        if self.touches
            && let Some(record) = self.dataset.keyspace[self.database].at(place)
        {
            self.dataset.access_policy.touch(record, self.now, &mut self.dataset.random);
        }
        Some(place)
    }

    #[inline]
    fn find(&mut self, database: usize, key: &[u8], counts: bool) -> Option<Place> {
        let (hash, now) = (self.hash(key), self.now_ms());
        let place = match self.dataset.keyspace[database].lookup_hashed(hash, key, now) {
            Lookup::Live(place) => Some(place),
            Lookup::Missing => None,
            Lookup::Due(place) => self.collect(database, key, place),
        };
        if counts {
            self.count(place.is_some());
            if place.is_none() {
                self.dataset.observers.notify(database, key, Event::KEY_MISS);
            }
        }
        place
    }

    #[inline]
    fn count(&mut self, is_hit: bool) {
        if is_hit {
            self.dataset.stats.hits += 1;
        } else {
            self.dataset.stats.misses += 1;
        }
    }

    /// Removes a key that has expired, or the expired parts of its value. Returns the key's
    /// position if it still exists.
    #[cold]
    fn collect(&mut self, database: usize, key: &[u8], place: Place) -> Option<Place> {
        let now = self.now_ms();
        if self.expiry == Expiry::Hide {
            let record = self.dataset.keyspace[database].at(place)?;
            return (!record.is_expired(now)).then_some(place);
        }
        let (table, lazyfree) = self.dataset.keyspace.database_and_lazyfree(database);
        let budget = limits::EXPIRE_RECORDS;
        let observers = &mut self.dataset.observers;
        let mut reaper =
            KeyReaper { database, observers, lazyfree, budget, expired: 0, is_active: false };
        table.expire_key(key, now, &mut reaper);
        self.dataset.stats.expired += reaper.expired;
        match table.lookup(key, now) {
            Lookup::Live(place) | Lookup::Due(place) => Some(place),
            Lookup::Missing => None,
        }
    }

    /// Sets a key to a string, replacing any value.
    #[inline]
    pub(crate) fn put(
        &mut self,
        key: &[u8],
        value: StringRef<'_>,
        deadline: Option<UnixMillis>,
        event: Event,
    ) {
        let clock = self.dataset.access_policy.fresh(self.now);
        let hash = self.hash(key);
        let put = self.db().put(hash, key, value, deadline, clock);
        match put {
            Put::Inserted => self.notify(key, Event::NEW),
            Put::Overwritten { deadline } => {
                if deadline.is_some_and(|deadline| deadline < self.now_ms()) {
                    self.renewed(self.database, key);
                }
            }
            Put::Replaced(old) => self.replaced(self.database, key, old),
        }
        self.modified(key, event);
    }

    /// Inserts a record under its own key, replacing any other.
    pub(crate) fn insert_in(&mut self, database: usize, record: Record, event: Event) {
        let key = record.key().to_vec();
        self.put_in(database, &key, record);
        self.modified_in(database, &key, event, 1);
    }

    /// Moves an existing key to another name or another database, replacing the key there. Reports
    /// the events for the old and the new place; before both, reports that the new key was created.
    pub(crate) fn relocate(&mut self, from: &[u8], database: usize, to: &[u8], events: [Event; 2]) {
        let Some(record) = self.db().remove(from) else { return };
        self.put_in(database, to, if from == to { record } else { record.renamed(to) });
        let [left, came] = events;
        self.modified(from, left);
        self.modified_in(database, to, came, 1);
    }

    fn put_in(&mut self, database: usize, key: &[u8], record: Record) {
        match self.dataset.keyspace[database].insert(record) {
            Some(old) => self.replaced(database, key, old),
            None => self.dataset.observers.notify(database, key, Event::NEW),
        }
    }

    fn replaced(&mut self, database: usize, key: &[u8], old: Record) {
        if old.is_expired(self.now_ms()) {
            self.renewed(database, key);
        }
        self.dataset.keyspace.lazyfree.push_record(old);
    }

    /// Replaces an expired key by a new value: reports that the key has expired, and that it was
    /// created.
    #[cold]
    fn renewed(&mut self, database: usize, key: &[u8]) {
        self.expired(database, key);
        self.dataset.observers.notify(database, key, Event::NEW);
    }

    /// Removes a key. Returns `true` if it existed.
    pub(crate) fn remove(&mut self, key: &[u8]) -> bool {
        let now = self.now_ms();
        let Some(record) = self.db().remove(key) else { return false };
        let is_live = !record.is_expired(now);
        if is_live {
            self.modified(key, Event::DEL);
        } else {
            self.expired(self.database, key);
        }
        self.dataset.keyspace.lazyfree.push_record(record);
        is_live
    }

    /// Sets the deadline of a key.
    pub(crate) fn expire(&mut self, key: &[u8], deadline: UnixMillis) {
        self.db().set_deadline(key, Some(deadline));
        self.modified(key, Event::EXPIRE);
    }

    /// Removes the deadline of a key. Returns `true` if it had one.
    pub(crate) fn persist(&mut self, key: &[u8]) -> bool {
        let has_deadline = self.consider(key).is_some_and(|record| record.deadline().is_some());
        if has_deadline {
            self.db().set_deadline(key, None);
            self.modified(key, Event::PERSIST);
        }
        has_deadline
    }

    /// Returns a random key that has not expired.
    pub(crate) fn random_key(&mut self) -> Option<Vec<u8>> {
        /// After so many expired keys in a row, any key is returned, as in Redis.
        const TRIES: usize = 100;
        for last in (0..TRIES).rev() {
            let record = self.dataset.keyspace[self.database].random(&mut self.dataset.random)?;
            let key = record.key().to_vec();
            if !record.is_expired(self.now_ms()) || last == 0 {
                return Some(key);
            }
            self.peek_in(self.database, &key);
        }
        None
    }

    /// Swaps two databases for all clients at once.
    pub(crate) fn swap_databases(&mut self, first: usize, second: usize) {
        self.dataset.stats.changes += 1;
        if first == second {
            return;
        }
        let now = self.now_ms();
        let databases = &self.dataset.keyspace;
        for (replaced, by) in [(first, second), (second, first)] {
            let was_there = |key: &[u8]| databases[replaced].find(key).is_some();
            let successor = |key: &[u8]| match databases[by].find(key) {
                None => Successor::Nothing,
                Some(record) if record.is_expired(now) => Successor::Expired,
                Some(_) => Successor::Live,
            };
            self.dataset.observers.watches.touch_all(replaced, was_there, successor);
            self.dataset.observers.waiters.touch_all(replaced);
        }
        self.dataset.keyspace.swap(first, second);
    }

    /// Empties databases. Their keys are removed at once; their memory is freed in slices.
    pub(crate) fn flush(&mut self, databases: &[usize]) {
        for &database in databases {
            let emptied = &self.dataset.keyspace[database];
            self.dataset.stats.changes += emptied.len() as u64;
            let was_there = |key: &[u8]| emptied.find(key).is_some();
            self.dataset.observers.watches.touch_all(database, was_there, |_| Successor::Nothing);
            self.dataset.observers.waiters.touch_all(database);
            self.dataset.keyspace.flush(database);
        }
        self.dataset.observers.tracking.touch_all();
    }

    /// Reports a change to a key of the client's database.
    #[inline]
    pub(crate) fn modified(&mut self, key: &[u8], event: Event) {
        self.modified_in(self.database, key, event, 1);
    }

    /// Reports a change that counts as several, one per element.
    #[inline]
    pub(crate) fn modified_by(&mut self, key: &[u8], event: Event, changes: usize) {
        self.modified_in(self.database, key, event, changes);
    }

    /// Reports a change that has no event.
    pub(crate) fn modified_quietly(&mut self, key: &[u8]) {
        self.dataset.stats.changes += 1;
        self.dataset.observers.touched(self.database, key);
    }

    /// Reports a change that does not concern `WATCH` and client-side caches: a change to the
    /// consumer groups of a stream.
    pub(crate) fn modified_unwatched(&mut self, key: &[u8], event: Option<Event>, changes: usize) {
        self.dataset.stats.changes += changes as u64;
        event.into_iter().for_each(|event| self.notify(key, event));
    }

    /// Wakes the clients that are blocked on a key, though it has not changed.
    pub(crate) fn ready(&mut self, key: &[u8]) {
        self.dataset.observers.waiters.touch(self.database, key);
    }

    /// Reports that a key was created. The event follows later.
    pub(crate) fn touched(&mut self, key: &[u8]) {
        self.dataset.observers.touched(self.database, key);
    }

    #[inline]
    fn modified_in(&mut self, database: usize, key: &[u8], event: Event, changes: usize) {
        self.dataset.stats.changes += changes as u64;
        self.dataset.observers.modified(database, key, event);
    }

    /// Reports an event that is not a change, or the second event of one change.
    #[inline]
    pub(crate) fn notify(&mut self, key: &[u8], event: Event) {
        self.dataset.observers.notify(self.database, key, event);
    }

    /// Reports that an expired key was found and removed, unless expired keys are only hidden.
    fn expired(&mut self, database: usize, key: &[u8]) {
        if self.expiry == Expiry::Remove {
            self.dataset.stats.expired += 1;
            self.dataset.observers.expired(database, key);
        }
    }

    /// Makes the next `EXEC` of this client fail if the key changes. Returns the memory that the
    /// watch uses, in bytes.
    pub(crate) fn watch(&mut self, client: ClientId, key: &[u8]) -> usize {
        let database = self.database;
        let now = self.now_ms();
        let was_expired = self.db().find(key).is_some_and(|record| record.is_expired(now));
        self.dataset.observers.watches.watch(client, database, key, was_expired)
    }

    /// Ends a client's watches. Returns `true` if no watched key has changed or expired.
    pub(crate) fn unwatch(&mut self, client: ClientId) -> bool {
        let (now, databases) = (self.now_ms(), &self.dataset.keyspace);
        let has_expired = self.dataset.observers.watches.keys_of(client).any(|(database, key)| {
            databases[database].find(key).is_some_and(|record| record.is_expired(now))
        });
        let was_touched = self.dataset.observers.watches.unwatch(client);
        !was_touched && !has_expired
    }

    /// Returns the index of the database that an argument names.
    pub(crate) fn database_index(&self, index: i64) -> Result<usize, Error> {
        usize::try_from(index)
            .ok()
            .filter(|&index| index < self.dataset.keyspace.databases())
            .ok_or(error::DB_INDEX_OUT_OF_RANGE)
    }
}

/// The side effects of an access.
#[derive(Clone, Copy)]
struct Access {
    /// Set if it counts as a hit or a miss in `INFO`.
    counts: bool,
    /// Set if it updates the record's access clock.
    touches: bool,
}
