//! Replies as values, for the receiving side of either protocol version: a client, a proxy or a
//! test.
//!
//! The engine itself never builds a tree of values. All types of RESP2 and RESP3 are supported.
//! Streamed strings and aggregates are decoded to their unstreamed equivalents. Bytes are borrowed
//! from the input; only streamed strings are copied.
//!
//! The input may be untrusted: [`DecodeLimits`] bounds depth and lengths, and memory grows with the
//! elements received, not with what a header announces.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use nom::bytes::streaming::{tag, take, take_till};
use nom::combinator::{map_opt, opt};
use nom::error::{ErrorKind, ParseError};
use nom::number::streaming::u8 as any_byte;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::limits;
use crate::number::{NumberText, parse_f64, parse_i64};

/// A reply.
///
/// ```
/// use redstart_core::resp::value::{DecodeLimits, Value, decode};
///
/// let limits = DecodeLimits::default();
/// let input = b"%1\r\n+proto\r\n:3\r\n+OK\r\n";
/// let (value, consumed) = decode(input, &limits)?.expect("a whole reply");
/// assert_eq!(value, Value::Map(vec![(Value::SimpleString(b"proto"), Value::Integer(3))]));
/// assert_eq!(&input[consumed..], b"+OK\r\n");
///
/// assert_eq!(decode(b"$5\r\nhel", &limits)?, None); // more is to come
/// # Ok::<(), redstart_core::resp::value::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `+OK`
    SimpleString(&'a [u8]),
    /// `-ERR no such key`
    SimpleError(&'a [u8]),
    /// `:42`
    Integer(i64),
    /// `$5`, `hello`
    BulkString(Cow<'a, [u8]>),
    /// `$-1`, the null of RESP2.
    NullBulkString,
    /// `*2` followed by two values.
    Array(Vec<Value<'a>>),
    /// `*-1`, the null of RESP2 in place of an array.
    NullArray,
    /// `_`, the null of RESP3.
    Null,
    /// `#t`
    Boolean(bool),
    /// `,1.5`, `,inf`, `,nan`
    Double(f64),
    /// `(123`, of any length.
    BigNumber(&'a [u8]),
    /// `!5`, `ERR x`
    BulkError(&'a [u8]),
    /// `=7`, `txt:abc`
    VerbatimString {
        /// The format of the text: `txt`, `mkd`.
        format: [u8; 3],
        /// The text.
        text: &'a [u8],
    },
    /// `%1` followed by a key and a value; pairs keep the order in which they were sent.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// `~2` followed by two values, in the order in which they were sent.
    Set(Vec<Value<'a>>),
    /// `>2` followed by two values: an out-of-band message, not a reply.
    Push(Vec<Value<'a>>),
    /// `|1` followed by a key and a value, then the value that the attributes describe.
    Attributed {
        /// The keys and values, in the order in which they were sent.
        attributes: Vec<(Value<'a>, Value<'a>)>,
        /// The reply itself.
        value: Box<Value<'a>>,
    },
}

/// The limits of the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The maximum nesting depth of aggregates.
    pub depth: usize,
    /// The maximum length of a line or a string.
    pub bulk_len_bytes: usize,
    /// The maximum number of elements of an aggregate; a key and its value count as one.
    pub aggregate_count: u64,
}

/// The reason why the input is not a reply. The stream cannot be resynchronized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Unknown type byte.
    UnknownType(u8),
    /// The bytes after the type byte do not match the type.
    Malformed,
    /// Aggregates nest deeper than [`DecodeLimits::depth`].
    TooDeep,
    /// A line, a string or an aggregate exceeds its limit.
    TooLong,
}

/// Decodes one reply from the start of `input`. Returns it with its length in bytes, or `None` if
/// more input is needed.
///
/// An incomplete reply is decoded from its start next time, so collect a good amount of new input
/// before retrying.
///
/// # Errors
///
/// Returns an error if the input is not a reply or exceeds the limits.
pub fn decode<'a>(
    input: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Option<(Value<'a>, usize)>, DecodeError> {
    match (Decoder { limits, depth: limits.depth }).value(input) {
        Ok((rest, value)) => Ok(Some((value, input.len() - rest.len()))),
        Err(nom::Err::Incomplete(_)) => Ok(None),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(error),
    }
}

impl Default for DecodeLimits {
    /// Returns limits that admit every reply of a server with default limits.
    fn default() -> Self {
        Self {
            depth: limits::REPLY_DEPTH,
            bulk_len_bytes: limits::BULK_LEN_BYTES as usize,
            aggregate_count: u64::from(u32::MAX),
        }
    }
}

type Parsed<'a, T> = IResult<&'a [u8], T, DecodeError>;

/// The decoder at some nesting depth.
#[derive(Clone, Copy)]
struct Decoder<'l> {
    limits: &'l DecodeLimits,
    /// The number of levels that values may still nest.
    depth: usize,
}

/// The length announced by the line of a string or an aggregate.
#[derive(Clone, Copy)]
enum Length {
    Known(u64),
    Null,
    Streamed,
}

impl Decoder<'_> {
    fn value<'a>(self, input: &'a [u8]) -> Parsed<'a, Value<'a>> {
        let (rest, kind) = any_byte(input)?;
        let line = |input: &'a [u8]| self.line(input);
        match kind {
            b'+' => line.map(Value::SimpleString).parse(rest),
            b'-' => line.map(Value::SimpleError).parse(rest),
            b':' => line.map_opt(integer).map(Value::Integer).parse(rest),
            b',' => line.map_opt(double).map(Value::Double).parse(rest),
            b'(' => line.map_opt(big_number).map(Value::BigNumber).parse(rest),
            b'#' => line.map_opt(boolean).map(Value::Boolean).parse(rest),
            b'_' => line.map_opt(|line| line.is_empty().then_some(Value::Null)).parse(rest),
            b'$' | b'!' | b'=' => self.string(kind, rest),
            b'*' | b'~' | b'>' | b'%' | b'|' => self.aggregate(kind, rest),
            _ => Err(nom::Err::Failure(DecodeError::UnknownType(kind))),
        }
    }

    /// Decodes `$`, `!` or `=`: a length, followed by that many bytes.
    fn string<'a>(self, kind: u8, input: &'a [u8]) -> Parsed<'a, Value<'a>> {
        let (rest, length) = self.length(input)?;
        match (kind, length) {
            (b'$', Length::Null) => Ok((rest, Value::NullBulkString)),
            (b'$', Length::Streamed) => self.chunks(rest),
            (_, Length::Known(len)) => {
                let bytes = |input: &'a [u8]| self.bytes(len, input);
                match kind {
                    b'$' => bytes.map(|bytes| Value::BulkString(bytes.into())).parse(rest),
                    b'!' => bytes.map(Value::BulkError).parse(rest),
                    _ => bytes.map_opt(verbatim).parse(rest),
                }
            }
            _ => malformed(),
        }
    }

    /// Decodes chunks of `;`, a length and that many bytes, up to a chunk of length zero.
    fn chunks<'a>(self, mut input: &'a [u8]) -> Parsed<'a, Value<'a>> {
        let mut string = Vec::new();
        loop {
            let (rest, length) = preceded(tag(";"), |input| self.length(input)).parse(input)?;
            let Length::Known(len) = length else { return malformed() };
            if len == 0 {
                return Ok((rest, Value::BulkString(string.into())));
            }
            let (rest, chunk) = self.bytes(len, rest)?;
            if string.len() + chunk.len() > self.limits.bulk_len_bytes {
                return Err(nom::Err::Failure(DecodeError::TooLong));
            }
            string.extend_from_slice(chunk);
            input = rest;
        }
    }

    /// Decodes `*`, `~`, `>`, `%` or `|`: a count, followed by that many elements.
    fn aggregate<'a>(self, kind: u8, input: &'a [u8]) -> Parsed<'a, Value<'a>> {
        let (rest, length) = self.length(input)?;
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(nom::Err::Failure(DecodeError::TooDeep));
        };
        let inner = Self { depth, ..self };
        let value = |input: &'a [u8]| inner.value(input);
        match (kind, length) {
            (b'*', Length::Null) => Ok((rest, Value::NullArray)),
            (_, Length::Null) => malformed(),
            (b'*', _) => self
                .elements(length, value, rest)
                .map(|(rest, values)| (rest, Value::Array(values))),
            (b'~', _) => {
                self.elements(length, value, rest).map(|(rest, values)| (rest, Value::Set(values)))
            }
            (b'>', _) => {
                self.elements(length, value, rest).map(|(rest, values)| (rest, Value::Push(values)))
            }
            (b'%', _) => self
                .elements(length, (value, value), rest)
                .map(|(rest, pairs)| (rest, Value::Map(pairs))),
            _ => {
                let (rest, attributes) = self.elements(length, (value, value), rest)?;
                let (rest, value) = value(rest)?;
                Ok((rest, Value::Attributed { attributes, value: Box::new(value) }))
            }
        }
    }

    /// Decodes the announced number of elements, or elements up to a line with a dot.
    fn elements<'a, T>(
        self,
        length: Length,
        mut element: impl Parser<&'a [u8], Output = T, Error = DecodeError>,
        mut input: &'a [u8],
    ) -> Parsed<'a, Vec<T>> {
        let (mut elements, mut left) = (Vec::new(), self.limits.aggregate_count);
        let streamed = matches!(length, Length::Streamed);
        if let Length::Known(count) = length {
            if count > left {
                return Err(nom::Err::Failure(DecodeError::TooLong));
            }
            left = count;
        }
        loop {
            if streamed && let (rest, Some(_)) = opt(tag(".\r\n")).parse(input)? {
                return Ok((rest, elements));
            }
            if left == 0 {
                return if streamed {
                    Err(nom::Err::Failure(DecodeError::TooLong))
                } else {
                    Ok((input, elements))
                };
            }
            let (rest, value) = element.parse(input)?;
            elements.push(value);
            (input, left) = (rest, left - 1);
        }
    }

    /// Decodes the line with a length or a count.
    fn length<'a>(self, input: &'a [u8]) -> Parsed<'a, Length> {
        let length = |line: &[u8]| match line {
            b"?" => Some(Length::Streamed),
            b"-1" => Some(Length::Null),
            _ => parse_i64(line).and_then(|len| u64::try_from(len).ok()).map(Length::Known),
        };
        map_opt(|input| self.line(input), length).parse(input)
    }

    /// Decodes `len` bytes and the line end after them.
    fn bytes<'a>(self, len: u64, input: &'a [u8]) -> Parsed<'a, &'a [u8]> {
        match usize::try_from(len).ok().filter(|&len| len <= self.limits.bulk_len_bytes) {
            Some(len) => terminated(take(len), tag("\r\n")).parse(input),
            None => Err(nom::Err::Failure(DecodeError::TooLong)),
        }
    }

    /// Decodes the bytes up to the end of the line.
    fn line<'a>(self, input: &'a [u8]) -> Parsed<'a, &'a [u8]> {
        let line =
            terminated(take_till(|byte| matches!(byte, b'\r' | b'\n')), tag("\r\n")).parse(input);
        let len = line.as_ref().map_or(input.len(), |(_, line)| line.len());
        if len > self.limits.bulk_len_bytes {
            Err(nom::Err::Failure(DecodeError::TooLong))
        } else {
            line
        }
    }
}

