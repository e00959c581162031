//! From a request to its reply: a sequence of named checks, then the handler, then the statistics.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use super::Engine;
use super::turn::{Call, Turn};
use crate::acl::Denial;
use crate::client::ClientId;
use crate::command::context::{Context, Outcome};
use crate::command::spec::{Flag, Flags};
use crate::command::{monitor, secrets};
use crate::dataset::keys::{Expiry, HashedKey};
use crate::error::{self, Error};
use crate::instance::{PauseMode, slowlog};
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::resp::reply::{Protocol, Reply};
use crate::session::{Auth, Closing, ReplyMode, Role, Session, Watched};
use crate::time::UnixMicros;

/// Commands with any of these flags are refused to a client that is a monitor.
const TOUCHES_DATA: Flags = Flags::of(&[Flag::Write, Flag::ReadOnly, Flag::MayReplicate]);

impl Engine {
    /// Runs one request and writes its reply. `command` is the index that its name resolves to, or
    /// `None` if the command is unknown.
    pub(super) fn execute(
        &mut self,
        turn: &mut Turn,
        command: Option<usize>,
        args: Args<'_>,
        hashed: Option<HashedKey<'_>>,
    ) -> Ran {
        if args.is_empty() {
            return Ran::Answered;
        }
        let is_memory_short =
            self.instance.has_memory_limit && !self.has_ample_memory() && self.make_room(turn);
        let session = &self.instance.clients[turn.client];
        if session.closing.is_some() {
            return Ran::Answered;
        }
        let admitted = self.admit(session, command, args, is_memory_short);
        if let Ok(index) = admitted
            && self.must_postpone(session, index, turn.now)
        {
            return Ran::Postponed;
        }
        let admitted = admitted.map(|index| Call { index, args, hashed });
        if session.reply_mode == ReplyMode::On {
            self.answer(turn, admitted, args);
        } else {
            self.answer_muted(turn, admitted, args);
        }
        turn.now = turn.now.max(self.instance.awake_at);
        self.append_messages(turn);
        self.dataset.observers.propagation.end_unit();
        self.end_caching(turn.client, command);
        if self.dataset.observers.waiters.has_ready() {
            self.serve_others(turn);
        }
        Ran::Answered
    }

    /// Resets what `CLIENT CACHING` has set, after the command that it applies to.
    #[inline]
    fn end_caching(&mut self, client: ClientId, command: Option<usize>) {
        let session = &mut self.instance.clients[client];
        let Some(state) = &mut session.tracking else { return };
        let keeps_it = |index| self.commands.command(index).spec.flags.has(Flag::KeepsCaching);
        if session.transaction.is_none() && !command.is_some_and(keeps_it) {
            state.caching = None;
        }
    }

    /// Runs, queues or rejects a request.
    fn answer(
        &mut self,
        turn: &mut Turn,
        admitted: Result<Call<'_>, Box<Rejection>>,
        args: Args<'_>,
    ) {
        self.instance.stats.commands_processed += 1;
        let session = &mut self.instance.clients[turn.client];
        match admitted {
            Ok(call) => {
                session.last_command = Some(self.commands.command(call.index).spec.name);
                if session.transaction.is_some() && self.is_queued(call.index) {
                    self.limit_tracking(turn);
                    self.instance.clients[turn.client].queue(call.index, args);
                    self.reply(turn).simple("QUEUED");
                } else {
                    self.call(turn, call);
                }
            }
            Err(_) if is_http(&args[0]) => session.closing = Some(Closing::Now),
            Err(rejection) => {
                if let (Some(denial), Some(index)) = (rejection.denial, rejection.command) {
                    session.last_command = Some(self.commands.command(index).spec.name);
                    self.log_denial(turn, Call::new(index, args), denial);
                }
                self.reject(turn, &rejection);
            }
        }
    }

