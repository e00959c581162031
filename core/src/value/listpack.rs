//! The listpack: a small list of integers and strings in one contiguous block of bytes.
//!
//! ```text
//!                0          2
//! +- - - - - - -+----------+---------+---------+-----+- - - +
//! | total bytes | count    | entry   | entry   | ... | 0xff |
//! | u32         | u16      |         |         |     |      |
//! +- - - - - - -+----------+---------+---------+-----+- - - +
//! ```
//!
//! This is Redis's own format (Sanfilippo, 2017), byte for byte in `DUMP` and snapshots. In memory,
//! the frame (the total length and the end mark) is omitted: the owner of the bytes knows their
//! length, and five bytes less often mean a smaller block. A small hash, set or sorted set is one
//! listpack, stored in the record of its key; a list is a chain of listpacks. A search is linear.
//! For the hundred or so entries that the `*-max-listpack-entries` parameters allow, that is as
//! fast as hashing and uses a fraction of the memory. A number is stored as an integer, and the
//! length after each entry permits iteration from both ends.
//!
//! The count stops at 65535, which means that it is unknown. Nothing depends on the count alone.
//!
//! [`ListpackRef`] reads borrowed bytes; [`Listpack`] owns its bytes and edits them.

mod entry;
mod read;

pub use entry::Entry;
pub use read::{Iter, ListpackRef, Sample};

use alloc::vec::Vec;
use core::{fmt, ops::Range};

/// Size of the count, and position of the first entry.
pub(super) const HEADER: usize = 2;

/// Size of the frame of a dumped listpack: the total length in front and the end mark behind.
pub(super) const FRAME: usize = size_of::<u32>() + 1;

/// The end mark of a dumped listpack.
const END: u8 = 0xff;

/// The value of an unknown count.
pub(super) const COUNT_UNKNOWN: u16 = u16::MAX;

/// Size of a listpack without entries.
pub const EMPTY_BYTES: usize = HEADER;

/// The greatest length of a dumped listpack, which is Redis's limit. Larger values are split or
/// converted first.
pub const MAX_BYTES: usize = 1 << 30;

/// A listpack that can be edited.
///
/// ```
/// use redstart_core::value::listpack::{Entry, Listpack, ListpackRef};
/// let mut list = Listpack::new();
/// list.push_back(Entry::encode(b"42"));
/// list.push_front(Entry::encode(b"x"));
/// assert_eq!(list.as_ref().dump(), b"\x0c\0\0\0\x02\0\x81x\x02\x2a\x01\xff");
/// assert_eq!(ListpackRef::of_dump(&list.as_ref().dump()), Some(list.as_ref()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Listpack(Vec<u8>);

