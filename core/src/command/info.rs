//! `INFO`: statistics by section, under Redis's names. Features without a counterpart here (forks,
//! replicas, scripts, ...) read as in a Redis that does not use them, since tools expect these
//! lines. A line whose value would be untrue is omitted.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use super::context::{Context, Outcome};
use super::memory::{Excess, Footprint};
use crate::acl::Reason;
use crate::error::Error;
use crate::pubsub::Topic;
use crate::resp::args::Args;
use crate::session::{Session, Stall};
use crate::{REDIS_VERSION, VERSION};

/// A section: its name, `true` if `INFO` without arguments includes it, and the function that
/// writes its lines.
type Section = (&'static str, bool, fn(&Context<'_>, &mut Lines));

const SECTIONS: &[Section] = &[
    ("Server", true, server),
    ("Clients", true, clients),
    ("Memory", true, memory),
    ("Persistence", true, persistence),
    ("Stats", true, stats),
    ("Replication", true, replication),
    ("CPU", true, cpu),
    ("Modules", true, modules),
    ("Commandstats", false, commandstats),
    ("Errorstats", true, errorstats),
    ("Latencystats", false, latencystats),
    ("Cluster", true, cluster),
    ("Keyspace", true, keyspace),
];

pub(super) fn info(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Outcome, Error> {
    let is_named =
        |name: &str| args.iter().skip(1).any(|arg| arg.eq_ignore_ascii_case(name.as_bytes()));
    let wants_all = is_named("all") || is_named("everything");
    let wants_default = args.len() == 1 || is_named("default");
    let mut lines = Lines(String::new());
    for &(name, is_default, write) in SECTIONS {
        if wants_all || (wants_default && is_default) || is_named(name) {
            if !lines.0.is_empty() {
                lines.0.push_str("\r\n");
            }
            let _ = write!(lines.0, "# {name}\r\n");
            write(ctx, &mut lines);
        }
    }
    ctx.reply.verbatim("txt", lines.0.as_bytes());
    Ok(Outcome::Done)
}

/// Lines of `field:value`.
struct Lines(String);

impl Lines {
    fn add(&mut self, field: &str, value: impl core::fmt::Display) {
        let _ = write!(self.0, "{field}:{value}\r\n");
    }

    /// Adds values that never change here.
    fn add_fixed(&mut self, figures: &[(&str, &str)]) {
        for (field, value) in figures {
            self.add(field, value);
        }
    }

    /// Adds a size twice: in bytes and in human-readable form.
    fn add_bytes(&mut self, field: &str, bytes: u64) {
        self.add(field, bytes);
        self.add(&format!("{field}_human"), human_bytes(bytes));
    }
}

fn human_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    for (unit, shift) in UNITS {
        if bytes >= 1 << shift {
            return format!("{:.2}{unit}", bytes as f64 / (1_u64 << shift) as f64);
        }
    }
    format!("{bytes}B")
}

fn server(ctx: &Context<'_>, lines: &mut Lines) {
    let process = ctx.instance.host.process();
    let config = &ctx.instance.config;
    let uptime_seconds = ctx.now.since(ctx.instance.started_at.unwrap_or(ctx.now)) / 1_000_000;
    lines.add("redis_version", REDIS_VERSION);
    lines.add("redstart_version", VERSION);
    lines.add("redis_git_sha1", "00000000");
    lines.add("redis_git_dirty", 0);
    lines.add("redis_build_id", 0);
    lines.add("redis_mode", "standalone");
    lines.add("os", &process.os);
    lines.add("arch_bits", usize::BITS);
    lines.add("monotonic_clock", process.monotonic_clock);
    lines.add("multiplexing_api", process.multiplexer);
    lines.add("process_id", process.id);
    lines.add("process_supervised", config.supervised);
    lines.add("run_id", String::from_utf8_lossy(&ctx.instance.run_id));
    lines.add("tcp_port", process.port);
    lines.add("server_time_usec", ctx.now.0);
    lines.add("uptime_in_seconds", uptime_seconds);
    lines.add("uptime_in_days", uptime_seconds / 86_400);
    lines.add("hz", config.hz.clamp(1, 500));
    lines.add("configured_hz", config.hz);
    lines.add("lru_clock", ctx.now.seconds() & 0x00ff_ffff);
    lines.add("executable", &process.executable);
    lines.add("config_file", &process.config_file);
    lines.add("io_threads_active", 0);
}

