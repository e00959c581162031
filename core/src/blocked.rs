//! Who waits: for which keys, in the order in which they came, and until when.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::session::{ClientId, Session, Stall};
use crate::time::UnixMicros;

/// A key of a database.
type DatabaseKey = (usize, Vec<u8>);

/// The clients that wait, the keys they wait for, and those among these that have changed.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    /// When clients stop waiting that do not wait for ever.
    deadlines: BTreeSet<(UnixMicros, ClientId)>,
    /// For each key, who waits for it: the first is served first.
    waiting: BTreeMap<DatabaseKey, Vec<ClientId>>,
    /// Keys that have changed since their clients were last served, in the order in which they did.
    ready: VecDeque<DatabaseKey>,
    /// The same keys, each once.
    is_ready: BTreeSet<DatabaseKey>,
}

impl Blocked {
    /// Whether nobody waits for any key, which is nearly always.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A client begins to wait, for the keys that its session names, if any; it does not matter whether it names one twice.
    pub(crate) fn add(&mut self, session: &mut Session, until: Option<UnixMicros>) {
        session.stall = Some(Stall::Blocked { until });
        if let Some(until) = until {
            self.deadlines.insert((until, session.id));
        }
        let Some(wait) = &session.wait else { return };
        for key in &wait.keys {
            let clients = self.waiting.entry((wait.database, key.clone())).or_default();
            if !clients.contains(&session.id) {
                clients.push(session.id);
            }
        }
    }

    /// A client waits no longer, if it did; what it waited for stays in its session.
    pub(crate) fn remove(&mut self, session: &mut Session) {
        let Some(Stall::Blocked { until }) = session.stall else { return };
        session.stall = None;
        if let Some(until) = until {
            self.deadlines.remove(&(until, session.id));
        }
        let Some(wait) = &session.wait else { return };
        for key in &wait.keys {
            let key = (wait.database, key.clone());
            if let Some(clients) = self.waiting.get_mut(&key) {
                clients.retain(|&waiting| waiting != session.id);
                if clients.is_empty() {
                    self.waiting.remove(&key);
                }
            }
        }
    }

    /// When the first wait is up.
    pub(crate) fn earliest_deadline(&self) -> Option<UnixMicros> {
        self.deadlines.first().map(|(until, _)| *until)
    }

    /// A client whose time is up; its deadline is forgotten.
    pub(crate) fn pop_overdue(&mut self, now: UnixMicros) -> Option<ClientId> {
        let is_overdue = self.earliest_deadline().is_some_and(|until| until <= now);
        is_overdue.then(|| self.deadlines.pop_first()).flatten().map(|(_, client)| client)
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
