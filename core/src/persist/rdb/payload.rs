//! What `DUMP` replies and `RESTORE` reads: one value, the version of its form, a checksum.
//!
//! Redis 7.2 writes version 11 and reads all up to it; Redis 7.0 refuses 11. But for two details, which can be said in an
//! older way, a 7.0 knows all that a 7.2 can say. So payloads are of version 10 and can be restored by both: a small set of
//! strings is written member by member, and a consumer of a stream loses the time of its last activity, as it does between
//! 7.2 and 7.0 anyhow. Only a hash whose fields expire needs 12, since no older Redis could hold it.

use super::{
    Corrupt, Kind, Limits, Loaded, Reader, Version, Writer, crc64, load, lzf::Compressor, save,
};
use crate::value::ValueRef;
use alloc::vec::Vec;

const CHECKSUM: usize = size_of::<u64>();

/// Why a payload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is of a version that is not known, or it has been damaged.
    VersionOrChecksum,
    /// Its value is none.
    Value,
}

/// The payload that `DUMP` replies for a value.
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

/// The value of a payload.
///
/// # Errors
/// It is none. `checks` tells whether the checksum must be right. As in Redis, what is left of the payload does not matter, and
/// a value may reach into the footer.
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
    load(kind, &mut reader, limits).map_err(|Corrupt| Refusal::Value)
}

/// Whether the footer is right.
fn is_framed(payload: &[u8], checks: bool) -> bool {
    let Some((summed, checksum)) = payload.split_last_chunk::<CHECKSUM>() else { return false };
    let Some((_, &version)) = summed.split_last_chunk() else { return false };
    let is_known = Version(u16::from_le_bytes(version)) <= Version::NEWEST;
    is_known && (!checks || u64::from_le_bytes(*checksum) == crc64(summed))
}
