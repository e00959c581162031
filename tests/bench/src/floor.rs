//! The floor: a mio loop that only counts requests and answers `+OK` to each. What it takes is the kernel's share and
//! the least that any server on mio can take; no engine is in it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::Result;

pub(crate) const LABEL: &str = "floor";
const LISTENER: Token = Token(usize::MAX);

struct Connection {
    stream: TcpStream,
    /// Lines that have come of a request that is not yet whole.
    lines: usize,
    /// Lines of each request: two an argument and one for the header. Set by the first request; a connection that
    /// changes to another number of arguments is not served right, and none of the drivers does.
    lines_each: usize,
}

pub(crate) fn serve(port: u16) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let ok = b"+OK\r\n".repeat(1024);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    poll.registry().register(
                        &mut stream,
                        Token(connections.len()),
                        Interest::READABLE,
                    )?;
                    connections.push(Some(Connection { stream, lines: 0, lines_each: 0 }));
                }
                continue;
            }
            let slot = &mut connections[event.token().0];
            if slot.as_mut().is_some_and(|connection| connection.turn(&mut buffer, &ok).is_err()) {
                *slot = None;
            }
        }
    }
}

impl Connection {
    fn turn(&mut self, buffer: &mut [u8], ok: &[u8]) -> Result<()> {
        loop {
            let len = match self.stream.read(buffer) {
                Ok(0) => return Err("closed".into()),
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let bytes = &buffer[..len];
            self.lines += bytes.iter().filter(|&&byte| byte == b'\n').count();
            if let [b'*', count, b'\r', ..] = bytes {
                self.lines_each = 1 + 2 * usize::from(count - b'0');
            } else if let [b'*', tens, ones, b'\r', ..] = bytes {
                self.lines_each =
                    1 + 2 * (usize::from(tens - b'0') * 10 + usize::from(ones - b'0'));
            }
            let requests = self.lines / self.lines_each.max(1);
            self.lines %= self.lines_each.max(1);
            self.stream.write_all(&ok[..requests * 5])?;
            if len < buffer.len() {
                return Ok(());
            }
        }
    }
}
