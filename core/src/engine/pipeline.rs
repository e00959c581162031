//! A client's bytes become requests, and requests run.
//!
//! A read usually holds a whole pipeline. It is parsed first, a batch of requests at a time, and the records that the
//! batch names are prefetched: at a million keys each lookup misses the cache once or twice, and the misses of a batch
//! overlap instead of adding up. Then the requests run in order.

use alloc::vec::Vec;

use super::Engine;
use super::dispatch::Ran;
use crate::config::Config;
use crate::error;
use crate::limits;
use crate::resp::args::{Args, Request};
use crate::resp::reply::Reply;
use crate::resp::request::{Limits, Progress, ProtocolError, RequestReader};
use crate::session::{Closing, Session, Stall};
use crate::time::UnixMicros;

/// How many requests are parsed ahead: enough misses to keep the memory busy, few enough to stay in the first cache.
const BATCH_REQUESTS: usize = 16;

/// Parsed requests that have not run yet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Room for up to [`BATCH_REQUESTS`], of which the first `len` are in use.
    requests: Vec<Parsed>,
    len: usize,
}

/// A request, and the part of the input that it takes.
#[derive(Debug, Default)]
struct Parsed {
    request: Request,
    start: usize,
    end: usize,
}

impl Engine {
    /// Runs the requests at the head of `input`; returns how many bytes they took. It stops early when the client must
    /// wait or is to be closed.
    pub(super) fn run(&mut self, session: &mut Session, input: &[u8], now: UnixMicros) -> usize {
        self.end_foreseeing();
        self.lend_buffer(session);
        let mut output = core::mem::take(&mut session.output);
        let mut batch = core::mem::take(&mut self.batch);
        session.running_input_bytes = input.len();
        let mut started_ns = self.instance.host.monotonic_ns();
        let mut used = 0;
        'input: while session.stall.is_none() && session.closing.is_none() {
            let error = batch.parse(
                session,
                input,
                used,
                &self.instance.config,
                !self.needs_login(session),
            );
            if batch.len == 0 && error.is_none() {
                break;
            }
            self.prefetch(session.database, &batch, input);
            for request in batch.requests() {
                let args = request.args(input);
                if self.execute(session, &mut output, args, now, &mut started_ns) == Ran::Postponed
                {
                    session.stall = Some(Stall::Postponed);
                } else {
                    used = request.end;
                    if output.len() >= limits::OUTPUT_STALL_BYTES && session.stall.is_none() {
                        session.stall = Some(Stall::OutputFull);
                    }
                }
                if session.stall.is_some() || session.closing.is_some() {
                    // What was parsed behind this request will be parsed again.
                    session.reader = RequestReader::default();
                    break 'input;
                }
            }
            if let Some(error) = error {
                let mut reply = Reply::new(&mut output, session.protocol);
                reply.error(&error::protocol(error));
                self.instance.stats.count_error(b"ERR");
                session.closing = Some(Closing::AfterWrite);
            }
        }
        self.batch = batch;
        session.output = output;
        session.running_input_bytes = 0;
        if session.output.is_empty()
            && let Some(buffer) = session.output.clear()
        {
            super::keep_buffer(&mut self.spare_buffers, buffer);
        }
        used
    }

    /// Gives an output without a buffer one that another client has left.
    fn lend_buffer(&mut self, session: &mut Session) {
        let tail = session.output.tail();
        if tail.capacity() == 0
            && let Some(buffer) = self.spare_buffers.pop()
        {
            *tail = buffer;
        }
    }

    /// Begins to fetch the key of the first request in `bytes`, and goes on with the one before: the tag and the bucket of
    /// a key take as long to come as the next client's bytes take to be read, and so does the record.
    pub(super) fn foresee_first(&mut self, database: usize, bytes: &[u8]) {
        let limits = Limits::default();
        let read = RequestReader::default().read(bytes, &limits, &mut self.foreseen_request);
        let Ok(Progress::Complete { consumed }) = read else { return };
        let args = self.foreseen_request.args(&bytes[..consumed]);
        let Some(key) = args.get(1) else { return };
        let table = &self.keyspace[database];
        let hash = table.hash(key);
        table.prefetch_segment(hash);
        self.end_foreseeing();
        self.foreseen = Some((database, hash));
    }

    /// Fetches the record whose tag was fetched last.
    pub(super) fn end_foreseeing(&mut self) {
        if let Some((database, hash)) = self.foreseen.take() {
            self.keyspace[database].prefetch_entry(hash);
        }
    }

    /// Asks for the memory of the records that a batch will look up.
    fn prefetch(&self, database: usize, batch: &Batch, input: &[u8]) {
        if batch.len < 2 {
            return;
        }
        let database = &self.keyspace[database];
        let mut hashes = [0; BATCH_REQUESTS];
        let mut keys = 0;
        for request in batch.requests() {
            // Nearly every command with keys has its first one here, and for the others nothing is lost.
            if let Some(key) = request.args(input).get(1) {
                hashes[keys] = database.hash(key);
                database.prefetch_segment(hashes[keys]);
                keys += 1;
            }
        }
        for &hash in &hashes[..keys] {
            database.prefetch_entry(hash);
        }
    }
}

impl Batch {
    /// Parses the next requests of `input` from `used` on. What cannot be parsed ends the batch with an error.
    fn parse(
        &mut self,
        session: &mut Session,
        input: &[u8],
        used: usize,
        config: &Config,
        is_known: bool,
    ) -> Option<ProtocolError> {
        self.len = 0;
        let limits = Limits {
            inline_len_bytes: limits::INLINE_LEN_BYTES,
            multibulk_count: limits::MULTIBULK_COUNT,
            bulk_len_bytes: config.proto_max_bulk_len as u64,
            authenticated: is_known,
        };
        // A login may raise the limits for what follows it.
        let most = if is_known { BATCH_REQUESTS } else { 1 };
        let mut start = used;
        while self.len < most && start < input.len() {
            if self.len == self.requests.len() {
                self.requests.push(Parsed::default());
            }
            let parsed = &mut self.requests[self.len];
            match session.reader.read(&input[start..], &limits, &mut parsed.request) {
                Ok(Progress::Complete { consumed }) => {
                    parsed.start = start;
                    start += consumed;
                    parsed.end = start;
                    self.len += 1;
                }
                Ok(Progress::Incomplete { .. }) => break,
                Err(error) => return Some(error),
            }
        }
        None
    }

    fn requests(&self) -> &[Parsed] {
        &self.requests[..self.len]
    }
}

impl Parsed {
    #[inline]
    fn args<'a>(&'a self, input: &'a [u8]) -> Args<'a> {
        self.request.args(&input[self.start..self.end])
    }
}
