//! Large arguments, stored outside the request's input buffer.
//!
//! Input is read into a buffer shared by all clients, and whatever is kept of it is copied. For a
//! 64 KiB value that copy is a fifth of the total work. An argument of at least
//! [`BIG_ARG_LEN_BYTES`] that has not arrived completely together with its length therefore gets a
//! buffer of exactly its size: the bytes received so far are moved there, the rest can be read into
//! it straight from the socket, and the full buffer becomes the value without a copy. In the
//! request's input such an argument has length zero. Redis treats its query buffer the same way.
//!
//! [`BIG_ARG_LEN_BYTES`]: crate::limits::BIG_ARG_LEN_BYTES

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::args::{Request, Span};
use super::request::{Cursor, RequestReader, Stage};
use crate::limits;

/// Lengths of arguments that get their own buffer. A longer argument might never arrive, yet its
/// buffer would be allocated up front.
const LEN_BYTES: RangeInclusive<u32> = limits::BIG_ARG_LEN_BYTES..=limits::BIG_ARG_MOST_LEN_BYTES;

/// An argument with its own buffer.
#[derive(Clone, Debug)]
pub(super) struct BigArg {
    /// The offset in the request at which the argument would start.
    pub(super) at: u32,
    pub(super) len: u32,
    /// The bytes received so far, with capacity for all of them. It has a single owner until it is
    /// full.
    pub(super) bytes: Rc<Vec<u8>>,
    /// The number of bytes already reported by [`BigArg::count`].
    counted: usize,
}

impl BigArg {
    /// Moves an argument of `len` bytes that starts at `at` out of the input, if its length
    /// qualifies.
    pub(super) fn take_from(input: &mut Vec<u8>, at: u32, len: u32) -> Option<Self> {
        if !LEN_BYTES.contains(&len) {
            return None;
        }
        let mut bytes = Vec::with_capacity(len as usize);
        // The reader must not fill the buffer beyond the end of the argument.
        if bytes.capacity() > len as usize {
            return None;
        }
        let start = input.len().min(at as usize);
        let end = input.len().min(start + len as usize);
        bytes.extend(input.drain(start..end));
        if start < end {
            // Otherwise the memory would be allocated twice.
            input.shrink_to_fit();
        }
        Some(Self { at, len, counted: bytes.len(), bytes: Rc::new(bytes) })
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= self.len as usize
    }

    /// Returns the buffer while bytes are missing.
    pub(super) fn large_argument_buffer(&mut self) -> Option<&mut Vec<u8>> {
        if self.is_full() { None } else { Rc::get_mut(&mut self.bytes) }
    }

    /// Returns the number of bytes received since the last call.
    pub(super) fn count(&mut self) -> usize {
        let before = core::mem::replace(&mut self.counted, self.bytes.len());
        self.counted - before
    }

    /// Returns the placeholder span for the `index`th separately buffered argument. It starts
    /// beyond the end of any input.
    pub(super) fn span(index: usize, len: u32) -> Span {
        Span { start: u32::MAX - index as u32, len }
    }

    /// Returns the argument that a placeholder span refers to.
    #[inline]
    pub(super) fn of(span: Span, big: &[Self]) -> Option<&Self> {
        big.get((u32::MAX - span.start) as usize)
    }
}

impl RequestReader {
    /// Creates a reader for a request that has been read before and will be read again from its
    /// first byte.
    pub(crate) fn again(request: &Request) -> Self {
        Self { big: request.big.clone(), ..Self::default() }
    }

    /// Moves a partly received large argument from the end of `input` to its own buffer. Call this
    /// after [`Progress::Incomplete`](super::request::Progress::Incomplete).
    pub(crate) fn set_apart(&mut self, input: &mut Vec<u8>) {
        let Cursor { position, stage: Stage::Bulk { len }, .. } = self.cursor else { return };
        if self.big.last().is_none_or(|big| big.at != position) {
            self.big.extend(BigArg::take_from(input, position, len));
        }
    }

    /// Returns the buffer of a partly received large argument. Append incoming bytes to it, at most
    /// up to its capacity.
    pub(crate) fn large_argument_buffer(&mut self) -> Option<&mut Vec<u8>> {
        self.big.last_mut()?.large_argument_buffer()
    }

    /// Fills the large argument from the start of `bytes`. Returns the remaining bytes, and the
    /// number of bytes added earlier through
    /// [`large_argument_buffer`](Self::large_argument_buffer).
    pub(crate) fn fill<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], usize) {
        let Some(big) = self.big.last_mut() else { return (bytes, 0) };
        let spared = big.count();
        let missing = bytes.len().min((big.len as usize).saturating_sub(big.bytes.len()));
        let (head, rest) = bytes.split_at(missing);
        if let Some(spare) = big.large_argument_buffer() {
            spare.extend_from_slice(head);
            big.count();
        }
        (rest, spared)
    }

    /// Returns the number of bytes of the request that are in separate buffers.
    pub(crate) fn apart_len(&self) -> usize {
        self.cursor.apart as usize + self.filling().map_or(0, |big| big.bytes.len())
    }

    /// Returns the capacity of the separate buffers: the announced lengths, received or not.
    pub(crate) fn apart_capacity(&self) -> usize {
        self.cursor.apart as usize + self.filling().map_or(0, |big| big.len as usize)
    }

    /// Returns the large argument that is partly received.
    fn filling(&self) -> Option<&BigArg> {
        self.big.last().filter(|big| big.at == self.cursor.position)
    }
}

