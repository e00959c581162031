//! `XREAD` and `XREADGROUP`: read new entries from several streams, with or without blocking.

use super::context::{Context, Outcome};
use super::parse;
use super::stream::{parse_id, reply_entries, reply_entry, reply_id};
use super::stream_effects::GroupEffects;
use super::stream_group::seen;
use crate::dataset::edit::Edit;
use crate::dataset::waiters::Wait;
use crate::error::{self, Error};
use crate::resp::args::{Args, Request};
use crate::resp::reply::{Protocol, Reply};
use crate::time::UnixMicros;
use crate::value::Type;
use crate::value::stream::{ConsumerIndex, Pending, Stream, StreamId};
use alloc::format;
use alloc::vec::Vec;

type Handled = Result<Outcome, Error>;

/// The options before the streams.
struct Options<'a> {
    count: usize,
    until: Option<Option<UnixMicros>>,
    group: Option<(&'a [u8], &'a [u8])>,
    needs_no_ack: bool,
    /// The index of the first key, and the number of keys.
    keys_at: usize,
    keys: usize,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>, is_group: bool, now: UnixMicros) -> Result<Self, Error> {
        let (mut count, mut until, mut group, mut needs_no_ack) = (usize::MAX, None, None, false);
        let mut at = 1;
        while at < args.len() {
            let (arg, more) = (&args[at], args.len() - 1 - at);
            if parse::is(arg, "BLOCK") && more > 0 {
                at += 1;
                until = Some(block_until(&args[at], now)?);
            } else if parse::is(arg, "COUNT") && more > 0 {
                at += 1;
                let wanted = parse::integer(&args[at])?;
                let wanted = parse::count_of(wanted).filter(|count| *count > 0);
                count = wanted.unwrap_or(usize::MAX);
            } else if parse::is(arg, "STREAMS") && more > 0 {
                if !more.is_multiple_of(2) {
                    let (name, new) = if is_group { ("xreadgroup", '>') } else { ("xread", '$') };
                    return Err(error::quoted(
                        &format!(
                            "ERR Unbalanced '{name}' list of streams: for each stream key an ID or '{new}' must be specified."
                        ),
                        b"",
                        "",
                    ));
                }
                if is_group && group.is_none() {
                    return Err(error::XREADGROUP_NO_GROUP);
                }
                let (keys_at, keys) = (at + 1, more / 2);
                return Ok(Self { count, until, group, needs_no_ack, keys_at, keys });
            } else if parse::is(arg, "GROUP") && more > 1 {
                if !is_group {
                    return Err(error::XREAD_GROUP);
                }
                group = args.get(at + 1).zip(args.get(at + 2));
                at += 2;
            } else if parse::is(arg, "NOACK") {
                if !is_group {
                    return Err(error::XREAD_NOACK);
                }
                needs_no_ack = true;
            } else {
                return Err(error::SYNTAX);
            }
            at += 1;
        }
        Err(error::SYNTAX)
    }

    /// Returns the keys, each with its id argument.
    fn streams(&self, args: Args<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let keys = args.slice(self.keys_at..self.keys_at + self.keys);
        keys.iter().zip(args.slice(self.keys_at + self.keys..).iter())
    }

    /// Returns the original command with these ids.
    fn with_ids(&self, args: Args<'_>, ids: &[StreamId]) -> Request {
        let ids: Vec<_> = ids.iter().map(|id| format!("{id}").into_bytes()).collect();
        let head = args.slice(..self.keys_at + self.keys);
        Request::of(head.iter().chain(ids.iter().map(Vec::as_slice)))
    }
}

/// Parses a timeout in milliseconds. Returns the end of the wait; `None` for zero, which waits
/// forever.
fn block_until(arg: &[u8], now: UnixMicros) -> Result<Option<UnixMicros>, Error> {
    let timeout_ms = parse::timeout_ms(arg, now)?;
    Ok((timeout_ms > 0).then(|| now.after_ms(timeout_ms)))
}

