//! Connection commands: `HELLO`, `AUTH`, `SELECT`, ... `CLIENT` has its own files.

use super::client;
use super::context::{Context, Outcome};
use super::parse;
use super::permission;
use super::tracking;
use crate::acl::{self, Reason};
use crate::error::{self, Error};
use crate::number;
use crate::resp::args::Args;
use crate::resp::reply::Protocol;
use crate::session::{Auth, Closing};
use crate::{REDIS_VERSION, VERSION};

type Handled = Result<Outcome, Error>;

pub(super) fn ping(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let speaks_messages_only = ctx.session().subscriptions.is_some()
        && ctx.session().protocol == Protocol::Resp2
        && args.len() <= 2;
    if speaks_messages_only {
        ctx.reply.array(2);
        ctx.reply.bulk(b"pong");
        ctx.reply.bulk(args.get(1).unwrap_or_default());
        return Ok(Outcome::Done);
    }
    match args.len() {
        1 => ctx.reply.simple("PONG"),
        2 => ctx.reply.bulk(&args[1]),
        _ => return Err(error::wrong_arity("ping")),
    }
    Ok(Outcome::Done)
}

pub(super) fn echo(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    ctx.reply.bulk(&args[1]);
    Ok(Outcome::Done)
}

pub(super) fn select(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let index = parse::int32(&args[1])?;
    ctx.session_mut().database = ctx.keys.database_index(index)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn quit(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.reply.ok();
    ctx.session_mut().closing = Some(Closing::AfterWrite);
    Ok(Outcome::Done)
}

pub(super) fn reset(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let id = ctx.client;
    ctx.instance.monitors.retain(|&monitor| monitor != id);
    ctx.keys.unwatch(id);
    ctx.instance.unsubscribe_all(id);
    tracking::end(ctx);
    ctx.session_mut().reset();
    let default = ctx.instance.acl.default_user();
    ctx.instance.clients[ctx.client].become_user(default, default.nopass(), default);
    ctx.reply.switch(Protocol::Resp2);
    ctx.reply.simple("RESET");
    Ok(Outcome::Done)
}

pub(super) fn auth(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (user, password) = match args.len() {
        2 if ctx.instance.acl.default_user().needs_no_password() => {
            return Err(error::NO_PASSWORD_SET);
        }
        2 => (acl::DEFAULT, &args[1]),
        3 => (&args[1], &args[2]),
        _ => return Err(error::SYNTAX),
    };
    log_in(ctx, &args[0], user, password)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Authenticates the client as a user. `command` is the command's name as the client sent it.
fn log_in(
    ctx: &mut Context<'_>,
    command: &[u8],
    name: &[u8],
    password: &[u8],
) -> Result<(), Error> {
    let acl = &ctx.instance.acl;
    if let Some(user) = acl.authenticate(name, password) {
        ctx.instance.clients[ctx.client].become_user(user, true, acl.default_user());
        return Ok(());
    }
    permission::log(ctx.instance, ctx.client, Reason::Auth, command, name, ctx.now);
    Err(error::WRONG_PASSWORD)
}

pub(super) fn hello(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let protocol = match args.get(1).map(number::parse_i64) {
        None => None,
        Some(Some(2)) => Some(Protocol::Resp2),
        Some(Some(3)) => Some(Protocol::Resp3),
        Some(Some(_)) => return Err(error::NO_PROTO),
        Some(None) => return Err(error::PROTOCOL_NOT_AN_INTEGER),
    };
    // Options are parsed first, and take effect only if all of them are valid.
    let (mut login, mut name) = (None, None);
    let mut at = 2;
    while let Some(option) = args.get(at) {
        let more = args.len() - 1 - at;
        if parse::is(option, "AUTH") && more >= 2 {
            login = Some((&args[at + 1], &args[at + 2]));
            at += 3;
        } else if parse::is(option, "SETNAME") && more >= 1 {
            name = Some(client::checked_name(&args[at + 1])?);
            at += 2;
        } else {
            return Err(error::quoted("ERR Syntax error in HELLO option '", option, "'"));
        }
    }
    if let Some((user, password)) = login {
        log_in(ctx, &args[0], user, password)?;
    }
    if ctx.session().auth == Auth::Required {
        return Err(error::HELLO_NO_AUTH);
    }
    if let Some(name) = name {
        ctx.session_mut().name = name.to_vec();
    }
    if let Some(protocol) = protocol {
        ctx.session_mut().protocol = protocol;
        ctx.reply.switch(protocol);
    }
    greet(ctx);
    Ok(Outcome::Done)
}

fn greet(ctx: &mut Context<'_>) {
    let (id, protocol) = (ctx.client.serial(), ctx.session().protocol);
    let reply = &mut ctx.reply;
    reply.map(8);
    let text = |reply: &mut crate::resp::reply::Reply<'_>, name: &str, value: &str| {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    };
    text(reply, "server", "redis");
    text(reply, "version", REDIS_VERSION);
    text(reply, "redstart_version", VERSION);
    reply.bulk(b"proto");
    reply.integer(i64::from(protocol.version()));
    reply.bulk(b"id");
    reply.integer(id as i64);
    text(reply, "mode", "standalone");
    text(reply, "role", "master");
    reply.bulk(b"modules");
    reply.array(0);
}
