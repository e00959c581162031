//! The event loop: waits for sockets, passes input to the engine and writes its replies, all on a
//! single thread.
//!
//! A round consists of one wait for events, one reading of the clock, and for each ready client one
//! read, one `receive` and one write. All clients share one buffer. As many clients as fit into it
//! are read before the first of them is served, so that the engine can prefetch their keys instead
//! of waiting for memory key by key. All of them are served before the first reply is written, so
//! that the engine and the kernel each run in a batch with their code and data in the cache. A
//! client with more input than its turn allows is served in the next round after the other clients,
//! and that round does not wait for events, so no client can monopolize the loop.

use core::cell::RefCell;
use core::mem;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use mio::event::Event;
use mio::{Events, Interest, Poll, Token};
use redstart_core::client::{ClientId, Peer};
use redstart_core::engine::Engine;
use redstart_core::instance::Effect;
use redstart_core::time::UnixMicros;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use crate::clock;
use crate::connection::{Connection, Fill, Next};
use crate::listener::{Accepted, Listeners};
use crate::log::Log;
use crate::recorder::Recorder;
use crate::stream::Stream;

/// The total input read before it is served. It fits the L2 cache.
const READ_BUFFER_BYTES: usize = 512 * 1024;
/// The maximum number of events per wait; further events are reported by the next one.
const MAX_EVENTS: usize = 1024;
/// The maximum number of clients accepted per round.
const MAX_ACCEPTS: usize = 1000;
/// The delay before accepting again after running out of descriptors, unless a client disconnects
/// earlier.
const ACCEPT_RETRY_US: u64 = 1_000_000;
const SIGNALS: Token = Token(usize::MAX - 1);

/// The server's components, and the state kept between rounds.
pub(crate) struct EventLoop {
    engine: Engine,
    poll: Poll,
    listeners: Rc<RefCell<Listeners>>,
    signals: Signals,
    log: Rc<Log>,
    /// Connections by the slot of the client's id, which is also the socket's token.
    connections: Vec<Option<Connection>>,
    /// Slots of the connections to serve in the next round.
    listed: Vec<usize>,
    /// Slots of the connections to serve in this round; empty between rounds.
    serving: Vec<usize>,
    /// Slots of the connections that have been read and are to be served, each with the number of
    /// its bytes in the read buffer; empty between rounds.
    filled: Vec<(usize, usize)>,
    /// Effects to perform in the next round.
    effects: Vec<Effect>,
    /// The time until which no clients are accepted, because no descriptors are left.
    accept_again_at: Option<UnixMicros>,
    read_buffer: Box<[u8]>,
    recorder: Option<Recorder>,
    end: Option<End>,
}

/// The reason for leaving the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A client sent `SHUTDOWN`.
    Command,
    /// The process received `SIGTERM` or `SIGINT`.
    Signal(i32),
}

impl EventLoop {
    pub(crate) fn new(
        engine: Engine,
        poll: Poll,
        listeners: Rc<RefCell<Listeners>>,
        log: Rc<Log>,
        recorder: Option<Recorder>,
    ) -> io::Result<Self> {
        // A closed terminal must not stop the server; handling its signal prevents that.
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        Ok(Self {
            engine,
            poll,
            listeners,
            signals,
            log,
            connections: Vec::new(),
            listed: Vec::new(),
            serving: Vec::new(),
            filled: Vec::new(),
            effects: Vec::new(),
            accept_again_at: None,
            read_buffer: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
            recorder,
            end: None,
        })
    }

