//! Parameters of the process: its log, its signals, its supervisor, and its OOM score. The engine
//! parses them; the front end applies them.

use super::parameter::{Kind, Parameter, Unit};
use super::table::{MAX_INT, PLAIN};

/// `oom-score-adj`: the values are added to the process's initial score.
pub const OOM_SCORE_RELATIVE: u8 = 1;
/// `oom-score-adj`: the values replace the score.
pub const OOM_SCORE_ABSOLUTE: u8 = 2;

const DEBUG_ACCESS: &[&str] = &["no", "yes", "local"];

/// The keywords for the shutdown on a signal. `save` is missing, since nothing is written to disk.
const SHUTDOWN_FLAGS: &[(&str, u8)] = &[("default", 0), ("nosave", 1), ("now", 2), ("force", 4)];

pub(super) const PROCESS: &[Parameter] = &[
    Parameter {
        name: "loglevel",
        summary: "The minimum level of the messages to log.",
        kind: Kind::Enum {
            field: |c| &mut c.loglevel,
            names: &["debug", "verbose", "notice", "warning", "nothing"],
        },
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "logfile",
        summary: "The log file; empty for standard output.",
        kind: Kind::Text(|c| &mut c.logfile),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "syslog-enabled",
        summary: "Enables logging to syslog.",
        kind: Kind::Bool(|c| &mut c.syslog_enabled),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "syslog-ident",
        summary: "The program name in syslog.",
        kind: Kind::Text(|c| &mut c.syslog_ident),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "syslog-facility",
        summary: "The syslog facility.",
        kind: Kind::Enum {
            field: |c| &mut c.syslog_facility,
            names: &[
                "user", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
                "local7",
            ],
        },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "crash-log-enabled",
        summary: "Enables crash reports with a location in the log.",
        kind: Kind::Bool(|c| &mut c.crash_log_enabled),
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "always-show-logo",
        summary: "Shows the banner even if the log is not a terminal.",
        kind: Kind::Bool(|c| &mut c.always_show_logo),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "pidfile",
        summary: "The file that holds the process id while the server runs; empty for none.",
        kind: Kind::Text(|c| &mut c.pidfile),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "supervised",
        summary: "The supervisor to notify when the server is ready: systemd, or auto to detect it.",
        kind: Kind::Enum { field: |c| &mut c.supervised, names: &["systemd", "auto", "no"] },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "daemonize",
        summary: "Runs the server in the background. Not supported: Redstart stays in the foreground for its supervisor.",
        kind: Kind::Never {
            field: |c| &mut c.daemonize,
            why: "redstart always runs in the foreground; use a supervisor to run it in the background",
        },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "shutdown-timeout",
        summary: "No effect: seconds for replicas to catch up before a shutdown, but there are no replicas.",
        kind: Kind::Integer {
            field: |c| &mut c.shutdown_timeout,
            min: 0,
            max: MAX_INT,
            unit: Unit::Plain,
        },
        ..PLAIN
    },
    Parameter {
        name: "shutdown-on-sigint",
        summary: "How to shut down on SIGINT. No effect: a shutdown is always immediate and without a snapshot.",
        kind: Kind::Words {
            field: |c| &mut c.shutdown_on_sigint,
            names: SHUTDOWN_FLAGS,
            most: usize::MAX,
        },
        ..PLAIN
    },
    Parameter {
        name: "shutdown-on-sigterm",
        summary: "How to shut down on SIGTERM. No effect: see shutdown-on-sigint.",
        kind: Kind::Words {
            field: |c| &mut c.shutdown_on_sigterm,
            names: SHUTDOWN_FLAGS,
            most: usize::MAX,
        },
        ..PLAIN
    },
    Parameter {
        name: "oom-score-adj",
        summary: "How to apply oom-score-adj-values, which set how readily the kernel OOM-kills this process.",
        kind: Kind::Words {
            field: |c| &mut c.oom_score_adj,
            names: &[
                ("no", 0),
                ("yes", OOM_SCORE_RELATIVE),
                ("relative", OOM_SCORE_RELATIVE),
                ("absolute", OOM_SCORE_ABSOLUTE),
            ],
            most: 1,
        },
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "oom-score-adj-values",
        summary: "The OOM score adjustments of a master, a replica and a background child. This server is a master.",
        kind: Kind::OomScores(|c| &mut c.oom_score_adj_values),
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "disable-thp",
        summary: "Disables transparent huge pages, which cost memory and cause latency spikes.",
        kind: Kind::Bool(|c| &mut c.disable_thp),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "dir",
        summary: "The working directory.",
        kind: Kind::Text(|c| &mut c.dir),
        protected: true,
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "enable-debug-command",
        summary: "The clients that may use DEBUG: none, all, or local ones.",
        kind: Kind::Enum { field: |c| &mut c.enable_debug_command, names: DEBUG_ACCESS },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "enable-protected-configs",
        summary: "The clients that may set protected parameters: none, all, or local ones.",
        kind: Kind::Enum { field: |c| &mut c.enable_protected_configs, names: DEBUG_ACCESS },
        immutable: true,
        ..PLAIN
    },
];
