//! Rounding of an exact binary number to the nearest one in a floating-point format.

/// `mantissa` times two to the `exponent`, plus less than one unit of `mantissa` if `inexact`. The
/// mantissa of an inexact number has at least one bit more than the format it is rounded to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unrounded {
    pub(super) mantissa: u128,
    pub(super) exponent: i64,
    pub(super) inexact: bool,
}

/// A binary format: the number of bits of its mantissa and the possible weights of the last bit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    precision: i64,
    min_exponent: i64,
    max_exponent: i64,
}

impl Format {
    /// `f64`.
    pub(super) const DOUBLE: Self = Self { precision: 53, min_exponent: -1074, max_exponent: 971 };
    /// The 80-bit format of the x87, `long double` on x86-64.
    pub(super) const EXTENDED: Self =
        Self { precision: 64, min_exponent: -16445, max_exponent: 16320 };

    /// Returns the nearest mantissa and exponent, ties to even, or `None` on overflow. Only the
    /// mantissa of a denormal number lacks its top bit.
    pub(super) fn round(self, number: Unrounded) -> Option<(u64, i32)> {
        let Unrounded { mantissa, exponent, inexact } = number;
        let bits = i64::from(u128::BITS - mantissa.leading_zeros());
        // Number of low bits that do not fit the format; if negative, the number of bits to spare.
        let excess = (bits - self.precision).max(self.min_exponent.saturating_sub(exponent));
        let (mut rounded, mut exponent) = (0, exponent.saturating_add(excess));
        if mantissa == 0 {
            exponent = self.min_exponent;
        } else if excess <= 0 {
            rounded = mantissa << -excess;
        } else if excess <= i64::from(u128::BITS) {
            let kept = mantissa.checked_shr(excess as u32).unwrap_or(0);
            let half = 1 << (excess - 1);
            let lost = mantissa & (half | (half - 1));
            rounded = kept + u128::from(lost > half || lost == half && (inexact || kept % 2 == 1));
        }
        if rounded >> self.precision != 0 {
            rounded >>= 1;
            exponent += 1;
        }
        (exponent <= self.max_exponent).then_some((rounded as u64, exponent as i32))
    }
}

impl Unrounded {
    /// Returns the hexadecimal `<integer>.<fraction>` times two to the `exponent`.
    pub(super) fn from_hex(integer: &[u8], fraction: &[u8], exponent: i64) -> Self {
        let mut number =
            Self { mantissa: 0, exponent: exponent - 4 * fraction.len() as i64, inexact: false };
        for &digit in integer.iter().chain(fraction) {
            let digit = u128::from(char::from(digit).to_digit(16).unwrap_or(0));
            if number.mantissa >> 124 == 0 {
                number.mantissa = number.mantissa << 4 | digit;
            } else {
                number.exponent += 4;
                number.inexact |= digit != 0;
            }
        }
        number
    }
}
