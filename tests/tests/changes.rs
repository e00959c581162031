//! The stream of changes: it is what Redis sends to its replicas, and applied at any other time it
//! gives the same data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use redstart_core::client::{ClientId, Peer};
use redstart_core::config::Config;
use redstart_core::dataset::change_log::ReaderId;
use redstart_core::engine::Engine;
use redstart_core::instance::Effect;
use redstart_core::random::{Random, Seed};
use redstart_core::resp::request::{Limits, Progress, RequestReader};
use redstart_core::time::UnixMicros;
use redstart_tests::driver::{TcpDriver, multibulk};
use redstart_tests::reference::Reference;
use redstart_tests::resp::Reply;
use redstart_tests::workload::{CLIENTS, Step, Workload};

const START: UnixMicros = UnixMicros(1_893_456_000_000_000);
const YEAR_US: u64 = 365 * 24 * 3_600 * 1_000_000;
const STEPS: usize = 300;

fn engine(seed: u64) -> Engine {
    let mut config = Config::default();
    for (name, value) in [("enable-debug-command", "yes"), ("enable-protected-configs", "yes")] {
        let parameter = Config::parameter(name.as_bytes()).expect("it is a parameter");
        config.set(parameter, value.as_bytes()).expect("it is a value");
    }
    Engine::new(config, Seed(seed))
}

fn connect(engine: &mut Engine, now: UnixMicros) -> ClientId {
    engine.connect(Peer::local(), now).expect("there is room")
}

/// A server whose changes are recorded.
struct Source {
    engine: Engine,
    reader: ReaderId,
    clients: Vec<ClientId>,
    now: UnixMicros,
}

impl Source {
    fn new(seed: u64) -> Self {
        let mut engine = engine(seed);
        let reader = engine.follow_changes();
        let clients = (0..CLIENTS).map(|_| connect(&mut engine, START)).collect();
        Self { engine, reader, clients, now: START }
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Send { client, commands } => {
                // Parameters are not part of the data, though some decide how streams are cut into
                // nodes.
                let sent =
                    commands.iter().filter(|words| !words[0].eq_ignore_ascii_case(b"CONFIG"));
                let bytes: Vec<u8> = sent.flat_map(|command| multibulk(command)).collect();
                self.engine.receive(self.clients[*client], &bytes, self.now);
            }
            Step::Wait(duration) => {
                self.now = UnixMicros(self.now.0 + duration.as_micros() as u64);
                self.engine.tick(self.now);
            }
        }
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Close { client, .. } = effect {
                self.engine.disconnect(client);
                let at = self.clients.iter().position(|other| *other == client);
                self.clients[at.expect("it was connected")] = connect(&mut self.engine, self.now);
            }
        }
        for &client in &self.clients {
            let len_bytes = self.engine.output(client).len();
            self.engine.consume(client, len_bytes, self.now);
        }
    }
}

/// Asks an engine as a new client, and returns the reply.
fn ask(engine: &mut Engine, command: &[&[u8]], now: UnixMicros) -> Vec<u8> {
    let client = connect(engine, now);
    engine.receive(client, b"CLIENT UNPAUSE\r\n", now);
    engine.consume(client, engine.output(client).len(), now);
    engine.receive(client, &multibulk(command), now);
    let reply = engine.output(client).to_vec();
    engine.disconnect(client);
    reply
}

/// All data, a line a key, with what is known of the groups of streams.
fn contents(engine: &mut Engine, now: UnixMicros) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for database in 0..16 {
        let (mut cursor, mut keys) = (0, Vec::new());
        loop {
            cursor = engine.view_keys(database, cursor, now, &mut |view| {
                keys.push((view.key.to_vec(), view.encoding == "stream"));
            });
            if cursor == 0 {
                break;
            }
        }
        for (key, is_stream) in keys {
            let client = connect(engine, now);
            let mut ask = |command: &[&[u8]]| {
                engine.receive(client, &multibulk(command), now);
            };
            ask(&[b"SELECT", database.to_string().as_bytes()]);
            ask(&[b"DEBUG", b"DIGEST-VALUE", &key]);
            ask(&[b"PEXPIRETIME", &key]);
            if is_stream {
                ask(&[b"XINFO", b"STREAM", &key]);
                ask(&[b"XINFO", b"GROUPS", &key]);
            }
            let found = engine.output(client).to_vec();
            lines.insert(format!("{database} {} {}", key.escape_ascii(), found.escape_ascii()));
            engine.disconnect(client);
        }
    }
    lines
}

