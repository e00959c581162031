//! Active expiry: keys are removed once they have expired, whether or not they are read.
//!
//! Redis samples keys at random and may leave up to a quarter of the sampled keys expired. Here
//! every segment stores a time before which none of its keys expires, and every chunk of 512
//! segments stores the earliest of these times. Finding due keys compares one number per chunk and
//! then one per segment, so it costs next to nothing when nothing is due; a due segment is visited
//! as a whole. The times are lower bounds: setting a deadline lowers them, removing a key does not
//! change them, and a visit, which reads every entry anyway, makes them exact. Work is done in
//! slices: when ten million keys expire at once, each call removes as many as its budget allows.

use super::{Entry, Table, memory::measured, segment::CHUNK};
use crate::sort;
use crate::time::UnixMillis;
use alloc::vec::Vec;

/// When to call [`Table::expire_due`] again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Soon: the budget ran out before the work did.
    Now,
    /// At this time: no key expires earlier.
    At(UnixMillis),
    /// After a key is given a deadline: no key has one now.
    Never,
}

/// Receives expired entries and expires the contents of others.
pub trait Reaper<E> {
    /// Called with an entry that has expired and has been removed from the table.
    fn expired(&mut self, entry: E);

    /// Called when something within an entry has expired at `now`. Removes it, or as much of it as
    /// the time allows.
    fn expired_within(&mut self, _entry: &mut E, _now: UnixMillis) -> Reaped {
        unreachable!("the entries of this table expire as a whole")
    }

    /// Called with an entry that has become empty and has been removed from the table.
    fn emptied(&mut self, _entry: E) {}
}

/// The result of removing expired parts of an entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reaped {
    /// Number of parts examined.
    pub seen: usize,
    /// True if the entry is empty now and must be removed.
    pub is_empty: bool,
}

/// A closure suffices for entries that expire only as a whole.
impl<E, F: FnMut(E)> Reaper<E> for F {
    fn expired(&mut self, entry: E) {
        self(entry);
    }
}

impl<E: Entry> Table<E> {
    /// Removes what is expired at `now` and passes it to `reaper`, in an order that the seed
    /// determines.
    ///
    /// Stops after the segment in which the number of examined entries reaches `budget`.
    pub fn expire_due(
        &mut self,
        now: UnixMillis,
        budget: usize,
        reaper: &mut dyn Reaper<E>,
    ) -> Due {
        let seen = self.expire_some(now, budget, reaper);
        if seen >= budget && self.schedule.next_due(now).is_some() {
            return Due::Now;
        }
        let earliest = self.earliest_deadline();
        self.expires_within &= earliest.is_some();
        earliest.map_or(Due::Never, |earliest| Due::At(UnixMillis(earliest.0.saturating_add(1))))
    }

    /// Does the same as [`expire_due`](Self::expire_due), but returns the number of entries
    /// examined: at least `budget` if there may be more to do.
    pub fn expire_some(
        &mut self,
        now: UnixMillis,
        budget: usize,
        reaper: &mut dyn Reaper<E>,
    ) -> usize {
        let mut seen = 0;
        while seen < budget
            && let Some(id) = self.schedule.next_due(now)
        {
            seen += self.expire_segment(id, now, reaper);
        }
        seen
    }

    /// Expires one key for which [`lookup`](Self::lookup) has reported that something is due.
    pub fn expire_key(&mut self, key: &[u8], now: UnixMillis, reaper: &mut dyn Reaper<E>) {
        let hash = self.hash(key);
        if self.find_hashed(hash, key).is_some_and(|entry| !entry.is_expired(now)) {
            self.expire_within(hash, key, now, reaper);
        } else if let Some(entry) = self.remove_hashed(hash, key) {
            reaper.expired(entry);
        }
    }

    /// Returns a time before which nothing expires, or `None` if nothing ever expires.
    #[must_use]
    pub fn earliest_deadline(&self) -> Option<UnixMillis> {
        let is_any = self.deadlines.count > 0 || self.expires_within;
        if is_any { self.schedule.earliest() } else { None }
    }

    /// Returns the number of entries that are expired at `now` and not yet removed. Reads the
    /// segments that may have some.
    #[must_use]
    pub fn expired_len(&self, now: UnixMillis) -> usize {
        let is_any = self.deadlines.count > 0;
        let due = is_any.then(|| self.schedule.due(now)).into_iter().flatten();
        let expired = |id| self.segments[id].iter().filter(|entry| entry.is_expired(now)).count();
        due.map(expired).sum()
    }

