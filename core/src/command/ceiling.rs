//! The memory ceiling: each command that may add data is checked against it before it runs.
//!
//! `maxmemory` is checked between commands, so a single command may exceed it by far. In a small
//! address space (WebAssembly has 32-bit addresses) that would end in a failed allocation, which
//! aborts the engine. Under a ceiling, the growth of each command that may add data is therefore
//! estimated first, from its arguments and from the values that it copies. A few commands whose
//! arguments do not reveal the size (`SETRANGE` with its offset, `SORT` with its patterns) check
//! once more.

use super::context::Context;
use super::key_specs::KeyFlag;
use super::spec::Flag;
use crate::error::{self, Error};
use crate::memory::allocated;
use crate::resp::args::Args;
use crate::session::Role;
use crate::value::record::Record;

/// The maximum overhead of an element, in bytes: one table entry and one tree entry.
const ELEMENT_BYTES: usize = 128;

impl Context<'_> {
    /// Returns how many bytes may be added; `usize::MAX` without a ceiling. Changes that are
    /// applied again were accepted before and need no headroom.
    #[inline]
    pub(crate) fn headroom(&self) -> usize {
        match self.instance.config.memory_ceiling {
            Some(ceiling) if self.session().role != Role::Master => {
                let clients = self.instance.clients.memory_bytes();
                ceiling.saturating_sub(self.keys.dataset.memory_bytes() + clients)
            }
            _ => usize::MAX,
        }
    }

    /// Checks that `bytes` may be added.
    ///
    /// # Errors
    /// `OOM`, as Redis replies while `maxmemory` is exceeded.
    pub(crate) fn check_growth(&self, bytes: usize) -> Result<(), Error> {
        if bytes <= self.headroom() { Ok(()) } else { Err(error::OUT_OF_MEMORY) }
    }

    /// Checks that the string at `key` may grow to `len` bytes. Growing copies it, so the whole new
    /// length counts.
    ///
    /// # Errors
    /// See [`check_growth`](Self::check_growth).
    pub(crate) fn check_string_growth(&mut self, key: &[u8], len: usize) -> Result<(), Error> {
        if allocated(len) + ELEMENT_BYTES <= self.headroom() {
            return Ok(());
        }
        let record = self.keys.peek_in(self.keys.database, key);
        let is_there = record.is_some_and(|record| len <= record.memory_bytes());
        if is_there { Ok(()) } else { Err(error::OUT_OF_MEMORY) }
    }

    /// Checks that there is room for what the command may add.
    ///
    /// # Errors
    /// See [`check_growth`](Self::check_growth).
    #[inline]
    pub(crate) fn check_ceiling(&self, args: Args<'_>) -> Result<(), Error> {
        let has_ceiling = self.instance.config.memory_ceiling.is_some();
        if has_ceiling && self.command.spec.flags.has(Flag::DenyOom) {
            self.check_growth(self.estimate(args))
        } else {
            Ok(())
        }
    }

    /// Estimates what a command adds: its arguments, and the values of the keys that it only reads.
    #[cold]
    fn estimate(&self, args: Args<'_>) -> usize {
        let bytes: usize = args.iter().map(<[u8]>::len).sum();
        let spec = self.command.spec;
        let mut copied = 0;
        if spec.keys.iter().any(|keys| keys.flags.has(KeyFlag::Ro))
            && let Ok(keys) = spec.keys_of(args)
        {
            let database = &self.keys.dataset.keyspace[self.keys.database];
            let read = keys.filter(|key| key.flags.has(KeyFlag::Ro));
            let records = read.filter_map(|key| database.find(&args[key.position]));
            copied = records.map(Record::memory_bytes).sum();
        }
        bytes + bytes / 4 + args.len() * ELEMENT_BYTES + copied
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use crate::client::{ClientId, Peer};
    use crate::config::Config;
    use crate::engine::Engine;
    use crate::instance::Effect;
    use crate::random::Seed;
    use crate::resp::output::Output;
    use crate::time::UnixMicros;

    const NOW: UnixMicros = UnixMicros(1_900_000_000_000_000);
    const CEILING: usize = 4 << 20;
    const OOM: &str = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

    fn engine() -> (Engine, ClientId) {
        let mut config = Config { memory_ceiling: Some(CEILING), ..Config::default() };
        let parameter = Config::parameter(b"enable-debug-command").expect("a known parameter");
        config.set(parameter, b"yes").expect("a valid value");
        let mut engine = Engine::new(config, Seed(1));
        let client = engine.connect(Peer::local(), NOW).expect("below maxclients");
        (engine, client)
    }

    /// Sends inline commands and returns the replies.
    fn replies(engine: &mut Engine, client: ClientId, commands: &str) -> String {
        engine.receive(client, commands.as_bytes(), NOW);
        let replies = engine.output(client).to_vec();
        engine.consume(client, replies.len(), NOW);
        assert!(engine.used_bytes() <= CEILING, "{commands:.40}: {}", engine.used_bytes());
        String::from_utf8(replies).expect("replies are text")
    }

    #[test]
    fn commands_that_would_exceed_the_ceiling_are_refused() {
        for command in [
            "SETRANGE big 3500000 x\n",
            "SETBIT big 28000000 1\n",
            "BITFIELD big SET u8 28000000 1\n",
            "APPEND half x\n",
            "COPY half other\n",
            "BITOP NOT other half\n",
            "DEBUG POPULATE 100000000\n",
            "DEBUG POPULATE 10 key 1000000\n",
            "SORT list BY nosort GET ha* GET ha* STORE other\n",
            "SORT list ALPHA BY ha*\n",
            "SUNIONSTORE other set\n",
            "LCS half half LEN\n",
        ] {
            let (mut engine, client) = engine();
            let fill = "SETRANGE half 2199999 x\nRPUSH list lf lf lf lf lf lf lf lf\n";
            replies(&mut engine, client, fill);
            if command.starts_with("SUNION") {
                replies(&mut engine, client, "DEL half\n");
                for from in (0..24_000).step_by(1_000) {
                    let members: String = (from..from + 1_000).map(|i| format!(" m{i}")).collect();
                    replies(&mut engine, client, &format!("SADD set{members}\n"));
                }
                replies(&mut engine, client, "SETRANGE filler 2499999 x\n");
            }
            let keys = replies(&mut engine, client, "DBSIZE\n");
            if command.starts_with("LCS") {
                // Redis's own limit is checked first.
                replies(&mut engine, client, "DEL half\nSETRANGE half 3000 x\n");
            }
            if command.starts_with("APPEND") {
                replies(&mut engine, client, "SETRANGE filler 999999 x\n");
            }
            assert_eq!(replies(&mut engine, client, command), OOM, "{command}");
            if !command.starts_with("APPEND") {
                assert_eq!(replies(&mut engine, client, "DBSIZE\n"), keys, "{command}");
            }
        }
    }

    #[test]
    fn without_a_ceiling_the_same_commands_run() {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(client, b"SETRANGE big 8000000 x\nCOPY big other\nSTRLEN other\n", NOW);
        assert_eq!(engine.output(client).to_vec(), b":8000001\r\n:1\r\n:8000001\r\n");
    }

    #[test]
    fn at_the_ceiling_writes_fail_and_keys_can_be_read_and_deleted() {
        let (mut engine, client) = engine();
        let mut stored = 0;
        while replies(&mut engine, client, &format!("SETRANGE b{stored} 99999 x\n")) != OOM {
            stored += 1;
        }
        assert!((30..42).contains(&stored), "{stored}");
        assert_eq!(
            replies(&mut engine, client, "STRLEN b0\nSET k v\nDEL b0 b1 b2 b3 b4 b5\nSET k v\n"),
            format!(":100000\r\n{OOM}:6\r\n+OK\r\n")
        );
    }

    #[test]
    fn the_ceiling_is_checked_for_each_command_of_a_transaction() {
        let (mut engine, client) = engine();
        let queued: String = (0..9).map(|at| format!("SETRANGE k{at} 999999 x\n")).collect();
        let ran = replies(&mut engine, client, &format!("MULTI\n{queued}EXEC\n"));
        assert!(ran.contains(":1000000\r\n") && ran.ends_with(OOM), "{ran}");
    }

    #[test]
    fn eviction_keeps_memory_below_the_ceiling() {
        let (mut engine, client) = engine();
        replies(&mut engine, client, "CONFIG SET maxmemory-policy allkeys-random\n");
        for at in 0..200 {
            let reply = replies(&mut engine, client, &format!("SETRANGE k{at} 99999 x\n"));
            assert_eq!(reply, ":100000\r\n", "{at}");
        }
    }

    #[test]
    fn a_reply_that_would_exceed_the_ceiling_closes_the_client() {
        for command in [
            format!("MGET{}\n", " big".repeat(450)),
            String::from("SRANDMEMBER set -16777216\n"),
            String::from("HRANDFIELD hash -16777216 WITHVALUES\n"),
            String::from("ZRANDMEMBER zset -16777216 WITHSCORES\n"),
            String::from("SORT list BY nosort GET bi* GET bi* GET bi* GET bi*\n"),
        ] {
            let (mut engine, client) = engine();
            let text = "x".repeat(1000);
            let fill = format!(
                "SETRANGE big 999999 x\nSADD set {text}\nHSET hash f {text}\nZADD zset 1 {text}\nRPUSH list g\n"
            );
            replies(&mut engine, client, &fill);
            engine.receive(client, command.as_bytes(), NOW);
            assert_eq!(
                engine.poll_effect(),
                Some(Effect::Close { client, flush: false }),
                "{command:.20}"
            );
            assert!(engine.output(client).is_empty());
            let other = engine.connect(Peer::local(), NOW).expect("below maxclients");
            assert_eq!(replies(&mut engine, other, "STRLEN big\n"), ":1000000\r\n");
        }
    }

    #[test]
    fn a_request_that_would_exceed_the_ceiling_closes_the_client() {
        let (mut engine, client) = engine();
        engine.receive(client, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9000000\r\n", NOW);
        for _ in 0..9 {
            engine.receive(client, &[b'x'; 1_000_000], NOW);
        }
        assert_eq!(engine.poll_effect(), Some(Effect::Close { client, flush: false }));
    }

    #[test]
    fn an_inspection_that_would_exceed_the_ceiling_fails() {
        let (mut engine, client) = engine();
        replies(&mut engine, client, "SETRANGE big 999999 x\n");
        let request = format!("MGET{}\r\n", " big".repeat(450));
        let mut output = Output::default();
        engine.ask(0, request.as_bytes(), NOW, &mut output);
        assert_eq!(output.slices().collect::<alloc::vec::Vec<_>>(), [OOM.as_bytes()]);
    }

    #[test]
    fn loading_a_snapshot_that_would_exceed_the_ceiling_fails() {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), NOW).expect("below maxclients");
        engine.receive(client, b"SETRANGE a 2999999 x\nSETRANGE b 1999999 x\n", NOW);
        let large = engine.snapshot(NOW);
        assert!(large.len() < 100_000, "the snapshot is compressed");
        let (mut small, client) = self::engine();
        replies(&mut small, client, "SET k v\n");
        assert!(small.load(&large, NOW).is_err());
        assert_eq!(replies(&mut small, client, "GET k\nDBSIZE\n"), "$1\r\nv\r\n:1\r\n");
    }

    #[test]
    fn replayed_changes_ignore_the_ceiling() {
        let (mut engine, client) = engine();
        let reader = engine.follow_changes();
        replies(&mut engine, client, "SETRANGE a 1999999 x\nDEL a\nSETRANGE b 1999999 x\n");
        let changes = engine.take_changes(reader);
        let (mut restored, client) = self::engine();
        replies(&mut restored, client, "SETRANGE filler 2999999 x\n");
        restored.apply_changes(&changes, NOW).expect("complete changes");
        assert_eq!(restored.sizes(0), Some((2, 0)));
    }
}