/// Parses the integer of a line; a leading plus is allowed.
fn integer(line: &[u8]) -> Option<i64> {
    parse_i64(line.strip_prefix(b"+").unwrap_or(line))
}

fn double(line: &[u8]) -> Option<f64> {
    match line {
        b"nan" | b"-nan" => Some(f64::NAN),
        _ => parse_f64(line),
    }
}

fn big_number(line: &[u8]) -> Option<&[u8]> {
    let digits = line.strip_prefix(b"-").or(line.strip_prefix(b"+")).unwrap_or(line);
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(line)
}

fn boolean(line: &[u8]) -> Option<bool> {
    match line {
        b"t" => Some(true),
        b"f" => Some(false),
        _ => None,
    }
}

/// Parses `txt:` followed by the text.
fn verbatim(bytes: &[u8]) -> Option<Value<'_>> {
    let (format, text) = bytes.split_first_chunk()?;
    Some(Value::VerbatimString { format: *format, text: text.strip_prefix(b":")? })
}

fn malformed<'a, T>() -> Parsed<'a, T> {
    Err(nom::Err::Failure(DecodeError::Malformed))
}

impl Value<'_> {
    /// Appends the encoded reply, which [`decode`] turns back into the same value. Line breaks in
    /// simple strings, simple errors and big numbers, which cannot contain any, become blanks.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::SimpleString(line) => write_line(b'+', line, out),
            Self::SimpleError(line) => write_line(b'-', line, out),
            Self::Integer(value) => write_line(b':', &NumberText::from(*value), out),
            Self::BulkString(bytes) => write_string(b'$', &[bytes], out),
            Self::NullBulkString => out.extend_from_slice(b"$-1\r\n"),
            Self::Array(values) => write_values(b'*', values, out),
            Self::NullArray => out.extend_from_slice(b"*-1\r\n"),
            Self::Null => out.extend_from_slice(b"_\r\n"),
            Self::Boolean(value) => write_line(b'#', if *value { b"t" } else { b"f" }, out),
            Self::Double(value) => write_line(b',', &NumberText::from(*value), out),
            Self::BigNumber(digits) => write_line(b'(', digits, out),
            Self::BulkError(bytes) => write_string(b'!', &[bytes], out),
            Self::VerbatimString { format, text } => write_string(b'=', &[format, b":", text], out),
            Self::Map(pairs) => write_pairs(b'%', pairs, out),
            Self::Set(values) => write_values(b'~', values, out),
            Self::Push(values) => write_values(b'>', values, out),
            Self::Attributed { attributes, value } => {
                write_pairs(b'|', attributes, out);
                value.write(out);
            }
        }
    }
}

