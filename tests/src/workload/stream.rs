//! Commands on streams: ids that usually ascend from command to command, and ids of entries that
//! probably exist.
//!
//! Nothing here depends on the clock: no id is generated from the time, nothing blocks, and entries
//! have been idle for no time or for days.

use core::iter;

use redstart_core::command::spec::Spec;

use super::{Command, Workload, words};

const GROUPS: &[&str] = &["one", "one", "two", "other"];
const CONSUMERS: &[&str] = &["ann", "bob", "cyd"];
const FIELDS: &[&str] = &["a", "b", "1", "", "a long name of a field"];
const COUNTS: &[&str] = &["1", "1", "2", "5", "100", "0", "-1", "x", ""];
const BOUNDS: &[&str] = &[
    "-",
    "+",
    "-",
    "+",
    "0",
    "$",
    "(",
    "(+",
    "(0-0",
    "18446744073709551615-18446744073709551615",
    "(18446744073709551615-18446744073709551615",
    "1-x",
    "",
    "+1",
    " 2",
];

impl Workload {
    /// Returns the command `spec`, with arguments that fit its tree and each other.
    pub(super) fn stream(&mut self, spec: &Spec) -> Command {
        let mut command: Command =
            spec.name.split('|').map(|word| word.to_uppercase().into_bytes()).collect();
        self.arguments(spec, spec.arguments, false, &mut command);
        let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if spec.name == "xinfo|stream" {
            command.truncate(3);
        }
        if let Some(at) = command.iter().position(|word| is(word, "BLOCK")) {
            command.drain(at..at + 2);
        }
        if let Some(at) = command.iter().position(|word| is(word, "STREAMS")) {
            command.truncate(at + 1);
            let keys = 1 + self.random.below(3);
            for _ in 0..keys {
                let key = self.typed_key(spec).unwrap_or_else(|| self.key(false));
                command.push(key);
            }
            for _ in 0..keys {
                let id = self.stream_id(spec, "id");
                command.push(id);
            }
        }
        let is_read = spec.name.starts_with("xread");
        for word in &mut command {
            // Reading the last entry is a feature of Redis 7.4.
            if word == b"*" || is_read && word == b"+" {
                *word = self.stream_id(spec, "id");
            } else if self.ids_go_back && is(word, "MINID") {
                *word = b"MAXLEN".to_vec();
            }
        }
        if spec.name == "xadd" && self.one_in(10) {
            // Several nodes at once would otherwise be too rare.
            let more = (0..40).flat_map(|_| [self.stream_word(spec, "field"), self.element()]);
            let more: Vec<_> = more.collect();
            command.extend(more);
        }
        command
    }

    /// Removes the newest entries of a stream and lowers its last id, so that new ids precede
    /// removed ones. Redis 7.2 allows this only after the highest removed id is lowered.
    pub(super) fn go_back(&mut self) -> Vec<Command> {
        let key = self.pick(&["stream:1", "stream:2"]).as_bytes().to_vec();
        self.highest_stream_ms += 5;
        let top = format!("{}-0", self.highest_stream_ms).into_bytes();
        let newest = self.stream_ms;
        self.stream_ms = newest.saturating_sub(1 + self.random.below(12) as u64).max(1);
        let last = format!("{}-{}", self.stream_ms, self.random.below(4)).into_bytes();
        let ids = (self.stream_ms..=newest).flat_map(|ms| (0..4).map(move |seq| (ms, seq)));
        let ids = ids.map(|(ms, seq)| format!("{ms}-{seq}").into_bytes());
        let reset = [b"ENTRIESADDED".to_vec(), b"1000000".to_vec(), b"MAXDELETEDID".to_vec()];
        let lowest = b"0-1".to_vec();
        vec![
            words(&["XDEL"], iter::once(key.clone()).chain(ids)),
            words(&["XSETID"], [key.clone(), top].into_iter().chain(reset).chain([lowest])),
            words(&["XSETID"], [key, last]),
        ]
    }

    /// Returns a string for a command on streams.
    pub(super) fn stream_word(&mut self, spec: &Spec, name: &str) -> Vec<u8> {
        match name {
            "group" => self.pick(GROUPS).into(),
            "consumer" => self.pick(CONSUMERS).into(),
            "field" if self.one_in(10) => self.value(false),
            "field" => self.pick(FIELDS).into(),
            "value" => self.element(),
            "min-idle-time" => self.pick(&["0", "0", "0", "100000000", "-1", "x"]).into(),
            "threshold" if self.one_in(2) => {
                self.pick(&["0", "1", "2", "5", "10", "~", "=", "-1", "x"]).into()
            }
            "start" | "end" if self.one_in(2) => self.pick(BOUNDS).into(),
            _ => self.stream_id(spec, name),
        }
    }

    fn stream_id(&mut self, spec: &Spec, name: &str) -> Vec<u8> {
        let seq = self.random.below(4);
        match (spec.name, name) {
            ("xadd", "id") => {
                self.stream_ms += self.random.below(3) as u64;
                self.highest_stream_ms = self.highest_stream_ms.max(self.stream_ms);
                let ms = self.stream_ms;
                match self.random.below(8) {
                    0..4 => format!("{ms}-*"),
                    4 => format!("{ms}"),
                    5 => format!("{}-{seq}", ms.saturating_sub(2)),
                    _ => format!("{ms}-{seq}"),
                }
            }
            // Redis 7.0 allows this to be below the removed ids.
            ("xsetid", "last-id") => {
                self.highest_stream_ms += 5;
                self.stream_ms = self.highest_stream_ms;
                format!("{}-{seq}", self.stream_ms)
            }
            ("xsetid", _) => format!("{}-{seq}", self.stream_ms.saturating_sub(20)),
            ("xread", "id") if self.one_in(8) => "$".into(),
            ("xreadgroup", "id") if !self.one_in(4) => ">".into(),
            ("xread" | "xreadgroup" | "xgroup|create" | "xgroup|setid", _) if self.one_in(4) => {
                "0".into()
            }
            _ if self.one_in(40) => self.pick(BOUNDS).into(),
            _ => {
                let ms = self.stream_ms.saturating_sub(self.random.below(20) as u64);
                let open = if name == "start" && self.one_in(4) { "(" } else { "" };
                if self.one_in(4) { format!("{open}{ms}") } else { format!("{open}{ms}-{seq}") }
            }
        }
        .into_bytes()
    }

    /// Returns a number for a command on streams.
    pub(super) fn stream_integer(&mut self, name: &str) -> Vec<u8> {
        match name {
            "min-idle-time" | "ms" => self.pick(&["0", "100000000", "200000000", "-5"]).into(),
            "entries-added" => self.pick(&["0", "1", "5", "100", "1000000", "-1"]).into(),
            "entriesread" => self.pick(&["0", "1", "3", "100", "-1", "-2", "x"]).into(),
            _ => self.pick(COUNTS).into(),
        }
    }
}
