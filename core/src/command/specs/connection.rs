//! Commands on the client's own connection and on other connections.

use crate::command::spec::Flag::{
    Admin, AllowBusy, Fast, KeepsCaching, Loading, NoAuth, NoScript, Stale, Subscribed, Unqueued,
};
use crate::command::spec::{Argument, Categories, Category, Deprecated, Flags, Group, Spec};
use crate::command::{client, connection, tracking};

/// The commands of the group `connection`, sorted by name.
pub(crate) const CONNECTION: &[Spec] = &[
    Spec {
        name: "auth",
        summary: "Authenticates this connection.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(N), with N the number of passwords the user has",
        arity: -2,
        flags: Flags::of(&[NoScript, Loading, Stale, Fast, NoAuth, AllowBusy]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[
            Argument::string("username").since("6.0.0").optional(),
            Argument::string("password"),
        ],
        history: &[("6.0.0", "A user name before the password.")],
        run: connection::auth,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client",
        summary: "Inspects and controls connections.",
        since: "2.4.0",
        group: Group::Connection,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: CLIENT,
        ..Spec::DEFAULT
    },
    Spec {
        name: "echo",
        summary: "Replies with its argument.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale, Fast]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("message")],
        run: connection::echo,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hello",
        summary: "Negotiates the protocol version and describes the server.",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: -1,
        flags: Flags::of(&[NoScript, Loading, Stale, Fast, NoAuth, AllowBusy]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::block(
            "arguments",
            &[
                Argument::integer("protover"),
                Argument::block(
                    "auth",
                    &[Argument::string("username"), Argument::string("password")],
                )
                .after("AUTH")
                .optional(),
                Argument::string("clientname").after("SETNAME").optional(),
            ],
        )
        .optional()],
        history: &[("6.2.0", "Without arguments, keeps the protocol version and only reports.")],
        run: connection::hello,
        ..Spec::DEFAULT
    },
    Spec {
        name: "ping",
        summary: "Replies that the server is alive.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: -1,
        flags: Flags::of(&[Fast, Subscribed]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("message").optional()],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        run: connection::ping,
        ..Spec::DEFAULT
    },
    Spec {
        name: "quit",
        summary: "Closes this connection after its replies have been sent.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: -1,
        flags: Flags::of(&[
            NoScript, Loading, Stale, Fast, NoAuth, AllowBusy, Unqueued, Subscribed,
        ]),
        categories: Categories::of(&[Category::Connection]),
        deprecated: Some(Deprecated { since: "7.2.0", replaced_by: "closing the connection" }),
        run: connection::quit,
        ..Spec::DEFAULT
    },
    Spec {
        name: "reset",
        summary: "Resets this connection to its initial state.",
        since: "6.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 1,
        flags: Flags::of(&[
            NoScript, Loading, Stale, Fast, NoAuth, AllowBusy, Unqueued, Subscribed,
        ]),
        categories: Categories::of(&[Category::Connection]),
        run: connection::reset,
        ..Spec::DEFAULT
    },
    Spec {
        name: "select",
        summary: "Selects another database for this connection.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale, Fast]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::integer("index")],
        run: connection::select,
        ..Spec::DEFAULT
    },
];

/// The subcommands of `CLIENT`.
const CLIENT: &[Spec] = &[
    Spec {
        name: "client|caching",
        summary: "Sets whether the keys of the next command are tracked.",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "mode",
            &[Argument::token("yes", "YES"), Argument::token("no", "NO")],
        )],
        run: tracking::caching,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|getname",
        summary: "Reads the name of this connection.",
        since: "2.6.9",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        run: client::getname,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|getredir",
        summary: "Returns the client to which invalidation messages are redirected.",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        run: tracking::getredir,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|help",
        summary: "Lists the subcommands.",
        since: "5.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        run: client::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|id",
        summary: "Returns the unique id of this connection.",
        since: "5.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        run: client::id,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|info",
        summary: "Describes this connection in one line.",
        since: "6.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        tips: &["nondeterministic_output"],
        run: client::info,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|kill",
        summary: "Closes connections.",
        since: "2.4.0",
        group: Group::Connection,
        complexity: "O(N), with N the number of connections",
        arity: -3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "filter",
            &[
                Argument::string("old-format").shown_as("ip:port").deprecated("2.8.12"),
                Argument::one_of(
                    "new-format",
                    &[
                        Argument::integer("client-id").after("ID").since("2.8.12").optional(),
                        Argument::one_of(
                            "client-type",
                            &[
                                Argument::token("normal", "NORMAL"),
                                Argument::token("master", "MASTER").since("3.2.0"),
                                Argument::token("slave", "SLAVE"),
                                Argument::token("replica", "REPLICA").since("5.0.0"),
                                Argument::token("pubsub", "PUBSUB"),
                            ],
                        )
                        .after("TYPE")
                        .since("2.8.12")
                        .optional(),
                        Argument::string("username").after("USER").optional(),
                        Argument::string("addr").after("ADDR").shown_as("ip:port").optional(),
                        Argument::string("laddr")
                            .after("LADDR")
                            .shown_as("ip:port")
                            .since("6.2.0")
                            .optional(),
                        Argument::one_of(
                            "skipme",
                            &[Argument::token("yes", "YES"), Argument::token("no", "NO")],
                        )
                        .after("SKIPME")
                        .optional(),
                    ],
                )
                .multiple(),
            ],
        )],
        history: &[
            ("2.8.12", "Filters by name and value."),
            ("2.8.12", "Filter `ID`."),
            ("3.2.0", "The type `master` of the filter `TYPE`."),
            ("5.0.0", "The type `replica`, formerly `slave`."),
            ("6.2.0", "Filter `LADDR`."),
        ],
        run: client::kill,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|list",
        summary: "Lists connections, one per line.",
        since: "2.4.0",
        group: Group::Connection,
        complexity: "O(N), with N the number of connections",
        arity: -2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[
            Argument::one_of(
                "client-type",
                &[
                    Argument::token("normal", "NORMAL"),
                    Argument::token("master", "MASTER"),
                    Argument::token("replica", "REPLICA"),
                    Argument::token("pubsub", "PUBSUB"),
                ],
            )
            .after("TYPE")
            .since("5.0.0")
            .optional(),
            Argument::integer("client-id").after("ID").since("6.2.0").optional().multiple(),
        ],
        tips: &["nondeterministic_output"],
        history: &[
            ("2.8.12", "Field `id`."),
            ("5.0.0", "Filter `TYPE`."),
            ("6.0.0", "Field `user`."),
            ("6.2.0", "Fields `argv-mem`, `tot-mem`, `laddr` and `redir`, filter `ID`."),
            ("7.0.0", "Fields `resp`, `multi-mem`, `rbs` and `rbp`."),
            ("7.0.3", "Field `ssub`."),
        ],
        run: client::list,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|no-evict",
        summary: "Exempts this connection from client eviction.",
        since: "7.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "enabled",
            &[Argument::token("on", "ON"), Argument::token("off", "OFF")],
        )],
        run: client::no_evict,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|no-touch",
        summary: "Makes this connection access keys without updating their last use.",
        since: "7.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "enabled",
            &[Argument::token("on", "ON"), Argument::token("off", "OFF")],
        )],
        run: client::no_touch,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|pause",
        summary: "Suspends commands for a number of milliseconds.",
        since: "3.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[
            Argument::integer("timeout"),
            Argument::one_of(
                "mode",
                &[Argument::token("write", "WRITE"), Argument::token("all", "ALL")],
            )
            .since("6.2.0")
            .optional(),
        ],
        history: &[("6.2.0", "The mode: `WRITE` suspends writes only.")],
        run: client::pause,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|reply",
        summary: "Enables, disables or skips replies to this connection.",
        since: "3.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "action",
            &[
                Argument::token("on", "ON"),
                Argument::token("off", "OFF"),
                Argument::token("skip", "SKIP"),
            ],
        )],
        run: client::reply,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|setinfo",
        summary: "Sets the client library's name or version for this connection.",
        since: "7.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::one_of(
            "attr",
            &[
                Argument::string("libname").after("LIB-NAME"),
                Argument::string("libver").after("LIB-VER"),
            ],
        )],
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: client::setinfo,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|setname",
        summary: "Sets the name of this connection.",
        since: "2.6.9",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::string("connection-name")],
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: client::setname,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|tracking",
        summary: "Enables or disables invalidation messages for this connection.",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[
            Argument::one_of(
                "status",
                &[Argument::token("on", "ON"), Argument::token("off", "OFF")],
            ),
            Argument::integer("client-id").after("REDIRECT").optional(),
            Argument::string("prefix").after("PREFIX").optional().multiple_with_token(),
            Argument::token("bcast", "BCAST").optional(),
            Argument::token("optin", "OPTIN").optional(),
            Argument::token("optout", "OPTOUT").optional(),
            Argument::token("noloop", "NOLOOP").optional(),
        ],
        run: tracking::tracking,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|trackinginfo",
        summary: "Describes the key tracking of this connection.",
        since: "6.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        run: tracking::trackinginfo,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|unblock",
        summary: "Unblocks another connection that is waiting in a blocking command.",
        since: "5.0.0",
        group: Group::Connection,
        complexity: "O(log N), with N the number of connections",
        arity: -3,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[
            Argument::integer("client-id"),
            Argument::one_of(
                "unblock-type",
                &[Argument::token("timeout", "TIMEOUT"), Argument::token("error", "ERROR")],
            )
            .optional(),
        ],
        run: client::unblock,
        ..Spec::DEFAULT
    },
    Spec {
        name: "client|unpause",
        summary: "Resumes commands suspended by CLIENT PAUSE.",
        since: "6.2.0",
        group: Group::Connection,
        complexity: "O(N), with N the number of paused connections",
        arity: 2,
        flags: Flags::of(&[Admin, NoScript, Loading, Stale, KeepsCaching]),
        categories: Categories::of(&[Category::Connection]),
        run: client::unpause,
        ..Spec::DEFAULT
    },
];
