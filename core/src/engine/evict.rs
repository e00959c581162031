//! Memory limits: keys are evicted, and clients disconnected, until memory usage is below the
//! limits.
//!
//! This happens before a command runs, as in Redis, and takes a bounded time:
//! `maxmemory-eviction-tenacity` limits how many keys are evicted at once. If that is not enough,
//! the command runs all the same, and a client's next turn or the next tick continues. Commands
//! that could use more memory are refused only if no key is left that may be evicted.

use alloc::vec::Vec;

use super::Engine;
use super::turn::Turn;
use crate::client::ClientId;
use crate::command::spec::{Flag, Spec};
use crate::dataset::evict::Choice;
use crate::instance::Effect;
use crate::resp::input::Input;
use crate::session::{Closing, Session};
use crate::sort;
use crate::time::UnixMicros;

/// The outcome of an attempt to get below the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// Memory usage is below the limit.
    Enough,
    /// Memory usage is above the limit, but there is more to evict.
    Soon,
    /// Memory usage is above the limit, and nothing can be evicted.
    None,
}

impl Engine {
    /// Returns `true` if a ceiling is the only limit, and not even half of it is used. Then nothing
    /// need be counted exactly before a command.
    #[inline]
    pub(super) fn has_ample_memory(&self) -> bool {
        let config = &self.instance.config;
        let Some(ceiling) = config.memory_ceiling else { return false };
        config.maxmemory == 0
            && config.maxmemory_clients == 0
            && !self.instance.stats.is_limit_exceeded()
            && self.used_bytes() < ceiling / 2
    }

    /// Makes room for the command that a client has sent. Returns `true` if there is no room. May
    /// disconnect the client itself.
    #[cold]
    pub(super) fn make_room(&mut self, turn: &mut Turn) -> bool {
        self.instance.clients.recount_running(turn.client, &turn.output);
        self.disconnect_largest();
        if self.instance.clients[turn.client].closing.is_some() {
            return false;
        }
        let room = self.evict_some(turn.now);
        self.append_messages(turn);
        room == Room::None
    }

    /// Continues an eviction that exceeded what one command waits for. Returns `true` if there is
    /// still more to do.
    pub(super) fn evict_more(&mut self, now: UnixMicros) -> bool {
        self.disconnect_largest();
        self.instance.is_evicting && self.evict_some(now) == Room::Soon
    }

    /// Returns `true` if a command is refused while memory is short: if it may use more, or is an
    /// `EXEC` that has such a command queued.
    pub(super) fn needs_room(&self, session: &Session, spec: &Spec) -> bool {
        let may_use_more =
            |command: usize| self.commands.command(command).spec.flags.has(Flag::DenyOom);
        let queued = session.transaction.iter().flat_map(|transaction| &transaction.commands);
        spec.flags.has(Flag::DenyOom)
            || spec.flags.has(Flag::RunsQueue)
                && queued.map(|queued| queued.command).any(may_use_more)
    }

    /// Evicts keys until enough memory is free, at most as many as are allowed at once.
    fn evict_some(&mut self, now: UnixMicros) -> Room {
        let Some(limit) = self.instance.config.memory_limit() else { return Room::Enough };
        if self.instance.pause_at(now).is_some() {
            return Room::Enough;
        }
        if self.used_bytes() as u64 <= limit {
            self.instance.is_evicting = false;
            self.instance.stats.note_limit_exceeded(false, now);
            return Room::Enough;
        }
        let choice = self.instance.eviction_policy.map(|policy| Choice {
            policy,
            samples: usize::try_from(self.instance.config.maxmemory_samples).unwrap_or(usize::MAX),
            decay_minutes: self.instance.config.lfu_decay_time as u32,
            now,
        });
        let most = max_at_once(self.instance.config.maxmemory_eviction_tenacity);
        let (mut left, started_ns) = (most, self.instance.host.monotonic_ns());
        let room = loop {
            if self.used_bytes() as u64 <= limit {
                break Room::Enough;
            }
            let Some(choice) = &choice else { break Room::None };
            if left == 0 {
                break Room::Soon;
            }
            if !self.dataset.evict_one(choice) {
                break Room::None;
            }
            left -= 1;
        };
        if left < most {
            self.note_latency("eviction-cycle", started_ns, now);
        }
        self.instance.deliver(&mut self.dataset.observers, now);
        self.instance.is_evicting = room == Room::Soon;
        self.instance.stats.note_limit_exceeded(room != Room::Enough, now);
        room
    }

    /// Reports the duration of an event to the latency monitor.
    pub(super) fn note_latency(&mut self, event: &'static str, started_ns: u64, now: UnixMicros) {
        let threshold_ms = self.instance.config.latency_monitor_threshold as u64;
        if threshold_ms == 0 {
            return;
        }
        let ended_ns = self.instance.host.monotonic_ns();
        let duration_ms = ended_ns.saturating_sub(started_ns) / 1_000_000;
        if duration_ms >= threshold_ms {
            self.instance.latency.record(event, now.seconds(), duration_ms);
        }
    }

    /// Returns the memory that counts against `maxmemory`, in bytes.
    pub(crate) fn used_bytes(&self) -> usize {
        self.dataset.memory_bytes() + self.instance.clients.memory_bytes()
    }

    /// Disconnects the clients that use the most memory until all together use less than they may.
    pub(super) fn disconnect_largest(&mut self) {
        let Some(limit) = self.instance.config.client_memory_limit() else { return };
        if (self.instance.clients.memory_bytes() as u64) < limit {
            return;
        }
        let connected = self.instance.clients.iter().filter(|session| session.closing.is_none());
        let mut used = 0;
        let mut clients: Vec<(usize, ClientId)> = Vec::new();
        for session in connected {
            used += session.counted_bytes as u64;
            if !session.no_evict {
                clients.push((session.counted_bytes, session.id));
            }
        }
        sort::by(&mut clients, |(bytes, id), (other_bytes, other)| {
            other_bytes.cmp(bytes).then_with(|| id.cmp(other))
        });
        for (bytes, client) in clients {
            if used < limit {
                break;
            }
            used -= bytes as u64;
            self.instance.stats.evicted_clients += 1;
            if self.instance.running == Some(client) {
                self.instance.clients[client].closing = Some(Closing::Now);
                continue;
            }
            self.instance.clients.edit(client, |session| {
                session.closing = Some(Closing::Now);
                session.output.clear();
                session.input = Input::default();
            });
            self.instance.effects.push_back(Effect::Close { client, flush: false });
        }
    }
}

/// Returns how many keys may be evicted before other work is done. Evicting a key takes about a
/// microsecond, so Redis's default of 10 means half a millisecond.
fn max_at_once(tenacity: i64) -> usize {
    match tenacity {
        ..10 => 50 * tenacity.max(1) as usize,
        10..100 => (10..tenacity).fold(500, |most, _| most + most * 3 / 20),
        _ => usize::MAX,
    }
}
