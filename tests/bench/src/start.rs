//! How long a server takes from its start to its first reply, and what it holds then.

use std::time::{Duration, Instant};

use crate::Result;
use crate::process::Program;
use crate::report::{Report, Table, progress, short};

/// What one start took: milliseconds to the first reply, milliseconds of CPU time, MiB of resident
/// memory.
type Start = [f64; 3];

pub(crate) fn compare(programs: [&Program; 2], rounds: usize, report: &mut Report) -> Result<()> {
    progress("starts");
    let mut starts = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (starts, program) in starts.iter_mut().zip(programs) {
            starts.push(start(program)?);
        }
    }
    let [reference, subject] = programs.map(|program| program.label.as_str());
    let mut table = Table::new("Start", &["median of the starts", reference, subject, "ratio"]);
    let whats = ["ms until the first reply", "ms of CPU time", "resident MiB"];
    for (figure, what) in whats.into_iter().enumerate() {
        let [reference, subject] = starts.each_ref().map(|starts| median(starts, figure));
        table.row(vec![
            what.to_owned(),
            short(reference),
            short(subject),
            short(subject / reference),
        ]);
    }
    report.table(&table)?;
    report.text(&format!("{rounds} starts of each, in turn.\n"))
}

fn start(program: &Program) -> Result<Start> {
    let began = Instant::now();
    let server = program.start(&[])?;
    let took = began.elapsed();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let cpu = Duration::from(server.clock().now()?);
    Ok([ms(took), ms(cpu), server.rss()? as f64 / f64::from(1 << 20)])
}

fn median(starts: &[Start], figure: usize) -> f64 {
    let mut figures: Vec<f64> = starts.iter().map(|start| start[figure]).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
