//! Lists: elements in the order in which they were put, quick to reach at both ends.
//!
//! A small list is one listpack, up to what `list-max-listpack-size` allows; a larger one is a quicklist, a chain of chunks of
//! some kilobytes. Both are made of the same [`Chunk`], so a listpack that outgrows its limit becomes the first chunk as it is.
//! As in Redis, a list goes back to being a listpack only when it is down to half of the limit: one that hovers around the
//! limit is not converted each time.
//!
//! `list-compress-depth` is accepted and has no effect: the inner chunks of a long list are frozen anyway, if that pays.

mod chunk;
mod frozen;
mod quicklist;
#[cfg(test)]
mod tests;

use super::{
    Compound, Object, Packing, Type, Value,
    listpack::{self, Entry, ListpackRef},
    record::INLINE_MAX,
};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
pub use chunk::Chunk;
use core::ops::ControlFlow;
pub use quicklist::Quicklist;

/// A list.
#[derive(Clone, Debug)]
pub enum List {
    /// A small one.
    Listpack(Chunk),
    /// Any other.
    Quicklist(Quicklist),
}

/// A list to read.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'a> {
    /// A small one.
    Listpack(ListpackRef<'a>),
    /// Any other.
    Quicklist(&'a Quicklist),
}

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `LEFT`: the first element is here.
    Head,
    /// `RIGHT`: the last element is here.
    Tail,
}

/// Up to where a list is a listpack: `list-max-listpack-size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// What the parameter says of bytes; nothing if it counts elements.
    bytes: Option<usize>,
    elements: usize,
}

impl ListLimits {
    /// What a listpack may take where the parameter counts elements.
    const SAFE_BYTES: usize = 8192;

    /// What the parameter means: so many elements, or from -1 to -5 4, 8, 16, 32 or 64 KiB.
    #[must_use]
    pub fn of_parameter(size: i64) -> Self {
        match usize::try_from(size) {
            Ok(elements) => Self { bytes: None, elements: elements.max(1) },
            Err(_) => {
                Self { bytes: Some(2048 << size.unsigned_abs().min(5)), elements: usize::MAX }
            }
        }
    }

    /// Whether a listpack may grow to these.
    const fn allow_growing_to(&self, bytes: usize, elements: usize) -> bool {
        let most_bytes = match self.bytes {
            Some(bytes) => bytes,
            None => Self::SAFE_BYTES,
        };
        bytes <= most_bytes && elements <= self.elements
    }

    /// Whether a list of so many bytes and elements may become a listpack. One that is a single chunk is not held to the
    /// safe size.
    const fn allow(&self, bytes: usize, elements: usize, is_one_chunk: bool) -> bool {
        let most_bytes = match self.bytes {
            Some(bytes) => bytes,
            None if is_one_chunk => usize::MAX,
            None => Self::SAFE_BYTES,
        };
        bytes <= most_bytes && elements <= self.elements
    }

    /// The limits for a list that shrinks.
    const fn halved(&self) -> Self {
        let bytes = match self.bytes {
            Some(bytes) => Some(bytes / 2),
            None => None,
        };
        Self { bytes, elements: self.elements / 2 }
    }
}

impl<'a> ListRef<'a> {
    /// How many elements there are.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Listpack(list) => list.len(),
            Self::Quicklist(list) => list.len(),
        }
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What `read` makes of the element with this index.
    pub fn get<R>(self, index: usize, read: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        match self {
            Self::Listpack(list) => element(list, index, read),
            Self::Quicklist(list) => list.get(index, read),
        }
    }

    /// Hands the elements to `visit` until it breaks: from one end to the other, without the first `skip`.
    pub fn walk<B>(
        self,
        from: End,
        skip: usize,
        visit: impl FnMut(Entry<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        match self {
            Self::Listpack(list) => walk(list, from, skip, visit),
            Self::Quicklist(list) => list.walk(from, skip, visit),
        }
    }

    /// Hands `count` elements to `visit`, or as many as there are: from one end, without the first `skip`.
    pub fn for_each(self, from: End, skip: usize, count: usize, mut visit: impl FnMut(Entry<'_>)) {
        let mut left = count;
        let _ = self.walk(from, skip, |entry| {
            let Some(rest) = left.checked_sub(1) else { return ControlFlow::Break(()) };
            left = rest;
            visit(entry);
            ControlFlow::Continue(())
        });
    }

    /// The listpacks that hold the elements: the nodes of a quicklist as `DUMP` writes it. One that is longer than
    /// [`listpack::MAX_BYTES`] holds one element, which Redis writes as a plain node.
    pub fn nodes(self) -> impl Iterator<Item = Node<'a>> {
        let (one, many) = match self {
            Self::Listpack(list) => (Some(Node::from(list)), None),
            Self::Quicklist(list) => (None, Some(list.nodes())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// How many listpacks these are.
    #[must_use]
    pub fn node_count(self) -> usize {
        match self {
            Self::Listpack(_) => 1,
            Self::Quicklist(list) => list.nodes().len(),
        }
    }
}

/// A listpack of a list: where it lies, or a thawed copy.
#[derive(Clone, Debug)]
pub struct Node<'a>(Cow<'a, [u8]>);

impl Node<'_> {
    /// Its bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// For reading.
    #[inline]
    #[must_use]
    pub fn as_ref(&self) -> ListpackRef<'_> {
        ListpackRef::new(&self.0)
    }

    /// The elements in order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> listpack::Iter<'_> {
        self.as_ref().iter()
    }
}

