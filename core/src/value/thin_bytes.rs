//! Reference-counted bytes behind a thin pointer.
//!
//! ```text
//!  0        1       ..           ..       ..
//! +--------+-------+------------+--------+---------+
//! | owners | len   | long len   | head   | bytes   |
//! |        |       | 0 or 8     | H      |         |
//! +--------+-------+------------+--------+---------+
//! ```
//!
//! A member of a large sorted set is referenced twice: by its bytes in the dictionary, and by its
//! score in the tree. An `Rc<[u8]>` would use sixteen bytes in each place and sixteen more for two
//! counts, and would have no room for the score that both share. Here each place uses eight bytes
//! and the block two, so a member of 20 bytes with its score fits a block of 32. The *head* is a
//! small plain value of the user's choice that every owner sees and may replace: a score, or
//! nothing at all.
//!
//! Nothing is aligned: the head is copied in and out, never borrowed, so replacing it requires only
//! a shared borrow. The count is one byte, because a block is shared by the few parts of one value
//! and not by clients: there are at most 255 owners.
#![expect(unsafe_code, reason = "the single allocation has a custom layout")]

use crate::memory::allocated;
use alloc::alloc as heap;
use alloc::rc::Rc;
use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;

/// Marks a length that is stored in eight bytes.
const LONG: u8 = u8::MAX;

/// Bytes and a head `H` in one shared block; cloning adds an owner.
pub struct ThinBytes<H: Copy = ()> {
    block: NonNull<u8>,
    /// Makes the type `!Send` and invariant in `H`: replacing a head would be unsound otherwise.
    owns: PhantomData<Rc<Cell<H>>>,
}

const _: () = assert!(size_of::<Option<ThinBytes<f64>>>() == size_of::<usize>());

impl<H: Copy> ThinBytes<H> {
    /// Creates a block with one owner.
    #[must_use]
    pub fn new(head: H, bytes: &[u8]) -> Self {
        let layout = Self::layout(bytes.len());
        // SAFETY: the layout has at least the two bytes of count and length.
        let Some(block) = NonNull::new(unsafe { heap::alloc(layout) }) else {
            heap::handle_alloc_error(layout)
        };
        let this = Self { block, owns: PhantomData };
        // SAFETY: the block has room for all that is written: it was allocated for this very
        // length, which is written before `head_at` and `bytes_at` read it. `bytes` does not
        // overlap it.
        unsafe {
            let at = block.as_ptr();
            at.write(1);
            match u8::try_from(bytes.len()) {
                Ok(short) if short != LONG => at.add(1).write(short),
                _ => {
                    at.add(1).write(LONG);
                    at.add(2).cast::<u64>().write_unaligned(bytes.len() as u64);
                }
            }
            at.add(this.head_at()).cast::<H>().write_unaligned(head);
            at.add(this.head_at() + size_of::<H>())
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        this
    }

    /// Returns the bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `new` wrote this many bytes there, nothing ever writes them again, and they
        // remain valid as long as `self`, which is an owner.
        unsafe {
            let at = self.block.as_ptr().add(self.head_at() + size_of::<H>());
            slice::from_raw_parts(at, self.len())
        }
    }

    /// Returns the number of bytes.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        // SAFETY: `new` wrote the length, in eight bytes if the first byte says so, and nothing
        // writes it again.
        unsafe {
            let at = self.block.as_ptr().add(1);
            match at.read() {
                LONG => at.add(1).cast::<u64>().read_unaligned() as usize,
                short => usize::from(short),
            }
        }
    }

    /// Returns `true` if there are no bytes.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a copy of the head.
    #[inline]
    #[must_use]
    pub fn head(&self) -> H {
        // SAFETY: `new` wrote a head there.
        unsafe { self.block.as_ptr().add(self.head_at()).cast::<H>().read_unaligned() }
    }

    /// Replaces the head for every owner.
    #[inline]
    pub fn set_head(&self, head: H) {
        // SAFETY: the head is stored there, no reference to it is ever created, and the pointer
        // inside keeps the type on one thread.
        unsafe { self.block.as_ptr().add(self.head_at()).cast::<H>().write_unaligned(head) }
    }

    /// Returns the size of the block in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        allocated(Self::layout(self.len()).size())
    }

    /// Returns the address of the block, for a prefetch.
    #[inline]
    #[must_use]
    pub const fn address(&self) -> *const u8 {
        self.block.as_ptr()
    }

    /// Returns `true` if both are owners of the same block.
    #[inline]
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.block == other.block
    }

    /// Returns the offset of the head.
    #[inline]
    fn head_at(&self) -> usize {
        // SAFETY: `new` wrote the length's first byte, and nothing writes it again.
        if unsafe { self.block.as_ptr().add(1).read() } == LONG { 2 + size_of::<u64>() } else { 2 }
    }

    fn layout(len: usize) -> Layout {
        let header = if len < usize::from(LONG) { 2 } else { 2 + size_of::<u64>() };
        len.checked_add(header + size_of::<H>())
            .and_then(|size| Layout::from_size_align(size, 1).ok())
            .expect("bytes that are in memory leave room for a header")
    }
}

