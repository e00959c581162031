//! `GEOSEARCH` and its predecessors: finds the members of a geographic index within an area.

use crate::sort;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::context::{Context, Outcome};
use super::geo::{position, reply_distance, reply_position, unit_m};
use super::parse;
use super::set::reply_member;
use super::sorted_set::limits;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::parse_f64;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::value::Collection;
use crate::value::geohash::{Area, Position, Shape};
use crate::value::listpack::Entry;
use crate::value::sorted_set::{Gathering, SortedSet, SortedSetRef};

type Handled = Result<Outcome, Error>;

/// The search commands, classified by their leading arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A key, a longitude, a latitude, a radius.
    Radius { may_store: bool },
    /// A key, a member, a radius.
    RadiusByMember { may_store: bool },
    /// A key; an option selects the area.
    Search,
    /// A destination, then the arguments of `Search`.
    SearchStore,
}

pub(super) fn georadius(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    search(ctx, args, Form::Radius { may_store: true })
}

pub(super) fn georadius_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    search(ctx, args, Form::Radius { may_store: false })
}

pub(super) fn georadiusbymember(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    search(ctx, args, Form::RadiusByMember { may_store: true })
}

pub(super) fn georadiusbymember_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    search(ctx, args, Form::RadiusByMember { may_store: false })
}

pub(super) fn geosearch(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    search(ctx, args, Form::Search)
}

pub(super) fn geosearchstore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    search(ctx, args, Form::SearchStore)
}

/// The parsed arguments.
#[derive(Default)]
struct Request<'a> {
    center: Center,
    shape: Option<(Shape, f64)>,
    /// The order of the result, by distance.
    order: Option<Order>,
    /// The maximum number of results; `None` for all.
    count: Option<usize>,
    /// Set if any `count` matches suffice, not only the nearest.
    any: bool,
    shows: Shown,
    destination: Option<&'a [u8]>,
    stores_distance: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Asc,
    Desc,
}

/// The centre of the area.
#[derive(Clone, Copy, Default, PartialEq)]
enum Center {
    #[default]
    Unsaid,
    At(Position),
    /// The position of a member; `None` if the key is missing.
    Member(Option<Position>),
}

/// The details to reply with each member.
#[derive(Clone, Copy, Default)]
struct Shown {
    distance: bool,
    hash: bool,
    position: bool,
}

impl Form {
    const fn is_search(self) -> bool {
        matches!(self, Self::Search | Self::SearchStore)
    }

    const fn may_store(self) -> bool {
        matches!(self, Self::Radius { may_store: true } | Self::RadiusByMember { may_store: true })
    }
}

impl<'a> Request<'a> {
    /// Parses the arguments. `set` is the value of the key.
    fn parse(args: Args<'a>, form: Form, set: Option<SortedSetRef<'_>>) -> Result<Self, Error> {
        let mut request = Self::default();
        let mut rest = match form {
            Form::Radius { .. } => {
                request.center = Center::At(position(&args[2], &args[3])?);
                request.shape = Some(circle(&args[4], &args[5])?);
                args.slice(6..)
            }
            Form::RadiusByMember { .. } => {
                // Redis does not validate the radius if the key is missing.
                if let Some(set) = set {
                    request.center = Center::Member(Some(member(set, &args[2])?));
                    request.shape = Some(circle(&args[3], &args[4])?);
                }
                args.slice(5..)
            }
            Form::Search => args.slice(2..),
            Form::SearchStore => {
                request.destination = args.get(1);
                args.slice(3..)
            }
        };
        while !rest.is_empty() {
            let taken = request.option(rest, form, set)?;
            rest = rest.slice(taken..);
        }
        request.check(&args[0], form)?;
        Ok(request)
    }

