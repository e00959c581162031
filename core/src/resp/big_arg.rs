//! Large arguments, which lie apart from the rest of their request.
//!
//! What a client sends is read into a buffer that it shares with others, and what is kept of it is copied. For a value of
//! 64 KiB the copy is a fifth of all the work. So an argument of at least [`BIG_ARG_LEN_BYTES`] that has not arrived as a
//! whole with its length gets a buffer of just its size: what has arrived is moved there, what is still to come may be read
//! there straight from the socket, and the full buffer becomes the value without a copy. In the request such an argument is
//! as if it were empty. Redis does the same with its query buffer.
//!
//! [`BIG_ARG_LEN_BYTES`]: crate::limits::BIG_ARG_LEN_BYTES

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::args::{Request, Span};
use super::request::{Cursor, RequestReader, Stage};
use crate::limits;

/// The lengths of arguments that lie apart. A longer one might never come, and its room would be taken all the same.
const LEN_BYTES: RangeInclusive<u32> = limits::BIG_ARG_LEN_BYTES..=limits::BIG_ARG_MOST_LEN_BYTES;

/// An argument that lies apart.
#[derive(Clone, Debug)]
pub(super) struct BigArg {
    /// Where it would begin in its request.
    pub(super) at: u32,
    pub(super) len: u32,
    /// What has come of it, in a buffer for all of it. There is one owner until it is full.
    pub(super) bytes: Rc<Vec<u8>>,
    /// How many of the bytes [`BigArg::count`] has seen.
    counted: usize,
}

impl BigArg {
    /// Takes an argument of `len` bytes that would begin at `at` out of the input, if it is one of those.
    pub(super) fn take_from(input: &mut Vec<u8>, at: u32, len: u32) -> Option<Self> {
        if !LEN_BYTES.contains(&len) {
            return None;
        }
        let mut bytes = Vec::with_capacity(len as usize);
        // What fills the buffer up must not read on into what follows the argument.
        if bytes.capacity() > len as usize {
            return None;
        }
        let start = input.len().min(at as usize);
        let end = input.len().min(start + len as usize);
        bytes.extend(input.drain(start..end));
        if start < end {
            // Else its room is held twice.
            input.shrink_to_fit();
        }
        Some(Self { at, len, counted: bytes.len(), bytes: Rc::new(bytes) })
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= self.len as usize
    }

    /// The buffer, while there is something to come.
    pub(super) fn spare(&mut self) -> Option<&mut Vec<u8>> {
        if self.is_full() { None } else { Rc::get_mut(&mut self.bytes) }
    }

    /// How many bytes have come since this was last asked.
    pub(super) fn count(&mut self) -> usize {
        let before = core::mem::replace(&mut self.counted, self.bytes.len());
        self.counted - before
    }

    /// What stands in the request for the `index`th argument that lies apart: a stretch behind the end of any input.
    pub(super) fn span(index: usize, len: u32) -> Span {
        Span { start: u32::MAX - index as u32, len }
    }

    /// The one that a span stands for.
    #[inline]
    pub(super) fn of(span: Span, big: &[Self]) -> Option<&Self> {
        big.get((u32::MAX - span.start) as usize)
    }
}

impl RequestReader {
    /// A reader for a request that was read before and will be again, from its first byte on.
    pub(crate) fn again(request: &Request) -> Self {
        Self { big: request.big.clone(), ..Self::default() }
    }

    /// After [`Progress::Incomplete`](super::request::Progress::Incomplete): if the request stopped in a large argument, moves what there is of it from the
    /// end of the `input` to a buffer of its own.
    pub(crate) fn set_apart(&mut self, input: &mut Vec<u8>) {
        let Cursor { position, stage: Stage::Bulk { len }, .. } = self.cursor else { return };
        if self.big.last().is_none_or(|big| big.at != position) {
            self.big.extend(BigArg::take_from(input, position, len));
        }
    }

    /// Where the next bytes belong, if the request stopped in a large argument: at most as many as there is room for.
    pub(crate) fn spare(&mut self) -> Option<&mut Vec<u8>> {
        self.big.last_mut()?.spare()
    }

    /// Fills the large argument with the head of `bytes`; returns what is not part of it, and how many bytes have come
    /// to it by way of [`spare`](Self::spare) before.
    pub(crate) fn fill<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], usize) {
        let Some(big) = self.big.last_mut() else { return (bytes, 0) };
        let spared = big.count();
        let missing = bytes.len().min((big.len as usize).saturating_sub(big.bytes.len()));
        let (head, rest) = bytes.split_at(missing);
        if let Some(spare) = big.spare() {
            spare.extend_from_slice(head);
            big.count();
        }
        (rest, spared)
    }

    /// How many bytes of the request lie apart.
    pub(crate) fn apart_len(&self) -> usize {
        self.cursor.apart as usize + self.filling().map_or(0, |big| big.bytes.len())
    }

    /// How many bytes there is room for apart: all that were announced, be they there yet or not.
    pub(crate) fn apart_capacity(&self) -> usize {
        self.cursor.apart as usize + self.filling().map_or(0, |big| big.len as usize)
    }

    /// The large argument in which the request stopped.
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

    /// Requests with arguments of lengths on both sides of the bounds.
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

    /// As the engine does it, with `random` pieces, some of which find their own way to where they belong.
    fn read(bytes: &[u8], random: &mut Random) -> (Vec<Vec<Vec<u8>>>, usize) {
        let (mut reader, mut request) = (RequestReader::default(), Request::default());
        let (mut input, mut read, mut used_spares, mut left) = (Vec::new(), Vec::new(), 0, bytes);
        let limits = Limits::default();
        while !left.is_empty() {
            if random.below(2) == 0
                && let Some(spare) = reader.spare()
            {
                let room = spare.capacity() - spare.len();
                let piece = left.split_off(..left.len().min(1 + random.below(room)));
                spare.extend_from_slice(piece.expect("no more than there is"));
                used_spares += 1;
            }
            let most = [1, 10, 5_000, 100_000][random.below(4)];
            let piece = left.split_off(..left.len().min(random.below(most)));
            let (rest, _) = reader.fill(piece.expect("no more than there is"));
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
    fn however_a_request_comes_it_is_the_same() {
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
    fn only_what_may_be_wanted_is_set_aside() {
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
            assert_eq!(reader.spare().map(|spare| spare.capacity()), is_apart.then_some(len));
        }
    }

    #[test]
    fn what_lies_apart_counts_towards_the_longest_request() {
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
