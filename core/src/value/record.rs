//! A key and its value in one allocation.
//!
//! ```text
//!  0      1..4         4            ..           ..             ..       ..
//! +-------+------------+------------+------------+--------------+--------+---------+
//! | flags | clock (24) | value len  | key len    | deadline     | key    | payload |
//! |       |            | 1 or 2     | 1 or 8     | 0 or 8       |        |         |
//! +-------+------------+------------+------------+--------------+--------+---------+
//! ```
//!
//! Most values are short, so most records are just this block and one or two cache lines: a
//! ten-byte key with a sixteen-byte value uses 32 bytes, and comparing the key has already fetched
//! the value. The flags determine the payload: an integer, the bytes themselves, a pointer to bytes
//! that are too long to copy, or a pointer to an object. The bytes may be a string or a small
//! collection in its packed form. A pointer is aligned to eight so that it can be borrowed as a
//! reference; everything else is packed and read unaligned.
//!
//! Blocks are multiples of 16 bytes, as the size classes of most allocators are: a value may be
//! overwritten in place by any that needs the same number of 16-byte units. The block's size can be
//! computed from its contents, so it is not stored. The block is only aligned where necessary,
//! because mimalloc pads aligned allocations: 64 bytes for a block of 48. Sizes are computed with
//! eight-byte pointers everywhere, so `MEMORY USAGE` replies the same on every platform.
#![expect(unsafe_code, reason = "the single allocation of a record has a custom layout")]

mod shape;
#[cfg(test)]
mod tests;

use super::{Collection, Object, Packing, Type, Value, ValueRef, string::StringRef};
use crate::{memory::allocated, table::Entry, time::UnixMillis};
use alloc::{alloc as heap, borrow::Cow, boxed::Box, rc::Rc, vec::Vec};
use core::{fmt, marker::PhantomData, mem, ptr::NonNull, slice};
pub use shape::{AccessClock, INLINE_MAX};
use shape::{
    DEADLINE, FIRST_PACKING, INLINE, INT, KIND, KIND_SHIFT, LONG_KEY, LONG_VALUE, OBJECT, PAYLOAD,
    RAW, SHARED, Shape, Stored,
};

/// Size of a shared value without its bytes: two counts, then pointer, capacity and length.
const SHARED_HEADER: usize = allocated(40);

/// A key, its value and the keyspace's metadata, behind one pointer.
pub struct Record {
    block: NonNull<u8>,
    owns: PhantomData<(Rc<Vec<u8>>, Box<Object>)>,
}

const _: () = assert!(size_of::<Option<Record>>() == size_of::<usize>());

impl Record {
    /// Creates a record of a string.
    #[must_use]
    pub fn new(
        key: &[u8],
        value: StringRef<'_>,
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) -> Self {
        Self::store(key, Stored::from(value), deadline, clock)
    }

    /// Creates a record of any value.
    #[must_use]
    pub fn of(
        key: &[u8],
        value: Value<'_>,
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) -> Self {
        Self::store(key, Stored::from(value), deadline, clock)
    }

    fn store(
        key: &[u8],
        value: Stored<'_>,
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) -> Self {
        let record = Self::block(Shape::new(key.len(), &value, deadline.is_some()), clock);
        // SAFETY: the block was created for this very key, deadline and value, and is still empty.
        unsafe {
            record.write_key(key);
            record.write_deadline(deadline);
            record.write_value(value);
        }
        record
    }

    /// Returns the key.
    #[inline]
    #[must_use]
    pub fn key(&self) -> &[u8] {
        let shape = self.shape();
        // SAFETY: the key is at `key_at` as long as the record exists, and only `&mut self` methods
        // replace it.
        unsafe { slice::from_raw_parts(self.block.as_ptr().add(shape.key_at()), shape.key_len) }
    }

    /// Returns the value's type.
    #[inline]
    #[must_use]
    pub fn value_type(&self) -> Type {
        let flags = self.meta() as u8;
        let kind = (flags & KIND) >> KIND_SHIFT;
        match (flags & PAYLOAD, kind.checked_sub(FIRST_PACKING)) {
            (OBJECT, _) => Type::COMPOUND[usize::from(kind)],
            (INLINE, Some(packing)) => Packing::ALL[usize::from(packing)].value_type(),
            _ => Type::String,
        }
    }

