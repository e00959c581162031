//! Recordings of sessions: the initial state of the engine, and every call with its time. The
//! engine's behaviour is determined by these alone, so the recording of a server (`--record FILE`)
//! replays elsewhere, including in a browser, to the same bytes.
//!
//! ```text
//! "redstart" version   seed   parameters   is virtual   start   snapshot   events ...
//!
//! event   kind + 8 * client   microseconds since the last event   what belongs to the kind
//! ```
//!
//! Numbers are encoded in seven bits per byte; text and bytes follow their length. A client is
//! identified by its slot among the connected clients. The npm package reads and writes the same
//! format (`wasm/npm/src/recording.ts`).
//!
//! The recording side makes the session reproducible: clients are served one after the other, time
//! never goes backwards, and the engine's stopwatch is frozen while a command runs, because its
//! duration cannot be reproduced. Values that describe the process (`INFO server`, memory in bytes)
//! differ in a replay, and a client that left replies unread has read them in the replay.
//!
//! A recording contains secrets: everything that clients sent, including passwords, and
//! `requirepass`, without which the clients could not authenticate in a replay. The file is
//! therefore readable only by its owner.

use core::cell::Cell;
use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::rc::Rc;

use redstart_core::config::{Config, PARAMETERS};
use redstart_core::random::Seed;
use redstart_core::time::UnixMicros;

const MAGIC: &[u8] = b"redstart";
const VERSION: u64 = 1;
const OWNER_ONLY: u32 = 0o600;

/// The kinds of events.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Connect = 0,
    Receive = 1,
    Disconnect = 2,
    Tick = 3,
}

/// The time shown by the engine's stopwatch while a session is recorded: that of the latest event,
/// plus any sleep since.
pub(crate) type EventTime = Rc<Cell<UnixMicros>>;

/// Writes a recording.
#[derive(Debug)]
pub(crate) struct Recorder<W: Write = BufWriter<File>> {
    out: W,
    last: UnixMicros,
    stopwatch: EventTime,
    /// The error that prevents further writes, until it is reported.
    failure: Option<io::Error>,
    has_ended: bool,
}

impl Recorder {
    /// Starts a recording in a file that only its owner can read.
    pub(crate) fn create(
        path: &Path,
        seed: Seed,
        config: &Config,
        start: UnixMicros,
    ) -> io::Result<Self> {
        Recorder::begin(BufWriter::new(private_file(path)?), seed, config, start)
    }
}

/// Opens a file for secrets, and truncates it after making it private to its owner. A device or a
/// pipe is used as it is.
fn private_file(path: &Path) -> io::Result<File> {
    let file =
        File::options().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(path)?;
    let found = file.metadata()?;
    if found.is_file() {
        // The owner could give others access again.
        if found.uid() != nix::unistd::geteuid().as_raw() {
            return Err(io::Error::other("the file belongs to another user"));
        }
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
        file.set_len(0)?;
    }
    Ok(file)
}

impl<W: Write> Recorder<W> {
    fn begin(out: W, seed: Seed, config: &Config, start: UnixMicros) -> io::Result<Self> {
        let mut recorder = Self {
            out,
            last: start,
            stopwatch: Rc::new(Cell::new(start)),
            failure: None,
            has_ended: false,
        };
        recorder.bytes(MAGIC)?;
        recorder.number(VERSION)?;
        recorder.bytes(seed.0.to_string().as_bytes())?;
        recorder.bytes(parameters(config).as_bytes())?;
        recorder.number(0)?;
        recorder.number(start.0)?;
        recorder.bytes(b"")?;
        Ok(recorder)
    }

    pub(crate) fn stopwatch(&self) -> EventTime {
        Rc::clone(&self.stopwatch)
    }

    /// Returns the time of an event at `now`, which is never earlier than the previous event.
    pub(crate) fn not_before(&self, now: UnixMicros) -> UnixMicros {
        now.max(self.last)
    }

