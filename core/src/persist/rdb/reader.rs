//! Reading the parts of which all values are made, without trust in any of them.

use super::lzf;
use crate::{limits, number::parse_f64};
use alloc::{borrow::Cow, vec::Vec};

/// Bytes that are not what they are said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

/// Serialised bytes, read from the front.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// Bytes to which compressed strings may still expand.
    expansion_bytes: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::limited(bytes, usize::MAX)
    }

    /// Reads `bytes`, whose compressed strings may expand to so many bytes in all.
    #[must_use]
    pub const fn limited(bytes: &'a [u8], expansion_bytes: usize) -> Self {
        Self { bytes, expansion_bytes }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// The next byte.
    ///
    /// # Errors
    /// There is none, as below wherever something is missing.
    pub fn byte(&mut self) -> Result<u8, Corrupt> {
        self.array().map(|[byte]| byte)
    }

    /// So many bytes.
    ///
    /// # Errors
    /// As [`byte`](Self::byte).
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], Corrupt> {
        let (bytes, rest) = self.bytes.split_at_checked(len).ok_or(Corrupt)?;
        self.bytes = rest;
        Ok(bytes)
    }

    /// As many bytes as an array has.
    ///
    /// # Errors
    /// As [`byte`](Self::byte).
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        let (&array, rest) = self.bytes.split_first_chunk().ok_or(Corrupt)?;
        self.bytes = rest;
        Ok(array)
    }

    /// A length, or another number without a sign.
    ///
    /// # Errors
    /// It is none.
    pub fn length(&mut self) -> Result<u64, Corrupt> {
        match self.head()? {
            Head::Length(length) => Ok(length),
            // Redis takes the form of a number for the number.
            Head::Encoded(form) => Ok(form.into()),
        }
    }

    /// How many parts follow. Each takes a byte at least, so that a count is refused before anything is set aside for it.
    ///
    /// # Errors
    /// It is none, or what follows is too short.
    pub fn count(&mut self) -> Result<usize, Corrupt> {
        let count = usize::try_from(self.length()?).map_err(|_| Corrupt)?;
        if count <= self.left() { Ok(count) } else { Err(Corrupt) }
    }

    /// A string: as it is, compressed, or a number.
    ///
    /// # Errors
    /// It is none.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>, Corrupt> {
        let number =
            |number: i32| Cow::Owned(itoa::Buffer::new().format(number).as_bytes().to_vec());
        match self.head()? {
            Head::Length(len) => {
                self.bytes(usize::try_from(len).map_err(|_| Corrupt)?).map(Cow::Borrowed)
            }
            Head::Encoded(0) => Ok(number(i8::from_le_bytes(self.array()?).into())),
            Head::Encoded(1) => Ok(number(i16::from_le_bytes(self.array()?).into())),
            Head::Encoded(2) => Ok(number(i32::from_le_bytes(self.array()?))),
            Head::Encoded(3) => {
                let (compressed, len) = (self.count()?, self.length()?);
                if len > limits::SERIALISED_STRING_LEN_BYTES {
                    return Err(Corrupt);
                }
                let len = usize::try_from(len).map_err(|_| Corrupt)?;
                self.expansion_bytes = self.expansion_bytes.checked_sub(len).ok_or(Corrupt)?;
                lzf::decompress(self.bytes(compressed)?, len).map(Cow::Owned).ok_or(Corrupt)
            }
            Head::Encoded(_) => Err(Corrupt),
        }
    }

    /// A string, as bytes to keep.
    ///
    /// # Errors
    /// As [`string`](Self::string).
    pub fn blob(&mut self) -> Result<Vec<u8>, Corrupt> {
        self.string().map(Cow::into_owned)
    }

    /// A double of eight bytes.
    ///
    /// # Errors
    /// As [`byte`](Self::byte).
    pub fn double(&mut self) -> Result<f64, Corrupt> {
        self.array().map(f64::from_le_bytes)
    }

    /// A double in digits, as the first sorted sets had them.
    ///
    /// # Errors
    /// It is none.
    pub fn double_in_digits(&mut self) -> Result<f64, Corrupt> {
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            len => parse_f64(self.bytes(len.into())?).ok_or(Corrupt),
        }
    }

    /// A point in time, or a span, in milliseconds.
    ///
    /// # Errors
    /// As [`byte`](Self::byte).
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
            _ => return Err(Corrupt),
        })
    }
}

/// What a length begins with, or a string that is none.
enum Head {
    Length(u64),
    Encoded(u8),
}
