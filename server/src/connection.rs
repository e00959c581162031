//! A connection: passes bytes from its socket to the engine, and replies back.
//!
//! Sockets are registered edge-triggered: the system reports new input only once, so the connection
//! must remember it until a read shows that nothing is left. For a stream socket a short read is as
//! conclusive as one that would block: there was less input than buffer space, so later input
//! triggers a new edge. The same holds for a short write. This saves the second read (and its
//! `EAGAIN`) of each request, which is a third of all system calls when clients do not pipeline.
//! The exception is a peer that has closed the connection: its end of file triggers no new edge, so
//! the connection reads until it sees it.
//!
//! A large argument is not read into the buffer shared by all clients but directly into its
//! destination in the engine. From a client that sends such arguments, only the head of a request
//! is read first, because it determines the destination of the rest.
//!
//! Writes are attempted at once, without waiting for writability. Only a connection whose socket is
//! full is registered for writability, until its output is written.

use core::iter;
use std::io::{self, ErrorKind, IoSlice};

use mio::event::Event;
use mio::{Interest, Registry, Token};
use redstart_core::client::ClientId;
use redstart_core::engine::Engine;
use redstart_core::limits;
use redstart_core::time::UnixMicros;

use crate::stream::{Moved, Stream};

/// The maximum number of slices in one vectored write.
const MAX_SLICES: usize = 64;

/// The maximum input of a client per turn: some hundreds of requests, so that other clients do not
/// wait long.
const TURN_BYTES: usize = 16 * 1024;
/// The same for large requests: a request with a 64 KiB value is read in one piece.
const LARGE_TURN_BYTES: usize = 128 * 1024;
/// The minimum size of a large request.
const LARGE_REQUEST_BYTES: u64 = 1024;
/// The minimum size of requests that consist mostly of an argument with its own buffer.
const HUGE_REQUEST_BYTES: u64 = limits::BIG_ARG_LEN_BYTES as u64;
/// The same for requests that arrive faster than they are served and mostly bypass the shared
/// buffer.
const LARGE_ARGUMENT_TURN_BYTES: usize = 256 * 1024;
/// The initial read of a request that is expected to have a large argument: its head.
const HEAD_BYTES: usize = 2 * 1024;

/// The socket and the state of a connected client.
#[derive(Debug)]
pub(crate) struct Connection {
    client: ClientId,
    stream: Stream,
    /// Input or the end of file may be waiting to be read.
    has_input: bool,
    /// The peer has closed its side: a short read is followed by an end of file that no event
    /// announces.
    peer_has_closed: bool,
    /// The size of recent requests.
    sends: Size,
    turn: Turn,
    /// The last write was incomplete.
    is_full: bool,
    /// The socket is registered for writability.
    awaits_room: bool,
    /// The connection is closed once the output is written.
    is_ending: bool,
    /// Writes to the peer fail: its requests are still executed, its replies are dropped.
    write_failed: bool,
    /// The connection is in the event loop's list of connections to serve.
    pub(crate) is_listed: bool,
}

/// The average size of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Small,
    Large,
    Huge,
}

/// The input of a client in the current turn, or the last one.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    bytes: usize,
    requests: u64,
}

impl Turn {
    const fn size(self) -> Size {
        match self.bytes as u64 {
            bytes if bytes > self.requests * HUGE_REQUEST_BYTES => Size::Huge,
            bytes if bytes > self.requests * LARGE_REQUEST_BYTES => Size::Large,
            _ => Size::Small,
        }
    }
}

/// The next action for a served connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Waits for an event or an effect.
    Wait,
    /// Has more input: is served again after the other connections.
    Again,
    /// Is to be closed.
    Close,
}

/// The result of reading from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// This many bytes to serve.
    Bytes(usize),
    /// Nothing to serve.
    Nothing(Next),
}

