//! The engine's entry points. A front end calls them from a single loop.
//!
//! - [`Engine::connect`] when a client connects, [`Engine::disconnect`] when it has disconnected.
//! - [`Engine::receive`] when it has sent bytes; [`Engine::foresee`] may precede it. Then write [`Engine::output`], and report
//!   with [`Engine::consume`] how much was written. Stop reading while [`Engine::wants_input`] is false.
//!   [`Engine::spare`] returns a buffer into which the rest of a large argument can be read.
//! - [`Engine::tick`] at the time that the last tick returned: expiry, timeouts, lazy freeing.
//! - [`Engine::poll_effect`] after any of these, until it returns nothing.
//!
//! [`Engine::snapshot`] and [`Engine::load`], [`Engine::follow_changes`] and [`Engine::apply_changes`] are for durable storage,
//! [`Engine::view_keys`] and [`Engine::ask`] for tools.
//!
//! Every call takes the time and does bounded work; nothing runs in the background.

mod ask;
mod blocking;
mod changes;
mod cron;
mod dispatch;
mod evict;
mod permission;
mod pipeline;
mod snapshot;
mod transaction;
mod turn;
pub mod view;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::{ClientId, Peer};
use crate::command::acl;
use crate::command::specs::GROUPS;
use crate::command::table::Commands;
use crate::config::Config;
use crate::dataset::Dataset;
use crate::error::{self, Error};
use crate::instance::host::{Host, NoHost};
use crate::instance::{Effect, Instance};
use crate::limits;
use crate::random::{Random, Seed};
use crate::resp::args::Request;
use crate::resp::input::Input;
use crate::resp::output::Output;
use crate::resp::request::RequestReader;
use crate::session::{Closing, Role, Session, Stall};
use crate::time::UnixMicros;
use pipeline::Batch;
pub use snapshot::BadValue;

/// A Redis without I/O.
///
/// ```
/// use redstart_core::config::Config;
/// use redstart_core::engine::Engine;
/// use redstart_core::random::Seed;
/// use redstart_core::client::Peer;
/// use redstart_core::time::UnixMicros;
///
/// let mut engine = Engine::new(Config::default(), Seed(42));
/// let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room for one client");
/// engine.receive(client, b"SET greeting hello PX 100\r\n", UnixMicros(0));
/// assert_eq!(engine.output(client), b"+OK\r\n");
/// engine.consume(client, 5, UnixMicros(0));
///
/// engine.receive(client, b"GET greeting\r\n", UnixMicros(101_000));
/// assert_eq!(engine.output(client), b"$-1\r\n");
/// ```
pub struct Engine {
    instance: Instance,
    dataset: Dataset,
    /// Whether clients whose wait is over are being resumed.
    is_resuming: bool,
    /// Clients whose input runs on with the next tick.
    yielded: VecDeque<ClientId>,
    commands: Commands,
    /// The requests of one read, parsed: reused from read to read.
    batch: Batch,
    /// The databases and the hashes of the keys that were foreseen last, the latest first.
    foreseen: [Option<(usize, u64)>; 2],
    /// Where a foreseen request is parsed.
    foreseen_request: Request,
    /// Output buffers of clients that have nothing to read.
    spare_buffers: Vec<Vec<u8>>,
    cron: cron::Cron,
}

/// Why a connection was refused; the front end writes [`Refused::reply`] to it and closes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(Error);

