//! Sorted sets: members ordered by score.

use crate::command::key_specs::KeyFlag::{Access, Delete, Ow, Ro, Rw, Update};
use crate::command::key_specs::KeySpec;
use crate::command::spec::Flag::{Blocking, DenyOom, Fast, ReadOnly, Write};
use crate::command::spec::{Argument, Categories, Category, Deprecated, Flags, Group, Spec};
use crate::command::{sorted_set, sorted_set_algebra, sorted_set_pop, sorted_set_range};

/// The end to pop from.
const WHERE: Argument =
    Argument::one_of("where", &[Argument::token("min", "MIN"), Argument::token("max", "MAX")]);

/// An offset and a count within the range.
const LIMIT: Argument =
    Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
        .after("LIMIT")
        .optional();

/// Includes the scores in the reply.
const WITHSCORES: Argument = Argument::token("withscores", "WITHSCORES").optional();

/// The factors by which the scores of each key are multiplied.
const WEIGHTS: Argument = Argument::integer("weight").after("WEIGHTS").multiple().optional();

/// The function that combines the scores of one member.
const AGGREGATE: Argument = Argument::one_of(
    "aggregate",
    &[Argument::token("sum", "SUM"), Argument::token("min", "MIN"), Argument::token("max", "MAX")],
)
.after("AGGREGATE")
.optional();