impl<'a> From<ListpackRef<'a>> for Node<'a> {
    #[inline]
    fn from(list: ListpackRef<'a>) -> Self {
        Self(list.bytes().into())
    }
}

impl From<Vec<u8>> for Node<'_> {
    fn from(listpack: Vec<u8>) -> Self {
        Self(listpack.into())
    }
}

impl List {
    /// The list of these listpacks, each written here, as a snapshot or a `RESTORE` has them.
    #[must_use]
    pub fn from_listpacks(
        listpacks: impl IntoIterator<Item = Vec<u8>>,
        limits: &ListLimits,
    ) -> Self {
        let mut list = Self::Quicklist(listpacks.into_iter().collect());
        list.convert_within(limits);
        list
    }

    /// Becomes a quicklist if `elements` that are `bytes` long together would be too much for a listpack. To be called
    /// before elements are added.
    pub fn grow(&mut self, bytes: usize, elements: usize, limits: &ListLimits) {
        if let Self::Listpack(chunk) = self
            && !limits.allow_growing_to(chunk.dumped_bytes() + bytes, chunk.len() + elements)
        {
            let Self::Listpack(chunk) = core::mem::take(self) else { return };
            let mut list = Quicklist::default();
            list.push_chunk(chunk);
            *self = Self::Quicklist(list);
        }
    }

    /// Becomes a listpack if it is down to half of what a listpack may be. To be called after elements were removed.
    #[inline]
    pub fn shrink(&mut self, limits: &ListLimits) {
        if matches!(self, Self::Quicklist(_)) {
            self.convert_within(&limits.halved());
        }
    }

    /// Adds an element at an end.
    #[inline]
    pub fn push(&mut self, end: End, element: &[u8]) {
        let entry = Entry::encode(element);
        match self {
            Self::Listpack(chunk) => chunk.push(end, entry),
            Self::Quicklist(list) => list.push(end, entry),
        }
    }

    /// Removes `count` elements, or all, at an end. What takes long to free is returned: the caller chooses when.
    pub fn discard(&mut self, end: End, count: usize) -> Option<Object> {
        match self {
            Self::Listpack(chunk) => {
                chunk.discard(end, count.min(chunk.len()));
                None
            }
            Self::Quicklist(list) => {
                list.discard(end, count).map(Self::Quicklist).map(Object::List)
            }
        }
    }

    /// Puts an element beside the first one that equals `pivot`, on the side of that end; whether there is one.
    pub fn insert_beside(&mut self, pivot: &[u8], side: End, element: &[u8]) -> bool {
        let (is_pivot, entry) = (equals(pivot), Entry::encode(element));
        match self {
            Self::Listpack(chunk) => {
                let at = find(chunk.as_ref(), &is_pivot, side);
                at.is_some_and(|at| {
                    chunk.insert(at, entry);
                    true
                })
            }
            Self::Quicklist(list) => list.insert_beside(&is_pivot, side, entry),
        }
    }

    /// Puts an element in the place of the one with this index; whether there is one.
    pub fn set(&mut self, index: usize, element: &[u8]) -> bool {
        if index >= self.view().len() {
            return false;
        }
        let entry = Entry::encode(element);
        match self {
            Self::Listpack(chunk) => {
                let at = chunk.as_ref().seek(index as i64);
                at.into_iter().for_each(|at| chunk.replace(at, entry));
            }
            Self::Quicklist(list) => list.replace(index, entry),
        }
        true
    }

