//! Logging to syslog: `syslog-enabled`.
//!
//! A message is a datagram to a well-known socket: `<priority>name[process]: text`. The receiver
//! adds the time. Messages to a slow or missing receiver are lost, because the server must not
//! block on its log.

use core::cell::RefCell;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process;

use redstart_core::config::{Config, printable};

use crate::log::Level;

const SOCKET: &str = "/dev/log";
/// The code of the facility `local0`; the others follow.
const LOCAL0: u8 = 16;
const USER: u8 = 1;

/// The connection to syslog.
#[derive(Debug)]
pub(crate) struct Syslog {
    path: PathBuf,
    socket: RefCell<UnixDatagram>,
    ident: String,
    facility: u8,
}

impl Syslog {
    pub(crate) fn open(config: &Config) -> io::Result<Self> {
        Self::at(SOCKET.into(), config)
    }

    fn at(path: PathBuf, config: &Config) -> io::Result<Self> {
        let number = config.syslog_facility.strip_prefix("local");
        let facility = match number.and_then(|number| number.parse::<u8>().ok()) {
            Some(number) => LOCAL0 + number,
            None => USER,
        };
        let socket = RefCell::new(connect(&path)?);
        Ok(Self { path, socket, ident: printable(&config.syslog_ident), facility })
    }

    pub(crate) fn write(&self, level: Level, message: &str) {
        let severity = match level {
            Level::Debug => 7,
            Level::Verbose => 6,
            Level::Notice => 5,
            Level::Warning => 4,
        };
        let priority = self.facility * 8 + severity;
        let line = format!("<{priority}>{}[{}]: {message}", self.ident, process::id());
        let Err(error) = self.socket.borrow().send(line.as_bytes()) else { return };
        // A restarted syslog listens on a new socket.
        if error.kind() != io::ErrorKind::WouldBlock
            && let Ok(socket) = connect(&self.path)
        {
            let _ = socket.send(line.as_bytes());
            self.socket.replace(socket);
        }
    }
}

fn connect(path: &PathBuf) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect(path)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_after_the_reader_has_restarted() {
        let path = std::env::temp_dir().join(format!("redstart-syslog-{}", process::id()));
        let config = Config { syslog_facility: "local3", ..Config::default() };
        assert!(Syslog::at(path.clone(), &config).is_err(), "no reader is listening yet");
        let mut syslog: Option<Syslog> = None;
        for round in 0..2 {
            let reader = UnixDatagram::bind(&path).expect("the socket can be bound");
            let syslog = syslog.get_or_insert_with(|| {
                Syslog::at(path.clone(), &config).expect("the reader is listening")
            });
            syslog.write(Level::Warning, &format!("round {round}"));
            let mut message = [0; 100];
            let len = reader.recv(&mut message).expect("a message");
            let expected = format!("<156>redis[{}]: round {round}", process::id());
            assert_eq!(&message[..len], expected.as_bytes());
            std::fs::remove_file(&path).expect("the file belongs to this test");
        }
    }
}
