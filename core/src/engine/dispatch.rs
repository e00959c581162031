//! From a request to its reply: a list of named checks, then the handler, then the accounts.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use super::Engine;
use crate::acl::Denial;
use crate::command::context::{Context, Outcome};
use crate::command::key_access::Keys;
use crate::command::observers::Observers;
use crate::command::spec::{Flag, Flags};
use crate::command::{monitor, secrets};
use crate::error::{self, Error};
use crate::instance::{PauseMode, slowlog};
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::resp::reply::{Protocol, Reply};
use crate::session::{Clearance, Closing, ReplyMode, Session};
use crate::time::UnixMicros;

/// What a client may not run while it monitors.
const TOUCHES_DATA: Flags = Flags::of(&[Flag::Write, Flag::ReadOnly, Flag::MayReplicate]);

impl Engine {
    /// Runs one request and writes its reply to `output`. `started_ns` is when it starts; it becomes when it ended, which
    /// is when the next one starts: one look at the clock a request.
    pub(super) fn execute(
        &mut self,
        session: &mut Session,
        output: &mut Output,
        args: Args<'_>,
        now: UnixMicros,
        started_ns: &mut u64,
    ) -> Ran {
        if args.is_empty() {
            return Ran::Answered;
        }
        let is_memory_short =
            self.instance.has_memory_limit && self.make_room(session, output, now);
        if session.closing.is_some() {
            return Ran::Answered;
        }
        let admitted = self.admit(session, args, is_memory_short);
        if let Ok(index) = admitted
            && self.must_postpone(session, index, now)
        {
            return Ran::Postponed;
        }
        if session.reply_mode == ReplyMode::On {
            self.answer(session, output, admitted, args, now, started_ns);
        } else {
            self.answer_muted(session, output, admitted, args, now, started_ns);
        }
        output.append(&mut self.instance.own_messages);
        if let Some(state) = &mut session.tracking
            && session.transaction.is_none()
            && !session.last_command.is_some_and(|name| name.starts_with("client|"))
        {
            state.caching = None;
        }
        if self.blocked.has_ready() {
            self.serve_others(session, output, now, started_ns);
        }
        Ran::Answered
    }

    /// Runs, queues or rejects a request.
    fn answer(
        &mut self,
        session: &mut Session,
        output: &mut Output,
        admitted: Result<usize, Box<Rejection>>,
        args: Args<'_>,
        now: UnixMicros,
        started_ns: &mut u64,
    ) {
        self.instance.stats.commands_processed += 1;
        match admitted {
            Ok(index) => {
                session.last_command = Some(self.commands.command(index).spec.name);
                if self.must_queue(session, index) {
                    self.limit_tracking(session, output, now);
                    session.queue(index, args);
                    Reply::new(output, session.protocol).simple("QUEUED");
                } else {
                    self.call(session, output, index, args, now, started_ns);
                }
            }
            Err(_) if is_http(&args[0]) => session.closing = Some(Closing::Now),
            Err(rejection) => {
                if let (Some(denial), Some(index)) = (rejection.denial, rejection.command) {
                    session.last_command = Some(self.commands.command(index).spec.name);
                    self.log_denial(session, index, args, denial, now);
                }
                self.reject(session, output, &rejection);
            }
        }
    }

    /// The same for a client that has asked not to be answered.
    #[cold]
    fn answer_muted(
        &mut self,
        session: &mut Session,
        output: &mut Output,
        admitted: Result<usize, Box<Rejection>>,
        args: Args<'_>,
        now: UnixMicros,
        started_ns: &mut u64,
    ) {
        if session.reply_mode == ReplyMode::SkipNext {
            session.reply_mode = ReplyMode::Skip;
        }
        // What nobody hears has no limit.
        let (before, most) = (output.mark(), output.set_most(usize::MAX));
        self.answer(session, output, admitted, args, now, started_ns);
        output.set_most(most);
        if session.reply_mode.is_muted() {
            output.rewind(before);
        }
        // The reply to a command that waits is the one to skip.
        if !session.is_blocked() {
            session.reply_mode = session.reply_mode.after_command();
        }
    }