    /// Returns the number of keys that have a deadline.
    #[inline]
    #[must_use]
    pub const fn expiring_len(&self) -> usize {
        self.deadlines.count
    }

    /// Returns the average remaining lifetime of the keys that have a deadline, or zero if none
    /// has.
    #[must_use]
    pub fn average_ttl_ms(&self, now: UnixMillis) -> u64 {
        self.deadlines.mean().map_or(0, |mean| mean.0.saturating_sub(now.0))
    }

    /// Removes what is expired in a segment and returns the number of entries examined.
    fn expire_segment(&mut self, id: u32, now: UnixMillis, reaper: &mut dyn Reaper<E>) -> usize {
        let segment = &mut self.segments[id];
        let (mut seen, first_hash) = (segment.len(), segment.node.first_hash());
        let (mut earliest, mut within) = (NEVER, Vec::new());
        let mut expired: Vec<(u64, E)> = segment
            .extract(&self.hasher, |entry| {
                let expired = entry.is_expired(now);
                match entry.due() {
                    Some(due) if !expired && due < now => within.push(entry.key().to_vec()),
                    Some(due) if !expired => earliest = earliest.min(due),
                    _ => {}
                }
                expired
            })
            .into_iter()
            .map(|entry| (self.hasher.hash(entry.key()), entry))
            .collect();
        self.schedule.set(id, earliest);
        expired.iter().for_each(|(_, entry)| self.forget(entry));
        self.settle(first_hash);
        sort::by(&mut expired, |(a, x), (b, y)| a.cmp(b).then_with(|| x.key().cmp(y.key())));
        expired.into_iter().for_each(|(_, entry)| reaper.expired(entry));
        let mut within: Vec<_> = within.into_iter().map(|key| (self.hash(&key), key)).collect();
        sort::by(&mut within, Ord::cmp);
        for (hash, key) in within {
            seen += self.expire_within(hash, &key, now, reaper);
        }
        seen
    }

    /// Removes what is expired within an entry, and the entry itself if it becomes empty. Returns
    /// the number of parts examined.
    fn expire_within(
        &mut self,
        hash: u64,
        key: &[u8],
        now: UnixMillis,
        reaper: &mut dyn Reaper<E>,
    ) -> usize {
        let id = self.directory.at(hash);
        let Some(entry) = self.segments[id].find_mut(hash, key) else { return 0 };
        let reap = |entry: &mut E| reaper.expired_within(entry, now);
        let Reaped { seen, is_empty } = measured(&mut self.entry_bytes, entry, reap);
        if let Some(due) = entry.due() {
            self.schedule.lower(id, due);
        }
        if is_empty && let Some(entry) = self.remove_hashed(hash, key) {
            reaper.emptied(entry);
        }
        seen
    }
}

/// Number of keys that have a deadline, and the sum of the deadlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Deadlines {
    pub(super) count: usize,
    sum_ms: u128,
}

impl Deadlines {
    /// Replaces the deadline `old` of a key by `new`; `None` means no deadline.
    #[inline]
    pub(super) fn replace(&mut self, old: Option<UnixMillis>, new: Option<UnixMillis>) {
        if let Some(old) = old {
            self.count -= 1;
            self.sum_ms -= u128::from(old.0);
        }
        if let Some(new) = new {
            self.count += 1;
            self.sum_ms += u128::from(new.0);
        }
    }

    /// Returns the average deadline, or `None` if no key has one.
    pub(super) fn mean(self) -> Option<UnixMillis> {
        let mean = self.sum_ms.checked_div(self.count as u128)?;
        Some(UnixMillis(u64::try_from(mean).unwrap_or(u64::MAX)))
    }
}

pub(super) const NEVER: UnixMillis = UnixMillis(u64::MAX);

/// For each segment, a time before which none of its keys expires.
#[derive(Clone, Default)]
pub(super) struct Schedule {
    chunks: Vec<Chunk>,
    /// Index of the chunk where the search for a due segment continues.
    hand: usize,
}

#[derive(Clone)]
struct Chunk {
    /// Lower bound of `earliest`.
    bound: UnixMillis,
    /// Indexed by segment; empty while no key in the chunk has a deadline.
    earliest: Vec<UnixMillis>,
}

