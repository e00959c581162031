//! Lists: push, read and edit. Pops have their own file.

use super::context::{Context, Outcome};
use super::parse;
use crate::config::Config;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::list::{self, End, List, ListLimits, ListRef};
use crate::value::{Collection, listpack::Entry};
use core::ops::{ControlFlow, Range};

type Handled = Result<Outcome, Error>;

/// Returns the thresholds of the compact encodings.
pub(super) fn limits(config: &Config) -> ListLimits {
    ListLimits::of_parameter(config.list_max_listpack_size)
}

pub(super) fn reply_element(reply: &mut Reply<'_>, element: Entry<'_>) {
    match element {
        Entry::Int(number) => reply.bulk_integer(number),
        Entry::Bytes(bytes) => reply.bulk(bytes),
    }
}

// ---- push ---------------------------------------------------------------------------------------

pub(super) fn lpush(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    push(ctx, args, End::Head, false)
}

pub(super) fn rpush(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    push(ctx, args, End::Tail, false)
}

pub(super) fn lpushx(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    push(ctx, args, End::Head, true)
}

pub(super) fn rpushx(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    push(ctx, args, End::Tail, true)
}

fn push(ctx: &mut Context<'_>, args: Args<'_>, end: End, only_if_present: bool) -> Handled {
    let limits = limits(&ctx.instance.config);
    let elements = args.slice(2..);
    let push_all = |list: &mut List| {
        list.grow(elements.iter().map(<[u8]>::len).sum(), elements.len(), &limits);
        elements.iter().for_each(|element| list.push(end, element));
        Edit::changed(pushed(end), elements.len(), list.view().len())
    };
    let len = if only_if_present {
        ctx.keys.edit(&args[1], push_all)?.unwrap_or(0)
    } else {
        ctx.keys.edit_or_insert(&args[1], push_all)?
    };
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

/// Returns the event of a push.
pub(super) const fn pushed(end: End) -> Event {
    match end {
        End::Head => Event::LPUSH,
        End::Tail => Event::RPUSH,
    }
}

// ---- read ---------------------------------------------------------------------------------------

pub(super) fn llen(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let len = ctx.keys.read_as::<List>(&args[1])?.map_or(0, ListRef::len);
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn lindex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let reply = &mut ctx.reply;
    let mut found = None;
    if let Some(list) = ctx.keys.read_as::<List>(&args[1])? {
        let index = from_start(parse::integer(&args[2])?, list.len());
        found = index.and_then(|index| list.get(index, |element| reply_element(reply, element)));
    }
    if found.is_none() {
        reply.null();
    }
    Ok(Outcome::Done)
}

pub(super) fn lrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (start, stop) = (parse::integer(&args[2])?, parse::integer(&args[3])?);
    let reply = &mut ctx.reply;
    match ctx.keys.read_as::<List>(&args[1])? {
        None => reply.array(0),
        Some(list) => {
            let range = clamped(start, stop, list.len());
            reply.array(range.len());
            list.for_each(End::Head, range.start, range.len(), |element| {
                reply_element(reply, element);
            });
        }
    }
    Ok(Outcome::Done)
}

/// Resolves an index into a list of `len` elements; `None` if it is before the first.
fn from_start(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(len as i64)? } else { index };
    parse::count_of(index)
}

/// Clamps the range from `start` to `stop` to a list of `len` elements.
fn clamped(start: i64, stop: i64, len: usize) -> Range<usize> {
    let start = from_start(start, len).unwrap_or(0).min(len);
    let end = from_start(stop, len).map_or(0, |stop| stop.saturating_add(1)).min(len);
    start..end.max(start)
}

/// The options of `LPOS`.
struct Search {
    /// The direction of the search.
    from: End,
    /// The number of matches to skip.
    skip: usize,
    /// The number of matches to find, zero for all. Without this option, one match is replied
    /// without an array.
    count: Option<usize>,
    /// The maximum number of elements to compare.
    max_len: usize,
}

impl Search {
    fn parse(options: Args<'_>) -> Result<Self, Error> {
        let mut search = Self { from: End::Head, skip: 0, count: None, max_len: usize::MAX };
        let mut at = 0;
        while let Some(option) = options.get(at) {
            let value = options.get(at + 1).ok_or(error::SYNTAX)?;
            if parse::is(option, "RANK") {
                search.set_rank(parse::integer(value)?)?;
            } else if parse::is(option, "COUNT") {
                search.count = Some(parse::count(value, 0, error::LPOS_COUNT_NEGATIVE)?);
            } else if parse::is(option, "MAXLEN") {
                let len = parse::count(value, 0, error::LPOS_MAXLEN_NEGATIVE)?;
                search.max_len = if len == 0 { usize::MAX } else { len };
            } else {
                return Err(error::SYNTAX);
            }
            at += 2;
        }
        Ok(search)
    }