impl Connection {
    /// Creates the connection of a client accepted by the engine, and registers it with `registry`.
    pub(crate) fn open(
        client: ClientId,
        mut stream: Stream,
        registry: &Registry,
    ) -> io::Result<Self> {
        stream.source().register(registry, Token(client.slot()), Interest::READABLE)?;
        Ok(Self {
            client,
            stream,
            has_input: false,
            peer_has_closed: false,
            sends: Size::Small,
            turn: Turn::default(),
            is_full: false,
            awaits_room: false,
            is_ending: false,
            write_failed: false,
            is_listed: false,
        })
    }

    pub(crate) const fn client(&self) -> ClientId {
        self.client
    }

    /// Returns the space that the connection needs in the shared buffer.
    pub(crate) fn room_bytes(&self) -> usize {
        let turn_bytes = if self.sends == Size::Small { TURN_BYTES } else { LARGE_TURN_BYTES };
        turn_bytes.max(self.stream.least_room_bytes())
    }

    /// Records an event of the socket.
    pub(crate) fn note(&mut self, event: &Event) {
        let is_broken = event.is_error() || event.is_write_closed();
        self.peer_has_closed |= event.is_read_closed() || is_broken;
        self.has_input |= event.is_readable() || self.peer_has_closed;
        self.is_full &= !(event.is_writable() || is_broken);
        self.write_failed |= is_broken;
    }

    /// Writes pending output, then reads once into `room`. If `takes_spare` is set, input that
    /// belongs to a large argument is read directly into the engine's buffer first.
    pub(crate) fn fill(
        &mut self,
        engine: &mut Engine,
        room: &mut [u8],
        registry: &Registry,
        now: UnixMicros,
        takes_spare: bool,
    ) -> Fill {
        if self.awaits_room && self.write(engine, registry, now).is_err() {
            return Fill::Nothing(Next::Close);
        }
        self.turn = Turn::default();
        let takes_spare = takes_spare
            && self.stream.can_read_to_spare()
            && (self.sends == Size::Huge || engine.large_argument_buffer(self.client).is_some());
        let len_bytes = match self.may_read(engine) {
            false => Ok(0),
            true if takes_spare => self.read_apart(engine, room, now),
            true => self.read(room),
        };
        if self.stream.owes_bytes() && self.write(engine, registry, now).is_err() {
            return Fill::Nothing(Next::Close);
        }
        match len_bytes {
            Ok(0) if self.turn.bytes == 0 => Fill::Nothing(self.next(engine)),
            Ok(len_bytes) => Fill::Bytes(len_bytes),
            Err(_) => Fill::Nothing(Next::Close),
        }
    }

    /// Reads the rest of a large argument into its buffer, then the head of what follows into
    /// `room`. Repeats if that ends in another large argument. Returns the number of bytes in
    /// `room` to serve.
    fn read_apart(
        &mut self,
        engine: &mut Engine,
        room: &mut [u8],
        now: UnixMicros,
    ) -> io::Result<usize> {
        loop {
            if let Some(spare) = engine.large_argument_buffer(self.client) {
                let wanted = spare.capacity() - spare.len();
                let result = self.stream.read_to_spare(spare);
                if self.note_read(result)? < wanted {
                    return Ok(0);
                }
            }
            let len_bytes = self.read(&mut room[..HEAD_BYTES])?;
            if len_bytes < HEAD_BYTES || self.turn.bytes > LARGE_ARGUMENT_TURN_BYTES {
                return Ok(len_bytes);
            }
            self.turn.requests += engine.receive(self.client, &room[..len_bytes], now);
            if !self.may_read(engine) || engine.large_argument_buffer(self.client).is_none() {
                return Ok(0);
            }
        }
    }

