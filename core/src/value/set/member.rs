//! A member of a large set.

use crate::table;
use crate::value::listpack::Entry;
use crate::value::thin_bytes::ThinBytes;
use core::fmt;

/// The bytes of a member, behind one pointer.
pub struct Member(ThinBytes);

impl Member {
    /// Creates a member for a table.
    #[must_use]
    pub fn new(member: Entry<'_>) -> Self {
        Self(ThinBytes::new((), member.text(&mut itoa::Buffer::new())))
    }

    /// Returns the bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl table::Entry for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.0.bytes()
    }

    #[inline]
    fn address(&self) -> *const u8 {
        self.0.address()
    }

    #[inline]
    fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }
}

/// Cloning copies the bytes for use in another set, which may live longer.
impl Clone for Member {
    fn clone(&self) -> Self {
        Self(ThinBytes::new((), self.bytes()))
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Entry::Bytes(self.bytes()).fmt(f)
    }
}
