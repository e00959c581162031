//! The bytes of the stream of changes, kept until every reader has consumed them.
//!
//! An offset counts bytes since the log began, and never goes back. Bytes are appended to chunks,
//! which all readers share; a chunk is freed after the slowest reader has passed it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The capacity of a chunk. A larger addition gets a chunk of its own size.
const CHUNK_BYTES: usize = 16 * 1024;

/// Identifies a reader of the stream of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderId(usize);

/// Bytes in order, with readers at their own offsets.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    chunks: VecDeque<Vec<u8>>,
    /// The offset of the first byte that is kept.
    start: u64,
    /// The offset of the next byte.
    end: u64,
    /// The offset of each reader, by its id. A slot without a reader is used again.
    readers: Vec<Option<u64>>,
}

impl ChangeLog {
    /// Adds a reader, which gets everything that is appended from now on.
    pub(crate) fn attach(&mut self) -> ReaderId {
        let slot = self.readers.iter().position(Option::is_none).unwrap_or_else(|| {
            self.readers.push(None);
            self.readers.len() - 1
        });
        self.readers[slot] = Some(self.end);
        ReaderId(slot)
    }

    /// Removes a reader.
    pub(crate) fn detach(&mut self, reader: ReaderId) {
        self.readers[reader.0] = None;
        while self.readers.last().is_some_and(Option::is_none) {
            self.readers.pop();
        }
        self.free_consumed();
    }

    /// Returns `true` if there is a reader. Without readers, nothing need be appended.
    #[inline]
    pub(crate) const fn is_read(&self) -> bool {
        !self.readers.is_empty()
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64;
        match self.chunks.back_mut() {
            Some(chunk) if chunk.capacity() - chunk.len() >= bytes.len() => {
                chunk.extend_from_slice(bytes);
            }
            _ => {
                let mut chunk = Vec::with_capacity(bytes.len().max(CHUNK_BYTES));
                chunk.extend_from_slice(bytes);
                self.chunks.push_back(chunk);
            }
        }
    }

    /// Returns the offset of the next byte to be appended.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// Iterates over the bytes that a reader has not consumed yet.
    pub(crate) fn unread(&self, reader: ReaderId) -> impl Iterator<Item = &[u8]> {
        let mut skip = (self.offset(reader) - self.start) as usize;
        self.chunks.iter().filter_map(move |chunk| {
            let from = skip.min(chunk.len());
            skip -= from;
            Some(&chunk[from..]).filter(|bytes| !bytes.is_empty())
        })
    }

    /// Moves a reader forward, at most to the end.
    pub(crate) fn consume(&mut self, reader: ReaderId, len_bytes: usize) {
        let offset = self.offset(reader).saturating_add(len_bytes as u64).min(self.end);
        self.readers[reader.0] = Some(offset);
        self.free_consumed();
    }

    fn offset(&self, reader: ReaderId) -> u64 {
        self.readers[reader.0].expect("a detached reader is not used again")
    }

    fn free_consumed(&mut self) {
        let slowest = self.readers.iter().flatten().copied().min().unwrap_or(self.end);
        while let Some(chunk) = self.chunks.front()
            && self.start + chunk.len() as u64 <= slowest
        {
            self.start += chunk.len() as u64;
            self.chunks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread(log: &ChangeLog, reader: ReaderId) -> Vec<u8> {
        log.unread(reader).flatten().copied().collect()
    }

    #[test]
    fn each_reader_gets_what_follows_its_start_at_its_own_pace() {
        let mut log = ChangeLog::default();
        let early = log.attach();
        log.append(b"one");
        let late = log.attach();
        log.append(b"two");
        assert_eq!(
            (unread(&log, early), unread(&log, late)),
            (b"onetwo".to_vec(), b"two".to_vec())
        );
        log.consume(early, 4);
        assert_eq!((unread(&log, early), unread(&log, late)), (b"wo".to_vec(), b"two".to_vec()));
        log.detach(late);
        log.consume(early, usize::MAX);
        assert!(unread(&log, early).is_empty());
        assert_eq!(log.end(), 6);
    }

    #[test]
    fn a_chunk_is_freed_when_the_slowest_reader_has_passed_it() {
        let mut log = ChangeLog::default();
        let [fast, slow] = [log.attach(), log.attach()];
        for _ in 0..4 {
            log.append(&[b'x'; CHUNK_BYTES]);
        }
        log.append(&[b'y'; 3 * CHUNK_BYTES]);
        assert_eq!(log.chunks.len(), 5);
        log.consume(fast, 7 * CHUNK_BYTES);
        assert_eq!(log.chunks.len(), 5);
        log.consume(slow, 2 * CHUNK_BYTES + 1);
        assert_eq!(log.chunks.len(), 3);
        assert_eq!(unread(&log, slow).len(), 5 * CHUNK_BYTES - 1);
        log.detach(slow);
        assert!(log.chunks.is_empty() && log.is_read());
        log.detach(fast);
        assert!(!log.is_read());
    }
}
