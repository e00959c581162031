//! Instructions a request, counted by callgrind: a figure that no noise of the machine touches.
//! Each count is a server's whole life with a fixed number of requests, less the same life without
//! them.

use std::fs;

use redstart_core::random::Seed;

use crate::Result;
use crate::collections::{ROWS, Row};
use crate::driver::{Driver, Until};
use crate::process::{Program, Server};
use crate::report::{Report, Table, progress, short, thousands};
use crate::workload::{Arg, Batch, Command, Keys, Replies, Workload};

const CLIENTS: usize = 50;
const KEYS: u64 = 10_000;
const VALUE_LEN: usize = 16;
const REQUESTS: u64 = 32_000;
const OUT: &str = "callgrind.out";

/// Counts for the ground, or for the collections whose row is named so.
pub(crate) fn compare(
    programs: [&Program; 2],
    only: &str,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    if only.is_empty() {
        return compare_strings(programs, seed, report);
    }
    let [reference, subject] = programs;
    let columns = ["instructions a request", "pipeline", &reference.label, &subject.label, "ratio"];
    let mut table = Table::new("Instructions", &columns);
    for row in ROWS.iter().filter(|row| row.name.contains(only)) {
        for pipeline in [1, 16] {
            let mut counts = [0.0; 2];
            for (count, program) in counts.iter_mut().zip(programs) {
                let (idle, _) = life_with(program, row, pipeline, 0, seed)?;
                let (life, requests) = life_with(program, row, pipeline, REQUESTS, seed)?;
                *count = life.saturating_sub(idle) as f64 / requests as f64;
            }
            let [first, second] = counts;
            table.row(vec![
                row.name.to_owned(),
                pipeline.to_string(),
                thousands(first),
                thousands(second),
                short(second / first),
            ]);
        }
    }
    report.table(&table)
}

/// The same as [`life`], of a row of collections.
fn life_with(
    program: &Program,
    row: &Row,
    pipeline: usize,
    sent: u64,
    seed: u64,
) -> Result<(u64, u64)> {
    progress(&format!("{}: callgrind, {} × {sent}, pipeline {pipeline}", program.label, row.name));
    let mut server = under_callgrind(program)?;
    let mut client = server.client()?;
    for (times, command) in row.setup {
        client.prepare((*times).min(KEYS), command)?;
    }
    let requests = pipeline.next_multiple_of(row.requests.len());
    let mut batch = Batch::of_commands(row.requests, row.numbers, requests);
    batch.name_keys(|| 0);
    let replies = Replies::Lines(client.lines_of(&batch, requests)?);
    let mut driver = Driver::connect(server.address(), CLIENTS, Seed(seed))?;
    let window = driver.run(&batch, requests, &replies, Until::Sent(sent))?;
    Ok((instructions(&mut server)?, window.requests))
}

fn compare_strings(programs: [&Program; 2], seed: u64, report: &mut Report) -> Result<()> {
    let [reference, subject] = programs;
    let columns = ["instructions a request", "pipeline", &reference.label, &subject.label, "ratio"];
    let mut table = Table::new("Instructions", &columns);
    let idle = [idle_life(reference, seed)?, idle_life(subject, seed)?];
    for command in [Command::Ping, Command::Set, Command::Get] {
        for pipeline in [1, 16, 64] {
            let workload = workload(command, pipeline);
            let mut counts = [0.0; 2];
            for ((count, program), idle) in counts.iter_mut().zip(programs).zip(idle) {
                let (life, requests) = life(program, &workload, REQUESTS, seed)?;
                *count = life.saturating_sub(idle) as f64 / requests as f64;
            }
            let [first, second] = counts;
            let pipeline = pipeline.to_string();
            table.row(vec![
                command.to_string(),
                pipeline,
                thousands(first),
                thousands(second),
                short(second / first),
            ]);
        }
    }
    report.table(&table)?;
    report.text(&format!(
        "User space only. {REQUESTS} requests over {CLIENTS} connections, {KEYS} keys with {VALUE_LEN} bytes, seed {seed}.\n"
    ))
}

fn workload(command: Command, pipeline: usize) -> Workload {
    Workload { command, value_len: VALUE_LEN, pipeline, keys: Keys::new("key:", KEYS) }
}

fn idle_life(program: &Program, seed: u64) -> Result<u64> {
    Ok(life(program, &workload(Command::Ping, 1), 0, seed)?.0)
}

/// The instructions from start to end of a server that gets its keys and `requests` requests, and
/// how many it got.
fn life(program: &Program, workload: &Workload, requests: u64, seed: u64) -> Result<(u64, u64)> {
    progress(&format!(
        "{}: callgrind, {} × {requests}, pipeline {}",
        program.label, workload.command, workload.pipeline
    ));
    let mut server = under_callgrind(program)?;
    let mut driver = Driver::connect(server.address(), CLIENTS, Seed(seed))?;
    let fill = [Arg::Word(b"SET"), Arg::Key, Arg::Word(&workload.fill())];
    server.client()?.fill(&fill, workload.keys, 0..KEYS)?;
    let window = driver.run(
        &workload.batch(),
        workload.pipeline,
        &workload.replies(),
        Until::Sent(requests),
    )?;
    Ok((instructions(&mut server)?, window.requests))
}

fn under_callgrind(program: &Program) -> Result<Server> {
    let valgrind =
        ["valgrind", "--tool=callgrind", &format!("--callgrind-out-file={OUT}")].map(str::to_owned);
    program.under(&valgrind).start(&[])
}

/// The instructions of a server from its start to its end, which is now.
fn instructions(server: &mut Server) -> Result<u64> {
    server.stop()?;
    let out = fs::read_to_string(server.directory().join(OUT))?;
    let total = out
        .lines()
        .find_map(|line| line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:")));
    Ok(total.ok_or("callgrind.out without a total")?.trim().parse()?)
}
