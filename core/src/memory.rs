//! Memory accounting.
//!
//! Which keys are evicted, and when, must be the same when a recorded session is replayed, so it
//! cannot depend on the allocator: allocators differ between machines, and a browser has none to
//! query. The engine does its own accounting: a container can report its size at any time, and the
//! code that changes a part of it adds the difference. All sizes are those of a machine with
//! eight-byte pointers, on every machine, and rounded up as an allocator rounds them, so that the
//! sum is within 5 % of the memory that a process really uses. A test of the server enforces this.

/// Returns the size of an allocation of so many bytes: the next of the size classes of jemalloc and
/// similar allocators, which have four classes per doubling.
///
/// ```
/// use redstart_core::memory::allocated;
/// assert_eq!([0, 1, 100, 128, 129, 257, 5000].map(allocated), [0, 16, 112, 128, 160, 320, 5120]);
/// ```
#[inline]
#[must_use]
pub const fn allocated(bytes: usize) -> usize {
    if bytes <= 128 {
        return bytes.next_multiple_of(16);
    }
    let step = bytes.next_power_of_two() / 8;
    (bytes + step - 1) & !(step - 1)
}
