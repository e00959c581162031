//! The global allocator, chosen when the crate is built: see the features in `Cargo.toml`.

#[cfg(feature = "jemalloc")]
#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(all(feature = "mimalloc", not(feature = "jemalloc")))]
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Its name, as `INFO memory` tells it.
pub(crate) const NAME: &str = if cfg!(feature = "jemalloc") {
    "jemalloc"
} else if cfg!(feature = "mimalloc") {
    "mimalloc"
} else {
    "libc"
};

/// The bytes that are handed out just now, where the allocator tells.
#[cfg(feature = "jemalloc")]
pub(crate) fn allocated_bytes() -> Option<u64> {
    tikv_jemalloc_ctl::epoch::advance().ok()?;
    u64::try_from(tikv_jemalloc_ctl::stats::allocated::read().ok()?).ok()
}

/// The bytes that are handed out just now, where the allocator tells.
#[cfg(not(feature = "jemalloc"))]
pub(crate) fn allocated_bytes() -> Option<u64> {
    None
}

/// Lets a thread of the allocator's own give free memory back to the system, so that the engine does not stop for it.
#[cfg(feature = "jemalloc")]
pub(crate) fn purge_in_background() {
    // Where the system has no such thread, the allocator does it in passing as before.
    let _ = tikv_jemalloc_ctl::background_thread::write(true);
}

/// Lets a thread of the allocator's own give free memory back, where it has one.
#[cfg(not(feature = "jemalloc"))]
pub(crate) const fn purge_in_background() {}

/// Asks the system for no huge pages from now on.
#[cfg(target_os = "linux")]
pub(crate) fn disable_huge_pages() {
    // A system that refuses has none.
    let _ = nix::sys::prctl::set_thp_disable(true);
}

/// Asks the system for no huge pages, where it can be asked.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn disable_huge_pages() {}
