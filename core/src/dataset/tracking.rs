//! Client-side caching: which clients may have cached which keys, and which of these have changed
//! since.
//!
//! In the default mode the server remembers the keys that a client reads and notifies it once when
//! one of them changes. In broadcast mode it remembers no keys: a client registers prefixes and is
//! notified of every change to a key below them. Changes are collected here while commands run; the
//! engine sends the messages. See
//! <https://redis.io/docs/latest/develop/reference/client-side-caching/>.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::memory::allocated;

/// The condition under which the keys that a client reads are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrackingMode {
    /// Always.
    Default,
    /// After `CLIENT CACHING YES`.
    OptIn,
    /// Except after `CLIENT CACHING NO`.
    OptOut,
    /// Never: the client is notified by prefix.
    Broadcast,
}

/// The tracking state of one client.
#[derive(Debug)]
pub(crate) struct TrackingState {
    pub(crate) mode: TrackingMode,
    /// Whether the client's own changes are not reported to it.
    pub(crate) no_loop: bool,
    /// The client that gets the messages instead.
    pub(crate) redirect: Option<ClientId>,
    /// Whether that client was found to be disconnected.
    pub(crate) is_redirect_broken: bool,
    /// The choice of `CLIENT CACHING` for the next command.
    pub(crate) caching: Option<bool>,
    /// The prefixes in broadcast mode.
    pub(crate) prefixes: BTreeSet<Vec<u8>>,
}

impl TrackingState {
    /// Returns the memory that the prefixes use, here and in the table of all prefixes, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        /// The memory that a prefix uses besides its bytes: its entries in two trees, and the set
        /// of the clients that have registered it.
        const PREFIX_BYTES: usize = 192;
        self.prefixes.iter().map(|prefix| 2 * allocated(prefix.len()) + PREFIX_BYTES).sum()
    }

    /// Returns `true` if the keys of the current command are remembered.
    pub(crate) fn remembers(&self) -> bool {
        match self.mode {
            TrackingMode::Default => true,
            TrackingMode::OptIn => self.caching == Some(true),
            TrackingMode::OptOut => self.caching != Some(false),
            TrackingMode::Broadcast => false,
        }
    }
}

/// The tracking state of all clients.
#[derive(Debug, Default)]
pub(crate) struct Tracking {
    /// The number of clients that track.
    pub(crate) clients: usize,
    /// The keys that were read, with their readers. As in Redis, databases are not distinguished.
    keys: BTreeMap<Vec<u8>, BTreeSet<ClientId>>,
    /// The number of pairs of a key and a client.
    items: usize,
    /// The prefixes, with their clients and the keys below that have changed, each with the client
    /// that changed it last.
    prefixes: BTreeMap<Vec<u8>, Prefix>,
    /// Messages to send.
    pub(crate) stale: Vec<Stale>,
    has_broadcast: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Prefix {
    pub(crate) clients: BTreeSet<ClientId>,
    pub(crate) changed: BTreeMap<Vec<u8>, Option<ClientId>>,
}

/// Cached data that is no longer valid.
#[derive(Debug)]
pub(crate) enum Stale {
    /// A key that these clients have read.
    Key {
        /// The key.
        key: Vec<u8>,
        /// The clients that have read it.
        clients: BTreeSet<ClientId>,
        /// The client that has changed it.
        by: Option<ClientId>,
    },
    /// All keys.
    All,
}

impl Tracking {
    /// Returns the approximate memory that the remembered keys use, assuming names of usual length
    /// and counting their entries in two trees.
    pub(crate) fn memory_bytes(&self) -> usize {
        const KEY_BYTES: usize = 300;
        const ITEM_BYTES: usize = 16;
        self.keys.len() * KEY_BYTES + self.items * ITEM_BYTES
    }

    /// Returns `true` if no client tracks and no key is remembered, which is the common case.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.clients == 0 && self.items == 0
    }

    /// Returns the number of keys that are remembered.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Returns the number of pairs of a key and a client that are remembered.
    pub(crate) const fn items(&self) -> usize {
        self.items
    }

