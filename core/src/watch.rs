//! Who watches which keys, so that `EXEC` can refuse when one of them has changed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::memory::allocated;
use crate::session::ClientId;

/// The keys that clients watch, in any database.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// For each database and key, who watches it.
    watchers: BTreeMap<(usize, Vec<u8>), Vec<Watcher>>,
    /// For each client that watches anything, whether one of its keys has changed.
    touched: BTreeMap<ClientId, bool>,
}

#[derive(Clone, Copy, Debug)]
struct Watcher {
    client: ClientId,
    /// The key had expired already when the watch began: its removal is no change.
    was_expired: bool,
}

/// What a key holds after its database was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Successor {
    Nothing,
    Expired,
    Live,
}

impl Watches {
    /// Whether nobody watches anything, which is nearly always.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// Adds a watch; returns what it takes, in bytes: nothing if it was there.
    pub(crate) fn watch(
        &mut self,
        client: ClientId,
        database: usize,
        key: &[u8],
        was_expired: bool,
    ) -> usize {
        /// What a watch takes besides its key, and perhaps that key.
        const WATCH_BYTES: usize = 128;
        self.touched.entry(client).or_default();
        let watchers = self.watchers.entry((database, key.to_vec())).or_default();
        let is_new = watchers.iter().all(|watcher| watcher.client != client);
        if is_new {
            watchers.push(Watcher { client, was_expired });
        }
        if is_new { allocated(key.len()) + WATCH_BYTES } else { 0 }
    }

    /// Ends all watches of a client; whether one of its keys had changed.
    pub(crate) fn unwatch(&mut self, client: ClientId) -> bool {
        let Some(was_touched) = self.touched.remove(&client) else { return false };
        self.watchers.retain(|_, watchers| {
            watchers.retain(|watcher| watcher.client != client);
            !watchers.is_empty()
        });
        was_touched
    }

    /// A key has changed.
    pub(crate) fn touch(&mut self, database: usize, key: &[u8]) {
        let Some(watchers) = self.watchers.get(&(database, key.to_vec())) else { return };
        for watcher in watchers {
            self.touched.insert(watcher.client, true);
        }
    }

    /// A key that had expired is removed: news to those only who watched it while it lived.
    pub(crate) fn touch_expired(&mut self, database: usize, key: &[u8]) {
        let Some(watchers) = self.watchers.get(&(database, key.to_vec())) else { return };
        for watcher in watchers.iter().filter(|watcher| !watcher.was_expired) {
            self.touched.insert(watcher.client, true);
        }
    }

    /// All of a database is replaced. `before` tells whether a key was there, expired or not; `after` what is in its place.
    pub(crate) fn touch_all(
        &mut self,
        database: usize,
        before: impl Fn(&[u8]) -> bool,
        after: impl Fn(&[u8]) -> Successor,
    ) {
        let all = (database, Vec::new())..(database + 1, Vec::new());
        for ((_, key), watchers) in self.watchers.range_mut(all) {
            let (was_there, successor) = (before(key), after(key));
            if !was_there && successor == Successor::Nothing {
                continue;
            }
            for watcher in watchers {
                match successor {
                    // An expired key is gone for good, or expired still: no news.
                    Successor::Nothing if watcher.was_expired => watcher.was_expired = false,
                    Successor::Expired if watcher.was_expired => {}
                    Successor::Expired if !was_there => watcher.was_expired = true,
                    _ => {
                        self.touched.insert(watcher.client, true);
                    }
                }
            }
        }
    }

    /// The keys that a client watches and that had not expired when it began to.
    pub(crate) fn keys_of(&self, client: ClientId) -> impl Iterator<Item = (usize, &[u8])> {
        self.watchers
            .iter()
            .filter(move |(_, watchers)| {
                watchers.iter().any(|watcher| watcher.client == client && !watcher.was_expired)
            })
            .map(|((database, key), _)| (*database, key.as_slice()))
    }
}
