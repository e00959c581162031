//! `CLIENT`: describes clients, and changes their settings and connections.

use crate::sort;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::help;
use super::parse;
use crate::acl::Acl;
use crate::client::{ClientId, Transport};
use crate::config::ClientClass;
use crate::dataset::tracking::TrackingMode;
use crate::error::{self, Error};
use crate::instance::{Pause, PauseMode};
use crate::limits;
use crate::number;
use crate::pubsub::Topic;
use crate::resp::args::Args;
use crate::session::{Closing, ReplyMode, Role, Session};
use crate::time::UnixMicros;

type Handled = Result<Outcome, Error>;

// ---- the calling client -------------------------------------------------------------------------

pub(super) fn id(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.reply.integer(ctx.client.serial() as i64);
    Ok(Outcome::Done)
}

pub(super) fn getname(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    if ctx.session().name.is_empty() {
        ctx.reply.null();
    } else {
        ctx.reply.bulk(&ctx.instance.clients[ctx.client].name);
    }
    Ok(Outcome::Done)
}

pub(super) fn setname(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    ctx.session_mut().name = checked_name(&args[2])?.to_vec();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Checks a name that must not break a line of `CLIENT LIST`.
pub(super) fn checked_name(name: &[u8]) -> Result<&[u8], Error> {
    if is_printable(name) { Ok(name) } else { Err(error::CLIENT_NAME) }
}

fn is_printable(text: &[u8]) -> bool {
    up_to_nul(text).iter().all(|byte| (b'!'..=b'~').contains(byte))
}

/// The part of a text that is checked and listed.
fn up_to_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

pub(super) fn setinfo(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (attribute, value) = (&args[2], &args[3]);
    let is_name = parse::is(attribute, "LIB-NAME");
    if !is_name && !parse::is(attribute, "LIB-VER") {
        return Err(error::quoted("ERR Unrecognized option '", attribute, "'"));
    }
    if !is_printable(value) {
        return Err(error::quoted(
            "ERR ",
            attribute,
            " cannot contain spaces, newlines or special characters.",
        ));
    }
    let field = if is_name {
        &mut ctx.session_mut().library_name
    } else {
        &mut ctx.session_mut().library_version
    };
    *field = value.to_vec();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn reply(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    match args[2].to_ascii_uppercase().as_slice() {
        b"ON" => {
            ctx.session_mut().reply_mode = ReplyMode::On;
            ctx.reply.ok();
        }
        b"OFF" => ctx.session_mut().reply_mode = ReplyMode::Off,
        b"SKIP" => {
            if ctx.session().reply_mode != ReplyMode::Off {
                ctx.session_mut().reply_mode = ReplyMode::SkipNext;
            }
        }
        _ => return Err(error::SYNTAX),
    }
    Ok(Outcome::Done)
}

pub(super) fn no_evict(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    ctx.session_mut().no_evict = on_or_off(&args[2])?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn no_touch(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    ctx.session_mut().no_touch = on_or_off(&args[2])?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn on_or_off(arg: &[u8]) -> Result<bool, Error> {
    if parse::is(arg, "ON") {
        Ok(true)
    } else if parse::is(arg, "OFF") {
        Ok(false)
    } else {
        Err(error::SYNTAX)
    }
}

// ---- lists --------------------------------------------------------------------------------------

pub(super) fn info(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let mut line = describe(ctx.session(), ctx.now);
    line.push(b'\n');
    ctx.reply.verbatim("txt", &line);
    Ok(Outcome::Done)
}

pub(super) fn list(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let mut serials = None;
    let mut kind = None;
    match args.get(2) {
        None => {}
        Some(option) if parse::is(option, "TYPE") && args.len() == 4 => {
            kind = Some(client_kind(&args[3])?);
        }
        Some(option) if parse::is(option, "ID") && args.len() > 3 => {
            let parse = |arg| number::parse_i64(arg).ok_or(error::INVALID_CLIENT_ID);
            serials = Some(args.iter().skip(3).map(parse).collect::<Result<Vec<i64>, Error>>()?);
        }
        Some(_) => return Err(error::SYNTAX),
    }
    let sessions = all_sessions(ctx);
    let chosen: Vec<&Session> = match serials {
        Some(serials) => serials
            .iter()
            .filter_map(|serial| {
                let at = sessions.binary_search_by_key(serial, |one| one.id.serial() as i64);
                at.ok().map(|at| sessions[at])
            })
            .collect(),
        None => sessions
            .into_iter()
            .filter(|session| kind.is_none_or(|kind| kind == Some(session.class())))
            .collect(),
    };
    let mut text = Vec::new();
    for session in chosen {
        text.extend_from_slice(&describe(session, ctx.now));
        text.push(b'\n');
    }
    ctx.reply.verbatim("txt", &text);
    Ok(Outcome::Done)
}

/// Returns all clients, including the caller, in order of connection, except those about to be
/// closed.
fn all_sessions<'a>(ctx: &'a Context<'_>) -> Vec<&'a Session> {
    let all = ctx.instance.clients.iter();
    let mut sessions: Vec<&Session> =
        all.filter(|session| session.closing != Some(Closing::Now)).collect();
    sort::by(&mut sessions, |one, other| one.id.cmp(&other.id));
    sessions
}

/// Parses a client type; `None` for a type that no client here ever has.
fn client_kind(arg: &[u8]) -> Result<Option<ClientClass>, Error> {
    match arg.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(Some(ClientClass::Normal)),
        b"pubsub" => Ok(Some(ClientClass::PubSub)),
        b"replica" | b"slave" => Ok(Some(ClientClass::Replica)),
        b"master" => Ok(None),
        _ => Err(error::quoted("ERR Unknown client type '", arg, "'")),
    }
}

/// Formats a client as a line of `CLIENT LIST`, without the line end.
pub(crate) fn describe(session: &Session, now: UnixMicros) -> Vec<u8> {
    let flags = flags(session);
    let queued =
        session.transaction.as_ref().map_or(-1, |transaction| transaction.commands.len() as i64);
    let subscribed =
        |topic| session.subscriptions.as_ref().map_or(0, |names| names.of(topic).len());
    let redirect = session
        .tracking
        .as_ref()
        .map_or(-1, |state| state.redirect.map_or(0, |client| client.serial() as i64));
    // Redis has a fixed buffer per client, then a list. The first part of the output counts as that
    // buffer.
    let unread = session.output.len();
    let beyond = unread.saturating_sub(limits::UNCOUNTED_OUTPUT_BYTES);
    let last_command = session.last_command.unwrap_or("NULL");
    let mut line = format!(
        "id={} addr={} laddr={} fd={} name=",
        session.id.serial(),
        session.peer.address,
        session.peer.local_address,
        session.peer.descriptor,
    )
    .into_bytes();
    line.extend_from_slice(up_to_nul(&session.name));
    let rest = format!(
        " age={} idle={} flags={flags} db={} sub={} psub={} ssub={} multi={queued} watch={} qbuf={} qbuf-free={} argv-mem=0 \
         multi-mem={} rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events=r cmd={last_command} user=",
        now.since(session.connected_at) / 1_000_000,
        now.since(session.last_interaction) / 1_000_000,
        session.database,
        subscribed(Topic::Channel),
        subscribed(Topic::Pattern),
        subscribed(Topic::Shard),
        session.watched.keys,
        session.input_bytes() + session.running_input_bytes,
        session.free_input_bytes(),
        session.transaction.as_ref().map_or(0, |transaction| transaction.memory_bytes()),
        session.output.memory_bytes(),
        session.output.len(),
        unread.min(limits::UNCOUNTED_OUTPUT_BYTES),
        session.output.chunks() + usize::from(beyond > 0),
        beyond,
        session.memory_bytes(),
    );
    line.extend_from_slice(rest.as_bytes());
    line.extend_from_slice(session.user.name());
    let rest = format!(" redir={redirect} resp={} lib-name=", session.protocol.version());
    line.extend_from_slice(rest.as_bytes());
    line.extend_from_slice(up_to_nul(&session.library_name));
    line.extend_from_slice(b" lib-ver=");
    line.extend_from_slice(up_to_nul(&session.library_version));
    line
}

fn flags(session: &Session) -> String {
    let tracking = session.tracking.as_deref();
    let all = [
        ('O', session.role == Role::Monitor),
        ('P', session.subscriptions.is_some()),
        ('x', session.transaction.is_some()),
        ('t', tracking.is_some()),
        ('R', tracking.is_some_and(|state| state.is_redirect_broken)),
        ('B', tracking.is_some_and(|state| state.mode == TrackingMode::Broadcast)),
        ('b', session.is_held()),
        ('c', session.closing == Some(Closing::AfterWrite)),
        ('U', session.peer.transport == Transport::Unix),
        ('e', session.no_evict),
        ('T', session.no_touch),
    ];
    let set: String = all.iter().filter(|(_, is_set)| *is_set).map(|(letter, _)| *letter).collect();
    if set.is_empty() { String::from("N") } else { set }
}

// ---- other clients ------------------------------------------------------------------------------

/// The filters of `CLIENT KILL`. A client must match all of them.
#[derive(Default)]
struct Filters<'a> {
    serial: Option<u64>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
    kind: Option<Option<ClientClass>>,
    skips_caller: bool,
}

impl<'a> Filters<'a> {
    fn parse(args: Args<'a>, acl: &Acl) -> Result<Self, Error> {
        let mut filters = Self { skips_caller: true, ..Self::default() };
        let mut at = 2;
        while let Some(option) = args.get(at) {
            let value = args.get(at + 1).ok_or(error::SYNTAX)?;
            match option.to_ascii_uppercase().as_slice() {
                b"ID" => {
                    let serial =
                        parse::integer(value).map_err(|_| error::CLIENT_ID_NOT_POSITIVE)?;
                    if serial < 1 {
                        return Err(error::CLIENT_ID_NOT_POSITIVE);
                    }
                    filters.serial = Some(serial as u64);
                }
                b"ADDR" => filters.address = Some(value),
                b"LADDR" => filters.local_address = Some(value),
                b"TYPE" => filters.kind = Some(client_kind(value)?),
                b"USER" if acl.user(value).is_some() => filters.user = Some(value),
                b"USER" => return Err(error::quoted("ERR No such user '", value, "'")),
                b"SKIPME" if parse::is(value, "YES") => filters.skips_caller = true,
                b"SKIPME" if parse::is(value, "NO") => filters.skips_caller = false,
                _ => return Err(error::SYNTAX),
            }
            at += 2;
        }
        Ok(filters)
    }

    fn fit(&self, session: &Session, caller: ClientId) -> bool {
        self.serial.is_none_or(|serial| session.id.serial() == serial)
            && self.address.is_none_or(|address| session.peer.address.as_bytes() == address)
            && self
                .local_address
                .is_none_or(|address| session.peer.local_address.as_bytes() == address)
            && self.user.is_none_or(|user| session.user.name() == user)
            && self.kind.is_none_or(|kind| kind == Some(session.class()))
            && !(self.skips_caller && session.id == caller)
    }
}

pub(super) fn kill(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let is_old_form = args.len() == 3;
    let filters = if is_old_form {
        Filters { address: Some(&args[2]), ..Filters::default() }
    } else {
        Filters::parse(args, &ctx.instance.acl)?
    };
    let caller = ctx.client;
    let doomed: Vec<ClientId> = all_sessions(ctx)
        .into_iter()
        .filter(|session| filters.fit(session, caller))
        .map(|session| session.id)
        .collect();
    for &client in &doomed {
        ctx.instance.kill(client);
    }
    match (is_old_form, doomed.is_empty()) {
        (true, true) => return Err(error::NO_SUCH_CLIENT),
        (true, false) => ctx.reply.ok(),
        (false, _) => ctx.reply.count(doomed.len()),
    }
    Ok(Outcome::Done)
}

pub(super) fn unblock(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len() > 4 {
        return Err(error::subcommand_syntax("client", &args[1]));
    }
    let with_error = match args.get(3) {
        None => false,
        Some(reason) if parse::is(reason, "TIMEOUT") => false,
        Some(reason) if parse::is(reason, "ERROR") => true,
        Some(_) => return Err(error::UNBLOCK_REASON),
    };
    let serial = parse::integer(&args[2])?;
    let blocked = ctx
        .instance
        .clients
        .iter_mut()
        .find(|session| session.id.serial() as i64 == serial && session.is_blocked());
    let is_found = blocked.is_some();
    if let Some(session) = blocked {
        session.unblock(&mut ctx.keys.dataset.observers.waiters);
        let stats = &mut ctx.instance.stats.commands[session.blocked_command];
        stats.calls += 1;
        session.end_wait(with_error.then_some(&error::UNBLOCKED));
        if with_error {
            stats.failed_calls += 1;
            ctx.instance.stats.count_error(error::UNBLOCKED.code());
        }
        let client = session.id;
        ctx.instance.resume.push_back(client);
    }
    ctx.reply.integer(i64::from(is_found));
    Ok(Outcome::Done)
}

pub(super) fn pause(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let mode = match args.get(3) {
        None => PauseMode::All,
        Some(mode) if args.len() == 4 && parse::is(mode, "ALL") => PauseMode::All,
        Some(mode) if args.len() == 4 && parse::is(mode, "WRITE") => PauseMode::Writes,
        Some(_) if args.len() == 4 => return Err(error::PAUSE_MODE),
        Some(_) => return Err(error::subcommand_syntax("client", &args[1])),
    };
    let until: UnixMicros = ctx.now.after_ms(parse::timeout_ms(&args[2], ctx.now)?);
    // A new pause can extend or tighten the current one, not shorten or relax it; that needs
    // UNPAUSE.
    ctx.instance.pause = Some(match ctx.instance.pause_at(ctx.now) {
        None => Pause { until, mode },
        Some(old) => Pause {
            until: old.until.max(until),
            mode: if old.mode == PauseMode::All { PauseMode::All } else { mode },
        },
    });
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn unpause(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.instance.unpause();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
