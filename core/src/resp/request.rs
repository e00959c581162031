//! The request parser: turns a client's bytes into a command's arguments without copying them.
//!
//! A request is either an array of bulk strings (`*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n`, a *multibulk*)
//! or, for people at a terminal, a line of words (`ECHO hi\n`, an *inline* request). The arguments
//! of a multibulk are spans of the input, found by a short grammar. The arguments of an inline
//! request may be quoted, and are unescaped into their own storage. [`Args`](super::args::Args)
//! hides the difference.
//!
//! Input arrives in pieces. A [`RequestReader`] keeps its position, so that it examines each byte
//! at most twice no matter how the network splits a request (`whole.rs` tries first and leaves
//! unusual requests to this parser). The result never depends on the split. Between requests the
//! reader owns no heap memory.
//!
//! The parser tolerates what Redis tolerates: it skips the byte after a CR and the two bytes after
//! a bulk without checking them, and a NUL in a line hides the line's end, so that the line grows
//! until it exceeds its limit.

use alloc::vec::Vec;
use core::{fmt, mem};

use nom::bytes::streaming::{take, take_till};
use nom::character::streaming::char;
use nom::sequence::terminated;
use nom::{IResult, Needed, Parser};

use super::args::{Request, Span};
use super::big_arg::BigArg;
use super::inline::{UnbalancedQuotes, split_words};
use super::whole;
use crate::limits;
use crate::number::parse_i64;

/// Reads the requests of one client, and keeps the state of an incomplete one.
///
/// ```
/// use redstart_core::resp::args::Request;
/// use redstart_core::resp::request::{Limits, Progress, RequestReader};
///
/// let (mut reader, mut request) = (RequestReader::default(), Request::default());
/// let limits = Limits::default();
/// let input = b"*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\nPING\r\n";
///
/// let progress = reader.read(&input[..9], &limits, &mut request)?;
/// assert!(matches!(progress, Progress::Incomplete { .. }));
///
/// let progress = reader.read(input, &limits, &mut request)?;
/// assert_eq!(progress, Progress::Complete { consumed: 22 });
/// assert_eq!(&request.args(input)[1], b"hi");
///
/// let rest = &input[22..];
/// let progress = reader.read(rest, &limits, &mut request)?;
/// assert_eq!(progress, Progress::Complete { consumed: 6 });
/// assert_eq!(&request.args(rest)[0], b"PING");
/// # Ok::<(), redstart_core::resp::request::ProtocolError>(())
/// ```
#[derive(Debug, Default)]
pub struct RequestReader {
    /// The arguments found so far.
    pub(super) spans: Vec<Span>,
    /// The arguments with buffers of their own; the last may be incomplete.
    pub(super) big: Vec<BigArg>,
    pub(super) cursor: Cursor,
}

/// The position of a reader in the current request; offsets are relative to its first byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// The start of the next line or bulk.
    pub(super) position: u32,
    /// The number of bulks still to be read; zero until the first line of a multibulk is read.
    bulks_left: u32,
    /// The total length of the separately buffered arguments before the cursor.
    pub(super) apart: u32,
    pub(super) stage: Stage,
}

/// The kind of token at the cursor.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// A line. Its end is not within its first `searched` bytes.
    Line { searched: u32 },
    /// The bytes of an argument.
    Bulk { len: u32 },
}

/// The limits of a request, which depend on the configuration and on the client's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum length of an inline request, count line or length line.
    pub inline_len_bytes: usize,
    /// The maximum number of arguments.
    pub multibulk_count: u32,
    /// The maximum length of an argument: `proto-max-bulk-len`.
    pub bulk_len_bytes: u64,
    /// Set once the client is authenticated. Until then it may send at most ten arguments of 16
    /// KiB.
    pub authenticated: bool,
}

