//! The `long double` of x86-64 in software, for `INCRBYFLOAT` and everything that prints like it.
//!
//! Redis computes these in the 80-bit format of the x87: 64 bits of mantissa and fifteen of
//! exponent. The `long double` type differs between targets, or does not exist, so the format is
//! implemented here: a sum has the same digits on every machine. Parsing and addition round to
//! nearest, ties to even; printing is exact.

use alloc::vec::Vec;

use super::literal::{Literal, Magnitude};
use super::natural::Natural;
use super::rounding::{Format, Unrounded};
use crate::limits;

/// An 80-bit extended-precision number, or an infinity.
///
/// ```
/// use redstart_core::number::LongDouble;
/// let sum = LongDouble::parse(b"0.1").unwrap().add(LongDouble::parse(b"0.2").unwrap()).unwrap();
/// let mut text = Vec::new();
/// sum.append_human(&mut text);
/// assert_eq!(text, b"0.3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    /// The weight of the mantissa's last bit, as a power of two; [`INFINITE`] for an infinity.
    exponent: i32,
    mantissa: u64,
}

/// The exponent of an infinity.
const INFINITE: i32 = i32::MAX;

/// Number of digits after the point: as many as `%.17Lf` prints.
const FRACTION_DIGITS: usize = 17;

impl LongDouble {
    /// Parses what [`parse_f64`](super::parse_f64) parses, in the range of this format, from less
    /// than 5 KiB.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > limits::LONG_DOUBLE_LEN_BYTES {
            return None;
        }
        let literal = Literal::parse(text)?;
        let unrounded = match literal.magnitude {
            Magnitude::Infinity => {
                return Some(Self { negative: literal.negative, exponent: INFINITE, mantissa: 0 });
            }
            Magnitude::Hex { integer, fraction, exponent } => {
                Unrounded::from_hex(integer, fraction, exponent)
            }
            Magnitude::Decimal { integer, fraction, exponent } => {
                from_decimal(integer, fraction, exponent)?
            }
        };
        let (mantissa, exponent) = Format::EXTENDED.round(unrounded)?;
        let underflow = mantissa == 0 && !literal.magnitude.is_zero();
        (!underflow).then_some(Self { negative: literal.negative, exponent, mantissa })
    }

    /// Returns `true` if the number is finite.
    #[must_use]
    pub const fn is_finite(self) -> bool {
        self.exponent != INFINITE
    }

    /// Returns the sum, or `None` if C returns an infinity or `NaN`.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "`+` cannot return `None`")]
    pub fn add(self, other: Self) -> Option<Self> {
        if !self.is_finite() || !other.is_finite() {
            return None;
        }
        let (large, small) =
            if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        // The mantissa of the larger exponent has 63 spare bits below it and one above. Of the bits
        // of the smaller number that fall off the bottom, it matters only whether any is set.
        const ROOM: u32 = 63;
        let distance = large.exponent.abs_diff(small.exponent);
        let addend = u128::from(small.mantissa) << ROOM;
        let aligned = addend.checked_shr(distance).unwrap_or(0);
        let inexact = aligned.checked_shl(distance).unwrap_or(0) != addend;
        let base = u128::from(large.mantissa) << ROOM;
        let (negative, mantissa) = if large.negative == small.negative {
            (large.negative, base + aligned)
        } else if base >= aligned {
            (large.negative, base - aligned - u128::from(inexact))
        } else {
            (small.negative, aligned - base)
        };
        let exponent = i64::from(large.exponent) - i64::from(ROOM);
        let (mantissa, exponent) =
            Format::EXTENDED.round(Unrounded { mantissa, exponent, inexact })?;
        Some(Self { negative, exponent, mantissa })
    }

    /// Appends the number in positional notation: without an exponent, with at most seventeen
    /// digits after the point and no trailing zeros.
    pub fn append_human(self, out: &mut Vec<u8>) {
        let start = out.len();
        if self.negative {
            out.push(b'-');
        }
        if !self.is_finite() {
            out.extend_from_slice(b"inf");
        } else if self.exponent >= 0 {
            let mut number = Natural::from(self.mantissa);
            number.shift_left(self.exponent.unsigned_abs());
            number.append_decimal(out);
        } else {
            self.append_fixed(out);
        }
        if &out[start..] == b"-0" {
            out.remove(start);
        }
    }

    /// Appends a number below 2^64, which may have a fraction.
    fn append_fixed(self, out: &mut Vec<u8>) {
        const SCALE: u128 = 10u128.pow(FRACTION_DIGITS as u32);
        let scaled = u128::from(self.mantissa) * SCALE;
        let shift = self.exponent.unsigned_abs();
        let scaled = match scaled.checked_shr(shift) {
            Some(floor) => {
                let (lost, half) = (scaled - (floor << shift), 1 << (shift - 1));
                floor + u128::from(lost > half || lost == half && floor % 2 == 1)
            }
            None => 0,
        };
        let mut buffer = itoa::Buffer::new();
        out.extend_from_slice(buffer.format((scaled / SCALE) as u64).as_bytes());
        let mut fraction = scaled % SCALE;
        if fraction > 0 {
            let point = out.len();
            out.resize(point + 1 + FRACTION_DIGITS, b'0');
            out[point] = b'.';
            for digit in out[point + 1..].iter_mut().rev() {
                *digit += (fraction % 10) as u8;
                fraction /= 10;
            }
            let zeros = out.iter().rev().take_while(|&&digit| digit == b'0').count();
            out.truncate(out.len() - zeros);
        }
    }
}

