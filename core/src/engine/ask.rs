//! Read-only queries for tooling: no statistics, no expiry, no notifications.

use alloc::rc::Rc;

use super::Engine;
use crate::client::ClientId;
use crate::command::context::{Context, Outcome};
use crate::command::spec::{Flag, Flags};
use crate::dataset::keys::Expiry;
use crate::error::{self, Error};
use crate::resp::args::{Args, Request};
use crate::resp::output::Output;
use crate::resp::reply::{Protocol, Reply};
use crate::resp::request::{Limits, Progress, RequestReader};
use crate::session::Role;
use crate::time::UnixMicros;

/// Flags of commands that would change something besides the reply, and are refused.
const LEAVES_A_TRACE: Flags = Flags::of(&[Flag::Blocking, Flag::MayReplicate, Flag::MarksAccess]);

impl Engine {
    /// Writes the RESP3 reply to one request, run against `database`. Refuses all but read-only
    /// commands.
    pub fn ask(&mut self, database: usize, request: &[u8], now: UnixMicros, output: &mut Output) {
        output.set_max(self.instance.config.client_ceiling().unwrap_or(usize::MAX));
        let mut parsed = Request::default();
        let read = RequestReader::default().read(request, &Limits::default(), &mut parsed);
        let answered = match read {
            Ok(Progress::Complete { .. }) => {
                self.answer_in_passing(database, parsed.args(request), now, output)
            }
            _ => Err(error::SYNTAX),
        };
        let answered = if output.is_dropped() { Err(error::OUT_OF_MEMORY) } else { answered };
        if let Err(error) = answered {
            *output = Output::default();
            Reply::new(output, Protocol::Resp3).error(&error);
        }
    }

    fn answer_in_passing(
        &mut self,
        database: usize,
        args: Args<'_>,
        now: UnixMicros,
        output: &mut Output,
    ) -> Result<(), Error> {
        let command = self.commands.resolve(args).ok_or_else(|| self.commands.unknown(args))?;
        let (spec, command_index) = (command.spec, command.index);
        if !spec.accepts(args.len()) {
            return Err(error::wrong_arity(spec.name));
        }
        if !spec.flags.has(Flag::ReadOnly) || spec.flags.intersects(LEAVES_A_TRACE) {
            return Err(error::NOT_IN_PASSING);
        }
        if self.sizes(database).is_none() {
            return Err(error::DB_INDEX_OUT_OF_RANGE);
        }
        let user = Rc::clone(self.instance.acl.default_user());
        let client = self.instance.clients.insert_internal(Role::Inspector, user, now);
        let result = self.answer_as(client, command_index, database, args, now, output);
        self.instance.clients.remove_internal(client);
        result
    }

