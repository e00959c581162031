//! A hash table that grows, shrinks and is iterated in small steps.
//!
//! It holds the keys of a database, the fields of a large hash and the members of a large set. A
//! flat hash table would be simpler, but it grows all at once: with ten million keys that stalls
//! every client for most of a second. This is extendible hashing (Fagin et al. 1979): a directory
//! indexed by the top bits of the hash leads to segments of about a hundred entries, each a small
//! SwissTable. A full segment splits in two and two small neighbours merge, without touching the
//! rest of the table. The segment is also the unit of everything that processes entries in steps:
//! `SCAN`, active expiry, freeing a large table, choosing a random entry.
//!
//! The order of entries in a segment's SwissTable has no effect that a client can observe.

pub mod ahead;
mod directory;
pub mod expiry;
mod hash;
pub mod memory;
pub(crate) mod prefetch;
mod sample;
mod scan;
mod segment;

use crate::{
    random::{Random, Seed},
    time::UnixMillis,
};
use core::{fmt, mem};
use directory::Directory;
use expiry::{Deadlines, Schedule};
use hash::KeyHasher;
use memory::measured;
use segment::{MERGE_MAX, Node, SEGMENT_MAX, Segment, Segments};

/// An item of a table: it has a key and may have a deadline.
pub trait Entry {
    /// Returns the key, which never changes while the entry is in a table.
    fn key(&self) -> &[u8];

    /// Returns the time at which the entry expires.
    #[inline]
    fn deadline(&self) -> Option<UnixMillis> {
        None
    }

    /// Returns the time at which to examine the entry: its deadline, or an earlier time at which
    /// something within it expires.
    #[inline]
    fn due(&self) -> Option<UnixMillis> {
        self.deadline()
    }

    /// Returns the address that a look-up reads, for a prefetch.
    fn address(&self) -> *const u8;

    /// Returns the size of the entry in bytes, including everything it points to. It is called on
    /// every change, so it must not read all of a large value.
    fn memory_bytes(&self) -> usize;

    /// Returns `true` if the deadline is before `now`. As in Redis, an entry is live during the
    /// millisecond of its deadline.
    #[inline]
    fn is_expired(&self, now: UnixMillis) -> bool {
        self.deadline().is_some_and(|deadline| deadline < now)
    }
}

/// Entries indexed by their keys, with the deadlines of those that have one.
#[derive(Clone)]
pub struct Table<E> {
    hasher: KeyHasher,
    directory: Directory,
    segments: Segments<E>,
    schedule: Schedule,
    len: usize,
    /// Total size of the entries.
    entry_bytes: usize,
    deadlines: Deadlines,
    /// True if something within an entry may expire, rather than the entry.
    expires_within: bool,
    /// The greatest length that any segment has had.
    longest: usize,
}

/// The entries of a dismantled table, to be freed in steps.
#[derive(Clone)]
pub struct Remains<E>(Segments<E>);

impl<E> Remains<E> {
    /// Removes and returns some of the entries, about a hundred, or `None` if none is left.
    pub fn pop(&mut self) -> Option<impl ExactSizeIterator<Item = E> + use<E>> {
        self.0.pop().map(Segment::into_entries)
    }

    /// Drops about `budget` entries and returns their number; it is smaller than `budget` only if
    /// none is left.
    pub fn free_some(&mut self, budget: usize) -> usize {
        let mut freed = 0;
        while freed < budget
            && let Some(entries) = self.pop()
        {
            freed += entries.len();
        }
        freed
    }
}

impl<E> fmt::Debug for Remains<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remains").field("segments", &self.0.len()).finish()
    }
}

impl<E: Entry + fmt::Debug> fmt::Debug for Table<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The state of a key at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The entry exists and nothing in it has expired.
    Live(Place),
    /// The entry has expired, or something in it has.
    Due(Place),
    /// The key does not exist.
    Missing,
}

/// The position of an entry, valid until entries are added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    segment: u32,
    bucket: usize,
}