/// The result of one call of [`RequestReader::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The request is complete. A blank line, `*0` and `*-1` complete with no arguments; skip them
    /// without a reply.
    Complete {
        /// The length of the request in bytes; the next one starts there.
        consumed: usize,
    },
    /// More input is needed.
    Incomplete {
        /// The minimum number of missing bytes: the rest of a long argument, otherwise one.
        needed: usize,
    },
}

/// A violation of the protocol. The client receives it as an error and is then closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// An inline request does not end within [`Limits::inline_len_bytes`].
    TooBigInlineRequest,
    /// A quote in an inline request is not closed, or is not followed by a blank.
    UnbalancedQuotes,
    /// The line with the number of arguments does not end within [`Limits::inline_len_bytes`].
    TooBigMultibulkCountString,
    /// The number of arguments is not a number, or exceeds the [`Limits`].
    InvalidMultibulkLength,
    /// Too many arguments for a client that has not authenticated.
    UnauthenticatedMultibulkLength,
    /// The line with an argument's length does not end within [`Limits::inline_len_bytes`].
    TooBigBulkCountString,
    /// An argument starts with this byte instead of `$`.
    ExpectedDollar(u8),
    /// An argument's length is not a number, is negative, or exceeds [`Limits::bulk_len_bytes`].
    InvalidBulkLength,
    /// An argument is too long for a client that has not authenticated.
    UnauthenticatedBulkLength,
    /// The whole request exceeds [`REQUEST_LEN_BYTES`](crate::limits::REQUEST_LEN_BYTES).
    TooBigRequest,
}

/// The reason for stopping before the request is complete.
type Stop = nom::Err<ProtocolError>;

impl RequestReader {
    /// Tries to complete one request. `input` must start at the request's first byte. After
    /// [`Progress::Incomplete`], call again with the same bytes followed by more. After
    /// [`Progress::Complete`], read the arguments with [`Request::args`], then call again with the
    /// remaining input.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is not a valid request. The stream cannot be resynchronized:
    /// send the error to the client and close the connection.
    #[inline]
    pub fn read(
        &mut self,
        input: &[u8],
        limits: &Limits,
        request: &mut Request,
    ) -> Result<Progress, ProtocolError> {
        request.borrow();
        if self.is_idle()
            && let Some(consumed) = whole::read(input, limits, request)
        {
            return Ok(Progress::Complete { consumed });
        }
        self.read_on(input, limits, request)
    }

    /// Resumes an incomplete request, or starts one that `whole.rs` does not handle.
    #[cold]
    fn read_on(
        &mut self,
        input: &[u8],
        limits: &Limits,
        request: &mut Request,
    ) -> Result<Progress, ProtocolError> {
        let mut cursor = self.cursor;
        request.borrow();
        request.big = mem::take(&mut self.big);
        if cursor.position > 0 {
            request.spans = mem::take(&mut self.spans);
        }
        let outcome = match input.first() {
            Some(b'*') => cursor.multibulk(input, limits, request),
            Some(_) => cursor.inline(input, limits, request),
            None => Err(Stop::Incomplete(Needed::new(1))),
        };
        match outcome {
            Ok(()) => {
                self.cursor = Cursor::default();
                Ok(Progress::Complete { consumed: cursor.position as usize })
            }
            Err(Stop::Incomplete(needed)) => {
                self.cursor = cursor;
                self.big = mem::take(&mut request.big);
                if cursor.position > 0 {
                    self.spans = mem::take(&mut request.spans);
                }
                Ok(Progress::Incomplete {
                    needed: if let Needed::Size(size) = needed { size.get() } else { 1 },
                })
            }
            Err(Stop::Error(error) | Stop::Failure(error)) => Err(error),
        }
    }

    /// Returns `true` between requests.
    #[inline]
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.cursor, Cursor { position: 0, stage: Stage::Line { searched: 0 }, .. })
            && self.big.is_empty()
    }
}

