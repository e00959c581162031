//! Who waits for which keys, in the order in which they came.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::session::ClientId;

/// A key of a database.
type DatabaseKey = (usize, Vec<u8>);

/// The keys that blocked clients wait for, and those among them that have changed.
#[derive(Debug, Default)]
pub(crate) struct BlockedKeys {
    /// For each key, who waits for it: the first is served first.
    waiting: BTreeMap<DatabaseKey, Vec<ClientId>>,
    /// Keys that have changed since their clients were last served, in the order in which they did.
    ready: VecDeque<DatabaseKey>,
    /// The same keys, each once.
    is_ready: BTreeSet<DatabaseKey>,
}

impl BlockedKeys {
    /// Whether nobody waits for any key, which is nearly always.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A client begins to wait; it does not matter whether it names a key twice.
    pub(crate) fn add(&mut self, client: ClientId, database: usize, keys: &[Vec<u8>]) {
        for key in keys {
            let clients = self.waiting.entry((database, key.clone())).or_default();
            if !clients.contains(&client) {
                clients.push(client);
            }
        }
    }

    /// A client waits no longer.
    pub(crate) fn remove(&mut self, client: ClientId, database: usize, keys: &[Vec<u8>]) {
        for key in keys {
            let key = (database, key.clone());
            if let Some(clients) = self.waiting.get_mut(&key) {
                clients.retain(|&waiting| waiting != client);
                if clients.is_empty() {
                    self.waiting.remove(&key);
                }
            }
        }
    }

    /// A key has changed: whoever waits for it may be served.
    pub(crate) fn touch(&mut self, database: usize, key: &[u8]) {
        let key = (database, key.to_vec());
        if self.waiting.contains_key(&key) && self.is_ready.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    /// All of a database is replaced.
    pub(crate) fn touch_all(&mut self, database: usize) {
        let all = (database, Vec::new())..(database + 1, Vec::new());
        for (key, _) in self.waiting.range(all) {
            if self.is_ready.insert(key.clone()) {
                self.ready.push_back(key.clone());
            }
        }
    }

    /// Whether some key has changed.
    #[inline]
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The key that changed first, and who waits for it.
    pub(crate) fn next_ready(&mut self) -> Option<(DatabaseKey, Vec<ClientId>)> {
        let key = self.ready.pop_front()?;
        self.is_ready.remove(&key);
        let clients = self.waiting.get(&key).cloned().unwrap_or_default();
        Some((key, clients))
    }
}
