//! Unions, intersections and differences of sorted sets and sets. Members of sets have the score 1.

use crate::sort;
use alloc::vec;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use super::sorted_set::{limits, reply_members};
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::parse_f64;
use crate::resp::args::Args;
use crate::value::listpack::Entry;
use crate::value::record::Record;
use crate::value::set::{Set, SetRef};
use crate::value::sorted_set::{Gathering, SortedSet, SortedSetRef};
use crate::value::{Collection, Type};

type Handled = Result<Outcome, Error>;

/// The aggregation of the scores of a member in several sets.
#[derive(Clone, Copy)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn parse(word: &[u8]) -> Result<Self, Error> {
        match word {
            word if parse::is(word, "SUM") => Ok(Self::Sum),
            word if parse::is(word, "MIN") => Ok(Self::Min),
            word if parse::is(word, "MAX") => Ok(Self::Max),
            _ => Err(error::SYNTAX),
        }
    }

    fn combine(self, score: f64, other: f64) -> f64 {
        match self {
            Self::Sum => number_or_zero(score + other),
            Self::Min => {
                if other < score {
                    other
                } else {
                    score
                }
            }
            Self::Max => {
                if other > score {
                    other
                } else {
                    score
                }
            }
        }
    }
}

/// Converts NaN to zero: the sum of opposite infinities and zero times infinity are zero.
fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// The operation on the sets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// The destination of the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Replies with the members.
    Reply,
    /// Replies with the number of members.
    Length,
    /// Stores the result at the key that is the first argument.
    Store(Event),
}

/// The options after the keys.
struct Options {
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    /// The count at which to stop.
    limit: usize,
}

impl Options {
    fn parse(
        args: Args<'_>,
        keys: usize,
        operation: Operation,
        target: Target,
    ) -> Result<Self, Error> {
        let combines = operation != Operation::Difference && target != Target::Length;
        let mut options = Self {
            weights: vec![1.0; keys],
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: usize::MAX,
        };
        let mut at = 0;
        while let Some(word) = args.get(at) {
            let left = args.len() - at;
            if combines && left > keys && parse::is(word, "WEIGHTS") {
                let weights = args.slice(at + 1..=at + keys);
                let weights = weights.iter().map(parse_f64).collect::<Option<_>>();
                options.weights = weights.ok_or(error::WEIGHT_NOT_A_FLOAT)?;
                at += 1 + keys;
            } else if combines && left >= 2 && parse::is(word, "AGGREGATE") {
                options.aggregate = Aggregate::parse(&args[at + 1])?;
                at += 2;
            } else if target == Target::Reply && parse::is(word, "WITHSCORES") {
                options.with_scores = true;
                at += 1;
            } else if target == Target::Length && left >= 2 && parse::is(word, "LIMIT") {
                options.limit = parse::count(&args[at + 1], 0, error::LIMIT_NEGATIVE)?;
                at += 2;
            } else {
                return Err(error::SYNTAX);
            }
        }
        if options.limit == 0 {
            options.limit = usize::MAX;
        }
        Ok(options)
    }
}

/// An operand: a sorted set or a set, with the weight of its scores.
#[derive(Clone, Copy)]
struct Source<'a> {
    members: Members<'a>,
    weight: f64,
}

#[derive(Clone, Copy)]
enum Members<'a> {
    SortedSet(SortedSetRef<'a>),
    Set(SetRef<'a>),
}

impl<'a> Source<'a> {
    fn new(record: Option<&'a Record>, weight: f64) -> Self {
        let set = record.and_then(Record::collection::<Set>).map(Members::Set);
        let sorted_set = || record.and_then(Record::collection::<SortedSet>);
        let members =
            set.unwrap_or_else(|| Members::SortedSet(sorted_set().unwrap_or(SortedSetRef::EMPTY)));
        Self { members, weight }
    }

    fn len(self) -> usize {
        match self.members {
            Members::SortedSet(set) => set.len(),
            Members::Set(set) => set.len(),
        }
    }

    /// Returns the weighted score of a member.
    fn score(self, member: &[u8]) -> Option<f64> {
        let score = match self.members {
            Members::SortedSet(set) => set.score(member),
            Members::Set(set) => set.contains(Entry::Bytes(member)).then_some(1.0),
        };
        score.map(|score| score * self.weight)
    }

    /// Calls `visit` with each member and its weighted score, until it returns `false`.
    fn for_each(self, mut visit: impl FnMut(f64, &[u8]) -> bool) {
        let mut digits = itoa::Buffer::new();
        let mut visit = |(score, member): (f64, Entry<'_>)| {
            visit(number_or_zero(score * self.weight), member.text(&mut digits))
        };
        match self.members {
            Members::SortedSet(set) => set.iter().all(&mut visit),
            Members::Set(set) => set.iter().all(|member| visit((1.0, member))),
        };
    }
}

pub(super) fn zunion(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Union, Target::Reply)
}

