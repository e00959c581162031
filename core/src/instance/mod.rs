//! The state of a running server apart from its data: configuration, clients and statistics.

mod access;
pub mod clients;
pub mod histogram;
pub mod host;
mod invalidations;
pub mod latency;
pub mod messages;
pub mod slowlog;
pub mod stats;

use crate::sort;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::acl::Acl;
use crate::client::ClientId;
use crate::config::Config;
use crate::dataset::evict::EvictionPolicy;
use crate::persist::rdb::lzf::Compressor;
use crate::pubsub::PubSub;
use crate::random::{Random, Seed};
use crate::session::Stall;
use crate::time::UnixMicros;
use clients::Clients;
use host::Host;
use latency::LatencyEvents;
use slowlog::Slowlog;
use stats::Stats;

/// A request to the front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write a client's output: the client has something to read that is not a reply to its own
    /// `receive`, or it resumes after a wait, in which case its buffered input may be processed
    /// again.
    Write(ClientId),
    /// Close this connection, then call `disconnect`.
    Close {
        /// The client to disconnect.
        client: ClientId,
        /// Set if its output is to be written first.
        flush: bool,
    },
    /// End the process, as requested by `SHUTDOWN`.
    Shutdown,
}

/// The commands held back by `CLIENT PAUSE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PauseMode {
    All,
    Writes,
}

/// An active `CLIENT PAUSE`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause {
    pub(crate) until: UnixMicros,
    pub(crate) mode: PauseMode,
}

/// The state of one server apart from its data.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) config: Config,
    /// The minimum duration of a command that the slow log or the latency monitor may record: see
    /// [`Self::apply_config`].
    pub(crate) slow_threshold_ns: u64,
    /// Set if a memory limit must be checked before a command runs: see [`Self::apply_config`].
    pub(crate) has_memory_limit: bool,
    /// The eviction policy, if any keys may be evicted: see [`Self::apply_config`].
    pub(crate) eviction_policy: Option<EvictionPolicy>,
    /// Set if keys must be evicted even while no command runs.
    pub(crate) is_evicting: bool,
    pub(crate) host: Box<dyn Host>,
    /// The end of the latest `DEBUG SLEEP`, which may be later than the time of the call it runs
    /// in.
    pub(crate) awake_at: UnixMicros,
    /// 40 hexadecimal digits that identify this run, derived from the seed.
    pub(crate) run_id: [u8; 40],
    /// The time of the first call, unless the front end has set it.
    pub(crate) started_at: Option<UnixMicros>,
    pub(crate) acl: Acl,
    pub(crate) clients: Clients,
    pub(crate) pubsub: PubSub,
    /// The client whose command is running, if any. Meanwhile its output holds only messages, which
    /// follow the reply.
    pub(crate) running: Option<ClientId>,
    pub(crate) monitors: Vec<ClientId>,
    pub(crate) pause: Option<Pause>,
    /// Clients whose requests may resume, filled by `CLIENT UNPAUSE` and the like.
    pub(crate) resume: VecDeque<ClientId>,
    pub(crate) active_expire: bool,
    /// Set by `DEBUG PAUSE-CRON`.
    pub(crate) pauses_cron: bool,
    /// Set by `DEBUG SET-SKIP-CHECKSUM-VALIDATION`.
    pub(crate) skips_checksums: bool,
    /// Compresses the strings of dumped values.
    pub(crate) compressor: Compressor,
    pub(crate) stats: Stats,
    pub(crate) slowlog: Slowlog,
    pub(crate) latency: LatencyEvents,
    pub(crate) effects: VecDeque<Effect>,
}

impl Instance {
    pub(crate) fn new(
        config: Config,
        seed: Seed,
        host: Box<dyn Host>,
        commands: usize,
        started_at: Option<UnixMicros>,
    ) -> Self {
        let mut random = Random::new(seed);
        let run_id = core::array::from_fn(|_| b"0123456789abcdef"[random.below(16)]);
        let mut instance = Self {
            acl: Acl::new(&config.requirepass),
            config,
            slow_threshold_ns: u64::MAX,
            has_memory_limit: false,
            eviction_policy: None,
            is_evicting: false,
            host,
            awake_at: UnixMicros::default(),
            run_id,
            started_at,
            clients: Clients::default(),
            pubsub: PubSub::default(),
            running: None,
            monitors: Vec::new(),
            pause: None,
            resume: VecDeque::new(),
            active_expire: true,
            pauses_cron: false,
            skips_checksums: false,
            compressor: Compressor::default(),
            stats: Stats::new(commands),
            slowlog: Slowlog::default(),
            latency: LatencyEvents::default(),
            effects: VecDeque::new(),
        };
        instance.apply_config();
        instance
    }

    /// Applies a changed configuration.
    pub(crate) fn apply_config(&mut self) {
        let has_limit = self.config.memory_limit().is_some();
        self.has_memory_limit = has_limit || self.config.maxmemory_clients != 0;
        self.eviction_policy = EvictionPolicy::named(self.config.maxmemory_policy);
        self.is_evicting = has_limit;
        let slow_us = u64::try_from(self.config.slowlog_log_slower_than).ok();
        let latency_ms = u64::try_from(self.config.latency_monitor_threshold).ok();
        let slow_ns = slow_us.map(|us| us.saturating_mul(1_000));
        let latency_ns = latency_ms.filter(|&ms| ms > 0).map(|ms| ms.saturating_mul(1_000_000));
        self.slow_threshold_ns = slow_ns.into_iter().chain(latency_ns).min().unwrap_or(u64::MAX);
    }

    /// Ends an active pause, so that requests received meanwhile can run.
    pub(crate) fn unpause(&mut self) {
        if self.pause.take().is_none() {
            return;
        }
        let mut postponed: Vec<ClientId> = Vec::new();
        for session in self.clients.iter_mut() {
            if session.stall == Some(Stall::Postponed) {
                session.stall = None;
                postponed.push(session.id);
            }
        }
        sort::by(&mut postponed, Ord::cmp);
        self.resume.extend(postponed);
    }

    /// Returns the pause that is active at `now`.
    pub(crate) fn pause_at(&self, now: UnixMicros) -> Option<Pause> {
        self.pause.filter(|pause| now < pause.until)
    }
}
