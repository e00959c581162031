//! Plays a session in this process. Whatever clients send and however time jumps, the engine
//! continues to run, its output is bounded, its snapshots can be loaded, and it keeps no state of
//! disconnected clients.

use redstart_core::{
    client::{ClientId, Peer},
    config::Config,
    engine::Engine,
    instance::Effect,
    random::Seed,
    time::UnixMicros,
};

use super::{CLIENTS, Step};

const START: UnixMicros = UnixMicros(1_893_456_000_000_000);

/// The maximum time, up to which a JavaScript number is exact: some time in 2255.
const LATEST_US: u64 = 1 << 53;

/// The maximum length of a string; a request is far shorter.
const STRING_BYTES: usize = 1 << 16;

/// The length of unread output at which a client's requests wait.
const RUN_LIMIT_BYTES: usize = 1 << 20;

/// The maximum length of an output: these replies, and the ones to the request that reaches the
/// limit.
const OUTPUT_BYTES: usize = RUN_LIMIT_BYTES + 1024 * STRING_BYTES;

/// More consecutive ticks than any work here needs.
const TICKS: usize = 100_000;

/// A user whom no request names. It has all permissions, so that the state can always be inspected.
const INSPECTOR: &str = "inspector";

/// The lines of `INFO` when only one client is connected.
const LINES_OF_NO_CLIENTS: &[&str] = &[
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

/// Plays a session.
///
/// # Panics
/// The engine panics, or violates a property.
pub fn play(steps: &[Step]) {
    let mut stage = Stage { engine: engine(configuration()), clients: Vec::new(), now: START };
    for step in steps {
        stage.take(step);
        stage.obey();
    }
    stage.end();
}

fn configuration() -> Config {
    Config {
        proto_max_bulk_len: STRING_BYTES as i64,
        client_output_run_limit: RUN_LIMIT_BYTES as i64,
        enable_debug_command: "local",
        protected_mode: false,
        ..Config::default()
    }
}

fn engine(config: Config) -> Engine {
    let mut engine = Engine::new(config, Seed(1));
    let user =
        [INSPECTOR, "on", "nopass", "~*", "&*", "+@all"].map(|word| word.as_bytes().to_vec());
    engine.define_users([&user[..]].into_iter()).expect("the rules are valid");
    engine
}

struct Stage {
    engine: Engine,
    clients: Vec<ClientId>,
    now: UnixMicros,
}

impl Stage {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Connect if self.clients.len() < CLIENTS => {
                // Only the inspector is a local client, so only it may use `DEBUG`.
                let peer = Peer { is_local: false, ..Peer::local() };
                self.clients.extend(self.engine.connect(peer, self.now));
            }
            Step::Connect => {}
            Step::Disconnect(number) => {
                if let Some(client) = self.client(*number) {
                    self.clients.retain(|other| *other != client);
                    self.engine.disconnect(client);
                }
            }
            Step::Send(number, bytes) => {
                if let Some(client) = self.client(*number) {
                    self.engine.receive(client, bytes, self.now);
                }
            }
            Step::Read(number, len) => {
                if let Some(client) = self.client(*number) {
                    let len = self.engine.output(client).len().min(*len);
                    self.engine.consume(client, len, self.now);
                }
            }
            Step::Pass(span_us) => self.now.0 = (self.now.0 + span_us).min(LATEST_US),
            Step::Tick => {
                let wake_at = self.engine.tick(self.now);
                assert!(wake_at >= self.now);
            }
            Step::Save => self.check_what_is_saved(),
        }
    }

    fn client(&self, number: u8) -> Option<ClientId> {
        let count = self.clients.len().max(1);
        self.clients.get(usize::from(number) % count).copied()
    }

    /// Runs the engine's effects, and reads long output.
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

    /// Ticks until there is no more work.
    fn rest(&mut self) {
        let mut ticks = 0;
        while self.engine.tick(self.now) <= self.now {
            ticks += 1;
            assert!(ticks < TICKS, "ticks do not end");
        }
    }

    /// Checks that an engine that loads this one's snapshot has the same data.
    fn check_what_is_saved(&mut self) {
        self.rest();
        let file = self.engine.snapshot(self.now);
        let mut other = engine(self.engine.config().clone());
        other.load(&file, self.now).expect("the snapshot can be loaded");
        if keys(&self.engine) != keys(&other) {
            // Expired keys are not saved. While a pause keeps them, nothing else can be compared.
            assert!(self.engine.awaits_time(), "the snapshot lacks keys");
            return;
        }
        let [digest, loaded] =
            [&mut self.engine, &mut other].map(|engine| ask(engine, "DEBUG DIGEST", self.now));
        if digest.is_some() {
            assert_eq!(loaded, digest, "the loaded data differs from the saved data");
        }
    }

    /// Disconnects all clients. Whatever they did, the engine serves a new client, and is as good
    /// as new after that client has removed all data.
    fn end(mut self) {
        for client in core::mem::take(&mut self.clients) {
            self.engine.disconnect(client);
        }
        self.obey();
        self.rest();
        self.check_what_is_saved();
        let mut fresh = engine(self.engine.config().clone());
        let [used, least] = [&mut self.engine, &mut fresh].map(|engine| {
            // Databases count from the first use of the last one on.
            let info = ask(engine, "CLIENT UNPAUSE\r\nSWAPDB 0 15\r\nFLUSHALL\r\nINFO", self.now)?;
            check_that_nobody_is_left(&info);
            lines(&info).find_map(|line| Some(line.strip_prefix(b"used_memory:")?.to_vec()))
        });
        if used.is_some() {
            assert_eq!(used, least, "the memory of an empty engine");
        }
    }
}

/// Returns the number of keys in all databases.
fn keys(engine: &Engine) -> usize {
    (0..).map_while(|database| engine.sizes(database)).map(|(keys, _)| keys).sum()
}

/// Returns the reply to the inspector, or `None` if it is not served now: because of a `CLIENT
/// PAUSE`, or because of the limit on clients.
fn ask(engine: &mut Engine, commands: &str, now: UnixMicros) -> Option<Vec<u8>> {
    let client = engine.connect(Peer::local(), now).ok()?;
    engine.receive(
        client,
        format!("AUTH {INSPECTOR} any\r\n{commands}\r\nPING\r\n").as_bytes(),
        now,
    );
    let output = engine.output(client).to_vec();
    engine.disconnect(client);
    if output.is_empty() {
        return None;
    }
    let reply = output.strip_suffix(b"+PONG\r\n");
    Some(reply.unwrap_or_else(|| panic!("not served: \"{}\"", output.escape_ascii())).to_vec())
}

/// Checks that the engine keeps no disconnected client as blocked, watching, subscribed or
/// tracking.
fn check_that_nobody_is_left(info: &[u8]) {
    for line in LINES_OF_NO_CLIENTS {
        let is_there = lines(info).any(|told| told == line.as_bytes());
        assert!(is_there, "not {line}: {}", info.escape_ascii());
    }
}

fn lines(info: &[u8]) -> impl Iterator<Item = &[u8]> {
    info.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}