    /// Runs, queues or rejects a request of a client that has turned replies off.
    #[cold]
    fn answer_muted(
        &mut self,
        turn: &mut Turn,
        admitted: Result<Call<'_>, Box<Rejection>>,
        args: Args<'_>,
    ) {
        let session = &mut self.instance.clients[turn.client];
        if session.reply_mode == ReplyMode::SkipNext {
            session.reply_mode = ReplyMode::Skip;
        }
        // Discarded replies do not count against the output limit.
        let (before, most) = (turn.output.mark(), turn.output.set_max(usize::MAX));
        self.answer(turn, admitted, args);
        turn.output.set_max(most);
        let session = &mut self.instance.clients[turn.client];
        if session.reply_mode.is_muted() {
            turn.output.rewind(before);
        }
        // For a blocked command, the reply to skip is still to come.
        if !session.is_blocked() {
            session.reply_mode = session.reply_mode.after_command();
        }
    }

    /// Checks whether a command may run.
    #[inline]
    fn admit(
        &self,
        session: &Session,
        command: Option<usize>,
        args: Args<'_>,
        is_memory_short: bool,
    ) -> Result<usize, Box<Rejection>> {
        let Some(command) = command.map(|index| self.commands.command(index)) else {
            return Err(Rejection::new(self.commands.unknown(args), None));
        };
        let reject = |error| Err(Rejection::new(error, Some(command.index)));
        if !command.spec.accepts(args.len()) {
            return reject(error::wrong_arity(command.spec.name));
        }
        if Self::needs_login(session) && !command.spec.flags.has(Flag::NoAuth) {
            return reject(error::NO_AUTH);
        }
        if command.spec.flags.has(Flag::Protected) && !self.may_debug(session) {
            return reject(error::DEBUG_DISABLED);
        }
        if session.transaction.is_some() && command.spec.flags.has(Flag::NoMulti) {
            return reject(error::NOT_IN_TRANSACTION);
        }
        if session.auth == Auth::Checked
            && let Some(denial) = self.denial(session, command.index, args)
        {
            let error = self.no_permission(session, command.index, denial);
            let rejection = Rejection::new(error, Some(command.index));
            return Err(Box::new(Rejection { denial: Some(denial), ..*rejection }));
        }
        if is_memory_short && self.needs_room(session, command.spec) {
            return reject(error::OUT_OF_MEMORY);
        }
        if session.subscriptions.is_some()
            && session.protocol == Protocol::Resp2
            && !command.spec.flags.has(Flag::Subscribed)
        {
            return reject(error::only_for_subscribers(command.spec.name));
        }
        if session.role == Role::Monitor && command.spec.flags.intersects(TOUCHES_DATA) {
            return reject(error::MONITOR_ONLY);
        }
        Ok(command.index)
    }

    /// Returns `true` if a command has the flag.
    #[inline]
    pub(super) fn has_flag(&self, index: usize, flag: Flag) -> bool {
        self.commands.command(index).spec.flags.has(flag)
    }

    fn may_debug(&self, session: &Session) -> bool {
        match self.instance.config.enable_debug_command {
            "yes" => true,
            "local" => session.peer.is_local,
            _ => false,
        }
    }

    #[cold]
    fn reject(&mut self, turn: &mut Turn, rejection: &Rejection) {
        let mut error = Cow::Borrowed(&rejection.error);
        let session = &mut self.instance.clients[turn.client];
        if let Some(index) = rejection.command {
            let spec = self.commands.command(index).spec;
            session.last_command = Some(spec.name);
            self.instance.stats.commands[index].rejected_calls += 1;
            if spec.flags.has(Flag::RunsQueue) {
                session.transaction = None;
                self.dataset.observers.watches.unwatch(turn.client);
                session.watched = Watched::default();
                error = Cow::Owned(error::exec_abort_because(&rejection.error));
            }
        }
        if let Some(transaction) = &mut session.transaction {
            transaction.is_aborted = true;
        }
        self.instance.stats.count_error(error.code());
        self.reply(turn).error(&error);
    }

    /// Returns `true` if `CLIENT PAUSE` postpones the command.
    #[inline]
    fn must_postpone(&self, session: &Session, index: usize, now: UnixMicros) -> bool {
        self.instance.pause.is_some() && self.is_paused(session, index, now)
    }

    #[cold]
    fn is_paused(&self, session: &Session, index: usize, now: UnixMicros) -> bool {
        const CHANGES_DATA: Flags = Flags::of(&[Flag::Write, Flag::MayReplicate]);
        let Some(pause) = self.instance.pause_at(now) else { return false };
        let changes_data =
            |index: usize| self.commands.command(index).spec.flags.intersects(CHANGES_DATA);
        match (pause.mode, &session.transaction) {
            (PauseMode::All, _) => true,
            (PauseMode::Writes, Some(queued))
                if self.commands.command(index).spec.flags.has(Flag::RunsQueue) =>
            {
                queued.commands.iter().any(|queued| changes_data(queued.command))
            }
            (PauseMode::Writes, _) => changes_data(index),
        }
    }

