//! Throughput, CPU time and latency under load.
//!
//! All servers stay up, one beside the other, and take turns: a window of load each, several
//! rounds, the order turned round by round. What the machine does to one it does to the next, so a
//! ratio is taken within each round, and the median of the rounds is shown. A second redis-server
//! runs along: its ratio to the first would be 1.00 on a machine without noise. CPU time a request
//! is the figure to go by; requests a second tell as much of the client, which shares the machine,
//! and latency under a closed loop is mostly the wait for the other connections' requests.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use redstart_core::random::Seed;

use crate::client::Client;
use crate::driver::{Driver, Until};
use crate::latency::quantile_us;
use crate::process::{Program, Server};
use crate::report::{Report, Table, progress, short, thousands};
use crate::tls::Certificates;
use crate::workload::{Arg, Command, Keys, Replies, Workload};
use crate::{Result, aims, redis_benchmark};

/// Part of a window that goes before it, unmeasured.
const WARM_UP: u32 = 5;

/// Who sends the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum With {
    /// This program's own loop.
    Own,
    /// The redis-benchmark of the distribution.
    RedisBenchmark,
}

/// How to measure.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) with: With,
    pub(crate) clients: usize,
    pub(crate) keys: u64,
    pub(crate) rounds: usize,
    pub(crate) window: Duration,
    pub(crate) seed: u64,
    pub(crate) quick: bool,
    /// What the names of the rows contain.
    pub(crate) only: String,
    /// With these the load goes over TLS, sent by redis-benchmark.
    pub(crate) tls: Option<Certificates>,
}

impl Plan {
    /// The rows of the table, grouped by what the keyspace holds meanwhile.
    fn groups(&self) -> Vec<Vec<Workload>> {
        use Command::{Get, Ping, Set};
        let with_small: &[Command] = &[Ping, Set, Get];
        let mut groups = if self.tls.is_some() {
            vec![
                self.group(with_small, 16, &[1, 16]),
                self.group(&[Set, Get], 1024, &[1, 16]),
                self.group(&[Set, Get], 65536, &[1]),
            ]
        } else {
            self.plain_groups()
        };
        for group in &mut groups {
            group.retain(|workload| name(workload).join(" ").contains(&self.only));
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    fn plain_groups(&self) -> Vec<Vec<Workload>> {
        use Command::{Get, Incr, Mset, Ping, Set};
        let small: &[Command] =
            if self.quick { &[Ping, Set, Get] } else { &[Ping, Set, Get, Mset] };
        let mut groups =
            vec![self.group(small, 16, &[1, 16, 64]), self.group(&[Incr], 0, &[1, 16, 64])];
        if !self.quick {
            groups.push(self.group(&[Set, Get, Mset], 1024, &[1, 16, 64]));
        }
        groups.push(self.group(&[Set, Get], 65536, if self.quick { &[1] } else { &[1, 16] }));
        groups
    }

    fn group(&self, commands: &[Command], value_len: usize, pipelines: &[usize]) -> Vec<Workload> {
        // A million values of 64 KiB would fill the machine; a thousand already are more than its
        // caches hold.
        let count = if value_len > 1024 { self.keys.min(1000) } else { self.keys };
        let prefix = if commands == [Command::Incr] { "counter:" } else { "key:" };
        let keys = match self.with {
            With::Own => Keys::new(prefix, count),
            With::RedisBenchmark => Keys::of_redis_benchmark(prefix, count),
        };
        let row = |&command, &pipeline| Workload { command, value_len, pipeline, keys };
        commands
            .iter()
            .flat_map(|command| pipelines.iter().map(move |pipeline| row(command, pipeline)))
            .collect()
    }
}

/// One server under load.
pub(crate) struct Side {
    pub(crate) label: String,
    server: Server,
    /// Where the load goes.
    address: SocketAddr,
    driver: Driver,
    pub(crate) client: Client,
    is_floor: bool,
    miscounted: u64,
}

/// What one window says, times in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    rate: f64,
    user: f64,
    system: f64,
    /// p50, p99, p99.9.
    latency: [f64; 3],
}

impl Sample {
    fn cpu(&self) -> f64 {
        self.user + self.system
    }
}

impl Side {
    pub(crate) fn start(program: &Program, plan: &Plan) -> Result<Self> {
        let (server, address) = match &plan.tls {
            Some(certificates) => certificates.start(program, &[])?,
            None => {
                let server = program.start(&[])?;
                let address = server.address();
                (server, address)
            }
        };
        let driver = Driver::connect(server.address(), plan.clients, Seed(plan.seed))?;
        let client = server.client()?;
        let is_floor = program.label == crate::floor::LABEL;
        Ok(Self {
            label: program.label.clone(),
            server,
            address,
            driver,
            client,
            is_floor,
            miscounted: 0,
        })
    }

