//! Invalidation messages for clients with a client-side cache.

use crate::sort;
use alloc::vec::Vec;

use super::Instance;
use crate::client::ClientId;
use crate::dataset::tracking::{Prefix, Stale, TrackingMode};
use crate::resp::output::Output;
use crate::resp::reply::{Protocol, Reply};
use crate::session::Session;
use crate::time::UnixMicros;

/// The channel on which a RESP2 client receives invalidations redirected to it.
const CHANNEL: &[u8] = b"__redis__:invalidate";

impl Instance {
    /// Sends invalidations of keys that clients have read and that have changed since.
    pub(super) fn invalidate(&mut self, stale: Vec<Stale>, now: UnixMicros) {
        for stale in stale {
            match stale {
                Stale::Key { key, clients, by } => {
                    for client in clients {
                        let is_wanted = |session: &Session| {
                            session.tracking.as_ref().is_some_and(|state| {
                                state.mode != TrackingMode::Broadcast
                                    && !(state.no_loop && by == Some(client))
                            })
                        };
                        self.send_invalidation(client, Some(&[key.as_slice()]), is_wanted, now);
                    }
                }
                Stale::All => {
                    let ids = self.clients.iter().map(|session| session.id);
                    let mut ids: Vec<ClientId> = ids.collect();
                    sort::by(&mut ids, Ord::cmp);
                    for client in ids {
                        let is_wanted = |session: &Session| session.tracking.is_some();
                        self.send_invalidation(client, None, is_wanted, now);
                    }
                }
            }
        }
    }

    /// Sends clients the keys below their prefixes that have changed in this turn.
    pub(crate) fn broadcast(&mut self, prefixes: Vec<Prefix>, now: UnixMicros) {
        for Prefix { clients, changed } in prefixes {
            for client in clients {
                let Some(session) = self.clients.session(client) else { continue };
                let no_loop = session.tracking.as_ref().is_some_and(|state| state.no_loop);
                let keys: Vec<&[u8]> = changed
                    .iter()
                    .filter(|(_, by)| !(no_loop && **by == Some(client)))
                    .map(|(key, _)| key.as_slice())
                    .collect();
                if !keys.is_empty() {
                    let is_wanted = |session: &Session| session.tracking.is_some();
                    self.send_invalidation(client, Some(&keys), is_wanted, now);
                }
            }
        }
    }

    /// Sends one message, to the client or to the client that it redirects to. Without keys, the
    /// message invalidates all keys.
    fn send_invalidation(
        &mut self,
        client: ClientId,
        keys: Option<&[&[u8]]>,
        is_wanted: impl Fn(&Session) -> bool,
        now: UnixMicros,
    ) {
        let session = self.clients.session(client);
        let Some(session) = session.filter(|session| is_wanted(session)) else { return };
        let redirect = session.tracking.as_ref().and_then(|state| state.redirect);
        let target = redirect.unwrap_or(client);
        let Some(target_session) = self.clients.session(target) else {
            return self.send_redirect_broken(client, target, now);
        };
        let protocol = target_session.protocol;
        let listens = redirect.is_some() && target_session.subscriptions.is_some();
        if protocol == Protocol::Resp2 && !listens {
            return;
        }
        let mut message = Output::default();
        let mut reply = Reply::new(&mut message, protocol);
        if protocol == Protocol::Resp3 {
            reply.push(2);
            reply.bulk(b"invalidate");
        } else {
            reply.array(3);
            reply.bulk(b"message");
            reply.bulk(CHANNEL);
        }
        match keys {
            None => reply.null(),
            Some(keys) => {
                reply.array(keys.len());
                keys.iter().for_each(|key| reply.bulk(key));
            }
        }
        self.send(target, &mut message, now);
    }

    /// Notifies the client itself, if possible, that the client it redirects to has disconnected.
    fn send_redirect_broken(&mut self, client: ClientId, target: ClientId, now: UnixMicros) {
        let Some(session) = self.clients.session_mut(client) else { return };
        if let Some(state) = &mut session.tracking {
            state.is_redirect_broken = true;
        }
        if session.protocol == Protocol::Resp3 {
            let mut message = Output::default();
            let mut reply = Reply::new(&mut message, Protocol::Resp3);
            reply.push(2);
            reply.bulk(b"tracking-redir-broken");
            reply.integer(target.serial() as i64);
            self.send(client, &mut message, now);
        }
    }
}
