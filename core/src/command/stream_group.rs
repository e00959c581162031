//! Consumer groups: `XGROUP` and `XACK`.

use super::context::{Context, Outcome};
use super::help;
use super::parse;
use super::stream::parse_id;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::value::Object;
use crate::value::stream::{ConsumerIndex, Group, Stream, StreamId};
use alloc::boxed::Box;
use alloc::vec::Vec;

type Handled = Result<Outcome, Error>;

/// Returns the active consumer of a group, created if necessary, and `true` if it is new; `None` if
/// the group does not exist.
pub(super) fn seen(
    stream: &mut Stream,
    group: &[u8],
    consumer: &[u8],
    now_ms: i64,
) -> Option<(ConsumerIndex, bool)> {
    let mut group = stream.group_mut(group)?;
    match group.find(consumer) {
        Some(index) => {
            group.consumer_mut(index).seen_ms = now_ms;
            Some((index, false))
        }
        None => Some((group.add(consumer, now_ms), true)),
    }
}

/// Reports the creation of a consumer, if `is_new`.
pub(super) fn notify_new_consumer(ctx: &mut Context<'_>, key: &[u8], is_new: bool) {
    if is_new {
        ctx.keys.modified_unwatched(key, Some(Event::XGROUP_CREATE_CONSUMER), 1);
    }
}

/// The id at which a group starts.
#[derive(Clone, Copy)]
enum Start {
    Last,
    At(StreamId),
}

impl Start {
    fn parse(arg: &[u8], parse: fn(&[u8], u64) -> Result<StreamId, Error>) -> Result<Self, Error> {
        if arg == b"$" { Ok(Self::Last) } else { parse(arg, 0).map(Self::At) }
    }

    const fn id(self, stream: &Stream) -> StreamId {
        match self {
            Self::Last => stream.last_id,
            Self::At(id) => id,
        }
    }
}

/// Parses the options after the id of `CREATE` and `SETID`. Returns whether to create the stream,
/// and the number of entries read.
fn options(args: Args<'_>, may_make: bool) -> Result<(bool, Option<u64>), Error> {
    let (mut makes_stream, mut entries_read, mut at) = (false, None, 5);
    while at < args.len() {
        if may_make && parse::is(&args[at], "MKSTREAM") {
            makes_stream = true;
        } else if parse::is(&args[at], "ENTRIESREAD") && at + 1 < args.len() {
            at += 1;
            entries_read = match parse::integer(&args[at])? {
                ..-1 => return Err(error::ENTRIES_READ),
                read => u64::try_from(read).ok(),
            };
        } else {
            return Err(error::subcommand_syntax("xgroup", &args[1]));
        }
        at += 1;
    }
    Ok((makes_stream, entries_read))
}

/// Returns the stream of an `XGROUP` command.
fn existing<'k>(ctx: &'k mut Context<'_>, key: &[u8]) -> Result<&'k Stream, Error> {
    super::stream::look(&mut ctx.keys, key)?.ok_or(error::XGROUP_NO_KEY)
}

/// Fails if the stream or its group does not exist.
fn check_group(ctx: &mut Context<'_>, args: Args<'_>) -> Result<(), Error> {
    let (key, group) = (&args[2], &args[3]);
    match existing(ctx, key)?.group(group) {
        Some(_) => Ok(()),
        None => Err(error::no_group_of(group, key)),
    }
}

