//! Pops from either end of a sorted set, with or without blocking.

use super::context::{Context, Outcome};
use super::parse;
use super::pop::{self, Form, Pops};
use super::set::reply_member;
use super::sorted_set::reply_members;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::Collection;
use crate::value::listpack::Entry;
use crate::value::sorted_set::SortedSet;

type Handled = Result<Outcome, Error>;

/// The end to pop from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Min,
    Max,
}

pub(super) fn zpopmin(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop_one_key(ctx, args, End::Min)
}

pub(super) fn zpopmax(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop_one_key(ctx, args, End::Max)
}

fn pop_one_key(ctx: &mut Context<'_>, args: Args<'_>, end: End) -> Handled {
    if args.len() > 3 {
        return Err(error::SYNTAX);
    }
    let (count, form) = match args.get(2) {
        None => (1, Form::One),
        Some(count) => (parse::count(count, 0, error::MUST_BE_POSITIVE)?, Form::Several),
    };
    if SortedSet::pop(ctx, &args[1], end, count, form)?.is_none() {
        ctx.reply.array(0);
    }
    Ok(Outcome::Done)
}

pub(super) fn bzpopmin(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::pop_or_wait::<SortedSet>(ctx, args, End::Min)
}

pub(super) fn bzpopmax(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::pop_or_wait::<SortedSet>(ctx, args, End::Max)
}

pub(super) fn zmpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::mpop::<SortedSet>(ctx, args)
}

pub(super) fn bzmpop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    pop::bmpop::<SortedSet>(ctx, args)
}

impl Pops for SortedSet {
    type End = End;

    const ENDS: [(&'static str, End); 2] = [("MIN", End::Min), ("MAX", End::Max)];

    fn command(end: End) -> &'static [u8] {
        match end {
            End::Min => b"ZPOPMIN",
            End::Max => b"ZPOPMAX",
        }
    }

    fn pop(
        ctx: &mut Context<'_>,
        key: &[u8],
        end: End,
        count: usize,
        form: Form,
    ) -> Result<Option<usize>, Error> {
        let reply = &mut ctx.reply;
        let popped = ctx.keys.edit(key, |set: &mut Self| {
            let len = set.view().len();
            let count = count.min(len);
            let (ranks, event) = match end {
                End::Min => (0..count, Event::ZPOP_MIN),
                End::Max => (len - count..len, Event::ZPOP_MAX),
            };
            let members = set.view().range(ranks.clone());
            match end {
                End::Min => reply_popped(reply, key, form, members),
                End::Max => reply_popped(reply, key, form, members.rev()),
            }
            set.remove_range(ranks);
            Edit::changed(event, count, count)
        })?;
        Ok(popped)
    }
}

fn reply_popped<'m>(
    reply: &mut Reply<'_>,
    key: &[u8],
    form: Form,
    members: impl ExactSizeIterator<Item = (f64, Entry<'m>)>,
) {
    match form {
        Form::Several => return reply_members(reply, members, true),
        Form::One => reply.array(2),
        Form::KeyAndOne => {
            reply.array(3);
            reply.bulk(key);
        }
        Form::KeyAndSeveral => {
            reply.array(2);
            reply.bulk(key);
            reply.array(members.len());
        }
    }
    for (score, member) in members {
        if matches!(form, Form::KeyAndSeveral) {
            reply.array(2);
        }
        reply_member(reply, member);
        reply.double(score);
    }
}
