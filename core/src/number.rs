//! Reading and printing numbers as Redis does.
//!
//! Integers are strict: each has exactly one spelling, so that a value can be stored as an integer
//! and returned byte for byte. Floating-point numbers follow C's `strtod`, without blanks: `1e3`,
//! `.5`, `inf`, `0x1p-3`. Scores are doubles and are printed with digits that read back as the same
//! double, nearly always the fewest; `INCRBYFLOAT` works with [`LongDouble`].

use core::fmt::{self, Write};
use core::ops::Deref;

mod literal;
mod long_double;
mod natural;
mod rounding;
mod shortest;

pub use long_double::LongDouble;

use literal::{Literal, Magnitude};
use rounding::{Format, Unrounded};

/// Parses an integer in its canonical spelling: no sign except a minus, no leading zeros, no
/// blanks.
///
/// ```
/// use redstart_core::number::parse_i64;
/// assert_eq!(parse_i64(b"-9223372036854775808"), Some(i64::MIN));
/// assert_eq!(parse_i64(b"007"), None);
/// ```
#[inline]
#[must_use]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        // Nineteen digits cannot overflow 64 bits.
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude * 10 + u64::from(digit - b'0');
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Parses a double: a score, a coordinate, a timeout. Rejects `NaN`, overflow, and underflow to
/// zero.
///
/// ```
/// use redstart_core::number::parse_f64;
/// assert_eq!(parse_f64(b"+1.5e3"), Some(1500.0));
/// assert_eq!(parse_f64(b"-INF"), Some(f64::NEG_INFINITY));
/// assert_eq!(parse_f64(b"0x1p-3"), Some(0.125));
/// assert_eq!(parse_f64(b"nan"), None);
/// assert_eq!(parse_f64(b" 1"), None);
/// assert_eq!(parse_f64(b"1e999"), None);
/// ```
#[must_use]
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    // Most scores are short integers, which take a fraction of the time.
    if text.len() <= 15
        && let Some(whole) = parse_i64(text)
    {
        return Some(whole as f64);
    }
    let literal = Literal::parse(text)?;
    let value = magnitude(text, literal.magnitude)?;
    let is_infinity = literal.magnitude == Magnitude::Infinity;
    if value.is_infinite() != is_infinity || value == 0.0 && !literal.magnitude.is_zero() {
        return None;
    }
    Some(if literal.negative { -value } else { value })
}

/// Parses the bound of a score range, which Redis passes to C's `strtod`: leading blanks are
/// allowed, a NUL ends the number, empty text is zero, and overflow is infinite.
///
/// ```
/// use redstart_core::number::parse_bound;
/// assert_eq!(parse_bound(b""), Some(0.0));
/// assert_eq!(parse_bound(b" 1"), Some(1.0));
/// assert_eq!(parse_bound(b"1 "), None);
/// assert_eq!(parse_bound(b"-1e999"), Some(f64::NEG_INFINITY));
/// ```
#[must_use]
pub fn parse_bound(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0x09..=0x0d);
    let text = &text[text.iter().take_while(|byte| is_blank(byte)).count()..];
    let literal = Literal::parse(text)?;
    let value = magnitude(text, literal.magnitude)?;
    Some(if literal.negative { -value } else { value })
}

/// Returns the double nearest to the magnitude of `text`, or infinity on overflow.
fn magnitude(text: &[u8], magnitude: Magnitude<'_>) -> Option<f64> {
    Some(match magnitude {
        Magnitude::Infinity => f64::INFINITY,
        // The Rust core library accepts the same grammar and rounds correctly.
        Magnitude::Decimal { .. } => str::from_utf8(text).ok()?.parse::<f64>().ok()?.abs(),
        Magnitude::Hex { integer, fraction, exponent } => {
            f64_from_hex(integer, fraction, exponent).unwrap_or(f64::INFINITY)
        }
    })
}

