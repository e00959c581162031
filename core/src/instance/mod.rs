//! What one running server knows besides its data: its configuration, its clients, its figures.

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

/// Something the front end is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A client has something to read that did not come from its own `receive`, or it goes on after a wait: then its input
    /// may be wanted again.
    Write(ClientId),
    /// Close this connection, then call `disconnect`.
    Close {
        /// Whose connection.
        client: ClientId,
        /// Whether its output is to be written first.
        flush: bool,
    },
    /// End the process: somebody sent `SHUTDOWN`.
    Shutdown,
}

/// Which commands `CLIENT PAUSE` holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PauseMode {
    All,
    Writes,
}

/// A running `CLIENT PAUSE`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause {
    pub(crate) until: UnixMicros,
    pub(crate) mode: PauseMode,
}

/// The state of one server besides its data.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) config: Config,
    /// From which duration on the slow log or the latency monitor may want to know of a command: see [`Self::apply_config`].
    pub(crate) noted_from_ns: u64,
    /// Whether there is any limit to keep before a command runs: see [`Self::apply_config`].
    pub(crate) has_memory_limit: bool,
    /// Which keys are evicted, if any are: see [`Self::apply_config`].
    pub(crate) eviction_policy: Option<EvictionPolicy>,
    /// Whether keys are to be evicted although no command runs.
    pub(crate) is_evicting: bool,
    pub(crate) host: Box<dyn Host>,
    /// 40 hexadecimal digits that name this run, fixed by the seed.
    pub(crate) run_id: [u8; 40],
    /// When the first verb was called, unless the front end told.
    pub(crate) started_at: Option<UnixMicros>,
    pub(crate) acl: Acl,
    pub(crate) clients: Clients,
    pub(crate) pubsub: PubSub,
    /// The client whose command runs, if any. Its output holds only messages meanwhile: they follow the reply.
    pub(crate) running: Option<ClientId>,
    pub(crate) monitors: Vec<ClientId>,
    pub(crate) pause: Option<Pause>,
    /// Set by `CLIENT UNPAUSE` and the like: clients may have requests that can go on.
    pub(crate) resume: VecDeque<ClientId>,
    pub(crate) active_expire: bool,
    /// `DEBUG PAUSE-CRON`
    pub(crate) pauses_cron: bool,
    /// `DEBUG SET-SKIP-CHECKSUM-VALIDATION`
    pub(crate) skips_checksums: bool,
    /// What compresses the strings of dumped values.
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
            noted_from_ns: u64::MAX,
            has_memory_limit: false,
            eviction_policy: None,
            is_evicting: false,
            host,
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

    /// Adopts a changed configuration.
    pub(crate) fn apply_config(&mut self) {
        let has_limit = self.config.memory_limit().is_some();
        self.has_memory_limit = has_limit || self.config.maxmemory_clients != 0;
        self.eviction_policy = EvictionPolicy::named(self.config.maxmemory_policy);
        self.is_evicting = has_limit;
        let slow_us = u64::try_from(self.config.slowlog_log_slower_than).ok();
        let latency_ms = u64::try_from(self.config.latency_monitor_threshold).ok();
        let slow_ns = slow_us.map(|us| us.saturating_mul(1_000));
        let latency_ns = latency_ms.filter(|&ms| ms > 0).map(|ms| ms.saturating_mul(1_000_000));
        self.noted_from_ns = slow_ns.into_iter().chain(latency_ns).min().unwrap_or(u64::MAX);
    }

    /// Ends a pause, if there is one: what clients have sent meanwhile can run.
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

    /// The pause that holds at `now`.
    pub(crate) fn pause_at(&self, now: UnixMicros) -> Option<Pause> {
        self.pause.filter(|pause| now < pause.until)
    }
}
