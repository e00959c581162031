//! The grammar of C's `strtod` and `strtold`, without leading blanks and without `nan`.

/// A parsed but unconverted number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    pub(super) negative: bool,
    pub(super) magnitude: Magnitude<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magnitude<'a> {
    Infinity,
    /// `<integer>.<fraction>` times ten to the `exponent`.
    Decimal {
        integer: &'a [u8],
        fraction: &'a [u8],
        exponent: i64,
    },
    /// Hexadecimal `<integer>.<fraction>` times two to the `exponent`.
    Hex {
        integer: &'a [u8],
        fraction: &'a [u8],
        exponent: i64,
    },
}

impl<'a> Literal<'a> {
    /// Parses all of `text`.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (negative, unsigned) = sign(text);
        let magnitude = if unsigned.eq_ignore_ascii_case(b"inf")
            || unsigned.eq_ignore_ascii_case(b"infinity")
        {
            Magnitude::Infinity
        } else if let [b'0', b'x' | b'X', hex @ ..] = unsigned {
            let (integer, fraction, exponent) =
                point_and_exponent(hex, u8::is_ascii_hexdigit, b'p')?;
            Magnitude::Hex { integer, fraction, exponent }
        } else {
            let (integer, fraction, exponent) =
                point_and_exponent(unsigned, u8::is_ascii_digit, b'e')?;
            Magnitude::Decimal { integer, fraction, exponent }
        };
        Some(Self { negative, magnitude })
    }
}

impl Magnitude<'_> {
    /// Returns `true` if every digit is zero.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Self::Infinity => false,
            Self::Decimal { integer, fraction, .. } | Self::Hex { integer, fraction, .. } => {
                integer.iter().chain(*fraction).all(|&digit| digit == b'0')
            }
        }
    }
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

/// Parses `<digits>.<digits><marker><exponent>` with at least one digit; the point and the exponent
/// are optional.
fn point_and_exponent(
    text: &[u8],
    is_digit: fn(&u8) -> bool,
    marker: u8,
) -> Option<(&[u8], &[u8], i64)> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| is_digit(byte)).count();
    let (integer, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(digits(rest)),
        rest => (&rest[..0], rest),
    };
    if integer.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [first, exponent @ ..] if first.eq_ignore_ascii_case(&marker) => exponent_value(exponent)?,
        _ => return None,
    };
    Some((integer, fraction, exponent))
}

/// Parses a signed exponent; one that exceeds the range of every format is clamped.
fn exponent_value(text: &[u8]) -> Option<i64> {
    const BEYOND: i64 = 1 << 48;
    let (negative, digits) = sign(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value =
        digits.iter().fold(0, |value, digit| BEYOND.min(value * 10 + i64::from(digit - b'0')));
    Some(if negative { -value } else { value })
}
