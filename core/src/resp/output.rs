//! The output queue of a client.
//!
//! Replies are appended to one growing buffer. A large value, or a message for many clients, is
//! queued as a shared chunk instead of being copied. The front end writes the whole queue with one
//! vectored write.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// The minimum length of a value that is shared with the output instead of being copied into it.
pub const SHARE_FROM_LEN_BYTES: usize = 16 * 1024;

/// A queue of bytes to be sent to one client.
#[derive(Debug)]
pub struct Output {
    /// Chunks in front of `tail`, oldest first.
    sealed: VecDeque<Chunk>,
    /// The buffer to which replies are appended.
    tail: Vec<u8>,
    /// The total size of all sealed chunks, including dropped ones.
    sealed_bytes: usize,
    /// The number of bytes of the first chunk (or of the tail, if no chunk is sealed) already
    /// written.
    written_bytes: usize,
    /// The limit above which the output is dropped, because the client is going to be closed.
    max_bytes: usize,
    /// Set once the output has been dropped.
    is_dropped: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            sealed: VecDeque::new(),
            tail: Vec::new(),
            sealed_bytes: 0,
            written_bytes: 0,
            max_bytes: usize::MAX,
            is_dropped: false,
        }
    }
}

#[derive(Debug)]
enum Chunk {
    Owned(Vec<u8>),
    Shared(Rc<Vec<u8>>),
}

/// A position in an [`Output`] at which a header is inserted once the number of elements is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    sealed_chunks: usize,
    tail_bytes: usize,
}

impl Output {
    /// Returns the number of bytes to be written.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.sealed_bytes + self.tail.len() - self.written_bytes
    }

    /// Returns `true` if there is nothing to write.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the unwritten bytes in order, as slices for a vectored write.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let mut skip = self.written_bytes;
        self.sealed
            .iter()
            .map(|chunk| match chunk {
                Chunk::Owned(bytes) => bytes.as_slice(),
                Chunk::Shared(bytes) => bytes.as_slice(),
            })
            .chain(core::iter::once(self.tail.as_slice()))
            .map(move |slice| &slice[core::mem::take(&mut skip)..])
            .filter(|slice| !slice.is_empty())
    }

    /// Returns the number of chunks before the append buffer: `oll` in `CLIENT LIST`.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.sealed.len()
    }

    /// Returns the memory used by the queue, including shared chunks.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.sealed_bytes + self.tail.capacity()
    }

    /// Returns the buffer to which replies are appended.
    #[inline]
    pub(crate) const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    /// Sets the limit above which output is dropped, and returns the previous limit. Dropped bytes
    /// still count in [`Output::len`].
    pub(crate) const fn set_max(&mut self, len_bytes: usize) -> usize {
        core::mem::replace(&mut self.max_bytes, len_bytes)
    }

    /// Returns `true` if output has been dropped.
    pub(crate) const fn is_dropped(&self) -> bool {
        self.is_dropped
    }

    /// Reserves space for `len_bytes` more bytes, dropping the output if it exceeds the limit.
    #[inline]
    pub(crate) fn reserve(&mut self, len_bytes: usize) {
        if self.tail.capacity() - self.tail.len() < len_bytes {
            self.grow(len_bytes);
        }
    }

    #[cold]
    fn grow(&mut self, len_bytes: usize) {
        if self.len() > self.max_bytes {
            self.drop_all();
        }
        self.tail.reserve(len_bytes);
    }

    /// Drops the output. A reply can be as long as the data set, so an over-limit client must be
    /// stopped before its reply exhausts the memory.
    fn drop_all(&mut self) {
        self.sealed_bytes = self.len();
        self.written_bytes = 0;
        self.tail.clear();
        self.sealed.clear();
        self.is_dropped = true;
    }

    /// Appends a value without copying it.
    pub(crate) fn share(&mut self, bytes: Rc<Vec<u8>>) {
        if self.len() > self.max_bytes {
            self.drop_all();
        }
        self.seal();
        self.sealed_bytes += bytes.len();
        self.sealed.push_back(Chunk::Shared(bytes));
    }

    /// Moves the contents of another queue, none of it written yet, to the end of this one.
    #[inline]
    pub(crate) fn append(&mut self, other: &mut Self) {
        if other.is_empty() {
            return;
        }
        for chunk in other.sealed.drain(..) {
            match chunk {
                Chunk::Owned(bytes) => self.tail.extend_from_slice(&bytes),
                Chunk::Shared(bytes) => self.share(bytes),
            }
        }
        self.tail.append(&mut other.tail);
        other.sealed_bytes = 0;
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.sealed_bytes += self.tail.len();
            let tail = core::mem::take(&mut self.tail);
            self.sealed.push_back(Chunk::Owned(tail));
        }
    }

    /// Returns the current end of the output.
    pub(crate) fn mark(&self) -> Mark {
        Mark { sealed_chunks: self.sealed.len(), tail_bytes: self.tail.len() }
    }

    /// Inserts `header` at `mark`, before everything appended since.
    pub(crate) fn insert(&mut self, mark: Mark, header: &[u8]) {
        if self.is_dropped {
            return;
        }
        let at = mark.tail_bytes..mark.tail_bytes;
        match self.sealed.get_mut(mark.sealed_chunks) {
            Some(Chunk::Owned(bytes)) => {
                bytes.splice(at, header.iter().copied());
                self.sealed_bytes += header.len();
            }
            Some(Chunk::Shared(_)) => {
                self.sealed.insert(mark.sealed_chunks, Chunk::Owned(header.to_vec()));
                self.sealed_bytes += header.len();
            }
            None => drop(self.tail.splice(at, header.iter().copied())),
        }
    }

    /// Discards everything appended since `mark`.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        if self.is_dropped {
            return;
        }
        if let Some(Chunk::Owned(mut bytes)) = self.sealed.drain(mark.sealed_chunks..).next()
            && mark.tail_bytes > 0
        {
            bytes.truncate(mark.tail_bytes);
            self.tail = bytes;
        } else {
            self.tail.truncate(mark.tail_bytes);
        }
        self.sealed_bytes = self.sealed.iter().map(Chunk::len).sum();
    }

    /// Removes the first `len_bytes` bytes, which have been written. Returns the buffer once the
    /// queue is empty, so that idle clients hold no memory.
    pub(crate) fn consume(&mut self, mut len_bytes: usize) -> Option<Vec<u8>> {
        while let Some(first) = self.sealed.front() {
            let left = first.len() - self.written_bytes;
            if len_bytes < left {
                break;
            }
            len_bytes -= left;
            self.sealed_bytes -= first.len();
            self.written_bytes = 0;
            self.sealed.pop_front();
        }
        self.written_bytes += len_bytes;
        if self.is_empty() { self.clear() } else { None }
    }

    /// Discards all output and returns the buffer for reuse.
    pub(crate) fn clear(&mut self) -> Option<Vec<u8>> {
        if self.sealed.capacity() > 0 {
            self.sealed = VecDeque::new();
        }
        self.written_bytes = 0;
        self.sealed_bytes = 0;
        self.is_dropped = false;
        self.tail.clear();
        let tail = core::mem::take(&mut self.tail);
        (tail.capacity() > 0).then_some(tail)
    }
}

