//! Nodes: about a hundred entries each, stored in contiguous bytes.
//!
//! ```text
//! node     N  field 1 .. field N   entry ..
//! entry    flags and ms   seq   [N  field 1  value 1 .. | value 1 .. value N]
//! ```
//!
//! The fields of the first entry are written once; an entry with the same fields (flag 2) has only
//! its values. A removed entry stays, with flag 1, until all entries of its node are removed. Redis
//! does the same; its nodes are listpacks, and `dump` converts ours to these. What a listpack has
//! besides can be derived and is omitted: the length after each word, by which it is read from its
//! end, and the length of each entry. And an id is stored as its difference from the id before, not
//! from the node's first: an entry of one field with a value of 16 bytes uses 19 bytes instead of
//! 26. The differences wrap, since an id may be lower than that of a removed entry before it.
//!
//! Words are listpack entries without their backlen. Other numbers are written with seven bits per
//! byte. The first byte of an entry has the flags, so the entry can be marked as removed in place.

mod dump;

use super::StreamId;
use crate::memory::allocated;
use crate::value::listpack::Entry;
use alloc::vec::Vec;

const DELETED: u8 = 1;
const SAME_FIELDS: u8 = 2;
/// The number of bits that the flags use in an entry's first byte.
const FLAG_BITS: u32 = 2;

/// A node of entries. The id of the first, the *master*, is not stored here: it is the key of the
/// node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    bytes: Vec<u8>,
    /// The id of the last entry, removed or not.
    last: StreamId,
    entries: usize,
    removed: usize,
    /// The size that everything except the two counts would have in a listpack. Redis uses this to
    /// decide whether a node is full.
    dumped: usize,
}

/// An entry of a stream.
#[derive(Clone, Debug)]
pub struct StreamEntry<'a> {
    /// The id.
    pub id: StreamId,
    /// The node's fields, if the entry has these.
    shared: Option<&'a [u8]>,
    words: &'a [u8],
    fields: usize,
}

impl<'a> StreamEntry<'a> {
    /// Returns the number of fields.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields
    }

    /// Returns `true` if it has no fields, which is possible only in foreign data.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields == 0
    }

    /// Iterates over the fields and their values.
    pub fn fields(self) -> impl Iterator<Item = (Entry<'a>, Entry<'a>)> {
        let Self { mut shared, mut words, fields, .. } = self;
        (0..fields).map_while(move |_| {
            let field = Entry::take_bare(shared.as_mut().unwrap_or(&mut words))?;
            Some((field, Entry::take_bare(&mut words)?))
        })
    }
}

/// An entry as stored in its node, removed or not.
#[derive(Clone, Debug)]
pub(super) struct Stored<'a> {
    /// The offset at which it begins.
    pub(super) at: usize,
    pub(super) is_deleted: bool,
    pub(super) entry: StreamEntry<'a>,
}

/// Iterates over all entries of a node as stored, including removed ones.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    /// The fields that are written once, and their number.
    shared: (&'a [u8], usize),
    /// The length of the node, and the bytes that are left of it.
    len_bytes: usize,
    rest: &'a [u8],
    /// The id of the previous entry.
    id: StreamId,
}

