//! Streams: add, read by range, and remove.

use super::context::{Context, Outcome};
use super::list::reply_element;
use super::parse;
use crate::config::Config;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::dataset::keys::Keys;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::listpack;
use crate::value::stream::{Keep, Stream, StreamEntry, StreamId, StreamLimits, Trim};
use alloc::format;
use alloc::vec::Vec;

type Handled = Result<Outcome, Error>;

/// Returns the limits on the size of a node.
fn limits(config: &Config) -> StreamLimits {
    let limit = |limit: i64| usize::try_from(limit).unwrap_or(usize::MAX);
    StreamLimits {
        node_bytes: limit(config.stream_node_max_bytes),
        node_entries: limit(config.stream_node_max_entries),
    }
}

/// Looks a stream up for writing, to read it first.
pub(super) fn look<'k>(keys: &'k mut Keys<'_>, key: &[u8]) -> Result<Option<&'k Stream>, Error> {
    keys.consider(key)
        .map(|record| record.collection::<Stream>().ok_or(error::WRONG_TYPE))
        .transpose()
}

/// Parses the id of a single entry.
pub(super) fn parse_id(arg: &[u8], seq: u64) -> Result<StreamId, Error> {
    StreamId::parse(arg, seq).ok_or(error::STREAM_ID)
}

pub(super) fn range_start(arg: &[u8]) -> Result<StreamId, Error> {
    match bound(arg, 0)? {
        (id, false) => Ok(id),
        (id, true) => id.next().ok_or(error::STREAM_START),
    }
}

pub(super) fn range_end(arg: &[u8]) -> Result<StreamId, Error> {
    match bound(arg, u64::MAX)? {
        (id, false) => Ok(id),
        (id, true) => id.prev().ok_or(error::STREAM_END),
    }
}

/// Parses a bound of a range. Returns the id, and `true` for an exclusive bound.
fn bound(arg: &[u8], seq: u64) -> Result<(StreamId, bool), Error> {
    match arg {
        b"-" => Ok((StreamId::MIN, false)),
        b"+" => Ok((StreamId::MAX, false)),
        [b'(', id @ ..] if !id.is_empty() => Ok((parse_id(id, seq)?, true)),
        id => Ok((parse_id(id, seq)?, false)),
    }
}

pub(super) fn reply_id(reply: &mut Reply<'_>, id: StreamId) {
    let (mut ms, mut seq) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (ms, seq) = (ms.format(id.ms).as_bytes(), seq.format(id.seq).as_bytes());
    let mut text = [b'-'; 41];
    text[..ms.len()].copy_from_slice(ms);
    let end = ms.len() + 1 + seq.len();
    text[ms.len() + 1..end].copy_from_slice(seq);
    reply.bulk(&text[..end]);
}

pub(super) fn reply_entry(reply: &mut Reply<'_>, entry: StreamEntry<'_>) {
    reply.array(2);
    reply_id(reply, entry.id);
    reply.array(2 * entry.len());
    for (field, value) in entry.fields() {
        reply_element(reply, field);
        reply_element(reply, value);
    }
}

/// Replies with up to `count` entries.
pub(super) fn reply_entries<'a>(
    reply: &mut Reply<'_>,
    entries: impl Iterator<Item = StreamEntry<'a>>,
    count: usize,
) {
    let array = reply.begin();
    let mut len = 0;
    for entry in entries.take(count) {
        reply_entry(reply, entry);
        len += 1;
    }
    reply.end_array(array, len);
}

// ---- add and trim -------------------------------------------------------------------------------

/// The id argument of `XADD`.
#[derive(Clone, Copy)]
enum NewId {
    Auto,
    AutoSeq(u64),
    Exact(StreamId),
}

