//! Set commands, except those that combine sets: see `set_algebra`.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use super::scan;
use crate::config::Config;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::dataset::keys::Keys;
use crate::dataset::propagation::{Deletion, Effects};
use crate::error::{self, Error};
use crate::random::{Random, Seed};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::listpack::Entry;
use crate::value::set::{Set, SetLimits, SetRef};

type Handled = Result<Outcome, Error>;

pub(super) fn sadd(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let limits = set_limits(&ctx.keys, &ctx.instance.config);
    let members = args.slice(2..);
    let added = ctx.keys.edit_or_insert(&args[1], |set: &mut Set| {
        set.expect(&members[0], members.len(), &limits);
        let is_new = |member: &&[u8]| set.insert(Entry::Bytes(member), &limits);
        let added = members.iter().filter(is_new).count();
        Edit::changed(Event::SADD, added, added)
    })?;
    ctx.reply.count(added);
    Ok(Outcome::Done)
}

pub(super) fn srem(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let removed = ctx.keys.edit(&args[1], |set: &mut Set| {
        let was_there = |member: &&[u8]| set.remove(Entry::Bytes(member));
        let removed = args.iter().skip(2).filter(was_there).count();
        Edit::changed(Event::SREM, removed, removed)
    })?;
    ctx.reply.count(removed.unwrap_or(0));
    Ok(Outcome::Done)
}

pub(super) fn smove(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let limits = set_limits(&ctx.keys, &ctx.instance.config);
    let (source, destination, member) = (&args[1], &args[2], Entry::Bytes(&args[3]));
    let Some(set) = written(&mut ctx.keys, source)? else {
        // Accessing the destination removes it if it has expired.
        ctx.keys.consider(destination);
        ctx.reply.integer(0);
        return Ok(Outcome::Done);
    };
    let is_member = set.contains(member);
    written(&mut ctx.keys, destination)?;
    if is_member && source != destination {
        ctx.keys.edit(source, |set: &mut Set| {
            Edit::changed(Event::SREM, usize::from(set.remove(member)), ())
        })?;
        ctx.keys.edit_or_insert(destination, |set: &mut Set| {
            set.expect(&args[3], 1, &limits);
            Edit::changed(Event::SADD, usize::from(set.insert(member, &limits)), ())
        })?;
    }
    ctx.reply.integer(i64::from(is_member));
    Ok(Outcome::Done)
}

pub(super) fn scard(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let len = ctx.keys.read_as::<Set>(&args[1])?.map_or(0, SetRef::len);
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn sismember(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<Set>(&args[1])?;
    let is_member = set.is_some_and(|set| set.contains(Entry::Bytes(&args[2])));
    ctx.reply.integer(i64::from(is_member));
    Ok(Outcome::Done)
}

pub(super) fn smismember(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<Set>(&args[1])?;
    ctx.reply.array(args.len() - 2);
    for member in args.iter().skip(2) {
        let is_member = set.is_some_and(|set| set.contains(Entry::Bytes(member)));
        ctx.reply.integer(i64::from(is_member));
    }
    Ok(Outcome::Done)
}

pub(super) fn smembers(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<Set>(&args[1])?;
    ctx.reply.set(set.map_or(0, SetRef::len));
    set.into_iter().flat_map(SetRef::iter).for_each(|member| reply_member(&mut ctx.reply, member));
    Ok(Outcome::Done)
}

pub(super) fn spop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len() > 2 {
        return spop_count(ctx, args);
    }
    let popped = pop(ctx, &args[1], 1)?;
    if popped.is_none() {
        ctx.reply.null();
    }
    Ok(popped.map_or(Outcome::Done, Outcome::Instead))
}

fn spop_count(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len() > 3 {
        return Err(error::SYNTAX);
    }
    let count = parse::count(&args[2], 0, error::MUST_BE_POSITIVE)?;
    let Context { keys, reply, .. } = ctx;
    let len = written(keys, &args[1])?.map_or(0, SetRef::len);
    reply.set(count.min(len));
    if count < len {
        let popped = pop(ctx, &args[1], count)?;
        return Ok(popped.map_or(Outcome::Done, Outcome::Instead));
    }
    let Some(all) = written(keys, &args[1])? else { return Ok(Outcome::Done) };
    all.iter().for_each(|member| reply_member(reply, member));
    // The removal of the key counts as one change, too.
    keys.modified_by(&args[1], Event::SPOP, len - 1);
    keys.remove(&args[1]);
    Ok(ctx.deletion(&args[1], Deletion::Emptied))
}

