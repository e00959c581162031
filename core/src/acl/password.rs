//! Passwords, of which only hashes are stored.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// The SHA-256 of a password.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    pub(super) fn of(password: &[u8]) -> Self {
        Self(Sha256::digest(password).into())
    }

    /// Parses 64 lowercase hexadecimal digits.
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

    /// Returns the hash in hexadecimal digits.
    pub(super) fn digits(&self) -> Vec<u8> {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Compares in constant time, so that timing does not reveal where two hashes differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        let differences = self.0.iter().zip(other.0).map(|(one, other)| one ^ other);
        differences.fold(0, |all, one| core::hint::black_box(all | one)) == 0
    }
}

/// Returns the requested number of hexadecimal digits, at most those of 256 hashes. They cannot be
/// guessed without knowing `secret`.
pub(crate) fn generate(secret: &[u8], digits: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for block in 0..=u8::MAX {
        if text.len() >= digits {
            break;
        }
        text.extend_from_slice(&Hash::of(&[secret, &[block]].concat()).digits());
    }
    text.truncate(digits);
    text
}
