//! `MULTI`, and what `EXEC` does: the queued commands in one go, their replies in one array.

use alloc::boxed::Box;

use super::Engine;
use crate::resp::args::{Args, Request};
use crate::resp::output::Output;
use crate::resp::reply::Reply;
use crate::session::{Queued, Session, Transaction};
use crate::time::UnixMicros;

impl Session {
    /// Adds a command to the transaction that is open.
    pub(super) fn queue(&mut self, command: usize, args: Args<'_>) {
        let transaction = self.transaction.get_or_insert_with(|| Box::new(Transaction::default()));
        let request = Request::of(args.iter());
        transaction.request_bytes += request.memory_bytes();
        transaction.commands.push(Queued { command, request });
    }
}

impl Engine {
    /// Whether a command waits for `EXEC` instead of running now.
    #[inline]
    pub(super) fn must_queue(&self, session: &Session, command: usize) -> bool {
        session.transaction.is_some() && self.is_queued(command)
    }

    #[cold]
    fn is_queued(&self, command: usize) -> bool {
        !matches!(
            self.commands.command(command).spec.name,
            "exec" | "discard" | "multi" | "watch" | "quit" | "reset"
        )
    }

    /// Runs what was queued.
    pub(super) fn exec(
        &mut self,
        session: &mut Session,
        output: &mut Output,
        now: UnixMicros,
        started_ns: &mut u64,
    ) {
        let Some(transaction) = session.transaction.take() else { return };
        if !session.reply_mode.is_muted() {
            Reply::new(output, session.protocol).array(transaction.commands.len());
        }
        session.is_in_exec = true;
        for queued in &transaction.commands {
            let (before, was_muted) = (output.mark(), session.reply_mode.is_muted());
            let args = queued.request.args(b"");
            match self.denied_since(session, queued.command, args, now) {
                None => self.call(session, output, queued.command, args, now, started_ns),
                Some(error) => {
                    self.instance.stats.count_error(error.code());
                    Reply::new(output, session.protocol).error(&error);
                }
            }
            // As odd as in Redis: after `CLIENT REPLY OFF` the client waits in vain for the rest of its array.
            if was_muted && session.reply_mode.is_muted() {
                output.rewind(before);
            }
        }
        session.is_in_exec = false;
    }
}