    /// Parses the leading option. Returns its length in arguments, including its name.
    fn option(
        &mut self,
        args: Args<'a>,
        form: Form,
        set: Option<SortedSetRef<'_>>,
    ) -> Result<usize, Error> {
        let has = |arguments: usize| args.len() > arguments;
        let is_circle = matches!(self.shape, Some((Shape::Circle { .. }, _)));
        let is_box = matches!(self.shape, Some((Shape::Box { .. }, _)));
        Ok(match args[0].to_ascii_uppercase().as_slice() {
            b"WITHDIST" => set_flag(&mut self.shows.distance),
            b"WITHHASH" => set_flag(&mut self.shows.hash),
            b"WITHCOORD" => set_flag(&mut self.shows.position),
            b"ANY" => set_flag(&mut self.any),
            b"STOREDIST" if form == Form::SearchStore => set_flag(&mut self.stores_distance),
            b"ASC" => {
                self.order = Some(Order::Asc);
                1
            }
            b"DESC" => {
                self.order = Some(Order::Desc);
                1
            }
            b"COUNT" if has(1) => {
                let count = parse::integer(&args[1])?;
                if count <= 0 {
                    return Err(error::GEO_COUNT);
                }
                self.count = Some(usize::try_from(count).unwrap_or(usize::MAX));
                2
            }
            word @ (b"STORE" | b"STOREDIST") if has(1) && form.may_store() => {
                self.destination = args.get(1);
                self.stores_distance = word == b"STOREDIST";
                2
            }
            b"FROMMEMBER"
                if has(1) && form.is_search() && !matches!(self.center, Center::At(_)) =>
            {
                let place = set.map(|set| member(set, &args[1])).transpose()?;
                self.center = Center::Member(place);
                2
            }
            b"FROMLONLAT"
                if has(2) && form.is_search() && !matches!(self.center, Center::Member(_)) =>
            {
                self.center = Center::At(position(&args[1], &args[2])?);
                3
            }
            b"BYRADIUS" if has(2) && form.is_search() && !is_box => {
                self.shape = Some(circle(&args[1], &args[2])?);
                3
            }
            b"BYBOX" if has(3) && form.is_search() && !is_circle => {
                self.shape = Some(rectangle(&args[1], &args[2], &args[3])?);
                4
            }
            _ => return Err(error::SYNTAX),
        })
    }

    /// Checks that the options are complete and compatible.
    fn check(&self, command: &[u8], form: Form) -> Result<(), Error> {
        let Shown { distance, hash, position } = self.shows;
        if self.destination.is_some() && (distance || hash || position) {
            return Err(if form == Form::SearchStore {
                error::GEOSEARCHSTORE_WITH
            } else {
                error::GEORADIUS_STORE_WITH
            });
        }
        if form.is_search() && self.center == Center::Unsaid {
            let text = "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ";
            return Err(error::quoted(text, command, ""));
        }
        if form.is_search() && self.shape.is_none() {
            let text = "ERR exactly one of BYRADIUS and BYBOX can be specified for ";
            return Err(error::quoted(text, command, ""));
        }
        if self.any && self.count.is_none() { Err(error::GEO_ANY) } else { Ok(()) }
    }

    /// Returns the area; `None` if its centre is unknown because the key is missing.
    fn area(&self) -> Option<Area> {
        let (Center::At(center) | Center::Member(Some(center))) = self.center else { return None };
        self.shape.map(|(shape, unit_m)| Area { center, shape, unit_m })
    }
}

fn set_flag(flag: &mut bool) -> usize {
    *flag = true;
    1
}

/// Returns the position of a member.
fn member(set: SortedSetRef<'_>, member: &[u8]) -> Result<Position, Error> {
    set.score(member).map(Position::of_score).ok_or(error::GEO_MEMBER)
}

fn circle(radius: &[u8], unit: &[u8]) -> Result<(Shape, f64), Error> {
    let radius = parse_f64(radius).ok_or(error::GEO_RADIUS)?;
    if radius < 0.0 {
        return Err(error::GEO_NEGATIVE_RADIUS);
    }
    Ok((Shape::Circle { radius }, unit_m(unit)?))
}

