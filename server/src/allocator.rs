//! The global allocator, selected at compile time by the features in `Cargo.toml`.

#[cfg(feature = "jemalloc")]
#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(all(feature = "mimalloc", not(feature = "jemalloc")))]
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The allocator's name, as shown by `INFO memory`.
pub(crate) const NAME: &str = if cfg!(feature = "jemalloc") {
    "jemalloc"
} else if cfg!(feature = "mimalloc") {
    "mimalloc"
} else {
    "libc"
};

/// Memory held by the allocator, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Allocated by the application.
    pub(crate) allocated: u64,
    /// In pages with at least one allocation.
    pub(crate) active: u64,
    /// In physical memory.
    pub(crate) resident: u64,
}

/// Returns the memory held now, if the allocator reports it.
#[cfg(feature = "jemalloc")]
pub(crate) fn held() -> Option<Held> {
    use tikv_jemalloc_ctl::{epoch, stats};
    epoch::advance().ok()?;
    let [allocated, active, resident] = [
        stats::allocated::read().ok()?,
        stats::active::read().ok()?,
        stats::resident::read().ok()?,
    ]
    .map(|bytes| bytes as u64);
    Some(Held { allocated, active, resident })
}

/// Returns the memory held now, if the allocator reports it.
#[cfg(not(feature = "jemalloc"))]
pub(crate) const fn held() -> Option<Held> {
    None
}

/// Starts a background thread of the allocator that returns free memory to the system, so that the
/// engine does not pause for it.
#[cfg(feature = "jemalloc")]
pub(crate) fn purge_in_background() {
    // Without support for the thread, the allocator purges synchronously, as before.
    let _ = tikv_jemalloc_ctl::background_thread::write(true);
}

/// Starts a background thread that returns free memory, if the allocator has one.
#[cfg(not(feature = "jemalloc"))]
pub(crate) const fn purge_in_background() {}

/// Disables transparent huge pages.
#[cfg(target_os = "linux")]
pub(crate) fn disable_huge_pages() {
    // If the call fails, the system has no huge pages.
    let _ = nix::sys::prctl::set_thp_disable(true);
}

/// Disables transparent huge pages, where this is supported.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn disable_huge_pages() {}
