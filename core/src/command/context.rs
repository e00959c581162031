//! What a handler works with, and what it says when it is done.

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

/// A handler: reads its arguments (the first is the command's name), works on the data and writes one reply. It fails
/// before it writes anything.
pub(crate) type Handler = fn(&mut Context<'_>, Args<'_>) -> Result<Outcome, Error>;

/// All that a handler may touch.
pub(crate) struct Context<'a> {
    /// The time of the call; it stands still while a command runs.
    pub(crate) now: UnixMicros,
    /// The client's database, and the others.
    pub(crate) keys: Keys<'a>,
    /// Where the reply goes.
    pub(crate) reply: Reply<'a>,
    /// The client.
    pub(crate) client: ClientId,
    /// The server besides its data, its clients included.
    pub(crate) instance: &'a mut Instance,
    /// All commands.
    pub(crate) commands: &'a Commands,
    /// The command that runs.
    pub(crate) command: &'a Command,
}

impl Context<'_> {
    /// Returns the client's session. Where another field of the context is borrowed, write `ctx.instance.clients[ctx.client]`.
    #[inline]
    pub(crate) fn session(&self) -> &Session {
        &self.instance.clients[self.client]
    }

    /// Returns the client's session.
    #[inline]
    pub(crate) fn session_mut(&mut self) -> &mut Session {
        &mut self.instance.clients[self.client]
    }

    /// Returns an empty list of effects, for a command that propagates as others: see [`Outcome::Instead`].
    #[inline]
    pub(crate) fn effects(&self) -> Effects {
        self.keys.dataset.observers.propagation.effects()
    }

    /// Returns the outcome of a command that propagates as one other command.
    pub(crate) fn instead<const N: usize>(&self, effect: [&[u8]; N]) -> Outcome {
        let mut effects = self.effects();
        effects.push(&effect);
        Outcome::Instead(effects)
    }

    /// Returns the outcome of a command that propagates as it was sent, whether or not it has changed anything.
    pub(crate) fn verbatim(&self, args: Args<'_>) -> Outcome {
        let mut effects = self.effects();
        if effects.are_recorded() {
            effects.push(&args.iter().collect::<Vec<_>>());
        }
        Outcome::Instead(effects)
    }

    /// Returns the outcome of a command that has deleted a key, which propagates as the deletion.
    pub(crate) fn deletion(&self, key: &[u8], deletion: Deletion) -> Outcome {
        self.instead([self.keys.dataset.observers.propagation.delete(deletion), key])
    }

    /// What a command comes to that has found nothing in `keys` and may wait for a value of `value_type` in one of them:
    /// until `until`, or for ever. In a transaction it does not wait.
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

    /// [`wait_for`](Self::wait_for) with all particulars.
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

/// What the engine does once a handler has returned.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The reply is written. What was changed, if anything, propagates as the command was sent.
    Done,
    /// The reply is written. What was changed propagates as these commands, even if they are none.
    Instead(Effects),
    /// The client waits, at most until then; the reply comes when the wait ends.
    Block {
        /// When the wait ends by itself.
        until: Option<UnixMicros>,
        /// What has changed all the same.
        effects: Effects,
    },
    /// Run what the client has queued.
    Exec,
}
