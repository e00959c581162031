//! A chunk: a listpack with room at both ends.
//!
//! ```text
//!  buffer
//! +-----------+--------+-------+-------+-----+- - - - - - - - +
//! | room      | header | entry | entry | ... | room           |
//! +-----------+--------+-------+-------+-----+- - - - - - - - +
//!             ^ start                         ^ the Vec's length
//! ```
//!
//! A listpack that grows at its front moves all of its bytes for each entry. Here the header moves instead: it is written
//! anew before the entry that comes first, so pushing and popping cost the same at both ends. An edit in the middle moves
//! the shorter side. What lies between the rooms is at any time a listpack.
//!
//! A chunk deep inside a long list may be [frozen](super::frozen). Who reads it gets a thawed copy; it thaws when it is edited.

use super::super::listpack::{COUNT_UNKNOWN, Entry, FRAME, HEADER, ListpackRef};
use super::super::record::INLINE_MAX;
use super::{End, Node, frozen};
use crate::memory::allocated;
use alloc::vec::Vec;
use core::{fmt, ops::Range};

/// What a chunk takes at most, unless it is a single entry that is longer.
pub(super) const CHUNK_BYTES: usize = 8192;

/// What the first chunk of a list asks for at least: a list that has one rarely stays as short as that.
const FIRST_BYTES: usize = 256;

/// Buffers below this are not worth shrinking; that in which small lists are edited is one of them.
const SHRINK_FROM_BYTES: usize = 4 * INLINE_MAX;

/// Where the listpack of a frozen chunk starts: nowhere.
const FROZEN: u32 = u32::MAX;

/// A listpack that is edited at its ends.
#[derive(Clone)]
pub struct Chunk {
    buffer: Vec<u8>,
    /// Where the listpack starts. A request, and so an entry, is below 4 GiB.
    start: u32,
    /// How many entries there are, so that counting many chunks does not read them.
    count: u32,
}

