//! Deadlines of fields: the `HEXPIRE` family, `HTTL`, `HPERSIST`, and the commands that read or set
//! values together with deadlines.
//!
//! The commands are those of Redis 7.4 and 8.0, with two differences. Redis counts an expired field
//! (`HLEN`) until it removes the field; here expired fields do not count. A hash with deadlines is
//! always a `hashtable`; Redis has a special listpack encoding for small ones.

use super::context::{Context, Outcome};
use super::hash::{hash_limits, reply_value};
use super::parse::{self, ExpiryForm};
use crate::dataset::edit::Edit;
use crate::dataset::event::Event;
use crate::dataset::keys::Keys;
use crate::dataset::propagation::Effects;
use crate::error::{self, Error};
use crate::number;
use crate::random::Seed;
use crate::resp::args::Args;
use crate::time::{UnixMicros, UnixMillis};
use crate::value::Collection;
use crate::value::hash::{FieldDeadline, Hash};
use alloc::vec::Vec;

type Handled = Result<Outcome, Error>;

/// The reply for a missing field.
const NO_FIELD: i64 = -2;
/// The reply for a field without a deadline.
const NO_DEADLINE: i64 = -1;
/// The reply for a field whose deadline does not meet the condition.
const NOT_MET: i64 = 0;
/// The reply for a field whose deadline has changed.
const CHANGED: i64 = 1;
/// The reply for a field that is removed because its new deadline is in the past.
const REMOVED: i64 = 2;

/// The maximum deadline of a field, in Unix milliseconds.
const LATEST_MS: i64 = (1 << 46) - 1;

// ---- arguments ----------------------------------------------------------------------------------

/// Rejects a key that does not hold a hash, before any argument is parsed.
fn check_type(keys: &mut Keys<'_>, key: &[u8]) -> Result<(), Error> {
    match keys.consider(key).map(|record| record.collection::<Hash>().is_some()) {
        Some(false) => Err(error::WRONG_TYPE),
        _ => Ok(()),
    }
}

/// Parses `FIELDS numfields` at `at` and returns the fields.
fn fields(args: Args<'_>, at: usize, not_positive: Error) -> Result<Args<'_>, Error> {
    if !args.get(at).is_some_and(|word| parse::is(word, "FIELDS")) {
        return Err(error::FIELDS_MISSING);
    }
    let count = args.get(at + 1).and_then(number::parse_i64).filter(|count| *count > 0);
    let count = count.ok_or(not_positive)?;
    let fields = args.slice((at + 2).min(args.len())..);
    if usize::try_from(count) != Ok(fields.len()) {
        return Err(error::NUMFIELDS_MISMATCH);
    }
    Ok(fields)
}

/// Parses the deadline of a field.
fn deadline(
    arg: &[u8],
    form: ExpiryForm,
    now: UnixMicros,
    command: &str,
) -> Result<UnixMillis, Error> {
    let value = parse::integer(arg)?;
    if value < 0 {
        return Err(error::EXPIRE_NEGATIVE);
    }
    match form.deadline_ms(value, now, command)? {
        deadline_ms if deadline_ms > LATEST_MS => Err(error::invalid_expire(command)),
        deadline_ms => Ok(UnixMillis(deadline_ms as u64)),
    }
}

/// The conditions under which `HEXPIRE` changes a deadline. A field without one counts as never
/// expiring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    IfNone,
    IfAny,
    IfLater,
    IfEarlier,
}

impl Condition {
    fn parse(arg: &[u8]) -> Self {
        match arg.to_ascii_uppercase().as_slice() {
            b"NX" => Self::IfNone,
            b"XX" => Self::IfAny,
            b"GT" => Self::IfLater,
            b"LT" => Self::IfEarlier,
            _ => Self::Always,
        }
    }

    fn allows(self, old: Option<UnixMillis>, new: UnixMillis) -> bool {
        match self {
            Self::Always => true,
            Self::IfNone => old.is_none(),
            Self::IfAny => old.is_some(),
            Self::IfLater => old.is_some_and(|old| new > old),
            Self::IfEarlier => old.is_none_or(|old| new < old),
        }
    }
}

// ---- the HEXPIRE family -------------------------------------------------------------------------

pub(super) fn hexpire(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    expire(ctx, args, ExpiryForm::EX)
}

pub(super) fn hpexpire(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    expire(ctx, args, ExpiryForm::PX)
}

pub(super) fn hexpireat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    expire(ctx, args, ExpiryForm::EXAT)
}

