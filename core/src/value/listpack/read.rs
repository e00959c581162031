//! A listpack that is only read: walks, searches and samples, none of which allocates.

use super::super::super::random::Random;
use super::{
    COUNT_UNKNOWN, END, Entry, FRAME, HEADER,
    entry::{backlen_size, body_len, read_backlen},
};
use alloc::vec::Vec;
use core::{fmt, iter::FusedIterator};

/// A borrowed listpack. Positions are byte offsets of entries, and stay so until the listpack is edited.
#[derive(Clone, Copy)]
pub struct ListpackRef<'a>(&'a [u8]);

impl<'a> ListpackRef<'a> {
    /// The listpack without entries.
    pub const EMPTY: ListpackRef<'static> = ListpackRef(&[0, 0]);

    /// Takes `bytes` for a listpack: those of one that was written here.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The listpack that was dumped as `bytes`, which may be foreign: if every entry lies within them and they say of
    /// themselves what is so. No reading can then leave them.
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

    /// Its bytes as `DUMP` and snapshots have them.
    #[must_use]
    pub fn dump(self) -> Vec<u8> {
        let total = self.dumped_bytes() as u32;
        [&total.to_le_bytes(), self.0, &[END]].concat()
    }

    /// How many bytes these are, which is what Redis reckons with.
    #[inline]
    #[must_use]
    pub const fn dumped_bytes(self) -> usize {
        self.0.len() + FRAME
    }

    /// Its bytes in memory.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// How many entries there are. Up to 65534 that is written down; more have to be counted.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.count().unwrap_or_else(|| self.iter().count())
    }

    /// Whether there is no entry.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.len() == HEADER
    }

    /// The number of entries as far as it is written down.
    #[inline]
    pub(super) fn count(self) -> Option<usize> {
        let count = u16::from_le_bytes([self.0[0], self.0[1]]);
        (count != COUNT_UNKNOWN).then_some(usize::from(count))
    }

    /// The position of the first entry.
    #[inline]
    #[must_use]
    pub fn first(self) -> Option<usize> {
        self.entry_from(HEADER)
    }

    /// The position of the last entry.
    #[inline]
    #[must_use]
    pub fn last(self) -> Option<usize> {
        self.prev(self.end())
    }

    /// The position of the entry after the one at `at`.
    #[inline]
    #[must_use]
    pub fn next(self, at: usize) -> Option<usize> {
        self.entry_from(self.after(at))
    }

    /// The position of the entry before the one at `at`, or before the end.
    #[inline]
    #[must_use]
    pub fn prev(self, at: usize) -> Option<usize> {
        if at == HEADER {
            return None;
        }
        let body = read_backlen(&self.0[..at])?;
        Some(at - body - backlen_size(body))
    }

    /// Where the entries end: the position to insert at behind the last one.
    #[inline]
    #[must_use]
    pub const fn end(self) -> usize {
        self.0.len()
    }

    /// The entry at `at`.
    #[inline]
    #[must_use]
    pub fn get(self, at: usize) -> Entry<'a> {
        Entry::read(&self.0[at..])
    }

    /// The position of the entry with this index, counted from the end when negative.
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

    /// The entries in order.
    #[inline]
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        self.iter_from(HEADER)
    }

    /// The entries from the one at `at` on.
    #[inline]
    #[must_use]
    pub fn iter_from(self, at: usize) -> Iter<'a> {
        Iter { list: self, front: at, back: self.end() }
    }

    /// The position of the first entry that equals `needle`, of those that are `skip` entries apart.
    ///
    /// ```
    /// use redstart_core::value::listpack::{Entry, Listpack};
    /// let pairs: Listpack = [b"b", b"a", b"a", b"1"].map(|bytes| Entry::encode(bytes)).into_iter().collect();
    /// let at = pairs.as_ref().find(b"a", 1).and_then(|at| pairs.as_ref().next(at));
    /// assert_eq!(at.map(|at| pairs.as_ref().get(at)), Some(Entry::Int(1)));
    /// ```
    #[inline]
    #[must_use]
    pub fn find(self, needle: &[u8], skip: usize) -> Option<usize> {
        self.find_from(HEADER, needle, skip)
    }

    /// The same from the entry at `at` on.
    #[inline]
    #[must_use]
    pub fn find_from(self, at: usize, needle: &[u8], skip: usize) -> Option<usize> {
        match Entry::encode(needle) {
            Entry::Bytes(_) => self.search(at, skip, |entry| is_text(entry, needle)),
            // In foreign bytes an integer may be spelled out.
            Entry::Int(number) => self.search(at, skip, |entry| match entry {
                Entry::Int(other) => other == number,
                text @ Entry::Bytes(_) => is_text(text, needle),
            }),
        }
    }

    /// [`find`](Self::find) of what may be an integer already.
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

    /// The position of one element by chance, an element being `stride` entries.
    #[must_use]
    pub fn random(self, random: &mut Random, stride: usize) -> Option<usize> {
        let index = random.below(self.len() / stride) * stride;
        self.seek(i64::try_from(index).ok()?)
    }

    /// The positions of `count` different elements by chance, in their order; of all when there are not so many.
    #[must_use]
    pub fn sample(self, random: &mut Random, count: usize, stride: usize) -> Sample<'a, '_> {
        let left = self.len() / stride;
        Sample { list: self, at: HEADER, stride, wanted: count.min(left), left, random }
    }

    /// The positions of the elements with these indexes, which ascend and may repeat.
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

    /// `at` if there is an entry and not the end.
    #[inline]
    fn entry_from(self, at: usize) -> Option<usize> {
        (at < self.0.len()).then_some(at)
    }

    /// Where the entry at `at` ends.
    #[inline]
    pub(in crate::value) fn after(self, at: usize) -> usize {
        let body = body_len(&self.0[at..]).expect("a position is where an entry starts");
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

/// Whether an entry is these bytes, which do not tell by its length and its end.
#[inline]
fn is_text(entry: Entry<'_>, needle: &[u8]) -> bool {
    matches!(entry, Entry::Bytes(bytes)
        if bytes.len() == needle.len() && bytes.last() == needle.last() && bytes == needle)
}

/// Two listpacks are equal when their entries are.
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

/// The entries of a listpack, from both ends.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    list: ListpackRef<'a>,
    front: usize,
    back: usize,
}

impl Iter<'_> {
    /// The position of the entry that comes next, or where the entries end.
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

/// Positions of elements drawn without repetition: each is taken with the chance of the wanted among those left (Knuth's
/// algorithm S).
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
