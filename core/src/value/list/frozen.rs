//! Compression of the inner chunks of a long list.
//!
//! The elements of a list are usually similar: numbers that count up, names with a prefix,
//! documents that differ in a few fields. So each element is encoded as the lengths of the prefix
//! and the suffix that it shares with the previous element, and the bytes between; an integer is
//! encoded as the difference from the previous integer.
//!
//! ```text
//!  bytes (u32), then for each entry
//!  shared start (0..=254)   shared end (u8)   length (varint)   bytes
//!  0xff                     distance (zigzag varint)
//! ```
//!
//! This takes a few nanoseconds per element in either direction, and a chunk of dissimilar elements
//! remains unchanged.

use super::super::listpack::{COUNT_UNKNOWN, Entry, ListpackRef};
use alloc::vec::Vec;

/// Replaces the length of the shared prefix if an integer follows.
const INTEGER: u8 = 0xff;

/// Compresses the listpack, or returns `None` if that would not save a quarter.
pub(super) fn freeze(list: ListpackRef<'_>) -> Option<Vec<u8>> {
    let bytes = list.bytes().len();
    let most = bytes / 4 * 3;
    let mut out = Vec::with_capacity(bytes / 2);
    out.extend_from_slice(&u32::try_from(bytes).ok()?.to_le_bytes());
    let (mut last, mut last_number) = (&b""[..], 0_i64);
    for entry in list {
        match entry {
            Entry::Int(number) => {
                let distance = number.wrapping_sub(last_number);
                out.push(INTEGER);
                push_varint(&mut out, (distance << 1 ^ distance >> 63) as u64);
                last_number = number;
            }
            Entry::Bytes(text) => {
                let start = shared_start(last, text);
                let (last_rest, rest) = (&last[start..], &text[start..]);
                let end = shared_end(last_rest, rest);
                let middle = &rest[..rest.len() - end];
                out.extend_from_slice(&[start as u8, end as u8]);
                push_varint(&mut out, middle.len() as u64);
                out.extend_from_slice(middle);
                last = text;
            }
        }
        if out.len() > most {
            return None;
        }
    }
    out.shrink_to_fit();
    (out.len() <= most).then_some(out)
}

/// Returns the length of the prefix that the two texts share, at most 254. Compares eight bytes at
/// a time, then one by one.
fn shared_start(one: &[u8], other: &[u8]) -> usize {
    let len = one.len().min(other.len()).min(usize::from(INTEGER) - 1);
    let (one, other) = (&one[..len], &other[..len]);
    let words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let start = 8 * words.take_while(|(one, other)| one == other).count();
    let bytes = one[start..].iter().zip(&other[start..]);
    start + bytes.take_while(|(one, other)| one == other).count()
}

/// Returns the length of the suffix that the two texts share, at most 255.
fn shared_end(one: &[u8], other: &[u8]) -> usize {
    let len = one.len().min(other.len()).min(255);
    let (one, other) = (&one[one.len() - len..], &other[other.len() - len..]);
    let words = one.as_rchunks::<8>().1.iter().zip(other.as_rchunks::<8>().1);
    let end = 8 * words.rev().take_while(|(one, other)| one == other).count();
    let bytes = one[..len - end].iter().zip(&other[..len - end]);
    end + bytes.rev().take_while(|(one, other)| one == other).count()
}

/// Returns the length of the decompressed listpack.
#[inline]
pub(super) fn listpack_bytes(frozen: &[u8]) -> usize {
    u32::from_le_bytes([frozen[0], frozen[1], frozen[2], frozen[3]]) as usize
}

/// Decompresses the listpack of `count` entries.
pub(super) fn thaw(frozen: &[u8], count: u32) -> Vec<u8> {
    let bytes = listpack_bytes(frozen);
    let mut out = Vec::with_capacity(bytes);
    out.extend_from_slice(&u16::try_from(count).unwrap_or(COUNT_UNKNOWN).to_le_bytes());
    let mut rest = &frozen[4..];
    let (mut last, mut last_number) = (Vec::new(), 0_i64);
    while let Some((&start, behind)) = rest.split_first() {
        rest = behind;
        if start == INTEGER {
            let distance = take_varint(&mut rest);
            let distance = (distance >> 1) as i64 ^ -((distance & 1) as i64);
            last_number = last_number.wrapping_add(distance);
            push_entry(&mut out, Entry::Int(last_number));
            continue;
        }
        let (start, end) = (usize::from(start), usize::from(rest[0]));
        rest = &rest[1..];
        let (middle, behind) = {
            let len = take_varint(&mut rest) as usize;
            rest.split_at(len)
        };
        rest = behind;
        if end == 0 {
            last.truncate(start);
            last.extend_from_slice(middle);
        } else {
            last.splice(start..last.len() - end, middle.iter().copied());
        }
        push_entry(&mut out, Entry::Bytes(&last));
    }
    debug_assert_eq!(out.len(), bytes);
    out
}

#[inline]
fn push_entry(out: &mut Vec<u8>, entry: Entry<'_>) {
    let at = out.len();
    out.resize(at + entry.size_bytes(), 0);
    entry.write(&mut out[at..]);
}

/// Writes seven bits per byte, least significant first; every byte except the last is marked.
#[inline]
fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[inline]
fn take_varint(from: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = from.split_first() {
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::super::super::listpack::Listpack;
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::{format, string::ToString, vec};

    #[test]
    fn a_frozen_listpack_thaws_unchanged() {
        let mut random = Random::new(Seed(1));
        let mut frozen = 0;
        for _ in 0..2_000 {
            let mut list = Listpack::new();
            let likeness = random.below(5);
            for number in 0..random.below(100) {
                let text = match random.below(6).min(likeness) {
                    0 => format!("element:{number:06}").into_bytes(),
                    1 => (1_000_000 - number).to_string().into_bytes(),
                    2 => format!("{{\"id\":{number},\"name\":\"someone\"}}").into_bytes(),
                    3 => vec![b'x'; random.below(600)],
                    4 => (random.next_u64() as i64).to_string().into_bytes(),
                    _ => random.next_u64().to_le_bytes().to_vec(),
                };
                list.push_back(Entry::encode(&text));
            }
            let Some(less) = freeze(list.as_ref()) else { continue };
            frozen += 1;
            assert!(less.len() <= list.as_ref().bytes().len() / 4 * 3);
            assert_eq!(listpack_bytes(&less), list.as_ref().bytes().len());
            assert_eq!(thaw(&less, list.as_ref().len() as u32), list.as_ref().bytes());
        }
        assert!((1_000..2_000).contains(&frozen), "{frozen}");
    }

    #[test]
    fn dissimilar_elements_are_not_frozen() {
        let mut random = Random::new(Seed(2));
        let words: vec::Vec<_> = (0..100).map(|_| random.next_u64().to_le_bytes()).collect();
        let list: Listpack = words.iter().map(|word| Entry::encode(word)).collect();
        assert_eq!(freeze(list.as_ref()), None);
    }
}
