//! Writes a difference as a case of the corpus.

use core::fmt;
use std::io;

use redstart_core::random::Seed;

use super::{Difference, Split};
use crate::{
    driver::{Driver, multibulk},
    play::play,
    quoting::quote,
    transcript::{Action, Client, Item, Scenario, Step as CaseStep, Transcript},
    workload::{Command, Step},
};

/// A difference, and how to reproduce it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The seed of the session that showed it.
    pub seed: Seed,
    /// The shrunk session, as steps.
    pub session: Vec<Step>,
    /// The shrunk session as a scenario with the replies of the reference.
    pub scenario: Scenario,
    /// The difference.
    pub difference: Difference,
    /// Whether the shrunk session still showed it.
    pub is_repeatable: bool,
}

/// Identifies the kind of a difference: the command, and how the replies begin.
pub(super) fn kind(difference: &Difference) -> String {
    let Split { command, expected, got, .. } = &difference.split;
    let name = command.first().map_or(&[][..], Vec::as_slice);
    let head = |lines: &[String]| {
        let words = lines.first().map_or("nothing", String::as_str).split(' ');
        let words = words
            .take(3)
            .map(|word| word.chars().filter(|c| !c.is_ascii_digit()).take(20).collect());
        words.collect::<Vec<String>>().join(" ")
    };
    let name = String::from_utf8_lossy(name).to_lowercase();
    format!("{name}: {} / {}", head(expected), head(got))
}

/// Records the replies of `reference` to `session`.
pub(super) fn finding(
    reference: &mut dyn Driver,
    seed: Seed,
    session: Vec<Step>,
    difference: Difference,
    is_repeatable: bool,
) -> io::Result<Finding> {
    let items = session.iter().flat_map(case_steps).map(Item::Step).collect();
    let scenario = Scenario { name: format!("found with seed {}", seed.0), line: 0, items };
    let scenario = play(reference, &scenario)?.recorded;
    Ok(Finding { seed, session, scenario, difference, is_repeatable })
}

fn case_steps(step: &Step) -> Vec<CaseStep> {
    let actions = match step {
        Step::Wait(time) => vec![Action::Advance(*time)],
        Step::Send { client, commands } => {
            let client = Client(char::from(b'a' + *client as u8));
            match commands.as_slice() {
                [command] => vec![Action::Command(client, command_line(command))],
                commands => {
                    let bytes: Vec<u8> =
                        commands.iter().flat_map(|command| multibulk(command)).collect();
                    vec![Action::Bytes(client, quote(&bytes))]
                }
            }
        }
    };
    actions.into_iter().map(|action| CaseStep { line: 0, action, output: Vec::new() }).collect()
}

fn command_line(command: &Command) -> String {
    command.iter().map(|word| word_of_case(word)).collect::<Vec<_>>().join(" ")
}

fn word_of_case(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:*+?".contains(byte);
    if !word.is_empty() && word.iter().all(is_plain) {
        String::from_utf8_lossy(word).into_owned()
    } else {
        quote(word)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_repeatable {
            let transcript =
                Transcript { head: Vec::new(), scenarios: vec![self.scenario.clone()] };
            write!(f, "{transcript}")?;
        } else {
            writeln!(f, "# not reproduced; the session with seed {} showed it", self.seed.0)?;
        }
        let Split { command, expected, got, .. } = &self.difference.split;
        writeln!(f, "# {} in the reference:", command_line(command))?;
        expected.iter().try_for_each(|line| writeln!(f, "#   {line}"))?;
        writeln!(f, "# in Redstart:")?;
        got.iter().try_for_each(|line| writeln!(f, "#   {line}"))
    }
}
