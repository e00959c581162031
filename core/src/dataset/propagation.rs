//! The stream of changes, as commands that have the same effect at any other time.
//!
//! The form is the one that Redis sends to replicas and writes to its append-only file. Deadlines
//! are absolute, generated ids are explicit, results replace floating-point increments, random
//! choices are replaced by the elements that were chosen, a blocked pop by the pop that served it,
//! and expired or evicted keys are deletions. A command that changed nothing is not in the stream.
//!
//! The changes of one command form a unit, as do those of one `EXEC`. A unit of several commands is
//! enclosed in `MULTI` and `EXEC`, so that a reader that stops in the middle applies none of it. A
//! `SELECT` precedes a command when the database has changed.
//!
//! Without readers nothing is recorded, and a write costs one comparison.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::change_log::ChangeLog;
use crate::config::Config;

const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";

/// The stream of changes.
#[derive(Debug, Default)]
pub(crate) struct Propagation {
    pub(crate) log: ChangeLog,
    /// The commands of the current unit, with their `SELECT`s.
    unit: Vec<u8>,
    /// The number of commands in the unit, without `SELECT`s.
    unit_len: usize,
    /// The database in which the next command would run, or `None` if it needs a `SELECT` in any
    /// case.
    database: Option<usize>,
    deletions: Deletions,
}

/// The reason why a key is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// Its deadline has passed, or a command has set a deadline in the past.
    Expired,
    /// It was evicted.
    Evicted,
    /// A command has removed its last element.
    Emptied,
}

/// Set for each kind of deletion that is an `UNLINK` instead of a `DEL`: the `lazyfree-lazy-*`
/// parameters.
#[derive(Clone, Copy, Debug, Default)]
struct Deletions {
    expired: bool,
    evicted: bool,
    emptied: bool,
}

/// Commands that replace the command that ran in the stream, with the same effect. Empty without
/// readers.
#[derive(Debug, Default)]
pub(crate) struct Effects(Option<Box<Commands>>);

#[derive(Debug, Default)]
struct Commands {
    bytes: Vec<u8>,
    len: usize,
}

impl Effects {
    /// Returns `true` if commands that are pushed are recorded. Otherwise they need not be built.
    #[inline]
    pub(crate) const fn are_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Adds a command.
    pub(crate) fn push(&mut self, args: &[&[u8]]) {
        if let Some(commands) = &mut self.0 {
            write_command(&mut commands.bytes, args.iter().copied());
            commands.len += 1;
        }
    }
}

impl Propagation {
    /// Applies the parameters that decide between `DEL` and `UNLINK`.
    pub(crate) const fn apply_config(&mut self, config: &Config) {
        self.deletions = Deletions {
            expired: config.lazyfree_lazy_expire,
            evicted: config.lazyfree_lazy_eviction,
            emptied: config.lazyfree_lazy_server_del,
        };
    }

    /// Returns `true` if the stream has a reader.
    #[inline]
    pub(crate) const fn is_read(&self) -> bool {
        self.log.is_read()
    }

    /// Returns an empty list of effects.
    #[inline]
    pub(crate) fn effects(&self) -> Effects {
        Effects(self.is_read().then(Box::default))
    }

    /// Returns the name of the command that deletes a key.
    pub(crate) const fn delete(&self, deletion: Deletion) -> &'static [u8] {
        let is_lazy = match deletion {
            Deletion::Expired => self.deletions.expired,
            Deletion::Evicted => self.deletions.evicted,
            Deletion::Emptied => self.deletions.emptied,
        };
        if is_lazy { b"UNLINK" } else { b"DEL" }
    }

    /// Adds a command to the unit.
    pub(crate) fn command<'a>(
        &mut self,
        database: usize,
        args: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        if self.is_read() {
            self.select(database);
            write_command(&mut self.unit, args);
            self.unit_len += 1;
        }
    }

    /// Adds the effects of a command to the unit.
    pub(crate) fn effects_of_command(&mut self, database: usize, effects: Effects) {
        if let Some(commands) = effects.0
            && commands.len > 0
        {
            self.select(database);
            self.unit.extend_from_slice(&commands.bytes);
            self.unit_len += commands.len;
        }
    }

    /// Adds the deletion of a key to the unit.
    pub(crate) fn deleted(&mut self, database: usize, key: &[u8], deletion: Deletion) {
        self.command(database, [self.delete(deletion), key].into_iter());
    }

    /// Ends the unit, which makes it visible to readers.
    #[inline]
    pub(crate) fn end_unit(&mut self) {
        if self.unit_len > 0 {
            self.publish_unit();
        }
    }

    /// Makes the next command begin with a `SELECT`, so that a reader may start there.
    pub(crate) const fn restart(&mut self) {
        self.database = None;
    }

    #[cold]
    fn publish_unit(&mut self) {
        /// The maximum capacity of a buffer that is kept.
        const KEPT_BYTES: usize = 64 * 1024;
        if self.unit_len > 1 {
            self.log.append(MULTI);
        }
        self.log.append(&self.unit);
        if self.unit_len > 1 {
            self.log.append(EXEC);
        }
        self.unit_len = 0;
        self.unit.clear();
        self.unit.shrink_to(KEPT_BYTES);
    }

    fn select(&mut self, database: usize) {
        if self.database.replace(database) != Some(database) {
            let mut digits = itoa::Buffer::new();
            let select: [&[u8]; 2] = [b"SELECT", digits.format(database).as_bytes()];
            write_command(&mut self.unit, select.into_iter());
        }
    }
}

fn write_command<'a>(out: &mut Vec<u8>, args: impl ExactSizeIterator<Item = &'a [u8]>) {
    write_header(out, b'*', args.len());
    for arg in args {
        write_header(out, b'$', arg.len());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn write_header(out: &mut Vec<u8>, kind: u8, number: usize) {
    out.push(kind);
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    out.extend_from_slice(b"\r\n");
}
