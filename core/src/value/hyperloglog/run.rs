//! Runs of registers with the same value: the sparse encoding.
//!
//! ```text
//! 00llllll           ZERO   1 to 64 registers of zero
//! 01llllll llllllll  XZERO  1 to 16384 registers of zero
//! 1vvvvvll           VAL    1 to 4 registers of 1 to 32
//! ```
//!
//! To find a register, the lengths of the runs are added up from the start. Where most runs are
//! short, `XZERO` is rare, so eight bytes without one are added up at once, in a single word.

use alloc::vec::Vec;

/// Consecutive registers with the same value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) value: u8,
    /// Number of registers.
    pub(super) len: usize,
    /// Number of bytes.
    pub(super) bytes: usize,
}

impl Run {
    const ZERO_MAX_LEN: usize = 64;
    pub(super) const VAL_MAX_LEN: usize = 4;

    /// Reads the first run of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        let low = usize::from(first & 0x3f);
        Some(match first >> 6 {
            0 => Self { value: 0, len: low + 1, bytes: 1 },
            1 => Self { value: 0, len: (low << 8 | usize::from(*rest.first()?)) + 1, bytes: 2 },
            _ => Self { value: (first >> 2 & 0x1f) + 1, len: (low & 3) + 1, bytes: 1 },
        })
    }
}

/// Up to three encoded runs.
#[derive(Clone, Copy, Default)]
pub(super) struct Runs {
    bytes: [u8; 5],
    pub(super) len: usize,
}

impl Runs {
    /// Appends a run, unless it has no registers.
    pub(super) fn with(mut self, value: u8, len: usize) -> Self {
        match (value, len) {
            (_, 0) => {}
            (0, ..=Run::ZERO_MAX_LEN) => self.push(len as u8 - 1),
            (0, _) => {
                self.push(0x40 | ((len - 1) >> 8) as u8);
                self.push((len - 1) as u8);
            }
            _ => self.push(0x80 | (value - 1) << 2 | (len as u8 - 1)),
        }
        self
    }

    const fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    pub(super) fn bytes(self) -> impl Iterator<Item = u8> {
        self.bytes.into_iter().take(self.len)
    }

    pub(super) fn append_to(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.bytes());
    }
}

/// Returns the number of registers in eight bytes if each is a run of its own: `ZERO` or `VAL`.
pub(super) const fn len_of_eight(word: u64) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let is_val = word >> 7 & ONES;
    if word >> 6 & ONES & !is_val != 0 {
        return None;
    }
    // The length is two bits of a `VAL` and six of a `ZERO`. Sums of pairs fit sixteen bits.
    let lens = word & (0x3f * ONES) & !(is_val * 0x3c);
    let pairs = (lens & 0x00ff_00ff_00ff_00ff) + (lens >> 8 & 0x00ff_00ff_00ff_00ff);
    Some((pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize + 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};

    #[test]
    fn eight_single_byte_runs_are_summed_at_once() {
        let mut random = Random::new(Seed(4));
        for _ in 0..10_000 {
            let bytes: [u8; 8] = core::array::from_fn(|_| {
                let byte = random.below(256) as u8;
                if random.below(20) > 0 && byte >> 6 == 1 { byte ^ 0x40 } else { byte }
            });
            let runs = bytes.map(|byte| Run::read(&[byte, 0]).unwrap());
            let is_simple = runs.iter().all(|run| run.bytes == 1);
            let sum = is_simple.then(|| runs.iter().map(|run| run.len).sum());
            assert_eq!(len_of_eight(u64::from_le_bytes(bytes)), sum);
        }
    }
}
