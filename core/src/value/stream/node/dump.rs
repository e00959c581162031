//! Converts a node to the listpack that Redis has for it, for dumps, and back.
//!
//! ```text
//! master   count  deleted  N  field 1 .. field N  0
//! entry    flags  ms  seq  [N  field 1  value 1 .. | value 1 .. value N]  back
//! ```
//!
//! Ids are stored as differences from the node's first, its *master*. `back` is the number of
//! listpack entries before it in its entry.

use super::super::StreamId;
use super::{DELETED, Node, SAME_FIELDS, Stored};
use crate::value::listpack::{self, Entry, Listpack, ListpackRef};
use alloc::vec::Vec;

/// Returns the size of the head of a node without the counts.
pub(super) fn head_bytes<'a>(fields: impl ExactSizeIterator<Item = Entry<'a>>) -> usize {
    let count = Entry::Int(fields.len() as i64);
    let words = fields.chain([Entry::Int(0)]).map(Entry::size_bytes);
    ListpackRef::EMPTY.dumped_bytes() + count.size_bytes() + words.sum::<usize>()
}

/// Returns the size of an entry.
pub(super) fn entry_bytes<'a>(
    master: StreamId,
    id: StreamId,
    is_same: bool,
    words: impl ExactSizeIterator<Item = Entry<'a>>,
) -> usize {
    let around = around(master, id, is_same, words.len());
    around.into_iter().flatten().chain(words).map(Entry::size_bytes).sum()
}

/// Returns the numbers of an entry besides its words: its id, the number of fields if it is
/// written, and, last, `back`.
fn around(
    master: StreamId,
    id: StreamId,
    is_same: bool,
    words: usize,
) -> [Option<Entry<'static>>; 5] {
    let ms = id.ms.wrapping_sub(master.ms) as i64;
    let seq = id.seq.wrapping_sub(master.seq) as i64;
    let told = (!is_same).then_some(Entry::Int(words as i64 / 2));
    let flags = if is_same { i64::from(SAME_FIELDS) } else { 0 };
    let back = Entry::Int(3 + i64::from(!is_same) + words as i64);
    let [flags, ms, seq] = [flags, ms, seq].map(|number| Some(Entry::Int(number)));
    [flags, ms, seq, told, Some(back)]
}

impl Node {
    /// Returns the length of the dumped listpack.
    pub(in crate::value::stream) fn dumped_bytes(&self) -> usize {
        let counts = [self.count(), self.removed].map(|count| Entry::Int(count as i64));
        self.dumped + counts.map(Entry::size_bytes).iter().sum::<usize>()
    }

    /// Returns the node as a listpack.
    pub(in crate::value::stream) fn dump(&self, master: StreamId) -> Listpack {
        let mut list = Listpack::with_capacity(self.dumped_bytes());
        let ((mut fields, count), _) = self.fields();
        let head = [self.count(), self.removed, count].map(|number| Entry::Int(number as i64));
        list.extend(head);
        list.extend((0..count).map_while(|_| Entry::take_bare(&mut fields)));
        list.push_back(Entry::Int(0));
        for Stored { is_deleted, entry, .. } in self.walk(master) {
            let is_same = entry.shared.is_some();
            let words = if is_same { entry.fields } else { 2 * entry.fields };
            let [flags, ms, seq, told, back] = around(master, entry.id, is_same, words);
            let deleted = if is_deleted { i64::from(DELETED) } else { 0 };
            let flags = flags.and_then(Entry::to_i64).map(|flags| Entry::Int(flags | deleted));
            list.extend([flags, ms, seq, told].into_iter().flatten());
            let mut bytes = entry.words;
            list.extend((0..words).map_while(|_| Entry::take_bare(&mut bytes)));
            list.extend(back);
        }
        list
    }

    /// Creates a node from a listpack, with its master. Returns `None` if the structure is invalid,
    /// if the entries that were not removed do not ascend, or if the counts are wrong.
    pub(in crate::value::stream) fn load(
        master: StreamId,
        list: ListpackRef<'_>,
    ) -> Option<(StreamId, Self)> {
        let mut parts = list.iter();
        let [count, deleted, fields] =
            [number(&mut parts)?, number(&mut parts)?, number(&mut parts)?];
        let shared: Vec<Entry<'_>> = words(&mut parts, fields)?;
        let mut node = Self::new(master, shared.iter().copied());
        parts.next()?;
        let (mut first, mut last) = (None, None);
        while let Some(flags) = parts.next() {
            let flags = flags.to_i64()? as u8 & (DELETED | SAME_FIELDS);
            let ms = master.ms.wrapping_add(parts.next()?.to_i64()? as u64);
            let seq = master.seq.wrapping_add(parts.next()?.to_i64()? as u64);
            let id = StreamId { ms, seq };
            let is_same = flags & SAME_FIELDS != 0;
            let own = if is_same { fields } else { number(&mut parts)? };
            let values = words(&mut parts, if is_same { own } else { own.checked_mul(2)? })?;
            let back = 3 + usize::from(!is_same) + values.len();
            if number(&mut parts)? != back || own == 0 {
                return None;
            }
            if flags & DELETED == 0 {
                if last >= Some(id) {
                    return None;
                }
                first = first.or(Some(id));
                last = Some(id);
            }
            node.add(master, id, flags, values.iter().copied());
        }
        let counts = (node.count(), node.removed);
        if counts != (count, deleted) || node.entries == 0 {
            return None;
        }
        match first {
            Some(first) if first < master => Some((first, node.begun_at(first, master))),
            _ => Some((master, node)),
        }
    }

    /// Returns a node with the same entries whose master is the first of them, without removed
    /// entries. Redis continues to use a node that trimming has left without entries, even if
    /// `XSETID` has lowered the last id below its master.
    fn begun_at(&self, first: StreamId, master: StreamId) -> Self {
        let ((mut fields, count), _) = self.fields();
        let fields: Vec<_> = (0..count).map_while(|_| Entry::take_bare(&mut fields)).collect();
        let mut node = Self::new(first, fields.into_iter());
        for Stored { entry, .. } in self.live(master) {
            let pairs: Vec<_> = entry.clone().fields().flat_map(<[_; 2]>::from).collect();
            node.push(first, entry.id, pairs.into_iter());
        }
        node
    }
}

fn number(parts: &mut listpack::Iter<'_>) -> Option<usize> {
    usize::try_from(parts.next()?.to_i64()?).ok()
}

/// Reads a number of entries. Returns `None` if there are fewer.
fn words<'a>(parts: &mut listpack::Iter<'a>, count: usize) -> Option<Vec<Entry<'a>>> {
    let words: Vec<_> = parts.take(count).collect();
    (words.len() == count).then_some(words)
}
