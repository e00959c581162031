//! What a client has yet to read.
//!
//! Replies are appended to one growing buffer. A large value, or a message for many clients, is not copied: it lies in
//! the queue as a shared chunk, and the front end writes the whole queue with one vectored write.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// A value of at least this many bytes is shared with the output rather than copied into it.
pub const SHARE_FROM_LEN_BYTES: usize = 16 * 1024;

/// A queue of bytes on their way to one client.
#[derive(Debug)]
pub struct Output {
    /// Chunks in front of `tail`, oldest first.
    sealed: VecDeque<Chunk>,
    /// Where replies are appended.
    tail: Vec<u8>,
    /// Bytes in all sealed chunks, and those that were dropped.
    sealed_bytes: usize,
    /// How much of the first chunk (the tail, when none is sealed) has been written already.
    written_bytes: usize,
    /// Beyond so many bytes nothing need be kept: the client will be closed unheard.
    most_bytes: usize,
    /// Whether that has come to pass.
    is_dropped: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            sealed: VecDeque::new(),
            tail: Vec::new(),
            sealed_bytes: 0,
            written_bytes: 0,
            most_bytes: usize::MAX,
            is_dropped: false,
        }
    }
}

#[derive(Debug)]
enum Chunk {
    Owned(Vec<u8>),
    Shared(Rc<Vec<u8>>),
}

/// A place in an [`Output`], to which a header can be added once the number of elements is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    sealed_chunks: usize,
    tail_bytes: usize,
}

impl Output {
    /// Bytes that wait to be written.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.sealed_bytes + self.tail.len() - self.written_bytes
    }

    /// Whether nothing waits.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The waiting bytes, in order, as the slices a vectored write takes.
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

    /// Chunks in front of the buffer that is appended to: `oll` in `CLIENT LIST`.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.sealed.len()
    }

    /// The memory that the queue holds, shared chunks included.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.sealed_bytes + self.tail.capacity()
    }

    /// The buffer that replies are appended to.
    #[inline]
    pub(crate) const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    /// Sets the number of bytes beyond which nothing need be kept, and returns the one before. What is dropped still counts in
    /// [`Output::len`].
    pub(crate) const fn set_most(&mut self, len_bytes: usize) -> usize {
        core::mem::replace(&mut self.most_bytes, len_bytes)
    }

    /// Whether something is missing.
    pub(crate) const fn is_dropped(&self) -> bool {
        self.is_dropped
    }

    /// Makes room for so many bytes, and drops what there is if it is more than need be kept.
    #[inline]
    pub(crate) fn reserve(&mut self, len_bytes: usize) {
        if self.tail.capacity() - self.tail.len() < len_bytes {
            self.grow(len_bytes);
        }
    }

    #[cold]
    fn grow(&mut self, len_bytes: usize) {
        if self.len() > self.most_bytes {
            self.drop_all();
        }
        self.tail.reserve(len_bytes);
    }

    /// The reply that is being written may be as long as the data: its end must not wait for the memory to end.
    fn drop_all(&mut self) {
        self.sealed_bytes = self.len();
        self.written_bytes = 0;
        self.tail.clear();
        self.sealed.clear();
        self.is_dropped = true;
    }

    /// Adds a value without copying it.
    pub(crate) fn share(&mut self, bytes: Rc<Vec<u8>>) {
        if self.len() > self.most_bytes {
            self.drop_all();
        }
        self.seal();
        self.sealed_bytes += bytes.len();
        self.sealed.push_back(Chunk::Shared(bytes));
    }

    /// Adds all of another queue, none of which was written, and leaves that one empty.
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

    /// The place where the next byte goes.
    pub(crate) fn mark(&self) -> Mark {
        Mark { sealed_chunks: self.sealed.len(), tail_bytes: self.tail.len() }
    }

    /// Inserts `header` at `mark`, in front of all that was added since.
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

    /// Forgets all that was added since `mark`.
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

    /// Forgets the first `len_bytes` bytes: they are written. Returns the emptied buffer once nothing is left, so that
    /// an idle client holds none.
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

    /// Drops everything that waits; returns the buffer for another client.
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
    fn keeps_order_across_chunks_and_partial_writes() {
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
                "the buffer comes back when all is written"
            );
        }
        assert!(output.is_empty());
    }

    #[test]
    fn what_is_beyond_the_limit_is_counted_and_not_kept() {
        let mut output = Output::default();
        output.tail().extend_from_slice(b"before");
        output.consume(3);
        output.set_most(1_000);
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
    fn a_header_goes_in_front_of_what_followed_its_mark() {
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
