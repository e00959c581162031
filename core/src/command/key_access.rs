//! How handlers reach keys: with expiry, access clocks and hit counts seen to.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::collector::Collector;
use super::observers::Observers;
use crate::error::{self, Error};
use crate::event::Event;
use crate::journal::Journal;
use crate::keyspace::Keyspace;
use crate::keyspace::access::AccessPolicy;
use crate::keyspace::database::{Database, Put};
use crate::limits;
use crate::random::Random;
use crate::session::ClientId;
use crate::table::{Lookup, Place};
use crate::time::{UnixMicros, UnixMillis};
use crate::value::record::Record;
use crate::value::string::StringRef;
use crate::value::{Compound, Object, Type, Value};
use crate::watch::Successor;

/// What has happened to keys since the start, or since `CONFIG RESETSTAT`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyStats {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) expired: u64,
    /// Keys that expired at a visit of the collector rather than at an access.
    pub(crate) expired_actively: u64,
    pub(crate) evicted: u64,
    /// Changes to data since the start.
    pub(crate) changes: u64,
}

/// The keys as one command sees them.
pub(crate) struct Keys<'a> {
    pub(crate) keyspace: &'a mut Keyspace,
    pub(crate) stats: &'a mut KeyStats,
    pub(crate) random: &'a mut Random,
    pub(crate) journal: &'a mut Journal,
    pub(crate) observers: Observers<'a>,
    /// The database of the client.
    pub(crate) database: usize,
    pub(crate) now: UnixMicros,
    pub(crate) policy: AccessPolicy,
    /// Whether an access leaves its mark: not under `CLIENT NO-TOUCH`.
    pub(crate) touches: bool,
    /// Whether keys that have expired may be removed: not during `CLIENT PAUSE`.
    pub(crate) may_expire: bool,
}

impl KeyStats {
    /// Starts counting anew; what has changed since the last save is not forgotten.
    pub(crate) const fn reset(&mut self) {
        let changes = self.changes;
        *self = Self { hits: 0, misses: 0, expired: 0, expired_actively: 0, evicted: 0, changes };
    }
}

