//! The engine for JavaScript: its verbs, and nothing else. What a reply means, when to tick and which clock is read is decided
//! in `npm/src`.
//!
//! Bytes cross the border through two buffers in this module's memory, because every other way allocates for each call: the caller
//! writes a client's bytes to the place [`Engine::inbox`] tells, and reads what a client is sent from [`Engine::outbox`]. Time is a
//! `number` of microseconds since the Unix epoch: exact until the year 2255, and unlike a `BigInt` it costs nothing to make.

use redstart_core::config::Config;
use redstart_core::engine;
use redstart_core::instance::Effect as EngineEffect;
use redstart_core::instance::host;
use redstart_core::random::Seed;
use redstart_core::session::{ClientId, Peer, Transport};
use redstart_core::time::UnixMicros;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// What the engine may ask of the page or process that it runs in.
    #[derive(Debug)]
    pub type Host;

    /// Microseconds of a clock that never goes back.
    #[wasm_bindgen(method)]
    fn monotonic(this: &Host) -> f64;

    /// Lets time pass, as `DEBUG SLEEP` asks.
    #[wasm_bindgen(method)]
    fn sleep(this: &Host, micros: f64);
}

impl host::Host for Host {
    fn monotonic_ns(&self) -> u64 {
        (self.monotonic() * 1_000.0) as u64
    }

    fn sleep(&self, micros: u64) {
        Self::sleep(self, micros as f64);
    }
}

/// A Redis without I/O: see `redstart_core::engine`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    engine: engine::Engine,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
}

/// Names a connected client.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(ClientId);

#[wasm_bindgen]
impl Client {
    /// The number that `CLIENT ID` tells, which effects name the client by.
    #[must_use]
    pub fn id(&self) -> f64 {
        self.0.serial() as f64
    }
}

/// What the caller is asked to do.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// A client has something to read that did not come from its own `receive`.
    Write,
    /// Close a client's connection, then call `disconnect`.
    Close,
    /// The same, once it has been sent its output.
    CloseAfterWrite,
    /// Somebody sent `SHUTDOWN`.
    Shutdown,
}

/// An effect and whom it concerns.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    #[wasm_bindgen(readonly)]
    pub effect: Effect,
    /// The client's number, or 0 for none.
    #[wasm_bindgen(readonly)]
    pub client: f64,
}

#[wasm_bindgen]
impl Engine {
    /// An empty engine. `parameters` are names and values of the configuration in turn.
    ///
    /// # Errors
    /// When one of them is none, or has no such value.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u64, parameters: Vec<String>, host: Host, now: f64) -> Result<Self, String> {
        let mut config = Config::default();
        for pair in parameters.chunks(2) {
            let [name, value] = pair else { return Err("a parameter without a value".to_owned()) };
            let parameter = Config::parameter(name.as_bytes())
                .ok_or_else(|| format!("there is no parameter '{name}'"))?;
            config
                .set(parameter, value.as_bytes())
                .map_err(|_| format!("'{value}' is no value of the parameter '{name}'"))?;
        }
        let engine = engine::Engine::with_host(config, Seed(seed), Box::new(host), time(now));
        Ok(Self { engine, inbox: Vec::new(), outbox: Vec::new() })
    }

    /// A client has come: over TCP from `address`, or from this process.
    ///
    /// # Errors
    /// The error reply that tells why it was refused.
    pub fn connect(&mut self, address: Option<String>, now: f64) -> Result<Client, Vec<u8>> {
        let peer = match address {
            None => Peer::local(),
            Some(address) => Peer { address, transport: Transport::Tcp, ..Peer::local() },
        };
        self.engine.connect(peer, time(now)).map(Client).map_err(|refused| refused.reply())
    }

    /// A client is gone.
    pub fn disconnect(&mut self, client: Client) {
        self.engine.disconnect(client.0);
    }

    /// Where to write `len_bytes` bytes for `receive`. The address holds until this is called again.
    pub fn inbox(&mut self, len_bytes: usize) -> *const u8 {
        if self.inbox.len() < len_bytes {
            self.inbox.resize(len_bytes.next_power_of_two(), 0);
        }
        self.inbox.as_ptr()
    }

    /// A client has sent the first `len_bytes` bytes of the inbox.
    pub fn receive(&mut self, client: &Client, len_bytes: usize, now: f64) {
        let bytes = &self.inbox[..len_bytes.min(self.inbox.len())];
        self.engine.receive(client.0, bytes, time(now));
    }

    /// Whether more of a client's bytes should be passed on.
    #[must_use]
    pub fn wants_input(&self, client: &Client) -> bool {
        self.engine.wants_input(client.0)
    }

    /// Copies what a client has yet to read to the outbox, and returns how many bytes that are.
    pub fn output(&mut self, client: &Client) -> usize {
        self.outbox.clear();
        for slice in self.engine.output(client.0).slices() {
            self.outbox.extend_from_slice(slice);
        }
        self.outbox.len()
    }

    /// Where the outbox is, until the next `output`.
    #[must_use]
    pub fn outbox(&self) -> *const u8 {
        self.outbox.as_ptr()
    }

    /// A client was sent the first `len_bytes` bytes of its output.
    pub fn consume(&mut self, client: &Client, len_bytes: usize, now: f64) {
        self.engine.consume(client.0, len_bytes, time(now));
    }

    /// Does what is due, and returns when it must be called again.
    pub fn tick(&mut self, now: f64) -> f64 {
        self.engine.tick(time(now)).0 as f64
    }

    /// What the caller is asked to do next, until there is nothing.
    pub fn poll_effect(&mut self) -> Option<Request> {
        let (effect, client) = match self.engine.poll_effect()? {
            EngineEffect::Write(client) => (Effect::Write, client.serial()),
            EngineEffect::Close { client, flush: true } => {
                (Effect::CloseAfterWrite, client.serial())
            }
            EngineEffect::Close { client, flush: false } => (Effect::Close, client.serial()),
            EngineEffect::Shutdown => (Effect::Shutdown, 0),
        };
        Some(Request { effect, client: client as f64 })
    }
}

fn time(micros: f64) -> UnixMicros {
    UnixMicros(micros as u64)
}