impl Schedule {
    /// Records that a key of segment `id` expires at `deadline`.
    #[inline]
    pub(super) fn lower(&mut self, id: u32, deadline: UnixMillis) {
        if deadline < self.earliest_of(id) {
            self.set(id, deadline);
        }
    }

    /// Records that no key of segment `id` expires before `earliest`.
    pub(super) fn set(&mut self, id: u32, earliest: UnixMillis) {
        let (chunk, at) = (id as usize / CHUNK, id as usize % CHUNK);
        if chunk >= self.chunks.len() {
            if earliest == NEVER {
                return;
            }
            self.chunks.resize_with(chunk + 1, || Chunk { bound: NEVER, earliest: Vec::new() });
        }
        let chunk = &mut self.chunks[chunk];
        if earliest != NEVER || at < chunk.earliest.len() {
            // There may be many small tables, and a small table has one segment.
            if at >= chunk.earliest.len() {
                chunk.earliest.reserve_exact((at + 1).next_power_of_two() - chunk.earliest.len());
                chunk.earliest.resize(at + 1, NEVER);
            }
            chunk.earliest[at] = earliest;
            chunk.bound = chunk.bound.min(earliest);
        }
    }

    pub(super) fn earliest_of(&self, id: u32) -> UnixMillis {
        let chunk = self.chunks.get(id as usize / CHUNK);
        let earliest = chunk.and_then(|chunk| chunk.earliest.get(id as usize % CHUNK));
        earliest.copied().unwrap_or(NEVER)
    }

    /// Removes segment `id`; `last`, the last segment, takes over its number.
    pub(super) fn swap_remove(&mut self, id: u32, last: u32) {
        self.set(id, self.earliest_of(last));
        self.set(last, NEVER);
        self.chunks.truncate(last as usize / CHUNK + 1);
    }

    /// Returns the first segment that may have a key to expire, searching from `id` and then from
    /// 0. At least one of the `len` segments must have such a key.
    pub(super) fn next_timed(&self, id: u32, len: u32) -> u32 {
        let mut id = id % len;
        while self.earliest_of(id) == NEVER {
            let chunk = id as usize / CHUNK;
            let is_timed = self.chunks.get(chunk).is_some_and(|chunk| chunk.bound != NEVER);
            let next = if is_timed { id + 1 } else { (chunk as u32 + 1) * CHUNK as u32 };
            id = if next < len { next } else { 0 };
        }
        id
    }

    /// Returns a segment that may have a key that expires before `now`. The caller must set its
    /// time before the next search.
    fn next_due(&mut self, now: UnixMillis) -> Option<u32> {
        for _ in 0..=self.chunks.len() {
            self.hand = if self.hand < self.chunks.len() { self.hand } else { 0 };
            let chunk = self.chunks.get_mut(self.hand)?;
            if chunk.bound < now
                && let Some(at) = chunk.due(now)
            {
                return Some((self.hand * CHUNK + at) as u32);
            }
            self.hand += 1;
        }
        None
    }

    /// Returns the segments that may have a key that expires before `now`.
    fn due(&self, now: UnixMillis) -> impl Iterator<Item = u32> {
        let chunks = self.chunks.iter().enumerate().filter(move |(_, chunk)| chunk.bound < now);
        chunks.flat_map(move |(index, chunk)| {
            let earliest = chunk.earliest.iter().enumerate();
            let due = earliest.filter(move |(_, earliest)| **earliest < now);
            due.map(move |(at, _)| (index * CHUNK + at) as u32)
        })
    }

    fn earliest(&self) -> Option<UnixMillis> {
        let earliest = self.chunks.iter().map(|chunk| chunk.bound).min()?;
        (earliest != NEVER).then_some(earliest)
    }

    /// Returns the allocated size of the schedule in bytes.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        let times: usize = self.chunks.iter().map(|chunk| chunk.earliest.capacity()).sum();
        self.chunks.len() * 32 + times * size_of::<UnixMillis>()
    }
}

