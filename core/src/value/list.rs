//! Lists: ordered elements with fast access to both ends.
//!
//! A small list is one listpack, up to the limit of `list-max-listpack-size`; a larger one is a
//! quicklist, a chain of chunks of a few kilobytes. Both consist of the same [`Chunk`], so a
//! listpack that outgrows its limit becomes the first chunk unchanged. As in Redis, a list becomes
//! a listpack again only when it has shrunk to half of the limit, so that a list close to the limit
//! is not converted repeatedly.
//!
//! `list-compress-depth` is accepted and has no effect: the inner chunks of a long list are always
//! frozen if that saves memory.

mod chunk;
mod frozen;
mod quicklist;
#[cfg(test)]
mod tests;

use super::{
    Collection, Object, Packing, Type, Value,
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
    /// A small list.
    Listpack(Chunk),
    /// Any other list.
    Quicklist(Quicklist),
}

/// A read-only list.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'a> {
    /// A small list.
    Listpack(ListpackRef<'a>),
    /// Any other list.
    Quicklist(&'a Quicklist),
}

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `LEFT`: the end with the first element.
    Head,
    /// `RIGHT`: the end with the last element.
    Tail,
}

/// The size up to which a list is a listpack: `list-max-listpack-size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// The limit in bytes; `None` if the parameter limits the number of elements.
    bytes: Option<usize>,
    elements: usize,
}

impl ListLimits {
    /// The limit in bytes if the parameter limits the number of elements.
    const SAFE_BYTES: usize = 8192;

    /// Interprets the parameter: a number of elements, or, from -1 to -5, a size of 4, 8, 16, 32 or
    /// 64 KiB.
    #[must_use]
    pub fn of_parameter(size: i64) -> Self {
        match usize::try_from(size) {
            Ok(elements) => Self { bytes: None, elements: elements.max(1) },
            Err(_) => {
                Self { bytes: Some(2048 << size.unsigned_abs().min(5)), elements: usize::MAX }
            }
        }
    }

    /// Returns `true` if a listpack may grow to this size.
    const fn allow_growing_to(&self, bytes: usize, elements: usize) -> bool {
        let max_bytes = match self.bytes {
            Some(bytes) => bytes,
            None => Self::SAFE_BYTES,
        };
        bytes <= max_bytes && elements <= self.elements
    }

    /// Returns `true` if a list of this size may become a listpack. The safe size does not apply to
    /// a single chunk.
    const fn allow(&self, bytes: usize, elements: usize, is_one_chunk: bool) -> bool {
        let max_bytes = match self.bytes {
            Some(bytes) => bytes,
            None if is_one_chunk => usize::MAX,
            None => Self::SAFE_BYTES,
        };
        bytes <= max_bytes && elements <= self.elements
    }

    /// Returns the limits for a list that shrinks.
    const fn halved(&self) -> Self {
        let bytes = match self.bytes {
            Some(bytes) => Some(bytes / 2),
            None => None,
        };
        Self { bytes, elements: self.elements / 2 }
    }
}

impl<'a> ListRef<'a> {
    /// Returns the number of elements.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Listpack(list) => list.len(),
            Self::Quicklist(list) => list.len(),
        }
    }

    /// Returns `true` if there are no elements.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Applies `read` to the element at this index and returns the result.
    pub fn get<R>(self, index: usize, read: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        match self {
            Self::Listpack(list) => element(list, index, read),
            Self::Quicklist(list) => list.get(index, read),
        }
    }

    /// Passes the elements to `visit` until it breaks, beginning at one end and omitting the first
    /// `skip`.
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

    /// Passes up to `count` elements to `visit`, beginning at one end and omitting the first
    /// `skip`.
    pub fn for_each(self, from: End, skip: usize, count: usize, mut visit: impl FnMut(Entry<'_>)) {
        let mut left = count;
        let _ = self.walk(from, skip, |entry| {
            let Some(rest) = left.checked_sub(1) else { return ControlFlow::Break(()) };
            left = rest;
            visit(entry);
            ControlFlow::Continue(())
        });
    }

    /// Returns the listpacks that hold the elements: the nodes of a quicklist as `DUMP` writes it.
    /// A node that is longer than [`listpack::MAX_BYTES`] holds one element, which Redis writes as
    /// a plain node.
    pub fn nodes(self) -> impl Iterator<Item = Node<'a>> {
        let (one, many) = match self {
            Self::Listpack(list) => (Some(Node::from(list)), None),
            Self::Quicklist(list) => (None, Some(list.nodes())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// Returns the number of these listpacks.
    #[must_use]
    pub fn node_count(self) -> usize {
        match self {
            Self::Listpack(_) => 1,
            Self::Quicklist(list) => list.nodes().len(),
        }
    }
}

/// A listpack of a list, borrowed, or copied if it was frozen.
#[derive(Clone, Debug)]
pub struct Node<'a>(Cow<'a, [u8]>);

impl Node<'_> {
    /// Returns the bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns a read-only view.
    #[inline]
    #[must_use]
    pub fn as_ref(&self) -> ListpackRef<'_> {
        ListpackRef::new(&self.0)
    }

    /// Returns the elements in order.
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
    /// Creates the list of these listpacks, as stored by a snapshot or `DUMP`. They must have been
    /// written here.
    #[must_use]
    pub fn from_listpacks(
        listpacks: impl IntoIterator<Item = Vec<u8>>,
        limits: &ListLimits,
    ) -> Self {
        let mut list = Self::Quicklist(listpacks.into_iter().collect());
        list.convert_within(limits);
        list
    }

    /// Converts the list into a quicklist if `elements` elements with a total of `bytes` bytes
    /// would exceed the limits of a listpack. Must be called before adding elements.
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

    /// Converts the list into a listpack if it has shrunk to half of the limits. Must be called
    /// after removing elements.
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

    /// Removes `count` elements, or all, at an end. Returns a part that takes long to free, so that
    /// the caller chooses when to drop it.
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

    /// Inserts an element next to the first one that equals `pivot`, on the given side. Returns
    /// `true` if there is one.
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

    /// Replaces the element at this index. Returns `true` if there is one.
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

    /// Removes the elements that equal `element`, at most `limit`, beginning at `from`. Returns the
    /// number removed.
    pub fn remove_matching(&mut self, from: End, limit: usize, element: &[u8]) -> usize {
        let is_it = equals(element);
        match self {
            Self::Listpack(chunk) => chunk.remove_matching(from, limit, &is_it),
            Self::Quicklist(list) => list.remove_matching(from, limit, &is_it),
        }
    }

    /// Returns the name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(&self) -> &'static str {
        match self {
            Self::Listpack(_) => "listpack",
            Self::Quicklist(_) => "quicklist",
        }
    }

    /// Returns the size in bytes of what the list points to.
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

impl Collection for List {
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
    fn is_drained(&self) -> bool {
        match self {
            Self::Listpack(chunk) => chunk.len() == 0,
            Self::Quicklist(list) => list.is_empty(),
        }
    }
}

/// Returns a predicate that compares entries with this element. In untrusted bytes an integer may
/// be stored as a string.
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

/// Returns the position before or after the first entry for which `is_it` returns `true`.
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
