//! The engine for JavaScript: its entry points, and nothing else. The interpretation of replies,
//! the scheduling of ticks and the choice of the clock are in `npm/src`.
//!
//! Bytes are exchanged through two buffers in this module's memory, because every other way
//! allocates on each call: the caller writes a client's bytes to the address that [`Engine::inbox`]
//! returns, and reads a client's output from [`Engine::outbox`]. Everything else is numbers: a
//! client is identified by its slot, and time is in microseconds since the Unix epoch, which is
//! exact until the year 2255 and, unlike a `BigInt`, needs no allocation. The only JavaScript
//! object that is kept here is the [`Host`], so a copy of this module's memory is a copy of the
//! engine.

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
    /// The services that the engine may request from its page or process.
    #[derive(Debug)]
    pub type Host;

    /// Returns the microseconds of a monotonic clock.
    #[wasm_bindgen(method)]
    fn monotonic(this: &Host) -> f64;

    /// Blocks for a time, for `DEBUG SLEEP`.
    #[wasm_bindgen(method)]
    fn sleep(this: &Host, micros: f64);

    /// Receives the next part of a snapshot. The bytes are valid during the call only.
    #[wasm_bindgen(method)]
    fn part(this: &Host, bytes: &[u8]);
}

/// The maximum number of bytes that a database may use. This module addresses four times as much:
/// an allocator needs room to copy what grows, and every request and reply passes through buffers
/// here.
const MEMORY_CEILING_BYTES: usize = 1 << 30;

/// The maximum number of databases: each uses memory even if it is empty.
const DATABASES: i64 = 65_536;

/// The bytes that the outbox keeps between two calls, and the maximum that one `output` fills.
const OUTBOX_BYTES: usize = 256 * 1024;

impl host::Host for Host {
    fn monotonic_ns(&self) -> u64 {
        (self.monotonic() * 1_000.0) as u64
    }

    fn sleep(&self, micros: u64) {
        Self::sleep(self, micros as f64);
    }
}

