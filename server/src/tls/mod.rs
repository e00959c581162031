//! TLS: encrypted connections.
//!
//! rustls is sans-I/O like the engine, so a TLS client differs from others only in its
//! [`Stream`](crate::stream::Stream): turns, limits and writes are the same. [`settings`] converts
//! the parameters to rustls's configuration, [`sessions`] stores resumable sessions, and [`stream`]
//! handles one client.

mod sessions;
mod settings;
mod stream;

use core::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use mio::net::TcpStream;
use redstart_core::config::Config;
use rustls::ServerConfig;

pub(crate) use stream::TlsStream;

use crate::fatal::Fatal;
use crate::log::Log;
use stream::Buffers;

/// Accepts TLS clients.
#[derive(Debug)]
pub(crate) struct Acceptor {
    settings: Option<Arc<ServerConfig>>,
    buffers: Rc<RefCell<Buffers>>,
}

impl Acceptor {
    /// Creates an acceptor, which must be [configured](Self::configure) before it accepts clients.
    pub(crate) fn new(log: Rc<Log>) -> Self {
        Self { settings: None, buffers: Rc::new(RefCell::new(Buffers::new(log))) }
    }

    /// Reloads the certificates and all other settings. Existing clients keep their settings. On an
    /// error, new clients are served with the old ones as well.
    pub(crate) fn configure(&mut self, config: &Config) -> Result<(), Fatal> {
        self.settings = Some(Arc::new(settings::read(config)?));
        Ok(())
    }

    /// Returns the stream of a new client, which starts with a handshake.
    pub(crate) fn meet(&self, socket: TcpStream) -> io::Result<TlsStream> {
        let settings = self.settings.clone().ok_or(io::ErrorKind::NotConnected)?;
        TlsStream::new(socket, settings, Rc::clone(&self.buffers)).map_err(io::Error::other)
    }
}
