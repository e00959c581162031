//! The actions of clients and of time, as data: a session can be played in this process, in
//! WebAssembly, and in part.

use core::fmt;

use super::hostile;
use crate::fuzz::Source;

/// One action. A client is a number modulo the number of connected clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Connects another client, unless there are too many.
    Connect,
    /// Disconnects a client.
    Disconnect(u8),
    /// Sends bytes of a client: requests, or any part of some.
    Send(u8, Vec<u8>),
    /// Reads up to this number of bytes as a client.
    Read(u8, usize),
    /// Advances the time by this number of microseconds.
    Pass(u64),
    /// Ticks the engine.
    Tick,
    /// Saves the data and loads it.
    Save,
}

/// Words that random bytes would rarely form.
const WORDS: &[&str] = &[
    "SET",
    "GET",
    "APPEND",
    "SETRANGE",
    "INCRBYFLOAT",
    "EXPIRE",
    "PEXPIREAT",
    "MULTI",
    "EXEC",
    "WATCH",
    "ACL",
    "SETUSER",
    "DELUSER",
    "AUTH",
    "default",
    "nopass",
    "-@all",
    "+@all",
    "~a",
    "SCAN",
    "KEYS",
    "CONFIG",
    "CLIENT",
    "HELLO",
    "OBJECT",
    "ENCODING",
    "COMMAND",
    "DOCS",
    "INFO",
    "MEMORY",
    "USAGE",
    "LCS",
    "COPY",
    "RENAME",
    "SELECT",
    "SWAPDB",
    "FLUSHALL",
    "DEL",
    "MGET",
    "MSET",
    "PAUSE",
    "KILL",
    "REPLY",
    "OFF",
    "SKIP",
    "ON",
    "PX",
    "EX",
    "NX",
    "GT",
    "KEEPTTL",
    "MATCH",
    "COUNT",
    "MONITOR",
    "SLOWLOG",
    "LATENCY",
    "RESET",
    "WAIT",
    "UNBLOCK",
    "a",
    "b",
    "0",
    "1",
    "-1",
    "1000",
    "65535",
    "9223372036854775807",
    "*",
    "[a-z]",
    "1.5e10",
    "",
];

/// Returns the steps that an input determines.
#[must_use]
pub fn steps(data: &[u8]) -> Vec<Step> {
    let mut source = Source::new(data);
    let mut steps = vec![Step::Connect];
    let mut held: Option<Step> = None;
    while !source.is_empty() {
        let due = held.take();
        let client = source.byte();
        match source.below(16) {
            0 => steps.push(Step::Connect),
            1 => steps.push(Step::Disconnect(client)),
            2 => steps.push(Step::Pass(span(&mut source))),
            3 => steps.push(Step::Tick),
            4 => steps.push(Step::Read(client, source.below(256))),
            5 => {
                let len = source.below(60);
                steps.push(Step::Send(client, source.take(len).to_vec()));
            }
            6..=11 => steps.push(Step::Send(client, hostile::request(&mut source))),
            12 | 13 => steps.push(Step::Send(client, request(&mut source))),
            14 => {
                let mut pipeline = Vec::new();
                for _ in 0..2 + source.below(4) {
                    pipeline.extend(hostile::request(&mut source));
                }
                let at = usize::from(source.byte()) << 8 | usize::from(source.byte());
                let rest = pipeline.split_off(at % pipeline.len());
                steps.push(Step::Send(client, pipeline));
                held = Some(Step::Send(client, rest));
            }
            _ => steps.push(Step::Save),
        }
        // The second part of a pipeline arrives after other actions.
        steps.extend(due);
    }
    steps.extend(held);
    steps
}

/// Returns a duration: usually very short or some days, occasionally decades.
fn span(source: &mut Source<'_>) -> u64 {
    const DAYS_US: u64 = 0xff_ffff_ffff;
    let span_us = source.number() >> (8 * source.below(8)) & DAYS_US;
    if source.below(16) == 1 { span_us << 10 } else { span_us }
}

/// Returns a well-formed request, made of meaningful words.
fn request(source: &mut Source<'_>) -> Vec<u8> {
    let count = 1 + source.below(6);
    let mut bytes = format!("*{count}\r\n").into_bytes();
    for _ in 0..count {
        let word = match source.below(4) {
            0 => {
                let len = source.below(12);
                source.take(len)
            }
            _ => source.pick(WORDS).as_bytes(),
        };
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(client, bytes) => write!(f, "send {client} \"{}\"", bytes.escape_ascii()),
            other => write!(f, "{other:?}"),
        }
    }
}
