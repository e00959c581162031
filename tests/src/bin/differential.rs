//! Sends the same random commands to a reference and to Redstart and prints where the replies
//! differ: `cargo run --release -p redstart-tests --bin differential -- --steps 100000 --seed 1`.
//!
//! `--reference redis`, `redict` or `valkey` chooses the reference, `--program path` the file to run as that reference, and
//! `--address host:port` a server to compare instead of the engine in this process. The status is 1 if there was a difference.

use std::{
    env,
    error::Error,
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use redstart_core::random::{Random, Seed};
use redstart_tests::{
    differential::{Differential, Run},
    driver::{Driver, EngineDriver, TcpDriver},
    reference::{Reference, Server},
};

/// What is asked for on the command line.
struct Options {
    steps: usize,
    seed: Seed,
    reference: Reference,
    program: Option<PathBuf>,
    address: Option<String>,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        steps: 100_000,
        seed: Seed(1),
        reference: Reference::Redis,
        program: None,
        address: None,
    };
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--steps" => options.steps = value.parse()?,
            "--seed" => options.seed = Seed(value.parse()?),
            "--reference" => options.reference = value.parse()?,
            "--program" => options.program = Some(value.into()),
            "--address" => options.address = Some(value),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = options()?;
    let (steps, mut seed) = (options.steps, options.seed);
    let started = Instant::now();
    let (mut run, mut seeds) = (Run::default(), Random::new(seed));
    while run.steps < steps {
        let next = play(steps - run.steps, seed, &options)?;
        if let Some(error) = &next.broken_off {
            eprintln!("{} had to be started again: {error}", options.reference);
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
        "{}: {} steps, {} commands, {:.1} s: {} kinds of difference",
        options.reference,
        run.steps,
        run.commands,
        started.elapsed().as_secs_f64(),
        run.findings.len()
    )?;
    Ok(if run.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A run against a server of its own, as long as that lives: random commands end one now and then.
fn play(steps: usize, seed: Seed, options: &Options) -> Result<Run, Box<dyn Error>> {
    let reference = options.reference;
    let program = options.program.clone().or_else(|| reference.program());
    let program = program.ok_or_else(|| format!("{reference}-server is not in PATH"))?;
    let server = Server::start(reference, &program)?;
    let mut expected = TcpDriver::new(&server.address)?;
    let mut redstart: Box<dyn Driver> = match &options.address {
        Some(address) => Box::new(TcpDriver::new(address)?),
        None => Box::new(EngineDriver::new(seed)),
    };
    let (driver, subject) = (&mut expected, redstart.as_mut());
    Ok(Differential { reference, driver, subject }.run(steps, seed))
}
