//! The socket of a client: transfers plaintext, with or without TLS.
//!
//! Sockets are edge-triggered, so each transfer reports, besides the number of bytes, whether it
//! reached an [edge](Moved::at_edge).

use std::io::{self, IoSlice, Read, Write};

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use rustix::buffer::spare_capacity;

use crate::tls::TlsStream;

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream>),
}

/// The result of one read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The number of bytes read (zero at end of file) or written.
    pub(crate) len_bytes: usize,
    /// Set if further transfers must wait for an event. A transfer of fewer bytes than requested
    /// implies this.
    pub(crate) at_edge: bool,
}

impl Moved {
    const fn of(len_bytes: usize, wanted: usize) -> Self {
        Self { len_bytes, at_edge: len_bytes < wanted }
    }
}

impl Stream {
    pub(crate) fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
            Self::Tls(stream) => stream.socket(),
        }
    }

    /// Returns the minimum buffer space needed by a read, regardless of the client's turn.
    pub(crate) const fn least_room_bytes(&self) -> usize {
        match self {
            Self::Tcp(_) | Self::Unix(_) => 0,
            Self::Tls(_) => TlsStream::LEAST_ROOM_BYTES,
        }
    }

    #[inline]
    pub(crate) fn read(&mut self, room: &mut [u8]) -> io::Result<Moved> {
        let len_bytes = match self {
            Self::Tcp(stream) => stream.read(room),
            Self::Unix(stream) => stream.read(room),
            Self::Tls(stream) => return stream.read(room),
        }?;
        Ok(Moved::of(len_bytes, room.len()))
    }

    /// Returns `true` if input can be read directly into the engine's buffer.
    pub(crate) const fn can_read_to_spare(&self) -> bool {
        !matches!(self, Self::Tls(_))
    }

    /// Reads into the spare capacity of a buffer.
    pub(crate) fn read_to_spare(&self, buffer: &mut Vec<u8>) -> io::Result<Moved> {
        let wanted = buffer.capacity() - buffer.len();
        let spare = spare_capacity(buffer);
        let len_bytes = match self {
            Self::Tcp(stream) => rustix::io::read(stream, spare),
            Self::Unix(stream) => rustix::io::read(stream, spare),
            Self::Tls(_) => return Err(io::ErrorKind::Unsupported.into()),
        }?;
        Ok(Moved::of(len_bytes, wanted))
    }

    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<Moved> {
        let len_bytes = match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
            Self::Tls(stream) => return stream.write_vectored(&[IoSlice::new(bytes)]),
        }?;
        Ok(Moved::of(len_bytes, bytes.len()))
    }

    #[inline]
    pub(crate) fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Moved> {
        let len_bytes = match self {
            Self::Tcp(stream) => stream.write_vectored(slices),
            Self::Unix(stream) => stream.write_vectored(slices),
            Self::Tls(stream) => return stream.write_vectored(slices),
        }?;
        Ok(Moved::of(len_bytes, slices.iter().map(|slice| slice.len()).sum()))
    }

    /// Returns `true` if there is something to write besides the client's output.
    pub(crate) fn owes_bytes(&self) -> bool {
        match self {
            Self::Tcp(_) | Self::Unix(_) => false,
            Self::Tls(stream) => stream.owes_bytes(),
        }
    }
}
