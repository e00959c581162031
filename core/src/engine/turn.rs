//! A turn: runs requests of one client, one after the other.

use core::mem;

use super::Engine;
use crate::client::ClientId;
use crate::dataset::keys::HashedKey;
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::resp::reply::Reply;
use crate::time::UnixMicros;

/// The state of the turn of one client.
///
/// The session stays in its slot. Its output is moved here, so that replies can be written while
/// everything else is borrowed. Messages that arrive for the client meanwhile go to the output in
/// its slot, and follow the reply.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) client: ClientId,
    /// The output that the client has not read yet.
    pub(super) output: Output,
    /// The time of the call, or the end of the latest `DEBUG SLEEP` if that is later. Constant
    /// while a command runs.
    pub(super) now: UnixMicros,
    /// When the current request started, on the host's monotonic clock. The end of one request is
    /// the start of the next, so the clock is read once per request.
    pub(super) started_ns: u64,
}

/// A request with its resolved command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// The command's index in the table.
    pub(super) index: usize,
    pub(super) args: Args<'a>,
    /// The first argument with its hash, if that is known already.
    pub(super) hashed: Option<HashedKey<'a>>,
}

impl<'a> Call<'a> {
    pub(super) const fn new(index: usize, args: Args<'a>) -> Self {
        Self { index, args, hashed: None }
    }
}

impl Engine {
    /// Begins the turn of a client.
    pub(super) fn begin_turn(
        &mut self,
        client: ClientId,
        now: UnixMicros,
        started_ns: u64,
    ) -> Turn {
        self.instance.running = Some(client);
        let output = mem::take(&mut self.instance.clients[client].output);
        Turn { client, output, now: now.max(self.instance.awake_at), started_ns }
    }

    /// Ends a turn and moves the output back, followed by the messages. Returns when the last
    /// request ended.
    pub(super) fn end_turn(&mut self, mut turn: Turn) -> u64 {
        self.append_messages(&mut turn);
        self.instance.clients[turn.client].output = turn.output;
        self.instance.running = None;
        turn.started_ns
    }

    /// Moves the messages that arrived for the client while its command ran behind the reply.
    #[inline]
    pub(super) fn append_messages(&mut self, turn: &mut Turn) {
        turn.output.append(&mut self.instance.clients[turn.client].output);
    }

    /// Returns a writer of replies to the client.
    #[inline]
    pub(super) fn reply<'a>(&self, turn: &'a mut Turn) -> Reply<'a> {
        Reply::new(&mut turn.output, self.instance.clients[turn.client].protocol)
    }
}