pub(super) fn hpexpireat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    expire(ctx, args, ExpiryForm::PXAT)
}

fn expire(ctx: &mut Context<'_>, args: Args<'_>, form: ExpiryForm) -> Handled {
    check_type(&mut ctx.keys, &args[1])?;
    let deadline = deadline(&args[2], form, ctx.now, ctx.command.spec.name)?;
    let condition = Condition::parse(&args[3]);
    let at = if condition == Condition::Always { 3 } else { 4 };
    let fields = fields(args, at, error::NUMFIELDS_NOT_POSITIVE)?;
    let told = each_field(ctx, &args[1], fields, Event::HEXPIRE, |hash, field, now, seed| {
        let Some(old) = hash.view().deadline(field, now) else { return NO_FIELD };
        if !condition.allows(old, deadline) {
            return NOT_MET;
        }
        if deadline <= now {
            hash.remove(field, now);
            return REMOVED;
        }
        hash.set_deadline(field, Some(deadline), seed);
        CHANGED
    })?;
    let mut effects = ctx.effects();
    if effects.are_recorded() {
        let with = |result| {
            let fields = fields.iter().zip(&told);
            fields.filter(move |(_, told)| **told == result).map(|(field, _)| field)
        };
        propagate_deadline(&mut effects, &args[1], deadline, &with(CHANGED).collect::<Vec<_>>());
        propagate_removal(&mut effects, &args[1], &with(REMOVED).collect::<Vec<_>>());
    }
    Ok(Outcome::Instead(effects))
}

/// Propagates the new deadline of fields.
fn propagate_deadline(effects: &mut Effects, key: &[u8], deadline: UnixMillis, fields: &[&[u8]]) {
    if fields.is_empty() {
        return;
    }
    let (mut deadline_ms, mut len) = (itoa::Buffer::new(), itoa::Buffer::new());
    let head: [&[u8]; 5] = [
        b"HPEXPIREAT",
        key,
        deadline_ms.format(deadline.0).as_bytes(),
        b"FIELDS",
        len.format(fields.len()).as_bytes(),
    ];
    effects.push(&[&head, fields].concat());
}

/// Propagates the removal of fields.
fn propagate_removal(effects: &mut Effects, key: &[u8], fields: &[&[u8]]) {
    if !fields.is_empty() {
        effects.push(&[&[b"HDEL", key], fields].concat());
    }
}

pub(super) fn hpersist(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_type(&mut ctx.keys, &args[1])?;
    let fields = fields(args, 2, error::NUMBER_OF_FIELDS)?;
    each_field(ctx, &args[1], fields, Event::HPERSIST, |hash, field, now, seed| {
        match hash.view().deadline(field, now) {
            None => NO_FIELD,
            Some(None) => NO_DEADLINE,
            Some(Some(_)) => {
                hash.set_deadline(field, None, seed);
                CHANGED
            }
        }
    })?;
    Ok(Outcome::Done)
}

/// Changes the fields one by one. Replies with the results and returns them.
fn each_field(
    ctx: &mut Context<'_>,
    key: &[u8],
    fields: Args<'_>,
    changed_event: Event,
    mut change: impl FnMut(&mut Hash, &[u8], UnixMillis, Seed) -> i64,
) -> Result<Vec<i64>, Error> {
    let (now, seed) = (ctx.keys.now_ms(), ctx.keys.dataset.keyspace.seed());
    let told = ctx.keys.edit(key, |hash: &mut Hash| {
        let told: Vec<i64> = fields.iter().map(|field| change(hash, field, now, seed)).collect();
        let count = |result| told.iter().filter(|told| **told == result).count();
        let (changed, removed) = (count(CHANGED), count(REMOVED));
        Edit::changed(changed_event, changed, told).and(Event::HDEL, removed)
    })?;
    let told = told.unwrap_or_else(|| fields.iter().map(|_| NO_FIELD).collect());
    ctx.reply.array(fields.len());
    told.iter().for_each(|told| ctx.reply.integer(*told));
    Ok(told)
}

// ---- the HTTL family ----------------------------------------------------------------------------

pub(super) fn httl(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now_ms = ctx.keys.now_ms().0;
    reply_deadlines(ctx, args, |deadline_ms| (deadline_ms - now_ms).div_ceil(1_000))
}

pub(super) fn hpttl(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now_ms = ctx.keys.now_ms().0;
    reply_deadlines(ctx, args, |deadline_ms| deadline_ms - now_ms)
}

pub(super) fn hexpiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply_deadlines(ctx, args, |deadline_ms| deadline_ms.div_ceil(1_000))
}

