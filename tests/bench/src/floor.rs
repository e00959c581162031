//! The floor: a mio loop that counts requests and answers each from a table. What it takes is the
//! kernel's share and the least that any server on mio can take; no engine is in it.
//!
//! All requests that come over a connection in one window are as long as the first, of which the
//! lengths are read and the arguments passed over; so no byte of a value is looked at. `GET` is
//! answered with a value as long as the one that was set last, each time with another of a
//! thousand, since the values of a server do not lie in the processor's caches either; all else
//! with `+OK`. For the same reason `SET` is read to where a thousand such requests would lie, in
//! turn.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::Result;
use crate::workload::value;

pub(crate) const LABEL: &str = "floor";
const LISTENER: Token = Token(usize::MAX);
/// Room for the longest request, as the servers have it.
const READ_LEN: usize = 128 * 1024;
const REPLIES: usize = 1000;

pub(crate) fn serve(port: u16) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut tables = Tables {
        ok: Replies::new(b"+OK\r\n"),
        values: Replies::bulks(0),
        value_len: 0,
        buffer: vec![0; READ_LEN],
        kept: vec![0; READ_LEN],
        next: 0,
    };
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    poll.registry().register(
                        &mut stream,
                        Token(connections.len()),
                        Interest::READABLE | Interest::WRITABLE,
                    )?;
                    connections.push(Some(Connection::new(stream)));
                }
                continue;
            }
            let slot = &mut connections[event.token().0];
            if slot.as_mut().is_some_and(|connection| connection.turn(&mut tables).is_err()) {
                *slot = None;
            }
        }
    }
}

struct Tables {
    ok: Replies,
    values: Replies,
    value_len: usize,
    /// What is read to be forgotten.
    buffer: Vec<u8>,
    /// What is read to be kept, and where the next goes.
    kept: Vec<u8>,
    next: usize,
}

impl Tables {
    fn hold_values_of(&mut self, len: usize) {
        if len != self.value_len {
            (self.values, self.value_len) = (Replies::bulks(len), len);
            self.kept = vec![0; READ_LEN.max(self.values.bytes.len())];
        }
    }

    fn read(&mut self, stream: &mut TcpStream, is_kept: bool) -> io::Result<&[u8]> {
        if !is_kept {
            let len = stream.read(&mut self.buffer)?;
            return Ok(&self.buffer[..len]);
        }
        if self.next + READ_LEN > self.kept.len() {
            self.next = 0;
        }
        let room = &mut self.kept[self.next..][..READ_LEN];
        let len = stream.read(room)?;
        self.next += len;
        Ok(&room[..len])
    }
}

/// Replies of one length one behind the other, so that whatever is owed to a connection is a
/// stretch of them.
struct Replies {
    bytes: Vec<u8>,
    reply_len: usize,
    /// Where the next stretch begins.
    next: usize,
}

impl Replies {
    fn new(reply: &[u8]) -> Self {
        Self { bytes: reply.repeat(REPLIES), reply_len: reply.len(), next: 0 }
    }

    fn bulks(len: usize) -> Self {
        Self::new(&[format!("${len}\r\n").as_bytes(), &value(len), b"\r\n"].concat())
    }

    /// Passes over `len` bytes in one piece, if there are so many, and says where they begin.
    fn take(&mut self, len: usize) -> usize {
        let start = if self.next + len > self.bytes.len() { 0 } else { self.next };
        self.next = (start + len) % self.bytes.len();
        start
    }
}

struct Connection {
    stream: TcpStream,
    is_get: bool,
    is_set: bool,
    request_len: usize,
    /// Bytes that have come of a request that is not yet whole.
    pending: usize,
    /// Bytes of replies to be written, and where they begin in the table.
    owed: usize,
    owed_at: usize,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            is_get: false,
            is_set: false,
            request_len: 0,
            pending: 0,
            owed: 0,
            owed_at: 0,
        }
    }

    fn turn(&mut self, tables: &mut Tables) -> Result<()> {
        self.write(tables)?;
        loop {
            let bytes = match tables.read(&mut self.stream, self.is_set) {
                Ok([]) => return Err("closed".into()),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let len = bytes.len();
            if self.pending == 0 {
                let value_len = self.begin(bytes)?;
                if self.is_set {
                    tables.hold_values_of(value_len);
                }
            }
            let come = self.pending + len;
            self.pending = come % self.request_len;
            let replies = if self.is_get { &mut tables.values } else { &mut tables.ok };
            let owed = come / self.request_len * replies.reply_len;
            let start = replies.take(owed);
            if self.owed == 0 {
                self.owed_at = start;
            }
            self.owed += owed;
            self.write(tables)?;
            if len < READ_LEN {
                return Ok(());
            }
        }
    }

    /// Learns what is asked from now on, and how long the last argument is.
    fn begin(&mut self, bytes: &[u8]) -> Result<usize> {
        let (request_len, last_len) = lengths(bytes).ok_or("a request without its lengths")?;
        self.request_len = request_len;
        self.is_get = bytes.starts_with(b"*2\r\n$3\r\nGET\r\n");
        self.is_set = bytes.starts_with(b"*3\r\n$3\r\nSET\r\n");
        Ok(last_len)
    }

    fn write(&mut self, tables: &Tables) -> Result<()> {
        let table = if self.is_get { &tables.values.bytes } else { &tables.ok.bytes };
        while self.owed > 0 {
            let end = table.len().min(self.owed_at + self.owed);
            match self.stream.write(&table[self.owed_at..end]) {
                Ok(len) => {
                    self.owed -= len;
                    self.owed_at = (self.owed_at + len) % table.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// How long the request is that `bytes` begin with, and how long its last argument.
fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
    let (arguments, mut at) = number_line(bytes, 0)?;
    let mut last_len = 0;
    for _ in 0..arguments {
        let (len, start) = number_line(bytes, at)?;
        (at, last_len) = (start + len + 2, len);
    }
    Some((at, last_len))
}

/// The number of the line at `at`, behind a `*` or a `$`, and where the next line begins.
fn number_line(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let line = bytes.get(at + 1..)?;
    let len = line.iter().position(|&byte| byte == b'\r')?;
    let number = str::from_utf8(&line[..len]).ok()?.parse().ok()?;
    Some((number, at + 1 + len + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_tells_its_length_before_its_value_has_come() {
        let request = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n";
        for end in 24..=request.len() {
            assert_eq!(lengths(&request[..end]), Some((request.len(), 5)), "{end}");
        }
        assert_eq!(lengths(&request[..20]), None);
    }
}
