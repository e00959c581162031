//! Resident memory: of a key, with and without a deadline, and of connections that do nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use crate::process::Program;
use crate::report::{Report, Table, progress, short};
use crate::workload::{Arg, Keys, value};
use crate::{Result, aims};

const VALUE_LEN: usize = 16;
/// Time for a server to finish what it does behind: allocator housekeeping, the rest of a rehash,
/// shrinking buffers.
const SETTLE: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(10);

/// Measures each program with `keys` keys and `connections` connections.
pub(crate) fn compare(
    programs: [&Program; 2],
    keys: u64,
    connections: usize,
    report: &mut Report,
) -> Result<()> {
    let [reference, subject] = programs;
    let mut table = Table::new(
        "Memory",
        &["resident memory", &reference.label, &subject.label, "ratio", "aim"],
    );
    let mut row = |what: String, [reference, subject]: [f64; 2], aim: String| {
        table.row(vec![what, short(reference), short(subject), short(subject / reference), aim]);
    };
    // As many keys as have one digit less, then all: a key's length decides which of the
    // allocator's sizes it takes.
    for keys in [keys / 10 * 9, keys] {
        let example = format!("`{}` with 16 bytes, {keys} keys", Keys::new("key:", keys).example());
        let plain = both(programs, |program| a_key(program, keys, false))?;
        let verdict = aims::verdict(plain[1], aims::KEY_BYTES);
        row(format!("bytes a key, {example}"), plain, verdict);
        let mortal = both(programs, |program| a_key(program, keys, true))?;
        row(format!("bytes a key, {example}, with a deadline"), mortal, String::new());
    }
    let [fresh, idle] = {
        let [reference, subject] = programs.map(|program| idle_connections(program, connections));
        let (reference, subject) = (reference?, subject?);
        [[reference[0], subject[0]], [reference[1], subject[1]]]
    };
    row(format!("MiB for {connections} connections after a PING each"), fresh, String::new());
    row(
        format!("MiB for {connections} connections {} s later", IDLE.as_secs()),
        idle,
        String::new(),
    );
    report.table(&table)
}

fn both(programs: [&Program; 2], measure: impl Fn(&Program) -> Result<f64>) -> Result<[f64; 2]> {
    let [reference, subject] = programs.map(measure);
    Ok([reference?, subject?])
}

fn a_key(program: &Program, count: u64, mortal: bool) -> Result<f64> {
    progress(&format!("{}: memory of {count} keys", program.label));
    let server = program.start(&[])?;
    let mut client = server.client()?;
    let value = value(VALUE_LEN);
    let mut request = vec![Arg::Word(b"SET"), Arg::Key, Arg::Word(&value)];
    if mortal {
        request.extend([Arg::Word(b"EX"), Arg::Word(b"86400")]);
    }
    let keys = Keys::new("key:", count);
    client.fill(&request, keys, 0..1)?;
    sleep(SETTLE);
    let empty = server.rss()?;
    client.fill(&request, keys, 0..count)?;
    sleep(SETTLE);
    Ok((server.rss()? - empty) as f64 / count as f64)
}

/// MiB that the connections take: when each has sent a PING, and some time later.
fn idle_connections(program: &Program, count: usize) -> Result<[f64; 2]> {
    progress(&format!("{}: {count} connections", program.label));
    let server = program.start(&[])?;
    sleep(SETTLE);
    let empty = server.rss()?;
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = TcpStream::connect(server.address())?;
        connection.write_all(b"*1\r\n$4\r\nPING\r\n")?;
        let mut pong = [0; 7];
        connection.read_exact(&mut pong)?;
        if &pong != b"+PONG\r\n" {
            return Err(format!("PING: {}", pong.escape_ascii()).into());
        }
        connections.push(connection);
    }
    let mib = |rss: u64| rss.saturating_sub(empty) as f64 / 1048576.0;
    let fresh = mib(server.rss()?);
    sleep(IDLE);
    Ok([fresh, mib(server.rss()?)])
}
