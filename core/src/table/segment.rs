//! A segment: about a hundred entries whose hashes share their top bits.
//!
//! The position of an entry in the segment's SwissTable depends on the width of the processor's
//! vectors, so a list of its buckets gives the entries a second order: insertion order, except that
//! removal swaps in the last entry. This order is the same on every platform, and choosing a random
//! entry takes one draw.

use super::{Entry, hash::KeyHasher, prefetch::prefetch};
use crate::sort;
use alloc::vec::Vec;
use core::{
    mem,
    ops::{Index, IndexMut, Range},
    ptr,
};
use hashbrown::{HashTable, hash_table};

/// Number of entries a segment holds before it splits. Its table of 128 buckets has room for 112;
/// the difference is for the tombstones of removed entries, so that a busy segment is not rebuilt
/// for each of them.
pub(super) const SEGMENT_MAX: usize = 104;

/// Number of entries that two neighbours may have together when they merge: far from a split, so
/// that splitting and merging do not alternate.
pub(super) const MERGE_MAX: usize = 48;

/// The greatest number of buckets that a byte can index.
const ORDERED_BUCKETS: usize = 256;

/// Number of tags that a search reads at once.
const TAG_GROUP: usize = 16;

/// Half a cache line, on most machines.
const HALF_LINE: usize = 32;

/// A prefix of hashes, numbered by its place in the binary tree of all prefixes: the root, the
/// empty prefix, is 1, and the prefixes one bit longer than `n` are `2n` and `2n + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node(u32);

impl Node {
    pub(super) const ROOT: Self = Self(1);

    /// The length of the longest prefix that is distinguished.
    pub(super) const MAX_DEPTH: u32 = 30;

    #[cfg(test)]
    /// Returns the prefix formed by the first `depth` bits of `hash`.
    pub(super) const fn of(hash: u64, depth: u32) -> Self {
        Self(1 << depth | (hash >> 1 >> (63 - depth)) as u32)
    }

    pub(super) const fn depth(self) -> u32 {
        self.0.ilog2()
    }

    pub(super) const fn children(self) -> (Self, Self) {
        (Self(self.0 << 1), Self(self.0 << 1 | 1))
    }

    pub(super) const fn parent(self) -> Self {
        Self(self.0 >> 1)
    }

    /// Returns the other child of the same parent.
    pub(super) const fn buddy(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// Returns the lowest hash with this prefix.
    pub(super) fn first_hash(self) -> u64 {
        u64::from(self.0).checked_shl(64 - self.depth()).unwrap_or(0)
    }

    /// Returns the lowest hash above all hashes with this prefix, or `None` after the last.
    pub(super) fn next_hash(self) -> Option<u64> {
        let next = u64::from(self.0 + 1).checked_shl(64 - self.depth()).unwrap_or(0);
        (next != 0).then_some(next)
    }

    /// Returns the entries of the prefix in a directory of `depth` bits, which must be at least its
    /// own depth.
    pub(super) const fn entries(self, depth: u32) -> Range<usize> {
        let more = depth - self.depth();
        let prefix = (self.0 ^ 1 << self.depth()) as usize;
        prefix << more..(prefix + 1) << more
    }
}

pub(super) struct Segment<E> {
    entries: HashTable<E>,
    /// The buckets of all entries, while there are at most [`ORDERED_BUCKETS`].
    order: Vec<u8>,
    /// Address of the table's tags, used only for prefetches: hashbrown keeps the tags and the
    /// buckets in one block, the tags upwards and the buckets downwards from this address.
    tags: *const E,
    pub(super) node: Node,
}

impl<E: Entry> Segment<E> {
    pub(super) const fn new(node: Node) -> Self {
        Self { entries: HashTable::new(), order: Vec::new(), tags: ptr::null(), node }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(super) fn find(&self, hash: u64, key: &[u8]) -> Option<&E> {
        self.entries.find(spread(hash), |entry| entry.key() == key)
    }

    #[inline]
    pub(super) fn find_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut E> {
        self.entries.find_mut(spread(hash), |entry| entry.key() == key)
    }

    /// Returns the bucket of a key's entry, valid until entries are added or removed.
    #[inline]
    pub(super) fn bucket(&self, hash: u64, key: &[u8]) -> Option<usize> {
        self.entries.find_bucket_index(spread(hash), |entry| entry.key() == key)
    }

    /// Returns the entry in a [bucket](Self::bucket).
    #[inline]
    pub(super) fn in_bucket(&self, bucket: usize) -> Option<&E> {
        self.entries.get_bucket(bucket)
    }

    /// Returns the entry in a [bucket](Self::bucket) mutably.
    #[inline]
    pub(super) fn in_bucket_mut(&mut self, bucket: usize) -> Option<&mut E> {
        self.entries.get_bucket_mut(bucket)
    }

    /// Returns the entries, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.prefetch_all();
        self.entries.iter()
    }

