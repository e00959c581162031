//! A hash table that grows, shrinks and is walked in small steps.
//!
//! It holds the keys of a database, the fields of a large hash, the members of a large set. One flat hash table would be
//! simpler, but it grows all at once: for ten million keys that stalls everyone for most of a second. This is
//! extendible hashing (Fagin et al. 1979): a directory indexed by the top bits of the hash leads to segments of about a
//! hundred entries, each a small SwissTable. A full segment splits in two, two small neighbours merge, and the rest of
//! the table does not notice. The segment is also the unit of everything that walks the entries in steps: `SCAN`, active
//! expiry, freeing a large table, a random choice.
//!
//! Nothing that a client can observe depends on the order of entries in a segment's table.

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

/// What a table holds: something that has a key and perhaps a deadline.
pub trait Entry {
    /// The key, which never changes while the entry is in a table.
    fn key(&self) -> &[u8];

    /// When the entry expires.
    #[inline]
    fn deadline(&self) -> Option<UnixMillis> {
        None
    }

    /// When the entry is to be looked at: at its deadline, or before, if something within it expires before.
    #[inline]
    fn due(&self) -> Option<UnixMillis> {
        self.deadline()
    }

    /// The address of what a look-up reads, for a prefetch.
    fn address(&self) -> *const u8;

    /// What it takes, with all that it points to, in bytes. It is asked at every change, and must not read all of a large value.
    fn memory_bytes(&self) -> usize;

    /// Whether the deadline lies before `now`. As in Redis, an entry lives through the millisecond of its deadline.
    #[inline]
    fn is_expired(&self, now: UnixMillis) -> bool {
        self.deadline().is_some_and(|deadline| deadline < now)
    }
}

/// Entries by their keys, and the deadlines of those that have one.
#[derive(Clone)]
pub struct Table<E> {
    hasher: KeyHasher,
    directory: Directory,
    segments: Segments<E>,
    schedule: Schedule,
    len: usize,
    /// What the entries take.
    entry_bytes: usize,
    deadlines: Deadlines,
    /// Whether something within an entry may expire, rather than the entry.
    expires_within: bool,
    /// No segment was ever longer.
    longest: usize,
}

/// The entries of a table that is no more.
#[derive(Clone)]
pub struct Remains<E>(Segments<E>);

impl<E> Remains<E> {
    /// Takes out some of the entries, about a hundred; nothing once all are gone.
    pub fn pop(&mut self) -> Option<impl ExactSizeIterator<Item = E> + use<E>> {
        self.0.pop().map(Segment::into_entries)
    }

    /// Drops about `budget` entries and returns how many; fewer only when none are left.
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

/// What a key holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// An entry in which nothing has expired.
    Live(Place),
    /// An entry that has expired, or in which something has.
    Due(Place),
    /// Nothing.
    Missing,
}

/// Where an entry is, until entries are added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    segment: u32,
    bucket: usize,
}

impl<E: Entry> Table<E> {
    /// An empty table whose order is fixed by `seed`.
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

    /// How many keys there are, expired ones included.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no keys.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash of a key, which the `_hashed` methods take. It is the same in all tables of a seed.
    #[inline]
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    /// The entry of a key.
    #[inline]
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<&E> {
        self.find_hashed(self.hash(key), key)
    }

    /// What a key holds at `now`.
    #[inline]
    #[must_use]
    pub fn lookup(&self, key: &[u8], now: UnixMillis) -> Lookup {
        self.lookup_hashed(self.hash(key), key, now)
    }

    /// [`lookup`](Self::lookup) of a key whose hash is known.
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

    /// The entry at a place.
    #[inline]
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&E> {
        self.segments[place.segment].in_bucket(place.bucket)
    }

    /// Changes the entry at a place in any way but its key and its deadline.
    #[inline]
    pub fn change_at<R>(&mut self, place: Place, change: impl FnOnce(&mut E) -> R) -> Option<R> {
        let entry = self.segments[place.segment].in_bucket_mut(place.bucket)?;
        Some(measured(&mut self.entry_bytes, entry, change))
    }

    /// Something within an entry expires at `due`: to be told after every change that may have made it sooner.
    pub fn note_due(&mut self, key: &[u8], due: UnixMillis) {
        self.expires_within = true;
        self.schedule.lower(self.directory.at(self.hash(key)), due);
    }

    /// Adds an entry; returns the one that had its key before.
    pub fn insert(&mut self, entry: E) -> Option<E> {
        self.insert_hashed(self.hash(entry.key()), entry)
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &[u8]) -> Option<E> {
        self.remove_hashed(self.hash(key), key)
    }

    /// [`change_hashed`](Self::change_hashed) without the hash at hand.
    #[inline]
    pub fn change<R>(&mut self, key: &[u8], change: impl FnOnce(&mut E) -> R) -> Option<R> {
        self.change_hashed(self.hash(key), key, change)
    }

    /// [`find`](Self::find) with the hash at hand.
    #[inline]
    #[must_use]
    pub fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<&E> {
        self.segments[self.directory.at(hash)].find(hash, key)
    }

    /// [`insert`](Self::insert) with the hash at hand.
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

    /// Adds the entry that `make` makes, unless its key is there; whether it was not.
    #[inline]
    pub fn insert_new_hashed(&mut self, hash: u64, key: &[u8], make: impl FnOnce() -> E) -> bool {
        let is_new = self.find_hashed(hash, key).is_none();
        if is_new {
            self.add_hashed(hash, make());
        }
        is_new
    }

    /// Changes an entry in any way but its key, and returns what `change` does; nothing if the key is not there.
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

