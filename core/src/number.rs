//! Numbers as Redis reads and prints them.
/// An integer.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude = 0u64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude * 10 + u64::from(digit - b'0');
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Placeholder until the number module lands.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// Placeholder until the number module lands.
pub fn parse_memory_bytes(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// Placeholder until the number module lands.
#[derive(Clone, Copy, Debug)]
pub struct LongDouble(f64);

impl LongDouble {
    /// Zero.
    pub const ZERO: Self = Self(0.0);
    /// Parse.
    pub fn parse(text: &[u8]) -> Option<Self> {
        parse_f64(text).map(Self)
    }
    /// Sum.
    pub fn add(self, other: Self) -> Option<Self> {
        Some(Self(self.0 + other.0)).filter(|sum| sum.0.is_finite())
    }
    /// Print.
    pub fn append_human(self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(alloc::format!("{}", self.0).as_bytes());
    }
}

/// Placeholder until the number module lands.
#[derive(Debug)]
pub struct F64Text(alloc::string::String);
impl F64Text {
    /// Print.
    pub fn new(value: f64) -> Self {
        Self(alloc::format!("{value}"))
    }
    /// Bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
