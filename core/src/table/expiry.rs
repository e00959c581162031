//! Active expiry: keys go when their time has come, whether anyone asks for them or not.
//!
//! Redis samples keys at random and may leave a quarter of the dead among the living. Here every segment knows a time
//! before which none of its keys expires, and every chunk of 512 segments the earliest such time among them. Finding
//! what is due compares one number a chunk and then one a segment, so it costs next to nothing when nothing is due,
//! and a segment that is due is visited as a whole. The times are lower bounds: giving a key a deadline lowers them,
//! removing a key leaves them as they are, and a visit, which reads every entry anyway, makes them exact. Work is
//! done in slices: when ten million keys expire at once, each call removes as many as its budget says.

use super::{Entry, Table, segment::CHUNK};
use crate::time::UnixMillis;
use alloc::{boxed::Box, vec::Vec};

/// When to call [`Table::expire_due`] again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Soon: the budget ran out before the work did.
    Now,
    /// At this time: no key expires before.
    At(UnixMillis),
    /// Once some key has a deadline.
    Never,
}

impl<E: Entry> Table<E> {
    /// Removes keys that are expired at `now` and passes them to `on_expired`, in an order that the seed fixes.
    ///
    /// Stops after the segment in which the `budget`th entry was looked at.
    pub fn expire_due(
        &mut self,
        now: UnixMillis,
        budget: usize,
        on_expired: &mut dyn FnMut(E),
    ) -> Due {
        let mut seen = 0;
        while let Some(id) = self.schedule.next_due(now) {
            if seen >= budget {
                return Due::Now;
            }
            seen += self.expire_segment(id, now, on_expired);
        }
        self.earliest_deadline()
            .map_or(Due::Never, |earliest| Due::At(UnixMillis(earliest.0.saturating_add(1))))
    }

    /// No key's deadline is before this time; no key has one if there is no such time.
    #[must_use]
    pub fn earliest_deadline(&self) -> Option<UnixMillis> {
        if self.expiring == 0 { None } else { self.schedule.earliest() }
    }

    /// Removes what is expired in a segment, and says how many entries were looked at.
    fn expire_segment(&mut self, id: u32, now: UnixMillis, on_expired: &mut dyn FnMut(E)) -> usize {
        let segment = &mut self.segments[id];
        let (seen, first_hash) = (segment.len(), segment.node.first_hash());
        let mut earliest = NEVER;
        let mut expired: Vec<(u64, E)> = segment
            .extract(&self.hasher, |entry| {
                let expired = entry.is_expired(now);
                if !expired {
                    earliest = earliest.min(entry.deadline().unwrap_or(NEVER));
                }
                expired
            })
            .into_iter()
            .map(|entry| (self.hasher.hash(entry.key()), entry))
            .collect();
        self.schedule.set(id, earliest);
        self.len -= expired.len();
        self.expiring -= expired.len();
        self.settle(first_hash);
        expired.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.key().cmp(y.key())));
        expired.into_iter().for_each(|(_, entry)| on_expired(entry));
        seen
    }
}

const NEVER: UnixMillis = UnixMillis(u64::MAX);

/// For each segment a time before which none of its keys expires.
#[derive(Clone, Default)]
pub(super) struct Schedule {
    chunks: Vec<Chunk>,
    /// Where the search for a due segment goes on.
    hand: usize,
}

#[derive(Clone)]
struct Chunk {
    /// No later than any of `earliest`.
    bound: UnixMillis,
    /// By segment; absent while no key in the chunk has a deadline.
    earliest: Option<Box<[UnixMillis; CHUNK]>>,
}

impl Schedule {
    /// A key of segment `id` expires at `deadline`.
    #[inline]
    pub(super) fn lower(&mut self, id: u32, deadline: UnixMillis) {
        if deadline < self.earliest_of(id) {
            self.set(id, deadline);
        }
    }

    /// No key of segment `id` expires before `earliest`.
    pub(super) fn set(&mut self, id: u32, earliest: UnixMillis) {
        let (chunk, at) = (id as usize / CHUNK, id as usize % CHUNK);
        if chunk >= self.chunks.len() {
            if earliest == NEVER {
                return;
            }
            self.chunks.resize_with(chunk + 1, || Chunk { bound: NEVER, earliest: None });
        }
        let chunk = &mut self.chunks[chunk];
        if earliest != NEVER || chunk.earliest.is_some() {
            chunk.earliest.get_or_insert_with(|| Box::new([NEVER; CHUNK]))[at] = earliest;
            chunk.bound = chunk.bound.min(earliest);
        }
    }

    pub(super) fn earliest_of(&self, id: u32) -> UnixMillis {
        let chunk = self.chunks.get(id as usize / CHUNK);
        let earliest = chunk.and_then(|chunk| chunk.earliest.as_ref());
        earliest.map_or(NEVER, |earliest| earliest[id as usize % CHUNK])
    }

    /// Segment `id` is no more, and `last`, the last, has its number now.
    pub(super) fn swap_remove(&mut self, id: u32, last: u32) {
        self.set(id, self.earliest_of(last));
        self.set(last, NEVER);
        self.chunks.truncate(last as usize / CHUNK + 1);
    }

    /// A segment some key of which may expire before `now`. Its time must be set before the next search.
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

    fn earliest(&self) -> Option<UnixMillis> {
        let earliest = self.chunks.iter().map(|chunk| chunk.bound).min()?;
        (earliest != NEVER).then_some(earliest)
    }

    /// What the schedule takes, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let full = self.chunks.iter().filter(|chunk| chunk.earliest.is_some()).count();
        self.chunks.len() * 16 + full * size_of::<[UnixMillis; CHUNK]>()
    }
}

impl Chunk {
    /// The first due segment; if there is none, the bound becomes exact.
    fn due(&mut self, now: UnixMillis) -> Option<usize> {
        let earliest = self.earliest.as_ref()?;
        let due = earliest.iter().position(|&earliest| earliest < now);
        if due.is_none() {
            self.bound = earliest.iter().copied().min().unwrap_or(NEVER);
            if self.bound == NEVER {
                self.earliest = None;
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
        let due = table.expire_due(UnixMillis(now), usize::MAX, &mut |entry| {
            assert!(entry.is_expired(UnixMillis(now)));
            expired += 1;
        });
        (expired, due)
    }

    #[test]
    fn a_key_is_gone_one_millisecond_after_its_deadline() {
        let mut table = Table::new(Seed(0));
        put(&mut table, "stays", None);
        put(&mut table, "goes", Some(100));
        assert_eq!(expire(&mut table, 100), (0, Due::At(UnixMillis(101))));
        assert_eq!(expire(&mut table, 101), (1, Due::Never));
        assert_eq!((table.len(), table.expiring_len()), (1, 0));
    }

    #[test]
    fn a_deadline_taken_away_or_moved_is_not_kept() {
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
    fn every_key_expires_in_its_time_while_others_come_and_go() {
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
    fn all_at_once_go_in_slices_of_the_budget() {
        let mut table = Table::new(Seed(0));
        let keys = 200_000;
        for i in 0..keys {
            put(&mut table, &format!("key:{i}"), Some(1));
        }
        let (mut calls, mut removed) = (0, 0);
        loop {
            let before = removed;
            let due = table.expire_due(UnixMillis(2), 1000, &mut |_| removed += 1);
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
}
