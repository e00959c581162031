//! A collection that is too large to be stored beside its key.

use super::{
    Collection, Type, hash::Hash, list::List, set::Set, sorted_set::SortedSet, stream::Stream,
};
use crate::table::ahead::Stage;
use alloc::boxed::Box;

/// Size of an object without what it points to.
const OBJECT_BYTES: usize = 64;

/// A value behind a pointer.
#[derive(Clone, Debug)]
pub enum Object {
    /// A hash.
    Hash(Hash),
    /// A set.
    Set(Set),
    /// A list.
    List(List),
    /// A sorted set.
    SortedSet(SortedSet),
    /// A stream.
    Stream(Box<Stream>),
}

impl Object {
    /// Returns the value's type.
    #[must_use]
    pub const fn value_type(&self) -> Type {
        match self {
            Self::Hash(_) => Type::Hash,
            Self::Set(_) => Type::Set,
            Self::List(_) => Type::List,
            Self::SortedSet(_) => Type::SortedSet,
            Self::Stream(_) => Type::Stream,
        }
    }

    /// Returns the name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub fn encoding_name(&self) -> &'static str {
        match self {
            Self::Hash(hash) => hash.encoding_name(),
            Self::Set(set) => set.encoding_name(),
            Self::List(list) => list.encoding_name(),
            Self::SortedSet(set) => set.view().encoding_name(),
            Self::Stream(_) => "stream",
        }
    }

    /// Returns the size of the value in bytes, with eight-byte pointers. It is called on every
    /// change, so each type maintains a count.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        OBJECT_BYTES
            + match self {
                Self::Hash(hash) => hash.memory_bytes(),
                Self::Set(set) => set.memory_bytes(),
                Self::List(list) => list.memory_bytes(),
                Self::SortedSet(set) => set.memory_bytes(),
                Self::Stream(stream) => stream.memory_bytes(),
            }
    }

    /// Returns the hash of an element if the value is a hash table: for [`fetch`](Self::fetch).
    #[inline]
    #[must_use]
    pub fn hash(&self, element: &[u8]) -> Option<u64> {
        match self {
            Self::Hash(Hash::Table(table)) => Some(table.hash(element)),
            Self::Set(Set::Table(table)) => Some(table.hash(element)),
            Self::SortedSet(SortedSet::Large(large)) => Some(large.members().hash(element)),
            _ => None,
        }
    }

    /// Runs one [stage](Stage) of prefetching the element with a [hash](Self::hash).
    #[inline]
    pub fn fetch(&self, stage: Stage, hash: u64) {
        match self {
            Self::Hash(Hash::Table(table)) => table.fetch(stage, hash),
            Self::Set(Set::Table(table)) => table.fetch(stage, hash),
            Self::SortedSet(SortedSet::Large(large)) => large.members().fetch(stage, hash),
            _ => {}
        }
    }

    /// Frees about `budget` elements of a value that is no longer needed, and returns their number.
    /// If that is less than `budget`, the rest can be dropped quickly.
    pub fn free_some(&mut self, budget: usize) -> usize {
        match self {
            Self::Hash(hash) => hash.free_some(budget),
            Self::Set(set) => set.free_some(budget),
            Self::List(list) => list.free_some(budget),
            Self::SortedSet(set) => set.free_some(budget),
            Self::Stream(stream) => stream.free_some(budget),
        }
    }
}
