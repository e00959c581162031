//! The quicklist: a deque of chunks.
//!
//! This is Redis's structure with an array in place of the links, so an index is found by summing
//! adjacent counts. Ten million small elements are some fifteen thousand chunks: when the deque
//! grows, moving their handles takes microseconds, and the elements never move.
//!
//! In a long list, chunks are frozen when they are no longer near an end: most lists are queues and
//! logs, of which only the ends are used. If the elements of a list do not compress, freezing is
//! retried only occasionally.

use super::super::listpack::{Entry, FRAME, HEADER};
use super::{End, ListLimits, Node, chunk::CHUNK_BYTES, chunk::Chunk};
use crate::memory::allocated;
use alloc::{collections::VecDeque, vec::Vec};
use core::ops::ControlFlow;

/// Number of chunks at each end that are never frozen.
const WARM_CHUNKS: usize = 16;

/// Number of chunks from which a list is long.
const LONG_CHUNKS: usize = 64;

/// Number of chunks to skip before freezing is retried after it was not worth it.
const PAUSE_CHUNKS: usize = 15;

/// A list of several listpacks, or of one that is too large for the listpack encoding.
#[derive(Clone, Debug, Default)]
pub struct Quicklist {
    /// No chunk is empty.
    chunks: VecDeque<Chunk>,
    /// Number of elements.
    len: usize,
    /// Total size of the chunks.
    chunk_bytes: usize,
    /// Index where the search for thawed chunks continues.
    hand: usize,
    /// Number of chunks still to skip before freezing is retried.
    pause: usize,
}