fn rectangle(width: &[u8], height: &[u8], unit: &[u8]) -> Result<(Shape, f64), Error> {
    let width = parse_f64(width).ok_or(error::GEO_WIDTH)?;
    let height = parse_f64(height).ok_or(error::GEO_HEIGHT)?;
    if width < 0.0 || height < 0.0 {
        return Err(error::GEO_NEGATIVE_BOX);
    }
    Ok((Shape::Box { width, height }, unit_m(unit)?))
}

/// A member within the area.
struct Point<'a> {
    member: Entry<'a>,
    score: f64,
    position: Position,
    distance_m: f64,
    /// The number of points found before this one.
    before: usize,
}

impl Point<'_> {
    /// Compares by distance; equal distances keep the order in which they were found.
    fn order(&self, other: &Self, order: Order) -> Ordering {
        let by_distance = self.distance_m.total_cmp(&other.distance_m);
        let by_distance = if order == Order::Asc { by_distance } else { by_distance.reverse() };
        by_distance.then(self.before.cmp(&other.before))
    }
}

/// Returns the members within an area, at most `limit`.
fn points<'a>(set: SortedSetRef<'a>, area: &Area, limit: usize) -> Vec<Point<'a>> {
    let mut points = Vec::new();
    for scores in area.score_ranges() {
        let start = set.partition_point(scores.start, |_| false);
        for (score, member) in set.range(start..set.len()) {
            if score >= scores.end || points.len() == limit {
                break;
            }
            let position = Position::of_score(score);
            if let Some(distance_m) = area.distance_m(position) {
                let before = points.len();
                points.push(Point { member, score, position, distance_m, before });
            }
        }
    }
    points
}

/// Sorts the points as requested and truncates them to the requested count.
fn select(points: &mut Vec<Point<'_>>, request: &Request<'_>) {
    let nearest = (request.count.is_some() && !request.any).then_some(Order::Asc);
    let order = request.order.or(nearest);
    if let Some(count) = request.count
        && count < points.len()
    {
        if let Some(order) = order {
            points.select_nth_unstable_by(count, |left, right| left.order(right, order));
        }
        points.truncate(count);
    }
    if let Some(order) = order {
        sort::stable_by(points, |left, right| left.order(right, order));
    }
}

fn search(ctx: &mut Context<'_>, args: Args<'_>, form: Form) -> Handled {
    let key = if form == Form::SearchStore { &args[2] } else { &args[1] };
    let limits = limits(ctx);
    let set = ctx.keys.read_as::<SortedSet>(key)?;
    let request = Request::parse(args, form, set)?;
    let mut found = Vec::new();
    let area = request.area();
    if let (Some(set), Some(area)) = (set, &area) {
        let limit = request.count.filter(|_| request.any).unwrap_or(usize::MAX);
        found = points(set, area, limit);
        select(&mut found, &request);
    }
    let unit_m = area.map_or(1.0, |area| area.unit_m);
    let Some(destination) = request.destination else {
        ctx.reply.array(found.len());
        for point in &found {
            reply(&mut ctx.reply, point, request.shows, unit_m);
        }
        return Ok(Outcome::Done);
    };
    let count = found.len();
    let mut stored = Gathering::new(limits);
    for Point { member, score, distance_m, .. } in found {
        let score = if request.stores_distance { distance_m / unit_m } else { score };
        stored.add(member.text(&mut itoa::Buffer::new()), score, |_, new| new);
    }
    let event = if form.is_search() { Event::GEO_SEARCH_STORE } else { Event::GEO_RADIUS_STORE };
    let stored = (count > 0).then(|| stored.into_sorted_set().into_value());
    ctx.keys.store(destination, stored, event);
    ctx.reply.count(count);
    Ok(Outcome::Done)
}

fn reply(reply: &mut Reply<'_>, point: &Point<'_>, shows: Shown, unit_m: f64) {
    let Shown { distance, hash, position } = shows;
    if distance || hash || position {
        reply.array(1 + usize::from(distance) + usize::from(hash) + usize::from(position));
    }
    reply_member(reply, point.member);
    if distance {
        reply_distance(reply, point.distance_m / unit_m);
    }
    if hash {
        reply.integer(point.score as i64);
    }
    if position {
        reply_position(reply, point.position);
    }
}
