//! Who wants to know what happens to keys.

use super::event::Event;
use crate::blocked::BlockedKeys;
use crate::watch::Watches;

/// All that follows from a change to a key besides the change: each change passes here once.
pub(crate) struct Observers<'a> {
    /// Transactions that fail if their keys change.
    pub(crate) watches: &'a mut Watches,
    /// Clients that wait for a key to change.
    pub(crate) blocked: &'a mut BlockedKeys,
}

impl Observers<'_> {
    /// A key has changed.
    #[inline]
    pub(crate) fn modified(&mut self, database: usize, key: &[u8], event: Event) {
        if !self.watches.is_empty() {
            self.watches.touch(database, key);
        }
        if !self.blocked.is_empty() {
            self.blocked.touch(database, key);
        }
        self.notify(database, key, event);
    }

    /// A key that had expired was removed.
    pub(crate) fn expired(&mut self, database: usize, key: &[u8]) {
        self.watches.touch_expired(database, key);
        self.blocked.touch(database, key);
        self.notify(database, key, Event::EXPIRED);
    }

    /// An event that is no change of its own, or the second of one change.
    #[inline]
    #[expect(clippy::unused_self, reason = "notifications come with Pub/Sub")]
    pub(crate) fn notify(&mut self, _database: usize, _key: &[u8], _event: Event) {}
}
