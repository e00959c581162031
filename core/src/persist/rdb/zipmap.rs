//! Zipmaps, the small hashes of Redis up to 2.4: read, and turned into listpacks.
//!
//! ```text
//! +-------+-----+-------+-----+------+-------+------+-----+------+
//! | count | len | field | len | free | value | room | ... | 0xff |
//! | u8    |     |       |     | u8   |       |      |     |      |
//! +-------+-----+-------+-----+------+-------+------+-----+------+
//! ```
//!
//! A length is a byte, or 0xfe and a u32. A value has room behind it to grow into. The count stops at 254.

use super::{Corrupt, Reader};
use crate::value::listpack::{EMPTY_BYTES, Entry, Listpack, MAX_BYTES};

const END: u8 = 0xff;
const LONG: u8 = 0xfe;
const DAMAGED: Corrupt = Corrupt("damaged zipmap");

/// The listpack with the fields and values of a zipmap, in turn.
///
/// # Errors
/// The zipmap is not what it says of itself.
pub(super) fn to_listpack(bytes: &[u8]) -> Result<Listpack, Corrupt> {
    // What is longer Redis never wrote, and might not fit a listpack. It asks for an end at the end, and goes by the first.
    if bytes.len() > MAX_BYTES || bytes.last() != Some(&END) {
        return Err(DAMAGED);
    }
    let mut reader = Reader::new(bytes);
    let told = reader.byte()?;
    let mut list = Listpack::with_capacity(EMPTY_BYTES + bytes.len());
    let mut count = 0;
    while let Some(len) = length(&mut reader)? {
        list.push_back(Entry::encode(reader.bytes(len)?));
        let len = length(&mut reader)?.ok_or(DAMAGED)?;
        let room = reader.byte()?;
        list.push_back(Entry::encode(reader.bytes(len)?));
        reader.bytes(room.into())?;
        count += 1;
    }
    if told >= LONG || usize::from(told) == count { Ok(list) } else { Err(DAMAGED) }
}

/// A length; nothing at the end.
fn length(reader: &mut Reader<'_>) -> Result<Option<usize>, Corrupt> {
    Ok(match reader.byte()? {
        END => None,
        LONG => Some(u32::from_le_bytes(reader.array()?) as usize),
        short => Some(short.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn fields_and_values_in_turn() {
        let long = [b'x'; 300];
        let bytes =
            [b"\x02\x03foo\x03\x02bar??\xfe\x2c\x01\0\0", &long[..], b"\x01\0\x31\xff"].concat();
        let list = to_listpack(&bytes).unwrap();
        let texts: Vec<_> = list.as_ref().iter().map(Entry::to_vec).collect();
        assert_eq!(texts, [&b"foo"[..], b"bar", &long, b"1"]);
        for len in 0..bytes.len() {
            assert!(to_listpack(&bytes[..len]).is_err());
        }
        assert!(to_listpack(b"\x01\x01a\x01\0x\xff..\xff").is_ok());
        assert!(to_listpack(b"\x01\x01a\x01\0x\xff..").is_err());
        for at in [0, 1, 5, 6, bytes.len() - 1] {
            let mut wrong = bytes.clone();
            wrong[at] ^= 0x81;
            assert!(to_listpack(&wrong).is_err(), "byte {at}");
        }
    }
}
