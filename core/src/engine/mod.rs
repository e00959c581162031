//! The engine's entry points. A front end calls them from a single loop.
//!
//! - [`Engine::connect`] when a client connects, [`Engine::disconnect`] when it has disconnected.
//! - [`Engine::receive`] when it has sent bytes; [`Engine::prefetch`] may precede it. Then write
//!   [`Engine::output`], and report with [`Engine::consume`] how much was written. Stop reading
//!   while [`Engine::wants_input`] is false. [`Engine::large_argument_buffer`] returns a buffer
//!   into which the rest of a large argument can be read.
//! - [`Engine::tick`] at the time that the last tick returned: expiry, timeouts, lazy freeing.
//! - [`Engine::poll_effect`] after any of these, until it returns `None`.
//!
//! [`Engine::snapshot`] and [`Engine::load`], [`Engine::follow_changes`] and
//! [`Engine::apply_changes`] are for durable storage, [`Engine::view_keys`] and [`Engine::ask`] for
//! tools.
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
/// let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room for one
/// client"); engine.receive(client, b"SET greeting hello PX 100\r\n", UnixMicros(0));
/// assert_eq!(engine.output(client), b"+OK\r\n"); engine.consume(client, 5, UnixMicros(0));
///
/// engine.receive(client, b"GET greeting\r\n", UnixMicros(101_000));
/// assert_eq!(engine.output(client), b"$-1\r\n");
/// ```
pub struct Engine {
    instance: Instance,
    dataset: Dataset,
    /// Whether clients whose wait is over are being resumed.
    is_resuming: bool,
    /// Clients whose input continues to run with the next tick.
    yielded: VecDeque<ClientId>,
    commands: Commands,
    /// The parsed requests of one read. Reused for every read.
    batch: Batch,
    /// The databases and the hashes of the keys that were prefetched last, the latest first.
    prefetching: [Option<(usize, u64)>; 2],
    /// The buffer into which a request is parsed for prefetching.
    prefetch_request: Request,
    /// Output buffers of clients that have nothing to read.
    buffer_pool: Vec<Vec<u8>>,
    cron: cron::Cron,
}

/// The reason why a connection was refused. The front end writes [`Refused::reply`] to it and
/// closes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(Error);

impl Refused {
    /// Returns the error reply for the refused client.
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
    /// Creates an empty engine without a host. Everything it does is determined by its input and
    /// `seed`.
    #[must_use]
    pub fn new(config: Config, seed: Seed) -> Self {
        Self::build(config, seed, Box::new(NoHost), None)
    }

