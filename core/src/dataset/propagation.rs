//! What has changed data, as commands that change it so again: what is kept beside a snapshot, so that nothing is lost
//! between two of them.
//!
//! A command stands here as it was sent, behind a `SELECT` of its database. Run on the same data at the same time it does the
//! same, so nothing else has to be known: a deadline that has passed needs no `DEL`, an id of `*` need not be spelled out. Two
//! things are drawn by lot, and are written as what came of them: `SPOP`, and which keys are evicted.

use alloc::vec::Vec;

/// Commands that have changed data, as requests.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    is_kept: bool,
    /// Whether what a command did was written in its place.
    is_rewritten: bool,
    /// The database in which the next command would run.
    database: usize,
    requests: Vec<u8>,
}

impl Journal {
    /// Keeps what comes from now on, or nothing any more.
    pub(crate) fn keep(&mut self, is_kept: bool) {
        *self = Self { is_kept, ..Self::default() };
    }

    /// Whether anything is kept.
    #[inline]
    pub(crate) const fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// What has come since it was last taken. It begins in database 0.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.database = 0;
        core::mem::take(&mut self.requests)
    }

    /// A command has changed data.
    pub(crate) fn command<'a>(
        &mut self,
        database: usize,
        args: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        if !core::mem::take(&mut self.is_rewritten) {
            self.write(database, args);
        }
    }

    /// What the command that runs has done, to be kept in its place.
    pub(crate) fn instead<'a>(
        &mut self,
        database: usize,
        args: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        self.write(database, args);
        self.is_rewritten = true;
    }

    /// A key was evicted.
    pub(crate) fn removed(&mut self, database: usize, key: &[u8]) {
        if self.is_kept {
            self.write(database, [&b"UNLINK"[..], key].into_iter());
        }
    }

    fn write<'a>(&mut self, database: usize, args: impl ExactSizeIterator<Item = &'a [u8]>) {
        if self.database != database {
            self.database = database;
            let mut digits = itoa::Buffer::new();
            let select: [&[u8]; 2] = [b"SELECT", digits.format(database).as_bytes()];
            self.request(select.into_iter());
        }
        self.request(args);
    }

    fn request<'a>(&mut self, args: impl ExactSizeIterator<Item = &'a [u8]>) {
        self.header(b'*', args.len());
        for arg in args {
            self.header(b'$', arg.len());
            self.requests.extend_from_slice(arg);
            self.requests.extend_from_slice(b"\r\n");
        }
    }

    fn header(&mut self, kind: u8, number: usize) {
        self.requests.push(kind);
        self.requests.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        self.requests.extend_from_slice(b"\r\n");
    }
}
