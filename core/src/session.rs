//! The state of one client: its identity, its settings, its input and its unread output.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::acl::User;
use crate::client::{ClientId, Peer};
use crate::config::ClientClass;
use crate::dataset::tracking::TrackingState;
use crate::dataset::waiters::{Wait, Waiters};
use crate::error::Error;
use crate::limits;
use crate::memory::allocated;
use crate::pubsub::Subscriptions;
use crate::resp::args::Request;
use crate::resp::input::Input;
use crate::resp::output::Output;
use crate::resp::reply::{Protocol, Reply};
use crate::resp::request::RequestReader;
use crate::time::UnixMicros;

/// The purpose of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// A client that sends commands.
    #[default]
    Normal,
    /// A client that has sent `MONITOR`.
    Monitor,
    /// The engine's own session for applying recorded changes: of another engine, or of this one
    /// before a restart.
    Master,
    /// The engine's own session for read-only queries of tools, which leave no trace.
    Inspector,
}

impl Role {
    /// Returns `true` if the session belongs to the engine, not to a client.
    pub(crate) const fn is_internal(self) -> bool {
        matches!(self, Self::Master | Self::Inspector)
    }
}

/// The mode set with `CLIENT REPLY`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReplyMode {
    /// Every command gets a reply.
    #[default]
    On,
    /// No command gets a reply.
    Off,
    /// The next command gets no reply.
    SkipNext,
    /// The current command gets no reply.
    Skip,
}

impl ReplyMode {
    /// Returns `true` if the current command gets no reply.
    #[inline]
    pub(crate) const fn is_muted(self) -> bool {
        matches!(self, Self::Off | Self::Skip)
    }

    /// Returns the mode that applies after the current command.
    pub(crate) const fn after_command(self) -> Self {
        match self {
            Self::Skip => Self::On,
            other => other,
        }
    }
}

/// How a client's requests are authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// The user may do everything, so nothing is checked.
    Unrestricted,
    /// Each request is checked against the user's permissions.
    Checked,
    /// The client must log in first.
    Required,
}

impl Auth {
    fn of(user: &User, is_known: bool) -> Self {
        match (is_known, user.is_unrestricted()) {
            (false, _) => Self::Required,
            (true, true) => Self::Unrestricted,
            (true, false) => Self::Checked,
        }
    }
}

/// The reason why a client's requests wait in its input instead of being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stall {
    /// A blocking command waits until its deadline, if it has one.
    Blocked { until: Option<UnixMicros> },
    /// `CLIENT PAUSE` postpones its next command.
    Postponed,
    /// Its unread replies have reached `client-output-run-limit`.
    OutputFull,
    /// Its turn is over; the rest of its input runs with the next tick.
    Yielded,
}

/// How a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// After the client has been sent the rest of its output.
    AfterWrite,
    /// Immediately.
    Now,
}

/// Commands queued for `EXEC`.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    /// The commands, each with its arguments.
    pub(crate) commands: Vec<Queued>,
    /// The memory that the arguments use, in bytes.
    pub(crate) request_bytes: usize,
    /// Whether a command could not be queued, so that `EXEC` must fail.
    pub(crate) is_aborted: bool,
}

/// A command with its own copy of its arguments.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) command: usize,
    pub(crate) request: Request,
}

/// Keys that a client watches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watched {
    /// Number of keys.
    pub(crate) keys: usize,
    /// Memory that the watches use.
    pub(crate) bytes: usize,
}

impl Transaction {
    /// Returns the memory that it uses, in bytes.
    pub(crate) const fn memory_bytes(&self) -> usize {
        self.request_bytes + allocated(self.commands.capacity() * QUEUED_BYTES)
    }
}

/// The memory that a session uses besides what it points to, with eight-byte pointers.
const SESSION_BYTES: usize = 1024;

/// The memory that a queued command uses besides its arguments.
const QUEUED_BYTES: usize = 64;

