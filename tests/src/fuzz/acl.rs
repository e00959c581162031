//! ACL rules: whatever they are, either all of them apply or none; and a user created from the
//! output of `ACL LIST` has the same permissions.

use redstart_core::{
    client::{ClientId, Peer},
    config::Config,
    engine::Engine,
    random::Seed,
    time::UnixMicros,
};

use super::Source;
use crate::{
    driver::multibulk,
    resp::{Reply, decode},
};

/// Complete rules, and prefixes of rules that end with arbitrary bytes.
const RULES: &[&str] = &[
    "on",
    "off",
    "nopass",
    "resetpass",
    "reset",
    "allkeys",
    "resetkeys",
    "allchannels",
    "resetchannels",
    "allcommands",
    "nocommands",
    "clearselectors",
    "skip-sanitize-payload",
    "+@all",
    "-@all",
    "+@read",
    "-@write",
    "+@string",
    "-@dangerous",
    "+get",
    "-get",
    "+set",
    "+config",
    "-config|set",
    "+config|get",
    "+select|0",
    "-select",
    "~a*",
    "%R~b",
    "%W~b",
    "&c",
    "(+get ~x)",
    "(%R~* +@all -set &d)",
];
const BEGINNINGS: &[&str] = &[
    "~", "%R~", "%W~", "%RW~", "%", "&", ">", "<", "#", "!", "+", "-", "+@", "-@", "+select|", "(",
    "(+get ~",
];

/// Commands that users are tested with.
const REQUESTS: &[&str] = &[
    "GET a",
    "GET b",
    "GET x",
    "SET b 1",
    "SET x 1",
    "COPY b a",
    "CONFIG GET port",
    "CONFIG SET port 1",
    "SELECT 0",
    "SELECT 1",
    "PUBLISH c m",
    "PSUBSCRIBE d",
    "FLUSHALL",
];

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let mut stage = Stage::new();
    while !source.is_empty() {
        let rules: Vec<Vec<u8>> = (0..1 + source.below(8)).map(|_| rule(&mut source)).collect();
        let before = stage.ask(&[b"ACL", b"LIST"]);
        let words = rules.iter().map(Vec::as_slice);
        let reply = stage
            .ask(&[&b"ACL"[..], b"SETUSER", b"u"].into_iter().chain(words).collect::<Vec<_>>());
        match reply {
            Reply::Error(_) => assert_eq!(stage.ask(&[b"ACL", b"LIST"]), before),
            Reply::Status(_) => stage.compare(),
            other => panic!("{other:?}"),
        }
    }
}

/// Returns a rule. Rules with arbitrary bytes contain nothing that is special between parentheses.
fn rule(source: &mut Source<'_>) -> Vec<u8> {
    if source.below(4) > 0 {
        return source.pick(RULES).as_bytes().to_vec();
    }
    let mut rule = source.pick(BEGINNINGS).as_bytes().to_vec();
    let len = source.below(12);
    rule.extend(source.take(len).iter().filter(|byte| !b"\"'\\()".contains(byte)));
    if rule.starts_with(b"(") {
        rule.push(b')');
    }
    rule
}

struct Stage {
    engine: Engine,
    client: ClientId,
}

impl Stage {
    fn new() -> Self {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room for one");
        Self { engine, client }
    }

    fn ask(&mut self, words: &[&[u8]]) -> Reply {
        self.engine.receive(self.client, &multibulk(words), UnixMicros(0));
        let output = self.engine.output(self.client).to_vec();
        self.engine.consume(self.client, output.len(), UnixMicros(0));
        let (reply, len) = decode(&output).expect("a reply").expect("the whole of it");
        assert_eq!(len, output.len());
        reply
    }

    /// Creates a second user from the description of the first one.
    fn compare(&mut self) {
        let told = self.told("u");
        let words: Vec<&[u8]> = told.split(|&byte| byte == b' ').collect();
        let setuser = [&b"ACL"[..], b"SETUSER", b"v", b"reset"];
        let reply = self.ask(&[&setuser[..], &words].concat());
        let shown = told.escape_ascii();
        assert_eq!(reply, Reply::Status(b"OK".to_vec()), "b\"{shown}\"");
        assert_eq!(self.told("v"), told, "b\"{shown}\"");
        for request in REQUESTS {
            let [first, second] = ["u", "v"].map(|user| {
                let words = ["ACL", "DRYRUN", user].into_iter().chain(request.split(' '));
                match self.ask(&words.map(str::as_bytes).collect::<Vec<_>>()) {
                    Reply::Bulk(denial) => {
                        denial.strip_prefix(b"User ").map(|rest| rest[1..].to_vec())
                    }
                    _ => None,
                }
            });
            assert_eq!(first, second, "{request} b\"{shown}\"");
        }
    }

    /// Returns the rules of a user, as in the output of `ACL LIST`.
    fn told(&mut self, user: &str) -> Vec<u8> {
        let Reply::Array(lines) = self.ask(&[b"ACL", b"LIST"]) else { panic!("a list") };
        let prefix = format!("user {user} ");
        let mut lines = lines.iter().filter_map(|line| match line {
            Reply::Bulk(line) => line.strip_prefix(prefix.as_bytes()),
            _ => None,
        });
        lines.next().expect("the user exists").to_vec()
    }
}