    /// Prefetches the memory where the search for a hash begins: a group of tags, which may span
    /// two cache lines, and the bucket.
    #[inline]
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        let at = hash as usize & self.entries.num_buckets().wrapping_sub(1);
        prefetch(self.tags.cast::<u8>().wrapping_add(at));
        prefetch(self.tags.cast::<u8>().wrapping_add(at + TAG_GROUP - 1));
        prefetch(self.tags.wrapping_sub(at + 1));
    }

    /// Prefetches the entries that may have this hash, hardly ever more than one. If an entry
    /// begins in the second half of a cache line, the next line is prefetched too: of small records
    /// that is every other one.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        self.entries.find(spread(hash), |entry| {
            prefetch(entry.address());
            prefetch(entry.address().wrapping_add(HALF_LINE));
            false
        });
    }

    /// Prefetches every entry, so that reading them all costs about one cache miss.
    fn prefetch_all(&self) {
        self.entries.iter().for_each(|entry| prefetch(entry.address()));
    }

    /// Adds an entry whose key is not in the segment.
    pub(super) fn insert(&mut self, hash: u64, entry: E, hasher: &KeyHasher) {
        if self.entries.len() == self.entries.capacity() {
            self.rebuild(self.entries.len() + 1, hasher);
        }
        self.insert_with_room(hash, entry);
    }

    fn insert_with_room(&mut self, hash: u64, entry: E) {
        let full = |_: &E| unreachable!("there is room for one more");
        let entry = self.entries.insert_unique(spread(hash), entry, full);
        let bucket = entry.bucket_index();
        self.tags = ptr::from_ref(entry.get()).wrapping_add(bucket + 1);
        self.put_in_order(bucket);
    }

    pub(super) fn remove(&mut self, hash: u64, key: &[u8]) -> Option<E> {
        let entry = self.entries.find_entry(spread(hash), |entry| entry.key() == key).ok()?;
        let bucket = entry.bucket_index();
        let removed = entry.remove().0;
        if let Some(place) = place_of(bucket, &self.order) {
            self.order.swap_remove(place);
        }
        Some(removed)
    }

    /// Returns the bucket of the entry at a place in the segment's order.
    fn bucket_at(&self, place: usize, hasher: &KeyHasher) -> usize {
        if self.is_ordered() { self.order[place].into() } else { self.buckets(hasher)[place] }
    }

    /// Returns the entry at a place in the segment's order.
    pub(super) fn at(&self, place: usize, hasher: &KeyHasher) -> Option<&E> {
        self.entries.get_bucket(self.bucket_at(place, hasher))
    }

    /// Removes and returns the entry at a place in the segment's order.
    pub(super) fn remove_at(&mut self, place: usize, hasher: &KeyHasher) -> Option<E> {
        let bucket = self.bucket_at(place, hasher);
        let entry = self.entries.get_bucket_entry(bucket).ok()?;
        if place < self.order.len() {
            self.order.swap_remove(place);
        }
        Some(entry.remove().0)
    }

    /// Removes and returns all entries for which `take` returns `true`.
    pub(super) fn extract(
        &mut self,
        hasher: &KeyHasher,
        mut take: impl FnMut(&mut E) -> bool,
    ) -> Vec<E> {
        self.prefetch_all();
        let (mut taken, buckets) = (Vec::new(), self.buckets(hasher));
        self.order.clear();
        for bucket in buckets {
            let Ok(mut entry) = self.entries.get_bucket_entry(bucket) else { continue };
            if take(entry.get_mut()) {
                taken.push(entry.remove().0);
            } else {
                self.put_in_order(bucket);
            }
        }
        taken
    }

    /// Returns `true` if the order is maintained. A segment is too large for it only if its entries
    /// have very similar hashes.
    fn is_ordered(&self) -> bool {
        self.entries.num_buckets() <= ORDERED_BUCKETS
    }

    #[inline]
    fn put_in_order(&mut self, bucket: usize) {
        if self.is_ordered() {
            self.order.push(bucket as u8);
        }
    }

    /// Returns the buckets of all entries in the segment's order, or sorted by hash, then key, if
    /// that order is not maintained.
    fn buckets(&self, hasher: &KeyHasher) -> Vec<usize> {
        if self.is_ordered() {
            return self.order.iter().map(|&bucket| bucket.into()).collect();
        }
        let mut buckets: Vec<_> = self.entries.iter_buckets().collect();
        let of = |bucket: usize| self.entries.get_bucket(bucket).map(E::key).unwrap_or_default();
        sort::by(&mut buckets, |&one, &other| {
            let hashes = hasher.hash(of(one)).cmp(&hasher.hash(of(other)));
            hashes.then_with(|| of(one).cmp(of(other)))
        });
        buckets
    }

    /// Keeps the lower half of the prefix and returns the upper half.
    pub(super) fn split(&mut self, hasher: &KeyHasher) -> Self {
        self.prefetch_all();
        let (lower, upper) = self.node.children();
        self.node = lower;
        let mut split = Self::new(upper);
        let boundary = upper.first_hash();
        split.entries = HashTable::with_capacity(self.len());
        let buckets = self.buckets(hasher);
        // Room for the half that remains, and some more.
        self.order = Vec::with_capacity(MERGE_MAX + 16);
        split.order = Vec::with_capacity(MERGE_MAX + 16);
        for bucket in buckets {
            let Ok(entry) = self.entries.get_bucket_entry(bucket) else { continue };
            let hash = hasher.hash(entry.get().key());
            if hash < boundary {
                self.put_in_order(bucket);
            } else {
                split.insert(hash, entry.remove().0, hasher);
            }
        }
        split
    }

    /// Moves in the entries of the adjacent segment and takes over the prefix of both.
    pub(super) fn merge(&mut self, mut buddy: Self, hasher: &KeyHasher) {
        self.node = self.node.parent();
        self.rebuild(self.len() + buddy.len(), hasher);
        let buckets = buddy.buckets(hasher);
        self.take_over(&mut buddy.entries, buckets, hasher);
    }

    /// Moves entries from buckets of another table into this segment.
    fn take_over(
        &mut self,
        from: &mut HashTable<E>,
        buckets: impl IntoIterator<Item = usize>,
        hasher: &KeyHasher,
    ) {
        for bucket in buckets {
            if let Ok(entry) = from.get_bucket_entry(bucket) {
                let entry = entry.remove().0;
                self.insert_with_room(hasher.hash(entry.key()), entry);
            }
        }
    }

    /// Frees memory when little of it is used.
    pub(super) fn shrink(&mut self, hasher: &KeyHasher) {
        if self.entries.capacity() > 14 && self.len() * 4 <= self.entries.capacity() {
            self.rebuild(self.len() * 2, hasher);
        }
    }

    /// Returns the entries sorted by hash, then key. This order is the same on every platform,
    /// whereas the table's own order depends on the width of the processor's vectors.
    pub(super) fn sorted(&self, hasher: &KeyHasher) -> Vec<(u64, &E)> {
        self.prefetch_all();
        let mut entries: Vec<_> =
            self.entries.iter().map(|entry| (hasher.hash(entry.key()), entry)).collect();
        sort::by(&mut entries, |(a, x), (b, y)| a.cmp(b).then_with(|| x.key().cmp(y.key())));
        entries
    }

    /// Returns the allocated size of the segment without its entries, in bytes, with eight-byte
    /// pointers: itself, a pointer and a tag for each bucket, and the order.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        72 + self.entries.num_buckets() * 9 + self.order.capacity()
    }

    /// Returns the same size, with the allocator's rounding.
    #[cfg(test)]
    pub(super) fn allocated_bytes(&self) -> usize {
        use crate::memory::allocated;
        let buckets = self.entries.num_buckets();
        let table = if buckets > 1 { allocated(buckets * 9 + TAG_GROUP) } else { 0 };
        80 + table + allocated(self.order.capacity())
    }

    fn rebuild(&mut self, capacity: usize, hasher: &KeyHasher) {
        self.prefetch_all();
        let buckets = self.buckets(hasher);
        let mut old = mem::replace(&mut self.entries, HashTable::with_capacity(capacity));
        self.order = Vec::with_capacity(self.entries.capacity().min(ORDERED_BUCKETS));
        self.take_over(&mut old, buckets, hasher);
    }
}

