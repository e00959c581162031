//! The engine for JavaScript: its verbs, and nothing else. What a reply means, when to tick and which clock is read is decided
//! in `npm/src`.
//!
//! Bytes cross the border through two buffers in this module's memory, because every other way allocates for each call: the caller
//! writes a client's bytes to the place [`Engine::inbox`] tells, and reads what a client is sent from [`Engine::outbox`]. All else is
//! numbers: a client is its slot, and time is microseconds since the Unix epoch, exact until the year 2255, and unlike a
//! `BigInt` it costs nothing to make. The one object of JavaScript that is kept here is the [`Host`], so that a copy of this module's memory is
//! a copy of the engine.

use redstart_core::client::{ClientId, Peer, Transport};
use redstart_core::config::Config;
use redstart_core::dataset::change_log::ReaderId;
use redstart_core::engine::view::KeyView;
use redstart_core::engine::{self, BadValue};
use redstart_core::error::Error;
use redstart_core::instance::Effect;
use redstart_core::instance::host;
use redstart_core::random::Seed;
use redstart_core::resp::output::Output;
use redstart_core::resp::reply::{Protocol, Reply};
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

    /// Takes the next part of a snapshot. The bytes are valid during the call only.
    #[wasm_bindgen(method)]
    fn part(this: &Host, bytes: &[u8]);
}

/// Bytes that a database may use. This module addresses four times as much: an allocator needs room
/// to copy what grows, and every request and reply passes through buffers here.
const MEMORY_CEILING_BYTES: usize = 1 << 30;

/// The most databases: each takes memory although it is empty.
const DATABASES: i64 = 65_536;

/// Bytes that the outbox keeps between two calls, and that one `output` fills at most.
const OUTBOX_BYTES: usize = 256 * 1024;

impl host::Host for Host {
    fn monotonic_ns(&self) -> u64 {
        (self.monotonic() * 1_000.0) as u64
    }

    fn sleep(&self, micros: u64) {
        Self::sleep(self, micros as f64);
    }
}

/// A Redis without I/O: see `redstart_core::engine`. Clients are named by their slot, which none else has while they are connected.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    engine: engine::Engine,
    clients: Vec<Option<ClientId>>,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    /// The reader of changes, while `keep_journal` is on.
    changes: Option<ReaderId>,
}

