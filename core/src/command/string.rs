//! Strings: `SET`, `GET` and the rest of the group. `LCS` has its own file.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse::{self, ExpiryForm};
use crate::dataset::event::Event;
use crate::dataset::propagation::Deletion;
use crate::error::{self, Error};
use crate::memory::allocated;
use crate::number::LongDouble;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::table::ahead::AHEAD;
use crate::time::{UnixMicros, UnixMillis};
use crate::value::{Type, record::Record, string::StringRef};

type Handled = Result<Outcome, Error>;

/// The options of `SET` and `GETEX`.
#[derive(Default)]
struct Options<'a> {
    if_missing: bool,
    if_present: bool,
    returns_old: bool,
    keeps_deadline: bool,
    persists: bool,
    expiry: Option<(ExpiryForm, &'a [u8])>,
}

impl<'a> Options<'a> {
    /// Parses the options of `SET`, or of `GETEX` if `is_getex`.
    fn parse(args: Args<'a>, from: usize, is_getex: bool) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut at = from;
        while let Some(word) = args.get(at) {
            if let Some(form) = ExpiryForm::option(word) {
                let is_same_again = options.expiry.is_none_or(|(known, _)| known == form);
                let value = args.get(at + 1).ok_or(error::SYNTAX)?;
                if !is_same_again || options.keeps_deadline || options.persists {
                    return Err(error::SYNTAX);
                }
                options.expiry = Some((form, value));
                at += 2;
                continue;
            }
            let keeps_no_deadline = options.expiry.is_none();
            match word.to_ascii_uppercase().as_slice() {
                b"PERSIST" if is_getex && keeps_no_deadline => options.persists = true,
                b"NX" if !is_getex && !options.if_present => options.if_missing = true,
                b"XX" if !is_getex && !options.if_missing => options.if_present = true,
                b"KEEPTTL" if !is_getex && keeps_no_deadline => options.keeps_deadline = true,
                b"GET" if !is_getex => options.returns_old = true,
                _ => return Err(error::SYNTAX),
            }
            at += 1;
        }
        Ok(options)
    }

    fn deadline(&self, now: UnixMicros, command: &str) -> Result<Option<UnixMillis>, Error> {
        self.expiry.map(|(form, value)| form.positive_deadline(value, now, command)).transpose()
    }
}

// ---- write --------------------------------------------------------------------------------------

pub(super) fn set(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, value) = (&args[1], parse::string(args, 2));
    if args.len() == 3 {
        ctx.keys.put(key, value, None, Event::SET);
        ctx.reply.ok();
        return Ok(Outcome::Done);
    }
    let options = Options::parse(args, 3, false)?;
    let deadline = options.deadline(ctx.now, "set")?;
    let kept = if options.returns_old
        || options.if_missing
        || options.if_present
        || options.keeps_deadline
    {
        let old = if options.returns_old { ctx.keys.read(key) } else { ctx.keys.consider(key) };
        if options.returns_old {
            if old.is_some_and(|record| record.value_type() != Type::String) {
                return Err(error::WRONG_TYPE);
            }
            reply_or_null(&mut ctx.reply, old.map(|record| record.string()));
        }
        let exists = old.is_some();
        if exists && options.if_missing || !exists && options.if_present {
            if !options.returns_old {
                ctx.reply.null();
            }
            return Ok(Outcome::Done);
        }
        old.and_then(|record| record.deadline()).filter(|_| options.keeps_deadline)
    } else {
        None
    };
    ctx.keys.put(key, value, deadline.or(kept), Event::SET);
    if deadline.is_some() {
        ctx.keys.notify(key, Event::EXPIRE);
    }
    if !options.returns_old {
        ctx.reply.ok();
    }
    Ok(match deadline {
        Some(deadline) => set_with_deadline(ctx, key, &args[2], deadline),
        None if options.returns_old => {
            let mut effects = ctx.effects();
            if effects.are_recorded() {
                let is_kept = |at: &usize| *at < 3 || !parse::is(&args[*at], "GET");
                let words: Vec<&[u8]> =
                    (0..args.len()).filter(is_kept).map(|at| &args[at]).collect();
                effects.push(&words);
            }
            Outcome::Instead(effects)
        }
        None => Outcome::Done,
    })
}

/// Returns the outcome of a command that has set a string with a deadline.
fn set_with_deadline(ctx: &Context<'_>, key: &[u8], value: &[u8], deadline: UnixMillis) -> Outcome {
    ctx.instead([b"SET", key, value, b"PXAT", itoa::Buffer::new().format(deadline.0).as_bytes()])
}

pub(super) fn setnx(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let is_missing = ctx.keys.consider(&args[1]).is_none();
    if is_missing {
        ctx.keys.put(&args[1], parse::string(args, 2), None, Event::SET);
    }
    ctx.reply.integer(i64::from(is_missing));
    Ok(Outcome::Done)
}

pub(super) fn setex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_with_expiry(ctx, args, ExpiryForm::EX, "setex")
}

pub(super) fn psetex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_with_expiry(ctx, args, ExpiryForm::PX, "psetex")
}

