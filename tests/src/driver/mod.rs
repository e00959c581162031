//! Connects scenarios to servers: in this process ([`EngineDriver`]), over TCP ([`TcpDriver`]), or
//! in WebAssembly under Node ([`WasmDriver`]).

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
    /// Resets the server and closes every connection.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn reset(&mut self) -> io::Result<()>;

    /// Connects another client.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn connect(&mut self) -> io::Result<Connection>;

    /// Sends bytes of a client, which may have been disconnected already.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn send(&mut self, connection: Connection, bytes: &[u8]) -> io::Result<()>;

    /// Returns after everything sent has run and its replies have arrived.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn settle(&mut self) -> io::Result<()>;

    /// Appends the bytes that have arrived for a client to `bytes`.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn receive(&mut self, connection: Connection, bytes: &mut Vec<u8>) -> io::Result<State>;

    /// Appends the output after the last [`Driver::send`] to `bytes`. The argument is the number of
    /// replies to expect, unless the client has turned them off. A driver that can detect their
    /// arrival need not settle.
    ///
    /// # Errors
    /// The server cannot be reached.
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
    /// The server cannot be reached.
    fn advance(&mut self, by: Duration) -> io::Result<()>;

    /// Returns `true` if time passes by itself, so that the result of a scenario may depend on how
    /// busy the machine is.
    fn is_on_the_worlds_clock(&self) -> bool {
        false
    }

    /// Sets the clock of a server with a virtual clock; others use the real time.
    ///
    /// # Errors
    /// The server cannot be reached.
    fn synchronize(&mut self, _now: UnixMicros) -> io::Result<()> {
        Ok(())
    }
}

/// A client's connection, as numbered by its driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection(pub usize);

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Output may still arrive.
    Open,
    /// The server has closed it.
    Closed,
}
