//! Zipmaps, the small hashes of Redis up to 2.4. They are read and converted to listpacks.
//!
//! ```text
//! +-------+-----+-------+-----+------+-------+------+-----+------+
//! | count | len | field | len | free | value | room | ... | 0xff |
//! | u8    |     |       |     | u8   |       |      |     |      |
//! +-------+-----+-------+-----+------+-------+------+-----+------+
//! ```
//!
//! A length is a byte, or 0xfe and a u32. A value is followed by `free` bytes of room to grow. The
//! count stops at 254.

use super::{Corrupt, Reader};
use crate::value::listpack::{EMPTY_BYTES, Entry, Listpack, MAX_BYTES};

const END: u8 = 0xff;
const LONG: u8 = 0xfe;
const DAMAGED: Corrupt = Corrupt("damaged zipmap");

/// Converts the alternating fields and values of a zipmap to a listpack.
///
/// # Errors
///
/// Returns an error if the zipmap is malformed.
pub(super) fn to_listpack(bytes: &[u8]) -> Result<Listpack, Corrupt> {
    // Redis never wrote longer zipmaps, and they might not fit a listpack. It requires an end
    // marker as the last byte, but stops at the first one.
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

/// Reads a length; `None` at the end marker.
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
    fn fields_and_values_alternate() {
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
