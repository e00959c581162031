//! What is kept between snapshots, and how data comes back from it.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::Engine;
use super::turn::Call;
use crate::error::{self, Error};
use crate::limits;
use crate::resp::args::Request;
use crate::resp::output::Output;
use crate::resp::request::{Limits, Progress, RequestReader};
use crate::session::{Clearance, Role};
use crate::time::UnixMicros;

/// What a journal may ask for: whatever was once accepted.
const LIMITS: Limits = Limits {
    inline_len_bytes: limits::INLINE_LEN_BYTES,
    multibulk_count: limits::MULTIBULK_COUNT,
    bulk_len_bytes: u64::MAX,
    authenticated: true,
};

impl Engine {
    /// From now on every change to data is written down, for [`Engine::take_journal`], or none any more. What was run before, to
    /// bring the data back, is not counted in `INFO`.
    pub fn keep_journal(&mut self, is_kept: bool) {
        self.dataset.observers.journal.keep(is_kept);
        if is_kept {
            self.instance.stats.reset();
            self.dataset.stats.reset();
        }
    }

    /// What has changed data since this was last called, as requests; empty if nothing has, or no journal is kept. To be
    /// called after every verb and kept with the time of that, since [`Engine::replay`] wants both.
    ///
    /// ```
    /// use redstart_core::{config::Config, engine::Engine, random::Seed, client::Peer, time::UnixMicros};
    ///
    /// let (mut engine, now) = (Engine::new(Config::default(), Seed(1)), UnixMicros(5));
    /// engine.keep_journal(true);
    /// let client = engine.connect(Peer::local(), now).unwrap();
    /// engine.receive(client, b"INCR visits\r\nGET visits\r\n", now);
    /// let journal = engine.take_journal();
    /// assert_eq!(journal, b"*2\r\n$4\r\nINCR\r\n$6\r\nvisits\r\n");
    ///
    /// let mut restored = Engine::new(Config::default(), Seed(2));
    /// restored.replay(&journal, now).unwrap();
    /// assert_eq!(restored.sizes(0), Some((1, 0)));
    /// ```
    pub fn take_journal(&mut self) -> Vec<u8> {
        self.dataset.observers.journal.take()
    }

    /// Makes changes again that [`Engine::take_journal`] has told, at the same time as then. To be called before there are
    /// clients.
    ///
    /// # Errors
    /// This is no journal, or it has a command that is not known here. What stands before that was done.
    pub fn replay(&mut self, mut journal: &[u8], now: UnixMicros) -> Result<(), Error> {
        let user = Rc::clone(self.instance.acl.default_user());
        let client = self.instance.clients.insert_internal(Role::Master, user, now);
        let session = &mut self.instance.clients[client];
        session.clearance = Clearance::Full;
        // A command that would block did not block then.
        session.is_in_exec = true;
        let mut request = Request::default();
        let mut turn = self.begin_turn(client, now, 0);
        let mut result = Ok(());
        while !journal.is_empty() {
            let read = RequestReader::default().read(journal, &LIMITS, &mut request);
            let Ok(Progress::Complete { consumed }) = read else {
                result = Err(error::BAD_JOURNAL);
                break;
            };
            let args = request.args(&journal[..consumed]);
            let Some(command) = args.get(0).and_then(|_| self.commands.resolve(args)) else {
                result = Err(error::BAD_JOURNAL);
                break;
            };
            let index = command.index;
            self.call(&mut turn, Call { index, args });
            turn.output = Output::default();
            journal = &journal[consumed..];
        }
        self.end_turn(turn);
        self.instance.clients.remove_internal(client);
        result
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

    /// Runs requests as a client, and returns the replies.
    fn run(engine: &mut Engine, requests: &str, now: UnixMicros) -> String {
        let client = engine.connect(Peer::local(), now).expect("there is room");
        engine.receive(client, requests.replace('\n', "\r\n").as_bytes(), now);
        let replies = engine.output(client).to_vec();
        engine.disconnect(client);
        String::from_utf8(replies).expect("text")
    }

    fn engine(seed: u64) -> Engine {
        let mut config = Config::default();
        let parameter = Config::parameter(b"enable-debug-command").expect("it is one");
        config.set(parameter, b"yes").expect("it is a value");
        Engine::new(config, Seed(seed))
    }

    #[test]
    fn what_was_drawn_by_lot_is_kept_as_what_came_of_it() {
        let mut engine = engine(1);
        engine.keep_journal(true);
        run(
            &mut engine,
            "SELECT 2\nSADD set a b c d e f g h\nSPOP set 3\nSPOP set\nSPOP set 100\n",
            START,
        );
        let journal = String::from_utf8(engine.take_journal()).expect("text");
        assert_eq!(journal.matches("SREM").count(), 2);
        assert_eq!(journal.matches("SPOP").count(), 1, "all that is left needs no lot");
        assert_eq!(journal.matches("SELECT").count(), 1);
        assert!(engine.take_journal().is_empty());
    }

    #[test]
    fn reads_refusals_and_what_changes_nothing_are_not_kept() {
        let mut engine = engine(1);
        engine.keep_journal(true);
        run(
            &mut engine,
            "GET a\nSADD s\nDEL a\nMULTI\nSET a 1\nDISCARD\nLPUSH l 1\nINCR l\nLPOP l\nLPOP l\n",
            START,
        );
        let journal = String::from_utf8(engine.take_journal()).expect("text");
        assert_eq!(
            journal,
            "*3\r\n$5\r\nLPUSH\r\n$1\r\nl\r\n$1\r\n1\r\n*2\r\n$4\r\nLPOP\r\n$1\r\nl\r\n"
        );
    }

    #[test]
    fn evicted_keys_and_served_clients_are_in_it() {
        let mut engine = engine(1);
        engine.keep_journal(true);
        let waiting = engine.connect(Peer::local(), START).expect("there is room");
        engine.receive(waiting, b"BLPOP list 0\r\n", START);
        run(
            &mut engine,
            "RPUSH list a b\nCONFIG SET maxmemory-policy allkeys-random\nCONFIG SET maxmemory 1\n",
            START,
        );
        let journal = String::from_utf8(engine.take_journal()).expect("text");
        let order = ["RPUSH", "BLPOP", "UNLINK"].map(|name| journal.find(name));
        assert!(order.is_sorted() && order[0].is_some(), "{journal}");
        let mut restored = self::engine(2);
        restored.replay(journal.as_bytes(), START).expect("it is one");
        assert_eq!(restored.sizes(0), Some((0, 0)));
    }

    #[test]
    fn a_damaged_journal_is_refused() {
        for bytes in [&b"*1\r\n$3\r\nSE"[..], b"*1\r\n$3\r\nABC\r\n", b"*x\r\n", b"\r\n"] {
            assert!(engine(1).replay(bytes, START).is_err());
        }
    }
}
