//! Keys of any type: lifetime, names and iteration.

use crate::command::key_specs::KeyFlag::{Access, Delete, Insert, Ow, Rm, Ro, Rw, Update};
use crate::command::key_specs::{KeySpec, SpecialKeys};
use crate::command::spec::Flag::{
    Blocking, DenyOom, Fast, Loading, MarksAccess, ReadOnly, Stale, TouchesArbitraryKeys, Write,
};
use crate::command::spec::{Argument, Categories, Category, Flags, Group, Spec};
use crate::command::{dump, expire, generic, object, scan, sort};

const SORT_COMPLEXITY: &str =
    "O(N+M*log(M)), with N the number of elements, M of those returned; O(N) without sorting";
const SORT_CATEGORIES: Categories =
    Categories::of(&[Category::Set, Category::SortedSet, Category::List, Category::Dangerous]);

const SORT_PATTERNS: KeySpec = KeySpec::unknown(&[Ro, Access])
    .notes("The keys of BY and GET depend on the elements, so they are not known in advance.");
const SORT_DESTINATION: KeySpec = KeySpec::unknown(&[Ow, Update])
    .notes("The key of STORE, which may be anywhere among the options.");

const SORT_BY: Argument =
    Argument::pattern("by-pattern").of_keys(1).after("BY").shown_as("pattern").optional();
const SORT_LIMIT: Argument =
    Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
        .after("LIMIT")
        .optional();
const SORT_GET: Argument = Argument::pattern("get-pattern")
    .of_keys(1)
    .after("GET")
    .shown_as("pattern")
    .optional()
    .multiple_with_token();
const SORT_ORDER: Argument =
    Argument::one_of("order", &[Argument::token("asc", "ASC"), Argument::token("desc", "DESC")])
        .optional();
const SORT_ALPHA: Argument = Argument::token("sorting", "ALPHA").optional();

