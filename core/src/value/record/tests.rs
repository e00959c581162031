//! Tests of records against models of plain fields.

use super::*;
use crate::random::{Random, Seed};
use crate::value::string::StringEncoding;
use alloc::vec;

const CLOCK: AccessClock = AccessClock::new(0x00ab_cdef);

fn record(key: &[u8], value: &[u8], deadline: Option<u64>) -> Record {
    Record::new(key, StringRef::new(value), deadline.map(UnixMillis), CLOCK)
}

#[test]
fn a_small_key_and_value_use_32_bytes() {
    assert_eq!(record(b"key:000001", &[b'x'; 16], None).memory_bytes(), 32);
    assert_eq!(record(b"key:000001", &[b'x'; 16], Some(1)).memory_bytes(), 48);
    assert_eq!(record(b"key:0000000000001", b"123456789", None).memory_bytes(), 32);
    assert_eq!(record(b"", b"", None).memory_bytes(), 16);
}

#[test]
fn all_parts_read_back_unchanged_at_every_length() {
    let bytes: Vec<u8> = (0..3000_u32).map(|i| i as u8 | 0x80).collect();
    for key_len in [0, 1, 10, 254, 255, 256, 257, 2000] {
        for value_len in [0, 1, 7, 44, 45, 254, 255, 256, 1023, 1024, 1025, 3000] {
            for deadline in [None, Some(u64::MAX), Some(0)] {
                let (key, value) = (&bytes[..key_len], &bytes[..value_len]);
                let record = record(key, value, deadline);
                assert_eq!(record.key(), key);
                assert_eq!(record.string(), StringRef::text(value));
                assert_eq!(record.string().encoding(), StringRef::text(value).encoding());
                assert_eq!(record.deadline(), deadline.map(UnixMillis));
                assert_eq!(record.clock(), CLOCK);
            }
        }
    }
}

#[test]
fn a_key_is_live_during_the_millisecond_of_its_deadline() {
    let record = record(b"k", b"v", Some(5));
    assert!(!record.is_expired(UnixMillis(5)));
    assert!(record.is_expired(UnixMillis(6)));
}

#[test]
fn a_value_of_the_same_size_class_is_written_in_place() {
    let mut record = record(b"key:000001", b"12", None);
    let block = record.address();
    record.set_int(-7);
    record.set_string(StringRef::new(b"sixteen bytes ok"));
    record.set_string(StringRef::raw(b"eleven byte"));
    assert_eq!(record.address(), block);
    assert_eq!(record.string().encoding(), StringEncoding::Raw);
    record.set_string(StringRef::new(b"seventeen bytes !"));
    assert_eq!(record.memory_bytes(), 48);
    record.set_string(StringRef::new(b"short"));
    assert_eq!(record.memory_bytes(), 32);
    assert_eq!((record.key(), record.clock()), (&b"key:000001"[..], CLOCK));
}

#[test]
fn a_long_value_is_shared_until_a_copy_is_edited() {
    let long = vec![b'x'; INLINE_MAX + 1];
    let mut original = record(b"original", &long, None);
    let copy = Record::new(b"copy", original.string(), None, CLOCK);
    let StringRef::Shared(shared) = copy.string() else { panic!("{copy:?}") };
    assert_eq!(Rc::strong_count(shared), 2);
    original.edit(|bytes| bytes.push(b'!'));
    assert_eq!(Rc::strong_count(shared), 1);
    assert_eq!((shared.len(), original.string().len()), (long.len(), long.len() + 1));
    drop(original);
    assert_eq!(copy.string(), StringRef::text(&long));
}

#[test]
fn appending_to_a_long_value_rarely_moves_it() {
    let mut record = record(b"log", b"", None);
    let mut moves = 0;
    let mut at = core::ptr::null();
    for _ in 0..100_000 {
        record.edit(|bytes| bytes.extend_from_slice(b"ten bytes!"));
        if let StringRef::Shared(bytes) = record.string() {
            moves += usize::from(bytes.as_ptr() != at);
            at = bytes.as_ptr();
        }
    }
    assert_eq!(record.string().len(), 1_000_000);
    assert!(moves < 20, "{moves} moves");
}

/// Changes a record randomly in every way and compares it with a model of plain fields. A good test
/// to run under a sanitizer.
#[test]
fn any_sequence_of_changes_matches_a_model() {
    let mut random = Random::new(Seed(7));
    let lengths = [0, 1, 8, 16, 17, 44, 60, 250, 255, 256, 300, 1024, 1025, 5000];
    let mut records = vec![record(b"k", b"v", None)];
    let mut models = vec![(b"k".to_vec(), b"v".to_vec(), None)];
    for step in 0..20_000_u32 {
        let at = random.below(records.len());
        let value = vec![step as u8 | 0x80; lengths[random.below(lengths.len())]];
        let (key, expected, deadline) = &mut models[at];
        match random.below(9) {
            0 => {
                *expected = value;
                records[at].set_string(StringRef::new(expected));
            }
            1 => {
                records[at].set_int(i64::from(step));
                *expected = StringRef::Int(i64::from(step)).to_vec();
            }
            2 => {
                expected.extend_from_slice(&value);
                expected.truncate(6000);
                records[at].edit(|bytes| bytes.clone_from(expected));
                assert_eq!(records[at].string().encoding(), StringEncoding::Raw);
            }
            3 | 4 => {
                *deadline = (step % 3 > 0).then_some(UnixMillis(u64::from(step)));
                records[at].set_deadline(*deadline);
            }
            5 => {
                *key = vec![step as u8; lengths[random.below(11)]];
                let old = records.swap_remove(at);
                records.push(old.renamed(key));
                let model = models.swap_remove(at);
                models.push(model);
            }
            6 if records.len() < 50 => {
                let model = models[at].clone();
                let copy = Record::new(&model.0, records[at].string(), model.2, CLOCK);
                records.push(copy);
                models.push(model);
            }
            7 if records.len() > 1 => {
                records.swap_remove(at);
                models.swap_remove(at);
            }
            _ => {
                *expected = value;
                *deadline = (step % 2 > 0).then_some(UnixMillis(u64::from(step)));
                records[at].assign(StringRef::raw(expected), *deadline, CLOCK);
            }
        }
        for (record, (key, value, deadline)) in records.iter().zip(&models) {
            assert_eq!(record.key(), key);
            assert_eq!(record.string(), StringRef::text(value));
            assert_eq!(record.deadline(), *deadline);
            assert_eq!(record.clock(), CLOCK);
        }
    }
}