impl Node {
    /// Creates a node without entries. Its first entry must have this id and these fields.
    pub(super) fn new<'a>(
        master: StreamId,
        fields: impl ExactSizeIterator<Item = Entry<'a>> + Clone,
    ) -> Self {
        /// Most nodes grow beyond this size.
        const BYTES: usize = 512;
        let mut bytes = Vec::with_capacity(BYTES);
        put_number(&mut bytes, fields.len() as u64);
        let dumped = dump::head_bytes(fields.clone());
        fields.for_each(|field| field.write_bare(&mut bytes));
        Self { bytes, last: master, dumped, ..Self::default() }
    }

    /// Returns the number of entries, without removed ones.
    pub(super) const fn count(&self) -> usize {
        self.entries - self.removed
    }

    /// Returns the number of entries, including removed ones.
    pub(super) const fn all(&self) -> usize {
        self.entries
    }

    /// Returns the id of the last entry, removed or not.
    pub(super) const fn last(&self) -> StreamId {
        self.last
    }

    /// Returns the id of the last entry that was not removed.
    pub(super) fn last_live(&self, master: StreamId) -> Option<StreamId> {
        match self.removed {
            0 => Some(self.last),
            _ => self.live(master).last().map(|stored| stored.entry.id),
        }
    }

    /// Returns the memory that it uses besides its entry in the tree, in bytes.
    pub(super) const fn memory_bytes(&self) -> usize {
        allocated(self.bytes.capacity())
    }

    /// Releases the capacity reserved for further entries.
    pub(super) fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Iterates over all entries as stored, including removed ones.
    fn walk(&self, master: StreamId) -> Walk<'_> {
        let (shared, entries) = self.fields();
        Walk { shared, len_bytes: self.bytes.len(), rest: entries, id: master }
    }

    /// Iterates over the entries that were not removed, in order.
    pub(super) fn live(&self, master: StreamId) -> impl Iterator<Item = Stored<'_>> {
        self.live_from(master, StreamId::MIN)
    }

    /// Iterates over the entries that were not removed, from `start` on.
    pub(super) fn live_from(
        &self,
        master: StreamId,
        start: StreamId,
    ) -> impl Iterator<Item = Stored<'_>> {
        let mut walk = self.walk(master);
        walk.skip_to(start);
        walk.filter(|stored| !stored.is_deleted)
    }

    /// Iterates over the entries that were not removed, from the last one back.
    pub(super) fn live_back(&self, master: StreamId) -> impl Iterator<Item = Stored<'_>> {
        self.live(master).collect::<Vec<_>>().into_iter().rev()
    }

    /// Returns the fields that are written once with their number, and the bytes of the entries.
    fn fields(&self) -> ((&[u8], usize), &[u8]) {
        let mut rest = self.bytes.as_slice();
        let count = take_number(&mut rest).unwrap_or(0) as usize;
        let fields = rest;
        skip(&mut rest, count);
        ((fields, count), rest)
    }

    /// Adds an entry, whose fields and values alternate. Its id must be greater than those of all
    /// entries that were not removed.
    pub(super) fn push<'a>(
        &mut self,
        master: StreamId,
        id: StreamId,
        pairs: impl ExactSizeIterator<Item = Entry<'a>> + Clone,
    ) {
        let ((mut fields, count), _) = self.fields();
        let mut given = pairs.clone().step_by(2);
        if count * 2 == pairs.len()
            && given.all(|given| Entry::take_bare(&mut fields) == Some(given))
        {
            self.add(master, id, SAME_FIELDS, pairs.skip(1).step_by(2));
        } else {
            self.add(master, id, 0, pairs);
        }
    }

    /// Adds an entry. The words are only values if it has the node's fields, otherwise fields and
    /// values.
    fn add<'a>(
        &mut self,
        master: StreamId,
        id: StreamId,
        flags: u8,
        words: impl ExactSizeIterator<Item = Entry<'a>> + Clone,
    ) {
        let is_same = flags & SAME_FIELDS != 0;
        self.dumped += dump::entry_bytes(master, id, is_same, words.clone());
        let ms = id.ms.wrapping_sub(self.last.ms);
        let seq = if ms == 0 { id.seq.wrapping_sub(self.last.seq) } else { id.seq };
        put_head(&mut self.bytes, flags, ms);
        put_number(&mut self.bytes, seq);
        if !is_same {
            put_number(&mut self.bytes, words.len() as u64 / 2);
        }
        words.for_each(|word| word.write_bare(&mut self.bytes));
        self.last = id;
        self.entries += 1;
        self.removed += usize::from(flags & DELETED);
    }

    /// Marks the entries at these offsets as removed.
    pub(super) fn remove(&mut self, places: &[usize]) {
        places.iter().for_each(|at| self.bytes[*at] |= DELETED);
        self.removed += places.len();
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Stored<'a>;

    fn next(&mut self) -> Option<Stored<'a>> {
        let at = self.len_bytes - self.rest.len();
        let rest = &mut self.rest;
        let (flags, id) = take_id(rest, self.id)?;
        self.id = id;
        let is_same = flags & SAME_FIELDS != 0;
        let fields = if is_same { self.shared.1 } else { take_number(rest)? as usize };
        let words = *rest;
        skip(rest, if is_same { fields } else { 2 * fields });
        let shared = is_same.then_some(self.shared.0);
        let entry = StreamEntry { id, shared, words, fields };
        Some(Stored { at, is_deleted: flags & DELETED != 0, entry })
    }
}

impl Walk<'_> {
    /// Skips to the first entry that was not removed and is not below `start`. A reader that
    /// continues in the middle skips half a node on average, so the skipped entries are not
    /// decoded.
    fn skip_to(&mut self, start: StreamId) {
        let mut rest = self.rest;
        let is_passed = |(flags, id): &(u8, StreamId)| flags & DELETED != 0 || *id < start;
        while let Some((flags, id)) = take_id(&mut rest, self.id).filter(is_passed) {
            let words = match flags & SAME_FIELDS {
                0 => take_number(&mut rest).map_or(0, |fields| 2 * fields as usize),
                _ => self.shared.1,
            };
            skip(&mut rest, words);
            (self.rest, self.id) = (rest, id);
        }
    }
}

/// Skips a number of words.
fn skip(bytes: &mut &[u8], words: usize) {
    for _ in 0..words {
        Entry::skip_bare(bytes);
    }
}

/// Reads the flags of an entry and its id. `before` is the id of the previous entry.
fn take_id(bytes: &mut &[u8], before: StreamId) -> Option<(u8, StreamId)> {
    let (flags, ms) = take_head(bytes)?;
    let seq = take_number(bytes)?;
    let id = match ms {
        0 => StreamId { ms: before.ms, seq: before.seq.wrapping_add(seq) },
        _ => StreamId { ms: before.ms.wrapping_add(ms), seq },
    };
    Some((flags, id))
}

/// Writes the flags and a number, which has five bits in the first byte.
fn put_head(out: &mut Vec<u8>, flags: u8, number: u64) {
    let low = (number as u8 & 0x1f) << FLAG_BITS | flags;
    if number < 0x20 {
        out.push(low);
    } else {
        out.push(low | 0x80);
        put_number(out, number >> 5);
    }
}

fn take_head(bytes: &mut &[u8]) -> Option<(u8, u64)> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    let more = if first & 0x80 == 0 { 0 } else { take_number(bytes)? << 5 };
    Some((first & (DELETED | SAME_FIELDS), u64::from(first >> FLAG_BITS & 0x1f) | more))
}

/// Writes a number, seven bits per byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}
