//! `MEMORY`: what keys and the process take.

use alloc::format;
use alloc::string::String;

use super::args;
use super::context::{Context, Outcome};
use super::help;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::table::Table;

type Handled = Result<Outcome, Error>;

pub(super) fn usage(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let mut at = 3;
    while let Some(option) = args.get(at) {
        let samples =
            args.get(at + 1).filter(|_| args::is(option, "SAMPLES")).ok_or(error::SYNTAX)?;
        // Every part of a value is counted, so there is nothing to sample.
        if args::integer(samples)? < 0 {
            return Err(error::SYNTAX);
        }
        at += 2;
    }
    match ctx.keys.peek(&args[2]) {
        Some(record) => ctx.reply.count(record.memory_bytes()),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

pub(super) fn stats(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let usage = ctx.instance.host.usage();
    let clients: usize =
        ctx.instance.clients.iter().map(crate::session::Session::memory_bytes).sum();
    let clients = clients + ctx.session.memory_bytes();
    let keys = ctx.keys.keyspace.iter().map(Table::len).sum::<usize>();
    let tables = ctx.keys.keyspace.iter().map(Table::memory_overhead_bytes).sum::<usize>();
    let overhead = (clients + tables) as u64;
    let dataset = usage.allocated_bytes.saturating_sub(overhead);
    let peak = ctx.instance.stats.peak_allocated_bytes.max(usage.allocated_bytes);
    let databases =
        ctx.keys.keyspace.iter().enumerate().filter(|(_, database)| !database.is_empty());
    let databases: alloc::vec::Vec<_> =
        databases.map(|(index, database)| (index, database.memory_overhead_bytes())).collect();

    let reply = &mut ctx.reply;
    reply.map(12 + databases.len());
    let integers = [
        ("peak.allocated", peak),
        ("total.allocated", usage.allocated_bytes),
        ("startup.allocated", 0),
        ("clients.normal", clients as u64),
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
        ("overhead.total", overhead),
        ("keys.count", keys as u64),
        ("keys.bytes-per-key", dataset.checked_div(keys as u64).unwrap_or(0)),
        ("dataset.bytes", dataset),
    ];
    for (name, value) in integers {
        reply.bulk(name.as_bytes());
        reply.integer(value as i64);
    }
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let doubles = [
        ("dataset.percentage", 100.0 * share(dataset, usage.allocated_bytes)),
        ("peak.percentage", 100.0 * share(usage.allocated_bytes, peak)),
        ("fragmentation", share(usage.resident_bytes, usage.allocated_bytes)),
    ];
    for (name, value) in doubles {
        reply.bulk(name.as_bytes());
        reply.double(value);
    }
    reply.bulk(b"fragmentation.bytes");
    reply.integer(usage.resident_bytes as i64 - usage.allocated_bytes as i64);
    Ok(Outcome::Done)
}

pub(super) fn doctor(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    /// Below this much there is nothing worth advice.
    const SMALL_BYTES: u64 = 5 << 20;
    let usage = ctx.instance.host.usage();
    let peak = ctx.instance.stats.peak_allocated_bytes.max(usage.allocated_bytes);
    let mut text = String::new();
    if usage.allocated_bytes < SMALL_BYTES {
        text.push_str(
            "This instance holds next to nothing, so there is nothing to say about its memory.\n",
        );
    } else {
        if peak > usage.allocated_bytes / 2 * 3 {
            text.push_str("Peak: the instance once held half as much again as now, which the allocator may keep.\n");
        }
        if usage.resident_bytes > usage.allocated_bytes / 5 * 7 {
            text.push_str(
                "Fragmentation: the process takes 1.4 times what its allocations add up to.\n",
            );
        }
        if text.is_empty() {
            text.push_str("Nothing stands out: neither fragmentation nor a past peak.\n");
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
