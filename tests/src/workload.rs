//! Random commands, determined by a seed: what several clients might send, and what they should
//! not.
//!
//! The commands come from the engine's command table: each argument tree is walked, options are
//! included or omitted, and the holes are filled from small pools in which every value has a reason
//! (a boundary, a change of encoding, a byte that needs escaping). A new command in the table is
//! exercised without a change here. Commands that must not be sent at random, or whose replies
//! always differ, are excluded by name in `LEFT_OUT`, with the reason.

mod collections;
mod interpreted;
mod left_out;
mod payloads;
mod server;
mod sorted_set;
mod stream;

use core::time::Duration;

use redstart_core::{
    command::{
        spec::{Argument, ArgumentFlag, ArgumentKind, Group, Spec},
        specs::GROUPS,
    },
    random::{Random, Seed},
};

pub use payloads::DUMPED;

/// A command with its arguments.
pub type Command = Vec<Vec<u8>>;

/// The number of clients. The last one sends only deadlines that pass at once, and never in a
/// transaction.
pub const CLIENTS: usize = 4;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client sends commands as one pipeline.
    Send {
        /// The client: a number below [`CLIENTS`].
        client: usize,
        /// The commands.
        commands: Vec<Command>,
    },
    /// Time passes.
    Wait(Duration),
}

impl Step {
    /// Returns `true` if, after this step, expired keys are removed on access only.
    #[must_use]
    pub fn stops_expiry(&self) -> bool {
        *self == send(0, STOP_EXPIRY)
    }
}

const STOP_EXPIRY: &[&str] = &["DEBUG", "SET-ACTIVE-EXPIRE", "0"];

/// Commands that remove some of the expired keys at random, or count those that a command with an
/// invalid argument has left in place: Redis may access its key first.
const SHOWS_EXPIRED: &[&str] = &["randomkey", "scan", "dbsize"];

/// Commands that are always sent in a valid form: an invalid `DEBUG` could request anything, Redis
/// 7.2 accepts fewer arguments for `COMMAND GETKEYS` and more for `ZRANK` than 7.0, a scan with a
/// random cursor returns anything, and random pops differ between the servers. A number in a
/// command of consumer groups may be a time, and `XSETID` lowers an id only in
/// [`Workload::go_back`].
const UNSPOILED: &[&str] = &[
    "DEBUG",
    "COMMAND",
    "SCAN",
    "HSCAN",
    "SSCAN",
    "ZSCAN",
    "SPOP",
    "ZRANK",
    "ZREVRANK",
    "XAUTOCLAIM",
    "XCLAIM",
    "XPENDING",
    "XSETID",
];

/// Words after which the next argument, or the whole command, is about time: a small number must
/// not be generated there.
const WORDS_OF_TIME: &[&str] = &[
    "EX",
    "PX",
    "EXAT",
    "PXAT",
    "EXPIRE",
    "PEXPIRE",
    "EXPIREAT",
    "PEXPIREAT",
    "SETEX",
    "PSETEX",
    "RESTORE",
];

const KEYS: &[&str] = &["a", "b", "c", "d", "e", "f"];
const RARE_KEYS: &[&[u8]] =
    &[b"", b"\0\xff\r\n\"", b"key with blanks", b"42", b"{a}b", &[b'k'; 300]];

/// Keys of short strings, for the one command whose cost is a product of lengths.
const SHORT_KEYS: &[&str] = &["short:1", "short:2"];

const SHORT_KEY_COMMANDS: &[&str] =
    &["lcs", "set", "setnx", "getset", "get", "del", "strlen", "type", "exists"];

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "3",
    "5",
    "-5",
    "10",
    "43",
    "44",
    "45",
    "100",
    "-100",
    "1023",
    "1024",
    "9223372036854775807",
    "9223372036854775806",
    "-9223372036854775808",
    "-9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967296",
];
const BROKEN_NUMBERS: &[&str] =
    &["", " 1", "1 ", "+1", "01", "-0", "1.0", "0x10", "1e3", "abc", "--1", "-", "٣", "1\0"];
