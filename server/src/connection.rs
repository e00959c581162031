//! One connection: bytes from its socket to the engine, replies back.
//!
//! Sockets are registered edge-triggered, so the system tells once that something has come, and it is for us to remember
//! that until a read has shown that nothing is left. For a stream socket a short read shows as much as one that would
//! block: there was less to read than room for it, so what comes later is a new edge. The same holds for a short write.
//! That spares the second read (and `EAGAIN`) of each request, which is a third of all system calls when clients do not
//! pipeline. The one exception is a peer that has closed: its end of file is no new edge, so it is read up to.
//!
//! A large argument is not read into the buffer that all clients share, but to where the engine wants to keep it. Of a client
//! that sends such arguments only the head of a request is read first, which tells where the rest is to go.
//!
//! Writing is tried at once, without asking whether there is room. Only a connection whose socket is full is registered
//! for writability, and only until its output is written.

use core::iter;
use std::io::{self, ErrorKind, IoSlice};

use mio::event::Event;
use mio::{Interest, Registry, Token};
use redstart_core::client::ClientId;
use redstart_core::engine::Engine;
use redstart_core::limits;
use redstart_core::time::UnixMicros;

use crate::stream::{Moved, Stream};

/// Slices that one vectored write takes.
const MAX_SLICES: usize = 64;

/// What a client may send in a turn: some hundreds of requests, so that the others need not wait long.
const TURN_BYTES: usize = 16 * 1024;
/// What it may send when its requests are large: one with a value of 64 KiB comes in one piece.
const LARGE_TURN_BYTES: usize = 128 * 1024;
/// From this size on, requests are large.
const LARGE_REQUEST_BYTES: u64 = 1024;
/// From this size on, most of a request is an argument that the engine keeps apart.
const HUGE_REQUEST_BYTES: u64 = limits::BIG_ARG_LEN_BYTES as u64;
/// What it may send when they come faster than they are served, and most of it does not go through the shared buffer.
const SPARE_TURN_BYTES: usize = 256 * 1024;
/// What is read of a request that is expected to have a large argument: its head.
const HEAD_BYTES: usize = 2 * 1024;

/// The socket of a connected client, with what is known about it.
#[derive(Debug)]
pub(crate) struct Connection {
    client: ClientId,
    stream: Stream,
    /// Bytes may wait to be read, or the end of file.
    has_input: bool,
    /// The peer sends no more: a short read is followed by an end of file that no event announces.
    peer_has_closed: bool,
    /// How large its latest requests were.
    sends: Size,
    turn: Turn,
    /// The last write did not fit.
    is_full: bool,
    /// The socket is registered for writability.
    awaits_room: bool,
    /// To be closed once the output is written.
    is_ending: bool,
    /// The peer cannot be written to: its requests still count, its replies are dropped.
    is_deaf: bool,
    /// In the event loop's list of connections to serve.
    pub(crate) is_listed: bool,
}

/// How large requests are, on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Small,
    Large,
    Huge,
}

/// What a client has sent in this turn, or the last.
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

/// What is to be done with a connection that was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing until an event or an effect names it.
    Wait,
    /// It has more to read: serve it again after the others.
    Again,
    /// Close it.
    Close,
}

/// What came of reading from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// So many bytes, which are to be served.
    Bytes(usize),
    /// There is nothing to serve.
    Nothing(Next),
}

impl Connection {
    /// The connection of a client that the engine has let in, registered with `registry`.
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
            is_deaf: false,
            is_listed: false,
        })
    }

    pub(crate) const fn client(&self) -> ClientId {
        self.client
    }

    /// How much room it is to be given in the shared buffer.
    pub(crate) fn room_bytes(&self) -> usize {
        let turn_bytes = if self.sends == Size::Small { TURN_BYTES } else { LARGE_TURN_BYTES };
        turn_bytes.max(self.stream.least_room_bytes())
    }

    /// Remembers what the system tells about the socket.
    pub(crate) fn note(&mut self, event: &Event) {
        let is_broken = event.is_error() || event.is_write_closed();
        self.peer_has_closed |= event.is_read_closed() || is_broken;
        self.has_input |= event.is_readable() || self.peer_has_closed;
        self.is_full &= !(event.is_writable() || is_broken);
        self.is_deaf |= is_broken;
    }

    /// Writes what could not be written before, and reads once into `room`, or first what the engine has spare room for,
    /// where it `takes_spare`.
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
            && (self.sends == Size::Huge || engine.spare(self.client).is_some());
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

    /// Reads the rest of a large argument to its place, then the head of what follows into `room`: if that ends with another
    /// large argument, it goes on. Returns how much in `room` is to be served.
    fn read_apart(
        &mut self,
        engine: &mut Engine,
        room: &mut [u8],
        now: UnixMicros,
    ) -> io::Result<usize> {
        loop {
            if let Some(spare) = engine.spare(self.client) {
                let wanted = spare.capacity() - spare.len();
                let result = self.stream.read_to_spare(spare);
                if self.note_read(result)? < wanted {
                    return Ok(0);
                }
            }
            let len_bytes = self.read(&mut room[..HEAD_BYTES])?;
            if len_bytes < HEAD_BYTES || self.turn.bytes > SPARE_TURN_BYTES {
                return Ok(len_bytes);
            }
            self.turn.requests += engine.receive(self.client, &room[..len_bytes], now);
            if !self.may_read(engine) || engine.spare(self.client).is_none() {
                return Ok(0);
            }
        }
    }

    /// Reads once; whether there is more to read is known then.
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

    /// Lets the engine run what was read.
    pub(crate) fn serve(&mut self, engine: &mut Engine, bytes: &[u8], now: UnixMicros) {
        self.turn.requests += engine.receive(self.client, bytes, now);
        self.sends = self.turn.size();
    }

    /// Writes what the engine has for the client just now.
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
        } else if self.is_deaf
            || self.is_ending && engine.output(self.client).is_empty()
            || self.peer_has_closed && engine.is_blocked(self.client)
        {
            Next::Close
        } else {
            Next::Wait
        }
    }

    /// Writes what is there now, and no more: to consume it may let the client go on, and that is for the next round.
    fn write(
        &mut self,
        engine: &mut Engine,
        registry: &Registry,
        now: UnixMicros,
    ) -> io::Result<()> {
        let mut left = engine.output(self.client).len();
        while (left > 0 || self.stream.owes_bytes()) && !self.is_full {
            if self.is_deaf {
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

    /// One write of as many slices as it takes; returns how many bytes were written, if there is anything to write.
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
                // What the peer had sent before it went is still to be read.
                self.is_deaf = true;
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
