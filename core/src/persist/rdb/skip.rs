//! Skips values that cannot be decoded: reads only their lengths and strings, in the order of the
//! kind.

use super::{Corrupt, Kind, Reader};

/// Skips a value of a kind.
///
/// # Errors
/// The value is incomplete, or an encoding is unknown, so that its end cannot be found.
pub(super) fn skip(kind: Kind, reader: &mut Reader<'_>) -> Result<(), Corrupt> {
    match kind {
        Kind::String
        | Kind::HashZipmap
        | Kind::HashZiplist
        | Kind::HashListpack
        | Kind::HashListpackWithDeadlinesFirst
        | Kind::ListZiplist
        | Kind::SetIntset
        | Kind::SetListpack
        | Kind::SortedSetZiplist
        | Kind::SortedSetListpack => reader.skip_string(),
        Kind::HashListpackWithDeadlines => {
            reader.millis()?;
            reader.skip_string()
        }
        Kind::List | Kind::ListZiplists | Kind::Set => each(reader, Reader::skip_string),
        Kind::List2 => each(reader, |reader| {
            reader.length()?;
            reader.skip_string()
        }),
        Kind::SortedSetInDigits => each(reader, |reader| {
            reader.skip_string()?;
            reader.skip_digits()
        }),
        Kind::SortedSet => each(reader, |reader| {
            reader.skip_string()?;
            reader.double().map(drop)
        }),
        Kind::Hash => each(reader, pair),
        Kind::HashWithDeadlinesFirst => each(reader, pair_with_deadline),
        Kind::HashWithDeadlines => {
            reader.millis()?;
            each(reader, pair_with_deadline)
        }
        Kind::StreamFirst | Kind::Stream2 | Kind::Stream3 => stream(kind, reader),
    }
}

/// Skips a count and that many elements.
fn each<'a>(
    reader: &mut Reader<'a>,
    skip: impl Fn(&mut Reader<'a>) -> Result<(), Corrupt>,
) -> Result<(), Corrupt> {
    (0..reader.count()?).try_for_each(|_| skip(reader))
}

fn pair(reader: &mut Reader<'_>) -> Result<(), Corrupt> {
    reader.skip_string()?;
    reader.skip_string()
}

fn pair_with_deadline(reader: &mut Reader<'_>) -> Result<(), Corrupt> {
    reader.length()?;
    pair(reader)
}

fn stream(kind: Kind, reader: &mut Reader<'_>) -> Result<(), Corrupt> {
    each(reader, pair)?;
    // The length and the last id; later also the first id, the greatest deleted id and the number
    // of entries ever added.
    for _ in 0..if kind == Kind::StreamFirst { 3 } else { 8 } {
        reader.length()?;
    }
    each(reader, |reader| group(kind, reader))
}

