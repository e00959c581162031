//! `OBJECT`: the encoding of a value, its reference count and its last use.

use super::context::{Context, Outcome};
use super::help;
use crate::error::{self, Error};
use crate::keyspace::access;
use crate::resp::args::Args;
use crate::value::{ValueRef, string::StringRef};

/// The number of integers, from zero, that Redis shares (`OBJ_SHARED_INTEGERS`).
const SHARED_INTEGERS: i64 = 10_000;

type Handled = Result<Outcome, Error>;

pub(super) fn encoding(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    match ctx.keys.peek_unheard(&args[2]) {
        Some(record) => ctx.reply.bulk(record.value().encoding_name().as_bytes()),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn refcount(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let config = &ctx.instance.config;
    let policy = config.maxmemory_policy;
    let keeps_use = config.maxmemory > 0 && (policy.ends_with("lru") || policy.ends_with("lfu"));
    match ctx.keys.peek_unheard(&args[2]) {
        // Redis shares small integers among all keys that hold them, unless each key must track its
        // use. Here such an integer is stored in the record, without an object; the reply is the
        // count that Redis reports for a shared object.
        Some(record)
            if !keeps_use
                && matches!(
                    record.value(),
                    ValueRef::String(StringRef::Int(0..SHARED_INTEGERS))
                ) =>
        {
            ctx.reply.integer(i64::from(i32::MAX));
        }
        Some(_) => ctx.reply.integer(1),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn idletime(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.now;
    let counts_frequency = ctx.instance.config.counts_frequency();
    match ctx.keys.peek_unheard(&args[2]) {
        None => ctx.reply.null(),
        Some(_) if counts_frequency => return Err(error::NOT_LRU),
        Some(record) => ctx.reply.integer(access::idle_seconds(record.clock(), now) as i64),
    }
    Ok(Outcome::Done)
}

pub(super) fn freq(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.now;
    let config = &ctx.instance.config;
    let (counts_frequency, decay_minutes) =
        (config.counts_frequency(), config.lfu_decay_time as u32);
    match ctx.keys.peek_unheard(&args[2]) {
        None => ctx.reply.null(),
        Some(_) if !counts_frequency => return Err(error::NOT_LFU),
        Some(record) => {
            ctx.reply.integer(i64::from(access::frequency_at(record.clock(), now, decay_minutes)));
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
