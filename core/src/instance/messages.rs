//! Delivery of messages to clients.

use alloc::format;
use alloc::vec::Vec;

use super::{Effect, Instance};
use crate::client::ClientId;
use crate::config::events::EventClass;
use crate::dataset::observers::{Notification, Observers};
use crate::limits;
use crate::pubsub::{Message, Topic};
use crate::resp::output::Output;
use crate::session::{Auth, Closing, Session};
use crate::time::UnixMicros;

impl Instance {
    /// Sends a message to every subscriber of its channel. Returns the number of copies sent.
    pub(crate) fn publish(
        &mut self,
        topic: Topic,
        channel: &[u8],
        payload: &[u8],
        now: UnixMicros,
    ) -> usize {
        let pubsub = core::mem::take(&mut self.pubsub);
        let mut sent = 0;
        for (pattern, clients) in pubsub.receivers(topic, channel) {
            let mut message =
                Message { topic, pattern, channel, payload, encoded: Default::default() };
            for &client in clients {
                let Some(session) = self.clients.session_mut(client) else { continue };
                if session.closing.is_none() || self.running == Some(client) {
                    sent += 1;
                    message.deliver(&mut session.output, session.protocol);
                    self.sent(client, now);
                }
            }
        }
        self.pubsub = pubsub;
        sent
    }

    /// Publishes the notifications and invalidations caused by key changes.
    pub(crate) fn deliver(&mut self, observers: &mut Observers, now: UnixMicros) {
        if !observers.events.is_empty() {
            self.publish_events(core::mem::take(&mut observers.events), now);
        }
        if !observers.tracking.stale.is_empty() {
            self.invalidate(core::mem::take(&mut observers.tracking.stale), now);
        }
    }

    fn publish_events(&mut self, events: Vec<Notification>, now: UnixMicros) {
        let classes = self.config.notify_keyspace_events;
        for Notification { database, key, event } in events {
            if classes.has(EventClass::Keyspace) {
                let mut channel = format!("__keyspace@{database}__:").into_bytes();
                channel.extend_from_slice(&key);
                self.publish(Topic::Channel, &channel, event.name.as_bytes(), now);
            }
            if classes.has(EventClass::Keyevent) {
                let channel = format!("__keyevent@{database}__:{}", event.name);
                self.publish(Topic::Channel, channel.as_bytes(), &key, now);
            }
        }
    }

    /// Adds a message to a client's output. If the client's command is running, the message follows
    /// the reply.
    pub(crate) fn send(&mut self, client: ClientId, message: &mut Output, now: UnixMicros) {
        let is_running = self.running == Some(client);
        let Some(session) = self.clients.session_mut(client) else { return };
        if session.closing.is_none() || is_running {
            session.output.append(message);
            self.sent(client, now);
        }
    }

    /// Checks the output of a client that received a message against its limits, and asks the front
    /// end to write it. For the client whose command is running both happen at the end of its turn.
    fn sent(&mut self, client: ClientId, now: UnixMicros) {
        if self.running == Some(client) {
            return;
        }
        self.limit_output(client, now);
        let session = &mut self.clients[client];
        if session.closing.is_some() {
            self.effects.push_back(Effect::Close { client, flush: false });
        } else if !core::mem::replace(&mut session.is_announced, true) {
            self.effects.push_back(Effect::Write(client));
        }
        self.clients.recount(client);
    }

    /// Returns the next request to the front end.
    pub(crate) fn next_effect(&mut self) -> Option<Effect> {
        let effect = self.effects.pop_front()?;
        if let Effect::Write(client) = effect
            && let Some(session) = self.clients.session_mut(client)
        {
            session.is_announced = false;
        }
        Some(effect)
    }

    /// Returns `true` if there are more requests to the front end.
    pub(crate) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// Removes all subscriptions of a client.
    pub(crate) fn unsubscribe_all(&mut self, client: ClientId) {
        if let Some(subscriptions) = self.clients[client].subscriptions.take() {
            self.pubsub.forget(client, &subscriptions);
        }
    }

    /// Returns the size of unread replies at which a client is closed, if it has a limit.
    pub(crate) fn output_limit(&self, session: &Session) -> Option<usize> {
        let ceiling = self.config.client_ceiling();
        self.configured_output_limit(session).into_iter().chain(ceiling).min()
    }