/// A connected client.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: ClientId,
    pub(crate) peer: Peer,
    pub(crate) name: Vec<u8>,
    pub(crate) library_name: Vec<u8>,
    pub(crate) library_version: Vec<u8>,
    pub(crate) connected_at: UnixMicros,
    pub(crate) last_interaction: UnixMicros,

    pub(crate) protocol: Protocol,
    pub(crate) database: usize,
    /// The user, which is the default user unless the client has logged in.
    pub(crate) user: Rc<User>,
    pub(crate) is_authenticated: bool,
    /// Derived from the two fields above: see [`Self::renew_auth`].
    pub(crate) auth: Auth,
    pub(crate) reply_mode: ReplyMode,
    pub(crate) role: Role,
    /// The subscriptions, if there are any.
    pub(crate) subscriptions: Option<Box<Subscriptions>>,
    /// The client's tracking of cached keys, if enabled.
    pub(crate) tracking: Option<Box<TrackingState>>,
    pub(crate) no_evict: bool,
    pub(crate) no_touch: bool,
    pub(crate) transaction: Option<Box<Transaction>>,
    /// The keys that it watches.
    pub(crate) watched: Watched,
    /// Whether `EXEC` is running, so that nothing may block.
    pub(crate) is_in_exec: bool,

    /// The last command that ran, for `CLIENT LIST`.
    pub(crate) last_command: Option<&'static str>,
    pub(crate) stall: Option<Stall>,
    pub(crate) closing: Option<Closing>,
    /// What a blocked client waits for besides its deadline, if anything.
    pub(crate) wait: Option<Box<Wait>>,
    /// The index of the blocked command.
    pub(crate) blocked_command: usize,
    /// The deadline of a blocked command while it runs again; `Some(None)` if it has none.
    pub(crate) blocked_until: Option<Option<UnixMicros>>,

    pub(crate) reader: RequestReader,
    /// Requests that are incomplete or must wait: see [`Stall`].
    pub(crate) input: Input,
    /// The length of the part of its input that is running now.
    pub(crate) running_input_bytes: usize,
    pub(crate) output: Output,
    /// The part of the clients' total memory that is counted for this one.
    pub(crate) counted_bytes: usize,
    /// Whether the front end was notified that there is output to write.
    pub(crate) is_announced: bool,
    /// The time since which the output has been above its soft limit.
    pub(crate) soft_limit_since: Option<UnixMicros>,
}

impl Session {
    pub(crate) fn new(id: ClientId, peer: Peer, user: Rc<User>, now: UnixMicros) -> Self {
        let is_authenticated = user.nopass();
        Self {
            id,
            peer,
            name: Vec::new(),
            library_name: Vec::new(),
            library_version: Vec::new(),
            connected_at: now,
            last_interaction: now,
            protocol: Protocol::Resp2,
            database: 0,
            auth: Auth::of(&user, is_authenticated),
            user,
            is_authenticated,
            reply_mode: ReplyMode::On,
            role: Role::Normal,
            subscriptions: None,
            tracking: None,
            no_evict: false,
            no_touch: false,
            transaction: None,
            watched: Watched::default(),
            is_in_exec: false,
            last_command: None,
            stall: None,
            closing: None,
            wait: None,
            blocked_command: 0,
            blocked_until: None,
            reader: RequestReader::default(),
            input: Input::default(),
            running_input_bytes: 0,
            output: Output::default(),
            counted_bytes: 0,
            is_announced: false,
            soft_limit_since: None,
        }
    }

    /// Resets the session to the state of a new connection, as `RESET` does. As in Redis, the name
    /// of the library stays.
    pub(crate) fn reset(&mut self) {
        self.protocol = Protocol::Resp2;
        self.database = 0;
        self.name = Vec::new();
        if self.reply_mode != ReplyMode::Skip {
            self.reply_mode = ReplyMode::On;
        }
        self.role = Role::Normal;
        self.no_evict = false;
        self.no_touch = false;
        self.transaction = None;
        self.watched = Watched::default();
    }

    /// Changes the user.
    pub(crate) fn become_user(&mut self, user: &Rc<User>, is_authenticated: bool, default: &User) {
        self.user = Rc::clone(user);
        self.is_authenticated = is_authenticated;
        self.renew_auth(default);
    }