    /// Runs an admitted command, propagates what it has changed, and updates the statistics.
    pub(super) fn call(&mut self, turn: &mut Turn, call: Call<'_>) {
        let result = self.handle(turn, call);
        if self.instance.clients[turn.client].tracking.is_some() {
            self.track(turn, call);
        }
        if self.dataset.observers.has_messages() {
            self.instance.deliver(&mut self.dataset.observers, turn.now);
        }
        match result {
            Ok(Outcome::Done | Outcome::Instead(_)) => {}
            // A blocked command is counted when it ends.
            Ok(Outcome::Block { until, .. }) => {
                self.show(turn, call);
                return self.block(turn, call, until);
            }
            Ok(Outcome::Exec) => {
                // The duration of EXEC includes all the commands that it runs.
                let started_ns = turn.started_ns;
                self.exec(turn);
                turn.started_ns = started_ns;
            }
            Err(error) => {
                self.instance.stats.commands[call.index].failed_calls += 1;
                self.instance.stats.count_error(error.code());
            }
        }
        self.account(turn, call);
    }

    /// Calls the handler of a command, and adds its effects to the stream of changes.
    #[inline]
    fn handle(
        &mut self,
        turn: &mut Turn,
        Call { index, args, hashed }: Call<'_>,
    ) -> Result<Outcome, Error> {
        let command = self.commands.command(index);
        let changes = self.dataset.stats.changes;
        let session = &self.instance.clients[turn.client];
        let (database, protocol) = (session.database, session.protocol);
        let mut keys = self.dataset.keys(Some(turn.client), database, turn.now);
        keys.touches = !session.no_touch;
        keys.hashed = hashed;
        if session.role == Role::Master {
            keys.expiry = Expiry::Show;
        } else if self.instance.pause.is_some() {
            keys.expiry = Expiry::Hide;
        }
        let mut context = Context {
            now: turn.now,
            keys,
            reply: Reply::new(&mut turn.output, protocol),
            client: turn.client,
            instance: &mut self.instance,
            commands: &self.commands,
            command,
        };
        let run = |context: &mut Context<'_>| (command.spec.run)(context, args);
        let mut result = context.check_ceiling(args).and_then(|()| run(&mut context));
        if let Err(error) = &result {
            context.reply.error(error);
        }
        let propagation = &mut self.dataset.observers.propagation;
        match &mut result {
            Ok(Outcome::Instead(effects) | Outcome::Block { effects, .. }) => {
                propagation.effects_of_command(database, core::mem::take(effects));
            }
            _ if propagation.is_read() && self.dataset.stats.changes != changes => {
                propagation.command(database, args.iter());
            }
            _ => {}
        }
        result
    }

    /// Updates the statistics after a command has run.
    #[inline]
    fn account(&mut self, turn: &mut Turn, call: Call<'_>) {
        let instance = &mut self.instance;
        let ended_ns = instance.host.monotonic_ns();
        let duration_ns = ended_ns.saturating_sub(turn.started_ns);
        turn.started_ns = ended_ns;
        let stats = &mut instance.stats.commands[call.index];
        stats.calls += 1;
        stats.duration_ns += duration_ns;
        if instance.config.latency_tracking {
            stats.durations.get_or_insert_default().record(duration_ns);
        }
        if duration_ns >= instance.slow_threshold_ns {
            self.note_slow(turn, call, duration_ns / 1_000);
        }
        self.show(turn, call);
    }

    /// Sends a command to the `MONITOR` clients. A blocked command is sent when it arrives, not
    /// when it runs again.
    #[inline]
    fn show(&mut self, turn: &Turn, call: Call<'_>) {
        if !self.instance.monitors.is_empty()
            && self.instance.clients[turn.client].blocked_until.is_none()
        {
            self.feed_monitors(turn, call);
        }
    }