    /// Removes the elements that equal `element`, at most `limit`, those nearest to `from`; how many.
    pub fn remove_matching(&mut self, from: End, limit: usize, element: &[u8]) -> usize {
        let is_it = equals(element);
        match self {
            Self::Listpack(chunk) => chunk.remove_matching(from, limit, &is_it),
            Self::Quicklist(list) => list.remove_matching(from, limit, &is_it),
        }
    }

    /// The name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(&self) -> &'static str {
        match self {
            Self::Listpack(_) => "listpack",
            Self::Quicklist(_) => "quicklist",
        }
    }

    /// What it takes besides itself, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Listpack(chunk) => chunk.allocated(),
            Self::Quicklist(list) => list.memory_bytes(),
        }
    }

    /// See [`Object::free_some`].
    pub fn free_some(&mut self, budget: usize) -> usize {
        match self {
            Self::Listpack(_) => 0,
            Self::Quicklist(list) => list.free_some(budget),
        }
    }

    fn convert_within(&mut self, limits: &ListLimits) {
        if let Self::Quicklist(list) = self
            && let Some(chunk) = list.take_listpack(limits)
        {
            *self = Self::Listpack(chunk);
        }
    }
}

impl Default for List {
    fn default() -> Self {
        Self::Listpack(Chunk::new())
    }
}

impl Compound for List {
    const TYPE: Type = Type::List;
    type Ref<'a> = ListRef<'a>;

    fn view_packed(_: Packing, bytes: &[u8]) -> ListRef<'_> {
        ListRef::Listpack(ListpackRef::new(bytes))
    }

    #[inline]
    fn view(&self) -> ListRef<'_> {
        match self {
            Self::Listpack(chunk) => ListRef::Listpack(chunk.as_ref()),
            Self::Quicklist(list) => ListRef::Quicklist(list),
        }
    }

    fn unpack(_: Packing, bytes: Vec<u8>) -> Self {
        Self::Listpack(Chunk::from_bytes(bytes))
    }

    fn packed(&self) -> Option<(Packing, &[u8])> {
        match self {
            Self::Listpack(chunk) => Some((Packing::ListListpack, chunk.as_ref().bytes())),
            Self::Quicklist(_) => None,
        }
    }

    fn into_value(self) -> Value<'static> {
        match self {
            Self::Listpack(chunk) if chunk.as_ref().bytes().len() <= INLINE_MAX => {
                Value::Packed(Packing::ListListpack, chunk.into_bytes().into())
            }
            large => Value::Object(Box::new(Object::List(large))),
        }
    }

    fn from_object(object: &Object) -> Option<&Self> {
        match object {
            Object::List(list) => Some(list),
            _ => None,
        }
    }

    fn from_object_mut(object: &mut Object) -> Option<&mut Self> {
        match object {
            Object::List(list) => Some(list),
            _ => None,
        }
    }

    #[inline]
    fn is_gone(&self) -> bool {
        match self {
            Self::Listpack(chunk) => chunk.len() == 0,
            Self::Quicklist(list) => list.is_empty(),
        }
    }
}

/// Whether an entry is this element. In bytes that came from elsewhere an integer may be spelled out.
pub fn equals(element: &[u8]) -> impl Fn(Entry<'_>) -> bool {
    let integer = match Entry::encode(element) {
        Entry::Int(integer) => Some(integer),
        Entry::Bytes(_) => None,
    };
    move |entry| match entry {
        Entry::Int(other) => integer == Some(other),
        Entry::Bytes(other) => element == other,
    }
}

/// The position before or behind the first entry that `is_it` names.
fn find(list: ListpackRef<'_>, is_it: &impl Fn(Entry<'_>) -> bool, side: End) -> Option<usize> {
    let mut entries = list.iter();
    loop {
        let before = entries.position();
        if is_it(entries.next()?) {
            return Some(if side == End::Head { before } else { entries.position() });
        }
    }
}

/// See [`ListRef::get`].
fn element<R>(list: ListpackRef<'_>, index: usize, read: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
    list.seek(index as i64).map(|at| read(list.get(at)))
}

/// See [`ListRef::walk`].
#[inline]
fn walk<B>(
    list: ListpackRef<'_>,
    from: End,
    skip: usize,
    mut visit: impl FnMut(Entry<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    match from {
        End::Head if skip == 0 => list.iter().try_for_each(&mut visit),
        End::Head => match list.seek(skip as i64) {
            Some(at) => list.iter_from(at).try_for_each(&mut visit),
            None => ControlFlow::Continue(()),
        },
        End::Tail => list.iter().rev().skip(skip).try_for_each(&mut visit),
    }
}
