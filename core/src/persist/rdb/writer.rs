//! Writes the primitives of which all values consist.

use super::lzf::Compressor;
use crate::{
    number::parse_i64,
    value::{
        listpack::{Entry, ListpackRef},
        string::StringRef,
    },
};
use alloc::vec::Vec;

/// The maximum length of the decimal digits of a 32-bit number.
const INT32_DIGITS: usize = 11;

/// The maximum length of strings that are never compressed.
const UNCOMPRESSED_BYTES: usize = 20;

/// A writer of serialized bytes.
#[derive(Debug)]
pub struct Writer<'a> {
    out: Vec<u8>,
    compressor: Option<&'a mut Compressor>,
}

impl<'a> Writer<'a> {
    /// Creates a writer that appends to `out`; with a compressor, long strings are compressed.
    #[must_use]
    pub const fn new(out: Vec<u8>, compressor: Option<&'a mut Compressor>) -> Self {
        Self { out, compressor }
    }

    /// Returns the bytes written so far.
    #[must_use]
    pub const fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Returns the bytes written.
    #[must_use]
    pub fn into_out(self) -> Vec<u8> {
        self.out
    }

    /// Writes a byte.
    pub fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// Writes bytes without a length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes a length, or another unsigned number.
    pub fn length(&mut self, length: u64) {
        match length {
            0..0x40 => self.byte(length as u8),
            0x40..0x4000 => self.bytes(&(0x4000 | length as u16).to_be_bytes()),
            0x4000..0x1_0000_0000 => {
                self.byte(0x80);
                self.bytes(&(length as u32).to_be_bytes());
            }
            _ => {
                self.byte(0x81);
                self.bytes(&length.to_be_bytes());
            }
        }
    }

    /// Writes the number of parts that follow.
    pub fn count(&mut self, count: usize) {
        self.length(count as u64);
    }

    /// Writes a string in its shortest encoding.
    pub fn string(&mut self, string: &[u8]) {
        let number = (string.len() <= INT32_DIGITS).then(|| parse_i64(string)).flatten();
        if number.is_some_and(|number| self.number(number)) || self.compressed(string) {
            return;
        }
        self.count(string.len());
        self.bytes(string);
    }

    /// Writes a number as a string.
    pub fn integer(&mut self, number: i64) {
        if !self.number(number) {
            self.string(itoa::Buffer::new().format(number).as_bytes());
        }
    }

    /// Writes a string of a value.
    pub fn text(&mut self, string: StringRef<'_>) {
        match string {
            StringRef::Int(number) => self.integer(number),
            StringRef::Bytes { bytes, .. } => self.string(bytes),
            StringRef::Shared(bytes) => self.string(bytes),
        }
    }

    /// Writes a listpack as a string.
    pub fn listpack(&mut self, list: ListpackRef<'_>) {
        self.string(&list.dump());
    }

    /// Writes an entry of a listpack as a string.
    pub fn entry(&mut self, entry: Entry<'_>) {
        match entry {
            Entry::Int(number) => self.integer(number),
            Entry::Bytes(bytes) => self.string(bytes),
        }
    }

    /// Writes a double of eight bytes.
    pub fn double(&mut self, number: f64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Writes a point in time or a duration, in milliseconds.
    pub fn millis(&mut self, millis: i64) {
        self.bytes(&millis.to_le_bytes());
    }

    /// Writes a number as a string of 8, 16 or 32 bits. Returns `false` if it does not fit.
    fn number(&mut self, number: i64) -> bool {
        if let Ok(number) = i8::try_from(number) {
            self.byte(0xc0);
            self.bytes(&number.to_le_bytes());
        } else if let Ok(number) = i16::try_from(number) {
            self.byte(0xc1);
            self.bytes(&number.to_le_bytes());
        } else if let Ok(number) = i32::try_from(number) {
            self.byte(0xc2);
            self.bytes(&number.to_le_bytes());
        } else {
            return false;
        }
        true
    }

    /// Writes a long string compressed if that saves at least four bytes.
    fn compressed(&mut self, string: &[u8]) -> bool {
        let Some(compressor) = self.compressor.take() else { return false };
        let mut compressed = Vec::new();
        let is_worth = string.len() > UNCOMPRESSED_BYTES
            && compressor.compress(string, string.len() - 4, &mut compressed);
        self.compressor = Some(compressor);
        if is_worth {
            self.byte(0xc3);
            self.count(compressed.len());
            self.count(string.len());
            self.bytes(&compressed);
        }
        is_worth
    }
}
