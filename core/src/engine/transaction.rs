//! Transactions: `EXEC` runs the queued commands together and returns their replies in one array.

use alloc::boxed::Box;

use super::Engine;
use super::turn::{Call, Turn};
use crate::command::spec::Flag;
use crate::resp::args::{Args, Request};
use crate::resp::reply::Reply;
use crate::session::{Queued, Session, Transaction};

impl Session {
    /// Adds a command to the open transaction.
    pub(super) fn queue(&mut self, command: usize, args: Args<'_>) {
        let transaction = self.transaction.get_or_insert_with(|| Box::new(Transaction::default()));
        let request = Request::of(args.iter());
        transaction.request_bytes += request.memory_bytes();
        transaction.commands.push(Queued { command, request });
    }
}

impl Engine {
    /// Returns `true` if the command is queued while a transaction is open.
    pub(super) fn is_queued(&self, command: usize) -> bool {
        !self.has_flag(command, Flag::Unqueued)
    }

    /// Runs the queued commands.
    pub(super) fn exec(&mut self, turn: &mut Turn) {
        let session = &mut self.instance.clients[turn.client];
        let Some(transaction) = session.transaction.take() else { return };
        session.is_in_exec = true;
        if !session.reply_mode.is_muted() {
            Reply::new(&mut turn.output, session.protocol).array(transaction.commands.len());
        }
        for queued in &transaction.commands {
            let session = &self.instance.clients[turn.client];
            let (before, was_muted) = (turn.output.mark(), session.reply_mode.is_muted());
            let call = Call::new(queued.command, queued.request.args(b""));
            match self.denied_since(turn, call) {
                None => self.call(turn, call),
                Some(error) => {
                    self.instance.stats.count_error(error.code());
                    self.reply(turn).error(&error);
                }
            }
            // Matches Redis: after `CLIENT REPLY OFF` the rest of the array never arrives.
            if was_muted && self.instance.clients[turn.client].reply_mode.is_muted() {
                turn.output.rewind(before);
            }
        }
        self.instance.clients[turn.client].is_in_exec = false;
    }
}
