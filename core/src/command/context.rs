//! The environment in which handlers run, and the outcomes they return.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::command::table::{Command, Commands};
use crate::dataset::keys::Keys;
use crate::dataset::propagation::{Deletion, Effects};
use crate::dataset::waiters::Wait;
use crate::error::Error;
use crate::instance::Instance;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::session::Session;
use crate::time::UnixMicros;
use crate::value::Type;

/// A command handler. It parses its arguments (the first is the command's name), works on the data
/// and writes one reply. It returns errors before it writes any output.
pub(crate) type Handler = fn(&mut Context<'_>, Args<'_>) -> Result<Outcome, Error>;

/// Everything a handler can access.
pub(crate) struct Context<'a> {
    /// The time of the call. It is constant while a command runs.
    pub(crate) now: UnixMicros,
    /// The selected database, and access to the others.
    pub(crate) keys: Keys<'a>,
    /// The writer of the reply.
    pub(crate) reply: Reply<'a>,
    /// The calling client.
    pub(crate) client: ClientId,
    /// The server's state except its data; includes the clients.
    pub(crate) instance: &'a mut Instance,
    /// The command table.
    pub(crate) commands: &'a Commands,
    /// The running command.
    pub(crate) command: &'a Command,
}

impl Context<'_> {
    /// Returns the client's session. While another field of the context is borrowed, use
    /// `ctx.instance.clients[ctx.client]` instead.
    #[inline]
    pub(crate) fn session(&self) -> &Session {
        &self.instance.clients[self.client]
    }

    /// Returns the client's session.
    #[inline]
    pub(crate) fn session_mut(&mut self) -> &mut Session {
        &mut self.instance.clients[self.client]
    }

    /// Returns an empty list of effects, for a command that propagates as other commands: see
    /// [`Outcome::Instead`].
    #[inline]
    pub(crate) fn effects(&self) -> Effects {
        self.keys.dataset.observers.propagation.effects()
    }

    /// Returns the outcome of a command that propagates as a single other command.
    pub(crate) fn instead<const N: usize>(&self, effect: [&[u8]; N]) -> Outcome {
        let mut effects = self.effects();
        effects.push(&effect);
        Outcome::Instead(effects)
    }

    /// Returns the outcome of a command that propagates verbatim, even if it has changed nothing.
    pub(crate) fn verbatim(&self, args: Args<'_>) -> Outcome {
        let mut effects = self.effects();
        if effects.are_recorded() {
            effects.push(&args.iter().collect::<Vec<_>>());
        }
        Outcome::Instead(effects)
    }

    /// Returns the outcome of a command that has deleted a key and propagates as that deletion.
    pub(crate) fn deletion(&self, key: &[u8], deletion: Deletion) -> Outcome {
        self.instead([self.keys.dataset.observers.propagation.delete(deletion), key])
    }

    /// Returns the outcome of a command that has found nothing in `keys`: the client waits for a
    /// value of `value_type` in one of them, until `until` or forever. In a transaction it does not
    /// wait.
    pub(crate) fn wait_for<'k>(
        &mut self,
        keys: impl Iterator<Item = &'k [u8]>,
        value_type: Type,
        until: Option<UnixMicros>,
    ) -> Outcome {
        let wait = Wait {
            keys: keys.map(<[u8]>::to_vec).collect(),
            database: self.keys.database,
            value_type,
            needs_key: false,
            request: None,
            replies_null: false,
        };
        self.wait(wait, until)
    }

    /// Like [`wait_for`](Self::wait_for), with all options.
    pub(crate) fn wait(&mut self, wait: Wait, until: Option<UnixMicros>) -> Outcome {
        let session = &mut self.instance.clients[self.client];
        session.wait = Some(Box::new(wait));
        if session.is_in_exec {
            session.wait_in_vain(&mut self.reply);
            return Outcome::Done;
        }
        let until = session.blocked_until.unwrap_or(until);
        Outcome::Block { until, effects: Effects::default() }
    }
}

/// The result of a handler: what the engine does next.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The reply is written. Any changes propagate as the original command.
    Done,
    /// The reply is written. Any changes propagate as these commands; the list may be empty.
    Instead(Effects),
    /// The client is blocked, at most until `until`. The reply follows when the wait ends.
    Block {
        /// The time at which the wait times out; `None` to wait forever.
        until: Option<UnixMicros>,
        /// Changes made before blocking.
        effects: Effects,
    },
    /// Runs the client's queued commands.
    Exec,
}
