//! The load: one thread, one epoll, a closed loop on each connection.
//!
//! On a small machine the client takes more CPU than the server, so what the client does a request
//! is kept to overwriting the digits of the keys in a ready-made batch, one write, and comparing
//! what comes back with what must come. Each connection sends a batch, waits for all its replies,
//! and sends the next. A window ends by letting every batch that is out come home, so that
//! requests, time and the server's CPU time belong to each other exactly.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use redstart_core::random::{Random, Seed};

use crate::Result;
use crate::latency::nanoseconds;
use crate::workload::{Batch, Keys, Replies};

const READ_LEN: usize = 256 * 1024;
/// A server that says nothing for so long is taken for dead.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// When to stop sending.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Elapsed(Duration),
    /// At least so many requests: the last batches are sent whole.
    Sent(u64),
}

/// What came of one window of load.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// Nanoseconds from sending a batch to its last reply.
    pub(crate) latency: Histogram<u64>,
}

/// Connections to one server, idle between windows.
pub(crate) struct Driver {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    random: Random,
}

struct Connection {
    stream: TcpStream,
    batch: Batch,
    written: usize,
    seen: usize,
    sent_at: Instant,
}

impl Driver {
    pub(crate) fn connect(address: SocketAddr, clients: usize, seed: Seed) -> Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(clients);
        for id in 0..clients {
            let stream = std::net::TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(
                &mut stream,
                Token(id),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            let batch = Batch::new(&[], Keys::NONE, 0);
            connections.push(Connection {
                stream,
                batch,
                written: 0,
                seen: 0,
                sent_at: Instant::now(),
            });
        }
        let events = Events::with_capacity(clients);
        Ok(Self { poll, events, connections, buffer: vec![0; READ_LEN], random: Random::new(seed) })
    }

    /// Sends `batch`, which has so many requests, over all connections again and again, and returns
    /// once each reply has come.
    pub(crate) fn run(
        &mut self,
        batch: &Batch,
        requests: usize,
        replies: &Replies,
        until: Until,
    ) -> Result<Window> {
        for connection in &mut self.connections {
            connection.rest_with(batch.clone(), replies);
        }
        let mut window = Window { requests: 0, elapsed: Duration::ZERO, latency: nanoseconds() };
        let start = Instant::now();
        let deadline = match until {
            Until::Elapsed(duration) => Some(start + duration),
            Until::Sent(_) => None,
        };
        let mut sent = 0;
        let mut may_send = |now| match (deadline, until) {
            (Some(deadline), _) => now < deadline,
            (None, Until::Sent(count)) if sent < count => {
                sent += requests as u64;
                true
            }
            _ => false,
        };
        let mut out = 0;
        for connection in &mut self.connections {
            if may_send(start) {
                connection.send(&mut self.random, Instant::now())?;
                out += 1;
            }
        }
        while out > 0 {
            self.poll.poll(&mut self.events, Some(SILENCE_LIMIT))?;
            if self.events.is_empty() {
                return Err("the server has stopped answering".into());
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.turn(&mut self.buffer, replies)? {
                    continue;
                }
                let now = Instant::now();
                window.latency.saturating_record((now - connection.sent_at).as_nanos() as u64);
                window.requests += requests as u64;
                if may_send(now) {
                    connection.send(&mut self.random, now)?;
                } else {
                    out -= 1;
                }
            }
        }
        window.elapsed = start.elapsed();
        Ok(window)
    }
}

impl Connection {
    /// Holds `batch` without a byte to write or to read.
    fn rest_with(&mut self, batch: Batch, replies: &Replies) {
        (self.written, self.seen) = (batch.bytes.len(), replies.whole());
        self.batch = batch;
    }

    fn send(&mut self, random: &mut Random, now: Instant) -> Result<()> {
        self.batch.draw_keys(random);
        (self.written, self.seen, self.sent_at) = (0, 0, now);
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        while let rest @ [_, ..] = &self.batch.bytes[self.written..] {
            match self.stream.write(rest) {
                Ok(len) => self.written += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Writes what is left to write and reads what is there to read. True once the batch has come
    /// home; no byte is left in the socket then, so the next edge is the next batch's.
    fn turn(&mut self, buffer: &mut [u8], replies: &Replies) -> Result<bool> {
        self.write()?;
        while self.seen < replies.whole() {
            match self.stream.read(buffer) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(len) => {
                    let bytes = &buffer[..len];
                    self.seen = replies.scan(self.seen, bytes).ok_or_else(|| unexpected(bytes))?;
                    if self.seen == replies.whole() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}

fn unexpected(bytes: &[u8]) -> String {
    format!("an unexpected reply: {}", bytes[..bytes.len().min(200)].escape_ascii())
}