impl Chunk {
    fn len(&self) -> usize {
        match self {
            Self::Owned(bytes) => bytes.len(),
            Self::Shared(bytes) => bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn all(output: &Output) -> Vec<u8> {
        output.slices().flatten().copied().collect()
    }

    #[test]
    fn chunks_and_partial_writes_keep_the_order() {
        let mut output = Output::default();
        output.tail().extend_from_slice(b"one ");
        output.share(Rc::new(b"two ".to_vec()));
        output.tail().extend_from_slice(b"three");
        let expected = b"one two three";
        for (at, _) in expected.iter().enumerate() {
            assert_eq!(all(&output), &expected[at..]);
            assert_eq!(output.len(), expected.len() - at);
            let freed = output.consume(1);
            assert_eq!(
                freed.is_some(),
                at + 1 == expected.len(),
                "the buffer is returned once everything is written"
            );
        }
        assert!(output.is_empty());
    }

    #[test]
    fn output_beyond_the_limit_is_counted_but_dropped() {
        let mut output = Output::default();
        output.tail().extend_from_slice(b"before");
        output.consume(3);
        output.set_max(1_000);
        let mark = output.mark();
        for _ in 0..1_000 {
            output.reserve(100);
            output.tail().extend_from_slice(&[b'x'; 100]);
            output.share(Rc::new(vec![b'y'; 100]));
        }
        output.insert(mark, b"*2000 ");
        assert_eq!(output.len(), 200_003);
        assert!(output.is_dropped() && all(&output).len() < 2_000);
        output.clear();
        assert!(output.is_empty() && !output.is_dropped());
    }

    #[test]
    fn a_header_is_inserted_at_its_mark() {
        let mut output = Output::default();
        output.tail().extend_from_slice(b"+OK ");
        let early = output.mark();
        output.tail().extend_from_slice(b"b ");
        output.share(Rc::new(b"c ".to_vec()));
        let late = output.mark();
        output.tail().extend_from_slice(b"d");
        output.insert(late, b"<2>");
        output.insert(early, b"<1>");
        assert_eq!(all(&output), b"+OK <1>b c <2>d");
        assert_eq!(output.len(), 15);
    }

    #[test]
    fn a_header_can_precede_a_shared_chunk() {
        let mut output = Output::default();
        let mark = output.mark();
        output.share(Rc::new(b"shared".to_vec()));
        output.insert(mark, b"*1 ");
        assert_eq!(all(&output), b"*1 shared");
    }
}