#[test]
fn a_snapshot_and_the_changes_since_are_the_data_at_any_other_time() {
    let mut changed_something = 0;
    for seed in 1..=200 {
        let mut random = Random::new(Seed(seed));
        let mut source = Source::new(seed);
        let saved_at = random.below(2 * STEPS);
        let mut snapshot = (source.engine.snapshot(START), START);
        let mut pieces = Vec::new();
        for (number, step) in Workload::new(Seed(seed)).session(STEPS).iter().enumerate() {
            source.play(step);
            pieces.push(source.engine.take_changes(source.reader));
            if number == saved_at {
                snapshot = (source.engine.snapshot(source.now), source.now);
                pieces.clear();
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        changed_something += usize::from(!pieces.is_empty());
        let mut copy = engine(seed + 1000);
        copy.load(&snapshot.0, snapshot.1).expect("it is a snapshot");
        let later = UnixMicros(source.now.0 + YEAR_US);
        for piece in &pieces {
            copy.apply_changes(piece, later).expect("it is a stream");
        }
        let expected = contents(&mut source.engine, source.now);
        let found = contents(&mut copy, source.now);
        let differing: Vec<_> = expected.symmetric_difference(&found).collect();
        assert!(differing.is_empty(), "seed {seed}, saved at {saved_at}: {differing:#?}");
    }
    assert!(changed_something > 100, "only {changed_something} streams had anything");
}

/// Hash fields with deadlines are not known to the reference servers.
fn is_known_to_redis(command: &[Vec<u8>]) -> bool {
    const UNKNOWN: &[&str] = &[
        "HEXPIRE",
        "HPEXPIRE",
        "HEXPIREAT",
        "HPEXPIREAT",
        "HPERSIST",
        "HGETEX",
        "HSETEX",
        "HGETDEL",
    ];
    !UNKNOWN.iter().any(|name| command[0].eq_ignore_ascii_case(name.as_bytes()))
}

/// `CHANGES_SEEDS` says how many sessions are compared.
#[test]
fn an_engine_and_redict_that_apply_the_stream_have_the_digest_of_its_source() {
    // Redis 7.0 computes a different digest of fractional scores.
    let Some(server) = Reference::Redict.start().expect("the reference starts") else { return };
    let mut redict = TcpDriver::new(&server.address).expect("the reference answers");
    let seeds = std::env::var("CHANGES_SEEDS").map_or(40, |seeds| seeds.parse().expect("a number"));
    for seed in 1..=seeds {
        let mut source = Source::new(seed);
        for mut step in Workload::new(Seed(seed)).session(STEPS) {
            if let Step::Send { commands, .. } = &mut step {
                commands.retain(|command| is_known_to_redis(command));
            }
            source.play(&step);
        }
        let changes = source.engine.take_changes(source.reader);
        let mut copy = engine(seed + 1000);
        copy.apply_changes(&changes, UnixMicros(START.0 + YEAR_US)).expect("it is a stream");
        redict.ask(&[b"FLUSHALL"]).expect("the reference answers");
        for command in commands(&changes) {
            let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
            let reply = redict.ask(&words).expect("the reference answers");
            assert!(!matches!(reply, Reply::Error(_)), "seed {seed}: {command:?}: {reply:?}");
        }
        let digest = ask(&mut source.engine, &[b"DEBUG", b"DIGEST"], source.now);
        assert_eq!(ask(&mut copy, &[b"DEBUG", b"DIGEST"], START), digest, "seed {seed}");
        let Reply::Status(found) = redict.ask(&[b"DEBUG", b"DIGEST"]).expect("a reply") else {
            panic!("a digest is a simple string");
        };
        let digest = digest[1..].trim_ascii_end();
        assert_eq!(found, digest, "seed {seed}: redict");
    }
}

/// Splits a stream into its commands.
fn commands(stream: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let limits = Limits { bulk_len_bytes: u64::MAX, authenticated: true, ..Limits::default() };
    let (mut rest, mut commands) = (stream, Vec::new());
    while !rest.is_empty() {
        let mut request = Default::default();
        let read = RequestReader::default().read(rest, &limits, &mut request);
        let Ok(Progress::Complete { consumed }) = read else { panic!("not a stream") };
        commands.push(request.args(&rest[..consumed]).iter().map(<[u8]>::to_vec).collect());
        rest = &rest[consumed..];
    }
    commands
}

/// A scenario of `effects.txt`: its steps, and the effects that they have.
#[derive(Default)]
struct Scenario {
    first_line: usize,
    steps: Vec<String>,
    effects: Vec<String>,
}

fn scenarios() -> Vec<Scenario> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("effects.txt");
    let text = fs::read_to_string(path).expect("the file is there");
    let mut scenarios = vec![Scenario::default()];
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let last = scenarios.last_mut().expect("one was begun");
        match line.strip_prefix("= ").or_else(|| line.strip_prefix("+ ")) {
            _ if line.is_empty() => scenarios.push(Scenario::default()),
            Some(effect) => last.effects.push(effect.to_owned()),
            None => {
                if last.steps.is_empty() {
                    last.first_line = number + 1;
                }
                last.steps.push(line.to_owned());
            }
        }
    }
    scenarios.retain(|scenario| !scenario.steps.is_empty());
    scenarios
}

