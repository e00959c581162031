//! Pops from the first existing key of several, with or without blocking: the common part of lists
//! and sorted sets.

use super::context::{Context, Outcome};
use super::parse;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::value::Collection;

type Handled = Result<Outcome, Error>;

/// A type with two ends to pop from.
pub(super) trait Pops: Collection {
    type End: Copy;

    /// The ends and their keywords.
    const ENDS: [(&'static str, Self::End); 2];

    /// Parses the keyword of an end.
    fn end(word: &[u8]) -> Result<Self::End, Error> {
        let named = Self::ENDS.into_iter().find(|(name, _)| parse::is(word, name));
        named.map(|(_, end)| end).ok_or(error::SYNTAX)
    }

    /// Returns the name of the command that pops from an end of a single key.
    fn command(end: Self::End) -> &'static [u8];

    /// Pops up to `count` elements and replies with them. Returns their number; `None` if the key
    /// is missing.
    fn pop(
        ctx: &mut Context<'_>,
        key: &[u8],
        end: Self::End,
        count: usize,
        form: Form,
    ) -> Result<Option<usize>, Error>;
}

/// The reply format of popped elements. An element of a sorted set is a member with its score.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// One element.
    One,
    /// An array of elements.
    Several,
    /// The key and an element.
    KeyAndOne,
    /// The key and an array of elements.
    KeyAndSeveral,
}

/// Implements `BLPOP`, `BZPOPMIN` and similar commands.
pub(super) fn pop_or_wait<C: Pops>(ctx: &mut Context<'_>, args: Args<'_>, end: C::End) -> Handled {
    let last = args.len() - 1;
    let until = parse::block_until(&args[last], ctx.now)?;
    let keys = args.slice(1..last);
    if let Some((key, _)) = pop_first::<C>(ctx, keys, end, 1, Form::KeyAndOne)? {
        return Ok(ctx.instead([C::command(end), key]));
    }
    Ok(ctx.wait_for(keys.iter(), C::TYPE, until))
}

/// Implements `LMPOP` and `ZMPOP`.
pub(super) fn mpop<C: Pops>(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let Request { keys, end, count } = Request::parse::<C>(args, 1)?;
    let popped = pop_first::<C>(ctx, keys, end, count, Form::KeyAndSeveral)?;
    if popped.is_none() {
        ctx.reply.null_array();
    }
    Ok(popped.map_or(Outcome::Done, |popped| popped_several::<C>(ctx, end, popped)))
}

/// Implements `BLMPOP` and `BZMPOP`.
pub(super) fn bmpop<C: Pops>(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let Request { keys, end, count } = Request::parse::<C>(args, 2)?;
    let until = parse::block_until(&args[1], ctx.now)?;
    if let Some(popped) = pop_first::<C>(ctx, keys, end, count, Form::KeyAndSeveral)? {
        return Ok(popped_several::<C>(ctx, end, popped));
    }
    Ok(ctx.wait_for(keys.iter(), C::TYPE, until))
}

/// Pops from the first key of `keys` that exists. Returns that key and the number of popped
/// elements.
fn pop_first<'k, C: Pops>(
    ctx: &mut Context<'_>,
    keys: Args<'k>,
    end: C::End,
    count: usize,
    form: Form,
) -> Result<Option<(&'k [u8], usize)>, Error> {
    for key in keys.iter() {
        if let Some(popped) = C::pop(ctx, key, end, count, form)? {
            return Ok(Some((key, popped)));
        }
    }
    Ok(None)
}

/// Returns the outcome of a command that has popped several elements of a key.
fn popped_several<C: Pops>(
    ctx: &Context<'_>,
    end: C::End,
    (key, popped): (&[u8], usize),
) -> Outcome {
    ctx.instead([C::command(end), key, itoa::Buffer::new().format(popped).as_bytes()])
}

/// A request for up to `count` elements from one end of the first existing key.
struct Request<'a, E> {
    keys: Args<'a>,
    end: E,
    count: usize,
}

impl<'a, E> Request<'a, E> {
    /// Parses the arguments, starting with the number of keys at `at`.
    fn parse<C: Pops<End = E>>(args: Args<'a>, at: usize) -> Result<Self, Error> {
        let keys = parse::count(&args[at], 1, error::NUMKEYS_NOT_POSITIVE)?;
        let end_at = keys.checked_add(at + 1).filter(|end_at| *end_at < args.len());
        let end_at = end_at.ok_or(error::SYNTAX)?;
        let end = C::end(&args[end_at])?;
        let mut count = 1;
        if let Some(word) = args.get(end_at + 1) {
            let value = args.get(end_at + 2).filter(|_| parse::is(word, "COUNT"));
            count = parse::count(value.ok_or(error::SYNTAX)?, 1, error::COUNT_NOT_POSITIVE)?;
        }
        if args.len() > end_at + 3 {
            return Err(error::SYNTAX);
        }
        Ok(Self { keys: args.slice(at + 1..end_at), end, count })
    }
}