/// Parses an amount of memory: digits and a unit, which is `k`, `m` or `g` for powers of 1000,
/// `kb`, `mb` or `gb` for powers of 1024, or `b` or none for bytes. As in Redis, empty digits are
/// zero, digits that exceed 64 bits are the greatest number, and the product wraps.
///
/// ```
/// use redstart_core::number::parse_memory_bytes;
/// assert_eq!(parse_memory_bytes(b"64MB"), Some(64 << 20));
/// assert_eq!(parse_memory_bytes(b"1k"), Some(1000));
/// assert_eq!(parse_memory_bytes(b"1.5gb"), None);
/// ```
#[must_use]
pub fn parse_memory_bytes(text: &[u8]) -> Option<u64> {
    /// The length of Redis's buffer for the digits.
    const DIGITS: usize = 127;
    let (digits, unit) =
        text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let mut unit_lower = [0; 2];
    let unit_lower = unit_lower.get_mut(..unit.len())?;
    unit_lower.copy_from_slice(unit);
    unit_lower.make_ascii_lowercase();
    let factor = match &*unit_lower {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let count = digits.iter().fold(0u64, |count, digit| {
        count.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    (digits.len() <= DIGITS).then(|| count.wrapping_mul(factor))
}

/// Returns the double nearest to the hexadecimal `<integer>.<fraction>` times two to the
/// `exponent`, or `None` on overflow.
fn f64_from_hex(integer: &[u8], fraction: &[u8], exponent: i64) -> Option<f64> {
    /// The bit of the mantissa that a normal double does not store.
    const HIDDEN: u64 = 1 << 52;
    let (mantissa, exponent) =
        Format::DOUBLE.round(Unrounded::from_hex(integer, fraction, exponent))?;
    let biased = if mantissa < HIDDEN { 0 } else { (exponent + 1075).unsigned_abs().into() };
    Some(f64::from_bits(biased << 52 | mantissa & (HIDDEN - 1)))
}

const ZEROS: &[u8] = &[b'0'; 24];

/// A number formatted as Redis prints it, stored inline without an allocation.
///
/// Doubles, as Redis 7.2 replies them, have the fewest digits that read back as the same double.
/// Integral ones up to 2^62 are printed as integers, other very small and very large ones with an
/// exponent.
///
/// ```
/// use redstart_core::number::NumberText;
/// assert_eq!(&*NumberText::from(-42), b"-42");
/// assert_eq!(&*NumberText::from(0.1), b"0.1");
/// assert_eq!(&*NumberText::from(3e18), b"3000000000000000000");
/// assert_eq!(&*NumberText::from(1e-10), b"1e-10");
/// assert_eq!(&*NumberText::from(f64::NEG_INFINITY), b"-inf");
/// ```
#[derive(Clone, Copy, Default)]
pub struct NumberText {
    bytes: [u8; 32],
    len: usize,
}

impl From<i64> for NumberText {
    #[inline]
    fn from(value: i64) -> Self {
        let mut text = Self::default();
        text.push(itoa::Buffer::new().format(value).as_bytes());
        text
    }
}

impl From<f64> for NumberText {
    fn from(value: f64) -> Self {
        /// Integral doubles up to 2^62 are printed as integers.
        const INTEGERS: f64 = (1u64 << 62) as f64;
        let is_whole = value.abs() <= INTEGERS && value as i64 as f64 == value && value != 0.0;
        if is_whole { Self::from(value as i64) } else { Self::shortest(value) }
    }
}

impl Deref for NumberText {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl fmt::Debug for NumberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.escape_ascii())
    }
}

impl fmt::Write for NumberText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.push(part.as_bytes());
        Ok(())
    }
}

impl NumberText {
    #[inline]
    fn push(&mut self, part: &[u8]) {
        self.bytes[self.len..][..part.len()].copy_from_slice(part);
        self.len += part.len();
    }