    /// Derives the level of authentication again, since the user or the default user may have
    /// changed.
    pub(crate) fn renew_auth(&mut self, default: &User) {
        let is_known = self.is_authenticated || default.nopass();
        self.auth = Auth::of(&self.user, is_known);
    }

    /// Writes the reply to a blocked command that has timed out.
    pub(crate) fn wait_in_vain(&mut self, reply: &mut Reply<'_>) {
        match self.wait.take() {
            // `WAIT`: no replica has acknowledged anything.
            None => reply.integer(0),
            Some(wait) if wait.replies_null => reply.null(),
            Some(_) => reply.null_array(),
        }
    }

    /// Ends the client's wait: removes it from the waiters of its keys and clears its stall.
    /// Returns the deadline of the wait. `wait` is unchanged.
    pub(crate) fn unblock(&mut self, waiters: &mut Waiters) -> Option<UnixMicros> {
        let Some(Stall::Blocked { until }) = self.stall else { return None };
        self.stall = None;
        waiters.remove(self.id, self.wait.as_deref(), until);
        until
    }

    /// Writes the reply to a command that is no longer blocked: `error`, or the reply for a
    /// timeout.
    pub(crate) fn end_wait(&mut self, error: Option<&Error>) {
        let mut output = core::mem::take(&mut self.output);
        let before = output.mark();
        let mut reply = Reply::new(&mut output, self.protocol);
        if let Some(error) = error {
            self.wait = None;
            reply.error(error);
        } else {
            self.wait_in_vain(&mut reply);
        }
        if self.reply_mode.is_muted() {
            output.rewind(before);
        }
        self.reply_mode = self.reply_mode.after_command();
        self.output = output;
    }

    /// Returns the class whose output limits apply.
    pub(crate) const fn class(&self) -> ClientClass {
        if self.subscriptions.is_some() { ClientClass::PubSub } else { ClientClass::Normal }
    }

    /// Returns `true` if the client is to be closed after its output is written, but has none,
    /// because replies are turned off. As in Redis, such a connection stays open, and its input is
    /// dropped.
    pub(crate) fn is_ignored(&self) -> bool {
        self.closing == Some(Closing::AfterWrite) && self.output.is_empty()
    }

    /// Returns `true` if the client waits in a blocking command.
    pub(crate) const fn is_blocked(&self) -> bool {
        matches!(self.stall, Some(Stall::Blocked { .. }))
    }

    /// Returns `true` if the client waits for a key, a timeout or the end of a pause:
    /// `blocked_clients` counts it.
    pub(crate) const fn is_held(&self) -> bool {
        matches!(self.stall, Some(Stall::Blocked { .. } | Stall::Postponed))
    }

    /// Returns the number of bytes that it has sent and that have not run.
    pub(crate) fn input_bytes(&self) -> usize {
        self.input.len() + self.reader.apart_len()
    }

    /// Returns the free capacity of its input buffers, in bytes.
    pub(crate) fn free_input_bytes(&self) -> usize {
        self.input.capacity() + self.reader.apart_capacity() - self.input_bytes()
    }

    /// Returns the memory that this client uses, in bytes.
    #[inline]
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes_with(&self.output)
    }

    /// Returns the same while its output is held elsewhere. An output that fits into a pooled
    /// buffer does not count, so the result does not depend on when the front end writes it.
    #[inline]
    pub(crate) fn memory_bytes_with(&self, output: &Output) -> usize {
        let output_bytes = match output.memory_bytes() {
            0..=limits::UNCOUNTED_OUTPUT_BYTES => 0,
            bytes => allocated(bytes),
        };
        SESSION_BYTES
            + self.name.capacity()
            + allocated(self.input.capacity() + self.reader.apart_capacity())
            + output_bytes
            + self.watched.bytes
            + self.transaction.as_ref().map_or(0, |transaction| transaction.memory_bytes())
            + self.subscriptions.as_ref().map_or(0, |names| names.memory_bytes())
            + self.tracking.as_ref().map_or(0, |state| state.memory_bytes())
    }
}