fn group(kind: Kind, reader: &mut Reader<'_>) -> Result<(), Corrupt> {
    const ID_BYTES: usize = 16;
    reader.skip_string()?;
    // The last id and the number of entries read.
    for _ in 0..if kind == Kind::StreamFirst { 2 } else { 3 } {
        reader.length()?;
    }
    each(reader, |reader| {
        reader.bytes(ID_BYTES)?;
        reader.millis()?;
        reader.length().map(drop)
    })?;
    each(reader, |reader| {
        reader.skip_string()?;
        reader.millis()?;
        if kind == Kind::Stream3 {
            reader.millis()?;
        }
        each(reader, |reader| reader.bytes(ID_BYTES).map(drop))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persist::rdb::{Limits, load};
    use crate::random::Seed;
    use crate::value::hash::HashLimits;
    use crate::value::list::ListLimits;
    use crate::value::set::SetLimits;
    use crate::value::sorted_set::SortedSetLimits;
    use alloc::vec::Vec;

    const MILLIS: &[u8] = &[1, 2, 3, 4, 5, 0, 0, 0];
    const ID: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// The body of a hash: a field, its value and no deadline.
    const TRIPLE: &[u8] = b"\x0f\x0f\0\0\0\x03\0\x81f\x02\x81v\x02\0\x01\xff";

    fn value_of(kind: Kind) -> Vec<u8> {
        match kind {
            Kind::String => b"\xc3\x09\x1e\x01ab\xe0\x11\x01\x01ab".to_vec(),
            Kind::List => b"\x03\x01a\xc0\x05\xc1\x05\x05".to_vec(),
            Kind::Set => b"\x02\x01a\xc2\0\x10\x10\x10".to_vec(),
            Kind::SortedSetInDigits => b"\x02\x01a\x032.5\x01b\xfe".to_vec(),
            Kind::Hash => b"\x01\x01f\x01v".to_vec(),
            Kind::SortedSet => b"\x01\x01a\0\0\0\0\0\0\x04\x40".to_vec(),
            Kind::HashZipmap => b"\x07\x01\x01a\x01\x00x\xff".to_vec(),
            Kind::ListZiplist => b"\x11\x11\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xfe\x80\xff".to_vec(),
            Kind::SetIntset => b"\x0a\x02\0\0\0\x01\0\0\0\xfb\xff".to_vec(),
            Kind::SortedSetZiplist | Kind::HashZiplist => {
                b"\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xf2\xff".to_vec()
            }
            Kind::ListZiplists => b"\x01\x0e\x0e\0\0\0\x0a\0\0\0\x01\0\0\x01a\xff".to_vec(),
            Kind::HashListpack | Kind::SortedSetListpack | Kind::SetListpack => {
                b"\x0c\x0c\0\0\0\x02\0\x81a\x02\x01\x01\xff".to_vec()
            }
            Kind::List2 => b"\x02\x02\x0a\x0a\0\0\0\x01\0\x81a\x02\xff\x01\x05plain".to_vec(),
            Kind::HashWithDeadlinesFirst => b"\x01\x05\x01f\x01v".to_vec(),
            Kind::HashListpackWithDeadlinesFirst => TRIPLE.to_vec(),
            Kind::HashWithDeadlines => [MILLIS, b"\x01\x05\x01f\x01v"].concat(),
            Kind::HashListpackWithDeadlines => [MILLIS, TRIPLE].concat(),
            Kind::StreamFirst => stream(b"\0\x01\0", b"\x02\0", MILLIS),
            Kind::Stream2 => stream(b"\0\x01\0\0\0\x01\0\x01", b"\x02\0\x01", MILLIS),
            Kind::Stream3 => {
                stream(b"\0\x01\0\0\0\x01\0\x01", b"\x02\0\x01", &[MILLIS, MILLIS].concat())
            }
        }
    }

    /// A stream without entries that has a group whose consumer has a pending entry.
    fn stream(numbers: &[u8], of_group: &[u8], times: &[u8]) -> Vec<u8> {
        let pending = [b"\x01", ID, MILLIS, b"\x01"].concat();
        let consumer = [b"\x01\x01c", times, b"\x01", ID].concat();
        [b"\0", numbers, b"\x01\x01g", of_group, &pending, &consumer].concat()
    }

    #[test]
    fn a_value_is_skipped_as_far_as_it_is_read() {
        let (listpack_entries, listpack_value_bytes, seed) = (9, 9, Seed(1));
        let limits = Limits {
            expansion_bytes: usize::MAX,
            hash: HashLimits { listpack_entries, listpack_value_bytes, seed },
            list: ListLimits::of_parameter(9),
            set: SetLimits { intset_entries: 9, listpack_entries, listpack_value_bytes, seed },
            sorted_set: SortedSetLimits { listpack_entries, listpack_value_bytes, seed },
        };
        for kind in Kind::ALL {
            let value = value_of(kind);
            let bytes = [&value, &b"what follows"[..]].concat();
            let (mut read, mut skipped) = (Reader::new(&bytes), Reader::new(&bytes));
            assert!(load(kind, &mut read, &limits).is_ok(), "{kind:?}");
            assert_eq!(skip(kind, &mut skipped), Ok(()));
            assert_eq!((kind, read.left(), skipped.left()), (kind, 12, 12));
            for len in 0..value.len() {
                assert!(skip(kind, &mut Reader::new(&value[..len])).is_err(), "{kind:?}: {len}");
            }
        }
    }
}
