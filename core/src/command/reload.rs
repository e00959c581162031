//! `DEBUG RELOAD`: serializes all data as a snapshot does, reads it back and replaces the data with
//! it.
//!
//! Redis does this through a file. Here each value is written and read on its own, and nothing is
//! stored on disk. `NOSAVE`, which loads an earlier file, therefore fails.

use core::mem;

use alloc::format;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::dump;
use super::parse;
use crate::error::{self, Error};
use crate::keyspace::database::Database;
use crate::persist::rdb::lzf::Compressor;
use crate::persist::rdb::{Corrupt, Kind, Limits, Reader, Version, Writer, load, save};
use crate::resp::args::Args;
use crate::value::record::{AccessClock, Record};

const OPTIONS: [&str; 3] = ["MERGE", "NOFLUSH", "NOSAVE"];

pub(super) fn reload(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Outcome, Error> {
    let has = |option| args.iter().skip(2).any(|arg| parse::is(arg, option));
    if !args.iter().skip(2).all(|arg| OPTIONS.iter().any(|option| parse::is(arg, option))) {
        return Err(error::RELOAD_OPTION);
    }
    let is_empty = ctx.keys.dataset.keyspace.iter().all(Database::is_empty);
    // Without `MERGE`, loading fails if a key of the snapshot already exists; here all of them do.
    if has("NOSAVE") || has("NOFLUSH") && !has("MERGE") && !is_empty {
        return Err(error::NO_SNAPSHOT);
    }
    let databases = read_again(ctx)?;
    for (index, database) in databases.into_iter().enumerate() {
        let old = mem::replace(&mut ctx.keys.dataset.keyspace[index], database);
        ctx.keys.dataset.keyspace.lazyfree.push_database(old);
    }
    let stats = &mut ctx.keys.dataset.stats;
    stats.saved_changes = stats.changes;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// Rebuilds all databases. If a value cannot be read, the log names its key. Expired keys are
/// dropped. The time or frequency of access is kept only if the eviction policy tracks it, as in a
/// snapshot.
fn read_again(ctx: &mut Context<'_>) -> Result<Vec<Database>, Error> {
    let limits = dump::limits(&ctx.instance.config, ctx.keys.dataset.keyspace.seed());
    let now = ctx.keys.now_ms();
    let config = &ctx.instance.config;
    let keeps_clock = config.counts_frequency() || config.maxmemory_policy.ends_with("lru");
    let fresh = ctx.keys.dataset.access_policy.fresh(ctx.now);
    let mut compressor = config.rdbcompression.then_some(&mut ctx.instance.compressor);
    let mut databases = Vec::new();
    for (index, old) in ctx.keys.dataset.keyspace.iter().enumerate() {
        let mut new = Database::new(ctx.keys.dataset.keyspace.seed());
        for record in old.iter().filter(|record| !record.is_expired(now)) {
            let clock = if keeps_clock { record.clock() } else { fresh };
            let copy = copy(record, clock, compressor.as_deref_mut(), &limits);
            new.insert(copy.map_err(|Corrupt(reason)| {
                let key = record.key().escape_ascii();
                let text = format!("cannot reload key '{key}' of database {index}: {reason}");
                ctx.instance.host.log(text.as_bytes());
                error::NO_SNAPSHOT
            })?);
        }
        databases.push(new);
    }
    Ok(databases)
}

fn copy(
    record: &Record,
    clock: AccessClock,
    compressor: Option<&mut Compressor>,
    limits: &Limits,
) -> Result<Record, Corrupt> {
    let kind = Kind::of(record.value(), Version::NEWEST);
    let mut writer = Writer::new(Vec::new(), compressor);
    save(record.value(), kind, &mut writer);
    let bytes = writer.into_out();
    let loaded = load(kind, &mut Reader::new(&bytes), limits)?;
    Ok(loaded.into_record(record.key(), record.deadline(), clock))
}