/// The commands of the group `generic`, sorted by name.
pub(crate) const GENERIC: &[Spec] = &[
    Spec {
        name: "copy",
        summary: "Copies the value of a key to another key.",
        since: "6.2.0",
        group: Group::Generic,
        complexity: "O(N), with N the number of elements of a collection; O(1) for a string",
        arity: -3,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro, Access]), KeySpec::at(2, &[Ow, Update])],
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::integer("destination-db").after("DB").optional(),
            Argument::token("replace", "REPLACE").optional(),
        ],
        run: generic::copy,
        ..Spec::DEFAULT
    },
    Spec {
        name: "del",
        summary: "Deletes keys.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(N), with N the number of keys, plus the number of elements of each collection among them",
        arity: -2,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::range(1, -1, 1, &[Rm, Delete])],
        arguments: &[Argument::key("key", 0).multiple()],
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: generic::del,
        ..Spec::DEFAULT
    },
    Spec {
        name: "dump",
        summary: "Serializes the value of a key in a format that RESTORE reads.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(N), with N the size of the value",
        arity: 2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        run: dump::dump,
        ..Spec::DEFAULT
    },
    Spec {
        name: "exists",
        summary: "Counts the keys that exist; a key given twice counts twice.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(N), with N the number of keys",
        arity: -2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::range(1, -1, 1, &[Ro])],
        arguments: &[Argument::key("key", 0).multiple()],
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        history: &[("3.0.3", "More than one key.")],
        run: generic::exists,
        ..Spec::DEFAULT
    },
    Spec {
        name: "expire",
        summary: "Makes a key expire after a number of seconds.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("seconds"), CONDITION],
        history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
        run: expire::expire,
        ..Spec::DEFAULT
    },
    Spec {
        name: "expireat",
        summary: "Makes a key expire at a Unix time in seconds.",
        since: "1.2.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0), Argument::unix_time("unix-time-seconds"), CONDITION],
        history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
        run: expire::expireat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "expiretime",
        summary: "Reads the expiry of a key as a Unix time in seconds.",
        since: "7.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        run: expire::expiretime,
        ..Spec::DEFAULT
    },
    Spec {
        name: "keys",
        summary: "Lists the keys that match a pattern, in one scan of the whole database.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(N), with N the number of keys in the database, for names and patterns of bounded length",
        arity: 2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Keyspace, Category::Dangerous]),
        arguments: &[Argument::pattern("pattern")],
        tips: &["request_policy:all_shards", "nondeterministic_output_order"],
        run: generic::keys,
        ..Spec::DEFAULT
    },
    Spec {
        name: "move",
        summary: "Moves a key to another database, unless the key exists there.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("db")],
        run: generic::relocate,
        ..Spec::DEFAULT
    },
    Spec {
        name: "object",
        summary: "Inspects the internal representation of a value.",
        since: "2.2.3",
        group: Group::Generic,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: OBJECT,
        ..Spec::DEFAULT
    },
    Spec {
        name: "persist",
        summary: "Removes the expiry of a key.",
        since: "2.2.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0)],
        run: expire::persist,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pexpire",
        summary: "Makes a key expire after a number of milliseconds.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[Argument::key("key", 0), Argument::integer("milliseconds"), CONDITION],
        history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
        run: expire::pexpire,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pexpireat",
        summary: "Makes a key expire at a Unix time in milliseconds.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::unix_time("unix-time-milliseconds"),
            CONDITION,
        ],
        history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
        run: expire::pexpireat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pexpiretime",
        summary: "Reads the expiry of a key as a Unix time in milliseconds.",
        since: "7.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        run: expire::pexpiretime,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pttl",
        summary: "Reads the remaining time to live of a key in milliseconds.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        history: &[("2.8.0", "Replies -2 if the key does not exist.")],
        run: expire::pttl,
        ..Spec::DEFAULT
    },
    Spec {
        name: "randomkey",
        summary: "Picks a random key of the database.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 1,
        flags: Flags::of(&[ReadOnly, TouchesArbitraryKeys]),
        categories: Categories::of(&[Category::Keyspace]),
        tips: &["request_policy:all_shards", "response_policy:special", "nondeterministic_output"],
        run: generic::randomkey,
        ..Spec::DEFAULT
    },
    Spec {
        name: "rename",
        summary: "Renames a key; an existing key of the new name is replaced.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Access, Delete]), KeySpec::at(2, &[Ow, Update])],
        arguments: &[Argument::key("key", 0), Argument::key("newkey", 1)],
        run: generic::rename,
        ..Spec::DEFAULT
    },
    Spec {
        name: "renamenx",
        summary: "Renames a key, unless a key of the new name exists.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Rw, Access, Delete]), KeySpec::at(2, &[Ow, Insert])],
        arguments: &[Argument::key("key", 0), Argument::key("newkey", 1)],
        history: &[("3.2.0", "Equal names are not an error.")],
        run: generic::renamenx,
        ..Spec::DEFAULT
    },
    Spec {
        name: "restore",
        summary: "Creates a key from a value serialized by DUMP.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(N), with N the size of the value; O(N*log(N)) for sorted sets",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Keyspace, Category::Dangerous]),
        keys: &[KeySpec::first(&[Ow, Update])],
        arguments: RESTORE_ARGUMENTS,
        history: RESTORE_HISTORY,
        run: dump::restore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "scan",
        summary: "Iterates over the keys of the database, a few per call.",
        since: "2.8.0",
        group: Group::Generic,
        complexity: "O(1) per call; O(N) for a full iteration, with N the number of keys",
        arity: -2,
        flags: Flags::of(&[ReadOnly, TouchesArbitraryKeys]),
        categories: Categories::of(&[Category::Keyspace]),
        arguments: &[
            Argument::integer("cursor"),
            Argument::pattern("pattern").after("MATCH").optional(),
            Argument::integer("count").after("COUNT").optional(),
            Argument::string("type").after("TYPE").since("6.0.0").optional(),
        ],
        tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
        history: &[("6.0.0", "Option `TYPE`.")],
        run: scan::scan,
        ..Spec::DEFAULT
    },
    Spec {
        name: "sort",
        summary: "Sorts a list, a set or a sorted set, by its elements or by other keys.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: SORT_COMPLEXITY,
        arity: -2,
        flags: Flags::of(&[Write, DenyOom]),
        categories: SORT_CATEGORIES,
        keys: &[KeySpec::first(&[Ro, Access]), SORT_PATTERNS, SORT_DESTINATION],
        special_keys: Some(SpecialKeys::Sort),
        arguments: &[
            Argument::key("key", 0),
            SORT_BY,
            SORT_LIMIT,
            SORT_GET,
            SORT_ORDER,
            SORT_ALPHA,
            Argument::key("destination", 2).after("STORE").optional(),
        ],
        run: sort::sort,
        ..Spec::DEFAULT
    },
    Spec {
        name: "sort_ro",
        summary: "Sorts a list, a set or a sorted set without storing the result.",
        since: "7.0.0",
        group: Group::Generic,
        complexity: SORT_COMPLEXITY,
        arity: -2,
        flags: Flags::of(&[ReadOnly]),
        categories: SORT_CATEGORIES,
        keys: &[KeySpec::first(&[Ro, Access]), SORT_PATTERNS],
        special_keys: Some(SpecialKeys::SortRo),
        arguments: &[
            Argument::key("key", 0),
            SORT_BY,
            SORT_LIMIT,
            SORT_GET,
            SORT_ORDER,
            SORT_ALPHA,
        ],
        run: sort::sort_ro,
        ..Spec::DEFAULT
    },
    Spec {
        name: "touch",
        summary: "Updates the last use of keys, and counts those that exist.",
        since: "3.2.1",
        group: Group::Generic,
        complexity: "O(N), with N the number of keys",
        arity: -2,
        flags: Flags::of(&[ReadOnly, Fast, MarksAccess]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::range(1, -1, 1, &[Ro])],
        arguments: &[Argument::key("key", 0).multiple()],
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: generic::touch,
        ..Spec::DEFAULT
    },
    Spec {
        name: "ttl",
        summary: "Reads the remaining time to live of a key in seconds.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        history: &[("2.8.0", "Replies -2 if the key does not exist.")],
        run: expire::ttl,
        ..Spec::DEFAULT
    },
    Spec {
        name: "type",
        summary: "Returns the data type of a key's value.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[Argument::key("key", 0)],
        run: generic::kind,
        ..Spec::DEFAULT
    },
    Spec {
        name: "unlink",
        summary: "Removes keys at once and frees their memory incrementally.",
        since: "4.0.0",
        group: Group::Generic,
        complexity: "O(1) per key; freeing the memory later is O(N), with N the number of its allocations",
        arity: -2,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::range(1, -1, 1, &[Rm, Delete])],
        arguments: &[Argument::key("key", 0).multiple()],
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: generic::del,
        ..Spec::DEFAULT
    },
    Spec {
        name: "wait",
        summary: "Waits until replicas have acknowledged this connection's writes.",
        since: "3.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[Blocking]),
        categories: Categories::of(&[Category::Connection]),
        arguments: &[Argument::integer("numreplicas"), Argument::integer("timeout")],
        tips: &["request_policy:all_shards", "response_policy:agg_min"],
        run: generic::wait,
        ..Spec::DEFAULT
    },
];

