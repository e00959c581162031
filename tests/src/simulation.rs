//! Runs the engine on a virtual clock, with many clients, against a [`Model`]: days of expiry in
//! seconds.
//!
//! A [`Plan`] determines everything: the commands of clients, where the network splits their bytes,
//! and how time passes. Every reply is compared with the model, which runs each command when its
//! last byte has arrived. The engine is ticked at the time it asks for; occasionally the process
//! "sleeps" for days, and the tick is late.

use std::collections::VecDeque;

use redstart_core::{
    client::{ClientId, Peer},
    config::Config,
    engine::Engine,
    instance::Effect,
    random::{Random, Seed},
    time::UnixMicros,
};

use crate::{
    driver::multibulk,
    model::{
        Action, Condition, DATABASES, Deadline, Expected, Expiry, Key, Model, Only, StreamAction,
    },
    resp::{Reply, decode},
};

/// The start of a simulation: 2030-01-01.
const START: UnixMicros = UnixMicros(1_893_456_000_000_000);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The maximum interval between ticks that the engine may ask for: then no expired key stays
/// longer.
const LONGEST_WAIT_US: u64 = 100_000;

/// The parameters of a simulation.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Determines the commands of clients, and the time.
    pub seed: Seed,
    /// Determines where the bytes are split.
    pub cuts: Seed,
    /// Whether pieces of a request arrive at different times, interleaved with those of other
    /// clients.
    pub delays: bool,
    /// The number of events.
    pub steps: usize,
}

/// The result of a successful run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// A digest of all output of clients, with its times.
    pub fingerprint: u64,
    /// The number of commands whose replies were checked.
    pub commands: usize,
    /// The time that passed.
    pub days: u64,
}

/// Plays `plan`.
///
/// # Panics
/// The engine behaves differently from the model.
#[must_use]
pub fn simulate(plan: Plan) -> Ending {
    let mut simulation = Simulation::new(plan);
    for _ in 0..plan.steps {
        simulation.step();
    }
    simulation.end()
}

struct Simulation {
    plan: Plan,
    engine: Engine,
    model: Model,
    now: UnixMicros,
    wake_at: UnixMicros,
    random: Random,
    cuts: Random,
    clients: Vec<Client>,
    ending: Ending,
}

/// A client, with the bytes in transit between it and the engine.
struct Client {
    id: ClientId,
    database: usize,
    unsent: VecDeque<u8>,
    /// The actions in `unsent`, each with the number of its remaining bytes.
    asked: VecDeque<(Action, usize)>,
    received: Vec<u8>,
    expected: VecDeque<(Action, Expected)>,
}