impl Cursor {
    /// Parses `*<count>\r\n`, followed by that many `$<len>\r\n<bytes>\r\n`.
    fn multibulk(
        &mut self,
        input: &[u8],
        limits: &Limits,
        request: &mut Request,
    ) -> Result<(), Stop> {
        if self.position == 0 {
            let count =
                self.announced(input, b'*', limits, ProtocolError::TooBigMultibulkCountString)?;
            self.bulks_left = limits.check_multibulk_count(count).map_err(Stop::Failure)?;
        }
        while self.bulks_left > 0 {
            let len = if let Stage::Bulk { len } = self.stage {
                len
            } else {
                let len =
                    self.announced(input, b'$', limits, ProtocolError::TooBigBulkCountString)?;
                limits.check_bulk_len(len, self.position + self.apart).map_err(Stop::Failure)?
            };
            self.stage = Stage::Bulk { len };
            let span = match request.big.binary_search_by_key(&self.position, |big| big.at) {
                Ok(index) => self.bulk_apart(input, index, &request.big[index])?,
                Err(_) => self.bulk(input, len)?,
            };
            request.spans.push(span);
            self.bulks_left -= 1;
            self.stage = Stage::default();
        }
        Ok(())
    }

    fn bulk(&mut self, input: &[u8], len: u32) -> Result<Span, Stop> {
        let span = Span { start: self.position, len };
        bulk(len)(self.rest(input))
            .map_err(|stop| stop.map(|()| ProtocolError::InvalidBulkLength))?;
        self.position += len + 2;
        Ok(span)
    }

    fn bulk_apart(&mut self, input: &[u8], index: usize, big: &BigArg) -> Result<Span, Stop> {
        if !big.is_full() {
            return Err(Stop::Incomplete(Needed::new(big.len as usize - big.bytes.len() + 2)));
        }
        self.bulk(input, 0)?;
        self.apart += big.len;
        Ok(BigArg::span(index, big.len))
    }

    /// Parses words up to a line feed, which may follow a carriage return.
    fn inline(&mut self, input: &[u8], limits: &Limits, request: &mut Request) -> Result<(), Stop> {
        let line = self.line(input, '\n', limits, ProtocolError::TooBigInlineRequest)?;
        split_words(line.strip_suffix(b"\r").unwrap_or(line), request)
            .map_err(|UnbalancedQuotes| Stop::Failure(ProtocolError::UnbalancedQuotes))
    }

    /// Parses the number in a line that starts with `marker`, if it is valid, and moves the cursor
    /// past the line.
    fn announced(
        &mut self,
        input: &[u8],
        marker: u8,
        limits: &Limits,
        too_big: ProtocolError,
    ) -> Result<Option<i64>, Stop> {
        match self.line(input, '\r', limits, too_big)?.split_first() {
            Some((first, digits)) if *first == marker => Ok(parse_i64(digits)),
            other => Err(Stop::Failure(ProtocolError::ExpectedDollar(
                other.map_or(b'\r', |(first, _)| *first),
            ))),
        }
    }

    /// Returns the line at the cursor, without its `end`, and moves the cursor past it.
    fn line<'a>(
        &mut self,
        input: &'a [u8],
        end: char,
        limits: &Limits,
        too_big: ProtocolError,
    ) -> Result<&'a [u8], Stop> {
        let rest = self.rest(input);
        let searched =
            if let Stage::Line { searched } = self.stage { searched as usize } else { 0 };
        let (len, searched) = match line_end(end)(rest.get(searched..).unwrap_or_default()) {
            Ok((unread, tail)) if searched + tail.len() <= limits.inline_len_bytes => {
                self.position = self.offset(input.len() - unread.len())?;
                self.stage = Stage::default();
                return Ok(&rest[..searched + tail.len()]);
            }
            Ok((_, tail)) => (searched + tail.len(), 0),
            Err(nom::Err::Incomplete(_)) => {
                let len = rest.strip_suffix(&[end as u8]).unwrap_or(rest).len();
                (len, len)
            }
            Err(nom::Err::Error(nul) | nom::Err::Failure(nul)) => {
                (rest.len(), rest.len() - nul.input.len())
            }
        };
        if len > limits.inline_len_bytes {
            return Err(Stop::Failure(too_big));
        }
        self.stage = Stage::Line { searched: self.offset(searched)? };
        Err(Stop::Incomplete(Needed::new(1)))
    }

    /// Returns an offset into the input, if the request including separate buffers is within the
    /// limit.
    #[inline]
    fn offset(&self, bytes: usize) -> Result<u32, Stop> {
        let offset =
            u32::try_from(bytes).ok().filter(|bytes| bytes.checked_add(self.apart).is_some());
        offset.ok_or(Stop::Failure(ProtocolError::TooBigRequest))
    }

    /// Returns the input after the cursor.
    #[inline]
    fn rest<'a>(&self, input: &'a [u8]) -> &'a [u8] {
        input.get(self.position as usize..).unwrap_or_default()
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::Line { searched: 0 }
    }
}