    /// Serves clients until the server is stopped.
    pub(crate) fn run(mut self) -> io::Result<End> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        let mut now = self.now();
        loop {
            self.record(|recorder| recorder.tick(now));
            let tick_at = self.engine.tick(now);
            self.carry_out_effects(now);
            if let Some(end) = self.end {
                return Ok(end);
            }
            match self.poll.poll(&mut events, Some(self.poll_timeout(now, tick_at))) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => now = self.now(),
            }
            for event in &events {
                self.note(event);
            }
            self.serve_listed(now);
            self.accept(now);
            self.save_recording();
        }
    }

    /// Returns the time of this round.
    fn now(&self) -> UnixMicros {
        let now = clock::now();
        self.recorder.as_ref().map_or(now, |recorder| recorder.not_before(now))
    }

    fn record(&mut self, event: impl FnOnce(&mut Recorder)) {
        if let Some(recorder) = &mut self.recorder {
            event(recorder);
        }
    }

    fn save_recording(&mut self) {
        if let Some(error) = self.recorder.as_mut().and_then(Recorder::flush) {
            self.log.warning("Cannot write the recording, which ends here", &[("error", &error)]);
        }
    }

    /// Returns the timeout of the wait for events.
    fn poll_timeout(&self, now: UnixMicros, tick_at: UnixMicros) -> Duration {
        let accept_at = match self.accept_again_at {
            Some(at) => at,
            None if self.listeners.borrow().have_clients() => now,
            None => tick_at,
        };
        if !self.listed.is_empty() || !self.effects.is_empty() {
            return Duration::ZERO;
        }
        Duration::from_micros(tick_at.min(accept_at).since(now))
    }

    fn note(&mut self, event: &Event) {
        let token = event.token();
        if let Some(Some(connection)) = self.connections.get_mut(token.0) {
            connection.note(event);
            list(connection, &mut self.listed);
        } else if token == SIGNALS {
            let mut ends = self.signals.pending().filter(|&signal| signal != SIGHUP);
            self.end = ends.next().map(End::Signal).or(self.end);
        } else {
            self.listeners.borrow_mut().note(token);
        }
    }

    fn serve_listed(&mut self, now: UnixMicros) {
        mem::swap(&mut self.listed, &mut self.serving);
        let mut serving = mem::take(&mut self.serving);
        let mut left = serving.as_slice();
        while !left.is_empty() {
            let seen = self.read_some(left, now);
            left = &left[seen..];
            self.serve_filled(now);
        }
        serving.clear();
        self.serving = serving;
    }

    /// Reads from connections, in order, until the buffer is full. Returns the number of
    /// connections processed.
    fn read_some(&mut self, slots: &[usize], now: UnixMicros) -> usize {
        let mut used = 0;
        // Recorded input must pass through the buffer.
        let takes_spare = self.recorder.is_none();
        for (seen, &slot) in slots.iter().enumerate() {
            let Some(Some(connection)) = self.connections.get_mut(slot) else { continue };
            let turn = used..used + connection.room_bytes();
            let Some(room) = self.read_buffer.get_mut(turn) else { return seen };
            connection.is_listed = false;
            match connection.fill(&mut self.engine, room, self.poll.registry(), now, takes_spare) {
                Fill::Bytes(len_bytes) => {
                    if slots.len() > 1 {
                        self.engine.prefetch(connection.client(), &room[..len_bytes]);
                    }
                    self.filled.push((slot, len_bytes));
                    used += len_bytes;
                }
                Fill::Nothing(next) => self.follow(slot, next),
            }
        }
        slots.len()
    }

    /// Passes the input to the engine, then writes all replies.
    fn serve_filled(&mut self, now: UnixMicros) {
        let mut start = 0;
        if self.recorder.is_some() {
            return self.serve_one_by_one(now);
        }
        for &(slot, len_bytes) in &self.filled {
            let bytes = &self.read_buffer[start..start + len_bytes];
            start += len_bytes;
            if let Some(Some(connection)) = self.connections.get_mut(slot) {
                connection.serve(&mut self.engine, bytes, now);
            }
        }
        let mut filled = mem::take(&mut self.filled);
        for (slot, _) in filled.drain(..) {
            if let Some(Some(connection)) = self.connections.get_mut(slot) {
                let next = connection.flush(&mut self.engine, self.poll.registry(), now);
                self.follow(slot, next);
            }
        }
        self.filled = filled;
    }

    /// Serves connections while recording: all effects of one client's input are performed before
    /// the next client is served, as they will be on replay.
    fn serve_one_by_one(&mut self, now: UnixMicros) {
        let (mut filled, mut start) = (mem::take(&mut self.filled), 0);
        for (slot, len_bytes) in filled.drain(..) {
            let bytes = &self.read_buffer[start..start + len_bytes];
            start += len_bytes;
            // An effect of the previous client may have closed this one.
            let Some(Some(connection)) = self.connections.get_mut(slot) else { continue };
            if let Some(recorder) = &mut self.recorder {
                recorder.receive(slot, bytes, now);
            }
            connection.serve(&mut self.engine, bytes, now);
            let next = connection.flush(&mut self.engine, self.poll.registry(), now);
            self.follow(slot, next);
            self.carry_out_effects(now);
        }
        self.filled = filled;
    }

    fn follow(&mut self, slot: usize, next: Next) {
        match next {
            Next::Wait => {}
            Next::Again => {
                if let Some(connection) = &mut self.connections[slot] {
                    list(connection, &mut self.listed);
                }
            }
            Next::Close => self.close(slot),
        }
    }

    fn close(&mut self, slot: usize) {
        if let Some(connection) = self.connections[slot].take() {
            self.record(|recorder| recorder.disconnect(slot));
            self.engine.disconnect(connection.client());
            // A waiting client may need its descriptor.
            self.accept_again_at = None;
        }
    }

    /// Performs the effects requested by the engine. Effects requested meanwhile (such as by a
    /// resumed client) are performed in the next round.
    fn carry_out_effects(&mut self, now: UnixMicros) {
        let mut effects = mem::take(&mut self.effects);
        effects.extend(core::iter::from_fn(|| self.engine.poll_effect()));
        for effect in effects.drain(..) {
            match effect {
                Effect::Write(client) => {
                    self.with(client, |connection, engine, poll| {
                        connection.flush(engine, poll.registry(), now)
                    });
                }
                Effect::Close { client, flush: true } => {
                    self.with(client, |connection, engine, poll| {
                        connection.end(engine, poll.registry(), now)
                    });
                }
                Effect::Close { client, flush: false } => self.with(client, |_, _, _| Next::Close),
                Effect::Shutdown => self.end = Some(End::Command),
            }
        }
        effects.extend(core::iter::from_fn(|| self.engine.poll_effect()));
        self.effects = effects;
    }

    /// Calls a function on the connection of a client, if it still exists.
    fn with(
        &mut self,
        client: ClientId,
        act: impl FnOnce(&mut Connection, &mut Engine, &Poll) -> Next,
    ) {
        let slot = client.slot();
        if let Some(Some(connection)) = self.connections.get_mut(slot)
            && connection.client() == client
        {
            let next = act(connection, &mut self.engine, &self.poll);
            self.follow(slot, next);
        }
    }

    fn accept(&mut self, now: UnixMicros) {
        if self.accept_again_at.is_some_and(|at| now < at) {
            return;
        }
        self.accept_again_at = None;
        let keepalive_seconds = u64::try_from(self.engine.config().tcp_keepalive).unwrap_or(0);
        for _ in 0..MAX_ACCEPTS {
            let accepted = self.listeners.borrow_mut().accept(keepalive_seconds);
            match accepted {
                Accepted::Client(stream, peer) => self.admit(stream, peer, now),
                Accepted::Gone => {}
                Accepted::NoDescriptor => {
                    self.accept_again_at = Some(UnixMicros(now.0 + ACCEPT_RETRY_US));
                    return;
                }
                Accepted::Nobody => return,
            }
        }
    }

    fn admit(&mut self, mut stream: Stream, peer: Peer, now: UnixMicros) {
        let address = peer.address.clone();
        self.record(|recorder| recorder.connect(&address, now));
        let client = match self.engine.connect(peer, now) {
            Ok(client) => client,
            Err(refused) => {
                self.log.verbose("Rejected a client", &[("address", &address)]);
                let _ = stream.write(&refused.reply());
                return;
            }
        };
        self.log.verbose("Accepted", &[("address", &address)]);
        match Connection::open(client, stream, self.poll.registry()) {
            Ok(connection) => {
                let slot = client.slot();
                if self.connections.len() <= slot {
                    self.connections.resize_with(slot + 1, || None);
                }
                self.connections[slot] = Some(connection);
            }
            Err(error) => {
                self.log
                    .warning("Cannot serve a client", &[("address", &address), ("error", &error)]);
                self.engine.disconnect(client);
            }
        }
    }
}

fn list(connection: &mut Connection, listed: &mut Vec<usize>) {
    if !connection.is_listed {
        connection.is_listed = true;
        listed.push(connection.client().slot());
    }
}
