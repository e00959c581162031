//! Redstart beside redis-server: the same load on the same machine in the same run, and the ratio
//! of the two.
//!
//! `tests/bench/run` builds and runs it; `--help` lists the parts. Which file answers which question:
//! `load.rs` CPU a request, requests a second and latency; `types.rs` the same of collections, and their memory; `growth.rs` pauses, `pauses.rs` what of them is the engine's own; `memory.rs` bytes a key and a connection;
//! `eviction.rs` hit rates; `callgrind.rs` instructions a request; `tls.rs` the load over TLS, handshakes and idle clients behind it; `pubsub.rs` CPU a publish, delivery and memory; `settings.rs` what settings cost; `start.rs` the time until a server answers; `floor.rs` what the kernel and mio take by themselves; `aims.rs` what is aimed at.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use clap::Parser;
use nix::sched::{sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

mod aims;
mod callgrind;
mod client;
mod collections;
mod driver;
mod eviction;
mod floor;
mod growth;
mod latency;
mod load;
mod memory;
mod pauses;
mod process;
mod pubsub;
mod redis_benchmark;
mod report;
mod settings;
mod start;
mod tls;
mod types;
mod workload;

use load::{Plan, With};
use process::Program;
use report::{Report, progress};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures Redstart beside redis-server. Without a part, the load is measured.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Part: CPU a request, requests a second, latency, under load
    #[arg(long)]
    load: bool,
    /// Part: CPU a request of commands on lists, hashes, sets, sorted sets, streams, ..., and the
    /// memory of collections
    #[arg(long)]
    types: bool,
    /// Of the load, the types and the instructions, only the rows whose names contain this, as in
    /// "SET 64 KiB"
    #[arg(long, default_value = "")]
    only: String,
    /// Part: pauses while the keyspace grows, is flushed, and expires
    #[arg(long)]
    growth: bool,
    /// Part: the longest calls of the engine in process, with the keys of the growth
    #[arg(long)]
    pauses: bool,
    /// Part: resident memory of keys and of idle connections
    #[arg(long)]
    memory: bool,
    /// Part: hit rates of caches that are too small
    #[arg(long)]
    eviction: bool,
    /// Part: the load over TLS (by redis-benchmark), CPU a handshake, memory of idle connections
    #[arg(long)]
    tls: bool,
    /// Part: ten thousand subscribers: CPU a publish, time until delivered, memory
    #[arg(long)]
    pubsub: bool,
    /// Part: CPU a request with a memory limit, and without accounts of latency
    #[arg(long)]
    settings: bool,
    /// Part: the time from a server's start to its first reply, and what it holds then
    #[arg(long)]
    start: bool,
    /// Part: instructions a request, by callgrind
    #[arg(long)]
    instructions: bool,
    /// All parts
    #[arg(long)]
    all: bool,
    /// Fewer rows, rounds and keys
    #[arg(long)]
    quick: bool,
    /// Load also a loop that only counts requests, and answers GET from a table and all else with
    /// +OK
    #[arg(long)]
    floor: bool,
    /// Who sends the load
    #[arg(long, value_enum, default_value_t = With::Own)]
    driver: With,
    /// Rounds of load a row
    #[arg(long)]
    rounds: Option<usize>,
    /// Milliseconds of load a round and server
    #[arg(long)]
    window_ms: Option<u64>,
    /// Connections of the load
    #[arg(long, default_value_t = 50)]
    clients: usize,
    /// Keys of the load and of the memory [default: a million; a quarter for the load with --quick]
    #[arg(long)]
    keys: Option<u64>,
    /// Keys of the growth [default: ten million, or one with --quick]
    #[arg(long)]
    growth_keys: Option<u64>,
    /// Fixes which keys are drawn
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Let the scheduler place the processes; else the servers are bound to the first CPU and
    /// the driver of the load to the second, which takes most of the noise away
    #[arg(long)]
    unpinned: bool,
    /// The server to compare with
    #[arg(long, default_value = "redis-server")]
    reference: String,
    /// The server that is measured
    #[arg(long, default_value = "target/release/redstart")]
    subject: String,
    /// Write the report to this file as well
    #[arg(long)]
    markdown: Option<PathBuf>,
    #[arg(long, hide = true)]
    serve_floor: bool,
    #[arg(long, hide = true, default_value_t = 0)]
    port: u16,
    #[arg(long, hide = true)]
    bind: Option<String>,
}

