//! Ranges of sorted sets by rank, by score or by member: read, counted, stored and removed.

use core::ops::{Bound, Range};

use super::context::{Context, Outcome};
use super::parse;
use super::sorted_set::{limits, reply_members};
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::parse_bound;
use crate::resp::args::Args;
use crate::value::Collection;
use crate::value::sorted_set::{Iter, SortedSet, SortedSetRef};

type Handled = Result<Outcome, Error>;

/// A range of members.
#[derive(Clone, Copy)]
enum Span<'a> {
    /// From one rank to another; negative ranks count from the end.
    Ranks(i64, i64),
    /// Between two scores.
    Scores(Bound<f64>, Bound<f64>),
    /// Between two members; `None` for an empty range whose bounds are reversed.
    Members(Option<LexRange<'a>>),
}

type LexRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// The criterion of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Lex,
}

impl<'a> Span<'a> {
    fn parse(by: By, min: &'a [u8], max: &'a [u8]) -> Result<Self, Error> {
        Ok(match by {
            By::Rank => Self::Ranks(parse::integer(min)?, parse::integer(max)?),
            By::Score => Self::Scores(score_bound(min)?, score_bound(max)?),
            By::Lex => {
                let (min, max) = (lex_bound(min)?, lex_bound(max)?);
                let is_upside_down = min == LexBound::Highest || max == LexBound::Lowest;
                Self::Members((!is_upside_down).then_some((min.into(), max.into())))
            }
        })
    }

    /// Returns the ranks of the members in the range. If `reversed`, a range by rank counts from
    /// the end.
    fn ranks(self, set: SortedSetRef<'_>, reversed: bool) -> Range<usize> {
        match self {
            Self::Ranks(start, stop) => {
                let len = set.len() as i64;
                let from_start = |at: i64| if at < 0 { at.saturating_add(len) } else { at };
                let start = from_start(start).max(0);
                let stop = from_start(stop).min(len - 1);
                if start > stop {
                    return 0..0;
                }
                let (start, stop) = (start as usize, stop as usize);
                if reversed { set.len() - 1 - stop..set.len() - start } else { start..stop + 1 }
            }
            Self::Scores(min, max) => set.ranks_by_score(min, max),
            Self::Members(Some((min, max))) => set.ranks_by_lex(min, max),
            Self::Members(None) => 0..0,
        }
    }
}

/// Parses a score, or `(` and a score for an exclusive bound.
fn score_bound(arg: &[u8]) -> Result<Bound<f64>, Error> {
    let bound = match arg {
        [b'(', score @ ..] => parse_bound(score).map(Bound::Excluded),
        score => parse_bound(score).map(Bound::Included),
    };
    bound.ok_or(error::SCORE_RANGE)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LexBound<'a> {
    Lowest,
    Highest,
    Included(&'a [u8]),
    Excluded(&'a [u8]),
}

/// Parses `-`, `+`, `[member` or `(member`.
fn lex_bound(arg: &[u8]) -> Result<LexBound<'_>, Error> {
    match arg {
        // Redis compares these as C strings, which a NUL ends.
        [b'-'] | [b'-', 0, ..] => Ok(LexBound::Lowest),
        [b'+'] | [b'+', 0, ..] => Ok(LexBound::Highest),
        [b'[', member @ ..] => Ok(LexBound::Included(member)),
        [b'(', member @ ..] => Ok(LexBound::Excluded(member)),
        _ => Err(error::LEX_RANGE),
    }
}

impl<'a> From<LexBound<'a>> for Bound<&'a [u8]> {
    fn from(bound: LexBound<'a>) -> Self {
        match bound {
            LexBound::Lowest | LexBound::Highest => Self::Unbounded,
            LexBound::Included(member) => Self::Included(member),
            LexBound::Excluded(member) => Self::Excluded(member),
        }
    }
}

/// The parsed arguments of a command of the `ZRANGE` family.
struct Query<'a> {
    span: Span<'a>,
    reversed: bool,
    with_scores: bool,
    /// The number of members to skip, and the number to return after them. Negative numbers skip
    /// all and return all.
    limit: (i64, i64),
}

/// The options that the command's name implies, which cannot be given again.
#[derive(Clone, Copy, Default)]
struct Form {
    by: Option<By>,
    reversed: Option<bool>,
    stores: bool,
}

