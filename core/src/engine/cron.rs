//! Periodic work: expiry, timeouts, lazy freeing, samples for `INFO`.
//!
//! Redis does this `hz` times a second, for a share of its time. Here each tick does a bounded
//! amount of work and returns when the next one is due: immediately if work is left, so that
//! requests are served in between.

use super::Engine;
use crate::client::ClientId;
use crate::instance::{Effect, Instance};
use crate::limits;
use crate::session::{Role, Session};
use crate::time::UnixMicros;
use alloc::vec::Vec;

/// The state of the periodic work.
#[derive(Debug, Default)]
pub(super) struct Cron {
    last: Option<UnixMicros>,
    /// The database whose expired keys are removed next.
    database: usize,
}

impl Engine {
    /// Does what is due at `now`. Returns when to call it again if nothing else happens before: at
    /// `now` itself if work is left.
    pub fn tick(&mut self, now: UnixMicros) -> UnixMicros {
        self.end_waits(now);
        self.end_pause(now);
        let started_ns = self.instance.host.monotonic_ns();
        self.serve_blocked(now, started_ns);
        self.instance.resume.append(&mut self.yielded);
        self.resume_all(now);
        self.broadcast_stale(now);
        let has_more_to_expire = self.expire_some(now);
        let has_more_to_evict = self.evict_more(now);
        let has_more_to_free = self.dataset.keyspace.lazyfree.free_some(limits::LAZY_FREE_RECORDS);
        let period_us = 1_000_000 / self.instance.config.hz.clamp(1, 500) as u64;
        let next_cron = match self.cron.last {
            Some(last) if now < UnixMicros(last.0 + period_us) && now >= last => {
                UnixMicros(last.0 + period_us)
            }
            _ => {
                self.cron.last = Some(now);
                self.periodic(now);
                UnixMicros(now.0 + period_us)
            }
        };
        if has_more_to_free || has_more_to_expire || has_more_to_evict {
            return now;
        }
        self.next_due(now).map_or(next_cron, |due| due.min(next_cron)).max(now)
    }

    /// Returns the next time a timeout, an expiry or a client's next turn becomes visible to a
    /// client. A front end with a virtual clock need not stop before that, even if
    /// [`tick`](Self::tick) asks to be called earlier.
    #[must_use]
    pub fn next_due(&self, now: UnixMicros) -> Option<UnixMicros> {
        let deadlines = [
            self.dataset.observers.waiters.earliest_deadline(),
            self.instance.pause.map(|pause| pause.until),
            self.next_expiry(now),
            (!self.yielded.is_empty()).then_some(now),
        ];
        deadlines.into_iter().flatten().min()
    }

    fn may_expire(&self) -> bool {
        let Instance { active_expire, pauses_cron, ref pause, .. } = self.instance;
        active_expire && !pauses_cron && pause.is_none()
    }

    fn expire_some(&mut self, now: UnixMicros) -> bool {
        if !self.may_expire() {
            return false;
        }
        // Reading the clock is only needed for the latency monitor.
        let is_watched = self.instance.config.latency_monitor_threshold > 0;
        let started_ns = if is_watched { self.instance.host.monotonic_ns() } else { 0 };
        let has_more = self.expire_in_turn(now);
        self.note_latency("expire-cycle", started_ns, now);
        has_more
    }

    /// Goes through the databases, from where it stopped last time. Returns `true` if it stopped
    /// early, with work left.
    fn expire_in_turn(&mut self, now: UnixMicros) -> bool {
        let databases = self.dataset.keyspace.databases();
        for _ in 0..databases {
            let has_more = self.dataset.expire_some(self.cron.database, now);
            self.instance.deliver(&mut self.dataset.observers, now);
            if has_more {
                return true;
            }
            self.cron.database = (self.cron.database + 1) % databases;
        }
        false
    }

    /// Returns when the next key is due for removal: a key expires once the millisecond of its
    /// deadline is over, and active expiry runs at most ten times a second.
    fn next_expiry(&self, now: UnixMicros) -> Option<UnixMicros> {
        if !self.may_expire() {
            return None;
        }
        let earliest =
            self.dataset.keyspace.iter().filter_map(|db| db.earliest_deadline()).min()?;
        Some(earliest.micros().after_ms(1).max(UnixMicros(now.0 + limits::EXPIRE_PERIOD_US)))
    }

    fn periodic(&mut self, now: UnixMicros) {
        if self.instance.pauses_cron {
            return;
        }
        let stats = &mut self.instance.stats;
        stats.rates.sample(now, [stats.commands_processed, stats.input_bytes, stats.output_bytes]);
        let used_bytes = self.used_bytes() as u64;
        let stats = &mut self.instance.stats;
        stats.peak_used_bytes = stats.peak_used_bytes.max(used_bytes);
        self.dataset.observers.tracking.shrink(self.instance.config.tracking_table_max_keys as u64);
        self.close_idle(now);
        self.close_slow_readers(now);
    }

