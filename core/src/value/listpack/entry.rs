//! One entry of a listpack and its encoding.
//!
//! ```text
//!  head        what follows           holds
//!  0xxxxxxx                           an integer of 7 bits, unsigned
//!  10xxxxxx    the bytes              up to 63 bytes
//!  110xxxxx    8 bits                 an integer of 13 bits
//!  1110xxxx    8 bits, the bytes      up to 4095 bytes
//!  11110000    32 bits, the bytes     up to 2^32 - 1 bytes
//!  11110001..  2, 3, 4 or 8 bytes     an integer of so many bytes
//! ```
//!
//! Head and payload are followed by the *backlen*: their length, with seven bits per byte, encoded
//! so that it can be read backwards from its end. This permits iteration from the tail of a
//! listpack.

use super::super::super::number::parse_i64;
use alloc::vec::Vec;
use core::fmt;

/// The value of an entry: an integer if its bytes spell one as Redis would print it, otherwise the
/// bytes.
///
/// ```
/// use redstart_core::value::listpack::Entry;
/// assert!(matches!(Entry::encode(b"-42"), Entry::Int(-42)));
/// assert!(matches!(Entry::encode(b"042"), Entry::Bytes(b"042")));
/// assert_eq!(Entry::Int(7), Entry::Bytes(b"7"));
/// ```
#[derive(Clone, Copy)]
pub enum Entry<'a> {
    /// The integer that the value spells.
    Int(i64),
    /// The value.
    Bytes(&'a [u8]),
}

impl<'a> Entry<'a> {
    /// Converts `bytes` to the entry that Redis would store.
    #[inline]
    #[must_use]
    pub fn encode(bytes: &'a [u8]) -> Self {
        parse_i64(bytes).map_or(Self::Bytes(bytes), Self::Int)
    }

    /// Converts bytes that spell an integer to that integer.
    #[inline]
    #[must_use]
    pub fn encoded(self) -> Self {
        match self {
            Self::Int(_) => self,
            Self::Bytes(bytes) => Self::encode(bytes),
        }
    }

    /// Returns the bytes; an integer is printed into `digits`.
    #[inline]
    pub fn text<'b>(self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Self::Int(number) => digits.format(number).as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Returns the length of the printed value in bytes.
    #[must_use]
    pub fn text_len(self) -> usize {
        match self {
            Self::Int(number) => {
                let log = number.unsigned_abs().checked_ilog10().unwrap_or(0);
                log as usize + 1 + usize::from(number < 0)
            }
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Returns the value if it is or spells an integer.
    #[inline]
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(number),
            Self::Bytes(bytes) => parse_i64(bytes),
        }
    }