/// Parses the bytes of a line up to its `end`. A NUL hides the end. The byte after a carriage
/// return is skipped.
#[inline]
fn line_end<'a>(end: char) -> impl Fn(&'a [u8]) -> IResult<&'a [u8], &'a [u8]> {
    let behind = usize::from(end == '\r');
    move |input| {
        terminated(take_till(|byte| byte == end as u8 || byte == 0), (char(end), take(behind)))
            .parse(input)
    }
}

/// Parses the bytes of an argument and the two bytes after it.
#[inline]
fn bulk<'a>(len: u32) -> impl FnMut(&'a [u8]) -> IResult<&'a [u8], &'a [u8], ()> {
    take(len + 2)
}

impl Limits {
    /// Returns the number of bulks that a count announces; zero for a negative count.
    #[inline]
    fn check_multibulk_count(&self, count: Option<i64>) -> Result<u32, ProtocolError> {
        match count.filter(|&count| count <= i64::from(self.multibulk_count)) {
            None => Err(ProtocolError::InvalidMultibulkLength),
            Some(count)
                if count > i64::from(limits::UNAUTHENTICATED_MULTIBULK_COUNT)
                    && !self.authenticated =>
            {
                Err(ProtocolError::UnauthenticatedMultibulkLength)
            }
            Some(count) => Ok(u32::try_from(count).unwrap_or(0)),
        }
    }

    /// Validates the length of a bulk that starts at `start`.
    #[inline]
    fn check_bulk_len(&self, len: Option<i64>, start: u32) -> Result<u32, ProtocolError> {
        let len = len.and_then(|len| u64::try_from(len).ok());
        match len.filter(|&len| len <= self.bulk_len_bytes) {
            None => Err(ProtocolError::InvalidBulkLength),
            Some(len) if len > limits::UNAUTHENTICATED_BULK_LEN_BYTES && !self.authenticated => {
                Err(ProtocolError::UnauthenticatedBulkLength)
            }
            Some(len) => match u64::from(start).checked_add(len + 2) {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "below REQUEST_LEN_BYTES, which is u32::MAX"
                )]
                Some(end) if end <= limits::REQUEST_LEN_BYTES => Ok(len as u32),
                _ => Err(ProtocolError::TooBigRequest),
            },
        }
    }
}

impl Default for Limits {
    /// Returns Redis's defaults, for a client that needs no password.
    fn default() -> Self {
        Self {
            inline_len_bytes: limits::INLINE_LEN_BYTES,
            multibulk_count: limits::MULTIBULK_COUNT,
            bulk_len_bytes: limits::BULK_LEN_BYTES,
            authenticated: true,
        }
    }
}

