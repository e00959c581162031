//! The listening sockets: a TCP port and a TLS port on the addresses of `bind`, and a Unix socket.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use core::fmt::Display;
use core::time::Duration;

use mio::net::{TcpListener, TcpStream, UnixListener};
use mio::{Interest, Registry, Token};
use nix::errno::Errno;
use redstart_core::client::{Peer, Transport};
use redstart_core::config::Config;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use crate::fatal::{Fatal, plain};
use crate::log::Log;
use crate::stream::Stream;
use crate::tls::Acceptor;

/// All listening sockets. The event loop accepts clients from them, and `CONFIG SET` replaces them.
#[derive(Debug)]
pub(crate) struct Listeners {
    registry: Registry,
    log: Rc<Log>,
    tcp: Port,
    tls: Port,
    unix: Option<(Listener<UnixListener>, UnixPath)>,
    acceptor: Acceptor,
}

/// The sockets that share a port.
#[derive(Debug)]
struct Port {
    sockets: Vec<Listener<TcpListener>>,
    place: Place,
    first_token: usize,
}

/// The parameters that determine where to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    port: u16,
    bind: Vec<u8>,
}

#[derive(Debug)]
struct Listener<Socket> {
    socket: Socket,
    /// Clients may be waiting to be accepted.
    has_clients: bool,
}

/// The result of accepting a client.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// A client has connected.
    Client(Stream, Peer),
    /// A client had connected and has disconnected already.
    Gone,
    /// A client is waiting, but no descriptor is available.
    NoDescriptor,
    /// No client is waiting.
    Nobody,
}

impl Listeners {
    /// The first token of listeners: that of the Unix socket, followed by the sockets of both
    /// ports.
    const UNIX_TOKEN: usize = usize::MAX / 2;
    const TCP_TOKEN: usize = Self::UNIX_TOKEN + 1;
    const TLS_TOKEN: usize = Self::TCP_TOKEN + (1 << 16);

    /// Opens the configured sockets.
    pub(crate) fn open(config: &Config, registry: Registry, log: Rc<Log>) -> Result<Self, Fatal> {
        let acceptor = Acceptor::new(Rc::clone(&log));
        let (tcp, tls) = (Port::new(Self::TCP_TOKEN), Port::new(Self::TLS_TOKEN));
        let mut listeners = Self { registry, log, tcp, tls, unix: None, acceptor };
        if !config.unixsocket.is_empty() {
            listeners.unix = Some(listeners.open_unix(config)?);
        }
        listeners.configure_tls(config)?;
        listeners.bind_tls(config)?;
        listeners.bind(config)?;
        if listeners.port() == 0 && listeners.unix.is_none() {
            return Err(Fatal::new(
                "no address to listen on: set bind and port, tls-port, or unixsocket",
            ));
        }
        Ok(listeners)
    }

    /// Returns the TCP port, or the TLS port if there is none; 0 without either.
    pub(crate) const fn port(&self) -> u16 {
        match (self.tcp.number(), self.tls.number()) {
            (0, tls) => tls,
            (tcp, _) => tcp,
        }
    }

    /// Returns the plaintext port; 0 if there is none.
    pub(crate) const fn tcp_port(&self) -> u16 {
        self.tcp.number()
    }

    /// Returns the TLS port; 0 if there is none.
    pub(crate) const fn tls_port(&self) -> u16 {
        self.tls.number()
    }

    /// Returns the path of the Unix socket.
    pub(crate) fn unix_path(&self) -> Option<&Path> {
        self.unix.as_ref().map(|(_, path)| path.0.as_path())
    }

    /// Opens TCP sockets at the configured addresses, and closes the previous ones. With port 0 the
    /// system chooses a port, unless clients can connect in another way: then it disables TCP, as
    /// in Redis.
    pub(crate) fn bind(&mut self, config: &Config) -> Result<(), Fatal> {
        let has_another = self.unix.is_some() || config.tls_port > 0;
        let place = Place::new(config.port, config);
        let place = if place.port == 0 && has_another { Place::default() } else { place };
        self.tcp.move_to(place, config.tcp_backlog, &self.registry, &self.log)
    }

