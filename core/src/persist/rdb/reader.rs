//! Reads the primitives of which all values consist, from untrusted input.

use super::lzf;
use crate::{limits, number::parse_f64};
use alloc::{borrow::Cow, vec::Vec};

/// The reason why bytes cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(pub &'static str);

const TOO_SHORT: Corrupt = Corrupt("unexpected end");
const UNKNOWN_LENGTH: Corrupt = Corrupt("unknown encoding of a length");
const UNKNOWN_STRING: Corrupt = Corrupt("unknown encoding of a string");
const TOO_LONG: Corrupt = Corrupt("a string is too long");

/// A reader of serialized bytes, from front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// The number of bytes to which compressed strings may still expand.
    expansion_bytes: usize,
}

impl<'a> Reader<'a> {
    /// Creates a reader of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::limited(bytes, usize::MAX)
    }

    /// Creates a reader of `bytes` whose compressed strings may expand to a limited total size.
    #[must_use]
    pub const fn limited(bytes: &'a [u8], expansion_bytes: usize) -> Self {
        Self { bytes, expansion_bytes }
    }

    /// Returns the number of unread bytes.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Reads the next byte.
    ///
    /// # Errors
    ///
    /// Returns an error at the end of the input, as do all methods below when bytes are missing.
    pub fn byte(&mut self) -> Result<u8, Corrupt> {
        self.array().map(|[byte]| byte)
    }

    /// Reads `len` bytes.
    ///
    /// # Errors
    ///
    /// As for [`byte`](Self::byte).
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], Corrupt> {
        let (bytes, rest) = self.bytes.split_at_checked(len).ok_or(TOO_SHORT)?;
        self.bytes = rest;
        Ok(bytes)
    }

    /// Reads an array of `N` bytes.
    ///
    /// # Errors
    ///
    /// As for [`byte`](Self::byte).
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        let (&array, rest) = self.bytes.split_first_chunk().ok_or(TOO_SHORT)?;
        self.bytes = rest;
        Ok(array)
    }

    /// Reads a length, or another unsigned number.
    ///
    /// # Errors
    ///
    /// Returns an error if it is malformed.
    pub fn length(&mut self) -> Result<u64, Corrupt> {
        match self.head()? {
            Head::Length(length) => Ok(length),
            // Redis uses the form of an encoded number as the number.
            Head::Encoded(form) => Ok(form.into()),
        }
    }

    /// Reads the number of parts that follow. Each part has at least one byte, so an excessive
    /// count is rejected before any memory is allocated for it.
    ///
    /// # Errors
    ///
    /// Returns an error if the count is malformed or exceeds the remaining bytes.
    pub fn count(&mut self) -> Result<usize, Corrupt> {
        let count = usize::try_from(self.length()?).map_err(|_| TOO_SHORT)?;
        if count <= self.left() { Ok(count) } else { Err(TOO_SHORT) }
    }

    /// Reads a string: plain, compressed, or a number.
    ///
    /// # Errors
    ///
    /// Returns an error if it is malformed.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>, Corrupt> {
        let number =
            |number: i32| Cow::Owned(itoa::Buffer::new().format(number).as_bytes().to_vec());
        match self.head()? {
            Head::Length(len) => {
                self.bytes(usize::try_from(len).map_err(|_| TOO_SHORT)?).map(Cow::Borrowed)
            }
            Head::Encoded(0) => Ok(number(i8::from_le_bytes(self.array()?).into())),
            Head::Encoded(1) => Ok(number(i16::from_le_bytes(self.array()?).into())),
            Head::Encoded(2) => Ok(number(i32::from_le_bytes(self.array()?))),
            Head::Encoded(3) => {
                let (compressed, len) = (self.count()?, self.length()?);
                if len > limits::SERIALISED_STRING_LEN_BYTES {
                    return Err(TOO_LONG);
                }
                let len = usize::try_from(len).map_err(|_| TOO_LONG)?;
                let left = self.expansion_bytes.checked_sub(len).ok_or(TOO_LONG)?;
                self.expansion_bytes = left;
                let text = lzf::decompress(self.bytes(compressed)?, len);
                text.map(Cow::Owned).ok_or(Corrupt("a compressed string is damaged"))
            }
            Head::Encoded(_) => Err(UNKNOWN_STRING),
        }
    }

    /// Skips a string without decoding it.
    ///
    /// # Errors
    ///
    /// Returns an error if the string is missing or incomplete.
    pub fn skip_string(&mut self) -> Result<(), Corrupt> {
        let len_bytes = match self.head()? {
            Head::Length(len) => usize::try_from(len).map_err(|_| TOO_SHORT)?,
            Head::Encoded(width @ 0..3) => 1 << width,
            Head::Encoded(3) => {
                let compressed = self.count()?;
                self.length()?;
                compressed
            }
            Head::Encoded(_) => return Err(UNKNOWN_STRING),
        };
        self.bytes(len_bytes).map(drop)
    }

    /// Reads a string as owned bytes.
    ///
    /// # Errors
    ///
    /// As for [`string`](Self::string).
    pub fn blob(&mut self) -> Result<Vec<u8>, Corrupt> {
        self.string().map(Cow::into_owned)
    }

    /// Reads a double of eight bytes.
    ///
    /// # Errors
    ///
    /// As for [`byte`](Self::byte).
    pub fn double(&mut self) -> Result<f64, Corrupt> {
        self.array().map(f64::from_le_bytes)
    }

    /// Reads a double in decimal digits, the format of the earliest sorted sets.
    ///
    /// # Errors
    ///
    /// Returns an error if it is malformed.
    pub fn double_in_digits(&mut self) -> Result<f64, Corrupt> {
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            len => parse_f64(self.bytes(len.into())?).ok_or(Corrupt("a score is not a number")),
        }
    }

    /// Skips a double in decimal digits.
    ///
    /// # Errors
    ///
    /// As for [`byte`](Self::byte).
    pub fn skip_digits(&mut self) -> Result<(), Corrupt> {
        match self.byte()? {
            253.. => Ok(()),
            len => self.bytes(len.into()).map(drop),
        }
    }

    /// Reads a point in time or a duration, in milliseconds.
    ///
    /// # Errors
    ///
    /// As for [`byte`](Self::byte).
    pub fn millis(&mut self) -> Result<i64, Corrupt> {
        self.array().map(i64::from_le_bytes)
    }

    fn head(&mut self) -> Result<Head, Corrupt> {
        let first = self.byte()?;
        let low = first & 0x3f;
        Ok(match (first >> 6, first) {
            (0, _) => Head::Length(low.into()),
            (1, _) => Head::Length(u64::from(low) << 8 | u64::from(self.byte()?)),
            (3, _) => Head::Encoded(low),
            (_, 0x80) => Head::Length(u32::from_be_bytes(self.array()?).into()),
            (_, 0x81) => Head::Length(u64::from_be_bytes(self.array()?)),
            _ => return Err(UNKNOWN_LENGTH),
        })
    }
}

/// The head of a length, or of a string in a special encoding.
enum Head {
    Length(u64),
    Encoded(u8),
}
