//! A snapshot and the journal since then bring back the data, whatever clients have done and whenever the snapshot was taken.

use std::collections::BTreeSet;

use redstart_core::client::{ClientId, Peer};
use redstart_core::config::Config;
use redstart_core::engine::Engine;
use redstart_core::instance::Effect;
use redstart_core::random::{Random, Seed};
use redstart_core::time::UnixMicros;
use redstart_tests::driver::multibulk;
use redstart_tests::workload::{CLIENTS, Step, Workload};

const START: UnixMicros = UnixMicros(1_893_456_000_000_000);
const STEPS: usize = 300;

fn engine(seed: u64) -> Engine {
    let mut config = Config::default();
    for (name, value) in [("enable-debug-command", "yes"), ("enable-protected-configs", "yes")] {
        let parameter = Config::parameter(name.as_bytes()).expect("it is one");
        config.set(parameter, value.as_bytes()).expect("it is a value");
    }
    Engine::new(config, Seed(seed))
}

/// A server that keeps what it would need after a crash.
struct Kept {
    engine: Engine,
    clients: Vec<ClientId>,
    now: UnixMicros,
    snapshot: Vec<u8>,
    snapshot_at: UnixMicros,
    journal: Vec<(UnixMicros, Vec<u8>)>,
}

impl Kept {
    fn new(seed: u64) -> Self {
        let mut engine = engine(seed);
        engine.keep_journal(true);
        let clients = (0..CLIENTS).map(|_| connect(&mut engine, START)).collect();
        let snapshot = engine.snapshot(START);
        Self { engine, clients, now: START, snapshot, snapshot_at: START, journal: Vec::new() }
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Send { client, commands } => {
                // Where streams are cut into nodes follows from parameters, which are kept elsewhere.
                let kept =
                    commands.iter().filter(|words| !words[0].eq_ignore_ascii_case(b"CONFIG"));
                let bytes: Vec<u8> = kept.flat_map(|command| multibulk(command)).collect();
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
        let journal = self.engine.take_journal();
        if !journal.is_empty() {
            self.journal.push((self.now, journal));
        }
    }

    fn save(&mut self) {
        self.snapshot = self.engine.snapshot(self.now);
        self.snapshot_at = self.now;
        self.journal.clear();
    }

    /// Another server, with the data of this.
    fn restored(&self, seed: u64) -> Engine {
        let mut engine = engine(seed);
        engine.load(&self.snapshot, self.snapshot_at).expect("it is a snapshot");
        for (now, requests) in &self.journal {
            engine.replay(requests, *now).expect("it is a journal");
        }
        engine
    }
}

fn connect(engine: &mut Engine, now: UnixMicros) -> ClientId {
    engine.connect(Peer::local(), now).expect("there is room")
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
                let command: Vec<Vec<u8>> = command.iter().map(|word| word.to_vec()).collect();
                engine.receive(client, &multibulk(&command), now);
            };
            ask(&[b"SELECT", database.to_string().as_bytes()]);
            ask(&[b"DEBUG", b"DIGEST-VALUE", &key]);
            ask(&[b"PEXPIRETIME", &key]);
            if is_stream {
                ask(&[b"XINFO", b"STREAM", &key]);
                ask(&[b"XINFO", b"GROUPS", &key]);
            }
            let told = engine.output(client).to_vec();
            lines.insert(format!("{database} {} {}", key.escape_ascii(), told.escape_ascii()));
            engine.disconnect(client);
        }
    }
    lines
}

#[test]
fn a_snapshot_and_the_journal_are_the_data() {
    let mut kept_something = 0;
    for seed in 1..=200 {
        let mut random = Random::new(Seed(seed));
        let mut server = Kept::new(seed);
        let saved_at = random.below(2 * STEPS);
        for (number, step) in Workload::new(Seed(seed)).session(STEPS).iter().enumerate() {
            server.play(step);
            if number == saved_at {
                server.save();
            }
        }
        kept_something += usize::from(!server.journal.is_empty());
        let mut restored = server.restored(seed + 1000);
        // Whatever held clients back is over by then.
        let now = UnixMicros(server.now.0 + 3_600_000_000);
        let expected = contents(&mut server.engine, now);
        let got = contents(&mut restored, now);
        let differing: Vec<_> = expected.symmetric_difference(&got).collect();
        assert!(differing.is_empty(), "seed {seed}, saved at {saved_at}: {differing:#?}");
    }
    assert!(kept_something > 100, "only {kept_something} journals had anything");
}