    /// Closes the clients whose unread output has exceeded the soft limit for longer than it
    /// allows, and restarts the time for those that have caught up since.
    fn close_slow_readers(&mut self, now: UnixMicros) {
        let is_slow =
            |session: &&Session| session.soft_limit_since.is_some() && session.closing.is_none();
        let slow: Vec<ClientId> =
            self.instance.clients.iter().filter(is_slow).map(|session| session.id).collect();
        for client in slow {
            self.instance.limit_output(client, now);
            if self.instance.clients[client].closing.is_some() {
                self.instance.effects.push_back(Effect::Close { client, flush: false });
            }
            self.instance.clients.recount(client);
        }
    }

    fn close_idle(&mut self, now: UnixMicros) {
        let timeout_us = self.instance.config.timeout as u64 * 1_000_000;
        if timeout_us == 0 {
            return;
        }
        let idle: Vec<ClientId> = self
            .instance
            .clients
            .iter()
            .filter(|session| {
                !session.is_held()
                    && session.role == Role::Normal
                    && session.subscriptions.is_none()
            })
            .filter(|session| now.since(session.last_interaction) > timeout_us)
            .map(|session| session.id)
            .collect();
        for client in idle {
            self.instance.effects.push_back(Effect::Close { client, flush: false });
        }
    }

    /// Resumes postponed clients after the pause has ended.
    fn end_pause(&mut self, now: UnixMicros) {
        if self.instance.pause.is_some_and(|pause| pause.until <= now) {
            self.instance.unpause();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Peer;
    use crate::config::Config;
    use crate::instance::host::Host;
    use crate::random::Seed;
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::vec;
    use core::cell::Cell;

    /// A host on which everything takes five milliseconds.
    #[derive(Debug, Default)]
    struct SlowHost(Cell<u64>);

    impl Host for SlowHost {
        fn monotonic_ns(&self) -> u64 {
            self.0.set(self.0.get() + 5_000_000);
            self.0.get()
        }
    }

    #[test]
    fn the_latency_monitor_records_periodic_work() {
        let now = UnixMicros(SECOND);
        let config = Config {
            latency_monitor_threshold: 1,
            maxmemory_policy: "allkeys-lru",
            ..Config::default()
        };
        let mut engine = Engine::with_host(config, Seed(1), Box::new(SlowHost::default()), now);
        let client = engine.connect(Peer::local(), now).expect("there is room");
        let events = |engine: &mut Engine, request: &[u8], now| {
            engine.receive(client, request, now);
            engine.tick(UnixMicros(now.0 + SECOND));
            engine.receive(client, b"LATENCY LATEST\n", now);
            let reply: Vec<u8> = engine.output(client).slices().flatten().copied().collect();
            engine.consume(client, reply.len(), now);
            let known = ["expire-cycle", "eviction-cycle", "fast-command", "command"];
            let is_listed = |name: &&str| {
                reply.windows(name.len() + 1).any(|bytes| bytes == format!("{name}\r").as_bytes())
            };
            known.into_iter().filter(is_listed).collect::<Vec<_>>()
        };
        assert_eq!(events(&mut engine, b"SET k v PX 1\n", now), vec!["expire-cycle", "command"]);
        let request = b"LATENCY RESET\nSET k v\nCONFIG SET maxmemory 1\n";
        assert!(events(&mut engine, request, now).contains(&"eviction-cycle"));
    }

    const SECOND: u64 = 1_000_000;

    /// Returns an engine and a client that has left four values of 50 KB unread, with a soft limit
    /// of 100 KB for ten seconds.
    fn slow_reader(now: UnixMicros) -> (Engine, ClientId) {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), now).expect("there is room");
        engine.receive(client, b"CONFIG SET client-output-buffer-limit 'normal 0 100kb 10'\n", now);
        engine.receive(client, b"SETRANGE k 49999 x\n", now);
        engine.consume(client, engine.output(client).len(), now);
        engine.receive(client, &b"GET k\n".repeat(4), now);
        assert!(engine.output(client).len() > 200_000);
        (engine, client)
    }

    fn is_closed(engine: &mut Engine, seconds: core::ops::Range<u64>) -> bool {
        for second in seconds {
            engine.tick(UnixMicros(second * SECOND));
        }
        core::iter::from_fn(|| engine.poll_effect())
            .any(|effect| matches!(effect, Effect::Close { flush: false, .. }))
    }

    #[test]
    fn exceeding_the_soft_output_limit_for_its_time_closes_the_client() {
        let (mut engine, _) = slow_reader(UnixMicros(SECOND));
        assert!(!is_closed(&mut engine, 1..12));
        assert!(is_closed(&mut engine, 12..13));
    }

    #[test]
    fn reading_below_the_soft_output_limit_restarts_its_time() {
        let (mut engine, client) = slow_reader(UnixMicros(SECOND));
        engine.consume(client, 110_000, UnixMicros(5 * SECOND));
        assert!(!is_closed(&mut engine, 5..60));
        engine.receive(client, b"GET k\n", UnixMicros(60 * SECOND));
        assert!(!is_closed(&mut engine, 60..71));
        assert!(is_closed(&mut engine, 71..72));
    }
}
