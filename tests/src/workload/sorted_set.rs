//! Commands on sorted sets, with arguments that share keys and members, so that they have an
//! effect.

use redstart_core::command::spec::{Argument, ArgumentFlag, ArgumentKind, Spec};

use super::{Command, FLOATS, Workload};

/// Keys whose members all have the score zero: lexicographic ranges are unspecified otherwise.
const LEX_KEYS: &[&str] = &["lex:1", "lex:2"];

const MEMBERS: &[&str] =
    &["a", "b", "c", "d", "e", "", "10", "9", "-5", "010", "1.5", "A", "\u{e9}", "aa", "ab"];

const SCORES: &[&str] =
    &["0", "1", "2", "3", "-1", "2.5", "1e3", "-0", "inf", "-inf", "+5", "0x10", "0.1"];

const SCORE_BOUNDS: &[&str] = &[
    "-inf", "+inf", "inf", "0", "(0", "1", "(1", "2", "(2.5", "3", "10", "-1", "(", "", " 1", "1 ",
    "(x", "1e400", "0.1", "nan", "150",
];

const LEX_BOUNDS: &[&str] =
    &["-", "+", "[a", "(a", "[b", "(c", "[", "(", "[m100", "(m1", "a", "", "-x", "[aa", "[10"];

const RANKS: &[&str] = &["0", "-1", "1", "2", "5", "-2", "-5", "100", "-100", "130", "x"];

impl Workload {
    /// Returns the command `spec` with arguments that fit its tree and each other.
    pub(super) fn sorted_set(&mut self, spec: &Spec) -> Command {
        let mut command = vec![spec.name.to_uppercase().into_bytes()];
        let by_bytes = spec.name.contains("lex") || spec.name == "zadd" && self.one_in(5);
        self.sorted_set_arguments(spec, spec.arguments, by_bytes, &mut command);
        if spec.name == "zadd" && self.one_in(12) {
            // Enough for the large encoding.
            let from = self.random.below(100);
            for at in from..from + 140 {
                let score = if by_bytes { 0 } else { at / 2 };
                command.extend([score.to_string().into_bytes(), format!("m{at}").into_bytes()]);
            }
        }
        self.agree(spec, &mut command);
        command
    }

    fn sorted_set_arguments(
        &mut self,
        spec: &Spec,
        list: &[Argument],
        by_bytes: bool,
        out: &mut Command,
    ) {
        for argument in list {
            let is_new = argument.name == "withscore";
            let is_left_out = argument.flags.has(ArgumentFlag::Optional) && !self.one_in(3);
            if is_left_out || is_new {
                continue;
            }
            let repeats = argument.flags.has(ArgumentFlag::Multiple) && argument.name != "weight";
            let times = if repeats { 1 + self.random.below(4) } else { 1 };
            if argument.name == "numkeys" {
                let count = 1 + self.random.below(3);
                let count = if self.one_in(20) { self.random.below(6) } else { count };
                out.push(count.to_string().into_bytes());
                continue;
            }
            let times = match (argument.name, out.last()) {
                ("key", Some(count)) if spec.arguments.iter().any(|a| a.name == "numkeys") => {
                    let count = String::from_utf8_lossy(count).parse().unwrap_or(1);
                    if self.one_in(20) { times } else { count }
                }
                ("weight", _) => self.counted_keys(out),
                _ => times,
            };
            if let Some(token) = argument.token
                && argument.kind != ArgumentKind::OneOf
            {
                out.push(self.token(token));
            }
            for _ in 0..times {
                self.sorted_set_argument(spec, argument, by_bytes, out);
            }
        }
    }

    fn sorted_set_argument(
        &mut self,
        spec: &Spec,
        argument: &Argument,
        by_bytes: bool,
        out: &mut Command,
    ) {
        let value = match (argument.kind, argument.name) {
            (ArgumentKind::PureToken, _) => return,
            (ArgumentKind::Block, _) => {
                return self.sorted_set_arguments(spec, argument.arguments, by_bytes, out);
            }
            (ArgumentKind::OneOf, _) => {
                if let Some(token) = argument.token {
                    out.push(self.token(token));
                }
                let choice = &argument.arguments[self.random.below(argument.arguments.len())];
                if let Some(token) = choice.token {
                    out.push(self.token(token));
                }
                return self.sorted_set_argument(spec, choice, by_bytes, out);
            }
            (ArgumentKind::Key, "key") if is_algebra(spec) && self.one_in(5) => {
                self.pick(&["set:1", "set:2"]).into()
            }
            (ArgumentKind::Key, _) if by_bytes => self.pick(LEX_KEYS).into(),
            (ArgumentKind::Key, _) => self.typed_key(spec).unwrap_or_else(|| self.key(false)),
            (_, "score") if by_bytes => b"0".to_vec(),
            (_, "score" | "increment" | "weight") => {
                let pool = if self.one_in(8) { FLOATS } else { SCORES };
                self.number(pool)
            }
            (_, "member") if self.one_in(10) => self.value(false),
            (_, "member") if self.one_in(3) => format!("m{}", self.random.below(240)).into_bytes(),
            (_, "member") => self.pick(MEMBERS).into(),
            (_, "min" | "max") if spec.name.contains("lex") => self.pick(LEX_BOUNDS).into(),
            (_, "min" | "max") => self.pick(SCORE_BOUNDS).into(),
            (_, "start" | "stop") => self.pick(RANKS).into(),
            (_, "count" | "limit") => {
                self.pick(&["1", "2", "5", "0", "-1", "-3", "200", "x", ""]).into()
            }
            (_, "offset") => self.pick(&["0", "1", "2", "130", "-1", "x"]).into(),
            (ArgumentKind::Pattern, _) => self.pick(&["*", "m1*", "[a-c]", "?", ""]).into(),
            (_, "cursor") => self.pick(&["0", "0", "0", "x", ""]).into(),
            _ => self.value(true),
        };
        out.push(value);
    }

    /// Returns the number of keys that was announced, and that probably follow.
    fn counted_keys(&self, command: &Command) -> usize {
        let count = if command[0].ends_with(b"STORE") { command.get(2) } else { command.get(1) };
        count.and_then(|count| std::str::from_utf8(count).ok()?.parse().ok()).unwrap_or(1)
    }

    /// Makes bounds match the options of `ZRANGE`.
    fn agree(&mut self, spec: &Spec, command: &mut Command) {
        let first = match spec.name {
            "zrange" => 2,
            "zrangestore" => 3,
            _ => return,
        };
        let has = |word: &str| command.iter().any(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        let (by_bytes, by_score) = (has("bylex"), has("byscore"));
        let pool = match (by_bytes, by_score) {
            (true, _) => LEX_BOUNDS,
            (false, true) => SCORE_BOUNDS,
            _ => return,
        };
        for bound in &mut command[first..first + 2] {
            if !self.one_in(20) {
                *bound = self.pick(pool).into();
            }
        }
        if by_bytes {
            for key in &mut command[1..first] {
                *key = self.pick(LEX_KEYS).into();
            }
        }
    }
}

/// Returns `true` if the command also accepts sets.
fn is_algebra(spec: &Spec) -> bool {
    ["zunion", "zinter", "zdiff"].iter().any(|name| spec.name.starts_with(name))
}
