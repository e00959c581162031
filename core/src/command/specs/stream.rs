//! Streams: append-only logs with consumer groups.

use crate::command::key_specs::KeyFlag::{Access, Delete, Insert, Ro, Rw, Update};
use crate::command::key_specs::{BeginSearch, FindKeys, KeyFlags, KeySpec};
use crate::command::spec::Flag::{Blocking, DenyOom, Fast, Loading, ReadOnly, Stale, Write};
use crate::command::spec::{Argument, Categories, Category, Flags, Group, Spec};
use crate::command::{
    stream, stream_claim, stream_group, stream_info, stream_pending, stream_read,
};

const NONDETERMINISTIC: &[&str] = &["nondeterministic_output"];
const STREAM_CATEGORY: Categories = Categories::of(&[Category::Stream]);

const KEY: Argument = Argument::key("key", 0);
const GROUP: Argument = Argument::string("group");
const CONSUMER: Argument = Argument::string("consumer");
const COUNT: Argument = Argument::integer("count").after("COUNT").optional();
const BLOCK: Argument = Argument::integer("milliseconds").after("BLOCK").optional();
const ENTRIES_READ: Argument =
    Argument::integer("entriesread").after("ENTRIESREAD").shown_as("entries-read").optional();

const GROUP_ID: Argument =
    Argument::one_of("id-selector", &[Argument::string("id"), Argument::token("new-id", "$")]);

const TRIM: Argument = Argument::block(
    "trim",
    &[
        Argument::one_of(
            "strategy",
            &[
                Argument::token("maxlen", "MAXLEN"),
                Argument::token("minid", "MINID").since("6.2.0"),
            ],
        ),
        Argument::one_of(
            "operator",
            &[Argument::token("equal", "="), Argument::token("approximately", "~")],
        )
        .optional(),
        Argument::string("threshold"),
        Argument::integer("count").after("LIMIT").since("6.2.0").optional(),
    ],
);

const STREAMS: Argument =
    Argument::block("streams", &[KEY.multiple(), Argument::string("id").multiple()])
        .after("STREAMS");

/// The keys: the first half of the arguments after `STREAMS`.
const fn streams(start_from: i16) -> KeySpec {
    KeySpec {
        notes: None,
        flags: KeyFlags::of(&[Ro, Access]),
        begin_search: BeginSearch::Keyword { keyword: "STREAMS", start_from },
        find_keys: FindKeys::Range { last_key: -1, key_step: 1, limit: 2 },
    }
}

const RANGE_COMPLEXITY: &str = "O(N), with N the number of entries returned";
const READ_COMPLEXITY: &str = "O(N) per stream, with N the number of entries returned; with `BLOCK`, serving waiting clients adds to the cost of `XADD`";
const SUBCOMMAND_COMPLEXITY: &str = "Depends on the subcommand";
const EXCLUSIVE_HISTORY: (&str, &str) = ("6.2.0", "Exclusive ranges.");

