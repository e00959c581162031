//! Memory as the engine counts it.
//!
//! Which keys are evicted, and when, is part of what a recorded session replays, so it cannot hang on what an allocator says: that
//! differs between machines, and there is none to ask in a browser. The engine counts itself: what holds data knows at any
//! time what it takes, and whoever changes a part of it adds the difference. All sizes are those of a machine with eight-byte
//! pointers, whatever the machine is, and rounded up as an allocator rounds them, so that the sum is close to what a process
//! really takes: within 5 %, which a test of the server holds it to.

/// What an allocation of so many bytes takes: the next of the size classes that jemalloc and its like have, four to a doubling.
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
