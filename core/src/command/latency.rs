//! `LATENCY`: samples of slow events, and histograms of command durations.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::context::{Context, Outcome};
use super::help;
use crate::error::Error;
use crate::instance::latency::LatencySamples;
use crate::resp::args::Args;

type Handled = Result<Outcome, Error>;

pub(super) fn latest(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let events = ctx.instance.latency.iter();
    ctx.reply.array(events.len());
    for (name, event) in events {
        let &(second, duration_ms) =
            event.samples.back().expect("an event has at least one sample");
        ctx.reply.array(4);
        ctx.reply.bulk(name.as_bytes());
        ctx.reply.integer(second as i64);
        ctx.reply.integer(duration_ms as i64);
        ctx.reply.integer(event.max_ms as i64);
    }
    Ok(Outcome::Done)
}

pub(super) fn history(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let event = ctx.instance.latency.event(&args[2]);
    ctx.reply.array(event.map_or(0, |event| event.samples.len()));
    for &(second, duration_ms) in event.iter().flat_map(|event| &event.samples) {
        ctx.reply.array(2);
        ctx.reply.integer(second as i64);
        ctx.reply.integer(duration_ms as i64);
    }
    Ok(Outcome::Done)
}

pub(super) fn reset(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let forgotten = if args.len() == 2 {
        ctx.instance.latency.clear()
    } else {
        args.iter().skip(2).filter(|name| ctx.instance.latency.remove(name)).count()
    };
    ctx.reply.count(forgotten);
    Ok(Outcome::Done)
}

pub(super) fn histogram(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let commands = ctx.commands;
    let chosen: Vec<_> = if args.len() == 2 {
        commands.iter().collect()
    } else {
        args.iter()
            .skip(2)
            .filter_map(|name| commands.find_full(name))
            .flat_map(|command| core::iter::once(command).chain(commands.subcommands(command)))
            .collect()
    };
    let stats = &ctx.instance.stats.commands;
    let rows: Vec<_> = chosen
        .into_iter()
        .filter_map(|command| Some((command.spec.name, stats[command.index].durations.as_ref()?)))
        .filter(|(_, durations)| durations.total() > 0)
        .collect();
    let reply = &mut ctx.reply;
    reply.map(rows.len());
    for (name, durations) in rows {
        reply.bulk(name.as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.integer(durations.total() as i64);
        reply.bulk(b"histogram_usec");
        let buckets = durations.cumulative_us();
        reply.map(buckets.len());
        for (bound_us, count) in buckets {
            reply.integer(bound_us as i64);
            reply.integer(count as i64);
        }
    }
    Ok(Outcome::Done)
}

/// Replies with the samples of an event as a bar chart, oldest first.
pub(super) fn graph(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let Some(event) = ctx.instance.latency.event(&args[2]) else {
        return Err(crate::error::quoted("ERR No samples available for event '", &args[2], "'"));
    };
    let text = bars(&String::from_utf8_lossy(&args[2]), event);
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

fn bars(name: &str, event: &LatencySamples) -> String {
    const SHADES: [char; 5] = ['_', '.', 'o', 'O', '#'];
    let durations = || event.samples.iter().map(|(_, duration_ms)| *duration_ms);
    let (low, high) = (durations().min().unwrap_or(0), durations().max().unwrap_or(0));
    let shade = |duration_ms: u64| match (duration_ms - low) * (SHADES.len() as u64 - 1) {
        _ if high == low => SHADES[0],
        scaled => SHADES[(scaled / (high - low)) as usize],
    };
    let line: String = durations().map(shade).collect();
    format!("{name} - high {high} ms, low {low} ms (all time high {} ms)\n{line}\n", event.max_ms)
}

pub(super) fn doctor(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    let threshold_ms = ctx.instance.config.latency_monitor_threshold;
    let mut text = String::new();
    if threshold_ms == 0 {
        text.push_str("The latency monitor is disabled. Enable it with CONFIG SET latency-monitor-threshold <milliseconds>.\n");
    } else if ctx.instance.latency.iter().len() == 0 {
        text.push_str(&format!("No event has taken {threshold_ms} ms or longer so far.\n"));
    }
    for (name, event) in ctx.instance.latency.iter() {
        let count = event.samples.len() as u64;
        let sum: u64 = event.samples.iter().map(|(_, duration_ms)| duration_ms).sum();
        text.push_str(&format!(
            "{name}: {count} samples, {} ms on average, {} ms at worst. SLOWLOG GET names the commands.\n",
            sum / count.max(1),
            event.max_ms
        ));
    }
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

pub(super) fn help(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    help::reply(ctx)
}
