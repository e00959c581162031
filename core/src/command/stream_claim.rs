//! `XCLAIM` and `XAUTOCLAIM`: transfer pending entries from one consumer to another.

use super::context::{Context, Outcome};
use super::parse;
use super::stream::{parse_id, range_start, reply_entry, reply_id};
use super::stream_effects::GroupEffects;
use super::stream_group::{has_group, notify_new_consumer, seen};
use crate::dataset::edit::Edit;
use crate::error::{self, Error};
use crate::number;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::stream::{ConsumerIndex, Pending, Stream, StreamId};
use alloc::vec::Vec;

type Handled = Result<Outcome, Error>;

/// The parameters of a claim.
struct Claim {
    now_ms: i64,
    min_idle_ms: i64,
    /// The delivery time to record.
    delivered_ms: i64,
    /// The delivery count to record; `None` to derive it.
    deliveries: Option<i64>,
    /// Set to claim entries that are not pending, too.
    is_forced: bool,
    /// Set to reply with the ids only, which does not count as a delivery.
    just_id: bool,
}

impl Claim {
    /// Returns `true` if an existing entry may be claimed. `was` is its state if it is pending.
    fn is_due(&self, was: Option<Pending>) -> bool {
        was.map_or(self.is_forced, |was| {
            self.min_idle_ms == 0 || self.now_ms.wrapping_sub(was.delivered_ms) >= self.min_idle_ms
        })
    }

    /// Assigns an entry to the consumer and replies with it.
    fn give(
        &self,
        stream: &mut Stream,
        consumer: ConsumerIndex,
        id: StreamId,
        reply: &mut Reply<'_>,
        effects: &mut GroupEffects<'_>,
    ) {
        if self.just_id {
            reply_id(reply, id);
        } else if let Some(entry) = stream.range(id, id).next() {
            reply_entry(reply, entry);
        }
        let Some(mut group) = stream.group_mut(effects.group) else { return };
        let before = group.pending_at(id).map_or(1, |was| was.deliveries);
        let counted = i64::from(!self.just_id);
        let deliveries = self.deliveries.unwrap_or_else(|| before.wrapping_add(counted));
        let pending = Pending { consumer, delivered_ms: self.delivered_ms, deliveries };
        group.assign(id, pending);
        group.consumer_mut(consumer).active_ms = Some(self.now_ms);
        effects.claimed(&group.consumer(consumer).name, id, pending, group.last_id);
    }
}

/// The options of `XCLAIM` after the minimum idle time.
struct Options {
    ids: Vec<StreamId>,
    last_id: StreamId,
    claim: Claim,
}

impl Options {
    fn parse(args: Args<'_>, now_ms: i64, min_idle_ms: i64) -> Result<Self, Error> {
        let ids: Vec<_> = args.slice(5..).iter().map_while(|id| StreamId::parse(id, 0)).collect();
        let (mut is_forced, mut just_id) = (false, false);
        let (mut delivered_ms, mut deliveries, mut last_id) = (now_ms, None, StreamId::MIN);
        let mut at = 5 + ids.len();
        while at < args.len() {
            let (arg, value) = (&args[at], args.get(at + 1));
            at += 1;
            if parse::is(arg, "FORCE") {
                is_forced = true;
                continue;
            } else if parse::is(arg, "JUSTID") {
                just_id = true;
                continue;
            }
            let Some(value) = value else { return Err(error::xclaim_option(arg)) };
            let integer = |error| number::parse_i64(value).ok_or(error);
            if parse::is(arg, "IDLE") {
                delivered_ms = now_ms.wrapping_sub(integer(error::XCLAIM_IDLE)?);
            } else if parse::is(arg, "TIME") {
                delivered_ms = integer(error::XCLAIM_TIME)?;
            } else if parse::is(arg, "RETRYCOUNT") {
                deliveries = Some(integer(error::XCLAIM_RETRY_COUNT)?).filter(|count| *count >= 0);
            } else if parse::is(arg, "LASTID") {
                last_id = parse_id(value, 0)?;
            } else {
                return Err(error::xclaim_option(arg));
            }
            at += 1;
        }
        // An impossible time is replaced with the current time, since clients compute it.
        if !(0..=now_ms).contains(&delivered_ms) {
            delivered_ms = now_ms;
        }
        let claim = Claim { now_ms, min_idle_ms, delivered_ms, deliveries, is_forced, just_id };
        Ok(Self { ids, last_id, claim })
    }
}

fn min_idle_ms(arg: &[u8], error: Error) -> Result<i64, Error> {
    number::parse_i64(arg).map(|idle_ms| idle_ms.max(0)).ok_or(error)
}

