//! Drives the engine in WebAssembly, as in the npm package: `tests/wasm/driver.js` runs in Node.

use core::time::Duration;
use std::{
    env,
    ffi::OsString,
    io::{self, BufRead, BufReader, ErrorKind, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use redstart_core::random::{Random, Seed};

use super::{Connection, Driver, State};

/// A driver of the npm package.
pub struct WasmDriver {
    node: Node,
    random: Random,
    clients: usize,
    configuration: &'static str,
}

/// The configuration that the corpus needs.
const CONFIGURATION: &str = "enable-debug-command=yes enable-protected-configs=yes";

impl WasmDriver {
    /// Starts Node, or returns `None` if it is not installed. `NODE` names another program than
    /// `node`.
    ///
    /// # Errors
    /// Node is installed but the package is not built: `wasm/build` builds it.
    pub fn start(seed: Seed) -> io::Result<Option<Self>> {
        let (random, configuration) = (Random::new(seed), CONFIGURATION);
        match Node::start() {
            Ok(node) => Ok(Some(Self { node, random, clients: 0, configuration })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the parameters of every database from the next reset on: `name=value`, separated by
    /// spaces.
    pub const fn configure(&mut self, configuration: &'static str) {
        self.configuration = configuration;
    }

    /// Closes a client's connection.
    ///
    /// # Errors
    /// Node has ended.
    pub fn disconnect(&mut self, Connection(client): Connection) -> io::Result<()> {
        self.node.ask(&format!("disconnect {client}")).map(drop)
    }
}

impl Driver for WasmDriver {
    fn reset(&mut self) -> io::Result<()> {
        self.clients = 0;
        let request = format!("reset {} {}", self.random.next_u64(), self.configuration);
        // A panic has ended its process.
        if self.node.ask(&request).is_err() {
            self.node = Node::start()?;
            self.node.ask(&request)?;
        }
        Ok(())
    }

    fn connect(&mut self) -> io::Result<Connection> {
        self.node.ask("connect")?;
        self.clients += 1;
        Ok(Connection(self.clients - 1))
    }

    fn send(&mut self, Connection(client): Connection, bytes: &[u8]) -> io::Result<()> {
        self.node.ask(&format!("send {client} {}", hexadecimal(bytes))).map(drop)
    }

    /// Does nothing: replies arrive before `send` returns.
    fn settle(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn receive(
        &mut self,
        Connection(client): Connection,
        bytes: &mut Vec<u8>,
    ) -> io::Result<State> {
        let answer = self.node.ask(&format!("receive {client}"))?;
        let (state, digits) = answer.split_once(' ').ok_or(ErrorKind::InvalidData)?;
        for pair in digits.as_bytes().chunks(2) {
            let byte = str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            bytes.push(byte.ok_or(ErrorKind::InvalidData)?);
        }
        Ok(if state == "open" { State::Open } else { State::Closed })
    }

    fn advance(&mut self, by: Duration) -> io::Result<()> {
        self.node.ask(&format!("advance {}", by.as_millis())).map(drop)
    }
}

/// A process that replies to a line with a line.
struct Node {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Node {
    fn start() -> io::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm/driver.js");
        let mut process =
            Command::new(env::var_os("NODE").unwrap_or_else(|| OsString::from("node")))
                .arg(script)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
        let requests = process.stdin.take().ok_or(ErrorKind::BrokenPipe)?;
        let answers = BufReader::new(process.stdout.take().ok_or(ErrorKind::BrokenPipe)?);
        Ok(Self { process, requests, answers })
    }

    fn ask(&mut self, request: &str) -> io::Result<String> {
        writeln!(self.requests, "{request}")?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err(io::Error::other(
                "Node has ended: is the package built? `wasm/build` builds it",
            ));
        }
        answer.truncate(answer.trim_end_matches('\n').len());
        Ok(answer)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The process holds no data, and may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
