//! How long answers take: the histogram of a load, and a probe that feels for pauses.
//!
//! The probe is one connection that sends `PING` every millisecond. What it waits is the engine's
//! doing only in part: on a busy machine either process may sit in the run queue. So the probe also
//! reads the server's CPU clock, and counts as the engine's share what the server ran while the
//! probe waited, less what the probe itself waited for a CPU.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nix::time::ClockId;

use crate::Result;
use crate::client::Client;
use crate::process::Server;

const PROBE_INTERVAL: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(600);

/// A histogram of times up to ten minutes, right to three digits.
pub(crate) fn nanoseconds() -> Histogram<u64> {
    Histogram::new_with_bounds(100, LONGEST.as_nanos() as u64, 3)
        .expect("the bounds are ones that hdrhistogram takes")
}

/// A quantile in microseconds.
pub(crate) fn quantile_us(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1e3
}

/// What a probe has felt, in nanoseconds.
#[derive(Debug)]
pub(crate) struct Pauses {
    /// From `PING` to `PONG`. A pause is counted for each `PING` that should have been sent
    /// meanwhile.
    pub(crate) wall: Histogram<u64>,
    /// The part of it in which the server ran.
    pub(crate) engine: Histogram<u64>,
}

/// A thread that pings a server until it is told to stop.
pub(crate) struct Probe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<std::result::Result<Pauses, String>>,
}

impl Probe {
    pub(crate) fn start(server: &Server) -> Result<Self> {
        let client = server.client()?;
        let clock = server.clock();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = spawn(move || probe(client, clock, &told).map_err(|error| error.to_string()));
        Ok(Self { stop, thread })
    }

    pub(crate) fn stop(self) -> Result<Pauses> {
        self.stop.store(true, Ordering::Relaxed);
        Ok(self.thread.join().map_err(|_| "the probe panicked")??)
    }
}

fn probe(mut client: Client, clock: ClockId, stop: &AtomicBool) -> Result<Pauses> {
    let mut pauses = Pauses { wall: nanoseconds(), engine: nanoseconds() };
    let queue = RunQueue::open()?;
    while !stop.load(Ordering::Relaxed) {
        sleep(PROBE_INTERVAL);
        let (queued, ran) = (queue.waited()?, clock.now()?);
        let sent = Instant::now();
        client.command(&["PING"])?;
        let wall = sent.elapsed();
        let ran = Duration::from(clock.now()?).saturating_sub(ran.into());
        let engine = ran.min(wall.saturating_sub(queue.waited()?.saturating_sub(queued)));
        let interval = PROBE_INTERVAL.as_nanos() as u64;
        pauses.wall.record_correct(wall.as_nanos() as u64, interval)?;
        pauses.engine.record_correct(engine.as_nanos() as u64, interval)?;
    }
    Ok(pauses)
}

/// How long this thread has been ready to run and was not let.
struct RunQueue(File);

impl RunQueue {
    fn open() -> Result<Self> {
        Ok(Self(File::open("/proc/thread-self/schedstat")?))
    }

    fn waited(&self) -> Result<Duration> {
        let mut text = [0; 80];
        let len = self.0.read_at(&mut text, 0)?;
        let field = str::from_utf8(&text[..len])?
            .split_whitespace()
            .nth(1)
            .ok_or("schedstat without a wait")?;
        Ok(Duration::from_nanos(field.parse()?))
    }
}