impl Simulation {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            engine: Engine::new(Config::default(), plan.seed),
            model: Model::default(),
            now: START,
            wake_at: START,
            random: Random::new(plan.seed),
            cuts: Random::new(plan.cuts),
            clients: Vec::new(),
            ending: Ending { fingerprint: 0, commands: 0, days: 0 },
        }
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..=1 => self.connect(),
            2 => self.leave(),
            3..=39 => self.ask(),
            40 => self.sleep(),
            41 if self.one_in(20) => self.restart(),
            41..=64 => self.wait(),
            _ => self.deliver(),
        }
    }

    fn connect(&mut self) {
        if self.clients.len() < 20 {
            let id =
                self.engine.connect(Peer::local(), self.now).expect("there is room for twenty");
            self.clients.push(Client {
                id,
                database: 0,
                unsent: VecDeque::new(),
                asked: VecDeque::new(),
                received: Vec::new(),
                expected: VecDeque::new(),
            });
        }
    }

    /// Disconnects a client, possibly in the middle of a request and with unread replies.
    fn leave(&mut self) {
        if let Some(number) = self.any_client() {
            let client = self.clients.swap_remove(number);
            self.engine.disconnect(client.id);
        }
    }

    /// Writes a few requests to a client's socket.
    fn ask(&mut self) {
        let Some(number) = self.any_client() else { return };
        for _ in 0..1 + self.random.below(6) {
            let action = self.action();
            let bytes = multibulk(&action.command());
            let client = &mut self.clients[number];
            client.asked.push_back((action, bytes.len()));
            client.unsent.extend(bytes);
        }
        if !self.plan.delays {
            while !self.clients[number].unsent.is_empty() {
                self.deliver_to(number);
            }
        }
    }

    fn deliver(&mut self) {
        if let Some(number) = self.any_client()
            && self.plan.delays
        {
            self.deliver_to(number);
        }
    }

    /// Delivers some of a client's bytes, and some of its replies.
    fn deliver_to(&mut self, number: usize) {
        let client = &mut self.clients[number];
        if !client.unsent.is_empty() {
            let most = if self.cuts.below(2) == 0 { 10 } else { client.unsent.len() };
            let len = 1 + self.cuts.below(most.min(client.unsent.len()));
            let piece: Vec<u8> = client.unsent.drain(..len).collect();
            let mut rest = len;
            while let Some((_, left)) = client.asked.front_mut() {
                if *left > rest {
                    *left -= rest;
                    break;
                }
                rest -= *left;
                let Some((action, _)) = client.asked.pop_front() else { break };
                let now_ms = self.now.millis().0 as i64;
                let expected = self.model.perform(&mut client.database, &action, now_ms);
                client.expected.push_back((action, expected));
            }
            self.engine.receive(client.id, &piece, self.now);
        }
        self.read(number);
    }

    fn read(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let output = self.engine.output(client.id).to_vec();
        let len = self.cuts.below(output.len() + 1);
        let len = if self.plan.delays { len } else { output.len() };
        self.engine.consume(client.id, len, self.now);
        client.received.extend_from_slice(&output[..len]);
        self.note(number, &output[..len]);
        let client = &mut self.clients[number];
        let mut rest = client.received.as_slice();
        while let Some((reply, len)) = decode(rest).expect("the engine sends replies") {
            rest = &rest[len..];
            let (action, expected) =
                client.expected.pop_front().expect("every reply belongs to a command");
            assert!(
                expected.is_met_by(&reply),
                "{:?} at {}: {action:?}: expected {expected:?}, found {reply:?}",
                self.plan,
                self.now.0
            );
            self.ending.commands += 1;
        }
        client.received = rest.to_vec();
        while let Some(effect) = self.engine.poll_effect() {
            assert!(matches!(effect, Effect::Write(_)), "{:?}: {effect:?}", self.plan);
        }
    }

    /// Adds a client's output to the fingerprint, which does not depend on how the bytes were
    /// split.
    fn note(&mut self, number: usize, bytes: &[u8]) {
        let context = self.now.0 ^ number as u64;
        for &byte in bytes {
            let mixed = (self.ending.fingerprint ^ context ^ u64::from(byte) << 56)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.ending.fingerprint = mixed.rotate_left(29);
        }
    }

    /// Advances the time a little, and ticks the engine whenever it asks for it.
    fn wait(&mut self) {
        let longest_us = [10, 1_000, 50_000, 500_000][self.random.below(4)];
        let until = UnixMicros(self.now.0 + self.random.below(longest_us) as u64);
        while self.wake_at <= until {
            self.now = self.wake_at.max(self.now);
            self.tick();
        }
        self.now = until;
    }

    /// Suspends the machine for hours or days.
    fn sleep(&mut self) {
        let slept_ms = self.random.below(3 * DAY_MS as usize) as u64;
        self.now = self.now.after_ms(slept_ms);
        self.tick();
    }

    /// Saves and loads all data.
    fn restart(&mut self) {
        let file = self.engine.snapshot(self.now);
        self.engine.load(&file, self.now).expect("a snapshot can be loaded");
        self.model.collected(self.now.millis().0 as i64);
    }

    fn tick(&mut self) {
        let mut ticks = 0;
        self.wake_at = self.engine.tick(self.now);
        while self.wake_at <= self.now {
            ticks += 1;
            assert!(ticks < 1_000, "{:?}: ticks do not end", self.plan);
            self.wake_at = self.engine.tick(self.now);
        }
        assert!(self.wake_at.since(self.now) <= LONGEST_WAIT_US, "{:?}: too long", self.plan);
        self.model.collected(self.now.millis().0 as i64);
    }

    fn any_client(&mut self) -> Option<usize> {
        (!self.clients.is_empty()).then(|| self.random.below(self.clients.len()))
    }

    /// Serves and disconnects all clients, lets time pass, and removes the keys without a deadline:
    /// nothing must be left.
    fn end(mut self) -> Ending {
        for number in 0..self.clients.len() {
            while !self.clients[number].unsent.is_empty()
                || !self.clients[number].expected.is_empty()
            {
                self.deliver_to(number);
            }
        }
        for client in self.clients.drain(..) {
            self.engine.disconnect(client.id);
        }
        self.now = self.now.after_ms(100 * DAY_MS);
        self.tick();
        let last = self
            .engine
            .connect(Peer::local(), self.now)
            .expect("all other clients have disconnected");
        for database in 0..DATABASES {
            self.remove_all(last, database);
        }
        let clients = self.request(last, "CLIENT LIST");
        let Reply::Bulk(clients) = clients else { panic!("{clients:?}") };
        let clients = String::from_utf8_lossy(&clients);
        assert_eq!(clients.lines().count(), 1, "{clients}");
        assert_eq!(self.request(last, "INFO keyspace"), Reply::Bulk(b"# Keyspace\r\n".to_vec()));
        self.ending.days = self.now.since(START) / 1_000 / DAY_MS;
        self.ending
    }

    fn remove_all(&mut self, last: ClientId, database: usize) {
        self.request(last, &format!("SELECT {database}"));
        let Reply::Array(keys) = self.request(last, "KEYS *") else { panic!("no array") };
        assert_eq!(self.request(last, "DBSIZE"), Reply::Integer(keys.len() as i64));
        for key in keys {
            let Reply::Bulk(key) = key else { panic!("no key") };
            let key = String::from_utf8_lossy(&key).into_owned();
            assert_eq!(self.request(last, &format!("TTL {key}")), Reply::Integer(-1), "{key}");
            assert_eq!(self.request(last, &format!("DEL {key}")), Reply::Integer(1), "{key}");
        }
        assert_eq!(self.request(last, "DBSIZE"), Reply::Integer(0));
    }

    fn request(&mut self, client: ClientId, line: &str) -> Reply {
        self.engine.receive(client, format!("{line}\r\n").as_bytes(), self.now);
        let output = self.engine.output(client).to_vec();
        self.engine.consume(client, output.len(), self.now);
        let (reply, len) = decode(&output).expect("a reply").expect("a whole reply");
        assert_eq!(len, output.len(), "one reply to {line}");
        reply
    }

    fn action(&mut self) -> Action {
        match self.random.below(34) {
            0..=4 => Action::Set {
                key: self.key(),
                value: self.value(),
                only: [Only::Always, Only::Always, Only::IfMissing, Only::IfPresent]
                    [self.random.below(4)],
                returns_old: self.one_in(3),
                expiry: match self.random.below(4) {
                    0 => Some(Expiry::Keep),
                    1 => None,
                    _ => Some(Expiry::New(self.future())),
                },
            },
            5..=6 => Action::Get(self.key()),
            7 => Action::GetDel(self.key()),
            8 => Action::GetEx(
                self.key(),
                match self.random.below(3) {
                    0 => None,
                    1 => Some(Expiry::None),
                    _ => Some(Expiry::New(self.future())),
                },
            ),
            9 => Action::Append(self.key(), self.value()),
            10 => Action::SetRange(self.key(), self.random.below(60), self.value()),
            11..=12 => Action::IncrBy(self.key(), self.increment()),
            13 => Action::Strlen(self.key()),
            14 => Action::Mget(self.keys()),
            15 => Action::Mset(self.keys().into_iter().map(|key| (key, self.value())).collect()),
            16 => Action::Del(self.keys()),
            17 => Action::Exists(self.keys()),
            18..=19 => {
                let conditions = [Condition::Nx, Condition::Xx, Condition::Gt, Condition::Lt];
                let condition = conditions.get(self.random.below(8)).copied();
                let deadline = if self.one_in(8) { Deadline::In(-5) } else { self.future() };
                Action::Expire(self.any_key(), deadline, condition)
            }
            20 => Action::Pttl(self.any_key()),
            21 => Action::PexpireTime(self.any_key()),
            22 => Action::Persist(self.any_key()),
            23 if self.one_in(4) => Action::Rename(self.stream_key(), self.stream_key()),
            23 => Action::Rename(self.key(), self.key()),
            24 => Action::Copy { from: self.key(), to: self.key(), replaces: self.one_in(2) },
            25 => Action::Move(self.any_key(), self.random.below(DATABASES)),
            26 => Action::DbSize,
            27 if self.one_in(2) => Action::RandomKey,
            27 => Action::Keys,
            28..33 => {
                let key = self.stream_key();
                Action::Stream(key, StreamAction::random(&mut |bound| self.random.below(bound)))
            }
            _ => match self.random.below(8) {
                0 => Action::FlushDb,
                1 => Action::SwapDb(self.random.below(DATABASES), self.random.below(DATABASES)),
                _ => Action::Select(self.random.below(DATABASES)),
            },
        }
    }

    fn key(&mut self) -> Key {
        // A few keys repeat often; the many others fill segments until they split.
        let number = if self.one_in(2) { self.random.below(8) } else { self.random.below(2_000) };
        format!("key:{number}").into_bytes()
    }

    fn stream_key(&mut self) -> Key {
        format!("stream:{}", self.random.below(3)).into_bytes()
    }

    fn any_key(&mut self) -> Key {
        if self.one_in(4) { self.stream_key() } else { self.key() }
    }

    fn keys(&mut self) -> Vec<Key> {
        (0..1 + self.random.below(4)).map(|_| self.key()).collect()
    }

    fn value(&mut self) -> Vec<u8> {
        let number = self.random.next_u64();
        match self.random.below(6) {
            0 => Vec::new(),
            1 => (number as i64).to_string().into_bytes(),
            2 => (number % 100).to_string().into_bytes(),
            3 => vec![b'x'; self.random.below(3_000)],
            _ => number.to_le_bytes().repeat(self.random.below(10)),
        }
    }

    fn increment(&mut self) -> i64 {
        if self.one_in(10) {
            self.random.next_u64() as i64
        } else {
            self.random.below(20) as i64 - 10
        }
    }

    /// Returns a deadline that does not pass before the command has run.
    fn future(&mut self) -> Deadline {
        let longest_ms = [20, 500, 10_000, 2 * DAY_MS as usize][self.random.below(4)];
        let span_ms = 1 + self.random.below(longest_ms) as i64;
        if self.one_in(2) {
            Deadline::In(span_ms)
        } else {
            Deadline::At(self.now.millis().0 as i64 + span_ms)
        }
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.random.below(times) == 0
    }
}
