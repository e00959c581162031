//! Geographic indexes: sorted sets whose scores encode positions.

use crate::command::key_specs::KeyFlag::{Access, Ow, Ro, Rw, Update};
use crate::command::key_specs::{BeginSearch, FindKeys, KeyFlags, KeySpec, SpecialKeys};
use crate::command::spec::Flag::{DenyOom, ReadOnly, Write};
use crate::command::spec::{Argument, Categories, Category, Deprecated, Flags, Group, Spec};
use crate::command::{geo, geo_search};

const UNIT: Argument = Argument::one_of(
    "unit",
    &[
        Argument::token("m", "M"),
        Argument::token("km", "KM"),
        Argument::token("ft", "FT"),
        Argument::token("mi", "MI"),
    ],
);

const ORDER: Argument =
    Argument::one_of("order", &[Argument::token("asc", "ASC"), Argument::token("desc", "DESC")])
        .optional();

const COUNT: Argument = Argument::block(
    "count-block",
    &[
        Argument::integer("count").after("COUNT"),
        Argument::token("any", "ANY").since("6.2.0").optional(),
    ],
)
.optional();

const WITH_COORD: Argument = Argument::token("withcoord", "WITHCOORD").optional();
const WITH_DIST: Argument = Argument::token("withdist", "WITHDIST").optional();
const WITH_HASH: Argument = Argument::token("withhash", "WITHHASH").optional();

const FROM: Argument = Argument::one_of(
    "from",
    &[
        Argument::string("member").after("FROMMEMBER"),
        Argument::block(
            "fromlonlat",
            &[Argument::double("longitude"), Argument::double("latitude")],
        )
        .after("FROMLONLAT"),
    ],
);

const BY: Argument = Argument::one_of(
    "by",
    &[
        Argument::block("circle", &[Argument::double("radius").after("BYRADIUS"), UNIT]),
        Argument::block(
            "box",
            &[Argument::double("width").after("BYBOX"), Argument::double("height"), UNIT],
        ),
    ],
);

/// `STORE` or `STOREDIST`, whose keys are found by the second and the third key spec.
const STORE: Argument = Argument::one_of(
    "store",
    &[
        Argument::key("storekey", 1).after("STORE").shown_as("key"),
        Argument::key("storedistkey", 2).after("STOREDIST").shown_as("key"),
    ],
)
.optional();

/// The key after a keyword.
const fn stored(keyword: &'static str, start_from: i16) -> KeySpec {
    KeySpec {
        notes: None,
        flags: KeyFlags::of(&[Ow, Update]),
        begin_search: BeginSearch::Keyword { keyword, start_from },
        find_keys: FindKeys::Range { last_key: 0, key_step: 1, limit: 0 },
    }
}

const SEARCH_COMPLEXITY: &str = "O(N+log(M)), with N the number of members in the grid cells that the area touches, M of those within it";
const RADIUS_COMPLEXITY: &str = "O(N+log(M)), with N the number of members in the grid cells that the circle touches, M of those within it";
const ANY_HISTORY: (&str, &str) = ("6.2.0", "The option `ANY` of `COUNT`.");
const UNIT_HISTORY: (&str, &str) = ("7.0.0", "Units in upper case.");