impl Quicklist {
    /// Returns the number of elements.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there are no elements.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// See [`super::ListRef::nodes`].
    pub(super) fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        self.chunks.iter().map(Chunk::read)
    }

    /// See [`super::ListRef::get`].
    pub(super) fn get<R>(&self, index: usize, read: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        let (chunk, index) = self.locate(index);
        super::element(self.chunks.get(chunk)?.read().as_ref(), index, read)
    }

    /// See [`super::ListRef::walk`].
    pub(super) fn walk<B>(
        &self,
        from: End,
        mut skip: usize,
        mut visit: impl FnMut(Entry<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let Some(most) = self.len.checked_sub(skip + 1) else { return ControlFlow::Continue(()) };
        let (first, index) = self.locate(if from == End::Head { skip } else { most });
        skip = match from {
            End::Head => index,
            End::Tail => self.chunks[first].len() - 1 - index,
        };
        let mut walk_chunk = |chunk: &Chunk| {
            let skipped = core::mem::take(&mut skip);
            super::walk(chunk.read().as_ref(), from, skipped, &mut visit)
        };
        match from {
            End::Head => self.chunks.range(first..).try_for_each(&mut walk_chunk),
            End::Tail => self.chunks.range(..=first).rev().try_for_each(&mut walk_chunk),
        }
    }

    /// Adds an element at an end.
    pub(super) fn push(&mut self, end: End, entry: Entry<'_>) {
        self.len += 1;
        if let Some(last) = self.end(end) {
            if self.chunks[last].has_room_for(entry.size_bytes()) {
                return self.edit(last, |chunk| chunk.push(end, entry));
            }
            self.edit(last, Chunk::seal);
        }
        let chunk = Chunk::of(entry, end);
        self.chunk_bytes += chunk.allocated();
        match end {
            End::Head => self.chunks.push_front(chunk),
            End::Tail => self.chunks.push_back(chunk),
        }
        self.freeze_some(end);
    }

    /// Appends all entries of a chunk. A chunk of ordinary size is taken over unchanged.
    pub(super) fn push_chunk(&mut self, chunk: Chunk) {
        if chunk.len() > 1 && chunk.dumped_bytes() > CHUNK_BYTES {
            chunk.read().iter().for_each(|entry| self.push(End::Tail, entry));
        } else if chunk.len() > 0 {
            self.len += chunk.len();
            self.chunk_bytes += chunk.allocated();
            self.chunks.push_back(chunk);
            self.freeze_some(End::Tail);
        }
    }

    /// Freezes the chunk that is no longer close to `end`, where one was added, and one other that
    /// an edit may have thawed.
    fn freeze_some(&mut self, end: End) {
        let len = self.chunks.len();
        if len < LONG_CHUNKS {
            return;
        }
        if let Some(pause) = self.pause.checked_sub(1) {
            self.pause = pause;
            return;
        }
        let inner = WARM_CHUNKS..len - WARM_CHUNKS;
        let newly_inner = if end == End::Head { inner.start } else { inner.end - 1 };
        self.hand = if inner.contains(&self.hand) { self.hand } else { inner.start };
        for index in [newly_inner, self.hand] {
            if !self.edit(index, Chunk::freeze) {
                self.pause = PAUSE_CHUNKS;
            }
        }
        self.hand += 1;
    }

    /// Removes `count` elements, or all, at an end. See [`super::List::discard`].
    pub(super) fn discard(&mut self, end: End, count: usize) -> Option<Self> {
        let mut left = count.min(self.len);
        self.len -= left;
        let mut removed = VecDeque::new();
        while let Some(last) = self.end(end)
            && left > 0
        {
            let chunk = &self.chunks[last];
            if left < chunk.len() {
                self.edit(last, |chunk| chunk.discard(end, left));
                break;
            }
            left -= chunk.len();
            self.chunk_bytes -= chunk.allocated();
            removed.extend(match end {
                End::Head => self.chunks.pop_front(),
                End::Tail => self.chunks.pop_back(),
            });
        }
        // The chunk that is now at the end will be needed soon.
        if let Some(last) = self.end(end) {
            self.edit(last, Chunk::thaw);
        }
        let takes_long = removed.len() > LONG_CHUNKS;
        takes_long.then_some(Self { chunks: removed, ..Self::default() })
    }

    /// Inserts an element next to the first for which `is_it` returns `true`. Returns `true` if
    /// there is one.
    pub(super) fn insert_beside(
        &mut self,
        is_it: &impl Fn(Entry<'_>) -> bool,
        side: End,
        entry: Entry<'_>,
    ) -> bool {
        for (index, chunk) in self.chunks.iter().enumerate() {
            if let Some(at) = super::find(chunk.read().as_ref(), is_it, side) {
                self.insert(index, at, entry);
                return true;
            }
        }
        false
    }

    /// Replaces the element at this index.
    pub(super) fn replace(&mut self, index: usize, entry: Entry<'_>) {
        let (index, within) = self.locate(index);
        self.edit(index, Chunk::thaw);
        let chunk = &self.chunks[index];
        let at = chunk.as_ref().seek(within as i64).unwrap_or(HEADER);
        let more = entry.size_bytes().saturating_sub(chunk.as_ref().get(at).size_bytes());
        if chunk.len() == 1 || chunk.has_room_for(more) {
            return self.edit(index, |chunk| chunk.replace(at, entry));
        }
        self.edit(index, |chunk| chunk.remove(at, 1));
        self.len -= 1;
        self.insert(index, at, entry);
    }

    /// See [`super::List::remove_matching`].
    pub(super) fn remove_matching(
        &mut self,
        from: End,
        limit: usize,
        is_it: &impl Fn(Entry<'_>) -> bool,
    ) -> usize {
        let chunks = self.chunks.len();
        let (mut removed, mut touched, mut last_touched) = (0, 0, 0);
        for step in 0..chunks {
            let index = if from == End::Head { step } else { chunks - 1 - step };
            let left = limit - removed;
            let count = self.edit(index, |chunk| chunk.remove_matching(from, left, is_it));
            if count > 0 {
                (removed, touched, last_touched) = (removed + count, touched + 1, index);
            }
            if removed == limit {
                break;
            }
        }
        self.len -= removed;
        match touched {
            0 => {}
            1 => self.mend(last_touched),
            _ => self.compact(),
        }
        removed
    }

    /// Merges all chunks into one and takes it, if it is within `limits`.
    pub(super) fn take_listpack(&mut self, limits: &ListLimits) -> Option<Chunk> {
        let mut bytes = 0;
        for chunk in &self.chunks {
            bytes += chunk.dumped_bytes();
            if !limits.allow(bytes, self.len, self.chunks.len() == 1) {
                return None;
            }
        }
        let mut chunks = core::mem::take(self).chunks;
        let mut all = chunks.pop_front()?;
        all.thaw();
        chunks.iter().for_each(|chunk| all.append(chunk));
        Some(all)
    }

    /// Returns the allocated size.
    pub(super) fn memory_bytes(&self) -> usize {
        /// Size of a chunk without its allocation.
        const HANDLE_BYTES: usize = 32;
        allocated(self.chunks.capacity() * HANDLE_BYTES) + self.chunk_bytes
    }

    /// Frees up to `budget` chunks and returns their number.
    pub(super) fn free_some(&mut self, budget: usize) -> usize {
        let count = budget.min(self.chunks.len());
        self.chunks.truncate(self.chunks.len() - count);
        count
    }

    /// Returns the index of the last chunk at an end.
    #[inline]
    fn end(&self, end: End) -> Option<usize> {
        let last = self.chunks.len().checked_sub(1)?;
        Some(if end == End::Head { 0 } else { last })
    }

    /// Edits a chunk and updates the total size.
    #[inline]
    fn edit<R>(&mut self, index: usize, edit: impl FnOnce(&mut Chunk) -> R) -> R {
        let chunk = &mut self.chunks[index];
        let before = chunk.allocated();
        let result = edit(chunk);
        self.chunk_bytes = self.chunk_bytes - before + chunk.allocated();
        result
    }

    fn insert_chunk(&mut self, index: usize, chunk: Chunk) {
        self.chunk_bytes += chunk.allocated();
        self.chunks.insert(index, chunk);
    }

    fn remove_chunk(&mut self, index: usize) -> Option<Chunk> {
        let chunk = self.chunks.remove(index)?;
        self.chunk_bytes -= chunk.allocated();
        Some(chunk)
    }

    /// Returns the index of the chunk that has the element at this index, and the element's index
    /// in that chunk, or the number of chunks if there is no such element. The search starts at the
    /// nearer end.
    fn locate(&self, index: usize) -> (usize, usize) {
        if index >= self.len {
            return (self.chunks.len(), 0);
        }
        if index < self.len / 2 {
            let mut start = 0;
            for (number, chunk) in self.chunks.iter().enumerate() {
                if index < start + chunk.len() {
                    return (number, index - start);
                }
                start += chunk.len();
            }
        } else {
            let mut start = self.len;
            for (number, chunk) in self.chunks.iter().enumerate().rev() {
                start -= chunk.len();
                if index >= start {
                    return (number, index - start);
                }
            }
        }
        unreachable!("the chunks hold all elements")
    }

    /// Inserts an element at position `at` of a chunk, which may be its end.
    fn insert(&mut self, index: usize, at: usize, entry: Entry<'_>) {
        self.len += 1;
        let size = entry.size_bytes();
        if self.chunks[index].has_room_for(size) {
            return self.edit(index, |chunk| chunk.insert(at, entry));
        }
        // Inserts between this chunk and the next, after splitting the chunk if necessary.
        let next = match at {
            HEADER => index,
            _ if at == self.chunks[index].dumped_bytes() - FRAME => index + 1,
            _ => {
                let tail = self.edit(index, |chunk| chunk.split_off(at));
                self.insert_chunk(index + 1, tail);
                index + 1
            }
        };
        let has_room = |chunk: Option<&Chunk>| chunk.is_some_and(|chunk| chunk.has_room_for(size));
        if next > 0 && has_room(self.chunks.get(next - 1)) {
            self.edit(next - 1, |chunk| chunk.push(End::Tail, entry));
        } else if has_room(self.chunks.get(next)) {
            self.edit(next, |chunk| chunk.push(End::Head, entry));
        } else {
            self.insert_chunk(next, Chunk::of(entry, End::Tail));
        }
    }

    /// Drops a chunk that has become empty, and merges one that has become small with its
    /// neighbours.
    fn mend(&mut self, index: usize) {
        if self.chunks[index].len() == 0 {
            self.remove_chunk(index);
            return;
        }
        for index in [Some(index), index.checked_sub(1)].into_iter().flatten() {
            if self.joins(index) {
                let next = self.remove_chunk(index + 1);
                next.iter().for_each(|next| self.edit(index, |chunk| chunk.append(next)));
            }
        }
    }

    /// Drops all empty chunks and merges small neighbours.
    fn compact(&mut self) {
        let mut joined: VecDeque<Chunk> = VecDeque::new();
        for chunk in core::mem::take(&mut self.chunks) {
            match joined.back_mut() {
                _ if chunk.len() == 0 => {}
                Some(last) if last.dumped_bytes() + chunk.dumped_bytes() <= CHUNK_BYTES / 2 => {
                    last.append(&chunk);
                }
                _ => joined.push_back(chunk),
            }
        }
        self.chunk_bytes = joined.iter().map(Chunk::allocated).sum();
        self.chunks = joined;
    }

    /// Returns `true` if a chunk and the next are small enough to be merged.
    fn joins(&self, index: usize) -> bool {
        let bytes = |index: usize| self.chunks.get(index).map(Chunk::dumped_bytes);
        bytes(index)
            .zip(bytes(index + 1))
            .is_some_and(|(one, other)| one + other <= CHUNK_BYTES / 2)
    }
}

impl FromIterator<Vec<u8>> for Quicklist {
    /// Creates the list of these listpacks, which must have been written here.
    fn from_iter<I: IntoIterator<Item = Vec<u8>>>(listpacks: I) -> Self {
        let mut list = Self::default();
        listpacks.into_iter().for_each(|bytes| list.push_chunk(Chunk::from_bytes(bytes)));
        list
    }
}