const FLOATS: &[&str] = &[
    "0",
    "-0",
    "0.1",
    "0.2",
    "1.5",
    "-1.5",
    "3.0",
    "3.14159265358979323846",
    "1e3",
    "1E-5",
    "5.0e3",
    "1e17",
    "1e308",
    "1e-320",
    "1e4000",
    "123456789012345678",
    "0.00000000000000001",
    "99999999999999999999999",
    "inf",
    "-inf",
    "nan",
    "0x1p3",
    "1.7976931348623157e308",
    ".5",
    "5.",
    "-9007199254740993",
    "1e400",
    "4.9e-324",
    "1e",
    "1e-17",
    "0.3333333333333333333333",
];
const PATTERNS: &[&str] = &[
    "*", "?", "[a-c]", "[^a-c]", "short:*", "a", "[a", "\\a", "*b*", "", "k*", "??", "[c-a]", "\\",
    "[\\]]", "*[]*", "[^]", "**", "*?*",
];

/// A source of steps.
pub struct Workload {
    random: Random,
    commands: Vec<(&'static Spec, usize)>,
    total_weight: usize,
    /// Whether deadlines pass during this session. Then no command is sent whose reply depends on
    /// whether an expired key was removed or is only hidden.
    expires: bool,
    in_transaction: [bool; CLIENTS],
    /// The milliseconds of the ids of the next entries.
    stream_ms: u64,
    /// The highest of them so far.
    highest_stream_ms: u64,
    /// Whether ids of streams also decrease during this session. Then nothing is trimmed by id:
    /// Redis stops at a removed entry with a higher id and keeps what follows it.
    ids_go_back: bool,
}

impl Workload {
    /// Creates the workload that `seed` determines.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let all = GROUPS.iter().copied().flatten().flat_map(|spec| {
            let leaves = if spec.subcommands.is_empty() {
                core::slice::from_ref(spec)
            } else {
                spec.subcommands
            };
            leaves.iter()
        });
        let commands: Vec<_> = all
            .filter(|spec| !left_out::is_left_out(spec.name) && spec.since < left_out::NEW)
            .map(|spec| (spec, weight(spec)))
            .collect();
        let total_weight = commands.iter().map(|(_, weight)| weight).sum();
        Self {
            random: Random::new(seed),
            commands,
            total_weight,
            expires: false,
            in_transaction: [false; CLIENTS],
            stream_ms: 1,
            highest_stream_ms: 1,
            ids_go_back: false,
        }
    }

    /// Returns the events of a session after connecting, about `len` steps.
    pub fn session(&mut self, len: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        self.in_transaction = [false; CLIENTS];
        self.expires = self.one_in(6);
        self.ids_go_back = self.one_in(3);
        if self.expires {
            // The result would otherwise depend on when expired keys are removed.
            steps.push(send(0, STOP_EXPIRY));
        }
        for client in 0..CLIENTS {
            if self.one_in(2) {
                steps.push(send(client, &["HELLO", "3"]));
            }
        }
        while steps.len() < len {
            if self.expires && self.one_in(25) {
                steps.extend(self.expiry());
            } else {
                let client = self.random.below(CLIENTS - 1);
                if self.ids_go_back && !self.in_transaction[client] && self.one_in(20) {
                    steps.push(Step::Send { client, commands: self.go_back() });
                }
                let commands = (0..self.pipeline_len()).map(|_| self.command_of(client)).collect();
                steps.push(Step::Send { client, commands });
            }
        }
        if !self.expires {
            for words in [["DEBUG", "DIGEST"], ["DEBUG", "RELOAD"], ["DEBUG", "DIGEST"]] {
                steps.push(send(CLIENTS - 1, &words));
            }
        }
        steps
    }

    /// Returns one command.
    pub fn command(&mut self) -> Command {
        let mut command = match self.random.below(60) {
            0 => self.configuration(),
            1 => self.debug(),
            _ => self.regular(),
        };
        if self.one_in(25) && !UNSPOILED.iter().any(|name| command[0] == name.as_bytes()) {
            self.spoil(&mut command);
        }
        collections::agree(&mut command);
        if self.one_in(10) {
            let name = &mut command[0];
            for byte in name.iter_mut() {
                *byte = if self.one_in(2) {
                    byte.to_ascii_uppercase()
                } else {
                    byte.to_ascii_lowercase()
                };
            }
        }
        command
    }

    /// Returns a command that, within a transaction, neither turns off the replies that `EXEC` has
    /// announced nor sets the last id of a stream that may have grown before.
    fn command_of(&mut self, client: usize) -> Command {
        let mut command = self.command();
        let is = |name: &str| command[0].eq_ignore_ascii_case(name.as_bytes());
        if is("MULTI") {
            self.in_transaction[client] = true;
        } else if is("EXEC") || is("DISCARD") || is("RESET") {
            self.in_transaction[client] = false;
        } else if (is("CLIENT") || is("XSETID")) && self.in_transaction[client] {
            command = words(&["PING"], []);
        }
        command
    }

    /// Lets a key expire.
    fn expiry(&mut self) -> [Step; 2] {
        let key = self.key(false);
        let value = self.value(false);
        let command: Command = match self.random.below(4) {
            0 => words(&["SET"], [key, value, b"PX".to_vec(), b"1".to_vec()]),
            1 => words(&["PSETEX"], [key, b"1".to_vec(), value]),
            2 => words(&["GETEX"], [key, b"PX".to_vec(), b"1".to_vec()]),
            _ => words(&["PEXPIRE"], [key, b"1".to_vec()]),
        };
        let send = Step::Send { client: CLIENTS - 1, commands: vec![command] };
        [send, Step::Wait(Duration::from_millis(2))]
    }

    fn regular(&mut self) -> Command {
        loop {
            let spec = self.spec();
            if !(self.expires && SHOWS_EXPIRED.contains(&spec.name)) {
                return self.invocation(spec);
            }
        }
    }

    fn spec(&mut self) -> &'static Spec {
        let mut pick = self.random.below(self.total_weight);
        let spec =
            self.commands.iter().find_map(|(spec, weight)| match pick.checked_sub(*weight) {
                None => Some(*spec),
                Some(rest) => {
                    pick = rest;
                    None
                }
            });
        spec.expect("the pick is below the sum of the weights")
    }

    /// Returns the command `spec` with arguments that fit its tree.
    pub fn invocation(&mut self, spec: &Spec) -> Command {
        if spec.group == Group::SortedSet {
            return self.sorted_set(spec);
        } else if spec.group == Group::Stream {
            return self.stream(spec);
        }
        let mut command: Command =
            spec.name.split('|').map(|word| word.to_uppercase().into_bytes()).collect();
        match spec.name {
            "command|getkeys" | "command|getkeysandflags" => {
                command.extend(self.regular());
                if command.len() == 3 {
                    command.push(self.key(false));
                }
            }
            "hello" if !self.one_in(8) => {
                let version = self.pick(&["2", "3"]);
                command.push(version.as_bytes().to_vec());
            }
            _ => {
                let is_short =
                    spec.name == "lcs" || SHORT_KEY_COMMANDS.contains(&spec.name) && self.one_in(6);
                self.arguments(spec, spec.arguments, is_short, &mut command);
                let numkeys = spec.arguments.iter().position(|argument| argument.name == "numkeys");
                self.count_keys(&mut command, numkeys.map(|index| index + 1));
            }
        }
        command
    }

    fn arguments(&mut self, spec: &Spec, list: &[Argument], is_short: bool, out: &mut Command) {
        for argument in list {
            let flags = argument.flags;
            let is_needed = spec.name == "spop";
            if flags.has(ArgumentFlag::Optional) && !is_needed && !self.one_in(3) {
                continue;
            }
            let times = if flags.has(ArgumentFlag::Multiple) && self.one_in(2) {
                1 + self.random.below(4)
            } else {
                1
            };
            for time in 0..times {
                if let Some(token) = argument.token
                    && (time == 0 || flags.has(ArgumentFlag::MultipleToken))
                {
                    out.push(self.token(token));
                }
                self.argument(spec, argument, is_short, out);
            }
        }
    }

    fn argument(&mut self, spec: &Spec, argument: &Argument, is_short: bool, out: &mut Command) {
        match argument.kind {
            ArgumentKind::PureToken => {}
            ArgumentKind::Block => self.arguments(spec, argument.arguments, is_short, out),
            ArgumentKind::OneOf => {
                let choice = &argument.arguments[self.random.below(argument.arguments.len())];
                if let Some(token) = choice.token {
                    out.push(self.token(token));
                }
                self.argument(spec, choice, is_short, out);
            }
            ArgumentKind::Key if is_short => out.push(self.key(true)),
            ArgumentKind::Key => {
                let key = self.typed_key(spec).unwrap_or_else(|| self.key(false));
                out.push(key);
            }
            ArgumentKind::String => out.push(self.string(spec, argument.name, is_short)),
            ArgumentKind::Pattern => {
                let pattern = self.word(spec, argument.name);
                out.push(pattern.unwrap_or_else(|| self.pick(PATTERNS).into()));
            }
            ArgumentKind::Double => {
                let number = self.coordinate(spec.group, argument.name);
                let number = number.unwrap_or_else(|| self.number(FLOATS));
                out.push(number);
            }
            ArgumentKind::Integer => out.push(self.integer(spec, argument.name)),
            ArgumentKind::UnixTime => out.push(self.unix_time(argument.name.contains("milli"))),
        }
    }

    fn token(&mut self, token: &str) -> Vec<u8> {
        let token = if self.one_in(4) { token.to_lowercase() } else { token.to_owned() };
        token.into_bytes()
    }

    fn key(&mut self, is_short: bool) -> Vec<u8> {
        if is_short {
            self.pick(SHORT_KEYS).into()
        } else if self.one_in(30) {
            RARE_KEYS[self.random.below(RARE_KEYS.len())].to_vec()
        } else {
            self.pick(KEYS).into()
        }
    }

    fn value(&mut self, is_short: bool) -> Vec<u8> {
        match self.random.below(if is_short { 8 } else { 12 }) {
            0 => Vec::new(),
            1 | 2 => self.pick(INTEGERS).into(),
            3 => self.pick(FLOATS).into(),
            4 => self.pick(BROKEN_NUMBERS).into(),
            5 => b"\0\r\n\xff\"'\\*$".to_vec(),
            6 | 7 => self.letters(12),
            8 => self.letters(100),
            9 => {
                let len = [31, 43, 44, 45, 63, 64, 127, 255][self.random.below(8)];
                self.letters_of_len(len)
            }
            10 => {
                let about = if self.one_in(10) { 16_380 } else { 1_020 };
                let len = about + self.random.below(8);
                self.letters_of_len(len)
            }
            _ => self.random.below(1_000_000).to_string().into_bytes(),
        }
    }

    /// Returns arbitrary bytes, unless the command expects a particular word there.
    fn string(&mut self, spec: &Spec, name: &str, is_short: bool) -> Vec<u8> {
        if let Some(word) = self.word(spec, name) {
            return word;
        }
        match (spec.group, name) {
            (_, "serialized-value") => self.payload(),
            (Group::Hash | Group::List, _) => self.element(),
            (Group::Set, "member") => self.member(),
            (Group::Stream, _) => self.stream_word(spec, name),
            _ => self.value(is_short),
        }
    }

    /// Returns a member of a set. The sets of one session have some members in common.
    fn member(&mut self) -> Vec<u8> {
        match self.random.below(20) {
            0 => self.value(false),
            1 => self.pick(INTEGERS).into(),
            2 => self.pick(BROKEN_NUMBERS).into(),
            3..6 => self.letters(3),
            6 => (self.random.below(3_000) * 1_000).to_string().into_bytes(),
            _ => (self.random.below(30) as i64 - 5).to_string().into_bytes(),
        }
    }

    fn letters(&mut self, below: usize) -> Vec<u8> {
        let len = self.random.below(below);
        self.letters_of_len(len)
    }

    fn letters_of_len(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| b"abcd0"[self.random.below(5)]).collect()
    }

    fn number(&mut self, pool: &[&str]) -> Vec<u8> {
        if self.one_in(12) { self.pick(BROKEN_NUMBERS).into() } else { self.pick(pool).into() }
    }

    fn integer(&mut self, spec: &Spec, name: &str) -> Vec<u8> {
        match name {
            _ if spec.group == Group::Stream => self.stream_integer(name),
            "seconds" if spec.name == "restore" => self.number(INTEGERS),
            "seconds" => self.far(1),
            "ttl" => self.ttl(),
            "milliseconds" => self.far(1_000),
            // The cursor of a scan differs between the servers.
            "cursor" => {
                self.pick(&["0", "0", "0", "", "-0", "+0", "00", "0\0", "1x", "-", " 0"]).into()
            }
            "offset" if spec.group == Group::Bitmap => self.bit_offset(spec),
            // Either all members or none, since the sets would differ otherwise.
            "count" if spec.name == "spop" => {
                self.pick(&["10000", "9223372036854775807", "0", "-1", "01", "x", ""]).into()
            }
            "count" if matches!(spec.name, "srandmember" | "hrandfield") => {
                self.pick(&["1", "-1", "3", "-20", "1000", "0", "x", "-9223372036854775808"]).into()
            }
            "numkeys" if !self.one_in(10) => self.pick(&["1", "1", "2", "3", "4"]).into(),
            _ if self.one_in(20) => self.number(INTEGERS),
            _ if spec.group == Group::List => self.list_integer(name),
            "db" | "index" | "index1" | "index2" | "destination-db" => {
                self.pick(&["0", "0", "1", "1", "2", "15", "16", "-1"]).into()
            }
            "count" => self.pick(&["1000", "1000", "1", "0"]).into(),
            // Longer strings would dominate the run time.
            "offset" => {
                self.pick(&["0", "1", "5", "43", "44", "45", "1030", "-1", "536870912"]).into()
            }
            "bit" => self.pick(&["0", "1", "0", "1", "2", "-1"]).into(),
            "value" if spec.name == "setbit" => {
                self.pick(&["0", "1", "0", "1", "1", "2", "-1", "01"]).into()
            }
            "min-match-len" => self.pick(&["0", "1", "2", "4", "-1"]).into(),
            "start" | "end" if matches!(spec.group, Group::String | Group::Bitmap) => self
                .pick(&["0", "1", "-1", "-2", "5", "-5", "44", "1020", "-1000000", "1000000"])
                .into(),
            _ if self.one_in(2) => self.random.below(100).to_string().into_bytes(),
            _ => self.number(INTEGERS),
        }
    }

    /// Returns a duration so long that it does not end, and so unlike any other that two of them
    /// are never compared loosely.
    fn far(&mut self, per_second: u64) -> Vec<u8> {
        match self.random.below(20) {
            0 => self
                .pick(&["0", "-1", "-1000000", "9223372036854775807", "9223372036854775"])
                .into(),
            1 => self.pick(BROKEN_NUMBERS).into(),
            _ => {
                let tens = 10_000 + self.random.below(100_000_000) as u64;
                (tens * 10 * per_second).to_string().into_bytes()
            }
        }
    }

    fn unix_time(&mut self, in_millis: bool) -> Vec<u8> {
        match self.random.below(20) {
            0 => return self.pick(&["0", "-1", "9223372036854775807"]).into(),
            1 => return self.pick(BROKEN_NUMBERS).into(),
            // A deadline in the past, which `SET` accepts: the key exists and is expired.
            2 if self.expires => return self.pick(&["1", "1000000000"]).into(),
            _ => {}
        }
        let seconds =
            ["4102444800", "4102444801", "7258118400", "32503680000"][self.random.below(4)];
        format!("{seconds}{}", if in_millis { "000" } else { "" }).into_bytes()
    }

    /// Makes a command invalid, or at least unusual.
    fn spoil(&mut self, command: &mut Command) {
        let at = self.random.below(command.len());
        match self.random.below(6) {
            0 => {
                command.pop();
                if command.is_empty() {
                    command.push(b"GET".to_vec());
                }
            }
            1 => {
                let value = self.wrong_value(command);
                command.push(value);
            }
            2 => {
                let word =
                    self.pick(&["NX", "XX", "GET", "EX", "KEEPTTL", "DB", "REPLACE", "LEN", "IDX"]);
                command.push(word.into());
            }
            3 => command[at] = self.wrong_value(command),
            4 => {
                let again = command[at].clone();
                command.insert(at, again);
            }
            _ if at > 0 => {
                command.remove(at);
            }
            _ => command.truncate(1),
        }
    }

    fn wrong_value(&mut self, command: &Command) -> Vec<u8> {
        let is_of_time = |word: &Vec<u8>| {
            WORDS_OF_TIME.iter().any(|time| word.eq_ignore_ascii_case(time.as_bytes()))
        };
        if command.iter().any(is_of_time) {
            self.pick(BROKEN_NUMBERS).into()
        } else {
            self.value(true)
        }
    }

    fn pipeline_len(&mut self) -> usize {
        match self.random.below(20) {
            0..=9 => 1,
            10..=18 => 1 + self.random.below(8),
            _ => 1 + self.random.below(40),
        }
    }

    fn pick<'a>(&mut self, pool: &[&'a str]) -> &'a str {
        pool[self.random.below(pool.len())]
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.random.below(times) == 0
    }
}

fn send(client: usize, command: &[&str]) -> Step {
    Step::Send { client, commands: vec![words(command, [])] }
}

fn words(name: &[&str], rest: impl IntoIterator<Item = Vec<u8>>) -> Command {
    name.iter().map(|word| word.as_bytes().to_vec()).chain(rest).collect()
}

/// Returns how often a command is sent, relative to others.
fn weight(spec: &Spec) -> usize {
    match (spec.name, spec.group) {
        ("set", _) => 40,
        ("flushall" | "flushdb" | "swapdb" | "reset" | "client|reply" | "select" | "auth", _) => 2,
        ("command|getkeys" | "command|getkeysandflags", _) => 3,
        ("multi" | "exec" | "watch", _) => 15,
        (_, Group::Connection | Group::Server | Group::Transactions) => 4,
        (_, Group::Generic) => 8,
        _ => 10,
    }
}