    fn set_rank(&mut self, rank: i64) -> Result<(), Error> {
        if rank == i64::MIN {
            return Err(error::OUT_OF_NEGATABLE);
        }
        let skip = rank.unsigned_abs().checked_sub(1).ok_or(error::LPOS_RANK_ZERO)?;
        self.skip = usize::try_from(skip).unwrap_or(usize::MAX);
        self.from = if rank < 0 { End::Tail } else { End::Head };
        Ok(())
    }

    /// Calls `found` with the index of each match.
    fn run(&self, list: ListRef<'_>, element: &[u8], mut found: impl FnMut(usize)) {
        let (is_it, len) = (list::equals(element), list.len());
        let mut wanted = match self.count {
            None => 1,
            Some(0) => usize::MAX,
            Some(count) => count,
        };
        let (mut index, mut skip) = (0, self.skip);
        let _ = list.walk(self.from, 0, |other| {
            if index == self.max_len || wanted == 0 {
                return ControlFlow::Break(());
            }
            if is_it(other) {
                if let Some(less) = skip.checked_sub(1) {
                    skip = less;
                } else {
                    found(if self.from == End::Head { index } else { len - 1 - index });
                    wanted -= 1;
                }
            }
            index += 1;
            ControlFlow::Continue(())
        });
    }
}

pub(super) fn lpos(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let search = Search::parse(args.slice(3..))?;
    let reply = &mut ctx.reply;
    let list = ctx.keys.read_as::<List>(&args[1])?;
    if search.count.is_some() {
        let (array, mut len) = (reply.begin(), 0);
        if let Some(list) = list {
            search.run(list, &args[2], |index| {
                reply.count(index);
                len += 1;
            });
        }
        reply.end_array(array, len);
        return Ok(Outcome::Done);
    }
    let mut first = None;
    if let Some(list) = list {
        search.run(list, &args[2], |index| first = Some(index));
    }
    match first {
        Some(index) => reply.count(index),
        None => reply.null(),
    }
    Ok(Outcome::Done)
}

// ---- edit ---------------------------------------------------------------------------------------

pub(super) fn lset(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, element) = (&args[1], &args[3]);
    let limits = limits(&ctx.instance.config);
    let is_set = ctx.keys.edit(key, |list: &mut List| {
        let index = match parse::integer(&args[2]) {
            Ok(index) => from_start(index, list.view().len()),
            Err(error) => return Edit::unchanged(Err(error)),
        };
        list.grow(element.len(), 1, &limits);
        if !index.is_some_and(|index| list.set(index, element)) {
            return Edit::unchanged(Err(error::INDEX_OUT_OF_RANGE));
        }
        list.shrink(&limits);
        Edit::changed(Event::LSET, 1, Ok(()))
    })?;
    is_set.ok_or(error::NO_SUCH_KEY)??;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn linsert(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let side = match &args[2] {
        word if parse::is(word, "BEFORE") => End::Head,
        word if parse::is(word, "AFTER") => End::Tail,
        _ => return Err(error::SYNTAX),
    };
    let limits = limits(&ctx.instance.config);
    let len = ctx.keys.edit(&args[1], |list: &mut List| {
        list.grow(args[4].len(), 1, &limits);
        if list.insert_beside(&args[3], side, &args[4]) {
            Edit::changed(Event::LINSERT, 1, list.view().len() as i64)
        } else {
            Edit::unchanged(-1)
        }
    })?;
    ctx.reply.integer(len.unwrap_or(0));
    Ok(Outcome::Done)
}

pub(super) fn lrem(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = parse::integer(&args[2])?;
    if count == i64::MIN {
        return Err(error::OUT_OF_NEGATABLE);
    }
    let from = if count < 0 { End::Tail } else { End::Head };
    let limit = match usize::try_from(count.unsigned_abs()) {
        Ok(0) | Err(_) => usize::MAX,
        Ok(count) => count,
    };
    let limits = limits(&ctx.instance.config);
    let removed = ctx.keys.edit(&args[1], |list: &mut List| {
        let removed = list.remove_matching(from, limit, &args[3]);
        if removed > 0 {
            list.shrink(&limits);
        }
        Edit::changed(Event::LREM, removed, removed)
    })?;
    ctx.reply.count(removed.unwrap_or(0));
    Ok(Outcome::Done)
}

pub(super) fn ltrim(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (start, stop) = (parse::integer(&args[2])?, parse::integer(&args[3])?);
    let limits = limits(&ctx.instance.config);
    let removed = ctx.keys.edit(&args[1], |list: &mut List| {
        let len = list.view().len();
        let kept = clamped(start, stop, len);
        let behind = if kept.is_empty() { len } else { len - kept.end };
        let removed = [list.discard(End::Tail, behind), list.discard(End::Head, kept.start)];
        list.shrink(&limits);
        Edit::reported(Event::LTRIM, len - kept.len(), removed)
    })?;
    let removed = removed.into_iter().flatten().flatten();
    removed.for_each(|removed| ctx.keys.free_later(removed));
    ctx.reply.ok();
    Ok(Outcome::Done)
}
