//! Random calls of every command with extreme arguments, over several connections, with jumps in
//! time: `cargo run -p redstart-tests --bin attack -- [--minutes 15 | --sessions 1000] [--seed 1]
//! [--target engine|wasm]`.
//!
//! Build it without `--release`: overflow checks and debug assertions are the point. The target
//! `wasm` is the npm package in Node, built by `wasm/build`. A session that fails is printed with
//! its seed; `--sessions 1` with this seed repeats it.

use std::{
    env,
    error::Error,
    io::{Write, stdout},
    process::ExitCode,
    time::{Duration, Instant},
};

use redstart_core::random::Seed;
use redstart_tests::{attack, driver::WasmDriver};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut minutes, mut sessions, mut seed, mut target) =
        (None, None, 1_u64, String::from("engine"));
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--minutes" => minutes = Some(value.parse::<u64>()?),
            "--sessions" => sessions = Some(value.parse::<u64>()?),
            "--seed" => seed = value.parse()?,
            "--target" => target = value,
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let time = match (minutes, sessions) {
        (None, Some(_)) => Duration::MAX,
        (minutes, _) => Duration::from_secs(60 * minutes.unwrap_or(15)),
    };
    let mut driver = match target.as_str() {
        "engine" => None,
        "wasm" => Some(WasmDriver::start(Seed(seed))?.ok_or("node not found in PATH")?),
        other => return Err(format!("unknown target {other}").into()),
    };
    let started = Instant::now();
    let (mut played, mut steps) = (0, 0);
    let mut out = stdout().lock();
    while started.elapsed() < time && sessions.is_none_or(|sessions| played < sessions) {
        let seed = seed + played;
        let session = attack::session(Seed(seed));
        (played, steps) = (played + 1, steps + session.len());
        let failure = match &mut driver {
            None => attack::failure(session),
            Some(driver) => attack::play_in_wasm(driver, &session)
                .err()
                .map(|error| attack::Failure { message: error.to_string(), steps: session }),
        };
        if let Some(attack::Failure { message, steps }) = failure {
            for step in steps {
                writeln!(out, "{step}")?;
            }
            writeln!(out, "seed {seed}: {message}")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(out, "{played} sessions, {steps} steps, {seconds:.0} s, the first seed {seed}")?;
    Ok(ExitCode::SUCCESS)
}
