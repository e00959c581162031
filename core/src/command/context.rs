//! What a handler works with, and what it says when it is done.

use crate::command::key_access::Keys;
use crate::command::table::{Command, Commands};
use crate::error::Error;
use crate::instance::Instance;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::session::Session;
use crate::time::UnixMicros;

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
    pub(crate) session: &'a mut Session,
    /// The server besides its data.
    pub(crate) instance: &'a mut Instance,
    /// All commands.
    pub(crate) commands: &'a Commands,
    /// The command that runs.
    pub(crate) command: &'a Command,
}

/// What the engine does once a handler has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The reply is written.
    Done,
    /// The client waits, at most until then; the reply comes when the wait ends.
    Block {
        /// When the wait ends by itself.
        until: Option<UnixMicros>,
    },
    /// Run what the client has queued.
    Exec,
}
