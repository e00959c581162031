//! The intset: a small set of integers as a sorted array.
//!
//! ```text
//!  0           4        8
//! +-----------+--------+-----+-----+-----
//! | width     | count  | int | int | ...
//! | u32       | u32    |     |     |
//! +-----------+--------+-----+-----+-----
//! ```
//!
//! This is Redis's own format, byte for byte: everything is little-endian, and all integers are as
//! wide as the widest ever required: 2, 4 or 8 bytes. A search is binary; an insertion moves the
//! greater integers. An integer that does not fit the width is less or greater than all others, so
//! widening needs no search.

use super::super::random::Random;
use alloc::vec::Vec;
use core::{fmt, iter::FusedIterator};

/// Size of width and count.
const HEADER: usize = 8;

/// A borrowed intset.
#[derive(Clone, Copy)]
pub struct IntsetRef<'a>(&'a [u8]);

impl<'a> IntsetRef<'a> {
    /// Interprets `bytes` as an intset. They must have been written here or validated.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Validates untrusted `bytes`: an intset must not be empty, must have the stated length, and
    /// must be ascending.
    #[must_use]
    pub fn validate(bytes: &'a [u8]) -> Option<Self> {
        let (header, ints) = bytes.split_at_checked(HEADER)?;
        let set = Self(bytes);
        let width = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let is_whole =
            matches!(width, 2 | 4 | 8) && set.len().checked_mul(width) == Some(ints.len());
        (is_whole && !set.is_empty() && set.iter().is_sorted_by(|one, next| one < next))
            .then_some(set)
    }

    /// Returns the bytes, as `DUMP` and snapshots store them.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns the number of integers.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        u32::from_le_bytes([self.0[4], self.0[5], self.0[6], self.0[7]]) as usize
    }

    /// Returns `true` if there are no integers.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.len() == HEADER
    }

    /// Returns the integer at this index, in ascending order.
    #[inline]
    #[must_use]
    pub fn get(self, index: usize) -> Option<i64> {
        let ints = &self.0[HEADER..];
        match self.width() {
            2 => int::<2>(ints, index),
            4 => int::<4>(ints, index),
            _ => int::<8>(ints, index),
        }
    }

    /// Returns the least integer.
    #[inline]
    #[must_use]
    pub fn min(self) -> Option<i64> {
        self.get(0)
    }

    /// Returns the greatest integer.
    #[inline]
    #[must_use]
    pub fn max(self) -> Option<i64> {
        self.get(self.len().wrapping_sub(1))
    }

    /// Returns the index of `number`, or `Err` with the index at which to insert it.
    pub fn search(self, number: i64) -> Result<usize, usize> {
        let ints = &self.0[HEADER..];
        match self.width() {
            2 => search::<2>(ints, number),
            4 => search::<4>(ints, number),
            _ => search::<8>(ints, number),
        }
    }

    /// Returns `true` if `number` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(self, number: i64) -> bool {
        self.search(number).is_ok()
    }

    /// Returns a random integer of the set.
    #[must_use]
    pub fn random(self, random: &mut Random) -> Option<i64> {
        self.get(random.below(self.len()))
    }

    /// Returns the integers in ascending order.
    #[inline]
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        Iter { set: self, front: 0, back: self.len() }
    }

    /// Returns the width of an integer in bytes.
    #[inline]
    fn width(self) -> usize {
        usize::from(self.0[0])
    }
}

impl<'a> IntoIterator for IntsetRef<'a> {
    type Item = i64;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Two intsets are equal if their integers are equal, whatever their widths.
impl PartialEq for IntsetRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for IntsetRef<'_> {}

impl fmt::Debug for IntsetRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A double-ended iterator over the integers of an intset.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    set: IntsetRef<'a>,
    front: usize,
    back: usize,
}

