//! Strings as arrays of bits: counting, searching and combining them.
//!
//! Bit 0 is the most significant bit of the first byte, as in Redis. A bitmap may have half a
//! gigabyte, so operations on all of it run at memory speed, using only safe code that the compiler
//! vectorizes:
//!
//! - Counting adds words bit by bit (Harley and Seal): a carry-save adder reduces three words of
//!   equal weight to one of that weight and one of twice the weight, in five operations for every
//!   bit position at once. Eight words are reduced to a single one of weight eight, whose bits are
//!   counted one word at a time.
//! - Searching compares 64 bytes at once, and looks closer only if one of them differs from the
//!   bytes to skip.
//! - Combining works block by block, and a block of the result stays in the L1 cache until every
//!   source has been folded into it: each source is read once and the result is written once,
//!   however many sources there are.

use alloc::vec::Vec;
use core::array;
use core::ops::Range;

/// The operation of `BITOP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sets a bit if it is set in all sources.
    And,
    /// Sets a bit if it is set in any source.
    Or,
    /// Sets a bit if it is set in an odd number of sources.
    Xor,
    /// Sets a bit if it is not set in the only source.
    Not,
}

/// Returns `true` if a bit is set; bits past the end are not.
///
/// ```
/// use redstart_core::value::bitmap;
/// assert!(bitmap::bit(b"\x40", 1));
/// assert!(!bitmap::bit(b"\x40", 8));
/// ```
#[must_use]
pub fn bit(bytes: &[u8], offset: u64) -> bool {
    let byte = usize::try_from(offset / 8).ok().and_then(|at| bytes.get(at));
    byte.is_some_and(|byte| byte & mask(offset) != 0)
}

/// Sets or clears a bit and returns its previous value.
///
/// # Panics
///
/// If the bit is past the end.
pub fn set_bit(bytes: &mut [u8], offset: u64, value: bool) -> bool {
    let byte = &mut bytes[(offset / 8) as usize];
    let old = *byte & mask(offset) != 0;
    *byte = if value { *byte | mask(offset) } else { *byte & !mask(offset) };
    old
}

/// Returns the number of bits that are set.
///
/// ```
/// assert_eq!(redstart_core::value::bitmap::count(b"foobar"), 26);
/// ```
#[must_use]
pub fn count(bytes: &[u8]) -> u64 {
    let (mut ones, mut twos, mut fours) = ([0; LANES], [0; LANES], [0; LANES]);
    let mut eights = 0;
    let (blocks, rest) = bytes.as_chunks::<{ 8 * size_of::<Lanes>() }>();
    for block in blocks {
        let (words, _) = block.as_chunks::<{ size_of::<Lanes>() }>();
        let word = |at: usize| lanes(&words[at]);
        let two = add(&mut ones, word(0), word(1));
        let two_more = add(&mut ones, word(2), word(3));
        let four = add(&mut twos, two, two_more);
        let two = add(&mut ones, word(4), word(5));
        let two_more = add(&mut ones, word(6), word(7));
        let four_more = add(&mut twos, two, two_more);
        eights += set_in(add(&mut fours, four, four_more));
    }
    let (words, tail) = rest.as_chunks();
    let rest: u32 = words.iter().map(|word| u64::from_ne_bytes(*word).count_ones()).sum();
    let tail: u32 = tail.iter().map(|byte| byte.count_ones()).sum();
    8 * eights + 4 * set_in(fours) + 2 * set_in(twos) + set_in(ones) + u64::from(rest + tail)
}

/// Returns the number of bits that are set in `range`, which must be within the bytes.
///
/// # Panics
///
/// If it is not.
#[must_use]
pub fn count_in(bytes: &[u8], range: Range<u64>) -> u64 {
    if range.is_empty() {
        return 0;
    }
    let (first, end) = ((range.start / 8) as usize, range.end.div_ceil(8) as usize);
    let before = bytes[first] & !from(range.start);
    let behind = if range.end.is_multiple_of(8) { 0 } else { bytes[end - 1] & from(range.end) };
    count(&bytes[first..end]) - u64::from(before.count_ones() + behind.count_ones())
}

