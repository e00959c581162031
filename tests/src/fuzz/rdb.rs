//! Serialized values: any bytes are either refused or yield a value that is the same after a dump
//! and restore.

use redstart_core::{
    persist::rdb::{Limits, crc64, dump, lzf::Compressor, restore},
    random::Seed,
    value::{
        hash::HashLimits,
        list::ListLimits,
        record::{AccessClock, Record},
        set::SetLimits,
        sorted_set::SortedSetLimits,
    },
};

use super::Source;

/// With several elements, some collections are small and some are not.
fn limits() -> Limits {
    let (listpack_entries, listpack_value_bytes, seed) = (3, 16, Seed(1));
    Limits {
        hash: HashLimits { listpack_entries, listpack_value_bytes, seed },
        list: ListLimits::of_parameter(3),
        set: SetLimits { intset_entries: 3, listpack_entries, listpack_value_bytes, seed },
        sorted_set: SortedSetLimits { listpack_entries, listpack_value_bytes, seed },
        expansion_bytes: usize::MAX,
    }
}

/// Returns the payload for an input.
pub(crate) fn payload(data: &[u8]) -> Vec<u8> {
    let mut source = Source::new(data);
    let is_whole = source.below(4) == 0;
    let mut payload = source.rest().to_vec();
    if !is_whole {
        // Framed, so that only the value can be invalid.
        payload.extend(10u16.to_le_bytes());
        payload.extend(crc64(&payload).to_le_bytes());
    }
    payload
}

pub(super) fn check(data: &[u8]) {
    let payload = payload(data);
    let Some(record) = restored(&payload) else { return };
    let dumped = dump(record.value(), None);
    let compressed = dump(record.value(), Some(&mut Compressor::default()));
    for payload in [&dumped, &compressed] {
        let again = restored(payload).expect("the dump can be restored");
        assert_eq!(again.value_type(), record.value_type());
        assert_eq!(dump(again.value(), None), dumped);
    }
}

fn restored(payload: &[u8]) -> Option<Record> {
    let loaded = restore(payload, true, &limits()).ok()?;
    Some(loaded.into_record(b"key", None, AccessClock::default()))
}