impl Iterator for Iter<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        let number = self.set.get(self.front).filter(|_| self.front < self.back)?;
        self.front += 1;
        Some(number)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<i64> {
        self.back = self.back.checked_sub(1).filter(|back| *back >= self.front)?;
        self.set.get(self.back)
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// An intset that can be edited.
///
/// ```
/// use redstart_core::value::intset::Intset;
/// let mut set = Intset::new();
/// assert!(set.insert(5) && set.insert(-1) && !set.insert(5));
/// assert_eq!(set.as_ref().bytes(), b"\x02\0\0\0\x02\0\0\0\xff\xff\x05\0");
/// assert!(set.insert(70_000));
/// assert!(set.as_ref().iter().eq([-1, 5, 70_000]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Intset(Vec<u8>);

impl Intset {
    /// Creates an empty intset.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::from([2, 0, 0, 0, 0, 0, 0, 0]))
    }

    /// Interprets `bytes` as an intset. They must have been written here or validated.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Returns the number of bytes that the set may grow to without reallocating.
    #[inline]
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Returns a read-only view.
    #[inline]
    #[must_use]
    pub fn as_ref(&self) -> IntsetRef<'_> {
        IntsetRef::new(&self.0)
    }

    /// Adds `number`. Returns `true` if it was not present.
    pub fn insert(&mut self, number: i64) -> bool {
        if width_of(number) > self.as_ref().width() {
            self.widen(width_of(number));
        }
        let Err(index) = self.as_ref().search(number) else { return false };
        let (width, len) = (self.as_ref().width(), self.0.len());
        if self.0.capacity() - len < width {
            // A set that was edited once is likely to be edited again, and most intsets are small.
            self.0.reserve_exact(width + 16 + len / 8);
        }
        self.0.resize(len + width, 0);
        let at = HEADER + index * width;
        self.0.copy_within(at..len, at + width);
        self.0[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
        self.recount();
        true
    }

    /// Removes `number`. Returns `true` if it was present.
    pub fn remove(&mut self, number: i64) -> bool {
        let index = self.as_ref().search(number);
        index.is_ok_and(|index| self.remove_at(index).is_some())
    }

    /// Removes and returns the integer at this index. The others keep their order.
    pub fn remove_at(&mut self, index: usize) -> Option<i64> {
        let removed = self.as_ref().get(index)?;
        let width = self.as_ref().width();
        let at = HEADER + index * width;
        self.0.copy_within(at + width.., at);
        self.0.truncate(self.0.len() - width);
        self.recount();
        Some(removed)
    }

    /// Makes every integer `width` bytes wide.
    fn widen(&mut self, width: usize) {
        let old = self.as_ref();
        // Room for the integer that is too wide, too.
        let mut wide = Vec::with_capacity(HEADER + (old.len() + 1) * width);
        wide.extend_from_slice(old.bytes().first_chunk::<HEADER>().expect("a header"));
        wide[0] = if width == 4 { 4 } else { 8 };
        for number in old {
            wide.extend_from_slice(&number.to_le_bytes()[..width]);
        }
        self.0 = wide;
    }

    fn recount(&mut self) {
        let count = (self.0.len() - HEADER) / self.as_ref().width();
        let count = u32::try_from(count).expect("an intset has at most 2^30 integers");
        self.0[4..HEADER].copy_from_slice(&count.to_le_bytes());
    }
}