/// The commands of the group `sorted-set`, sorted by name.
pub(crate) const SORTED_SET: &[Spec] = &[
    Spec {
        name: "bzmpop",
        summary: "Pops members from the first non-empty sorted set, waiting if necessary.",
        since: "7.0.0",
        group: Group::SortedSet,
        complexity: "O(K + M*log(N)), with K the number of keys, N the number of members of the sorted set, M of those popped",
        arity: -5,
        flags: Flags::of(&[Write, Blocking]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::counted(2, &[Rw, Access, Delete])],
        arguments: &[
            Argument::double("timeout"),
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            WHERE,
            Argument::integer("count").after("COUNT").optional(),
        ],
        run: sorted_set_pop::bzmpop,
        ..Spec::DEFAULT
    },
    Spec {
        name: "bzpopmax",
        summary: "Pops the highest member of the first non-empty sorted set, or waits.",
        since: "5.0.0",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: -3,
        flags: Flags::of(&[Write, Blocking, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::range(1, -2, 1, &[Rw, Access, Delete])],
        arguments: &[Argument::key("key", 0).multiple(), Argument::double("timeout")],
        history: &[("6.0.0", "The timeout may have a fraction.")],
        run: sorted_set_pop::bzpopmax,
        ..Spec::DEFAULT
    },
    Spec {
        name: "bzpopmin",
        summary: "Pops the lowest member of the first non-empty sorted set, or waits.",
        since: "5.0.0",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: -3,
        flags: Flags::of(&[Write, Blocking, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::range(1, -2, 1, &[Rw, Access, Delete])],
        arguments: &[Argument::key("key", 0).multiple(), Argument::double("timeout")],
        history: &[("6.0.0", "The timeout may have a fraction.")],
        run: sorted_set_pop::bzpopmin,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zadd",
        summary: "Adds members to a sorted set, or updates their scores.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N)) per member, with N the number of members",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[Argument::token("nx", "NX"), Argument::token("xx", "XX")],
            )
            .since("3.0.2")
            .optional(),
            Argument::one_of(
                "comparison",
                &[Argument::token("gt", "GT"), Argument::token("lt", "LT")],
            )
            .since("6.2.0")
            .optional(),
            Argument::token("change", "CH").since("3.0.2").optional(),
            Argument::token("increment", "INCR").since("3.0.2").optional(),
            Argument::block("data", &[Argument::double("score"), Argument::string("member")])
                .multiple(),
        ],
        history: &[
            ("2.4.0", "More than one member."),
            ("3.0.2", "`XX`, `NX`, `CH` and `INCR`."),
            ("6.2.0", "`GT` and `LT`."),
        ],
        run: sorted_set::zadd,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zcard",
        summary: "Counts the members of a sorted set.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro])],
        arguments: &[Argument::key("key", 0)],
        run: sorted_set::zcard,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zcount",
        summary: "Counts the members with scores in a range.",
        since: "2.0.0",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: 4,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::double("min"), Argument::double("max")],
        run: sorted_set_range::zcount,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zdiff",
        summary: "Computes the difference of sorted sets.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(L + (N-K)*log(N)), with L the number of members of all keys, N of the first, K of the result",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::counted(1, &[Ro, Access])],
        arguments: &[Argument::integer("numkeys"), Argument::key("key", 0).multiple(), WITHSCORES],
        run: sorted_set_algebra::zdiff,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zdiffstore",
        summary: "Computes the difference of sorted sets and stores it in a key.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(L + (N-K)*log(N)), with L the number of members of all keys, N of the first, K of the result",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ow, Update]), KeySpec::counted(2, &[Ro, Access])],
        arguments: &[
            Argument::key("destination", 0),
            Argument::integer("numkeys"),
            Argument::key("key", 1).multiple(),
        ],
        run: sorted_set_algebra::zdiffstore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zincrby",
        summary: "Adds to the score of a member; a missing member counts as 0.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("increment"),
            Argument::string("member"),
        ],
        run: sorted_set::zincrby,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zinter",
        summary: "Computes the intersection of sorted sets, with combined scores.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(N*K + M*log(M)), with N the number of members of the smallest, K the number of keys, M the number of members of the result",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::counted(1, &[Ro, Access])],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            WEIGHTS,
            AGGREGATE,
            WITHSCORES,
        ],
        run: sorted_set_algebra::zinter,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zintercard",
        summary: "Counts the members of an intersection of sorted sets, up to a limit.",
        since: "7.0.0",
        group: Group::SortedSet,
        complexity: "O(N*K), with N the number of members of the smallest, K the number of keys",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::counted(1, &[Ro, Access])],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            Argument::integer("limit").after("LIMIT").optional(),
        ],
        run: sorted_set_algebra::zintercard,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zinterstore",
        summary: "Computes the intersection of sorted sets and stores it in a key.",
        since: "2.0.0",
        group: Group::SortedSet,
        complexity: "O(N*K + M*log(M)), with N the number of members of the smallest, K the number of keys, M the number of members of the result",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ow, Update]), KeySpec::counted(2, &[Ro, Access])],
        arguments: &[
            Argument::key("destination", 0),
            Argument::integer("numkeys"),
            Argument::key("key", 1).multiple(),
            WEIGHTS,
            AGGREGATE,
        ],
        run: sorted_set_algebra::zinterstore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zlexcount",
        summary: "Counts the members in a lexicographic range; all scores must be equal.",
        since: "2.8.9",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: 4,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("min"), Argument::string("max")],
        run: sorted_set_range::zlexcount,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zmpop",
        summary: "Pops the lowest or highest members of the first non-empty sorted set.",
        since: "7.0.0",
        group: Group::SortedSet,
        complexity: "O(K + M*log(N)), with K the number of keys, N the number of members of the sorted set, M of those popped",
        arity: -4,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::counted(1, &[Rw, Access, Delete])],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            WHERE,
            Argument::integer("count").after("COUNT").optional(),
        ],
        run: sorted_set_pop::zmpop,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zmscore",
        summary: "Reads the scores of members.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(N), with N the number of members requested",
        arity: -3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        run: sorted_set::zmscore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zpopmax",
        summary: "Pops the highest members, with their scores.",
        since: "5.0.0",
        group: Group::SortedSet,
        complexity: "O(M*log(N)), with N the number of members, M of those popped",
        arity: -2,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Access, Delete])],
        arguments: &[Argument::key("key", 0), Argument::integer("count").optional()],
        run: sorted_set_pop::zpopmax,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zpopmin",
        summary: "Pops the lowest members, with their scores.",
        since: "5.0.0",
        group: Group::SortedSet,
        complexity: "O(M*log(N)), with N the number of members, M of those popped",
        arity: -2,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Access, Delete])],
        arguments: &[Argument::key("key", 0), Argument::integer("count").optional()],
        run: sorted_set_pop::zpopmin,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrandmember",
        summary: "Reads random members, with repetitions if the count is negative.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(M*log(N)), with N the number of members, M of those returned",
        arity: -2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("options", &[Argument::integer("count"), WITHSCORES]).optional(),
        ],
        tips: &["nondeterministic_output"],
        run: sorted_set::zrandmember,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrange",
        summary: "Reads a range of members by rank, by score or lexicographically.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those returned",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("start"),
            Argument::string("stop"),
            Argument::one_of(
                "sortby",
                &[Argument::token("byscore", "BYSCORE"), Argument::token("bylex", "BYLEX")],
            )
            .since("6.2.0")
            .optional(),
            Argument::token("rev", "REV").since("6.2.0").optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .after("LIMIT")
                .since("6.2.0")
                .optional(),
            WITHSCORES,
        ],
        history: &[("6.2.0", "`REV`, `BYSCORE`, `BYLEX` and `LIMIT`.")],
        run: sorted_set_range::zrange,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrangebylex",
        summary: "Reads the members in a lexicographic range; all scores must be equal.",
        since: "2.8.9",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those returned",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("min"),
            Argument::string("max"),
            LIMIT,
        ],
        deprecated: Some(Deprecated { since: "6.2.0", replaced_by: "`ZRANGE` with `BYLEX`" }),
        run: sorted_set_range::zrangebylex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrangebyscore",
        summary: "Reads the members with scores in a range.",
        since: "1.0.5",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those returned",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::double("min"),
            Argument::double("max"),
            Argument::token("withscores", "WITHSCORES").since("2.0.0").optional(),
            LIMIT,
        ],
        history: &[("2.0.0", "`WITHSCORES`.")],
        deprecated: Some(Deprecated { since: "6.2.0", replaced_by: "`ZRANGE` with `BYSCORE`" }),
        run: sorted_set_range::zrangebyscore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrangestore",
        summary: "Stores a range of members as another sorted set.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those stored",
        arity: -5,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ow, Update]), KeySpec::at(2, &[Ro, Access])],
        arguments: &[
            Argument::key("dst", 0),
            Argument::key("src", 1),
            Argument::string("min"),
            Argument::string("max"),
            Argument::one_of(
                "sortby",
                &[Argument::token("byscore", "BYSCORE"), Argument::token("bylex", "BYLEX")],
            )
            .optional(),
            Argument::token("rev", "REV").optional(),
            LIMIT,
        ],
        run: sorted_set_range::zrangestore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrank",
        summary: "Reads the rank of a member, lowest score first.",
        since: "2.0.0",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: -3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::token("withscore", "WITHSCORE").optional(),
        ],
        history: &[("7.2.0", "`WITHSCORE`.")],
        run: sorted_set::zrank,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrem",
        summary: "Removes members.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(M*log(N)), with N the number of members, M of those removed",
        arity: -3,
        flags: Flags::of(&[Write, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Delete])],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        history: &[("2.4.0", "More than one member.")],
        run: sorted_set::zrem,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zremrangebylex",
        summary: "Removes the members in a lexicographic range; all scores must be equal.",
        since: "2.8.9",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those removed",
        arity: 4,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Delete])],
        arguments: &[Argument::key("key", 0), Argument::string("min"), Argument::string("max")],
        run: sorted_set_range::zremrangebylex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zremrangebyrank",
        summary: "Removes the members in a range of ranks.",
        since: "2.0.0",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those removed",
        arity: 4,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Delete])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("stop"),
        ],
        run: sorted_set_range::zremrangebyrank,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zremrangebyscore",
        summary: "Removes the members with scores in a range.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those removed",
        arity: 4,
        flags: Flags::of(&[Write]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Rw, Delete])],
        arguments: &[Argument::key("key", 0), Argument::double("min"), Argument::double("max")],
        run: sorted_set_range::zremrangebyscore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrevrange",
        summary: "Reads a range of members by rank, highest score first.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those returned",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("stop"),
            WITHSCORES,
        ],
        deprecated: Some(Deprecated { since: "6.2.0", replaced_by: "`ZRANGE` with `REV`" }),
        run: sorted_set_range::zrevrange,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrevrangebylex",
        summary: "Reads the members in a lexicographic range, highest first.",
        since: "2.8.9",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those returned",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("max"),
            Argument::string("min"),
            LIMIT,
        ],
        deprecated: Some(Deprecated {
            since: "6.2.0",
            replaced_by: "`ZRANGE` with `REV` and `BYLEX`",
        }),
        run: sorted_set_range::zrevrangebylex,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrevrangebyscore",
        summary: "Reads the members with scores in a range, highest first.",
        since: "2.2.0",
        group: Group::SortedSet,
        complexity: "O(log(N) + M), with N the number of members, M of those returned",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::double("max"),
            Argument::double("min"),
            WITHSCORES,
            LIMIT,
        ],
        history: &[("2.1.6", "`min` and `max` can be exclusive.")],
        deprecated: Some(Deprecated {
            since: "6.2.0",
            replaced_by: "`ZRANGE` with `REV` and `BYSCORE`",
        }),
        run: sorted_set_range::zrevrangebyscore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zrevrank",
        summary: "Reads the rank of a member, highest score first.",
        since: "2.0.0",
        group: Group::SortedSet,
        complexity: "O(log(N)), with N the number of members",
        arity: -3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::token("withscore", "WITHSCORE").optional(),
        ],
        history: &[("7.2.0", "`WITHSCORE`.")],
        run: sorted_set::zrevrank,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zscan",
        summary: "Iterates over members and scores, a few per call.",
        since: "2.8.0",
        group: Group::SortedSet,
        complexity: "O(1) per call; O(N) for a full iteration, with N the number of members",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("cursor"),
            Argument::pattern("pattern").after("MATCH").optional(),
            Argument::integer("count").after("COUNT").optional(),
        ],
        tips: &["nondeterministic_output"],
        run: sorted_set::zscan,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zscore",
        summary: "Reads the score of a member.",
        since: "1.2.0",
        group: Group::SortedSet,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("member")],
        run: sorted_set::zscore,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zunion",
        summary: "Computes the union of sorted sets, with combined scores.",
        since: "6.2.0",
        group: Group::SortedSet,
        complexity: "O(N + M*log(M)), with N the number of members of all keys, M of the result",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::counted(1, &[Ro, Access])],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            WEIGHTS,
            AGGREGATE,
            WITHSCORES,
        ],
        run: sorted_set_algebra::zunion,
        ..Spec::DEFAULT
    },
    Spec {
        name: "zunionstore",
        summary: "Computes the union of sorted sets and stores it in a key.",
        since: "2.0.0",
        group: Group::SortedSet,
        complexity: "O(N + M*log(M)), with N the number of members of all keys, M of the result",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::SortedSet]),
        keys: &[KeySpec::first(&[Ow, Update]), KeySpec::counted(2, &[Ro, Access])],
        arguments: &[
            Argument::key("destination", 0),
            Argument::integer("numkeys"),
            Argument::key("key", 1).multiple(),
            WEIGHTS,
            AGGREGATE,
        ],
        run: sorted_set_algebra::zunionstore,
        ..Spec::DEFAULT
    },
];
