//! Reading a listpack: iteration, searches and samples, without allocating.

use super::super::super::random::Random;
use super::{
    COUNT_UNKNOWN, END, Entry, FRAME, HEADER,
    entry::{backlen_size, body_len, read_backlen},
};
use alloc::vec::Vec;
use core::{fmt, iter::FusedIterator};

/// A borrowed listpack. Positions are byte offsets of entries, valid until the listpack is edited.
#[derive(Clone, Copy)]
pub struct ListpackRef<'a>(&'a [u8]);

impl<'a> ListpackRef<'a> {
    /// A listpack without entries.
    pub const EMPTY: ListpackRef<'static> = ListpackRef(&[0, 0]);

    /// Interprets `bytes` as a listpack. They must have been written here.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Parses a dumped listpack, which may be untrusted. Returns `None` unless every entry is
    /// within the bytes and all lengths and the count are correct, so that no read can leave the
    /// bytes.
    #[must_use]
    pub fn of_dump(bytes: &'a [u8]) -> Option<Self> {
        let (&total, rest) = bytes.split_first_chunk()?;
        let (&END, inner) = rest.split_last()? else { return None };
        if u32::from_le_bytes(total) as usize != bytes.len() || inner.len() < HEADER {
            return None;
        }
        let (mut at, mut count) = (HEADER, 0);
        while at < inner.len() {
            let body = body_len(&inner[at..])?;
            let size = body.checked_add(backlen_size(body))?;
            if size > inner.len() - at || read_backlen(&inner[..at + size]) != Some(body) {
                return None;
            }
            at += size;
            count += 1;
        }
        let list = Self(inner);
        list.count().is_none_or(|told| told == count).then_some(list)
    }

    /// Returns the bytes as `DUMP` and snapshots store them.
    #[must_use]
    pub fn dump(self) -> Vec<u8> {
        let total = self.dumped_bytes() as u32;
        [&total.to_le_bytes(), self.0, &[END]].concat()
    }

    /// Returns the length of the dumped listpack, which Redis uses for its limits.
    #[inline]
    #[must_use]
    pub const fn dumped_bytes(self) -> usize {
        self.0.len() + FRAME
    }

