//! Strings as bit arrays: `SETBIT`, `BITCOUNT`, `BITOP` and related commands. `BITFIELD` has its
//! own file.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::context::{Context, Outcome};
use super::parse;
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::parse_i64;
use crate::resp::args::Args;
use crate::value::bitmap::{self, Operation};
use crate::value::record::INLINE_MAX;
use crate::value::string::StringRef;

type Handled = Result<Outcome, Error>;

pub(super) fn setbit(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let offset = offset(ctx, &args[2], None)?;
    let value = match &args[3] {
        b"0" => false,
        b"1" => true,
        _ => return Err(error::BIT_VALUE),
    };
    let old = edit(ctx, &args[1], offset, |bytes| {
        let old = bitmap::set_bit(bytes, offset, value);
        (old, old != value)
    })?;
    ctx.reply.integer(i64::from(old));
    Ok(Outcome::Done)
}

pub(super) fn getbit(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let offset = offset(ctx, &args[2], None)?;
    let value = ctx.keys.read_string(&args[1])?;
    let bit = value.is_some_and(|value| bitmap::bit(value.bytes(&mut itoa::Buffer::new()), offset));
    ctx.reply.integer(i64::from(bit));
    Ok(Outcome::Done)
}

pub(super) fn bitcount(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let asked = match args.len() {
        2 => None,
        4 | 5 => {
            let (start, end) = (parse::integer(&args[2])?, parse::integer(&args[3])?);
            Some((start, end, unit_bits(args.get(4))?))
        }
        _ => return Err(error::SYNTAX),
    };
    let value = ctx.keys.read_string(&args[1])?;
    let mut digits = itoa::Buffer::new();
    let bytes = value.map_or(&[][..], |value| value.bytes(&mut digits));
    let count = match asked {
        None => bitmap::count(bytes),
        // Redis makes this check before it clamps a negative start.
        Some((start, end, _)) if start < 0 && end < 0 && start > end => 0,
        Some((start, end, unit)) => bitmap::count_in(bytes, bits_between(bytes, start, end, unit)),
    };
    ctx.reply.integer(count as i64);
    Ok(Outcome::Done)
}

pub(super) fn bitpos(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let wanted = match parse::integer(&args[2])? {
        0 => false,
        1 => true,
        _ => return Err(error::BITPOS_BIT),
    };
    if args.len() > 6 {
        return Err(error::SYNTAX);
    }
    let start = args.get(3).map_or(Ok(0), parse::integer)?;
    let unit = unit_bits(args.get(5))?;
    let end = args.get(4).map(parse::integer).transpose()?;
    let Some(value) = ctx.keys.read_string(&args[1])? else {
        // A missing key counts as an infinite run of zeros.
        ctx.reply.integer(-i64::from(wanted));
        return Ok(Outcome::Done);
    };
    let mut digits = itoa::Buffer::new();
    let bytes = value.bytes(&mut digits);
    let range = bits_between(bytes, start, end.unwrap_or(-1), unit);
    let position = match bitmap::position(bytes, wanted, range.clone()) {
        Some(position) => position as i64,
        // Without an explicit end, the string counts as followed by zeros.
        None if !wanted && end.is_none() && !range.is_empty() => range.end as i64,
        None => -1,
    };
    ctx.reply.integer(position);
    Ok(Outcome::Done)
}

pub(super) fn bitop(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let operation = match args[1].to_ascii_uppercase().as_slice() {
        b"AND" => Operation::And,
        b"OR" => Operation::Or,
        b"XOR" => Operation::Xor,
        b"NOT" => Operation::Not,
        _ => return Err(error::SYNTAX),
    };
    if operation == Operation::Not && args.len() != 4 {
        return Err(error::BITOP_NOT_SOURCES);
    }
    let mut sources = Vec::with_capacity(args.len() - 3);
    for key in args.slice(3..).iter() {
        sources.push(match ctx.keys.read_string(key)? {
            Some(StringRef::Shared(bytes)) => Rc::clone(bytes),
            value => Rc::new(value.map_or_else(Vec::new, |value| value.to_vec())),
        });
    }
    let bytes: Vec<&[u8]> = sources.iter().map(|source| source.as_slice()).collect();
    let result = bitmap::combine(operation, &bytes);
    let len = result.len();
    if len == 0 {
        ctx.keys.remove(&args[2]);
    } else {
        put(ctx, &args[2], result, Event::SET);
    }
    ctx.reply.count(len);
    Ok(Outcome::Done)
}

