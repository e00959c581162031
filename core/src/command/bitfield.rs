//! `BITFIELD`: a sequence of reads and writes of integer fields in a string.

use alloc::vec::Vec;

use super::bitmap;
use super::context::{Context, Outcome};
use super::parse;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::value::bitfield::{Encoding, Overflow};

type Handled = Result<Outcome, Error>;

/// One operation on a field.
struct Operation {
    encoding: Encoding,
    offset: u64,
    action: Action,
}

enum Action {
    Get,
    Set(i64, Overflow),
    IncrBy(i64, Overflow),
}

pub(super) fn bitfield(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let operations = parse(ctx, args)?;
    run(ctx, &args[1], &operations)
}

pub(super) fn bitfield_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let operations = parse(ctx, args)?;
    if operations.iter().any(Operation::writes) {
        return Err(error::BITFIELD_RO_WRITES);
    }
    run(ctx, &args[1], &operations)
}

fn parse(ctx: &Context<'_>, args: Args<'_>) -> Result<Vec<Operation>, Error> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::default();
    let mut rest = args.slice(2..);
    while let Some(word) = rest.get(0) {
        let taken = match word.to_ascii_uppercase().as_slice() {
            b"OVERFLOW" => 2,
            b"GET" => 3,
            b"SET" | b"INCRBY" => 4,
            _ => return Err(error::SYNTAX),
        };
        if rest.len() < taken {
            return Err(error::SYNTAX);
        }
        if taken == 2 {
            overflow = overflow_named(&rest[1])?;
        } else {
            operations.push(Operation::parse(ctx, rest, overflow)?);
        }
        rest = rest.slice(taken..);
    }
    Ok(operations)
}

fn overflow_named(name: &[u8]) -> Result<Overflow, Error> {
    match name.to_ascii_uppercase().as_slice() {
        b"WRAP" => Ok(Overflow::Wrap),
        b"SAT" => Ok(Overflow::Sat),
        b"FAIL" => Ok(Overflow::Fail),
        _ => Err(error::BITFIELD_OVERFLOW),
    }
}

impl Operation {
    /// Parses `GET`, `SET` or `INCRBY` with its arguments.
    fn parse(ctx: &Context<'_>, args: Args<'_>, overflow: Overflow) -> Result<Self, Error> {
        let encoding = Encoding::parse(&args[1]).ok_or(error::BITFIELD_ENCODING)?;
        let offset = bitmap::offset(ctx, &args[2], Some(encoding.bits()))?;
        let action = if parse::is(&args[0], "GET") {
            Action::Get
        } else {
            let value = parse::integer(&args[3])?;
            let is_set = parse::is(&args[0], "SET");
            (if is_set { Action::Set } else { Action::IncrBy })(value, overflow)
        };
        Ok(Self { encoding, offset, action })
    }

    const fn writes(&self) -> bool {
        !matches!(self.action, Action::Get)
    }

    /// Returns the offset of the field's last bit.
    const fn last(&self) -> u64 {
        self.offset + self.encoding.bits() as u64 - 1
    }

    /// Returns the new value of the field and the integer to reply; `None` if the operation
    /// overflows and the mode is `FAIL`.
    fn outcome(&self, old: i64) -> Option<(i64, i64)> {
        match self.action {
            Action::Get => Some((old, old)),
            Action::Set(value, overflow) => Some((self.encoding.assign(value, overflow)?, old)),
            Action::IncrBy(increment, overflow) => {
                let sum = self.encoding.add(old, increment, overflow)?;
                Some((sum, sum))
            }
        }
    }

    /// Applies the operation to the bytes of a string, which must include the field if it is
    /// written. Returns the reply, and `true` if the bytes have changed.
    fn apply(&self, bytes: &mut [u8]) -> (Option<i64>, bool) {
        let old = self.encoding.read(bytes, self.offset);
        let Some((new, reply)) = self.outcome(old) else { return (None, false) };
        if new != old {
            self.encoding.write(bytes, self.offset, new);
        }
        (Some(reply), new != old)
    }
}

fn run(ctx: &mut Context<'_>, key: &[u8], operations: &[Operation]) -> Handled {
    let last = operations.iter().filter(|operation| operation.writes()).map(Operation::last).max();
    let replies: Vec<Option<i64>> = if let Some(last) = last {
        bitmap::edit(ctx, key, last, |bytes| {
            let mut has_changed = false;
            let apply = |operation: &Operation| {
                let (reply, changes) = operation.apply(bytes);
                has_changed |= changes;
                reply
            };
            (operations.iter().map(apply).collect(), has_changed)
        })?
    } else {
        let value = ctx.keys.read_string(key)?;
        let mut digits = itoa::Buffer::new();
        let bytes = value.map_or(&[][..], |value| value.bytes(&mut digits));
        let read = |operation: &Operation| operation.encoding.read(bytes, operation.offset);
        operations.iter().map(|operation| Some(read(operation))).collect()
    };
    ctx.reply.array(replies.len());
    for reply in replies {
        match reply {
            Some(value) => ctx.reply.integer(value),
            None => ctx.reply.null(),
        }
    }
    Ok(Outcome::Done)
}