    /// Opens the TLS sockets in the same way; port 0 disables TLS.
    pub(crate) fn bind_tls(&mut self, config: &Config) -> Result<(), Fatal> {
        let place = Place::new(config.tls_port, config);
        let place = if place.port == 0 { Place::default() } else { place };
        self.tls.move_to(place, config.tcp_backlog, &self.registry, &self.log)
    }

    /// Applies the configured certificates, keys and other settings to new clients.
    pub(crate) fn configure_tls(&mut self, config: &Config) -> Result<(), Fatal> {
        if config.tls_port == 0 { Ok(()) } else { self.acceptor.configure(config) }
    }

    /// Records that clients are waiting at the listener of a token. Returns `false` if the token is
    /// not a listener's.
    pub(crate) fn note(&mut self, token: Token) -> bool {
        let Some(_) = token.0.checked_sub(Self::UNIX_TOKEN) else { return false };
        if let Some(listener) = self.tls.listener(token).or_else(|| self.tcp.listener(token)) {
            listener.has_clients = true;
        } else if let Some((listener, _)) = &mut self.unix {
            listener.has_clients = true;
        }
        true
    }

    /// Accepts a client that is waiting at any of the sockets.
    pub(crate) fn accept(&mut self, keepalive_seconds: u64) -> Accepted {
        match self.tcp.accept() {
            Ok(Some((socket, address))) => {
                return tcp_client(socket, address, keepalive_seconds, &self.log);
            }
            Ok(None) => {}
            Err(error) => return failed(&error, &self.log),
        }
        match self.tls.accept() {
            Ok(Some((socket, address))) => {
                return tls_client(
                    tcp_client(socket, address, keepalive_seconds, &self.log),
                    &self.acceptor,
                );
            }
            Ok(None) => {}
            Err(error) => return failed(&error, &self.log),
        }
        if let Some((listener, path)) = &mut self.unix
            && listener.has_clients
        {
            match listener.socket.accept() {
                Ok((stream, _)) => return unix_client(stream, path),
                Err(error) if error.kind() == ErrorKind::WouldBlock => listener.has_clients = false,
                Err(error) => return failed(&error, &self.log),
            }
        }
        Accepted::Nobody
    }

    /// Returns `true` if clients may be waiting to be accepted.
    pub(crate) fn have_clients(&self) -> bool {
        let mut sockets = self.tcp.sockets.iter().chain(&self.tls.sockets);
        sockets.any(|listener| listener.has_clients)
            || self.unix.as_ref().is_some_and(|(listener, _)| listener.has_clients)
    }

    fn open_unix(&self, config: &Config) -> Result<(Listener<UnixListener>, UnixPath), Fatal> {
        let shown = String::from_utf8_lossy(&config.unixsocket).into_owned();
        let failed = |error: io::Error| {
            Fatal::new(format!("Failed listening on {shown}: {}", plain(&error)))
        };
        let path = std::path::absolute(OsStr::from_bytes(&config.unixsocket)).map_err(failed)?;
        remove_stale(&path).map_err(failed)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(failed)?;
        socket.bind(&SockAddr::unix(&path).map_err(failed)?).map_err(failed)?;
        let guard = UnixPath(path);
        if config.unixsocketperm > 0 {
            let mode =
                u32::try_from(config.unixsocketperm).expect("the configuration bounds the mode");
            fs::set_permissions(&guard.0, fs::Permissions::from_mode(mode)).map_err(failed)?;
        }
        listen(&socket, config.tcp_backlog).map_err(failed)?;
        let mut socket = UnixListener::from_std(socket.into());
        let token = Token(Self::UNIX_TOKEN);
        self.registry.register(&mut socket, token, Interest::READABLE).map_err(failed)?;
        Ok((Listener { socket, has_clients: true }, guard))
    }
}

impl Place {
    fn new(port: i64, config: &Config) -> Self {
        let port = u16::try_from(port).expect("the configuration bounds the port");
        Self { port, bind: config.bind.clone() }
    }
}

