//! A TLS client: ciphertext on the socket side, plaintext on the engine side.
//!
//! This uses rustls's unbuffered API, which stores no bytes itself. The ciphertext of a read is
//! decrypted in a buffer shared by all clients; only an incomplete record is kept per client.
//! Replies are encrypted into another shared buffer and written at once; only the part that the
//! socket does not accept is kept. An idle client therefore holds only its keys.
//!
//! The session tracks the kept ciphertext by position, so it is passed to the session every time,
//! even for writes.
//!
//! The plaintext of an encrypted block stays in the client's output until the last byte of the
//! block has been written, as if none of it had been sent. The engine's output limits therefore
//! apply to TLS clients as well.

use core::cell::RefCell;
use core::{fmt, mem};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeTlsData, UnbufferedStatus};
use rustls::{InvalidMessage, ServerConfig};

use crate::log::Log;
use crate::stream::Moved;

/// The maximum amount of output encrypted at once: a few records.
const SEAL_BYTES: usize = 64 * 1024;
/// The maximum length of a record, including its header and overhead.
const MAX_RECORD_BYTES: usize = 16 * 1024 + 2048 + 5;
/// The maximum length of one handshake message; longer ones are rejected.
const MAX_HANDSHAKE_BYTES: usize = 64 * 1024;

/// The socket of a client, and the state of its TLS session.
pub(crate) struct TlsStream {
    socket: TcpStream,
    session: UnbufferedServerConnection,
    /// Ciphertext that cannot be decrypted yet.
    partial: Vec<u8>,
    /// Ciphertext that has not been written yet.
    unsent: Vec<u8>,
    /// The length of the client's output contained in `unsent`.
    sealed: usize,
    /// Set when the client has sent its close notification.
    peer_has_closed: bool,
    /// Set after a protocol violation: the session must not be used any more.
    has_failed: bool,
    buffers: Rc<RefCell<Buffers>>,
}

/// Buffers shared by all clients.
#[derive(Debug)]
pub(super) struct Buffers {
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// Slices of output that are encrypted together.
    gathered: Vec<u8>,
    log: Rc<Log>,
}

impl Buffers {
    pub(super) const fn new(log: Rc<Log>) -> Self {
        Self { incoming: Vec::new(), outgoing: Vec::new(), gathered: Vec::new(), log }
    }
}

impl TlsStream {
    /// The minimum buffer space of a read, which fits any record.
    pub(crate) const LEAST_ROOM_BYTES: usize = MAX_RECORD_BYTES;

    pub(super) fn new(
        socket: TcpStream,
        settings: Arc<ServerConfig>,
        buffers: Rc<RefCell<Buffers>>,
    ) -> Result<Self, rustls::Error> {
        // Space for any number of handshake messages, or for the records encrypted at once
        // including their overhead.
        buffers.borrow_mut().outgoing.resize(SEAL_BYTES + 2 * MAX_RECORD_BYTES, 0);
        Ok(Self {
            socket,
            session: UnbufferedServerConnection::new(settings)?,
            partial: Vec::new(),
            unsent: Vec::new(),
            sealed: 0,
            peer_has_closed: false,
            has_failed: false,
            buffers,
        })
    }

    pub(crate) const fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Returns `true` if output or a part of the handshake is waiting to be written.
    pub(crate) const fn owes_bytes(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Reads once and decrypts the input. The result may be empty, which is not an end of file but
    /// an error whose kind indicates whether there is more to read.
    pub(crate) fn read(&mut self, room: &mut [u8]) -> io::Result<Moved> {
        if self.peer_has_closed {
            return Ok(Moved { len_bytes: 0, at_edge: true });
        }
        let buffers = Rc::clone(&self.buffers);
        let Buffers { incoming, outgoing, log, .. } = &mut *buffers.borrow_mut();
        let kept = self.partial.len();
        // The plaintext is shorter than the ciphertext, so it fits. A handshake yields no
        // plaintext.
        let wanted = if self.session.is_handshaking() { room.len() } else { room.len() - kept };
        if incoming.len() < kept + wanted {
            incoming.resize(kept + wanted, 0);
        }
        incoming[..kept].copy_from_slice(&self.partial);
        let len_bytes = self.socket.read(&mut incoming[kept..kept + wanted])?;
        if len_bytes == 0 {
            return Ok(Moved { len_bytes, at_edge: true });
        }
        let incoming = &mut incoming[..kept + len_bytes];
        let opened = match self.open(incoming, room, outgoing) {
            Ok(opened) => opened,
            Err(error) => return Err(self.give_up(error, outgoing, log)),
        };
        let at_edge = len_bytes < wanted && !self.peer_has_closed;
        match opened {
            0 if self.peer_has_closed => Ok(Moved { len_bytes: 0, at_edge: true }),
            0 if at_edge => Err(ErrorKind::WouldBlock.into()),
            0 => Err(ErrorKind::Interrupted.into()),
            _ => Ok(Moved { len_bytes: opened, at_edge }),
        }
    }

    /// Decrypts all complete records and keeps the remainder. Returns the length of the plaintext
    /// in `room`.
    fn open(
        &mut self,
        mut incoming: &mut [u8],
        room: &mut [u8],
        outgoing: &mut [u8],
    ) -> Result<usize, rustls::Error> {
        let (mut opened, mut is_done) = (0, false);
        while !is_done {
            let UnbufferedStatus { discard, state } = self.session.process_tls_records(incoming);
            match state? {
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(record) = traffic.next_record() {
                        let payload = record?.payload;
                        let place = room.get_mut(opened..opened + payload.len());
                        place.ok_or(rustls::Error::DecryptError)?.copy_from_slice(payload);
                        opened += payload.len();
                    }
                }
                ConnectionState::EncodeTlsData(data) => encode(data, outgoing, &mut self.unsent)?,
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.peer_has_closed = true,
                _ => is_done = true,
            }
            incoming = &mut incoming[discard..];
        }
        let is_handshaking = self.session.is_handshaking();
        if incoming.len() >= if is_handshaking { MAX_HANDSHAKE_BYTES } else { MAX_RECORD_BYTES } {
            return Err(InvalidMessage::HandshakePayloadTooLarge.into());
        }
        if incoming.is_empty() {
            self.partial = Vec::new();
        } else {
            self.partial.clear();
            self.partial.extend_from_slice(incoming);
        }
        Ok(opened)
    }

