//! `HyperLogLog`s: estimates of the number of distinct elements.

use crate::command::hyperloglog;
use crate::command::key_specs::KeyFlag::{Access, Insert, Ro, Rw};
use crate::command::key_specs::KeySpec;
use crate::command::spec::Flag::{Admin, DenyOom, Fast, MayReplicate, ReadOnly, Write};
use crate::command::spec::{Argument, Categories, Category, Flags, Group, Spec};

/// The commands of the group `hyperloglog`, sorted by name.
pub(crate) const HYPERLOGLOG: &[Spec] = &[
    Spec {
        name: "pfadd",
        summary: "Adds elements to a HyperLogLog; a missing key counts as empty.",
        since: "2.8.9",
        group: Group::HyperLogLog,
        complexity: "O(1) per element",
        arity: -2,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::HyperLogLog]),
        keys: &[KeySpec::first(&[Rw, Insert])],
        arguments: &[Argument::key("key", 0), Argument::string("element").optional().multiple()],
        run: hyperloglog::pfadd,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pfcount",
        summary: "Estimates the number of distinct elements in HyperLogLogs.",
        since: "2.8.9",
        group: Group::HyperLogLog,
        complexity: "O(1) for one key, which caches its count; O(N) for N keys, with a large constant",
        arity: -2,
        flags: Flags::of(&[ReadOnly, MayReplicate]),
        categories: Categories::of(&[Category::HyperLogLog]),
        keys: &[KeySpec::range(1, -1, 1, &[Rw, Access])
            .notes("RW because the count is cached in the value, which is propagated.")],
        arguments: &[Argument::key("key", 0).multiple()],
        run: hyperloglog::pfcount,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pfdebug",
        summary: "Shows the registers of a HyperLogLog, or changes its encoding.",
        since: "2.8.9",
        group: Group::HyperLogLog,
        complexity: "N/A",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Admin]),
        categories: Categories::of(&[Category::HyperLogLog]),
        keys: &[KeySpec::at(2, &[Rw, Access])],
        arguments: &[Argument::string("subcommand"), Argument::key("key", 0)],
        is_system: true,
        run: hyperloglog::pfdebug,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pfmerge",
        summary: "Merges other HyperLogLogs into one.",
        since: "2.8.9",
        group: Group::HyperLogLog,
        complexity: "O(N) for N keys, with a large constant",
        arity: -2,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::HyperLogLog]),
        keys: &[
            KeySpec::range(1, 0, 1, &[Rw, Access, Insert]),
            KeySpec::range(2, -1, 1, &[Ro, Access]),
        ],
        arguments: &[
            Argument::key("destkey", 0),
            Argument::key("sourcekey", 1).optional().multiple(),
        ],
        run: hyperloglog::pfmerge,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pfselftest",
        summary: "Runs a self-test of HyperLogLog estimates.",
        since: "2.8.9",
        group: Group::HyperLogLog,
        complexity: "N/A",
        arity: 1,
        flags: Flags::of(&[Admin]),
        categories: Categories::of(&[Category::HyperLogLog]),
        is_system: true,
        run: hyperloglog::pfselftest,
        ..Spec::DEFAULT
    },
];
