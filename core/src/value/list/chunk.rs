//! A chunk: a listpack with spare room at both ends.
//!
//! ```text
//!  buffer
//! +-----------+--------+-------+-------+-----+- - - - - - - - +
//! | room      | header | entry | entry | ... | room           |
//! +-----------+--------+-------+-------+-----+- - - - - - - - +
//!             ^ start                         ^ the Vec's length
//! ```
//!
//! A listpack that grows at its front would move all of its bytes for each entry. Here the header
//! moves instead: it is rewritten before the new first entry, so pushing and popping cost the same
//! at both ends. An edit in the middle moves the shorter side. The bytes between the spare rooms
//! are always a listpack.
//!
//! A chunk deep inside a long list may be [frozen](super::frozen). Reading it returns a thawed
//! copy; editing it thaws it.

use super::super::listpack::{COUNT_UNKNOWN, Entry, FRAME, HEADER, ListpackRef};
use super::super::record::INLINE_MAX;
use super::{End, Node, frozen};
use crate::memory::allocated;
use alloc::vec::Vec;
use core::{fmt, ops::Range};

/// The greatest size of a chunk, unless it is a single longer entry.
pub(super) const CHUNK_BYTES: usize = 8192;

/// The least capacity of a list's first chunk: a list that has one rarely remains shorter.
const FIRST_BYTES: usize = 256;

/// The least capacity of a buffer that is worth shrinking. The scratch buffer for editing small
/// lists is below it.
const SHRINK_FROM_BYTES: usize = 4 * INLINE_MAX;

/// Marks a frozen chunk, which has no start.
const FROZEN: u32 = u32::MAX;

/// A listpack that can be edited at both ends.
#[derive(Clone)]
pub struct Chunk {
    buffer: Vec<u8>,
    /// The offset of the listpack. A request, and therefore an entry, is below 4 GiB.
    start: u32,
    /// The number of entries, so that counting the elements of many chunks does not read them.
    count: u32,
}

