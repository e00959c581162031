//! The subcommands of `ACL`.

use crate::command::acl;
use crate::command::spec::Flag::{Admin, Loading, NoScript, Stale};
use crate::command::spec::{Argument, Flags, Group, Spec};

const OPEN: Flags = Flags::of(&[NoScript, Loading, Stale]);
const ADMIN: Flags = OPEN.with(Admin);
const FOR_ALL_NODES: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];
const CHANNELS: (&str, &str) = ("6.2.0", "Patterns of channels.");

pub(super) const ACL: &[Spec] = &[
    Spec {
        name: "acl|cat",
        summary: "Lists the command categories, or the commands of one category.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: -2,
        flags: OPEN,
        arguments: &[Argument::string("category").optional()],
        run: acl::cat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|deluser",
        summary: "Removes users and closes their connections.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of connections",
        arity: -3,
        flags: ADMIN,
        arguments: &[Argument::string("username").multiple()],
        tips: FOR_ALL_NODES,
        run: acl::deluser,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|dryrun",
        summary: "Checks whether a user may run a command, without running it.",
        since: "7.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: -4,
        flags: ADMIN,
        arguments: &[
            Argument::string("username"),
            Argument::string("command"),
            Argument::string("arg").optional().multiple(),
        ],
        run: acl::dryrun,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|genpass",
        summary: "Generates a random password.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: -2,
        flags: OPEN,
        arguments: &[Argument::integer("bits").optional()],
        run: acl::genpass,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|getuser",
        summary: "Describes a user's flags, passwords and permissions.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of rules that the user has",
        arity: 3,
        flags: ADMIN,
        arguments: &[Argument::string("username")],
        history: &[CHANNELS, ("7.0.0", "Selectors; keys and channels are listed as rules.")],
        run: acl::getuser,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|help",
        summary: "Lists the subcommands.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        run: acl::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|list",
        summary: "Lists all users in the format of an ACL file.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of users",
        arity: 2,
        flags: ADMIN,
        run: acl::list,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|load",
        summary: "Reloads the users from the ACL file.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of users",
        arity: 2,
        flags: ADMIN,
        run: acl::load,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|log",
        summary: "Lists or clears the log of denied requests.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of entries listed",
        arity: -2,
        flags: ADMIN,
        arguments: &[Argument::one_of(
            "operation",
            &[Argument::integer("count"), Argument::token("reset", "RESET")],
        )
        .optional()],
        history: &[("7.2.0", "The entry's id, and the times of its creation and last update.")],
        run: acl::log,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|save",
        summary: "Saves the users to the ACL file.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of users",
        arity: 2,
        flags: ADMIN,
        tips: FOR_ALL_NODES,
        run: acl::save,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|setuser",
        summary: "Creates a user, or changes its rules.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of rules",
        arity: -3,
        flags: ADMIN,
        arguments: &[Argument::string("username"), Argument::string("rule").optional().multiple()],
        tips: FOR_ALL_NODES,
        history: &[
            CHANNELS,
            ("7.0.0", "Selectors, and separate permissions to read and write keys."),
        ],
        run: acl::setuser,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|users",
        summary: "Lists the names of all users.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(N), with N the number of users",
        arity: 2,
        flags: ADMIN,
        run: acl::users,
        ..Spec::DEFAULT
    },
    Spec {
        name: "acl|whoami",
        summary: "Returns the user of this connection.",
        since: "6.0.0",
        group: Group::Server,
        complexity: "O(1)",
        arity: 2,
        flags: OPEN,
        run: acl::whoami,
        ..Spec::DEFAULT
    },
];
