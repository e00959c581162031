//! Strings: bytes, or the integer that they spell.
//!
//! Redis stores a string in one of three encodings, which clients see in `OBJECT ENCODING` and rely
//! on: a value that spells a 64-bit integer exactly as Redis would print it is that integer
//! (`int`), a short one is `embstr`, and the rest, including everything edited in place, is `raw`.
//! Here the encoding is only a name: the record decides where the bytes are stored. It packs short
//! ones beside their key and shares long ones.

use crate::number::parse_i64;
use alloc::{rc::Rc, vec::Vec};
use core::fmt;

/// The longest string that Redis embeds in its object header.
const EMBSTR_MAX: usize = 44;

/// The encoding of a string, as `OBJECT ENCODING` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringEncoding {
    /// A 64-bit integer.
    Int,
    /// At most 44 bytes, never edited.
    Embstr,
    /// Long or edited bytes.
    Raw,
}

impl StringEncoding {
    /// Returns the name, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Embstr => "embstr",
            Self::Raw => "raw",
        }
    }
}

/// A borrowed string value, from the record that holds it or from the input of a command that is
/// about to store it.
#[derive(Clone, Copy, Debug)]
pub enum StringRef<'a> {
    /// The integer that the value spells.
    Int(i64),
    /// Bytes, `Embstr` or `Raw`.
    Bytes {
        /// The value.
        bytes: &'a [u8],
        /// The encoding: a short value that was edited is `raw` too.
        encoding: StringEncoding,
    },
    /// A long `raw` value, which copies of the key and pending replies may share.
    Shared(&'a Rc<Vec<u8>>),
}

impl<'a> StringRef<'a> {
    /// Creates the value that `SET` stores: an integer if the bytes spell one, otherwise the bytes.
    ///
    /// ```
    /// use redstart_core::value::string::{StringEncoding, StringRef};
    /// assert_eq!(StringRef::new(b"-42").encoding(), StringEncoding::Int);
    /// assert_eq!(StringRef::new(b"042").encoding(), StringEncoding::Embstr);
    /// assert_eq!(StringRef::new(&[b'x'; 45]).encoding(), StringEncoding::Raw);
    /// ```
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        parse_i64(bytes).map_or_else(|| Self::text(bytes), Self::Int)
    }

    /// Keeps the bytes as they are, even if they spell an integer: the value that `INCRBYFLOAT`
    /// stores.
    #[inline]
    #[must_use]
    pub const fn text(bytes: &'a [u8]) -> Self {
        let encoding =
            if bytes.len() <= EMBSTR_MAX { StringEncoding::Embstr } else { StringEncoding::Raw };
        Self::Bytes { bytes, encoding }
    }

    /// Keeps the bytes as `raw`, however short: the value that `APPEND` and `SETRANGE` store.
    #[inline]
    #[must_use]
    pub const fn raw(bytes: &'a [u8]) -> Self {
        Self::Bytes { bytes, encoding: StringEncoding::Raw }
    }

    /// Returns the encoding, as `OBJECT ENCODING` names it.
    #[inline]
    #[must_use]
    pub const fn encoding(&self) -> StringEncoding {
        match self {
            Self::Int(_) => StringEncoding::Int,
            Self::Bytes { encoding, .. } => *encoding,
            Self::Shared(_) => StringEncoding::Raw,
        }
    }

    /// Returns the bytes; an integer is printed into `digits`.
    #[inline]
    pub fn bytes<'b>(&self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Self::Int(number) => digits.format(*number).as_bytes(),
            Self::Bytes { bytes, .. } => bytes,
            Self::Shared(shared) => shared.as_slice(),
        }
    }

    /// Returns the length of the value in bytes, as `STRLEN` counts them.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Int(number) => {
                let digits =
                    number.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
                digits + usize::from(*number < 0)
            }
            Self::Bytes { bytes, .. } => bytes.len(),
            Self::Shared(shared) => shared.len(),
        }
    }

    /// Returns `true` if the value is the empty string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a copy of the bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes(&mut itoa::Buffer::new()).to_vec()
    }
}

/// Two strings are equal if their bytes are equal, whatever their encoding.
impl PartialEq for StringRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes(&mut itoa::Buffer::new()) == other.bytes(&mut itoa::Buffer::new())
    }
}

impl Eq for StringRef<'_> {}

impl fmt::Display for StringRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes(&mut itoa::Buffer::new()).escape_ascii().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn only_canonical_integers_have_the_int_encoding() {
        for number in [0, 1, -1, 9, 10, 12_345, i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1] {
            let text = number.to_string();
            assert!(
                matches!(StringRef::new(text.as_bytes()), StringRef::Int(n) if n == number),
                "{text}"
            );
            assert_eq!(StringRef::Int(number).len(), text.len(), "{text}");
            assert_eq!(StringRef::Int(number).to_vec(), text.as_bytes());
        }
        let not_integers: [&[u8]; 16] = [
            b"",
            b"-",
            b"+1",
            b"01",
            b"-0",
            b"00",
            b" 1",
            b"1 ",
            b"1.0",
            b"1e3",
            b"0x1",
            b"9223372036854775808",
            b"-9223372036854775809",
            b"18446744073709551616",
            b"99999999999999999999",
            b"100000000000000000000",
        ];
        for text in not_integers {
            assert_eq!(
                StringRef::new(text).encoding(),
                StringEncoding::Embstr,
                "{}",
                text.escape_ascii()
            );
        }
    }

    #[test]
    fn embstr_ends_at_44_bytes_unless_edited() {
        assert_eq!(StringRef::new(&[b'x'; 44]).encoding().name(), "embstr");
        assert_eq!(StringRef::new(&[b'x'; 45]).encoding().name(), "raw");
        assert_eq!(StringRef::text(b"12").encoding().name(), "embstr");
        assert_eq!(StringRef::raw(b"x").encoding().name(), "raw");
        assert_eq!(StringRef::Shared(&Rc::new(b"x".to_vec())).encoding().name(), "raw");
        assert_eq!(StringRef::raw(b"12"), StringRef::Int(12));
    }
}