    /// Runs a read-only command as an inspector. The statistics, the random generator and the
    /// notifications stay as they were.
    fn answer_as(
        &mut self,
        client: ClientId,
        index: usize,
        database: usize,
        args: Args<'_>,
        now: UnixMicros,
        output: &mut Output,
    ) -> Result<(), Error> {
        let (stats, random) = (self.dataset.stats, self.dataset.random.clone());
        let classes = core::mem::take(&mut self.dataset.observers.classes);
        let mut keys = self.dataset.keys(None, database, now);
        keys.touches = false;
        keys.expiry = Expiry::Hide;
        let command = self.commands.command(index);
        let mut context = Context {
            now,
            keys,
            reply: Reply::new(output, Protocol::Resp3),
            client,
            instance: &mut self.instance,
            commands: &self.commands,
            command,
        };
        let result = (command.spec.run)(&mut context, args);
        self.dataset.observers.classes = classes;
        self.dataset.random = random;
        self.dataset.stats = stats;
        result.map(|outcome| debug_assert!(matches!(outcome, Outcome::Done)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Peer;
    use crate::config::Config;
    use crate::random::Seed;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn asked(engine: &mut Engine, request: &str, now: UnixMicros) -> String {
        let mut output = Output::default();
        engine.ask(0, request.as_bytes(), now, &mut output);
        let bytes: Vec<u8> = output.slices().flatten().copied().collect();
        String::from_utf8(bytes).expect("the replies here are text")
    }

    fn told(engine: &mut Engine, client: ClientId, request: &str, now: UnixMicros) -> String {
        engine.receive(client, request.as_bytes(), now);
        let bytes: Vec<u8> = engine.output(client).slices().flatten().copied().collect();
        engine.consume(client, bytes.len(), now);
        String::from_utf8(bytes).expect("the replies here are text")
    }

    #[test]
    fn a_query_leaves_no_trace() {
        let filled = || {
            let mut engine = Engine::new(Config::default(), Seed(1));
            let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
            let fill =
                "CONFIG SET notify-keyspace-events EA\r\nSUBSCRIBE __keyevent@0__:expired\r\n";
            told(&mut engine, client, fill, UnixMicros(0));
            let other = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
            told(
                &mut engine,
                other,
                "SADD s a b c d e f\r\nSET k v PX 500\r\nHSET h f v g w\r\n",
                UnixMicros(0),
            );
            told(&mut engine, other, "HPEXPIRE h 500 FIELDS 1 f\r\n", UnixMicros(0));
            (engine, client, other)
        };
        let ((mut engine, listener, client), (mut other, _, other_client)) = (filled(), filled());
        let late = UnixMicros(9_000_000);
        assert_eq!(asked(&mut engine, "GET k\r\n", UnixMicros(0)), "$1\r\nv\r\n");
        assert_eq!(asked(&mut engine, "GET k\r\n", late), "_\r\n", "the key has expired");
        assert_eq!(asked(&mut engine, "HGETALL h\r\n", late), "%1\r\n$1\r\ng\r\n$1\r\nw\r\n");
        assert_eq!(
            asked(&mut engine, "SCAN 0 TYPE hash\r\n", late),
            "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nh\r\n"
        );
        assert!(asked(&mut engine, "SRANDMEMBER s\r\n", late).starts_with('$'));
        assert_eq!(asked(&mut engine, "LRANGE s 0 1\r\n", late), format_error("WRONGTYPE"));
        assert!(engine.output(listener).is_empty(), "no notification was sent for the expired key");
        assert_eq!(engine.sizes(0), Some((3, 1)), "the expired key is still in place");
        for question in [
            "OBJECT IDLETIME s\r\n",
            "SRANDMEMBER s\r\n",
            "INFO stats\r\n",
            "INFO commandstats\r\n",
        ] {
            let (told, other_told) = (
                told(&mut engine, client, question, late),
                told(&mut other, other_client, question, late),
            );
            assert_eq!(told, other_told, "{question}");
        }
    }

    #[test]
    fn commands_that_do_more_than_read_are_refused() {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let refused = [
            "SET k v",
            "GETEX k",
            "TOUCH k",
            "PFCOUNT k",
            "XREAD STREAMS k 0",
            "PING",
            "MULTI",
            "FLUSHALL",
        ];
        for command in refused {
            let reply = asked(&mut engine, &alloc::format!("{command}\r\n"), UnixMicros(0));
            assert_eq!(reply, format_error("NOT_IN_PASSING"), "{command}");
        }
        assert!(asked(&mut engine, "GET\r\n", UnixMicros(0)).starts_with("-ERR wrong number"));
        assert!(asked(&mut engine, "NONE\r\n", UnixMicros(0)).starts_with("-ERR unknown command"));
        assert_eq!(asked(&mut engine, "GET", UnixMicros(0)), "-ERR syntax error\r\n");
        let mut output = Output::default();
        engine.ask(16, b"GET k\r\n", UnixMicros(0), &mut output);
        assert!(output.slices().next().is_some_and(|reply| reply.starts_with(b"-ERR")));
    }

    fn format_error(which: &str) -> String {
        let error = if which == "WRONGTYPE" { &error::WRONG_TYPE } else { &error::NOT_IN_PASSING };
        alloc::format!("-{}\r\n", String::from_utf8_lossy(error.text()))
    }
}
