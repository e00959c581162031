//! `DUMP` and `RESTORE`: values serialized for another server or for later.

use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::parse;
use super::{hash, list, set, sorted_set};
use crate::config::Config;
use crate::dataset::event::Event;
use crate::dataset::propagation::Deletion;
use crate::error::{self, Error};
use crate::keyspace::access::{self, AccessPolicy};
use crate::persist::rdb::{self, Limits, Refusal};
use crate::random::Seed;
use crate::resp::args::Args;
use crate::time::{UnixMicros, UnixMillis};
use crate::value::record::AccessClock;

type Handled = Result<Outcome, Error>;

pub(super) fn dump(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let instance = &mut *ctx.instance;
    let compressor = instance.config.rdbcompression.then_some(&mut instance.compressor);
    match ctx.keys.read(&args[1]) {
        Some(record) => ctx.reply.bulk(&rdb::dump(record.value(), compressor)),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn restore(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let options = Options::read(args)?;
    let key = &args[1];
    if !options.replaces && ctx.keys.consider(key).is_some() {
        return Err(error::BUSY_KEY);
    }
    let now = ctx.keys.now_ms();
    let deadline = match parse::integer(&args[2])? {
        0 => None,
        ttl_ms => {
            if ttl_ms < 0 {
                return Err(error::INVALID_TTL);
            }
            let origin_ms = if options.is_absolute { 0 } else { now.0 };
            // A sum beyond the 63 bits of Redis's clock counts as a time in the past.
            let deadline = UnixMillis(ttl_ms as u64 + origin_ms);
            Some(deadline).filter(|deadline| deadline.0 <= i64::MAX as u64).or(Some(now))
        }
    };
    let checks = !ctx.instance.skips_checksums;
    let limits = limits(&ctx.instance.config, ctx.keys.dataset.keyspace.seed());
    let loaded = rdb::restore(&args[3], checks, &limits).map_err(|refusal| match refusal {
        Refusal::VersionOrChecksum => error::BAD_DUMP_FOOTER,
        Refusal::Value => error::BAD_DUMP_VALUE,
    })?;
    if deadline.is_some_and(|deadline| deadline <= now) {
        let is_removed = ctx.keys.remove(key);
        ctx.reply.ok();
        return Ok(match is_removed {
            true => ctx.deletion(key, Deletion::Expired),
            false => Outcome::Instead(ctx.effects()),
        });
    } else {
        let clock = options.clock(ctx.keys.dataset.access_policy, ctx.now);
        let record = loaded.into_record(key, deadline, clock);
        ctx.check_growth(record.memory_bytes())?;
        // Removes the old value first, so that the new key is reported as new, as in Redis.
        if let Some(old) = ctx.keys.db().remove(key) {
            ctx.keys.dataset.keyspace.lazyfree.push_record(old);
        }
        ctx.keys.insert_in(ctx.keys.database, record, Event::RESTORE);
    }
    ctx.reply.ok();
    let Some(deadline) = deadline.filter(|_| !options.is_absolute) else {
        return Ok(Outcome::Done);
    };
    let mut effects = ctx.effects();
    if effects.are_recorded() {
        let mut digits = itoa::Buffer::new();
        let ttl: [&[u8]; 3] = [&args[0], key, digits.format(deadline.0).as_bytes()];
        let rest = args.slice(3..).iter().chain([&b"ABSTTL"[..]]);
        effects.push(&ttl.into_iter().chain(rest).collect::<Vec<_>>());
    }
    Ok(Outcome::Instead(effects))
}

/// Returns the thresholds of the compact encodings for values that are read.
pub(crate) fn limits(config: &Config, seed: Seed) -> Limits {
    Limits {
        hash: hash::limits_of(config, seed),
        list: list::limits(config),
        set: set::limits_of(config, seed),
        sorted_set: sorted_set::limits_of(config, seed),
        expansion_bytes: config.memory_ceiling.unwrap_or(usize::MAX),
    }
}

/// The options that follow the payload of a `RESTORE`.
#[derive(Default)]
struct Options {
    replaces: bool,
    is_absolute: bool,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

impl Options {
    fn read(args: Args<'_>) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut at = 4;
        while let Some(option) = args.get(at) {
            let value = args.get(at + 1);
            match (option.to_ascii_uppercase().as_slice(), value) {
                (b"REPLACE", _) => options.replaces = true,
                (b"ABSTTL", _) => options.is_absolute = true,
                (b"IDLETIME", Some(value)) if options.frequency.is_none() => {
                    let idle_seconds = u64::try_from(parse::integer(value)?);
                    options.idle_seconds = Some(idle_seconds.map_err(|_| error::INVALID_IDLETIME)?);
                    at += 1;
                }
                (b"FREQ", Some(value)) if options.idle_seconds.is_none() => {
                    let frequency = u8::try_from(parse::integer(value)?);
                    options.frequency = Some(frequency.map_err(|_| error::INVALID_FREQ)?);
                    at += 1;
                }
                _ => return Err(error::SYNTAX),
            }
            at += 1;
        }
        Ok(options)
    }

    /// Returns the access clock that the options set, as far as the policy tracks it.
    fn clock(&self, policy: AccessPolicy, now: UnixMicros) -> AccessClock {
        match (policy, self.idle_seconds, self.frequency) {
            (AccessPolicy::Recency, Some(idle_seconds), _) => access::idle(idle_seconds, now),
            (AccessPolicy::Frequency { .. }, _, Some(frequency)) => {
                access::frequency(now, frequency)
            }
            _ => policy.fresh(now),
        }
    }
}
