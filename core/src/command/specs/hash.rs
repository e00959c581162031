//! Hashes: fields, each with a value.

use crate::command::key_specs::KeyFlag::{Access, Delete, Insert, Ro, Rw, Update};
use crate::command::key_specs::KeySpec;
use crate::command::spec::Flag::{DenyOom, Fast, ReadOnly, Write};
use crate::command::spec::{Argument, Categories, Category, Deprecated, Flags, Group, Spec};
use crate::command::{hash, hash_expire};

/// The fields that a command works on.
const FIELDS: Argument = Argument::block(
    "fields",
    &[Argument::integer("numfields"), Argument::string("field").multiple()],
)
.after("FIELDS");

/// Conditions on the current deadlines.
const CONDITION: Argument = Argument::one_of(
    "condition",
    &[
        Argument::token("nx", "NX"),
        Argument::token("xx", "XX"),
        Argument::token("gt", "GT"),
        Argument::token("lt", "LT"),
    ],
)
.optional();

const SECONDS: Argument = Argument::integer("seconds").after("EX");
const MILLISECONDS: Argument = Argument::integer("milliseconds").after("PX");
const UNIX_SECONDS: Argument = Argument::unix_time("unix-time-seconds").after("EXAT");
const UNIX_MILLISECONDS: Argument = Argument::unix_time("unix-time-milliseconds").after("PXAT");

