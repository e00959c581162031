//! `SCAN`: the keyspace a segment at a time.

use alloc::vec::Vec;

use super::args;
use super::context::{Context, Outcome};
use crate::error::{self, Error};
use crate::glob::{self, Case};
use crate::resp::args::Args;

pub(super) fn scan(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Outcome, Error> {
    let mut cursor = cursor(&args[1])?;
    let (mut count, mut pattern, mut kind) = (10, None, None);
    let mut at = 2;
    while let Some(option) = args.get(at) {
        let value = args.get(at + 1).ok_or(error::SYNTAX)?;
        match option.to_ascii_uppercase().as_slice() {
            b"COUNT" => {
                count = args::integer(value)?;
                if count < 1 {
                    return Err(error::SYNTAX);
                }
            }
            b"MATCH" => pattern = Some(value).filter(|pattern| *pattern != b"*"),
            b"TYPE" => kind = Some(value),
            _ => return Err(error::SYNTAX),
        }
        at += 2;
    }
    let now = ctx.keys.now_ms();
    let (mut seen, mut found, mut expired) = (0_i64, Vec::<Vec<u8>>::new(), Vec::<Vec<u8>>::new());
    loop {
        cursor = ctx.keys.db().scan(cursor, &mut |record| {
            seen += 1;
            if record.is_expired(now) {
                expired.push(record.key().to_vec());
                return;
            }
            let is_match = pattern
                .is_none_or(|pattern| glob::matches(pattern, record.key(), Case::Sensitive))
                && kind.is_none_or(|kind| {
                    record.value_type().name().as_bytes().eq_ignore_ascii_case(kind)
                });
            if is_match {
                found.push(record.key().to_vec());
            }
        });
        if cursor == 0 || seen >= count {
            break;
        }
    }
    for key in expired {
        // Looking at a key that has expired removes it.
        ctx.keys.peek(&key);
    }
    ctx.reply.array(2);
    ctx.reply.bulk(itoa::Buffer::new().format(cursor).as_bytes());
    ctx.reply.array(found.len());
    for key in &found {
        ctx.reply.bulk(key);
    }
    Ok(Outcome::Done)
}

/// A cursor is any unsigned 64-bit number, as `strtoul` reads it: nothing at all is zero, a sign is allowed, and a NUL ends
/// it.
pub(super) fn cursor(arg: &[u8]) -> Result<u64, Error> {
    let arg = arg.split(|&byte| byte == 0).next().unwrap_or_default();
    let (is_negative, digits) = match arg {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() && !arg.is_empty() {
        return Err(error::INVALID_CURSOR);
    }
    let magnitude = digits.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    });
    let magnitude = magnitude.ok_or(error::INVALID_CURSOR)?;
    Ok(if is_negative { magnitude.wrapping_neg() } else { magnitude })
}