    /// Reads once, and updates whether there is more to read.
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let result = self.stream.read(room);
        self.note_read(result)
    }

    fn note_read(&mut self, result: io::Result<Moved>) -> io::Result<usize> {
        match result {
            Ok(Moved { len_bytes: 0, .. }) => self.is_ending = true,
            Ok(Moved { len_bytes, at_edge }) => {
                self.has_input = !at_edge || self.peer_has_closed;
                self.turn.bytes += len_bytes;
                return Ok(len_bytes);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.has_input = false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(0)
    }

    /// Passes the input to the engine.
    pub(crate) fn serve(&mut self, engine: &mut Engine, bytes: &[u8], now: UnixMicros) {
        self.turn.requests += engine.receive(self.client, bytes, now);
        self.sends = self.turn.size();
    }

    /// Writes the client's current output.
    pub(crate) fn flush(
        &mut self,
        engine: &mut Engine,
        registry: &Registry,
        now: UnixMicros,
    ) -> Next {
        match self.write(engine, registry, now) {
            Ok(()) => self.next(engine),
            Err(_) => Next::Close,
        }
    }

    /// Closes the connection once its output is written.
    pub(crate) fn end(
        &mut self,
        engine: &mut Engine,
        registry: &Registry,
        now: UnixMicros,
    ) -> Next {
        self.is_ending = true;
        self.flush(engine, registry, now)
    }

    fn may_read(&self, engine: &Engine) -> bool {
        self.has_input && !self.is_ending && engine.wants_input(self.client)
    }

    fn next(&self, engine: &Engine) -> Next {
        if self.may_read(engine) {
            Next::Again
        } else if engine.awaits_turn(self.client) {
            // Its requests run even if it has hung up; an effect follows.
            Next::Wait
        } else if self.write_failed
            || self.is_ending && engine.output(self.client).is_empty()
            || self.peer_has_closed && engine.is_blocked(self.client)
        {
            Next::Close
        } else {
            Next::Wait
        }
    }

    /// Writes the current output only: consuming it may resume the client, whose further output is
    /// written in the next round.
    fn write(
        &mut self,
        engine: &mut Engine,
        registry: &Registry,
        now: UnixMicros,
    ) -> io::Result<()> {
        let mut left = engine.output(self.client).len();
        while (left > 0 || self.stream.owes_bytes()) && !self.is_full {
            if self.write_failed {
                engine.consume(self.client, left, now);
                break;
            }
            let Some(written) = self.write_once(engine) else { break };
            engine.consume(self.client, written, now);
            left = left.saturating_sub(written);
        }
        let is_waiting = self.stream.owes_bytes() || !engine.output(self.client).is_empty();
        self.await_room(registry, self.is_full && is_waiting)
    }

    /// Writes as many slices as possible at once. Returns the number of bytes written, if there was
    /// anything to write.
    fn write_once(&mut self, engine: &Engine) -> Option<usize> {
        let mut slices = engine.output(self.client).slices();
        let result = match (slices.next(), slices.next()) {
            (None, _) if !self.stream.owes_bytes() => return None,
            (None, _) => self.stream.write_vectored(&[]),
            (Some(only), None) => self.stream.write(only),
            (Some(first), Some(second)) => {
                let mut vector = [IoSlice::new(first); MAX_SLICES];
                let mut len = 1;
                for (place, slice) in vector[1..].iter_mut().zip(iter::once(second).chain(slices)) {
                    *place = IoSlice::new(slice);
                    len += 1;
                }
                self.stream.write_vectored(&vector[..len])
            }
        };
        match result {
            Ok(Moved { len_bytes, at_edge }) => {
                self.is_full = at_edge;
                return Some(len_bytes);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_full = true,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => {
                // Input sent before the peer closed must still be read.
                self.write_failed = true;
                self.peer_has_closed = true;
                self.has_input = true;
            }
        }
        Some(0)
    }

    fn await_room(&mut self, registry: &Registry, awaits_room: bool) -> io::Result<()> {
        if awaits_room == self.awaits_room {
            return Ok(());
        }
        self.awaits_room = awaits_room;
        let interest =
            if awaits_room { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.stream.source().reregister(registry, Token(self.client.slot()), interest)
    }
}
