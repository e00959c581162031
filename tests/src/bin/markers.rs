//! Checks every marker of the corpus: `cargo run -p redstart-tests --bin markers -- [why]`.
//!
//! Each scenario is played with Redstart's engine and with every reference. A witness that a marker
//! excepts without need is taken out of that marker; the marker goes with its last one. Where a
//! reason is given, a scenario that Redstart fails is marked `known_failure`. `CASES` chooses the
//! files. The status is 1 if a marker was wrong.

use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use redstart_core::random::Seed;
use redstart_tests::{
    corpus::{Verdict, Witness, files, judge},
    driver::{Driver, EngineDriver, TcpDriver},
    reference::{Reference, Server},
    transcript::{Item, Marker, Scenario},
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let why = env::args().nth(1);
    let mut out = stdout().lock();
    let mut witnesses: Vec<(Witness, Box<dyn Driver>)> =
        vec![(Witness::Redstart, Box::new(EngineDriver::new(Seed(1))))];
    let mut servers: Vec<Server> = Vec::new();
    for reference in Reference::ALL {
        let Some(server) = reference.start()? else { continue };
        let driver = TcpDriver::new(&server.address)?;
        witnesses.push((Witness::Reference(reference), Box::new(driver)));
        servers.push(server);
    }
    let mut status = ExitCode::SUCCESS;
    for file in files()? {
        let mut transcript =
            file.transcript().map_err(|error| format!("{}: {error}", file.name))?;
        for scenario in &mut transcript.scenarios {
            for (witness, driver) in &mut witnesses {
                let judged = || judge(driver.as_mut(), *witness, scenario);
                let verdict = catch_unwind(AssertUnwindSafe(judged)).ok().transpose()?;
                match (&verdict, &why) {
                    (Some(Verdict::NeedlessMarker(marker)), _) => {
                        writeln!(out, "{}: {witness} passes: {}", file.name, scenario.name)?;
                        let marker = marker.clone();
                        take_out(*witness, &marker, scenario);
                        status = ExitCode::FAILURE;
                    }
                    (None | Some(Verdict::Fails(_)), why) => {
                        writeln!(out, "{}: {witness} fails: {}", file.name, scenario.name)?;
                        if let (Witness::Redstart, Some(why)) = (&witness, why) {
                            let marker = Marker::KnownFailure(why.clone());
                            scenario.items.insert(0, Item::Marker(marker));
                        }
                        status = ExitCode::FAILURE;
                    }
                    (Some(Verdict::Holds | Verdict::Excused), _) => {}
                }
            }
        }
        let text = transcript.to_string();
        if text != file.text {
            fs::write(&file.path, text)?;
        }
    }
    Ok(status)
}

/// Takes `witness` out of a marker that excepts it.
fn take_out(witness: Witness, needless: &Marker, scenario: &mut Scenario) {
    scenario.items.retain_mut(|item| match (item, witness) {
        (Item::Marker(marker), _) if marker != needless => true,
        (Item::Marker(Marker::Differs(from, _)), Witness::Reference(reference)) => {
            from.retain(|other| *other != reference);
            !from.is_empty()
        }
        (Item::Marker(_), _) => false,
        _ => true,
    });
}
