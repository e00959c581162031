//! Bitmaps: strings used as arrays of bits.

use crate::command::key_specs::KeyFlag::{Access, Ow, Ro, Rw, Update, VariableFlags};
use crate::command::key_specs::{KeySpec, SpecialKeys};
use crate::command::spec::Flag::{DenyOom, Fast, ReadOnly, Write};
use crate::command::spec::{Argument, Categories, Category, Flags, Group, Spec};
use crate::command::{bitfield, bitmap};

const UNIT: Argument =
    Argument::one_of("unit", &[Argument::token("byte", "BYTE"), Argument::token("bit", "BIT")])
        .since("7.0.0")
        .optional();

const GET: Argument =
    Argument::block("get-block", &[Argument::string("encoding"), Argument::integer("offset")])
        .after("GET");

/// The commands of the group `bitmap`, sorted by name.
pub(crate) const BITMAP: &[Spec] = &[
    Spec {
        name: "bitcount",
        summary: "Counts the set bits of a string.",
        since: "2.6.0",
        group: Group::Bitmap,
        complexity: "O(N)",
        arity: -2,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[KeySpec::first(&[Ro, Access])],
        history: &[("7.0.0", "The option `BYTE|BIT`.")],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("range", &[Argument::integer("start"), Argument::integer("end"), UNIT])
                .optional(),
        ],
        run: bitmap::bitcount,
        ..Spec::DEFAULT
    },
    Spec {
        name: "bitfield",
        summary: "Reads and modifies integers of any width at any bit offset of a string.",
        since: "3.2.0",
        group: Group::Bitmap,
        complexity: "O(1) per operation",
        arity: -2,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[
            KeySpec::first(&[Rw, Access, Update, VariableFlags]).notes("Reads, modifies, or both.")
        ],
        special_keys: Some(SpecialKeys::Bitfield),
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "operation",
                &[
                    GET,
                    Argument::block(
                        "write",
                        &[
                            Argument::one_of(
                                "overflow-block",
                                &[
                                    Argument::token("wrap", "WRAP"),
                                    Argument::token("sat", "SAT"),
                                    Argument::token("fail", "FAIL"),
                                ],
                            )
                            .after("OVERFLOW")
                            .optional(),
                            Argument::one_of(
                                "write-operation",
                                &[
                                    Argument::block(
                                        "set-block",
                                        &[
                                            Argument::string("encoding"),
                                            Argument::integer("offset"),
                                            Argument::integer("value"),
                                        ],
                                    )
                                    .after("SET"),
                                    Argument::block(
                                        "incrby-block",
                                        &[
                                            Argument::string("encoding"),
                                            Argument::integer("offset"),
                                            Argument::integer("increment"),
                                        ],
                                    )
                                    .after("INCRBY"),
                                ],
                            ),
                        ],
                    ),
                ],
            )
            .optional()
            .multiple(),
        ],
        run: bitfield::bitfield,
        ..Spec::DEFAULT
    },
    Spec {
        name: "bitfield_ro",
        summary: "Reads integers of any width at any bit offset of a string.",
        since: "6.0.0",
        group: Group::Bitmap,
        complexity: "O(1) per operation",
        arity: -2,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), GET.optional().multiple_with_token()],
        run: bitfield::bitfield_ro,
        ..Spec::DEFAULT
    },
    Spec {
        name: "bitop",
        summary: "Combines strings with a bitwise operation and stores the result.",
        since: "2.6.0",
        group: Group::Bitmap,
        complexity: "O(N), with N the length of the longest string",
        arity: -4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[KeySpec::at(2, &[Ow, Update]), KeySpec::range(3, -1, 1, &[Ro, Access])],
        arguments: &[
            Argument::one_of(
                "operation",
                &[
                    Argument::token("and", "AND"),
                    Argument::token("or", "OR"),
                    Argument::token("xor", "XOR"),
                    Argument::token("not", "NOT"),
                ],
            ),
            Argument::key("destkey", 0),
            Argument::key("key", 1).multiple(),
        ],
        run: bitmap::bitop,
        ..Spec::DEFAULT
    },
    Spec {
        name: "bitpos",
        summary: "Finds the first set or clear bit of a string.",
        since: "2.8.7",
        group: Group::Bitmap,
        complexity: "O(N)",
        arity: -3,
        flags: Flags::of(&[ReadOnly]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[KeySpec::first(&[Ro, Access])],
        history: &[("7.0.0", "The option `BYTE|BIT`.")],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("bit"),
            Argument::block(
                "range",
                &[
                    Argument::integer("start"),
                    Argument::block("end-unit-block", &[Argument::integer("end"), UNIT]).optional(),
                ],
            )
            .optional(),
        ],
        run: bitmap::bitpos,
        ..Spec::DEFAULT
    },
    Spec {
        name: "getbit",
        summary: "Reads one bit of a string.",
        since: "2.2.0",
        group: Group::Bitmap,
        complexity: "O(1)",
        arity: 3,
        flags: Flags::of(&[ReadOnly, Fast]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[KeySpec::first(&[Ro, Access])],
        arguments: &[Argument::key("key", 0), Argument::integer("offset")],
        run: bitmap::getbit,
        ..Spec::DEFAULT
    },
    Spec {
        name: "setbit",
        summary: "Sets or clears one bit of a string, padding the string with zeros.",
        since: "2.2.0",
        group: Group::Bitmap,
        complexity: "O(1)",
        arity: 4,
        flags: Flags::of(&[Write, DenyOom]),
        categories: Categories::of(&[Category::Bitmap]),
        keys: &[KeySpec::first(&[Rw, Access, Update])],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("offset"),
            Argument::integer("value"),
        ],
        run: bitmap::setbit,
        ..Spec::DEFAULT
    },
];