    /// Formats a double as the shortest text that reads back as `value`, with an exponent for large
    /// whole numbers too, as `DEBUG DIGEST` formats scores.
    ///
    /// ```
    /// use redstart_core::number::NumberText;
    /// assert_eq!(&*NumberText::shortest(0.1), b"0.1");
    /// assert_eq!(&*NumberText::shortest(1e17), b"1e+17");
    /// assert_eq!(&*NumberText::shortest(-0.0), b"-0");
    /// ```
    #[must_use]
    pub fn shortest(value: f64) -> Self {
        let mut text = Self::default();
        if value.is_nan() {
            text.push(b"nan");
        } else if value.is_infinite() {
            text.push(if value > 0.0 { b"inf" } else { b"-inf" });
        } else if value == 0.0 {
            text.push(if value.is_sign_positive() { b"0" } else { b"-0" });
        } else {
            text.push_double(value);
        }
        text
    }

    /// Formats a double with seventeen digits, like C's `%.17g`, for places where Redis does not
    /// print the shortest form.
    ///
    /// ```
    /// use redstart_core::number::NumberText;
    /// assert_eq!(&*NumberText::with_all_digits(0.1), b"0.10000000000000001");
    /// assert_eq!(&*NumberText::with_all_digits(-1e17), b"-1e+17");
    /// assert_eq!(&*NumberText::with_all_digits(1.5), b"1.5");
    /// ```
    #[must_use]
    pub fn with_all_digits(value: f64) -> Self {
        if !value.is_finite() || value == 0.0 {
            return Self::from(value);
        }
        let mut scientific = Self::default();
        write!(scientific, "{:.16e}", value.abs()).expect("23 bytes at most");
        let (mantissa, exponent) = scientific.split_at(18);
        let exponent = parse_i64(&exponent[1..]).unwrap_or(0);
        let mut digits = Self::default();
        digits.push(&mantissa[..1]);
        digits.push(&mantissa[2..]);
        let zeros = digits.iter().rev().take_while(|&&digit| digit == b'0').count();
        let digits = &digits[..17 - zeros];
        let mut text = Self::default();
        if value < 0.0 {
            text.push(b"-");
        }
        match usize::try_from(exponent) {
            Ok(exponent @ 0..17) => {
                let (integer, fraction) = digits.split_at((exponent + 1).min(digits.len()));
                text.push(integer);
                text.push(&ZEROS[..exponent + 1 - integer.len()]);
                if !fraction.is_empty() {
                    text.push(b".");
                    text.push(fraction);
                }
            }
            Err(_) if exponent >= -4 => {
                text.push(b"0.");
                text.push(&ZEROS[..exponent.unsigned_abs() as usize - 1]);
                text.push(digits);
            }
            _ => {
                text.push(&digits[..1]);
                if digits.len() > 1 {
                    text.push(b".");
                    text.push(&digits[1..]);
                }
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(text, "e{sign}{:02}", exponent.unsigned_abs()).expect("24 bytes at most");
            }
        }
        text
    }

    /// Appends a finite double other than zero.
    fn push_double(&mut self, value: f64) {
        let (digits, exponent) = shortest::digits(value.abs());
        if value < 0.0 {
            self.push(b"-");
        }
        self.push_digits(&digits, exponent);
    }

