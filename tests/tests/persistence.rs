//! Every value that a client can create can be written and read: one by one, with all others in a
//! file, and in place.

use std::collections::BTreeSet;

use redstart_core::client::{ClientId, Peer};
use redstart_core::config::Config;
use redstart_core::engine::Engine;
use redstart_core::instance::Effect;
use redstart_core::random::{Random, Seed};
use redstart_core::time::UnixMicros;
use redstart_tests::driver::multibulk;
use redstart_tests::resp::{Reply, decode};
use redstart_tests::workload::{CLIENTS, Command, Step, Workload};

const START: UnixMicros = UnixMicros(1_893_456_000_000_000);
const STEPS: usize = 200;

/// Commands on values that the workload has not, since the reference does not know them.
const NEWER: &[&str] = &[
    "HSET hash:1 a 1 b 2 c 3",
    "HEXPIRE hash:1 100000 FIELDS 2 a b",
    "HPEXPIREAT hash:1 4102444800123 FIELDS 1 c",
    "HPERSIST hash:1 FIELDS 1 b",
    "HSETEX hash:2 PX 86400000 FIELDS 1 1 a",
    "HEXPIREAT hash:2 4102444800 FIELDS 3 a b 127",
];

/// Every encoding that values have.
const ENCODINGS: [&str; 9] =
    ["embstr", "hashtable", "int", "intset", "listpack", "quicklist", "raw", "skiplist", "stream"];

/// A database, a key, the encoding of its value, and its payload.
type Dump = (usize, Vec<u8>, &'static str, Vec<u8>);

struct Server {
    engine: Engine,
    clients: Vec<ClientId>,
    now: UnixMicros,
}

impl Server {
    fn new(seed: u64) -> Self {
        let mut config = Config::default();
        for (name, value) in [("enable-debug-command", "yes"), ("enable-protected-configs", "yes")]
        {
            let parameter = Config::parameter(name.as_bytes()).expect("it is one");
            config.set(parameter, value.as_bytes()).expect("it is a value");
        }
        let mut server =
            Self { engine: Engine::new(config, Seed(seed)), clients: Vec::new(), now: START };
        server.clients = (0..CLIENTS).map(|_| server.connect()).collect();
        server
    }

    fn connect(&mut self) -> ClientId {
        self.engine.connect(Peer::local(), self.now).expect("there is room")
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Send { client, commands } => {
                let bytes: Vec<u8> =
                    commands.iter().flat_map(|command| multibulk(command)).collect();
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
                self.clients[at.expect("it was connected")] = self.connect();
            }
        }
        for &client in &self.clients {
            let len_bytes = self.engine.output(client).len();
            self.engine.consume(client, len_bytes, self.now);
        }
    }

    /// The reply to the last of some requests of a new client.
    fn ask(&mut self, requests: &[&[&[u8]]]) -> Reply {
        let client = self.connect();
        for words in requests {
            let command: Command = words.iter().map(|word| word.to_vec()).collect();
            self.engine.receive(client, &multibulk(&command), self.now);
        }
        let output = self.engine.output(client).to_vec();
        self.engine.disconnect(client);
        let (mut rest, mut last) = (output.as_slice(), None);
        while let Some((reply, len)) = decode(rest).expect("replies") {
            (rest, last) = (&rest[len..], Some(reply));
        }
        last.expect("a reply")
    }

    fn digest(&mut self) -> Reply {
        self.ask(&[&[b"DEBUG", b"DIGEST"]])
    }

    fn dumps(&mut self) -> Vec<Dump> {
        let mut dumps = Vec::new();
        for database in 0..16 {
            let (mut cursor, mut keys) = (0, Vec::new());
            loop {
                cursor = self.engine.view_keys(database, cursor, self.now, &mut |view| {
                    keys.push((view.key.to_vec(), view.encoding));
                });
                if cursor == 0 {
                    break;
                }
            }
            for (key, encoding) in keys {
                let number = database.to_string();
                let reply = self.ask(&[&[b"SELECT", number.as_bytes()], &[b"DUMP", &key]]);
                let Reply::Bulk(payload) = reply else { panic!("{reply:?}") };
                dumps.push((database, key, encoding, payload));
            }
        }
        dumps.sort();
        dumps
    }
}

/// Streams are dumped as the same bytes each time; the order of a large set or hash may change.
fn streams(dumps: &[Dump]) -> Vec<&Dump> {
    dumps.iter().filter(|(_, _, encoding, _)| *encoding == "stream").collect()
}

/// Checks all values of a server; returns their encodings.
fn check(server: &mut Server, seed: u64) -> BTreeSet<&'static str> {
    let digest = server.digest();
    // The session may have changed what the default user may do.
    if matches!(digest, Reply::Error(_)) {
        return BTreeSet::new();
    }
    let dumps = server.dumps();
    let mut one_by_one = Server::new(seed + 1);
    for (database, key, _, payload) in &dumps {
        let number = database.to_string();
        let requests: [&[&[u8]]; 2] =
            [&[b"SELECT", number.as_bytes()], &[b"RESTORE", key, b"0", payload]];
        let reply = one_by_one.ask(&requests);
        assert_eq!(reply, Reply::Status(b"OK".to_vec()), "seed {seed}: {}", key.escape_ascii());
    }
    let restored = one_by_one.dumps();
    assert_eq!(streams(&restored), streams(&dumps), "seed {seed}");

    let mut from_file = Server::new(seed + 2);
    let file = server.engine.snapshot(server.now);
    from_file.engine.load(&file, server.now).expect("a snapshot can be loaded");
    assert_eq!(from_file.digest(), digest, "seed {seed}");
    let loaded = from_file.dumps();
    assert_eq!(streams(&loaded), streams(&dumps), "seed {seed}");

    let reply = server.ask(&[&[b"DEBUG", b"RELOAD"]]);
    assert_eq!(reply, Reply::Status(b"OK".to_vec()), "seed {seed}");
    assert_eq!(server.digest(), digest, "seed {seed}");
    dumps.iter().map(|(_, _, encoding, _)| *encoding).collect()
}

#[test]
fn every_value_survives_being_saved_and_loaded() {
    let mut encodings = BTreeSet::new();
    for seed in 1..=150 {
        let session = Workload::new(Seed(seed)).session(STEPS);
        if session.iter().any(Step::stops_expiry) {
            continue;
        }
        let (mut server, mut random) = (Server::new(seed), Random::new(Seed(seed)));
        for (number, step) in session.iter().enumerate() {
            server.play(step);
            if number % 10 == 0 {
                let words = NEWER[random.below(NEWER.len())].split(' ');
                let words: Vec<&[u8]> = words.map(str::as_bytes).collect();
                server.ask(&[&words]);
            }
            if number % 50 == 49 {
                encodings.extend(check(&mut server, seed));
            }
        }
    }
    assert!(encodings.into_iter().eq(ENCODINGS), "not all encodings were there");
}
