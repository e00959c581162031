//! One client's state: who it is, what it chose, what it sent and has yet to read.

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

/// What a session is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// A client that sends commands.
    #[default]
    Normal,
    /// A client that has sent `MONITOR`.
    Monitor,
    /// The engine's own: it applies changes that another engine, or this one before a restart, has recorded.
    Master,
    /// The engine's own: it answers read-only questions of tools, and leaves no trace.
    Inspector,
}

impl Role {
    /// Whether the session belongs to the engine, not to a client.
    pub(crate) const fn is_internal(self) -> bool {
        matches!(self, Self::Master | Self::Inspector)
    }
}

/// What `CLIENT REPLY` chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReplyMode {
    /// Every command is answered.
    #[default]
    On,
    /// None is.
    Off,
    /// The next command is not answered.
    SkipNext,
    /// The command that runs is not answered.
    Skip,
}

impl ReplyMode {
    /// Whether the command that runs is not answered.
    #[inline]
    pub(crate) const fn is_muted(self) -> bool {
        matches!(self, Self::Off | Self::Skip)
    }

    /// What holds once the command that runs has ended.
    pub(crate) const fn after_command(self) -> Self {
        match self {
            Self::Skip => Self::On,
            other => other,
        }
    }
}

/// How closely a client's requests are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clearance {
    /// Its user may do everything.
    Full,
    /// Each must be permitted.
    Limited,
    /// It must log in first.
    Stranger,
}

impl Clearance {
    fn of(user: &User, is_known: bool) -> Self {
        match (is_known, user.is_unrestricted()) {
            (false, _) => Self::Stranger,
            (true, true) => Self::Full,
            (true, false) => Self::Limited,
        }
    }
}

/// Why a client's requests wait in its input instead of being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stall {
    /// A blocking command runs until its deadline, if it has one.
    Blocked { until: Option<UnixMicros> },
    /// `CLIENT PAUSE` holds its next command back.
    Postponed,
    /// Its unread replies have reached `client-output-run-limit`.
    OutputFull,
    /// Its turn is over; the rest of its input runs with the next tick.
    Yielded,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Once the client has been sent what waits for it.
    AfterWrite,
    /// At once.
    Now,
}

/// Commands that wait for `EXEC`.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    /// Each with its arguments.
    pub(crate) commands: Vec<Queued>,
    /// What the arguments take.
    pub(crate) request_bytes: usize,
    /// Whether a command could not be queued, so that `EXEC` must refuse.
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
    /// What it takes.
    pub(crate) const fn memory_bytes(&self) -> usize {
        self.request_bytes + allocated(self.commands.capacity() * QUEUED_BYTES)
    }
}

/// What a session takes besides what it points to, with eight-byte pointers.
const SESSION_BYTES: usize = 1024;

/// What a queued command takes besides its arguments.
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
    /// Who it is; the default user unless it has logged in.
    pub(crate) user: Rc<User>,
    pub(crate) is_authenticated: bool,
    /// What follows from that: see [`Self::renew_clearance`].
    pub(crate) clearance: Clearance,
    pub(crate) reply_mode: ReplyMode,
    pub(crate) role: Role,
    /// What it has subscribed to, if anything.
    pub(crate) subscriptions: Option<Box<Subscriptions>>,
    /// What it wants to know of the keys that it caches, if anything.
    pub(crate) tracking: Option<Box<TrackingState>>,
    pub(crate) no_evict: bool,
    pub(crate) no_touch: bool,
    pub(crate) transaction: Option<Box<Transaction>>,
    /// The keys that it watches.
    pub(crate) watched: Watched,
    /// Whether `EXEC` runs, so that nothing may block.
    pub(crate) is_in_exec: bool,

    /// The command that ran last, for `CLIENT LIST`.
    pub(crate) last_command: Option<&'static str>,
    pub(crate) stall: Option<Stall>,
    pub(crate) closing: Option<Closing>,
    /// What a blocked client waits for, if not for its time alone.
    pub(crate) wait: Option<Box<Wait>>,
    /// The command that waits.
    pub(crate) blocked_command: usize,
    /// While a command that waited runs again: until when it waits at most.
    pub(crate) blocked_until: Option<Option<UnixMicros>>,

    pub(crate) reader: RequestReader,
    /// Requests that are not complete or wait: see [`Stall`].
    pub(crate) input: Input,
    /// How much of its input is being run just now.
    pub(crate) running_input_bytes: usize,
    pub(crate) output: Output,
    /// What the sum of all clients' memory has of this one.
    pub(crate) counted_bytes: usize,
    /// Whether the front end was told that there is something to read.
    pub(crate) is_announced: bool,
    /// Since when the output has been above its soft limit.
    pub(crate) soft_limit_since: Option<UnixMicros>,
}