pub(super) fn xclaim(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, group, consumer) = (&args[1], &args[2], &args[3]);
    if !has_group(ctx, key, group)? {
        return Err(error::no_group(key, group, ""));
    }
    let now_ms = ctx.now.millis().0 as i64;
    let min_idle_ms = min_idle_ms(&args[4], error::XCLAIM_MIN_IDLE)?;
    let Options { ids, last_id, claim } = Options::parse(args, now_ms, min_idle_ms)?;
    let mut effects = ctx.effects();
    let mut group_effects = GroupEffects { effects: &mut effects, key, group };
    let reply = &mut ctx.reply;
    let done = ctx.keys.edit(key, |stream: &mut Stream| {
        let Some(mut read) = stream.group_mut(group) else { return Edit::unchanged((false, 0)) };
        let has_advanced = read.last_id < last_id;
        read.last_id = read.last_id.max(last_id);
        drop(read);
        let name = consumer;
        let Some((consumer, is_new)) = seen(stream, group, name, now_ms) else {
            return Edit::unchanged((false, 0));
        };
        let (array, mut len, mut gone) = (reply.begin(), 0, 0);
        for id in ids {
            let was = stream.group(group).and_then(|group| group.pending_at(id));
            if !stream.contains(id) {
                gone += usize::from(acknowledge_gone(stream, id, &mut group_effects));
            } else if claim.is_due(was) {
                claim.give(stream, consumer, id, reply, &mut group_effects);
                len += 1;
            }
        }
        reply.end_array(array, len);
        if is_new && len == 0 {
            group_effects.created(name);
        }
        if has_advanced && len + gone == 0 {
            stream.group(group).into_iter().for_each(|group| group_effects.read_up_to(group));
        }
        Edit::unchanged((is_new, len + gone + usize::from(has_advanced)))
    })?;
    let (is_new, changes) = done.unwrap_or_default();
    notify_new_consumer(ctx, key, is_new);
    ctx.keys.modified_unwatched(key, None, changes);
    Ok(Outcome::Instead(effects))
}

/// Removes a pending entry that was deleted from the stream. Returns `true` if it was pending.
fn acknowledge_gone(stream: &mut Stream, id: StreamId, effects: &mut GroupEffects<'_>) -> bool {
    let Some(group) = stream.group(effects.group) else { return false };
    if let Some(was) = group.pending_at(id) {
        effects.claimed(&group.consumer(was.consumer).name, id, was, group.last_id);
    }
    stream.group_mut(effects.group).is_some_and(|mut group| group.acknowledge(id))
}

/// The pending entries that `XAUTOCLAIM` found.
struct Found {
    claimed: Vec<StreamId>,
    /// Pending entries that were deleted from the stream.
    gone: Vec<StreamId>,
    /// The start id for the next call.
    next: StreamId,
}

impl Found {
    fn search(stream: &Stream, group: &[u8], start: StreamId, count: usize, claim: &Claim) -> Self {
        /// The number of entries to examine for each requested one.
        const ATTEMPTS: usize = 10;
        let (mut claimed, mut gone) = (Vec::new(), Vec::new());
        let mut pending = stream.group(group).into_iter().flat_map(|group| group.pending(start..));
        for _ in 0..count.saturating_mul(ATTEMPTS) {
            if claimed.len() + gone.len() == count {
                break;
            }
            match pending.next() {
                None => break,
                Some((id, _)) if !stream.contains(id) => gone.push(id),
                Some((id, was)) if claim.is_due(Some(was)) => claimed.push(id),
                Some(_) => {}
            }
        }
        let next = pending.next().map_or(StreamId::MIN, |(id, _)| id);
        Self { claimed, gone, next }
    }
}

pub(super) fn xautoclaim(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    /// The maximum that Redis accepts on 64-bit machines.
    const MOST: i64 = i64::MAX / 16;
    let (key, group, consumer) = (&args[1], &args[2], &args[3]);
    let min_idle_ms = min_idle_ms(&args[4], error::XAUTOCLAIM_MIN_IDLE)?;
    let start = range_start(&args[5])?;
    let (mut count, mut just_id, mut at) = (100, false, 6);
    while at < args.len() {
        if parse::is(&args[at], "COUNT") && at + 1 < args.len() {
            at += 1;
            count = number::parse_i64(&args[at])
                .filter(|count| (1..=MOST).contains(count))
                .and_then(parse::count_of)
                .ok_or(error::XAUTOCLAIM_COUNT)?;
        } else if parse::is(&args[at], "JUSTID") {
            just_id = true;
        } else {
            return Err(error::SYNTAX);
        }
        at += 1;
    }
    if !has_group(ctx, key, group)? {
        return Err(error::no_group(key, group, ""));
    }
    let now_ms = ctx.now.millis().0 as i64;
    let claim = Claim {
        now_ms,
        min_idle_ms,
        delivered_ms: now_ms,
        deliveries: None,
        is_forced: false,
        just_id,
    };
    let mut effects = ctx.effects();
    let mut group_effects = GroupEffects { effects: &mut effects, key, group };
    let reply = &mut ctx.reply;
    let done = ctx.keys.edit(key, |stream: &mut Stream| {
        let name = consumer;
        let Some((consumer, is_new)) = seen(stream, group, name, now_ms) else {
            return Edit::unchanged((false, 0));
        };
        let found = Found::search(stream, group, start, count, &claim);
        let Found { claimed, gone, next } = found;
        reply.array(3);
        reply_id(reply, next);
        reply.array(claimed.len());
        for id in &claimed {
            claim.give(stream, consumer, *id, reply, &mut group_effects);
        }
        reply.array(gone.len());
        for id in &gone {
            reply_id(reply, *id);
            acknowledge_gone(stream, *id, &mut group_effects);
        }
        if is_new && claimed.is_empty() {
            group_effects.created(name);
        }
        Edit::unchanged((is_new, claimed.len() + gone.len()))
    })?;
    let (is_new, changes) = done.unwrap_or_default();
    notify_new_consumer(ctx, key, is_new);
    ctx.keys.modified_unwatched(key, None, changes);
    Ok(Outcome::Instead(effects))
}