impl Chunk {
    /// A chunk without entries, which allocates nothing.
    pub(super) const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, count: 0 }
    }

    /// A chunk of one entry, with room for more at the end at which it is pushed.
    pub(super) fn of(entry: Entry<'_>, end: End) -> Self {
        let mut chunk = Self::new();
        chunk.reallocate(entry.size_bytes(), end);
        chunk.push(end, entry);
        chunk
    }

    /// Takes `bytes` for a listpack: those of one that was written here.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        let count = ListpackRef::new(&bytes).len() as u32;
        Self { buffer: bytes, count, start: 0 }
    }

    /// The bytes of the listpack.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.thaw();
        self.buffer.drain(..self.start as usize);
        self.buffer
    }

    /// For reading.
    #[inline]
    pub(super) fn read(&self) -> Node<'_> {
        match self.start {
            FROZEN => Node::from(frozen::thaw(&self.buffer, self.count)),
            _ => Node::from(self.as_ref()),
        }
    }

    /// For reading what is not frozen.
    #[inline]
    pub(super) fn as_ref(&self) -> ListpackRef<'_> {
        debug_assert_ne!(self.start, FROZEN);
        match self.buffer.get(self.start as usize..) {
            Some(bytes) if !bytes.is_empty() => ListpackRef::new(bytes),
            _ => ListpackRef::EMPTY,
        }
    }

    /// Takes less room from now on, if that is worth it; whether it is.
    pub(super) fn freeze(&mut self) -> bool {
        if self.start == FROZEN {
            return true;
        }
        let Some(buffer) = frozen::freeze(self.as_ref()) else { return false };
        *self = Self { buffer, start: FROZEN, count: self.count };
        true
    }

    /// Is a listpack again.
    #[inline]
    pub(super) fn thaw(&mut self) {
        if self.start == FROZEN {
            let buffer = frozen::thaw(&self.buffer, self.count);
            *self = Self { buffer, start: 0, count: self.count };
        }
    }

    /// How many entries there are.
    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    /// How long the listpack is as Redis reckons, which is as `DUMP` writes it.
    #[inline]
    pub(super) fn dumped_bytes(&self) -> usize {
        match self.start {
            FROZEN => frozen::listpack_bytes(&self.buffer) + FRAME,
            _ => self.as_ref().dumped_bytes(),
        }
    }

    /// What its buffer takes.
    #[inline]
    pub(super) const fn allocated(&self) -> usize {
        allocated(self.capacity())
    }

    /// What it has asked for.
    const fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Whether entries of `bytes` bytes together may join the others.
    #[inline]
    pub(super) fn has_room_for(&self, bytes: usize) -> bool {
        self.dumped_bytes() + bytes <= CHUNK_BYTES
    }

    /// Adds an entry at an end.
    #[inline]
    pub(super) fn push(&mut self, end: End, entry: Entry<'_>) {
        self.thaw();
        let size = entry.size_bytes();
        if self.room(end) < size {
            self.make_room(size, end);
        }
        let at = match end {
            End::Head => {
                self.start -= size as u32;
                self.start as usize + HEADER
            }
            End::Tail => {
                let at = self.buffer.len();
                self.buffer.resize(at + size, 0);
                at
            }
        };
        entry.write(&mut self.buffer[at..at + size]);
        self.recount(self.count + 1);
    }

    /// Adds an entry before the one at `at`, whose position it takes.
    pub(super) fn insert(&mut self, at: usize, entry: Entry<'_>) {
        entry.write(self.resize(at..at, entry.size_bytes()));
        self.recount(self.count + 1);
    }

    /// Puts `entry` in the place of the one at `at`.
    pub(super) fn replace(&mut self, at: usize, entry: Entry<'_>) {
        self.thaw();
        let old = at..self.as_ref().after(at);
        entry.write(self.resize(old, entry.size_bytes()));
        self.recount(self.count);
        self.shrink_if_sparse();
    }

    /// Removes up to `count` entries from the one at `at` on, and says how many that were. What followed them is at `at` now.
    pub(super) fn remove(&mut self, at: usize, count: usize) -> usize {
        self.thaw();
        let mut rest = self.as_ref().iter_from(at);
        let removed = rest.by_ref().take(count).count();
        if removed == 0 {
            return 0;
        }
        let old = at..rest.position();
        self.resize(old, 0);
        self.recount(self.count - removed as u32);
        self.shrink_if_sparse();
        removed
    }

    /// Removes `count` entries at an end; so many there are.
    pub(super) fn discard(&mut self, end: End, count: usize) {
        self.thaw();
        let list = self.as_ref();
        match end {
            _ if count == 0 => return,
            End::Head => {
                let at = (0..count).fold(HEADER, |at, _| list.after(at));
                self.start += (at - HEADER) as u32;
            }
            End::Tail => {
                let at = list.seek(-(count as i64)).unwrap_or(HEADER);
                self.buffer.truncate(self.start as usize + at);
            }
        }
        self.recount(self.count - count as u32);
        self.shrink_if_sparse();
    }

    /// Removes the entries that `is_it` names, at most `limit` and the first or the last of them; how many.
    pub(super) fn remove_matching(
        &mut self,
        from: End,
        limit: usize,
        is_it: &impl Fn(Entry<'_>) -> bool,
    ) -> usize {
        if self.start == FROZEN {
            if !self.read().iter().any(is_it) {
                return 0;
            }
            self.thaw();
        }
        let mut removed = 0;
        let mut next = match from {
            End::Head => self.as_ref().first(),
            End::Tail => self.as_ref().last(),
        };
        while let Some(at) = next
            && removed < limit
        {
            let is_match = is_it(self.as_ref().get(at));
            if is_match {
                removed += self.remove(at, 1);
            }
            next = match from {
                End::Head if is_match => Some(at).filter(|&at| at < self.as_ref().end()),
                End::Head => self.as_ref().next(at),
                End::Tail => self.as_ref().prev(at),
            };
        }
        removed
    }

    /// Takes away the entries from the one at `at` on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        self.thaw();
        let end = self.as_ref().end();
        let count = self.as_ref().iter_from(at).count() as u32;
        let mut tail = Self::new();
        tail.resize(HEADER..HEADER, end - at).copy_from_slice(&self.as_ref().bytes()[at..end]);
        tail.recount(count);
        self.resize(at..end, 0);
        self.recount(self.count - count);
        tail
    }

    /// Adds all entries of `other` behind the last.
    pub(super) fn append(&mut self, other: &Self) {
        self.thaw();
        let other_node = other.read();
        let entries = &other_node.bytes()[HEADER..];
        let end = self.as_ref().end();
        self.resize(end..end, entries.len()).copy_from_slice(entries);
        self.recount(self.count + other.count);
    }

    /// Gives back the room, if it is worth it, because the chunk is at no end any more.
    pub(super) fn seal(&mut self) {
        self.thaw();
        let bytes = self.as_ref().bytes().len();
        if self.capacity() - bytes > bytes / 16 {
            *self = Self { buffer: self.as_ref().bytes().to_vec(), count: self.count, start: 0 };
        }
    }

    /// Makes the bytes `old` be `size` bytes, whose contents are to be written. The header is not brought up to date.
    fn resize(&mut self, old: Range<usize>, size: usize) -> &mut [u8] {
        self.thaw();
        let behind = self.as_ref().end() - old.end;
        let end = if old.start - HEADER < behind { End::Head } else { End::Tail };
        if let Some(more) = size.checked_sub(old.len() + 1) {
            self.open(old.clone(), more + 1, end);
        } else {
            self.close(old.clone(), old.len() - size, end);
        }
        &mut self.buffer[self.start as usize + old.start..][..size]
    }

    /// Puts `more` bytes behind the bytes `old` by moving what lies between them and `end`.
    fn open(&mut self, old: Range<usize>, more: usize, end: End) {
        if self.room(end) < more {
            self.make_room(more, end);
        }
        let (start, len) = (self.start as usize, self.buffer.len());
        match end {
            End::Head => {
                self.buffer.copy_within(start..start + old.start, start - more);
                self.start -= more as u32;
            }
            End::Tail => {
                self.buffer.resize(len + more, 0);
                self.buffer.copy_within(start + old.end..len, start + old.end + more);
            }
        }
    }

    /// Takes `less` bytes from the bytes `old` by moving what lies between them and `end`.
    fn close(&mut self, old: Range<usize>, less: usize, end: End) {
        let (start, len) = (self.start as usize, self.buffer.len());
        match end {
            _ if less == 0 => {}
            End::Head => {
                self.buffer.copy_within(start..start + old.start, start + less);
                self.start += less as u32;
            }
            End::Tail => {
                self.buffer.copy_within(start + old.end..len, start + old.end - less);
                self.buffer.truncate(len - less);
            }
        }
    }

    /// The bytes that may come at an end without anything moving.
    #[inline]
    fn room(&self, end: End) -> usize {
        match end {
            End::Head => self.start as usize,
            End::Tail => self.capacity() - self.buffer.len(),
        }
    }

    /// Sees to room for `more` bytes at `end`: by sliding the listpack if that brings enough, or else in a larger buffer.
    fn make_room(&mut self, more: usize, end: End) {
        let (bytes, start) = (self.as_ref().bytes().len(), self.start as usize);
        let slack = self.capacity().saturating_sub(bytes);
        if slack < more + bytes / 8 {
            return self.reallocate(more, end);
        }
        // Half of what is left stays where it is, for lists that grow at both ends in turn.
        let head = match end {
            End::Head => more + (slack - more) / 2,
            End::Tail => (slack - more) / 2,
        };
        let len = self.buffer.len();
        self.buffer.resize(len.max(head + bytes), 0);
        self.buffer.copy_within(start..len, head);
        self.buffer.truncate(head + bytes);
        self.start = head as u32;
    }

    /// Moves to a buffer with room for `more` bytes, and more than that, at `end`.
    fn reallocate(&mut self, more: usize, end: End) {
        let old = self.as_ref().bytes();
        let needed = old.len() + more;
        let capacity = if needed < CHUNK_BYTES {
            (needed + needed / 2).clamp(FIRST_BYTES, CHUNK_BYTES)
        } else if self.count == 0 {
            needed
        } else {
            needed + needed / 8
        };
        let head = if end == End::Head { capacity - old.len() } else { 0 };
        let mut buffer = Vec::with_capacity(capacity);
        buffer.resize(head, 0);
        buffer.extend_from_slice(old);
        *self = Self { buffer, start: head as u32, count: self.count };
    }

    /// Gives back the room of a buffer of which little is used.
    fn shrink_if_sparse(&mut self) {
        let bytes = self.as_ref().bytes().len();
        if self.capacity() >= SHRINK_FROM_BYTES && bytes < self.capacity() / 4 {
            let mut buffer = Vec::with_capacity(bytes * 2);
            buffer.extend_from_slice(self.as_ref().bytes());
            *self = Self { buffer, count: self.count, start: 0 };
        }
    }

    /// Writes the header.
    fn recount(&mut self, count: u32) {
        self.count = count;
        let start = self.start as usize;
        let told = u16::try_from(count).unwrap_or(COUNT_UNKNOWN);
        self.buffer[start..start + HEADER].copy_from_slice(&told.to_le_bytes());
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().as_ref().fmt(f)
    }
}