fn clients(ctx: &Context<'_>, lines: &mut Lines) {
    let sessions = || ctx.instance.clients.iter();
    lines.add("connected_clients", ctx.instance.clients.len());
    lines.add("cluster_connections", 0);
    lines.add("maxclients", ctx.instance.config.maxclients);
    lines.add(
        "client_recent_max_input_buffer",
        sessions().map(|s| s.input.capacity()).max().unwrap_or(0),
    );
    lines.add(
        "client_recent_max_output_buffer",
        sessions().map(|s| s.output.memory_bytes()).max().unwrap_or(0),
    );
    lines.add("blocked_clients", sessions().filter(|session| session.is_held()).count());
    lines.add("tracking_clients", ctx.keys.dataset.observers.tracking.clients);
    let has_deadline =
        |session: &&Session| matches!(session.stall, Some(Stall::Blocked { until: Some(_) }));
    lines.add("clients_in_timeout_table", sessions().filter(has_deadline).count());
    let keys = |needs_key: bool| -> BTreeSet<(usize, &[u8])> {
        let is_blocked = |session: &&Session| matches!(session.stall, Some(Stall::Blocked { .. }));
        let waits = sessions().filter(is_blocked).filter_map(|session| session.wait.as_deref());
        waits
            .filter(|wait| wait.needs_key || !needs_key)
            .flat_map(|wait| wait.keys.iter().map(|key| (wait.database, &key[..])))
            .collect()
    };
    lines.add("total_blocking_keys", keys(false).len());
    lines.add("total_blocking_keys_on_nokey", keys(true).len());
}

fn memory(ctx: &Context<'_>, lines: &mut Lines) {
    let (usage, process) = (ctx.instance.host.usage(), ctx.instance.host.process());
    let Footprint { used_bytes, overhead_bytes, clients_bytes, peak_bytes } = Footprint::of(ctx);
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    lines.add_bytes("used_memory", used_bytes);
    lines.add_bytes("used_memory_rss", usage.resident_bytes);
    lines.add_bytes("used_memory_peak", peak_bytes);
    lines.add("used_memory_peak_perc", format!("{:.2}%", 100.0 * ratio(used_bytes, peak_bytes)));
    lines.add("used_memory_overhead", overhead_bytes);
    lines.add("used_memory_startup", 0);
    lines.add("used_memory_dataset", used_bytes.saturating_sub(overhead_bytes));
    lines.add(
        "used_memory_dataset_perc",
        format!("{:.2}%", 100.0 * ratio(used_bytes.saturating_sub(overhead_bytes), used_bytes)),
    );
    lines.add("allocator_allocated", usage.allocated_bytes);
    lines.add("allocator_active", usage.active_bytes);
    lines.add("allocator_resident", usage.mapped_bytes);
    lines.add_bytes("total_system_memory", process.system_memory_bytes);
    lines.add_fixed(&[
        ("used_memory_lua", "0"),
        ("used_memory_vm_eval", "0"),
        ("used_memory_lua_human", "0B"),
        ("used_memory_scripts_eval", "0"),
        ("number_of_cached_scripts", "0"),
        ("number_of_functions", "0"),
        ("number_of_libraries", "0"),
        ("used_memory_vm_functions", "0"),
        ("used_memory_vm_total", "0"),
        ("used_memory_vm_total_human", "0B"),
        ("used_memory_functions", "0"),
        ("used_memory_scripts", "0"),
        ("used_memory_scripts_human", "0B"),
    ]);
    lines.add_bytes("maxmemory", ctx.instance.config.maxmemory as u64);
    lines.add("maxmemory_policy", ctx.instance.config.maxmemory_policy);
    let names = ["allocator_frag", "allocator_rss", "rss_overhead", "mem_fragmentation"];
    for (name, Excess { ratio, bytes }) in names.into_iter().zip(Excess::all(&usage, used_bytes)) {
        lines.add(&format!("{name}_ratio"), format_args!("{ratio:.2}"));
        lines.add(&format!("{name}_bytes"), bytes);
    }
    lines.add_fixed(&[
        ("mem_not_counted_for_evict", "0"),
        ("mem_replication_backlog", "0"),
        ("mem_total_replication_buffers", "0"),
        ("mem_clients_slaves", "0"),
    ]);
    lines.add("mem_clients_normal", clients_bytes);
    lines.add_fixed(&[("mem_cluster_links", "0"), ("mem_aof_buffer", "0")]);
    lines.add("mem_allocator", process.allocator);
    lines.add("active_defrag_running", 0);
    lines.add("lazyfree_pending_objects", ctx.keys.dataset.keyspace.lazyfree.pending());
    lines.add("lazyfreed_objects", ctx.keys.dataset.keyspace.lazyfree.freed());
}

