//! Compares the replies of a reference and of Redstart to the same random commands, byte for byte.
//!
//! A run consists of sessions: about a hundred or more steps of a few clients on two servers that
//! were reset ([`crate::workload`]). If the replies differ by more than [`tolerance`] allows, the
//! session is shrunk (`shrink`) to the few commands that matter and written as a case of the
//! corpus. Replies that depend on the clock are compared loosely; all other bytes are compared
//! exactly.

mod dumps;
mod report;
mod shrink;
pub mod tolerance;

use std::{
    collections::BTreeMap,
    io, thread,
    time::{SystemTime, UNIX_EPOCH},
};

use redstart_core::{
    number::parse_i64,
    random::{Random, Seed},
    time::UnixMicros,
};

use crate::{
    driver::{Connection, Driver, State, multibulk},
    print::lines,
    quoting::quote,
    reference::Reference,
    resp::{Reply, decode},
    workload::{CLIENTS, Command, Step, Workload},
};
use dumps::Dumps;
pub use report::Finding;

/// The number of steps in one session.
pub const SESSION_STEPS: usize = 300;

/// Makes the subject do as Redis 7.0, which has no listpacks of sets.
const AS_IN_REDIS_7_0: &str = "CONFIG SET set-max-listpack-entries 0";

/// Makes the reference examine all that it restores.
const AS_IN_REDSTART: &str = "CONFIG SET sanitize-dump-payload yes";

/// Two servers that should reply alike.
pub struct Differential<'a> {
    /// The one that is right.
    pub reference: Reference,
    /// Where it is reached.
    pub driver: &'a mut dyn Driver,
    /// The one that is tested.
    pub subject: &'a mut dyn Driver,
}

/// The first difference of two servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the step.
    pub step: usize,
    /// The difference in it.
    pub split: Split,
}

/// How far a session got.
pub struct Played {
    /// Steps played.
    pub steps: usize,
    /// The first difference, with which the session ended.
    pub difference: Option<Difference>,
}

/// A command to which two servers reply differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The command, if it is known; in a transaction, the queued one.
    pub command: Command,
    /// The reply of the reference, as printed.
    pub expected: Vec<String>,
    /// The reply of the subject, as printed.
    pub got: Vec<String>,
    /// Whether the difference is known, and leaves the servers with different data.
    pub is_parting: bool,
}

/// The progress of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// The number of steps played.
    pub steps: usize,
    /// The number of commands sent.
    pub commands: usize,
    /// The differences, one of each kind, with the number of sessions in which it occurred.
    pub findings: BTreeMap<String, (Finding, usize)>,
    /// The reason why the run ended early: the reference has ended, or does not respond.
    pub broken_off: Option<io::Error>,
}

impl Run {
    /// Adds another run.
    pub fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.commands += other.commands;
        for (kind, (finding, sessions)) in other.findings {
            self.findings.entry(kind).or_insert((finding, 0)).1 += sessions;
        }
    }
}

