//! `PFADD`, `PFCOUNT`, `PFMERGE`, and two commands for inspection.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::bitmap::put;
use super::context::{Context, Outcome};
use crate::dataset::event::Event;
use crate::error::{self, Error};
use crate::number::NumberText;
use crate::resp::args::Args;
use crate::value::hyperloglog::{
    Corrupt, Element, HyperLogLog, HyperLogLogRef, NotHyperLogLog, REGISTERS,
};

type Handled = Result<Outcome, Error>;

impl From<NotHyperLogLog> for Error {
    fn from(_: NotHyperLogLog) -> Self {
        error::NOT_HYPERLOGLOG
    }
}

impl From<Corrupt> for Error {
    fn from(_: Corrupt) -> Self {
        error::CORRUPT_HYPERLOGLOG
    }
}

pub(super) fn pfadd(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (key, mut elements) = (&args[1], args.slice(2..).iter().map(Element::new).peekable());
    let sparse_max_bytes = sparse_max_bytes(ctx);
    let Some(string) = ctx.keys.consider_string(key)? else {
        let mut bytes = Vec::new();
        let mut log = HyperLogLog::empty(&mut bytes);
        for element in elements {
            log.add(element, sparse_max_bytes)?;
        }
        log.invalidate();
        put(ctx, key, bytes, Event::PF_ADD);
        ctx.reply.integer(1);
        return Ok(Outcome::Done);
    };
    // Most elements were added before and change nothing.
    let mut digits = itoa::Buffer::new();
    let log = HyperLogLogRef::new(string.bytes(&mut digits))?;
    while let Some(&element) = elements.peek()
        && !log.would_change(element)?
    {
        elements.next();
    }
    let mut changes = 0;
    let mut added: Option<Result<(), Error>> = None;
    if elements.peek().is_some() {
        let add = |bytes: &mut Vec<u8>| {
            let mut log = HyperLogLog::new(bytes)?;
            for element in elements {
                changes += usize::from(log.add(element, sparse_max_bytes)?);
            }
            log.invalidate();
            Ok(())
        };
        added = ctx.keys.edit_string(key, |record| record.edit(add))?;
    }
    if changes > 0 {
        ctx.keys.modified_by(key, Event::PF_ADD, changes);
    }
    added.transpose()?;
    ctx.reply.integer(i64::from(changes > 0));
    Ok(Outcome::Done)
}

pub(super) fn pfcount(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let count = if args.len() == 2 {
        count_one(ctx, &args[1])?
    } else {
        let mut registers = Box::new([0; REGISTERS]);
        for key in args.slice(1..).iter() {
            read(ctx, key, |log| Ok(log.raise(&mut registers)?))?;
        }
        let mut bytes = Vec::new();
        let mut union = HyperLogLog::empty(&mut bytes);
        union.make_dense()?;
        union.assign(&registers, 0)?;
        union.as_ref().count()?
    };
    ctx.reply.integer(count as i64);
    Ok(Outcome::Done)
}

/// Returns the cardinality of a single key, and caches it in the value.
fn count_one(ctx: &mut Context<'_>, key: &[u8]) -> Result<u64, Error> {
    let known =
        read(ctx, key, |log| Ok((log.cached(), log.cached().map_or_else(|| log.count(), Ok)?)))?;
    let Some((cached, count)) = known else { return Ok(0) };
    let cache = |bytes: &mut Vec<u8>| HyperLogLog::new(bytes).map(|mut log| log.cache(count));
    if cached.is_none()
        && let Some(done) = ctx.keys.edit_string(key, |record| record.edit(cache))?
    {
        done?;
        ctx.keys.modified_quietly(key);
    }
    Ok(count)
}

