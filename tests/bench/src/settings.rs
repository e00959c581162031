//! What settings cost: the same load with a memory limit, far off and reached, and without the
//! accounts that are kept of commands. Each row is measured on both servers with the same setting.

use crate::Result;
use crate::load::{Plan, Row, Side, take_turns};
use crate::process::Program;
use crate::report::{Report, Table, progress};
use crate::workload::{Command, Keys, Workload};

/// What is set, as `CONFIG SET` takes it, what a row calls it, and the commands that are measured
/// with it: no `GET` where keys have been evicted, since the driver knows the reply that it wants.
const SETTINGS: [(&str, &[&str], &[Command]); 4] = [
    ("as it starts", &[], BOTH),
    ("maxmemory far off", &["maxmemory", "20gb", "maxmemory-policy", "allkeys-lru"], BOTH),
    (
        "maxmemory reached",
        &["maxmemory", "USED", "maxmemory-policy", "allkeys-lru"],
        &[Command::Set],
    ),
    (
        "no accounts of latency",
        &["maxmemory", "0", "latency-tracking", "no", "slowlog-log-slower-than", "-1"],
        BOTH,
    ),
];
const BOTH: &[Command] = &[Command::Set, Command::Get];

pub(crate) fn compare(programs: [&Program; 3], plan: &Plan, report: &mut Report) -> Result<()> {
    let sides = programs.into_iter().map(|program| Side::start(program, plan));
    let mut sides = sides.collect::<Result<Vec<_>>>()?;
    let (reference, subject) = (sides[0].label.clone(), sides[1].label.clone());
    let itself = format!("{reference} to itself");
    let mut table = Table::new(
        "Settings, CPU µs a request (user + system), pipeline 16",
        &["", "setting", &reference, &subject, "ratio", &itself],
    );
    let keys = Keys::new("key:", plan.keys);
    for (name, setting, commands) in SETTINGS {
        progress(name);
        for &command in commands {
            let workload = Workload { command, value_len: 16, pipeline: 16, keys };
            for side in &mut sides {
                // Each row starts from all keys, which under the limit are too many by a tenth.
                side.client.command(&["CONFIG", "SET", "maxmemory", "0"])?;
                side.fill(&workload)?;
                side.set(setting)?;
            }
            let rounds = take_turns(&mut sides, &workload, plan)?;
            let cells = Row { workload, rounds, is_over_tls: false }.cpu();
            let figures = [3, 4, 5, 7].map(|column: usize| cells[column].clone());
            table.row([vec![command.to_string(), name.to_owned()], figures.to_vec()].concat());
        }
    }
    report.table(&table)
}

impl Side {
    /// Sets parameters, of which `USED` is nine tenths of the memory that is used now.
    fn set(&mut self, setting: &[&str]) -> Result<()> {
        if setting.is_empty() {
            return Ok(());
        }
        let used = self.client.info_number("memory", "used_memory")?.ok_or("no used_memory")?;
        let used = (used / 10 * 9).to_string();
        let words = setting.iter().map(|&word| if word == "USED" { used.as_str() } else { word });
        let words: Vec<&str> = ["CONFIG", "SET"].into_iter().chain(words).collect();
        self.client.command(&words).map(drop)
    }
}