impl Chunk {
    /// Creates a chunk without entries, without allocating.
    pub(super) const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, count: 0 }
    }

    /// Creates a chunk of one entry, with room for more at the end where it is pushed.
    pub(super) fn of(entry: Entry<'_>, end: End) -> Self {
        let mut chunk = Self::new();
        chunk.reallocate(entry.size_bytes(), end);
        chunk.push(end, entry);
        chunk
    }

    /// Interprets `bytes` as a listpack. They must have been written here.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        let count = ListpackRef::new(&bytes).len() as u32;
        Self { buffer: bytes, count, start: 0 }
    }

    /// Returns the bytes of the listpack.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.thaw();
        self.buffer.drain(..self.start as usize);
        self.buffer
    }

    /// Returns a read-only view, thawed if necessary.
    #[inline]
    pub(super) fn read(&self) -> Node<'_> {
        match self.start {
            FROZEN => Node::from(frozen::thaw(&self.buffer, self.count)),
            _ => Node::from(self.as_ref()),
        }
    }

    /// Returns a read-only view. The chunk must not be frozen.
    #[inline]
    pub(super) fn as_ref(&self) -> ListpackRef<'_> {
        debug_assert_ne!(self.start, FROZEN);
        match self.buffer.get(self.start as usize..) {
            Some(bytes) if !bytes.is_empty() => ListpackRef::new(bytes),
            _ => ListpackRef::EMPTY,
        }
    }

    /// Compresses the chunk if that saves enough memory. Returns `true` if it does.
    pub(super) fn freeze(&mut self) -> bool {
        if self.start == FROZEN {
            return true;
        }
        let Some(buffer) = frozen::freeze(self.as_ref()) else { return false };
        *self = Self { buffer, start: FROZEN, count: self.count };
        true
    }

    /// Decompresses a frozen chunk.
    #[inline]
    pub(super) fn thaw(&mut self) {
        if self.start == FROZEN {
            let buffer = frozen::thaw(&self.buffer, self.count);
            *self = Self { buffer, start: 0, count: self.count };
        }
    }

    /// Returns the number of entries.
    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    /// Returns the length of the listpack as Redis computes it, which is its length in a `DUMP`.
    #[inline]
    pub(super) fn dumped_bytes(&self) -> usize {
        match self.start {
            FROZEN => frozen::listpack_bytes(&self.buffer) + FRAME,
            _ => self.as_ref().dumped_bytes(),
        }
    }

    /// Returns the allocated size of the buffer.
    #[inline]
    pub(super) const fn allocated(&self) -> usize {
        allocated(self.capacity())
    }

    /// Returns the capacity of the buffer.
    const fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Returns `true` if there is room for entries with a total of `bytes` bytes.
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

    /// Inserts an entry at position `at`, before the entry that was there.
    pub(super) fn insert(&mut self, at: usize, entry: Entry<'_>) {
        entry.write(self.resize(at..at, entry.size_bytes()));
        self.recount(self.count + 1);
    }

    /// Replaces the entry at `at`.
    pub(super) fn replace(&mut self, at: usize, entry: Entry<'_>) {
        self.thaw();
        let old = at..self.as_ref().after(at);
        entry.write(self.resize(old, entry.size_bytes()));
        self.recount(self.count);
        self.shrink_if_sparse();
    }

    /// Removes up to `count` entries beginning with the one at `at`, and returns the number
    /// removed. The entry after them is at `at` afterwards.
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

    /// Removes `count` entries at an end. The chunk must have that many.
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

    /// Removes the entries for which `is_it` returns `true`, at most `limit`, beginning at `from`.
    /// Returns the number removed.
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

    /// Splits off the entries beginning with the one at `at`.
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

    /// Appends all entries of `other`.
    pub(super) fn append(&mut self, other: &Self) {
        self.thaw();
        let other_node = other.read();
        let entries = &other_node.bytes()[HEADER..];
        let end = self.as_ref().end();
        self.resize(end..end, entries.len()).copy_from_slice(entries);
        self.recount(self.count + other.count);
    }

    /// Frees the spare room, if it is worth it, because the chunk is no longer at an end of the
    /// list.
    pub(super) fn seal(&mut self) {
        self.thaw();
        let bytes = self.as_ref().bytes().len();
        if self.capacity() - bytes > bytes / 16 {
            *self = Self { buffer: self.as_ref().bytes().to_vec(), count: self.count, start: 0 };
        }
    }

    /// Resizes the range `old` to `size` bytes, which the caller must fill. Does not update the
    /// header.
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

    /// Inserts `more` bytes after the range `old` by moving the bytes between it and `end`.
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

    /// Removes `less` bytes from the range `old` by moving the bytes between it and `end`.
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

    /// Returns the number of bytes that can be added at an end without moving anything.
    #[inline]
    fn room(&self, end: End) -> usize {
        match end {
            End::Head => self.start as usize,
            End::Tail => self.capacity() - self.buffer.len(),
        }
    }

    /// Makes room for `more` bytes at `end`, by sliding the listpack if that suffices, and
    /// otherwise in a larger buffer.
    fn make_room(&mut self, more: usize, end: End) {
        let (bytes, start) = (self.as_ref().bytes().len(), self.start as usize);
        let slack = self.capacity().saturating_sub(bytes);
        if slack < more + bytes / 8 {
            return self.reallocate(more, end);
        }
        // Leaves half of the remaining room where it is, for lists that grow at both ends
        // alternately.
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

    /// Moves to a buffer with room for more than `more` bytes at `end`.
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

    /// Frees the spare room of a buffer of which little is used.
    fn shrink_if_sparse(&mut self) {
        let bytes = self.as_ref().bytes().len();
        if self.capacity() >= SHRINK_FROM_BYTES && bytes < self.capacity() / 4 {
            let mut buffer = Vec::with_capacity(bytes * 2);
            buffer.extend_from_slice(self.as_ref().bytes());
            *self = Self { buffer, count: self.count, start: 0 };
        }
    }

    /// Writes the count to the header.
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
