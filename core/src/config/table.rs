//! The table of all parameters.

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

/// The table of parameters, in the order in which `CONFIG GET *` returns them.
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
        summary: "The TCP port to listen on; 0 lets the system choose one, which the log reports.",
        kind: Kind::Integer { field: |c| &mut c.port, min: 0, max: 65_535, unit: Unit::Plain },
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "bind",
        summary: "The addresses to listen on, separated by spaces; the prefix - marks one that may be unavailable.",
        kind: Kind::Text(|c| &mut c.bind),
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "unixsocket",
        summary: "The path of an additional Unix socket to listen on; empty for none.",
        kind: Kind::Text(|c| &mut c.unixsocket),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "unixsocketperm",
        summary: "The file mode of the Unix socket, in octal; 0 uses the umask.",
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
        summary: "The maximum number of connections waiting to be accepted.",
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
        summary: "The idle time in seconds before TCP keepalive probes; 0 disables them.",
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
        summary: "The idle time in seconds after which a client is closed; 0 disables this.",
        kind: Kind::Integer { field: |c| &mut c.timeout, min: 0, max: MAX_INT, unit: Unit::Plain },
        ..PLAIN
    },
    Parameter {
        name: "maxclients",
        summary: "The maximum number of connected clients.",
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
        summary: "Rejects connections from other machines while no password is set.",
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
        summary: "The ACL file, which defines the users; empty for none.",
        kind: Kind::Text(|c| &mut c.aclfile),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "acl-pubsub-default",
        summary: "The channels that a new user may access: all or none.",
        kind: Kind::Enum {
            field: |c| &mut c.acl_pubsub_default,
            names: &["allchannels", "resetchannels"],
        },
        ..PLAIN
    },
    Parameter {
        name: "acllog-max-len",
        summary: "The maximum number of entries in ACL LOG.",
        kind: Kind::Integer {
            field: |c| &mut c.acllog_max_len,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    // Limits on clients' requests and pending output
    Parameter {
        name: "proto-max-bulk-len",
        summary: "The maximum size of an argument and of a string, in bytes.",
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
        summary: "The maximum size of a client's unprocessed requests, in bytes; beyond it the client is closed.",
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
        summary: "The limits on pending output per class of clients: hard limit, soft limit and soft seconds.",
        kind: Kind::OutputLimits(|c| &mut c.client_output_buffer_limit),
        ..PLAIN
    },
    Parameter {
        name: "client-output-run-limit",
        summary: "The pending output in bytes at which a client's requests wait until it has read half of it; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.client_output_run_limit,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    // Data
    Parameter {
        name: "databases",
        summary: "The number of databases.",
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
        summary: "The memory limit, above which keys are evicted or commands rejected by maxmemory-policy; 0 for no limit.",
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
        summary: "The memory limit of all clients in bytes or percent of maxmemory, above which the largest are disconnected; 0 for no limit.",
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
        summary: "The effort to evict keys before a command: 10 means at most 500 keys, 0 means 50, 100 means no limit.",
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
        summary: "The keys to evict: the least recently (lru) or frequently (lfu) used, those that expire first (ttl), any (random), or none.",
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
        summary: "The number of random keys to choose from for each eviction; values above 64 count as 64.",
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
        summary: "The growth rate of a key's access counter: higher values saturate it more slowly.",
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
        summary: "The time in minutes without access after which a key's access counter decreases by one.",
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
        summary: "The maximum size of a sparse HyperLogLog, in bytes, before it becomes dense.",
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
        summary: "The frequency of background work such as removing expired keys and closing idle clients, per second.",
        kind: Kind::Clamped { field: |c| &mut c.hz, min: 1, max: 500 },
        ..PLAIN
    },
    Parameter {
        name: "hash-max-listpack-entries",
        alias: Some("hash-max-ziplist-entries"),
        summary: "The maximum number of fields of a hash in listpack encoding.",
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
        summary: "The maximum size of a field or value of a hash in listpack encoding, in bytes.",
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
        summary: "Compresses long strings of dumped values.",
        kind: Kind::Bool(|c| &mut c.rdbcompression),
        ..PLAIN
    },
    Parameter {
        name: "list-max-listpack-size",
        alias: Some("list-max-ziplist-size"),
        summary: "The maximum number of elements of a list in listpack encoding; -1 to -5 limit its size to 4, 8, 16, 32 or 64 KiB.",
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
        summary: "No effect: the inner chunks of a long list are always compressed where this saves memory.",
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
        summary: "The maximum number of members of a set in intset encoding.",
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
        summary: "The maximum number of members of a set in listpack encoding.",
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
        summary: "The maximum size of a member of a set in listpack encoding, in bytes.",
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
        summary: "The maximum size of a stream node, in bytes; 0 for no limit.",
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
        summary: "The maximum number of entries of a stream node; 0 for no limit.",
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
        summary: "The maximum number of members of a sorted set in listpack encoding.",
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
        summary: "The maximum size of a member of a sorted set in listpack encoding, in bytes.",
        kind: Kind::Integer {
            field: |c| &mut c.zset_max_listpack_value,
            min: 0,
            max: i64::MAX,
            unit: Unit::Memory,
        },
        ..PLAIN
    },
    // Observability
    Parameter {
        name: "slowlog-log-slower-than",
        summary: "The duration in microseconds from which a command is logged; negative disables the slow log.",
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
        summary: "The maximum number of entries in the slow log.",
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
        summary: "The duration in milliseconds from which LATENCY records an event; 0 disables it.",
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
        summary: "Records a histogram of durations for each command.",
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
        summary: "The keyspace notifications to send, as letters: K and E for the form, A for all classes.",
        kind: Kind::Events(|c| &mut c.notify_keyspace_events),
        ..PLAIN
    },
    Parameter {
        name: "tracking-table-max-keys",
        summary: "The maximum number of keys in the invalidation table of client-side caching; 0 for no limit.",
        kind: Kind::Integer {
            field: |c| &mut c.tracking_table_max_keys,
            min: 0,
            max: i64::MAX,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    // Accepted so that a configuration file for Redis loads
    Parameter {
        name: "sanitize-dump-payload",
        summary: "No effect: restored values are always validated in depth.",
        kind: Kind::Enum {
            field: |c| &mut c.sanitize_dump_payload,
            names: &["no", "yes", "clients"],
        },
        ..PLAIN
    },
    Parameter {
        name: "save",
        summary: "When to write snapshots. Not supported by this version, so only the empty text is accepted.",
        kind: Kind::Empty {
            field: |c| &mut c.save,
            why: "snapshots are not supported by this version; only \"\" is accepted",
        },
        ..PLAIN
    },
    Parameter {
        name: "appendonly",
        summary: "Enables the append-only file. Not supported by this version.",
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
        summary: "No effect: the keyspace grows one segment at a time and is never rehashed as a whole.",
        kind: Kind::Bool(|c| &mut c.activerehashing),
        ..PLAIN
    },
    Parameter {
        name: "io-threads",
        summary: "No effect: a single thread does all the work.",
        kind: Kind::Integer { field: |c| &mut c.io_threads, min: 1, max: 128, unit: Unit::Plain },
        immutable: true,
        ..PLAIN
    },
];