fn set_with_expiry(ctx: &mut Context<'_>, args: Args<'_>, form: ExpiryForm, name: &str) -> Handled {
    let deadline = form.positive_deadline(&args[2], ctx.now, name)?;
    ctx.keys.put(&args[1], parse::string(args, 3), Some(deadline), Event::SET);
    ctx.keys.notify(&args[1], Event::EXPIRE);
    ctx.reply.ok();
    Ok(set_with_deadline(ctx, &args[1], &args[3], deadline))
}

pub(super) fn getset(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let old = ctx.keys.read_string(&args[1])?;
    reply_or_null(&mut ctx.reply, old);
    ctx.keys.put(&args[1], parse::string(args, 2), None, Event::SET);
    Ok(ctx.instead([b"SET", &args[1], &args[2]]))
}

pub(super) fn mset(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    put_pairs(ctx, args, "mset")?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn msetnx(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    if args.len().is_multiple_of(2) {
        return Err(error::wrong_arity("msetnx"));
    }
    let any_exists = args.iter().skip(1).step_by(2).any(|key| ctx.keys.consider(key).is_some());
    if !any_exists {
        put_pairs(ctx, args, "msetnx")?;
    }
    ctx.reply.integer(i64::from(!any_exists));
    Ok(Outcome::Done)
}

fn put_pairs(ctx: &mut Context<'_>, args: Args<'_>, name: &str) -> Result<(), Error> {
    if args.len().is_multiple_of(2) {
        return Err(error::wrong_arity(name));
    }
    for at in (1..args.len()).step_by(2) {
        if at % (2 * AHEAD) == 1 {
            ctx.keys.prefetch(args.slice(at..).iter().step_by(2));
        }
        ctx.keys.put(&args[at], parse::string(args, at + 1), None, Event::SET);
    }
    Ok(())
}

pub(super) fn append(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, more) = (&args[1], &args[2]);
    let limit = ctx.instance.config.proto_max_bulk_len;
    if ctx.instance.config.memory_ceiling.is_some() {
        let old = ctx.keys.peek_in(ctx.keys.database, key).map_or(0, Record::memory_bytes);
        ctx.check_growth(allocated(old + more.len()))?;
    }
    let append = |record: &mut Record| -> Result<usize, Error> {
        check_len(record.string().len(), more.len(), limit)?;
        record.edit(|bytes| bytes.extend_from_slice(more));
        Ok(record.string().len())
    };
    let len = match ctx.keys.edit_string(key, append)?.transpose()? {
        None => {
            ctx.keys.put(key, parse::string(args, 2), None, Event::APPEND);
            more.len()
        }
        Some(len) => {
            ctx.keys.modified(key, Event::APPEND);
            len
        }
    };
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn setrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, value) = (&args[1], &args[3]);
    let offset = parse::integer(&args[2])?;
    let offset = u64::try_from(offset).map_err(|_| error::OFFSET_OUT_OF_RANGE)?;
    let limit = ctx.instance.config.proto_max_bulk_len;
    let old_len = ctx.keys.consider_string(key)?.map(|old| old.len());
    if value.is_empty() {
        ctx.reply.count(old_len.unwrap_or(0));
        return Ok(Outcome::Done);
    }
    // On 32-bit targets, an offset may exceed the address space.
    let offset = usize::try_from(offset).map_err(|_| error::STRING_TOO_LONG)?;
    check_len(offset, value.len(), limit)?;
    ctx.check_string_growth(key, offset + value.len())?;
    let overwrite = |bytes: &mut Vec<u8>| {
        let end = offset + value.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[offset..end].copy_from_slice(value);
    };
    let edit = |record: &mut Record| {
        record.edit(overwrite);
        record.string().len()
    };
    let len = if let Some(len) = ctx.keys.edit_string(key, edit)? {
        ctx.keys.modified(key, Event::SET_RANGE);
        len
    } else {
        let mut bytes = Vec::new();
        overwrite(&mut bytes);
        ctx.keys.put(key, StringRef::raw(&bytes), None, Event::SET_RANGE);
        bytes.len()
    };
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

fn check_len(len_bytes: usize, more_bytes: usize, limit: i64) -> Result<(), Error> {
    match len_bytes.checked_add(more_bytes) {
        Some(total) if total as u64 <= limit as u64 => Ok(()),
        _ => Err(error::STRING_TOO_LONG),
    }
}

// ---- count --------------------------------------------------------------------------------------

pub(super) fn incr(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    add(ctx, &args[1], 1)
}

pub(super) fn decr(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    add(ctx, &args[1], -1)
}

pub(super) fn incrby(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    add(ctx, &args[1], parse::integer(&args[2])?)
}

pub(super) fn decrby(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let decrement = parse::integer(&args[2])?;
    add(ctx, &args[1], decrement.checked_neg().ok_or(error::DECREMENT_OVERFLOW)?)
}

