//! The longest calls of the engine itself, in process and without sockets, while millions of keys
//! come and go.
//!
//! What a server's longest wait tells is half the machine's doing: memory that is not there yet,
//! other programs in the caches, a processor that is lent out. But the engine does the same each
//! time it is given the same. So all is done several times over, and of each call the shortest time
//! counts: what made one call long that was short in another run is not the engine's, and what it
//! does itself is in every run.

use nix::time::{ClockId, clock_gettime};
use redstart_core::client::{ClientId, Peer};
use redstart_core::config::Config;
use redstart_core::engine::Engine;
use redstart_core::random::Seed;
use redstart_core::time::UnixMicros;
use std::time::Duration;

use crate::report::{Report, Table, progress, short};
use crate::{Result, aims};

#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const RUNS: usize = 3;
/// Requests that come together: about as many as a client may send in a turn.
const REQUESTS: u64 = 300;
const START: UnixMicros = UnixMicros(1_000_000_000);
const DEADLINE_MS: u64 = 1_000_000_000;

const PHASES: [&str; 4] =
    ["insert", "FLUSHALL SYNC and what follows", "insert with PXAT", "all expire at once"];

/// How long each call took, in nanoseconds, by phase.
type Calls = [Vec<u64>; PHASES.len()];

/// Measures with `count` keys.
pub(crate) fn measure(count: u64, report: &mut Report) -> Result<()> {
    let mut shortest: Option<Calls> = None;
    for run in 1..=RUNS {
        progress(&format!("{count} keys in process, run {run} of {RUNS}"));
        let calls = Run::new().all(count);
        shortest = Some(match shortest {
            None => calls,
            Some(before) => shorter(before, calls)?,
        });
    }
    let title = format!("Longest calls in process, {count} keys, shortest of {RUNS} runs");
    let mut table = Table::new(&title, &["phase", "calls", "p50 µs", "p99.9 µs", "max ms", "aim"]);
    for (phase, mut calls) in PHASES.iter().zip(shortest.unwrap_or_default()) {
        calls.sort_unstable();
        let us = |quantile: f64| {
            short(calls[((calls.len() - 1) as f64 * quantile) as usize] as f64 / 1e3)
        };
        let max = calls.last().copied().unwrap_or_default() as f64 / 1e6;
        let verdict = aims::verdict(max, aims::PAUSE_MS);
        let (p50, p999) = (us(0.5), us(0.999));
        table.row(vec![(*phase).into(), calls.len().to_string(), p50, p999, short(max), verdict]);
    }
    report.table(&table)
}

fn shorter(before: Calls, calls: Calls) -> Result<Calls> {
    let mut shortest = before;
    for (shortest, calls) in shortest.iter_mut().zip(calls) {
        if shortest.len() != calls.len() {
            return Err("the engine did not do the same twice".into());
        }
        shortest.iter_mut().zip(calls).for_each(|(shortest, ns)| *shortest = (*shortest).min(ns));
    }
    Ok(shortest)
}

struct Run {
    engine: Engine,
    client: ClientId,
    now: UnixMicros,
    calls: Vec<u64>,
}

impl Run {
    fn new() -> Self {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), START).expect("there is room for one client");
        Self { engine, client, now: START, calls: Vec::new() }
    }

    fn all(mut self, count: u64) -> Calls {
        let insert = self.phase(|run| run.insert(count, ""));
        let flush = self.phase(|run| {
            run.receive(b"FLUSHALL SYNC\n");
            run.tick();
        });
        let insert_mortal = self.phase(|run| run.insert(count, &format!(" PXAT {DEADLINE_MS}")));
        let expire = self.phase(|run| {
            run.now = UnixMicros((DEADLINE_MS + 1) * 1000);
            run.tick();
        });
        self.receive(b"DBSIZE\n");
        [insert, flush, insert_mortal, expire]
    }

    fn phase(&mut self, act: impl FnOnce(&mut Self)) -> Vec<u64> {
        act(self);
        std::mem::take(&mut self.calls)
    }

    fn insert(&mut self, count: u64, options: &str) {
        let mut next = 0;
        while next < count {
            let keys = next..count.min(next + REQUESTS);
            next = keys.end;
            let requests: String =
                keys.map(|key| format!("SET key:{key} xxxxxxxxxxxxxxxx{options}\n")).collect();
            self.receive(requests.as_bytes());
            self.now = UnixMicros(self.now.0 + 300);
            self.tick();
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        let (client, now) = (self.client, self.now);
        self.time(|engine| engine.receive(client, bytes, now));
        self.engine.consume(client, self.engine.output(client).len(), now);
    }

    /// Ticks until nothing is left to do just now.
    fn tick(&mut self) {
        let now = self.now;
        while self.time(|engine| engine.tick(now)) == now {}
    }

    fn time<T>(&mut self, act: impl FnOnce(&mut Engine) -> T) -> T {
        let before = cpu();
        let result = act(&mut self.engine);
        self.calls.push((cpu() - before).as_nanos() as u64);
        result
    }
}

/// What this thread has run so far.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}