/// Pops `count` random members and replies with them. Returns the effects that propagate their
/// removal; `None` if the key is missing.
fn pop(ctx: &mut Context<'_>, key: &[u8], count: usize) -> Result<Option<Effects>, Error> {
    /// The maximum number of members that one propagated command removes.
    const MEMBERS: usize = 1_024;
    let mut random = draws(&mut ctx.keys);
    let (mut effects, mut popped) = (ctx.effects(), Vec::new());
    let Context { keys, reply, .. } = ctx;
    let found = keys.edit(key, |set: &mut Set| {
        set.pop(&mut random, count, |member| {
            if effects.are_recorded() {
                popped.push(member.to_vec());
            }
            reply_member(reply, member);
        });
        Edit::changed(Event::SPOP, count, ())
    })?;
    for members in popped.chunks(MEMBERS) {
        let members = members.iter().map(Vec::as_slice);
        effects.push(&[&b"SREM"[..], key].into_iter().chain(members).collect::<Vec<_>>());
    }
    Ok(found.map(|()| effects))
}

pub(super) fn srandmember(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = match args.len() {
        2 => None,
        3 => Some(parse::integer(&args[2])?),
        _ => return Err(error::SYNTAX),
    };
    if count == Some(i64::MIN) {
        return Err(error::COUNT_OUT_OF_RANGE);
    }
    let mut random = draws(&mut ctx.keys);
    let set = ctx.keys.read_as::<Set>(&args[1])?;
    let reply = &mut ctx.reply;
    match (count, set) {
        (None, None) => reply.null(),
        (None, Some(set)) => {
            set.random(&mut random).into_iter().for_each(|member| reply_member(reply, member));
        }
        (Some(_), None) => reply.array(0),
        (Some(count), Some(set)) => {
            let wanted = parse::draws(count)?;
            if count >= 0 {
                reply.array(wanted.min(set.len()));
                let sample = set.sample(&mut random, wanted);
                sample.into_iter().for_each(|member| reply_member(reply, member));
            } else {
                reply.array(wanted);
                let _stopped = set.draw(&mut random, wanted, |member| {
                    reply_member(reply, member);
                    reply.proceed()
                });
            }
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn sscan(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let cursor = scan::cursor(&args[2])?;
    let Some(set) = ctx.keys.read_as::<Set>(&args[1])? else {
        scan::reply_nothing(&mut ctx.reply);
        return Ok(Outcome::Done);
    };
    let options = scan::Options::read(args.slice(3..), scan::Scope::Members)?;
    let mut found = Vec::new();
    let next = match set {
        SetRef::Table(table) => options.walk(cursor, |cursor| {
            let mut seen = 0;
            let next = table.scan(cursor, &mut |member| {
                seen += 1;
                found.push(Entry::Bytes(member.bytes()).to_vec());
            });
            (next, seen)
        }),
        small => {
            found.extend(small.iter().map(Entry::to_vec));
            0
        }
    };
    found.retain(|member| options.matches(member));
    scan::reply_cursor(&mut ctx.reply, next);
    ctx.reply.array(found.len());
    found.iter().for_each(|member| ctx.reply.bulk(member));
    Ok(Outcome::Done)
}

/// Returns the thresholds of the compact encodings.
pub(super) fn set_limits(keys: &Keys<'_>, config: &Config) -> SetLimits {
    limits_of(config, keys.dataset.keyspace.seed())
}

pub(super) fn limits_of(config: &Config, seed: Seed) -> SetLimits {
    /// Redis's limit on the entries of an intset, which keeps it below 2^32 bytes.
    const INTSET_ENTRIES: usize = 1 << 30;
    let size = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
    SetLimits {
        intset_entries: size(config.set_max_intset_entries).min(INTSET_ENTRIES),
        listpack_entries: size(config.set_max_listpack_entries),
        listpack_value_bytes: size(config.set_max_listpack_value),
        seed,
    }
}

pub(super) fn reply_member(reply: &mut Reply<'_>, member: Entry<'_>) {
    match member {
        Entry::Int(integer) => reply.bulk_integer(integer),
        Entry::Bytes(bytes) => reply.bulk(bytes),
    }
}

/// Looks a set up for writing.
fn written<'a>(keys: &'a mut Keys<'_>, key: &[u8]) -> Result<Option<SetRef<'a>>, Error> {
    keys.consider(key).map(|record| record.collection::<Set>().ok_or(error::WRONG_TYPE)).transpose()
}

/// Returns a generator for one command, usable while the keys are borrowed.
fn draws(keys: &mut Keys<'_>) -> Random {
    Random::new(Seed(keys.dataset.random.next_u64()))
}
