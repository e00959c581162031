//! A server behind a socket, whoever wrote it.
//!
//! A client that blocks is not answered, and no timeout can tell it from one that will be answered late. So the driver has a
//! connection of its own, and after each step asks there something that the server refuses before it runs it: `ECHO` without its
//! argument. Such a command is shown to no `MONITOR`, counted in no statistics, and held back by no pause, password or
//! transaction. When the second of two such questions is answered, the server has finished the loop that read what clients had
//! sent before, and has written their replies.

use core::time::Duration;
use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    thread,
    time::Instant,
};

use super::{Connection, Driver, State};
use crate::resp::{Reply, decode};

/// How long a server may take for anything at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a reply that is due is waited for before one asks whether it will come.
const REPLY_PATIENCE: Duration = Duration::from_millis(4);

/// What a server reads of a client in one turn of its loop.
const READ_BYTES: usize = 16 * 1024;

/// What a server's timers may lag behind the clock.
const TOLERANCE: Duration = Duration::from_millis(15);

/// What a fresh server does not remember. Servers that lack one of these commands have nothing to forget.
const FORGET: [&str; 10] = [
    "CLIENT UNPAUSE",
    "DEBUG SET-ACTIVE-EXPIRE 1",
    "FLUSHALL",
    "FUNCTION FLUSH",
    "SCRIPT FLUSH",
    "SLOWLOG RESET",
    "LATENCY RESET",
    "CONFIG RESETSTAT",
    "ACL LOG RESET",
    "ACL SETUSER default reset on nopass ~* &* +@all",
];

/// A driver of the server at an address.
pub struct TcpDriver {
    address: String,
    control: BufReader<TcpStream>,
    clients: Vec<Client>,
    /// Bytes that clients have sent since the server was last known to have read all.
    unsettled_bytes: usize,
    configuration: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A client's side of its connection.
struct Client {
    stream: TcpStream,
    /// Whether fewer replies came last time than were due: it blocks, or has turned them off.
    is_quiet: bool,
}

impl TcpDriver {
    /// Connects to `host:port`, and takes the server's configuration for the one every scenario starts with.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn new(address: &str) -> io::Result<Self> {
        let control = BufReader::new(dial(address)?);
        let mut driver = Self {
            address: address.to_owned(),
            control,
            clients: Vec::new(),
            unsettled_bytes: 0,
            configuration: BTreeMap::new(),
        };
        driver.configuration = driver.configuration()?;
        Ok(driver)
    }

    /// The answer to a command on the driver's own connection.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn ask(&mut self, command: &[&[u8]]) -> io::Result<Reply> {
        self.control.get_mut().write_all(&multibulk(command))?;
        let mut bytes = Vec::new();
        loop {
            let arrived = self.control.fill_buf()?;
            if arrived.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let len = arrived.len();
            bytes.extend_from_slice(arrived);
            self.control.consume(len);
            match decode(&bytes) {
                Ok(None) => {}
                Ok(Some((reply, _))) => return Ok(reply),
                Err(_) => {
                    return Err(io::Error::new(
                        ErrorKind::InvalidData,
                        "the server sent what is no reply",
                    ));
                }
            }
        }
    }

    fn configuration(&mut self) -> io::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        let Reply::Array(words) = self.ask(&[b"CONFIG", b"GET", b"*"])? else {
            return Ok(BTreeMap::new());
        };
        let words = words
            .into_iter()
            .map(|word| if let Reply::Bulk(bytes) = word { bytes } else { Vec::new() });
        let words = words.collect::<Vec<_>>();
        Ok(words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
    }

    fn restore(&mut self) -> io::Result<()> {
        for command in FORGET {
            self.ask(&command.split(' ').map(str::as_bytes).collect::<Vec<_>>())?;
        }
        if let Reply::Array(users) = self.ask(&[b"ACL", b"USERS"])? {
            for user in users {
                match user {
                    Reply::Bulk(name) if name != b"default" => {
                        self.ask(&[b"ACL", b"DELUSER", &name])?;
                    }
                    _ => {}
                }
            }
        }
        let (before, now) = (self.configuration.clone(), self.configuration()?);
        for (name, value) in before.iter().filter(|(name, value)| now.get(*name) != Some(value)) {
            self.ask(&[b"CONFIG", b"SET", name, value])?;
        }
        Ok(())
    }

    fn probe(&mut self) -> io::Result<()> {
        for _ in 0..2 + self.unsettled_bytes / READ_BYTES {
            self.control.get_mut().write_all(b"ECHO\r\n")?;
            if self.control.read_until(b'\n', &mut Vec::new())? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        self.unsettled_bytes = 0;
        Ok(())
    }

    /// Runs `request` on the driver's own connection, once more on a new one where a scenario has had it closed.
    fn on_control(&mut self, request: fn(&mut Self) -> io::Result<()>) -> io::Result<()> {
        match request(self) {
            Err(error) if is_disconnect(error.kind()) => {
                self.control = BufReader::new(dial(&self.address)?);
                request(self)
            }
            result => result,
        }
    }
}

