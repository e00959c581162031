//! The server as a whole: commands, configuration, statistics and shutdown.

use crate::command::key_specs::KeyFlag::{Ow, Ro, Update};
use crate::command::key_specs::KeySpec;
use crate::command::spec::Flag::{
    Admin, AllowBusy, Asking, DenyOom, Fast, Loading, NoMulti, NoScript, Protected, ReadOnly,
    Stale, Write,
};
use crate::command::spec::{Argument, Categories, Category, Flags, Group, Spec};
use crate::command::specs::generic::{RESTORE_ARGUMENTS, RESTORE_HISTORY};
use crate::command::{
    command, config, debug, dump, generic, info, latency, memory, monitor, server, slowlog,
};

/// The commands of the group `server`, sorted by name.
pub(crate) const SERVER: &[Spec] = &[
    Spec {
        name: "acl",
        summary: "Reads and changes users and their permissions.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: super::acl::ACL,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command",
        summary: "Describes all commands.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(N), with N the number of commands",
        arity: -1,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        tips: &["nondeterministic_output_order"],
        subcommands: COMMAND,
        run: command::command,
        ..Spec::DEFAULT
    },
    Spec {
        name: "config",
        summary: "Reads and changes the configuration.",
        since: "2.0.0",
        group: Group::Server,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: CONFIG,
        ..Spec::DEFAULT
    },
    Spec {
        name: "dbsize",
        summary: "Counts the keys of the database.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 1,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        tips: &["request_policy:all_shards", "response_policy:agg_sum"],
        run: generic::dbsize,
        ..Spec::DEFAULT
    },
    Spec {
        name: "debug",
        summary: "Supports testing and debugging.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "Depends on the subcommand",
        arity: -2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, Protected]),
        is_system: true,
        run: debug::debug,
        ..Spec::DEFAULT
    },
    Spec {
        name: "flushall",
        summary: "Deletes every key of every database.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of keys in all databases",
        arity: -1,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::Keyspace, Category::Dangerous]),
        arguments: &[Argument::one_of(
            "flush-type",
            &[
                Argument::token("async", "ASYNC").since("4.0.0"),
                Argument::token("sync", "SYNC").since("6.2.0"),
            ],
        )
        .optional()],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        history: &[("4.0.0", "Mode `ASYNC`."), ("6.2.0", "Mode `SYNC`.")],
        run: generic::flushall,
        ..Spec::DEFAULT
    },
    Spec {
        name: "flushdb",
        summary: "Deletes every key of the database.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of keys in the database",
        arity: -1,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::Keyspace, Category::Dangerous]),
        arguments: &[Argument::one_of(
            "flush-type",
            &[
                Argument::token("async", "ASYNC").since("4.0.0"),
                Argument::token("sync", "SYNC").since("6.2.0"),
            ],
        )
        .optional()],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        history: &[("4.0.0", "Mode `ASYNC`."), ("6.2.0", "Mode `SYNC`.")],
        run: generic::flushdb,
        ..Spec::DEFAULT
    },
    Spec {
        name: "info",
        summary: "Reports the state and the statistics of the server.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: -1,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Dangerous]),
        arguments: &[Argument::string("section").optional().multiple()],
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        history: &[("7.0.0", "More than one section.")],
        run: info::info,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency",
        summary: "Inspects recorded latency spikes.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: LATENCY,
        ..Spec::DEFAULT
    },
    Spec {
        name: "lolwut",
        summary: "Draws a picture and shows the version.",
        since: "5.0.0",
        group: Group::Server,
        arity: -1,
        flags: Flags::of(&[ReadOnly, Fast]),
        arguments: &[Argument::integer("version").after("VERSION").optional()],
        run: server::lolwut,
        ..Spec::DEFAULT
    },
    Spec {
        name: "memory",
        summary: "Reports and manages memory usage.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: MEMORY,
        ..Spec::DEFAULT
    },
    Spec {
        name: "monitor",
        summary: "Streams all commands that the server runs to this connection.",
        since: "1.0.0",
        group: Group::Server,
        arity: 1,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        run: monitor::monitor,
        ..Spec::DEFAULT
    },
    Spec {
        name: "restore-asking",
        summary: "RESTORE as sent between the nodes of a cluster.",
        since: "3.0.0",
        group: Group::Server,
        complexity: "O(N), with N the size of the value; O(N*log(N)) for sorted sets",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom, Asking]),
        categories: Categories::of(&[Category::Keyspace, Category::Dangerous]),
        keys: &[KeySpec::first(&[Ow, Update])],
        arguments: RESTORE_ARGUMENTS,
        history: RESTORE_HISTORY,
        is_system: true,
        run: dump::restore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "shutdown",
        summary: "Stops the server, saving the data if requested.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(N) if the data is saved, with N the number of keys in all databases; otherwise O(1)",
        arity: -1,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, NoMulti, AllowBusy]),
        arguments: &[
            Argument::one_of(
                "save-selector",
                &[Argument::token("nosave", "NOSAVE"), Argument::token("save", "SAVE")],
            )
            .optional(),
            Argument::token("now", "NOW").since("7.0.0").optional(),
            Argument::token("force", "FORCE").since("7.0.0").optional(),
            Argument::token("abort", "ABORT").since("7.0.0").optional(),
        ],
        history: &[("7.0.0", "Modifiers `NOW`, `FORCE` and `ABORT`.")],
        run: server::shutdown,
        ..Spec::DEFAULT
    },
    Spec {
        name: "slowlog",
        summary: "Reads the log of slow commands.",
        since: "2.2.12",
        group: Group::Server,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: SLOWLOG,
        ..Spec::DEFAULT
    },
    Spec {
        name: "swapdb",
        summary: "Swaps the contents of two databases.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of clients that watch or wait for keys of either",
        arity: 3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace, Category::Dangerous]),
        arguments: &[Argument::integer("index1"), Argument::integer("index2")],
        run: generic::swapdb,
        ..Spec::DEFAULT
    },
    Spec {
        name: "time",
        summary: "Reads the server's clock: seconds and microseconds.",
        since: "2.6.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 1,
        flags: Flags::of(&[Loading, Stale, Fast]),
        tips: &["nondeterministic_output"],
        run: server::time,
        ..Spec::DEFAULT
    },
];

