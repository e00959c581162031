//! `SLOWLOG`: the log of slow commands.

use super::context::{Context, Outcome};
use super::help;
use super::parse;
use crate::error::{self, Error};
use crate::resp::args::Args;

type Handled = Result<Outcome, Error>;

pub(super) fn get(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = match args.get(2) {
        None => 10,
        Some(_) if args.len() > 3 => return Err(error::subcommand_syntax("slowlog", &args[1])),
        Some(count) => parse::integer(count).map_err(|_| error::SLOWLOG_COUNT)?,
    };
    if count < -1 {
        return Err(error::SLOWLOG_COUNT);
    }
    let len = ctx.instance.slowlog.len();
    let shown = usize::try_from(count).map_or(len, |count| count.min(len));
    let reply = &mut ctx.reply;
    reply.array(shown);
    for entry in ctx.instance.slowlog.iter().take(shown) {
        reply.array(6);
        reply.integer(entry.id);
        reply.integer(entry.unix_seconds as i64);
        reply.integer(entry.duration_us as i64);
        reply.array(entry.args.len());
        for arg in &entry.args {
            reply.bulk(arg);
        }
        reply.bulk(entry.client_address.as_bytes());
        reply.bulk(&entry.client_name);
    }
    Ok(Outcome::Done)
}

pub(super) fn len(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.reply.count(ctx.instance.slowlog.len());
    Ok(Outcome::Done)
}

pub(super) fn reset(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.instance.slowlog.clear();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