pub(super) fn create(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (makes_stream, entries_read) = options(args, true)?;
    let (key, name) = (&args[2], &args[3]);
    let is_there = if makes_stream {
        super::stream::look(&mut ctx.keys, key)?.is_some()
    } else {
        existing(ctx, key)?;
        true
    };
    if args.len() > 8 {
        return Err(error::subcommand_syntax("xgroup", &args[1]));
    }
    let start = Start::parse(&args[4], parse_id)?;
    let is_new = ctx.keys.edit_or_insert(key, |stream: &mut Stream| {
        let group = Group::new(start.id(stream), entries_read);
        Edit::unchanged(stream.add_group(name, group))
    })?;
    if !is_there {
        ctx.keys.touched(key);
    }
    if !is_new {
        return Err(error::BUSY_GROUP);
    }
    ctx.keys.modified_unwatched(key, Some(Event::XGROUP_CREATE), 1);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn set_id(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (_, entries_read) = options(args, false)?;
    check_group(ctx, args)?;
    if args.len() > 7 {
        return Err(error::subcommand_syntax("xgroup", &args[1]));
    }
    let (key, name) = (&args[2], &args[3]);
    let start = Start::parse(&args[4], |arg, seq| match arg {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        id => parse_id(id, seq),
    })?;
    ctx.keys.edit(key, |stream: &mut Stream| {
        let id = start.id(stream);
        if let Some(mut group) = stream.group_mut(name) {
            (group.last_id, group.entries_read) = (id, entries_read);
        }
        Edit::unchanged(())
    })?;
    ctx.keys.modified_unwatched(key, Some(Event::XGROUP_SET_ID), 1);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn destroy(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, name) = (&args[2], &args[3]);
    existing(ctx, key)?;
    let removed = ctx
        .keys
        .edit(key, |stream: &mut Stream| Edit::unchanged(stream.remove_group(name)))?
        .flatten();
    let is_drained = removed.is_some();
    if let Some(group) = removed {
        let mut rest = Stream::default();
        rest.add_group(name, group);
        ctx.keys.free_later(Object::Stream(Box::new(rest)));
        ctx.keys.modified_unwatched(key, Some(Event::XGROUP_DESTROY), 1);
        ctx.keys.ready(key);
    }
    ctx.reply.integer(i64::from(is_drained));
    Ok(Outcome::Done)
}

pub(super) fn create_consumer(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_group(ctx, args)?;
    let now_ms = ctx.now.millis().0 as i64;
    let (key, name, consumer) = (&args[2], &args[3], &args[4]);
    let is_new = ctx.keys.edit(key, |stream: &mut Stream| {
        let group = stream.group_mut(name).filter(|group| group.find(consumer).is_none());
        Edit::unchanged(group.map(|mut group| group.add(consumer, now_ms)).is_some())
    })?;
    let is_new = is_new == Some(true);
    notify_new_consumer(ctx, key, is_new);
    ctx.reply.integer(i64::from(is_new));
    Ok(Outcome::Done)
}

pub(super) fn delete_consumer(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_group(ctx, args)?;
    let (key, name) = (&args[2], &args[3]);
    let pending = ctx.keys.edit(key, |stream: &mut Stream| {
        Edit::unchanged(stream.group_mut(name).and_then(|mut group| group.remove(&args[4])))
    })?;
    let pending = pending.flatten();
    if pending.is_some() {
        ctx.keys.modified_unwatched(key, Some(Event::XGROUP_DEL_CONSUMER), 1);
    }
    ctx.reply.count(pending.unwrap_or(0));
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}

/// Returns `true` if the stream exists and has this group. Counts as a read.
pub(super) fn has_group(ctx: &mut Context<'_>, key: &[u8], group: &[u8]) -> Result<bool, Error> {
    Ok(ctx.keys.read_as::<Stream>(key)?.is_some_and(|stream| stream.group(group).is_some()))
}

pub(super) fn xack(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, name) = (&args[1], &args[2]);
    if !has_group(ctx, key, name)? {
        ctx.reply.integer(0);
        return Ok(Outcome::Done);
    }
    let ids: Result<Vec<_>, _> = args.slice(3..).iter().map(|id| parse_id(id, 0)).collect();
    let ids = ids?;
    let acknowledged = ctx.keys.edit(key, |stream: &mut Stream| {
        let acknowledged = stream
            .group_mut(name)
            .map_or(0, |mut group| ids.iter().filter(|id| group.acknowledge(**id)).count());
        Edit::unchanged(acknowledged)
    })?;
    let acknowledged = acknowledged.unwrap_or(0);
    ctx.keys.modified_unwatched(key, None, acknowledged);
    ctx.reply.count(acknowledged);
    Ok(Outcome::Done)
}
