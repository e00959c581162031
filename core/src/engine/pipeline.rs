//! Parses a client's bytes into requests, and runs them.
//!
//! A read usually holds a whole pipeline. It is parsed first, a batch of requests at a time, and
//! the records that the batch names are prefetched: at a million keys each lookup misses the cache
//! once or twice, and the misses of a batch overlap instead of adding up. Then the requests run in
//! order.

use alloc::vec::Vec;
use core::mem;

use super::Engine;
use super::dispatch::Ran;
use super::turn::Turn;
use crate::client::ClientId;
use crate::command::spec::Group;
use crate::config::Config;
use crate::dataset::keys::HashedKey;
use crate::error;
use crate::limits;
use crate::resp::args::{Args, Request};
use crate::resp::request::{Limits, Progress, ProtocolError, RequestReader};
use crate::session::{Auth, Closing, ReplyMode, Session, Stall};
use crate::table::ahead::{AHEAD, Stage};
use crate::time::UnixMicros;
use crate::value::ValueRef;
use crate::value::record::Record;

/// Parsed requests that have not run yet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Up to [`AHEAD`] requests, of which the first `len` are in use.
    requests: Vec<Parsed>,
    len: usize,
}

/// A request, and the part of the input that it occupies.
#[derive(Debug, Default)]
struct Parsed {
    request: Request,
    start: usize,
    end: usize,
    /// The index of the command that it names, or `None` if the command is unknown.
    command: Option<usize>,
    /// The hash of the first argument, if that is likely to be a key and worth prefetching.
    hash: Option<u64>,
}

impl Engine {
    /// Runs the requests at the head of `input` and returns how many bytes they have used. Stops
    /// early after at least `turn_bytes`, or if the client must wait or is to be closed.
    pub(super) fn run(
        &mut self,
        client: ClientId,
        input: &[u8],
        turn_bytes: usize,
        now: UnixMicros,
    ) -> usize {
        self.end_prefetching();
        self.lend_buffer(client);
        self.instance.clients[client].running_input_bytes = input.len();
        let mut batch = mem::take(&mut self.batch);
        let mut turn = self.begin_turn(client, now, self.instance.host.monotonic_ns());
        let used = self.run_batches(&mut turn, &mut batch, input, turn_bytes);
        self.end_turn(turn);
        batch.release();
        self.batch = batch;
        let session = &mut self.instance.clients[client];
        session.running_input_bytes = 0;
        if session.output.is_empty()
            && let Some(buffer) = session.output.clear()
        {
            super::keep_buffer(&mut self.buffer_pool, buffer);
        }
        used
    }

    fn run_batches(
        &mut self,
        turn: &mut Turn,
        batch: &mut Batch,
        input: &[u8],
        turn_bytes: usize,
    ) -> usize {
        let (client, mut used) = (turn.client, 0);
        loop {
            let session = &mut self.instance.clients[client];
            if session.stall.is_some() || session.closing.is_some() || used >= turn_bytes {
                return used;
            }
            let error = batch.parse(session, input, used, &self.instance.config);
            if batch.len == 0 && error.is_none() {
                return used;
            }
            let session = &self.instance.clients[client];
            turn.output.set_max(self.instance.output_limit(session).unwrap_or(usize::MAX));
            let bound = self.instance.output_bound(session);
            self.prepare(session.database, batch, input);
            for request in batch.requests() {
                let args = request.args(input);
                let ran = self.execute(turn, request.command, args, request.hashed(args));
                let session = &mut self.instance.clients[client];
                if ran == Ran::Postponed {
                    session.stall = Some(Stall::Postponed);
                } else {
                    used = request.end;
                    if turn.output.len() >= bound && session.stall.is_none() {
                        session.stall = Some(Stall::OutputFull);
                    }
                }
                if session.stall.is_some() || session.closing.is_some() {
                    // The requests behind this one will be parsed again, and this one too if it was
                    // postponed.
                    session.reader = match ran {
                        Ran::Postponed => RequestReader::again(&request.request),
                        _ => RequestReader::default(),
                    };
                    return used;
                }
            }
            if let Some(error) = error {
                if self.instance.clients[client].reply_mode == ReplyMode::On {
                    self.reply(turn).error(&error::protocol(error));
                }
                self.instance.stats.count_error(b"ERR");
                self.instance.clients[client].closing = Some(Closing::AfterWrite);
            }
        }
    }

    /// Gives a pooled buffer to an output without one.
    fn lend_buffer(&mut self, client: ClientId) {
        let tail = self.instance.clients[client].output.tail();
        if tail.capacity() == 0
            && let Some(buffer) = self.buffer_pool.pop()
        {
            *tail = buffer;
        }
    }