impl<'a> Query<'a> {
    /// Parses the arguments from `at`, after the key.
    fn parse(args: Args<'a>, at: usize, form: Form) -> Result<Self, Error> {
        let (mut by, mut reversed, mut with_scores, mut limit) =
            (form.by, form.reversed, false, (0, -1));
        let mut option = at + 2;
        while let Some(word) = args.get(option) {
            if !form.stores && parse::is(word, "WITHSCORES") {
                with_scores = true;
            } else if parse::is(word, "LIMIT") && option + 2 < args.len() {
                limit = (parse::integer(&args[option + 1])?, parse::integer(&args[option + 2])?);
                option += 2;
            } else if reversed.is_none() && parse::is(word, "REV") {
                reversed = Some(true);
            } else if by.is_none() && parse::is(word, "BYLEX") {
                by = Some(By::Lex);
            } else if by.is_none() && parse::is(word, "BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(error::SYNTAX);
            }
            option += 1;
        }
        let (by, reversed) = (by.unwrap_or(By::Rank), reversed.unwrap_or(false));
        if limit.1 != -1 && by == By::Rank {
            return Err(error::LIMIT_BY_RANK);
        }
        if with_scores && by == By::Lex {
            return Err(error::WITHSCORES_BY_LEX);
        }
        let bound = |at| args.get(at).ok_or(error::SYNTAX);
        let (start, stop) = (bound(at)?, bound(at + 1)?);
        // In reverse order, the upper bound comes first.
        let span = if reversed && by != By::Rank {
            Span::parse(by, stop, start)?
        } else {
            Span::parse(by, start, stop)?
        };
        let limit = if by == By::Rank { (0, -1) } else { limit };
        Ok(Self { span, reversed, with_scores, limit })
    }

    /// Returns the ranks of the selected members.
    fn ranks(&self, set: SortedSetRef<'_>) -> Range<usize> {
        let all = self.span.ranks(set, self.reversed);
        let skipped = usize::try_from(self.limit.0).unwrap_or(usize::MAX).min(all.len());
        let most = usize::try_from(self.limit.1).unwrap_or(usize::MAX);
        let count = most.min(all.len() - skipped);
        let start = if self.reversed { all.end - skipped - count } else { all.start + skipped };
        start..start + count
    }
}

// ---- read ---------------------------------------------------------------------------------------

pub(super) fn zrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    read(ctx, args, Form::default())
}

pub(super) fn zrangebyscore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    read(ctx, args, Form { by: Some(By::Score), reversed: Some(false), stores: false })
}

pub(super) fn zrangebylex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    read(ctx, args, Form { by: Some(By::Lex), reversed: Some(false), stores: false })
}

pub(super) fn zrevrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    read(ctx, args, Form { by: Some(By::Rank), reversed: Some(true), stores: false })
}

pub(super) fn zrevrangebyscore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    read(ctx, args, Form { by: Some(By::Score), reversed: Some(true), stores: false })
}

pub(super) fn zrevrangebylex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    read(ctx, args, Form { by: Some(By::Lex), reversed: Some(true), stores: false })
}

fn read(ctx: &mut Context<'_>, args: Args<'_>, form: Form) -> Handled {
    let query = Query::parse(args, 2, form)?;
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    let set = set.unwrap_or(SortedSetRef::EMPTY);
    let members = set.range(query.ranks(set));
    if query.reversed {
        reply_members(&mut ctx.reply, members.rev(), query.with_scores);
    } else {
        reply_members(&mut ctx.reply, members, query.with_scores);
    }
    Ok(Outcome::Done)
}

pub(super) fn zcount(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    count(ctx, args, By::Score)
}

pub(super) fn zlexcount(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    count(ctx, args, By::Lex)
}

fn count(ctx: &mut Context<'_>, args: Args<'_>, by: By) -> Handled {
    let span = Span::parse(by, &args[2], &args[3])?;
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    let count = set.map_or(0, |set| span.ranks(set, false).len());
    ctx.reply.count(count);
    Ok(Outcome::Done)
}

// ---- store and remove ---------------------------------------------------------------------------

pub(super) fn zrangestore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let query = Query::parse(args, 3, Form { stores: true, ..Form::default() })?;
    let limits = limits(ctx);
    let set = ctx.keys.read_as::<SortedSet>(&args[2])?.unwrap_or(SortedSetRef::EMPTY);
    let members: Iter<'_> = set.range(query.ranks(set));
    let len = members.len();
    let mut stored = SortedSet::default();
    for (score, member) in members {
        stored.insert(member.text(&mut itoa::Buffer::new()), score, &limits);
    }
    let value = (len > 0).then(|| stored.into_value());
    ctx.keys.store(&args[1], value, Event::ZRANGE_STORE);
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn zremrangebyrank(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    remove(ctx, args, By::Rank, Event::ZREM_RANGE_BY_RANK)
}

pub(super) fn zremrangebyscore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    remove(ctx, args, By::Score, Event::ZREM_RANGE_BY_SCORE)
}

pub(super) fn zremrangebylex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    remove(ctx, args, By::Lex, Event::ZREM_RANGE_BY_LEX)
}

fn remove(ctx: &mut Context<'_>, args: Args<'_>, by: By, event: Event) -> Handled {
    let span = Span::parse(by, &args[2], &args[3])?;
    let removed = ctx.keys.edit(&args[1], |set: &mut SortedSet| {
        let ranks = span.ranks(set.view(), false);
        let removed = ranks.len();
        set.remove_range(ranks);
        Edit::changed(event, removed, removed)
    })?;
    ctx.reply.count(removed.unwrap_or(0));
    Ok(Outcome::Done)
}