    pub(crate) fn fill(&mut self, workload: &Workload) -> Result<()> {
        let request = [Arg::Word(b"SET"), Arg::Key, Arg::Word(&workload.fill())];
        self.client.command(&["FLUSHALL"])?;
        self.client.fill(&request, workload.keys, 0..workload.keys.count)
    }

    fn measure(&mut self, workload: &Workload, plan: &Plan) -> Result<Sample> {
        match plan.with {
            With::Own => self.measure_own(workload, plan.window),
            With::RedisBenchmark => self.measure_redis_benchmark(workload, plan),
        }
    }

    fn measure_own(&mut self, workload: &Workload, window: Duration) -> Result<Sample> {
        let replies = match (self.is_floor, workload.command) {
            (false, _) | (true, Command::Get) => workload.replies(),
            (true, _) => Replies::Exactly(b"+OK\r\n".repeat(workload.pipeline)),
        };
        let (batch, requests) = (workload.batch(), workload.pipeline);
        self.driver.run(&batch, requests, &replies, Until::Elapsed(window / WARM_UP))?;
        let served = self.served()?;
        let cpu = self.server.cpu()?;
        let window = self.driver.run(&batch, requests, &replies, Until::Elapsed(window))?;
        let (user, system) = self.server.cpu()?.since(cpu);
        if let (Some(before), Some(after)) = (served, self.served()?) {
            // The INFO that asked is one more.
            self.miscounted += (after - before).abs_diff(window.requests + 1);
        }
        let requests = window.requests as f64;
        Ok(Sample {
            rate: requests / window.elapsed.as_secs_f64(),
            user: user * 1e6 / requests,
            system: system * 1e6 / requests,
            latency: [0.5, 0.99, 0.999].map(|quantile| quantile_us(&window.latency, quantile)),
        })
    }

    fn measure_redis_benchmark(&mut self, workload: &Workload, plan: &Plan) -> Result<Sample> {
        let authority = plan.tls.as_ref().map(Certificates::authority);
        let address = self.address;
        let run =
            |requests| redis_benchmark::run(address, authority, workload, plan.clients, requests);
        let trial = run(workload.pipeline as u64 * 2000)?;
        let count = (trial.rate * plan.window.as_secs_f64()) as u64;
        let served = self.served()?.ok_or("INFO stats without total_commands_processed")?;
        let (cpu, start) = (self.server.cpu()?, Instant::now());
        let run = run(count)?;
        let elapsed = start.elapsed().as_secs_f64();
        let (user, system) = self.server.cpu()?.since(cpu);
        let served = self.served()?.ok_or("INFO stats without total_commands_processed")? - served;
        let requests = served as f64;
        Ok(Sample {
            rate: requests / elapsed,
            user: user * 1e6 / requests,
            system: system * 1e6 / requests,
            latency: [run.p50_us, run.p99_us, f64::NAN],
        })
    }

