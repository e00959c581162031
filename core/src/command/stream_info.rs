//! `XINFO`: information about a stream, its groups and their consumers.

use super::context::{Context, Outcome};
use super::help;
use super::parse;
use super::stream::{reply_entries, reply_entry, reply_id};
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::stream::{Consumer, Group, Stream, StreamId};

type Handled = Result<Outcome, Error>;

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}

pub(super) fn consumers(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now_ms = ctx.now.millis().0 as i64;
    let stream = ctx.keys.read_as::<Stream>(&args[2])?.ok_or(error::NO_SUCH_KEY)?;
    let group = stream.group(&args[3]).ok_or_else(|| error::no_group_of(&args[3], &args[2]))?;
    let reply = &mut ctx.reply;
    reply.array(group.consumers().len());
    for consumer in group.consumers() {
        let since = |then_ms: i64| now_ms.wrapping_sub(then_ms).max(0);
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(&consumer.name);
        integer(reply, "pending", consumer.pending.len() as i64);
        integer(reply, "idle", since(consumer.seen_ms));
        integer(reply, "inactive", consumer.active_ms.map_or(-1, since));
    }
    Ok(Outcome::Done)
}

pub(super) fn groups(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let stream = ctx.keys.read_as::<Stream>(&args[2])?.ok_or(error::NO_SUCH_KEY)?;
    let reply = &mut ctx.reply;
    reply.array(stream.groups().len());
    for (name, group) in stream.groups() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(name);
        integer(reply, "consumers", group.consumers().len() as i64);
        integer(reply, "pending", group.pending_len() as i64);
        reply_progress(reply, stream, group);
    }
    Ok(Outcome::Done)
}

pub(super) fn stream(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let stream = ctx.keys.read_as::<Stream>(&args[2])?.ok_or(error::NO_SUCH_KEY)?;
    let options = args.slice(3..);
    let count = match options.len() {
        0 => None,
        1 if parse::is(&options[0], "FULL") => Some(FULL_COUNT),
        3 if parse::is(&options[0], "FULL") && parse::is(&options[1], "COUNT") => {
            Some(parse::count_of(parse::integer(&options[2])?).unwrap_or(FULL_COUNT))
        }
        _ => return Err(error::subcommand_syntax("xinfo", &args[1])),
    };
    let reply = &mut ctx.reply;
    reply.map(if count.is_some() { 9 } else { 10 });
    integer(reply, "length", stream.len() as i64);
    integer(reply, "radix-tree-keys", stream.node_count() as i64);
    integer(reply, "radix-tree-nodes", stream.radix_node_count() as i64);
    id(reply, "last-generated-id", stream.last_id);
    id(reply, "max-deleted-entry-id", stream.max_deleted_id);
    integer(reply, "entries-added", stream.entries_added as i64);
    id(reply, "recorded-first-entry-id", stream.first_id());
    match count {
        None => reply_edges(reply, stream),
        Some(count) => reply_all(reply, stream, if count == 0 { usize::MAX } else { count }),
    }
    Ok(Outcome::Done)
}

/// The default limit on each kind of entry that `FULL` replies.
const FULL_COUNT: usize = 10;

fn reply_edges(reply: &mut Reply<'_>, stream: &Stream) {
    integer(reply, "groups", stream.groups().len() as i64);
    let first = stream.range(StreamId::MIN, StreamId::MAX).next();
    for (name, entry) in [("first-entry", first), ("last-entry", stream.last())] {
        reply.bulk(name.as_bytes());
        match entry {
            Some(entry) => reply_entry(reply, entry),
            None => reply.null(),
        }
    }
}

/// Replies with all details of a stream, limited to `count` entries and to `count` pending entries
/// per group and consumer.
fn reply_all(reply: &mut Reply<'_>, stream: &Stream, count: usize) {
    reply.bulk(b"entries");
    reply_entries(reply, stream.range(StreamId::MIN, StreamId::MAX), count);
    reply.bulk(b"groups");
    reply.array(stream.groups().len());
    for (name, group) in stream.groups() {
        reply.map(7);
        reply.bulk(b"name");
        reply.bulk(name);
        reply_progress(reply, stream, group);
        integer(reply, "pel-count", group.pending_len() as i64);
        reply.bulk(b"pending");
        reply.array(group.pending_len().min(count));
        for (id, pending) in group.pending(..).take(count) {
            reply.array(4);
            reply_id(reply, id);
            reply.bulk(&group.consumer(pending.consumer).name);
            reply.integer(pending.delivered_ms);
            reply.integer(pending.deliveries);
        }
        reply.bulk(b"consumers");
        reply.array(group.consumers().len());
        for consumer in group.consumers() {
            reply_consumer(reply, group, consumer, count);
        }
    }
}

fn reply_consumer(reply: &mut Reply<'_>, group: &Group, consumer: &Consumer, count: usize) {
    reply.map(5);
    reply.bulk(b"name");
    reply.bulk(&consumer.name);
    integer(reply, "seen-time", consumer.seen_ms);
    integer(reply, "active-time", consumer.active_ms.unwrap_or(-1));
    integer(reply, "pel-count", consumer.pending.len() as i64);
    reply.bulk(b"pending");
    reply.array(consumer.pending.len().min(count));
    for id in consumer.pending.iter().take(count) {
        let pending = group.pending_at(*id);
        reply.array(3);
        reply_id(reply, *id);
        reply.integer(pending.map_or(0, |pending| pending.delivered_ms));
        reply.integer(pending.map_or(0, |pending| pending.deliveries));
    }
}

/// Replies with the progress of a group.
fn reply_progress(reply: &mut Reply<'_>, stream: &Stream, group: &Group) {
    id(reply, "last-delivered-id", group.last_id);
    let entries_read = group.entries_read.map(|read| read as i64);
    for (name, number) in [("entries-read", entries_read), ("lag", stream.lag(group))] {
        reply.bulk(name.as_bytes());
        match number {
            Some(number) => reply.integer(number),
            None => reply.null(),
        }
    }
}

fn integer(reply: &mut Reply<'_>, name: &str, value: i64) {
    reply.bulk(name.as_bytes());
    reply.integer(value);
}

fn id(reply: &mut Reply<'_>, name: &str, id: StreamId) {
    reply.bulk(name.as_bytes());
    reply_id(reply, id);
}