    /// The checks that come before a command runs.
    #[inline]
    fn admit(
        &self,
        session: &Session,
        args: Args<'_>,
        is_memory_short: bool,
    ) -> Result<usize, Box<Rejection>> {
        let Some(command) = self.commands.resolve(args) else {
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
        if session.clearance == Clearance::Limited
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
            && !is_for_subscribers(command.spec.name)
        {
            return reject(error::only_for_subscribers(command.spec.name));
        }
        if session.is_monitor && command.spec.flags.intersects(TOUCHES_DATA) {
            return reject(error::MONITOR_ONLY);
        }
        Ok(command.index)
    }

    fn may_debug(&self, session: &Session) -> bool {
        match self.instance.config.enable_debug_command {
            "yes" => true,
            "local" => session.peer.is_local,
            _ => false,
        }
    }

    #[cold]
    fn reject(&mut self, session: &mut Session, output: &mut Output, rejection: &Rejection) {
        let mut error = Cow::Borrowed(&rejection.error);
        if let Some(index) = rejection.command {
            let name = self.commands.command(index).spec.name;
            session.last_command = Some(name);
            self.instance.stats.commands[index].rejected_calls += 1;
            if name == "exec" {
                session.transaction = None;
                self.watches.unwatch(session.id);
                session.watched_bytes = 0;
                error = Cow::Owned(error::exec_abort_because(&rejection.error));
            }
        }
        if let Some(transaction) = &mut session.transaction {
            transaction.is_aborted = true;
        }
        self.instance.stats.count_error(error.code());
        Reply::new(output, session.protocol).error(&error);
    }

    /// Whether `CLIENT PAUSE` holds a command back.
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
                if self.commands.command(index).spec.name == "exec" =>
            {
                queued.commands.iter().any(|queued| changes_data(queued.command))
            }
            (PauseMode::Writes, _) => changes_data(index),
        }
    }

    /// Runs an admitted command and keeps the accounts.
    pub(super) fn call(
        &mut self,
        session: &mut Session,
        output: &mut Output,
        index: usize,
        args: Args<'_>,
        now: UnixMicros,
        started_ns: &mut u64,
    ) {
        let command = self.commands.command(index);
        let changes = self.key_stats.changes;
        let keys = Keys {
            keyspace: &mut self.keyspace,
            stats: &mut self.key_stats,
            random: &mut self.random,
            journal: &mut self.journal,
            observers: Observers {
                watches: &mut self.watches,
                blocked: &mut self.blocked,
                tracking: &mut self.tracking,
                client: Some(session.id),
                events: &mut self.events,
                classes: self.instance.config.notify_keyspace_events,
            },
            database: session.database,
            now,
            policy: self.instance.access_policy,
            touches: !session.no_touch,
            may_expire: self.instance.pause.is_none(),
        };
        let mut context = Context {
            now,
            keys,
            reply: Reply::new(output, session.protocol),
            session,
            instance: &mut self.instance,
            commands: &self.commands,
            command,
        };
        let result = (command.spec.run)(&mut context, args);
        if context.keys.journal.is_kept() && context.keys.stats.changes != changes {
            context.keys.journal.command(context.session.database, args.iter());
        }
        if !context.keys.observers.events.is_empty() {
            let events = core::mem::take(context.keys.observers.events);
            context.instance.publish_events(events, Some(context.session), now);
        }
        if context.session.tracking.is_some() || !context.keys.observers.tracking.stale.is_empty() {
            track(&mut context, args);
        }
        match result {
            Ok(Outcome::Done) => {}
            // It is accounted for when it ends.
            Ok(Outcome::Block { until }) => {
                self.show(session, index, args, now);
                return self.block(session, index, args, until);
            }
            Ok(Outcome::Exec) => {
                // The time of EXEC is that of all it runs.
                let mut inner_ns = *started_ns;
                self.exec(session, output, now, &mut inner_ns);
            }
            Err(error) => {
                context.reply.error(&error);
                self.instance.stats.commands[index].failed_calls += 1;
                self.instance.stats.count_error(error.code());
            }
        }
        self.account(session, index, args, now, started_ns);
    }

    /// Keeps the accounts of a command that has run.
    #[inline]
    fn account(
        &mut self,
        session: &Session,
        index: usize,
        args: Args<'_>,
        now: UnixMicros,
        started_ns: &mut u64,
    ) {
        let instance = &mut self.instance;
        let ended_ns = instance.host.monotonic_ns();
        let duration_ns = ended_ns.saturating_sub(*started_ns);
        *started_ns = ended_ns;
        let stats = &mut instance.stats.commands[index];
        stats.calls += 1;
        stats.duration_ns += duration_ns;
        if instance.config.latency_tracking {
            stats.durations.get_or_insert_default().record(duration_ns);
        }
        if duration_ns >= instance.noted_from_ns {
            self.note_slow(session, index, args, now, duration_ns / 1_000);
        }
        self.show(session, index, args, now);
    }

    /// Shows a command to the clients that `MONITOR`: when it was asked for, not when it runs again.
    #[inline]
    fn show(&mut self, session: &Session, index: usize, args: Args<'_>, now: UnixMicros) {
        if !self.instance.monitors.is_empty() && session.blocked_until.is_none() {
            self.feed_monitors(session, index, args, now);
        }
    }

    /// Tells the slow log and the latency monitor of a command that one of them may want to know of.
    #[cold]
    fn note_slow(
        &mut self,
        session: &Session,
        index: usize,
        args: Args<'_>,
        now: UnixMicros,
        duration_us: u64,
    ) {
        let threshold_us = u64::try_from(self.instance.config.slowlog_log_slower_than);
        if threshold_us.is_ok_and(|threshold_us| duration_us >= threshold_us) {
            self.log_slow(session, index, args, now, duration_us);
        }
        let threshold_ms = self.instance.config.latency_monitor_threshold as u64;
        if threshold_ms > 0 && duration_us / 1_000 >= threshold_ms {
            let is_fast = self.commands.command(index).spec.flags.has(Flag::Fast);
            let event = if is_fast { "fast-command" } else { "command" };
            self.instance.latency.record(event, now.seconds(), duration_us / 1_000);
        }
    }

    fn log_slow(
        &mut self,
        session: &Session,
        index: usize,
        args: Args<'_>,
        now: UnixMicros,
        duration_us: u64,
    ) {
        if self.commands.command(index).spec.flags.has(Flag::SkipSlowlog) {
            return;
        }
        let entry = slowlog::SlowlogEntry {
            id: 0,
            unix_seconds: now.seconds(),
            duration_us,
            args: slowlog::shortened(
                args,
                secrets::hidden(self.commands.command(index).spec, args),
            ),
            client_address: session.peer.address.clone(),
            client_name: session.name.clone(),
        };
        let max_len = usize::try_from(self.instance.config.slowlog_max_len).unwrap_or(usize::MAX);
        self.instance.slowlog.push(entry, max_len);
    }

    /// Leaves out what would show a secret or the monitoring itself.
    #[cold]
    fn feed_monitors(&mut self, session: &Session, index: usize, args: Args<'_>, now: UnixMicros) {
        let flags = self.commands.command(index).spec.flags;
        if flags.intersects(Flags::of(&[Flag::Admin, Flag::SkipMonitor])) {
            return;
        }
        let line = monitor::line(session, self.commands.command(index).spec, args, now);
        for at in 0..self.instance.monitors.len() {
            let mut message = Output::default();
            message.tail().extend_from_slice(&line);
            self.instance.send(self.instance.monitors[at], &mut message, Some(session), now);
        }
    }
}

