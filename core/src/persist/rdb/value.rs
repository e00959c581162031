//! Values of any type: selects the kind as which a value is written, and reads and writes every
//! kind.

use super::{Corrupt, Reader, Version, Writer, hash, list, set, sorted_set, stream};
use crate::{
    time::UnixMillis,
    value::{
        Collection, Object, Packing, Type, Value, ValueRef,
        hash::HashLimits,
        list::{List, ListLimits},
        listpack::ListpackRef,
        record::{AccessClock, INLINE_MAX, Record},
        set::{Set, SetLimits},
        sorted_set::SortedSetLimits,
        string::StringRef,
    },
};
use alloc::{borrow::Cow, rc::Rc};

/// A format of values, identified by a byte.
///
/// The missing numbers belong to modules, none of which is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A string.
    String = 0,
    /// A list, element by element.
    List = 1,
    /// A set, member by member.
    Set = 2,
    /// A sorted set, member by member, with scores in decimal digits.
    SortedSetInDigits = 3,
    /// A hash, field by field.
    Hash = 4,
    /// A sorted set, member by member.
    SortedSet = 5,
    /// A small hash of Redis up to 2.4.
    HashZipmap = 9,
    /// A small list of Redis up to 3.0.
    ListZiplist = 10,
    /// A small set of integers.
    SetIntset = 11,
    /// A small sorted set of Redis up to 6.2.
    SortedSetZiplist = 12,
    /// A small hash of Redis up to 6.2.
    HashZiplist = 13,
    /// A list of Redis up to 6.2, ziplist by ziplist.
    ListZiplists = 14,
    /// A small hash.
    HashListpack = 16,
    /// A small sorted set.
    SortedSetListpack = 17,
    /// A stream of Redis 5 and 6.
    StreamFirst = 15,
    /// A list, listpack by listpack.
    List2 = 18,
    /// A stream of Redis 7.0.
    Stream2 = 19,
    /// A small set.
    SetListpack = 20,
    /// A stream.
    Stream3 = 21,
    /// A hash whose fields may have deadlines, of the first releases of Redis 7.4.
    HashWithDeadlinesFirst = 22,
    /// The same, small.
    HashListpackWithDeadlinesFirst = 23,
    /// A hash whose fields may have deadlines.
    HashWithDeadlines = 24,
    /// The same, small.
    HashListpackWithDeadlines = 25,
}

impl Kind {
    pub(super) const ALL: [Self; 23] = [
        Self::String,
        Self::List,
        Self::Set,
        Self::SortedSetInDigits,
        Self::Hash,
        Self::SortedSet,
        Self::HashZipmap,
        Self::ListZiplist,
        Self::SetIntset,
        Self::SortedSetZiplist,
        Self::HashZiplist,
        Self::ListZiplists,
        Self::HashListpack,
        Self::SortedSetListpack,
        Self::List2,
        Self::SetListpack,
        Self::StreamFirst,
        Self::Stream2,
        Self::Stream3,
        Self::HashWithDeadlinesFirst,
        Self::HashListpackWithDeadlinesFirst,
        Self::HashWithDeadlines,
        Self::HashListpackWithDeadlines,
    ];

    /// Returns the kind with this number.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Returns the kind as which a value is written for readers of `version`.
    #[must_use]
    pub fn of(value: ValueRef<'_>, version: Version) -> Self {
        match value {
            ValueRef::String(_) => Self::String,
            ValueRef::Packed(Packing::HashListpack, _) => Self::HashListpack,
            ValueRef::Packed(Packing::ListListpack, _) => Self::List2,
            ValueRef::Packed(Packing::SetIntset, _) => Self::SetIntset,
            ValueRef::Packed(Packing::SetListpack, _) => set::small_kind(version),
            ValueRef::Packed(Packing::SortedSetListpack, _) => Self::SortedSetListpack,
            ValueRef::Object(Object::Hash(hash)) => hash::kind(hash.view()),
            ValueRef::Object(Object::List(_)) => Self::List2,
            ValueRef::Object(Object::Set(set)) => set::kind(set.view(), version),
            ValueRef::Object(Object::SortedSet(set)) => sorted_set::kind(set.view()),
            ValueRef::Object(Object::Stream(_)) => stream::kind(version),
        }
    }

