//! Numbers: parsing is exact, and a printed number parses to the same value.

use redstart_core::number::{LongDouble, NumberText, parse_f64, parse_i64, parse_memory_bytes};

use super::Source;

pub(super) fn check(data: &[u8]) {
    integer(data);
    memory(data);
    double(data);
    long_double(data);
    let mut source = Source::new(data);
    let (bits, number) = (source.number(), source.number() as i64);
    assert_eq!(parse_i64(&NumberText::from(number)), Some(number));
    let value = f64::from_bits(bits);
    if !value.is_nan() {
        assert_eq!(parse_f64(&NumberText::from(value)), Some(value));
    }
}

/// Only the canonical form of an integer parses as one.
fn integer(data: &[u8]) {
    let text = str::from_utf8(data).ok();
    let expected =
        text.and_then(|text| text.parse::<i64>().ok().filter(|number| number.to_string() == text));
    assert_eq!(parse_i64(data), expected, "{text:?}");
}

fn double(data: &[u8]) {
    let read = parse_f64(data);
    if let Some(value) = read {
        assert!(!value.is_nan());
        assert_eq!(parse_f64(&NumberText::from(value)), Some(value));
    }
    // Rust and C agree on decimal numbers.
    let is_decimal = data.iter().all(|byte| b"0123456789+-.eE".contains(byte)) && data.len() < 250;
    if let Some(text) = str::from_utf8(data).ok().filter(|_| is_decimal)
        && let Ok(expected) = text.parse::<f64>()
        && let Some(value) = read
    {
        assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
    }
}

/// A printed sum can be parsed, and adding zero to it changes nothing.
fn long_double(data: &[u8]) {
    let middle = data.len() / 2;
    let (first, second) = (LongDouble::parse(&data[..middle]), LongDouble::parse(&data[middle..]));
    let Some(sum) = first.zip(second).and_then(|(first, second)| first.add(second)) else { return };
    let mut text = Vec::new();
    sum.append_human(&mut text);
    assert!(text.len() < 6_000 && !text.is_empty());
    let Some(again) = LongDouble::parse(&text) else {
        // `INCRBYFLOAT` reads at most 256 bytes of a number, though it prints more.
        assert!(text.len() > 200, "{}", text.escape_ascii());
        return;
    };
    let mut repeated = Vec::new();
    again.append_human(&mut repeated);
    assert_eq!(text.escape_ascii().to_string(), repeated.escape_ascii().to_string());
}

fn memory(data: &[u8]) {
    if let Some(bytes) = parse_memory_bytes(data) {
        let plain = parse_i64(data).and_then(|number| u64::try_from(number).ok());
        assert!(plain.is_none_or(|plain| plain == bytes), "{}", data.escape_ascii());
    }
}
