//! Hashes: fields, each with a value.
//!
//! A small hash is a listpack of fields, each followed by its value, in the order in which they came. A large one is a
//! table of records, as a database is: growth, deletion and walks go in small steps.

use super::{
    Compound, Object, Packing, Type, Value,
    listpack::{Entry, Listpack, ListpackRef},
    record::{AccessClock, Record},
    string::StringRef,
};
use crate::{
    random::Seed,
    table::{Remains, Table},
};
use alloc::{boxed::Box, vec::Vec};

/// A hash.
#[derive(Clone, Debug)]
pub enum Hash {
    /// A small one.
    Listpack(Listpack),
    /// Any other.
    Table(Box<Table<Record>>),
    /// One that is being freed.
    Remains(Remains<Record>),
}

/// A hash to read.
#[derive(Clone, Copy, Debug)]
pub enum HashRef<'a> {
    /// A small one.
    Listpack(ListpackRef<'a>),
    /// Any other.
    Table(&'a Table<Record>),
}

/// Up to where a hash is a listpack, and what a table is seeded with.
#[derive(Clone, Copy, Debug)]
pub struct HashLimits {
    /// `hash-max-listpack-entries`
    pub listpack_entries: usize,
    /// `hash-max-listpack-value`, in bytes: of a field or a value.
    pub listpack_value_bytes: usize,
    /// Fixes the order of a table.
    pub seed: Seed,
}

impl<'a> HashRef<'a> {
    /// How many fields there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Listpack(pairs) => pairs.len() / 2,
            Self::Table(table) => table.len(),
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn find(self, field: &[u8]) -> Option<StringRef<'a>> {
        match self {
            Self::Listpack(pairs) => {
                let value_at = pairs.next(pairs.find(field, 1)?)?;
                Some(string(pairs.get(value_at)))
            }
            Self::Table(table) => table.find(field).map(Record::string),
        }
    }
}

impl Hash {
    /// Sets a field; whether it is new.
    pub fn insert(&mut self, field: &[u8], value: &[u8], limits: &HashLimits) -> bool {
        if let Self::Listpack(pairs) = self {
            let is_long = field.len().max(value.len()) > limits.listpack_value_bytes;
            let at = pairs.as_ref().find(field, 1);
            let is_full = at.is_none() && pairs.as_ref().len() / 2 >= limits.listpack_entries;
            if is_long || is_full || !pairs.is_safe_to_add(field.len() + value.len()) {
                self.convert(limits.seed);
            } else if let Some(value_at) = at.and_then(|at| pairs.as_ref().next(at)) {
                pairs.replace(value_at, Entry::encode(value));
                return false;
            } else {
                pairs.push_back(Entry::encode(field));
                pairs.push_back(Entry::encode(value));
                return true;
            }
        }
        let Self::Table(table) = self else { return false };
        let value = StringRef::new(value);
        let hash = table.hash(field);
        if table.change_hashed(hash, field, |record| record.set_string(value)).is_some() {
            return false;
        }
        table.insert_hashed(hash, Record::new(field, value, None, AccessClock::default()));
        true
    }

    /// Removes a field; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Self::Listpack(pairs) => {
                pairs.as_ref().find(field, 1).is_some_and(|at| pairs.remove(at, 2) > 0)
            }
            Self::Table(table) => table.remove(field).is_some(),
            Self::Remains(_) => false,
        }
    }

    /// The name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(&self) -> &'static str {
        match self {
            Self::Listpack(_) => "listpack",
            _ => "hashtable",
        }
    }

    /// What it takes besides itself, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Listpack(pairs) => pairs.capacity(),
            Self::Table(table) => {
                let records: usize = table.iter().map(Record::memory_bytes).sum();
                size_of::<Table<Record>>() + table.memory_overhead_bytes() + records
            }
            Self::Remains(_) => 0,
        }
    }

    /// See [`Object::free_some`].
    pub fn free_some(&mut self, budget: usize) -> usize {
        if let Self::Table(table) = self {
            let table = core::mem::replace(&mut **table, Table::new(Seed(0)));
            *self = Self::Remains(table.dismantle());
        }
        let Self::Remains(remains) = self else { return 0 };
        remains.free_some(budget)
    }

    /// From now on it is a table.
    fn convert(&mut self, seed: Seed) {
        let Self::Listpack(pairs) = self else { return };
        let mut table = Table::new(seed);
        let (mut field, mut value) = (itoa::Buffer::new(), itoa::Buffer::new());
        let mut entries = pairs.as_ref().iter();
        while let (Some(key), Some(text)) = (entries.next(), entries.next()) {
            let text = StringRef::new(text.text(&mut value));
            table.insert(Record::new(key.text(&mut field), text, None, AccessClock::default()));
        }
        *self = Self::Table(Box::new(table));
    }
}

impl Default for Hash {
    fn default() -> Self {
        Self::Listpack(Listpack::new())
    }
}

impl Compound for Hash {
    const TYPE: Type = Type::Hash;
    type Ref<'a> = HashRef<'a>;

    fn view_packed(_: Packing, bytes: &[u8]) -> HashRef<'_> {
        HashRef::Listpack(ListpackRef::new(bytes))
    }

    fn view(&self) -> HashRef<'_> {
        match self {
            Self::Listpack(pairs) => HashRef::Listpack(pairs.as_ref()),
            Self::Table(table) => HashRef::Table(table),
            Self::Remains(_) => unreachable!("no key leads to what is being freed"),
        }
    }

    fn unpack(_: Packing, bytes: Vec<u8>) -> Self {
        Self::Listpack(Listpack::from_bytes(bytes))
    }

    fn packed(&self) -> Option<(Packing, &[u8])> {
        match self {
            Self::Listpack(pairs) => Some((Packing::HashListpack, pairs.as_ref().bytes())),
            _ => None,
        }
    }

    fn into_value(self) -> Value<'static> {
        match self {
            Self::Listpack(pairs) => {
                Value::Packed(Packing::HashListpack, pairs.into_bytes().into())
            }
            large => Value::Object(Box::new(Object::Hash(large))),
        }
    }

    fn from_object(object: &Object) -> Option<&Self> {
        match object {
            Object::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    fn from_object_mut(object: &mut Object) -> Option<&mut Self> {
        match object {
            Object::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    fn is_gone(&self) -> bool {
        match self {
            Self::Listpack(pairs) => pairs.as_ref().is_empty(),
            Self::Table(table) => table.is_empty(),
            Self::Remains(_) => true,
        }
    }
}

fn string(entry: Entry<'_>) -> StringRef<'_> {
    match entry {
        Entry::Int(number) => StringRef::Int(number),
        Entry::Bytes(bytes) => StringRef::text(bytes),
    }
}
