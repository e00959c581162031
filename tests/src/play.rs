//! Plays a scenario through a driver. Checks the server's output and records it.

use core::fmt;
use std::{collections::BTreeMap, io};

use crate::{
    driver::{Connection, Driver, State, multibulk},
    pattern::{Captures, matches, substitute},
    print::{is_raw, lines, sort_innermost},
    quoting::{quote, split},
    resp::{Reply, decode},
    transcript::{Action, Client, Item, Marker, Output, Scenario, Step},
};

/// The number of attempts, without new output, before a reply counts as truncated.
const ROUNDS: usize = 100;

/// The result of a scenario.
pub struct Outcome {
    /// The steps whose output differs from the transcript.
    pub mismatches: Vec<Mismatch>,
    /// The scenario with the server's output; output that matches is kept as it was, with its
    /// patterns.
    pub recorded: Scenario,
}

/// A step with different output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The line number of the step in the file.
    pub line: usize,
    /// The expected step.
    pub expected: Step,
    /// The actual step.
    pub got: Step,
}

/// Plays `scenario` on a server that was reset.
///
/// # Errors
/// The server cannot be reached, or a line of the scenario cannot be sent.
pub fn play(driver: &mut dyn Driver, scenario: &Scenario) -> io::Result<Outcome> {
    driver.reset()?;
    let resp3 = scenario.markers().any(|marker| *marker == Marker::Resp3);
    let mut stage = Stage { driver, resp3, actors: BTreeMap::new(), captures: Captures::new() };
    let mut outcome = Outcome { mismatches: Vec::new(), recorded: scenario.clone() };
    let mut unordered = false;
    for item in &mut outcome.recorded.items {
        match item {
            Item::Marker(Marker::Unordered) => unordered = true,
            Item::Step(step) => {
                let output = stage.perform(step, unordered)?;
                unordered = false;
                if !stage.is_expected(&step.output, &output) {
                    let got = Step { output, ..step.clone() };
                    let expected = core::mem::replace(step, got.clone());
                    outcome.mismatches.push(Mismatch { line: step.line, expected, got });
                }
            }
            _ => {}
        }
    }
    Ok(outcome)
}

struct Stage<'a> {
    driver: &'a mut dyn Driver,
    resp3: bool,
    actors: BTreeMap<Client, Actor>,
    captures: Captures,
}

/// A client of the scenario.
struct Actor {
    connection: Connection,
    state: State,
    /// Output that has arrived and is not shown yet.
    bytes: Vec<u8>,
}

impl Stage<'_> {
    /// Runs `step` and returns the output that its clients receive, beginning with the acting
    /// client's replies.
    fn perform(&mut self, step: &Step, unordered: bool) -> io::Result<Vec<Output>> {
        let mut raw = false;
        match &step.action {
            Action::Advance(by) => self.driver.advance(*by)?,
            Action::Command(client, text) => {
                let arguments = self.arguments(text)?;
                raw = is_raw(&arguments);
                self.send(*client, &multibulk(&arguments))?;
            }
            Action::Bytes(client, text) => {
                let bytes = self
                    .arguments(text)?
                    .iter()
                    .flat_map(|word| repeated(word))
                    .collect::<Vec<_>>();
                self.send(*client, &bytes)?;
            }
        }
        self.gather()?;
        let acting = step.client();
        let mut clients: Vec<Client> = self.actors.keys().copied().collect();
        clients.sort_by_key(|client| acting != Some(*client));
        let mut output = Vec::new();
        for client in clients {
            let lines = self.show(client, raw && acting == Some(client), unordered);
            if !lines.is_empty() {
                output.push(Output { client, lines });
            }
        }
        Ok(output)
    }

    fn arguments(&self, text: &str) -> io::Result<Vec<Vec<u8>>> {
        let text = substitute(text, &self.captures);
        split(&text).ok_or_else(|| io::Error::other(format!("unbalanced quotes in `{text}`")))
    }

    fn send(&mut self, client: Client, bytes: &[u8]) -> io::Result<()> {
        if self.actors.get(&client).is_none_or(|actor| actor.state == State::Closed) {
            let connection = self.driver.connect()?;
            self.actors.insert(client, Actor { connection, state: State::Open, bytes: Vec::new() });
            if self.resp3 {
                self.driver.send(connection, b"HELLO 3\r\n")?;
                self.gather()?;
                self.show(client, false, false);
            }
        }
        self.driver.send(self.actors[&client].connection, bytes)
    }

    /// Reads the output of every client, to the end of the last reply that has begun.
    fn gather(&mut self) -> io::Result<()> {
        let mut idle = 0;
        loop {
            self.driver.settle()?;
            let (mut incomplete, mut arrived) = (false, false);
            for actor in self.actors.values_mut().filter(|actor| actor.state == State::Open) {
                let len = actor.bytes.len();
                actor.state = self.driver.receive(actor.connection, &mut actor.bytes)?;
                arrived |= actor.bytes.len() > len;
                incomplete |= actor.state == State::Open && ends_in_part(&actor.bytes);
            }
            idle = if arrived { 0 } else { idle + 1 };
            if !incomplete || idle > ROUNDS {
                return Ok(());
            }
        }
    }

    /// Returns the lines for the output of `client`.
    fn show(&mut self, client: Client, raw: bool, unordered: bool) -> Vec<String> {
        let mut shown = Vec::new();
        let Some(actor) = self.actors.get_mut(&client) else {
            return shown;
        };
        let mut rest = actor.bytes.as_slice();
        while !rest.is_empty() {
            let Ok(Some((mut reply, len))) = decode(rest) else {
                shown.push(format!("(no reply) {}", quote(rest)));
                break;
            };
            if unordered {
                sort_innermost(&mut reply);
            }
            shown.extend(lines(&reply, raw));
            rest = &rest[len..];
        }
        actor.bytes.clear();
        if actor.state == State::Closed {
            shown.push("(closed)".to_owned());
            self.actors.remove(&client);
        }
        shown
    }

    fn is_expected(&mut self, expected: &[Output], shown: &[Output]) -> bool {
        let captures = &mut self.captures;
        expected.len() == shown.len()
            && expected.iter().zip(shown).all(|(expected, shown)| {
                expected.client == shown.client && matches(&expected.lines, &shown.lines, captures)
            })
    }
}

/// Returns `true` if `bytes` end within a reply.
fn ends_in_part(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match decode(bytes) {
            Ok(Some((Reply::Attribute(_), len))) if len == bytes.len() => return true,
            Ok(Some((_, len))) => bytes = &bytes[len..],
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
    false
}

/// Expands `70000*x` to this number of `x`, for limits that only long input reaches.
fn repeated(word: &[u8]) -> Vec<u8> {
    let times = word.iter().position(|&byte| byte == b'*').and_then(|star| {
        let times = str::from_utf8(&word[..star]).ok()?.parse().ok()?;
        Some(word[star + 1..].repeat(times))
    });
    times.unwrap_or_else(|| word.to_vec())
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    {}", self.expected.action)?;
        for (title, step) in [("expected", &self.expected), ("got", &self.got)] {
            writeln!(f, "  {title}:")?;
            let text = Item::Step(step.clone()).to_string();
            text.lines().skip(1).try_for_each(|line| writeln!(f, "    {line}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_word_is_expanded() {
        assert_eq!(repeated(b"3*ab"), b"ababab");
        for word in [&b"*3\r\n"[..], b"ab", b"x*3", b""] {
            assert_eq!(repeated(word), word);
        }
    }
}