impl Listpack {
    /// Creates an empty listpack.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(EMPTY_BYTES)
    }

    /// Creates an empty listpack with a capacity of `bytes` bytes, including those of the empty
    /// listpack.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut list = Vec::with_capacity(bytes.max(EMPTY_BYTES));
        list.extend_from_slice(ListpackRef::EMPTY.bytes());
        Self(list)
    }

    /// Parses a dumped listpack. See [`ListpackRef::of_dump`].
    #[must_use]
    pub fn from_dump(mut bytes: Vec<u8>) -> Option<Self> {
        ListpackRef::of_dump(&bytes)?;
        bytes.pop();
        bytes.drain(..size_of::<u32>());
        Some(Self(bytes))
    }

    /// Interprets `bytes` as a listpack. They must have been written here.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Returns a read-only view.
    #[inline]
    #[must_use]
    pub fn as_ref(&self) -> ListpackRef<'_> {
        ListpackRef::new(&self.0)
    }

    /// Returns the capacity in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Reserves capacity for `additional` bytes.
    pub fn reserve(&mut self, additional: usize) {
        self.0.reserve_exact(additional);
    }

    /// Frees unused capacity.
    pub fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }

    /// Returns `true` if `bytes` more bytes may be added.
    #[inline]
    #[must_use]
    pub fn is_safe_to_add(&self, bytes: usize) -> bool {
        self.as_ref().dumped_bytes().saturating_add(bytes) <= MAX_BYTES
    }

    /// Adds an entry at the end.
    #[inline]
    pub fn push_back(&mut self, entry: Entry<'_>) {
        self.insert(self.as_ref().end(), entry);
    }

    /// Adds entries at the end, all at once.
    pub fn push_back_all<'a>(&mut self, entries: impl Iterator<Item = Entry<'a>> + Clone) {
        let end = self.as_ref().end();
        let mut gap = self.resize(end..end, entries.clone().map(Entry::size_bytes).sum());
        let mut count = 0;
        for entry in entries {
            let size = entry.size_bytes();
            entry.write(&mut self.0[gap.start..gap.start + size]);
            gap.start += size;
            count += 1;
        }
        self.recount(count, 0);
    }

    /// Adds an entry at the beginning.
    #[inline]
    pub fn push_front(&mut self, entry: Entry<'_>) {
        self.insert(HEADER, entry);
    }

    /// Inserts an entry at position `at`, before the entry that was there.
    pub fn insert(&mut self, at: usize, entry: Entry<'_>) {
        let gap = self.resize(at..at, entry.size_bytes());
        entry.write(&mut self.0[gap]);
        self.recount(1, 0);
    }

    /// Replaces the entry at `at`.
    pub fn replace(&mut self, at: usize, entry: Entry<'_>) {
        let gap = self.resize(at..self.as_ref().after(at), entry.size_bytes());
        entry.write(&mut self.0[gap]);
    }

    /// Removes up to `count` entries beginning with the one at `at`, and returns the number
    /// removed. The entry after them is at `at` afterwards.
    pub fn remove(&mut self, at: usize, count: usize) -> usize {
        let mut rest = self.as_ref().iter_from(at);
        let removed = rest.by_ref().take(count).count();
        let gap = at..rest.position();
        self.resize(gap, 0);
        self.recount(0, removed);
        removed
    }

    /// Inserts all entries of `other` before the one at `at`.
    pub fn insert_all(&mut self, at: usize, other: ListpackRef<'_>) {
        let entries = &other.bytes()[HEADER..];
        let gap = self.resize(at..at, entries.len());
        self.0[gap].copy_from_slice(entries);
        self.recount(other.count().unwrap_or(usize::from(COUNT_UNKNOWN)), 0);
    }

    /// Appends all entries of `other`.
    pub fn append(&mut self, other: ListpackRef<'_>) {
        self.insert_all(self.as_ref().end(), other);
    }

    /// Splits off the entries beginning with the one at `at`.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let end = self.as_ref().end();
        let count = self.as_ref().iter_from(at).count();
        let mut tail = Self::with_capacity(EMPTY_BYTES + end - at);
        let gap = tail.resize(HEADER..HEADER, end - at);
        tail.0[gap].copy_from_slice(&self.0[at..end]);
        tail.recount(count, 0);
        self.resize(at..end, 0);
        self.recount(0, count);
        tail
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.resize(HEADER..self.as_ref().end(), 0);
        self.set_count(Some(0));
    }

    /// Resizes the range `old` to `size` bytes, which the caller must fill, and returns the new
    /// range.
    fn resize(&mut self, old: Range<usize>, size: usize) -> Range<usize> {
        if size == old.len() {
            return old;
        }
        let len = self.0.len();
        if size > old.len() {
            let more = size - old.len();
            if self.0.capacity() - len < more {
                // A listpack that was edited once is likely to be edited again, and most listpacks
                // are small.
                self.0.reserve_exact(more + 16 + len / 8);
            }
            self.0.resize(len + more, 0);
        }
        self.0.copy_within(old.end..len, old.start + size);
        self.0.truncate(len - old.len() + size);
        old.start..old.start + size
    }

    /// Updates the count, if it is known: from 65535 on it remains unknown.
    fn recount(&mut self, added: usize, removed: usize) {
        if let Some(count) = self.as_ref().count() {
            self.set_count(Some(count + added - removed));
        } else if self.as_ref().is_empty() {
            self.set_count(Some(0));
        }
    }

    fn set_count(&mut self, count: Option<usize>) {
        let count = count.and_then(|count| u16::try_from(count).ok()).unwrap_or(COUNT_UNKNOWN);
        self.0[..HEADER].copy_from_slice(&count.to_le_bytes());
    }
}

impl Default for Listpack {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Listpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl<'a> Extend<Entry<'a>> for Listpack {
    fn extend<I: IntoIterator<Item = Entry<'a>>>(&mut self, entries: I) {
        entries.into_iter().for_each(|entry| self.push_back(entry));
    }
}

impl<'a> FromIterator<Entry<'a>> for Listpack {
    fn from_iter<I: IntoIterator<Item = Entry<'a>>>(entries: I) -> Self {
        let mut list = Self::new();
        list.extend(entries);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::random::{Random, Seed};
    use super::*;
    use alloc::{string::ToString, vec, vec::Vec};

    fn text(random: &mut Random) -> Vec<u8> {
        let len = [3, 10, 70, 200, 5000][random.below(5)];
        match random.below(4) {
            0 => (random.next_u64() as i64 >> random.below(64)).to_string().into_bytes(),
            1 => (random.below(300) as i64 - 100).to_string().into_bytes(),
            _ => vec![b'a' + random.below(3) as u8; random.below(len)],
        }
    }

