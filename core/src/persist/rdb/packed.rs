//! Small collections, stored as one string: the bytes of a listpack.

use super::{Corrupt, Reader};
use crate::sort;
use crate::value::listpack::{Entry, Listpack};
use alloc::vec::Vec;

pub(super) const DUPLICATE: Corrupt = Corrupt("an element occurs twice");
pub(super) const EMPTY: Corrupt = Corrupt("no elements");

/// Reads a listpack of any entries.
///
/// # Errors
///
/// Returns an error if the bytes are not a listpack.
pub(super) fn listpack(reader: &mut Reader<'_>) -> Result<Listpack, Corrupt> {
    Listpack::from_dump(reader.blob()?).ok_or(Corrupt("damaged listpack"))
}

/// Returns the listpack if it consists of elements of `stride` entries each, with distinct first
/// entries.
///
/// # Errors
///
/// Returns an error if the listpack is empty, ends within an element or contains a duplicate.
pub(super) fn distinct(list: Listpack, stride: usize) -> Result<Listpack, Corrupt> {
    let view = list.as_ref();
    let mut keys: Vec<_> = view.iter().step_by(stride).map(key).collect();
    let is_whole = !keys.is_empty() && view.len() == keys.len() * stride;
    sort::by(&mut keys, Ord::cmp);
    let is_distinct = keys.is_sorted_by(|one, next| one < next);
    match (is_whole, is_distinct) {
        (true, true) => Ok(list),
        (false, _) => Err(Corrupt("empty, or an element is incomplete")),
        (true, false) => Err(DUPLICATE),
    }
}

/// Returns an entry's key by value: a foreign listpack may store an integer as text.
fn key(entry: Entry<'_>) -> (Option<i64>, &[u8]) {
    match (entry.to_i64(), entry) {
        (None, Entry::Bytes(text)) => (None, text),
        (number, _) => (number, &[]),
    }
}
