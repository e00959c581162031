//! What happens when nobody asks: expiry, time-outs, lazy freeing, samples for `INFO`.
//!
//! Redis does this `hz` times a second, for a share of its time. Here each tick does a bounded amount of work and says
//! when the next is due: at once when something is left, so that requests are served in between.

use super::Engine;
use crate::client::ClientId;
use crate::instance::{Effect, Instance};
use crate::limits;
use crate::session::{Role, Session};
use crate::time::UnixMicros;
use alloc::vec::Vec;

/// When the periodic work was last done.
#[derive(Debug, Default)]
pub(super) struct Cron {
    last: Option<UnixMicros>,
    /// The database whose expired keys are collected next.
    database: usize,
}

impl Engine {
    /// Does what is due at `now`. Returns when it must be called again, if nothing else happens before: at `now` itself
    /// when work is left.
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

    /// The next time a timeout, an expiry or a client's next turn becomes visible to a client. A front
    /// end with a virtual clock need not stop before, though [`tick`](Self::tick) asks for it.
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
        // The clock is read for the latency monitor alone.
        let is_watched = self.instance.config.latency_monitor_threshold > 0;
        let started_ns = if is_watched { self.instance.host.monotonic_ns() } else { 0 };
        let has_more = self.expire_in_turn(now);
        self.note_latency("expire-cycle", started_ns, now);
        has_more
    }

    /// Goes through the databases, from where it stopped; whether it stopped before it had seen all.
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

    /// When the next key expires; a key is due once its millisecond has begun, and the collector need not hurry more than
    /// ten times a second.
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

    /// Closes the clients that have left more unread than the soft limit for as long as it allows, and forgets that of
    /// those which have read since.
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

    /// Lets postponed clients go on once the pause is over.
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

    /// A machine on which everything takes five milliseconds.
    #[derive(Debug, Default)]
    struct SlowHost(Cell<u64>);

    impl Host for SlowHost {
        fn monotonic_ns(&self) -> u64 {
            self.0.set(self.0.get() + 5_000_000);
            self.0.get()
        }
    }

    #[test]
    fn the_latency_monitor_hears_of_what_nobody_asked_for() {
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
            let told: Vec<u8> = engine.output(client).slices().flatten().copied().collect();
            engine.consume(client, told.len(), now);
            let known = ["expire-cycle", "eviction-cycle", "fast-command", "command"];
            let is_told = |name: &&str| {
                told.windows(name.len() + 1).any(|bytes| bytes == format!("{name}\r").as_bytes())
            };
            known.into_iter().filter(is_told).collect::<Vec<_>>()
        };
        assert_eq!(events(&mut engine, b"SET k v PX 1\n", now), vec!["expire-cycle", "command"]);
        let request = b"LATENCY RESET\nSET k v\nCONFIG SET maxmemory 1\n";
        assert!(events(&mut engine, request, now).contains(&"eviction-cycle"));
    }

    const SECOND: u64 = 1_000_000;

    /// An engine with a client that has left four values of 50 KB unread, where 100 KB are too many for ten seconds.
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
    fn who_does_not_read_is_closed_once_the_soft_limit_has_lasted() {
        let (mut engine, _) = slow_reader(UnixMicros(SECOND));
        assert!(!is_closed(&mut engine, 1..12));
        assert!(is_closed(&mut engine, 12..13));
    }

    #[test]
    fn who_reads_some_of_it_has_time_again() {
        let (mut engine, client) = slow_reader(UnixMicros(SECOND));
        engine.consume(client, 110_000, UnixMicros(5 * SECOND));
        assert!(!is_closed(&mut engine, 5..60));
        engine.receive(client, b"GET k\n", UnixMicros(60 * SECOND));
        assert!(!is_closed(&mut engine, 60..71));
        assert!(is_closed(&mut engine, 71..72));
    }
}