/// The reply under construction: one element per stream that has entries.
struct Found {
    array: Option<crate::resp::reply::Deferred>,
    streams: usize,
}

impl Found {
    const fn new() -> Self {
        Self { array: None, streams: 0 }
    }

    /// Begins the element of another stream. Its entries follow.
    fn begin(&mut self, reply: &mut Reply<'_>, key: &[u8]) {
        if self.array.is_none() {
            self.array = Some(reply.begin());
        }
        self.streams += 1;
        if reply.protocol() == Protocol::Resp2 {
            reply.array(2);
        }
        reply.bulk(key);
    }

    /// Ends the reply. Returns `false` if it is empty.
    fn end(self, reply: &mut Reply<'_>) -> bool {
        let Some(array) = self.array else { return false };
        match reply.protocol() {
            Protocol::Resp2 => reply.end_array(array, self.streams),
            Protocol::Resp3 => reply.end_map(array, self.streams),
        }
        true
    }
}

pub(super) fn xread(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options::parse(args, false, ctx.now)?;
    let mut ids = Vec::with_capacity(options.keys);
    for (key, id) in options.streams(args) {
        let stream = ctx.keys.read_as::<Stream>(key)?;
        ids.push(match id {
            b"$" | b"+" => {
                let last = stream.and_then(Stream::last_entry_id).and_then(StreamId::prev);
                let end = stream.map_or(StreamId::MIN, |stream| stream.last_id);
                if id == b"+" { last.unwrap_or(end) } else { end }
            }
            b">" => return Err(error::XREAD_NEW),
            id => parse_id(id, 0)?,
        });
    }
    let mut found = Found::new();
    for ((key, _), id) in options.streams(args).zip(&ids) {
        let Some(stream) = ctx.keys.read_as::<Stream>(key)? else { continue };
        let Some(start) = id.next() else { continue };
        let mut entries = stream.range(start, StreamId::MAX).peekable();
        if entries.peek().is_some() {
            found.begin(&mut ctx.reply, key);
            reply_entries(&mut ctx.reply, entries, options.count);
        }
    }
    if found.end(&mut ctx.reply) {
        return Ok(Outcome::Done);
    }
    let request = options.with_ids(args, &ids);
    Ok(wait(ctx, &options, args, Some(request)))
}

pub(super) fn xreadgroup(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options::parse(args, true, ctx.now)?;
    let (group, consumer) = options.group.ok_or(error::XREADGROUP_NO_GROUP)?;
    let mut starts = Vec::with_capacity(options.keys);
    for (key, id) in options.streams(args) {
        let stream = ctx.keys.read_as::<Stream>(key)?;
        if stream.and_then(|stream| stream.group(group)).is_none() {
            return Err(error::no_group(key, group, " in XREADGROUP with GROUP option"));
        }
        starts.push(match id {
            b"$" => return Err(error::XREADGROUP_END),
            b"+" => return Err(error::XREADGROUP_LAST),
            b">" => None,
            // The maximum id also means new entries.
            id => Some(parse_id(id, 0)?).filter(|id| *id != StreamId::MAX),
        });
    }
    let (mut found, mut effects) = (Found::new(), ctx.effects());
    for ((key, _), start) in options.streams(args).zip(starts) {
        let now_ms = ctx.now.millis().0 as i64;
        let reply = &mut ctx.reply;
        let mut group_effects = GroupEffects { effects: &mut effects, key, group };
        let is_new = ctx.keys.edit(key, |stream: &mut Stream| {
            let name = consumer;
            let Some((consumer, is_new)) = seen(stream, group, name, now_ms) else {
                return Edit::unchanged(false);
            };
            let reader = Reader { group, consumer, now_ms, count: options.count };
            let has_new = start.is_none() && reader.has_new(stream);
            if is_new && (options.needs_no_ack || !has_new) {
                group_effects.created(name);
            }
            match start {
                Some(after) => {
                    found.begin(reply, key);
                    reader.reply_history(stream, after, reply);
                }
                None if has_new => {
                    found.begin(reply, key);
                    let ids = reader.reply_new(stream, options.needs_no_ack, reply);
                    if !options.needs_no_ack {
                        let pending = Pending { consumer, delivered_ms: now_ms, deliveries: 1 };
                        ids.iter().for_each(|id| group_effects.claimed(name, *id, pending, *id));
                    }
                    stream
                        .group(group)
                        .into_iter()
                        .for_each(|group| group_effects.read_up_to(group));
                }
                None => {}
            }
            Edit::unchanged(is_new)
        })?;
        super::stream_group::notify_new_consumer(ctx, key, is_new == Some(true));
    }
    if found.end(&mut ctx.reply) {
        return Ok(Outcome::Instead(effects));
    }
    Ok(match wait(ctx, &options, args, None) {
        Outcome::Block { until, .. } => Outcome::Block { until, effects },
        _ => Outcome::Instead(effects),
    })
}

