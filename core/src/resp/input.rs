//! A queue of input that a client has sent and the engine has not processed yet.
//!
//! Requests are processed from the front. Processed bytes are skipped, and removed only once they
//! are at least as long as the rest. Processing megabytes in small steps therefore moves each byte
//! a constant number of times.

use alloc::vec::Vec;

/// A larger buffer is shrunk when most of its contents have been processed.
const KEPT_BYTES: usize = 64 * 1024;

/// A queue of bytes from one client.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    /// The number of processed bytes at the start of `bytes`.
    start: usize,
}

impl Input {
    /// Returns the number of unprocessed bytes.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Returns `true` if all bytes have been processed.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the size of the buffer, for memory accounting.
    #[inline]
    pub(crate) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns the unprocessed bytes.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Appends bytes.
    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Skips the first `len_bytes` bytes, which have been processed.
    pub(crate) fn consume(&mut self, len_bytes: usize) {
        self.start += len_bytes;
        let left = self.len();
        if left == 0 {
            *self = Self::default();
        } else if self.start >= left {
            let bytes = self.compact();
            if bytes.capacity() > KEPT_BYTES {
                bytes.shrink_to(2 * left);
            }
        }
    }

    /// Returns the buffer without the processed bytes.
    pub(crate) fn compact(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..core::mem::take(&mut self.start));
        &mut self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_steps_through_a_large_input_move_each_byte_a_constant_number_of_times() {
        const LEN: usize = 1 << 20;
        let bytes: Vec<u8> = (0..LEN).map(|at| at as u8).collect();
        let mut input = Input::default();
        input.extend(&bytes);
        let mut moved = 0;
        while !input.is_empty() {
            let at = LEN - input.len();
            assert_eq!(input.as_slice()[0], bytes[at]);
            let start = input.start;
            input.consume(100.min(input.len()));
            if input.start < start {
                moved += input.len();
            }
        }
        assert!(moved <= LEN, "{moved} bytes were moved");
        assert_eq!(input.capacity(), 0);
    }

    #[test]
    fn the_buffer_shrinks_as_its_contents_run() {
        let mut input = Input::default();
        input.extend(&[b'x'; 1 << 20]);
        while input.len() > 100_000 {
            input.consume(1_000);
            assert!(input.capacity() <= (4 * input.len()).max(1 << 20));
        }
        assert!(input.capacity() < 1 << 19, "{} bytes are kept", input.capacity());
    }
}
