//! Sorted sets: commands for single members, and scans. Ranges, pops and set algebra have their own
//! files.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use super::scan;
use super::set::reply_member;
use crate::config::Config;
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::{NumberText, parse_f64};
use crate::random::{Random, Seed};
use crate::resp::args::Args;
use crate::resp::reply::{Protocol, Reply};
use crate::value::listpack::Entry;
use crate::value::sorted_set::{SortedSet, SortedSetLimits, SortedSetRef, Update};

type Handled = Result<Outcome, Error>;

/// Returns the thresholds of the compact encodings.
pub(super) fn limits(ctx: &Context<'_>) -> SortedSetLimits {
    limits_of(&ctx.instance.config, ctx.keys.dataset.keyspace.seed())
}

pub(super) fn limits_of(config: &Config, seed: Seed) -> SortedSetLimits {
    SortedSetLimits {
        listpack_entries: usize::try_from(config.zset_max_listpack_entries).unwrap_or(usize::MAX),
        listpack_value_bytes: usize::try_from(config.zset_max_listpack_value).unwrap_or(usize::MAX),
        seed,
    }
}

/// Parses a score, or another double.
pub(super) fn double(arg: &[u8]) -> Result<f64, Error> {
    parse_f64(arg).ok_or(error::NOT_A_FLOAT)
}

/// Replies with members, and with their scores on request: as pairs in RESP3, flat in RESP2.
pub(super) fn reply_members<'m>(
    reply: &mut Reply<'_>,
    members: impl ExactSizeIterator<Item = (f64, Entry<'m>)>,
    with_scores: bool,
) {
    let nests = with_scores && reply.protocol() == Protocol::Resp3;
    reply.array(members.len() * if with_scores && !nests { 2 } else { 1 });
    for (score, member) in members {
        if nests {
            reply.array(2);
        }
        reply_member(reply, member);
        if with_scores {
            reply.double(score);
        }
    }
}

// ---- add ----------------------------------------------------------------------------------------

/// The options of `ZADD`.
#[derive(Clone, Copy, Default)]
struct Options {
    if_missing: bool,
    if_present: bool,
    if_greater: bool,
    if_less: bool,
    counts_changed: bool,
    increments: bool,
}

impl Options {
    /// Parses the options. Returns them and the index of the first score.
    fn parse(args: Args<'_>) -> Result<(Self, usize), Error> {
        let mut options = Self::default();
        let mut at = 2;
        while let Some(word) = args.get(at) {
            let option = match word.len() {
                2 if parse::is(word, "NX") => &mut options.if_missing,
                2 if parse::is(word, "XX") => &mut options.if_present,
                2 if parse::is(word, "GT") => &mut options.if_greater,
                2 if parse::is(word, "LT") => &mut options.if_less,
                2 if parse::is(word, "CH") => &mut options.counts_changed,
                4 if parse::is(word, "INCR") => &mut options.increments,
                _ => break,
            };
            *option = true;
            at += 1;
        }
        let pairs = args.len() - at;
        if pairs == 0 || !pairs.is_multiple_of(2) {
            return Err(error::SYNTAX);
        }
        if options.if_missing && options.if_present {
            return Err(error::ZADD_XX_NX);
        }
        let exclusive = [options.if_greater, options.if_less, options.if_missing];
        if exclusive.into_iter().filter(|is_set| *is_set).count() > 1 {
            return Err(error::ZADD_GT_LT_NX);
        }
        if options.increments && pairs > 2 {
            return Err(error::ZADD_INCR_PAIRS);
        }
        Ok((options, at))
    }

    /// Returns the new score of a member whose score is `old`; `None` if the options prevent the
    /// change.
    fn score(self, old: Option<f64>, given: f64) -> Result<Option<f64>, Error> {
        let Some(old) = old else { return Ok((!self.if_present).then_some(given)) };
        if self.if_missing {
            return Ok(None);
        }
        let new = if self.increments { old + given } else { given };
        if new.is_nan() {
            return Err(error::SCORE_NAN);
        }
        let is_kept = self.if_greater && new <= old || self.if_less && new >= old;
        Ok((!is_kept).then_some(new))
    }
}

