//! Shrinks a session in which two servers differ.
//!
//! Parts of the session are removed, first halves, then ever smaller ones, as long as the same
//! command still differs; then the commands of each pipeline, then the arguments.

use std::{
    io,
    time::{Duration, Instant},
};

use redstart_core::random::Seed;

use super::{Difference, Differential, Finding, report};
use crate::workload::{Command, Step};

/// The time limit for shrinking.
const PATIENCE: Duration = Duration::from_secs(6);

/// Returns the shortest session found that shows the same kind of `difference` as `session`.
pub(super) fn shrink(
    servers: &mut Differential<'_>,
    seed: Seed,
    session: &[Step],
    difference: Difference,
) -> io::Result<Finding> {
    let kind = report::kind(&difference);
    let mut shrinking =
        Shrinking { servers, kind, best: session.to_vec(), deadline: Instant::now() + PATIENCE };
    let single = session.iter().flat_map(singles).collect();
    shrinking.try_instead(single)?;
    loop {
        let before = shrinking.best.clone();
        shrinking.leave_out_steps()?;
        shrinking.leave_out_commands()?;
        shrinking.shorten_arguments()?;
        if shrinking.best == before || Instant::now() > shrinking.deadline {
            break;
        }
    }
    let session = shrinking.best;
    let again = servers.play(&session)?.difference;
    let is_repeatable = again.is_some();
    let difference = again.unwrap_or(difference);
    report::finding(servers.driver, seed, session, difference, is_repeatable)
}

/// Splits a pipeline into steps of one command each.
fn singles(step: &Step) -> Vec<Step> {
    match step {
        Step::Send { client, commands } => commands
            .iter()
            .map(|command| Step::Send { client: *client, commands: vec![command.clone()] })
            .collect(),
        Step::Wait(_) => vec![step.clone()],
    }
}

struct Shrinking<'a, 'b> {
    servers: &'a mut Differential<'b>,
    kind: String,
    best: Vec<Step>,
    deadline: Instant,
}

impl Shrinking<'_, '_> {
    /// Keeps `session` as the best one if it still shows the difference.
    fn try_instead(&mut self, session: Vec<Step>) -> io::Result<bool> {
        let head = self.best.first().filter(|step| step.stops_expiry());
        if Instant::now() > self.deadline || head.is_some_and(|head| session.first() != Some(head))
        {
            return Ok(false);
        }
        let shown = self
            .servers
            .play(&session)?
            .difference
            .filter(|shown| report::kind(shown) == self.kind);
        if let Some(shown) = &shown {
            self.best = session;
            self.best.truncate(shown.step + 1);
        }
        Ok(shown.is_some())
    }

    fn leave_out_steps(&mut self) -> io::Result<()> {
        let mut len = self.best.len().div_ceil(2);
        while len > 0 {
            let mut end = self.best.len();
            while end > 0 {
                let start = end.saturating_sub(len);
                let mut session = self.best.clone();
                session.drain(start..end.min(session.len()));
                self.try_instead(session)?;
                end = start.min(self.best.len());
            }
            len = if len == 1 { 0 } else { len.div_ceil(2) };
        }
        Ok(())
    }

    fn leave_out_commands(&mut self) -> io::Result<()> {
        for step in (0..self.best.len()).rev() {
            let mut at = 0;
            while at < self.best.get(step).map_or(0, super::commands_in) {
                let mut session = self.best.clone();
                if let Step::Send { commands, .. } = &mut session[step] {
                    commands.remove(at);
                }
                if !self.try_instead(session)? {
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn shorten_arguments(&mut self) -> io::Result<()> {
        for step in (0..self.best.len()).rev() {
            let mut at = 0;
            while let Some(Step::Send { commands, .. }) = self.best.get(step)
                && let Some(command) = commands.get(at)
            {
                for shorter in shorter(command) {
                    let mut session = self.best.clone();
                    if let Some(Step::Send { commands, .. }) = session.get_mut(step)
                        && let Some(place) = commands.get_mut(at)
                        && place.len() >= shorter.len()
                    {
                        *place = shorter;
                        self.try_instead(session)?;
                    }
                }
                at += 1;
            }
        }
        Ok(())
    }
}

/// Returns the command without its last arguments, and with each long argument truncated.
fn shorter(command: &Command) -> Vec<Command> {
    let mut all = Vec::new();
    for at in 1..command.len() {
        let mut without = command.clone();
        without.remove(at);
        all.push(without);
        for len in [4, command[at].len() / 2] {
            if len < command[at].len() {
                let mut cut = command.clone();
                cut[at].truncate(len);
                all.push(cut);
            }
        }
    }
    all
}
