//! Strings: the value is bytes, and may be read as a number.

use crate::command::{lcs, string};
use crate::command::keys::KeyFlag::{Access, Delete, Insert, Ow, Ro, Rw, Update, VariableFlags};
use crate::command::keys::{KeySpec, SpecialKeys};
use crate::command::spec::Flag::{DenyOom, Fast, ReadOnly, Write};
use crate::command::spec::{Argument, Categories, Category, Deprecated, Flags, Group, Spec};

/// The commands of the group `string`, sorted by name.
pub(crate) const STRING: &[Spec] = &[
    Spec {
        name: "append",
        summary: "Appends to a string; a missing key counts as empty.",
        since: "2.0.0",
        group: Group::String,
        complexity: "O(1) amortized, as the buffer doubles when it is full",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Insert])],
        arguments: &[Argument::key("key", 0), Argument::string("value")],
        run: string::append,
        ..Spec::DEFAULT
    },
    Spec {
        name: "decr",
        summary: "Subtracts one from the integer in a key; a missing key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0)],
        run: string::decr,
        ..Spec::DEFAULT
    },
    Spec {
        name: "decrby",
        summary: "Subtracts a number from the integer in a key; a missing key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("decrement")],
        run: string::decrby,
        ..Spec::DEFAULT
    },
    Spec {
        name: "get",
        summary: "Reads the string in a key.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        run: string::get,
        ..Spec::DEFAULT
    },
    Spec {
        name: "getdel",
        summary: "Reads the string in a key and deletes the key.",
        since: "6.2.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Delete])],
        arguments: &[Argument::key("key", 0)],
        run: string::getdel,
        ..Spec::DEFAULT
    },
    Spec {
        name: "getex",
        summary: "Reads the string in a key and sets or clears when the key expires.",
        since: "6.2.0",
        group: Group::String,
        complexity: "O(1)",
        arity: -2,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])
            .notes("It changes when the key expires, hence RW and update.")],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").after("EX"),
                    Argument::integer("milliseconds").after("PX"),
                    Argument::unix_time("unix-time-seconds").after("EXAT"),
                    Argument::unix_time("unix-time-milliseconds").after("PXAT"),
                    Argument::token("persist", "PERSIST"),
                ],
            )
            .optional(),
        ],
        run: string::getex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "getrange",
        summary: "Reads part of a string, by the offsets of its first and last byte.",
        since: "2.4.0",
        group: Group::String,
        complexity: "O(N), N the length of the part; it is copied once, so a short part costs next to nothing",
        arity: 4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("end"),
        ],
        run: string::getrange,
        ..Spec::DEFAULT
    },
    Spec {
        name: "getset",
        summary: "Replaces the string in a key and replies with the old one.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0), Argument::string("value")],
        deprecated: Some(Deprecated {
            since: "6.2.0",
            replaced_by: "`SET` with `GET`",
        }),
        run: string::getset,
        ..Spec::DEFAULT
    },
    Spec {
        name: "incr",
        summary: "Adds one to the integer in a key; a missing key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0)],
        run: string::incr,
        ..Spec::DEFAULT
    },
    Spec {
        name: "incrby",
        summary: "Adds a number to the integer in a key; a missing key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("increment")],
        run: string::incrby,
        ..Spec::DEFAULT
    },
    Spec {
        name: "incrbyfloat",
        summary: "Adds to the floating point number in a key; a missing key counts as 0.",
        since: "2.6.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0), Argument::double("increment")],
        run: string::incrbyfloat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "lcs",
        summary: "Finds the longest subsequence that two strings have in common.",
        since: "7.0.0",
        group: Group::String,
        complexity: "O(N*M), N and M the lengths of the two strings",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::range(1, 1, 1, &[Ro, Access])],
        arguments: &[
            Argument::key("key1", 0),
            Argument::key("key2", 0),
            Argument::token("len", "LEN").optional(),
            Argument::token("idx", "IDX").optional(),
            Argument::integer("min-match-len")
                .after("MINMATCHLEN")
                .optional(),
            Argument::token("withmatchlen", "WITHMATCHLEN").optional(),
        ],
        run: lcs::lcs,
        ..Spec::DEFAULT
    },
    Spec {
        name: "mget",
        summary: "Reads the strings in several keys at once.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(N), N the number of keys",
        arity: -2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::range(1, -1, 1, &[Ro, Access])],
        arguments: &[Argument::key("key", 0).multiple()],
        tips: &["request_policy:multi_shard"],
        run: string::mget,
        ..Spec::DEFAULT
    },
    Spec {
        name: "mset",
        summary: "Writes strings to several keys at once.",
        since: "1.0.1",
        group: Group::String,
        complexity: "O(N), N the number of keys",
        arity: -3,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::range(1, -1, 2, &[Ow, Update])],
        arguments: &[Argument::block(
            "data",
            &[Argument::key("key", 0), Argument::string("value")],
        )
        .multiple()],
        tips: &[
            "request_policy:multi_shard",
            "response_policy:all_succeeded",
        ],
        run: string::mset,
        ..Spec::DEFAULT
    },
    Spec {
        name: "msetnx",
        summary: "Writes strings to several keys at once, unless one of the keys exists.",
        since: "1.0.1",
        group: Group::String,
        complexity: "O(N), N the number of keys",
        arity: -3,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::range(1, -1, 2, &[Ow, Insert])],
        arguments: &[Argument::block(
            "data",
            &[Argument::key("key", 0), Argument::string("value")],
        )
        .multiple()],
        run: string::msetnx,
        ..Spec::DEFAULT
    },
    Spec {
        name: "psetex",
        summary: "Writes a string to a key that expires after some milliseconds.",
        since: "2.6.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ow, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("milliseconds"),
            Argument::string("value"),
        ],
        deprecated: Some(Deprecated {
            since: "2.6.12",
            replaced_by: "`SET` with `PX`",
        }),
        run: string::psetex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "set",
        summary: "Writes a string to a key, whatever the key held before.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Access, Update, VariableFlags])
            .notes("RW and access hold with the option `GET`; without it, OW.")],
        special_keys: Some(SpecialKeys::Set),
        arguments: &[
            Argument::key("key", 0),
            Argument::string("value"),
            Argument::one_of(
                "condition",
                &[Argument::token("nx", "NX"), Argument::token("xx", "XX")],
            )
            .since("2.6.12")
            .optional(),
            Argument::token("get", "GET").since("6.2.0").optional(),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").after("EX").since("2.6.12"),
                    Argument::integer("milliseconds")
                        .after("PX")
                        .since("2.6.12"),
                    Argument::unix_time("unix-time-seconds")
                        .after("EXAT")
                        .since("6.2.0"),
                    Argument::unix_time("unix-time-milliseconds")
                        .after("PXAT")
                        .since("6.2.0"),
                    Argument::token("keepttl", "KEEPTTL").since("6.0.0"),
                ],
            )
            .optional(),
        ],
        history: &[
            ("2.6.12", "Options `EX`, `PX`, `NX` and `XX`."),
            ("6.0.0", "Option `KEEPTTL`."),
            ("6.2.0", "Options `GET`, `EXAT` and `PXAT`."),
            ("7.0.0", "`NX` and `GET` may go together."),
        ],
        run: string::set,
        ..Spec::DEFAULT
    },
    Spec {
        name: "setex",
        summary: "Writes a string to a key that expires after some seconds.",
        since: "2.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ow, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("seconds"),
            Argument::string("value"),
        ],
        deprecated: Some(Deprecated {
            since: "2.6.12",
            replaced_by: "`SET` with `EX`",
        }),
        run: string::setex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "setnx",
        summary: "Writes a string to a key that does not exist yet.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ow, Insert])],
        arguments: &[Argument::key("key", 0), Argument::string("value")],
        deprecated: Some(Deprecated {
            since: "2.6.12",
            replaced_by: "`SET` with `NX`",
        }),
        run: string::setnx,
        ..Spec::DEFAULT
    },
    Spec {
        name: "setrange",
        summary: "Overwrites part of a string from an offset; zero bytes fill a gap before it.",
        since: "2.2.0",
        group: Group::String,
        complexity: "O(M), M the length of the new part, plus the padding; O(1) for a short part",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("offset"),
            Argument::string("value"),
        ],
        run: string::setrange,
        ..Spec::DEFAULT
    },
    Spec {
        name: "strlen",
        summary: "Counts the bytes of a string.",
        since: "2.2.0",
        group: Group::String,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[Argument::key("key", 0)],
        run: string::strlen,
        ..Spec::DEFAULT
    },
    Spec {
        name: "substr",
        summary: "Reads part of a string, by the offsets of its first and last byte.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(N), N the length of the part",
        arity: 4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::String]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("end"),
        ],
        deprecated: Some(Deprecated {
            since: "2.0.0",
            replaced_by: "`GETRANGE`",
        }),
        run: string::getrange,
        ..Spec::DEFAULT
    },
];
