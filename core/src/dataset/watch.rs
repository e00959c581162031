//! Watched keys: `EXEC` fails if one of its client's keys has changed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::memory::allocated;

/// The keys that clients watch, in any database.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// The watchers of each key, by database and name.
    watchers: BTreeMap<(usize, Vec<u8>), Vec<Watcher>>,
    /// The clients that watch keys.
    clients: BTreeMap<ClientId, Watching>,
}

/// The watches of one client.
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
    /// Whether the key had already expired when the watch began: its removal does not count as a
    /// change then.
    was_expired: bool,
}

/// The state of a key after its database was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Successor {
    Nothing,
    Expired,
    Live,
}

impl Watches {
    /// Returns `true` if no key is watched, which is the common case.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Adds a watch. Returns the memory that it uses, in bytes: zero if it existed already.
    pub(crate) fn watch(
        &mut self,
        client: ClientId,
        database: usize,
        key: &[u8],
        was_expired: bool,
    ) -> usize {
        /// The memory that a watch uses besides its key, which is stored twice.
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

    /// Ends all watches of a client. Returns `true` if one of its keys had changed.
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

    /// Reports a change to a key.
    pub(crate) fn touch(&mut self, database: usize, key: &[u8]) {
        let Some(watchers) = self.watchers.get(&(database, key.to_vec())) else { return };
        for watcher in watchers {
            touch(&mut self.clients, watcher.client);
        }
    }

    /// Reports the removal of an expired key. It counts as a change only for clients that have
    /// watched the key since before it expired.
    pub(crate) fn touch_expired(&mut self, database: usize, key: &[u8]) {
        let Some(watchers) = self.watchers.get(&(database, key.to_vec())) else { return };
        for watcher in watchers.iter().filter(|watcher| !watcher.was_expired) {
            touch(&mut self.clients, watcher.client);
        }
    }

    /// Reports that a database was replaced. `before` returns whether a key existed, expired or
    /// not; `after` returns its state afterwards.
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
                    // A key that had expired, and is now removed or still expired, has not changed.
                    Successor::Nothing if watcher.was_expired => watcher.was_expired = false,
                    Successor::Expired if watcher.was_expired => {}
                    Successor::Expired if !was_there => watcher.was_expired = true,
                    _ => touch(&mut self.clients, watcher.client),
                }
            }
        }
    }

    /// Returns the keys that a client watches and that had not expired when it began to.
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
