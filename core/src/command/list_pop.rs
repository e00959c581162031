//! Pops from either end of a list, with or without blocking, and moves to another list.

use alloc::vec;

use super::context::{Context, Outcome};
use super::list::{limits, pushed, reply_element};
use super::parse;
use super::pop::{self, Form, Pops};
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::dataset::waiters::Wait;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::time::UnixMicros;
use crate::value::list::{End, List};
use crate::value::{Collection, Type};

type Handled = Result<Outcome, Error>;

pub(super) fn lpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop_one_key(ctx, args, End::Head)
}

pub(super) fn rpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop_one_key(ctx, args, End::Tail)
}

fn pop_one_key(ctx: &mut Context<'_>, args: Args<'_>, end: End) -> Handled {
    let Some(wanted) = args.get(2) else {
        if List::pop(ctx, &args[1], end, 1, Form::One)?.is_none() {
            ctx.reply.null();
        }
        return Ok(Outcome::Done);
    };
    if args.len() > 3 {
        return Err(error::wrong_arity(ctx.command.spec.name));
    }
    let wanted = parse::count(wanted, 0, error::MUST_BE_POSITIVE)?;
    if List::pop(ctx, &args[1], end, wanted, Form::Several)?.is_none() {
        ctx.reply.null_array();
    }
    Ok(Outcome::Done)
}

pub(super) fn blpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::pop_or_wait::<List>(ctx, args, End::Head)
}

pub(super) fn brpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::pop_or_wait::<List>(ctx, args, End::Tail)
}

pub(super) fn lmpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::mpop::<List>(ctx, args)
}

pub(super) fn blmpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::bmpop::<List>(ctx, args)
}

impl Pops for List {
    type End = End;

    const ENDS: [(&'static str, End); 2] = [("LEFT", End::Head), ("RIGHT", End::Tail)];

    fn command(end: End) -> &'static [u8] {
        match end {
            End::Head => b"LPOP",
            End::Tail => b"RPOP",
        }
    }

    fn pop(
        ctx: &mut Context<'_>,
        key: &[u8],
        end: End,
        count: usize,
        form: Form,
    ) -> Result<Option<usize>, Error> {
        let limits = limits(&ctx.instance.config);
        let reply = &mut ctx.reply;
        let popped = ctx.keys.edit(key, |list: &mut Self| {
            let count = count.min(list.view().len());
            if matches!(form, Form::KeyAndOne | Form::KeyAndSeveral) {
                reply.array(2);
                reply.bulk(key);
            }
            if matches!(form, Form::Several | Form::KeyAndSeveral) {
                reply.array(count);
            }
            list.view().for_each(end, 0, count, |element| reply_element(reply, element));
            let removed = list.discard(end, count);
            list.shrink(&limits);
            Edit::changed(popped_from(end), count, (count, removed))
        })?;
        let Some((count, removed)) = popped else { return Ok(None) };
        removed.into_iter().for_each(|removed| ctx.keys.free_later(removed));
        Ok(Some(count))
    }
}

/// Returns the event of a pop.
const fn popped_from(end: End) -> Event {
    match end {
        End::Head => Event::LPOP,
        End::Tail => Event::RPOP,
    }
}

// ---- move ---------------------------------------------------------------------------------------

pub(super) fn lmove(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (from, to) = (List::end(&args[3])?, List::end(&args[4])?);
    move_or_null(ctx, args, from, to)
}

pub(super) fn rpoplpush(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    move_or_null(ctx, args, End::Tail, End::Head)
}

fn move_or_null(ctx: &mut Context<'_>, args: Args<'_>, from: End, to: End) -> Handled {
    if !move_element(ctx, &args[1], &args[2], from, to)? {
        ctx.reply.null();
    }
    Ok(Outcome::Done)
}

pub(super) fn blmove(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (from, to) = (List::end(&args[3])?, List::end(&args[4])?);
    let until = parse::block_until(&args[5], ctx.now)?;
    if move_element(ctx, &args[1], &args[2], from, to)? {
        return Ok(ctx.instead([b"LMOVE", &args[1], &args[2], &args[3], &args[4]]));
    }
    Ok(wait_to_move(ctx, args, until))
}

pub(super) fn brpoplpush(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let until = parse::block_until(&args[3], ctx.now)?;
    if move_element(ctx, &args[1], &args[2], End::Tail, End::Head)? {
        return Ok(ctx.instead([b"RPOPLPUSH", &args[1], &args[2]]));
    }
    Ok(wait_to_move(ctx, args, until))
}

fn wait_to_move(ctx: &mut Context<'_>, args: Args<'_>, until: Option<UnixMicros>) -> Outcome {
    let wait = Wait {
        keys: vec![args[1].to_vec()],
        database: ctx.keys.database,
        value_type: Type::List,
        needs_key: false,
        request: None,
        // In a transaction the command does not block; the reply is then that of `LMOVE`.
        replies_null: ctx.session().is_in_exec,
    };
    ctx.wait(wait, until)
}

/// Moves an element from an end of a list to an end of another, or of the same one, and replies
/// with it. Returns `false` if the source is missing.
fn move_element(
    ctx: &mut Context<'_>,
    source: &[u8],
    destination: &[u8],
    from: End,
    to: End,
) -> Result<bool, Error> {
    let limits = limits(&ctx.instance.config);
    let Some(record) = ctx.keys.consider(source) else { return Ok(false) };
    let list = record.collection::<List>().ok_or(error::WRONG_TYPE)?;
    let at = if from == End::Head { 0 } else { list.len() - 1 };
    let Some(element) = list.get(at, |element| element.to_vec()) else { return Ok(false) };
    let push = |list: &mut List| {
        list.grow(element.len(), 1, &limits);
        list.push(to, &element);
    };
    let pop = |list: &mut List| drop(list.discard(from, 1));
    if source == destination {
        ctx.keys.edit(source, |list: &mut List| {
            pop(list);
            push(list);
            list.shrink(&limits);
            Edit::changed(pushed(to), 1, ())
        })?;
        ctx.keys.notify(source, popped_from(from));
    } else {
        // The move counts as a single change, that of the source.
        ctx.keys.edit_or_insert(destination, |list: &mut List| {
            push(list);
            Edit::reported(pushed(to), 0, ())
        })?;
        ctx.keys.edit(source, |list: &mut List| {
            pop(list);
            list.shrink(&limits);
            Edit::changed(popped_from(from), 1, ())
        })?;
    }
    ctx.reply.bulk(&element);
    Ok(true)
}