impl Differential<'_> {
    /// Plays sessions until `steps` steps are done. Each session has its own seed, which is part of
    /// its finding.
    pub fn run(&mut self, steps: usize, seed: Seed) -> Run {
        let mut run = Run::default();
        run.broken_off = self.go_on(steps, seed, &mut run).err();
        run
    }

    fn go_on(&mut self, steps: usize, seed: Seed, run: &mut Run) -> io::Result<()> {
        let mut seeds = Random::new(seed);
        // The first session has the seed of the run, so that the seed of a finding repeats it.
        let mut seed = seed;
        while run.steps < steps {
            let session = Workload::new(seed).session(SESSION_STEPS.min(steps - run.steps).max(20));
            let played = self.play(&session).map_err(|error| {
                io::Error::new(error.kind(), format!("in the session of seed {}: {error}", seed.0))
            })?;
            run.steps += played.steps;
            run.commands += session[..played.steps].iter().map(commands_in).sum::<usize>();
            if let Some(difference) = played.difference {
                let kind = report::kind(&difference);
                if let Some((_, sessions)) = run.findings.get_mut(&kind) {
                    *sessions += 1;
                } else {
                    let finding =
                        shrink::shrink(self, seed, &session[..=difference.step], difference)?;
                    run.findings.insert(kind, (finding, 1));
                }
            }
            seed = Seed(seeds.next_u64());
        }
        Ok(())
    }

    /// Plays `session` on both servers, up to the first difference, or to one that is known and
    /// leaves them with different data.
    ///
    /// # Errors
    /// When a server cannot be reached.
    pub fn play(&mut self, session: &[Step]) -> io::Result<Played> {
        self.driver.reset()?;
        self.subject.reset()?;
        let mut reference = Side::new(self.driver);
        let mut subject = Side::new(self.subject);
        reference.configure(AS_IN_REDSTART)?;
        if self.reference == Reference::Redis {
            subject.configure(AS_IN_REDIS_7_0)?;
        }
        let mut dumps = Dumps::new();
        let mut queues: [Vec<Command>; CLIENTS] = Default::default();
        for (number, step) in session.iter().enumerate() {
            match step {
                Step::Wait(time) => {
                    thread::sleep(*time);
                    subject.driver.synchronize(wall_clock())?;
                }
                Step::Send { client, commands } => {
                    let commands = &sent_to(self.reference, commands);
                    let [bytes, subjects] = dumps.crossed(commands).map(|commands| {
                        commands.iter().flat_map(|command| multibulk(command)).collect::<Vec<_>>()
                    });
                    // Both servers work at the same time.
                    reference.send(*client, &bytes)?;
                    subject.driver.synchronize(wall_clock())?;
                    subject.send(*client, &subjects)?;
                    let got = subject.receive(*client, commands.len())?;
                    let expected = reference.receive(*client, commands.len()).map_err(|error| {
                        io::Error::new(error.kind(), format!("{}: {error}", quote(&bytes)))
                    })?;
                    let queue = &mut queues[*client];
                    if let Some(split) = compare(self.reference, commands, queue, &expected, &got) {
                        let difference = Difference { step: number, split };
                        let is_parting = difference.split.is_parting;
                        let difference = (!is_parting).then_some(difference);
                        return Ok(Played { steps: number + 1, difference });
                    }
                    dumps.note(commands, &expected.bytes, &got.bytes);
                    if expected.state == State::Closed {
                        queue.clear();
                    }
                }
            }
        }
        Ok(Played { steps: session.len(), difference: None })
    }
}

/// The commands that are sent: not those after which the forks of Redis 7.2 are known to hold other
/// data, or to owe a reply.
fn sent_to(reference: Reference, commands: &[Command]) -> Vec<Command> {
    let is_sent = |command: &&Command| {
        reference == Reference::Redis
            || !(is_login(command)
                || hides_replies(command)
                || overflows(command)
                || has_negative_offset(command))
    };
    commands.iter().filter(is_sent).cloned().collect()
}

/// Whether a command may be a login that fails, which is not answered while an earlier reply is
/// unread.
fn is_login(command: &Command) -> bool {
    tolerance::is(command, &["auth"]) || tolerance::is(command, &["hello"]) && command.len() > 2
}

/// Whether a command turns replies off, so that known differences would not be seen.
fn hides_replies(command: &Command) -> bool {
    tolerance::is(command, &["client reply"])
}

/// Whether `RESTORE` has a time to live with which the sum overflows.
fn overflows(command: &Command) -> bool {
    let time = command.get(2).and_then(|time| parse_i64(time));
    tolerance::is(command, dumps::RESTORING) && time.is_some_and(|time| time > i64::MAX / 2)
}

/// Whether a range of a sorted set has a negative offset, which counts from the end if the set is
/// large.
fn has_negative_offset(command: &Command) -> bool {
    let is_limit =
        |words: &[Vec<u8>]| words[0].eq_ignore_ascii_case(b"limit") && words[1].starts_with(b"-");
    command[0].to_ascii_lowercase().starts_with(b"z") && command.windows(2).any(is_limit)
}

fn words(command: &str) -> Command {
    command.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// A server with the clients of the session.
struct Side<'a> {
    driver: &'a mut dyn Driver,
    clients: [Option<Connection>; CLIENTS],
}

/// The output that a client receives in a step.
struct Answer {
    bytes: Vec<u8>,
    state: State,
}

impl<'a> Side<'a> {
    fn new(driver: &'a mut dyn Driver) -> Self {
        Self { driver, clients: [None; CLIENTS] }
    }

    fn configure(&mut self, command: &str) -> io::Result<()> {
        self.send(0, &multibulk(&words(command)))?;
        self.receive(0, 1).map(drop)
    }

    fn send(&mut self, client: usize, bytes: &[u8]) -> io::Result<()> {
        let connection = match self.clients[client] {
            Some(connection) => connection,
            None => self.driver.connect()?,
        };
        self.clients[client] = Some(connection);
        self.driver.send(connection, bytes)
    }

