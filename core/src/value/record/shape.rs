//! Layout of a record.

use super::super::{
    Object, Packing, Value,
    string::{StringEncoding, StringRef},
};
use alloc::{borrow::Cow, boxed::Box, rc::Rc, vec::Vec};
use core::alloc::Layout;

/// The longest value that is stored beside its key, in bytes.
///
/// Below this length, copying costs less than following a pointer; above it, sharing costs less
/// than copying.
pub const INLINE_MAX: usize = 1024;

/// The size of a block is a multiple of this.
const BLOCK: usize = 16;

/// Size and alignment of a payload that is a pointer.
const POINTER: usize = 8;

/// The low two bits of the flags: the kind of payload.
pub(super) const PAYLOAD: u8 = 0b11;
pub(super) const INT: u8 = 0;
pub(super) const INLINE: u8 = 1;
pub(super) const SHARED: u8 = 2;
pub(super) const OBJECT: u8 = 3;
/// The next three bits: for inline bytes, whether they are a string, a `raw` string (which may be
/// short), or, above these, a packed collection; for an object, its type.
pub(super) const KIND_SHIFT: u32 = 2;
pub(super) const KIND: u8 = 0b111 << KIND_SHIFT;
pub(super) const RAW: u8 = 1 << KIND_SHIFT;
pub(super) const FIRST_PACKING: u8 = 2;
/// Flag: the value's length is stored in two bytes.
pub(super) const LONG_VALUE: u8 = 1 << 5;
/// Flag: the key's length is stored in eight bytes.
pub(super) const LONG_KEY: u8 = 1 << 6;
/// Flag: there is a deadline.
pub(super) const DEADLINE: u8 = 1 << 7;

/// When or how often a record was last used: the 24 bits that `maxmemory-policy` reads, for LRU the
/// clock, for LFU the minutes and the logarithmic counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessClock(pub(super) u32);

impl AccessClock {
    /// Creates a clock from the low 24 bits of `bits`.
    #[inline]
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(bits & 0x00ff_ffff)
    }

    /// Returns the 24 bits.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

/// A value about to be written to a block.
pub(super) enum Stored<'a> {
    Int(i64),
    Inline { bytes: &'a [u8], raw: bool },
    Packed { bytes: Cow<'a, [u8]>, packing: Packing },
    Shared(Rc<Vec<u8>>),
    Object(Box<Object>),
}

impl Stored<'_> {
    /// Returns `true` if the payload is a pointer, which must be aligned.
    pub(super) const fn is_pointer(&self) -> bool {
        matches!(self, Self::Shared(_) | Self::Object(_))
    }
}

impl<'a> From<StringRef<'a>> for Stored<'a> {
    #[inline]
    fn from(value: StringRef<'a>) -> Self {
        match value {
            StringRef::Int(number) => Self::Int(number),
            StringRef::Bytes { bytes, encoding } if bytes.len() <= INLINE_MAX => {
                Self::Inline { bytes, raw: encoding == StringEncoding::Raw }
            }
            StringRef::Bytes { bytes, .. } => Self::Shared(Rc::new(bytes.to_vec())),
            StringRef::Shared(bytes) => Self::Shared(Rc::clone(bytes)),
        }
    }
}

impl<'a> From<Value<'a>> for Stored<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::String(string) => Self::from(string),
            Value::Packed(packing, bytes) if bytes.len() <= INLINE_MAX => {
                Self::Packed { bytes, packing }
            }
            Value::Packed(packing, bytes) => {
                Self::Object(Box::new(packing.object(bytes.into_owned())))
            }
            Value::Object(object) => Self::Object(object),
        }
    }
}

/// The contents of a block, which determine its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) flags: u8,
    /// The length of the payload; a pointer counts as eight bytes.
    pub(super) value_len: usize,
    pub(super) key_len: usize,
}

impl Shape {
    #[inline]
    pub(super) fn new(key_len: usize, value: &Stored<'_>, deadline: bool) -> Self {
        let (payload, value_len) = match value {
            Stored::Int(_) => (INT, size_of::<i64>()),
            Stored::Inline { bytes, raw: false } => (INLINE, bytes.len()),
            Stored::Inline { bytes, raw: true } => (INLINE | RAW, bytes.len()),
            Stored::Packed { bytes, packing } => {
                (INLINE | (*packing as u8 + FIRST_PACKING) << KIND_SHIFT, bytes.len())
            }
            Stored::Shared(_) => (SHARED, POINTER),
            Stored::Object(object) => (OBJECT | object.value_type().code() << KIND_SHIFT, POINTER),
        };
        let long = if value_len > usize::from(u8::MAX) { LONG_VALUE } else { 0 };
        Self { flags: payload | long, value_len, key_len }.with(key_len, deadline)
    }

    /// Returns the shape of the same payload beside another key and deadline.
    #[inline]
    pub(super) fn with(self, key_len: usize, deadline: bool) -> Self {
        let long = if key_len > usize::from(u8::MAX) { LONG_KEY } else { 0 };
        let deadline = if deadline { DEADLINE } else { 0 };
        let flags = self.flags & !(LONG_KEY | DEADLINE) | long | deadline;
        Self { flags, key_len, ..self }
    }

    #[inline]
    const fn has(self, flag: u8) -> usize {
        (self.flags & flag != 0) as usize
    }

    #[inline]
    pub(super) const fn key_at(self) -> usize {
        6 + self.has(LONG_VALUE) + 7 * self.has(LONG_KEY) + 8 * self.has(DEADLINE)
    }

    #[inline]
    pub(super) const fn payload_at(self) -> usize {
        let at = self.key_at() + self.key_len;
        if self.flags & PAYLOAD >= SHARED { at.next_multiple_of(POINTER) } else { at }
    }

    #[inline]
    pub(super) const fn block_bytes(self) -> usize {
        (self.payload_at() + self.value_len).next_multiple_of(BLOCK)
    }

    #[inline]
    pub(super) fn layout(self) -> Layout {
        let align = if self.flags & PAYLOAD >= SHARED { POINTER } else { 1 };
        Layout::from_size_align(self.block_bytes(), align)
            .expect("a key that is in memory leaves room for a value of a kilobyte")
    }
}
