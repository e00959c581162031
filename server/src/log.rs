//! The log: one line per event, with its time, its level, a message and fields of the form
//! `key=value`.
//!
//! ```text
//! 2026-01-31T23:59:59.123Z notice  Ready to accept connections port=6379
//! ```
//!
//! Logging is rare, so each line is written directly to the file, which is opened every time: all
//! lines survive a crash, and logrotate can move the file without notifying the server.

use core::cell::Cell;
use core::fmt::{Display, Write as _};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use redstart_core::config::Config;

use crate::clock;
use crate::fatal::plain;
use crate::syslog::Syslog;

/// The level of a message, in ascending order, with Redis's names as in `loglevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Debug,
    Verbose,
    Notice,
    Warning,
}

impl Level {
    const ALL: [Self; 4] = [Self::Debug, Self::Verbose, Self::Notice, Self::Warning];

    const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Verbose => "verbose",
            Self::Notice => "notice",
            Self::Warning => "warning",
        }
    }

    /// Returns the colour of the level on a terminal.
    const fn colour(self) -> &'static str {
        match self {
            Self::Debug | Self::Verbose => FAINT,
            Self::Notice => "\x1b[32m",
            Self::Warning => "\x1b[33m",
        }
    }
}

const FAINT: &str = "\x1b[2m";
const OFF: &str = "\x1b[0m";

/// A field of a message: its name and its value.
pub(crate) type Field<'a> = (&'a str, &'a dyn Display);

/// The destination and the minimum level of messages.
#[derive(Debug)]
pub(crate) struct Log {
    /// The log file; `None` is standard output.
    file: Option<PathBuf>,
    syslog: Option<Syslog>,
    /// The minimum level of messages; `None` suppresses all.
    threshold: Cell<Option<Level>>,
    is_terminal: bool,
}

impl Log {
    /// Opens the log according to the parameters `logfile`, `loglevel` and `syslog-enabled`.
    pub(crate) fn open(config: &Config) -> io::Result<Self> {
        let mut log = Self::to(None);
        log.set_level(config.loglevel);
        if config.logfile.is_empty() {
            log.is_terminal = io::stdout().is_terminal();
        } else {
            let path = std::path::absolute(OsStr::from_bytes(&config.logfile))?;
            append_to(&path)?;
            log.file = Some(path);
        }
        if config.syslog_enabled {
            match Syslog::open(config) {
                Ok(syslog) => log.syslog = Some(syslog),
                Err(error) => log.warning("Cannot connect to syslog", &[("error", &plain(&error))]),
            }
        }
        Ok(log)
    }

    const fn to(file: Option<PathBuf>) -> Self {
        Self { file, syslog: None, threshold: Cell::new(None), is_terminal: false }
    }

    /// Returns the log file, unless the log is standard output.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(crate) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Suppresses messages below `loglevel`; `nothing` suppresses all.
    pub(crate) fn set_level(&self, loglevel: &str) {
        self.threshold.set(Level::ALL.into_iter().find(|level| level.name() == loglevel));
    }

    pub(crate) fn debug(&self, message: &str, fields: &[Field<'_>]) {
        self.write(Level::Debug, message, fields);
    }

    pub(crate) fn verbose(&self, message: &str, fields: &[Field<'_>]) {
        self.write(Level::Verbose, message, fields);
    }

    pub(crate) fn notice(&self, message: &str, fields: &[Field<'_>]) {
        self.write(Level::Notice, message, fields);
    }

    pub(crate) fn warning(&self, message: &str, fields: &[Field<'_>]) {
        self.write(Level::Warning, message, fields);
    }

    /// Writes lines that are not a message: the banner.
    pub(crate) fn plain(&self, text: &str) {
        self.append(text.as_bytes());
    }

    fn write(&self, level: Level, message: &str, fields: &[Field<'_>]) {
        if self.threshold.get().is_none_or(|threshold| level < threshold) {
            return;
        }
        self.append(line(level, message, fields, self.is_terminal).as_bytes());
        if let Some(syslog) = &self.syslog {
            syslog.write(level, &text(message, fields, false));
        }
    }

    /// Appends a line. Errors (a full disk, a closed pipe) are ignored: the server keeps running
    /// without its log.
    fn append(&self, text: &[u8]) {
        let _ = match &self.file {
            Some(path) => append_to(path).and_then(|mut file| file.write_all(text)),
            None => io::stdout().write_all(text).and_then(|()| io::stdout().flush()),
        };
    }
}

/// Opens a log file for appending.
pub(crate) fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn line(level: Level, message: &str, fields: &[Field<'_>], is_coloured: bool) -> String {
    let (on, faint, off) = if is_coloured { (level.colour(), FAINT, OFF) } else { ("", "", "") };
    let time = clock::rfc3339(clock::now());
    let text = text(message, fields, is_coloured);
    format!("{faint}{time}{off} {on}{:7}{off} {text}\n", level.name())
}

/// Formats a message with its fields.
fn text(message: &str, fields: &[Field<'_>], is_coloured: bool) -> String {
    let (faint, off) = if is_coloured { (FAINT, OFF) } else { ("", "") };
    let mut line = String::new();
    push_escaped(message, &mut line);
    for (name, value) in fields {
        let _ = write!(line, " {faint}{name}={off}");
        let text = value.to_string();
        if text.is_empty() || text.contains([' ', '"', '=']) {
            line.push('"');
            push_escaped(&text.replace('"', "\\\""), &mut line);
            line.push('"');
        } else {
            push_escaped(&text, &mut line);
        }
    }
    line
}

/// Appends text with control characters escaped, so that a client's input cannot imitate another
/// message.
fn push_escaped(text: &str, line: &mut String) {
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_time_level_message_and_fields() {
        let line = line(Level::Notice, "Ready", &[("port", &6379), ("path", &"/a b")], false);
        let (time, rest) = line.split_at(24);
        assert!(time.ends_with('Z') && time.contains('T'), "{time}");
        assert_eq!(rest, " notice  Ready port=6379 path=\"/a b\"\n");
    }

    #[test]
    fn a_message_cannot_fake_another() {
        let line =
            line(Level::Warning, "a\nb", &[("name", &"x\r\ny"), ("text", &"say \"a\"")], false);
        assert!(line.ends_with("a\\nb name=x\\r\\ny text=\"say \\\"a\\\"\"\n"), "{line}");
    }

    #[test]
    fn loglevel_sets_the_threshold() {
        let log = Log::to(None);
        for (name, threshold) in
            [("debug", Some(Level::Debug)), ("warning", Some(Level::Warning)), ("nothing", None)]
        {
            log.set_level(name);
            assert_eq!(log.threshold.get(), threshold);
        }
        assert!(Level::ALL.is_sorted());
    }
}