fn write_line(kind: u8, line: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(line.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
    out.extend_from_slice(b"\r\n");
}

fn write_length(kind: u8, len: usize, out: &mut Vec<u8>) {
    write_line(kind, itoa::Buffer::new().format(len).as_bytes(), out);
}

fn write_string(kind: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    write_length(kind, parts.iter().map(|part| part.len()).sum(), out);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.extend_from_slice(b"\r\n");
}

fn write_values(kind: u8, values: &[Value<'_>], out: &mut Vec<u8>) {
    write_length(kind, values.len(), out);
    values.iter().for_each(|value| value.write(out));
}

fn write_pairs(kind: u8, pairs: &[(Value<'_>, Value<'_>)], out: &mut Vec<u8>) {
    write_length(kind, pairs.len(), out);
    for (key, value) in pairs {
        key.write(out);
        value.write(out);
    }
}

/// The error type of the token parsers.
impl ParseError<&[u8]> for DecodeError {
    fn from_error_kind(_: &[u8], _: ErrorKind) -> Self {
        Self::Malformed
    }

    fn append(_: &[u8], _: ErrorKind, inner: Self) -> Self {
        inner
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(byte) => {
                write!(f, "unknown reply type '{}'", byte.escape_ascii())
            }
            Self::Malformed => f.write_str("malformed reply"),
            Self::TooDeep => f.write_str("reply nested too deep"),
            Self::TooLong => f.write_str("reply too long"),
        }
    }
}

impl core::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::vec;

    fn decode_all(input: &[u8]) -> Result<Value<'_>, DecodeError> {
        let limits = DecodeLimits::default();
        let (value, consumed) = decode(input, &limits)?.expect("all of it");
        assert_eq!(consumed, input.len());
        for len in 0..input.len() {
            assert_eq!(decode(&input[..len], &limits), Ok(None), "{}", input[..len].escape_ascii());
        }
        Ok(value)
    }

    fn encode(value: &Value<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        value.write(&mut out);
        out
    }

    fn bulk(bytes: &[u8]) -> Value<'_> {
        Value::BulkString(bytes.into())
    }

    #[test]
    fn every_type_is_decoded() {
        let rows: &[(&[u8], Value<'_>)] = &[
            (b"+OK\r\n", Value::SimpleString(b"OK")),
            (b"+\r\n", Value::SimpleString(b"")),
            (b"-ERR no\r\n", Value::SimpleError(b"ERR no")),
            (b":-42\r\n", Value::Integer(-42)),
            (b"$5\r\na\r\n\0b\r\n", bulk(b"a\r\n\0b")),
            (b"$0\r\n\r\n", bulk(b"")),
            (b"$-1\r\n", Value::NullBulkString),
            (b"*2\r\n:1\r\n*0\r\n", Value::Array(vec![Value::Integer(1), Value::Array(vec![])])),
            (b"*-1\r\n", Value::NullArray),
            (b"_\r\n", Value::Null),
            (b"#t\r\n", Value::Boolean(true)),
            (b"#f\r\n", Value::Boolean(false)),
            (b",1.5\r\n", Value::Double(1.5)),
            (b",1e+100\r\n", Value::Double(1e100)),
            (b",inf\r\n", Value::Double(f64::INFINITY)),
            (b",-inf\r\n", Value::Double(f64::NEG_INFINITY)),
            (
                b"(-349283498273498234982374982374982374\r\n",
                Value::BigNumber(b"-349283498273498234982374982374982374"),
            ),
            (b"!5\r\nERR x\r\n", Value::BulkError(b"ERR x")),
            (b"=7\r\ntxt:abc\r\n", Value::VerbatimString { format: *b"txt", text: b"abc" }),
            (
                b"%1\r\n+k\r\n:1\r\n",
                Value::Map(vec![(Value::SimpleString(b"k"), Value::Integer(1))]),
            ),
            (b"~1\r\n:1\r\n", Value::Set(vec![Value::Integer(1)])),
            (b">1\r\n+pong\r\n", Value::Push(vec![Value::SimpleString(b"pong")])),
            (
                b"|1\r\n+ttl\r\n:3\r\n_\r\n",
                Value::Attributed {
                    attributes: vec![(Value::SimpleString(b"ttl"), Value::Integer(3))],
                    value: Box::new(Value::Null),
                },
            ),
        ];
        for (input, value) in rows {
            assert_eq!(decode_all(input).as_ref(), Ok(value), "{}", input.escape_ascii());
            assert_eq!(encode(value), *input);
        }
        assert!(matches!(decode_all(b",nan\r\n"), Ok(Value::Double(value)) if value.is_nan()));
        assert_eq!(encode(&Value::Double(f64::NAN)), b",nan\r\n");
    }

    #[test]
    fn alternative_spellings_are_decoded() {
        let rows: &[(&[u8], Value<'_>)] = &[
            (b":+42\r\n", Value::Integer(42)),
            (b"$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n", bulk(b"Hello")),
            (b"$?\r\n;0\r\n", bulk(b"")),
            (
                b"*?\r\n:1\r\n*?\r\n.\r\n.\r\n",
                Value::Array(vec![Value::Integer(1), Value::Array(vec![])]),
            ),
            (b"~?\r\n.\r\n", Value::Set(vec![])),
            (b"%?\r\n:1\r\n:2\r\n.\r\n", Value::Map(vec![(Value::Integer(1), Value::Integer(2))])),
        ];
        for (input, value) in rows {
            assert_eq!(decode_all(input).as_ref(), Ok(value), "{}", input.escape_ascii());
            assert_eq!(decode_all(&encode(value)).as_ref(), Ok(value));
        }
    }

    #[test]
    fn malformed_replies_are_rejected() {
        let rows: &[(&[u8], DecodeError)] = &[
            (b"x", DecodeError::UnknownType(b'x')),
            (b"*1\r\n.\r\n", DecodeError::UnknownType(b'.')),
            (b"+a\nb\r\n", DecodeError::Malformed),
            (b"+a\rb", DecodeError::Malformed),
            (b":\r\n", DecodeError::Malformed),
            (b":1.5\r\n", DecodeError::Malformed),
            (b",x\r\n", DecodeError::Malformed),
            (b"(\r\n", DecodeError::Malformed),
            (b"(1a\r\n", DecodeError::Malformed),
            (b"#x\r\n", DecodeError::Malformed),
            (b"_x\r\n", DecodeError::Malformed),
            (b"$x\r\n", DecodeError::Malformed),
            (b"$-2\r\n", DecodeError::Malformed),
            (b"$1\r\nabc", DecodeError::Malformed),
            (b"!-1\r\n", DecodeError::Malformed),
            (b"!?\r\n", DecodeError::Malformed),
            (b"=3\r\nabc\r\n", DecodeError::Malformed),
            (b"=4\r\nabcd\r\n", DecodeError::Malformed),
            (b"~-1\r\n", DecodeError::Malformed),
            (b"%-1\r\n", DecodeError::Malformed),
            (b"%?\r\n:1\r\n.\r\n", DecodeError::UnknownType(b'.')),
            (b"$?\r\n:1\r\n", DecodeError::Malformed),
            (b"$?\r\n;?\r\n", DecodeError::Malformed),
            (b"$536870913\r\n", DecodeError::TooLong),
            (b"*4294967296\r\n", DecodeError::TooLong),
            (b"$9223372036854775808\r\n", DecodeError::Malformed),
        ];
        for (input, error) in rows {
            assert_eq!(
                decode(input, &DecodeLimits::default()),
                Err(*error),
                "{}",
                input.escape_ascii()
            );
        }
    }

    #[test]
    fn replies_beyond_the_limits_are_rejected() {
        let limits = DecodeLimits { depth: 2, bulk_len_bytes: 4, aggregate_count: 2 };
        let rows: &[(&[u8], Result<bool, DecodeError>)] = &[
            (b"*1\r\n*1\r\n:1\r\n", Ok(true)),
            (b"*1\r\n*1\r\n*0\r\n", Err(DecodeError::TooDeep)),
            (b"|0\r\n|0\r\n|0\r\n", Err(DecodeError::TooDeep)),
            (b"+abcd\r\n", Ok(true)),
            (b"+abcde\r\n", Err(DecodeError::TooLong)),
            (b"+abc", Ok(false)),
            (b"+abcdefg", Err(DecodeError::TooLong)),
            (b"$4\r\n", Ok(false)),
            (b"$5\r\n", Err(DecodeError::TooLong)),
            (b"$?\r\n;4\r\nabcd\r\n;1\r\ne\r\n", Err(DecodeError::TooLong)),
            (b"*3\r\n", Err(DecodeError::TooLong)),
            (b"*?\r\n_\r\n_\r\n.\r\n", Ok(true)),
            (b"*?\r\n_\r\n_\r\n_\r\n", Err(DecodeError::TooLong)),
        ];
        for (input, expected) in rows {
            let read = decode(input, &limits).map(|value| value.is_some());
            assert_eq!(read, *expected, "{}", input.escape_ascii());
        }
    }

    #[test]
    fn a_header_alone_uses_no_memory_and_no_stack() {
        let limits = DecodeLimits::default();
        assert_eq!(decode(b"*1000000000\r\n%1000000000\r\n:1\r\n", &limits), Ok(None));
        assert_eq!(decode(&b"*1\r\n".repeat(100_000), &limits), Err(DecodeError::TooDeep));
    }

    #[test]
    fn line_breaks_in_simple_strings_become_blanks() {
        assert_eq!(encode(&Value::SimpleError(b"ERR a\r\n+OK")), b"-ERR a  +OK\r\n");
    }

    #[test]
    fn encoded_values_decode_to_themselves() {
        let mut random = Random::new(Seed(3));
        for _ in 0..5_000 {
            let value = any_value(&mut random, 4);
            let bytes = encode(&value);
            assert_eq!(decode_all(&bytes).as_ref(), Ok(&value));
        }
    }

    #[test]
    fn random_input_never_panics() {
        let mut random = Random::new(Seed(4));
        let pieces: [&[u8]; 20] = [
            b"*", b"$", b"%", b"~", b">", b"|", b"=", b"!", b";", b"?", b".", b"\r\n", b"\r", b"0",
            b"1", b"2", b"-", b"+", b",", b"_",
        ];
        for _ in 0..50_000 {
            let mut input = Vec::new();
            for _ in 0..random.below(20) {
                input.extend_from_slice(pieces[random.below(pieces.len())]);
            }
            if let Ok(Some((value, consumed))) = decode(&input, &DecodeLimits::default()) {
                assert!(consumed <= input.len());
                assert_eq!(decode_all(&encode(&value)).as_ref(), Ok(&value));
            }
        }
    }

    fn any_value(random: &mut Random, depth: usize) -> Value<'static> {
        const TEXTS: [&[u8]; 4] = [b"", b"a", b"some text", b"\0\xff"];
        let text = TEXTS[random.below(TEXTS.len())];
        match random.below(if depth > 0 { 16 } else { 11 }) {
            0 => Value::SimpleString(text),
            1 => Value::SimpleError(text),
            2 => Value::Integer(random.next_u64() as i64),
            3 => bulk(text),
            4 => Value::NullBulkString,
            5 => Value::NullArray,
            6 => Value::Null,
            7 => Value::Boolean(random.below(2) == 0),
            8 => Value::Double(random.next_u64() as f64 / 1e10),
            9 => Value::BulkError(text),
            10 => Value::VerbatimString { format: *b"txt", text },
            11 => Value::Array(any_values(random, depth)),
            12 => Value::Set(any_values(random, depth)),
            13 => Value::Push(any_values(random, depth)),
            14 => Value::Map(any_pairs(random, depth)),
            _ => Value::Attributed {
                attributes: any_pairs(random, depth),
                value: Box::new(any_value(random, depth - 1)),
            },
        }
    }

    fn any_values(random: &mut Random, depth: usize) -> Vec<Value<'static>> {
        (0..random.below(4)).map(|_| any_value(random, depth - 1)).collect()
    }

    fn any_pairs(random: &mut Random, depth: usize) -> Vec<(Value<'static>, Value<'static>)> {
        (0..random.below(3))
            .map(|_| (any_value(random, depth - 1), any_value(random, depth - 1)))
            .collect()
    }
}
