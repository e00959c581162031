//! The parameters of the process: its log, its signals, and how the system and those who look after it see it. The engine
//! knows the words; the front end acts.

use super::parameter::{Kind, Parameter, Unit};
use super::table::{MAX_INT, PLAIN};

/// `oom-score-adj`: the values are added to the score that the process has had.
pub const OOM_SCORE_RELATIVE: u8 = 1;
/// `oom-score-adj`: the values are the score.
pub const OOM_SCORE_ABSOLUTE: u8 = 2;

const DEBUG_ACCESS: &[&str] = &["no", "yes", "local"];

/// How a signal may end the server. `save` is not among them: nothing is written to disk.
const SHUTDOWN_FLAGS: &[(&str, u8)] = &[("default", 0), ("nosave", 1), ("now", 2), ("force", 4)];

pub(super) const PROCESS: &[Parameter] = &[
    Parameter {
        name: "loglevel",
        summary: "The least important messages that are logged.",
        kind: Kind::Enum {
            field: |c| &mut c.loglevel,
            names: &["debug", "verbose", "notice", "warning", "nothing"],
        },
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "logfile",
        summary: "The file to log to; empty for standard output.",
        kind: Kind::Text(|c| &mut c.logfile),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "syslog-enabled",
        summary: "Whether the log also goes to the system's.",
        kind: Kind::Bool(|c| &mut c.syslog_enabled),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "syslog-ident",
        summary: "The name under which it goes there.",
        kind: Kind::Text(|c| &mut c.syslog_ident),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "syslog-facility",
        summary: "The facility under which it goes there.",
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
        summary: "Whether a crash is told in the log, with where it happened.",
        kind: Kind::Bool(|c| &mut c.crash_log_enabled),
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "always-show-logo",
        summary: "Whether the banner is shown even when the log is no terminal.",
        kind: Kind::Bool(|c| &mut c.always_show_logo),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "pidfile",
        summary: "The file that holds the process's number while it runs; empty for none.",
        kind: Kind::Text(|c| &mut c.pidfile),
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "supervised",
        summary: "Whether a supervisor is told when the server is ready: systemd, or auto if there is one.",
        kind: Kind::Enum { field: |c| &mut c.supervised, names: &["systemd", "auto", "no"] },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "daemonize",
        summary: "Whether to go to the background. Redstart stays in the foreground for its supervisor.",
        kind: Kind::Never {
            field: |c| &mut c.daemonize,
            why: "redstart stays in the foreground; let a supervisor put it in the background",
        },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "shutdown-timeout",
        summary: "No effect: the seconds that replicas get to catch up at the end, and there are none.",
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
        summary: "How SIGINT ends the server. Always at once and without a snapshot, so the words make no difference.",
        kind: Kind::Words {
            field: |c| &mut c.shutdown_on_sigint,
            names: SHUTDOWN_FLAGS,
            most: usize::MAX,
        },
        ..PLAIN
    },
    Parameter {
        name: "shutdown-on-sigterm",
        summary: "The same for SIGTERM.",
        kind: Kind::Words {
            field: |c| &mut c.shutdown_on_sigterm,
            names: SHUTDOWN_FLAGS,
            most: usize::MAX,
        },
        ..PLAIN
    },
    Parameter {
        name: "oom-score-adj",
        summary: "Whether oom-score-adj-values tell the system how soon to kill the process for want of memory.",
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
        summary: "How soon to kill a master, a replica and a background child. This server is a master.",
        kind: Kind::OomScores(|c| &mut c.oom_score_adj_values),
        external: true,
        ..PLAIN
    },
    Parameter {
        name: "disable-thp",
        summary: "Whether to do without transparent huge pages, which take memory and moments.",
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
        summary: "Who may use DEBUG.",
        kind: Kind::Enum { field: |c| &mut c.enable_debug_command, names: DEBUG_ACCESS },
        immutable: true,
        ..PLAIN
    },
    Parameter {
        name: "enable-protected-configs",
        summary: "Who may set protected parameters.",
        kind: Kind::Enum { field: |c| &mut c.enable_protected_configs, names: DEBUG_ACCESS },
        immutable: true,
        ..PLAIN
    },
];