    /// Appends the bytes to `out`.
    pub fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text(&mut itoa::Buffer::new()));
    }

    /// Returns a copy of the bytes.
    #[must_use]
    pub fn to_vec(self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }

    /// Returns the size of the encoded entry in bytes: head, payload and backlen.
    ///
    /// ```
    /// use redstart_core::value::listpack::Entry;
    /// assert_eq!(Entry::Int(127).size_bytes(), 2);
    /// assert_eq!(Entry::Bytes(&[b'x'; 63]).size_bytes(), 65);
    /// assert_eq!(Entry::Bytes(&[b'x'; 64]).size_bytes(), 67);
    /// ```
    #[inline]
    #[must_use]
    pub fn size_bytes(self) -> usize {
        let body = self.body_bytes();
        body + backlen_size(body)
    }

    /// Returns the size of the encoded entry without the backlen.
    #[inline]
    fn body_bytes(self) -> usize {
        match self {
            Self::Int(number) => int_len(number),
            Self::Bytes(bytes) => bytes_head_len(bytes.len()) + bytes.len(),
        }
    }

    /// Encodes the entry into exactly [`size_bytes`](Self::size_bytes) bytes.
    pub(in crate::value) fn write(self, into: &mut [u8]) {
        let (body, backlen) = into.split_at_mut(self.body_bytes());
        self.write_body(body);
        write_backlen(body.len(), backlen);
    }

    /// Appends the encoded entry without its backlen, for readers that only iterate forwards.
    pub(in crate::value) fn write_bare(self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.body_bytes(), 0);
        self.write_body(&mut out[start..]);
    }

    /// Reads an entry without backlen and advances `bytes` past it.
    #[inline]
    pub(in crate::value) fn take_bare(bytes: &mut &'a [u8]) -> Option<Self> {
        let (entry, rest) = bytes.split_at_checked(body_len(bytes)?)?;
        *bytes = rest;
        Some(Self::read(entry))
    }

    /// Advances `bytes` past an entry without backlen.
    #[inline]
    pub(in crate::value) fn skip_bare(bytes: &mut &[u8]) -> Option<()> {
        *bytes = bytes.get(body_len(bytes)?..)?;
        Some(())
    }

    /// Writes head and payload. Their length must be that of `into`.
    #[expect(clippy::cast_possible_truncation, reason = "each cast keeps the bits of its case")]
    fn write_body(self, into: &mut [u8]) {
        match self {
            Self::Int(number) => {
                let body = into.len();
                let little = number.to_le_bytes();
                match body {
                    1 => into[0] = little[0],
                    2 => into[..2].copy_from_slice(&[0xc0 | little[1] & 0x1f, little[0]]),
                    _ => {
                        into[0] = INT_HEADS + if body == 9 { 4 } else { body as u8 - 2 };
                        into[1..].copy_from_slice(&little[..body - 1]);
                    }
                }
            }
            Self::Bytes(bytes) => {
                let len = bytes.len();
                let head = bytes_head_len(len);
                match head {
                    1 => into[0] = 0x80 | len as u8,
                    2 => into[..2].copy_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]),
                    _ => {
                        into[0] = LONG_BYTES;
                        into[1..5].copy_from_slice(&(len as u32).to_le_bytes());
                    }
                }
                into[head..].copy_from_slice(bytes);
            }
        }
    }

    /// Reads the entry at the beginning of `at`.
    #[inline]
    pub(super) fn read(at: &'a [u8]) -> Self {
        let int = |len: usize| {
            let mut little = [0; 8];
            little[8 - len..].copy_from_slice(&at[1..=len]);
            Self::Int(i64::from_le_bytes(little) >> (64 - 8 * len))
        };
        match at[0] {
            head @ 0..=0x7f => Self::Int(i64::from(head)),
            head @ 0x80..=0xbf => Self::Bytes(&at[1..1 + usize::from(head & 0x3f)]),
            head @ 0xc0..=0xdf => {
                let bits = i16::from_be_bytes([head << 3, at[1]]);
                // The head's five bits now come first, and the others have three spare bits before
                // them.
                Self::Int(i64::from((bits & !0xff) >> 3 | bits & 0xff))
            }
            head @ 0xe0..=0xef => {
                let len = usize::from(head & 0xf) << 8 | usize::from(at[1]);
                Self::Bytes(&at[2..2 + len])
            }
            LONG_BYTES => Self::Bytes(&at[5..5 + long_len(at)]),
            0xf1 => int(2),
            0xf2 => int(3),
            0xf3 => int(4),
            0xf4 => int(8),
            _ => unreachable!("every position is the start of an entry"),
        }
    }
}

/// Two entries are equal if their bytes are equal, because an integer has only one spelling.
impl PartialEq for Entry<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::Int(number), Self::Bytes(bytes)) | (Self::Bytes(bytes), Self::Int(number)) => {
                parse_i64(bytes) == Some(number)
            }
        }
    }
}

impl Eq for Entry<'_> {}

impl PartialEq<[u8]> for Entry<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        *self == Entry::Bytes(other)
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
        }
    }
}

/// The head of bytes with a length of 32 bits. The heads of integers of whole bytes follow it.
const LONG_BYTES: u8 = 0xf0;
const INT_HEADS: u8 = 0xf0;

/// Returns the length without backlen of the entry at the beginning of `at`, as its head states, or
/// `None` if no valid entry begins there.
#[inline]
pub(super) fn body_len(at: &[u8]) -> Option<usize> {
    Some(match *at.first()? {
        0..=0x7f => 1,
        head @ 0x80..=0xbf => 1 + usize::from(head & 0x3f),
        0xc0..=0xdf => 2,
        head @ 0xe0..=0xef => 2 + (usize::from(head & 0xf) << 8 | usize::from(*at.get(1)?)),
        LONG_BYTES if at.len() >= 5 => long_len(at).checked_add(5)?,
        0xf1 => 3,
        0xf2 => 4,
        0xf3 => 5,
        0xf4 => 9,
        _ => return None,
    })
}