impl Session {
    pub(crate) fn new(id: ClientId, peer: Peer, user: Rc<User>, now: UnixMicros) -> Self {
        let is_authenticated = user.is_for_strangers();
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
            clearance: Clearance::of(&user, is_authenticated),
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

    /// Back to what a new connection has, as `RESET` asks. The name of the library stays, as in Redis.
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

    /// Makes somebody else of it.
    pub(crate) fn become_user(&mut self, user: &Rc<User>, is_authenticated: bool, default: &User) {
        self.user = Rc::clone(user);
        self.is_authenticated = is_authenticated;
        self.renew_clearance(default);
    }

    /// Looks again at what its user may do, since that user or the default one may have changed.
    pub(crate) fn renew_clearance(&mut self, default: &User) {
        let is_known = self.is_authenticated || default.is_for_strangers();
        self.clearance = Clearance::of(&self.user, is_known);
    }

    /// Answers a command that has waited in vain.
    pub(crate) fn wait_in_vain(&mut self, reply: &mut Reply<'_>) {
        match self.wait.take() {
            // `WAIT`: no replica has acknowledged anything.
            None => reply.integer(0),
            Some(wait) if wait.replies_null => reply.null(),
            Some(_) => reply.null_array(),
        }
    }

    /// Ends the client's wait: it no longer listens for keys, and its stall is over. Returns the deadline that the wait had.
    /// What it waited for stays in `wait`.
    pub(crate) fn unblock(&mut self, waiters: &mut Waiters) -> Option<UnixMicros> {
        let Some(Stall::Blocked { until }) = self.stall else { return None };
        self.stall = None;
        waiters.remove(self.id, self.wait.as_deref(), until);
        until
    }

    /// Answers a command that waits no longer: its time is up, unless there is an error.
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

    /// Whose limits hold for it.
    pub(crate) const fn class(&self) -> ClientClass {
        if self.subscriptions.is_some() { ClientClass::PubSub } else { ClientClass::Normal }
    }

    /// Whether it is to be closed with the write of a reply, and there is none: it has asked for no replies. As in Redis,
    /// such a connection stays, and what it sends is dropped.
    pub(crate) fn is_ignored(&self) -> bool {
        self.closing == Some(Closing::AfterWrite) && self.output.is_empty()
    }

    /// Whether a blocking command waits.
    pub(crate) const fn is_blocked(&self) -> bool {
        matches!(self.stall, Some(Stall::Blocked { .. }))
    }

    /// Whether it waits, for whatever: `blocked_clients` counts it.
    pub(crate) const fn is_held(&self) -> bool {
        matches!(self.stall, Some(Stall::Blocked { .. } | Stall::Postponed))
    }

    /// How many bytes it has sent that have not been run.
    pub(crate) fn input_bytes(&self) -> usize {
        self.input.len() + self.reader.apart_len()
    }

    /// How many more there is room for.
    pub(crate) fn free_input_bytes(&self) -> usize {
        self.input.capacity() + self.reader.apart_capacity() - self.input_bytes()
    }

    /// The memory this client takes.
    #[inline]
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes_with(&self.output)
    }

    /// The same while its output is in other hands. An output that fits into a buffer that the engine lends does not count, so
    /// that it makes no difference when the front end writes it.
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
