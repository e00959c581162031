//! Nodes: some hundred entries in one listpack, as Redis lays them out and dumps them.
//!
//! ```text
//! master   count  deleted  N  field 1 .. field N  0
//! entry    flags  ms  seq  [N  field 1  value 1 .. | value 1 .. value N]  back
//! ```
//!
//! The node is known by the id of the first entry that came into it, its *master*: the ids of its entries are told as
//! differences from that. The fields of that entry are written once; an entry that has the same (flag 2) has only its values.
//! `back` is how many listpack entries lie before it in its entry, so that a node can be read from its end. A removed entry
//! stays, with flag 1, until all of its node are.

use super::StreamId;
use crate::value::listpack::{self, Entry, Listpack, ListpackRef};

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;

/// A node to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    master: StreamId,
    list: ListpackRef<'a>,
}

/// An entry of a stream.
#[derive(Clone, Debug)]
pub struct StreamEntry<'a> {
    /// Its id.
    pub id: StreamId,
    /// Of the fields of the master, if it has these.
    shared: Option<listpack::Iter<'a>>,
    parts: listpack::Iter<'a>,
    fields: usize,
}

impl<'a> StreamEntry<'a> {
    /// How many fields it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields
    }

    /// Whether it has none, which only foreign bytes can say.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields == 0
    }

    /// The fields, each with its value.
    pub fn fields(self) -> impl Iterator<Item = (Entry<'a>, Entry<'a>)> {
        let Self { mut shared, mut parts, fields, .. } = self;
        (0..fields).map_while(move |_| {
            let field = shared.as_mut().unwrap_or(&mut parts).next()?;
            Some((field, parts.next()?))
        })
    }
}

/// An entry as it lies in its node, removed or not.
#[derive(Clone, Debug)]
pub(super) struct Stored<'a> {
    /// Where its flags are.
    pub(super) at: usize,
    pub(super) is_deleted: bool,
    flags: i64,
    pub(super) entry: StreamEntry<'a>,
    /// Where the next one is.
    next: usize,
}

impl<'a> Node<'a> {
    pub(super) fn new(master: StreamId, list: &'a Listpack) -> Self {
        Self { master, list: list.as_ref() }
    }

    /// How many entries there are, how many were removed, and where the first one lies.
    fn head(self) -> Option<(usize, usize, usize, usize)> {
        let mut parts = self.list.iter();
        let mut number = || usize::try_from(parts.next()?.to_i64()?).ok();
        let (count, deleted, fields) = (number()?, number()?, number()?);
        let at = parts.position();
        Some((count, deleted, fields, at))
    }

    /// How many entries it has that were not removed.
    pub(super) fn count(self) -> usize {
        self.head().map_or(0, |(count, ..)| count)
    }

    /// How many entries it has, those that were removed included.
    pub(super) fn all(self) -> usize {
        self.head().map_or(0, |(count, deleted, ..)| count + deleted)
    }

    /// Where the fields of the master lie, how many these are, and where the entries begin.
    fn layout(self) -> Option<(usize, usize, usize)> {
        let (_, _, fields, at) = self.head()?;
        let mut parts = self.list.iter_from(at);
        parts.nth(fields)?;
        Some((at, fields, parts.position()))
    }