/// The subcommands of `COMMAND`.
const COMMAND: &[Spec] = &[
    Spec {
        name: "command|count",
        summary: "Counts the commands.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        run: command::count,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command|docs",
        summary: "Documents all commands, or the given ones.",
        since: "7.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of commands requested",
        arity: -2,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("command-name").optional().multiple()],
        tips: &["nondeterministic_output_order"],
        run: command::docs,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command|getkeys",
        summary: "Extracts the keys from a full command.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(N), with N the number of arguments",
        arity: -3,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("command"), Argument::string("arg").optional().multiple()],
        run: command::getkeys,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command|getkeysandflags",
        summary: "Extracts the keys from a full command, with the kind of access to each.",
        since: "7.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of arguments",
        arity: -3,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("command"), Argument::string("arg").optional().multiple()],
        run: command::getkeysandflags,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command|help",
        summary: "Lists the subcommands.",
        since: "5.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        run: command::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command|info",
        summary: "Describes all commands, or the given ones.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(N), with N the number of commands requested",
        arity: -2,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("command-name").optional().multiple()],
        tips: &["nondeterministic_output_order"],
        history: &[("7.0.0", "Without arguments, describes all commands.")],
        run: command::info,
        ..Spec::DEFAULT
    },
    Spec {
        name: "command|list",
        summary: "Lists the names of all commands, or of those that match a filter.",
        since: "7.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of commands",
        arity: -2,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "filterby",
            &[
                Argument::string("module-name").after("MODULE"),
                Argument::string("category").after("ACLCAT"),
                Argument::pattern("pattern").after("PATTERN"),
            ],
        )
        .after("FILTERBY")
        .optional()],
        tips: &["nondeterministic_output_order"],
        run: command::list,
        ..Spec::DEFAULT
    },
];

/// The subcommands of `CONFIG`.
const CONFIG: &[Spec] = &[
    Spec {
        name: "config|get",
        summary: "Reads the parameters that match patterns.",
        since: "2.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of patterns",
        arity: -3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        arguments: &[Argument::string("parameter").multiple()],
        history: &[("7.0.0", "More than one pattern.")],
        run: config::get,
        ..Spec::DEFAULT
    },
    Spec {
        name: "config|help",
        summary: "Lists the subcommands.",
        since: "5.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        run: config::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "config|resetstat",
        summary: "Resets the statistics of `INFO` to zero.",
        since: "2.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: config::resetstat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "config|rewrite",
        summary: "Writes the active configuration to the configuration file.",
        since: "2.8.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: config::rewrite,
        ..Spec::DEFAULT
    },
    Spec {
        name: "config|set",
        summary: "Changes parameters at run time, all of them or none.",
        since: "2.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of parameters",
        arity: -4,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        arguments: &[Argument::block(
            "data",
            &[Argument::string("parameter"), Argument::string("value")],
        )
        .multiple()],
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        history: &[("7.0.0", "More than one parameter.")],
        run: config::set,
        ..Spec::DEFAULT
    },
];

