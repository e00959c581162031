//! Prefetching the memory that look-ups are about to read.
//!
//! In a large table a look-up misses the cache three times, one after the other: on the segment, on
//! its tags and the bucket they lead to, and on the entry. Many look-ups do not depend on each
//! other, so each stage runs for all of them before the next stage begins: while the cache lines of
//! one look-up are on their way, those of the others are requested. A stage reads what the stage
//! before has fetched, and only issues prefetches.

use super::{Entry, Table};

/// Number of keys to prefetch at once: enough to keep the memory busy, few enough to fit the L1
/// cache.
pub const AHEAD: usize = 16;

/// The stages of a prefetch, for callers that run them over several tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Prefetches the segment of a hash.
    Segment,
    /// Prefetches the tag and the bucket where the search in the segment begins.
    Bucket,
    /// Prefetches the entry.
    Entry,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 3] = [Self::Segment, Self::Bucket, Self::Entry];
}

impl<E: Entry> Table<E> {
    /// Prefetches the memory that look-ups of the first [`AHEAD`] of these keys will read.
    pub fn fetch_ahead<'k>(&self, keys: impl Iterator<Item = &'k [u8]>) {
        self.fetch_ahead_hashed(keys.map(|key| self.hash(key)));
    }

    /// Like [`fetch_ahead`](Self::fetch_ahead), with precomputed hashes.
    pub fn fetch_ahead_hashed(&self, hashes: impl Iterator<Item = u64>) {
        let mut found = [(0, 0); AHEAD];
        let mut len = 0;
        for (found, hash) in found.iter_mut().zip(hashes) {
            let id = self.directory.at(hash);
            self.segments.prefetch(id);
            *found = (hash, id);
            len += 1;
        }
        for &(hash, id) in &found[..len] {
            self.segments[id].prefetch_bucket(hash);
        }
        for &(hash, id) in &found[..len] {
            self.segments[id].prefetch_entry(hash);
        }
    }

    /// Runs one stage for one hash.
    #[inline]
    pub fn fetch(&self, stage: Stage, hash: u64) {
        match stage {
            Stage::Segment => self.fetch_segment(hash),
            Stage::Bucket => self.fetch_bucket(hash),
            Stage::Entry => self.fetch_entry(hash),
        }
    }

    /// First stage: prefetches the segment of a hash.
    #[inline]
    pub fn fetch_segment(&self, hash: u64) {
        self.segments.prefetch(self.directory.at(hash));
    }

    /// Second stage: prefetches the tag and the bucket where the search in the segment begins.
    #[inline]
    pub fn fetch_bucket(&self, hash: u64) {
        self.segments[self.directory.at(hash)].prefetch_bucket(hash);
    }

    /// Third stage: prefetches the entry that a look-up of this hash would compare.
    #[inline]
    pub fn fetch_entry(&self, hash: u64) {
        self.segments[self.directory.at(hash)].prefetch_entry(hash);
    }
}
