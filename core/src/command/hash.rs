//! Hash commands, except those for the deadlines of fields: see `hash_expire`.

use super::context::{Context, Outcome};
use super::parse;
use super::scan;
use crate::config::Config;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::dataset::keys::Keys;
use crate::error::{self, Error};
use crate::number::LongDouble;
use crate::random::{Random, Seed};
use crate::resp::args::Args;
use crate::resp::reply::{Protocol, Reply};
use crate::time::UnixMillis;
use crate::value::Collection;
use crate::value::hash::{FieldDeadline, Hash, HashLimits, HashRef, Pair};
use crate::value::string::StringRef;
use alloc::vec::Vec;

type Handled = Result<Outcome, Error>;

/// Returns the thresholds of the compact encodings.
pub(super) fn hash_limits(keys: &Keys<'_>, config: &Config) -> HashLimits {
    limits_of(config, keys.dataset.keyspace.seed())
}

pub(super) fn limits_of(config: &Config, seed: Seed) -> HashLimits {
    let size = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
    HashLimits {
        listpack_entries: size(config.hash_max_listpack_entries),
        listpack_value_bytes: size(config.hash_max_listpack_value),
        seed,
    }
}

/// Replies with a field or a value.
#[inline]
pub(super) fn reply_string(reply: &mut Reply<'_>, string: StringRef<'_>) {
    match string {
        StringRef::Int(number) => reply.bulk_integer(number),
        StringRef::Bytes { bytes, .. } => reply.bulk(bytes),
        StringRef::Shared(bytes) => reply.shared_bulk(bytes),
    }
}

/// Replies with a value, or null.
#[inline]
pub(super) fn reply_value(reply: &mut Reply<'_>, value: Option<StringRef<'_>>) {
    match value {
        Some(value) => reply_string(reply, value),
        None => reply.null(),
    }
}

// ---- write --------------------------------------------------------------------------------------

pub(super) fn hset(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let created = set_pairs(ctx, args)?;
    ctx.reply.count(created);
    Ok(Outcome::Done)
}

pub(super) fn hmset(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_pairs(ctx, args)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Sets all fields of a request and returns the number of new ones.
fn set_pairs(ctx: &mut Context<'_>, args: Args<'_>) -> Result<usize, Error> {
    if !args.len().is_multiple_of(2) {
        return Err(error::wrong_arity(ctx.command.spec.name));
    }
    let limits = hash_limits(&ctx.keys, &ctx.instance.config);
    let (pairs, now) = (args.slice(2..), ctx.keys.now_ms());
    ctx.keys.edit_or_insert(&args[1], |hash: &mut Hash| {
        hash.expect(pairs.len() / 2, &limits);
        let mut created = 0;
        for at in (0..pairs.len()).step_by(2) {
            let (field, value) = (&pairs[at], &pairs[at + 1]);
            let is_new = hash.set(field, value, FieldDeadline::Cleared, now, &limits);
            created += usize::from(is_new);
        }
        Edit::changed(Event::HSET, pairs.len() / 2, created)
    })
}

pub(super) fn hsetnx(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let limits = hash_limits(&ctx.keys, &ctx.instance.config);
    let now = ctx.keys.now_ms();
    let is_new = ctx.keys.edit_or_insert(&args[1], |hash: &mut Hash| {
        let is_new = hash.view().find(&args[2], now).is_none();
        if is_new {
            hash.set(&args[2], &args[3], FieldDeadline::Cleared, now, &limits);
        }
        Edit::changed(Event::HSET, usize::from(is_new), is_new)
    })?;
    ctx.reply.integer(i64::from(is_new));
    Ok(Outcome::Done)
}

pub(super) fn hdel(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let removed = ctx.keys.edit(&args[1], |hash: &mut Hash| {
        let was_there = |field: &&[u8]| hash.remove(field, now);
        let removed = args.iter().skip(2).filter(was_there).count();
        Edit::changed(Event::HDEL, removed, removed)
    })?;
    ctx.reply.count(removed.unwrap_or(0));
    Ok(Outcome::Done)
}

pub(super) fn hincrby(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let increment = parse::integer(&args[3])?;
    let sum = |old: Option<&[u8]>| {
        let old = old.map_or(Ok(0), parse::integer).map_err(|_| error::HASH_NOT_AN_INTEGER)?;
        old.checked_add(increment).ok_or(error::OVERFLOW)
    };
    let write = |sum: &i64, text: &mut Vec<u8>| {
        text.extend_from_slice(itoa::Buffer::new().format(*sum).as_bytes());
    };
    let (sum, _) = replace(ctx, args, Event::HINCR_BY, sum, write)?;
    ctx.reply.integer(sum);
    Ok(Outcome::Done)
}

pub(super) fn hincrbyfloat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let increment = LongDouble::parse(&args[3]).ok_or(error::NOT_A_FLOAT)?;
    if !increment.is_finite() {
        return Err(error::INCREMENT_NOT_FINITE);
    }
    let sum = |old: Option<&[u8]>| {
        let old = LongDouble::parse(old.unwrap_or(b"0")).ok_or(error::HASH_NOT_A_FLOAT)?;
        old.add(increment).ok_or(error::NOT_FINITE)
    };
    let write = |sum: &LongDouble, text: &mut Vec<u8>| sum.append_human(text);
    let (_, text) = replace(ctx, args, Event::HINCR_BY_FLOAT, sum, write)?;
    ctx.reply.bulk(&text);
    let mut effects = ctx.effects();
    if effects.are_recorded() {
        let (key, field, now) = (&args[1], &args[2], ctx.keys.now_ms());
        let hash = ctx.keys.consider(key).and_then(|record| record.collection::<Hash>());
        // `HSET` clears the deadline of a field, so a field that has one propagates differently.
        match hash.and_then(|hash| hash.deadline(field, now)).flatten() {
            None => effects.push(&[b"HSET", key, field, &text]),
            Some(_) => effects.push(&[b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, &text]),
        }
    }
    Ok(Outcome::Instead(effects))
}

