//! Payloads for `RESTORE`: recent dumps, values of old kinds, and invalid bytes.

use redstart_core::persist::rdb::crc64;

use super::Workload;

/// A placeholder for the payload of the last `DUMP`, which is known only when the commands are
/// played.
pub const DUMPED: &[u8] = b"<dumped>";

/// Values of each type and of most kinds, without version and checksum.
const VALUES: &[&[u8]] = &[
    b"\x00\xc0\x80",
    b"\x00\xc3\x09\x1e\x01ab\xe0\x11\x01\x01ab",
    b"\x01\x02\x01a\xc0\x05",
    b"\x0a\x11\x11\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xfe\x80\xff",
    b"\x0e\x01\x0e\x0e\0\0\0\x0a\0\0\0\x01\0\0\x01a\xff",
    b"\x12\x02\x02\x0c\x0c\0\0\0\x02\0\x81a\x02\x07\x01\xff\x01\x05plain",
    b"\x02\x02\x01a\xc1\0\x10",
    b"\x0b\x0e\x02\0\0\0\x03\0\0\0\xfb\xff\x01\0\x2c\x01",
    b"\x03\x02\x01a\x032.5\x01b\xfe",
    b"\x05\x01\x01a\0\0\0\0\0\0\x04\x40",
    b"\x11\x10\x10\0\0\0\x04\0\x81a\x02\x01\x01\x81b\x02\x02\x01\xff",
    b"\x04\x01\x01f\x01v",
    b"\x09\x07\x01\x01a\x01\x00x\xff",
    b"\x10\x0d\x0d\0\0\0\x02\0\x81f\x02\x81v\x02\xff",
];

impl Workload {
    /// Returns a payload.
    pub(super) fn payload(&mut self) -> Vec<u8> {
        if !self.one_in(4) {
            return DUMPED.to_vec();
        }
        let mut payload = VALUES[self.random.below(VALUES.len())].to_vec();
        let (at, byte) = (self.random.below(payload.len()), self.random.below(256) as u8);
        match self.random.below(8) {
            // Redis reads beyond a truncated value into the footer, so none is truncated here. And
            // it stops reading a score in text form where the number ends.
            0 if at > 0 && payload[0] != 3 => payload[at] = byte.max(payload[at]),
            1 => return payload,
            _ => {}
        }
        payload.extend([self.random.below(11) as u8, 0]);
        let checksum = crc64(&payload).wrapping_add(u64::from(self.one_in(20)));
        payload.extend(checksum.to_le_bytes());
        payload
    }

    /// Returns a time to live in milliseconds that does not end, or none.
    pub(super) fn ttl(&mut self) -> Vec<u8> {
        if self.one_in(3) { self.far(1_000) } else { b"0".to_vec() }
    }
}
