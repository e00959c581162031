//! The reply decoder: any bytes are decoded or refused, encoded replies decode to themselves, and
//! truncated ones are incomplete.

use std::borrow::Cow;

use redstart_core::resp::value::{DecodeLimits, Value, decode};

use super::Source;

const LIMITS: DecodeLimits =
    DecodeLimits { depth: 8, bulk_len_bytes: 1 << 20, aggregate_count: 1 << 20 };

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    if source.byte().is_multiple_of(2) {
        check_bytes(source.rest());
    } else {
        let value = value(&mut source, 5);
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        assert_eq!(decode(&bytes, &LIMITS), Ok(Some((value, bytes.len()))));
        check_bytes(&bytes);
    }
}

fn check_bytes(bytes: &[u8]) {
    let Ok(Some((value, consumed))) = decode(bytes, &LIMITS) else { return };
    assert!(consumed > 0 && consumed <= bytes.len());
    // Any byte may follow, and no byte may be missing.
    assert_eq!(
        format!("{:?}", decode(&bytes[..consumed], &LIMITS)),
        format!("{:?}", Ok::<_, ()>(Some((&value, consumed))))
    );
    for cut in (0..consumed).rev().take(200) {
        assert_eq!(decode(&bytes[..cut], &LIMITS), Ok(None), "cut at {cut}");
    }
    let mut again = Vec::new();
    value.write(&mut again);
    let decoded = decode(&again, &LIMITS);
    // Compared as text: a NaN is not equal to itself.
    assert_eq!(format!("{decoded:?}"), format!("{:?}", Ok::<_, ()>(Some((&value, again.len())))));
}

fn value<'a>(source: &mut Source<'a>, depth: usize) -> Value<'a> {
    let kinds = if depth == 0 { 11 } else { 16 };
    match source.below(kinds) {
        0 => Value::SimpleString(line(source)),
        1 => Value::SimpleError(line(source)),
        2 => Value::Integer(source.number() as i64),
        3 => Value::BulkString(Cow::Borrowed(bytes(source))),
        4 => Value::NullBulkString,
        5 => Value::NullArray,
        6 => Value::Null,
        7 => Value::Boolean(source.below(2) == 1),
        8 => {
            let number = f64::from_bits(source.number());
            Value::Double(if number.is_nan() { 0.5 } else { number })
        }
        9 => Value::BulkError(bytes(source)),
        10 => Value::VerbatimString { format: *b"txt", text: bytes(source) },
        11 => Value::Array(values(source, depth)),
        12 => Value::Set(values(source, depth)),
        13 => Value::Push(values(source, depth)),
        14 => Value::Map(pairs(source, depth)),
        _ => Value::Attributed {
            attributes: pairs(source, depth),
            value: Box::new(value(source, depth - 1)),
        },
    }
}

fn values<'a>(source: &mut Source<'a>, depth: usize) -> Vec<Value<'a>> {
    (0..source.below(5)).map(|_| value(source, depth - 1)).collect()
}

fn pairs<'a>(source: &mut Source<'a>, depth: usize) -> Vec<(Value<'a>, Value<'a>)> {
    (0..source.below(4)).map(|_| (value(source, depth - 1), value(source, depth - 1))).collect()
}

fn bytes<'a>(source: &mut Source<'a>) -> &'a [u8] {
    let len = source.below(40);
    source.take(len)
}

/// Returns bytes without a line break.
fn line<'a>(source: &mut Source<'a>) -> &'a [u8] {
    bytes(source).split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default()
}