impl Refused {
    /// The error reply that tells the client why.
    #[must_use]
    pub fn reply(&self) -> Vec<u8> {
        [b"-", self.0.text(), b"\r\n"].concat()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("clients", &self.instance.clients.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An empty engine in no surroundings: all that it does follows from its input and `seed`.
    #[must_use]
    pub fn new(config: Config, seed: Seed) -> Self {
        Self::build(config, seed, Box::new(NoHost), None)
    }

    /// An empty engine that was started at `now` and may ask `host` about the process it runs in.
    #[must_use]
    pub fn with_host(config: Config, seed: Seed, host: Box<dyn Host>, now: UnixMicros) -> Self {
        Self::build(config, seed, host, Some(now))
    }

    fn build(
        config: Config,
        seed: Seed,
        host: Box<dyn Host>,
        started_at: Option<UnixMicros>,
    ) -> Self {
        let mut random = Random::new(seed);
        let commands = Commands::new(GROUPS);
        let (keyspace_seed, instance_seed) = (Seed(random.next_u64()), Seed(random.next_u64()));
        Self {
            dataset: Dataset::new(&config, keyspace_seed, random),
            instance: Instance::new(config, instance_seed, host, commands.len(), started_at),
            is_resuming: false,
            yielded: VecDeque::new(),
            commands,
            batch: Batch::default(),
            foreseen: [None; 2],
            foreseen_request: Request::default(),
            spare_buffers: Vec::new(),
            cron: cron::Cron::default(),
        }
    }

    /// Lets requests call a command by another name, or not at all if `new_name` is empty: `rename-command`. For a front end
    /// that is about to start.
    ///
    /// # Errors
    /// There is no such command, or another has the new name.
    pub fn rename_command(&mut self, name: &[u8], new_name: &[u8]) -> Result<(), &'static str> {
        self.commands.rename(name, new_name)
    }

    /// Adds users, each a name and its rules, as the `user` lines of a configuration file have them. For a front end that
    /// is about to start.
    ///
    /// # Errors
    /// The line, counted from zero, that is wrong, and why.
    pub fn define_users<'a>(
        &mut self,
        lines: impl Iterator<Item = &'a [Vec<u8>]>,
    ) -> Result<(), (usize, String)> {
        self.instance.acl.define(lines, &self.commands.rules(&self.instance.config))
    }