impl Default for Intset {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Intset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl Extend<i64> for Intset {
    fn extend<I: IntoIterator<Item = i64>>(&mut self, numbers: I) {
        for number in numbers {
            self.insert(number);
        }
    }
}

impl FromIterator<i64> for Intset {
    fn from_iter<I: IntoIterator<Item = i64>>(numbers: I) -> Self {
        let mut set = Self::new();
        set.extend(numbers);
        set
    }
}

/// Returns the number of bytes that `number` needs.
const fn width_of(number: i64) -> usize {
    match number {
        -0x8000..=0x7fff => 2,
        -0x8000_0000..=0x7fff_ffff => 4,
        _ => 8,
    }
}

/// Returns the integer at this index among integers `WIDTH` bytes wide.
#[inline]
fn int<const WIDTH: usize>(ints: &[u8], index: usize) -> Option<i64> {
    let bytes = ints.as_chunks::<WIDTH>().0.get(index)?;
    let mut little = [0; 8];
    little[8 - WIDTH..].copy_from_slice(bytes);
    Some(i64::from_le_bytes(little) >> (64 - 8 * WIDTH))
}

fn search<const WIDTH: usize>(ints: &[u8], number: i64) -> Result<usize, usize> {
    let at = |index| int::<WIDTH>(ints, index).unwrap_or(i64::MAX);
    let len = ints.len() / WIDTH;
    // Ascending insertions are the most common, and need no search.
    if len > 0 && at(len - 1) < number {
        return Err(len);
    }
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if at(middle) < number {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low < len && at(low) == number { Ok(low) } else { Err(low) }
}

#[cfg(test)]
mod tests {
    use super::super::super::random::Seed;
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn edits_match_those_of_a_sorted_set() {
        let mut random = Random::new(Seed(1));
        for round in 0..400 {
            let bits = [8, 15, 16, 17, 31, 32, 33, 64][round % 8];
            let (mut set, mut naive) = (Intset::new(), BTreeSet::new());
            for _ in 0..random.below(100) {
                let number = random.next_u64() as i64 >> (64 - bits);
                let index = random.below(naive.len() + 1);
                match random.below(4) {
                    0 => assert_eq!(set.remove(number), naive.remove(&number)),
                    1 => {
                        let nth = naive.iter().nth(index).copied();
                        assert_eq!(set.remove_at(index), nth);
                        nth.map(|nth| naive.remove(&nth));
                    }
                    _ => assert_eq!(set.insert(number), naive.insert(number)),
                }
                let view = set.as_ref();
                assert_eq!(view.len(), naive.len());
                assert_eq!(view.is_empty(), naive.is_empty());
                assert_eq!(IntsetRef::validate(view.bytes()).is_some(), !naive.is_empty());
                assert!(view.iter().eq(naive.iter().copied()));
                assert!(view.iter().rev().eq(naive.iter().rev().copied()));
                assert_eq!(
                    (view.min(), view.max()),
                    (naive.first().copied(), naive.last().copied())
                );
                assert_eq!(view.contains(number), naive.contains(&number));
                assert!(view.random(&mut random).is_none_or(|drawn| naive.contains(&drawn)));
            }
        }
    }

    #[test]
    fn the_width_only_grows() {
        let mut set = Intset::new();
        for (number, width) in [(i64::from(i16::MIN), 2), (0x8000, 4), (-0x8000_0001, 8), (1, 8)] {
            set.insert(number);
            assert_eq!(set.as_ref().width(), width);
        }
        assert!(set.as_ref().iter().eq([-0x8000_0001, -0x8000, 1, 0x8000]));
        set.remove(-0x8000_0001);
        assert_eq!(set.as_ref().width(), 8);
        assert!(!set.as_ref().contains(i64::MAX));
    }

    #[test]
    fn validation_rejects_any_invalid_part() {
        let bytes = Intset::from_iter([1, 2, 70_000]).into_bytes();
        assert!(IntsetRef::validate(&bytes).is_some());
        for len in 0..bytes.len() {
            assert!(IntsetRef::validate(&bytes[..len]).is_none());
        }
        for (at, byte) in [(0, 2), (0, 3), (1, 1), (4, 2), (4, 4), (7, 1), (8, 2), (8, 9)] {
            let mut wrong = bytes.clone();
            wrong[at] = byte;
            assert!(IntsetRef::validate(&wrong).is_none(), "{at}: {byte}");
        }
        assert!(IntsetRef::validate(Intset::new().as_ref().bytes()).is_none());
    }
}
