//! The stream of changes: its readers, and how another engine applies it.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::Engine;
use super::turn::{Call, Turn};
use crate::client::ClientId;
use crate::dataset::change_log::ReaderId;
use crate::error::{self, Error};
use crate::limits;
use crate::resp::args::{Args, Request};
use crate::resp::output::Output;
use crate::resp::request::{Limits, Progress, RequestReader};
use crate::session::{Auth, Role};
use crate::time::UnixMicros;

/// Limits of a stream: everything that was accepted once is accepted again.
const LIMITS: Limits = Limits {
    inline_len_bytes: limits::INLINE_LEN_BYTES,
    multibulk_count: limits::MULTIBULK_COUNT,
    bulk_len_bytes: u64::MAX,
    authenticated: true,
};

impl Engine {
    /// Adds a reader of the stream of changes. From now on, every change to data is recorded as a
    /// command that has the same effect at any time, in the form that Redis sends to replicas. The
    /// stream begins with a `SELECT`. Without readers, nothing is recorded.
    ///
    /// ```
    /// use redstart_core::client::Peer;
    /// use redstart_core::{config::Config, engine::Engine, random::Seed, time::UnixMicros};
    ///
    /// let (mut engine, now) = (Engine::new(Config::default(), Seed(1)), UnixMicros(5_000_000));
    /// let reader = engine.follow_changes();
    /// let client = engine.connect(Peer::local(), now).unwrap();
    /// engine.receive(client, b"INCR visits\r\nEXPIRE visits 60\r\nGET visits\r\n", now);
    /// let changes = engine.take_changes(reader);
    /// let commands = ["*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "*2\r\n$4\r\nINCR\r\n$6\r\nvisits\r\n",
    ///     "*3\r\n$9\r\nPEXPIREAT\r\n$6\r\nvisits\r\n$5\r\n65000\r\n"];
    /// assert_eq!(changes, commands.concat().into_bytes());
    ///
    /// let mut copy = Engine::new(Config::default(), Seed(2));
    /// copy.apply_changes(&changes, UnixMicros(7_000_000)).unwrap();
    /// assert_eq!(copy.sizes(0), Some((1, 1)));
    /// ```
    pub fn follow_changes(&mut self) -> ReaderId {
        let propagation = &mut self.dataset.observers.propagation;
        propagation.restart();
        propagation.log.attach()
    }

    /// Removes a reader. Its id must not be used again.
    pub fn unfollow_changes(&mut self, reader: ReaderId) {
        self.dataset.observers.propagation.log.detach(reader);
    }

    /// Returns the offset of the end of the stream: the number of bytes ever written to it.
    #[must_use]
    pub const fn changes_end(&self) -> u64 {
        self.dataset.observers.propagation.log.end()
    }

    /// Iterates over the bytes that a reader has not consumed yet.
    pub fn unread_changes(&self, reader: ReaderId) -> impl Iterator<Item = &[u8]> {
        self.dataset.observers.propagation.log.unread(reader)
    }

    /// Moves a reader forward by `len_bytes`, at most to the end. Bytes that all readers have
    /// consumed are freed.
    pub fn consume_changes(&mut self, reader: ReaderId, len_bytes: usize) {
        self.dataset.observers.propagation.log.consume(reader, len_bytes);
    }

    /// Returns everything that a reader has not consumed yet, and consumes it. What follows begins
    /// with a `SELECT`, so each piece can be applied by itself.
    pub fn take_changes(&mut self, reader: ReaderId) -> Vec<u8> {
        let propagation = &mut self.dataset.observers.propagation;
        let changes: Vec<u8> = propagation.log.unread(reader).flatten().copied().collect();
        if !changes.is_empty() {
            propagation.log.consume(reader, changes.len());
            propagation.restart();
        }
        changes
    }

    /// Resets the statistics of `INFO`, as `CONFIG RESETSTAT` does. For a front end that has just
    /// restored the data.
    pub fn reset_statistics(&mut self) {
        self.instance.stats.reset();
        self.dataset.stats.reset();
    }

    /// Applies changes from the stream of another engine, at any time. Nothing expires meanwhile:
    /// the stream contains expired keys as deletions. Commands between `MULTI` and `EXEC` are
    /// applied together.
    ///
    /// # Errors
    /// The bytes are not such a stream, name an unknown command, or end in the middle of a command
    /// or transaction. Everything before that was applied.
    pub fn apply_changes(&mut self, mut changes: &[u8], now: UnixMicros) -> Result<(), Error> {
        let client = self.begin_applying(now);
        let mut turn = self.begin_turn(client, now, 0);
        let mut request = Request::default();
        let mut result = Ok(());
        while result.is_ok() && !changes.is_empty() {
            let read = RequestReader::default().read(changes, &LIMITS, &mut request);
            let Ok(Progress::Complete { consumed }) = read else {
                result = Err(error::BAD_CHANGES);
                break;
            };
            result = self.apply_change(&mut turn, request.args(&changes[..consumed]));
            changes = &changes[consumed..];
        }
        if self.instance.clients[client].transaction.is_some() {
            result = Err(error::BAD_CHANGES);
        }
        self.end_turn(turn);
        self.instance.clients.remove_internal(client);
        result
    }

