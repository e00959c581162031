//! Hashes: the listpack of a small one, fields and values of any other.

use super::{Corrupt, Kind, Reader, Writer, packed, ziplist, zipmap};
use crate::value::{
    hash::{Hash, HashLimits, HashRef},
    listpack::Listpack,
};

pub(super) const fn kind(hash: HashRef<'_>) -> Kind {
    match hash {
        HashRef::Listpack(_) => Kind::HashListpack,
        HashRef::Table(_) => Kind::Hash,
    }
}

pub(super) fn save(hash: HashRef<'_>, writer: &mut Writer<'_>) {
    match hash {
        HashRef::Listpack(pairs) => writer.string(pairs.bytes()),
        HashRef::Table(table) => {
            writer.count(table.len());
            for field in table.iter() {
                writer.string(field.key());
                writer.text(field.string());
            }
        }
    }
}

pub(super) fn load(
    kind: Kind,
    reader: &mut Reader<'_>,
    limits: &HashLimits,
) -> Result<Hash, Corrupt> {
    match kind {
        Kind::HashZipmap => small(zipmap::to_listpack(&reader.string()?)?, limits),
        Kind::HashZiplist => small(ziplist::to_listpack(&reader.string()?)?, limits),
        Kind::HashListpack => small(packed::listpack(reader)?, limits),
        _ => fields(reader, limits),
    }
}

fn small(pairs: Listpack, limits: &HashLimits) -> Result<Hash, Corrupt> {
    let pairs = packed::distinct(pairs, 2)?;
    let view = pairs.as_ref();
    if view.len() / 2 <= limits.listpack_entries {
        return Ok(Hash::Listpack(pairs));
    }
    let mut hash = Hash::default();
    let (mut field, mut value) = (itoa::Buffer::new(), itoa::Buffer::new());
    let mut entries = view.iter();
    while let (Some(name), Some(text)) = (entries.next(), entries.next()) {
        hash.set(name.text(&mut field), text.text(&mut value), crate::value::hash::FieldDeadline::Cleared, crate::time::UnixMillis(0), limits);
    }
    Ok(hash)
}

fn fields(reader: &mut Reader<'_>, limits: &HashLimits) -> Result<Hash, Corrupt> {
    let mut hash = Hash::default();
    let count = reader.count()?;
    for _ in 0..count {
        let (field, value) = (reader.string()?, reader.string()?);
        if !hash.set(&field, &value, crate::value::hash::FieldDeadline::Cleared, crate::time::UnixMillis(0), limits) {
            return Err(Corrupt);
        }
    }
    if count > 0 { Ok(hash) } else { Err(Corrupt) }
}