    /// Appends `d.ddd` times ten to the `exponent`: as an integer if that takes at most seven
    /// zeros, in positional notation if there are fewer than seven decimals or the exponent is
    /// within three of zero, and otherwise with the exponent.
    fn push_digits(&mut self, digits: &[u8], exponent: i64) {
        let decimals = digits.len() as i64 - 1 - exponent;
        if decimals <= 0 && exponent < digits.len() as i64 + 7 {
            self.push(digits);
            self.push(&ZEROS[..-decimals as usize]);
        } else if decimals > 0 && (decimals < 7 || exponent.abs() < 4) {
            let (integer, fraction) = digits.split_at((exponent + 1).max(0) as usize);
            self.push(if integer.is_empty() { b"0" } else { integer });
            self.push(b".");
            self.push(&ZEROS[..decimals as usize - fraction.len()]);
            self.push(fraction);
        } else {
            self.push(&digits[..1]);
            if digits.len() > 1 {
                self.push(b".");
                self.push(&digits[1..]);
            }
            self.push(if exponent < 0 { b"e-" } else { b"e+" });
            self.push(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};

    #[test]
    fn only_canonical_integers_are_parsed() {
        let rows: &[(&str, Option<i64>)] = &[
            ("0", Some(0)),
            ("7", Some(7)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("9999999999999999999", None),
            ("10000000000000000000", None),
            ("", None),
            ("-", None),
            ("-0", None),
            ("00", None),
            ("01", None),
            ("+1", None),
            (" 1", None),
            ("1 ", None),
            ("1.0", None),
            ("1e3", None),
            ("0x1", None),
        ];
        for (text, value) in rows {
            assert_eq!(parse_i64(text.as_bytes()), *value, "{text:?}");
            assert!(
                value.is_none_or(|value| *NumberText::from(value) == *text.as_bytes()),
                "{text}"
            );
        }
    }

    /// Expected results are those of `ZADD` of the reference server.
    #[test]
    fn doubles_are_parsed_as_strtod_does() {
        let rows: &[(&str, Option<f64>)] = &[
            ("inf", Some(f64::INFINITY)),
            ("+INF", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("0x10", Some(16.0)),
            ("0X1.8p1", Some(3.0)),
            ("0x.8", Some(0.5)),
            ("0x8.", Some(8.0)),
            (".5", Some(0.5)),
            ("-.5", Some(-0.5)),
            ("5.", Some(5.0)),
            ("00012", Some(12.0)),
            ("1E5", Some(100_000.0)),
            ("-0", Some(-0.0)),
            ("0e-400", Some(0.0)),
            ("0e99999999999999999999", Some(0.0)),
            ("0x0p5000", Some(0.0)),
            ("2.5e-324", Some(5e-324)),
            ("0x1p-1074", Some(5e-324)),
            ("0x1.8p-1075", Some(5e-324)),
            ("0x1p-1022", Some(f64::MIN_POSITIVE)),
            ("1.7976931348623158e308", Some(f64::MAX)),
            ("0x1.fffffffffffff7p1023", Some(f64::MAX)),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.000000000000080000000000000000000000000000001p0", Some(1.0 + f64::EPSILON)),
            ("0x1.00000000000018p0", Some(1.0 + 2.0 * f64::EPSILON)),
            ("2.4e-324", None),
            ("0x1p-1075", None),
            ("1e-400", None),
            ("1e400", None),
            ("-1e400", None),
            ("0x1p1024", None),
            ("0x1.fffffffffffff8p1023", None),
            ("0x1p99999999999999999999", None),
            ("nan", None),
            ("-nan", None),
            ("nan(1)", None),
            ("infi", None),
            ("0x", None),
            ("0x.", None),
            ("0x1p", None),
            ("0x1p+", None),
            ("1e", None),
            ("1e+", None),
            (".", None),
            ("+", None),
            ("", None),
            (" 1", None),
            ("1 ", None),
            ("\t1", None),
            ("1\0", None),
            ("--1", None),
            ("1_000", None),
            ("1d5", None),
            ("1,5", None),
        ];
        for (text, value) in rows {
            let read = parse_f64(text.as_bytes());
            assert_eq!(read.map(f64::to_bits), value.map(f64::to_bits), "{text:?}");
        }
    }

    #[test]
    fn doubles_are_printed_with_the_fewest_digits() {
        let rows = [
            (0.1 + 0.2, "0.30000000000000004"),
            (3.5, "3.5"),
            (-0.0, "-0"),
            (-17.0, "-17"),
            (4.611_686_018_427_388e18, "4611686018427387904"),
            (4.611_686_018_427_389e18, "4611686018427389000"),
            (1e19, "1e+19"),
            (1e23, "99999999999999990000000"),
            (12_345_678_901_234_567e3, "12345678901234567000"),
            (1.5e300, "1.5e+300"),
            (-1e-7, "-1e-7"),
            (1e-6, "0.000001"),
            (1.5e-6, "1.5e-6"),
            (1.25e-5, "1.25e-5"),
            (0.000_123_456_789, "1.23456789e-4"),
            (0.001_234_567_89, "0.00123456789"),
            (123_456.789_012, "123456.789012"),
            (123_456.789_012_3, "1.234567890123e+5"),
            (5e-324, "5e-324"),
            (-f64::MIN_POSITIVE, "-2.2250738585072014e-308"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in rows {
            assert_eq!(str::from_utf8(&NumberText::from(value)), Ok(text));
        }
    }

    /// Expected results are those of C's `%.17g`.
    #[test]
    fn doubles_can_be_printed_with_all_digits() {
        let rows = [
            (0.1 + 0.2, "0.30000000000000004"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (123_456_789_012_345_678.0, "1.2345678901234568e+17"),
            (-0.0, "-0"),
            (0.0001, "0.0001"),
            (0.000_01, "1.0000000000000001e-05"),
            (3.0, "3"),
            (100.0, "100"),
            (2.5e-310, "2.5000000000000171e-310"),
            (1.0 / 3.0, "0.33333333333333331"),
            (99.0 / 7.0, "14.142857142857142"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-5e-324, "-4.9406564584124654e-324"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in rows {
            assert_eq!(str::from_utf8(&NumberText::with_all_digits(value)), Ok(text));
        }
    }

    #[test]
    fn printed_doubles_read_back_unchanged() {
        let mut random = Random::new(Seed(1));
        for _ in 0..100_000 {
            let value = f64::from_bits(random.next_u64());
            let text = NumberText::from(value);
            let expected = (!value.is_nan()).then_some(value);
            assert_eq!(parse_f64(&text).map(f64::to_bits), expected.map(f64::to_bits), "{value:e}");
        }
    }

    /// Checks that decimal and hexadecimal spellings agree.
    #[test]
    fn hexadecimal_doubles_equal_decimal_ones() {
        let mut random = Random::new(Seed(2));
        for _ in 0..10_000 {
            let (mantissa, exponent) = (random.next_u64(), random.below(2000) as i32 - 1000);
            let text = alloc::format!("0x{mantissa:x}p{exponent}");
            let value =
                (mantissa as f64 * 2f64.powi(exponent / 2)) * 2f64.powi(exponent - exponent / 2);
            assert_eq!(parse_f64(text.as_bytes()), value.is_finite().then_some(value), "{text}");
        }
    }

    /// Expected results are those of `CONFIG SET maxmemory` of the reference server.
    #[test]
    fn amounts_of_memory_are_parsed_with_their_units() {
        let rows: &[(&str, Option<u64>)] = &[
            ("", Some(0)),
            ("kb", Some(0)),
            ("007", Some(7)),
            ("1B", Some(1)),
            ("1k", Some(1000)),
            ("1Kb", Some(1024)),
            ("1m", Some(1_000_000)),
            ("1MB", Some(1 << 20)),
            ("1g", Some(1_000_000_000)),
            ("1gb", Some(1 << 30)),
            ("18446744073709551615", Some(u64::MAX)),
            ("99999999999999999999", Some(u64::MAX)),
            ("99999999999999999999kb", Some(18_446_744_073_709_550_592)),
            ("18014398509481985kb", Some(1024)),
            ("1t", None),
            ("-1", None),
            ("+1", None),
            (" 1", None),
            ("1 kb", None),
            ("1.5gb", None),
            ("1kbb", None),
        ];
        for (text, value) in rows {
            assert_eq!(parse_memory_bytes(text.as_bytes()), *value, "{text:?}");
        }
        assert_eq!(parse_memory_bytes(&[b'1'; 127]), Some(u64::MAX));
        assert_eq!(parse_memory_bytes(&[b'1'; 128]), None);
    }
}
