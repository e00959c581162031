//! Sends the same random commands to `redis-server` and to Redstart and reports the differences:
//! `cargo run --release -p redstart-tests --bin differential -- --steps 100000 --seed 1 [--address
//! host:port]`.
//!
//! Without an address, Redstart's engine runs in this process. The exit status is 1 if there was a
//! difference.

use std::{
    env,
    error::Error,
    io::{Write, stdout},
    process::ExitCode,
    time::Instant,
};

use redstart_core::random::{Random, Seed};
use redstart_tests::{
    differential::{Differential, Run},
    driver::{Driver, EngineDriver, TcpDriver},
    reference::Reference,
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut steps, mut seed, mut address) = (100_000, Seed(1), None);
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--steps" => steps = value.parse()?,
            "--seed" => seed = Seed(value.parse()?),
            "--address" => address = Some(value),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let started = Instant::now();
    let (mut run, mut seeds) = (Run::default(), Random::new(seed));
    while run.steps < steps {
        let next = play(steps - run.steps, seed, address.as_deref())?;
        if let Some(error) = &next.broken_off {
            eprintln!("restarting redis-server: {error}");
        }
        run.add(next);
        seed = Seed(seeds.next_u64());
    }
    let mut out = stdout().lock();
    for (kind, (finding, sessions)) in &run.findings {
        writeln!(out, "# {kind} ({sessions} sessions)\n{finding}")?;
    }
    writeln!(
        out,
        "{} steps, {} commands, {:.1} s: {} kinds of difference",
        run.steps,
        run.commands,
        started.elapsed().as_secs_f64(),
        run.findings.len()
    )?;
    Ok(if run.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs against a `redis-server` of its own until that ends: random commands crash it occasionally.
fn play(steps: usize, seed: Seed, address: Option<&str>) -> Result<Run, Box<dyn Error>> {
    let reference = Reference::start()?.ok_or("redis-server not found in PATH")?;
    let mut redis = TcpDriver::new(&reference.address)?;
    let mut redstart: Box<dyn Driver> = match address {
        Some(address) => Box::new(TcpDriver::new(address)?),
        None => Box::new(EngineDriver::new(seed)),
    };
    Ok(Differential { reference: &mut redis, subject: redstart.as_mut() }.run(steps, seed))
}