    /// Returns the output that `client` receives for the commands that it sent last.
    fn receive(&mut self, client: usize, commands: usize) -> io::Result<Answer> {
        let connection = self.clients[client].expect("it has sent something");
        let mut bytes = Vec::new();
        let state = self.driver.receive_replies(connection, commands, &mut bytes)?;
        self.clients[client] = Some(connection).filter(|_| state == State::Open);
        Ok(Answer { bytes, state })
    }
}

/// Returns the first reply that differs. `queue` contains the commands of an open transaction.
fn compare(
    reference: Reference,
    commands: &[Command],
    queue: &mut Vec<Command>,
    expected: &Answer,
    got: &Answer,
) -> Option<Split> {
    let (Some(wanted), Some(found)) = (replies(&expected.bytes), replies(&got.bytes)) else {
        let split = Split::new(commands, commands.len(), &[&expected.text(), &got.text()]);
        return (expected.bytes != got.bytes).then_some(split);
    };
    if wanted.len() != found.len() || expected.state != got.state {
        let same = wanted.iter().zip(&found).take_while(|(wanted, found)| wanted == found).count();
        return Some(Split::new(
            commands,
            same,
            &[&expected.rest(&wanted, same), &got.rest(&found, same)],
        ));
    }
    if wanted.len() != commands.len() {
        // Some replies were suppressed, and nobody can tell which command a reply belongs to.
        let at = (0..wanted.len())
            .find(|&at| !tolerance::allows_any(reference, &wanted[at], &found[at]))?;
        return Some(Split::new(
            commands,
            at,
            &[&lines(&wanted[at], false), &lines(&found[at], false)],
        ));
    }
    let mut pairs = commands.iter().zip(wanted.iter().zip(&found));
    pairs.find_map(|(command, (wanted, found))| {
        compare_reply(reference, command, queue, wanted, found)
    })
}

impl Split {
    fn new(commands: &[Command], at: usize, [expected, got]: &[&[String]; 2]) -> Self {
        let command = commands.get(at).or(commands.last()).cloned().unwrap_or_default();
        Self { command, expected: expected.to_vec(), got: got.to_vec(), is_parting: false }
    }

    fn of(reference: Reference, command: &Command, expected: &Reply, got: &Reply) -> Option<Self> {
        let (printed, other) = (lines(expected, false), lines(got, false));
        (!tolerance::allows(reference, command, expected, got)).then(|| Self {
            command: command.clone(),
            expected: printed,
            got: other,
            is_parting: tolerance::parts(reference, command, expected, got),
        })
    }
}

impl Answer {
    fn text(&self) -> Vec<String> {
        vec![quote(&self.bytes)]
    }

    /// Returns the printed replies from a reply on.
    fn rest(&self, replies: &[Reply], from: usize) -> Vec<String> {
        let mut all: Vec<String> =
            replies[from..].iter().flat_map(|reply| lines(reply, false)).collect();
        if self.state == State::Closed {
            all.push("(closed)".to_owned());
        }
        all
    }
}

fn compare_reply(
    reference: Reference,
    command: &Command,
    queue: &mut Vec<Command>,
    expected: &Reply,
    got: &Reply,
) -> Option<Split> {
    if *expected == Reply::Status(b"QUEUED".to_vec()) {
        queue.push(command.clone());
    } else if tolerance::is(command, &["exec", "discard", "reset"]) {
        let queued = core::mem::take(queue);
        if let (Reply::Array(expected), Reply::Array(got)) = (expected, got)
            && expected.len() == got.len()
            && expected.len() == queued.len()
        {
            let mut pairs = queued.iter().zip(expected.iter().zip(got));
            return pairs
                .find_map(|(queued, (expected, got))| Split::of(reference, queued, expected, got));
        }
        // If the lengths differ, `QUEUED` was not always told.
        if tolerance::allows_any(reference, expected, got) {
            return None;
        }
    }
    Split::of(reference, command, expected, got)
}

/// Decodes replies; `None` if the bytes are something else.
fn replies(mut bytes: &[u8]) -> Option<Vec<Reply>> {
    let mut replies = Vec::new();
    while !bytes.is_empty() {
        let (reply, len) = decode(bytes).ok().flatten()?;
        replies.push(reply);
        bytes = &bytes[len..];
    }
    Some(replies)
}

fn commands_in(step: &Step) -> usize {
    match step {
        Step::Send { commands, .. } => commands.len(),
        Step::Wait(_) => 0,
    }
}

fn wall_clock() -> UnixMicros {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMicros(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
}
