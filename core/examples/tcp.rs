//! A complete server on the engine: sockets and a clock from the standard library, one thread, no
//! other dependency. It asks every socket in turn; a real server waits with an event poll instead.
//!
//! ```console
//! $ cargo run -p redstart-core --example tcp -- 127.0.0.1:7000
//! $ redis-cli -p 7000
//! ```

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redstart_core::{ClientId, Config, Effect, Engine, Peer, Seed, Transport, UnixMicros};

/// The pause after a round in which nothing happened.
const IDLE: Duration = Duration::from_millis(1);

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".to_owned());
    let listener = TcpListener::bind(&address)?;
    listener.set_nonblocking(true)?;
    eprintln!("listening on {}", listener.local_addr()?);
    let mut server = Server::new();
    while !server.is_shut_down {
        if !server.round(&listener)? {
            thread::sleep(IDLE);
        }
    }
    Ok(())
}

fn now() -> UnixMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMicros(since.as_micros() as u64)
}

struct Server {
    engine: Engine,
    streams: HashMap<ClientId, TcpStream>,
    /// When the engine must be called again if nothing else happens.
    wake_at: UnixMicros,
    is_shut_down: bool,
}

impl Server {
    fn new() -> Self {
        // A real server takes the seed from the operating system.
        let engine = Engine::new(Config::default(), Seed(now().0));
        Self { engine, streams: HashMap::new(), wake_at: now(), is_shut_down: false }
    }

    /// Serves everything that is ready. Returns `false` if nothing was.
    fn round(&mut self, listener: &TcpListener) -> io::Result<bool> {
        let mut is_busy = self.accept(listener)?;
        let clients: Vec<ClientId> = self.streams.keys().copied().collect();
        for client in clients {
            is_busy |= self.read(client);
            self.write(client);
        }
        if now() >= self.wake_at {
            self.wake_at = self.engine.tick(now());
        }
        self.carry_out_effects();
        Ok(is_busy)
    }

    fn accept(&mut self, listener: &TcpListener) -> io::Result<bool> {
        let (mut stream, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        let peer = Peer {
            address: address.to_string(),
            local_address: stream.local_addr()?.to_string(),
            transport: Transport::Tcp,
            is_local: address.ip().is_loopback(),
            descriptor: -1,
        };
        match self.engine.connect(peer, now()) {
            Ok(client) => drop(self.streams.insert(client, stream)),
            // The client may not read it; then it only sees the end of the connection.
            Err(refused) => drop(stream.write_all(&refused.reply())),
        }
        Ok(true)
    }

    /// Passes what a client has sent to the engine. Returns `false` if there was nothing.
    fn read(&mut self, client: ClientId) -> bool {
        let mut buffer = [0; 16 * 1024];
        if !self.engine.wants_input(client) {
            return false;
        }
        let Some(stream) = self.streams.get_mut(&client) else { return false };
        match stream.read(&mut buffer) {
            Ok(0) => self.close(client),
            Ok(len) => drop(self.engine.receive(client, &buffer[..len], now())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => self.close(client),
        }
        true
    }

    /// Writes as much of a client's output as its socket accepts.
    fn write(&mut self, client: ClientId) {
        let Some(stream) = self.streams.get_mut(&client) else { return };
        let output = self.engine.output(client).to_vec();
        let mut written = 0;
        while written < output.len() {
            match stream.write(&output[written..]) {
                Ok(len) => written += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return self.close(client),
            }
        }
        if written > 0 {
            self.engine.consume(client, written, now());
        }
    }

    fn carry_out_effects(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Write(client) => self.write(client),
                Effect::Close { client, flush } => {
                    if flush {
                        self.write(client);
                    }
                    self.close(client);
                }
                Effect::Shutdown => self.is_shut_down = true,
            }
        }
    }

    fn close(&mut self, client: ClientId) {
        self.engine.disconnect(client);
        self.streams.remove(&client);
    }
}
