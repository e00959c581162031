//! Drives the engine in this process, on a virtual clock: hours pass instantly, and the same seed
//! gives the same session.
//!
//! Networks split the bytes of clients anywhere, so the driver does too, at random places
//! determined by the seed, and it reads replies in pieces.

use core::{cell::Cell, time::Duration};
use std::{io, rc::Rc};

use redstart_core::{
    client::{ClientId, Peer, Transport},
    config::Config,
    engine::Engine,
    instance::{Effect, host::Host},
    random::{Random, Seed},
    time::UnixMicros,
};

use super::{Connection, Driver, State};

/// 2030-01-01 00:00:00 UTC, the start of every scenario.
const START: UnixMicros = UnixMicros(1_893_456_000_000_000);

/// A driver of the engine itself.
pub struct EngineDriver {
    engine: Engine,
    clock: Clock,
    random: Random,
    clients: Vec<Client>,
}

/// The client's side of a connection.
struct Client {
    /// The connection; `None` after it is closed.
    id: Option<ClientId>,
    /// Sent, and not yet read by the engine.
    outgoing: Vec<u8>,
    /// Written by the engine, and not yet received.
    incoming: Vec<u8>,
}

/// The time, shared by the engine's host and its driver.
#[derive(Clone, Debug)]
struct Clock(Rc<Cell<UnixMicros>>);

impl Clock {
    fn now(&self) -> UnixMicros {
        self.0.get()
    }

    fn advance(&self, micros: u64) {
        self.0.set(UnixMicros(self.now().0 + micros));
    }
}

impl Host for Clock {
    fn monotonic_ns(&self) -> u64 {
        self.now().since(START) * 1_000
    }

    fn sleep(&self, micros: u64) {
        self.advance(micros);
    }
}

impl EngineDriver {
    /// Creates a driver. `seed` determines the engine's random choices and how the bytes are split.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let mut random = Random::new(seed);
        let clock = Clock(Rc::new(Cell::new(START)));
        let engine = engine(Seed(random.next_u64()), &clock);
        Self { engine, clock, random, clients: Vec::new() }
    }

    /// Passes on the input of clients in pieces, as far as the engine wants it. Returns `true` if
    /// it accepted any.
    fn deliver(&mut self) -> bool {
        let mut delivered = false;
        for client in &mut self.clients {
            while let Some(id) = client.id
                && !client.outgoing.is_empty()
                && self.engine.wants_input(id)
            {
                // Half of the pieces are a few bytes, which splits most requests somewhere.
                let longest = if self.random.below(2) == 0 { 8 } else { client.outgoing.len() };
                let len = 1 + self.random.below(longest.min(client.outgoing.len()));
                let piece: Vec<u8> = client.outgoing.drain(..len).collect();
                self.clock.advance(1);
                self.engine.receive(id, &piece, self.clock.now());
                delivered = true;
            }
        }
        delivered
    }

    /// Reads the engine's output in pieces, and runs its effects. Returns `true` if there was
    /// anything.
    fn collect(&mut self) -> bool {
        let mut collected = false;
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Close { client, flush } = effect {
                if flush {
                    self.read(client);
                }
                self.engine.disconnect(client);
                self.clients
                    .iter_mut()
                    .filter(|other| other.id == Some(client))
                    .for_each(|other| other.id = None);
            }
            collected = true;
        }
        for id in self.clients.iter().filter_map(|client| client.id).collect::<Vec<_>>() {
            collected |= self.read(id);
        }
        collected
    }

    fn read(&mut self, id: ClientId) -> bool {
        let Some(client) = self.clients.iter_mut().find(|client| client.id == Some(id)) else {
            return false;
        };
        let mut has_read = false;
        loop {
            let output = self.engine.output(id).to_vec();
            if output.is_empty() {
                return has_read;
            }
            let len = 1 + self.random.below(output.len());
            client.incoming.extend_from_slice(&output[..len]);
            self.engine.consume(id, len, self.clock.now());
            has_read = true;
        }
    }
}

impl Driver for EngineDriver {
    fn reset(&mut self) -> io::Result<()> {
        self.clients.clear();
        self.clock.0.set(START);
        self.engine = engine(Seed(self.random.next_u64()), &self.clock);
        Ok(())
    }

    fn connect(&mut self) -> io::Result<Connection> {
        let number = self.clients.len();
        let peer = Peer {
            address: format!("127.0.0.1:{}", 50_000 + number),
            local_address: "127.0.0.1:6379".to_owned(),
            transport: Transport::Tcp,
            is_local: true,
            descriptor: 8 + number as i64,
        };
        let (id, incoming) = match self.engine.connect(peer, self.clock.now()) {
            Ok(id) => (Some(id), Vec::new()),
            Err(refused) => (None, refused.reply()),
        };
        self.clients.push(Client { id, outgoing: Vec::new(), incoming });
        Ok(Connection(number))
    }

    fn send(&mut self, Connection(client): Connection, bytes: &[u8]) -> io::Result<()> {
        self.clients[client].outgoing.extend_from_slice(bytes);
        Ok(())
    }

    fn settle(&mut self) -> io::Result<()> {
        loop {
            let delivered = self.deliver();
            self.engine.tick(self.clock.now());
            if !self.collect() && !delivered {
                return Ok(());
            }
        }
    }

    fn receive(
        &mut self,
        Connection(client): Connection,
        bytes: &mut Vec<u8>,
    ) -> io::Result<State> {
        let client = &mut self.clients[client];
        bytes.append(&mut client.incoming);
        Ok(if client.id.is_some() { State::Open } else { State::Closed })
    }

    fn advance(&mut self, by: Duration) -> io::Result<()> {
        // A timeout is served slightly late, and a key exists through the millisecond of its
        // deadline.
        let micros = u64::try_from(by.as_micros()).map_err(io::Error::other)?;
        let end = UnixMicros(self.clock.now().0 + micros + 1_000);
        loop {
            let wake_at = self.engine.tick(self.clock.now());
            self.settle()?;
            if wake_at > end {
                break;
            }
            self.clock.0.set(wake_at.max(self.clock.now()));
        }
        self.clock.0.set(end.max(self.clock.now()));
        self.settle()
    }

    fn synchronize(&mut self, now: UnixMicros) -> io::Result<()> {
        self.clock.0.set(now);
        Ok(())
    }
}

/// Returns an engine that allows everything, as the reference server does.
fn engine(seed: Seed, clock: &Clock) -> Engine {
    let config = Config {
        enable_debug_command: "yes",
        enable_protected_configs: "yes",
        ..Config::default()
    };
    Engine::with_host(config, seed, Box::new(clock.clone()), clock.now())
}
