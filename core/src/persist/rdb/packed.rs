//! Small collections, which are one string: the bytes of a listpack.

use super::{Corrupt, Reader};
use crate::sort;
use crate::value::listpack::{Entry, Listpack};
use alloc::vec::Vec;

pub(super) const DUPLICATE: Corrupt = Corrupt("an element occurs twice");
pub(super) const EMPTY: Corrupt = Corrupt("no elements");

/// A listpack of whatever entries.
///
/// # Errors
/// The bytes are none.
pub(super) fn listpack(reader: &mut Reader<'_>) -> Result<Listpack, Corrupt> {
    Listpack::from_dump(reader.blob()?).ok_or(Corrupt("damaged listpack"))
}

/// The same listpack, if it has elements of `stride` entries each, and no two whose first entries are equal.
///
/// # Errors
/// It has none, half an element, or one twice.
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

/// An entry by what it spells: foreign bytes may have a number as text.
fn key(entry: Entry<'_>) -> (Option<i64>, &[u8]) {
    match (entry.to_i64(), entry) {
        (None, Entry::Bytes(text)) => (None, text),
        (number, _) => (number, &[]),
    }
}
