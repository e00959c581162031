//! TLS: what of a client travels enciphered.
//!
//! rustls is sans-IO as the engine is, so a client that speaks TLS differs from others in nothing but its
//! [`Stream`](crate::stream::Stream): the same turns, limits and writes. [`settings`] makes what the parameters say into
//! rustls's configuration, [`sessions`] remembers who may resume, [`stream`] is one client.

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

/// What new clients are met with.
#[derive(Debug)]
pub(crate) struct Acceptor {
    settings: Option<Arc<ServerConfig>>,
    buffers: Rc<RefCell<Buffers>>,
}

impl Acceptor {
    /// One that meets nobody until it is [configured](Self::configure).
    pub(crate) fn new(log: Rc<Log>) -> Self {
        Self { settings: None, buffers: Rc::new(RefCell::new(Buffers::new(log))) }
    }

    /// Reads certificates and all else anew. Clients that are there keep what they were met with; so do new ones if
    /// something is wrong.
    pub(crate) fn configure(&mut self, config: &Config) -> Result<(), Fatal> {
        self.settings = Some(Arc::new(settings::read(config)?));
        Ok(())
    }

    /// The stream of a client that has just come: its first bytes will be a handshake.
    pub(crate) fn meet(&self, socket: TcpStream) -> io::Result<TlsStream> {
        let settings = self.settings.clone().ok_or(io::ErrorKind::NotConnected)?;
        TlsStream::new(socket, settings, Rc::clone(&self.buffers)).map_err(io::Error::other)
    }
}
