//! The payloads of `DUMP` and `RESTORE`: one value, the version of its format, and a checksum.
//!
//! Redis 7.2 writes version 11 and reads all versions up to it; Redis 7.0 rejects 11. Except for
//! two details, both of which have an older representation, 7.0 can read everything that 7.2 can
//! express. Payloads are therefore written as version 10 and can be restored by both: a small set
//! of strings is written member by member, and a stream consumer loses the time of its last
//! activity, as it does between 7.2 and 7.0 anyway. Only a hash with expiring fields needs version
//! 12, since no older Redis can hold it.

use super::{
    Corrupt, Kind, Limits, Loaded, Reader, Version, Writer, crc64, load, lzf::Compressor, save,
};
use crate::value::ValueRef;
use alloc::vec::Vec;

const CHECKSUM: usize = size_of::<u64>();

/// The reason for rejecting a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The version is unknown, or the payload is corrupt.
    VersionOrChecksum,
    /// The value is malformed.
    Value,
}

/// Returns the payload of a value, as `DUMP` replies it.
#[must_use]
pub fn dump(value: ValueRef<'_>, compressor: Option<&mut Compressor>) -> Vec<u8> {
    let kind = Kind::of(value, Version::REDIS_7_0);
    let mut writer = Writer::new(Vec::new(), compressor);
    writer.byte(kind as u8);
    save(value, kind, &mut writer);
    let mut payload = writer.into_out();
    let Version(version) = kind.since().max(Version::REDIS_7_0);
    payload.extend_from_slice(&version.to_le_bytes());
    let checksum = crc64(&payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}

/// Returns the value of a payload. `checks` selects whether the checksum must match. As in Redis,
/// bytes after the value are ignored, and the value may extend into the footer.
///
/// # Errors
///
/// Returns the reason for rejecting the payload.
pub fn restore<'a>(
    payload: &'a [u8],
    checks: bool,
    limits: &Limits,
) -> Result<Loaded<'a>, Refusal> {
    if !is_framed(payload, checks) {
        return Err(Refusal::VersionOrChecksum);
    }
    let mut reader = Reader::limited(payload, limits.expansion_bytes);
    let kind = reader.byte().ok().and_then(Kind::from_byte).ok_or(Refusal::Value)?;
    load(kind, &mut reader, limits).map_err(|_: Corrupt| Refusal::Value)
}

/// Returns `true` if the footer is valid.
fn is_framed(payload: &[u8], checks: bool) -> bool {
    let Some((summed, checksum)) = payload.split_last_chunk::<CHECKSUM>() else { return false };
    let Some((_, &version)) = summed.split_last_chunk() else { return false };
    let is_known = Version(u16::from_le_bytes(version)) <= Version::NEWEST;
    is_known && (!checks || u64::from_le_bytes(*checksum) == crc64(summed))
}
