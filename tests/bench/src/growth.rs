//! Pauses while the keyspace changes by the million: it grows, it is flushed, it grows with
//! deadlines, and all of it expires at one moment. Beside the writer, a probe pings every
//! millisecond; see `latency.rs`.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::client::Client;
use crate::latency::{Pauses, Probe, quantile_us};
use crate::process::{Program, Server};
use crate::report::{Report, Table, progress, short, thousands};
use crate::workload::{Arg, Keys, value};
use crate::{Result, aims};

const VALUE_LEN: usize = 16;
/// When a server has not got rid of its expired keys by then, the rest is shown.
const EXPIRY_LIMIT: Duration = Duration::from_secs(300);
/// For how long the probe pings before a phase begins, and after it has ended.
const LEAD: Duration = Duration::from_millis(20);
const TAIL: Duration = Duration::from_secs(1);

/// What was felt while one thing went on.
struct Phase {
    what: String,
    elapsed: Duration,
    cpu: f64,
    rss: u64,
    pauses: Pauses,
}

/// Measures each program in turn with `count` keys.
pub(crate) fn compare(programs: [&Program; 2], count: u64, report: &mut Report) -> Result<()> {
    let mut table = Table::new(
        &format!("Pauses with {} keys", thousands(count as f64)),
        &[
            "PING every ms meanwhile, ms",
            "server",
            "took s",
            "CPU s",
            "RSS MiB after",
            "p50",
            "p99",
            "p99.9",
            "max",
            "engine p99.9",
            "engine max",
            "aim",
        ],
    );
    let phases = programs.map(|program| measure(program, count));
    let [first, second] = phases;
    for (reference, subject) in first?.iter().zip(&second?) {
        table.row(row(programs[0], reference));
        table.row(row(programs[1], subject));
    }
    report.table(&table)?;
    report.text(
        "Engine: the part of the wait in which the server itself ran. A pause counts once for each PING it kept from \
         being sent. CPU time, memory and pauses include the second after each phase.\n",
    )
}

fn row(program: &Program, phase: &Phase) -> Vec<String> {
    let ms = |us: f64| short(us / 1e3);
    let Pauses { wall, engine } = &phase.pauses;
    let engine_max = engine.max() as f64 / 1e6;
    let mut row = vec![
        phase.what.clone(),
        program.label.clone(),
        short(phase.elapsed.as_secs_f64()),
        short(phase.cpu),
        thousands(phase.rss as f64 / 1048576.0),
    ];
    row.extend([0.5, 0.99, 0.999].map(|quantile| ms(quantile_us(wall, quantile))));
    row.extend([short(wall.max() as f64 / 1e6), ms(quantile_us(engine, 0.999)), short(engine_max)]);
    row.push(aims::verdict(engine_max, aims::PAUSE_MS));
    row
}

fn measure(program: &Program, count: u64) -> Result<Vec<Phase>> {
    let server = program.start(&[])?;
    let mut client = server.client()?;
    let keys = Keys::new("key:", count);
    let value = value(VALUE_LEN);
    let plain = [Arg::Word(b"SET"), Arg::Key, Arg::Word(&value)];

    progress(&format!("{}: growing", program.label));
    let grown = watch(&server, "insert", || client.fill(&plain, keys, 0..count))?;
    progress(&format!("{}: FLUSHALL", program.label));
    let flushed = watch(&server, "FLUSHALL SYNC", || client.command(&["FLUSHALL", "SYNC"]))?;

    progress(&format!("{}: growing with deadlines", program.label));
    let deadline = SystemTime::now() + grown.elapsed * 2 + Duration::from_secs(4);
    let deadline_ms = deadline.duration_since(UNIX_EPOCH)?.as_millis().to_string();
    let mortal = [&plain[..], &[Arg::Word(b"PXAT"), Arg::Word(deadline_ms.as_bytes())]].concat();
    let grown_mortal = watch(&server, "insert with PXAT", || client.fill(&mortal, keys, 0..count))?;
    let Ok(rest) = deadline.duration_since(SystemTime::now()) else {
        return Err("the keys expired while they were inserted; the machine is too busy".into());
    };
    sleep(rest.saturating_sub(LEAD));

    progress(&format!("{}: expiring", program.label));
    let mut left = count;
    let mut expired = watch(&server, "all expire at once", || {
        left = await_empty(&mut client)?;
        Ok(())
    })?;
    if left > 0 {
        expired.what += &format!(" ({} left)", thousands(left as f64));
    }
    Ok(vec![grown, flushed, grown_mortal, expired])
}

/// Waits until no key is left and returns how many are when it has waited long enough.
fn await_empty(client: &mut Client) -> Result<u64> {
    let limit = Instant::now() + EXPIRY_LIMIT;
    loop {
        let left = client.command(&["DBSIZE"])?.parse()?;
        if left == 0 || Instant::now() > limit {
            return Ok(left);
        }
        sleep(Duration::from_millis(20));
    }
}

/// Probes while `act` goes on, and for some time after: what a server puts off can make a pause as
/// well.
fn watch<T>(server: &Server, what: &str, act: impl FnOnce() -> Result<T>) -> Result<Phase> {
    let probe = Probe::start(server)?;
    sleep(LEAD);
    let (cpu, start) = (server.cpu()?, Instant::now());
    act()?;
    let elapsed = start.elapsed();
    sleep(TAIL);
    let (user, system) = server.cpu()?.since(cpu);
    let pauses = probe.stop()?;
    Ok(Phase { what: what.to_owned(), elapsed, cpu: user + system, rss: server.rss()?, pauses })
}