fn persistence(ctx: &Context<'_>, lines: &mut Lines) {
    lines.add_fixed(&[
        ("loading", "0"),
        ("async_loading", "0"),
        ("current_cow_peak", "0"),
        ("current_cow_size", "0"),
        ("current_cow_size_age", "0"),
        ("current_fork_perc", "0.00"),
        ("current_save_keys_processed", "0"),
        ("current_save_keys_total", "0"),
    ]);
    let keys = &ctx.keys.dataset.stats;
    lines.add("rdb_changes_since_last_save", keys.changes - keys.saved_changes);
    lines.add("rdb_bgsave_in_progress", 0);
    // As in Redis, the data counts as saved at startup.
    lines.add("rdb_last_save_time", ctx.instance.started_at.unwrap_or(ctx.now).seconds());
    lines.add_fixed(&[
        ("rdb_last_bgsave_status", "ok"),
        ("rdb_last_bgsave_time_sec", "-1"),
        ("rdb_current_bgsave_time_sec", "-1"),
        ("rdb_saves", "0"),
        ("rdb_last_cow_size", "0"),
        ("rdb_last_load_keys_expired", "0"),
        ("rdb_last_load_keys_loaded", "0"),
        ("aof_enabled", "0"),
        ("aof_rewrite_in_progress", "0"),
        ("aof_rewrite_scheduled", "0"),
        ("aof_last_rewrite_time_sec", "-1"),
        ("aof_current_rewrite_time_sec", "-1"),
        ("aof_last_bgrewrite_status", "ok"),
        ("aof_rewrites", "0"),
        ("aof_rewrites_consecutive_failures", "0"),
        ("aof_last_write_status", "ok"),
        ("aof_last_cow_size", "0"),
        ("module_fork_in_progress", "0"),
        ("module_fork_last_cow_size", "0"),
    ]);
}

fn stats(ctx: &Context<'_>, lines: &mut Lines) {
    let (stats, keys) = (&ctx.instance.stats, &ctx.keys.dataset.stats);
    let [commands, input_bytes, output_bytes] = stats.rates.per_second();
    lines.add("total_connections_received", stats.connections_received);
    lines.add("total_commands_processed", stats.commands_processed);
    lines.add("instantaneous_ops_per_sec", commands as u64);
    lines.add("total_net_input_bytes", stats.input_bytes);
    lines.add("total_net_output_bytes", stats.output_bytes);
    lines.add_fixed(&[("total_net_repl_input_bytes", "0"), ("total_net_repl_output_bytes", "0")]);
    lines.add("instantaneous_input_kbps", format!("{:.2}", input_bytes / 1024.0));
    lines.add("instantaneous_output_kbps", format!("{:.2}", output_bytes / 1024.0));
    lines.add_fixed(&[
        ("instantaneous_input_repl_kbps", "0.00"),
        ("instantaneous_output_repl_kbps", "0.00"),
    ]);
    lines.add("rejected_connections", stats.connections_rejected);
    lines.add_fixed(&[("sync_full", "0"), ("sync_partial_ok", "0"), ("sync_partial_err", "0")]);
    lines.add("expired_keys", keys.expired);
    let (exceeded_ms, exceeded_now_ms) = stats.limit_exceeded_ms(ctx.now);
    lines.add("evicted_keys", keys.evicted);
    lines.add("evicted_clients", stats.evicted_clients);
    lines.add("total_eviction_exceeded_time", exceeded_ms);
    lines.add("current_eviction_exceeded_time", exceeded_now_ms);
    lines.add("keyspace_hits", keys.hits);
    lines.add("keyspace_misses", keys.misses);
    let pubsub = &ctx.instance.pubsub;
    lines.add("pubsub_channels", pubsub.names(Topic::Channel).len());
    lines.add("pubsub_patterns", pubsub.names(Topic::Pattern).len());
    lines.add("pubsubshard_channels", pubsub.names(Topic::Shard).len());
    let tracking = &ctx.keys.dataset.observers.tracking;
    lines.add("tracking_total_keys", tracking.keys());
    lines.add("tracking_total_items", tracking.items());
    lines.add("tracking_total_prefixes", tracking.prefixes());
    lines.add_fixed(&[
        ("latest_fork_usec", "0"),
        ("total_forks", "0"),
        ("migrate_cached_sockets", "0"),
        ("slave_expires_tracked_keys", "0"),
        ("active_defrag_hits", "0"),
        ("active_defrag_misses", "0"),
        ("active_defrag_key_hits", "0"),
        ("active_defrag_key_misses", "0"),
        ("total_active_defrag_time", "0"),
        ("current_active_defrag_time", "0"),
        ("unexpected_error_replies", "0"),
    ]);
    lines.add("total_error_replies", stats.error_replies);
    lines.add("total_reads_processed", stats.reads);
    lines.add("total_writes_processed", stats.writes);
    lines.add_fixed(&[("io_threaded_reads_processed", "0"), ("io_threaded_writes_processed", "0")]);
    lines.add("client_query_buffer_limit_disconnections", stats.query_buffer_disconnections);
    lines.add("client_output_buffer_limit_disconnections", stats.output_buffer_disconnections);
    for (name, reason) in [
        ("auth", Reason::Auth),
        ("cmd", Reason::Command),
        ("key", Reason::Key),
        ("channel", Reason::Channel),
    ] {
        lines.add(&format!("acl_access_denied_{name}"), stats.denials[reason as usize]);
    }
}