impl NewId {
    /// Returns the id of the next entry after `last_id`.
    fn after(self, last_id: StreamId, now_ms: u64) -> Result<StreamId, Error> {
        if last_id == StreamId::MAX {
            return Err(error::XADD_EXHAUSTED);
        }
        let id = match self {
            Self::Exact(id) => Some(id),
            Self::Auto if now_ms > last_id.ms => Some(StreamId { ms: now_ms, seq: 0 }),
            Self::Auto => last_id.next(),
            Self::AutoSeq(ms) if ms == last_id.ms => {
                last_id.seq.checked_add(1).map(|seq| StreamId { ms, seq })
            }
            Self::AutoSeq(ms) => Some(StreamId { ms, seq: 0 }),
        };
        id.filter(|id| *id > last_id).ok_or(error::XADD_ID)
    }
}

/// The options of `XADD` and `XTRIM`.
#[derive(Default)]
struct Options {
    keep: Option<Keep>,
    is_approximate: bool,
    limit: Option<i64>,
    /// The index of the value of `MAXLEN` or `MINID`.
    threshold_at: usize,
    /// The index of the value of `LIMIT`.
    limit_at: Option<usize>,
    needs_key: bool,
    /// The index of the id, for `XADD`.
    id_at: usize,
    id: Option<NewId>,
}

impl Options {
    fn parse(args: Args<'_>, is_add: bool) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut at = 2;
        while at < args.len() {
            let (arg, more) = (&args[at], args.len() - 1 - at);
            if is_add && arg == b"*" {
                options.id = Some(NewId::Auto);
                break;
            } else if parse::is(arg, "MAXLEN") && more > 0 {
                let value = options.threshold(args, &mut at)?;
                let keep = parse::integer(value)?;
                let keep = u64::try_from(keep).map_err(|_| error::TRIM_MAXLEN)?;
                options.keep = Some(Keep::Newest(usize::try_from(keep).unwrap_or(usize::MAX)));
            } else if parse::is(arg, "MINID") && more > 0 {
                let value = options.threshold(args, &mut at)?;
                options.keep = Some(Keep::From(parse_id(value, 0)?));
            } else if parse::is(arg, "LIMIT") && more > 0 {
                at += 1;
                let limit = parse::integer(&args[at])?;
                if limit < 0 {
                    return Err(error::TRIM_LIMIT);
                }
                options.limit = Some(limit);
                options.limit_at = Some(at);
            } else if is_add && parse::is(arg, "NOMKSTREAM") {
                options.needs_key = true;
            } else if is_add {
                options.id = Some(match StreamId::parse_open(arg) {
                    Some(ms) => NewId::AutoSeq(ms),
                    None => NewId::Exact(parse_id(arg, 0)?),
                });
                break;
            } else {
                return Err(error::SYNTAX);
            }
            at += 1;
        }
        options.id_at = at;
        match (options.keep, options.limit) {
            (None, Some(1..)) => Err(error::TRIM_LIMIT_ALONE),
            (None, _) if !is_add => Err(error::TRIM_NOTHING),
            (_, Some(_)) if !options.is_approximate => Err(error::TRIM_LIMIT_EXACT),
            _ => Ok(options),
        }
    }

