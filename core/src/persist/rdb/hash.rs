//! Hashes: the listpack of a small hash, fields and values of any other, and from version 12 on the
//! deadlines of fields.
//!
//! Redis 7.4 stores relative deadlines: the earliest one, then for each field the difference from
//! it plus one, or zero without a deadline. The reader also accepts listpacks of such fields, each
//! with its value and deadline, and the formats of 7.4's first releases, in which deadlines are
//! absolute.

use super::{Corrupt, Kind, Reader, Writer, packed, ziplist, zipmap};
use crate::{
    time::UnixMillis,
    value::{
        hash::{FieldDeadline, Hash, HashLimits, HashRef},
        listpack::{Entry, Listpack},
        record::Record,
    },
};

/// The latest deadline of a field: 48 bits, as in Redis.
const LATEST_MS: u64 = (1 << 48) - 1;

const BAD_DEADLINE: Corrupt = Corrupt("a field has an impossible deadline");

/// A time at which no field has expired yet, so that duplicates are always detected.
const BEGINNING: UnixMillis = UnixMillis(0);

pub(super) fn kind(hash: HashRef<'_>) -> Kind {
    match hash {
        HashRef::Listpack(_) => Kind::HashListpack,
        HashRef::Table(fields) if fields.expiring_len() > 0 => Kind::HashWithDeadlines,
        HashRef::Table(_) => Kind::Hash,
    }
}

pub(super) fn save(hash: HashRef<'_>, kind: Kind, writer: &mut Writer<'_>) {
    let fields = match hash {
        HashRef::Listpack(pairs) => return writer.listpack(pairs),
        HashRef::Table(fields) => fields,
    };
    let deadlines = || fields.iter().filter_map(Record::deadline);
    let earliest = deadlines().min().filter(|_| kind == Kind::HashWithDeadlines);
    if let Some(earliest) = earliest {
        writer.millis(earliest.0 as i64);
    }
    writer.count(fields.len());
    for field in fields.iter() {
        if let Some(earliest) = earliest {
            let deadline = field.deadline();
            writer.length(deadline.map_or(0, |deadline| deadline.0 - earliest.0 + 1));
        }
        writer.string(field.key());
        writer.text(field.string());
    }
}

pub(super) fn load(
    kind: Kind,
    reader: &mut Reader<'_>,
    limits: &HashLimits,
) -> Result<Hash, Corrupt> {
    match kind {
        Kind::HashZipmap => {
            let pairs = zipmap::to_listpack(&reader.string()?)?;
            let longest = pairs.as_ref().iter().map(Entry::text_len).max();
            let mut hash = small(pairs, limits)?;
            // Redis checks the lengths for this kind only.
            if longest > Some(limits.listpack_value_bytes) {
                hash.expect(usize::MAX, limits);
            }
            Ok(hash)
        }
        Kind::HashZiplist => small(ziplist::to_listpack(&reader.string()?)?, limits),
        Kind::HashListpack => small(packed::listpack(reader)?, limits),
        Kind::HashListpackWithDeadlines => {
            // The deadlines are absolute nevertheless.
            reader.millis()?;
            triples(packed::listpack(reader)?, limits)
        }
        Kind::HashListpackWithDeadlinesFirst => triples(packed::listpack(reader)?, limits),
        Kind::HashWithDeadlines => {
            let earliest = u64::try_from(reader.millis()?).map_err(|_| BAD_DEADLINE)?;
            fields(reader, Some(earliest), limits)
        }
        Kind::HashWithDeadlinesFirst => fields(reader, Some(1), limits),
        _ => fields(reader, None, limits),
    }
}

fn small(pairs: Listpack, limits: &HashLimits) -> Result<Hash, Corrupt> {
    let pairs = packed::distinct(pairs, 2)?;
    let count = pairs.as_ref().len() / 2;
    let mut hash = Hash::Listpack(pairs);
    hash.expect(count, limits);
    Ok(hash)
}

/// Converts a listpack of fields, values and deadlines.
fn triples(triples: Listpack, limits: &HashLimits) -> Result<Hash, Corrupt> {
    let triples = packed::distinct(triples, 3)?;
    let mut hash = Hash::default();
    let (mut field, mut value) = (itoa::Buffer::new(), itoa::Buffer::new());
    let mut entries = triples.as_ref().iter();
    while let (Some(name), Some(text), Some(at)) = (entries.next(), entries.next(), entries.next())
    {
        let Entry::Int(at_ms) = at else { return Err(BAD_DEADLINE) };
        let deadline = deadline(u64::try_from(at_ms).map_err(|_| BAD_DEADLINE)?)?;
        hash.set(name.text(&mut field), text.text(&mut value), deadline, BEGINNING, limits);
    }
    Ok(hash)
}

/// Reads fields one by one; with `earliest`, each follows its deadline, which is relative to
/// `earliest`.
fn fields(
    reader: &mut Reader<'_>,
    earliest: Option<u64>,
    limits: &HashLimits,
) -> Result<Hash, Corrupt> {
    let mut hash = Hash::default();
    let count = reader.count()?;
    hash.expect(count, limits);
    for _ in 0..count {
        let at_ms = match earliest.map(|earliest| Ok((earliest, reader.length()?))).transpose()? {
            None | Some((_, 0)) => 0,
            Some((earliest, later)) => earliest.checked_add(later - 1).ok_or(BAD_DEADLINE)?,
        };
        let (field, value) = (reader.string()?, reader.string()?);
        if !hash.set(&field, &value, deadline(at_ms)?, BEGINNING, limits) {
            return Err(packed::DUPLICATE);
        }
    }
    if count > 0 { Ok(hash) } else { Err(packed::EMPTY) }
}

/// Returns the deadline at a time, which is zero for none.
fn deadline(at_ms: u64) -> Result<FieldDeadline, Corrupt> {
    match at_ms {
        0 => Ok(FieldDeadline::Cleared),
        1..=LATEST_MS => Ok(FieldDeadline::At(UnixMillis(at_ms))),
        _ => Err(BAD_DEADLINE),
    }
}
