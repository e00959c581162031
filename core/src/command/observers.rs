//! Who wants to know what happens to keys.

use crate::blocked::Blocked;
use crate::config::events::EventClasses;
use crate::event::{Event, Events};
use crate::session::ClientId;
use crate::tracking::Tracking;
use crate::watch::Watches;

/// All that follows from a change to a key besides the change: each change passes here once.
pub(crate) struct Observers<'a> {
    /// Transactions that fail if their keys change.
    pub(crate) watches: &'a mut Watches,
    /// Clients that wait for a key to change.
    pub(crate) blocked: &'a mut Blocked,
    /// Keys that clients cache.
    pub(crate) tracking: &'a mut Tracking,
    /// The client whose command runs, if one does.
    pub(crate) client: Option<ClientId>,
    /// Notifications on their way.
    pub(crate) events: &'a mut Events,
    /// Which of them are wanted.
    pub(crate) classes: EventClasses,
}

impl Observers<'_> {
    /// A key has changed.
    #[inline]
    pub(crate) fn modified(&mut self, database: usize, key: &[u8], event: Event) {
        self.touched(database, key);
        self.notify(database, key, event);
    }

    /// A key has changed in a way that no event tells of.
    #[inline]
    pub(crate) fn touched(&mut self, database: usize, key: &[u8]) {
        if !self.watches.is_empty() {
            self.watches.touch(database, key);
        }
        if !self.blocked.is_empty() {
            self.blocked.touch(database, key);
        }
        self.tracking.touch(key, self.client);
    }

    /// A key that had expired was removed.
    pub(crate) fn expired(&mut self, database: usize, key: &[u8]) {
        self.watches.touch_expired(database, key);
        self.blocked.touch(database, key);
        self.tracking.touch(key, None);
        self.notify(database, key, Event::EXPIRED);
    }

    /// An event that is no change of its own, or the second of one change.
    #[inline]
    pub(crate) fn notify(&mut self, database: usize, key: &[u8], event: Event) {
        if self.classes.has(event.class) {
            self.events.push((database, event, key.to_vec()));
        }
    }
}