fn wait(
    ctx: &mut Context<'_>,
    options: &Options<'_>,
    args: Args<'_>,
    request: Option<Request>,
) -> Outcome {
    let Some(until) = options.until else {
        ctx.reply.null_array();
        return Outcome::Done;
    };
    let wait = Wait {
        keys: options.streams(args).map(|(key, _)| key.to_vec()).collect(),
        database: ctx.keys.database,
        value_type: Type::Stream,
        needs_key: options.group.is_some(),
        request,
        replies_null: false,
    };
    ctx.wait(wait, until)
}

/// A consumer that reads from a stream as a member of its group.
struct Reader<'a> {
    group: &'a [u8],
    consumer: ConsumerIndex,
    now_ms: i64,
    count: usize,
}

impl Reader<'_> {
    fn has_new(&self, stream: &Stream) -> bool {
        stream.last_entry_id() > stream.group(self.group).map(|group| group.last_id)
    }

    /// Delivers entries that the group has not delivered to any consumer. Returns their ids.
    fn reply_new(
        &self,
        stream: &mut Stream,
        needs_no_ack: bool,
        reply: &mut Reply<'_>,
    ) -> Vec<StreamId> {
        let read = stream.group(self.group).map_or(StreamId::MAX, |group| group.last_id);
        let mut ids = Vec::new();
        let array = reply.begin();
        if let Some(start) = read.next() {
            for entry in stream.range(start, StreamId::MAX).take(self.count) {
                ids.push(entry.id);
                reply_entry(reply, entry);
            }
        }
        reply.end_array(array, ids.len());
        stream.advance(self.group, &ids);
        let group = stream.group_mut(self.group).filter(|_| !needs_no_ack);
        if let Some(mut group) = group {
            group.consumer_mut(self.consumer).active_ms = Some(self.now_ms);
            let (consumer, delivered_ms) = (self.consumer, self.now_ms);
            for id in &ids {
                group.assign(*id, Pending { consumer, delivered_ms, deliveries: 1 });
            }
        }
        ids
    }

    /// Repeats the consumer's pending entries. Deleted entries appear without fields.
    fn reply_history(&self, stream: &mut Stream, after: StreamId, reply: &mut Reply<'_>) {
        let Some(group) = stream.group(self.group) else { return };
        let pending = &group.consumer(self.consumer).pending;
        let ids: Vec<StreamId> = match after.next() {
            Some(start) => pending.range(start..).take(self.count).copied().collect(),
            None => Vec::new(),
        };
        reply.array(ids.len());
        for id in ids {
            let Some(entry) = stream.range(id, id).next() else {
                reply.array(2);
                reply_id(reply, id);
                reply.null_array();
                continue;
            };
            reply_entry(reply, entry);
            let Some(mut group) = stream.group_mut(self.group) else { return };
            if let Some(pending) = group.pending_at(id) {
                let deliveries = pending.deliveries.wrapping_add(1);
                group.assign(id, Pending { delivered_ms: self.now_ms, deliveries, ..pending });
            }
        }
    }
}
