//! Readiness notification for systemd: `supervised`.
//!
//! The environment names a socket; each datagram to it is a message. A name that starts with `@` is
//! in Linux's abstract namespace.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::rc::Rc;

use redstart_core::config::Config;

use crate::fatal::plain;
use crate::log::Log;

/// The connection to the service manager, if there is one.
#[derive(Debug)]
pub(crate) struct Supervisor {
    socket: Option<UnixDatagram>,
    log: Rc<Log>,
}

impl Supervisor {
    /// Connects to the service manager selected by `supervised`.
    pub(crate) fn find(config: &Config, log: Rc<Log>) -> Self {
        let name = env::var_os("NOTIFY_SOCKET").filter(|_| config.supervised != "no");
        if name.is_none() && config.supervised == "systemd" {
            log.warning(
                "supervised: systemd did not start this process, or does not expect notifications",
                &[],
            );
        }
        let socket = name.and_then(|name| {
            let told = |error: &io::Error| {
                log.warning("Cannot connect to systemd", &[("error", &plain(error))]);
            };
            connect(&name).inspect_err(told).ok()
        });
        Self { socket, log }
    }

    /// Reports that the server accepts clients.
    pub(crate) fn ready(&self) {
        self.send("STATUS=Ready to accept connections\nREADY=1\n");
    }

    /// Reports that the process is about to end.
    pub(crate) fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    fn send(&self, message: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(message.as_bytes())
        {
            self.log.warning("Cannot notify systemd", &[("error", &plain(&error))]);
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
