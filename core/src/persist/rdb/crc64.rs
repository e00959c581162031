//! The checksum of payloads and snapshots: CRC-64 with the Jones polynomial, reflected.

use crc::{CRC_64_REDIS, Crc, Digest, Table};

/// Processes sixteen bytes per step where 32 KiB of tables are acceptable; not in the wasm module,
/// which pages download.
#[cfg(not(target_family = "wasm"))]
type Steps = Table<16>;
#[cfg(target_family = "wasm")]
type Steps = Table<1>;

static CRC64: Crc<u64, Steps> = Crc::<u64, Steps>::new(&CRC_64_REDIS);

/// Returns the checksum of `bytes`.
///
/// ```
/// use redstart_core::persist::rdb::crc64;
/// assert_eq!(crc64(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
/// ```
#[must_use]
pub fn crc64(bytes: &[u8]) -> u64 {
    CRC64.checksum(bytes)
}

/// An incremental checksum.
#[derive(Clone)]
pub(super) struct Sum(Digest<'static, u64, Steps>);

impl Default for Sum {
    fn default() -> Self {
        Self(CRC64.digest())
    }
}

impl core::fmt::Debug for Sum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sum({:#x})", self.total())
    }
}

impl Sum {
    /// Adds the next bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the checksum of all bytes added so far.
    pub(super) fn total(&self) -> u64 {
        self.0.clone().finalize()
    }
}
