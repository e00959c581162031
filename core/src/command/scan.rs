//! `SCAN`, and the options that it shares with the scans of collections. A step visits a segment of
//! the table.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use crate::error::{self, Error};
use crate::glob::{self, Case};
use crate::number;
use crate::resp::args::Args;
use crate::resp::reply::Reply;

/// The elements that a scan iterates over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Keys, which can be filtered by type.
    Keys,
    /// The members of a set.
    Members,
    /// The fields of a hash, with their values.
    Fields,
}

/// The options of a scan.
pub(super) struct Options<'a> {
    /// Set to reply with values, too.
    pub(super) with_values: bool,
    count: i64,
    pattern: Option<&'a [u8]>,
    kind: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// Parses the arguments after the cursor.
    pub(super) fn read(args: Args<'a>, scope: Scope) -> Result<Self, Error> {
        let mut options = Self { with_values: true, count: 10, pattern: None, kind: None };
        let mut at = 0;
        while let Some(option) = args.get(at) {
            if scope == Scope::Fields && parse::is(option, "NOVALUES") {
                options.with_values = false;
                at += 1;
                continue;
            }
            let value = args.get(at + 1).ok_or(error::SYNTAX)?;
            match option.to_ascii_uppercase().as_slice() {
                b"COUNT" => {
                    options.count = parse::integer(value)?;
                    if options.count < 1 {
                        return Err(error::SYNTAX);
                    }
                }
                b"MATCH" => options.pattern = Some(value).filter(|pattern| *pattern != b"*"),
                b"TYPE" if scope == Scope::Keys => options.kind = Some(value),
                _ => return Err(error::SYNTAX),
            }
            at += 2;
        }
        Ok(options)
    }

    /// Returns `true` if the name of a key, member or field matches the pattern.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name, Case::Sensitive))
    }

    /// Calls `step` until it has visited the requested number of elements. `step` returns the next
    /// cursor and the number of elements that it visited. Returns the cursor for the next call.
    pub(super) fn walk(&self, mut cursor: u64, mut step: impl FnMut(u64) -> (u64, i64)) -> u64 {
        let mut visited = 0;
        loop {
            let (next, more) = step(cursor);
            visited += more;
            if next == 0 || visited >= self.count {
                return next;
            }
            cursor = next;
        }
    }
}

pub(super) fn scan(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Outcome, Error> {
    let cursor = cursor(&args[1])?;
    let options = Options::read(args.slice(2..), Scope::Keys)?;
    let now = ctx.keys.now_ms();
    let (mut found, mut expired) = (Vec::<Vec<u8>>::new(), Vec::<Vec<u8>>::new());
    let next = options.walk(cursor, |cursor| {
        let mut seen = 0;
        let next = ctx.keys.db().scan(cursor, &mut |record| {
            seen += 1;
            let is_kind =
                |kind: &[u8]| record.value_type().name().as_bytes().eq_ignore_ascii_case(kind);
            if record.is_expired(now) {
                expired.push(record.key().to_vec());
            } else if options.matches(record.key()) && options.kind.is_none_or(is_kind) {
                found.push(record.key().to_vec());
            }
        });
        (next, seen)
    });
    for key in expired {
        // Accessing an expired key removes it.
        ctx.keys.consider(&key);
    }
    reply_cursor(&mut ctx.reply, next);
    ctx.reply.array(found.len());
    for key in &found {
        ctx.reply.bulk(key);
    }
    Ok(Outcome::Done)
}

/// Begins the reply of a scan with the next cursor. The array of results follows.
pub(super) fn reply_cursor(reply: &mut Reply<'_>, next: u64) {
    reply.array(2);
    reply.bulk(itoa::Buffer::new().format(next).as_bytes());
}

/// Replies to the scan of a missing key.
pub(super) fn reply_nothing(reply: &mut Reply<'_>) {
    reply_cursor(reply, 0);
    reply.array(0);
}

/// Parses a cursor: an unsigned 64-bit number that a NUL ends. As in Redis, a negative number is
/// refused, and anything but a plain number is read as `strtoull` of C reads it: after white space,
/// with leading zeros and a sign.
pub(super) fn cursor(arg: &[u8]) -> Result<u64, Error> {
    let arg = arg.split(|&byte| byte == 0).next().unwrap_or_default();
    if number::parse_i64(arg).is_some_and(i64::is_negative) {
        return Err(error::INVALID_CURSOR);
    }
    let start = arg.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r'));
    let (is_negative, digits) = match &arg[start.unwrap_or(arg.len())..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return Err(error::INVALID_CURSOR);
    }
    let magnitude = digits.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    });
    let magnitude = magnitude.ok_or(error::INVALID_CURSOR)?;
    Ok(if is_negative { magnitude.wrapping_neg() } else { magnitude })
}