    /// Reports the reason for ending the session to the peer, if possible, and to the log.
    fn give_up(&mut self, error: rustls::Error, outgoing: &mut [u8], log: &Log) -> io::Error {
        self.has_failed = true;
        while self.session.wants_write()
            && let Ok(ConnectionState::EncodeTlsData(alert)) =
                self.session.process_tls_records(&mut []).state
            && encode(alert, outgoing, &mut self.unsent).is_ok()
        {}
        let _ = self.flush();
        if let Ok(address) = self.socket.peer_addr() {
            log.verbose("TLS failed", &[("address", &address), ("error", &error)]);
        }
        io::Error::other(error)
    }

    /// Writes the first of these bytes, or the remainder of an earlier write. They count as written
    /// once the whole encrypted block has been written.
    pub(crate) fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Moved> {
        let offered = slices.iter().map(|slice| slice.len()).sum::<usize>();
        if self.owes_bytes() {
            let at_edge = !self.flush()?;
            let len_bytes = if at_edge { 0 } else { mem::take(&mut self.sealed).min(offered) };
            return Ok(Moved { len_bytes, at_edge });
        }
        let buffers = Rc::clone(&self.buffers);
        let Buffers { outgoing, gathered, .. } = &mut *buffers.borrow_mut();
        let plaintext = match slices {
            [] => return Ok(Moved { len_bytes: 0, at_edge: false }),
            [one] => &one[..one.len().min(SEAL_BYTES)],
            _ => gather(slices, gathered),
        };
        let len_bytes = self.seal(plaintext, outgoing)?;
        let sent = sent(self.socket.write(&outgoing[..len_bytes]))?;
        if sent == len_bytes {
            return Ok(Moved { len_bytes: plaintext.len(), at_edge: false });
        }
        self.unsent.extend_from_slice(&outgoing[sent..len_bytes]);
        self.sealed = plaintext.len();
        Ok(Moved { len_bytes: 0, at_edge: true })
    }

    /// Writes pending ciphertext. Returns `true` if all of it was written.
    fn flush(&mut self) -> io::Result<bool> {
        let sent = sent(self.socket.write(&self.unsent))?;
        if sent < self.unsent.len() {
            self.unsent.drain(..sent);
            return Ok(false);
        }
        self.unsent = Vec::new();
        Ok(true)
    }

    /// Encrypts output into `outgoing` and returns its length.
    fn seal(&mut self, plaintext: &[u8], outgoing: &mut [u8]) -> io::Result<usize> {
        match self.session.process_tls_records(&mut self.partial).state.map_err(io::Error::other)? {
            ConnectionState::WriteTraffic(mut traffic) => {
                traffic.encrypt(plaintext, outgoing).map_err(io::Error::other)
            }
            // There is no output before the end of the handshake.
            _ => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Drop for TlsStream {
    /// Sends a close notification, so that the peer can detect truncation. After an incomplete
    /// record it would be unreadable.
    fn drop(&mut self) {
        if self.has_failed || self.owes_bytes() {
            return;
        }
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) =
            self.session.process_tls_records(&mut self.partial).state
        {
            let mut alert = [0; 64];
            if let Ok(len_bytes) = traffic.queue_close_notify(&mut alert) {
                let _ = self.socket.write(&alert[..len_bytes]);
            }
        }
    }
}

/// Adds a part of the handshake to the pending ciphertext.
fn encode(
    mut data: EncodeTlsData<'_, ServerConnectionData>,
    outgoing: &mut [u8],
    unsent: &mut Vec<u8>,
) -> Result<(), rustls::Error> {
    let len_bytes =
        data.encode(outgoing).map_err(|error| rustls::Error::General(error.to_string()))?;
    unsent.extend_from_slice(&outgoing[..len_bytes]);
    Ok(())
}

/// Copies as much of the slices as is encrypted at once into one buffer.
fn gather<'a>(slices: &[IoSlice<'_>], gathered: &'a mut Vec<u8>) -> &'a [u8] {
    gathered.clear();
    for slice in slices {
        let room = SEAL_BYTES - gathered.len();
        gathered.extend_from_slice(&slice[..slice.len().min(room)]);
    }
    gathered
}

/// Returns the number of bytes sent; zero if the socket is full.
fn sent(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            Ok(0)
        }
        result => result,
    }
}
