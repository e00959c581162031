//! systemd, where it has started the process and waits to be told that it is ready: `supervised`.
//!
//! It names a socket in the environment; a datagram there is a message. A name that begins with `@` lies in Linux's abstract
//! namespace.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::rc::Rc;

use redstart_core::config::Config;

use crate::fatal::plain;
use crate::log::Log;

/// The way to the one who looks after this process, if there is one.
#[derive(Debug)]
pub(crate) struct Supervisor {
    socket: Option<UnixDatagram>,
    log: Rc<Log>,
}

impl Supervisor {
    /// The one that the parameter `supervised` speaks of.
    pub(crate) fn find(config: &Config, log: Rc<Log>) -> Self {
        let name = env::var_os("NOTIFY_SOCKET").filter(|_| config.supervised != "no");
        if name.is_none() && config.supervised == "systemd" {
            log.warning("supervised: systemd has not started this process, or does not wait", &[]);
        }
        let socket = name.and_then(|name| {
            let told = |error: &io::Error| {
                log.warning("Cannot reach systemd", &[("error", &plain(error))]);
            };
            connect(&name).inspect_err(told).ok()
        });
        Self { socket, log }
    }

    /// Says that clients are served now.
    pub(crate) fn ready(&self) {
        self.send("STATUS=Ready to accept connections\nREADY=1\n");
    }

    /// Says that the process is about to end.
    pub(crate) fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    fn send(&self, message: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(message.as_bytes())
        {
            self.log.warning("Cannot tell systemd", &[("error", &plain(&error))]);
        }
    }
}

fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address(name)?)?;
    Ok(socket)
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = name.as_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(name)
}