pub(super) fn zinter(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Intersection, Target::Reply)
}

pub(super) fn zdiff(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Difference, Target::Reply)
}

pub(super) fn zintercard(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Intersection, Target::Length)
}

pub(super) fn zunionstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Union, Target::Store(Event::ZUNION_STORE))
}

pub(super) fn zinterstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Intersection, Target::Store(Event::ZINTER_STORE))
}

pub(super) fn zdiffstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    run(ctx, args, Operation::Difference, Target::Store(Event::ZDIFF_STORE))
}

fn run(ctx: &mut Context<'_>, args: Args<'_>, operation: Operation, target: Target) -> Handled {
    let count_at = if matches!(target, Target::Store(_)) { 2 } else { 1 };
    let count = parse::integer(&args[count_at])?;
    if count < 1 {
        return Err(error::no_input_keys(ctx.command.spec.name));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count > args.len() - count_at - 1 {
        return Err(error::SYNTAX);
    }
    let keys = args.slice(count_at + 1..=count_at + count);
    for key in keys.iter() {
        let held = ctx.keys.read(key).map(|record| record.value_type());
        if held.is_some_and(|held| !matches!(held, Type::SortedSet | Type::Set)) {
            return Err(error::WRONG_TYPE);
        }
    }
    let options = Options::parse(args.slice(count_at + 1 + count..), count, operation, target)?;
    let limits = limits(ctx);

    let (now, database) = (ctx.keys.now_ms(), &ctx.keys.dataset.keyspace[ctx.keys.database]);
    let live = |key| database.find(key).filter(|record| !record.is_expired(now));
    let mut sources: Vec<_> = keys
        .iter()
        .zip(&options.weights)
        .map(|(key, weight)| Source::new(live(key), *weight))
        .collect();
    if operation != Operation::Difference {
        sort::stable_by(&mut sources, |one, other| one.len().cmp(&other.len()));
    }
    if target == Target::Length {
        let mut len = 0;
        intersect(&sources, options.aggregate, |_, _| {
            len += 1;
            len < options.limit
        });
        ctx.reply.count(len);
        return Ok(Outcome::Done);
    }
    let mut result = Gathering::new(limits);
    match operation {
        Operation::Union => {
            for source in sources {
                source.for_each(|score, member| {
                    result.add(member, score, |old, new| options.aggregate.combine(old, new));
                    true
                });
            }
        }
        Operation::Intersection => intersect(&sources, options.aggregate, |score, member| {
            result.add(member, score, |_, new| new);
            true
        }),
        Operation::Difference => subtract(&sources, |score, member| {
            result.add(member, score, |_, new| new);
        }),
    }

    if let Target::Store(event) = target {
        let len = result.len();
        let value = (len > 0).then(|| result.into_sorted_set().into_value());
        ctx.keys.store(&args[1], value, event);
        ctx.reply.count(len);
    } else {
        let result = result.into_large();
        let members = SortedSetRef::Large(&result).iter();
        reply_members(&mut ctx.reply, members, options.with_scores);
    }
    Ok(Outcome::Done)
}

/// Visits the members that all sets have in common, until `visit` returns `false`. The first set is
/// the smallest.
fn intersect(
    sources: &[Source<'_>],
    aggregate: Aggregate,
    mut visit: impl FnMut(f64, &[u8]) -> bool,
) {
    let Some((first, others)) = sources.split_first() else { return };
    first.for_each(|score, member| {
        let combined = others
            .iter()
            .try_fold(score, |score, other| Some(aggregate.combine(score, other.score(member)?)));
        combined.is_none_or(|score| visit(score, member))
    });
}

/// Visits the members of the first set that none of the others has.
fn subtract(sources: &[Source<'_>], mut visit: impl FnMut(f64, &[u8])) {
    let Some((first, others)) = sources.split_first() else { return };
    first.for_each(|score, member| {
        if others.iter().all(|other| other.score(member).is_none()) {
            visit(score, member);
        }
        true
    });
}