    /// Makes those the users that the ACL file holds, as `ACL LOAD` does. For a front end that is about to start.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load_users(&mut self) -> Result<(), String> {
        let users = acl::read_file(&self.instance, &self.commands)?;
        self.instance.acl.replace(users);
        Ok(())
    }

    /// Whether whoever can connect may work without a password.
    #[must_use]
    pub fn needs_no_password(&self) -> bool {
        self.instance.acl.default_user().is_for_strangers()
    }

    /// The configuration as it is now: `CONFIG SET` may have changed it.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.instance.config
    }

    /// A client has come.
    ///
    /// # Errors
    /// [`Refused`]: there are `maxclients` already, or protected mode keeps other machines out.
    pub fn connect(&mut self, peer: Peer, now: UnixMicros) -> Result<ClientId, Refused> {
        let (config, default) = (&self.instance.config, self.instance.acl.default_user());
        let refusal = if self.instance.clients.len() as i64 >= config.maxclients {
            Some(error::MAX_CLIENTS)
        } else if config.protected_mode && default.needs_no_password() && !peer.is_local {
            Some(error::PROTECTED_MODE)
        } else {
            None
        };
        if let Some(error) = refusal {
            self.instance.stats.connections_rejected += 1;
            return Err(Refused(error));
        }
        self.instance.started_at.get_or_insert(now);
        self.instance.stats.connections_received += 1;
        let user = Rc::clone(default);
        Ok(self.instance.clients.insert(peer, user, now))
    }

    /// A client is gone, or its connection was closed as an effect asked.
    pub fn disconnect(&mut self, client: ClientId) {
        let Some(session) = self.instance.clients.session_mut(client) else { return };
        let observers = &mut self.dataset.observers;
        session.unblock(&mut observers.waiters);
        observers.watches.unwatch(client);
        if let Some(state) = session.tracking.take() {
            observers.tracking.forget(client, &state);
        }
        if session.role == Role::Monitor {
            self.instance.monitors.retain(|&monitor| monitor != client);
        }
        self.instance.unsubscribe_all(client);
        self.instance.clients.remove(client);
    }

    /// A client has sent `bytes`: every request that is now complete is run. What is incomplete is kept, as are requests
    /// behind one that waits. Returns how many requests were run.
    pub fn receive(&mut self, client: ClientId, bytes: &[u8], now: UnixMicros) -> u64 {
        let Some(session) = self.instance.clients.session_mut(client) else { return 0 };
        let before = self.instance.stats.commands_processed;
        let (rest, spared) = session.reader.fill(bytes);
        self.instance.stats.reads += 1;
        self.instance.stats.input_bytes += (bytes.len() + spared) as u64;
        let bytes = rest;
        session.last_interaction = now;
        if session.closing.is_none() {
            if session.stall.is_none() && session.input.is_empty() {
                let used = self.run(client, bytes, usize::MAX, now);
                self.instance.clients[client].input.extend(&bytes[used..]);
            } else {
                session.input.extend(bytes);
                self.run_input(client, usize::MAX, now);
            }
            let session = &mut self.instance.clients[client];
            if session.stall.is_none() {
                session.reader.set_apart(session.input.compact());
            }
            self.limit_input(client);
        }
        let run = self.instance.stats.commands_processed.saturating_sub(before);
        self.finish(client, now);
        self.broadcast_stale(now);
        run
    }

    /// Where the next bytes of `client` belong, if it is in the midst of a large argument: a front end may append them
    /// there, at most as many as there is room for without growing, and then call [`Engine::receive`] with those that
    /// follow, or none. That spares a copy; what comes of the bytes is the same.
    pub fn spare(&mut self, client: ClientId) -> Option<&mut Vec<u8>> {
        self.instance.clients.session_mut(client)?.reader.spare()
    }

    /// Tells those that hear of prefixes what has changed below them in this turn.
    fn broadcast_stale(&mut self, now: UnixMicros) {
        if self.dataset.observers.tracking.has_broadcast() {
            let prefixes = self.dataset.observers.tracking.take_broadcast();
            self.instance.broadcast(prefixes, now);
        }
    }

    /// A hint: [`Engine::receive`] will soon be called with these bytes. The key of their first request is fetched from
    /// memory meanwhile. A front end that has several clients to serve tells them all first, then serves them; nothing
    /// else depends on it.
    pub fn foresee(&mut self, client: ClientId, bytes: &[u8]) {
        let Some(session) = self.instance.clients.session(client) else { return };
        if session.stall.is_none() && session.input.is_empty() {
            let database = session.database;
            self.foresee_first(database, bytes);
        }
    }

    /// What `client` has yet to read.
    #[must_use]
    pub fn output(&self, client: ClientId) -> Pending<'_> {
        Pending(self.instance.clients.session(client).map(|session| &session.output))
    }

    /// Removes the first `len_bytes` bytes of the output, which were written. Requests that waited
    /// because the client had too much to read run once it has read half of that.
    pub fn consume(&mut self, client: ClientId, len_bytes: usize, now: UnixMicros) {
        let spare_buffers = &mut self.spare_buffers;
        let is_full = self.instance.clients.edit(client, |session| {
            session.last_interaction = now;
            if let Some(buffer) = session.output.consume(len_bytes) {
                keep_buffer(spare_buffers, buffer);
            }
            if session.output.is_empty() {
                session.soft_limit_since = None;
            }
            session.stall == Some(Stall::OutputFull)
        });
        let Some(is_full) = is_full else { return };
        self.instance.stats.writes += 1;
        self.instance.stats.output_bytes += len_bytes as u64;
        if is_full && self.instance.has_read_enough(client) {
            self.resume(client, now);
            self.broadcast_stale(now);
        }
    }

    /// Whether more of a client's bytes should be read.
    ///
    /// A client whose requests wait, for a key or until it has read its replies, is read on: it may
    /// write all its requests before it reads. If they exceed `client-query-buffer-limit`, it is
    /// closed. A client that waits for its turn is not read: its requests run without its doing.
    #[must_use]
    pub fn wants_input(&self, client: ClientId) -> bool {
        self.instance.clients.session(client).is_some_and(|session| match session.closing {
            // Its bytes are dropped, but the front end must notice when it hangs up.
            Some(_) => session.is_ignored(),
            None => session.stall != Some(Stall::Yielded),
        })
    }

    /// Whether requests of a client run with the next [`tick`](Self::tick). They run even if the client
    /// has hung up.
    #[must_use]
    pub fn awaits_turn(&self, client: ClientId) -> bool {
        self.instance.clients.session(client).is_some_and(|session| {
            session.closing.is_none() && session.stall == Some(Stall::Yielded)
        })
    }

    /// Whether a client waits, in a blocking command or because of `CLIENT PAUSE`, and its next reply will come of itself. If it
    /// has hung up, what it has sent behind that need not be read to know that it is gone.
    ///
    /// ```
    /// # use redstart_core::{config::Config, engine::Engine, random::Seed, client::Peer, time::UnixMicros};
    /// # let mut engine = Engine::new(Config::default(), Seed(42));
    /// # let now = UnixMicros(0);
    /// # let mut connect = || engine.connect(Peer::local(), now).expect("there is room for two clients");
    /// let (worker, boss) = (connect(), connect());
    /// engine.receive(worker, b"BLPOP jobs 0\r\n", now);
    /// assert!(engine.is_blocked(worker));
    ///
    /// engine.receive(boss, b"RPUSH jobs first\r\n", now);
    /// assert!(!engine.is_blocked(worker));
    /// ```
    #[must_use]
    pub fn is_blocked(&self, client: ClientId) -> bool {
        self.instance.clients.session(client).is_some_and(Session::is_held)
    }

    /// What the front end is asked to do next, until there is nothing.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.instance.next_effect()
    }

    /// Whether [`Engine::poll_effect`] has something to say.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.instance.has_effects()
    }

    /// Whether a client waits for a [`tick`](Self::tick): for time to pass, or for its turn.
    #[must_use]
    pub fn awaits_time(&self) -> bool {
        self.dataset.observers.waiters.earliest_deadline().is_some()
            || self.instance.pause.is_some()
            || !self.yielded.is_empty()
    }

    /// Runs one turn of the input of a client whose wait is over. It was not idle while it waited.
    fn resume(&mut self, client: ClientId, now: UnixMicros) {
        let Some(session) = self.instance.clients.session_mut(client) else { return };
        session.last_interaction = now;
        if matches!(session.stall, Some(Stall::OutputFull | Stall::Yielded)) {
            session.stall = None;
        }
        let used = self.run_input(client, limits::RESUMED_TURN_BYTES, now);
        let session = &mut self.instance.clients[client];
        let is_turn_over = used >= limits::RESUMED_TURN_BYTES && !session.input.is_empty();
        if is_turn_over && session.stall.is_none() && session.closing.is_none() {
            session.stall = Some(Stall::Yielded);
            self.yielded.push_back(client);
        }
        self.instance.effects.push_back(Effect::Write(client));
        self.finish(client, now);
    }

    /// Runs requests at the head of a client's input until they have used `turn_bytes`. Returns how
    /// many bytes they have used.
    fn run_input(&mut self, client: ClientId, turn_bytes: usize, now: UnixMicros) -> usize {
        let session = &mut self.instance.clients[client];
        if session.stall.is_some() || session.closing.is_some() || session.input.is_empty() {
            return 0;
        }
        let mut input = core::mem::take(&mut session.input);
        let used = self.run(client, input.as_slice(), turn_bytes, now);
        input.consume(used);
        self.instance.clients[client].input = input;
        used
    }

    /// Closes a client that sends far ahead of what is run: what `EXEC` will run counts, too.
    fn limit_input(&mut self, client: ClientId) {
        let session = &mut self.instance.clients[client];
        let queued_bytes = session.transaction.as_ref().map_or(0, |queued| queued.request_bytes);
        let waiting_bytes = session.input_bytes().saturating_add(queued_bytes);
        let config = &self.instance.config;
        if waiting_bytes as i64 > config.client_query_buffer_limit
            || config.client_ceiling().is_some_and(|ceiling| waiting_bytes > ceiling)
        {
            self.instance.stats.query_buffer_disconnections += 1;
            session.closing = Some(Closing::Now);
        }
    }

    /// Ends what a client's input has set off: its limits are checked, its memory is counted, and others go on.
    fn finish(&mut self, client: ClientId, now: UnixMicros) {
        self.instance.limit_output(client, now);
        let session = &mut self.instance.clients[client];
        if let Some(closing) = session.closing {
            session.input = Input::default();
            session.reader = RequestReader::default();
            let flush = closing == Closing::AfterWrite;
            if !session.is_ignored() {
                self.instance.effects.push_back(Effect::Close { client, flush });
            }
        }
        self.instance.clients.recount(client);
        if self.instance.has_memory_limit {
            self.disconnect_largest();
        }
        if self.instance.is_evicting {
            self.evict_more(now);
        }
        self.resume_all(now);
    }
}

/// Bytes that a client has yet to read: see [`Engine::output`].
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a>(Option<&'a Output>);

impl<'a> Pending<'a> {
    /// The bytes, in order, as the slices that a vectored write takes.
    pub fn slices(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.into_iter().flat_map(Output::slices)
    }

    /// How many bytes wait.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.map_or(0, Output::len)
    }

    /// Whether none do.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn to_vec(self) -> Vec<u8> {
        self.slices().flatten().copied().collect()
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for Pending<'_> {
    fn eq(&self, other: &&[u8; N]) -> bool {
        self.len() == N && self.slices().flatten().eq(other.iter())
    }
}

fn keep_buffer(spare: &mut Vec<Vec<u8>>, buffer: Vec<u8>) {
    if spare.len() < limits::SPARE_BUFFERS && buffer.capacity() <= limits::SPARE_BUFFER_BYTES {
        spare.push(buffer);
    }
}