fn add(ctx: &mut Context<'_>, key: &[u8], increment: i64) -> Handled {
    let add = |record: &mut Record| -> Result<i64, Error> {
        let old = match record.string() {
            StringRef::Int(old) => old,
            text => parse::integer(text.bytes(&mut itoa::Buffer::new()))?,
        };
        let sum = old.checked_add(increment).ok_or(error::OVERFLOW)?;
        record.set_string(StringRef::Int(sum));
        Ok(sum)
    };
    let sum = match ctx.keys.edit_string(key, add)?.transpose()? {
        Some(sum) => {
            ctx.keys.modified(key, Event::INCR_BY);
            sum
        }
        None => {
            ctx.keys.put(key, StringRef::Int(increment), None, Event::INCR_BY);
            increment
        }
    };
    ctx.reply.integer(sum);
    Ok(Outcome::Done)
}

pub(super) fn incrbyfloat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let key = &args[1];
    let parse = |text: &[u8]| LongDouble::parse(text).ok_or(error::NOT_A_FLOAT);
    let old = match ctx.keys.consider_string(key)? {
        Some(old) => parse(old.bytes(&mut itoa::Buffer::new()))?,
        None => parse(b"0")?,
    };
    let sum = old.add(parse(&args[2])?).ok_or(error::NOT_FINITE)?;
    let mut text = Vec::new();
    sum.append_human(&mut text);
    match ctx.keys.edit_string(key, |record| record.set_string(StringRef::text(&text)))? {
        Some(()) => ctx.keys.modified(key, Event::INCR_BY_FLOAT),
        None => ctx.keys.put(key, StringRef::text(&text), None, Event::INCR_BY_FLOAT),
    }
    ctx.reply.bulk(&text);
    Ok(ctx.instead([b"SET", key, &text, b"KEEPTTL"]))
}

// ---- read ---------------------------------------------------------------------------------------

pub(super) fn get(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let value = ctx.keys.read_string(&args[1])?;
    reply_or_null(&mut ctx.reply, value);
    Ok(Outcome::Done)
}

pub(super) fn getdel(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let value = ctx.keys.read_string(&args[1])?;
    let exists = value.is_some();
    reply_or_null(&mut ctx.reply, value);
    if !exists {
        return Ok(Outcome::Done);
    }
    ctx.keys.remove(&args[1]);
    Ok(ctx.instead([b"DEL", &args[1]]))
}

pub(super) fn getex(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let key = &args[1];
    let options = Options::parse(args, 2, true)?;
    let value = ctx.keys.read_string(key)?;
    let exists = value.is_some();
    let deadline = if exists { options.deadline(ctx.now, "getex")? } else { None };
    reply_or_null(&mut ctx.reply, value);
    Ok(match deadline {
        Some(deadline) if deadline <= ctx.keys.now_ms() => {
            ctx.keys.remove(key);
            ctx.deletion(key, Deletion::Expired)
        }
        Some(deadline) => {
            ctx.keys.expire(key, deadline);
            ctx.instead([b"PEXPIREAT", key, itoa::Buffer::new().format(deadline.0).as_bytes()])
        }
        None if options.persists && exists && ctx.keys.persist(key) => {
            ctx.instead([b"PERSIST", key])
        }
        None => Outcome::Done,
    })
}

pub(super) fn mget(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    ctx.reply.array(args.len() - 1);
    for (index, key) in args.iter().enumerate().skip(1) {
        if index % AHEAD == 1 {
            ctx.keys.prefetch(args.slice(index..).iter());
        }
        // A key of another type reads as null.
        let value = ctx.keys.read_string(key).ok().flatten();
        reply_or_null(&mut ctx.reply, value);
    }
    Ok(Outcome::Done)
}

pub(super) fn strlen(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let len = ctx.keys.read_string(&args[1])?.map_or(0, |value| value.len());
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

pub(super) fn getrange(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (start, end) = (parse::integer(&args[2])?, parse::integer(&args[3])?);
    let value = ctx.keys.read_string(&args[1])?;
    let mut digits = itoa::Buffer::new();
    let bytes = value.map_or(&[][..], |value| value.bytes(&mut digits));
    ctx.reply.bulk(range(bytes, start, end));
    Ok(Outcome::Done)
}

/// Returns the bytes from `start` to `end` inclusive. Negative indexes count from the end.
fn range(bytes: &[u8], start: i64, end: i64) -> &[u8] {
    if start < 0 && end < 0 && start > end {
        return &[];
    }
    let len = bytes.len() as i64;
    let from_front = |index: i64| if index < 0 { index.saturating_add(len).max(0) } else { index };
    let (start, end) = (from_front(start), from_front(end).min(len - 1));
    if start > end { &[] } else { &bytes[start as usize..=end as usize] }
}

#[inline]
fn reply_or_null(reply: &mut Reply<'_>, value: Option<StringRef<'_>>) {
    match value {
        None => reply.null(),
        Some(StringRef::Int(value)) => reply.bulk_integer(value),
        Some(StringRef::Bytes { bytes, .. }) => reply.bulk(bytes),
        Some(StringRef::Shared(bytes)) => reply.shared_bulk(bytes),
    }
}
