//! Sets: the intset or the listpack of a small set, the members of any other.
//!
//! Before version 11 sets had no listpacks: a small set was written like a large one.

use super::{Corrupt, Kind, Reader, Version, Writer, packed};
use crate::{
    table::Table,
    value::{
        Collection,
        intset::{Intset, IntsetRef},
        listpack::{Entry, Listpack},
        set::{Set, SetLimits, SetRef},
    },
};
use alloc::boxed::Box;

pub(super) fn kind(set: SetRef<'_>, version: Version) -> Kind {
    match set {
        SetRef::Intset(_) => Kind::SetIntset,
        SetRef::Listpack(_) => small_kind(version),
        SetRef::Table(_) => Kind::Set,
    }
}

pub(super) fn small_kind(version: Version) -> Kind {
    if version < Kind::SetListpack.since() { Kind::Set } else { Kind::SetListpack }
}

pub(super) fn save(set: SetRef<'_>, kind: Kind, writer: &mut Writer<'_>) {
    match (set, kind) {
        (SetRef::Intset(integers), _) => writer.string(integers.bytes()),
        (SetRef::Listpack(members), Kind::SetListpack) => writer.listpack(members),
        _ => {
            writer.count(set.len());
            set.iter().for_each(|member| writer.entry(member));
        }
    }
}

pub(super) fn load(
    kind: Kind,
    reader: &mut Reader<'_>,
    limits: &SetLimits,
) -> Result<Set, Corrupt> {
    match kind {
        Kind::SetIntset => {
            let integers = reader.blob()?;
            IntsetRef::validate(&integers).ok_or(Corrupt("damaged intset"))?;
            Ok(within(Set::Intset(Intset::from_bytes(integers)), limits.intset_entries, limits))
        }
        Kind::SetListpack => {
            let members: Listpack = packed::distinct(packed::listpack(reader)?, 1)?;
            Ok(within(Set::Listpack(members), limits.listpack_entries, limits))
        }
        _ => members(reader, limits),
    }
}

/// Returns the set, converted to a table if it has more than `most` members.
fn within(set: Set, most: usize, limits: &SetLimits) -> Set {
    if set.view().len() <= most {
        return set;
    }
    let mut large = table(limits);
    for member in set.view().iter() {
        large.insert(member, limits);
    }
    large
}

/// Reads members. A set with more members than an intset may have is a table from the start, as in
/// Redis.
fn members(reader: &mut Reader<'_>, limits: &SetLimits) -> Result<Set, Corrupt> {
    let count = reader.count()?;
    let mut set = if count > limits.intset_entries { table(limits) } else { Set::default() };
    for _ in 0..count {
        if !set.insert(Entry::encode(&reader.string()?), limits) {
            return Err(packed::DUPLICATE);
        }
    }
    if count > 0 { Ok(set) } else { Err(packed::EMPTY) }
}

fn table(limits: &SetLimits) -> Set {
    Set::Table(Box::new(Table::new(limits.seed)))
}