    /// Returns the value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> ValueRef<'_> {
        let shape = self.shape();
        // SAFETY: the flags say what was written at `payload_at`, a pointer is aligned, and nothing
        // of it changes while `self` is borrowed.
        unsafe {
            let payload = self.block.as_ptr().add(shape.payload_at());
            match shape.flags & PAYLOAD {
                INT => ValueRef::String(StringRef::Int(payload.cast::<i64>().read_unaligned())),
                INLINE => {
                    let bytes = slice::from_raw_parts(payload, shape.value_len);
                    match shape.flags & KIND {
                        0 => ValueRef::String(StringRef::text(bytes)),
                        RAW => ValueRef::String(StringRef::raw(bytes)),
                        kind => ValueRef::Packed(
                            Packing::ALL[usize::from((kind >> KIND_SHIFT) - FIRST_PACKING)],
                            bytes,
                        ),
                    }
                }
                SHARED => ValueRef::String(StringRef::Shared(&*payload.cast::<Rc<Vec<u8>>>())),
                _ => ValueRef::Object(&*payload.cast::<Box<Object>>()),
            }
        }
    }

    /// Returns the value of a record that is known to hold a string.
    ///
    /// # Panics
    ///
    /// If the value is of another type.
    #[inline]
    #[must_use]
    pub fn string(&self) -> StringRef<'_> {
        match self.value() {
            ValueRef::String(string) => string,
            _ => panic!("expected a string, found a {}", self.value_type().name()),
        }
    }

    /// Returns the value as a collection of type `C`, or `None` if it is of another type.
    #[inline]
    #[must_use]
    pub fn collection<C: Collection>(&self) -> Option<C::Ref<'_>> {
        match self.value() {
            ValueRef::Packed(packing, bytes) if packing.value_type() == C::TYPE => {
                Some(C::view_packed(packing, bytes))
            }
            ValueRef::Object(object) => C::from_object(object).map(C::view),
            _ => None,
        }
    }

    /// Edits a value of type `C`: an object in place, a packed value as a copy in `scratch` that is
    /// packed again. Returns `None` if the value is of another type. Passing the same `scratch` to
    /// the next edit saves an allocation. A value that becomes empty is not packed again, because
    /// its record is about to be removed.
    pub fn edit_collection<C: Collection, R>(
        &mut self,
        scratch: &mut Vec<u8>,
        edit: impl FnOnce(&mut C) -> R,
    ) -> Option<R> {
        if let Some(object) = self.object_mut() {
            let collection = C::from_object_mut(object)?;
            let result = edit(collection);
            if let Some((packing, bytes)) = collection.packed()
                && bytes.len() <= INLINE_MAX / 2
                && !collection.is_drained()
            {
                // It has become small, so it is stored beside its key again.
                let packed = Stored::Packed { packing, bytes: bytes.to_vec().into() };
                *self = Self::store(self.key(), packed, self.deadline(), self.clock());
            }
            return Some(result);
        }
        let ValueRef::Packed(packing, bytes) = self.value() else { return None };
        if packing.value_type() != C::TYPE {
            return None;
        }
        let mut copy = mem::take(scratch);
        copy.clear();
        copy.reserve(2 * INLINE_MAX);
        copy.extend_from_slice(bytes);
        let mut collection = C::unpack(packing, copy);
        let result = edit(&mut collection);
        let is_drained = collection.is_drained();
        match collection.into_value() {
            Value::Packed(_, Cow::Owned(bytes)) if is_drained => *scratch = bytes,
            Value::Packed(packing, Cow::Owned(mut bytes)) => {
                if bytes.len() <= INLINE_MAX {
                    self.set_value(Value::Packed(packing, Cow::Borrowed(&bytes)));
                    *scratch = bytes;
                } else {
                    bytes.shrink_to(bytes.len() + bytes.len() / 8);
                    self.set_value(Value::Packed(packing, Cow::Owned(bytes)));
                }
            }
            value => self.set_value(value),
        }
        Some(result)
    }

    /// Returns the time at which the key expires.
    #[inline]
    #[must_use]
    pub fn deadline(&self) -> Option<UnixMillis> {
        let shape = self.shape();
        // SAFETY: the flag says that there is a deadline just before the key.
        (shape.flags & DEADLINE != 0).then(|| unsafe {
            let at = self.block.as_ptr().add(shape.key_at() - size_of::<u64>());
            UnixMillis(at.cast::<u64>().read_unaligned())
        })
    }

    /// Returns `true` if the key's deadline is before `now`. As in Redis, a key is live during the
    /// millisecond of its deadline.
    #[inline]
    #[must_use]
    pub fn is_expired(&self, now: UnixMillis) -> bool {
        self.deadline().is_some_and(|deadline| deadline < now)
    }

    /// Returns when or how often the record was used.
    #[inline]
    #[must_use]
    pub fn clock(&self) -> AccessClock {
        AccessClock(self.meta() >> 8)
    }

    /// Records a use. Reading a key does this, so it needs no exclusive borrow.
    #[inline]
    pub fn set_clock(&self, clock: AccessClock) {
        self.set_meta(self.meta() & 0xff | clock.0 << 8);
    }

    /// Replaces the value by a string, in place if the block allows it.
    #[inline]
    pub fn set_string(&mut self, value: StringRef<'_>) {
        self.assign(value, self.deadline(), self.clock());
    }

    /// Replaces the value by any other, in place if the block allows it.
    pub fn set_value(&mut self, value: Value<'_>) {
        self.assign_stored(Stored::from(value), self.deadline(), self.clock());
    }

    /// Replaces the value by an integer.
    #[inline]
    pub fn set_int(&mut self, number: i64) {
        self.set_string(StringRef::Int(number));
    }

    /// Edits the bytes of the value, which becomes `raw`. A long value that is not shared is edited
    /// in place, so appending has amortized constant cost.
    pub fn edit<R>(&mut self, edit: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        if let Some(shared) = self.shared_mut() {
            return edit(Rc::make_mut(shared));
        }
        let mut bytes = self.string().to_vec();
        let result = edit(&mut bytes);
        if bytes.len() > INLINE_MAX {
            self.set_string(StringRef::Shared(&Rc::new(bytes)));
        } else {
            self.set_string(StringRef::raw(&bytes));
        }
        result
    }

    /// Returns the same value, deadline and clock under another key.
    #[must_use]
    pub fn renamed(self, key: &[u8]) -> Self {
        // SAFETY: `renamed` owns the payload from here on, and `self` is freed without dropping it.
        unsafe {
            let renamed = self.with_same_payload(key, self.deadline());
            self.forget_payload();
            renamed
        }
    }

    /// Returns the size in bytes of the record with what it points to.
    #[inline]
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let block = allocated(self.shape().block_bytes());
        if self.owns_heap() { block + self.heap_bytes() } else { block }
    }

    /// Returns the size of what the payload points to.
    fn heap_bytes(&self) -> usize {
        match self.value() {
            ValueRef::String(StringRef::Shared(bytes)) => {
                SHARED_HEADER + allocated(bytes.capacity())
            }
            ValueRef::Object(object) => object.memory_bytes(),
            _ => 0,
        }
    }

    /// Returns `true` if dropping the record may take long or free a lot of memory.
    #[inline]
    pub(crate) fn owns_heap(&self) -> bool {
        self.meta() as u8 & PAYLOAD >= SHARED
    }

    /// Converts the record into the object that it holds, or returns `None` if it holds none.
    pub(crate) fn into_object(self) -> Option<Box<Object>> {
        let shape = self.shape();
        // SAFETY: the flags say that an aligned pointer was written at `payload_at`; it is read
        // once, and the record is freed without dropping it.
        (shape.flags & PAYLOAD == OBJECT).then(|| unsafe {
            let object = self.block.as_ptr().add(shape.payload_at()).cast::<Box<Object>>().read();
            self.forget_payload();
            object
        })
    }

    /// Sets or removes the deadline. Only the table may call this, because it counts deadlines and
    /// tracks the earliest.
    pub(crate) fn set_deadline(&mut self, deadline: Option<UnixMillis>) {
        if self.deadline().is_some() == deadline.is_some() {
            // SAFETY: the shape does not change, so there is room for a deadline just before the
            // key.
            unsafe { self.write_deadline(deadline) }
        } else {
            // SAFETY: the new record owns the payload from here on, and the old one is freed
            // without dropping it.
            unsafe {
                let moved = self.with_same_payload(self.key(), deadline);
                mem::replace(self, moved).forget_payload();
            }
        }
    }

    /// Replaces everything except the key, storing a string, in place if the block allows it.
    #[inline]
    pub(crate) fn assign(
        &mut self,
        value: StringRef<'_>,
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) {
        self.assign_stored(Stored::from(value), deadline, clock);
    }

    fn assign_stored(
        &mut self,
        value: Stored<'_>,
        deadline: Option<UnixMillis>,
        clock: AccessClock,
    ) {
        let old = self.shape();
        if !self.owns_heap() && !value.is_pointer() {
            let new = Shape::new(old.key_len, &value, deadline.is_some());
            if new.key_at() == old.key_at() && new.block_bytes() == old.block_bytes() {
                // SAFETY: the block has the size that the new shape requires, the key keeps its
                // place in it, the old payload needs no drop, and `value` cannot be borrowed from
                // `self`.
                unsafe {
                    self.write_shape(new, clock);
                    self.write_deadline(deadline);
                    self.write_value(value);
                }
                return;
            }
        }
        // Allocates a new block even if only the size differs: small blocks are allocated and freed
        // several times faster than resized.
        *self = Self::store(self.key(), value, deadline, clock);
    }

    fn shared_mut(&mut self) -> Option<&mut Rc<Vec<u8>>> {
        let shape = self.shape();
        // SAFETY: the flags say that an aligned pointer was written at `payload_at`, and `self` is
        // borrowed mutably.
        (shape.flags & PAYLOAD == SHARED).then(|| unsafe {
            &mut *self.block.as_ptr().add(shape.payload_at()).cast::<Rc<Vec<u8>>>()
        })
    }

    fn object_mut(&mut self) -> Option<&mut Object> {
        let shape = self.shape();
        // SAFETY: as for `shared_mut`.
        (shape.flags & PAYLOAD == OBJECT).then(|| unsafe {
            &mut **self.block.as_ptr().add(shape.payload_at()).cast::<Box<Object>>()
        })
    }

    /// Creates a block that has its shape written and is otherwise empty.
    fn block(shape: Shape, clock: AccessClock) -> Self {
        let layout = shape.layout();
        // SAFETY: the size of the layout is never zero.
        let Some(block) = NonNull::new(unsafe { heap::alloc(layout) }) else {
            heap::handle_alloc_error(layout)
        };
        let record = Self { block, owns: PhantomData };
        // SAFETY: the block has room for its shape.
        unsafe { record.write_shape(shape, clock) }
        record
    }

    /// Creates a record with a bitwise copy of this one's payload, so one of the two must be freed
    /// with `forget_payload`.
    unsafe fn with_same_payload(&self, key: &[u8], deadline: Option<UnixMillis>) -> Self {
        let old = self.shape();
        let new = old.with(key.len(), deadline.is_some());
        let record = Self::block(new, self.clock());
        // SAFETY: the new block was created for this key, deadline and payload, and is distinct
        // from the old one.
        unsafe {
            record.write_key(key);
            record.write_deadline(deadline);
            let from = self.block.as_ptr().add(old.payload_at());
            let to = record.block.as_ptr().add(new.payload_at());
            to.copy_from_nonoverlapping(from, old.value_len);
        }
        record
    }

    /// Frees the block but not what the payload points to.
    unsafe fn forget_payload(self) {
        let layout = self.shape().layout();
        let block = mem::ManuallyDrop::new(self).block;
        // SAFETY: the block was allocated with the layout of its shape.
        unsafe { heap::dealloc(block.as_ptr(), layout) }
    }

    #[inline]
    fn meta(&self) -> u32 {
        // SAFETY: the block starts with four initialised bytes. No reference to them is ever
        // created, so `set_meta` may change them through a shared borrow; the pointer keeps the
        // type on one thread.
        unsafe { self.block.cast::<u32>().read_unaligned() }
    }

    #[inline]
    fn set_meta(&self, meta: u32) {
        // SAFETY: as for `meta`.
        unsafe { self.block.cast::<u32>().write_unaligned(meta) }
    }

    #[inline]
    fn shape(&self) -> Shape {
        let flags = self.meta() as u8;
        // SAFETY: the lengths follow the first four bytes, with the widths that the flags specify.
        unsafe {
            let at = self.block.as_ptr().add(4);
            let (value_len, at) = if flags & LONG_VALUE == 0 {
                (usize::from(at.read()), at.add(1))
            } else {
                (usize::from(at.cast::<u16>().read_unaligned()), at.add(2))
            };
            let key_len = if flags & LONG_KEY == 0 {
                usize::from(at.read())
            } else {
                at.cast::<u64>().read_unaligned() as usize
            };
            Shape { flags, value_len, key_len }
        }
    }

    /// Writes flags, clock and lengths. The block must have room for the shape.
    unsafe fn write_shape(&self, shape: Shape, clock: AccessClock) {
        self.set_meta(u32::from(shape.flags) | clock.0 << 8);
        // SAFETY: the caller's block has room for the lengths, which have the widths that the flags
        // specify.
        unsafe {
            let at = self.block.as_ptr().add(4);
            let at = if shape.flags & LONG_VALUE == 0 {
                at.write(shape.value_len as u8);
                at.add(1)
            } else {
                at.cast::<u16>().write_unaligned(shape.value_len as u16);
                at.add(2)
            };
            if shape.flags & LONG_KEY == 0 {
                at.write(shape.key_len as u8);
            } else {
                at.cast::<u64>().write_unaligned(shape.key_len as u64);
            }
        }
    }

    /// Writes the key. The shape must be that of a key of this length.
    unsafe fn write_key(&self, key: &[u8]) {
        // SAFETY: the caller's block has room for the key, which does not overlap it.
        unsafe {
            let at = self.block.as_ptr().add(self.shape().key_at());
            at.copy_from_nonoverlapping(key.as_ptr(), key.len());
        }
    }

    /// Writes the deadline, if any. The shape must have room for it.
    unsafe fn write_deadline(&self, deadline: Option<UnixMillis>) {
        if let Some(UnixMillis(deadline)) = deadline {
            // SAFETY: the caller's block has room for a deadline just before the key.
            unsafe {
                let at = self.block.as_ptr().add(self.shape().key_at() - size_of::<u64>());
                at.cast::<u64>().write_unaligned(deadline);
            }
        }
    }

    /// Writes the payload without dropping the old one. The shape must be that of this value.
    unsafe fn write_value(&self, value: Stored<'_>) {
        // SAFETY: the caller's block has room for the value, and a pointer's place is aligned.
        unsafe {
            let at = self.block.as_ptr().add(self.shape().payload_at());
            match value {
                Stored::Int(number) => at.cast::<i64>().write_unaligned(number),
                Stored::Inline { bytes, .. } => {
                    at.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                }
                Stored::Packed { bytes, .. } => {
                    at.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                }
                Stored::Shared(bytes) => at.cast::<Rc<Vec<u8>>>().write(bytes),
                Stored::Object(object) => at.cast::<Box<Object>>().write(object),
            }
        }
    }
}

