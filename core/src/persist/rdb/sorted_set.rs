//! Sorted sets: the listpack of a small one, members and scores of any other. The highest score
//! comes first, as in Redis, where that order is the fastest to load.

use super::{Corrupt, Kind, Reader, Writer, packed, ziplist};
use crate::number::parse_f64;
use crate::value::listpack::Entry;
use crate::value::{
    Collection,
    listpack::Listpack,
    sorted_set::{Gathering, SortedSet, SortedSetLimits, SortedSetRef},
};

pub(super) const fn kind(set: SortedSetRef<'_>) -> Kind {
    match set {
        SortedSetRef::Listpack(_) => Kind::SortedSetListpack,
        SortedSetRef::Large(_) => Kind::SortedSet,
    }
}

pub(super) fn save(set: SortedSetRef<'_>, writer: &mut Writer<'_>) {
    match set {
        SortedSetRef::Listpack(pairs) => writer.listpack(pairs),
        SortedSetRef::Large(_) => {
            writer.count(set.len());
            for (score, member) in set.iter().rev() {
                writer.entry(member);
                writer.double(score);
            }
        }
    }
}

pub(super) fn load(
    kind: Kind,
    reader: &mut Reader<'_>,
    limits: &SortedSetLimits,
) -> Result<SortedSet, Corrupt> {
    match kind {
        Kind::SortedSetZiplist => small(ziplist::to_listpack(&reader.string()?)?, limits),
        Kind::SortedSetListpack => small(packed::listpack(reader)?, limits),
        Kind::SortedSetInDigits => members(reader, Reader::double_in_digits, limits),
        _ => members(reader, Reader::double, limits),
    }
}

fn small(pairs: Listpack, limits: &SortedSetLimits) -> Result<SortedSet, Corrupt> {
    let pairs = packed::distinct(pairs, 2)?;
    if !are_sorted(&pairs) {
        return Err(Corrupt("members are not in the order of their scores"));
    }
    let mut set = SortedSet::Listpack(pairs);
    if set.view().len() > limits.listpack_entries {
        set.grow(limits.seed);
    }
    Ok(set)
}

/// Returns `true` if every member has a score and the scores are in order.
fn are_sorted(pairs: &Listpack) -> bool {
    let mut entries = pairs.as_ref().iter();
    let mut last: Option<(f64, Entry<'_>)> = None;
    while let (Some(member), Some(score)) = (entries.next(), entries.next()) {
        let score = match score {
            Entry::Int(whole) => Some(whole as f64),
            Entry::Bytes(digits) => parse_f64(digits),
        };
        let Some(score) = score.filter(|score| !score.is_nan()) else { return false };
        if let Some((last_score, last_member)) = last {
            let texts = [last_member, member].map(Entry::to_vec);
            if last_score > score || last_score == score && texts[0] > texts[1] {
                return false;
            }
        }
        last = Some((score, member));
    }
    true
}

fn members<'a>(
    reader: &mut Reader<'a>,
    score: fn(&mut Reader<'a>) -> Result<f64, Corrupt>,
    limits: &SortedSetLimits,
) -> Result<SortedSet, Corrupt> {
    let mut gathering = Gathering::new(*limits);
    let count = reader.count()?;
    for _ in 0..count {
        let (member, score) = (reader.string()?, score(reader)?);
        if score.is_nan() {
            return Err(Corrupt("a score is not a number"));
        }
        gathering.add(&member, score, |old, _| old);
    }
    if count == 0 {
        return Err(packed::EMPTY);
    }
    if gathering.len() < count {
        return Err(packed::DUPLICATE);
    }
    Ok(gathering.into_sorted_set())
}
