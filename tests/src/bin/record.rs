//! Writes the replies of `redis-server` into the case files: `cargo run -p redstart-tests --bin
//! record -- [files]`.
//!
//! Without arguments, all files. Comments, markers and patterns that still match are kept. A
//! scenario that Redis 7.0 cannot play, or that differs from Redis on purpose, is left unchanged.

use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
    path::Path,
};

use redstart_tests::{
    corpus::{CaseFile, Witness, files},
    driver::TcpDriver,
    play::play,
    reference::Reference,
};

fn main() -> Result<(), Box<dyn Error>> {
    let named = env::args_os()
        .skip(1)
        .map(|path| CaseFile::read(Path::new(&path)))
        .collect::<Result<Vec<_>, _>>()?;
    let files = if named.is_empty() { files()? } else { named };
    let reference = Reference::start()?.ok_or("redis-server not found in PATH")?;
    let (major, minor) = reference.version()?;
    let mut driver = TcpDriver::new(&reference.address)?;
    for file in files {
        record(&file, &mut driver, Witness::Redis(major, minor))
            .map_err(|error| format!("{}: {error}", file.name))?;
    }
    Ok(())
}

fn record(file: &CaseFile, driver: &mut TcpDriver, witness: Witness) -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    let mut transcript = file.transcript()?;
    for scenario in &mut transcript.scenarios {
        if let Some(marker) = witness.objection(scenario) {
            writeln!(out, "{}: left alone: {} ({marker})", file.name, scenario.name)?;
            continue;
        }
        let outcome =
            play(driver, scenario).map_err(|error| format!("== {}: {error}", scenario.name))?;
        if !outcome.mismatches.is_empty() {
            writeln!(
                out,
                "{}: {} steps recorded: {}",
                file.name,
                outcome.mismatches.len(),
                scenario.name
            )?;
            *scenario = outcome.recorded;
        }
    }
    let text = transcript.to_string();
    if text != file.text {
        fs::write(&file.path, text)?;
    }
    Ok(())
}
