//! Requests built from the command table: mostly well-formed, with extreme arguments.

use std::sync::OnceLock;

use redstart_core::{
    command::{
        spec::{Argument, ArgumentFlag, ArgumentKind, Spec},
        specs::GROUPS,
    },
    config::PARAMETERS,
};

use crate::fuzz::{self, Source, rdb};

/// A small number, so that commands meet what others have stored.
const KEYS: &[&str] = &["a", "b", "c", "d", "missing"];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-2",
    "10",
    "-1000",
    "1000000",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "524287",
    "4611686018427387903",
    "-4611686018427387904",
    "9223372036854775807",
    "-9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "1.5",
    "-0",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1e308",
    "5e-324",
    "0x10",
    "",
    " 1",
    "x",
];

const TEXTS: &[&str] = &[
    "",
    "x",
    "y",
    "7",
    "-12",
    "m1",
    "m2",
    "\0",
    "\r\n",
    "-",
    "+",
    "[m1",
    "(m1",
    "(1",
    "#",
    "#1",
    "u8",
    "i64",
    "u63",
    "*",
    "[",
    "[^",
    "\\",
    "a*",
    "*->x",
    "*a*a*a*a*a*a*a*a*b",
    "[a-z]*[^\\]]*??*",
    "0-0",
    "1-*",
    "5-18446744073709551615",
    "18446744073709551615-18446744073709551615",
    ">",
    "$",
    "HYLL",
    "EX",
    "LEFT",
    "MAX",
    "BIT",
    "km",
    "ON",
    "NX",
    "COUNT",
    "LIMIT",
    "WITHSCORES",
    "STORE",
];

/// Longer than an element of any packed collection.
const LONG: [u8; 300] = [b'l'; 300];

/// Long enough to have a buffer of its own, apart from the request.
static LARGE: [u8; 40_000] = [b'L'; 40_000];

/// The parameter that limits the memory a request may ask for.
const FIXED_PARAMETER: &str = "proto-max-bulk-len";

/// Commands that are too slow to run this often, and the one that ends the process.
const LEFT_OUT: &[&str] = &["pfselftest", "shutdown"];

/// Returns a request of one of the commands in the table.
pub(super) fn request(source: &mut Source<'_>) -> Vec<u8> {
    let group = source.pick(GROUPS);
    let mut spec = &group[source.below(group.len())];
    let mut arguments = vec![spec.name.as_bytes().to_vec()];
    if !spec.subcommands.is_empty() {
        spec = &spec.subcommands[source.below(spec.subcommands.len())];
        arguments = spec.name.split('|').map(|word| word.as_bytes().to_vec()).collect();
    }
    if LEFT_OUT.contains(&spec.name) {
        arguments = vec![b"PING".to_vec()];
    } else {
        append_all(spec.arguments, source, &mut arguments);
        distort(spec, source, &mut arguments);
    }
    let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        request.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        request.extend_from_slice(&argument);
        request.extend_from_slice(b"\r\n");
    }
    request
}

fn append_all(arguments: &[Argument], source: &mut Source<'_>, out: &mut Vec<Vec<u8>>) {
    arguments.iter().for_each(|argument| append(argument, source, out));
}

fn append(argument: &Argument, source: &mut Source<'_>, out: &mut Vec<Vec<u8>>) {
    let (flags, choice) = (argument.flags, source.byte());
    if flags.has(ArgumentFlag::Optional) && choice.is_multiple_of(2) {
        return;
    }
    let times = if flags.has(ArgumentFlag::Multiple) { 1 + choice / 2 % 3 } else { 1 };
    for time in 0..times {
        let is_led = time == 0 || flags.has(ArgumentFlag::MultipleToken);
        if let Some(token) = argument.token.filter(|_| is_led) {
            out.push(token.as_bytes().to_vec());
        }
        match argument.kind {
            ArgumentKind::PureToken => {}
            ArgumentKind::OneOf => {
                let one = source.below(argument.arguments.len());
                append(&argument.arguments[one], source, out);
            }
            ArgumentKind::Block => append_all(argument.arguments, source, out),
            ArgumentKind::Key => out.push(source.pick(KEYS).as_bytes().to_vec()),
            ArgumentKind::Integer | ArgumentKind::Double | ArgumentKind::UnixTime => {
                out.push(source.pick(NUMBERS).as_bytes().to_vec());
            }
            ArgumentKind::String if argument.name == "serialized-value" => {
                out.push(payload(source))
            }
            ArgumentKind::String if argument.name == "parameter" => out.push(parameter(source)),
            ArgumentKind::String | ArgumentKind::Pattern => out.push(text(source)),
        }
    }
}

/// Returns a dumped value, with a few changes half of the time.
fn payload(source: &mut Source<'_>) -> Vec<u8> {
    static INPUTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let inputs = INPUTS.get_or_init(|| fuzz::seeds(fuzz::RDB));
    let mut input = inputs[source.below(inputs.len())].clone();
    for _ in 0..source.below(4) {
        let at = usize::from(source.byte()) << 8 | usize::from(source.byte());
        let len = input.len();
        input[at % len] = source.byte();
    }
    rdb::payload(&input)
}

fn parameter(source: &mut Source<'_>) -> Vec<u8> {
    let name = source.pick(PARAMETERS).name;
    if name == FIXED_PARAMETER { b"hz".to_vec() } else { name.as_bytes().to_vec() }
}

fn text(source: &mut Source<'_>) -> Vec<u8> {
    match source.below(8) {
        0 if source.below(16) == 0 => LARGE.to_vec(),
        0 => LONG.to_vec(),
        1 => source.pick(NUMBERS).as_bytes().to_vec(),
        2 => source.pick(KEYS).as_bytes().to_vec(),
        3 => {
            let len = source.below(12);
            source.take(len).to_vec()
        }
        _ => source.pick(TEXTS).as_bytes().to_vec(),
    }
}

/// Occasionally replaces an argument, removes one or adds one.
fn distort(spec: &Spec, source: &mut Source<'_>, arguments: &mut Vec<Vec<u8>>) {
    let named = spec.name.split('|').count();
    let (choice, count) = (source.below(16), arguments.len());
    let at = named + source.below((count - named).max(1));
    match choice {
        0 => arguments.insert(at.min(count), text(source)),
        1 if at < count => arguments[at] = text(source),
        2 if at < count => drop(arguments.remove(at)),
        _ => {}
    }
}