    /// Starts to prefetch the key of the first request in `bytes`, and advances the two prefetches
    /// before it. Each stage has as long as it takes to read the next client's bytes.
    pub(super) fn prefetch_first(&mut self, database: usize, bytes: &[u8]) {
        let limits = Limits::default();
        let read = RequestReader::default().read(bytes, &limits, &mut self.prefetch_request);
        let Ok(Progress::Complete { consumed }) = read else { return };
        let args = self.prefetch_request.args(&bytes[..consumed]);
        let Some(key) = args.get(1) else { return };
        let table = &self.dataset.keyspace[database];
        let hash = table.hash(key);
        table.fetch_segment(hash);
        self.prefetch_next(Some((database, hash)));
    }

    /// Advances the latest prefetches: fetches the bucket of the last key, and the record of the
    /// one before.
    fn prefetch_next(&mut self, next: Option<(usize, u64)>) {
        let [last, before] = self.prefetching;
        self.prefetching = [next, last];
        if let Some((database, hash)) = last {
            self.dataset.keyspace[database].fetch_bucket(hash);
        }
        if let Some((database, hash)) = before {
            self.dataset.keyspace[database].fetch_entry(hash);
        }
    }

    /// Completes the prefetches.
    fn end_prefetching(&mut self) {
        while self.prefetching != [None; 2] {
            self.prefetch_next(None);
        }
    }

    /// Resolves the commands of a batch and hashes its keys, once for everything that follows.
    /// Prefetches the records that will be looked up: nearly every command with keys has its first
    /// one in the first argument, and for other commands the prefetch is harmless.
    fn prepare(&self, database: usize, batch: &mut Batch, input: &[u8]) {
        let (table, is_several) = (&self.dataset.keyspace[database], batch.len > 1);
        for request in &mut batch.requests[..batch.len] {
            let args = request.request.args(&input[request.start..request.end]);
            let hash = args.get(1).filter(|_| is_several).map(|key| table.hash(key));
            let command = args.get(0).and_then(|_| self.commands.resolve(args));
            request.command = command.map(|command| command.index);
            request.hash = hash;
        }
        if is_several {
            // A pipeline often works on a single key.
            let mut last = None;
            let hashes = batch.requests().iter().filter_map(|request| request.hash);
            table.fetch_ahead_hashed(hashes.filter(|hash| last.replace(*hash) != Some(*hash)));
            self.fetch_elements_ahead(database, batch, input);
        }
    }

    /// Prefetches the elements that a batch will look up in large collections.
    fn fetch_elements_ahead(&self, database: usize, batch: &Batch, input: &[u8]) {
        let table = &self.dataset.keyspace[database];
        let (mut sought, mut len) = ([None; AHEAD], 0);
        let (mut last_key, mut last_object) = (&b""[..], None);
        for request in batch.requests() {
            let group = request.command.map(|index| self.commands.command(index).spec.group);
            let Some((key, element)) = element_of(group, request.args(input)) else { continue };
            if key != last_key {
                let hash = request.hash.unwrap_or_else(|| table.hash(key));
                let value = table.find_hashed(hash, key).map(Record::value);
                last_object = value.and_then(|value| match value {
                    ValueRef::Object(object) => Some(object),
                    _ => None,
                });
                last_key = key;
            }
            sought[len] = last_object.and_then(|object| Some((object, object.hash(element)?)));
            len += usize::from(sought[len].is_some());
        }
        for stage in Stage::ALL {
            sought[..len].iter().flatten().for_each(|(object, hash)| object.fetch(stage, *hash));
        }
    }
}

/// Returns the key and an element of its collection that a command of a group may look up.
#[inline]
fn element_of(group: Option<Group>, args: Args<'_>) -> Option<(&[u8], &[u8])> {
    let (key, element) = (args.get(1)?, args.get(2)?);
    match group? {
        Group::Hash | Group::Set => Some((key, element)),
        // The member is the last argument: a score may precede it.
        Group::SortedSet => Some((key, args.get(args.len() - 1)?)),
        _ => None,
    }
}

