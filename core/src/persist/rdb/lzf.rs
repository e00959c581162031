//! LZF (Lehmann): fast compression of long strings.
//!
//! ```text
//!  000lllll                       literals: the l + 1 bytes that follow
//!  lllooooo oooooooo              a copy of l + 2 bytes, l from 1 to 6, from o + 1 bytes before
//!  111ooooo llllllll oooooooo     the same for l + 9 bytes
//! ```
//!
//! The compressor looks up the last position of the next three bytes in a table. It makes the same
//! choices as the one in Redis, so that both produce the same output for a string.

use alloc::{vec, vec::Vec};

/// The size of the compressor's table, as a power of two.
const SLOTS_LOG: u32 = 16;
const LONGEST_LITERALS: usize = 1 << 5;
const LONGEST_COPY: usize = (1 << 8) + (1 << 3);
const FARTHEST: usize = 1 << 13;

/// The maximum growth of three bytes: the longest copy.
const EXPANSION: usize = LONGEST_COPY / 3;

/// Compresses strings. The table is reused for the next string, because clearing it takes longer
/// than compressing most strings.
#[derive(Clone, Debug, Default)]
pub struct Compressor {
    /// The last position of each three bytes, plus `origin`. Smaller values belong to earlier
    /// strings.
    slots: Vec<u32>,
    origin: u32,
}

impl Compressor {
    /// Appends the compressed `input` to `out`. Appends nothing and returns `false` if the result
    /// exceeds `most` bytes.
    pub fn compress(&mut self, input: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let is_done = self.begin(input.len()) && self.run(input, most, out);
        if !is_done {
            out.truncate(start);
        }
        self.origin = self.origin.saturating_add(u32::try_from(input.len()).unwrap_or(u32::MAX));
        is_done
    }

    /// Reserves positions for a string. Returns `false` if the string is too long.
    fn begin(&mut self, len: usize) -> bool {
        let Ok(len) = u32::try_from(len) else { return false };
        if self.origin.checked_add(len).is_none() || self.slots.is_empty() {
            self.slots = vec![0; 1 << SLOTS_LOG];
            self.origin = 1;
        }
        len < u32::MAX
    }

    fn run(&mut self, input: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
        let mut run = Literals::begin(out, most);
        // No three bytes start at the last two.
        let searched = input.len().saturating_sub(2);
        let mut at = 0;
        while at < searched {
            let Some((distance, len)) = self.find(input, at) else {
                if !run.has_room(0) {
                    return false;
                }
                run.push(input[at]);
                at += 1;
                continue;
            };
            if !run.has_room_for_copy() {
                return false;
            }
            run.copy(distance, len);
            at += len;
            if at < searched {
                // Only the last two positions of a copy are recorded; recording all would take too
                // long.
                self.note(input, at - 2);
                self.note(input, at - 1);
            }
        }
        if !run.has_room(3) {
            return false;
        }
        input[at..].iter().for_each(|&byte| run.push(byte));
        run.end();
        true
    }

    /// Returns the distance and length of a match for the bytes at `at`, and records their position
    /// in any case.
    #[inline]
    fn find(&mut self, input: &[u8], at: usize) -> Option<(usize, usize)> {
        let before = self.note(input, at);
        let from = before.checked_sub(self.origin)? as usize;
        // The very first byte is never copied from, as in Redis.
        let is_near = 0 < from && from < at && at - from <= FARTHEST;
        if !is_near || input[from..from + 3] != input[at..at + 3] {
            return None;
        }
        // Redis excludes the last two bytes, except that it always compares three, and nineteen
        // once it has started to compare sixteen at a time.
        let most = match (input.len() - at - 2).min(LONGEST_COPY) {
            most @ ..=16 => most.max(3),
            most => most.max(19),
        };
        let same = input[from..].iter().zip(&input[at..at + most]).take_while(|(a, b)| a == b);
        Some((at - from, same.count()))
    }

    /// Records the position of the three bytes at `at`, and returns the position recorded before.
    #[inline]
    fn note(&mut self, input: &[u8], at: usize) -> u32 {
        let three = u32::from_be_bytes([0, input[at], input[at + 1], input[at + 2]]);
        let slot = (three >> (24 - SLOTS_LOG)).wrapping_sub(three.wrapping_mul(5));
        let slot = &mut self.slots[slot as usize & ((1 << SLOTS_LOG) - 1)];
        core::mem::replace(slot, self.origin + at as u32)
    }
}

/// Compressed bytes that end with an open run of literals.
struct Literals<'a> {
    out: &'a mut Vec<u8>,
    /// The start of the compressed bytes, and their maximum number.
    start: usize,
    most: usize,
    /// The length of the run. The byte before the run is reserved for it.
    len: usize,
}

impl<'a> Literals<'a> {
    fn begin(out: &'a mut Vec<u8>, most: usize) -> Self {
        let start = out.len();
        out.push(0);
        Self { out, start, most, len: 0 }
    }

    /// Returns `true` if `more` bytes fit, or a single byte if `more` is zero: the same margin as
    /// in Redis.
    fn has_room(&self, more: usize) -> bool {
        let written = self.out.len() - self.start;
        if more == 0 { written < self.most } else { written + more <= self.most }
    }

