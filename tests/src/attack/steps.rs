//! What clients and time do to an engine, as data: a session can be played in this process, in WebAssembly, and in part.

use core::fmt;

use super::hostile;
use crate::fuzz::Source;

/// One thing that happens. A client is a number of which the remainder counts, by the number of clients connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// One more client connects, unless there are many.
    Connect,
    /// A client hangs up.
    Disconnect(u8),
    /// A client sends bytes: requests, or any part of some.
    Send(u8, Vec<u8>),
    /// A client reads up to so many bytes.
    Read(u8, usize),
    /// So many microseconds pass.
    Pass(u64),
    /// The engine may do what is due.
    Tick,
    /// What has been stored is saved and loaded.
    Save,
}

/// Words that random bytes would seldom make.
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

/// The steps that an input stands for.
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
        // The second part of a pipeline comes when something else has happened.
        steps.extend(due);
    }
    steps.extend(held);
    steps
}

/// Mostly a moment or some days, now and then decades.
fn span(source: &mut Source<'_>) -> u64 {
    const DAYS_US: u64 = 0xff_ffff_ffff;
    let span_us = source.number() >> (8 * source.below(8)) & DAYS_US;
    if source.below(16) == 1 { span_us << 10 } else { span_us }
}

/// A request that is well formed, made of words that mean something.
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