impl Port {
    fn new(first_token: usize) -> Self {
        Self { sockets: Vec::new(), place: Place::default(), first_token }
    }

    const fn number(&self) -> u16 {
        if self.sockets.is_empty() { 0 } else { self.place.port }
    }

    fn listener(&mut self, token: Token) -> Option<&mut Listener<TcpListener>> {
        self.sockets.get_mut(token.0.checked_sub(self.first_token)?)
    }

    /// Accepts a client that is waiting at any of the sockets.
    fn accept(&mut self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        for listener in self.sockets.iter_mut().filter(|listener| listener.has_clients) {
            match listener.socket.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => listener.has_clients = false,
                result => return result.map(Some),
            }
        }
        Ok(None)
    }

    /// Replaces the sockets by those at another place, which may have no addresses.
    fn move_to(
        &mut self,
        place: Place,
        backlog: i64,
        registry: &Registry,
        log: &Log,
    ) -> Result<(), Fatal> {
        if place == self.place {
            return Ok(());
        }
        if place.port == self.place.port {
            // The old sockets may conflict with the new ones: `*` with `127.0.0.1`.
            self.sockets.clear();
            self.place = Place::default();
        }
        let (sockets, port) = self.open(&place, backlog, registry, log)?;
        self.sockets = sockets;
        self.place = Place { port, ..place };
        Ok(())
    }

    /// Opens sockets at all addresses. If the system chooses the port, they share it.
    fn open(
        &self,
        place: &Place,
        backlog: i64,
        registry: &Registry,
        log: &Log,
    ) -> Result<(Vec<Listener<TcpListener>>, u16), Fatal> {
        let mut listeners = Vec::new();
        let mut port = place.port;
        for word in place.bind.split(|&byte| byte == b' ').filter(|word| !word.is_empty()) {
            let word = String::from_utf8_lossy(word);
            let address = Address::parse(&word);
            match address.listen(port, backlog) {
                Ok(mut socket) => {
                    let failed =
                        |error: io::Error| Fatal::new(format!("{word}: {}", plain(&error)));
                    port = socket.local_addr().map_err(failed)?.port();
                    let token = Token(self.first_token + listeners.len());
                    registry.register(&mut socket, token, Interest::READABLE).map_err(failed)?;
                    // A socket registered under a reused token may have missed its first edge.
                    listeners.push(Listener { socket, has_clients: true });
                }
                Err(error) if address.may_be_missing(&error) => {
                    log.verbose("Address is not available", &[("address", &word)]);
                }
                Err(error) => {
                    let port = if port == 0 { String::new() } else { format!(" on port {port}") };
                    let error = plain(&error);
                    return Err(Fatal::new(format!(
                        "Failed listening{port}: {}: {error}",
                        address.host
                    )));
                }
            }
        }
        Ok((listeners, port))
    }
}

/// One word of `bind`.
#[derive(Debug)]
struct Address<'a> {
    host: &'a str,
    is_optional: bool,
}

impl<'a> Address<'a> {
    fn parse(word: &'a str) -> Self {
        let (is_optional, host) = word.strip_prefix('-').map_or((false, word), |host| (true, host));
        let host = match host {
            "*" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        Self { host, is_optional }
    }

    fn listen(&self, port: u16, backlog: i64) -> io::Result<TcpListener> {
        let mut result = Err(io::Error::from(ErrorKind::AddrNotAvailable));
        for address in (self.host, port).to_socket_addrs()? {
            result = listen_tcp(address, backlog);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Returns `true` if the address may be skipped after this error: it is marked `-` and
    /// unavailable on this machine, or its protocol is not supported.
    fn may_be_missing(&self, error: &io::Error) -> bool {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EADDRNOTAVAIL) => self.is_optional,
            Some(
                Errno::EAFNOSUPPORT
                | Errno::EPFNOSUPPORT
                | Errno::EPROTONOSUPPORT
                | Errno::ESOCKTNOSUPPORT
                | Errno::ENOPROTOOPT,
            ) => true,
            _ => false,
        }
    }
}

fn listen_tcp(address: SocketAddr, backlog: i64) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    listen(&socket, backlog)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn listen(socket: &Socket, backlog: i64) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))
}