pub(super) fn hpexpiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply_deadlines(ctx, args, |deadline_ms| deadline_ms)
}

/// Replies with the deadlines of fields in the form that a command returns them. A field that still
/// exists never expires before now.
fn reply_deadlines(ctx: &mut Context<'_>, args: Args<'_>, form: impl Fn(u64) -> u64) -> Handled {
    let now = ctx.keys.now_ms();
    let hash = ctx.keys.read_as::<Hash>(&args[1])?;
    let fields = fields(args, 2, error::NUMBER_OF_FIELDS)?;
    ctx.reply.array(fields.len());
    for field in fields.iter() {
        ctx.reply.integer(match hash.and_then(|hash| hash.deadline(field, now)) {
            None => NO_FIELD,
            Some(None) => NO_DEADLINE,
            Some(Some(deadline)) => form(deadline.0) as i64,
        });
    }
    Ok(Outcome::Done)
}

// ---- values with deadlines ----------------------------------------------------------------------

pub(super) fn hgetdel(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_type(&mut ctx.keys, &args[1])?;
    let fields = fields(args, 2, error::NUMBER_OF_FIELDS)?;
    let now = ctx.keys.now_ms();
    let (mut effects, mut removed) = (ctx.effects(), Vec::new());
    let Context { keys, reply, .. } = ctx;
    reply.array(fields.len());
    let done = keys.edit(&args[1], |hash: &mut Hash| {
        for field in fields.iter() {
            reply_value(reply, hash.view().find(field, now));
            if hash.remove(field, now) {
                removed.push(field);
            }
        }
        Edit::changed(Event::HDEL, removed.len(), ())
    })?;
    if done.is_none() {
        fields.iter().for_each(|_| reply.null());
    }
    propagate_removal(&mut effects, &args[1], &removed);
    Ok(Outcome::Instead(effects))
}

pub(super) fn hgetex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    check_type(&mut ctx.keys, &args[1])?;
    let form = ExpiryForm::option(&args[2]);
    let persists = parse::is(&args[2], "PERSIST");
    let deadline = form.map(|form| deadline(&args[3], form, ctx.now, ctx.command.spec.name));
    let deadline = deadline.transpose()?;
    let at = if deadline.is_some() { 4 } else { 2 + usize::from(persists) };
    let fields = fields(args, at, error::NUMBER_OF_FIELDS)?;
    let (now, seed) = (ctx.keys.now_ms(), ctx.keys.dataset.keyspace.seed());
    let mut effects = ctx.effects();
    let (mut changed, mut removed) = (Vec::new(), Vec::new());
    let Context { keys, reply, .. } = ctx;
    reply.array(fields.len());
    let done = keys.edit(&args[1], |hash: &mut Hash| {
        for field in fields.iter() {
            let value = hash.view().find(field, now);
            let is_there = value.is_some();
            reply_value(reply, value);
            match deadline {
                _ if !is_there => {}
                Some(deadline) if deadline <= now => {
                    hash.remove(field, now);
                    removed.push(field);
                }
                Some(_) => {
                    hash.set_deadline(field, deadline, seed);
                    changed.push(field);
                }
                None if persists => {
                    if hash.view().deadline(field, now).flatten().is_some() {
                        changed.push(field);
                    }
                    hash.set_deadline(field, None, seed);
                }
                None => {}
            }
        }
        let event = if persists { Event::HPERSIST } else { Event::HEXPIRE };
        Edit::changed(event, changed.len(), ()).and(Event::HDEL, removed.len())
    })?;
    if done.is_none() {
        fields.iter().for_each(|_| reply.null());
    }
    if let Some(deadline) = deadline {
        propagate_deadline(&mut effects, &args[1], deadline, &changed);
        propagate_removal(&mut effects, &args[1], &removed);
    } else if !changed.is_empty() {
        let (mut len, key) = (itoa::Buffer::new(), &args[1]);
        let head: [&[u8]; 4] = [b"HPERSIST", key, b"FIELDS", len.format(changed.len()).as_bytes()];
        effects.push(&[&head, changed.as_slice()].concat());
    }
    Ok(Outcome::Instead(effects))
}

/// The options of `HSETEX`.
struct SetOptions<'a> {
    if_none_exists: bool,
    if_all_exist: bool,
    deadline: FieldDeadline,
    pairs: Args<'a>,
}