impl<E> Segment<E> {
    /// Returns the entries, in no particular order.
    pub(super) fn into_entries(self) -> hash_table::IntoIter<E> {
        self.entries.into_iter()
    }
}

/// Returns the place of a bucket in the order. Compares sixteen at once.
fn place_of(bucket: usize, order: &[u8]) -> Option<usize> {
    let is_it = |other: &u8| usize::from(*other) == bucket;
    let chunk = order
        .chunks(16)
        .position(|chunk| chunk.iter().fold(false, |found, other| found | is_it(other)))?;
    order[16 * chunk..].iter().position(is_it).map(|place| 16 * chunk + place)
}

/// Returns the hash to use in a segment's table. The top bits, by which the directory chose the
/// segment, are the same for all its entries, but the table takes its tags from the top of 64 or 32
/// bits, depending on the platform. So it is given the low half twice.
#[inline]
const fn spread(hash: u64) -> u64 {
    hash & 0xffff_ffff | hash << 32
}

impl<E: Clone> Clone for Segment<E> {
    fn clone(&self) -> Self {
        let entries = self.entries.clone();
        // The first entry is in the same bucket as the one it was cloned from, so its distance from
        // the tags is the same.
        let tags = match (self.entries.iter().next(), entries.iter().next()) {
            (Some(old), Some(new)) => {
                let distance = self.tags.addr().wrapping_sub(ptr::from_ref(old).addr());
                ptr::from_ref(new).wrapping_byte_add(distance)
            }
            _ => ptr::null(),
        };
        Self { entries, order: self.order.clone(), tags, node: self.node }
    }
}