/// The commands of the group `hash`, sorted by name.
pub(crate) const HASH: &[Spec] = &[
    Spec {
        name: "hdel",
        summary: "Removes fields of a hash; a hash left empty is removed.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Delete])],
        arguments: &[Argument::key("key", 0), Argument::string("field").multiple()],
        history: &[("2.4.0", "More than one field.")],
        run: hash::hdel,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hexists",
        summary: "Checks whether a hash has a field.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[Argument::key("key", 0), Argument::string("field")],
        run: hash::hexists,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hexpire",
        summary: "Makes fields of a hash expire after a number of seconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -6,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("seconds"), CONDITION, FIELDS],
        run: hash_expire::hexpire,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hexpireat",
        summary: "Makes fields of a hash expire at a Unix time in seconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -6,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::unix_time("unix-time-seconds"),
            CONDITION,
            FIELDS,
        ],
        run: hash_expire::hexpireat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hexpiretime",
        summary: "Reads the expiry of hash fields as Unix times in seconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), FIELDS],
        run: hash_expire::hexpiretime,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hget",
        summary: "Reads a field of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("field")],
        run: hash::hget,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hgetall",
        summary: "Reads all fields of a hash with their values.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields",
        arity: 2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output_order"],
        run: hash::hgetall,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hgetdel",
        summary: "Reads fields of a hash and removes them.",
        since: "8.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Access, Delete])],
        arguments: &[Argument::key("key", 0), FIELDS],
        run: hash_expire::hgetdel,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hgetex",
        summary: "Reads fields of a hash and sets or removes their expiry.",
        since: "8.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "expiration",
                &[
                    SECONDS,
                    MILLISECONDS,
                    UNIX_SECONDS,
                    UNIX_MILLISECONDS,
                    Argument::token("persist", "PERSIST"),
                ],
            )
            .optional(),
            FIELDS,
        ],
        run: hash_expire::hgetex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hincrby",
        summary: "Adds to the integer in a field of a hash; a missing field counts as 0.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("field"),
            Argument::integer("increment"),
        ],
        run: hash::hincrby,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hincrbyfloat",
        summary: "Adds to the number in a field of a hash; a missing field counts as 0.",
        since: "2.6.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("field"),
            Argument::double("increment"),
        ],
        run: hash::hincrbyfloat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hkeys",
        summary: "Reads the names of all fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields",
        arity: 2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output_order"],
        run: hash::hkeys,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hlen",
        summary: "Counts the fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[Argument::key("key", 0)],
        run: hash::hlen,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hmget",
        summary: "Reads several fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("field").multiple()],
        run: hash::hmget,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hmset",
        summary: "Sets fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("data", &[Argument::string("field"), Argument::string("value")])
                .multiple(),
        ],
        deprecated: Some(Deprecated { since: "4.0.0", replaced_by: "`HSET` with several fields" }),
        run: hash::hmset,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hpersist",
        summary: "Removes the expiry of fields of a hash.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0), FIELDS],
        run: hash_expire::hpersist,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hpexpire",
        summary: "Makes fields of a hash expire after a number of milliseconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -6,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("milliseconds"), CONDITION, FIELDS],
        run: hash_expire::hpexpire,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hpexpireat",
        summary: "Makes fields of a hash expire at a Unix time in milliseconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -6,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::unix_time("unix-time-milliseconds"),
            CONDITION,
            FIELDS,
        ],
        run: hash_expire::hpexpireat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hpexpiretime",
        summary: "Reads the expiry of hash fields as Unix times in milliseconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), FIELDS],
        run: hash_expire::hpexpiretime,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hpttl",
        summary: "Reads the remaining time to live of hash fields in milliseconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), FIELDS],
        tips: &["nondeterministic_output"],
        run: hash_expire::hpttl,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hrandfield",
        summary: "Reads random fields of a hash.",
        since: "6.2.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields read",
        arity: -2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "options",
                &[
                    Argument::integer("count"),
                    Argument::token("withvalues", "WITHVALUES").optional(),
                ],
            )
            .optional(),
        ],
        tips: &["nondeterministic_output"],
        run: hash::hrandfield,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hscan",
        summary: "Iterates over the fields of a hash, a few per call.",
        since: "2.8.0",
        group: Group::Hash,
        complexity: "O(1) per call; O(N) for a full iteration, with N the number of fields",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("cursor"),
            Argument::pattern("pattern").after("MATCH").optional(),
            Argument::integer("count").after("COUNT").optional(),
            Argument::token("novalues", "NOVALUES").since("7.4.0").optional(),
        ],
        tips: &["nondeterministic_output"],
        history: &[("7.4.0", "`NOVALUES`.")],
        run: hash::hscan,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hset",
        summary: "Sets fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("data", &[Argument::string("field"), Argument::string("value")])
                .multiple(),
        ],
        history: &[("4.0.0", "More than one field.")],
        run: hash::hset,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hsetex",
        summary: "Sets fields of a hash and their expiry.",
        since: "8.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -6,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[Argument::token("fnx", "FNX"), Argument::token("fxx", "FXX")],
            )
            .optional(),
            Argument::one_of(
                "expiration",
                &[
                    SECONDS,
                    MILLISECONDS,
                    UNIX_SECONDS,
                    UNIX_MILLISECONDS,
                    Argument::token("keepttl", "KEEPTTL"),
                ],
            )
            .optional(),
            Argument::block(
                "fields",
                &[
                    Argument::integer("numfields"),
                    Argument::block(
                        "data",
                        &[Argument::string("field"), Argument::string("value")],
                    )
                    .multiple(),
                ],
            )
            .after("FIELDS"),
        ],
        run: hash_expire::hsetex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hsetnx",
        summary: "Sets a field of a hash, unless the field exists.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Rw, Insert])],
        arguments: &[Argument::key("key", 0), Argument::string("field"), Argument::string("value")],
        run: hash::hsetnx,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hstrlen",
        summary: "Measures the length of a hash field's value.",
        since: "3.2.0",
        group: Group::Hash,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[Argument::key("key", 0), Argument::string("field")],
        run: hash::hstrlen,
        ..Spec::DEFAULT
    },
    Spec {
        name: "httl",
        summary: "Reads the remaining time to live of hash fields in seconds.",
        since: "7.4.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields given",
        arity: -5,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), FIELDS],
        tips: &["nondeterministic_output"],
        run: hash_expire::httl,
        ..Spec::DEFAULT
    },
    Spec {
        name: "hvals",
        summary: "Reads the values of all fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N), with N the number of fields",
        arity: 2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Hash]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output_order"],
        run: hash::hvals,
        ..Spec::DEFAULT
    },
];
