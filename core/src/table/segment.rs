//! A segment: about a hundred entries whose hashes share their top bits.
//!
//! Where an entry lies in the segment's SwissTable depends on the width of the processor's vectors, so a list of its buckets gives
//! the entries an order besides: that in which they came, but that the last takes the place of one that goes. It is the same
//! everywhere, and makes a random choice a matter of one draw.

use super::{Entry, hash::KeyHasher, prefetch::prefetch};
use crate::sort;
use alloc::vec::Vec;
use core::{
    mem,
    ops::{Index, IndexMut, Range},
    ptr,
};
use hashbrown::{HashTable, hash_table};

/// The entries a segment holds before it splits. Its table of 128 buckets takes 112; the rest are for the marks that
/// removed entries leave, so that a busy segment is not rebuilt for each.
pub(super) const SEGMENT_MAX: usize = 104;

/// The entries that two neighbours may have together when they merge: far from a split, lest the two alternate.
pub(super) const MERGE_MAX: usize = 48;

/// The most buckets that a byte can number.
const ORDERED_BUCKETS: usize = 256;

/// The tags that a search reads at once.
const TAG_GROUP: usize = 16;

/// Half of what the memory hands out at once, on most machines.
const HALF_LINE: usize = 32;

/// A prefix of hashes, as its place in the binary tree of all prefixes: the root, which is no bits at all, is 1, and
/// `n` one bit longer is `2n` or `2n + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node(u32);

impl Node {
    pub(super) const ROOT: Self = Self(1);

    /// The longest prefix that is told apart.
    pub(super) const MAX_DEPTH: u32 = 30;

    #[cfg(test)]
    /// The prefix of `depth` bits that `hash` starts with.
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

    /// The other child of the same parent.
    pub(super) const fn buddy(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// The lowest hash with this prefix.
    pub(super) fn first_hash(self) -> u64 {
        u64::from(self.0).checked_shl(64 - self.depth()).unwrap_or(0)
    }

    /// The lowest hash above all with this prefix; none after the last.
    pub(super) fn next_hash(self) -> Option<u64> {
        let next = u64::from(self.0 + 1).checked_shl(64 - self.depth()).unwrap_or(0);
        (next != 0).then_some(next)
    }

    /// Where the prefix stands in a directory of `depth` bits, which are no fewer than its own.
    pub(super) const fn entries(self, depth: u32) -> Range<usize> {
        let more = depth - self.depth();
        let prefix = (self.0 ^ 1 << self.depth()) as usize;
        prefix << more..(prefix + 1) << more
    }
}

pub(super) struct Segment<E> {
    entries: HashTable<E>,
    /// The buckets of all entries, while [`ORDERED_BUCKETS`] allow.
    order: Vec<u8>,
    /// Where the table's tags are, for prefetches alone: hashbrown keeps them above its buckets, and its buckets
    /// downwards from there, in one block.
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

    /// The bucket that a key's entry is in, until entries are added or removed.
    #[inline]
    pub(super) fn bucket(&self, hash: u64, key: &[u8]) -> Option<usize> {
        self.entries.find_bucket_index(spread(hash), |entry| entry.key() == key)
    }

    /// The entry in a [bucket](Self::bucket).
    #[inline]
    pub(super) fn in_bucket(&self, bucket: usize) -> Option<&E> {
        self.entries.get_bucket(bucket)
    }

    /// The same, to change it.
    #[inline]
    pub(super) fn in_bucket_mut(&mut self, bucket: usize) -> Option<&mut E> {
        self.entries.get_bucket_mut(bucket)
    }

    /// The entries, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.prefetch_all();
        self.entries.iter()
    }

