//! Geographic indexes: sorted sets whose scores encode positions. Searches have their own file.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use super::sorted_set::{double, limits};
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::LongDouble;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::geohash::Position;
use crate::value::sorted_set::{SortedSet, Update};

type Handled = Result<Outcome, Error>;

pub(super) fn geoadd(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (mut if_missing, mut if_present, mut counts_changed) = (false, false, false);
    let mut places = args.slice(2..);
    while let Some(word) = places.get(0) {
        *match word.to_ascii_uppercase().as_slice() {
            b"NX" => &mut if_missing,
            b"XX" => &mut if_present,
            b"CH" => &mut counts_changed,
            _ => break,
        } = true;
        places = places.slice(1..);
    }
    let is_complete = !places.is_empty() && places.len().is_multiple_of(3);
    if !is_complete || if_missing && if_present {
        return Err(error::SYNTAX);
    }
    let place = |at: usize| position(&places[at], &places[at + 1]);
    for at in (0..places.len()).step_by(3) {
        place(at)?;
    }
    let limits = limits(ctx);
    let (added, changed) = ctx.keys.edit_or_insert(&args[1], |set: &mut SortedSet| {
        let (mut added, mut changed) = (0, 0);
        for at in (0..places.len()).step_by(3) {
            let update = set.update(&places[at + 2], &limits, |old| {
                let is_wanted = if old.is_some() { !if_missing } else { !if_present };
                Some(place(at).ok()?.score()).filter(|_| is_wanted)
            });
            added += usize::from(update == Update::Added);
            changed += usize::from(update != Update::Unchanged);
        }
        Edit::changed(Event::ZADD, changed, (added, changed))
    })?;
    ctx.reply.count(if counts_changed { changed } else { added });
    let mut effects = ctx.effects();
    if changed > 0 && effects.are_recorded() {
        let mut scores = Vec::new();
        for at in (0..places.len()).step_by(3) {
            scores.push(format!("{}", place(at)?.score()));
        }
        let members = (2..places.len()).step_by(3).map(|at| &places[at]);
        let pairs = scores.iter().map(String::as_bytes).zip(members);
        let options = args.slice(1..args.len() - places.len());
        let head = [&b"zadd"[..]].into_iter().chain(options.iter());
        let all = head.chain(pairs.flat_map(|(score, member)| [score, member]));
        effects.push(&all.collect::<Vec<_>>());
    }
    Ok(Outcome::Instead(effects))
}

pub(super) fn geodist(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len() > 5 {
        return Err(error::SYNTAX);
    }
    let unit_m = args.get(4).map_or(Ok(1.0), unit_m)?;
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    let place = |member| set?.score(member).map(Position::of_score);
    match place(&args[2]).zip(place(&args[3])) {
        Some((from, to)) => reply_distance(&mut ctx.reply, from.distance_m(to) / unit_m),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn geohash(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    ctx.reply.array(args.len() - 2);
    for member in args.slice(2..).iter() {
        match set.and_then(|set| set.score(member)) {
            Some(score) => ctx.reply.bulk(&Position::of_score(score).geohash()),
            None => ctx.reply.null(),
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn geopos(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let set = ctx.keys.read_as::<SortedSet>(&args[1])?;
    ctx.reply.array(args.len() - 2);
    for member in args.slice(2..).iter() {
        match set.and_then(|set| set.score(member)) {
            Some(score) => reply_position(&mut ctx.reply, Position::of_score(score)),
            None => ctx.reply.null_array(),
        }
    }
    Ok(Outcome::Done)
}

/// Parses a position from a longitude and a latitude.
pub(super) fn position(longitude: &[u8], latitude: &[u8]) -> Result<Position, Error> {
    let (longitude, latitude) = (double(longitude)?, double(latitude)?);
    Position::new(longitude, latitude).ok_or_else(|| error::invalid_position(longitude, latitude))
}

/// Returns the length of a distance unit in metres.
pub(super) fn unit_m(name: &[u8]) -> Result<f64, Error> {
    match name {
        unit if parse::is(unit, "M") => Ok(1.0),
        unit if parse::is(unit, "KM") => Ok(1000.0),
        unit if parse::is(unit, "FT") => Ok(0.3048),
        unit if parse::is(unit, "MI") => Ok(1609.34),
        _ => Err(error::GEO_UNIT),
    }
}

/// Replies with a position in full precision.
pub(super) fn reply_position(reply: &mut Reply<'_>, position: Position) {
    reply.array(2);
    for degrees in [position.longitude, position.latitude] {
        reply.long_double(LongDouble::from(degrees));
    }
}

/// Replies with a distance rounded to four decimal places, ties to even.
pub(super) fn reply_distance(reply: &mut Reply<'_>, distance: f64) {
    const DIGITS: usize = 4;
    let mut text = alloc::format!("{:05}", libm::rint(distance * 10_000.0) as i64).into_bytes();
    text.insert(text.len() - DIGITS, b'.');
    reply.bulk(&text);
}
