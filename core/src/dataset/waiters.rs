//! Blocked clients: the keys that each waits for, in order of arrival, and its deadline.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::resp::args::Request;
use crate::time::UnixMicros;
use crate::value::Type;

/// A key of a database.
type DatabaseKey = (usize, Vec<u8>);

/// What a blocked client waits for, besides its deadline.
#[derive(Debug)]
pub(crate) struct Wait {
    /// The keys. A change to any of them may end the wait.
    pub(crate) keys: Vec<Vec<u8>>,
    /// The database of the keys.
    pub(crate) database: usize,
    /// The type that one of the keys must hold.
    pub(crate) value_type: Type,
    /// Whether a key that is missing, or holds another type, also ends the wait, with an error.
    pub(crate) needs_key: bool,
    /// The command to run again when a key is ready. Its handler has replaced the arguments whose
    /// meaning depends on the current time or data.
    pub(crate) request: Option<Request>,
    /// Whether the reply after a timeout is a null instead of a null array.
    pub(crate) replies_null: bool,
}

impl Wait {
    /// Returns `true` if a key that now holds a value of type `found`, or is missing, ends the
    /// wait.
    pub(crate) fn is_for(&self, found: Option<Type>) -> bool {
        self.needs_key || found == Some(self.value_type)
    }
}

/// The clients that wait, the keys that they wait for, and the keys that have changed.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// The deadlines of the clients that do not wait for ever.
    deadlines: BTreeSet<(UnixMicros, ClientId)>,
    /// The clients that wait for each key, in the order in which they are served.
    waiting: BTreeMap<DatabaseKey, Vec<ClientId>>,
    /// Keys that have changed since their clients were last served, in the order of their changes.
    ready: VecDeque<DatabaseKey>,
    /// The same keys as a set.
    is_ready: BTreeSet<DatabaseKey>,
}

impl Waiters {
    /// Returns `true` if no client waits for a key, which is the common case.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds a client that waits until `until`, for the keys of `wait` if there are any. A key may
    /// be named twice.
    pub(crate) fn add(&mut self, client: ClientId, wait: Option<&Wait>, until: Option<UnixMicros>) {
        if let Some(until) = until {
            self.deadlines.insert((until, client));
        }
        let Some(wait) = wait else { return };
        for key in &wait.keys {
            let clients = self.waiting.entry((wait.database, key.clone())).or_default();
            if !clients.contains(&client) {
                clients.push(client);
            }
        }
    }

    /// Removes a client that was added with these arguments.
    pub(crate) fn remove(
        &mut self,
        client: ClientId,
        wait: Option<&Wait>,
        until: Option<UnixMicros>,
    ) {
        if let Some(until) = until {
            self.deadlines.remove(&(until, client));
        }
        let Some(wait) = wait else { return };
        for key in &wait.keys {
            let key = (wait.database, key.clone());
            if let Some(clients) = self.waiting.get_mut(&key) {
                clients.retain(|&waiting| waiting != client);
                if clients.is_empty() {
                    self.waiting.remove(&key);
                }
            }
        }
    }

    /// Returns the earliest deadline.
    pub(crate) fn earliest_deadline(&self) -> Option<UnixMicros> {
        self.deadlines.first().map(|(until, _)| *until)
    }

    /// Returns a client whose deadline has passed, and removes the deadline.
    pub(crate) fn pop_overdue(&mut self, now: UnixMicros) -> Option<ClientId> {
        let is_overdue = self.earliest_deadline().is_some_and(|until| until <= now);
        is_overdue.then(|| self.deadlines.pop_first()).flatten().map(|(_, client)| client)
    }

    /// Reports a change to a key: the clients that wait for it may be served.
    pub(crate) fn touch(&mut self, database: usize, key: &[u8]) {
        let key = (database, key.to_vec());
        if self.waiting.contains_key(&key) && self.is_ready.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    /// Reports that a database was replaced.
    pub(crate) fn touch_all(&mut self, database: usize) {
        let all = (database, Vec::new())..(database + 1, Vec::new());
        for (key, _) in self.waiting.range(all) {
            if self.is_ready.insert(key.clone()) {
                self.ready.push_back(key.clone());
            }
        }
    }

    /// Returns `true` if a key has changed that clients wait for.
    #[inline]
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Returns the key that changed first, with the clients that wait for it.
    pub(crate) fn next_ready(&mut self) -> Option<(DatabaseKey, Vec<ClientId>)> {
        let key = self.ready.pop_front()?;
        self.is_ready.remove(&key);
        let clients = self.waiting.get(&key).cloned().unwrap_or_default();
        Some((key, clients))
    }
}