/// The commands of the group `stream`, sorted by name.
pub(crate) const STREAM: &[Spec] = &[
    Spec {
        name: "xack",
        summary: "Acknowledges entries, which are then no longer pending in the group.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1) per id",
        arity: -4,
        flags: Flags::of(&[Write, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[KEY, GROUP, Argument::string("id").multiple()],
        run: stream_group::xack,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xadd",
        summary: "Appends an entry to a stream, creating the stream if it is missing.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1), plus O(N) to trim, with N the number of entries removed",
        arity: -5,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec {
            notes: Some("UPDATE instead of INSERT because of the optional trimming feature"),
            ..KeySpec::first(&[Rw, Update])
        }],
        tips: NONDETERMINISTIC,
        history: &[
            ("6.2.0", "The options `NOMKSTREAM`, `MINID` and `LIMIT`."),
            ("7.0.0", "Ids of the form `<ms>-*`."),
        ],
        arguments: &[
            KEY,
            Argument::token("nomkstream", "NOMKSTREAM").since("6.2.0").optional(),
            TRIM.optional(),
            Argument::one_of(
                "id-selector",
                &[Argument::token("auto-id", "*"), Argument::string("id")],
            ),
            Argument::block("data", &[Argument::string("field"), Argument::string("value")])
                .multiple(),
        ],
        run: stream::xadd,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xautoclaim",
        summary: "Transfers entries that stayed pending too long to another consumer.",
        since: "6.2.0",
        group: Group::Stream,
        complexity: "O(1) if `COUNT` is small",
        arity: -6,
        flags: Flags::of(&[Write, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Rw, Delete])],
        tips: NONDETERMINISTIC,
        history: &[("7.0.0", "The reply lists deleted entries, which are no longer pending.")],
        arguments: &[
            KEY,
            GROUP,
            CONSUMER,
            Argument::string("min-idle-time"),
            Argument::string("start"),
            COUNT,
            Argument::token("justid", "JUSTID").optional(),
        ],
        run: stream_claim::xautoclaim,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xclaim",
        summary: "Transfers given pending entries to another consumer of the group.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(log N), with N the number of pending entries of the group",
        arity: -6,
        flags: Flags::of(&[Write, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Rw, Update])],
        tips: NONDETERMINISTIC,
        arguments: &[
            KEY,
            GROUP,
            CONSUMER,
            Argument::string("min-idle-time"),
            Argument::string("id").multiple(),
            Argument::integer("ms").after("IDLE").optional(),
            Argument::unix_time("unix-time-milliseconds").after("TIME").optional(),
            Argument::integer("count").after("RETRYCOUNT").optional(),
            Argument::token("force", "FORCE").optional(),
            Argument::token("justid", "JUSTID").optional(),
            Argument::string("lastid").after("LASTID").optional(),
        ],
        run: stream_claim::xclaim,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xdel",
        summary: "Removes entries from a stream.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1) per entry, regardless of the length of the stream",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Rw, Delete])],
        arguments: &[KEY, Argument::string("id").multiple()],
        run: stream::xdel,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xgroup",
        summary: "Creates, changes and removes consumer groups.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: SUBCOMMAND_COMPLEXITY,
        arity: -2,
        subcommands: XGROUP,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xinfo",
        summary: "Describes a stream, its groups and their consumers.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: SUBCOMMAND_COMPLEXITY,
        arity: -2,
        subcommands: XINFO,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xlen",
        summary: "Counts the entries of a stream.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[KEY],
        run: stream::xlen,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xpending",
        summary: "Lists or summarizes the pending entries of a consumer group.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(N), with N the number of entries examined; for the summary, N the number of consumers",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Ro, Access])],
        tips: NONDETERMINISTIC,
        history: &[("6.2.0", "The option `IDLE`, and exclusive ranges.")],
        arguments: &[
            KEY,
            GROUP,
            Argument::block(
                "filters",
                &[
                    Argument::integer("min-idle-time").after("IDLE").since("6.2.0").optional(),
                    Argument::string("start"),
                    Argument::string("end"),
                    Argument::integer("count"),
                    CONSUMER.optional(),
                ],
            )
            .optional(),
        ],
        run: stream_pending::xpending,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xrange",
        summary: "Reads the entries in a range of ids.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: RANGE_COMPLEXITY,
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Ro, Access])],
        history: &[EXCLUSIVE_HISTORY],
        arguments: &[KEY, Argument::string("start"), Argument::string("end"), COUNT],
        run: stream::xrange,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xread",
        summary: "Reads new entries of several streams, waiting for them if requested.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: READ_COMPLEXITY,
        arity: -4,
        flags: Flags::of(&[Blocking, ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[streams(1)],
        arguments: &[COUNT, BLOCK, STREAMS],
        run: stream_read::xread,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xreadgroup",
        summary: "Reads entries new to a consumer group, or a consumer's pending entries.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: READ_COMPLEXITY,
        arity: -7,
        flags: Flags::of(&[Blocking, Write]),
        categories: STREAM_CATEGORY,
        keys: &[streams(4)],
        arguments: &[
            Argument::block("group-block", &[GROUP, CONSUMER]).after("GROUP"),
            COUNT,
            BLOCK,
            Argument::token("noack", "NOACK").optional(),
            STREAMS,
        ],
        run: stream_read::xreadgroup,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xrevrange",
        summary: "Reads the entries in a range of ids in reverse order.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: RANGE_COMPLEXITY,
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Ro, Access])],
        history: &[EXCLUSIVE_HISTORY],
        arguments: &[KEY, Argument::string("end"), Argument::string("start"), COUNT],
        run: stream::xrevrange,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xsetid",
        summary: "Sets the last id of a stream; used for replication.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Rw, Update])],
        history: &[("7.0.0", "The options `ENTRIESADDED` and `MAXDELETEDID`.")],
        arguments: &[
            KEY,
            Argument::string("last-id"),
            Argument::integer("entries-added").after("ENTRIESADDED").since("7.0.0").optional(),
            Argument::string("max-deleted-id").after("MAXDELETEDID").since("7.0.0").optional(),
        ],
        run: stream::xsetid,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xtrim",
        summary: "Removes the oldest entries of a stream.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(N), with N the number of entries removed, whole nodes at a time",
        arity: -4,
        flags: Flags::of(&[Write]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::first(&[Rw, Delete])],
        tips: NONDETERMINISTIC,
        history: &[("6.2.0", "The options `MINID` and `LIMIT`.")],
        arguments: &[KEY, TRIM],
        run: stream::xtrim,
        ..Spec::DEFAULT
    },
];

