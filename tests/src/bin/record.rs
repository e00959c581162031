//! Writes into the case files what the references answer: `cargo run -p redstart-tests --bin record
//! -- [files]`.
//!
//! Without files, all of them. A scenario is recorded from the first reference that its markers do
//! not except: Redis 7.0, or for what is new in 7.2 Redict. Comments, markers and patterns that
//! still match stay. A scenario that differs from every reference on purpose is left as it is.

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
    reference::{Reference, Server},
};

/// A running reference.
struct Source {
    reference: Reference,
    driver: TcpDriver,
    _server: Server,
}

impl Source {
    fn start(reference: Reference) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(server) = reference.start()? else { return Ok(None) };
        Ok(Some(Self { reference, driver: TcpDriver::new(&server.address)?, _server: server }))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let named = env::args_os()
        .skip(1)
        .map(|path| CaseFile::read(Path::new(&path)))
        .collect::<Result<Vec<_>, _>>()?;
    let files = if named.is_empty() { files()? } else { named };
    let started = Reference::ALL.map(Source::start).into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut sources: Vec<Source> = started.into_iter().flatten().collect();
    for file in files {
        record(&file, &mut sources).map_err(|error| format!("{}: {error}", file.name))?;
    }
    Ok(())
}

fn record(file: &CaseFile, sources: &mut [Source]) -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    let mut transcript = file.transcript()?;
    for scenario in &mut transcript.scenarios {
        let source = sources
            .iter_mut()
            .find(|source| Witness::Reference(source.reference).objection(scenario).is_none());
        let Some(source) = source else {
            writeln!(out, "{}: left alone: {}", file.name, scenario.name)?;
            continue;
        };
        let outcome = play(&mut source.driver, scenario)
            .map_err(|error| format!("== {}: {error}", scenario.name))?;
        if !outcome.mismatches.is_empty() {
            writeln!(
                out,
                "{}: {} steps recorded from {}: {}",
                file.name,
                outcome.mismatches.len(),
                source.reference,
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
