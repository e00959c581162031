//! Client-side caching: which client may have which key in its cache, and which of these keys have changed since.
//!
//! In the default mode the server remembers the keys that a client reads and tells it once when one of them changes. In
//! broadcast mode it remembers nothing: a client names prefixes and hears of every key below them. What has changed is
//! gathered here while commands run; the engine sends the messages. Where it comes from:
//! <https://redis.io/docs/latest/develop/reference/client-side-caching/>.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::memory::allocated;

/// When the keys that a client reads are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrackingMode {
    /// Always.
    Default,
    /// After `CLIENT CACHING YES`.
    OptIn,
    /// Unless after `CLIENT CACHING NO`.
    OptOut,
    /// Never: prefixes say what the client hears of.
    Broadcast,
}

/// How one client tracks.
#[derive(Debug)]
pub(crate) struct TrackingState {
    pub(crate) mode: TrackingMode,
    /// Whether the client's own changes are no news to it.
    pub(crate) no_loop: bool,
    /// Who is told in its place.
    pub(crate) redirect: Option<ClientId>,
    /// Whether that client was found gone.
    pub(crate) is_redirect_broken: bool,
    /// What `CLIENT CACHING` said of the next command.
    pub(crate) caching: Option<bool>,
    /// In broadcast mode.
    pub(crate) prefixes: BTreeSet<Vec<u8>>,
}

impl TrackingState {
    /// What the prefixes take, here and among those of all.
    pub(crate) fn memory_bytes(&self) -> usize {
        /// What a prefix takes besides its bytes: its places in two trees, and the set of the clients that have named it.
        const PREFIX_BYTES: usize = 192;
        self.prefixes.iter().map(|prefix| 2 * allocated(prefix.len()) + PREFIX_BYTES).sum()
    }

    /// Whether the keys of a command that runs now are remembered.
    pub(crate) fn remembers(&self) -> bool {
        match self.mode {
            TrackingMode::Default => true,
            TrackingMode::OptIn => self.caching == Some(true),
            TrackingMode::OptOut => self.caching != Some(false),
            TrackingMode::Broadcast => false,
        }
    }
}

/// What all clients track.
#[derive(Debug, Default)]
pub(crate) struct Tracking {
    /// How many clients do.
    pub(crate) clients: usize,
    /// Keys that were read, and by whom. Databases do not matter, as in Redis.
    keys: BTreeMap<Vec<u8>, BTreeSet<ClientId>>,
    /// Pairs of a key and a client.
    items: usize,
    /// Prefixes, who has named them, and the keys below that have changed, with whoever changed them last.
    prefixes: BTreeMap<Vec<u8>, Prefix>,
    /// What is to be sent.
    pub(crate) stale: Vec<Stale>,
    has_broadcast: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Prefix {
    pub(crate) clients: BTreeSet<ClientId>,
    pub(crate) changed: BTreeMap<Vec<u8>, Option<ClientId>>,
}

/// Something that caches may hold is no longer true.
#[derive(Debug)]
pub(crate) enum Stale {
    /// A key, which these clients have read.
    Key {
        /// The key.
        key: Vec<u8>,
        /// Who has read it.
        clients: BTreeSet<ClientId>,
        /// Who has changed it.
        by: Option<ClientId>,
    },
    /// Everything.
    All,
}

impl Tracking {
    /// What the remembered keys take, about: a name of common length, and its places in two trees.
    pub(crate) fn memory_bytes(&self) -> usize {
        const KEY_BYTES: usize = 300;
        const ITEM_BYTES: usize = 16;
        self.keys.len() * KEY_BYTES + self.items * ITEM_BYTES
    }

    /// Whether no client tracks and no key is remembered, which is nearly always.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.clients == 0 && self.items == 0
    }

    /// How many keys are remembered.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// How many pairs of a key and a client are remembered.
    pub(crate) const fn items(&self) -> usize {
        self.items
    }

    /// How many prefixes are broadcast.
    pub(crate) fn prefixes(&self) -> usize {
        self.prefixes.len()
    }

    /// Remembers that a client has read a key. Clients that have disconnected since they read it are dropped once
    /// they could be half of those remembered, so that the drops cost no more than what was remembered.
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

    /// Forgets keys until at most `limit` are left, as if they had changed: a cache must not hold what nobody watches.
    pub(crate) fn shrink(&mut self, limit: u64) {
        while limit > 0
            && self.keys.len() as u64 > limit
            && let Some((key, clients)) = self.keys.pop_first()
        {
            self.items -= clients.len();
            self.stale.push(Stale::Key { key, clients, by: None });
        }
    }

    /// A key has changed, by the hand of a client or of time.
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

    /// All keys of a database are gone.
    pub(crate) fn touch_all(&mut self) {
        if !self.is_empty() {
            self.keys.clear();
            self.items = 0;
            self.stale.push(Stale::All);
        }
    }

    /// Whether messages wait for the end of the turn.
    #[inline]
    pub(crate) const fn has_broadcast(&self) -> bool {
        self.has_broadcast
    }

    /// For each prefix its clients and the keys that have changed since this was last asked.
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

    /// A client wants to hear of the keys below a prefix.
    pub(crate) fn add_prefix(&mut self, prefix: &[u8], client: ClientId) {
        self.prefixes.entry(prefix.to_vec()).or_default().clients.insert(client);
    }

    /// A client stops tracking. The keys that it has read are forgotten when they change.
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
    fn clients_that_have_disconnected_do_not_pile_up() {
        let mut tracking = Tracking::default();
        for serial in 1..=100 {
            let client = ClientId::new(serial, 0);
            tracking.remember(client, b"key", 1, |reader| reader == client);
            assert!(tracking.items() <= 2);
        }
        assert_eq!(tracking.keys(), 1);
    }
}