    fn assert_is(list: &Listpack, naive: &[Vec<u8>]) {
        let view = list.as_ref();
        assert!(ListpackRef::of_dump(&view.dump()).is_some());
        assert_eq!(view.len(), naive.len());
        assert_eq!(view.is_empty(), naive.is_empty());
        assert!(view.iter().map(Entry::to_vec).eq(naive.iter().cloned()));
        assert!(view.iter().rev().map(Entry::to_vec).eq(naive.iter().rev().cloned()));
        let canonical = naive.iter().map(|bytes| Entry::encode(bytes)).collect::<Listpack>();
        assert_eq!(list.as_ref().bytes(), canonical.as_ref().bytes());
    }

    #[test]
    fn edits_match_those_of_a_vec() {
        let mut random = Random::new(Seed(1));
        for _ in 0..300 {
            let (mut list, mut naive) = (Listpack::new(), Vec::new());
            for _ in 0..random.below(80) {
                let index = random.below(naive.len() + 1);
                let at = list.as_ref().seek(index as i64).unwrap_or(list.as_ref().end());
                let new = text(&mut random);
                match random.below(9) {
                    0..=1 => {
                        list.push_back(Entry::encode(&new));
                        naive.push(new);
                    }
                    2 => {
                        list.push_front(Entry::encode(&new));
                        naive.insert(0, new);
                    }
                    3..=4 => {
                        list.insert(at, Entry::encode(&new));
                        naive.insert(index, new);
                    }
                    5 if index < naive.len() => {
                        list.replace(at, Entry::encode(&new));
                        naive[index] = new;
                    }
                    6 => {
                        let count = random.below(4).min(naive.len() - index);
                        assert_eq!(list.remove(at, count), count);
                        naive.drain(index..index + count);
                    }
                    7 => {
                        let tail = list.split_off(at);
                        let naive_tail = naive.split_off(index);
                        assert_is(&tail, &naive_tail);
                        assert_is(&list, &naive);
                        list.insert_all(HEADER, tail.as_ref());
                        naive.splice(0..0, naive_tail);
                    }
                    8 if index.is_multiple_of(2) => {
                        let more = [new.clone(), text(&mut random), new];
                        list.push_back_all(more.iter().map(|bytes| Entry::encode(bytes)));
                        naive.extend(more);
                    }
                    _ => {
                        list.append(list.clone().as_ref());
                        naive.extend_from_within(..);
                        let len = naive.len() / 2;
                        list.remove(HEADER, len);
                        naive.drain(..len);
                    }
                }
                assert_is(&list, &naive);
            }
            list.clear();
            assert_is(&list, &[]);
        }
    }

    #[test]
    fn searches_match_those_of_a_vec() {
        let mut random = Random::new(Seed(2));
        for _ in 0..2_000 {
            let naive: Vec<_> = (0..random.below(12)).map(|_| text(&mut random)).collect();
            let list = naive.iter().map(|bytes| Entry::encode(bytes)).collect::<Listpack>();
            let view = list.as_ref();
            let positions: Vec<usize> =
                (0..naive.len() as i64).filter_map(|i| view.seek(i)).collect();
            assert_eq!(positions.len(), naive.len());
            for index in 0..15i64 {
                assert_eq!(view.seek(index), positions.get(index as usize).copied());
                assert_eq!(
                    view.seek(-1 - index),
                    positions.iter().rev().nth(index as usize).copied()
                );
            }
            assert_eq!(
                (view.first(), view.last()),
                (positions.first().copied(), positions.last().copied())
            );
            let needles = naive.iter().cloned().chain([text(&mut random)]).collect::<Vec<_>>();
            for (needle, skip) in
                needles.iter().flat_map(|needle| [(needle, 0), (needle, 1), (needle, 2)])
            {
                let found = naive.iter().step_by(skip + 1).position(|bytes| bytes == needle);
                assert_eq!(
                    view.find(needle, skip),
                    found.map(|found| positions[found * (skip + 1)])
                );
            }
            let picks = [0, 0, 1, 3, 3, 20];
            let expected: Vec<_> =
                picks.iter().map_while(|&pick| positions.get(pick).copied()).collect();
            assert!(view.pick(picks, 1).eq(expected));
        }
    }

