//! Commands for keys of any type: `DEL`, `RENAME`, `COPY`, ... Deadlines, `SCAN` and `OBJECT` have
//! their own files.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::glob::{self, Case};
use crate::resp::args::Args;
use crate::value::record::Record;

type Handled = Result<Outcome, Error>;

pub(super) fn del(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let removed = args.iter().skip(1).filter(|key| ctx.keys.remove(key)).count();
    ctx.reply.count(removed);
    Ok(Outcome::Done)
}

pub(super) fn exists(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let found = args.iter().skip(1).filter(|key| ctx.keys.peek(key).is_some()).count();
    ctx.reply.count(found);
    Ok(Outcome::Done)
}

pub(super) fn touch(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    // Marks the access even under CLIENT NO-TOUCH: that is the purpose of this command.
    ctx.keys.touches = true;
    let found = args.iter().skip(1).filter(|key| ctx.keys.read(key).is_some()).count();
    ctx.reply.count(found);
    Ok(Outcome::Done)
}

pub(super) fn kind(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let name = ctx.keys.peek(&args[1]).map_or("none", |record| record.value_type().name());
    ctx.reply.simple(name);
    Ok(Outcome::Done)
}

pub(super) fn keys(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let pattern = &args[1];
    let matches_all = pattern == b"*";
    let array = ctx.reply.begin();
    let mut count = 0;
    let reply = &mut ctx.reply;
    for record in ctx.keys.dataset.keyspace[ctx.keys.database].iter() {
        let is_match = matches_all || glob::matches(pattern, record.key(), Case::Sensitive);
        if is_match && !record.is_expired(now) {
            reply.bulk(record.key());
            count += 1;
        }
    }
    ctx.reply.end_array(array, count);
    Ok(Outcome::Done)
}

pub(super) fn randomkey(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    match ctx.keys.random_key() {
        Some(key) => ctx.reply.bulk(&key),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn rename(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    rename_if(ctx, args, false)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn renamenx(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let is_renamed = rename_if(ctx, args, true)?;
    ctx.reply.integer(i64::from(is_renamed));
    Ok(Outcome::Done)
}

fn rename_if(ctx: &mut Context<'_>, args: Args<'_>, only_if_missing: bool) -> Result<bool, Error> {
    let (from, to) = (&args[1], &args[2]);
    if ctx.keys.consider(from).is_none() {
        return Err(error::NO_SUCH_KEY);
    }
    if from == to {
        return Ok(!only_if_missing);
    }
    if only_if_missing && ctx.keys.consider(to).is_some() {
        return Ok(false);
    }
    let events = [Event::RENAME_FROM, Event::RENAME_TO];
    ctx.keys.relocate(from, ctx.keys.database, to, events);
    Ok(true)
}

pub(super) fn relocate(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let key = &args[1];
    let target = ctx.keys.database_index(parse::int32(&args[2])?)?;
    if target == ctx.keys.database {
        return Err(error::SAME_OBJECT);
    }
    let may_move = ctx.keys.consider(key).is_some() && ctx.keys.peek_in(target, key).is_none();
    if may_move {
        ctx.keys.relocate(key, target, key, [Event::MOVE_FROM, Event::MOVE_TO]);
    }
    ctx.reply.integer(i64::from(may_move));
    Ok(Outcome::Done)
}

pub(super) fn copy(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (from, to) = (&args[1], &args[2]);
    let (mut target, mut replaces) = (ctx.keys.database, false);
    let mut at = 3;
    while let Some(option) = args.get(at) {
        if parse::is(option, "REPLACE") {
            replaces = true;
        } else if parse::is(option, "DB") && at + 1 < args.len() {
            at += 1;
            target = ctx.keys.database_index(parse::int32(&args[at])?)?;
        } else {
            return Err(error::SYNTAX);
        }
        at += 1;
    }
    if target == ctx.keys.database && from == to {
        return Err(error::SAME_OBJECT);
    }
    let clock = ctx.keys.dataset.access_policy.fresh(ctx.now);
    let copy = ctx
        .keys
        .read(from)
        .map(|record| Record::of(to, record.value().to_value(), record.deadline(), clock));
    let may_copy = copy.is_some() && (replaces || ctx.keys.peek_in(target, to).is_none());
    if may_copy && let Some(copy) = copy {
        ctx.keys.insert_in(target, copy, Event::COPY_TO);
    }
    ctx.reply.integer(i64::from(may_copy));
    Ok(Outcome::Done)
}

pub(super) fn wait(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let replicas = parse::integer(&args[1])?;
    let timeout_ms = parse::timeout_ms(&args[2], ctx.now)?;
    // This engine does not replicate yet, so only a wait for zero replicas ends at once.
    if replicas <= 0 || ctx.session().is_in_exec {
        ctx.reply.integer(0);
        return Ok(Outcome::Done);
    }
    let until = (timeout_ms > 0).then(|| ctx.now.after_ms(timeout_ms));
    Ok(Outcome::Block { until, effects: ctx.effects() })
}

pub(super) fn swapdb(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let index = |arg: &[u8], not_a_number: Error| parse::int32(arg).map_err(|_| not_a_number);
    let first = index(&args[1], error::INVALID_FIRST_DB_INDEX)?;
    let second = index(&args[2], error::INVALID_SECOND_DB_INDEX)?;
    let (first, second) = (ctx.keys.database_index(first)?, ctx.keys.database_index(second)?);
    ctx.keys.swap_databases(first, second);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn dbsize(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let len = ctx.keys.db().len();
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn flushdb(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_flush_mode(args)?;
    let database = ctx.keys.database;
    ctx.keys.flush(&[database]);
    ctx.reply.ok();
    Ok(ctx.verbatim(args))
}

pub(super) fn flushall(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_flush_mode(args)?;
    let all: Vec<usize> = (0..ctx.keys.dataset.keyspace.databases()).collect();
    ctx.keys.flush(&all);
    ctx.reply.ok();
    Ok(ctx.verbatim(args))
}

/// Parses the flush mode. Both modes behave the same here: the keys are gone when the reply is
/// sent, and their memory is freed in slices.
fn check_flush_mode(args: Args<'_>) -> Result<(), Error> {
    match args.get(1) {
        None => Ok(()),
        Some(mode) if args.len() == 2 && (parse::is(mode, "SYNC") || parse::is(mode, "ASYNC")) => {
            Ok(())
        }
        Some(_) => Err(error::SYNTAX),
    }
}
