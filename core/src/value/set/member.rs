//! A member of a large set.

use crate::table;
use crate::value::listpack::Entry;
use crate::value::record::{AccessClock, Record};
use crate::value::string::StringRef;
use core::fmt;

/// The bytes of a member, behind one pointer.
#[derive(Clone)]
pub struct Member(Record);

impl Member {
    /// A member that can be put into a table.
    #[must_use]
    pub fn new(member: Entry<'_>) -> Self {
        let mut digits = itoa::Buffer::new();
        let key = member.text(&mut digits);
        Self(Record::new(key, StringRef::text(b""), None, AccessClock::default()))
    }

    /// Its bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.key()
    }

    /// What its block takes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }
}

impl table::Entry for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    #[inline]
    fn address(&self) -> *const u8 {
        table::Entry::address(&self.0)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Entry::Bytes(self.bytes()).fmt(f)
    }
}
