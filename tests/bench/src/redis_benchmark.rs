//! The other driver: the `redis-benchmark` of the distribution, one thread, because with
//! `--threads` it ends on its timer of 250 ms and what it says of short runs is wrong. Its requests
//! a second are used only to size the next run; what was served is read from the server.

use std::net::SocketAddr;
use std::path::Path;
use std::process;

use crate::Result;
use crate::workload::{Command, Workload};

/// What redis-benchmark says of its run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) rate: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

/// Runs it, behind TLS if there is an authority to trust.
pub(crate) fn run(
    address: SocketAddr,
    authority: Option<&Path>,
    workload: &Workload,
    clients: usize,
    requests: u64,
) -> Result<Run> {
    let test = match workload.command {
        Command::Ping => "ping_mbulk",
        Command::Set => "set",
        Command::Get => "get",
        Command::Incr => "incr",
        Command::Mset => "mset",
    };
    let options = [
        ("-p", address.port().to_string()),
        ("-c", clients.to_string()),
        ("-P", workload.pipeline.to_string()),
        ("-n", requests.to_string()),
        ("-r", workload.keys.count.to_string()),
        ("-d", workload.value_len.max(1).to_string()),
        ("-t", test.to_owned()),
    ];
    let mut command = process::Command::new("redis-benchmark");
    options.iter().for_each(|(option, value)| {
        command.args([option, value.as_str()]);
    });
    if let Some(authority) = authority {
        command.args(["--tls", "--cacert"]).arg(authority);
    }
    let output = command.args(["-h", "127.0.0.1", "--csv"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse(&text).ok_or_else(|| format!("redis-benchmark -t {test}: {text}").into())
}

/// Reads the last line: test, requests a second, then average, min, p50, p95, p99 and max in
/// milliseconds.
fn parse(csv: &str) -> Option<Run> {
    let line = csv.lines().rfind(|line| line.starts_with('"'))?;
    let mut fields =
        line.split("\",\"").skip(1).map(|field| field.trim_matches('"').parse::<f64>());
    let rate = fields.next()?.ok()?;
    let p50_us = fields.nth(2)?.ok()? * 1e3;
    let p99_us = fields.nth(1)?.ok()? * 1e3;
    Some(Run { rate, p50_us, p99_us })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_read() {
        let csv = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\
                   \"p99_latency_ms\",\"max_latency_ms\"\n\
                   \"MSET (10 keys)\",\"52631.58\",\"0.7\",\"0.1\",\"0.25\",\"0.9\",\"1.5\",\"2.0\"\n";
        let run = parse(csv).unwrap();
        assert_eq!((run.rate, run.p50_us, run.p99_us), (52631.58, 250.0, 1500.0));
        assert!(parse("ERR\n").is_none());
    }
}
