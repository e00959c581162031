//! Data types: what a value is, whatever its key, and how it lies in memory.
//!
//! A [`Record`](record::Record) holds a key and a value. A string has a form of its own. Every other type is a
//! [`Compound`]: while small, it is packed bytes that lie beside the key in the record's one block, read where they are
//! and copied to be edited; when it grows, it is an [`Object`] behind a pointer. Handlers see neither: they read a view,
//! which has both forms, and edit the type itself. Types know no commands, and of the configuration only the thresholds
//! that they are told.

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

/// A data type, as `TYPE` tells it.
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
    /// All but strings.
    pub(crate) const COMPOUND: [Self; 5] =
        [Self::List, Self::Set, Self::SortedSet, Self::Hash, Self::Stream];

    /// The name, as `TYPE` replies it.
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

    /// Its place among [`COMPOUND`](Self::COMPOUND).
    pub(crate) const fn code(self) -> u8 {
        (self as u8).saturating_sub(1)
    }
}

/// How the bytes of a small collection are to be read.
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
    /// All, in the order of their codes.
    pub(crate) const ALL: [Self; 5] = [
        Self::HashListpack,
        Self::ListListpack,
        Self::SetIntset,
        Self::SetListpack,
        Self::SortedSetListpack,
    ];

    /// The type of what is packed so.
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

    /// The name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::SetIntset => "intset",
            _ => "listpack",
        }
    }

    /// What is packed in `bytes`, with room to grow.
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
    /// Any other.
    Object(&'a Object),
}

impl<'a> ValueRef<'a> {
    /// A copy; long strings are shared with it.
    #[must_use]
    pub fn to_value(self) -> Value<'a> {
        match self {
            Self::String(string) => Value::String(string),
            Self::Packed(packing, bytes) => Value::Packed(packing, bytes.into()),
            Self::Object(object) => Value::Object(Box::new(object.clone())),
        }
    }

    /// The name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub fn encoding_name(self) -> &'static str {
        match self {
            Self::String(string) => string.encoding().name(),
            Self::Packed(packing, _) => packing.encoding_name(),
            Self::Object(object) => object.encoding_name(),
        }
    }
}

/// A value on its way into a record.
#[derive(Debug)]
pub enum Value<'a> {
    /// A string.
    String(StringRef<'a>),
    /// A collection in its packed form, however long.
    Packed(Packing, Cow<'a, [u8]>),
    /// Any other.
    Object(Box<Object>),
}

/// A type whose values are collections.
pub trait Compound: Sized {
    /// Its name.
    const TYPE: Type;

    /// A value to read, whichever form it has.
    type Ref<'a>
    where
        Self: 'a;

    /// The packed bytes, to read. `packing` is one of this type.
    fn view_packed(packing: Packing, bytes: &[u8]) -> Self::Ref<'_>;

    /// The value, to read.
    fn view(&self) -> Self::Ref<'_>;

    /// The packed bytes, to edit. `packing` is one of this type.
    fn unpack(packing: Packing, bytes: Vec<u8>) -> Self;

    /// The packed bytes, while the value is nothing but these.
    fn packed(&self) -> Option<(Packing, &[u8])>;

    /// The value on its way into a record: packed bytes, if that is all it is.
    fn into_value(self) -> Value<'static>;

    /// The value in an object of this type.
    fn from_object(object: &Object) -> Option<&Self>;

    /// The value in an object of this type, to edit.
    fn from_object_mut(object: &mut Object) -> Option<&mut Self>;

    /// Whether nothing is in it, so that its key shall go. A stream may be empty and stay.
    fn is_gone(&self) -> bool;

    /// A time before which nothing in it expires; nothing ever does if there is none.
    fn earliest_deadline(&self) -> Option<UnixMillis> {
        None
    }
}