impl Batch {
    /// Parses the next requests of `input` from `used` on. A protocol error ends the batch and is
    /// returned.
    fn parse(
        &mut self,
        session: &mut Session,
        input: &[u8],
        used: usize,
        config: &Config,
    ) -> Option<ProtocolError> {
        self.len = 0;
        let is_known = session.auth != Auth::Required;
        let limits = Limits {
            inline_len_bytes: limits::INLINE_LEN_BYTES,
            multibulk_count: limits::MULTIBULK_COUNT,
            bulk_len_bytes: config.proto_max_bulk_len as u64,
            authenticated: is_known,
        };
        // Logging in may raise the limits for the requests that follow.
        let most = if is_known { AHEAD } else { 1 };
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

    /// Releases large arguments. Only the first request in the input can have any: see
    /// [`RequestReader::set_apart`].
    fn release(&mut self) {
        if let Some(first) = self.requests.first_mut() {
            first.request.release();
        }
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

    #[inline]
    fn hashed<'a>(&self, args: Args<'a>) -> Option<HashedKey<'a>> {
        Some(HashedKey { key: args.get(1)?, hash: self.hash? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientId, Peer};
    use crate::instance::Effect;
    use crate::random::Seed;

    const LEN: usize = 100_000;

    /// Returns an engine with a client that has sent the first few bytes of a large value.
    fn begun(command: &str) -> (Engine, ClientId) {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
        let head = alloc::format!("{command}${LEN}\r\nxxx");
        engine.receive(client, head.as_bytes(), UnixMicros(0));
        (engine, client)
    }

    /// Reads the rest of the value into its buffer, and returns the address of the buffer.
    fn send_rest(engine: &mut Engine, client: ClientId) -> *const u8 {
        let spare = engine.large_argument_buffer(client).expect("the value has a separate buffer");
        assert_eq!((spare.len(), spare.capacity()), (3, LEN));
        spare.resize(LEN, b'x');
        let address = spare.as_ptr();
        engine.receive(client, b"\r\n", UnixMicros(0));
        assert!(engine.large_argument_buffer(client).is_none());
        address
    }

    #[test]
    fn a_large_value_stays_where_it_was_read() {
        let (mut engine, client) = begun("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n");
        let address = send_rest(&mut engine, client);
        assert_eq!(engine.output(client), b"+OK\r\n");
        assert_eq!(engine.instance.stats.input_bytes as usize, 29 + LEN + 2);
        engine.receive(client, b"GET k\n", UnixMicros(0));
        let value = engine.output(client).slices().find(|slice| slice.len() == LEN);
        assert_eq!(value.map(<[u8]>::as_ptr), Some(address));
        // The value is not shared, so it is modified in place.
        engine.consume(client, engine.output(client).len(), UnixMicros(0));
        engine.receive(client, b"SETRANGE k 0 y\nGET k\n", UnixMicros(0));
        let value = engine.output(client).slices().find(|slice| slice.len() == LEN);
        assert_eq!(value.map(|value| (value.as_ptr(), value[0])), Some((address, b'y')));
    }

    #[test]
    fn a_large_value_is_set_after_a_pause() {
        let (mut engine, client) = begun("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n");
        let other = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
        engine.receive(other, b"CLIENT PAUSE 100 WRITE\n", UnixMicros(0));
        send_rest(&mut engine, client);
        engine.receive(client, b"STRLEN k\n", UnixMicros(0));
        assert!(engine.output(client).is_empty());
        engine.tick(UnixMicros(200_000));
        assert_eq!(engine.output(client), b"+OK\r\n:100000\r\n");
    }

    #[test]
    fn a_separately_buffered_argument_counts_as_input() {
        let (mut engine, client) = begun("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n");
        engine.instance.config.client_query_buffer_limit = 1000;
        engine
            .large_argument_buffer(client)
            .expect("the value has a separate buffer")
            .resize(1001, b'x');
        engine.receive(client, b"", UnixMicros(0));
        assert!(matches!(engine.poll_effect(), Some(Effect::Close { flush: false, .. })));
    }

    const NOW: UnixMicros = UnixMicros(0);

    fn engine_with_two_clients(config: Config) -> (Engine, ClientId, ClientId) {
        let mut engine = Engine::new(config, Seed(1));
        let [first, second] =
            [(); 2].map(|()| engine.connect(Peer::local(), NOW).expect("there is room"));
        (engine, first, second)
    }

    /// Sends bytes in pieces, as a socket might deliver them, as long as the engine wants input.
    fn send(engine: &mut Engine, client: ClientId, bytes: &[u8]) -> usize {
        let mut sent = 0;
        for piece in bytes.chunks(10_000) {
            if !engine.wants_input(client) {
                break;
            }
            engine.receive(client, piece, NOW);
            sent += piece.len();
        }
        sent
    }

    /// Reads replies, `step` bytes at a time, until there are no more.
    fn read_all(engine: &mut Engine, client: ClientId, step: usize) -> Vec<u8> {
        let mut read = Vec::new();
        while !engine.output(client).is_empty() || engine.awaits_turn(client) {
            let output = engine.output(client).to_vec();
            read.extend_from_slice(&output[..step.min(output.len())]);
            engine.consume(client, step.min(output.len()), NOW);
            engine.tick(NOW);
        }
        read
    }

    fn is_closed(engine: &mut Engine, client: ClientId) -> bool {
        core::iter::from_fn(|| engine.poll_effect()).any(|effect| {
            matches!(effect, Effect::Close { client: closed, flush: false } if closed == client)
        })
    }

    #[test]
    fn a_pipeline_written_before_its_replies_are_read_runs_to_its_end() {
        const LEN: usize = 10_000;
        let config = Config { client_output_run_limit: 1 << 20, ..Config::default() };
        let (mut engine, client, _) = engine_with_two_clients(config);
        let value = [b'x'; LEN];
        let mut pipeline = Vec::new();
        let mut expected = Vec::new();
        for number in 0..1_000 {
            let name = alloc::format!("k{number:03}");
            pipeline.extend_from_slice(
                alloc::format!("*3\r\n$3\r\nSET\r\n$4\r\n{name}\r\n${LEN}\r\n").as_bytes(),
            );
            pipeline.extend_from_slice(&value);
            pipeline.extend_from_slice(alloc::format!("\r\nGET {name}\r\n").as_bytes());
            expected.extend_from_slice(alloc::format!("+OK\r\n${LEN}\r\n").as_bytes());
            expected.extend_from_slice(&value);
            expected.extend_from_slice(b"\r\n");
        }
        assert_eq!(send(&mut engine, client, &pipeline), pipeline.len());
        // The requests wait, not their replies.
        let unread = engine.output(client).len();
        assert!((1 << 20..(1 << 20) + 2 * LEN).contains(&unread), "{unread} bytes of output");
        assert!(read_all(&mut engine, client, 100_000) == expected);
        assert!(!engine.awaits_time());
    }

    #[test]
    fn without_a_run_limit_all_requests_run() {
        let config = Config { client_output_run_limit: 0, ..Config::default() };
        let (mut engine, client, _) = engine_with_two_clients(config);
        engine.receive(client, b"SETRANGE k 99999 x\n", NOW);
        engine.receive(client, &b"GET k\n".repeat(1_000), NOW);
        assert!(engine.output(client).len() > 1_000 * LEN);
    }

    #[test]
    fn requests_behind_a_blocked_command_are_kept_up_to_the_query_buffer_limit() {
        let config = Config { client_query_buffer_limit: 2 << 20, ..Config::default() };
        let (mut engine, client, _) = engine_with_two_clients(config);
        engine.receive(client, b"BLPOP list 0\n", NOW);
        let most = b"INCR n\n".repeat((2 << 20) / 7);
        assert_eq!(send(&mut engine, client, &most), most.len());
        assert!(!is_closed(&mut engine, client));
        send(&mut engine, client, b"INCR n\n");
        assert!(is_closed(&mut engine, client));
    }

    #[test]
    fn requests_behind_a_blocked_command_count_towards_the_memory_of_clients() {
        for config in [
            Config { maxmemory_clients: 2 << 20, ..Config::default() },
            Config { memory_ceiling: Some(4 << 20), ..Config::default() },
        ] {
            let (mut engine, client, other) = engine_with_two_clients(config);
            for blocked in [client, other] {
                engine.receive(blocked, b"BLPOP list 0\n", NOW);
            }
            // Neither exceeds what one client may hold.
            send(&mut engine, other, &b"INCR n\n".repeat(100_000));
            send(&mut engine, client, &b"INCR n\n".repeat(130_000));
            assert!(is_closed(&mut engine, client));
            assert!(engine.wants_input(other));
        }
    }

    #[test]
    fn a_resumed_client_takes_turns_with_the_others() {
        const REQUESTS: usize = 100_000;
        let (mut engine, client, other) = engine_with_two_clients(Config::default());
        engine.receive(client, b"CLIENT REPLY OFF\nBLPOP list 0\n", NOW);
        send(&mut engine, client, &b"INCR n\n".repeat(REQUESTS));
        engine.receive(other, b"RPUSH list x\n", NOW);
        engine.consume(other, engine.output(other).len(), NOW);
        let count = |engine: &mut Engine| -> usize {
            engine.receive(other, b"GET n\n", NOW);
            let reply = engine.output(other).to_vec();
            engine.consume(other, reply.len(), NOW);
            let text = core::str::from_utf8(&reply).expect("a number");
            text.split("\r\n").nth(1).and_then(|n| n.parse().ok()).expect("a number")
        };
        let mut last = 0;
        while engine.awaits_turn(client) {
            let ran_bytes = (count(&mut engine) - last) * 7;
            assert!(ran_bytes > 0 && ran_bytes < limits::RESUMED_TURN_BYTES + AHEAD * 7);
            last += ran_bytes / 7;
            // The client is not read meanwhile: input could arrive faster than it runs.
            assert!(!engine.wants_input(client) && engine.awaits_time());
            assert_eq!(engine.next_due(NOW), Some(NOW));
            engine.tick(NOW);
        }
        assert_eq!(count(&mut engine), REQUESTS);
        assert!(engine.wants_input(client) && !engine.awaits_time());
    }
}
