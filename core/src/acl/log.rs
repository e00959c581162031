//! The log of denied requests, latest first: `ACL LOG`.
//!
//! A repeated denial increments the count of one entry.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Reason;
use crate::time::UnixMillis;

/// The period within which equal denials share an entry.
const GROUPED_WITHIN_MS: u64 = 60_000;
/// The number of latest entries that are searched for an equal denial.
const GROUPED_AMONG: usize = 10;

/// The log.
#[derive(Debug, Default)]
pub(crate) struct AclLog {
    entries: VecDeque<Entry>,
    next_id: i64,
}

/// A denial, and how often it occurred.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) count: i64,
    pub(crate) event: Event,
    /// The client's description at the latest occurrence.
    pub(crate) client_info: Vec<u8>,
    pub(crate) created_at: UnixMillis,
    pub(crate) updated_at: UnixMillis,
}

/// The denied request and its user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) reason: Reason,
    pub(crate) is_in_transaction: bool,
    /// The command, the key or the channel.
    pub(crate) object: Vec<u8>,
    pub(crate) user: Vec<u8>,
}

impl AclLog {
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Adds a denial, and removes the oldest entries beyond `max_len`.
    pub(crate) fn push(
        &mut self,
        event: Event,
        client_info: Vec<u8>,
        now: UnixMillis,
        max_len: usize,
    ) {
        let is_like = |entry: &Entry| {
            entry.event == event && now.0.abs_diff(entry.updated_at.0) <= GROUPED_WITHIN_MS
        };
        let known = self.entries.iter().take(GROUPED_AMONG).position(is_like);
        if let Some(mut entry) = known.and_then(|at| self.entries.remove(at)) {
            entry.count += 1;
            entry.client_info = client_info;
            entry.updated_at = now;
            self.entries.push_front(entry);
            return;
        }
        let id = self.next_id;
        self.next_id += 1;
        let entry = Entry { id, count: 1, event, client_info, created_at: now, updated_at: now };
        self.entries.push_front(entry);
        self.entries.truncate(max_len);
    }
}