fn tcp_client(
    stream: TcpStream,
    address: SocketAddr,
    keepalive_seconds: u64,
    log: &Log,
) -> Accepted {
    // The client can be served without an option that the system refuses.
    let check = |option: &str, result: io::Result<()>| {
        if let Err(error) = result {
            let fields: &[(&str, &dyn Display)] = &[("option", &option), ("error", &plain(&error))];
            log.warning("Cannot set an option of a client's socket", fields);
        }
    };
    check("TCP_NODELAY", stream.set_nodelay(true));
    if keepalive_seconds > 0 {
        check("tcp-keepalive", set_keepalive(&stream, keepalive_seconds));
    }
    match stream.local_addr() {
        Ok(local_address) => {
            let peer = Peer {
                address: address.to_string(),
                local_address: local_address.to_string(),
                transport: Transport::Tcp,
                is_local: address.ip().is_loopback(),
                descriptor: stream.as_raw_fd().into(),
            };
            Accepted::Client(Stream::Tcp(stream), peer)
        }
        // The client has closed the connection already.
        Err(error) => {
            log.debug("A connection was closed before it was served", &[("error", &plain(&error))]);
            Accepted::Gone
        }
    }
}

fn set_keepalive(stream: &TcpStream, seconds: u64) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(seconds))
        .with_interval(Duration::from_secs((seconds / 3).max(1)))
        .with_retries(3);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// Wraps an accepted client in TLS.
fn tls_client(accepted: Accepted, acceptor: &Acceptor) -> Accepted {
    match accepted {
        Accepted::Client(Stream::Tcp(socket), peer) => match acceptor.meet(socket) {
            Ok(stream) => Accepted::Client(Stream::Tls(Box::new(stream)), peer),
            Err(_) => Accepted::Gone,
        },
        other => other,
    }
}

fn unix_client(stream: mio::net::UnixStream, path: &UnixPath) -> Accepted {
    let address = format!("{}:0", path.0.display());
    let peer = Peer {
        local_address: address.clone(),
        address,
        transport: Transport::Unix,
        is_local: true,
        descriptor: stream.as_raw_fd().into(),
    };
    Accepted::Client(Stream::Unix(stream), peer)
}

fn failed(error: &io::Error, log: &Log) -> Accepted {
    let is_short = matches!(
        error.raw_os_error().map(Errno::from_raw),
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM)
    );
    if is_short {
        log.warning("Cannot accept a client for now", &[("error", &plain(error))]);
        return Accepted::NoDescriptor;
    }
    log.verbose("Cannot accept a client", &[("error", &plain(error))]);
    Accepted::Gone
}

/// The path of a listening Unix socket, which is removed on drop.
#[derive(Debug)]
struct UnixPath(PathBuf);

impl Drop for UnixPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes a socket left behind by a killed server, unless a process listens on it.
fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(Errno::EADDRINUSE.into());
            }
            fs::remove_file(path)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_bind_are_parsed() {
        let parsed = |word| {
            let address = Address::parse(word);
            (address.host, address.is_optional)
        };
        assert_eq!(parsed("*"), ("0.0.0.0", false));
        assert_eq!(parsed("-::*"), ("::", true));
        assert_eq!(parsed("-::1"), ("::1", true));
        assert_eq!(parsed("localhost"), ("localhost", false));
    }

    #[test]
    fn only_unavailable_addresses_may_be_skipped() {
        let optional = Address::parse("-192.0.2.1");
        assert!(optional.may_be_missing(&Errno::EADDRNOTAVAIL.into()));
        assert!(!optional.may_be_missing(&Errno::EADDRINUSE.into()));
        assert!(!Address::parse("192.0.2.1").may_be_missing(&Errno::EADDRNOTAVAIL.into()));
        assert!(Address::parse("::1").may_be_missing(&Errno::EAFNOSUPPORT.into()));
    }
}
