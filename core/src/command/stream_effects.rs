//! The effects of consumer group commands: they propagate the resulting state, as `XCLAIM` and
//! `XGROUP`.

use alloc::format;

use crate::dataset::propagation::Effects;
use crate::value::stream::{Group, Pending, StreamId};

/// A group of a stream, and the list that receives its changes.
pub(super) struct GroupEffects<'a> {
    pub(super) effects: &'a mut Effects,
    pub(super) key: &'a [u8],
    pub(super) group: &'a [u8],
}

impl GroupEffects<'_> {
    /// Propagates the creation of a consumer.
    pub(super) fn created(&mut self, consumer: &[u8]) {
        self.effects.push(&[b"XGROUP", b"CREATECONSUMER", self.key, self.group, consumer]);
    }

    /// Propagates that an entry is pending for `consumer`. If the entry was deleted from the
    /// stream, the receiver removes its pending entry. `last_id` is the last entry that the group
    /// has delivered.
    pub(super) fn claimed(
        &mut self,
        consumer: &[u8],
        id: StreamId,
        pending: Pending,
        last_id: StreamId,
    ) {
        if !self.effects.are_recorded() {
            return;
        }
        let (id, last_id) = (format!("{id}"), format!("{last_id}"));
        let (mut time, mut count) = (itoa::Buffer::new(), itoa::Buffer::new());
        self.effects.push(&[
            b"XCLAIM",
            self.key,
            self.group,
            consumer,
            b"0",
            id.as_bytes(),
            b"TIME",
            time.format(pending.delivered_ms).as_bytes(),
            b"RETRYCOUNT",
            count.format(pending.deliveries).as_bytes(),
            b"FORCE",
            b"JUSTID",
            b"LASTID",
            last_id.as_bytes(),
        ]);
    }

    /// Propagates that the group has read up to its last id.
    pub(super) fn read_up_to(&mut self, group: &Group) {
        if !self.effects.are_recorded() {
            return;
        }
        let (last_id, mut digits) = (format!("{}", group.last_id), itoa::Buffer::new());
        let read = group.entries_read.map_or("-1", |read| digits.format(read));
        let (last_id, read) = (last_id.as_bytes(), read.as_bytes());
        self.effects.push(&[
            b"XGROUP",
            b"SETID",
            self.key,
            self.group,
            last_id,
            b"ENTRIESREAD",
            read,
        ]);
    }
}