/// Replaces the value of the field `args[2]` with the result of `compute`, which receives the old
/// value. Keeps the deadline. Returns the new value and its text, as written by `write`.
fn replace<T>(
    ctx: &mut Context<'_>,
    args: Args<'_>,
    event: Event,
    compute: impl FnOnce(Option<&[u8]>) -> Result<T, Error>,
    write: impl FnOnce(&T, &mut Vec<u8>),
) -> Result<(T, Vec<u8>), Error> {
    let limits = hash_limits(&ctx.keys, &ctx.instance.config);
    let now = ctx.keys.now_ms();
    ctx.keys.edit_or_insert(&args[1], |hash: &mut Hash| {
        let mut digits = itoa::Buffer::new();
        let old = hash.view().find(&args[2], now);
        let new = match compute(old.as_ref().map(|old| old.bytes(&mut digits))) {
            Ok(new) => new,
            Err(error) => return Edit::unchanged(Err(error)),
        };
        let mut text = Vec::new();
        write(&new, &mut text);
        hash.set(&args[2], &text, FieldDeadline::Kept, now, &limits);
        Edit::changed(event, 1, Ok((new, text)))
    })?
}

// ---- read ---------------------------------------------------------------------------------------

pub(super) fn hget(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    reply_value(&mut ctx.reply, hash.and_then(|hash| hash.find(&args[2], now)));
    Ok(Outcome::Done)
}

pub(super) fn hmget(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    ctx.reply.array(args.len() - 2);
    for field in args.iter().skip(2) {
        reply_value(&mut ctx.reply, hash.and_then(|hash| hash.find(field, now)));
    }
    Ok(Outcome::Done)
}

pub(super) fn hexists(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    let is_there = hash.is_some_and(|hash| hash.find(&args[2], now).is_some());
    ctx.reply.integer(i64::from(is_there));
    Ok(Outcome::Done)
}

pub(super) fn hstrlen(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    let value = hash.and_then(|hash| hash.find(&args[2], now));
    ctx.reply.count(value.map_or(0, |value| value.len()));
    Ok(Outcome::Done)
}