/// Conditions on the current expiry: none, any, an earlier or a later one.
const CONDITION: Argument = Argument::one_of(
    "condition",
    &[
        Argument::token("nx", "NX"),
        Argument::token("xx", "XX"),
        Argument::token("gt", "GT"),
        Argument::token("lt", "LT"),
    ],
)
.since("7.0.0")
.optional();

/// The subcommands of `OBJECT`.
const OBJECT: &[Spec] = &[
    Spec {
        name: "object|encoding",
        summary: "Returns the internal encoding of a value.",
        since: "2.2.3",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::at(2, &[Ro])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        run: object::encoding,
        ..Spec::DEFAULT
    },
    Spec {
        name: "object|freq",
        summary: "Reads the access frequency of a value, as counted by an LFU policy.",
        since: "4.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::at(2, &[Ro])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        run: object::freq,
        ..Spec::DEFAULT
    },
    Spec {
        name: "object|help",
        summary: "Lists the subcommands.",
        since: "6.2.0",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        categories: Categories::of(&[Category::Keyspace]),
        run: object::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "object|idletime",
        summary: "Reads the number of seconds since a value was last accessed.",
        since: "2.2.3",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::at(2, &[Ro])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        run: object::idletime,
        ..Spec::DEFAULT
    },
    Spec {
        name: "object|refcount",
        summary: "Counts the references to a value.",
        since: "2.2.3",
        group: Group::Generic,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Keyspace]),
        keys: &[KeySpec::at(2, &[Ro])],
        arguments: &[Argument::key("key", 0)],
        tips: &["nondeterministic_output"],
        run: object::refcount,
        ..Spec::DEFAULT
    },
];

/// The arguments of `RESTORE` and `RESTORE-ASKING`.
pub(super) const RESTORE_ARGUMENTS: &[Argument] = &[
    Argument::key("key", 0),
    Argument::integer("ttl"),
    Argument::string("serialized-value"),
    Argument::token("replace", "REPLACE").since("3.0.0").optional(),
    Argument::token("absttl", "ABSTTL").since("5.0.0").optional(),
    Argument::integer("seconds").after("IDLETIME").since("5.0.0").optional(),
    Argument::integer("frequency").after("FREQ").since("5.0.0").optional(),
];

pub(super) const RESTORE_HISTORY: &[(&str, &str)] =
    &[("3.0.0", "`REPLACE`."), ("5.0.0", "`ABSTTL`."), ("5.0.0", "`IDLETIME` and `FREQ`.")];
