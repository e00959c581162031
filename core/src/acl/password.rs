//! Passwords, of which only hashes are kept.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// The SHA-256 of a password.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    pub(super) fn of(password: &[u8]) -> Self {
        Self(Sha256::digest(password).into())
    }

    /// Reads 64 hexadecimal digits, the letters among them small.
    pub(super) fn parse(digits: &[u8]) -> Option<Self> {
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = digits.as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = value(*high)? << 4 | value(*low)?;
        }
        Some(Self(bytes))
    }

    pub(super) fn digits(&self) -> Vec<u8> {
        hexadecimal(&self.0)
    }

    /// Compares without telling by its duration where two hashes differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        let differences = self.0.iter().zip(other.0).map(|(one, other)| one ^ other);
        differences.fold(0, |all, one| core::hint::black_box(all | one)) == 0
    }
}

/// Bytes as pairs of hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// As many hexadecimal digits as are asked for, which nobody can guess who does not know `secret`.
pub(crate) fn generate(secret: &[u8], digits: usize) -> Vec<u8> {
    let blocks = (0..digits.div_ceil(64) as u64)
        .map(|block| Sha256::new().chain_update(secret).chain_update(block.to_le_bytes()));
    let mut text: Vec<u8> = blocks.flat_map(|block| hexadecimal(&block.finalize())).collect();
    text.truncate(digits);
    text
}