/// Remembers what a client may cache, and tells clients of what has changed.
#[cold]
fn track(context: &mut Context<'_>, args: Args<'_>) {
    let spec = context.command.spec;
    let tracking = &mut *context.keys.observers.tracking;
    let remembers = context.session.tracking.as_ref().is_some_and(|state| state.remembers());
    if remembers
        && spec.flags.has(Flag::ReadOnly)
        && let Ok(keys) = spec.keys_of(args)
    {
        for key in keys {
            tracking.remember(context.session.id, &args[key.position]);
        }
    }
    tracking.shrink(context.instance.config.tracking_table_max_keys as u64);
    let stale = core::mem::take(&mut tracking.stale);
    context.instance.invalidate(stale, &mut Some(context.session), context.now);
}

impl Engine {
    /// Forgets keys that are too many to be remembered. A command that runs does so when it has; the client of one that is
    /// queued is told before it hears of that.
    fn limit_tracking(&mut self, session: &mut Session, output: &mut Output, now: UnixMicros) {
        if !self.tracking.is_empty() {
            self.tracking.shrink(self.instance.config.tracking_table_max_keys as u64);
            let stale = core::mem::take(&mut self.tracking.stale);
            self.instance.invalidate(stale, &mut Some(session), now);
            output.append(&mut self.instance.own_messages);
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// It has its reply, or waits for it.
    Answered,
    /// It has not run: `CLIENT PAUSE` holds it back.
    Postponed,
}

/// A request that may not run.
struct Rejection {
    error: Error,
    /// The command, where it is known.
    command: Option<usize>,
    /// What its client lacks.
    denial: Option<Denial>,
}

impl Rejection {
    #[cold]
    fn new(error: Error, command: Option<usize>) -> Box<Self> {
        Box::new(Self { error, command, denial: None })
    }
}

/// Whether a client that reads messages where it expects replies may send a command.
fn is_for_subscribers(name: &str) -> bool {
    matches!(
        name,
        "subscribe"
            | "psubscribe"
            | "ssubscribe"
            | "unsubscribe"
            | "punsubscribe"
            | "sunsubscribe"
            | "ping"
            | "quit"
            | "reset"
    )
}

/// Whether a word opens a line of HTTP: a web page tries to make its visitor's browser speak to this server. Redis
/// closes such a connection without a word, and so does this.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"host:") || name.eq_ignore_ascii_case(b"post")
}