/// All segments of a table, numbered from 0 without gaps, in chunks that never move.
#[derive(Clone)]
pub(super) struct Segments<E> {
    chunks: Vec<Vec<Segment<E>>>,
}

/// Number of segments in a chunk.
pub(super) const CHUNK: usize = 512;

impl<E> Segments<E> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// Prefetches a segment, without what it points to.
    #[inline]
    pub(super) fn prefetch(&self, id: u32) {
        prefetch(&raw const self[id]);
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Adds a segment and returns its number.
    pub(super) fn push(&mut self, segment: Segment<E>) -> u32 {
        let id = self.len();
        if id.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::new());
        }
        self.chunks[id / CHUNK].push(segment);
        id as u32
    }

    pub(super) fn pop(&mut self) -> Option<Segment<E>> {
        let last = self.chunks.last_mut()?;
        let segment = last.pop();
        if last.is_empty() {
            self.chunks.pop();
        }
        segment
    }

    /// Removes and returns a segment; the last segment takes over its number.
    pub(super) fn swap_remove(&mut self, id: u32) -> Segment<E> {
        let last = self.pop().expect("every segment number is valid");
        if id as usize == self.len() { last } else { mem::replace(&mut self[id], last) }
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Segment<E>> {
        self.chunks.iter().flatten()
    }
}