impl Chunk {
    /// Returns the first due segment; if none is due, makes the bound exact.
    fn due(&mut self, now: UnixMillis) -> Option<usize> {
        let due = self.earliest.iter().position(|&earliest| earliest < now);
        if due.is_none() {
            self.bound = self.earliest.iter().copied().min().unwrap_or(NEVER);
            if self.bound == NEVER {
                self.earliest = Vec::new();
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        random::{Random, Seed},
        table::tests::{Item, check, put, redate},
    };
    use alloc::{format, vec};

    fn expire(table: &mut Table<Item>, now: u64) -> (usize, Due) {
        let mut expired = 0;
        let due = table.expire_due(UnixMillis(now), usize::MAX, &mut |entry: Item| {
            assert!(entry.is_expired(UnixMillis(now)));
            expired += 1;
        });
        (expired, due)
    }

    #[test]
    fn a_key_is_removed_one_millisecond_after_its_deadline() {
        let mut table = Table::new(Seed(0));
        put(&mut table, "stays", None);
        put(&mut table, "goes", Some(100));
        assert_eq!(expire(&mut table, 100), (0, Due::At(UnixMillis(101))));
        assert_eq!(expire(&mut table, 101), (1, Due::Never));
        assert_eq!((table.len(), table.expiring_len()), (1, 0));
    }

    #[test]
    fn a_removed_or_moved_deadline_no_longer_expires_its_key() {
        let mut table = Table::new(Seed(0));
        put(&mut table, "key", Some(100));
        assert!(redate(&mut table, "key", Some(200)));
        assert_eq!(expire(&mut table, 150), (0, Due::At(UnixMillis(201))));
        assert!(redate(&mut table, "key", None));
        assert_eq!(table.earliest_deadline(), None);
        assert_eq!(expire(&mut table, 1000), (0, Due::Never));
        assert!(!redate(&mut table, "other", None));
    }

    #[test]
    fn keys_expire_on_time_while_others_are_added_and_removed() {
        let mut table = Table::new(Seed(2));
        let mut random = Random::new(Seed(2));
        let mut at = vec![0_usize; 1001];
        let mut expired = 0;
        for now in 0..1000_u64 {
            for i in 0..200 {
                let deadline = now + random.below(1000) as u64;
                put(&mut table, &format!("{now}:{i}"), Some(deadline));
                put(&mut table, &format!("{now}:{i}:stays"), None);
                at[deadline.min(1000) as usize] += 1;
            }
            let (gone, _) = expire(&mut table, now);
            assert_eq!(gone, now.checked_sub(1).map_or(0, |past| at[past as usize]));
            expired += gone;
            if now % 100 == 0 {
                check(&table);
            }
        }
        expired += expire(&mut table, 5000).0;
        assert_eq!((expired, table.len(), table.expiring_len()), (200_000, 200_000, 0));
        check(&table);
    }

    #[test]
    fn keys_that_expire_together_are_removed_in_slices_of_the_budget() {
        let mut table = Table::new(Seed(0));
        let keys = 200_000;
        for i in 0..keys {
            put(&mut table, &format!("key:{i}"), Some(1));
        }
        let (mut calls, mut removed) = (0, 0);
        loop {
            let before = removed;
            let due = table.expire_due(UnixMillis(2), 1000, &mut |_: Item| removed += 1);
            assert!(removed - before < 1000 + 104);
            calls += 1;
            if due == Due::Never {
                break;
            }
            assert_eq!(due, Due::Now);
        }
        assert_eq!((removed, table.len()), (keys, 0));
        assert!((keys / 1104..=keys / 1000 + 1).contains(&calls));
        check(&table);
    }

    #[test]
    fn the_average_ttl_counts_only_keys_with_a_deadline() {
        let mut table = Table::new(Seed(5));
        assert_eq!(table.average_ttl_ms(UnixMillis(0)), 0);
        put(&mut table, "a", Some(1_000));
        put(&mut table, "b", Some(2_001));
        put(&mut table, "c", None);
        assert_eq!(table.average_ttl_ms(UnixMillis(500)), 1_000);
        assert_eq!(table.average_ttl_ms(UnixMillis(9_999)), 0);
        put(&mut table, "a", Some(u64::MAX));
        put(&mut table, "b", Some(u64::MAX));
        assert_eq!(table.average_ttl_ms(UnixMillis(1)), u64::MAX - 1);
        table.remove(b"a");
        put(&mut table, "b", None);
        assert_eq!(table.average_ttl_ms(UnixMillis(1)), 0);
    }
}
