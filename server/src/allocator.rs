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

/// What the allocator holds, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Handed out.
    pub(crate) allocated: u64,
    /// In pages of which something is handed out.
    pub(crate) active: u64,
    /// In physical memory.
    pub(crate) resident: u64,
}

/// What is held just now, where the allocator tells.
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

/// What is held just now, where the allocator tells.
#[cfg(not(feature = "jemalloc"))]
pub(crate) const fn held() -> Option<Held> {
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