impl Clone for Record {
    fn clone(&self) -> Self {
        Self::of(self.key(), self.value().to_value(), self.deadline(), self.clock())
    }
}

impl Entry for Record {
    #[inline]
    fn key(&self) -> &[u8] {
        self.key()
    }

    #[inline]
    fn deadline(&self) -> Option<UnixMillis> {
        self.deadline()
    }

    #[inline]
    fn due(&self) -> Option<UnixMillis> {
        /// An object that is a hash: no other type has parts that expire.
        const HASH_OBJECT: u8 = OBJECT | Type::Hash.code() << KIND_SHIFT;
        let deadline = self.deadline();
        if self.meta() as u8 & (PAYLOAD | KIND) != HASH_OBJECT {
            return deadline;
        }
        let within = match self.value() {
            ValueRef::Object(Object::Hash(hash)) => hash.earliest_deadline(),
            _ => None,
        };
        deadline.into_iter().chain(within).min()
    }

    #[inline]
    fn address(&self) -> *const u8 {
        self.block.as_ptr()
    }

    #[inline]
    fn memory_bytes(&self) -> usize {
        self.memory_bytes()
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let layout = self.shape().layout();
        // SAFETY: the payload is dropped once, by its owner, and the block was allocated with the
        // layout of its shape.
        unsafe {
            let payload = self.block.as_ptr().add(self.shape().payload_at());
            match self.meta() as u8 & PAYLOAD {
                SHARED => core::ptr::drop_in_place(payload.cast::<Rc<Vec<u8>>>()),
                OBJECT => core::ptr::drop_in_place(payload.cast::<Box<Object>>()),
                _ => {}
            }
            heap::dealloc(self.block.as_ptr(), layout);
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("key", &format_args!("{}", self.key().escape_ascii()))
            .field("value", &self.value())
            .field("deadline", &self.deadline())
            .field("clock", &self.clock().bits())
            .finish()
    }
}
