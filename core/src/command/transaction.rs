//! `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH`: begin and end transactions. The engine queues
//! and runs them.

use alloc::boxed::Box;

use super::context::{Context, Outcome};
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::session::{Transaction, Watched};

type Handled = Result<Outcome, Error>;

pub(super) fn multi(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    if ctx.session().transaction.is_some() {
        return Err(error::MULTI_NESTED);
    }
    ctx.session_mut().transaction = Some(Box::new(Transaction::default()));
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn exec(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let Some(transaction) = &ctx.session().transaction else {
        return Err(error::EXEC_WITHOUT_MULTI);
    };
    let is_aborted = transaction.is_aborted;
    let is_untouched = ctx.keys.unwatch(ctx.client);
    ctx.session_mut().watched = Watched::default();
    if is_aborted {
        ctx.session_mut().transaction = None;
        return Err(error::EXEC_ABORT);
    }
    if !is_untouched {
        ctx.session_mut().transaction = None;
        ctx.reply.null_array();
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Exec)
}

pub(super) fn discard(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    if ctx.session_mut().transaction.take().is_none() {
        return Err(error::DISCARD_WITHOUT_MULTI);
    }
    ctx.keys.unwatch(ctx.client);
    ctx.session_mut().watched = Watched::default();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn watch(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if ctx.session().transaction.is_some() {
        return Err(error::WATCH_INSIDE_MULTI);
    }
    for key in args.iter().skip(1) {
        let bytes = ctx.keys.watch(ctx.client, key);
        let watched = &mut ctx.session_mut().watched;
        watched.keys += usize::from(bytes > 0);
        watched.bytes += bytes;
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn unwatch(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.keys.unwatch(ctx.client);
    ctx.session_mut().watched = Watched::default();
    ctx.reply.ok();
    Ok(Outcome::Done)
}
