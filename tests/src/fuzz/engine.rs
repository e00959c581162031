//! The whole engine: clients that send anything at any time do not end it, nor make it answer out of proportion.

use redstart_core::{
    client::{ClientId, Peer},
    config::Config,
    engine::Engine,
    instance::Effect,
    random::Seed,
    time::UnixMicros,
};

use super::{Source, hostile};

const START: UnixMicros = UnixMicros(1_893_456_000_000_000);

/// The longest string that may be made here; an input is far shorter.
const STRING_BYTES: usize = 1 << 16;

/// Unread replies at which a client's requests wait.
const RUN_LIMIT_BYTES: usize = 1 << 20;

/// The most an output may hold: those replies, and the ones to the request that reaches the limit.
const OUTPUT_BYTES: usize = RUN_LIMIT_BYTES + 1024 * STRING_BYTES;

/// Words that a fuzzer would be long in finding.
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

/// What `INFO` says to the only client.
const LINES_OF_CLIENTS: &[&str] = &[
    "connected_clients:1",
    "blocked_clients:0",
    "tracking_clients:0",
    "clients_in_timeout_table:0",
    "total_blocking_keys:0",
    "total_blocking_keys_on_nokey:0",
    "pubsub_channels:0",
    "pubsub_patterns:0",
    "pubsubshard_channels:0",
    "tracking_total_prefixes:0",
];

pub(super) fn check(data: &[u8]) {
    let config = Config {
        proto_max_bulk_len: STRING_BYTES as i64,
        client_output_run_limit: RUN_LIMIT_BYTES as i64,
        ..Config::default()
    };
    let mut stage = Stage { engine: Engine::new(config, Seed(1)), clients: Vec::new(), now: START };
    let mut source = Source::new(data);
    stage.connect();
    while !source.is_empty() {
        stage.step(&mut source);
    }
    stage.end();
}

struct Stage {
    engine: Engine,
    clients: Vec<ClientId>,
    now: UnixMicros,
}

impl Stage {
    fn step(&mut self, source: &mut Source<'_>) {
        let number = source.below(self.clients.len().max(1));
        let client = self.clients.get(number).copied();
        match (source.below(16), client) {
            (0, _) => self.connect(),
            (1, Some(client)) => {
                self.clients.retain(|other| *other != client);
                self.engine.disconnect(client);
            }
            (2, _) => self.now.0 += source.number() >> (8 * source.below(8)) & 0xff_ffff_ffff,
            (3, _) => self.tick(),
            (4, Some(client)) => {
                let len = source.below(256).min(self.engine.output(client).len());
                self.engine.consume(client, len, self.now);
            }
            (5..=8, Some(client)) => {
                let len = source.below(60);
                self.engine.receive(client, source.take(len), self.now);
            }
            (9..=11, Some(client)) => {
                let request = hostile::request(source);
                self.engine.receive(client, &request, self.now);
            }
            (_, Some(client)) => {
                let request = request(source);
                self.engine.receive(client, &request, self.now);
            }
            (_, None) => self.connect(),
        }
        self.obey();
    }

    fn connect(&mut self) {
        if self.clients.len() < 4
            && let Ok(client) = self.engine.connect(Peer::local(), self.now)
        {
            self.clients.push(client);
        }
    }

    fn tick(&mut self) {
        let wake_at = self.engine.tick(self.now);
        assert!(wake_at >= self.now);
    }

    /// Does what the engine asks for, and reads what is long.
    fn obey(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Close { client, .. } = effect {
                self.clients.retain(|other| *other != client);
                self.engine.disconnect(client);
                assert!(self.engine.output(client).is_empty());
            }
        }
        for &client in &self.clients {
            let len = self.engine.output(client).len();
            assert!(len <= OUTPUT_BYTES, "{len} bytes of output");
            assert_eq!(self.engine.output(client).to_vec().len(), len);
            if len > 4_096 {
                self.engine.consume(client, len, self.now);
            }
        }
    }

    /// Whatever happened, the engine serves a new client; after a `CLIENT PAUSE`, it may let it wait.
    fn end(mut self) {
        for client in core::mem::take(&mut self.clients) {
            self.engine.disconnect(client);
        }
        self.obey();
        self.tick();
        let Ok(client) = self.engine.connect(Peer::local(), self.now) else { return };
        self.engine.receive(client, b"CLIENT UNPAUSE\r\nINFO\r\nPING\r\n", self.now);
        let output = self.engine.output(client).to_vec();
        // Or tells it that it may not, if that is what the default user has come to.
        let is_denied = output.windows(3).any(|bytes| bytes == b"-NO");
        let is_served = output.is_empty() || is_denied || output.ends_with(b"+PONG\r\n");
        assert!(is_served, "b\"{}\"", output.escape_ascii());
        if !output.is_empty() && !is_denied {
            check_that_nobody_is_left(&output);
        }
    }
}

/// Whoever has gone is in nobody's books any more: not in those of who waits, watches, listens or caches.
fn check_that_nobody_is_left(info: &[u8]) {
    for line in LINES_OF_CLIENTS {
        let mut told = info.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        assert!(told.any(|told| told == line.as_bytes()), "not {line}: {}", info.escape_ascii());
    }
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