#[cfg(test)]
mod tests {
    use crate::random::{Random, Seed};
    use crate::resp::args::Request;
    use crate::resp::request::{Limits, Progress, ProtocolError, RequestReader};
    use alloc::format;
    use alloc::vec::Vec;

    /// Generates requests with argument lengths on both sides of the limits.
    fn requests(random: &mut Random) -> Vec<Vec<Vec<u8>>> {
        let lens = [0, 1, 30, 32_767, 32_768, 40_000, 65_536, 1 << 20, (1 << 20) + 1];
        let arg = |random: &mut Random| {
            let kinds = if random.below(20) == 0 { 9 } else { 7 };
            let len = lens[random.below(kinds)];
            Vec::from_iter((0..len).map(|at| (at % 251) as u8))
        };
        let args = |random: &mut Random| (0..1 + random.below(5)).map(|_| arg(random)).collect();
        (0..10).map(|_| args(random)).collect()
    }

    fn encode(requests: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for args in requests {
            bytes.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
            for arg in args {
                bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
                bytes.extend_from_slice(arg);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        bytes
    }

    /// Reads requests the way the engine does, in `random` pieces, some of them written directly to
    /// the large argument's buffer.
    fn read(bytes: &[u8], random: &mut Random) -> (Vec<Vec<Vec<u8>>>, usize) {
        let (mut reader, mut request) = (RequestReader::default(), Request::default());
        let (mut input, mut read, mut used_spares, mut left) = (Vec::new(), Vec::new(), 0, bytes);
        let limits = Limits::default();
        while !left.is_empty() {
            if random.below(2) == 0
                && let Some(spare) = reader.large_argument_buffer()
            {
                let room = spare.capacity() - spare.len();
                let piece = left.split_off(..left.len().min(1 + random.below(room)));
                spare.extend_from_slice(piece.expect("the piece is within the input"));
                used_spares += 1;
            }
            let most = [1, 10, 5_000, 100_000][random.below(4)];
            let piece = left.split_off(..left.len().min(random.below(most)));
            let (rest, _) = reader.fill(piece.expect("the piece is within the input"));
            input.extend_from_slice(rest);
            while let Ok(Progress::Complete { consumed }) =
                reader.read(&input, &limits, &mut request)
            {
                if random.below(4) == 0 {
                    reader = RequestReader::again(&request);
                    continue;
                }
                read.push(request.args(&input).iter().map(<[u8]>::to_vec).collect());
                input.drain(..consumed);
                request.release();
            }
            reader.set_apart(&mut input);
        }
        assert!(input.is_empty() && reader.is_idle());
        (read, used_spares)
    }

    #[test]
    fn splitting_the_input_does_not_change_the_requests() {
        let mut random = Random::new(Seed(5));
        let mut used_spares = 0;
        for _ in 0..20 {
            let requests = requests(&mut random);
            let (read, used) = read(&encode(&requests), &mut random);
            assert!(read == requests);
            used_spares += used;
        }
        assert!(used_spares > 100);
    }

    #[test]
    fn only_lengths_within_the_limits_get_their_own_buffer() {
        for (len, is_apart) in
            [(32_767, false), (32_768, true), (1 << 20, true), ((1 << 20) + 1, false)]
        {
            let mut reader = RequestReader::default();
            let mut input = format!("*2\r\n$1\r\na\r\n${len}\r\nbc").into_bytes();
            let head_len = input.len() - 2;
            let progress = reader.read(&input, &Limits::default(), &mut Request::default());
            assert_eq!(progress, Ok(Progress::Incomplete { needed: len }));
            reader.set_apart(&mut input);
            assert_eq!(input.len(), if is_apart { head_len } else { head_len + 2 });
            assert_eq!(input.capacity() == head_len, is_apart);
            assert_eq!(reader.apart_len(), if is_apart { 2 } else { 0 });
            assert_eq!(
                reader.large_argument_buffer().map(|spare| spare.capacity()),
                is_apart.then_some(len)
            );
        }
    }

    #[test]
    fn separate_buffers_count_towards_the_request_limit() {
        let limits = Limits { bulk_len_bytes: u64::MAX, ..Limits::default() };
        let (mut reader, mut request) = (RequestReader::default(), Request::default());
        let mut input = b"*2\r\n$1048576\r\n".to_vec();
        assert!(reader.read(&input, &limits, &mut request).is_ok());
        reader.set_apart(&mut input);
        reader.fill(&[0; 1 << 20]);
        input.extend_from_slice(b"\r\n$4293918700\r\n");
        let progress = reader.read(&input, &limits, &mut request);
        assert_eq!(progress, Err(ProtocolError::TooBigRequest));
    }
}
