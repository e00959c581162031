//! Data types: values independent of their keys, and their layout in memory.
//!
//! A [`Record`](record::Record) holds a key and a value. A string has a form of its own. Every
//! other type is a [`Collection`]: while small, it is packed bytes beside the key in the record's
//! single block, read in place and copied for editing; when it grows, it becomes an [`Object`]
//! behind a pointer. Command handlers see neither form: they read a view that covers both, and edit
//! the type itself. The types do not depend on commands; of the configuration they use only the
//! thresholds passed to them.

pub mod bitfield;
pub mod bitmap;
pub mod geohash;
pub mod hash;
pub mod hyperloglog;
pub mod intset;
pub mod list;
pub mod listpack;
mod object;
pub mod ranked_tree;
pub mod record;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
pub mod thin_bytes;

use crate::time::UnixMillis;
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use hash::Hash;
use list::List;
pub use object::Object;
use set::Set;
use sorted_set::SortedSet;
use string::StringRef;

/// A data type, as `TYPE` reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A string.
    String,
    /// A list.
    List,
    /// A set.
    Set,
    /// A sorted set.
    SortedSet,
    /// A hash.
    Hash,
    /// A stream.
    Stream,
}

impl Type {
    /// All types except strings.
    pub(crate) const COMPOUND: [Self; 5] =
        [Self::List, Self::Set, Self::SortedSet, Self::Hash, Self::Stream];

    /// Returns the name, as `TYPE` replies it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "zset",
            Self::Hash => "hash",
            Self::Stream => "stream",
        }
    }

    /// Returns the index in [`COMPOUND`](Self::COMPOUND).
    pub(crate) const fn code(self) -> u8 {
        (self as u8).saturating_sub(1)
    }
}

/// The format of a small collection's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// A hash: a listpack of fields, each followed by its value.
    HashListpack,
    /// A list: a listpack of its elements.
    ListListpack,
    /// A set: ascending integers.
    SetIntset,
    /// A set: a listpack of members.
    SetListpack,
    /// A sorted set: a listpack of members, each followed by its score, lowest first.
    SortedSetListpack,
}

impl Packing {
    /// All packings, in the order of their codes.
    pub(crate) const ALL: [Self; 5] = [
        Self::HashListpack,
        Self::ListListpack,
        Self::SetIntset,
        Self::SetListpack,
        Self::SortedSetListpack,
    ];

    /// Returns the type of a value with this packing.
    #[inline]
    #[must_use]
    pub const fn value_type(self) -> Type {
        match self {
            Self::HashListpack => Type::Hash,
            Self::SetIntset | Self::SetListpack => Type::Set,
            Self::ListListpack => Type::List,
            Self::SortedSetListpack => Type::SortedSet,
        }
    }

    /// Returns the name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::SetIntset => "intset",
            _ => "listpack",
        }
    }

    /// Converts the packed `bytes` into an object that can grow.
    fn object(self, bytes: Vec<u8>) -> Object {
        match self {
            Self::HashListpack => Object::Hash(Hash::unpack(self, bytes)),
            Self::SetIntset | Self::SetListpack => Object::Set(Set::unpack(self, bytes)),
            Self::ListListpack => Object::List(List::unpack(self, bytes)),
            Self::SortedSetListpack => Object::SortedSet(SortedSet::unpack(self, bytes)),
        }
    }
}

/// A value, borrowed from the record that holds it.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// A string.
    String(StringRef<'a>),
    /// A small collection.
    Packed(Packing, &'a [u8]),
    /// Any other value.
    Object(&'a Object),
}

impl<'a> ValueRef<'a> {
    /// Returns a copy; long strings are shared with it.
    #[must_use]
    pub fn to_value(self) -> Value<'a> {
        match self {
            Self::String(string) => Value::String(string),
            Self::Packed(packing, bytes) => Value::Packed(packing, bytes.into()),
            Self::Object(object) => Value::Object(Box::new(object.clone())),
        }
    }

    /// Returns the name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub fn encoding_name(self) -> &'static str {
        match self {
            Self::String(string) => string.encoding().name(),
            Self::Packed(packing, _) => packing.encoding_name(),
            Self::Object(object) => object.encoding_name(),
        }
    }
}

/// A value about to be stored in a record.
#[derive(Debug)]
pub enum Value<'a> {
    /// A string.
    String(StringRef<'a>),
    /// A collection in its packed form, of any length.
    Packed(Packing, Cow<'a, [u8]>),
    /// Any other value.
    Object(Box<Object>),
}

/// A data type whose values are collections.
pub trait Collection: Sized {
    /// The type.
    const TYPE: Type;

    /// A read-only view of a value, whichever form it has.
    type Ref<'a>
    where
        Self: 'a;

    /// Returns a view of packed bytes. `packing` must be one of this type.
    fn view_packed(packing: Packing, bytes: &[u8]) -> Self::Ref<'_>;

    /// Returns a view of the value.
    fn view(&self) -> Self::Ref<'_>;

    /// Converts packed bytes into a value that can be edited. `packing` must be one of this type.
    fn unpack(packing: Packing, bytes: Vec<u8>) -> Self;

    /// Returns the packed bytes, if the value consists only of these.
    fn packed(&self) -> Option<(Packing, &[u8])>;

    /// Converts the value for storing in a record: to packed bytes, if it consists only of these.
    fn into_value(self) -> Value<'static>;

    /// Returns the value in an object of this type.
    fn from_object(object: &Object) -> Option<&Self>;

    /// Returns the value in an object of this type, for editing.
    fn from_object_mut(object: &mut Object) -> Option<&mut Self>;

    /// Returns `true` if the value is empty, so that its key must be removed. An empty stream keeps
    /// its key.
    fn is_drained(&self) -> bool;

    /// Returns a time before which nothing in the value expires, or `None` if nothing ever expires.
    fn earliest_deadline(&self) -> Option<UnixMillis> {
        None
    }
}