impl<E: Entry> Table<E> {
    /// Creates an empty table whose order is determined by `seed`.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self::with_hasher(KeyHasher::new(seed))
    }

    fn with_hasher(hasher: KeyHasher) -> Self {
        let mut segments = Segments::new();
        segments.push(Segment::new(Node::ROOT));
        Self {
            hasher,
            directory: Directory::new(),
            segments,
            schedule: Schedule::default(),
            len: 0,
            entry_bytes: 0,
            deadlines: Deadlines::default(),
            expires_within: false,
            longest: SEGMENT_MAX,
        }
    }

    /// Returns the number of keys, including expired ones.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if the table has no keys.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the hash of a key, for the `_hashed` methods. It is the same in all tables with the
    /// same seed.
    #[inline]
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    /// Returns the entry of a key.
    #[inline]
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<&E> {
        self.find_hashed(self.hash(key), key)
    }

    /// Looks up the state of a key at `now`.
    #[inline]
    #[must_use]
    pub fn lookup(&self, key: &[u8], now: UnixMillis) -> Lookup {
        self.lookup_hashed(self.hash(key), key, now)
    }

    /// Like [`lookup`](Self::lookup), with a precomputed hash.
    #[inline]
    #[must_use]
    pub fn lookup_hashed(&self, hash: u64, key: &[u8], now: UnixMillis) -> Lookup {
        let segment = self.directory.at(hash);
        let Some(bucket) = self.segments[segment].bucket(hash, key) else { return Lookup::Missing };
        let place = Place { segment, bucket };
        match self.segments[segment].in_bucket(bucket).and_then(Entry::due) {
            Some(due) if due < now => Lookup::Due(place),
            _ => Lookup::Live(place),
        }
    }

    /// Returns the entry at a place.
    #[inline]
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&E> {
        self.segments[place.segment].in_bucket(place.bucket)
    }

    /// Changes the entry at a place. The closure must not change its key or its deadline.
    #[inline]
    pub fn change_at<R>(&mut self, place: Place, change: impl FnOnce(&mut E) -> R) -> Option<R> {
        let entry = self.segments[place.segment].in_bucket_mut(place.bucket)?;
        Some(measured(&mut self.entry_bytes, entry, change))
    }

    /// Records that something within an entry expires at `due`. Must be called after every change
    /// that may have moved this time forward.
    pub fn note_due(&mut self, key: &[u8], due: UnixMillis) {
        self.expires_within = true;
        self.schedule.lower(self.directory.at(self.hash(key)), due);
    }

    /// Adds an entry and returns the previous entry of its key.
    pub fn insert(&mut self, entry: E) -> Option<E> {
        self.insert_hashed(self.hash(entry.key()), entry)
    }

    /// Removes a key and returns its entry.
    pub fn remove(&mut self, key: &[u8]) -> Option<E> {
        self.remove_hashed(self.hash(key), key)
    }

    /// Like [`change_hashed`](Self::change_hashed), but computes the hash.
    #[inline]
    pub fn change<R>(&mut self, key: &[u8], change: impl FnOnce(&mut E) -> R) -> Option<R> {
        self.change_hashed(self.hash(key), key, change)
    }

    /// Like [`find`](Self::find), with a precomputed hash.
    #[inline]
    #[must_use]
    pub fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<&E> {
        self.segments[self.directory.at(hash)].find(hash, key)
    }

    /// Like [`insert`](Self::insert), with a precomputed hash.
    pub fn insert_hashed(&mut self, hash: u64, entry: E) -> Option<E> {
        let id = self.directory.at(hash);
        let Some(place) = self.segments[id].find_mut(hash, entry.key()) else {
            self.add_hashed(hash, entry);
            return None;
        };
        let old = mem::replace(place, entry);
        self.entry_bytes = self.entry_bytes - old.memory_bytes() + place.memory_bytes();
        let (deadline, due) = (place.deadline(), place.due());
        self.note_deadline(id, old.deadline(), deadline, due);
        Some(old)
    }

    /// Adds the entry that `make` returns unless its key exists. Returns `true` if it was added.
    #[inline]
    pub fn insert_new_hashed(&mut self, hash: u64, key: &[u8], make: impl FnOnce() -> E) -> bool {
        let is_new = self.find_hashed(hash, key).is_none();
        if is_new {
            self.add_hashed(hash, make());
        }
        is_new
    }

    /// Changes an entry and returns the result of `change`, or `None` if the key does not exist.
    /// The closure must not change the key.
    #[inline]
    pub fn change_hashed<R>(
        &mut self,
        hash: u64,
        key: &[u8],
        change: impl FnOnce(&mut E) -> R,
    ) -> Option<R> {
        let id = self.directory.at(hash);
        let entry = self.segments[id].find_mut(hash, key)?;
        let old = entry.deadline();
        let result = measured(&mut self.entry_bytes, entry, change);
        let (new, due) = (entry.deadline(), entry.due());
        self.note_deadline(id, old, new, due);
        Some(result)
    }

    /// Like [`remove`](Self::remove), with a precomputed hash.
    pub fn remove_hashed(&mut self, hash: u64, key: &[u8]) -> Option<E> {
        let entry = self.segments[self.directory.at(hash)].remove(hash, key)?;
        self.forget(&entry);
        self.settle(hash);
        Some(entry)
    }

    /// Updates the totals after an entry has been removed from its segment.
    fn forget(&mut self, entry: &E) {
        self.len -= 1;
        self.entry_bytes -= entry.memory_bytes();
        self.deadlines.replace(entry.deadline(), None);
    }

    /// Returns a random entry; all are equally likely.
    #[must_use]
    pub fn random(&self, random: &mut Random) -> Option<&E> {
        let (id, place) = self.random_place(random)?;
        self.segments[id].at(place, &self.hasher)
    }

    /// Draws a segment and a place in it until there is an entry at that place. So every entry has
    /// the same probability, and since segments are between a quarter full and full, it takes only
    /// a few draws.
    fn random_place(&self, random: &mut Random) -> Option<(u32, usize)> {
        if self.is_empty() {
            return None;
        }
        loop {
            let id = random.below(self.segments.len()) as u32;
            let place = random.below(self.longest);
            if place < self.segments[id].len() {
                return Some((id, place));
            }
        }
    }

    /// Removes and returns a random entry; all are equally likely.
    pub fn pop_random(&mut self, random: &mut Random) -> Option<E> {
        let (id, place) = self.random_place(random)?;
        let entry = self.segments[id].remove_at(place, &self.hasher)?;
        self.forget(&entry);
        self.settle(self.hash(entry.key()));
        Some(entry)
    }

    /// Consumes the table, so that it can be freed one segment at a time.
    #[must_use]
    pub fn dismantle(self) -> Remains<E> {
        Remains(self.segments)
    }

    /// Adds an entry whose key is not in the table.
    pub fn add_hashed(&mut self, hash: u64, entry: E) {
        let id = self.make_room(hash);
        self.note_deadline(id, None, entry.deadline(), entry.due());
        self.entry_bytes += entry.memory_bytes();
        let segment = &mut self.segments[id];
        segment.insert(hash, entry, &self.hasher);
        self.longest = self.longest.max(segment.len());
        self.len += 1;
    }

    /// Splits the segment of `hash` until it has room, and returns its number. If the hashes are
    /// too similar to be separated, the segment grows instead.
    fn make_room(&mut self, hash: u64) -> u32 {
        loop {
            let id = self.directory.at(hash);
            let segment = &self.segments[id];
            let full = segment.len() >= SEGMENT_MAX;
            if !full
                || segment.node.depth() == self.directory.depth(hash)
                    && !self.directory.deepen(hash, self.len)
            {
                return id;
            }
            self.split(id);
        }
    }

    fn split(&mut self, id: u32) {
        let upper = self.segments[id].split(&self.hasher);
        let node = upper.node;
        let upper = self.segments.push(upper);
        self.directory.assign(node, upper);
        self.schedule.set(upper, self.schedule.earliest_of(id));
    }

    /// Merges the segment of `hash` with its neighbour while both are small.
    fn settle(&mut self, hash: u64) {
        loop {
            let id = self.directory.at(hash);
            let segment = &self.segments[id];
            if segment.len() > MERGE_MAX / 2 || segment.node == Node::ROOT {
                break;
            }
            let buddy_id = self.directory.at(segment.node.buddy().first_hash());
            let buddy = &self.segments[buddy_id];
            if buddy.node != segment.node.buddy() || segment.len() + buddy.len() > MERGE_MAX {
                break;
            }
            self.merge(id, buddy_id);
            self.directory.relax(hash);
        }
        let id = self.directory.at(hash);
        self.segments[id].shrink(&self.hasher);
    }

    /// Moves the entries of `buddy` into segment `id`.
    fn merge(&mut self, id: u32, buddy: u32) {
        self.schedule.lower(id, self.schedule.earliest_of(buddy));
        let last = self.segments.len() as u32 - 1;
        let removed = self.segments.swap_remove(buddy);
        self.schedule.swap_remove(buddy, last);
        if buddy != last {
            self.directory.assign(self.segments[buddy].node, buddy);
        }
        let id = if id == last { buddy } else { id };
        let segment = &mut self.segments[id];
        segment.merge(removed, &self.hasher);
        self.directory.assign(segment.node, id);
    }

    #[inline]
    fn note_deadline(
        &mut self,
        id: u32,
        old: Option<UnixMillis>,
        new: Option<UnixMillis>,
        due: Option<UnixMillis>,
    ) {
        self.deadlines.replace(old, new);
        if let Some(due) = due {
            self.expires_within |= new != Some(due);
            self.schedule.lower(id, due);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};

    /// An entry with a value.
    #[derive(Debug, PartialEq)]
    pub(super) struct Item {
        key: Vec<u8>,
        value: Vec<u8>,
        deadline: Option<UnixMillis>,
    }

    impl Item {
        fn new(key: &str, value: &[u8], deadline: Option<UnixMillis>) -> Self {
            Self { key: key.into(), value: value.to_vec(), deadline }
        }

        fn parts(&self) -> (Vec<u8>, Option<UnixMillis>) {
            (self.value.clone(), self.deadline)
        }
    }

    impl Entry for Item {
        fn key(&self) -> &[u8] {
            &self.key
        }

        fn deadline(&self) -> Option<UnixMillis> {
            self.deadline
        }

        fn address(&self) -> *const u8 {
            self.key.as_ptr()
        }

        fn memory_bytes(&self) -> usize {
            self.key.len() + self.value.len()
        }
    }

    /// Returns what a table has really allocated besides its entries.
    fn real_overhead_bytes(table: &Table<Item>) -> usize {
        let segments: usize = table.segments.iter().map(Segment::memory_bytes).sum();
        segments + table.directory.memory_bytes() + table.schedule.memory_bytes()
    }

    /// Checks all invariants of a table.
    pub(super) fn check(table: &Table<Item>) {
        let (mut len, mut deadlines, mut next) = (0, Deadlines::default(), Some(0));
        let mut bytes = 0;
        let mut seen = vec![false; table.segments.len()];
        while let Some(hash) = next {
            let id = table.directory.at(hash);
            let segment = &table.segments[id];
            assert!(!mem::replace(&mut seen[id as usize], true), "two prefixes share a segment");
            assert_eq!(segment.node.first_hash(), hash);
            assert!(segment.len() <= table.longest);
            next = segment.node.next_hash();
            assert_eq!(table.directory.at(next.unwrap_or(0).wrapping_sub(1)), id);
            for (hash, entry) in segment.sorted(&table.hasher) {
                assert_eq!(Node::of(hash, segment.node.depth()), segment.node);
                if let Some(deadline) = entry.deadline() {
                    assert!(table.schedule.earliest_of(id) <= deadline);
                    assert!(table.earliest_deadline().expect("a key has a deadline") <= deadline);
                    deadlines.replace(None, Some(deadline));
                }
                len += 1;
                bytes += entry.memory_bytes();
            }
        }
        assert!(seen.into_iter().all(|seen| seen), "no hash leads to some segment");
        assert_eq!((table.len, table.entry_bytes, table.deadlines), (len, bytes, deadlines));
    }

    pub(super) fn put(table: &mut Table<Item>, key: &str, deadline: Option<u64>) {
        table.insert(Item::new(key, b"", deadline.map(UnixMillis)));
    }

    /// Replaces the deadline of an item, if the item exists.
    pub(super) fn redate(table: &mut Table<Item>, key: &str, deadline: Option<u64>) -> bool {
        table.change(key.as_bytes(), |item| item.deadline = deadline.map(UnixMillis)).is_some()
    }

    fn masked(mask: u64) -> Table<Item> {
        let mut hasher = KeyHasher::new(Seed(1));
        hasher.mask = mask;
        Table::with_hasher(hasher)
    }

    /// Grows and shrinks a table twice by random changes of every kind, and compares it with a map.
    fn random_changes(mut table: Table<Item>, keys: usize, steps: usize) -> Table<Item> {
        let mut random = Random::new(Seed(9));
        let mut model: BTreeMap<String, (Vec<u8>, Option<UnixMillis>)> = BTreeMap::new();
        for step in 0..steps {
            let key = format!("key:{}", random.below(keys));
            let now = UnixMillis(0);
            let deadline = (step % 3 == 0).then_some(UnixMillis(random.next_u64() >> 20));
            let value = vec![b'x'; random.below(30)];
            let growing = (step / (steps / 4)).is_multiple_of(2);
            match random.below(8) {
                0 => {
                    let old = table.insert(Item::new(&key, &value, deadline));
                    let expected = model.insert(key, (value, deadline));
                    assert_eq!(old.map(|old| old.parts()), expected);
                }
                1 => {
                    let found = table
                        .change(key.as_bytes(), |item| mem::replace(&mut item.deadline, deadline));
                    let expected = model.get_mut(&key).map(|(_, old)| mem::replace(old, deadline));
                    assert_eq!(found, expected);
                }
                2 => {
                    if let Lookup::Live(at) | Lookup::Due(at) = table.lookup(key.as_bytes(), now) {
                        let edited = table.change_at(at, |item| item.value = b"7".to_vec());
                        let expected = model.get_mut(&key).map(|(old, _)| *old = b"7".to_vec());
                        assert_eq!(edited, expected);
                    }
                }
                3 | 4 if growing => {
                    table.insert(Item::new(&key, &value, deadline));
                    model.insert(key, (value, deadline));
                }
                _ if growing => {
                    let found = table.find(key.as_bytes());
                    assert_eq!(found.map(Item::parts).as_ref(), model.get(&key));
                }
                _ => {
                    let old = table.remove(key.as_bytes());
                    assert_eq!(old.map(|old| old.parts()), model.remove(&key));
                }
            }
            if step % (steps / 40) == 0 {
                check(&table);
                let keys: BTreeMap<_, _> = table.iter().map(|entry| (entry.key(), ())).collect();
                assert!(keys.keys().copied().eq(model.keys().map(String::as_bytes)));
            }
        }
        for key in model.keys() {
            assert!(table.remove(key.as_bytes()).is_some());
        }
        check(&table);
        table
    }

    #[test]
    fn changes_match_those_of_a_map_and_an_emptied_table_is_small() {
        for (keys, steps) in [(300, 20_000), (30_000, 400_000)] {
            let table = random_changes(Table::new(Seed(1)), keys, steps);
            assert!(table.is_empty());
            assert_eq!(table.segments.len(), 1);
            let fresh = real_overhead_bytes(&Table::<Item>::new(Seed(1)));
            // Sixteen buckets with their order and a chunk of the schedule may remain.
            assert!(real_overhead_bytes(&table) <= fresh + 16 * 9 + 28 + 512 * 8 + 32);
        }
    }

    #[test]
    fn colliding_hashes_cost_time_but_not_memory() {
        for mask in [0, 0xff, 0xffff_ffff, 0xffff_ffff << 32, 0xffff << 48, 1 << 63, 1] {
            let mut table = random_changes(masked(mask), 1000, 20_000);
            for i in 0..2000 {
                put(&mut table, &format!("key:{i}"), None);
            }
            check(&table);
            assert!(real_overhead_bytes(&table) < 2000 * 60, "mask {mask:x}");
        }
    }

    #[test]
    fn tables_with_the_same_seed_have_the_same_order() {
        let (mut up, mut down) = (Table::new(Seed(5)), Table::new(Seed(5)));
        for i in 0..20_000 {
            put(&mut up, &format!("key:{i}"), None);
            put(&mut down, &format!("key:{}", 29_999 - i), None);
        }
        for i in 0..10_000 {
            up.remove(format!("key:{i}").as_bytes());
            down.remove(format!("key:{}", 29_999 - i).as_bytes());
        }
        let keys: Vec<_> = up.iter().map(|entry| (up.hash(entry.key()), entry.key())).collect();
        assert!(keys.is_sorted());
        assert!(down.iter().map(Item::key).eq(keys.iter().map(|(_, key)| *key)));
    }

    /// This number must never change, on any platform: it determines the cursors and random keys
    /// when a recorded session is replayed.
    #[test]
    fn a_seed_determines_every_cursor_and_every_random_key() {
        let mut table = Table::new(Seed(8));
        let (mut random, mut digest) = (Random::new(Seed(8)), 0_u64);
        for i in 0..30_000_u64 {
            put(&mut table, &format!("key:{}", random.below(9000)), (i % 5 == 0).then_some(i));
            table.remove(format!("key:{}", random.below(9000)).as_bytes());
            let drawn = table.random(&mut random).map_or(0, |entry| table.hash(entry.key()));
            let cursor = table.scan(drawn.reverse_bits(), &mut |_| ());
            digest = (digest ^ drawn).rotate_left(7).wrapping_mul(31) ^ cursor;
            table.expire_due(UnixMillis(i / 2), 10, &mut |expired: Item| {
                digest = (digest ^ expired.key().len() as u64).rotate_left(7);
            });
        }
        assert_eq!(digest, 7_632_134_514_385_071_114);
    }

    #[test]
    fn random_keys_are_uniformly_distributed() {
        let mut table = Table::new(Seed(3));
        assert!(table.random(&mut Random::new(Seed(0))).is_none());
        for i in 0..500 {
            put(&mut table, &format!("{i}"), None);
        }
        let mut draws = vec![0_u32; 500];
        let mut random = Random::new(Seed(4));
        for _ in 0..100_000 {
            let entry = table.random(&mut random).expect("there are keys");
            let i: usize = core::str::from_utf8(entry.key())
                .ok()
                .and_then(|key| key.parse().ok())
                .expect("a number");
            draws[i] += 1;
        }
        let chi_squared: f64 = draws.iter().map(|&n| (f64::from(n) - 200.0).powi(2) / 200.0).sum();
        // With 499 degrees of freedom, the mean is 499 and the standard deviation 31.6.
        assert!((373.0..625.0).contains(&chi_squared), "chi squared {chi_squared}");
    }

    #[test]
    fn full_segments_keep_their_size_under_constant_replacement() {
        let mut table = Table::new(Seed(0));
        for i in 0..100_000_u32 {
            put(&mut table, &format!("key:{i}"), None);
            if let Some(old) = i.checked_sub(SEGMENT_MAX as u32 - 1) {
                table.remove(format!("key:{old}").as_bytes());
            }
        }
        assert_eq!(table.segments.len(), 1);
        assert_eq!(real_overhead_bytes(&table), 72 + 128 * 9 + 112 + 16 + 4);
    }
}
