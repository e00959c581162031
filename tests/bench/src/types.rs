//! Commands on collections: CPU a request, and memory.
//!
//! The servers take turns as in `load.rs`. Each row starts with an empty keyspace and the keys that
//! it asks for.

use std::thread::sleep;
use std::time::Duration;

use redstart_core::random::Seed;

use crate::collections::{ROWS, Row, WEIGHED};
use crate::driver::{Driver, Until};
use crate::load::Plan;
use crate::process::{Program, Server};
use crate::report::{Report, Table, progress, short};
use crate::workload::{Batch, Replies};
use crate::{Result, aims};

/// Part of a window that goes before it, unmeasured.
const WARM_UP: u32 = 5;
const PIPELINES: [usize; 2] = [1, 16];
/// Time for a server to finish what it does behind.
const SETTLE: Duration = Duration::from_secs(1);

/// Loads the reference, the subject, and the reference once more for the noise; then the floor, if
/// it is given, with what it can answer.
pub(crate) fn compare(
    programs: [&Program; 3],
    floor: Option<&Program>,
    plan: &Plan,
    only: &str,
    report: &mut Report,
) -> Result<()> {
    let (reference, subject) = (&programs[0].label, &programs[1].label);
    let itself = format!("{reference} to itself");
    let mut columns =
        vec!["CPU µs a request", "pipeline", reference, subject, "ratio", "aim", itself.as_str()];
    columns.extend(floor.map(|_| "ratio of the floor"));
    let mut table = Table::new("Collections", &columns);
    for row in ROWS.iter().filter(|row| row.name.contains(only)) {
        let mut sides = Vec::new();
        for program in programs {
            sides.push(Side::start(program, row, plan)?);
        }
        let floor = floor.filter(|_| row.suits_the_floor());
        if let Some(floor) = floor {
            sides.push(Side::start(floor, &Row { setup: &[], ..*row }, plan)?);
        }
        for pipeline in PIPELINES {
            progress(&format!("{}, pipeline {pipeline}", row.name));
            let mut rounds = Vec::new();
            for round in 0..plan.rounds {
                let mut samples = [0.0; 4];
                for turn in 0..sides.len() {
                    let side = (round + turn) % sides.len();
                    samples[side] = sides[side].measure(row, pipeline, plan.window)?;
                }
                rounds.push(samples);
            }
            let median = |figure: &dyn Fn(&[f64; 4]) -> f64| {
                let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
                figures.sort_by(f64::total_cmp);
                figures[figures.len() / 2]
            };
            let ratio = median(&|round| round[1] / round[0]);
            let aim = if pipeline > 1 { aims::TYPE_RATIO } else { aims::TYPE_RATIO_ALONE };
            let mut cells = vec![
                row.name.to_owned(),
                pipeline.to_string(),
                short(median(&|round| round[0])),
                short(median(&|round| round[1])),
                short(ratio),
                aims::verdict(ratio, aim),
                short(median(&|round| round[2] / round[0])),
            ];
            cells.extend(floor.map(|_| short(median(&|round| round[3] / round[0]))));
            cells.resize(columns.len(), String::new());
            table.row(cells);
        }
    }
    report.table(&table)
}

/// One server under load.
struct Side {
    server: Server,
    driver: Driver,
}

impl Side {
    fn start(program: &Program, row: &Row, plan: &Plan) -> Result<Self> {
        let server = program.start(&[])?;
        let mut client = server.client()?;
        for (times, command) in row.setup {
            client.prepare(*times, command)?;
        }
        let driver = Driver::connect(server.address(), plan.clients, Seed(plan.seed))?;
        Ok(Self { server, driver })
    }

    /// Microseconds of CPU time a request.
    fn measure(&mut self, row: &Row, pipeline: usize, window: Duration) -> Result<f64> {
        let requests = pipeline.next_multiple_of(row.requests.len());
        let mut batch = Batch::of_commands(row.requests, row.numbers, requests);
        batch.name_keys(|| 0);
        let lines = self.server.client()?.lines_of(&batch, requests)?;
        let replies = Replies::Lines(lines);
        self.driver.run(&batch, requests, &replies, Until::Elapsed(window / WARM_UP))?;
        let before = self.server.cpu()?;
        let window = self.driver.run(&batch, requests, &replies, Until::Elapsed(window))?;
        let (user, system) = self.server.cpu()?.since(before);
        Ok((user + system) * 1e6 / window.requests as f64)
    }
}

/// Measures the memory of collections.
pub(crate) fn weigh(programs: [&Program; 2], only: &str, report: &mut Report) -> Result<()> {
    let [reference, subject] = programs;
    let columns = ["resident MiB", &reference.label, &subject.label, "ratio", "aim"];
    let mut table = Table::new("Memory of collections", &columns);
    for (name, commands) in WEIGHED.iter().filter(|(name, _)| name.contains(only)) {
        let mut mib = [0.0; 2];
        for (mib, program) in mib.iter_mut().zip(programs) {
            progress(&format!("{}: {name}", program.label));
            let server = program.start(&[])?;
            let mut client = server.client()?;
            sleep(SETTLE);
            let empty = server.rss()?;
            for (times, command) in *commands {
                client.prepare(*times, command)?;
            }
            sleep(SETTLE);
            *mib = (server.rss()? - empty) as f64 / 1_048_576.0;
        }
        let ratio = mib[1] / mib[0];
        table.row(vec![
            (*name).to_owned(),
            short(mib[0]),
            short(mib[1]),
            short(ratio),
            aims::verdict(ratio, aims::COLLECTION_RATIO),
        ]);
    }
    report.table(&table)
}
