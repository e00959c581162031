//! The reply writer, which encodes replies in the protocol version that the client chose.
//!
//! Handlers use RESP3's richer types. For a RESP2 client each is encoded as the RESP2 type that
//! Redis substitutes: a map as a flat array, a double as a bulk string, a null as `$-1`, and so on.
//! Replies are written directly, without an intermediate tree.
//!
//! Reference: the [RESP
//! specification](https://redis.io/docs/latest/develop/reference/protocol-spec/).

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::output::{Mark, Output, SHARE_FROM_LEN_BYTES};
use crate::error::Error;
use crate::number::{LongDouble, NumberText};

/// The protocol version of a client, chosen with `HELLO`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// RESP2, the initial version of every connection.
    #[default]
    Resp2,
    /// RESP3.
    Resp3,
}

impl Protocol {
    /// Returns the version number shown by `HELLO` and `CLIENT LIST`: 2 or 3.
    #[must_use]
    pub const fn version(self) -> u8 {
        match self {
            Self::Resp2 => 2,
            Self::Resp3 => 3,
        }
    }
}

/// Writes one client's replies to its output.
#[derive(Debug)]
pub struct Reply<'a> {
    output: &'a mut Output,
    protocol: Protocol,
    errors: u32,
}

/// The maximum length of a header.
const HEADER_LEN_BYTES: usize = 24;

/// Writes a header with more than two digits.
fn long_header(tail: &mut Vec<u8>, kind: u8, value: i64) {
    let mut digits = itoa::Buffer::new();
    tail.push(kind);
    tail.extend_from_slice(digits.format(value).as_bytes());
    tail.extend_from_slice(b"\r\n");
}

/// An aggregate whose length is written later: see [`Reply::begin`].
#[derive(Debug)]
#[must_use = "the reply is malformed without its header"]
pub(crate) struct Deferred(Mark);

impl<'a> Reply<'a> {
    /// Creates a writer to `output`.
    #[inline]
    #[must_use]
    pub const fn new(output: &'a mut Output, protocol: Protocol) -> Self {
        Self { output, protocol, errors: 0 }
    }

    /// Returns the protocol version of the replies.
    #[inline]
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Changes the protocol version of subsequent output: `HELLO` replies in the new version.
    pub const fn switch(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Returns `Break` once a long reply has exceeded what its client may leave unread: nothing of
    /// it is kept, and the client will be closed.
    pub(crate) const fn proceed(&self) -> ControlFlow<()> {
        if self.output.is_dropped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Returns the number of errors written.
    #[must_use]
    pub const fn errors(&self) -> u32 {
        self.errors
    }

    /// Writes `+OK`.
    #[inline]
    pub fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    /// Writes a simple string, which must not contain line breaks.
    #[inline]
    pub fn simple(&mut self, text: &str) {
        self.raw(b"+");
        self.raw(text.as_bytes());
        self.raw(b"\r\n");
    }

    /// Writes an error. Line breaks, which could come from client input, are replaced by spaces.
    pub fn error(&mut self, error: &Error) {
        self.errors += 1;
        let tail = self.output.tail();
        tail.push(b'-');
        tail.extend(error.text().iter().map(|&byte| match byte {
            b'\r' | b'\n' => b' ',
            other => other,
        }));
        tail.extend_from_slice(b"\r\n");
    }

    /// Writes an integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        match value {
            0 => self.raw(b":0\r\n"),
            1 => self.raw(b":1\r\n"),
            _ => self.header(b':', value),
        }
    }

    /// Writes a length or a count as an integer.
    #[inline]
    pub fn count(&mut self, value: usize) {
        self.integer(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// Writes a bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.output.reserve(bytes.len() + HEADER_LEN_BYTES + 2);
        self.header(b'$', bytes.len() as i64);
        let tail = self.output.tail();
        tail.extend_from_slice(bytes);
        tail.extend_from_slice(b"\r\n");
    }

    /// Writes a bulk string; a large one is shared instead of copied.
    pub fn shared_bulk(&mut self, bytes: &Rc<Vec<u8>>) {
        if bytes.len() < SHARE_FROM_LEN_BYTES {
            return self.bulk(bytes);
        }
        self.header(b'$', bytes.len() as i64);
        self.output.share(Rc::clone(bytes));
        self.raw(b"\r\n");
    }

    /// Writes an integer as a bulk string.
    #[inline]
    pub fn bulk_integer(&mut self, value: i64) {
        self.bulk(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes text with a format (`txt`, `mkd`) in RESP3, a bulk string in RESP2.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                debug_assert_eq!(format.len(), 3, "a verbatim string's format has three letters");
                self.header(b'=', text.len() as i64 + 4);
                self.raw(format.as_bytes());
                self.raw(b":");
                self.raw(text);
                self.raw(b"\r\n");
            }
        }
    }

