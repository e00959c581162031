//! Drives any server behind a socket.
//!
//! A blocked client gets no reply, and a timeout cannot distinguish it from one whose reply is
//! late. So the driver has a connection of its own, and after each step sends a command there that
//! the server rejects before running it: `ECHO` without its argument. Such a command is not shown
//! to `MONITOR`, is not counted in statistics, and is not affected by a pause, password or
//! transaction. When the reply to the second of two such commands arrives, the server has completed
//! the loop iteration that read the clients' input, and has written the replies.

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

/// The time limit for anything a server does.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for an expected reply before checking whether it will arrive.
const REPLY_PATIENCE: Duration = Duration::from_millis(4);

/// The number of bytes that a server reads from a client in one loop iteration.
const READ_BYTES: usize = 16 * 1024;

/// The maximum delay of a server's timers.
const TOLERANCE: Duration = Duration::from_millis(15);

/// Resets the state that a fresh server does not have. Servers without one of these commands have
/// no such state.
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
    /// The number of bytes that clients have sent since the server was last known to have read
    /// everything.
    unsettled_bytes: usize,
    configuration: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The client's side of a connection.
struct Client {
    stream: TcpStream,
    /// Whether fewer replies than expected arrived last time: the client is blocked, or has turned
    /// them off.
    is_quiet: bool,
}

impl TcpDriver {
    /// Connects to `host:port`. The server's current configuration becomes the one that every
    /// scenario starts with.
    ///
    /// # Errors
    /// The server cannot be reached.
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

    /// Returns the reply to a command on the driver's own connection.
    ///
    /// # Errors
    /// The server cannot be reached.
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
                        "the server sent an invalid reply",
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

    /// Runs `request` on the driver's own connection, and again on a new one if a scenario has
    /// closed it.
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
            // The rest of a reply that has begun will arrive.
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

/// Counts the replies at the start of the output.
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

/// Returns a command in the form that clients send.
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