    fn has_room_for_copy(&self) -> bool {
        let written = self.out.len() - self.start - usize::from(self.len == 0);
        written + 4 < self.most
    }

    fn push(&mut self, byte: u8) {
        self.out.push(byte);
        self.len += 1;
        if self.len == LONGEST_LITERALS {
            self.end();
            self.out.push(0);
        }
    }

    fn copy(&mut self, distance: usize, len: usize) {
        self.end();
        let (offset, len) = (distance - 1, len - 2);
        let high = (offset >> 8) as u8;
        if len < 7 {
            self.out.push((len as u8) << 5 | high);
        } else {
            self.out.extend([7 << 5 | high, (len - 7) as u8]);
        }
        self.out.extend([offset as u8, 0]);
    }

    /// Writes the length of the run, or removes the reserved byte if the run is empty.
    fn end(&mut self) {
        let head = self.out.len() - self.len - 1;
        match self.len.checked_sub(1) {
            Some(len) => self.out[head] = len as u8,
            None => drop(self.out.pop()),
        }
        self.len = 0;
    }
}

/// Decompresses a string of `len` bytes. Returns `None` if the input does not decode to exactly
/// that many.
#[must_use]
pub fn decompress(mut input: &[u8], len: usize) -> Option<Vec<u8>> {
    if len > input.len().checked_mul(EXPANSION)? {
        return None;
    }
    let mut out = Vec::with_capacity(len);
    while let Some((&head, rest)) = input.split_first() {
        let head = usize::from(head);
        if head < LONGEST_LITERALS {
            let (literals, rest) = rest.split_at_checked(head + 1)?;
            out.extend_from_slice(literals);
            input = rest;
        } else {
            let (more, rest) = match head >> 5 {
                7 => rest.split_first().map(|(&more, rest)| (usize::from(more), rest))?,
                _ => (0, rest),
            };
            let (&low, rest) = rest.split_first()?;
            let distance = ((head & 0x1f) << 8 | usize::from(low)) + 1;
            let copied = (head >> 5) + more + 2;
            let from = out.len().checked_sub(distance)?;
            if copied > len - out.len() {
                return None;
            }
            copy(&mut out, from, copied);
            input = rest;
        }
        if out.len() > len {
            return None;
        }
    }
    (out.len() == len).then_some(out)
}

/// Appends `len` bytes starting at `from`; the ranges may overlap.
fn copy(out: &mut Vec<u8>, from: usize, mut len: usize) {
    while len > 0 {
        let step = len.min(out.len() - from);
        out.extend_from_within(from..from + step);
        len -= step;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::random::{Random, Seed};
    use super::*;

    fn compressed(input: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Compressor::default()
            .compress(input, input.len().saturating_sub(4), &mut out)
            .then_some(out)
    }

    #[test]
    fn the_output_equals_that_of_redis() {
        let hello = b"hello world hello world hello world hello world";
        assert_eq!(compressed(hello).unwrap(), b"\x0chello world h\xe0\x17\x0b\x01ld");
        assert_eq!(compressed(b"abcdefghijklmnopqrstuvwxyz0123456789"), None);
    }

    #[test]
    fn compressed_strings_decompress_to_themselves() {
        let mut random = Random::new(Seed(1));
        let mut compressor = Compressor::default();
        let mut total = 0;
        for _ in 0..2_000 {
            let letters = 1 + random.below(20);
            let len = [30, 300, 3_000, 70_000][random.below(4)];
            let mut input = Vec::new();
            while input.len() < len {
                let back = random.below(input.len() + 1);
                let repeated = random.below(40).min(input.len() - back);
                input.extend_from_within(back..back + repeated);
                input.push(b'a' + random.below(letters) as u8);
            }
            let mut out = b"before".to_vec();
            assert_eq!(
                compressed(&input).is_some(),
                compressor.compress(&input, input.len() - 4, &mut out)
            );
            let Some(out) = out.strip_prefix(b"before").filter(|out| !out.is_empty()) else {
                continue;
            };
            assert!(out.len() <= input.len() - 4);
            assert_eq!(
                compressed(&input).as_deref(),
                Some(out),
                "earlier strings do not affect the output"
            );
            assert_eq!(decompress(out, input.len()).as_deref(), Some(&*input));
            assert_eq!(decompress(out, input.len() + 1), None);
            assert_eq!(decompress(out, input.len() - 1), None);
            assert_eq!(decompress(&out[..out.len() - 1], input.len()), None);
            total += out.len();
        }
        assert!(total > 1_000_000);
    }

    #[test]
    fn malformed_input_is_rejected() {
        assert_eq!(decompress(b"", 0), Some(Vec::new()));
        assert_eq!(decompress(b"\x20\x00", 3), None, "a copy from before the start");
        assert_eq!(decompress(b"\x00a\xe0", 300), None, "a missing length");
        assert_eq!(decompress(b"\x05abc", 6), None, "missing literals");
        assert_eq!(decompress(b"\x00a\xe0\xff\x00", 1 << 40), None, "an impossible length");
        assert_eq!(decompress(b"\x00a\xe0\xff\x00", 265).map(|out| out.len()), Some(265));
    }
}