impl Driver for TcpDriver {
    fn reset(&mut self) -> io::Result<()> {
        self.clients.clear();
        self.on_control(Self::restore)
    }

    fn connect(&mut self) -> io::Result<Connection> {
        let stream = dial(&self.address)?;
        stream.set_read_timeout(Some(REPLY_PATIENCE))?;
        self.clients.push(Client { stream, is_quiet: false });
        self.settle()?;
        Ok(Connection(self.clients.len() - 1))
    }

    fn send(&mut self, Connection(client): Connection, bytes: &[u8]) -> io::Result<()> {
        self.unsettled_bytes += bytes.len();
        match self.clients[client].stream.write_all(bytes) {
            Err(error) if !is_disconnect(error.kind()) => Err(error),
            _ => Ok(()),
        }
    }

    fn settle(&mut self) -> io::Result<()> {
        self.on_control(Self::probe)
    }

    fn receive(
        &mut self,
        Connection(client): Connection,
        bytes: &mut Vec<u8>,
    ) -> io::Result<State> {
        let stream = &mut self.clients[client].stream;
        stream.set_nonblocking(true)?;
        let result = stream.read_to_end(bytes);
        stream.set_nonblocking(false)?;
        match result {
            Ok(_) => Ok(State::Closed),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(State::Open),
            Err(error) if is_disconnect(error.kind()) => Ok(State::Closed),
            Err(error) => Err(error),
        }
    }

    fn receive_replies(
        &mut self,
        connection: Connection,
        due: usize,
        bytes: &mut Vec<u8>,
    ) -> io::Result<State> {
        let (start, mut counted, begun) = (bytes.len(), Counted::default(), Instant::now());
        loop {
            let client = &mut self.clients[connection.0];
            while !client.is_quiet && counted.replies < due {
                let mut piece = [0; READ_BYTES];
                match client.stream.read(&mut piece) {
                    Ok(0) => return Ok(State::Closed),
                    Ok(len) => bytes.extend_from_slice(&piece[..len]),
                    Err(error) if is_timeout(error.kind()) => client.is_quiet = true,
                    Err(error) if is_disconnect(error.kind()) => return Ok(State::Closed),
                    Err(error) => return Err(error),
                }
                counted.go_on(&bytes[start..]);
            }
            if counted.replies >= due {
                return Ok(State::Open);
            }
            self.settle()?;
            let state = self.receive(connection, bytes)?;
            counted.go_on(&bytes[start..]);
            // The rest of a reply that has begun will come.
            let is_midway = counted.len < bytes.len() - start && begun.elapsed() < PATIENCE;
            self.clients[connection.0].is_quiet = counted.replies < due && !is_midway;
            if state == State::Closed || !is_midway {
                return Ok(state);
            }
        }
    }

    fn advance(&mut self, by: Duration) -> io::Result<()> {
        thread::sleep(by + TOLERANCE);
        Ok(())
    }

    fn is_on_the_worlds_clock(&self) -> bool {
        true
    }
}

/// The replies at the head of what has arrived.
#[derive(Default)]
struct Counted {
    replies: usize,
    len: usize,
}

impl Counted {
    fn go_on(&mut self, arrived: &[u8]) {
        while let Ok(Some((reply, len))) = decode(&arrived[self.len..]) {
            self.len += len;
            self.replies += usize::from(!matches!(reply, Reply::Attribute(_) | Reply::Push(_)));
        }
    }
}

/// A command as clients send it.
#[must_use]
pub fn multibulk<A: AsRef<[u8]>>(arguments: &[A]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments.iter().map(AsRef::as_ref) {
        bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn dial(address: &str) -> io::Result<TcpStream> {
    let address = address.to_socket_addrs()?.next().ok_or(ErrorKind::AddrNotAvailable)?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn is_disconnect(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}