/// A Redis without I/O: see `redstart_core::engine`. Clients are identified by their slot, which is
/// unique among connected clients.
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
    /// Creates an empty engine. `parameters` are alternating names and values of the configuration,
    /// each followed by a NUL.
    ///
    /// # Errors
    /// A parameter is unknown, or a value is invalid.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u64, parameters: &str, host: Host, now: f64) -> Result<Self, String> {
        let mut config = Config { memory_ceiling: Some(MEMORY_CEILING_BYTES), ..Config::default() };
        let mut words = parameters.split_terminator('\0');
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            let parameter = Config::parameter(name.as_bytes())
                .ok_or_else(|| ["unknown parameter '", name, "'"].concat())?;
            config
                .set(parameter, value.as_bytes())
                .map_err(|_| ["invalid value '", value, "' for parameter '", name, "'"].concat())?;
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

    /// Connects a client, over TCP from `address` or, without one, from this process. Returns its
    /// slot.
    ///
    /// # Errors
    /// The error reply for the refused client.
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

    /// Returns the id of a client, as `CLIENT ID` does.
    #[must_use]
    pub fn client_id(&self, slot: usize) -> f64 {
        self.client(slot).map_or(0.0, |client| client.serial() as f64)
    }

    /// Removes a client that has disconnected.
    pub fn disconnect(&mut self, slot: usize) {
        if let Some(client) = self.clients.get_mut(slot).and_then(Option::take) {
            self.engine.disconnect(client);
        }
    }

    /// Returns the address to which `len_bytes` bytes must be written for `receive`. It is valid
    /// until the next call.
    pub fn inbox(&mut self, len_bytes: usize) -> *const u8 {
        if self.inbox.len() < len_bytes {
            self.inbox.resize(len_bytes, 0);
        }
        self.inbox.as_ptr()
    }

    /// Accepts the first `len_bytes` bytes of the inbox from a client. Returns `true` if there are
    /// effects to poll.
    pub fn receive(&mut self, slot: usize, len_bytes: usize, now: f64) -> bool {
        if let Some(client) = self.client(slot) {
            let bytes = &self.inbox[..len_bytes.min(self.inbox.len())];
            self.engine.receive(client, bytes, time(now));
        }
        self.engine.has_effects()
    }

    /// Returns `true` if more of a client's bytes should be passed on.
    #[must_use]
    pub fn wants_input(&self, slot: usize) -> bool {
        self.client(slot).is_some_and(|client| self.engine.wants_input(client))
    }

    /// Returns `true` if a client waits, and gets its next reply without sending anything.
    #[must_use]
    pub fn is_blocked(&self, slot: usize) -> bool {
        self.client(slot).is_some_and(|client| self.engine.is_blocked(client))
    }

    /// Copies a client's output to the outbox, up to `OUTBOX_BYTES`. Returns the number of bytes.
    /// Large replies are read in pieces, so that they are never held here twice.
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

    /// Returns the address of the outbox. It is valid until the outbox is filled again.
    #[must_use]
    pub fn outbox(&self) -> *const u8 {
        self.outbox.as_ptr()
    }

    /// Returns the number of bytes in the outbox.
    #[must_use]
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// Removes the first `len_bytes` bytes of a client's output, after they were sent.
    pub fn consume(&mut self, slot: usize, len_bytes: usize, now: f64) {
        if let Some(client) = self.client(slot) {
            self.engine.consume(client, len_bytes, time(now));
        }
    }

    /// Returns `true` if there is nothing to do: no effects to poll, and no client that waits for
    /// time to pass.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        !self.engine.has_effects() && !self.engine.awaits_time()
    }

    /// Does what is due, and returns when it must be called again.
    pub fn tick(&mut self, now: f64) -> f64 {
        self.engine.tick(time(now)).0 as f64
    }

    /// Returns the next time at which a timeout or expiry becomes visible to a client, or infinity
    /// if there is none. No tick is needed before.
    #[must_use]
    pub fn next_due(&self, now: f64) -> f64 {
        self.engine.next_due(time(now)).map_or(f64::INFINITY, |due| due.0 as f64)
    }

    /// Returns `true` if a client waits for time to pass.
    #[must_use]
    pub fn awaits_time(&self) -> bool {
        self.engine.awaits_time()
    }

    /// Returns the next action for the caller: four times a client's slot, plus 0 to read its
    /// output, 1 to close its connection and `disconnect` it, or 2 for both; 3 after `SHUTDOWN`; -1
    /// if there is none.
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

    /// Passes all data, as an RDB file, to `Host::part`.
    pub fn snapshot(&mut self, host: &Host, now: f64) {
        self.engine.write_snapshot(time(now), &mut |bytes| host.part(bytes));
    }

    /// Loads all data from an RDB file, the first `len_bytes` bytes of the inbox, which is
    /// released.
    ///
    /// # Errors
    /// The reason why it cannot be read. The data is unchanged then.
    pub fn load(&mut self, len_bytes: usize, now: f64) -> Result<(), String> {
        let file = core::mem::take(&mut self.inbox);
        let file = &file[..len_bytes.min(file.len())];
        self.engine.load(file, time(now)).map_err(|error| text(&error))
    }

    /// Loads a file like `load`, but leaves out the values that cannot be decoded. Writes these to
    /// the outbox as replies, one array each: the database, the key, the type, the reason, and the
    /// offset of the key in the file. Returns their length.
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

    /// Starts or stops recording changes for `journal`. Commands that ran before, to restore the
    /// data, do not count in `INFO`.
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

    /// Writes the changes since the last call to the outbox, as commands, and returns their length.
    pub fn journal(&mut self) -> usize {
        self.outbox =
            self.changes.map(|reader| self.engine.take_changes(reader)).unwrap_or_default();
        self.outbox.len()
    }

    /// Applies the changes that `journal` has recorded, the first `len_bytes` bytes of the inbox,
    /// which is released.
    ///
    /// # Errors
    /// The reason why they cannot be read.
    pub fn replay(&mut self, len_bytes: usize, now: f64) -> Result<(), String> {
        let journal = core::mem::take(&mut self.inbox);
        let journal = &journal[..len_bytes.min(journal.len())];
        self.engine.apply_changes(journal, time(now)).map_err(|error| text(&error))
    }

    /// Returns the number of changes to data.
    #[must_use]
    pub fn changes(&self) -> f64 {
        self.engine.changes() as f64
    }

    /// Writes keys of a database to the outbox, as replies, one array each: about `count` of them,
    /// starting at `cursor`. Returns the next cursor, 0 at the end.
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

    /// Writes the reply to a read-only request, the first `len_bytes` bytes of the inbox, to the
    /// outbox, and returns its length.
    pub fn ask(&mut self, database: usize, len_bytes: usize, now: f64) -> usize {
        let mut output = Output::default();
        let request = &self.inbox[..len_bytes.min(self.inbox.len())];
        self.engine.ask(database, request, time(now), &mut output);
        self.clear_outbox();
        output.slices().for_each(|slice| self.outbox.extend_from_slice(slice));
        self.outbox.len()
    }

    /// Returns the number of keys of a database, or -1 if it does not exist.
    #[must_use]
    pub fn keys(&self, database: usize) -> f64 {
        self.engine.sizes(database).map_or(-1.0, |(keys, _)| keys as f64)
    }

    /// Returns the number of keys of a database that have a deadline.
    #[must_use]
    pub fn expiring_keys(&self, database: usize) -> f64 {
        self.engine.sizes(database).map_or(-1.0, |(_, expiring)| expiring as f64)
    }

    /// Empties the outbox, and releases its memory if it has grown large.
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
