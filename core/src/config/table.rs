//! Every parameter, once.

use super::parameter::{Kind, Parameter, Unit};
use super::process::PROCESS;
use super::tls::TLS;

pub(super) const PLAIN: Parameter = Parameter {
    name: "",
    alias: None,
    summary: "",
    kind: Kind::Text(|config| &mut config.dir),
    immutable: false,
    protected: false,
    external: false,
    secret: false,
};

pub(super) const MAX_INT: i64 = i32::MAX as i64;
/// Highest `maxmemory-samples`.
const MAX_SAMPLES: i64 = 64;

/// The table of parameters, in the order in which `CONFIG GET *` tells them.
pub const PARAMETERS: &[Parameter] =
    &join::<{ GENERAL.len() + PROCESS.len() + TLS.len() }>([GENERAL, PROCESS, TLS]);

const fn join<const LEN: usize>(groups: [&[Parameter]; 3]) -> [Parameter; LEN] {
    let mut all = [PLAIN; LEN];
    let (mut group, mut index, mut len) = (0, 0, 0);
    while group < groups.len() {
        if index < groups[group].len() {
            all[len] = groups[group][index];
            (index, len) = (index + 1, len + 1);
        } else {
            (group, index) = (group + 1, 0);
        }
    }
    all
}

const GENERAL: &[Parameter] = &[
    // Network
    Parameter {
        name: "port",
        summary: "The TCP port to listen on; 0 lets the system choose one, which the log tells.",
        kind: Kind::Integer { field: |c| &mut c.port, min: 0, max: 65_535, unit: Unit::Plain },
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "bind",
        summary: "The addresses to listen on, separated by spaces; one that starts with - may be missing.",
        kind: Kind::Text(|c| &mut c.bind),
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "unixsocket",
        summary: "The path of a Unix socket to listen on as well.",
        kind: Kind::Text(|c| &mut c.unixsocket),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "unixsocketperm",
        summary: "The file mode of the Unix socket, in octal; 0 leaves it to the umask.",
        kind: Kind::Integer {
            field: |c| &mut c.unixsocketperm,
            min: 0,
            max: 0o777,
            unit: Unit::Octal,
        },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "tcp-backlog",
        summary: "How many connections may wait to be accepted.",
        kind: Kind::Integer {
            field: |c| &mut c.tcp_backlog,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "tcp-keepalive",
        summary: "Seconds of silence after which the system asks whether a peer is still there; 0 never asks.",
        kind: Kind::Integer {
            field: |c| &mut c.tcp_keepalive,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "timeout",
        summary: "Seconds after which an idle client is closed; 0 never closes one.",
        kind: Kind::Integer { field: |c| &mut c.timeout, min: 0, max: MAX_INT, unit: Unit::Plain },
        ..PLAIN
    },
    Parameter {
        name: "maxclients",
        summary: "How many clients may be connected at once.",
        kind: Kind::Integer {
            field: |c| &mut c.maxclients,
            min: 1,
            max: u32::MAX as i64,
            unit: Unit::Plain,
        },
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "protected-mode",
        summary: "Whether connections from other machines are refused while no password is set.",
        kind: Kind::Bool(|c| &mut c.protected_mode),
        ..PLAIN
    },
    Parameter {
        name: "requirepass",
        summary: "The password of the default user; empty for none.",
        kind: Kind::Text(|c| &mut c.requirepass),
        secret: true,
        ..PLAIN
    },
    Parameter {
        name: "aclfile",
        summary: "The file that holds the users; empty for none.",
        kind: Kind::Text(|c| &mut c.aclfile),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "acl-pubsub-default",
        summary: "Whether a new user may use all channels, or none.",
        kind: Kind::Enum {
            field: |c| &mut c.acl_pubsub_default,
            names: &["allchannels", "resetchannels"],
        },
        ..PLAIN
    },
    Parameter {
        name: "acllog-max-len",
        summary: "The most entries that ACL LOG keeps.",
        kind: Kind::Integer {
            field: |c| &mut c.acllog_max_len,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    // What a client may send and leave unread
    Parameter {
        name: "proto-max-bulk-len",
        summary: "The largest argument a client may send, and the largest string, in bytes.",
        kind: Kind::Integer {
            field: |c| &mut c.proto_max_bulk_len,
            min: 1 << 20,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    Parameter {
        name: "client-query-buffer-limit",
        summary: "How many bytes of requests a client may send ahead before it is closed.",
        kind: Kind::Integer {
            field: |c| &mut c.client_query_buffer_limit,
            min: 1 << 20,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    Parameter {
        name: "client-output-buffer-limit",
        summary: "For each class of client: hard limit, soft limit and soft seconds of unread replies.",
        kind: Kind::OutputLimits(|c| &mut c.client_output_buffer_limit),
        ..PLAIN
    },
    Parameter {
        name: "client-output-run-limit",
        summary: "Bytes of unread replies at which a client's requests wait until it has read half of them; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.client_output_run_limit,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    // The data
    Parameter {
        name: "databases",
        summary: "How many numbered databases there are.",
        kind: Kind::Integer {
            field: |c| &mut c.databases,
            min: 1,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "maxmemory",
        summary: "Above this much memory keys are evicted or commands refused, as maxmemory-policy says; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.maxmemory,
            min: 0,
            max: i64::MAX,
            unit: Unit::WideMemory,
        },
        ..PLAIN
    },
    Parameter {
        name: "maxmemory-clients",
        summary: "Above this much memory for clients, or this share of maxmemory (5%), the largest are disconnected; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.maxmemory_clients,
            min: -100,
            max: i64::MAX,
            unit: Unit::MemoryOrPercent,
        },
        ..PLAIN
    },
    Parameter {
        name: "maxmemory-eviction-tenacity",
        summary: "How many keys are evicted before a command runs: 10 means 500, 0 means 50, 100 means as many as it takes.",
        kind: Kind::Integer {
            field: |c| &mut c.maxmemory_eviction_tenacity,
            min: 0,
            max: 100,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "maxmemory-policy",
        summary: "Which keys are evicted: the least recently (lru) or frequently (lfu) used, those that expire first (ttl), any (random).",
        kind: Kind::Enum {
            field: |c| &mut c.maxmemory_policy,
            names: &[
                "volatile-lru",
                "volatile-lfu",
                "volatile-random",
                "volatile-ttl",
                "allkeys-lru",
                "allkeys-lfu",
                "allkeys-random",
                "noeviction",
            ],
        },
        ..PLAIN
    },
    Parameter {
        name: "maxmemory-samples",
        summary: "How many keys are drawn for each that is evicted, of which the best goes.",
        kind: Kind::Integer {
            field: |c| &mut c.maxmemory_samples,
            min: 1,
            max: MAX_SAMPLES,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "lfu-log-factor",
        summary: "How slowly the access counter of a key saturates.",
        kind: Kind::Integer {
            field: |c| &mut c.lfu_log_factor,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "lfu-decay-time",
        summary: "Minutes without access after which a key's counter falls by one.",
        kind: Kind::Integer {
            field: |c| &mut c.lfu_decay_time,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "hll-sparse-max-bytes",
        summary: "The most bytes that a sparse HyperLogLog may have before it becomes dense.",
        kind: Kind::Integer {
            field: |c| &mut c.hll_sparse_max_bytes,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    Parameter {
        name: "hz",
        summary: "How often a second expired keys are collected and idle clients looked for.",
        kind: Kind::Clamped { field: |c| &mut c.hz, min: 1, max: 500 },
        ..PLAIN
    },
    Parameter {
        name: "hash-max-listpack-entries",
        alias: Some("hash-max-ziplist-entries"),
        summary: "The most fields of a hash that is one listpack.",
        kind: Kind::Integer {
            field: |c| &mut c.hash_max_listpack_entries,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "hash-max-listpack-value",
        alias: Some("hash-max-ziplist-value"),
        summary: "The longest field or value of a hash that is one listpack, in bytes.",
        kind: Kind::Integer {
            field: |c| &mut c.hash_max_listpack_value,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    Parameter {
        name: "rdbcompression",
        summary: "Whether long strings of dumped values are compressed.",
        kind: Kind::Bool(|c| &mut c.rdbcompression),
        ..PLAIN
    },
    Parameter {
        name: "list-max-listpack-size",
        alias: Some("list-max-ziplist-size"),
        summary: "The most elements of a list that is one listpack; from -1 to -5 the most bytes: 4, 8, 16, 32, 64 KiB.",
        kind: Kind::Integer {
            field: |c| &mut c.list_max_listpack_size,
            min: i32::MIN as i64,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "list-compress-depth",
        summary: "No effect: what lies deep inside a long list is always held in less room, if it can be.",
        kind: Kind::Integer {
            field: |c| &mut c.list_compress_depth,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "set-max-intset-entries",
        summary: "The most members of a set that is an array of integers.",
        kind: Kind::Integer {
            field: |c| &mut c.set_max_intset_entries,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "set-max-listpack-entries",
        summary: "The most members of a set that is one listpack.",
        kind: Kind::Integer {
            field: |c| &mut c.set_max_listpack_entries,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "set-max-listpack-value",
        summary: "The longest member of a set that is one listpack, in bytes.",
        kind: Kind::Integer {
            field: |c| &mut c.set_max_listpack_value,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    Parameter {
        name: "stream-node-max-bytes",
        summary: "The most bytes of a node of a stream; 0 is no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.stream_node_max_bytes,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    Parameter {
        name: "stream-node-max-entries",
        summary: "The most entries of a node of a stream; 0 is no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.stream_node_max_entries,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "zset-max-listpack-entries",
        alias: Some("zset-max-ziplist-entries"),
        summary: "The most members of a sorted set that is one listpack.",
        kind: Kind::Integer {
            field: |c| &mut c.zset_max_listpack_entries,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "zset-max-listpack-value",
        alias: Some("zset-max-ziplist-value"),
        summary: "The longest member of a sorted set that is one listpack, in bytes.",
        kind: Kind::Integer {
            field: |c| &mut c.zset_max_listpack_value,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    // What is observed
    Parameter {
        name: "slowlog-log-slower-than",
        summary: "Microseconds a command must take to be logged; negative logs none.",
        kind: Kind::Integer {
            field: |c| &mut c.slowlog_log_slower_than,
            min: -1,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "slowlog-max-len",
        summary: "How many slow commands are kept.",
        kind: Kind::Integer {
            field: |c| &mut c.slowlog_max_len,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "latency-monitor-threshold",
        summary: "Milliseconds from which an event is recorded for LATENCY; 0 records none.",
        kind: Kind::Integer {
            field: |c| &mut c.latency_monitor_threshold,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "latency-tracking",
        summary: "Whether each command's durations are kept as a histogram.",
        kind: Kind::Bool(|c| &mut c.latency_tracking),
        ..PLAIN
    },
    Parameter {
        name: "latency-tracking-info-percentiles",
        summary: "The percentiles that INFO latencystats prints.",
        kind: Kind::Percentiles(|c| &mut c.latency_tracking_info_percentiles),
        ..PLAIN
    },
    Parameter {
        name: "notify-keyspace-events",
        summary: "Which changes to keys are published, as letters: K and E for the form, A for all classes.",
        kind: Kind::Events(|c| &mut c.notify_keyspace_events),
        ..PLAIN
    },
    Parameter {
        name: "tracking-table-max-keys",
        summary: "The most keys that are remembered for clients with caches; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.tracking_table_max_keys,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    // Accepted so that a file written for Redis loads
    Parameter {
        name: "sanitize-dump-payload",
        summary: "No effect: a value that is restored is always examined in depth.",
        kind: Kind::Enum {
            field: |c| &mut c.sanitize_dump_payload,
            names: &["no", "yes", "clients"],
        },
        ..PLAIN
    },
    Parameter {
        name: "save",
        summary: "When to write snapshots. This version writes none, so only the empty text is accepted.",
        kind: Kind::Empty {
            field: |c| &mut c.save,
            why: "snapshots are not supported by this version; only \"\" is accepted",
        },
        ..PLAIN
    },
    Parameter {
        name: "appendonly",
        summary: "Whether to keep an append-only file. This version keeps none.",
        kind: Kind::Never {
            field: |c| &mut c.appendonly,
            why: "the append-only file is not supported by this version",
        },
        ..PLAIN
    },
    Parameter {
        name: "lazyfree-lazy-eviction",
        summary: "No effect: memory is always freed in slices.",
        kind: Kind::Bool(|c| &mut c.lazyfree_lazy_eviction),
        ..PLAIN
    },
    Parameter {
        name: "lazyfree-lazy-expire",
        summary: "No effect: memory is always freed in slices.",
        kind: Kind::Bool(|c| &mut c.lazyfree_lazy_expire),
        ..PLAIN
    },
    Parameter {
        name: "lazyfree-lazy-server-del",
        summary: "No effect: memory is always freed in slices.",
        kind: Kind::Bool(|c| &mut c.lazyfree_lazy_server_del),
        ..PLAIN
    },
    Parameter {
        name: "lazyfree-lazy-user-del",
        summary: "No effect: memory is always freed in slices.",
        kind: Kind::Bool(|c| &mut c.lazyfree_lazy_user_del),
        ..PLAIN
    },
    Parameter {
        name: "lazyfree-lazy-user-flush",
        summary: "No effect: memory is always freed in slices.",
        kind: Kind::Bool(|c| &mut c.lazyfree_lazy_user_flush),
        ..PLAIN
    },
    Parameter {
        name: "activerehashing",
        summary: "No effect: the keyspace grows a segment at a time and never rehashes as a whole.",
        kind: Kind::Bool(|c| &mut c.activerehashing),
        ..PLAIN
    },
    Parameter {
        name: "io-threads",
        summary: "No effect: one thread does all the work.",
        kind: Kind::Integer { field: |c| &mut c.io_threads, min: 1, max: 128, unit: Unit::Plain },
        immutable: true,
        ..PLAIN
    },
];