impl<E> Index<u32> for Segments<E> {
    type Output = Segment<E>;

    #[inline]
    fn index(&self, id: u32) -> &Segment<E> {
        &self.chunks[id as usize / CHUNK][id as usize % CHUNK]
    }
}

impl<E> IndexMut<u32> for Segments<E> {
    #[inline]
    fn index_mut(&mut self, id: u32) -> &mut Segment<E> {
        &mut self.chunks[id as usize / CHUNK][id as usize % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::{format, string::String};

    struct Name(String);

    impl Entry for Name {
        fn key(&self) -> &[u8] {
            self.0.as_bytes()
        }

        fn address(&self) -> *const u8 {
            self.0.as_ptr()
        }

        fn memory_bytes(&self) -> usize {
            self.0.len()
        }
    }

    /// Checks the documented order after every kind of change.
    #[test]
    fn entries_keep_insertion_order_except_that_removal_swaps_in_the_last() {
        let hasher = KeyHasher::new(Seed(1));
        let mut random = Random::new(Seed(2));
        for _ in 0..300 {
            let mut segment = Segment::<Name>::new(Node::ROOT);
            let mut naive = Vec::<String>::new();
            for step in 0..random.below(400) {
                let place = random.below(naive.len().max(1));
                match random.below(8) {
                    0 if !naive.is_empty() => {
                        let name = naive.swap_remove(place);
                        assert!(
                            segment.remove(hasher.hash(name.as_bytes()), name.as_bytes()).is_some()
                        );
                    }
                    1 if !naive.is_empty() => {
                        let removed = segment.remove_at(place, &hasher).map(|name| name.0);
                        assert_eq!(removed, Some(naive.swap_remove(place)));
                    }
                    2 => segment.shrink(&hasher),
                    3 if random.below(20) == 0 => {
                        let is_taken = |name: &str| name.ends_with(['1', '4', '7']);
                        let taken = segment.extract(&hasher, |name| is_taken(&name.0));
                        assert!(
                            naive
                                .extract_if(.., |name| is_taken(name))
                                .eq(taken.into_iter().map(|name| name.0))
                        );
                    }
                    _ => {
                        let name = format!("{step}");
                        segment.insert(hasher.hash(name.as_bytes()), Name(name.clone()), &hasher);
                        naive.push(name);
                    }
                }
                let place = random.below(naive.len() + 1);
                assert_eq!(segment.len(), naive.len());
                assert_eq!(
                    (place < naive.len()).then(|| &segment.at(place, &hasher).unwrap().0),
                    naive.get(place)
                );
            }
            let upper = segment.split(&hasher);
            let is_upper = |name: &mut String| hasher.hash(name.as_bytes()) >> 63 == 1;
            let split: Vec<_> = naive.extract_if(.., is_upper).collect();
            for (half, naive) in [(&segment, &naive), (&upper, &split)] {
                let names = (0..half.len()).map(|place| &half.at(place, &hasher).unwrap().0);
                assert!(names.eq(naive));
            }
            if naive.len() + split.len() <= 100 {
                segment.merge(upper, &hasher);
                let names = (0..segment.len()).map(|place| &segment.at(place, &hasher).unwrap().0);
                assert!(names.eq(naive.iter().chain(&split)));
            }
        }
    }
}