const XGROUP: &[Spec] = &[
    Spec {
        name: "xgroup|create",
        summary: "Creates a consumer group of a stream.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: -5,
        flags: Flags::of(&[Write, DenyOom]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Rw, Insert])],
        history: &[("7.0.0", "The option `ENTRIESREAD`.")],
        arguments: &[
            KEY,
            GROUP,
            GROUP_ID,
            Argument::token("mkstream", "MKSTREAM").optional(),
            ENTRIES_READ,
        ],
        run: stream_group::create,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xgroup|createconsumer",
        summary: "Creates a consumer.",
        since: "6.2.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 5,
        flags: Flags::of(&[Write, DenyOom]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Rw, Insert])],
        arguments: &[KEY, GROUP, CONSUMER],
        run: stream_group::create_consumer,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xgroup|delconsumer",
        summary: "Removes a consumer and its pending entries.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 5,
        flags: Flags::of(&[Write]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Rw, Delete])],
        arguments: &[KEY, GROUP, CONSUMER],
        run: stream_group::delete_consumer,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xgroup|destroy",
        summary: "Removes a consumer group.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(N), with N the number of pending entries of the group",
        arity: 4,
        flags: Flags::of(&[Write]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Rw, Delete])],
        arguments: &[KEY, GROUP],
        run: stream_group::destroy,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xgroup|help",
        summary: "Lists the subcommands.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        categories: STREAM_CATEGORY,
        run: stream_group::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xgroup|setid",
        summary: "Sets the last delivered id of a consumer group.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: -5,
        flags: Flags::of(&[Write]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Rw, Update])],
        history: &[("7.0.0", "The option `ENTRIESREAD`.")],
        arguments: &[KEY, GROUP, GROUP_ID, ENTRIES_READ],
        run: stream_group::set_id,
        ..Spec::DEFAULT
    },
];

const XINFO: &[Spec] = &[
    Spec {
        name: "xinfo|consumers",
        summary: "Lists the consumers of a group.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Ro, Access])],
        tips: NONDETERMINISTIC,
        history: &[("7.2.0", "The field `inactive`.")],
        arguments: &[KEY, GROUP],
        run: stream_info::consumers,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xinfo|groups",
        summary: "Lists the consumer groups of a stream.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Ro, Access])],
        history: &[("7.0.0", "The fields `entries-read` and `lag`.")],
        arguments: &[KEY],
        run: stream_info::groups,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xinfo|help",
        summary: "Lists the subcommands.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        categories: STREAM_CATEGORY,
        run: stream_info::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "xinfo|stream",
        summary: "Describes a stream.",
        since: "5.0.0",
        group: Group::Stream,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: STREAM_CATEGORY,
        keys: &[KeySpec::at(2, &[Ro, Access])],
        history: &[
            ("6.0.0", "The option `FULL`."),
            (
                "7.0.0",
                "The fields `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`.",
            ),
            ("7.2.0", "The field `active-time`; `seen-time` includes unsuccessful attempts."),
        ],
        arguments: &[
            KEY,
            Argument::block("full-block", &[Argument::token("full", "FULL"), COUNT]).optional(),
        ],
        run: stream_info::stream,
        ..Spec::DEFAULT
    },
];