/// Returns the position of the first bit in `range` with this value. The range must be within the
/// bytes.
///
/// # Panics
///
/// If the range extends past the end of the bytes.
#[must_use]
pub fn position(bytes: &[u8], value: bool, range: Range<u64>) -> Option<u64> {
    if range.is_empty() {
        return None;
    }
    let skipped = if value { 0 } else { 0xff };
    let (first, end) = ((range.start / 8) as usize, range.end.div_ceil(8) as usize);
    let found_in =
        |at: usize, byte: u8| at as u64 * 8 + u64::from((byte ^ skipped).leading_zeros());
    let head = (bytes[first] ^ skipped) & from(range.start) ^ skipped;
    let found = if head == skipped {
        let at = first + 1 + first_other(&bytes[first + 1..end], skipped)?;
        found_in(at, bytes[at])
    } else {
        found_in(first, head)
    };
    (found < range.end).then_some(found)
}

/// Combines `sources` as `BITOP` does: the result is as long as the longest source, and shorter
/// ones are padded with zeros. `Not` reads only the first source.
///
/// ```
/// use redstart_core::value::bitmap::{Operation, combine};
/// assert_eq!(combine(Operation::And, &[b"foobar", b"abcdef"]), b"`bc`ab");
/// assert_eq!(combine(Operation::Or, &[b"\x01", b"\x02\x03"]), b"\x03\x03");
/// ```
#[must_use]
pub fn combine(operation: Operation, sources: &[&[u8]]) -> Vec<u8> {
    /// Number of bytes folded at once: a fraction of the L1 cache of any processor.
    const BLOCK_BYTES: usize = 8 * 1024;
    let len = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    let Some((&first, others)) = sources.split_first() else { return Vec::new() };
    let mut result = Vec::with_capacity(len);
    while result.len() < len {
        let start = result.len();
        let end = len.min(start + BLOCK_BYTES);
        let part = |source: &'_ [u8]| start.min(source.len())..end.min(source.len());
        result.extend_from_slice(&first[part(first)]);
        result.resize(end, 0);
        let block = &mut result[start..];
        if operation == Operation::Not {
            block.iter_mut().for_each(|byte| *byte = !*byte);
            continue;
        }
        for &source in others {
            fold(operation, block, &source[part(source)]);
        }
    }
    result
}

/// Folds `source` into a block that is at least as long.
fn fold(operation: Operation, block: &mut [u8], source: &[u8]) {
    let (common, beyond) = block.split_at_mut(source.len());
    let pairs = common.iter_mut().zip(source);
    match operation {
        Operation::And => {
            pairs.for_each(|(byte, other)| *byte &= other);
            beyond.fill(0);
        }
        Operation::Or => pairs.for_each(|(byte, other)| *byte |= other),
        Operation::Xor => pairs.for_each(|(byte, other)| *byte ^= other),
        Operation::Not => {}
    }
}

/// Returns the mask of a bit in its byte.
const fn mask(offset: u64) -> u8 {
    0x80 >> (offset % 8)
}

/// Returns the mask of a bit and the bits after it in its byte.
const fn from(offset: u64) -> u8 {
    0xff >> (offset % 8)
}

/// Number of words added in parallel: enough for the widest vectors in use.
const LANES: usize = 8;

type Lanes = [u64; LANES];

fn lanes(bytes: &[u8; size_of::<Lanes>()]) -> Lanes {
    let (words, _) = bytes.as_chunks();
    array::from_fn(|lane| u64::from_ne_bytes(words[lane]))
}