    /// The server's own count of commands.
    fn served(&mut self) -> Result<Option<u64>> {
        self.client.info_number("stats", "total_commands_processed")
    }
}

/// Loads the reference, the subject, and the reference once more for the noise; then the floor, if
/// wanted.
pub(crate) fn compare(
    programs: [&Program; 3],
    floor: Option<&Program>,
    plan: &Plan,
    report: &mut Report,
) -> Result<()> {
    let sides = programs.into_iter().chain(floor);
    let mut sides = sides.map(|program| Side::start(program, plan)).collect::<Result<Vec<_>>>()?;
    let mut tables = Tables::new(&sides, if plan.tls.is_some() { " over TLS" } else { "" });
    for group in plan.groups() {
        for side in &mut sides {
            side.fill(&group[0])?;
        }
        for workload in group {
            let rounds = take_turns(&mut sides, &workload, plan)?;
            tables.add(&Row { workload, rounds, is_over_tls: plan.tls.is_some() });
        }
    }
    report.table(&tables.cpu)?;
    report.table(&tables.rate)?;
    report.table(&tables.latency)?;
    let check = match plan.with {
        With::Own => {
            let miscounted: u64 = sides.iter().map(|side| side.miscounted).sum();
            format!("requests that the servers and the driver count differently: {miscounted}")
        }
        With::RedisBenchmark => "requests as the servers count them".to_owned(),
    };
    report.text(&format!(
        "{} rounds of {:?} a row and server, {} connections, {} keys (1000 of 64 KiB), seed {}; \
         driver: {:?}; {check}.\n",
        plan.rounds, plan.window, plan.clients, plan.keys, plan.seed, plan.with
    ))
}

/// For each round, one sample of each side.
pub(crate) fn take_turns(
    sides: &mut [Side],
    workload: &Workload,
    plan: &Plan,
) -> Result<Vec<Vec<Sample>>> {
    progress(&format!(
        "{} of {} bytes, pipeline {}",
        workload.command, workload.value_len, workload.pipeline
    ));
    let mut rounds = Vec::new();
    for round in 0..plan.rounds {
        let mut samples = vec![None; sides.len()];
        for turn in 0..sides.len() {
            let side = (round + turn) % sides.len();
            samples[side] = Some(sides[side].measure(workload, plan)?);
        }
        rounds.push(samples.into_iter().flatten().collect());
    }
    Ok(rounds)
}

struct Tables {
    cpu: Table,
    rate: Table,
    latency: Table,
}

impl Tables {
    fn new(sides: &[Side], over: &str) -> Self {
        let (reference, subject) = (sides[0].label.as_str(), sides[1].label.as_str());
        let itself = format!("{reference} to itself");
        let table = |title: &str, what, figures: &[&str]| {
            Table::new(title, &[&[what, "value", "pipeline", reference, subject], figures].concat())
        };
        let mut cpu_figures = vec!["ratio", "aim", &itself];
        if let Some(floor) = sides.get(3) {
            cpu_figures.extend([floor.label.as_str(), "its ratio"]);
        }
        Self {
            cpu: table(&format!("CPU{over}"), "CPU µs a request (user + system)", &cpu_figures),
            rate: table(&format!("Throughput{over}"), "requests/s", &["ratio", &itself]),
            latency: table(
                &format!("Latency under load{over}"),
                "p50 / p99 / p99.9 µs of a pipeline",
                &[],
            ),
        }
    }

    fn add(&mut self, row: &Row) {
        self.cpu.row(row.cpu());
        self.rate.row(row.rate());
        self.latency.row(row.latency());
    }
}

/// The rounds of one workload, ready to be shown. Sides are in the order of [`compare`].
pub(crate) struct Row {
    pub(crate) workload: Workload,
    pub(crate) rounds: Vec<Vec<Sample>>,
    pub(crate) is_over_tls: bool,
}

impl Row {
    fn median(&self, figure: impl Fn(&[Sample]) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.rounds.iter().map(|samples| figure(samples)).collect();
        figures.sort_by(f64::total_cmp);
        let middle = figures.len() / 2;
        if figures.len() % 2 == 1 {
            figures[middle]
        } else {
            f64::midpoint(figures[middle - 1], figures[middle])
        }
    }

    pub(crate) fn cpu(&self) -> Vec<String> {
        let of = |side: usize| {
            let user = self.median(|samples| samples[side].user);
            let system = self.median(|samples| samples[side].system);
            let whole = self.median(|samples| samples[side].cpu());
            format!("{} ({} + {})", short(whole), short(user), short(system))
        };
        let ratio = |side: usize| self.median(|samples| samples[side].cpu() / samples[0].cpu());
        let aim = aims::verdict(ratio(1), aims::cpu_ratio(&self.workload, self.is_over_tls));
        let mut row = name(&self.workload).to_vec();
        row.extend([of(0), of(1), short(ratio(1)), aim, short(ratio(2))]);
        if self.rounds[0].len() > 3 {
            row.extend([of(3), short(ratio(3))]);
        }
        row
    }

    fn rate(&self) -> Vec<String> {
        let of = |side: usize| thousands(self.median(|samples| samples[side].rate));
        let ratio =
            |side: usize| short(self.median(|samples| samples[side].rate / samples[0].rate));
        [name(&self.workload).to_vec(), vec![of(0), of(1), ratio(1), ratio(2)]].concat()
    }

    fn latency(&self) -> Vec<String> {
        let of = |side: usize| {
            let quantiles =
                [0, 1, 2].map(|index| self.median(|samples| samples[side].latency[index]));
            quantiles.map(|us| if us.is_nan() { "-".to_owned() } else { thousands(us) }).join(" / ")
        };
        [name(&self.workload).to_vec(), vec![of(0), of(1)]].concat()
    }
}

/// Command, value and pipeline, as a row tells them.
fn name(workload: &Workload) -> [String; 3] {
    let Workload { command, value_len, pipeline, .. } = workload;
    let value = match value_len {
        0 => "-".to_owned(),
        _ if *command == Command::Ping => "-".to_owned(),
        len @ 1024.. => format!("{} KiB", len / 1024),
        len => format!("{len} B"),
    };
    [command.to_string(), value, pipeline.to_string()]
}
