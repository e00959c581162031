//! Who watches which keys, so that `EXEC` can refuse when one of them has changed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::memory::allocated;

/// The keys that clients watch, in any database.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// For each database and key, who watches it.
    watchers: BTreeMap<(usize, Vec<u8>), Vec<Watcher>>,
    /// What each client watches that watches anything.
    clients: BTreeMap<ClientId, Watching>,
}

/// What one client watches.
#[derive(Debug, Default)]
struct Watching {
    /// Its keys, each once, with their databases.
    keys: Vec<(usize, Vec<u8>)>,
    /// Whether one of them has changed.
    is_touched: bool,
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
        self.clients.is_empty()
    }

    /// Adds a watch; returns what it takes, in bytes: nothing if it was there.
    pub(crate) fn watch(
        &mut self,
        client: ClientId,
        database: usize,
        key: &[u8],
        was_expired: bool,
    ) -> usize {
        /// What a watch takes besides its key, which stands in two places.
        const WATCH_BYTES: usize = 128;
        let bytes = 2 * allocated(key.len()) + WATCH_BYTES;
        let key = (database, key.to_vec());
        let watching = self.clients.entry(client).or_default();
        let watchers = self.watchers.entry(key.clone()).or_default();
        let is_new = watchers.iter().all(|watcher| watcher.client != client);
        if is_new {
            watchers.push(Watcher { client, was_expired });
            watching.keys.push(key);
        }
        if is_new { bytes } else { 0 }
    }

    /// Ends all watches of a client; whether one of its keys had changed.
    pub(crate) fn unwatch(&mut self, client: ClientId) -> bool {
        let Some(watching) = self.clients.remove(&client) else { return false };
        for key in &watching.keys {
            if let Some(watchers) = self.watchers.get_mut(key) {
                watchers.retain(|watcher| watcher.client != client);
                if watchers.is_empty() {
                    self.watchers.remove(key);
                }
            }
        }
        watching.is_touched
    }

    /// A key has changed.
    pub(crate) fn touch(&mut self, database: usize, key: &[u8]) {
        let Some(watchers) = self.watchers.get(&(database, key.to_vec())) else { return };
        for watcher in watchers {
            touch(&mut self.clients, watcher.client);
        }
    }

    /// A key that had expired is removed: news to those only who watched it while it lived.
    pub(crate) fn touch_expired(&mut self, database: usize, key: &[u8]) {
        let Some(watchers) = self.watchers.get(&(database, key.to_vec())) else { return };
        for watcher in watchers.iter().filter(|watcher| !watcher.was_expired) {
            touch(&mut self.clients, watcher.client);
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
                    _ => touch(&mut self.clients, watcher.client),
                }
            }
        }
    }

    /// The keys that a client watches and that had not expired when it began to.
    pub(crate) fn keys_of(&self, client: ClientId) -> impl Iterator<Item = (usize, &[u8])> {
        let keys = self.clients.get(&client).into_iter().flat_map(|watching| &watching.keys);
        let was_live = move |key: &&(usize, Vec<u8>)| {
            let watchers = self.watchers.get(*key).into_iter().flatten();
            watchers.into_iter().any(|watcher| watcher.client == client && !watcher.was_expired)
        };
        keys.filter(was_live).map(|(database, key)| (*database, key.as_slice()))
    }
}

fn touch(clients: &mut BTreeMap<ClientId, Watching>, client: ClientId) {
    if let Some(watching) = clients.get_mut(&client) {
        watching.is_touched = true;
    }
}