    fn configured_output_limit(&self, session: &Session) -> Option<usize> {
        let hard_bytes = self.config.client_output_buffer_limit.of(session.class()).hard_bytes;
        let limit = match session.auth {
            Auth::Required => limits::UNAUTHENTICATED_OUTPUT_BYTES + 1,
            _ => hard_bytes,
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        (limit > 0).then(|| limit.saturating_add(limits::UNCOUNTED_OUTPUT_BYTES))
    }

    /// Returns the size of unread replies at which a client's requests wait. A client with an
    /// output limit is served up to that limit and then closed.
    pub(crate) fn output_bound(&self, session: &Session) -> usize {
        self.configured_output_limit(session).unwrap_or_else(|| {
            match usize::try_from(self.config.client_output_run_limit) {
                Ok(0) | Err(_) => usize::MAX,
                Ok(bytes) => bytes,
            }
        })
    }

    /// Returns `true` if a client has read half of the replies at which its requests wait.
    pub(crate) fn has_read_enough(&self, client: ClientId) -> bool {
        let session = self.clients.session(client);
        session.is_some_and(|session| session.output.len() <= self.output_bound(session) / 2)
    }

    /// Closes a client whose unread output exceeds its limits, and drops that output.
    pub(crate) fn limit_output(&mut self, client: ClientId, now: UnixMicros) {
        let session = &mut self.clients[client];
        // As in Redis, the part that fits a client's fixed buffer does not count.
        let len_bytes = session.output.len().saturating_sub(limits::UNCOUNTED_OUTPUT_BYTES) as u64;
        if len_bytes == 0 && session.soft_limit_since.is_none() {
            return;
        }
        let limit = self.config.client_output_buffer_limit.of(session.class());
        let is_over = |bound: u64| bound > 0 && len_bytes >= bound;
        let soft = is_over(limit.soft_bytes).then(|| session.soft_limit_since.unwrap_or(now));
        session.soft_limit_since = soft;
        let is_overdue = soft
            .is_some_and(|since| now.since(since) > limit.soft_seconds.saturating_mul(1_000_000));
        let is_greedy =
            session.auth == Auth::Required && len_bytes > limits::UNAUTHENTICATED_OUTPUT_BYTES;
        if is_over(limit.hard_bytes) || is_overdue || is_greedy || session.output.is_dropped() {
            session.output = Output::default();
            self.stats.output_buffer_disconnections += 1;
            session.closing = Some(Closing::Now);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use crate::client::{ClientId, Peer};
    use crate::config::Config;
    use crate::engine::Engine;
    use crate::instance::Effect;
    use crate::random::Seed;
    use crate::time::UnixMicros;

    const NOW: UnixMicros = UnixMicros(1);

    fn engine_with(commands: &[u8]) -> (Engine, ClientId) {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(client, commands, NOW);
        engine.consume(client, engine.output(client).len(), NOW);
        (engine, client)
    }

    fn closed(engine: &mut Engine) -> Vec<ClientId> {
        let effects = core::iter::from_fn(|| engine.poll_effect());
        effects
            .filter_map(|effect| match effect {
                Effect::Close { client, flush: false } => Some(client),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn exceeding_the_hard_output_limit_closes_the_client() {
        let limit =
            b"CONFIG SET client-output-buffer-limit 'normal 100kb 0 0'\nSETRANGE k 49999 x\n";
        let (mut engine, client) = engine_with(limit);
        engine.receive(client, b"MULTI\nGET k\nGET k\nGET k\nSET done 1\nEXEC\n", NOW);
        assert!(engine.output(client).is_empty());
        assert_eq!(closed(&mut engine), [client]);
        let other = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(other, b"GET done\n", NOW);
        assert_eq!(engine.output(other), b"$1\r\n1\r\n");
    }

    #[test]
    fn exceeding_the_hard_output_limit_closes_the_client_within_a_pipeline() {
        let limit =
            b"CONFIG SET client-output-buffer-limit 'normal 100kb 0 0'\nSETRANGE k 49999 x\n";
        let (mut engine, client) = engine_with(limit);
        engine.receive(client, b"GET k\nGET k\nSET in-time 1\nGET k\nSET late 1\n", NOW);
        assert_eq!(closed(&mut engine), [client]);
        let other = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(other, b"EXISTS in-time\nEXISTS late\n", NOW);
        assert_eq!(engine.output(other), b":1\r\n:0\r\n");
    }

    #[test]
    fn discarded_replies_do_not_count_against_the_output_limit() {
        let limit =
            b"CONFIG SET client-output-buffer-limit 'normal 100kb 0 0'\nSETRANGE k 9999 x\n";
        let (mut engine, client) = engine_with(limit);
        let many = [b"MGET".as_slice(), &b" k".repeat(5_000), b"\n"].concat();
        engine.receive(client, &[b"CLIENT REPLY SKIP\n", &*many, b"PING\n"].concat(), NOW);
        assert_eq!(engine.output(client), b"+PONG\r\n");
        engine.receive(client, &many, NOW);
        assert_eq!(closed(&mut engine), [client]);
    }

    #[test]
    fn a_monitor_that_stops_reading_is_closed() {
        let (mut engine, client) =
            engine_with(b"CONFIG SET client-output-buffer-limit 'normal 100kb 0 0'\n");
        let monitor = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(monitor, b"MONITOR\n", NOW);
        engine.receive(client, &b"ECHO 0123456789\n".repeat(4_000), NOW);
        assert_eq!(closed(&mut engine), [monitor]);
    }

    #[test]
    fn an_unauthenticated_client_has_a_small_output_limit() {
        let (mut engine, _) = engine_with(b"CONFIG SET requirepass secret\n");
        let stranger = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(stranger, &b"GET k\n".repeat(400), NOW);
        assert!(closed(&mut engine).is_empty() && engine.output(stranger).len() > 10_000);
        engine.receive(stranger, &b"GET k\n".repeat(200), NOW);
        assert_eq!(closed(&mut engine), [stranger]);
    }
}