    /// Returns the value of `MAXLEN` or `MINID`, and moves `at` to its index.
    fn threshold<'a>(&mut self, args: Args<'a>, at: &mut usize) -> Result<&'a [u8], Error> {
        if self.keep.is_some() {
            return Err(error::TRIM_TWICE);
        }
        *at += 1;
        self.is_approximate = false;
        let sign = args.get(*at).unwrap_or_default();
        if *at + 1 < args.len() && matches!(sign, b"~" | b"=") {
            self.is_approximate = sign == b"~";
            *at += 1;
        }
        self.threshold_at = *at;
        Ok(args.get(*at).unwrap_or_default())
    }

    /// Returns the outcome of `XADD` or `XTRIM`. It propagates with the generated id and with an
    /// exact trim to the remaining entries, since each server chooses where its nodes end.
    fn propagate(&self, ctx: &mut Context<'_>, args: Args<'_>, id: Option<StreamId>) -> Handled {
        let mut effects = ctx.effects();
        if !effects.are_recorded() {
            return Ok(Outcome::Instead(effects));
        }
        let id = id.map(|id| format!("{id}"));
        let stream = look(&mut ctx.keys, &args[1])?;
        let left = match self.keep {
            Some(Keep::Newest(_)) => format!("{}", stream.map_or(0, Stream::len)),
            _ => {
                let first =
                    stream.and_then(|stream| stream.range(StreamId::MIN, StreamId::MAX).next());
                format!("{}", first.map_or(StreamId::MAX, |entry| entry.id))
            }
        };
        let mut words: Vec<&[u8]> = args.iter().collect();
        if let Some(id) = &id {
            words[self.id_at] = id.as_bytes();
        }
        if self.is_approximate {
            words[self.threshold_at - 1] = b"=";
            words[self.threshold_at] = left.as_bytes();
            if let Some(at) = self.limit_at {
                words.drain(at - 1..=at);
            }
        }
        effects.push(&words);
        Ok(Outcome::Instead(effects))
    }

    fn trim(&self, limits: &StreamLimits) -> Option<Trim> {
        /// The default limits on what an approximate trim removes: nodes, or entries.
        const NODES: usize = 100;
        const ENTRIES: usize = 10_000;
        const MOST: usize = 1_000_000;
        let limit = match self.limit {
            Some(0) => None,
            Some(limit) => Some(usize::try_from(limit).unwrap_or(usize::MAX)),
            None if !self.is_approximate => None,
            None if limits.node_entries == 0 => Some(ENTRIES),
            None => Some(limits.node_entries.saturating_mul(NODES).min(MOST)),
        };
        let is_approximate = self.is_approximate;
        self.keep.map(|keep| Trim { keep, is_approximate, limit })
    }
}

pub(super) fn xadd(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options::parse(args, true)?;
    let pairs = args.len().saturating_sub(options.id_at + 1);
    let Some(id) = options.id.filter(|_| pairs >= 2 && pairs.is_multiple_of(2)) else {
        return Err(error::wrong_arity(ctx.command.spec.name));
    };
    if matches!(id, NewId::Exact(StreamId::MIN)) {
        return Err(error::XADD_ZERO);
    }
    let pairs = args.slice(options.id_at + 1..).iter();
    if pairs.clone().map(<[u8]>::len).sum::<usize>() > listpack::MAX_BYTES {
        return Err(error::XADD_TOO_LARGE);
    }
    let (key, now_ms) = (&args[1], ctx.now.millis().0);
    let limits = limits(&ctx.instance.config);
    let trim = options.trim(&limits);
    // A new stream accepts any id, so that the command never leaves an empty one.
    let add = |stream: &mut Stream| match id.after(stream.last_id, now_ms) {
        Err(error) => Edit::unchanged(Err(error)),
        Ok(id) => {
            stream.push(id, pairs, &limits);
            let trimmed = trim.map_or(0, |trim| stream.trim(&trim));
            let edit = Edit::changed(Event::XADD, 1, Ok(id));
            if trimmed > 0 { edit.then(Event::XTRIM) } else { edit }
        }
    };
    let added = if options.needs_key {
        ctx.keys.edit(key, add)?
    } else {
        Some(ctx.keys.edit_or_insert(key, add)?)
    };
    let Some(id) = added.transpose()? else {
        ctx.reply.null();
        return Ok(Outcome::Done);
    };
    reply_id(&mut ctx.reply, id);
    options.propagate(ctx, args, Some(id))
}

pub(super) fn xtrim(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options::parse(args, false)?;
    let trim = options.trim(&limits(&ctx.instance.config)).ok_or(error::TRIM_NOTHING)?;
    let trimmed = ctx.keys.edit(&args[1], |stream: &mut Stream| {
        let trimmed = stream.trim(&trim);
        Edit::changed(Event::XTRIM, trimmed, trimmed)
    })?;
    let trimmed = trimmed.unwrap_or(0);
    ctx.reply.count(trimmed);
    if trimmed == 0 {
        return Ok(Outcome::Done);
    }
    options.propagate(ctx, args, None)
}