    /// Writes a null.
    #[inline]
    pub fn null(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"$-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// Writes a null in place of an array; RESP2 has a separate encoding for it.
    pub fn null_array(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"*-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// Writes a boolean; 1 or 0 in RESP2.
    pub fn boolean(&mut self, value: bool) {
        match (self.protocol, value) {
            (Protocol::Resp2, _) => self.integer(i64::from(value)),
            (Protocol::Resp3, true) => self.raw(b"#t\r\n"),
            (Protocol::Resp3, false) => self.raw(b"#f\r\n"),
        }
    }

    /// Writes a floating-point number; a bulk string in RESP2.
    pub fn double(&mut self, value: f64) {
        let text = NumberText::from(value);
        match self.protocol {
            Protocol::Resp2 => self.bulk(&text),
            Protocol::Resp3 => {
                self.raw(b",");
                self.raw(&text);
                self.raw(b"\r\n");
            }
        }
    }

    /// Writes a `long double` in decimal notation without an exponent; a bulk string in RESP2.
    pub fn long_double(&mut self, value: LongDouble) {
        let mut text = Vec::new();
        value.append_human(&mut text);
        match self.protocol {
            Protocol::Resp2 => self.bulk(&text),
            Protocol::Resp3 => {
                self.raw(b",");
                self.raw(&text);
                self.raw(b"\r\n");
            }
        }
    }

    /// Writes the header of an array; the caller writes its `len` elements next.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.header(b'*', len as i64);
    }

    /// Writes the header of a map of `len` pairs, keys and values alternating; a flat array in
    /// RESP2.
    pub fn map(&mut self, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', 2 * len as i64),
            Protocol::Resp3 => self.header(b'%', len as i64),
        }
    }

    /// Writes the header of a set of `len` members; an array in RESP2.
    pub fn set(&mut self, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', len as i64),
            Protocol::Resp3 => self.header(b'~', len as i64),
        }
    }

    /// Writes the header of an out-of-band message of `len` elements; an array in RESP2.
    pub fn push(&mut self, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', len as i64),
            Protocol::Resp3 => self.header(b'>', len as i64),
        }
    }

    /// Writes the header of `len` attribute pairs; the caller writes the pairs next, followed by
    /// the reply they belong to. RESP2 has no attributes: the function then returns `false`, and
    /// the caller omits the pairs.
    pub fn attribute(&mut self, len: usize) -> bool {
        let has_attributes = self.protocol == Protocol::Resp3;
        if has_attributes {
            self.header(b'|', len as i64);
        }
        has_attributes
    }

    /// Writes a number beyond 64 bits, given as digits; a bulk string in RESP2.
    pub fn big_number(&mut self, digits: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits.as_bytes()),
            Protocol::Resp3 => {
                self.raw(b"(");
                self.raw(digits.as_bytes());
                self.raw(b"\r\n");
            }
        }
    }

    /// Begins an aggregate of unknown length; the matching `end_` function writes its header.
    pub(crate) fn begin(&self) -> Deferred {
        Deferred(self.output.mark())
    }

    /// Ends an array of `len` elements.
    pub(crate) fn end_array(&mut self, deferred: Deferred, len: usize) {
        self.end(deferred, b'*', len);
    }

    /// Ends a set of `len` members.
    pub(crate) fn end_set(&mut self, deferred: Deferred, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.end(deferred, b'*', len),
            Protocol::Resp3 => self.end(deferred, b'~', len),
        }
    }

    /// Ends a map of `len` pairs.
    pub(crate) fn end_map(&mut self, deferred: Deferred, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.end(deferred, b'*', 2 * len),
            Protocol::Resp3 => self.end(deferred, b'%', len),
        }
    }

    fn end(&mut self, deferred: Deferred, kind: u8, len: usize) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(len).as_bytes();
        let mut header = [kind; 24];
        header[1..=digits.len()].copy_from_slice(digits);
        header[digits.len() + 1..digits.len() + 3].copy_from_slice(b"\r\n");
        self.output.insert(deferred.0, &header[..digits.len() + 3]);
    }

    #[inline]
    fn header(&mut self, kind: u8, value: i64) {
        let tail = self.output.tail();
        match value {
            0..10 => tail.extend_from_slice(&[kind, b'0' + value as u8, b'\r', b'\n']),
            10..100 => {
                let (tens, ones) = (b'0' + value as u8 / 10, b'0' + value as u8 % 10);
                tail.extend_from_slice(&[kind, tens, ones, b'\r', b'\n']);
            }
            _ => long_header(tail, kind, value),
        }
    }

    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        self.output.tail().extend_from_slice(bytes);
    }
}
