//! Deadlines of keys: the `EXPIRE` family, `TTL`, `PERSIST`.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse::{self, ExpiryForm};
use crate::dataset::propagation::Deletion;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::time::UnixMillis;

type Handled = Result<Outcome, Error>;

pub(super) fn expire(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_deadline(ctx, args, ExpiryForm::EX)
}

pub(super) fn pexpire(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_deadline(ctx, args, ExpiryForm::PX)
}

pub(super) fn expireat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_deadline(ctx, args, ExpiryForm::EXAT)
}

pub(super) fn pexpireat(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    set_deadline(ctx, args, ExpiryForm::PXAT)
}

/// The conditions under which `EXPIRE` changes a deadline. A key without one counts as never
/// expiring.
#[derive(Default)]
struct Conditions {
    if_none: bool,
    if_any: bool,
    if_later: bool,
    if_earlier: bool,
}

impl Conditions {
    fn parse(args: Args<'_>) -> Result<Self, Error> {
        let mut conditions = Self::default();
        for option in args.iter().skip(3) {
            match option.to_ascii_uppercase().as_slice() {
                b"NX" => conditions.if_none = true,
                b"XX" => conditions.if_any = true,
                b"GT" => conditions.if_later = true,
                b"LT" => conditions.if_earlier = true,
                _ => return Err(error::quoted("ERR Unsupported option ", option, "")),
            }
        }
        if conditions.if_none && (conditions.if_any || conditions.if_later || conditions.if_earlier)
        {
            return Err(error::EXPIRE_NX_INCOMPATIBLE);
        }
        if conditions.if_later && conditions.if_earlier {
            return Err(error::EXPIRE_GT_LT_INCOMPATIBLE);
        }
        Ok(conditions)
    }

    fn allow(&self, old: Option<UnixMillis>, new_ms: i64) -> bool {
        match old.map(|old| old.0 as i64) {
            None => !self.if_any && !self.if_later,
            Some(old_ms) => {
                !self.if_none
                    && (!self.if_later || new_ms > old_ms)
                    && (!self.if_earlier || new_ms < old_ms)
            }
        }
    }
}

fn set_deadline(ctx: &mut Context<'_>, args: Args<'_>, form: ExpiryForm) -> Handled {
    let key = &args[1];
    let conditions = Conditions::parse(args)?;
    let value = parse::integer(&args[2])?;
    let deadline_ms = form.deadline_ms(value, ctx.now, ctx.command.spec.name)?;
    let is_allowed = ctx
        .keys
        .consider(key)
        .is_some_and(|record| conditions.allow(record.deadline(), deadline_ms));
    ctx.reply.integer(i64::from(is_allowed));
    if !is_allowed {
        return Ok(Outcome::Done);
    }
    match u64::try_from(deadline_ms) {
        Ok(deadline_ms) if deadline_ms > ctx.keys.now_ms().0 => {
            ctx.keys.expire(key, UnixMillis(deadline_ms));
        }
        _ => {
            ctx.keys.remove(key);
            return Ok(ctx.deletion(key, Deletion::Expired));
        }
    }
    let mut effects = ctx.effects();
    if effects.are_recorded() {
        let mut digits = itoa::Buffer::new();
        let effect: [&[u8]; 3] = [b"PEXPIREAT", key, digits.format(deadline_ms).as_bytes()];
        effects.push(&effect.into_iter().chain(args.slice(3..).iter()).collect::<Vec<_>>());
    }
    Ok(Outcome::Instead(effects))
}

pub(super) fn persist(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let had_deadline = ctx.keys.persist(&args[1]);
    ctx.reply.integer(i64::from(had_deadline));
    Ok(Outcome::Done)
}

pub(super) fn ttl(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now_ms = ctx.keys.now_ms().0;
    reply_deadline(ctx, args, |deadline_ms| (deadline_ms.saturating_sub(now_ms) + 500) / 1_000)
}

pub(super) fn pttl(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let now_ms = ctx.keys.now_ms().0;
    reply_deadline(ctx, args, |deadline_ms| deadline_ms.saturating_sub(now_ms))
}

pub(super) fn expiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply_deadline(ctx, args, |deadline_ms| (deadline_ms + 500) / 1_000)
}

pub(super) fn pexpiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    reply_deadline(ctx, args, |deadline_ms| deadline_ms)
}

/// Replies with the deadline in the form that a command returns it; -1 for no deadline, -2 for a
/// missing key.
fn reply_deadline(ctx: &mut Context<'_>, args: Args<'_>, form: impl Fn(u64) -> u64) -> Handled {
    let told = match ctx.keys.peek(&args[1]) {
        None => -2,
        Some(record) => record.deadline().map_or(-1, |deadline| form(deadline.0) as i64),
    };
    ctx.reply.integer(told);
    Ok(Outcome::Done)
}