/// The commands of the group `geo`, sorted by name.
pub(crate) const GEO: &[Spec] = &[
    Spec {
        name: "geoadd",
        summary: "Adds members with their positions to a geographic index.",
        since: "3.2.0",
        group: Group::Geo,
        complexity: "O(log(N)) per member, with N the number of members of the index",
        arity: -5,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Rw, Update])],
        history: &[("6.2.0", "The options `CH`, `NX` and `XX`.")],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[Argument::token("nx", "NX"), Argument::token("xx", "XX")],
            )
            .since("6.2.0")
            .optional(),
            Argument::token("change", "CH").since("6.2.0").optional(),
            Argument::block(
                "data",
                &[
                    Argument::double("longitude"),
                    Argument::double("latitude"),
                    Argument::string("member"),
                ],
            )
            .multiple(),
        ],
        run: geo::geoadd,
        ..Spec::DEFAULT
    },
    Spec {
        name: "geodist",
        summary: "Computes the distance between two members of a geographic index.",
        since: "3.2.0",
        group: Group::Geo,
        complexity: "O(1)",
        arity: -4,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member1"),
            Argument::string("member2"),
            UNIT.optional(),
        ],
        run: geo::geodist,
        ..Spec::DEFAULT
    },
    Spec {
        name: "geohash",
        summary: "Reads the geohashes of members of a geographic index.",
        since: "3.2.0",
        group: Group::Geo,
        complexity: "O(1) per member",
        arity: -2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("member").optional().multiple()],
        run: geo::geohash,
        ..Spec::DEFAULT
    },
    Spec {
        name: "geopos",
        summary: "Reads the longitudes and latitudes of members of a geographic index.",
        since: "3.2.0",
        group: Group::Geo,
        complexity: "O(1) per member",
        arity: -2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::string("member").optional().multiple()],
        run: geo::geopos,
        ..Spec::DEFAULT
    },
    Spec {
        name: "georadius",
        summary: "Finds or stores the members of a geographic index around a position.",
        since: "3.2.0",
        group: Group::Geo,
        complexity: RADIUS_COMPLEXITY,
        arity: -6,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access]), stored("STORE", 6), stored("STOREDIST", 6)],
        special_keys: Some(SpecialKeys::GeoRadius),
        history: &[ANY_HISTORY, UNIT_HISTORY],
        deprecated: Some(Deprecated {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS`",
        }),
        arguments: &[
            Argument::key("key", 0),
            Argument::double("longitude"),
            Argument::double("latitude"),
            Argument::double("radius"),
            UNIT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
            COUNT,
            ORDER,
            STORE,
        ],
        run: geo_search::georadius,
        ..Spec::DEFAULT
    },
    Spec {
        name: "georadius_ro",
        summary: "Finds the members of a geographic index around a position.",
        since: "3.2.10",
        group: Group::Geo,
        complexity: RADIUS_COMPLEXITY,
        arity: -6,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access])],
        history: &[ANY_HISTORY],
        deprecated: Some(Deprecated { since: "6.2.0", replaced_by: "`GEOSEARCH` with `BYRADIUS`" }),
        arguments: &[
            Argument::key("key", 0),
            Argument::double("longitude"),
            Argument::double("latitude"),
            Argument::double("radius"),
            UNIT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
            COUNT,
            ORDER,
        ],
        run: geo_search::georadius_ro,
        ..Spec::DEFAULT
    },
    Spec {
        name: "georadiusbymember",
        summary: "Finds or stores the members of a geographic index around one of them.",
        since: "3.2.0",
        group: Group::Geo,
        complexity: RADIUS_COMPLEXITY,
        arity: -5,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access]), stored("STORE", 5), stored("STOREDIST", 5)],
        special_keys: Some(SpecialKeys::GeoRadius),
        history: &[ANY_HISTORY, UNIT_HISTORY],
        deprecated: Some(Deprecated {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS` and `FROMMEMBER`",
        }),
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::double("radius"),
            UNIT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
            COUNT,
            ORDER,
            STORE,
        ],
        run: geo_search::georadiusbymember,
        ..Spec::DEFAULT
    },
    Spec {
        name: "georadiusbymember_ro",
        summary: "Finds the members of a geographic index around one of them.",
        since: "3.2.10",
        group: Group::Geo,
        complexity: RADIUS_COMPLEXITY,
        arity: -5,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access])],
        deprecated: Some(Deprecated {
            since: "6.2.0",
            replaced_by: "`GEOSEARCH` with `BYRADIUS` and `FROMMEMBER`",
        }),
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::double("radius"),
            UNIT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
            COUNT,
            ORDER,
        ],
        run: geo_search::georadiusbymember_ro,
        ..Spec::DEFAULT
    },
    Spec {
        name: "geosearch",
        summary: "Finds the members of a geographic index within a circle or a box.",
        since: "6.2.0",
        group: Group::Geo,
        complexity: SEARCH_COMPLEXITY,
        arity: -7,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ro, Access])],
        history: &[UNIT_HISTORY],
        arguments: &[
            Argument::key("key", 0),
            FROM,
            BY,
            ORDER,
            COUNT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
        ],
        run: geo_search::geosearch,
        ..Spec::DEFAULT
    },
    Spec {
        name: "geosearchstore",
        summary: "Stores the members of a geographic index within a circle or a box.",
        since: "6.2.0",
        group: Group::Geo,
        complexity: SEARCH_COMPLEXITY,
        arity: -8,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Geo]),
        keys: &[KeySpec::first(&[Ow, Update]), KeySpec::at(2, &[Ro, Access])],
        history: &[UNIT_HISTORY],
        arguments: &[
            Argument::key("destination", 0),
            Argument::key("source", 1),
            FROM,
            BY,
            ORDER,
            COUNT,
            Argument::token("storedist", "STOREDIST").optional(),
        ],
        run: geo_search::geosearchstore,
        ..Spec::DEFAULT
    },
];
