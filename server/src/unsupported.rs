//! The parameters of Redis that this server does not support.
//!
//! A configuration file written for Redis should load, so most unsupported parameters are ignored
//! with a warning: without them the server may be slower, use more memory or log less, but it does
//! what it is asked to do. Parameters that protect data or restrict access must not be ignored
//! silently. They prevent startup, unless their value turns the feature off.

/// The treatment of an unsupported parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// The value turns the feature off.
    Idle,
    /// The server can run without the feature.
    Ignored,
    /// The server must not run without the feature; contains the reason.
    Refused(&'static str),
}

const DURABILITY: &str = "not supported: data could be lost silently without it";
const REPLICATION: &str = "replication is not supported";
const CLUSTER: &str = "cluster mode is not supported";
const MODULES: &str = "modules are not supported";
const SENTINEL: &str = "sentinel mode is not supported";

/// Parameters that must not be ignored: the name, the values that turn the feature off, and the
/// reason to reject any other value.
const ESSENTIAL: &[(&str, &[&str], &str)] = &[
    ("replicaof", &["no one"], REPLICATION),
    ("slaveof", &["no one"], REPLICATION),
    ("min-replicas-to-write", &["0"], DURABILITY),
    ("min-slaves-to-write", &["0"], DURABILITY),
    ("cluster-enabled", &["no"], CLUSTER),
    ("tls-replication", &["no"], REPLICATION),
    ("tls-cluster", &["no"], CLUSTER),
    ("loadmodule", &[], MODULES),
    ("sentinel", &[], SENTINEL),
];

/// Parameters that the server can run without.
const DISPENSABLE: &[&str] = &[
    "active-defrag-cycle-max",
    "active-defrag-cycle-min",
    "active-defrag-ignore-bytes",
    "active-defrag-max-scan-fields",
    "active-defrag-threshold-lower",
    "active-defrag-threshold-upper",
    "active-expire-effort",
    "activedefrag",
    "aof-disable-auto-gc",
    "aof-load-truncated",
    "aof-rewrite-incremental-fsync",
    "aof-timestamp-enabled",
    "aof-use-rdb-preamble",
    "aof_rewrite_cpulist",
    "appenddirname",
    "appendfilename",
    "appendfsync",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "bgsave_cpulist",
    "bind-source-addr",
    "bio_cpulist",
    "busy-reply-threshold",
    "cluster-allow-pubsubshard-when-down",
    "cluster-allow-reads-when-down",
    "cluster-allow-replica-migration",
    "cluster-announce-bus-port",
    "cluster-announce-hostname",
    "cluster-announce-human-nodename",
    "cluster-announce-ip",
    "cluster-announce-port",
    "cluster-announce-tls-port",
    "cluster-config-file",
    "cluster-link-sendbuf-limit",
    "cluster-migration-barrier",
    "cluster-node-timeout",
    "cluster-port",
    "cluster-preferred-endpoint-type",
    "cluster-replica-no-failover",
    "cluster-replica-validity-factor",
    "cluster-require-full-coverage",
    "cluster-slave-no-failover",
    "cluster-slave-validity-factor",
    "crash-memcheck-enabled",
    "dbfilename",
    "dynamic-hz",
    "enable-module-command",
    "ignore-warnings",
    "io-threads-do-reads",
    "jemalloc-bg-thread",
    "key-load-delay",
    "loading-process-events-interval-bytes",
    "locale-collate",
    "lua-time-limit",
    "masterauth",
    "masteruser",
    "min-replicas-max-lag",
    "min-slaves-max-lag",
    "no-appendfsync-on-rewrite",
    "proc-title-template",
    "propagation-error-behavior",
    "rdb-del-sync-files",
    "rdb-key-save-delay",
    "rdb-save-incremental-fsync",
    "rdbchecksum",
    "repl-backlog-size",
    "repl-backlog-ttl",
    "repl-disable-tcp-nodelay",
    "repl-diskless-load",
    "repl-diskless-sync",
    "repl-diskless-sync-delay",
    "repl-diskless-sync-max-replicas",
    "repl-ping-replica-period",
    "repl-ping-slave-period",
    "repl-timeout",
    "replica-announce-ip",
    "replica-announce-port",
    "replica-announced",
    "replica-ignore-disk-write-errors",
    "replica-ignore-maxmemory",
    "replica-lazy-flush",
    "replica-priority",
    "replica-read-only",
    "replica-serve-stale-data",
    "server_cpulist",
    "set-proc-title",
    "slave-announce-ip",
    "slave-announce-port",
    "slave-ignore-maxmemory",
    "slave-lazy-flush",
    "slave-priority",
    "slave-read-only",
    "slave-serve-stale-data",
    "socket-mark-id",
    "stop-writes-on-bgsave-error",
    "tls-client-cert-file",
    "tls-client-key-file",
    "tls-client-key-file-pass",
    "use-exit-on-panic",
    "watchdog-period",
];

/// Returns the treatment of a parameter with these words; `None` if Redis does not have the
/// parameter either.
pub(crate) fn judge(name: &str, words: &[Vec<u8>]) -> Option<Foreign> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    if let Some((_, off, why)) = ESSENTIAL.iter().find(|(known, ..)| is(known)) {
        let value = words.join(&b' ');
        let is_off = off.iter().any(|off| off.as_bytes().eq_ignore_ascii_case(&value));
        return Some(if is_off { Foreign::Idle } else { Foreign::Refused(why) });
    }
    DISPENSABLE.iter().any(|known| is(known)).then_some(Foreign::Ignored)
}

/// Returns all names, for the command line.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ESSENTIAL.iter().map(|(name, ..)| *name).chain(DISPENSABLE.iter().copied())
}

#[cfg(test)]
mod tests {
    use redstart_core::config::Config;

    use super::*;

    #[test]
    fn no_supported_parameter_is_listed() {
        for name in names() {
            assert!(
                Config::parameter(name.as_bytes()).is_none(),
                "{name} is supported by the engine"
            );
        }
    }

    #[test]
    fn the_list_is_sorted_and_unique() {
        assert!(DISPENSABLE.is_sorted_by(|a, b| a < b));
        assert!(ESSENTIAL.iter().all(|(name, ..)| !DISPENSABLE.contains(name)));
    }

    #[test]
    fn values_that_turn_a_feature_off_are_accepted() {
        let judge = |name, word: &str| judge(name, &[word.as_bytes().to_vec()]);
        assert_eq!(judge("tls-cluster", "no"), Some(Foreign::Idle));
        assert_eq!(judge("tls-cluster", "yes"), Some(Foreign::Refused(CLUSTER)));
        assert_eq!(judge("AppendFsync", "everysec"), Some(Foreign::Ignored));
        assert_eq!(judge("nosuch", "0"), None);
    }
}
