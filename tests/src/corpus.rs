//! Locates the cases, and applies the markers of scenarios.

use core::fmt;
use std::{
    env, fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use crate::{
    driver::Driver,
    play::{Mismatch, play},
    reference::Reference,
    transcript::{Marker, ParseError, Scenario, Transcript, parse},
};

/// A file of the corpus.
pub struct CaseFile {
    /// The path of the file.
    pub path: PathBuf,
    /// `group/command`.
    pub name: String,
    /// The contents.
    pub text: String,
}

impl CaseFile {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let stem = path.with_extension("");
        let name = stem.strip_prefix(folder()).unwrap_or(&stem).to_string_lossy().into_owned();
        Ok(Self { path: path.to_owned(), name, text })
    }

    /// Parses the scenarios.
    ///
    /// # Errors
    /// The file is not a valid transcript.
    pub fn transcript(&self) -> Result<Transcript, ParseError> {
        parse(&self.text)
    }
}

/// Returns the folder of the cases.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// Returns the files of the corpus whose names contain the environment variable `CASES`, ordered by
/// name.
///
/// # Errors
/// The folder cannot be read.
pub fn files() -> io::Result<Vec<CaseFile>> {
    let wanted = env::var("CASES").unwrap_or_default();
    let mut files = Vec::new();
    for group in fs::read_dir(folder())? {
        let group = group?.path();
        if !group.is_dir() {
            continue;
        }
        for file in fs::read_dir(group)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                files.push(CaseFile::read(&path)?);
            }
        }
    }
    files.retain(|file| file.name.contains(&wanted));
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

/// A server that the corpus is played with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// A server that shows that the corpus is true.
    Reference(Reference),
    /// Redstart, through whichever driver.
    Redstart,
}

impl Witness {
    /// Returns the marker for scenarios to which this server replies differently.
    #[must_use]
    pub fn objection(self, scenario: &Scenario) -> Option<&Marker> {
        scenario.markers().find(|marker| match (marker, self) {
            (Marker::KnownFailure(_), Self::Redstart) => true,
            (Marker::Differs(from, _), Self::Reference(reference)) => from.contains(&reference),
            _ => false,
        })
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(reference) => reference.fmt(f),
            Self::Redstart => f.write_str("redstart"),
        }
    }
}

/// What a scenario says about a server.
pub enum Verdict {
    /// The server behaves as in the transcript.
    Holds,
    /// It behaves differently, as a marker expects.
    Excused,
    /// It behaves differently.
    Fails(Vec<Mismatch>),
    /// It behaves as in the transcript, though a marker expects otherwise: the marker must be
    /// removed.
    NeedlessMarker(Marker),
}

/// How often a scenario may fail on a real clock before that counts: a busy machine is occasionally
/// late.
const PLAYS: usize = 5;

/// Plays `scenario` for `witness`.
///
/// # Errors
/// The server cannot be reached, or a line of the scenario cannot be sent.
pub fn judge(
    driver: &mut dyn Driver,
    witness: Witness,
    scenario: &Scenario,
) -> io::Result<Verdict> {
    let objection = witness.objection(scenario);
    let plays = if driver.is_on_the_worlds_clock() && objection.is_none() { PLAYS } else { 1 };
    let mut mismatches = Vec::new();
    for _ in 0..plays {
        mismatches = play(driver, scenario)?.mismatches;
        if mismatches.is_empty() {
            break;
        }
    }
    Ok(match (objection, mismatches.is_empty()) {
        (None, true) => Verdict::Holds,
        (None, false) => Verdict::Fails(mismatches),
        (Some(_), false) => Verdict::Excused,
        (Some(marker), true) => Verdict::NeedlessMarker(marker.clone()),
    })
}

/// Returns the failures of a file; empty if there are none.
#[must_use]
pub fn complaint(driver: &mut dyn Driver, witness: Witness, file: &CaseFile) -> String {
    let mut text = String::new();
    let path = file.path.display();
    let transcript = match file.transcript() {
        Ok(transcript) => transcript,
        Err(error) => return format!("{path}: {error}\n"),
    };
    for scenario in &transcript.scenarios {
        let at = |line: usize| format!("{path}:{line} ({})", scenario.name);
        // A panic affects a single scenario; the next one begins with a new engine.
        let Ok(verdict) = catch_unwind(AssertUnwindSafe(|| judge(driver, witness, scenario)))
        else {
            if witness.objection(scenario).is_none() {
                text.push_str(&format!("{}\n  panics\n\n", at(scenario.line)));
            }
            continue;
        };
        match verdict {
            Ok(Verdict::Holds | Verdict::Excused) => {}
            Ok(Verdict::Fails(mismatches)) => {
                for mismatch in mismatches {
                    text.push_str(&format!("{}\n{mismatch}\n", at(mismatch.line)));
                }
            }
            Ok(Verdict::NeedlessMarker(marker)) => {
                text.push_str(&format!(
                    "{}\n  {witness} passes: the marker `! {marker}` is wrong\n",
                    at(scenario.line)
                ));
            }
            Err(error) => text.push_str(&format!("{}\n  {error}\n", at(scenario.line))),
        }
    }
    text
}