    /// Returns the number of prefixes.
    pub(crate) fn prefixes(&self) -> usize {
        self.prefixes.len()
    }

    /// Remembers that a client has read a key. Clients that have disconnected since they read it
    /// are dropped when they could be half of those remembered, so that the cost of dropping them
    /// is amortized.
    pub(crate) fn remember(
        &mut self,
        client: ClientId,
        key: &[u8],
        connected: usize,
        is_connected: impl Fn(ClientId) -> bool,
    ) {
        let Some(clients) = self.keys.get_mut(key) else {
            self.keys.insert(key.to_vec(), BTreeSet::from([client]));
            self.items += 1;
            return;
        };
        let before = clients.len();
        clients.insert(client);
        if clients.len() > 2 * connected {
            clients.retain(|&reader| is_connected(reader));
        }
        self.items = self.items - before + clients.len();
    }

    /// Forgets keys until at most `limit` are left. Each is invalidated as if it had changed, since
    /// a cache must not hold keys that are not tracked.
    pub(crate) fn shrink(&mut self, limit: u64) {
        while limit > 0
            && self.keys.len() as u64 > limit
            && let Some((key, clients)) = self.keys.pop_first()
        {
            self.items -= clients.len();
            self.stale.push(Stale::Key { key, clients, by: None });
        }
    }

    /// Reports that a key has changed. `by` is the client that changed it, or `None` if it expired
    /// or was evicted.
    #[inline]
    pub(crate) fn touch(&mut self, key: &[u8], by: Option<ClientId>) {
        if !self.is_empty() {
            self.invalidate(key, by);
        }
    }

    fn invalidate(&mut self, key: &[u8], by: Option<ClientId>) {
        if let Some((key, clients)) = self.keys.remove_entry(key) {
            self.items -= clients.len();
            self.stale.push(Stale::Key { key, clients, by });
        }
        for (prefix, state) in &mut self.prefixes {
            if key.starts_with(prefix) {
                state.changed.insert(key.to_vec(), by);
                self.has_broadcast = true;
            }
        }
    }

    /// Reports that all keys of a database are removed.
    pub(crate) fn touch_all(&mut self) {
        if !self.is_empty() {
            self.keys.clear();
            self.items = 0;
            self.stale.push(Stale::All);
        }
    }

    /// Returns `true` if messages for prefixes wait for the end of the turn.
    #[inline]
    pub(crate) const fn has_broadcast(&self) -> bool {
        self.has_broadcast
    }

    /// Takes the prefixes below which keys have changed since the last call, each with its clients
    /// and these keys.
    pub(crate) fn take_broadcast(&mut self) -> Vec<Prefix> {
        self.has_broadcast = false;
        let changed = self.prefixes.values_mut().filter(|prefix| !prefix.changed.is_empty());
        changed
            .map(|prefix| Prefix {
                clients: prefix.clients.clone(),
                changed: core::mem::take(&mut prefix.changed),
            })
            .collect()
    }

    /// Registers a prefix for a client.
    pub(crate) fn add_prefix(&mut self, prefix: &[u8], client: ClientId) {
        self.prefixes.entry(prefix.to_vec()).or_default().clients.insert(client);
    }

    /// Ends the tracking of a client. The keys that it has read are forgotten when they change.
    pub(crate) fn forget(&mut self, client: ClientId, state: &TrackingState) {
        self.clients -= 1;
        for prefix in &state.prefixes {
            if let Some(known) = self.prefixes.get_mut(prefix) {
                known.clients.remove(&client);
                if known.clients.is_empty() {
                    self.prefixes.remove(prefix);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disconnected_readers_of_a_key_do_not_accumulate() {
        let mut tracking = Tracking::default();
        for serial in 1..=100 {
            let client = ClientId::new(serial, 0);
            tracking.remember(client, b"key", 1, |reader| reader == client);
            assert!(tracking.items() <= 2);
        }
        assert_eq!(tracking.keys(), 1);
    }
}
