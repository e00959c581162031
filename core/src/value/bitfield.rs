//! Integers of any width at any bit of a string, as `BITFIELD` reads and writes them.
//!
//! Integers are big-endian: the first bit is the most significant one. Sixty-four bits at any
//! offset are within nine bytes, so a field is read and written through a window of nine bytes in a
//! 128-bit word, and since the arithmetic has 128 bits, it cannot overflow itself before it has
//! detected the overflow of the field.

/// The width and signedness of an integer: `i1` to `i64`, `u1` to `u63`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    is_signed: bool,
    bits: u32,
}

/// What to do with an integer that does not fit its field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Drop its high bits.
    #[default]
    Wrap,
    /// Store the nearest integer that fits.
    Sat,
    /// Leave the field unchanged.
    Fail,
}

/// Number of bytes that a field may touch.
const WINDOW: usize = 9;

impl Encoding {
    /// Parses the name of an encoding.
    ///
    /// ```
    /// use redstart_core::value::bitfield::Encoding;
    /// assert_eq!(Encoding::parse(b"u8").map(Encoding::bits), Some(8));
    /// assert_eq!(Encoding::parse(b"u64"), None);
    /// ```
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let (is_signed, widest) = match name.first()? {
            b'i' => (true, 64),
            b'u' => (false, 63),
            _ => return None,
        };
        let bits =
            crate::number::parse_i64(&name[1..]).filter(|bits| (1..=widest).contains(bits))?;
        Some(Self { is_signed, bits: bits as u32 })
    }

    /// Returns the width in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.bits
    }

    /// Reads the integer at the bit `offset`; bits past the end are zero.
    #[must_use]
    pub fn read(self, bytes: &[u8], offset: u64) -> i64 {
        let mut window = [0; 16];
        let at = usize::try_from(offset / 8).unwrap_or(usize::MAX).min(bytes.len());
        let there = &bytes[at..bytes.len().min(at.saturating_add(WINDOW))];
        window[..there.len()].copy_from_slice(there);
        self.narrow((u128::from_be_bytes(window) >> self.shift(offset)) as i128)
    }

    /// Writes the integer at the bit `offset`.
    ///
    /// # Panics
    ///
    /// If the field extends past the end of the bytes.
    pub fn write(self, bytes: &mut [u8], offset: u64, value: i64) {
        let at = (offset / 8) as usize;
        let end = (offset + u64::from(self.bits)).div_ceil(8) as usize;
        let there = &mut bytes[at..end];
        let mut window = [0; 16];
        window[..there.len()].copy_from_slice(there);
        let (shift, ones) = (self.shift(offset), self.ones());
        let field = (value as u128 & ones) << shift;
        let window = u128::from_be_bytes(window) & !(ones << shift) | field;
        there.copy_from_slice(&window.to_be_bytes()[..end - at]);
    }

    /// Returns the value that `SET` stores in the field, or `None` if it overflows with
    /// [`Overflow::Fail`]. For an unsigned field, a negative number is a very large one, as in
    /// Redis.
    #[must_use]
    pub fn assign(self, value: i64, overflow: Overflow) -> Option<i64> {
        if !self.is_signed {
            return self.fit(i128::from(value as u64), overflow);
        }
        // Redis first computes the distance from the greatest value, in 64 bits. For the lowest
        // numbers this overflows, and Redis treats them as too great.
        let greatest = (self.ones() >> 1) as i64;
        let is_far_below = self.bits < 64 && greatest.wrapping_sub(value) < 0 && value < 0;
        let value = if is_far_below && overflow == Overflow::Sat { greatest } else { value };
        self.fit(i128::from(value), overflow)
    }

    /// Returns the value that `INCRBY` stores in a field that holds `old`, or `None` if it
    /// overflows with [`Overflow::Fail`].
    #[must_use]
    pub fn add(self, old: i64, increment: i64, overflow: Overflow) -> Option<i64> {
        self.fit(i128::from(old) + i128::from(increment), overflow)
    }

    fn fit(self, value: i128, overflow: Overflow) -> Option<i64> {
        let greatest = (self.ones() >> u32::from(self.is_signed)) as i128;
        let least = if self.is_signed { -greatest - 1 } else { 0 };
        match overflow {
            _ if (least..=greatest).contains(&value) => Some(value as i64),
            Overflow::Wrap => Some(self.narrow(value)),
            Overflow::Sat => Some(value.clamp(least, greatest) as i64),
            Overflow::Fail => None,
        }
    }

    /// Interprets the low bits of a number in this encoding.
    const fn narrow(self, value: i128) -> i64 {
        let unused = 128 - self.bits;
        let high = value << unused;
        (if self.is_signed { high >> unused } else { (high as u128 >> unused) as i128 }) as i64
    }

    /// Returns a mask with as many ones as the field has bits.
    const fn ones(self) -> u128 {
        (1 << self.bits) - 1
    }

    /// Returns the distance of the field's last bit from the end of 16 bytes that begin with the
    /// field's first byte.
    const fn shift(self, offset: u64) -> u32 {
        128 - (offset % 8) as u32 - self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use crate::value::bitmap;
    use alloc::{format, vec};

    fn encoding(name: &str) -> Encoding {
        Encoding::parse(name.as_bytes()).unwrap()
    }

    #[test]
    fn only_valid_encodings_are_parsed() {
        for good in ["i1", "u1", "i64", "u63"] {
            let bits: u32 = good[1..].parse().unwrap();
            assert_eq!(encoding(good).bits(), bits);
        }
        for bad in ["", "i", "u", "i0", "u0", "i65", "u64", "8", "I8", "i08", "i+8", "i 8", "u-1"] {
            assert_eq!(Encoding::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn writing_a_field_changes_no_other_bits() {
        let mut random = Random::new(Seed(3));
        for _ in 0..20_000 {
            let is_signed = random.below(2) == 0;
            let bits = 1 + random.below(if is_signed { 64 } else { 63 }) as u32;
            let encoding = encoding(&format!("{}{bits}", if is_signed { 'i' } else { 'u' }));
            let mut bytes: [u8; 20] = core::array::from_fn(|_| random.below(256) as u8);
            let (before, offset) = (bytes, random.below(96) as u64);
            let bit = |bytes: &[u8], at| i64::from(bitmap::bit(bytes, at));
            let field = offset..offset + u64::from(bits);
            let mut naive = if is_signed { -bit(&bytes, offset) } else { 0 };
            for at in field.clone() {
                naive = naive << 1 | bit(&bytes, at);
            }
            assert_eq!(encoding.read(&bytes, offset), naive);

            let value = encoding.narrow((random.next_u64() as i64).into());
            encoding.write(&mut bytes, offset, value);
            assert_eq!(encoding.read(&bytes, offset), value);
            for at in (0..160).filter(|at| !field.contains(at)) {
                assert_eq!(bit(&bytes, at), bit(&before, at));
            }
        }
    }

    #[test]
    fn bits_past_the_end_are_zero() {
        assert_eq!(encoding("u8").read(b"\xff", 4), 0xf0);
        assert_eq!(encoding("i8").read(b"\xff", 4), -16);
        assert_eq!(encoding("i64").read(b"\xff", 8), 0);
        assert_eq!(encoding("i64").read(b"\xff", u64::MAX), 0);
        let mut bytes = vec![0; 9];
        encoding("i64").write(&mut bytes, 7, -1);
        assert_eq!(bytes, b"\x01\xff\xff\xff\xff\xff\xff\xff\xfe");
    }

    #[test]
    fn overflow_wraps_saturates_or_fails_as_requested() {
        use Overflow::{Fail, Sat, Wrap};
        let (u8, i8, i64) = (encoding("u8"), encoding("i8"), encoding("i64"));
        assert_eq!([Wrap, Sat, Fail].map(|o| u8.add(250, 10, o)), [Some(4), Some(255), None]);
        assert_eq!([Wrap, Sat, Fail].map(|o| u8.add(5, -10, o)), [Some(251), Some(0), None]);
        assert_eq!([Wrap, Sat, Fail].map(|o| u8.assign(-1, o)), [Some(255), Some(255), None]);
        assert_eq!([Wrap, Sat, Fail].map(|o| i8.add(127, 1, o)), [Some(-128), Some(127), None]);
        assert_eq!([Wrap, Sat, Fail].map(|o| i8.add(-128, -1, o)), [Some(127), Some(-128), None]);
        assert_eq!([Wrap, Sat, Fail].map(|o| i8.assign(-1, o)), [Some(-1); 3]);
        let (max, min) = (i64::MAX, i64::MIN);
        assert_eq!([Wrap, Sat, Fail].map(|o| i64.add(max, 1, o)), [Some(min), Some(max), None]);
        assert_eq!([Wrap, Sat, Fail].map(|o| i64.add(min, min, o)), [Some(0), Some(min), None]);
    }
}
