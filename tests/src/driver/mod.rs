//! How a scenario reaches a server: in this process ([`EngineDriver`]), over TCP ([`TcpDriver`]), or in WebAssembly under Node
//! ([`WasmDriver`]).

mod engine;
mod tcp;
mod wasm;

use core::time::Duration;
use std::io;

use redstart_core::time::UnixMicros;

pub use engine::EngineDriver;
pub use tcp::{TcpDriver, multibulk};
pub use wasm::WasmDriver;

/// A server under test, its clients and its clock.
pub trait Driver {
    /// Makes the server as good as new and ends every connection.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn reset(&mut self) -> io::Result<()>;

    /// Connects one more client.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn connect(&mut self) -> io::Result<Connection>;

    /// Sends bytes of a client, who may have been disconnected already.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn send(&mut self, connection: Connection, bytes: &[u8]) -> io::Result<()>;

    /// Returns once whatever was sent has been executed and answered.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn settle(&mut self) -> io::Result<()>;

    /// Appends what has arrived for a client to `bytes`.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn receive(&mut self, connection: Connection, bytes: &mut Vec<u8>) -> io::Result<State>;

    /// Appends to `bytes` what comes of the last [`Driver::send`], for which that many replies are due unless the client keeps
    /// quiet. A driver that can tell that they have come need not settle.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn receive_replies(
        &mut self,
        connection: Connection,
        _due: usize,
        bytes: &mut Vec<u8>,
    ) -> io::Result<State> {
        self.settle()?;
        self.receive(connection, bytes)
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn advance(&mut self, by: Duration) -> io::Result<()>;

    /// Whether time passes by itself there, so that what comes of a scenario may depend on how busy the machine is.
    fn is_on_the_worlds_clock(&self) -> bool {
        false
    }

    /// Sets the clock of a server that has one of its own; others go by the world's anyway.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn synchronize(&mut self, _now: UnixMicros) -> io::Result<()> {
        Ok(())
    }
}

/// A client's connection, as its driver numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection(pub usize);

/// Whether a connection may still bring something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may.
    Open,
    /// The server has ended it.
    Closed,
}
