//! Intersections, unions and differences of sets.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use super::set::{reply_member, set_limits};
use crate::dataset::event::Event;
use crate::dataset::keys::Keys;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::value::Collection;
use crate::value::listpack::{Entry, Listpack};
use crate::value::set::{self, Set, SetLimits, SetRef};

type Handled = Result<Outcome, Error>;

/// A way to combine sets.
#[derive(Clone, Copy)]
enum Operation {
    Intersection,
    Union,
    Difference,
}

pub(super) fn sinter(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply(ctx, Operation::Intersection, args.slice(1..))
}

pub(super) fn sunion(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply(ctx, Operation::Union, args.slice(1..))
}

pub(super) fn sdiff(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply(ctx, Operation::Difference, args.slice(1..))
}

pub(super) fn sinterstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    store(ctx, Operation::Intersection, args, Event::SINTERSTORE)
}

pub(super) fn sunionstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    store(ctx, Operation::Union, args, Event::SUNIONSTORE)
}

pub(super) fn sdiffstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    store(ctx, Operation::Difference, args, Event::SDIFFSTORE)
}

pub(super) fn sintercard(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = parse::count(&args[1], 1, error::NUMKEYS_NOT_POSITIVE)?;
    if count > args.len() - 2 {
        return Err(error::NUMKEYS_ABOVE_ARGUMENTS);
    }
    let (mut limit, mut at) = (0, 2 + count);
    while let Some(option) = args.get(at) {
        let value = args.get(at + 1).filter(|_| parse::is(option, "LIMIT")).ok_or(error::SYNTAX)?;
        limit = parse::count(value, 0, error::LIMIT_NEGATIVE)?;
        at += 2;
    }
    let sets = sets(&mut ctx.keys, args.slice(2..2 + count))?;
    let sets: Option<Vec<_>> = sets.into_iter().collect();
    let most = if limit == 0 { usize::MAX } else { limit };
    let len = sets.map_or(0, |mut sets| set::intersection(&mut sets).take(most).count());
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

fn reply(ctx: &mut Context<'_>, operation: Operation, names: Args<'_>) -> Handled {
    let limits = set_limits(&ctx.keys, &ctx.instance.config);
    let sets = sets(&mut ctx.keys, names)?;
    let (header, mut len) = (ctx.reply.begin(), 0);
    let each = |member: Entry<'_>| {
        reply_member(&mut ctx.reply, member);
        len += 1;
    };
    match operation {
        Operation::Intersection => intersection(sets, each),
        Operation::Union => union(&sets, &limits, each),
        Operation::Difference => difference(&sets, &limits).view().iter().for_each(each),
    }
    ctx.reply.end_set(header, len);
    Ok(Outcome::Done)
}

fn store(ctx: &mut Context<'_>, operation: Operation, args: Args<'_>, event: Event) -> Handled {
    let limits = set_limits(&ctx.keys, &ctx.instance.config);
    let sets = sets(&mut ctx.keys, args.slice(2..))?;
    let mut result = Set::default();
    match operation {
        Operation::Intersection => {
            let smallest = sets.iter().flatten().min_by_key(|set| set.len());
            if !matches!(smallest, Some(SetRef::Intset(_))) {
                result = Set::Listpack(Listpack::new());
            }
            intersection(sets, |member| {
                result.insert(member, &limits);
            });
            result.settle_for_integers(&limits);
        }
        Operation::Union => union(&sets, &limits, |member| {
            result.insert(member, &limits);
        }),
        Operation::Difference => result = difference(&sets, &limits),
    }
    let len = result.view().len();
    let value = (len > 0).then(|| result.into_value());
    ctx.keys.store(&args[1], value, event);
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

/// Calls `each` with the members of the intersection, which is empty if a set is missing.
fn intersection<'a>(sets: Vec<Option<SetRef<'a>>>, each: impl FnMut(Entry<'a>)) {
    if let Some(mut sets) = sets.into_iter().collect::<Option<Vec<_>>>() {
        set::intersection(&mut sets).for_each(each);
    }
}

fn union(sets: &[Option<SetRef<'_>>], limits: &SetLimits, each: impl FnMut(Entry<'_>)) {
    let sets: Vec<_> = sets.iter().flatten().copied().collect();
    set::union(&sets, limits, each);
}

fn difference(sets: &[Option<SetRef<'_>>], limits: &SetLimits) -> Set {
    let (first, others) = sets.split_first().expect("there is at least one key");
    let others: Vec<_> = others.iter().flatten().copied().collect();
    first.map_or_else(Set::default, |first| set::difference(first, &others, limits))
}

/// Looks up the sets at several keys.
fn sets<'a>(keys: &'a mut Keys<'_>, names: Args<'_>) -> Result<Vec<Option<SetRef<'a>>>, Error> {
    let mut are_there = Vec::with_capacity(names.len());
    for name in names.iter() {
        are_there.push(keys.read_as::<Set>(name)?.is_some());
    }
    let database = &keys.dataset.keyspace[keys.database];
    let found = |(name, is_there): (&[u8], bool)| {
        database.find(name).filter(|_| is_there)?.collection::<Set>()
    };
    Ok(names.iter().zip(are_there).map(found).collect())
}