    /// Fetches where the search for a hash begins: a group of tags, which may lie across two lines, and the bucket.
    #[inline]
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        let at = hash as usize & self.entries.num_buckets().wrapping_sub(1);
        prefetch(self.tags.cast::<u8>().wrapping_add(at));
        prefetch(self.tags.cast::<u8>().wrapping_add(at + TAG_GROUP - 1));
        prefetch(self.tags.wrapping_sub(at + 1));
    }

    /// Fetches the entries, hardly ever more than one, that may be the one of this hash. Of an entry that begins in the
    /// second half of a line, the next line is wanted too: of small records that is every other one.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        self.entries.find(spread(hash), |entry| {
            prefetch(entry.address());
            prefetch(entry.address().wrapping_add(HALF_LINE));
            false
        });
    }

    /// Fetches every entry, so that reading them all waits for memory about once.
    fn prefetch_all(&self) {
        self.entries.iter().for_each(|entry| prefetch(entry.address()));
    }

    /// Adds an entry whose key is not here.
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

    /// The bucket of the entry at a place, in the order of the segment.
    fn bucket_at(&self, place: usize, hasher: &KeyHasher) -> usize {
        if self.is_ordered() { self.order[place].into() } else { self.buckets(hasher)[place] }
    }

    /// The entry at a place, in the order of the segment.
    pub(super) fn at(&self, place: usize, hasher: &KeyHasher) -> Option<&E> {
        self.entries.get_bucket(self.bucket_at(place, hasher))
    }

    /// Takes out the entry at a place, in the order of the segment.
    pub(super) fn remove_at(&mut self, place: usize, hasher: &KeyHasher) -> Option<E> {
        let bucket = self.bucket_at(place, hasher);
        let entry = self.entries.get_bucket_entry(bucket).ok()?;
        if place < self.order.len() {
            self.order.swap_remove(place);
        }
        Some(entry.remove().0)
    }

    /// Takes out all entries that `take` says.
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

    /// Whether the order is kept. Only entries whose hashes are much alike make a segment so large that it is not.
    fn is_ordered(&self) -> bool {
        self.entries.num_buckets() <= ORDERED_BUCKETS
    }

    #[inline]
    fn put_in_order(&mut self, bucket: usize) {
        if self.is_ordered() {
            self.order.push(bucket as u8);
        }
    }

    /// The buckets of all entries in the order of the segment: where that is not kept, by hash, then key.
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

    /// Keeps the lower half of the prefix and gives up the upper.
    pub(super) fn split(&mut self, hasher: &KeyHasher) -> Self {
        self.prefetch_all();
        let (lower, upper) = self.node.children();
        self.node = lower;
        let mut split = Self::new(upper);
        let boundary = upper.first_hash();
        split.entries = HashTable::with_capacity(self.len());
        let buckets = self.buckets(hasher);
        // Room for the half that stays, and some more.
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

    /// Takes in the entries of the segment next to it and holds the prefix of both.
    pub(super) fn merge(&mut self, mut buddy: Self, hasher: &KeyHasher) {
        self.node = self.node.parent();
        self.rebuild(self.len() + buddy.len(), hasher);
        let buckets = buddy.buckets(hasher);
        self.take_over(&mut buddy.entries, buckets, hasher);
    }

    /// Takes entries out of buckets of another table.
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

    /// Gives back memory when little of it is used.
    pub(super) fn shrink(&mut self, hasher: &KeyHasher) {
        if self.entries.capacity() > 14 && self.len() * 4 <= self.entries.capacity() {
            self.rebuild(self.len() * 2, hasher);
        }
    }

    /// The entries by hash, then key: the only order that is the same everywhere, for the table's own depends on the
    /// width of the processor's vectors.
    pub(super) fn sorted(&self, hasher: &KeyHasher) -> Vec<(u64, &E)> {
        self.prefetch_all();
        let mut entries: Vec<_> =
            self.entries.iter().map(|entry| (hasher.hash(entry.key()), entry)).collect();
        sort::by(&mut entries, |(a, x), (b, y)| a.cmp(b).then_with(|| x.key().cmp(y.key())));
        entries
    }

    /// What the segment has allocated besides its entries, in bytes, with eight-byte pointers: itself, for each bucket a pointer
    /// and a tag, and the order.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        72 + self.entries.num_buckets() * 9 + self.order.capacity()
    }

    /// The same, as an allocator rounds it.
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
    /// Its entries, in no particular order.
    pub(super) fn into_entries(self) -> hash_table::IntoIter<E> {
        self.entries.into_iter()
    }
}

/// Where a bucket stands in the order. Sixteen are compared at once.
fn place_of(bucket: usize, order: &[u8]) -> Option<usize> {
    let is_it = |other: &u8| usize::from(*other) == bucket;
    let chunk = order
        .chunks(16)
        .position(|chunk| chunk.iter().fold(false, |found, other| found | is_it(other)))?;
    order[16 * chunk..].iter().position(is_it).map(|place| 16 * chunk + place)
}

/// The hash that a segment's table is given. The top bits, by which the directory chose the segment, are the same for
/// all its entries, but the table takes its tags from the top, of 64 bits or of 32 as the platform has it: it is given
/// the low half twice.
#[inline]
const fn spread(hash: u64) -> u64 {
    hash & 0xffff_ffff | hash << 32
}

impl<E: Clone> Clone for Segment<E> {
    fn clone(&self) -> Self {
        let entries = self.entries.clone();
        // The first entry is in the same bucket as that of which it is a copy, so the tags are as far from it.
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

/// The segments in a chunk.
pub(super) const CHUNK: usize = 512;

impl<E> Segments<E> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// Fetches a segment itself, without what it points to.
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

    /// Takes out a segment; the last takes over its number.
    pub(super) fn swap_remove(&mut self, id: u32) -> Segment<E> {
        let last = self.pop().expect("a segment that has a number exists");
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

    /// What the order is said to be, for every change that a segment knows.
    #[test]
    fn entries_keep_their_order_wherever_they_lie() {
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