    fn begin_applying(&mut self, now: UnixMicros) -> ClientId {
        let user = Rc::clone(self.instance.acl.default_user());
        let client = self.instance.clients.insert_internal(Role::Master, user, now);
        self.instance.clients[client].auth = Auth::Unrestricted;
        client
    }

    fn apply_change(&mut self, turn: &mut Turn, args: Args<'_>) -> Result<(), Error> {
        let command = args.get(0).and_then(|_| self.commands.resolve(args));
        let index = command.ok_or(error::BAD_CHANGES)?.index;
        if self.instance.clients[turn.client].transaction.is_some() && self.is_queued(index) {
            self.instance.clients[turn.client].queue(index, args);
            return Ok(());
        }
        self.call(turn, Call::new(index, args));
        self.dataset.observers.propagation.end_unit();
        turn.output = Output::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Peer;
    use crate::config::Config;
    use crate::random::Seed;
    use alloc::string::String;

    const START: UnixMicros = UnixMicros(1_900_000_000_000_000);

    fn engine() -> (Engine, ReaderId) {
        let mut config = Config::default();
        let parameter = Config::parameter(b"enable-debug-command").expect("the parameter exists");
        config.set(parameter, b"yes").expect("the value is valid");
        let mut engine = Engine::new(config, Seed(1));
        let reader = engine.follow_changes();
        (engine, reader)
    }

    /// Runs requests, one per line, as a client of their own.
    fn run(engine: &mut Engine, requests: &str, now: UnixMicros) {
        let client = engine.connect(Peer::local(), now).expect("there is room");
        engine.receive(client, requests.replace('\n', "\r\n").as_bytes(), now);
        engine.disconnect(client);
    }

    /// Takes the commands of the stream, one per line.
    fn commands(engine: &mut Engine, reader: ReaderId) -> String {
        let (changes, mut request) = (engine.take_changes(reader), Request::default());
        let (mut rest, mut lines) = (&changes[..], Vec::new());
        while !rest.is_empty() {
            let read = RequestReader::default().read(rest, &LIMITS, &mut request);
            let Ok(Progress::Complete { consumed }) = read else { panic!("not a stream") };
            let args = request.args(&rest[..consumed]);
            lines.push(args.iter().collect::<Vec<_>>().join(&b' '));
            rest = &rest[consumed..];
        }
        String::from_utf8(lines.join(&b'\n')).expect("the commands here are text")
    }

    #[test]
    fn reads_errors_and_commands_without_an_effect_do_not_propagate() {
        let (mut engine, reader) = engine();
        let requests =
            "GET a\nSADD s\nDEL a\nMULTI\nSET a 1\nDISCARD\nLPUSH l 1\nINCR l\nLPOP l\nLPOP l\n";
        run(&mut engine, requests, START);
        assert_eq!(commands(&mut engine, reader), "SELECT 0\nLPUSH l 1\nLPOP l");
    }

    #[test]
    fn each_served_client_propagates_as_a_separate_unit() {
        let (mut engine, reader) = engine();
        let waiting = engine.connect(Peer::local(), START).expect("there is room");
        engine.receive(waiting, b"BLPOP list 0\r\n", START);
        run(&mut engine, "MULTI\nRPUSH list a b\nSET k v\nEXEC\n", START);
        let expected = "MULTI\nSELECT 0\nRPUSH list a b\nSET k v\nEXEC\nLPOP list";
        assert_eq!(commands(&mut engine, reader), expected);
    }

    #[test]
    fn expired_keys_propagate_as_deletions() {
        let (mut engine, reader) = engine();
        run(&mut engine, "SET a 1 PX 10\nSET b 1 PX 10\n", START);
        commands(&mut engine, reader);
        let later = UnixMicros(START.0 + 50_000);
        run(&mut engine, "SET a 2\n", later);
        assert_eq!(commands(&mut engine, reader), "MULTI\nSELECT 0\nDEL a\nSET a 2\nEXEC");
        engine.tick(UnixMicros(START.0 + 500_000));
        assert_eq!(commands(&mut engine, reader), "SELECT 0\nDEL b");
    }

    #[test]
    fn an_applied_stream_ignores_deadlines() {
        let (mut engine, reader) = engine();
        run(
            &mut engine,
            "SET a 1 PX 10\nINCR a\nHSET h f v g w\nHPEXPIRE h 10 FIELDS 1 f\n",
            START,
        );
        let changes = engine.take_changes(reader);
        let (mut copy, _) = self::engine();
        let much_later = UnixMicros(START.0 + 1_000_000_000);
        copy.apply_changes(&changes, much_later).expect("the stream is valid");
        assert_eq!(copy.sizes(0), Some((2, 1)));
        engine.tick(much_later);
        copy.apply_changes(&engine.take_changes(reader), much_later).expect("the stream is valid");
        assert_eq!(copy.sizes(0), Some((1, 0)));
    }

    #[test]
    fn a_corrupt_stream_is_refused() {
        let corrupt: [&[u8]; 5] = [
            b"*1\r\n$3\r\nSE",
            b"*1\r\n$3\r\nABC\r\n",
            b"*x\r\n",
            b"\r\n",
            b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
        ];
        for bytes in corrupt {
            let (mut engine, _) = engine();
            assert!(engine.apply_changes(bytes, START).is_err());
            assert_eq!(engine.sizes(0), Some((0, 0)));
        }
    }
}
