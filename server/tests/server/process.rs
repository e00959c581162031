//! A server of its own for each test, on a port that the system chose, and clients that say exactly
//! what they expect.

use core::fmt::Debug;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A directory that is removed with its owner.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("redstart-server-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The binary under test.
pub(crate) fn redstart() -> Command {
    Command::new(env!("CARGO_BIN_EXE_redstart"))
}

/// A running server; it is ended with its owner.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
    folder: Folder,
}

impl Server {
    /// One that listens to this machine only, with more flags.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = redstart();
        command.args(["--port", "0", "--bind", "127.0.0.1"]).args(flags);
        Self::spawn(command)
    }

    /// One with its own command line.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let folder = Folder::new();
        let log = folder.path("log");
        let child = command
            .current_dir(folder.path("."))
            .stdin(Stdio::null())
            .stdout(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { child, port: 0, log, folder };
        eventually("the server is ready", || {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server does not start: {ended:?}");
            server.log().contains("Ready to accept connections")
        });
        let log = server.log();
        assert!(log.contains(&format!(" PID: {}", server.child.id())), "{log}");
        let ready = log.lines().find(|line| line.contains("Ready to accept")).unwrap();
        let port = ready.split("port=").nth(1).unwrap().split(' ').next().unwrap();
        server.port = port.parse().unwrap();
        server
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A path in the directory that the server was started in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    pub(crate) fn client(&self) -> Client<TcpStream> {
        Client::tcp(self.port)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits until the process has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the server has ended", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Physical memory that the process takes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something has come true.
pub(crate) fn eventually(what: &str, mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A socket of either kind.
pub(crate) trait Socket: Read + Write + Debug {}
impl Socket for TcpStream {}
impl Socket for UnixStream {}

/// A client that writes bytes and knows which it expects.
#[derive(Debug)]
pub(crate) struct Client<S>(pub(crate) S);

impl Client<TcpStream> {
    pub(crate) fn tcp(port: u16) -> Self {
        Self::to((Ipv4Addr::LOCALHOST, port).into())
    }

    pub(crate) fn to(address: std::net::SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Sends nothing more.
    pub(crate) fn end_sending(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }
}

impl Client<UnixStream> {
    pub(crate) fn unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }
}

impl<S: Socket> Client<S> {
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Reads as many bytes as are expected, which must be those.
    pub(crate) fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let mut bytes = vec![0; expected.len()];
        self.0.read_exact(&mut bytes).unwrap();
        let shown =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).into_owned();
        assert!(bytes == expected, "{:?} instead of {:?}", shown(&bytes), shown(expected));
    }

    /// Sends an inline command and reads one line.
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n"));
        self.line()
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            line.push(byte[0]);
        }
        String::from_utf8_lossy(&line[..line.len() - 2]).into_owned()
    }

    /// Sends an inline command and reads a bulk reply.
    pub(crate) fn ask_bulk(&mut self, command: &str) -> String {
        let header = self.ask(command);
        let len = header.strip_prefix('$').unwrap_or_else(|| panic!("{header}")).parse().unwrap();
        let mut bytes = vec![0; len];
        self.0.read_exact(&mut bytes).unwrap();
        self.expect("\r\n");
        String::from_utf8(bytes).unwrap()
    }

    /// Stores so many bytes, all different from their neighbours, and asks for them again.
    pub(crate) fn exchange(&mut self, len_bytes: usize) {
        let value: Vec<u8> = (0..len_bytes).map(|index| (index % 251) as u8).collect();
        self.send(request(&[b"SET", b"large", &value]));
        self.expect("+OK\r\n");
        self.send("GET large\r\nPING\r\n");
        self.expect(format!("${}\r\n", value.len()));
        self.expect(&value);
        self.expect("\r\n+PONG\r\n");
    }

    /// Expects that the server has closed the connection, with nothing left to read.
    pub(crate) fn expect_end(&mut self) {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest)),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
}

/// A request in the protocol's form.
pub(crate) fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