    /// Returns the bytes in memory.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns the number of entries. Up to 65534 it is stored; beyond that the entries are
    /// counted.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.count().unwrap_or_else(|| self.iter().count())
    }

    /// Returns `true` if there are no entries.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.len() == HEADER
    }

    /// Returns the stored number of entries, if it is known.
    #[inline]
    pub(super) fn count(self) -> Option<usize> {
        let count = u16::from_le_bytes([self.0[0], self.0[1]]);
        (count != COUNT_UNKNOWN).then_some(usize::from(count))
    }

    /// Returns the position of the first entry.
    #[inline]
    #[must_use]
    pub fn first(self) -> Option<usize> {
        self.entry_from(HEADER)
    }

    /// Returns the position of the last entry.
    #[inline]
    #[must_use]
    pub fn last(self) -> Option<usize> {
        self.prev(self.end())
    }

    /// Returns the position of the entry after the one at `at`.
    #[inline]
    #[must_use]
    pub fn next(self, at: usize) -> Option<usize> {
        self.entry_from(self.after(at))
    }

    /// Returns the position of the entry before `at`, which may be the end.
    #[inline]
    #[must_use]
    pub fn prev(self, at: usize) -> Option<usize> {
        if at == HEADER {
            return None;
        }
        let body = read_backlen(&self.0[..at])?;
        Some(at - body - backlen_size(body))
    }

    /// Returns the end of the entries, which is the position at which to append.
    #[inline]
    #[must_use]
    pub const fn end(self) -> usize {
        self.0.len()
    }

    /// Returns the entry at `at`.
    #[inline]
    #[must_use]
    pub fn get(self, at: usize) -> Entry<'a> {
        Entry::read(&self.0[at..])
    }

    /// Returns the position of the entry at this index; a negative index counts from the end.
    #[must_use]
    pub fn seek(self, index: i64) -> Option<usize> {
        let (mut left, backwards) = match (self.count(), usize::try_from(index)) {
            (Some(count), Ok(index)) if index >= count => return None,
            (Some(count), Ok(index)) if index > count / 2 => (count - 1 - index, true),
            (_, Ok(index)) => (index, false),
            (_, Err(_)) => (usize::try_from(-1 - index).ok()?, true),
        };
        let mut at = if backwards { self.last()? } else { self.first()? };
        while left > 0 {
            at = if backwards { self.prev(at)? } else { self.next(at)? };
            left -= 1;
        }
        Some(at)
    }

    /// Returns the entries in order.
    #[inline]
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        self.iter_from(HEADER)
    }

    /// Returns the entries from the one at `at` on.
    #[inline]
    #[must_use]
    pub fn iter_from(self, at: usize) -> Iter<'a> {
        Iter { list: self, front: at, back: self.end() }
    }

    /// Returns the position of the first entry that equals `needle`, omitting `skip` entries
    /// between any two that are compared.
    ///
    /// ```
    /// use redstart_core::value::listpack::{Entry, Listpack};
    /// let pairs = [b"b", b"a", b"a", b"1"].map(|bytes| Entry::encode(bytes));
    /// let pairs: Listpack = pairs.into_iter().collect();
    /// let at = pairs.as_ref().find(b"a", 1).and_then(|at| pairs.as_ref().next(at));
    /// assert_eq!(at.map(|at| pairs.as_ref().get(at)), Some(Entry::Int(1)));
    /// ```
    #[inline]
    #[must_use]
    pub fn find(self, needle: &[u8], skip: usize) -> Option<usize> {
        self.find_from(HEADER, needle, skip)
    }

    /// Like [`find`](Self::find), beginning with the entry at `at`.
    #[inline]
    #[must_use]
    pub fn find_from(self, at: usize, needle: &[u8], skip: usize) -> Option<usize> {
        match Entry::encode(needle) {
            Entry::Bytes(_) => self.search(at, skip, |entry| is_text(entry, needle)),
            // In untrusted bytes an integer may be stored as a string.
            Entry::Int(number) => self.search(at, skip, |entry| match entry {
                Entry::Int(other) => other == number,
                text @ Entry::Bytes(_) => is_text(text, needle),
            }),
        }
    }

    /// Like [`find`](Self::find), for a needle that may already be an integer.
    #[inline]
    #[must_use]
    pub fn find_entry(self, needle: Entry<'_>, skip: usize) -> Option<usize> {
        self.find(needle.text(&mut itoa::Buffer::new()), skip)
    }

    #[inline]
    fn search(
        self,
        mut at: usize,
        skip: usize,
        is_it: impl Fn(Entry<'a>) -> bool,
    ) -> Option<usize> {
        loop {
            let entry = self.entry_from(at)?;
            if is_it(self.get(entry)) {
                return Some(entry);
            }
            at = self.after(at);
            for _ in 0..skip {
                at = self.after(self.entry_from(at)?);
            }
        }
    }

    /// Returns the position of a random element that consists of `stride` entries.
    #[must_use]
    pub fn random(self, random: &mut Random, stride: usize) -> Option<usize> {
        let index = random.below(self.len() / stride) * stride;
        self.seek(i64::try_from(index).ok()?)
    }

    /// Returns the positions of `count` distinct random elements in ascending order, or of all if
    /// there are fewer.
    #[must_use]
    pub fn sample(self, random: &mut Random, count: usize, stride: usize) -> Sample<'a, '_> {
        let left = self.len() / stride;
        Sample { list: self, at: HEADER, stride, wanted: count.min(left), left, random }
    }

    /// Returns the positions of the elements at these indexes, which must be in ascending order and
    /// may repeat.
    pub fn pick(
        self,
        indexes: impl IntoIterator<Item = usize>,
        stride: usize,
    ) -> impl Iterator<Item = usize> {
        let (mut at, mut passed) = (HEADER, 0);
        indexes.into_iter().map_while(move |index| {
            while passed < index * stride {
                at = self.next(at)?;
                passed += 1;
            }
            self.entry_from(at)
        })
    }

    /// Returns `at` if there is an entry, or `None` if it is the end.
    #[inline]
    fn entry_from(self, at: usize) -> Option<usize> {
        (at < self.0.len()).then_some(at)
    }

    /// Returns the position at which the entry at `at` ends.
    #[inline]
    pub(in crate::value) fn after(self, at: usize) -> usize {
        let body = body_len(&self.0[at..]).expect("every position is the start of an entry");
        at + body + backlen_size(body)
    }
}

impl<'a> IntoIterator for ListpackRef<'a> {
    type Item = Entry<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Returns `true` if an entry consists of these bytes. Compares length and last byte first, because
/// similar entries often differ there.
#[inline]
fn is_text(entry: Entry<'_>, needle: &[u8]) -> bool {
    matches!(entry, Entry::Bytes(bytes)
        if bytes.len() == needle.len() && bytes.last() == needle.last() && bytes == needle)
}

/// Two listpacks are equal if their entries are equal.
impl PartialEq for ListpackRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ListpackRef<'_> {}

impl fmt::Debug for ListpackRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A double-ended iterator over the entries of a listpack.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    list: ListpackRef<'a>,
    front: usize,
    back: usize,
}

impl Iter<'_> {
    /// Returns the position of the next entry, or the end of the entries.
    #[inline]
    #[must_use]
    pub const fn position(&self) -> usize {
        self.front
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.front >= self.back {
            return None;
        }
        let entry = self.list.get(self.front);
        self.front = self.list.after(self.front);
        Some(entry)
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Entry<'a>> {
        for _ in 0..n {
            if self.front >= self.back {
                return None;
            }
            self.front = self.list.after(self.front);
        }
        self.next()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        self.back = self.list.prev(self.back)?;
        Some(self.list.get(self.back))
    }
}

impl FusedIterator for Iter<'_> {}

/// The positions of elements sampled without repetition: each is selected with the probability of
/// wanted over remaining elements (Knuth's algorithm S).
#[derive(Debug)]
pub struct Sample<'a, 'r> {
    list: ListpackRef<'a>,
    at: usize,
    stride: usize,
    wanted: usize,
    left: usize,
    random: &'r mut Random,
}

impl Iterator for Sample<'_, '_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.wanted > 0 {
            let at = self.at;
            for _ in 0..self.stride {
                self.at = self.list.after(self.at);
            }
            let is_taken = self.random.below(self.left) < self.wanted;
            self.left -= 1;
            if is_taken {
                self.wanted -= 1;
                return Some(at);
            }
        }
        None
    }
}