    /// [`remove`](Self::remove) with the hash at hand.
    pub fn remove_hashed(&mut self, hash: u64, key: &[u8]) -> Option<E> {
        let entry = self.segments[self.directory.at(hash)].remove(hash, key)?;
        self.forget(&entry);
        self.settle(hash);
        Some(entry)
    }

    /// An entry has left its segment.
    fn forget(&mut self, entry: &E) {
        self.len -= 1;
        self.entry_bytes -= entry.memory_bytes();
        self.deadlines.replace(entry.deadline(), None);
    }

    /// An entry, each as likely as any other.
    #[must_use]
    pub fn random(&self, random: &mut Random) -> Option<&E> {
        let (id, place) = self.random_place(random)?;
        self.segments[id].at(place, &self.hasher)
    }

    /// Draws a segment and a place in it until there is an entry at that place: every entry is drawn with the same
    /// probability, and with segments between a quarter full and full that takes a few draws.
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

    /// Takes out an entry, each as likely as any other.
    pub fn pop_random(&mut self, random: &mut Random) -> Option<E> {
        let (id, place) = self.random_place(random)?;
        let entry = self.segments[id].remove_at(place, &self.hasher)?;
        self.forget(&entry);
        self.settle(self.hash(entry.key()));
        Some(entry)
    }

    /// Gives up the table, to be freed a segment at a time.
    #[must_use]
    pub fn dismantle(self) -> Remains<E> {
        Remains(self.segments)
    }

    /// Adds an entry whose key is not there.
    pub fn add_hashed(&mut self, hash: u64, entry: E) {
        let id = self.make_room(hash);
        self.note_deadline(id, None, entry.deadline(), entry.due());
        self.entry_bytes += entry.memory_bytes();
        let segment = &mut self.segments[id];
        segment.insert(hash, entry, &self.hasher);
        self.longest = self.longest.max(segment.len());
        self.len += 1;
    }

    /// Splits the segment of `hash` until it has room, and returns its number. Where hashes are too much alike to be
    /// told apart, the segment grows instead.
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

    /// Makes segment `id` hold the entries of `buddy` too.
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

    /// What a table has really allocated besides its entries.
    fn real_overhead_bytes(table: &Table<Item>) -> usize {
        let segments: usize = table.segments.iter().map(Segment::memory_bytes).sum();
        segments + table.directory.memory_bytes() + table.schedule.memory_bytes()
    }

    /// Checks all that a table promises itself.
    pub(super) fn check(table: &Table<Item>) {
        let (mut len, mut deadlines, mut next) = (0, Deadlines::default(), Some(0));
        let mut bytes = 0;
        let mut seen = vec![false; table.segments.len()];
        while let Some(hash) = next {
            let id = table.directory.at(hash);
            let segment = &table.segments[id];
            assert!(!mem::replace(&mut seen[id as usize], true), "two prefixes, one segment");
            assert_eq!(segment.node.first_hash(), hash);
            assert!(segment.len() <= table.longest);
            next = segment.node.next_hash();
            assert_eq!(table.directory.at(next.unwrap_or(0).wrapping_sub(1)), id);
            for (hash, entry) in segment.sorted(&table.hasher) {
                assert_eq!(Node::of(hash, segment.node.depth()), segment.node);
                if let Some(deadline) = entry.deadline() {
                    assert!(table.schedule.earliest_of(id) <= deadline);
                    assert!(table.earliest_deadline().expect("some key has one") <= deadline);
                    deadlines.replace(None, Some(deadline));
                }
                len += 1;
                bytes += entry.memory_bytes();
            }
        }
        assert!(seen.into_iter().all(|seen| seen), "a segment that no hash leads to");
        assert_eq!((table.len, table.entry_bytes, table.deadlines), (len, bytes, deadlines));
    }

    pub(super) fn put(table: &mut Table<Item>, key: &str, deadline: Option<u64>) {
        table.insert(Item::new(key, b"", deadline.map(UnixMillis)));
    }

    /// Gives an item another deadline, if it is there.
    pub(super) fn redate(table: &mut Table<Item>, key: &str, deadline: Option<u64>) -> bool {
        table.change(key.as_bytes(), |item| item.deadline = deadline.map(UnixMillis)).is_some()
    }

    fn masked(mask: u64) -> Table<Item> {
        let mut hasher = KeyHasher::new(Seed(1));
        hasher.mask = mask;
        Table::with_hasher(hasher)
    }

    /// Grows and shrinks a table twice by random changes, among them every kind, and compares it with a map.
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
    fn changes_match_a_map_and_an_emptied_table_is_small() {
        for (keys, steps) in [(300, 20_000), (30_000, 400_000)] {
            let table = random_changes(Table::new(Seed(1)), keys, steps);
            assert!(table.is_empty());
            assert_eq!(table.segments.len(), 1);
            let fresh = real_overhead_bytes(&Table::<Item>::new(Seed(1)));
            // Sixteen buckets with their order and a chunk of the schedule may stay.
            assert!(real_overhead_bytes(&table) <= fresh + 16 * 9 + 28 + 512 * 8 + 32);
        }
    }

    #[test]
    fn hashes_that_are_alike_cost_time_not_memory() {
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
    fn a_table_of_one_seed_has_one_order() {
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

    /// This number may never change, on any platform: a recorded session replays its cursors and random keys by it.
    #[test]
    fn a_seed_fixes_every_cursor_and_every_random_key() {
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
    fn a_random_key_is_any_key() {
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
        // 499 degrees of freedom: mean 499, standard deviation 31.6.
        assert!((373.0..625.0).contains(&chi_squared), "chi squared {chi_squared}");
    }

    #[test]
    fn busy_full_segments_keep_their_size() {
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