    /// Returns the type of the values of this kind.
    #[must_use]
    pub const fn value_type(self) -> Type {
        match self {
            Self::String => Type::String,
            Self::List | Self::ListZiplist | Self::ListZiplists | Self::List2 => Type::List,
            Self::Set | Self::SetIntset | Self::SetListpack => Type::Set,
            Self::SortedSetInDigits
            | Self::SortedSet
            | Self::SortedSetZiplist
            | Self::SortedSetListpack => Type::SortedSet,
            Self::Hash
            | Self::HashZipmap
            | Self::HashZiplist
            | Self::HashListpack
            | Self::HashWithDeadlinesFirst
            | Self::HashListpackWithDeadlinesFirst
            | Self::HashWithDeadlines
            | Self::HashListpackWithDeadlines => Type::Hash,
            Self::StreamFirst | Self::Stream2 | Self::Stream3 => Type::Stream,
        }
    }

    /// Returns the first version that supports the kind; kinds up to Redis 6.2 count as the oldest
    /// version.
    #[must_use]
    pub const fn since(self) -> Version {
        match self {
            Self::SetListpack | Self::Stream3 => Version::REDIS_7_2,
            Self::HashWithDeadlines
            | Self::HashWithDeadlinesFirst
            | Self::HashListpackWithDeadlines
            | Self::HashListpackWithDeadlinesFirst => Version::REDIS_7_4,
            _ => Version::REDIS_7_0,
        }
    }
}

/// The size limits of small values, and the hash seed of large ones.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "documented with each type")]
pub struct Limits {
    pub hash: HashLimits,
    pub list: ListLimits,
    pub set: SetLimits,
    pub sorted_set: SortedSetLimits,
    /// The total size to which the compressed strings of one value may expand.
    pub expansion_bytes: usize,
}

/// A loaded value.
#[derive(Debug)]
pub enum Loaded<'a> {
    /// A string.
    String(Cow<'a, [u8]>),
    /// A collection.
    Collection(Value<'static>),
}

impl Loaded<'_> {
    /// Creates the record of the value under a key.
    #[must_use]
    pub fn into_record(
        self,
        key: &[u8],
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) -> Record {
        match self {
            Self::String(Cow::Owned(long)) if long.len() > INLINE_MAX => {
                Record::new(key, StringRef::Shared(&Rc::new(long)), deadline, clock)
            }
            Self::String(string) => Record::new(key, StringRef::new(&string), deadline, clock),
            Self::Collection(value) => Record::of(key, value, deadline, clock),
        }
    }
}

/// Writes a value in the format that [`Kind::of`] chose for it. The kind itself is not included: in
/// a snapshot the key comes in between.
pub fn save(value: ValueRef<'_>, kind: Kind, writer: &mut Writer<'_>) {
    match value {
        ValueRef::String(string) => writer.text(string),
        ValueRef::Packed(packing @ Packing::ListListpack, bytes) => {
            list::save(List::view_packed(packing, bytes), writer);
        }
        ValueRef::Packed(packing @ Packing::SetListpack, bytes) => {
            set::save(Set::view_packed(packing, bytes), kind, writer);
        }
        ValueRef::Packed(Packing::SetIntset, bytes) => writer.string(bytes),
        ValueRef::Packed(_, bytes) => writer.listpack(ListpackRef::new(bytes)),
        ValueRef::Object(Object::Hash(hash)) => hash::save(hash.view(), kind, writer),
        ValueRef::Object(Object::List(list)) => list::save(list.view(), writer),
        ValueRef::Object(Object::Set(set)) => set::save(set.view(), kind, writer),
        ValueRef::Object(Object::SortedSet(set)) => sorted_set::save(set.view(), writer),
        ValueRef::Object(Object::Stream(stream)) => stream::save(stream, kind, writer),
    }
}

/// Reads a value of a kind.
///
/// # Errors
///
/// Returns an error if the bytes are not a value of that kind.
pub fn load<'a>(
    kind: Kind,
    reader: &mut Reader<'a>,
    limits: &Limits,
) -> Result<Loaded<'a>, Corrupt> {
    Ok(Loaded::Collection(match kind.value_type() {
        Type::String => return reader.string().map(Loaded::String),
        Type::List => list::load(kind, reader, &limits.list)?.into_value(),
        Type::Set => set::load(kind, reader, &limits.set)?.into_value(),
        Type::SortedSet => sorted_set::load(kind, reader, &limits.sorted_set)?.into_value(),
        Type::Hash => hash::load(kind, reader, &limits.hash)?.into_value(),
        Type::Stream => stream::load(kind, reader)?.into_value(),
    }))
}