impl Keys<'_> {
    /// The millisecond against which deadlines are held.
    #[inline]
    pub(crate) const fn now_ms(&self) -> UnixMillis {
        self.now.millis()
    }

    #[inline]
    pub(crate) fn db(&mut self) -> &mut Database {
        &mut self.keyspace[self.database]
    }

    /// Asks for the memory of keys that a command is about to look up one after the other, so that their cache misses
    /// overlap.
    pub(crate) fn prefetch<'k>(&self, keys: impl Iterator<Item = &'k [u8]>) {
        self.keyspace[self.database].fetch_ahead(keys);
    }

    /// A key that a command reads: counts a hit or a miss, and marks the access.
    #[inline]
    pub(crate) fn read(&mut self, key: &[u8]) -> Option<&Record> {
        self.see(self.database, key, Access { counts: true, touches: self.touches })
    }

    /// A key that a command looks at from outside: counted, and no access is marked.
    pub(crate) fn peek(&mut self, key: &[u8]) -> Option<&Record> {
        self.see(self.database, key, Access { counts: true, touches: false })
    }

    /// The same without an event that tells of a miss.
    pub(crate) fn peek_unheard(&mut self, key: &[u8]) -> Option<&Record> {
        let place = self.find(self.database, key, false);
        self.count(place.is_some());
        self.keyspace[self.database].at(place?)
    }

    /// A key in any database, without any trace.
    pub(crate) fn peek_in(&mut self, database: usize, key: &[u8]) -> Option<&Record> {
        self.see(database, key, Access { counts: false, touches: false })
    }

    /// A key that a command may go on to change: neither hit nor miss.
    #[inline]
    pub(crate) fn consider(&mut self, key: &[u8]) -> Option<&Record> {
        self.see(self.database, key, Access { counts: false, touches: self.touches })
    }

    /// The string at a key that a command reads.
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

    /// The string at a key that a command may go on to change.
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

    /// Edits the record of a string, if there is one. Whoever has changed it calls [`Self::modified`].
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

    /// The collection at a key that a command reads.
    ///
    /// # Errors
    /// The key holds another type.
    #[inline]
    pub(crate) fn read_as<C: Compound>(&mut self, key: &[u8]) -> Result<Option<C::Ref<'_>>, Error> {
        self.read(key).map(|record| record.compound::<C>().ok_or(error::WRONG_TYPE)).transpose()
    }

    /// Edits the collection at a key, if there is one. A collection that is left empty is removed.
    ///
    /// # Errors
    /// The key holds another type.
    pub(crate) fn edit<C: Compound, R>(
        &mut self,
        key: &[u8],
        edit: impl FnOnce(&mut C) -> Edit<R>,
    ) -> Result<Option<R>, Error> {
        Ok(self.edit_existing(key, edit)?.ok())
    }

    /// The same, but hands back `edit` if there is no such key.
    fn edit_existing<C: Compound, R, F: FnOnce(&mut C) -> Edit<R>>(
        &mut self,
        key: &[u8],
        edit: F,
    ) -> Result<Result<R, F>, Error> {
        let Some(place) = self.reach(key) else { return Ok(Err(edit)) };
        let mut scratch = mem::take(&mut self.keyspace.scratch);
        let edited = self.db().change_at(place, |record| {
            record.edit_compound(&mut scratch, |collection: &mut C| {
                let edited = edit(collection);
                (edited, collection.is_gone(), collection.earliest_deadline())
            })
        });
        self.keyspace.scratch = scratch;
        let (Edit { event, then, changes, result }, is_gone, due) =
            edited.flatten().ok_or(error::WRONG_TYPE)?;
        if let Some(due) = due {
            self.db().note_due(key, due);
        }
        if let Some(event) = event {
            self.modified_by(key, event, changes);
        }
        then.into_iter().for_each(|event| self.notify(key, event));
        if is_gone && let Some(record) = self.db().remove(key) {
            self.keyspace.lazyfree.push_record(record);
            self.notify(key, Event::DEL);
        }
        Ok(Ok(result))
    }

    /// Edits the collection at a key, or an empty one that is put there if anything has come into it.
    ///
    /// # Errors
    /// The key holds another type.
    pub(crate) fn edit_or_insert<C: Compound + Default, R>(
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
        if !collection.is_gone() {
            let clock = self.policy.fresh(self.now);
            self.db().insert(Record::of(key, collection.into_value(), None, clock));
            self.notify(key, Event::NEW);
        }
        if let Some(event) = event {
            self.modified_by(key, event, changes);
        }
        then.into_iter().for_each(|event| self.notify(key, event));
        Ok(result)
    }

    /// Takes over what was part of a value, to be freed in slices.
    pub(crate) fn free_later(&mut self, object: Object) {
        self.keyspace.lazyfree.push_object(Box::new(object));
    }

    /// Makes a value that a command has computed the value of a key, whatever it held, without a deadline. An empty
    /// collection (`None`) removes the key, and as in Redis that is told of one that had expired as well.
    pub(crate) fn store(&mut self, key: &[u8], value: Option<Value<'_>>, event: Event) {
        match value {
            Some(value) => {
                let clock = self.policy.fresh(self.now);
                self.insert_in(self.database, Record::of(key, value, None, clock), event);
            }
            None => {
                if let Some(old) = self.db().remove(key) {
                    self.modified(key, Event::DEL);
                    self.keyspace.lazyfree.push_record(old);
                }
            }
        }
    }

    #[inline]
    fn see(&mut self, database: usize, key: &[u8], access: Access) -> Option<&Record> {
        let place = self.find(database, key, access.counts)?;
        let record = self.keyspace[database].at(place)?;
        if access.touches {
            self.policy.touch(record, self.now, self.random);
        }
        Some(record)
    }

    /// The place of a key that is about to be edited.
    #[inline]
    fn reach(&mut self, key: &[u8]) -> Option<Place> {
        let place = self.find(self.database, key, false)?;
        if self.touches
            && let Some(record) = self.keyspace[self.database].at(place)
        {
            self.policy.touch(record, self.now, self.random);
        }
        Some(place)
    }

    #[inline]
    fn find(&mut self, database: usize, key: &[u8], counts: bool) -> Option<Place> {
        let place = match self.keyspace[database].lookup(key, self.now.millis()) {
            Lookup::Live(place) => Some(place),
            Lookup::Missing => None,
            Lookup::Due(place) => self.collect(database, key, place),
        };
        if counts {
            self.count(place.is_some());
            if place.is_none() {
                self.observers.notify(database, key, Event::KEY_MISS);
            }
        }
        place
    }

    #[inline]
    fn count(&mut self, is_hit: bool) {
        if is_hit {
            self.stats.hits += 1;
        } else {
            self.stats.misses += 1;
        }
    }

    /// Removes a key that has expired, or what has expired within its value. Returns where it is, if it is there still.
    #[cold]
    fn collect(&mut self, database: usize, key: &[u8], place: Place) -> Option<Place> {
        let now = self.now.millis();
        if !self.may_expire {
            let record = self.keyspace[database].at(place)?;
            return (!record.is_expired(now)).then_some(place);
        }
        let (table, lazyfree) = self.keyspace.database_and_lazyfree(database);
        let budget = limits::EXPIRE_RECORDS;
        let observers = &mut self.observers;
        let mut collector = Collector { database, observers, lazyfree, budget, expired: 0 };
        table.expire_key(key, now, &mut collector);
        self.stats.expired += collector.expired;
        match table.lookup(key, now) {
            Lookup::Live(place) | Lookup::Due(place) => Some(place),
            Lookup::Missing => None,
        }
    }

    /// Sets a key to a string, whatever it held.
    #[inline]
    pub(crate) fn put(
        &mut self,
        key: &[u8],
        value: StringRef<'_>,
        deadline: Option<UnixMillis>,
        event: Event,
    ) {
        let clock = self.policy.fresh(self.now);
        let put = self.db().put(key, value, deadline, clock);
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

    /// Inserts a record under its own key, in place of what is there.
    pub(crate) fn insert_in(&mut self, database: usize, record: Record, event: Event) {
        let key = record.key().to_vec();
        self.put_in(database, &key, record);
        self.modified_in(database, &key, event, 1);
    }

    /// Moves a key that is there to another name or another database, in place of what is there. The events tell that it has left
    /// and that it has come; that it is new there is told before both.
    pub(crate) fn relocate(&mut self, from: &[u8], database: usize, to: &[u8], events: [Event; 2]) {
        let Some(record) = self.db().remove(from) else { return };
        self.put_in(database, to, if from == to { record } else { record.renamed(to) });
        let [left, came] = events;
        self.modified(from, left);
        self.modified_in(database, to, came, 1);
    }

    fn put_in(&mut self, database: usize, key: &[u8], record: Record) {
        match self.keyspace[database].insert(record) {
            Some(old) => self.replaced(database, key, old),
            None => self.observers.notify(database, key, Event::NEW),
        }
    }

    fn replaced(&mut self, database: usize, key: &[u8], old: Record) {
        if old.is_expired(self.now_ms()) {
            self.renewed(database, key);
        }
        self.keyspace.lazyfree.push_record(old);
    }

    /// A key has a value in the place of one that had expired: that one is gone, and the key is new.
    #[cold]
    fn renewed(&mut self, database: usize, key: &[u8]) {
        self.expired(database, key);
        self.observers.notify(database, key, Event::NEW);
    }

    /// Removes a key; whether it was there.
    pub(crate) fn remove(&mut self, key: &[u8]) -> bool {
        let now = self.now_ms();
        let Some(record) = self.db().remove(key) else { return false };
        let is_live = !record.is_expired(now);
        if is_live {
            self.modified(key, Event::DEL);
        } else {
            self.expired(self.database, key);
        }
        self.keyspace.lazyfree.push_record(record);
        is_live
    }

    /// Gives a key a deadline.
    pub(crate) fn expire(&mut self, key: &[u8], deadline: UnixMillis) {
        self.db().set_deadline(key, Some(deadline));
        self.modified(key, Event::EXPIRE);
    }

    /// Takes a key's deadline away; whether it had one.
    pub(crate) fn persist(&mut self, key: &[u8]) -> bool {
        let has_deadline = self.consider(key).is_some_and(|record| record.deadline().is_some());
        if has_deadline {
            self.db().set_deadline(key, None);
            self.modified(key, Event::PERSIST);
        }
        has_deadline
    }

    /// Any key that has not expired.
    pub(crate) fn random_key(&mut self) -> Option<Vec<u8>> {
        /// When so many keys in a row have expired, any of them will do, as in Redis.
        const TRIES: usize = 100;
        for last in (0..TRIES).rev() {
            let record = self.keyspace[self.database].random(self.random)?;
            let key = record.key().to_vec();
            if !record.is_expired(self.now.millis()) || last == 0 {
                return Some(key);
            }
            self.peek_in(self.database, &key);
        }
        None
    }

    /// Exchanges two databases for every client at once.
    pub(crate) fn swap_databases(&mut self, first: usize, second: usize) {
        self.stats.changes += 1;
        if first == second {
            return;
        }
        let (databases, now) = (&*self.keyspace, self.now.millis());
        for (replaced, by) in [(first, second), (second, first)] {
            let was_there = |key: &[u8]| databases[replaced].find(key).is_some();
            let successor = |key: &[u8]| match databases[by].find(key) {
                None => Successor::Nothing,
                Some(record) if record.is_expired(now) => Successor::Expired,
                Some(_) => Successor::Live,
            };
            self.observers.watches.touch_all(replaced, was_there, successor);
            self.observers.blocked.touch_all(replaced);
        }
        self.keyspace.swap(first, second);
    }

    /// Empties databases. Their keys are gone at once; their memory is freed in slices.
    pub(crate) fn flush(&mut self, databases: &[usize]) {
        for &database in databases {
            let emptied = &self.keyspace[database];
            self.stats.changes += emptied.len() as u64;
            let was_there = |key: &[u8]| emptied.find(key).is_some();
            self.observers.watches.touch_all(database, was_there, |_| Successor::Nothing);
            self.observers.blocked.touch_all(database);
            self.keyspace.flush(database);
        }
        self.observers.tracking.touch_all();
    }

    /// Tells that a key of the client's database has changed, and how.
    #[inline]
    pub(crate) fn modified(&mut self, key: &[u8], event: Event) {
        self.modified_in(self.database, key, event, 1);
    }

    /// The same of a change that counts as several, one for each element.
    #[inline]
    pub(crate) fn modified_by(&mut self, key: &[u8], event: Event, changes: usize) {
        self.modified_in(self.database, key, event, changes);
    }

    /// Tells that a key has changed in a way that no event tells of.
    pub(crate) fn modified_quietly(&mut self, key: &[u8]) {
        self.stats.changes += 1;
        self.observers.touched(self.database, key);
    }

    /// Tells of a change that `WATCH` and clients that cache the key are not told of: one to the consumer groups of a
    /// stream.
    pub(crate) fn modified_unwatched(&mut self, key: &[u8], event: Option<Event>, changes: usize) {
        self.stats.changes += changes as u64;
        event.into_iter().for_each(|event| self.notify(key, event));
    }

    /// Whoever waits for a key is to look at it again, though it has not changed.
    pub(crate) fn ready(&mut self, key: &[u8]) {
        self.observers.blocked.touch(self.database, key);
    }

    /// A key was created, of which the event tells later.
    pub(crate) fn touched(&mut self, key: &[u8]) {
        self.observers.touched(self.database, key);
    }

    #[inline]
    fn modified_in(&mut self, database: usize, key: &[u8], event: Event, changes: usize) {
        self.stats.changes += changes as u64;
        self.observers.modified(database, key, event);
    }

    /// Tells of an event that is no change of its own, or the second of one change.
    #[inline]
    pub(crate) fn notify(&mut self, key: &[u8], event: Event) {
        self.observers.notify(self.database, key, event);
    }

    /// An expired key was found and, unless a pause forbids it, removed.
    fn expired(&mut self, database: usize, key: &[u8]) {
        if self.may_expire {
            self.stats.expired += 1;
            self.observers.expired(database, key);
        }
    }

    /// From now on `EXEC` of this client fails if the key changes. Returns what that takes, in bytes.
    pub(crate) fn watch(&mut self, client: ClientId, key: &[u8]) -> usize {
        let database = self.database;
        let now = self.now_ms();
        let was_expired = self.db().find(key).is_some_and(|record| record.is_expired(now));
        self.observers.watches.watch(client, database, key, was_expired)
    }

    /// Ends a client's watches; whether all keys are as they were.
    pub(crate) fn unwatch(&mut self, client: ClientId) -> bool {
        let (now, databases) = (self.now.millis(), &*self.keyspace);
        let has_expired = self.observers.watches.keys_of(client).any(|(database, key)| {
            databases[database].find(key).is_some_and(|record| record.is_expired(now))
        });
        let was_touched = self.observers.watches.unwatch(client);
        !was_touched && !has_expired
    }

    /// The number of the database that an argument names.
    pub(crate) fn database_index(&self, index: i64) -> Result<usize, Error> {
        usize::try_from(index)
            .ok()
            .filter(|&index| index < self.keyspace.databases())
            .ok_or(error::DB_INDEX_OUT_OF_RANGE)
    }
}