    #[test]
    fn dumped_bytes_match_those_of_redis() {
        let head = b"\xfa\0\0\0\x0c\0\0\x01\x7f\x01\xc0\x80\x02\xdf\xff\x02\xf1\xff\xef\x03\xf2\0\x80\0\x04\
            \xf3\xff\xff\x7f\xff\x05\xf4\xff\xff\xff\xff\xff\xff\xff\x7f\x09\x83007\x04\x80\x01\xe0\x40";
        let (y, z) = ([b'y'; 64], [b'z'; 130]);
        let dumped = [head, &y[..], b"B\xe0\x82", &z, b"\x01\x84\xff"].concat();
        let numbers = [0, 127, 128, -1, -4097, 32768, -8_388_609, i64::MAX].map(Entry::Int);
        let mut list = Listpack::from_iter(numbers);
        list.extend([b"007", &b""[..], &y, &z].map(Entry::encode));
        assert_eq!(list.as_ref().dump(), dumped);
        assert_eq!(Listpack::from_dump(dumped), Some(list));
    }

    #[test]
    fn the_count_is_unknown_from_65535_on() {
        let mut list = Listpack::new();
        list.extend((0..65_534).map(Entry::Int));
        assert_eq!(list.as_ref().count(), Some(65_534));
        list.push_back(Entry::Int(-1));
        assert_eq!((list.as_ref().count(), list.as_ref().len()), (None, 65_535));
        assert_eq!(list.as_ref().seek(65_535), None);
        assert_eq!(list.as_ref().seek(65_534), list.as_ref().last());
        assert_eq!(list.as_ref().seek(-65_536), None);
        assert!(ListpackRef::of_dump(&list.as_ref().dump()).is_some());
        let tail = list.split_off(list.as_ref().seek(-5).unwrap());
        assert_eq!((tail.as_ref().count(), list.as_ref().len()), (Some(5), 65_530));
        assert_eq!(list.remove(HEADER, 100_000), 65_530);
        assert_eq!(list.as_ref().bytes(), ListpackRef::EMPTY.bytes());
    }

    #[test]
    fn samples_are_distinct_and_fair() {
        const ROUNDS: usize = 20_000;
        let mut random = Random::new(Seed(3));
        let list = (0..20).map(Entry::Int).collect::<Listpack>();
        let (mut sampled, mut drawn) = ([0usize; 20], [0usize; 20]);
        for _ in 0..ROUNDS {
            let sample: Vec<_> = list.as_ref().sample(&mut random, 3, 2).collect();
            assert!(sample.len() == 3 && sample.is_sorted_by(|one, next| one < next));
            for at in sample {
                sampled[list.as_ref().get(at).to_i64().unwrap() as usize] += 1;
            }
            let at = list.as_ref().random(&mut random, 2).unwrap();
            drawn[list.as_ref().get(at).to_i64().unwrap() as usize] += 1;
        }
        for (index, (sampled, drawn)) in sampled.into_iter().zip(drawn).enumerate() {
            let is_element = usize::from(index.is_multiple_of(2));
            assert!(sampled.abs_diff(ROUNDS * 3 / 10 * is_element) < 400, "{index}: {sampled}");
            assert!(drawn.abs_diff(ROUNDS / 10 * is_element) < 250, "{index}: {drawn}");
        }
        assert_eq!(list.as_ref().sample(&mut random, 100, 2).count(), 10);
    }

    #[test]
    fn parsing_a_dump_rejects_any_invalid_part() {
        let list = [Entry::Int(5), Entry::Int(-5000), Entry::Bytes(&[b'x'; 200])];
        let bytes = list.into_iter().collect::<Listpack>().as_ref().dump();
        assert!(ListpackRef::of_dump(&bytes).is_some());
        for len in 0..bytes.len() {
            assert!(ListpackRef::of_dump(&bytes[..len]).is_none());
        }
        // The total length, the count, the first backlen, the second head, the third head, its
        // backlen, the end mark.
        for at in [0, 4, 7, 8, 12, bytes.len() - 2, bytes.len() - 1] {
            let mut wrong = bytes.clone();
            wrong[at] ^= 0x11;
            assert!(ListpackRef::of_dump(&wrong).is_none(), "{at}");
        }
        let mut uncounted = bytes.clone();
        uncounted[4..6].copy_from_slice(&[0xff, 0xff]);
        assert_eq!(ListpackRef::of_dump(&uncounted).map(ListpackRef::len), Some(3));
        // A string that spells an integer is equal to that integer.
        let spelled = b"\x0b\0\0\0\x01\0\x8242\x03\xff";
        let spelled = ListpackRef::of_dump(spelled).unwrap();
        assert_eq!(spelled.find(b"42", 0), Some(HEADER));
        assert_eq!(spelled, [Entry::Int(42)].into_iter().collect::<Listpack>().as_ref());
    }
}
