//! `XPENDING`: the entries that consumers have received and not acknowledged.

use super::context::{Context, Outcome};
use super::parse;
use super::stream::{range_end, range_start, reply_id};
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::stream::{Group, Pending, Stream, StreamId};
use core::iter;

type Handled = Result<Outcome, Error>;

/// The selection of entries.
struct Filter<'a> {
    min_idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> Filter<'a> {
    /// Parses the selection; `None` requests the summary.
    fn parse(args: Args<'a>) -> Result<Option<Self>, Error> {
        match args.len() {
            3 => return Ok(None),
            6..=9 => {}
            _ => return Err(error::SYNTAX),
        }
        let (mut min_idle_ms, mut at) = (0, 3);
        if parse::is(&args[at], "IDLE") {
            min_idle_ms = parse::integer(&args[at + 1])?;
            if args.len() < 8 {
                return Err(error::SYNTAX);
            }
            at += 2;
        }
        let count = parse::count_of(parse::integer(&args[at + 2])?.max(0)).unwrap_or_default();
        let (start, end) = (range_start(&args[at])?, range_end(&args[at + 1])?);
        Ok(Some(Self { min_idle_ms, start, end, count, consumer: args.get(at + 3) }))
    }
}

pub(super) fn xpending(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let filter = Filter::parse(args)?;
    let now_ms = ctx.now.millis().0 as i64;
    let stream = ctx.keys.read_as::<Stream>(&args[1])?;
    let group = stream.and_then(|stream| stream.group(&args[2]));
    let group = group.ok_or_else(|| error::no_group(&args[1], &args[2], ""))?;
    match filter {
        Some(filter) => reply_entries(&mut ctx.reply, group, &filter, now_ms),
        None => reply_summary(&mut ctx.reply, group),
    }
    Ok(Outcome::Done)
}

fn reply_summary(reply: &mut Reply<'_>, group: &Group) {
    reply.array(4);
    reply.count(group.pending_len());
    let mut pending = group.pending(..).map(|(id, _)| id);
    let Some(first) = pending.next() else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    reply_id(reply, first);
    reply_id(reply, pending.next_back().unwrap_or(first));
    let busy = || group.consumers().filter(|consumer| !consumer.pending.is_empty());
    reply.array(busy().count());
    for consumer in busy() {
        reply.array(2);
        reply.bulk(&consumer.name);
        reply.bulk_integer(consumer.pending.len() as i64);
    }
}

fn reply_entries(reply: &mut Reply<'_>, group: &Group, filter: &Filter<'_>, now_ms: i64) {
    let range = filter.start..=filter.end.max(filter.start);
    let consumer = filter.consumer.map(|name| group.find(name));
    let (mut of_group, mut of_consumer);
    let found: &mut dyn Iterator<Item = (StreamId, Pending)> = match consumer {
        _ if filter.start > filter.end => &mut iter::empty(),
        Some(None) => &mut iter::empty(),
        None => {
            of_group = group.pending(range);
            &mut of_group
        }
        Some(Some(index)) => {
            let own = group.consumer(index).pending.range(range);
            of_consumer = own.filter_map(|id| Some((*id, group.pending_at(*id)?)));
            &mut of_consumer
        }
    };
    let idle_ms = |pending: Pending| now_ms.wrapping_sub(pending.delivered_ms);
    let is_idle =
        |pending: Pending| filter.min_idle_ms == 0 || idle_ms(pending) >= filter.min_idle_ms;
    let array = reply.begin();
    let mut len = 0;
    for (id, pending) in found.filter(|(_, pending)| is_idle(*pending)).take(filter.count) {
        reply.array(4);
        reply_id(reply, id);
        reply.bulk(&group.consumer(pending.consumer).name);
        reply.integer(idle_ms(pending).max(0));
        reply.integer(pending.deliveries);
        len += 1;
    }
    reply.end_array(array, len);
}
