//! The loop: it waits for sockets, feeds the engine and writes what it answers. All on one thread.
//!
//! A round is one wait for events and one look at the clock; then, for each client with something to do, one read, one
//! `receive` and one write. All clients share one buffer, and as many as fit into it are read before the first of them is
//! served: the engine sees what is coming and fetches the keys meanwhile, where it would wait for memory key by key. All
//! of them are served before the first is written to: so the engine, like the kernel, does the same for all while its
//! code and data are in the cache.
//! A client that has more to read than its turn waits for the next round behind the others, and that round does not wait
//! for events; so nobody can keep the loop to himself.

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

/// What is read before it is served, of all clients together. It stays within a processor's second cache.
const READ_BUFFER_BYTES: usize = 512 * 1024;
/// Events that one wait may tell; the others are told by the next.
const MAX_EVENTS: usize = 1024;
/// Clients that one round accepts.
const MAX_ACCEPTS: usize = 1000;
/// How long after it ran out of descriptors the loop accepts again, if no client has gone before.
const ACCEPT_RETRY_US: u64 = 1_000_000;
const SIGNALS: Token = Token(usize::MAX - 1);

/// What the loop drives, and what it remembers from round to round.
pub(crate) struct EventLoop {
    engine: Engine,
    poll: Poll,
    listeners: Rc<RefCell<Listeners>>,
    signals: Signals,
    log: Rc<Log>,
    /// Indexed by the slot of the client's id, which is also the socket's token.
    connections: Vec<Option<Connection>>,
    /// Slots of the connections to serve in the next round.
    listed: Vec<usize>,
    /// Those to serve in this one; empty between rounds.
    serving: Vec<usize>,
    /// Those that were read and are to be served, with how many bytes each has in the read buffer; empty between rounds.
    filled: Vec<(usize, usize)>,
    /// Effects to carry out in the next round.
    effects: Vec<Effect>,
    /// Until then no client is accepted, for want of descriptors.
    accept_again_at: Option<UnixMicros>,
    read_buffer: Box<[u8]>,
    recorder: Option<Recorder>,
    end: Option<End>,
}

/// Why the loop has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A client sent `SHUTDOWN`.
    Command,
    /// The process got `SIGTERM` or `SIGINT`.
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
        // A terminal that closes is no reason to end: who catches its signal is not ended by it.
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

    /// Serves until somebody ends it.
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
            match self.poll.poll(&mut events, Some(self.patience(now, tick_at))) {
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

    /// The time of this round.
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
            self.log.warning("The recording ends here: it cannot be written", &[("error", &error)]);
        }
    }

    /// How long to wait for events.
    fn patience(&self, now: UnixMicros, tick_at: UnixMicros) -> Duration {
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

    /// Reads from connections, in order, until the buffer is full; returns how many were seen.
    fn read_some(&mut self, slots: &[usize], now: UnixMicros) -> usize {
        let mut used = 0;
        // What is recorded passes through the buffer.
        let takes_spare = self.recorder.is_none();
        for (seen, &slot) in slots.iter().enumerate() {
            let Some(Some(connection)) = self.connections.get_mut(slot) else { continue };
            let turn = used..used + connection.room_bytes();
            let Some(room) = self.read_buffer.get_mut(turn) else { return seen };
            connection.is_listed = false;
            match connection.fill(&mut self.engine, room, self.poll.registry(), now, takes_spare) {
                Fill::Bytes(len_bytes) => {
                    if slots.len() > 1 {
                        self.engine.foresee(connection.client(), &room[..len_bytes]);
                    }
                    self.filled.push((slot, len_bytes));
                    used += len_bytes;
                }
                Fill::Nothing(next) => self.follow(slot, next),
            }
        }
        slots.len()
    }

    /// Lets the engine run what was read, then writes all answers.
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

    /// The same for a recording: what one client's bytes cause has happened before the next one's are served, as it will when
    /// they are replayed.
    fn serve_one_by_one(&mut self, now: UnixMicros) {
        let (mut filled, mut start) = (mem::take(&mut self.filled), 0);
        for (slot, len_bytes) in filled.drain(..) {
            let bytes = &self.read_buffer[start..start + len_bytes];
            start += len_bytes;
            // What the one before has caused may be the end of this one.
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
            // Its descriptor may be the one that a waiting client needs.
            self.accept_again_at = None;
        }
    }

    /// Does what the engine has asked for. What it asks for meanwhile (a client that was written to goes on) is for the
    /// next round.
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

    /// Does something with the connection of a client, if it is still there.
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
                self.log.verbose("Refused a client", &[("address", &address)]);
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