impl<H: Copy> Clone for ThinBytes<H> {
    /// Adds an owner of the same block.
    ///
    /// # Panics
    ///
    /// If there are 255 owners already.
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the first byte is the count, no reference to it is ever created, and the type
        // stays on one thread.
        unsafe {
            let owners = self.block.as_ptr().read();
            assert!(owners < u8::MAX, "too many owners of one block");
            self.block.as_ptr().write(owners + 1);
        }
        Self { block: self.block, owns: PhantomData }
    }
}

impl<H: Copy> Drop for ThinBytes<H> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the first byte counts the owners, and this is one of them. The last one frees the
        // block with the layout that it was allocated with, since the length has not changed; a
        // `Copy` head needs no drop.
        unsafe {
            let owners = self.block.as_ptr().read();
            if owners > 1 {
                self.block.as_ptr().write(owners - 1);
            } else {
                heap::dealloc(self.block.as_ptr(), Self::layout(self.len()));
            }
        }
    }
}

impl<H: Copy + fmt::Debug> fmt::Debug for ThinBytes<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} b\"{}\"", self.head(), self.bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn bytes_of_any_length_are_returned_unchanged() {
        for len in [0, 1, 20, 253, 254, 255, 256, 65_535, 100_000] {
            let bytes: Vec<u8> = (0..len).map(|at: u32| at as u8).collect();
            let plain = ThinBytes::new((), &bytes);
            assert_eq!(
                (plain.bytes(), plain.len(), plain.is_empty()),
                (&*bytes, bytes.len(), len == 0)
            );
            let scored = ThinBytes::new(1.5, &bytes);
            assert_eq!((scored.bytes(), scored.head()), (&*bytes, 1.5));
            let wide = ThinBytes::new([7_u16; 5], &bytes);
            assert_eq!((wide.bytes(), wide.head()), (&*bytes, [7; 5]));
        }
    }

    #[test]
    fn all_owners_share_the_head() {
        let one = ThinBytes::new(-0.0, b"member");
        let other = one.clone();
        one.set_head(f64::INFINITY);
        assert_eq!((other.head(), other.bytes()), (f64::INFINITY, &b"member"[..]));
        drop(one);
        other.set_head(2.0);
        assert_eq!(other.head(), 2.0);
        assert!(other.is_same(&other.clone()));
        assert!(!other.is_same(&ThinBytes::new(2.0, b"member")));
    }

    #[test]
    fn the_last_of_many_owners_frees_the_block() {
        let first = ThinBytes::new(1_u8, &[b'x'; 300]);
        let mut owners = vec![first; 255];
        while let Some(owner) = owners.pop() {
            assert_eq!((owner.len(), owner.head()), (300, 1));
        }
    }

    #[test]
    #[should_panic(expected = "too many owners")]
    fn the_count_does_not_wrap() {
        let _owners = vec![ThinBytes::new((), b"x"); 256];
    }

    #[test]
    fn a_member_of_twenty_bytes_uses_thirty() {
        assert_eq!(ThinBytes::new(0.0, b"element:000000000001").memory_bytes(), 32);
        assert_eq!(ThinBytes::new((), &[b'x'; 255]).memory_bytes(), 320);
    }
}