/// Returns the size of the backlen for an entry of `body` bytes. The bounds are those of Redis,
/// which wastes a byte at each.
#[inline]
pub(super) const fn backlen_size(body: usize) -> usize {
    match body {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

/// Reads the backlen at the end of `before`.
#[inline]
pub(super) fn read_backlen(before: &[u8]) -> Option<usize> {
    let mut len = 0;
    for (place, byte) in before.iter().rev().take(5).enumerate() {
        len |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return usize::try_from(len).ok();
        }
    }
    None
}

/// Writes the backlen of an entry of `body` bytes: all of its bytes except the first are marked.
#[expect(clippy::cast_possible_truncation, reason = "seven bits per byte")]
fn write_backlen(body: usize, into: &mut [u8]) {
    let mut rest = body;
    let (first, marked) = into.split_at_mut(1);
    for byte in marked.iter_mut().rev() {
        *byte = 0x80 | rest as u8 & 0x7f;
        rest >>= 7;
    }
    first[0] = rest as u8;
}

fn long_len(at: &[u8]) -> usize {
    u32::from_le_bytes([at[1], at[2], at[3], at[4]]) as usize
}

/// Returns the size of an encoded integer in bytes, including its head.
const fn int_len(number: i64) -> usize {
    match number {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    }
}

/// Returns the size of the head of `len` bytes.
const fn bytes_head_len(len: usize) -> usize {
    match len {
        0..64 => 1,
        64..4096 => 2,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    fn written(entry: Entry<'_>) -> Vec<u8> {
        let mut bytes = vec![0; entry.size_bytes()];
        entry.write(&mut bytes);
        bytes
    }

    #[test]
    fn every_integer_reads_back_unchanged() {
        let edges = (0..64).flat_map(|bit| {
            let power = 1i64 << bit;
            [power.wrapping_sub(1), power, power.wrapping_add(1)]
        });
        for number in (-70_000..70_000).chain(edges.clone()).chain(edges.map(i64::wrapping_neg)) {
            let bytes = written(Entry::Int(number));
            assert!(matches!(Entry::read(&bytes), Entry::Int(read) if read == number), "{number}");
            let body = body_len(&bytes).unwrap();
            assert_eq!(body + backlen_size(body), bytes.len());
            assert_eq!(read_backlen(&bytes), Some(body));
            assert_eq!(Entry::Int(number).text_len(), Entry::Int(number).to_vec().len());
        }
    }

    #[test]
    fn integers_are_encoded_as_redis_does() {
        let known: [(i64, &[u8]); 8] = [
            (127, &[0x7f, 1]),
            (128, &[0xc0, 128, 2]),
            (-1, &[0xdf, 0xff, 2]),
            (-4096, &[0xd0, 0, 2]),
            (4096, &[0xf1, 0, 0x10, 3]),
            (-8_388_608, &[0xf2, 0, 0, 0x80, 4]),
            (8_388_608, &[0xf3, 0, 0, 0x80, 0, 5]),
            (1 << 31, &[0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 9]),
        ];
        for (number, bytes) in known {
            assert_eq!(written(Entry::Int(number)), bytes, "{number}");
        }
    }

    #[test]
    fn bytes_read_back_unchanged_around_every_length_limit() {
        for bound in [0, 63, 126, 127, 4093, 4095, 16_378, 16_383, 2_097_146, 2_097_151] {
            for len in [bound, bound + 1, bound + 2] {
                let text = vec![b'x'; len];
                let bytes = written(Entry::Bytes(&text));
                assert!(matches!(Entry::read(&bytes), Entry::Bytes(read) if read == text), "{len}");
                let body = body_len(&bytes).unwrap();
                assert_eq!(body + backlen_size(body), bytes.len(), "{len}");
                assert_eq!(read_backlen(&bytes), Some(body), "{len}");
            }
        }
    }
}
