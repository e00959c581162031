//! Ids of entries: milliseconds and a sequence number.

use core::fmt;

/// The id of an entry. Ids ascend, and no two entries of a stream ever have the same.
///
/// ```
/// use redstart_core::value::stream::StreamId;
/// assert_eq!(StreamId::parse(b"5-3", 0), Some(StreamId { ms: 5, seq: 3 }));
/// assert_eq!(StreamId::parse(b"5", 7), Some(StreamId { ms: 5, seq: 7 }));
/// assert_eq!(StreamId { ms: 5, seq: u64::MAX }.next(), Some(StreamId { ms: 6, seq: 0 }));
/// assert_eq!(StreamId::parse(b"-", 0), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId {
    /// Unix milliseconds, or any number that the sender uses for them.
    pub ms: u64,
    /// The sequence number within the millisecond.
    pub seq: u64,
}

impl StreamId {
    /// `0-0`, the id of no entry.
    pub const MIN: Self = Self { ms: 0, seq: 0 };

    /// The greatest id.
    pub const MAX: Self = Self { ms: u64::MAX, seq: u64::MAX };

    /// The maximum length of a text that is parsed.
    const MOST_BYTES: usize = 127;

    /// Parses `ms-seq` or `ms`; a missing sequence number becomes `seq`.
    #[must_use]
    pub fn parse(text: &[u8], seq: u64) -> Option<Self> {
        match Self::parts(text)? {
            (ms, Some(given)) => Some(Self { ms: number(ms)?, seq: number(given)? }),
            (ms, None) => Some(Self { ms: number(ms)?, seq }),
        }
    }

    /// Parses `ms-*`. Returns the milliseconds.
    #[must_use]
    pub fn parse_open(text: &[u8]) -> Option<u64> {
        match Self::parts(text)? {
            (ms, Some(b"*")) => number(ms),
            _ => None,
        }
    }

    /// Returns the text before and after the first hyphen, up to a NUL.
    fn parts(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
        if text.len() > Self::MOST_BYTES {
            return None;
        }
        let text = text.split(|byte| *byte == 0).next()?;
        Some(match text.iter().position(|byte| *byte == b'-') {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        })
    }

    /// Returns the next id.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match (self.seq.checked_add(1), self.ms.checked_add(1)) {
            (Some(seq), _) => Some(Self { ms: self.ms, seq }),
            (None, Some(ms)) => Some(Self { ms, seq: 0 }),
            (None, None) => None,
        }
    }

    /// Returns the previous id.
    #[must_use]
    pub const fn prev(self) -> Option<Self> {
        match (self.seq.checked_sub(1), self.ms.checked_sub(1)) {
            (Some(seq), _) => Some(Self { ms: self.ms, seq }),
            (None, Some(ms)) => Some(Self { ms, seq: u64::MAX }),
            (None, None) => None,
        }
    }

    /// Returns the sixteen bytes by which Redis indexes and dumps the id.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.ms) << 64) | u128::from(self.seq)).to_be_bytes()
    }

    /// Returns the id encoded in sixteen bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self { ms: (both >> 64) as u64, seq: both as u64 }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

/// Parses an unsigned number as Redis does with C's `strtoull`: blanks and a sign may precede it,
/// and a negative number wraps around at 2^64, unless it is written in Redis's own format.
fn number(text: &[u8]) -> Option<u64> {
    if crate::number::parse_i64(text).is_some_and(|number| number < 0) {
        return None;
    }
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let text = &text[text.iter().take_while(|byte| is_blank(byte)).count()..];
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    Some(if is_negative { number.wrapping_neg() } else { number })
}
