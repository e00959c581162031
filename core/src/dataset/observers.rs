//! Reports each change to a key to everything that depends on it.

use alloc::vec::Vec;

use crate::client::ClientId;
use crate::config::events::EventClasses;
use crate::dataset::event::Event;
use crate::dataset::propagation::{Deletion, Propagation};
use crate::dataset::tracking::Tracking;
use crate::dataset::waiters::Waiters;
use crate::dataset::watch::Watches;

/// The parties that a change to a key concerns. Every change is reported here exactly once.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    /// Transactions that fail if their keys change.
    pub(crate) watches: Watches,
    /// Clients that block on keys.
    pub(crate) waiters: Waiters,
    /// Keys that clients cache.
    pub(crate) tracking: Tracking,
    /// The client whose command is running, if any: the author of changes.
    pub(crate) client: Option<ClientId>,
    /// Keyspace notifications that have not been published yet.
    pub(crate) events: Vec<Notification>,
    /// The classes of events that `notify-keyspace-events` enables.
    pub(crate) classes: EventClasses,
    /// The stream of changes.
    pub(crate) propagation: Propagation,
}

/// An event at a key, to be published.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) database: usize,
    pub(crate) key: Vec<u8>,
    pub(crate) event: Event,
}

impl Observers {
    /// Reports a change to a key.
    #[inline]
    pub(crate) fn modified(&mut self, database: usize, key: &[u8], event: Event) {
        self.touched(database, key);
        self.notify(database, key, event);
    }

    /// Reports a change to a key that has no event.
    #[inline]
    pub(crate) fn touched(&mut self, database: usize, key: &[u8]) {
        if !self.watches.is_empty() {
            self.watches.touch(database, key);
        }
        if !self.waiters.is_empty() {
            self.waiters.touch(database, key);
        }
        self.tracking.touch(key, self.client);
    }

    /// Reports that an expired key was removed.
    pub(crate) fn expired(&mut self, database: usize, key: &[u8]) {
        self.watches.touch_expired(database, key);
        self.waiters.touch(database, key);
        self.tracking.touch(key, None);
        self.notify(database, key, Event::EXPIRED);
        self.propagation.deleted(database, key, Deletion::Expired);
    }

    /// Reports an event that is not a change, or the second event of one change.
    #[inline]
    pub(crate) fn notify(&mut self, database: usize, key: &[u8], event: Event) {
        if self.classes.has(event.class) {
            self.events.push(Notification { database, key: key.to_vec(), event });
        }
    }

    /// Returns `true` if there are notifications or invalidations to send.
    #[inline]
    pub(crate) const fn has_messages(&self) -> bool {
        !self.events.is_empty() || !self.tracking.stale.is_empty()
    }
}