impl Options {
    fn pinned(&self) -> bool {
        !self.unpinned && available_parallelism().is_ok_and(|cpus| cpus.get() > 1)
    }

    fn plan(&self) -> Plan {
        let (rounds, window_ms, keys) =
            if self.quick { (3, 250, 250_000) } else { (5, 1000, 1_000_000) };
        Plan {
            with: self.driver,
            clients: self.clients,
            keys: self.keys.unwrap_or(keys),
            rounds: self.rounds.unwrap_or(rounds),
            window: Duration::from_millis(self.window_ms.unwrap_or(window_ms)),
            seed: self.seed,
            quick: self.quick,
            only: self.only.clone(),
            tls: None,
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = if options.serve_floor { floor::serve(options.port) } else { measure(&options) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    let began = Instant::now();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let cpu = options.pinned().then_some(0);
    let reference = Program::new(
        "redis-server",
        &options.reference,
        &["--save", "", "--appendonly", "no"],
        cpu,
    );
    let subject = Program::new("redstart", &options.subject, &["--save", ""], cpu);
    let own_path = std::env::current_exe()?.display().to_string();
    let floor =
        options.floor.then(|| Program::new(floor::LABEL, &own_path, &["--serve-floor"], cpu));
    let both = [&reference, &subject];

    let mut report = Report::new(options.markdown.clone());
    report.text(&report::circumstances(&both)?)?;
    let named = options.load
        || options.pauses
        || options.types
        || options.growth
        || options.memory
        || options.eviction
        || options.tls
        || options.pubsub
        || options.settings
        || options.start
        || options.instructions;
    let part = |wanted: bool| wanted || options.all;
    if part(options.load || !named) {
        let programs = [&reference, &subject, &reference];
        apart(options, || load::compare(programs, floor.as_ref(), &options.plan(), &mut report))?;
    }
    if part(options.types) {
        types::compare(
            [&reference, &subject, &reference],
            floor.as_ref(),
            &options.plan(),
            &options.only,
            &mut report,
        )?;
        types::weigh(both, &options.only, &mut report)?;
    }
    if part(options.growth) {
        let default = if options.quick { 1_000_000 } else { 10_000_000 };
        growth::compare(both, options.growth_keys.unwrap_or(default), &mut report)?;
    }
    if part(options.pauses) {
        let default = if options.quick { 1_000_000 } else { 10_000_000 };
        pauses::measure(options.growth_keys.unwrap_or(default), &mut report)?;
    }
    if part(options.memory) {
        memory::compare(both, options.keys.unwrap_or(1_000_000), 10_000, &mut report)?;
    }
    if part(options.eviction) {
        eviction::compare(both, if options.quick { 15 } else { 45 }, options.seed, &mut report)?;
    }
    if part(options.tls) {
        let plan = Plan { tls: Some(tls::Certificates::new()?), ..options.plan() };
        let programs = [&reference, &subject, &reference];
        apart(options, || tls::compare(programs, plan, &mut report))?;
    }
    let plan = options.plan();
    if part(options.settings) {
        let programs = [&reference, &subject, &reference];
        apart(options, || settings::compare(programs, &plan, &mut report))?;
    }
    if part(options.pubsub) {
        apart(options, || pubsub::compare(both, plan.rounds, plan.window, &mut report))?;
    }
    if part(options.start) {
        start::compare(both, if options.quick { 5 } else { 21 }, &mut report)?;
    }
    if part(options.instructions) {
        callgrind::compare(both, &options.only, options.seed, &mut report)?;
    }
    report.text(&format!("The whole run took {:.0} s.", began.elapsed().as_secs_f64()))
}

/// Does what drives a load from the second CPU, for the servers have the first.
fn apart(options: &Options, measure: impl FnOnce() -> Result<()>) -> Result<()> {
    let this = Pid::from_raw(0);
    let free = sched_getaffinity(this)?;
    if options.pinned() {
        process::bind_to_cpu(this, 1)?;
    }
    measure()?;
    Ok(sched_setaffinity(this, &free)?)
}