    /// Creates an empty engine that was started at `now` and may ask `host` about the process it
    /// runs in.
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
            prefetching: [None; 2],
            prefetch_request: Request::default(),
            buffer_pool: Vec::new(),
            cron: cron::Cron::default(),
        }
    }

    /// Renames a command, or disables it if `new_name` is empty: `rename-command`. For a front end
    /// that is about to start.
    ///
    /// # Errors
    /// The command does not exist, or `new_name` is the name of another one.
    pub fn rename_command(&mut self, name: &[u8], new_name: &[u8]) -> Result<(), &'static str> {
        self.commands.rename(name, new_name)
    }

    /// Adds users, each given by a name and rules, as in the `user` lines of a configuration file.
    /// For a front end that is about to start.
    ///
    /// # Errors
    /// The index of the first invalid line, counted from zero, and the reason.
    pub fn define_users<'a>(
        &mut self,
        lines: impl Iterator<Item = &'a [Vec<u8>]>,
    ) -> Result<(), (usize, String)> {
        self.instance.acl.define(lines, &self.commands.rules(&self.instance.config))
    }

    /// Replaces the users by those of the ACL file, as `ACL LOAD` does. For a front end that is
    /// about to start.
    ///
    /// # Errors
    /// A description of what is wrong with the file.
    pub fn load_users(&mut self) -> Result<(), String> {
        let users = acl::read_file(&self.instance, &self.commands)?;
        self.instance.acl.replace(users);
        Ok(())
    }

    /// Returns `true` if clients can work without a password.
    #[must_use]
    pub fn needs_no_password(&self) -> bool {
        self.instance.acl.default_user().nopass()
    }

    /// Returns the current configuration, with the changes that `CONFIG SET` has made.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.instance.config
    }

    /// Connects a client.
    ///
    /// # Errors
    /// [`Refused`] if there are `maxclients` clients already, or if protected mode rejects a remote
    /// client.
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

    /// Removes a client that has disconnected, or whose connection was closed because an effect
    /// asked for it.
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

    /// Accepts `bytes` from a client and runs every request that is complete. Incomplete requests
    /// are kept, and so are requests that wait behind a blocked one. Returns the number of requests
    /// that were run.
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

    /// Returns the buffer of a partly received large argument of `client`. A front end may append
    /// the next bytes to it, without growing it, and then call [`Engine::receive`] with the bytes
    /// that follow, or none. This saves a copy; the result is the same.
    pub fn large_argument_buffer(&mut self, client: ClientId) -> Option<&mut Vec<u8>> {
        self.instance.clients.session_mut(client)?.reader.large_argument_buffer()
    }

    /// Sends invalidations to the clients that track by prefix, for the keys that changed in this
    /// turn.
    fn broadcast_stale(&mut self, now: UnixMicros) {
        if self.dataset.observers.tracking.has_broadcast() {
            let prefixes = self.dataset.observers.tracking.take_broadcast();
            self.instance.broadcast(prefixes, now);
        }
    }

    /// Announces that [`Engine::receive`] will soon be called with these bytes, so that the key of
    /// their first request is prefetched. A front end that has several clients to serve announces
    /// them all first, then serves them. This is a hint: results do not depend on it.
    pub fn prefetch(&mut self, client: ClientId, bytes: &[u8]) {
        let Some(session) = self.instance.clients.session(client) else { return };
        if session.stall.is_none() && session.input.is_empty() {
            let database = session.database;
            self.prefetch_first(database, bytes);
        }
    }

    /// Returns the output that `client` has not read yet.
    #[must_use]
    pub fn output(&self, client: ClientId) -> Pending<'_> {
        Pending(self.instance.clients.session(client).map(|session| &session.output))
    }

    /// Removes the first `len_bytes` bytes of the output, after they were written. Requests that
    /// waited because the client had too much output to read continue once it has read half of it.
    pub fn consume(&mut self, client: ClientId, len_bytes: usize, now: UnixMicros) {
        let buffer_pool = &mut self.buffer_pool;
        let is_full = self.instance.clients.edit(client, |session| {
            session.last_interaction = now;
            if let Some(buffer) = session.output.consume(len_bytes) {
                keep_buffer(buffer_pool, buffer);
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

    /// Returns `true` if more of a client's bytes should be read.
    ///
    /// A client whose requests wait, for a key or until it has read its replies, is still read: it
    /// may write all its requests before it reads. If they exceed `client-query-buffer-limit`, it
    /// is closed. A client that waits for its turn is not read: its requests will run anyway.
    #[must_use]
    pub fn wants_input(&self, client: ClientId) -> bool {
        self.instance.clients.session(client).is_some_and(|session| match session.closing {
            // Its bytes are dropped, but the front end must notice when it hangs up.
            Some(_) => session.is_ignored(),
            None => session.stall != Some(Stall::Yielded),
        })
    }

    /// Returns `true` if requests of a client run with the next [`tick`](Self::tick). They run even
    /// if the client has hung up.
    #[must_use]
    pub fn awaits_turn(&self, client: ClientId) -> bool {
        self.instance.clients.session(client).is_some_and(|session| {
            session.closing.is_none() && session.stall == Some(Stall::Yielded)
        })
    }

    /// Returns `true` if a client waits, in a blocking command or because of `CLIENT PAUSE`, and
    /// gets its next reply without sending anything. Front ends can then detect that it has hung up
    /// without reading the input that it has sent meanwhile.
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

    /// Returns the next action that the front end must take, or `None` if there is none.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.instance.next_effect()
    }

    /// Returns `true` if [`Engine::poll_effect`] would return an effect.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.instance.has_effects()
    }

    /// Returns `true` if a client waits for a [`tick`](Self::tick): for a timeout, or for its turn.
    #[must_use]
    pub fn awaits_time(&self) -> bool {
        self.dataset.observers.waiters.earliest_deadline().is_some()
            || self.instance.pause.is_some()
            || !self.yielded.is_empty()
    }

    /// Runs one turn of the input of a client whose wait is over. It does not count as idle while
    /// it waited.
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
    /// many bytes were used.
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

    /// Closes a client that has sent too much that has not run yet. Commands queued for `EXEC`
    /// count, too.
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

    /// Completes the processing of a client's input: checks its limits, counts its memory, and
    /// resumes other clients.
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

/// The output that a client has not read yet: see [`Engine::output`].
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a>(Option<&'a Output>);

impl<'a> Pending<'a> {
    /// Returns the bytes, in order, as slices for a vectored write.
    pub fn slices(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.into_iter().flat_map(Output::slices)
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.map_or(0, Output::len)
    }

    /// Returns `true` if there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns a copy of the bytes.
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
    if spare.len() < limits::POOLED_BUFFERS && buffer.capacity() <= limits::POOLED_BUFFER_BYTES {
        spare.push(buffer);
    }
}