impl From<i64> for LongDouble {
    fn from(value: i64) -> Self {
        let unrounded =
            Unrounded { mantissa: value.unsigned_abs().into(), exponent: 0, inexact: false };
        let (mantissa, exponent) = Format::EXTENDED.round(unrounded).expect("64 bits fit");
        Self { negative: value < 0, exponent, mantissa }
    }
}

/// The conversion is exact, except that `NaN` becomes an infinity.
impl From<f64> for LongDouble {
    fn from(value: f64) -> Self {
        let negative = value.is_sign_negative();
        if !value.is_finite() {
            return Self { negative, exponent: INFINITE, mantissa: 0 };
        }
        let bits = value.to_bits();
        let (biased, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
        let mantissa = u128::from(if biased == 0 { fraction } else { fraction | 1 << 52 });
        let unrounded = Unrounded { mantissa, exponent: biased.max(1) - 1075, inexact: false };
        let (mantissa, exponent) = Format::EXTENDED.round(unrounded).expect("doubles are in range");
        Self { negative, exponent, mantissa }
    }
}

/// Returns `<integer>.<fraction>` times ten to the `exponent`, or `None` if that is far out of
/// range.
fn from_decimal(integer: &[u8], fraction: &[u8], exponent: i64) -> Option<Unrounded> {
    /// Outside this range every number overflows or underflows to zero.
    const DECADES: core::ops::RangeInclusive<i64> = -4960..=4940;
    let digits = || {
        integer.iter().chain(fraction).skip_while(|&&digit| digit == b'0').map(|digit| digit - b'0')
    };
    let (count, exponent) = (digits().count(), exponent - fraction.len() as i64);
    if count == 0 {
        return Some(Unrounded { mantissa: 0, exponent: 0, inexact: false });
    }
    if !DECADES.contains(&(count as i64 + exponent)) {
        return None;
    }
    // Ten is five times two, and the powers of two go into the binary exponent.
    let fives = exponent.unsigned_abs() as u32;
    let unrounded = if count <= 19 && fives <= 27 {
        let number =
            u128::from(digits().fold(0u64, |number, digit| number * 10 + u64::from(digit)));
        if exponent >= 0 {
            Unrounded { mantissa: number * 5u128.pow(fives), exponent: 0, inexact: false }
        } else {
            let (shift, divisor) = (number.leading_zeros(), 5u128.pow(fives));
            let number = number << shift;
            Unrounded {
                mantissa: number / divisor,
                exponent: -i64::from(shift),
                inexact: number % divisor != 0,
            }
        }
    } else {
        let mut number = Natural::default();
        for nine in digits().collect::<Vec<_>>().chunks(9) {
            let group = nine.iter().fold(0, |group, &digit| group * 10 + u32::from(digit));
            number.multiply_add(10u32.pow(nine.len() as u32), group);
        }
        if exponent >= 0 {
            number.multiply_by_power_of_five(fives);
            number.top()
        } else {
            let mut divisor = Natural::from(1);
            divisor.multiply_by_power_of_five(fives);
            number.divide(divisor)
        }
    };
    Some(Unrounded { exponent: unrounded.exponent + exponent, ..unrounded })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn human(number: LongDouble) -> String {
        let mut text = Vec::new();
        number.append_human(&mut text);
        String::from_utf8(text).unwrap()
    }

    fn sum(a: &str, b: &str) -> Option<String> {
        LongDouble::parse(a.as_bytes())?.add(LongDouble::parse(b.as_bytes())?).map(human)
    }

    /// Expected results are those of `SET` and `INCRBYFLOAT` of the reference server.
    #[test]
    fn sums_match_the_reference_server() {
        let rows = [
            ("0.1", "0.2", "0.3"),
            ("3.0e3", "0", "3000"),
            ("5.0e3", "200", "5200"),
            ("-0", "-0", "0"),
            ("-1e-20", "0", "0"),
            ("5e-18", "0", "0"),
            ("1.5e-17", "0", "0.00000000000000002"),
            ("-1.5e-17", "0", "-0.00000000000000002"),
            ("3.6e-4951", "0", "0"),
            ("9223372036854775807", "1", "9223372036854775808"),
            ("18446744073709551615", "0.5", "18446744073709551616"),
            ("18446744073709551616", "1", "18446744073709551616"),
            ("18446744073709551615", "1", "18446744073709551616"),
            ("36893488147419103232", "3", "36893488147419103236"),
            ("0x1p-3", "0", "0.125"),
            ("0x1.00000000000018p0", "0", "1.00000000000000033"),
            ("1.00000000000000011", "0", "1.00000000000000011"),
            ("10.5", "0.1", "10.6"),
            ("1", "-1", "0"),
            ("1", "-0.99999999999999999", "0.00000000000000001"),
            ("1e20", "-1e20", "0"),
            ("1e20", "1", "100000000000000000000"),
            ("1e30", "-1e-30", "1000000000000000000024696061952"),
            ("123456789012345678901234567890", "0", "123456789012345678899921813504"),
            ("0.3", "-0.1", "0.2"),
            ("1e-17", "1e-17", "0.00000000000000002"),
            ("9007199254740993", "0.125", "9007199254740993.125"),
            ("1.1", "2.2", "3.3"),
            ("0x1p64", "-0x1p-1", "18446744073709551616"),
            ("0x1p64", "-0x1p-2", "18446744073709551616"),
            ("0x1p64", "0x1.8p0", "18446744073709551618"),
            ("1e-4940", "1", "1"),
            (
                "17",
                "-0.00000000000000000867361737988403547205962240695953369140625",
                "16.99999999999999999",
            ),
            ("-3", "1.5", "-1.5"),
            ("999999999999999999.99", "0.01", "1000000000000000000"),
            ("0.49999999999999999999999", "0.5", "1"),
            ("12345678901234567890.12345678901234567890", "0", "12345678901234567890"),
            (
                "1234567890123456789012345678901234567890e-25",
                "0",
                "123456789012345.67890167236328125",
            ),
            ("0x123456789abcdef0123456789p-50", "0", "80063993375475.48340606689453125"),
        ];
        for (a, b, expected) in rows {
            assert_eq!(sum(a, b).as_deref(), Some(expected), "{a} + {b}");
            assert_eq!(sum(b, a).as_deref(), Some(expected), "{b} + {a}");
        }
    }

    #[test]
    fn large_numbers_are_printed_exactly() {
        let rows = [
            ("1e400", 401, "100000000000000000002818806839", "309734806343732497430221946880"),
            ("-1e4932", 4934, "-10000000000000000000060189493", "163141086538418113791886622720"),
            (
                "1.18973149535723176502e+4932",
                4933,
                "118973149535723176502126385303",
                "444156604419552086811989770240",
            ),
            ("0x1p16383", 4932, "594865747678615882542879663314", "971576230223513645334982033408"),
        ];
        for (text, len, start, end) in rows {
            let text = human(LongDouble::parse(text.as_bytes()).unwrap());
            assert_eq!(text.len(), len);
            assert!(text.starts_with(start) && text.ends_with(end), "{text}");
        }
    }

    #[test]
    fn invalid_numbers_are_rejected() {
        let rows = [
            "",
            "+",
            ".",
            " 1",
            "1 ",
            "1e",
            "1e+",
            "0x",
            "0x.",
            "0x1p",
            "nan",
            "nan(1)",
            "infi",
            "--1",
            "1_0",
            "1e4933",
            "1e-4951",
            "1.18973149535723176509e+4932",
            "0x1p16384",
            "0x1p-16446",
            "1e99999999999999999999",
            "1e-99999999999999999999",
        ];
        for text in rows {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
        assert!(LongDouble::parse(&[b'0'; 5119]).is_some());
        assert_eq!(LongDouble::parse(&[b'0'; 5120]), None);
    }

    #[test]
    fn infinities_can_be_parsed_but_not_summed() {
        for text in ["inf", "+INF", "-Infinity"] {
            let infinity = LongDouble::parse(text.as_bytes()).unwrap();
            assert!(!infinity.is_finite());
            assert_eq!(infinity.add(LongDouble::from(1)), None);
            assert_eq!(LongDouble::from(1).add(infinity), None);
        }
        let greatest = LongDouble::parse(b"1.18973149535723176502e+4932").unwrap();
        assert_eq!(greatest.add(greatest), None);
        assert_eq!(human(LongDouble::parse(b"-inf").unwrap()), "-inf");
    }

    #[test]
    fn integers_and_doubles_convert_exactly() {
        assert_eq!(human(LongDouble::from(i64::MIN)), "-9223372036854775808");
        assert_eq!(human(LongDouble::from(0.1)), "0.10000000000000001");
        assert_eq!(human(LongDouble::from(-0.0)), "0");
        assert_eq!(human(LongDouble::from(13.361_389_338_970_184)), "13.36138933897018433");
        assert_eq!(LongDouble::from(f64::from_bits(1)), LongDouble::parse(b"0x1p-1074").unwrap());
        assert_eq!(
            LongDouble::from(f64::MAX),
            LongDouble::parse(b"0x1.fffffffffffffp1023").unwrap()
        );
    }
}