/// Plays a scenario, and returns what propagates.
fn effects(scenario: &Scenario) -> Vec<String> {
    let mut engine = engine(1);
    let (reader, mut now) = (engine.follow_changes(), START);
    let mut clients = BTreeMap::new();
    let main = connect(&mut engine, now);
    engine.receive(main, b"FLUSHALL\r\n", now);
    engine.consume_changes(reader, usize::MAX);
    for step in &scenario.steps {
        if let Some(duration_ms) = step.strip_prefix("wait ") {
            now.0 += 1_000 * duration_ms.parse::<u64>().expect("milliseconds");
            engine.tick(now);
            continue;
        }
        let (client, command) = match step.split_once("> ") {
            Some((name, command)) if name.len() == 1 => {
                (*clients.entry(name).or_insert_with(|| connect(&mut engine, now)), command)
            }
            _ => (main, step.as_str()),
        };
        engine.receive(client, format!("{command}\r\n").as_bytes(), now);
        engine.consume(client, engine.output(client).len(), now);
    }
    let stream = engine.take_changes(reader);
    let text = |command: Vec<Vec<u8>>| String::from_utf8(command.join(&b' ')).expect("text");
    commands(&stream).into_iter().map(text).collect()
}

fn is_like(expected: &str, found: &str) -> bool {
    let (mut expected, mut found) = (expected.split(' '), found.split(' '));
    expected.by_ref().zip(found.by_ref()).all(|(one, other)| one == "*" || one == other)
        && expected.next().is_none()
        && found.next().is_none()
}

#[test]
fn the_effects_are_those_that_redis_sends_to_its_replicas() {
    let mut complaints = Vec::new();
    for scenario in scenarios() {
        let found = effects(&scenario);
        let is_same = found.len() == scenario.effects.len()
            && scenario.effects.iter().zip(&found).all(|(one, other)| is_like(one, other));
        if !is_same {
            let Scenario { first_line, steps, effects } = &scenario;
            complaints.push(format!(
                "effects.txt:{first_line}: {steps:#?}\n  expected {effects:#?}\n  found {found:#?}"
            ));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