    pub(crate) fn connect(&mut self, address: &str, now: UnixMicros) {
        self.event(Kind::Connect, 0, now, Some(address.as_bytes()));
    }

    pub(crate) fn receive(&mut self, slot: usize, bytes: &[u8], now: UnixMicros) {
        self.event(Kind::Receive, slot, now, Some(bytes));
    }

    /// Records that a client has disconnected, which has no time of its own.
    pub(crate) fn disconnect(&mut self, slot: usize) {
        self.event(Kind::Disconnect, slot, self.last, None);
    }

    pub(crate) fn tick(&mut self, now: UnixMicros) {
        self.event(Kind::Tick, 0, now, None);
    }

    /// Writes buffered data to the file. An error is reported once, and ends the recording.
    pub(crate) fn flush(&mut self) -> Option<io::Error> {
        if self.failure.is_none() && !self.has_ended {
            self.failure = self.out.flush().err();
        }
        let failure = self.failure.take()?;
        self.has_ended = true;
        Some(failure)
    }

    fn event(&mut self, kind: Kind, slot: usize, now: UnixMicros, bytes: Option<&[u8]>) {
        let passed_us = now.0.saturating_sub(self.last.0);
        self.last = self.not_before(now);
        self.stopwatch.set(self.last);
        if self.failure.is_some() || self.has_ended {
            return;
        }
        let written = self
            .number(kind as u64 + 8 * slot as u64)
            .and_then(|()| self.number(passed_us))
            .and_then(|()| bytes.map_or(Ok(()), |bytes| self.bytes(bytes)));
        self.failure = written.err();
    }

    fn number(&mut self, mut value: u64) -> io::Result<()> {
        while value >= 0x80 {
            self.out.write_all(&[value as u8 | 0x80])?;
            value >>= 7;
        }
        self.out.write_all(&[value as u8])
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.number(bytes.len() as u64)?;
        self.out.write_all(bytes)
    }
}

/// Returns the parameters with non-default values: alternating names and values, each followed by a
/// NUL.
fn parameters(config: &Config) -> String {
    let (mut config, mut default) = (config.clone(), Config::default());
    let mut text = String::new();
    for parameter in PARAMETERS {
        let value = config.text(parameter);
        if value == default.text(parameter) {
            continue;
        }
        // A path that is not valid UTF-8 is meaningless without a file system.
        let Ok(value) = String::from_utf8(value) else { continue };
        text.extend([parameter.name, "\0", &value, "\0"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recording_format_is_fixed() {
        let mut config = Config::default();
        let hz = Config::parameter(b"hz").expect("a parameter");
        config.set(hz, b"33").expect("a value of it");
        let mut out = Vec::new();
        let mut recorder = Recorder::begin(&mut out, Seed(300), &config, UnixMicros(1_000))
            .expect("memory takes all");
        recorder.connect("1.2.3.4:5", UnixMicros(1_001));
        recorder.receive(2, b"PING\r\n", UnixMicros(1_301));
        // The system clock was set back.
        recorder.tick(UnixMicros(7));
        assert_eq!(recorder.stopwatch().get(), UnixMicros(1_301));
        recorder.disconnect(2);
        assert!(recorder.flush().is_none());
        let expected = b"\x08redstart\x01\x03300\x06hz\x0033\x00\x00\xe8\x07\x00\x00\x01\x091.2.3.4:5\x11\xac\x02\x06PING\r\n\x03\x00\x12\x00";
        assert_eq!(out, expected);
    }

    #[test]
    fn a_full_disk_is_reported_once() {
        #[derive(Debug)]
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut recorder = Recorder::begin(Full(30), Seed(1), &Config::default(), UnixMicros(1))
            .expect("there is room for the beginning");
        assert!(recorder.flush().is_none());
        for _ in 0..30 {
            recorder.tick(UnixMicros(2));
        }
        let error = recorder.flush().expect("the disk is full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(recorder.flush().is_none());
    }
}
