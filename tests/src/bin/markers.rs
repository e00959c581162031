//! Updates the `! known_failure` markers: `cargo run -p redstart-tests --bin markers -- [why]`.
//!
//! Removes the marker from every scenario that Redstart now plays. If a reason is given, adds a
//! marker to those that fail. `CASES` selects the files.

use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
    panic::{AssertUnwindSafe, catch_unwind},
};

use redstart_core::random::Seed;
use redstart_tests::{
    corpus::{Verdict, Witness, files, judge},
    driver::EngineDriver,
    transcript::{Item, Marker},
};

fn main() -> Result<(), Box<dyn Error>> {
    let why = env::args().nth(1);
    let mut driver = EngineDriver::new(Seed(1));
    let mut out = stdout().lock();
    for file in files()? {
        let mut transcript =
            file.transcript().map_err(|error| format!("{}: {error}", file.name))?;
        for scenario in &mut transcript.scenarios {
            let played =
                catch_unwind(AssertUnwindSafe(|| judge(&mut driver, Witness::Redstart, scenario)));
            match (played.ok().transpose()?, &why) {
                (Some(Verdict::NeedlessMarker(_)), _) => {
                    writeln!(out, "{}: passes: {}", file.name, scenario.name)?;
                    scenario
                        .items
                        .retain(|item| !matches!(item, Item::Marker(Marker::KnownFailure(_))));
                }
                (None | Some(Verdict::Fails(_)), Some(why)) => {
                    writeln!(out, "{}: fails: {}", file.name, scenario.name)?;
                    scenario.items.insert(0, Item::Marker(Marker::KnownFailure(why.clone())));
                }
                _ => {}
            }
        }
        let text = transcript.to_string();
        if text != file.text {
            fs::write(&file.path, text)?;
        }
    }
    Ok(())
}