/// The subcommands of `LATENCY`.
const LATENCY: &[Spec] = &[
    Spec {
        name: "latency|doctor",
        summary: "Explains the recorded latency spikes.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        run: latency::doctor,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency|graph",
        summary: "Draws the latency spikes of an event as a text graph.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        arguments: &[Argument::string("event")],
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        run: latency::graph,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency|help",
        summary: "Lists the subcommands.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        run: latency::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency|histogram",
        summary: "Reports the distribution of command execution times.",
        since: "7.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of commands reported",
        arity: -2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        arguments: &[Argument::string("command").optional().multiple()],
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        run: latency::histogram,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency|history",
        summary: "Lists the latency samples of an event with their times.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        arguments: &[Argument::string("event")],
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        run: latency::history,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency|latest",
        summary: "Lists the latest and the worst latency sample of every event.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        run: latency::latest,
        ..Spec::DEFAULT
    },
    Spec {
        name: "latency|reset",
        summary: "Discards the latency samples of all events, or of the given ones.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arity: -2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale]),
        arguments: &[Argument::string("event").optional().multiple()],
        tips: &["request_policy:all_nodes", "response_policy:agg_sum"],
        run: latency::reset,
        ..Spec::DEFAULT
    },
];

/// The subcommands of `MEMORY`.
const MEMORY: &[Spec] = &[
    Spec {
        name: "memory|doctor",
        summary: "Diagnoses memory problems.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        run: memory::doctor,
        ..Spec::DEFAULT
    },
    Spec {
        name: "memory|help",
        summary: "Lists the subcommands.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        run: memory::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "memory|malloc-stats",
        summary: "Reports the allocator's own statistics.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "Grows with the memory in use, and may be slow",
        arity: 2,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        run: memory::malloc_stats,
        ..Spec::DEFAULT
    },
    Spec {
        name: "memory|purge",
        summary: "Asks the allocator to return free memory to the system.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "Grows with the memory in use, and may be slow",
        arity: 2,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        run: memory::purge,
        ..Spec::DEFAULT
    },
    Spec {
        name: "memory|stats",
        summary: "Reports memory usage by purpose.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        run: memory::stats,
        ..Spec::DEFAULT
    },
    Spec {
        name: "memory|usage",
        summary: "Estimates the bytes used by a key and its value.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of samples",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        keys: &[KeySpec::at(2, &[Ro])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("count").after("SAMPLES").optional(),
        ],
        run: memory::usage,
        ..Spec::DEFAULT
    },
];

/// The subcommands of `SLOWLOG`.
const SLOWLOG: &[Spec] = &[
    Spec {
        name: "slowlog|get",
        summary: "Lists the newest entries of the slow log.",
        since: "2.2.12",
        group: Group::Server,
        complexity: "O(N), with N the number of entries listed",
        arity: -2,
        flags: Flags::of(&[Admin, Loading, Stale]),
        arguments: &[Argument::integer("count").optional()],
        tips: &["request_policy:all_nodes", "nondeterministic_output"],
        history: &[("4.0.0", "The client's address and name are part of the reply.")],
        run: slowlog::get,
        ..Spec::DEFAULT
    },
    Spec {
        name: "slowlog|help",
        summary: "Lists the subcommands.",
        since: "6.2.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        run: slowlog::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "slowlog|len",
        summary: "Counts the entries of the slow log.",
        since: "2.2.12",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Admin, Loading, Stale]),
        tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
        run: slowlog::len,
        ..Spec::DEFAULT
    },
    Spec {
        name: "slowlog|reset",
        summary: "Empties the slow log.",
        since: "2.2.12",
        group: Group::Server,
        complexity: "O(N), with N the number of entries",
        arity: 2,
        flags: Flags::of(&[Admin, Loading, Stale]),
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: slowlog::reset,
        ..Spec::DEFAULT
    },
];