fn replication(ctx: &Context<'_>, lines: &mut Lines) {
    lines.add("role", "master");
    lines.add("connected_slaves", 0);
    lines.add("master_failover_state", "no-failover");
    lines.add("master_replid", String::from_utf8_lossy(&ctx.instance.run_id));
    lines.add_fixed(&[
        ("master_replid2", "0000000000000000000000000000000000000000"),
        ("master_repl_offset", "0"),
        ("second_repl_offset", "-1"),
        ("repl_backlog_active", "0"),
        ("repl_backlog_size", "0"),
        ("repl_backlog_first_byte_offset", "0"),
        ("repl_backlog_histlen", "0"),
    ]);
}

fn cpu(ctx: &Context<'_>, lines: &mut Lines) {
    let usage = ctx.instance.host.usage();
    let seconds = |us: u64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    lines.add("used_cpu_sys", seconds(usage.system_cpu_us));
    lines.add("used_cpu_user", seconds(usage.user_cpu_us));
    lines.add_fixed(&[
        ("used_cpu_sys_children", "0.000000"),
        ("used_cpu_user_children", "0.000000"),
    ]);
    lines.add("used_cpu_sys_main_thread", seconds(usage.main_thread_system_cpu_us));
    lines.add("used_cpu_user_main_thread", seconds(usage.main_thread_user_cpu_us));
}

const fn modules(_: &Context<'_>, _: &mut Lines) {}

fn commandstats(ctx: &Context<'_>, lines: &mut Lines) {
    for command in ctx.commands.iter() {
        let stats = &ctx.instance.stats.commands[command.index];
        if stats.calls == 0 && stats.rejected_calls == 0 && stats.failed_calls == 0 {
            continue;
        }
        let usec = stats.duration_ns / 1_000;
        let usec_per_call = if stats.calls == 0 {
            0.0
        } else {
            stats.duration_ns as f64 / 1e3 / stats.calls as f64
        };
        lines.add(
            &format!("cmdstat_{}", command.spec.name),
            format_args!(
                "calls={},usec={usec},usec_per_call={usec_per_call:.2},rejected_calls={},failed_calls={}",
                stats.calls, stats.rejected_calls, stats.failed_calls
            ),
        );
    }
}

fn errorstats(ctx: &Context<'_>, lines: &mut Lines) {
    for (code, count) in &ctx.instance.stats.errors {
        let code = String::from_utf8_lossy(code);
        lines.add(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}

fn latencystats(ctx: &Context<'_>, lines: &mut Lines) {
    for command in ctx.commands.iter() {
        let Some(durations) = &ctx.instance.stats.commands[command.index].durations else {
            continue;
        };
        let percentiles: alloc::vec::Vec<String> = ctx
            .instance
            .config
            .latency_tracking_info_percentiles
            .iter()
            .map(|&percent| {
                format!("p{percent}={:.3}", durations.percentile_ns(percent) as f64 / 1e3)
            })
            .collect();
        lines
            .add(&format!("latency_percentiles_usec_{}", command.spec.name), percentiles.join(","));
    }
}

fn cluster(_: &Context<'_>, lines: &mut Lines) {
    lines.add("cluster_enabled", 0);
}

fn keyspace(ctx: &Context<'_>, lines: &mut Lines) {
    for (index, database) in
        ctx.keys.dataset.keyspace.iter().enumerate().filter(|(_, db)| !db.is_empty())
    {
        lines.add(
            &format!("db{index}"),
            format_args!(
                "keys={},expires={},avg_ttl={}",
                database.len(),
                database.expiring_len(),
                database.average_ttl_ms(ctx.now.millis())
            ),
        );
    }
}