/// Adds two words to a third of equal weight, and returns the carry, which has twice the weight.
fn add(sum: &mut Lanes, left: Lanes, right: Lanes) -> Lanes {
    let half: Lanes = array::from_fn(|lane| sum[lane] ^ left[lane]);
    let carry = array::from_fn(|lane| sum[lane] & left[lane] | half[lane] & right[lane]);
    *sum = array::from_fn(|lane| half[lane] ^ right[lane]);
    carry
}

fn set_in(lanes: Lanes) -> u64 {
    lanes.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// Returns the index of the first byte that is not `skipped`.
fn first_other(bytes: &[u8], skipped: u8) -> Option<usize> {
    /// Number of bytes compared together.
    const CHUNK: usize = 64;
    let (chunks, _) = bytes.as_chunks::<CHUNK>();
    let differs = |chunk: &[u8; CHUNK]| chunk.iter().fold(0, |any, byte| any | byte ^ skipped) != 0;
    let near = CHUNK * chunks.iter().position(differs).unwrap_or(chunks.len());
    Some(near + bytes[near..].iter().position(|&byte| byte != skipped)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};

    /// Returns bytes with some runs of all zeros or all ones.
    fn sample(random: &mut Random, below: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let len = random.below(below);
        while bytes.len() < len {
            let run = random.below(200).min(len - bytes.len());
            let kind = random.below(3);
            bytes.extend((0..run).map(|_| [0, 0xff, random.below(256) as u8][kind]));
        }
        bytes
    }

    fn range(random: &mut Random, bytes: &[u8]) -> Range<u64> {
        let bits = bytes.len() * 8;
        let start = random.below(bits + 1);
        start as u64..(start + random.below(bits - start + 1)) as u64
    }

    #[test]
    fn counting_and_searching_match_a_bitwise_model() {
        let mut random = Random::new(Seed(1));
        for _ in 0..3_000 {
            let bytes = sample(&mut random, 2_000);
            let range = range(&mut random, &bytes);
            let ones = range.clone().filter(|&offset| bit(&bytes, offset)).count() as u64;
            assert_eq!(count_in(&bytes, range.clone()), ones, "{range:?} of {}", bytes.len());
            for value in [false, true] {
                let first = range.clone().find(|&offset| bit(&bytes, offset) == value);
                assert_eq!(position(&bytes, value, range.clone()), first, "{value} in {range:?}");
            }
        }
    }

    #[test]
    fn combining_matches_a_bytewise_model() {
        let mut random = Random::new(Seed(2));
        for _ in 0..300 {
            let number = 1 + random.below(4);
            let sources: Vec<_> = (0..number).map(|_| sample(&mut random, 20_000)).collect();
            let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
            let len = sources.iter().map(|source| source.len()).max().unwrap();
            let naive = |fold: fn(u8, u8) -> u8| -> Vec<u8> {
                let byte = |source: &&[u8], at| source.get(at).copied().unwrap_or(0);
                let of = |at| sources.iter().map(|source| byte(source, at)).reduce(fold).unwrap();
                (0..len).map(of).collect()
            };
            assert!(combine(Operation::And, &sources) == naive(|a, b| a & b));
            assert!(combine(Operation::Or, &sources) == naive(|a, b| a | b));
            assert!(combine(Operation::Xor, &sources) == naive(|a, b| a ^ b));
            let inverse: Vec<u8> = sources[0].iter().map(|byte| !byte).collect();
            assert!(combine(Operation::Not, &sources[..1]) == inverse);
        }
        assert_eq!(combine(Operation::Or, &[]), b"");
    }

    #[test]
    fn setting_and_clearing_a_bit_changes_no_other() {
        let mut bytes = [0; 3];
        for offset in 0..24 {
            assert!(!set_bit(&mut bytes, offset, true));
            assert_eq!(position(&bytes, true, 0..24), Some(offset));
            assert!(set_bit(&mut bytes, offset, false));
            assert_eq!(bytes, [0; 3]);
        }
        assert!(!bit(&bytes, u64::MAX));
    }
}