pub(super) fn xdel(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if look(&mut ctx.keys, &args[1])?.is_none() {
        ctx.reply.integer(0);
        return Ok(Outcome::Done);
    }
    let ids: Result<Vec<_>, _> = args.slice(2..).iter().map(|id| parse_id(id, 0)).collect();
    let ids = ids?;
    let removed = ctx.keys.edit(&args[1], |stream: &mut Stream| {
        let removed = ids.iter().filter(|id| stream.remove(**id)).count();
        Edit::changed(Event::XDEL, removed, removed)
    })?;
    ctx.reply.count(removed.unwrap_or(0));
    Ok(Outcome::Done)
}

pub(super) fn xsetid(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let id = parse_id(&args[2], 0)?;
    let (mut added, mut deleted, mut at) = (None, None, 3);
    while at < args.len() {
        let value = args.get(at + 1).ok_or(error::SYNTAX)?;
        if parse::is(&args[at], "ENTRIESADDED") {
            let entries = parse::integer(value)?;
            added = Some(u64::try_from(entries).map_err(|_| error::XSETID_ADDED)?);
        } else if parse::is(&args[at], "MAXDELETEDID") {
            let max_deleted = parse_id(value, 0)?;
            if id < max_deleted {
                return Err(error::XSETID_GIVEN_DELETED);
            }
            deleted = Some(max_deleted).filter(|id| *id != StreamId::MIN);
        } else {
            return Err(error::SYNTAX);
        }
        at += 2;
    }
    let stream = look(&mut ctx.keys, &args[1])?.ok_or(error::NO_SUCH_KEY)?;
    if id < stream.max_deleted_id {
        return Err(error::XSETID_DELETED);
    }
    if stream.last_entry_id().is_some_and(|last| id < last) {
        return Err(error::XSETID_TOP);
    }
    if !stream.is_empty() && added.is_some_and(|added| added < stream.len() as u64) {
        return Err(error::XSETID_LENGTH);
    }
    ctx.keys.edit(&args[1], |stream: &mut Stream| {
        stream.last_id = id;
        stream.entries_added = added.unwrap_or(stream.entries_added);
        stream.max_deleted_id = deleted.unwrap_or(stream.max_deleted_id);
        Edit::unchanged(())
    })?;
    ctx.keys.modified_unwatched(&args[1], Some(Event::XSET_ID), 1);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

// ---- read by range ------------------------------------------------------------------------------

pub(super) fn xlen(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let len = ctx.keys.read_as::<Stream>(&args[1])?.map_or(0, Stream::len);
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn xrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    range(ctx, args, false)
}

pub(super) fn xrevrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    range(ctx, args, true)
}

fn range(ctx: &mut Context<'_>, args: Args<'_>, is_reverse: bool) -> Handled {
    let (start_at, end_at) = if is_reverse { (3, 2) } else { (2, 3) };
    let (start, end) = (range_start(&args[start_at])?, range_end(&args[end_at])?);
    let (mut count, mut at) = (usize::MAX, 4);
    while at < args.len() {
        if !parse::is(&args[at], "COUNT") || at + 1 == args.len() {
            return Err(error::SYNTAX);
        }
        let wanted = parse::integer(&args[at + 1])?;
        count = usize::try_from(wanted.max(0)).unwrap_or(usize::MAX);
        at += 2;
    }
    let Some(stream) = ctx.keys.read_as::<Stream>(&args[1])? else {
        ctx.reply.array(0);
        return Ok(Outcome::Done);
    };
    match (count, is_reverse) {
        (0, _) => ctx.reply.null_array(),
        (_, false) => reply_entries(&mut ctx.reply, stream.range(start, end), count),
        (_, true) => reply_entries(&mut ctx.reply, stream.range_back(start, end), count),
    }
    Ok(Outcome::Done)
}