/// Parses the offset of a bit. With `field_bits`, a `#` prefix multiplies the offset by the width
/// of a field.
pub(super) fn offset(ctx: &Context<'_>, arg: &[u8], field_bits: Option<u32>) -> Result<u64, Error> {
    let limit_bytes = ctx.instance.config.proto_max_bulk_len;
    let offset = match (arg, field_bits) {
        // The product wraps, as in Redis.
        ([b'#', index @ ..], Some(bits)) => {
            parse_i64(index).map(|index| index.wrapping_mul(i64::from(bits)))
        }
        _ => parse_i64(arg),
    };
    let offset = offset.filter(|&offset| offset >= 0 && offset >> 3 < limit_bytes);
    offset.map(|offset| offset as u64).ok_or(error::BIT_OFFSET)
}

/// Edits the string at `key`, after creating it or extending it with zeros to include the bit
/// `last`. `edit` returns its result, and `true` if it changed anything.
pub(super) fn edit<R>(
    ctx: &mut Context<'_>,
    key: &[u8],
    last: u64,
    mut edit: impl FnMut(&mut [u8]) -> (R, bool),
) -> Result<R, Error> {
    // On 32-bit targets, an offset may exceed the address space.
    let len = usize::try_from(last / 8 + 1).map_err(|_| error::BIT_OFFSET)?;
    ctx.check_string_growth(key, len)?;
    let mut edit_grown = |bytes: &mut Vec<u8>| {
        let grows = bytes.len() < len;
        if grows {
            bytes.resize(len, 0);
        }
        let (result, has_changed) = edit(bytes);
        (result, grows || has_changed)
    };
    let edited = ctx.keys.edit_string(key, |record| record.edit(&mut edit_grown))?;
    let Some((result, has_changed)) = edited else {
        let mut bytes = vec![0; len];
        let (result, _) = edit(&mut bytes);
        put(ctx, key, bytes, Event::SET_BIT);
        return Ok(result);
    };
    if has_changed {
        ctx.keys.modified(key, Event::SET_BIT);
    }
    Ok(result)
}

/// Stores newly built bytes, without copying large ones.
pub(super) fn put(ctx: &mut Context<'_>, key: &[u8], bytes: Vec<u8>, event: Event) {
    if bytes.len() > INLINE_MAX {
        ctx.keys.put(key, StringRef::Shared(&Rc::new(bytes)), None, event);
    } else {
        ctx.keys.put(key, StringRef::raw(&bytes), None, event);
    }
}

/// Returns the number of bits of the unit that an argument names; without an argument, of a byte.
fn unit_bits(arg: Option<&[u8]>) -> Result<i64, Error> {
    match arg {
        None => Ok(8),
        Some(unit) if parse::is(unit, "BYTE") => Ok(8),
        Some(unit) if parse::is(unit, "BIT") => Ok(1),
        Some(_) => Err(error::SYNTAX),
    }
}

/// Returns the bits from the unit `start` to the unit `end` inclusive. Negative indexes count from
/// the end.
fn bits_between(bytes: &[u8], start: i64, end: i64, unit_bits: i64) -> Range<u64> {
    let units = bytes.len() as i64 * (8 / unit_bits);
    let from_front =
        |index: i64| if index < 0 { index.saturating_add(units).max(0) } else { index };
    let (start, end) = (from_front(start), from_front(end).min(units - 1));
    if start > end { 0..0 } else { (start * unit_bits) as u64..((end + 1) * unit_bits) as u64 }
}