/// What came of an edit.
pub(crate) struct Edit<R> {
    /// What to tell, if anything has changed.
    event: Option<Event>,
    /// What to tell after that.
    then: Option<Event>,
    /// How many changes it counts as.
    changes: usize,
    result: R,
}

impl<R> Edit<R> {
    /// Nothing has changed.
    pub(crate) const fn unchanged(result: R) -> Self {
        Self { event: None, then: None, changes: 0, result }
    }

    /// So many elements have changed; none is no change.
    pub(crate) fn changed(event: Event, changes: usize, result: R) -> Self {
        let event = (changes > 0).then_some(event);
        Self { event, then: None, changes, result }
    }

    /// The event is told, however many elements have changed.
    pub(crate) const fn told(event: Event, changes: usize, result: R) -> Self {
        Self { event: Some(event), then: None, changes, result }
    }

    /// Besides, `count` elements have changed in another way.
    pub(crate) fn and(self, event: Event, count: usize) -> Self {
        let changes = self.changes + count;
        match self.event {
            Some(_) if count > 0 => Self { then: Some(event), changes, ..self },
            Some(_) => self,
            None => Self { event: (count > 0).then_some(event), changes, ..self },
        }
    }

    /// Another event comes of the same change.
    pub(crate) fn then(self, event: Event) -> Self {
        Self { then: self.event.map(|_| event), ..self }
    }
}

/// What an access leaves behind.
#[derive(Clone, Copy)]
struct Access {
    /// A hit or a miss in `INFO`.
    counts: bool,
    /// The record's access clock.
    touches: bool,
}