    /// Adds a slow command to the slow log and the latency monitor, according to their thresholds.
    #[cold]
    fn note_slow(&mut self, turn: &Turn, call: Call<'_>, duration_us: u64) {
        let threshold_us = u64::try_from(self.instance.config.slowlog_log_slower_than);
        if threshold_us.is_ok_and(|threshold_us| duration_us >= threshold_us) {
            self.log_slow(turn, call, duration_us);
        }
        let threshold_ms = self.instance.config.latency_monitor_threshold as u64;
        if threshold_ms > 0 && duration_us / 1_000 >= threshold_ms {
            let is_fast = self.commands.command(call.index).spec.flags.has(Flag::Fast);
            let event = if is_fast { "fast-command" } else { "command" };
            self.instance.latency.record(event, turn.now.seconds(), duration_us / 1_000);
        }
    }

    fn log_slow(&mut self, turn: &Turn, Call { index, args, .. }: Call<'_>, duration_us: u64) {
        let spec = self.commands.command(index).spec;
        if spec.flags.has(Flag::SkipSlowlog) {
            return;
        }
        let session = &self.instance.clients[turn.client];
        let entry = slowlog::SlowlogEntry {
            id: 0,
            unix_seconds: turn.now.seconds(),
            duration_us,
            args: slowlog::shortened(args, secrets::hidden(spec, args)),
            client_address: session.peer.address.clone(),
            client_name: session.name.clone(),
        };
        let max_len = usize::try_from(self.instance.config.slowlog_max_len).unwrap_or(usize::MAX);
        self.instance.slowlog.push(entry, max_len);
    }

    /// Sends a command to the monitors, with secrets redacted. Administrative commands are omitted.
    #[cold]
    fn feed_monitors(&mut self, turn: &Turn, Call { index, args, .. }: Call<'_>) {
        let spec = self.commands.command(index).spec;
        if spec.flags.intersects(Flags::of(&[Flag::Admin, Flag::SkipMonitor])) {
            return;
        }
        let line = monitor::line(&self.instance.clients[turn.client], spec, args, turn.now);
        for at in 0..self.instance.monitors.len() {
            let mut message = Output::default();
            message.tail().extend_from_slice(&line);
            self.instance.send(self.instance.monitors[at], &mut message, turn.now);
        }
    }

    /// Remembers the keys that a client may cache now.
    #[cold]
    fn track(&mut self, turn: &Turn, Call { index, args, .. }: Call<'_>) {
        let spec = self.commands.command(index).spec;
        let state = &self.instance.clients[turn.client].tracking;
        let tracking = &mut self.dataset.observers.tracking;
        if state.as_ref().is_some_and(|state| state.remembers())
            && spec.flags.has(Flag::ReadOnly)
            && let Ok(keys) = spec.keys_of(args)
        {
            let clients = &self.instance.clients;
            let is_connected = |reader| clients.session(reader).is_some();
            for key in keys {
                let key = &args[key.position];
                tracking.remember(turn.client, key, clients.len(), is_connected);
            }
        }
        tracking.shrink(self.instance.config.tracking_table_max_keys as u64);
    }

    /// Forgets tracked keys beyond the limit before a command is queued: its client gets the
    /// invalidations first.
    fn limit_tracking(&mut self, turn: &mut Turn) {
        let observers = &mut self.dataset.observers;
        if !observers.tracking.is_empty() {
            observers.tracking.shrink(self.instance.config.tracking_table_max_keys as u64);
            self.instance.deliver(observers, turn.now);
            self.append_messages(turn);
        }
    }
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// The reply is written, or the client is blocked and gets it later.
    Answered,
    /// The request has not run: `CLIENT PAUSE` postpones it.
    Postponed,
}

/// The reason why a request is rejected.
struct Rejection {
    error: Error,
    /// The command, if it is known.
    command: Option<usize>,
    /// The permission that its client lacks.
    denial: Option<Denial>,
}

impl Rejection {
    #[cold]
    fn new(error: Error, command: Option<usize>) -> Box<Self> {
        Box::new(Self { error, command, denial: None })
    }
}

/// Returns `true` if a word begins a line of HTTP. It is then likely that a web page makes its
/// visitor's browser send requests to this server. Redis closes such a connection without a reply,
/// and so does this engine.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"host:") || name.eq_ignore_ascii_case(b"post")
}