    /// All entries in order, those that were removed included.
    pub(super) fn walk(self) -> impl Iterator<Item = Stored<'a>> {
        let layout = self.layout();
        let mut at = layout.map_or(usize::MAX, |(.., first)| first);
        core::iter::from_fn(move || {
            let (shared_at, shared, _) = layout?;
            let stored = self.stored(at, shared_at, shared)?;
            at = stored.next;
            Some(stored)
        })
    }

    /// The same from the last one back.
    pub(super) fn walk_back(self) -> impl Iterator<Item = Stored<'a>> {
        let layout = self.layout();
        let mut end = self.list.end();
        core::iter::from_fn(move || {
            let (shared_at, shared, first) = layout?;
            if end <= first {
                return None;
            }
            let mut at = self.list.prev(end)?;
            let back = self.list.get(at).to_i64()?;
            for _ in 0..back {
                at = self.list.prev(at)?;
            }
            end = at;
            self.stored(at, shared_at, shared)
        })
    }

    fn stored(self, at: usize, shared_at: usize, shared: usize) -> Option<Stored<'a>> {
        if at >= self.list.end() {
            return None;
        }
        let mut parts = self.list.iter_from(at);
        let flags = parts.next()?.to_i64()?;
        let ms = self.master.ms.wrapping_add(parts.next()?.to_i64()? as u64);
        let seq = self.master.seq.wrapping_add(parts.next()?.to_i64()? as u64);
        let is_same = flags & SAME_FIELDS != 0;
        let fields =
            if is_same { shared } else { usize::try_from(parts.next()?.to_i64()?).ok()? };
        let values = parts.clone();
        let words = if is_same { fields } else { fields.checked_mul(2)? };
        // The words, and `back`.
        parts.nth(words)?;
        let shared = is_same.then(|| self.list.iter_from(shared_at));
        let entry = StreamEntry { id: StreamId { ms, seq }, shared, parts: values, fields };
        Some(Stored { at, is_deleted: flags & DELETED != 0, flags, entry, next: parts.position() })
    }

    /// Whether every part is where it should be, the ids ascend and the counts are right.
    pub(super) fn is_sound(self) -> bool {
        let Some((count, deleted, ..)) = self.head() else { return false };
        let Some((_, fields, first)) = self.layout() else { return false };
        let (mut live, mut gone, mut end, mut last) = (0, 0, first, None);
        for stored in self.walk() {
            let is_same = stored.flags & SAME_FIELDS != 0;
            let own = stored.entry.fields.saturating_mul(2).saturating_add(4);
            let words = if is_same { fields + 3 } else { own };
            let back = self.list.prev(stored.next).map(|at| self.list.get(at));
            let is_right = back.and_then(Entry::to_i64) == i64::try_from(words).ok();
            let ascends = last < Some(stored.entry.id) && self.master <= stored.entry.id;
            if !is_right || stored.entry.fields == 0 || !ascends {
                return false;
            }
            (end, last) = (stored.next, Some(stored.entry.id));
            *(if stored.is_deleted { &mut gone } else { &mut live }) += 1;
        }
        (live, gone, end) == (count, deleted, self.list.end()) && live + gone > 0
    }
}

/// A node without entries whose first will have these fields.
pub(super) fn new<'a>(fields: impl ExactSizeIterator<Item = &'a [u8]> + Clone) -> Listpack {
    /// Most nodes grow to more than that.
    const BYTES: usize = 512;
    let mut list = Listpack::with_capacity(BYTES);
    let head = [0, 0, fields.len() as i64].map(Entry::Int);
    list.push_back_all(head.into_iter().chain(fields.map(Entry::encode)).chain([Entry::Int(0)]));
    list
}

/// Adds an entry, whose fields and values alternate.
pub(super) fn push<'a>(
    master: StreamId,
    list: &mut Listpack,
    id: StreamId,
    pairs: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
) {
    let Some((count, _, shared, at)) = Node::new(master, list).head() else { return };
    let fields = pairs.len() / 2;
    let given = pairs.clone().step_by(2);
    let is_same = shared == fields && list.as_ref().iter_from(at).zip(given).all(is_equal);
    if let Some(first) = list.as_ref().first() {
        list.replace(first, Entry::Int(count as i64 + 1));
    }
    let ms = id.ms.wrapping_sub(master.ms) as i64;
    let seq = id.seq.wrapping_sub(master.seq) as i64;
    let head = [Entry::Int(if is_same { SAME_FIELDS } else { 0 }), Entry::Int(ms), Entry::Int(seq)];
    let told = (!is_same).then_some(Entry::Int(fields as i64));
    // Of pairs whose fields are known only the values.
    let (skip, step) = if is_same { (1, 2) } else { (0, 1) };
    let words = pairs.skip(skip).step_by(step).map(Entry::encode);
    let back = if is_same { 3 + fields } else { 4 + 2 * fields };
    let back = Entry::Int(back as i64);
    list.push_back_all(head.into_iter().chain(told).chain(words).chain([back]));
}

fn is_equal((stored, given): (Entry<'_>, &[u8])) -> bool {
    stored.text(&mut itoa::Buffer::new()) == given
}

/// Marks the entries whose flags are at these positions as removed.
pub(super) fn remove(list: &mut Listpack, positions: &[usize]) {
    for &at in positions {
        let flags = list.as_ref().get(at).to_i64().unwrap_or(0);
        list.replace(at, Entry::Int(flags | DELETED));
    }
    let removed = positions.len() as i64;
    let mut at = list.as_ref().first();
    for more in [-removed, removed] {
        let Some(here) = at else { return };
        let number = list.as_ref().get(here).to_i64().unwrap_or(0);
        list.replace(here, Entry::Int(number + more));
        at = list.as_ref().next(here);
    }
}