pub(super) fn hlen(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now = ctx.keys.now_ms();
    let len = ctx.keys.read_as::<Hash>(&args[1])?.map_or(0, |hash| hash.len(now));
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn hgetall(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    all(ctx, args, Reply::map, |reply, (field, value)| {
        reply_string(reply, field);
        reply_string(reply, value);
    })
}

pub(super) fn hkeys(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    all(ctx, args, Reply::array, |reply, (field, _)| reply_string(reply, field))
}

pub(super) fn hvals(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    all(ctx, args, Reply::array, |reply, (_, value)| reply_string(reply, value))
}

/// Replies with all fields: `begin` writes the header for their number, then `each` writes every
/// pair.
fn all<'a>(
    ctx: &mut Context<'a>,
    args: Args<'_>,
    begin: fn(&mut Reply<'a>, usize),
    each: impl Fn(&mut Reply<'a>, Pair<'_>),
) -> Handled {
    let now = ctx.keys.now_ms();
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    begin(&mut ctx.reply, hash.map_or(0, |hash| hash.len(now)));
    if let Some(hash) = hash {
        hash.for_each(now, |pair| each(&mut ctx.reply, pair));
    }
    Ok(Outcome::Done)
}

pub(super) fn hrandfield(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = args.get(2).map(parse::integer).transpose()?;
    if count == Some(i64::MIN) {
        return Err(error::COUNT_OUT_OF_RANGE);
    }
    let with_values = args.get(3).is_some_and(|word| parse::is(word, "WITHVALUES"));
    if args.len() > 4 || args.len() == 4 && !with_values {
        return Err(error::SYNTAX);
    }
    if with_values && count.is_some_and(|count| count.unsigned_abs() > i64::MAX as u64 / 2) {
        return Err(error::OUT_OF_RANGE);
    }
    let now = ctx.keys.now_ms();
    // A separate generator, since that of the keys is borrowed with them.
    let mut random = Random::new(Seed(ctx.keys.dataset.random.next_u64()));
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    let reply = &mut ctx.reply;
    let Some(count) = count else {
        let drawn = hash.and_then(|hash| hash.random(&mut random, now));
        reply_value(reply, drawn.map(|(field, _)| field));
        return Ok(Outcome::Done);
    };
    let hash = hash.filter(|hash| hash.len(now) > 0);
    random_fields(reply, hash, &mut random, count, with_values, now)
}

/// Replies with `count` random fields: distinct ones, or, for a negative count, possibly repeated
/// ones.
fn random_fields(
    reply: &mut Reply<'_>,
    hash: Option<HashRef<'_>>,
    random: &mut Random,
    count: i64,
    with_values: bool,
    now: UnixMillis,
) -> Handled {
    let nests = with_values && reply.protocol() == Protocol::Resp3;
    let words = if with_values && !nests { 2 } else { 1 };
    let each = |reply: &mut Reply<'_>, (field, value): Pair<'_>| {
        if nests {
            reply.array(2);
        }
        reply_string(reply, field);
        if with_values {
            reply_string(reply, value);
        }
    };
    let Some(hash) = hash else {
        reply.array(0);
        return Ok(Outcome::Done);
    };
    let wanted = parse::draws(count)?;
    if count < 0 {
        reply.array(wanted * words);
        let _stopped = hash.draw(random, wanted, now, |pair| {
            each(reply, pair);
            reply.proceed()
        });
    } else {
        let sample = hash.sample(random, wanted, now);
        reply.array(sample.len() * words);
        sample.into_iter().for_each(|pair| each(reply, pair));
    }
    Ok(Outcome::Done)
}

pub(super) fn hscan(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let cursor = scan::cursor(&args[2])?;
    let now = ctx.keys.now_ms();
    let Some(hash) = ctx.keys.read_as::<Hash>(&args[1])? else {
        scan::reply_nothing(&mut ctx.reply);
        return Ok(Outcome::Done);
    };
    let options = scan::Options::read(args.slice(3..), scan::Scope::Fields)?;
    let mut found = Vec::new();
    let next = options.walk(cursor, |cursor| {
        let (next, seen) = hash.scan(cursor, now, &mut |(field, value)| {
            let field = field.to_vec();
            if options.matches(&field) {
                found.push(field);
                if options.with_values {
                    found.push(value.to_vec());
                }
            }
        });
        (next, i64::try_from(seen).unwrap_or(i64::MAX))
    });
    scan::reply_cursor(&mut ctx.reply, next);
    ctx.reply.array(found.len());
    found.iter().for_each(|string| ctx.reply.bulk(string));
    Ok(Outcome::Done)
}