#[wasm_bindgen]
impl Engine {
    /// An empty engine. `parameters` are names and values of the configuration in turn, each with a NUL behind it.
    ///
    /// # Errors
    /// When one of them is none, or has no such value.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u64, parameters: &str, host: Host, now: f64) -> Result<Self, String> {
        let mut config = Config { memory_ceiling: Some(MEMORY_CEILING_BYTES), ..Config::default() };
        let mut words = parameters.split_terminator('\0');
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            let parameter = Config::parameter(name.as_bytes())
                .ok_or_else(|| ["there is no parameter '", name, "'"].concat())?;
            config.set(parameter, value.as_bytes()).map_err(|_| {
                ["'", value, "' is no value of the parameter '", name, "'"].concat()
            })?;
        }
        if config.databases > DATABASES {
            return Err(["databases must be at most ", &DATABASES.to_string()].concat());
        }
        let engine = engine::Engine::with_host(config, Seed(seed), Box::new(host), time(now));
        Ok(Self {
            engine,
            clients: Vec::new(),
            inbox: Vec::new(),
            outbox: Vec::new(),
            changes: None,
        })
    }

    /// A client has come, over TCP from `address` or, without one, from this process. Returns its slot.
    ///
    /// # Errors
    /// The error reply that tells why it was refused.
    pub fn connect(&mut self, address: Option<String>, now: f64) -> Result<usize, Vec<u8>> {
        let peer = match address {
            None => Peer::local(),
            Some(address) => Peer { address, transport: Transport::Tcp, ..Peer::local() },
        };
        let client = self.engine.connect(peer, time(now)).map_err(|refused| refused.reply())?;
        if client.slot() >= self.clients.len() {
            self.clients.resize(client.slot() + 1, None);
        }
        self.clients[client.slot()] = Some(client);
        Ok(client.slot())
    }

    /// The number that `CLIENT ID` tells.
    #[must_use]
    pub fn client_id(&self, slot: usize) -> f64 {
        self.client(slot).map_or(0.0, |client| client.serial() as f64)
    }

    /// A client is gone.
    pub fn disconnect(&mut self, slot: usize) {
        if let Some(client) = self.clients.get_mut(slot).and_then(Option::take) {
            self.engine.disconnect(client);
        }
    }

    /// Where to write `len_bytes` bytes for `receive`. The address holds until this is called again.
    pub fn inbox(&mut self, len_bytes: usize) -> *const u8 {
        if self.inbox.len() < len_bytes {
            self.inbox.resize(len_bytes, 0);
        }
        self.inbox.as_ptr()
    }

    /// A client has sent the first `len_bytes` bytes of the inbox. Returns whether there are effects to poll.
    pub fn receive(&mut self, slot: usize, len_bytes: usize, now: f64) -> bool {
        if let Some(client) = self.client(slot) {
            let bytes = &self.inbox[..len_bytes.min(self.inbox.len())];
            self.engine.receive(client, bytes, time(now));
        }
        self.engine.has_effects()
    }

    /// Whether more of a client's bytes should be passed on.
    #[must_use]
    pub fn wants_input(&self, slot: usize) -> bool {
        self.client(slot).is_some_and(|client| self.engine.wants_input(client))
    }

    /// Whether a client waits, and its next reply will come of itself.
    #[must_use]
    pub fn is_blocked(&self, slot: usize) -> bool {
        self.client(slot).is_some_and(|client| self.engine.is_blocked(client))
    }

    /// Copies a client's output to the outbox, up to `OUTBOX_BYTES`. Returns the number of bytes.
    /// Large replies are read piece by piece, so that they are never here twice.
    pub fn output(&mut self, slot: usize) -> usize {
        self.clear_outbox();
        if let Some(client) = self.client(slot) {
            for slice in self.engine.output(client).slices() {
                let room = OUTBOX_BYTES - self.outbox.len();
                self.outbox.extend_from_slice(&slice[..room.min(slice.len())]);
                if slice.len() >= room {
                    break;
                }
            }
        }
        self.outbox.len()
    }

    /// Where the outbox is, until it is filled again.
    #[must_use]
    pub fn outbox(&self) -> *const u8 {
        self.outbox.as_ptr()
    }

    /// How many bytes are there.
    #[must_use]
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// A client was sent the first `len_bytes` bytes of its output.
    pub fn consume(&mut self, slot: usize, len_bytes: usize, now: f64) {
        if let Some(client) = self.client(slot) {
            self.engine.consume(client, len_bytes, time(now));
        }
    }

    /// Whether there is nothing to do: no effect to poll, and nobody for whom time must pass.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        !self.engine.has_effects() && !self.engine.awaits_time()
    }

    /// Does what is due, and returns when it must be called again.
    pub fn tick(&mut self, now: f64) -> f64 {
        self.engine.tick(time(now)).0 as f64
    }

    /// When something happens of itself that a client can see, if at all: no tick is needed before.
    #[must_use]
    pub fn next_due(&self, now: f64) -> f64 {
        self.engine.next_due(time(now)).map_or(f64::INFINITY, |due| due.0 as f64)
    }

    /// Whether a client waits for nothing but time to pass.
    #[must_use]
    pub fn awaits_time(&self) -> bool {
        self.engine.awaits_time()
    }

    /// What the caller is asked to do next: four times a client's slot, and 0 to read its output, 1 to close its connection
    /// and `disconnect` it, 2 for both; 3 when somebody sent `SHUTDOWN`; -1 for nothing.
    pub fn poll_effect(&mut self) -> i32 {
        match self.engine.poll_effect() {
            None => -1,
            Some(Effect::Shutdown) => 3,
            Some(Effect::Write(client)) => (client.slot() << 2) as i32,
            Some(Effect::Close { client, flush }) => {
                (client.slot() << 2) as i32 | if flush { 2 } else { 1 }
            }
        }
    }

    /// Hands all data, as an RDB file, to `Host::part`.
    pub fn snapshot(&mut self, host: &Host, now: f64) {
        self.engine.write_snapshot(time(now), &mut |bytes| host.part(bytes));
    }

    /// Reads all data from an RDB file, the first `len_bytes` bytes of the inbox, which is given up.
    ///
    /// # Errors
    /// Why it cannot be read. Then there is what was there before.
    pub fn load(&mut self, len_bytes: usize, now: f64) -> Result<(), String> {
        let file = core::mem::take(&mut self.inbox);
        let file = &file[..len_bytes.min(file.len())];
        self.engine.load(file, time(now)).map_err(|error| text(&error))
    }

    /// Does the same, but leaves out the values that cannot be decoded. Writes these to the outbox as replies, an array each: the
    /// database, the key, the type, the reason, and where the key begins in the file. Returns how long that is.
    ///
    /// # Errors
    /// As `load`.
    pub fn load_decodable(&mut self, len_bytes: usize, now: f64) -> Result<usize, String> {
        let file = core::mem::take(&mut self.inbox);
        let file = &file[..len_bytes.min(file.len())];
        let left_out = self.engine.load_decodable(file, time(now)).map_err(|error| text(&error))?;
        let mut output = Output::default();
        for bad in &left_out {
            write_bad_value(&mut output, bad);
        }
        self.outbox.clear();
        self.outbox.extend(output.slices().flatten());
        Ok(self.outbox.len())
    }

    /// Starts or stops recording changes, for `journal`. What was run before, to bring the data back, does not count in `INFO`.
    pub fn keep_journal(&mut self, is_kept: bool) {
        match (is_kept, self.changes) {
            (true, None) => {
                self.changes = Some(self.engine.follow_changes());
                self.engine.reset_statistics();
            }
            (false, Some(reader)) => {
                self.engine.unfollow_changes(reader);
                self.changes = None;
            }
            _ => {}
        }
    }

    /// Writes to the outbox, as commands, the changes since the last call, and returns their length.
    pub fn journal(&mut self) -> usize {
        self.outbox =
            self.changes.map(|reader| self.engine.take_changes(reader)).unwrap_or_default();
        self.outbox.len()
    }

    /// Applies the changes that `journal` has recorded, the first `len_bytes` bytes of the inbox, which is
    /// given up.
    ///
    /// # Errors
    /// The reason why they cannot be read.
    pub fn replay(&mut self, len_bytes: usize, now: f64) -> Result<(), String> {
        let journal = core::mem::take(&mut self.inbox);
        let journal = &journal[..len_bytes.min(journal.len())];
        self.engine.apply_changes(journal, time(now)).map_err(|error| text(&error))
    }

    /// How often data was changed.
    #[must_use]
    pub fn changes(&self) -> f64 {
        self.engine.changes() as f64
    }

    /// Writes to the outbox, as replies, the keys of a database from `cursor` on, but no more than about `count`: an array each.
    /// Returns where to go on, 0 at the end.
    pub fn view_keys(&mut self, database: usize, cursor: u64, count: usize, now: f64) -> u64 {
        let mut output = Output::default();
        let (mut next, mut seen) = (cursor, 0);
        loop {
            next = self.engine.view_keys(database, next, time(now), &mut |key| {
                write_view(&mut output, &key);
                seen += 1;
            });
            if next == 0 || seen >= count {
                break;
            }
        }
        self.clear_outbox();
        output.slices().for_each(|slice| self.outbox.extend_from_slice(slice));
        next
    }

    /// Writes to the outbox the reply to a request that reads, the first `len_bytes` bytes of the inbox, and returns how long that is.
    pub fn ask(&mut self, database: usize, len_bytes: usize, now: f64) -> usize {
        let mut output = Output::default();
        let request = &self.inbox[..len_bytes.min(self.inbox.len())];
        self.engine.ask(database, request, time(now), &mut output);
        self.clear_outbox();
        output.slices().for_each(|slice| self.outbox.extend_from_slice(slice));
        self.outbox.len()
    }

    /// How many keys a database has, and how many of them expire: -1 where there is no such database.
    #[must_use]
    pub fn keys(&self, database: usize) -> f64 {
        self.engine.sizes(database).map_or(-1.0, |(keys, _)| keys as f64)
    }

    /// How many keys of a database expire.
    #[must_use]
    pub fn expiring_keys(&self, database: usize) -> f64 {
        self.engine.sizes(database).map_or(-1.0, |(_, expiring)| expiring as f64)
    }

    /// Empties the outbox, and gives it up if it has grown large.
    fn clear_outbox(&mut self) {
        self.outbox.clear();
        if self.outbox.capacity() > OUTBOX_BYTES {
            self.outbox = Vec::new();
        }
    }

    fn client(&self, slot: usize) -> Option<ClientId> {
        self.clients.get(slot).copied().flatten()
    }
}

fn write_view(output: &mut Output, key: &KeyView<'_>) {
    let mut reply = Reply::new(output, Protocol::Resp3);
    reply.array(5);
    reply.bulk(key.key);
    reply.simple(key.value_type.name());
    reply.simple(key.encoding);
    reply.integer(key.ttl_ms.map_or(-1, |ttl_ms| ttl_ms as i64));
    reply.integer(key.len as i64);
}

fn write_bad_value(output: &mut Output, bad: &BadValue) {
    let mut reply = Reply::new(output, Protocol::Resp3);
    reply.array(5);
    reply.integer(bad.database as i64);
    reply.bulk(&bad.key);
    reply.simple(bad.value_type.name());
    reply.simple(bad.reason);
    reply.integer(bad.offset as i64);
}

fn text(error: &Error) -> String {
    String::from_utf8_lossy(error.text()).into_owned()
}

fn time(micros: f64) -> UnixMicros {
    UnixMicros(micros as u64)
}