pub(super) fn pfmerge(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let destination = &args[1];
    let sparse_max_bytes = sparse_max_bytes(ctx);
    let (mut registers, mut is_any_dense) = (Box::new([0; REGISTERS]), false);
    for key in args.slice(1..).iter() {
        read(ctx, key, |log| {
            is_any_dense |= !log.is_sparse();
            Ok(log.raise(&mut registers)?)
        })?;
    }
    let merge = |mut log: HyperLogLog<'_>| -> Result<(), Error> {
        if is_any_dense {
            log.make_dense()?;
        }
        log.assign(&registers, sparse_max_bytes)?;
        log.invalidate();
        Ok(())
    };
    let edit = |bytes: &mut Vec<u8>| merge(HyperLogLog::new(bytes)?);
    if let Some(merged) = ctx.keys.edit_string(destination, |record| record.edit(edit))? {
        merged?;
        ctx.keys.modified(destination, Event::PF_ADD);
    } else {
        let mut bytes = Vec::new();
        merge(HyperLogLog::empty(&mut bytes))?;
        put(ctx, destination, bytes, Event::PF_ADD);
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn pfdebug(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (subcommand, key) = (args[1].to_ascii_uppercase(), &args[2]);
    let is_sparse = read(ctx, key, |log| Ok(log.is_sparse()))?.ok_or(error::PFDEBUG_NO_KEY)?;
    match subcommand.as_slice() {
        b"GETREG" => {
            make_dense(ctx, key, is_sparse)?;
            let mut registers = Box::new([0; REGISTERS]);
            read(ctx, key, |log| Ok(log.raise(&mut registers)?))?;
            ctx.reply.array(REGISTERS);
            registers.iter().for_each(|&register| ctx.reply.integer(register.into()));
        }
        b"DECODE" if !is_sparse => return Err(error::PFDEBUG_NOT_SPARSE),
        b"DECODE" => {
            let text = read(ctx, key, |log| Ok(log.decode()))?;
            ctx.reply.bulk(&text.unwrap_or_default());
        }
        b"ENCODING" => ctx.reply.simple(if is_sparse { "sparse" } else { "dense" }),
        b"TODENSE" => {
            make_dense(ctx, key, is_sparse)?;
            ctx.reply.integer(i64::from(is_sparse));
        }
        _ => return Err(error::quoted("ERR Unknown PFDEBUG subcommand '", &args[1], "'")),
    }
    Ok(Outcome::Done)
}

fn make_dense(ctx: &mut Context<'_>, key: &[u8], is_sparse: bool) -> Result<(), Error> {
    let make_dense = |bytes: &mut Vec<u8>| Ok::<_, Error>(HyperLogLog::new(bytes)?.make_dense()?);
    if is_sparse && let Some(made) = ctx.keys.edit_string(key, |record| record.edit(make_dense))? {
        made?;
        ctx.keys.modified_quietly(key);
    }
    Ok(())
}

/// Calls `read` with the `HyperLogLog` at a key, if the key exists.
fn read<R>(
    ctx: &mut Context<'_>,
    key: &[u8],
    read: impl FnOnce(HyperLogLogRef<'_>) -> Result<R, Error>,
) -> Result<Option<R>, Error> {
    let Some(value) = ctx.keys.read_string(key)? else { return Ok(None) };
    read(HyperLogLogRef::new(value.bytes(&mut itoa::Buffer::new()))?).map(Some)
}

/// Estimates the size of sets of known sizes, sparse and dense, and checks that the errors are
/// within tolerance.
pub(super) fn pfselftest(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    /// The number of elements to count; the estimate is checked at powers of ten.
    const ELEMENTS: u64 = 100_000;
    /// Six standard errors of 16384 registers, as in Redis: practically no run exceeds this
    /// tolerance.
    const TOLERANCE: f64 = 6.0 * 1.04 / 128.0;
    let (mut sparse, mut dense) = (Vec::new(), Vec::new());
    let mut logs = [HyperLogLog::empty(&mut sparse), HyperLogLog::empty(&mut dense)];
    logs[1].make_dense()?;
    let (mut size, mut checkpoint) = (0, 1);
    while size < ELEMENTS {
        // Random bits make each run use different elements.
        let element = ctx.keys.dataset.random.next_u64().to_le_bytes();
        for log in &mut logs {
            log.add(Element::new(&element), usize::MAX)?;
        }
        size += 1;
        if size == checkpoint {
            checkpoint *= 10;
            let counts = [logs[0].as_ref().count()?, logs[1].as_ref().count()?];
            // In a small set, elements may collide in a register: round the error up.
            let most = libm::ceil(size as f64 * TOLERANCE);
            if counts[0] != counts[1] || counts[0].abs_diff(size) as f64 > most {
                let found = NumberText::from(counts[0] as i64);
                return Err(error::quoted("TESTFAILED Too big an error: counted ", &found, ""));
            }
        }
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn sparse_max_bytes(ctx: &Context<'_>) -> usize {
    usize::try_from(ctx.instance.config.hll_sparse_max_bytes).unwrap_or(usize::MAX)
}