pub(super) fn zadd(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (options, from) = Options::parse(args)?;
    let pairs = args.slice(from..);
    if options.increments {
        return increment(ctx, &args[1], options, &pairs[0], &pairs[1]);
    }
    for score in pairs.iter().step_by(2) {
        double(score)?;
    }
    let limits = limits(ctx);
    let (added, rescored) = ctx.keys.edit_or_insert(&args[1], |set: &mut SortedSet| {
        let (mut added, mut rescored) = (0, 0);
        for at in (0..pairs.len()).step_by(2) {
            let update = set.update(&pairs[at + 1], &limits, |old| {
                options.score(old, parse_f64(&pairs[at])?).unwrap_or(None)
            });
            match update {
                Update::Added => added += 1,
                Update::Rescored => rescored += 1,
                Update::Unchanged => {}
            }
        }
        Edit::changed(Event::ZADD, added + rescored, (added, rescored))
    })?;
    ctx.reply.count(if options.counts_changed { added + rescored } else { added });
    Ok(Outcome::Done)
}

pub(super) fn zincrby(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options { increments: true, ..Options::default() };
    increment(ctx, &args[1], options, &args[2], &args[3])
}

/// Increments the score of a member and replies with the sum; with null if the options prevent the
/// change.
fn increment(
    ctx: &mut Context<'_>,
    key: &[u8],
    options: Options,
    by: &[u8],
    member: &[u8],
) -> Handled {
    let (by, limits) = (double(by)?, limits(ctx));
    let score = ctx.keys.edit_or_insert(key, |set: &mut SortedSet| {
        let mut result = Ok(None);
        let update = set.update(member, &limits, |old| {
            result = options.score(old, by);
            result.clone().unwrap_or(None)
        });
        Edit::changed(Event::ZINCR, usize::from(update != Update::Unchanged), result)
    })??;
    match score {
        Some(score) => ctx.reply.double(score),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn zrem(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let removed = ctx.keys.edit(&args[1], |set: &mut SortedSet| {
        let members = args.slice(2..);
        let removed = members.iter().filter(|member| set.remove(member).is_some()).count();
        Edit::changed(Event::ZREM, removed, removed)
    })?;
    ctx.reply.count(removed.unwrap_or(0));
    Ok(Outcome::Done)
}

// ---- read ---------------------------------------------------------------------------------------

pub(super) fn zcard(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let len = ctx.keys.read_as::<SortedSet>(&args[1])?.map_or(0, SortedSetRef::len);
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn zscore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    reply_score(&mut ctx.reply, set, &args[2]);
    Ok(Outcome::Done)
}

pub(super) fn zmscore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    ctx.reply.array(args.len() - 2);
    for member in args.iter().skip(2) {
        reply_score(&mut ctx.reply, set, member);
    }
    Ok(Outcome::Done)
}

fn reply_score(reply: &mut Reply<'_>, set: Option<SortedSetRef<'_>>, member: &[u8]) {
    match set.and_then(|set| set.score(member)) {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}

pub(super) fn zrank(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    rank(ctx, args, |rank, _| rank)
}

pub(super) fn zrevrank(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    rank(ctx, args, |rank, len| len - 1 - rank)
}

fn rank(ctx: &mut Context<'_>, args: Args<'_>, counted: fn(usize, usize) -> usize) -> Handled {
    let with_score = match args.get(3) {
        None => false,
        Some(_) if args.len() > 4 => return Err(error::wrong_arity(ctx.command.spec.name)),
        Some(word) if parse::is(word, "WITHSCORE") => true,
        Some(_) => return Err(error::SYNTAX),
    };
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    let found = set.and_then(|set| Some((set.rank(&args[2])?, set.len())));
    let reply = &mut ctx.reply;
    match found {
        Some(((rank, score), len)) => {
            if with_score {
                reply.array(2);
            }
            reply.count(counted(rank, len));
            if with_score {
                reply.double(score);
            }
        }
        None if with_score => reply.null_array(),
        None => reply.null(),
    }
    Ok(Outcome::Done)
}

// ---- random members and scans -------------------------------------------------------------------

pub(super) fn zrandmember(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = args.get(2).map(parse::integer).transpose()?;
    if count == Some(i64::MIN) {
        return Err(error::COUNT_TOO_LOW);
    }
    let with_scores = args.get(3).is_some_and(|word| parse::is(word, "WITHSCORES"));
    if args.len() > 4 || args.len() == 4 && !with_scores {
        return Err(error::SYNTAX);
    }
    if with_scores && count.is_some_and(|count| count.unsigned_abs() > i64::MAX as u64 / 2) {
        return Err(error::OUT_OF_RANGE);
    }
    // A separate generator, since that of the keys is borrowed with them.
    let mut random = Random::new(Seed(ctx.keys.dataset.random.next_u64()));
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    let reply = &mut ctx.reply;
    match (set, count) {
        (None, None) => reply.null(),
        (Some(set), None) => {
            if let Some((_, member)) = set.random(&mut random) {
                reply_member(reply, member);
            }
        }
        (None, Some(_)) => reply.array(0),
        (Some(set), Some(count)) => {
            let wanted = parse::draws(count)?;
            if count < 0 {
                let draws = core::iter::repeat_with(|| set.random(&mut random));
                let nests = with_scores && reply.protocol() == Protocol::Resp3;
                reply.array(wanted * if with_scores && !nests { 2 } else { 1 });
                for (score, member) in draws.take(wanted).flatten() {
                    if nests {
                        reply.array(2);
                    }
                    reply_member(reply, member);
                    if with_scores {
                        reply.double(score);
                    }
                    if reply.proceed().is_break() {
                        break;
                    }
                }
            } else {
                let ranks = distinct_ranks(&mut random, wanted.min(set.len()), set.len());
                let members = ranks.iter().filter_map(|&rank| set.at(rank)).collect::<Vec<_>>();
                reply_members(reply, members.into_iter(), with_scores);
            }
        }
    }
    Ok(Outcome::Done)
}

/// Returns `count` distinct random numbers below `len`. Every selection in every order is equally
/// likely.
fn distinct_ranks(random: &mut Random, count: usize, len: usize) -> Vec<usize> {
    // Floyd's algorithm draws one number per rank, regardless of `len`. The ranks are kept sorted
    // for lookups.
    let mut chosen = Vec::with_capacity(count);
    if count * 3 > len {
        // With so many ranks, selection sampling is cheaper.
        let mut left = count;
        for rank in 0..len {
            if random.below(len - rank) < left {
                chosen.push(rank);
                left -= 1;
            }
        }
    } else {
        let mut seen = alloc::collections::BTreeSet::new();
        for last in len - count..len {
            let drawn = random.below(last + 1);
            let rank = if seen.insert(drawn) { drawn } else { last };
            seen.insert(rank);
            chosen.push(rank);
        }
    }
    for last in (1..chosen.len()).rev() {
        chosen.swap(last, random.below(last + 1));
    }
    chosen
}

pub(super) fn zscan(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let cursor = scan::cursor(&args[2])?;
    let Some(set) = ctx.keys.read_as::<SortedSet>(&args[1])? else {
        scan::reply_nothing(&mut ctx.reply);
        return Ok(Outcome::Done);
    };
    let options = scan::Options::read(args.slice(3..), scan::Scope::Members)?;
    // Redis formats the scores of its dictionary encoding with all digits.
    let text = match set {
        SortedSetRef::Listpack(_) => NumberText::from,
        SortedSetRef::Large(_) => NumberText::with_all_digits,
    };
    let mut found = Vec::new();
    let next = options.walk(cursor, |cursor| {
        let before = found.len();
        let next = set.scan(cursor, &mut |score, member| found.push((member.to_vec(), score)));
        (next, (found.len() - before) as i64)
    });
    found.retain(|(member, _)| options.matches(member));
    scan::reply_cursor(&mut ctx.reply, next);
    ctx.reply.array(2 * found.len());
    for (member, score) in &found {
        ctx.reply.bulk(member);
        ctx.reply.bulk(&text(*score));
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ranks_are_distinct_and_uniformly_distributed() {
        let mut random = Random::new(Seed(1));
        for (count, len) in [(0, 5), (1, 5), (2, 40), (3, 5), (5, 5), (30, 40)] {
            let mut draws = alloc::vec![0_u32; len];
            let mut firsts = alloc::vec![0_u32; len];
            const ROUNDS: u32 = 20_000;
            for _ in 0..ROUNDS {
                let ranks = distinct_ranks(&mut random, count, len);
                assert_eq!(ranks.len(), count);
                ranks.iter().for_each(|&rank| draws[rank] += 1);
                ranks.first().into_iter().for_each(|&rank| firsts[rank] += 1);
            }
            let expected = f64::from(ROUNDS) * count as f64 / len as f64;
            let near = |drawn: u32, expected: f64| {
                (f64::from(drawn) - expected).abs() <= 6.0 * expected.sqrt().max(1.0)
            };
            assert!(draws.iter().all(|&drawn| near(drawn, expected)), "{draws:?}");
            let first = if count == 0 { 0.0 } else { f64::from(ROUNDS) / len as f64 };
            assert!(firsts.iter().all(|&drawn| near(drawn, first)), "{firsts:?}");
        }
    }
}