impl<'a> SetOptions<'a> {
    fn parse(args: Args<'a>, now: UnixMicros, command: &str) -> Result<Self, Error> {
        let (mut condition, mut expiration) = (None, None);
        let mut at = 2;
        while let Some(word) = args.get(at) {
            if parse::is(word, "FIELDS") {
                return Ok(Self {
                    if_none_exists: condition == Some(false),
                    if_all_exist: condition == Some(true),
                    deadline: expiration.unwrap_or(FieldDeadline::Cleared),
                    pairs: Self::pairs(args, at, command)?,
                });
            }
            let form = ExpiryForm::option(word);
            if parse::is(word, "FNX") || parse::is(word, "FXX") {
                if condition.replace(parse::is(word, "FXX")).is_some() {
                    return Err(error::HSETEX_CONDITIONS);
                }
            } else if form.is_some() || parse::is(word, "KEEPTTL") {
                if expiration.is_some() {
                    return Err(error::HSETEX_EXPIRATIONS);
                }
                expiration = Some(FieldDeadline::Kept);
                if let Some(form) = form {
                    at += 1;
                    let value = args.get(at).ok_or(error::HSETEX_NO_TIME)?;
                    let deadline = deadline(value, form, now, command)?;
                    expiration = Some(FieldDeadline::At(deadline));
                }
            } else {
                return Err(error::quoted("ERR unknown argument: ", word, ""));
            }
            at += 1;
        }
        Err(error::wrong_arity(command))
    }

    /// Parses `FIELDS numfields` at `at` and returns the fields with their values.
    fn pairs(args: Args<'a>, at: usize, command: &str) -> Result<Args<'a>, Error> {
        if at + 3 >= args.len() {
            return Err(error::wrong_arity(command));
        }
        let count = number::parse_i64(&args[at + 1]);
        let count = count.filter(|count| (1..=i64::from(i32::MAX)).contains(count));
        let count = count.ok_or(error::HSETEX_NUMFIELDS)?;
        let pairs = args.slice(at + 2..);
        if pairs.len() as u64 != 2 * count as u64 {
            return Err(error::wrong_arity(command));
        }
        Ok(pairs)
    }

    /// Returns `true` if the condition on existing fields permits the command.
    fn allow(&self, hash: &Hash, now: UnixMillis) -> bool {
        let is_there = |field: &[u8]| hash.view().find(field, now).is_some();
        let mut fields = self.pairs.iter().step_by(2);
        if self.if_none_exists {
            !fields.any(is_there)
        } else {
            !self.if_all_exist || fields.all(is_there)
        }
    }
}

pub(super) fn hsetex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = SetOptions::parse(args, ctx.now, ctx.command.spec.name)?;
    let limits = hash_limits(&ctx.keys, &ctx.instance.config);
    let now = ctx.keys.now_ms();
    let is_set = ctx.keys.edit_or_insert(&args[1], |hash: &mut Hash| {
        if !options.allow(hash, now) {
            return Edit::unchanged(false);
        }
        let SetOptions { pairs, deadline, .. } = options;
        let count = pairs.len() / 2;
        hash.expect(count, &limits);
        let is_past = matches!(deadline, FieldDeadline::At(deadline) if deadline <= now);
        for at in (0..pairs.len()).step_by(2) {
            if is_past {
                hash.remove(&pairs[at], now);
            } else {
                hash.set(&pairs[at], &pairs[at + 1], deadline, now, &limits);
            }
        }
        let edit = Edit::changed(Event::HSET, count, true);
        match deadline {
            FieldDeadline::At(_) if is_past => edit.then(Event::HDEL),
            FieldDeadline::At(_) => edit.then(Event::HEXPIRE),
            _ => edit,
        }
    })?;
    ctx.reply.integer(i64::from(is_set));
    let mut effects = ctx.effects();
    if !is_set || !effects.are_recorded() {
        return Ok(Outcome::Instead(effects));
    }
    let SetOptions { pairs, deadline, .. } = options;
    let fields: Vec<&[u8]> = pairs.iter().step_by(2).collect();
    match deadline {
        FieldDeadline::At(deadline) if deadline <= now => {
            propagate_removal(&mut effects, &args[1], &fields);
        }
        FieldDeadline::At(deadline) => {
            let set: [&[u8]; 2] = [b"HSET", &args[1]];
            effects.push(&set.into_iter().chain(pairs.iter()).collect::<Vec<_>>());
            propagate_deadline(&mut effects, &args[1], deadline, &fields);
        }
        FieldDeadline::Cleared | FieldDeadline::Kept => return Ok(ctx.verbatim(args)),
    }
    Ok(Outcome::Instead(effects))
}
