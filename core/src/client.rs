//! Clients as the outside knows them: their ids, and the other end of their connections.

use alloc::string::String;

/// Identifies a client. An id is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    serial: u64,
    slot: u32,
}

impl ClientId {
    /// The id of a session of the engine's own: clients' serial numbers start at 1.
    pub(crate) const fn internal(slot: u32) -> Self {
        Self::new(0, slot)
    }

    pub(crate) const fn new(serial: u64, slot: u32) -> Self {
        Self { serial, slot }
    }

    /// Returns the number that `CLIENT ID` replies: 1 for the first client, then upward.
    #[must_use]
    pub const fn serial(self) -> u64 {
        self.serial
    }

    /// Returns a small number that is unique among the connected clients, so a front end can index
    /// its connections by it. After a client has disconnected, its slot is reused.
    #[must_use]
    pub const fn slot(self) -> usize {
        self.slot as usize
    }
}

/// The other end of a connection, as the front end sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The client's address as `CLIENT LIST` prints it (`127.0.0.1:50000`, or `path:0` for a Unix
    /// socket).
    pub address: String,
    /// The server's address of this connection.
    pub local_address: String,
    /// The kind of connection.
    pub transport: Transport,
    /// Set if the client is on this machine. Protected mode accepts only local clients.
    pub is_local: bool,
    /// The connection's file descriptor, or -1 if it has none.
    pub descriptor: i64,
}

/// The kind of connection that a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A TCP connection.
    Tcp,
    /// A Unix socket.
    Unix,
    /// No socket: the client runs in the engine's process.
    InProcess,
}

impl Peer {
    /// Returns the peer of a client that runs in the engine's process.
    #[must_use]
    pub fn local() -> Self {
        Self {
            address: String::from("127.0.0.1:0"),
            local_address: String::from("127.0.0.1:0"),
            transport: Transport::InProcess,
            is_local: true,
            descriptor: -1,
        }
    }
}
