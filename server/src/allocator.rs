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

/// Bytes that it has handed out, if it tells.
#[cfg(feature = "jemalloc")]
pub(crate) fn allocated_bytes() -> Option<u64> {
    // Its figures are those of the latest epoch.
    tikv_jemalloc_ctl::epoch::advance().ok()?;
    u64::try_from(tikv_jemalloc_ctl::stats::allocated::read().ok()?).ok()
}

/// Bytes that it has handed out, if it tells.
#[cfg(not(feature = "jemalloc"))]
pub(crate) const fn allocated_bytes() -> Option<u64> {
    None
}