impl ProtocolError {
    /// Appends the text after `-ERR Protocol error: `, which may not be valid UTF-8.
    pub fn append_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text().as_bytes());
        if let Self::ExpectedDollar(found) = self {
            // An error must fit on one line.
            out.extend([if matches!(found, b'\r' | b'\n') { b' ' } else { found }, b'\'']);
        }
    }

    /// Returns the text, up to the byte found in place of a dollar sign.
    const fn text(self) -> &'static str {
        match self {
            Self::TooBigInlineRequest => "too big inline request",
            Self::UnbalancedQuotes => "unbalanced quotes in request",
            Self::TooBigMultibulkCountString => "too big mbulk count string",
            Self::InvalidMultibulkLength => "invalid multibulk length",
            Self::UnauthenticatedMultibulkLength => "unauthenticated multibulk length",
            Self::TooBigBulkCountString => "too big bulk count string",
            Self::ExpectedDollar(_) => "expected '$', got '",
            Self::InvalidBulkLength => "invalid bulk length",
            Self::UnauthenticatedBulkLength => "unauthenticated bulk length",
            Self::TooBigRequest => "request exceeds 4 GiB",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.append_to(&mut text);
        write!(f, "{}", text.escape_ascii())
    }
}

impl core::error::Error for ProtocolError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::string::String;
    use alloc::{format, vec};

    type Read = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

    /// Returns all requests in `input`, split at `cuts`, and the error that ends them, if any.
    fn read_all(input: &[u8], limits: &Limits, cuts: impl IntoIterator<Item = usize>) -> Read {
        let (mut reader, mut request, mut requests, mut start) = Default::default();
        for end in cuts.into_iter().chain([input.len()]) {
            loop {
                match RequestReader::read(&mut reader, &input[start..end], limits, &mut request) {
                    Ok(Progress::Complete { consumed }) => {
                        let args: Vec<Vec<u8>> = Request::args(&request, &input[start..])
                            .iter()
                            .map(<[u8]>::to_vec)
                            .collect();
                        Vec::push(&mut requests, args);
                        start += consumed;
                        assert!(reader.is_idle() && reader.spans.capacity() == 0);
                    }
                    Ok(Progress::Incomplete { needed }) => {
                        assert!(needed > 0);
                        break;
                    }
                    Err(error) => return (requests, Some(error)),
                }
            }
        }
        (requests, None)
    }

    /// Returns the requests in `input`, and checks that the split makes no difference.
    fn read(input: &[u8], limits: &Limits) -> Read {
        let whole = read_all(input, limits, []);
        assert_eq!(
            read_all(input, limits, 1..input.len()),
            whole,
            "byte by byte: {}",
            input.escape_ascii()
        );
        whole
    }

    fn args_of(input: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let (requests, error) = read(input, &Limits::default());
        assert_eq!(error, None, "{}", input.escape_ascii());
        requests
    }

    fn error_of(input: &[u8]) -> String {
        let mut text = Vec::new();
        read(input, &Limits::default()).1.expect("an error").append_to(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_reader_is_small() {
        assert!(size_of::<RequestReader>() <= 72);
    }

    #[test]
    fn multibulk_requests_are_parsed() {
        assert_eq!(args_of(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), [[b"GET".to_vec(), b"k".to_vec()]]);
        assert_eq!(
            args_of(b"*1\r\n$0\r\n\r\n*1\r\n$4\r\n\r\n\0*\r\n"),
            [[b"".to_vec()], [b"\r\n\0*".to_vec()]]
        );
        let long = [b"*1\r\n$1234\r\n", vec![b'x'; 1234].as_slice(), b"\r\n"].concat();
        assert_eq!(args_of(&long), [[vec![b'x'; 1234]]]);
    }

    #[test]
    fn empty_requests_have_no_arguments() {
        for none in ["*0\r\n", "*-1\r\n", "*-9223372036854775808\r\n", "\r\n", "\n", " \t\x0b\r\n"]
        {
            let input = [none.as_bytes(), b"*1\r\n$4\r\nPING\r\n"].concat();
            assert_eq!(args_of(&input), [vec![], vec![b"PING".to_vec()]], "{none:?}");
        }
    }

    #[test]
    fn line_ends_are_not_checked() {
        assert_eq!(
            args_of(b"*1\rX$4\rYPINGab*1\r\n$1\r\nx\r\n"),
            [[b"PING".to_vec()], [b"x".to_vec()]]
        );
        assert_eq!(args_of(b"PING\rX\n"), [[b"PING".to_vec(), b"X".to_vec()]]);
    }

    #[test]
    fn malformed_requests_are_rejected() {
        let rows: &[(&[u8], &str)] = &[
            (b"*\r\n", "invalid multibulk length"),
            (b"*x\r\n", "invalid multibulk length"),
            (b"*+1\r\n", "invalid multibulk length"),
            (b"*01\r\n", "invalid multibulk length"),
            (b"* 1\r\n", "invalid multibulk length"),
            (b"*1 \r\n", "invalid multibulk length"),
            (b"*2147483648\r\n", "invalid multibulk length"),
            (b"*99999999999999999999\r\n", "invalid multibulk length"),
            (b"*-9223372036854775809\r\n", "invalid multibulk length"),
            (b"*1\r\n$-1\r\n", "invalid bulk length"),
            (b"*1\r\n$\r\n", "invalid bulk length"),
            (b"*1\r\n$01\r\n", "invalid bulk length"),
            (b"*1\r\n$536870913\r\n", "invalid bulk length"),
            (b"*1\r\n$9223372036854775807\r\n", "invalid bulk length"),
            (b"*1\r\nx\r\n", "expected '$', got 'x'"),
            (b"*1\r\n\r\n", "expected '$', got ' '"),
            (b"*1\r\n\n$4\r\n", "expected '$', got ' '"),
            (b"\"a\n", "unbalanced quotes in request"),
            (b"\"a\"b\n", "unbalanced quotes in request"),
            (b"'a'b\n", "unbalanced quotes in request"),
            (b"'a\\'\n", "unbalanced quotes in request"),
            (b"\"\\\n", "unbalanced quotes in request"),
            (b"a\"b\n", "unbalanced quotes in request"),
        ];
        for (input, text) in rows {
            assert_eq!(error_of(input), *text, "{}", input.escape_ascii());
        }
        assert_eq!(
            read(b"*1\r\n\xff\r\n", &Limits::default()).1,
            Some(ProtocolError::ExpectedDollar(0xff))
        );
    }

    #[test]
    fn a_line_without_an_end_is_an_error_beyond_the_limit() {
        let limits = Limits { inline_len_bytes: 100, ..Limits::default() };
        let rows = [
            ("", "*", '1', ProtocolError::TooBigMultibulkCountString),
            ("", "*1\0\r\n", 'x', ProtocolError::TooBigMultibulkCountString),
            ("*1\r\n", "$", '1', ProtocolError::TooBigBulkCountString),
            ("*1\r\n", "x", '1', ProtocolError::TooBigBulkCountString),
            ("*2\r\n$1\r\nx\r\n", "$\0\r\n", 'x', ProtocolError::TooBigBulkCountString),
            ("", "", 'a', ProtocolError::TooBigInlineRequest),
            ("", "a\0b\n", 'a', ProtocolError::TooBigInlineRequest),
        ];
        for (before, start, fill, error) in rows {
            let mut input = format!("{before}{start}");
            input.extend(core::iter::repeat_n(fill, before.len() + 100 - input.len()));
            assert_eq!(read(input.as_bytes(), &limits).1, None, "{input:?}");
            input.push(fill);
            assert_eq!(read(input.as_bytes(), &limits).1, Some(error), "{input:?}");
            input.push_str("\r\n");
            assert_eq!(read(input.as_bytes(), &limits).1, Some(error), "{input:?}");
        }
        assert_eq!(
            read(&[[b'a'; 100].as_slice(), b"\n"].concat(), &limits).0,
            [[[b'a'; 100].to_vec()]]
        );
    }

    #[test]
    fn limits_are_stricter_before_authentication() {
        let limits = Limits { authenticated: false, ..Limits::default() };
        let rows: &[(&[u8], Option<ProtocolError>)] = &[
            (b"*10\r\n", None),
            (b"*11\r\n", Some(ProtocolError::UnauthenticatedMultibulkLength)),
            (b"*1\r\n$16384\r\n", None),
            (b"*1\r\n$16385\r\n", Some(ProtocolError::UnauthenticatedBulkLength)),
            (b"*1\r\n$536870913\r\n", Some(ProtocolError::InvalidBulkLength)),
            (b"1 2 3 4 5 6 7 8 9 10 11\r\n", None),
        ];
        for (input, error) in rows {
            assert_eq!(read(input, &limits).1, *error, "{}", input.escape_ascii());
        }
    }

    #[test]
    fn a_request_above_4_gib_is_an_error() {
        let limits = Limits { bulk_len_bytes: u64::MAX, ..Limits::default() };
        assert_eq!(read(b"*1\r\n$4294967270\r\n", &limits).1, None);
        for len in ["4294967290", "9223372036854775807"] {
            let (_, error) = read(format!("*1\r\n${len}\r\n").as_bytes(), &limits);
            assert_eq!(error, Some(ProtocolError::TooBigRequest), "{len}");
        }
    }

    #[test]
    fn an_incomplete_bulk_reports_all_missing_bytes() {
        let (mut reader, mut request) = (RequestReader::default(), Request::default());
        let progress = reader.read(b"*1\r\n$100\r\nabc", &Limits::default(), &mut request);
        assert_eq!(progress, Ok(Progress::Incomplete { needed: 99 }));
        assert!(!reader.is_idle());
    }

    #[test]
    fn each_byte_is_examined_once() {
        let count = 100_000;
        let mut input = format!("*{count}\r\n").into_bytes();
        for _ in 0..count {
            input.extend_from_slice(b"$1\r\nx\r\n");
        }
        let (requests, error) = read_all(&input, &Limits::default(), 1..input.len());
        assert_eq!((requests.len(), requests[0].len(), error), (1, count, None));
    }

    /// A client in the middle of a short request must not hold the memory of its previous request.
    #[test]
    fn memory_for_many_arguments_is_released() {
        let (mut reader, mut request, limits) =
            (RequestReader::default(), Request::default(), Limits::default());
        let input = [&b"*100000\r\n"[..], &b"$1\r\nx\r\n".repeat(100_000)].concat();
        assert!(matches!(
            reader.read(&input, &limits, &mut request),
            Ok(Progress::Complete { .. })
        ));
        let progress = reader.read(b"*2\r\n$1\r\nx\r\n", &limits, &mut request);
        assert_eq!(progress, Ok(Progress::Incomplete { needed: 1 }));
        assert!((1..=limits::ARGS_KEPT_COUNT).contains(&reader.spans.capacity()));
    }

    /// Random sequences of the grammar's tokens, split at random: no panic, and the split makes no
    /// difference.
    #[test]
    fn random_input_never_panics() {
        let mut random = Random::new(Seed(7));
        let pieces: [&[u8]; 16] = [
            b"*", b"$", b"\r\n", b"\r", b"\n", b"0", b"1", b"2", b"-", b"\"", b"'", b"\\x", b" ",
            b"a", b"\0", b"\xff",
        ];
        let limits = Limits { inline_len_bytes: 12, ..Limits::default() };
        for _ in 0..20_000 {
            let mut input = Vec::new();
            for _ in 0..random.below(24) {
                input.extend_from_slice(pieces[random.below(pieces.len())]);
            }
            let mut cuts: Vec<usize> = (0..3).map(|_| random.below(input.len() + 1)).collect();
            cuts.sort_unstable();
            let whole = read_all(&input, &limits, []);
            assert_eq!(read_all(&input, &limits, cuts), whole, "{}", input.escape_ascii());
        }
    }
}
