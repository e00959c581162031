//! `MEMORY`: the memory usage of keys and of the process.

use alloc::format;
use alloc::string::String;

use super::context::{Context, Outcome};
use super::help;
use super::parse;
use crate::error::{self, Error};
use crate::instance::host::Usage;
use crate::resp::args::Args;
use crate::table::Table;

type Handled = Result<Outcome, Error>;

pub(super) fn usage(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let mut at = 3;
    while let Some(option) = args.get(at) {
        let samples =
            args.get(at + 1).filter(|_| parse::is(option, "SAMPLES")).ok_or(error::SYNTAX)?;
        // Every part of a value is counted, so samples are not needed.
        if parse::integer(samples)? < 0 {
            return Err(error::SYNTAX);
        }
        at += 2;
    }
    match ctx.keys.peek_in(ctx.keys.database, &args[2]) {
        Some(record) => ctx.reply.count(record.memory_bytes()),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

/// The engine's memory usage, by its own accounting.
pub(super) struct Footprint {
    pub(super) used_bytes: u64,
    /// The part of it that is not keys and values.
    pub(super) overhead_bytes: u64,
    pub(super) clients_bytes: u64,
    /// The highest usage observed so far.
    pub(super) peak_bytes: u64,
}

impl Footprint {
    pub(super) fn of(ctx: &Context<'_>) -> Self {
        let clients_bytes = ctx.instance.clients.memory_bytes() as u64;
        let tracking_bytes = ctx.keys.dataset.observers.tracking.memory_bytes() as u64;
        let keyspace = &ctx.keys.dataset.keyspace;
        let tables = keyspace.iter().map(Table::memory_overhead_bytes).sum::<usize>() as u64;
        let used_bytes = keyspace.memory_bytes() as u64 + clients_bytes + tracking_bytes;
        Self {
            used_bytes,
            overhead_bytes: clients_bytes + tracking_bytes + tables,
            clients_bytes,
            peak_bytes: ctx.instance.stats.peak_used_bytes.max(used_bytes),
        }
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The excess of one measure of memory over another, which it includes.
pub(super) struct Excess {
    pub(super) ratio: f64,
    pub(super) bytes: i64,
}

impl Excess {
    const fn of(whole: u64, part: u64) -> Self {
        let ratio = if part == 0 { 0.0 } else { whole as f64 / part as f64 };
        Self { ratio, bytes: whole as i64 - part as i64 }
    }

    /// Returns the allocator's internal fragmentation, its free pages, the memory outside the
    /// allocator, and the total of the three.
    pub(super) const fn all(usage: &Usage, used_bytes: u64) -> [Self; 4] {
        let &Usage { allocated_bytes, active_bytes, mapped_bytes, resident_bytes, .. } = usage;
        [
            Self::of(active_bytes, allocated_bytes),
            Self::of(mapped_bytes, active_bytes),
            Self::of(resident_bytes, mapped_bytes),
            Self::of(resident_bytes, used_bytes),
        ]
    }
}

pub(super) fn stats(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let usage = ctx.instance.host.usage();
    let keys = ctx.keys.dataset.keyspace.iter().map(Table::len).sum::<usize>();
    let Footprint { used_bytes, overhead_bytes, clients_bytes, peak_bytes } = Footprint::of(ctx);
    let dataset = used_bytes.saturating_sub(overhead_bytes);
    let databases =
        ctx.keys.dataset.keyspace.iter().enumerate().filter(|(_, database)| !database.is_empty());
    let databases: alloc::vec::Vec<_> =
        databases.map(|(index, database)| (index, database.memory_overhead_bytes())).collect();

    let reply = &mut ctx.reply;
    reply.map(27 + databases.len());
    let integers = [
        ("peak.allocated", peak_bytes),
        ("total.allocated", used_bytes),
        ("startup.allocated", 0),
        ("replication.backlog", 0),
        ("clients.slaves", 0),
        ("clients.normal", clients_bytes),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("lua.caches", 0),
        ("functions.caches", 0),
    ];
    for (name, value) in integers {
        reply.bulk(name.as_bytes());
        reply.integer(value as i64);
    }
    for (index, overhead) in databases {
        reply.bulk(format!("db.{index}").as_bytes());
        reply.map(1);
        reply.bulk(b"overhead.hashtable.main");
        reply.count(overhead);
    }
    let integers = [
        ("overhead.total", overhead_bytes),
        ("keys.count", keys as u64),
        ("keys.bytes-per-key", dataset.checked_div(keys as u64).unwrap_or(0)),
        ("dataset.bytes", dataset),
    ];
    for (name, value) in integers {
        reply.bulk(name.as_bytes());
        reply.integer(value as i64);
    }
    let percentages = [
        ("dataset.percentage", 100.0 * share(dataset, used_bytes)),
        ("peak.percentage", 100.0 * share(used_bytes, peak_bytes)),
    ];
    for (name, value) in percentages {
        reply.bulk(name.as_bytes());
        reply.double(value);
    }
    let integers = [
        ("allocator.allocated", usage.allocated_bytes),
        ("allocator.active", usage.active_bytes),
        ("allocator.resident", usage.mapped_bytes),
    ];
    for (name, value) in integers {
        reply.bulk(name.as_bytes());
        reply.integer(value as i64);
    }
    let names = [
        ("allocator-fragmentation.ratio", "allocator-fragmentation.bytes"),
        ("allocator-rss.ratio", "allocator-rss.bytes"),
        ("rss-overhead.ratio", "rss-overhead.bytes"),
        ("fragmentation", "fragmentation.bytes"),
    ];
    for ((ratio, bytes), excess) in names.into_iter().zip(Excess::all(&usage, used_bytes)) {
        reply.bulk(ratio.as_bytes());
        reply.double(excess.ratio);
        reply.bulk(bytes.as_bytes());
        reply.integer(excess.bytes);
    }
    Ok(Outcome::Done)
}

pub(super) fn doctor(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    /// The memory usage from which advice is worthwhile.
    const SMALL_BYTES: u64 = 5 << 20;
    let usage = ctx.instance.host.usage();
    let Footprint { used_bytes, peak_bytes, .. } = Footprint::of(ctx);
    let mut text = String::new();
    if used_bytes < SMALL_BYTES {
        text.push_str(
            "This instance is almost empty; there is nothing to report about its memory.\n",
        );
    } else {
        if peak_bytes > used_bytes / 2 * 3 {
            text.push_str("Peak: the instance once used 1.5 times the memory it uses now, and the allocator may retain the difference.\n");
        }
        if usage.resident_bytes > used_bytes / 5 * 7 {
            text.push_str(
                "Fragmentation: the process uses 1.4 times the memory of its allocations.\n",
            );
        }
        if text.is_empty() {
            text.push_str("No problems found: neither fragmentation nor a past peak.\n");
        }
    }
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

pub(super) fn malloc_stats(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let usage = ctx.instance.host.usage();
    let text = format!(
        "allocator:{}\nallocated_bytes:{}\nresident_bytes:{}\n",
        ctx.instance.host.process().allocator,
        usage.allocated_bytes,
        usage.resident_bytes
    );
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

pub(super) fn purge(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.instance.host.purge();
    ctx.reply.ok();
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
