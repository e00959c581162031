//! Fetching from memory what look-ups will read, before they do.
//!
//! In a large table a look-up waits for memory three times, one after the other: for the segment, for its tags and the
//! bucket they lead to, and for the entry. Many look-ups need not wait for each other, so the stages are run for all of
//! them in turn: while the lines of one are on their way, those of the others are asked for. A stage reads what the one
//! before has fetched, and does nothing but ask.

use super::{Entry, Table};

/// How many keys are fetched at once: enough to keep the memory busy, few enough to stay in the first cache.
pub const AHEAD: usize = 16;

/// The stages, for whoever runs them over several tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The segment of a hash.
    Segment,
    /// The tag and the bucket where the search in it begins.
    Bucket,
    /// The entry.
    Entry,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 3] = [Self::Segment, Self::Bucket, Self::Entry];
}

impl<E: Entry> Table<E> {
    /// Prefetches what look-ups of these keys will read, for the first [`AHEAD`] of them.
    pub fn fetch_ahead<'k>(&self, keys: impl Iterator<Item = &'k [u8]>) {
        self.fetch_ahead_hashed(keys.map(|key| self.hash(key)));
    }

    /// [`fetch_ahead`](Self::fetch_ahead) for keys whose hashes are known.
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

    /// First stage: asks for the segment of a hash.
    #[inline]
    pub fn fetch_segment(&self, hash: u64) {
        self.segments.prefetch(self.directory.at(hash));
    }

    /// Second stage: asks for the tag and the bucket where the search in the segment begins.
    #[inline]
    pub fn fetch_bucket(&self, hash: u64) {
        self.segments[self.directory.at(hash)].prefetch_bucket(hash);
    }

    /// Third stage: asks for the entry that a look-up of this hash would compare.
    #[inline]
    pub fn fetch_entry(&self, hash: u64) {
        self.segments[self.directory.at(hash)].prefetch_entry(hash);
    }
}
