//! Ziplists, the predecessor of listpacks in Redis up to 6.2. They are read and converted to
//! listpacks.
//!
//! ```text
//!  0             4             8        10
//! +-------------+-------------+--------+-------+-----+------+
//! | total bytes | last entry  | count  | entry | ... | 0xff |
//! | u32         | u32         | u16    |       |     |      |
//! +-------------+-------------+--------+-------+-----+------+
//!
//!  an entry: length of the previous one (a byte, or 0xfe and u32), then head and payload
//!  00xxxxxx  01xxxxxx + byte  10...... + 4 bytes      a string with a length of 6, 14 or 32 bits
//!  c0  d0  e0  f0  fe                                 an integer of 2, 4, 8, 3 or 1 bytes
//!  f1 .. fd                                           0 .. 12
//! ```

use super::{Corrupt, Reader};
use crate::value::listpack::{EMPTY_BYTES, Entry, Listpack, MAX_BYTES};

const HEADER: usize = 10;
const END: u8 = 0xff;
const LONG_PREVIOUS: u8 = 0xfe;
const DAMAGED: Corrupt = Corrupt("damaged ziplist");

/// Converts a ziplist to a listpack.
///
/// # Errors
///
/// Returns an error if the ziplist is malformed in any way.
pub(super) fn to_listpack(bytes: &[u8]) -> Result<Listpack, Corrupt> {
    let mut reader = Reader::new(bytes);
    let total = u32::from_le_bytes(reader.array()?) as usize;
    let last = u32::from_le_bytes(reader.array()?) as usize;
    let count = u16::from_le_bytes(reader.array()?);
    // Redis never wrote longer ziplists, and they might not fit a listpack.
    if total != bytes.len() || total > MAX_BYTES {
        return Err(DAMAGED);
    }
    let mut list = Listpack::with_capacity(EMPTY_BYTES + bytes.len());
    let (mut entries, mut last_at, mut last_len) = (0, HEADER, 0);
    while reader.left() > 1 {
        last_at = total - reader.left();
        let previous = match reader.byte()? {
            LONG_PREVIOUS => u32::from_le_bytes(reader.array()?) as usize,
            END => return Err(DAMAGED),
            short => short.into(),
        };
        if previous != last_len {
            return Err(DAMAGED);
        }
        list.push_back(entry(&mut reader)?);
        last_len = total - reader.left() - last_at;
        entries += 1;
    }
    let is_counted = count == u16::MAX || usize::from(count) == entries;
    let is_whole = reader.byte()? == END && last == last_at && is_counted;
    if is_whole { Ok(list) } else { Err(DAMAGED) }
}

fn entry<'a>(reader: &mut Reader<'a>) -> Result<Entry<'a>, Corrupt> {
    let head = reader.byte()?;
    let low = usize::from(head & 0x3f);
    let len = match head {
        0x00..0x40 => low,
        0x40..0x80 => low << 8 | usize::from(reader.byte()?),
        0x80..0xc0 => u32::from_be_bytes(reader.array()?) as usize,
        0xc0 => return Ok(Entry::Int(i16::from_le_bytes(reader.array()?).into())),
        0xd0 => return Ok(Entry::Int(i32::from_le_bytes(reader.array()?).into())),
        0xe0 => return Ok(Entry::Int(i64::from_le_bytes(reader.array()?))),
        0xf0 => {
            let [low, middle, high] = reader.array()?;
            return Ok(Entry::Int((i32::from_le_bytes([0, low, middle, high]) >> 8).into()));
        }
        0xfe => return Ok(Entry::Int(i8::from_le_bytes(reader.array()?).into())),
        0xf1..=0xfd => return Ok(Entry::Int(i64::from(head) - 0xf1)),
        _ => return Err(DAMAGED),
    };
    reader.bytes(len).map(Entry::encode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const SHORT: &[u8] =
        b"\x1c\0\0\0\x18\0\0\0\x05\0\0\x02hi\x04\xf3\x02\xfe\xfb\x03\xf0\0\0\x80\x05\x01x\xff";

    fn texts(list: &Listpack) -> Vec<Vec<u8>> {
        list.as_ref().iter().map(Entry::to_vec).collect()
    }

    #[test]
    fn every_form_of_an_entry_is_converted() {
        let mut bytes = b"\0\0\0\0\0\0\0\0\x08\0".to_vec();
        let (b100, b16384) = ([b'y'; 100], [b'z'; 16_384]);
        let bodies: [&[u8]; 8] = [
            b"\x03abc",
            &[b"\x40\x64", &b100[..]].concat(),
            &[b"\x80\0\0\x40\0", &b16384[..]].concat(),
            b"\xc0\xfe\xff",
            b"\xd0\0\0\x01\0",
            b"\xe0\0\0\0\0\0\0\0\x80",
            b"\xf0\0\0\x80",
            b"\xfd",
        ];
        let (mut previous, mut last) = (0usize, 0);
        for body in bodies {
            last = bytes.len();
            match u8::try_from(previous) {
                Ok(short @ ..0xfe) => bytes.push(short),
                _ => {
                    bytes.push(LONG_PREVIOUS);
                    bytes.extend((previous as u32).to_le_bytes());
                }
            }
            bytes.extend(body);
            previous = bytes.len() - last;
        }
        bytes.push(END);
        let total = (bytes.len() as u32).to_le_bytes();
        bytes[..4].copy_from_slice(&total);
        bytes[4..8].copy_from_slice(&(last as u32).to_le_bytes());
        let integers: [&[u8]; 5] = [b"-2", b"65536", b"-9223372036854775808", b"-8388608", b"12"];
        let expected = [&b"abc"[..], &b100, &b16384].into_iter().chain(integers);
        assert!(texts(&to_listpack(&bytes).unwrap()).iter().eq(expected));
    }

    #[test]
    fn malformed_ziplists_are_rejected() {
        let list = to_listpack(b"\x0b\0\0\0\x0a\0\0\0\0\0\xff").unwrap();
        assert!(list.as_ref().is_empty());
        let texts = texts(&to_listpack(SHORT).unwrap());
        assert_eq!(texts, [&b"hi"[..], b"2", b"-5", b"-8388608", b"x"]);
        for at in [0, 4, 8, 10, 11, 14, 16, SHORT.len() - 1] {
            let mut wrong = SHORT.to_vec();
            wrong[at] ^= 0x55;
            assert!(to_listpack(&wrong).is_err(), "byte {at}");
        }
        for len in 0..SHORT.len() {
            assert!(to_listpack(&SHORT[..len]).is_err());
        }
    }
}
