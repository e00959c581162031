//! Users x commands x keys: on both servers `ACL DRYRUN` says the same of random users and random
//! commands, and what it says becomes of the command. 7.2 has other words for that, so of an error
//! what was denied is compared.

use redstart_core::{
    client::{ClientId, Peer},
    command::{
        spec::{Flag, Spec},
        specs::GROUPS,
    },
    config::Config,
    engine::Engine,
    random::{Random, Seed},
    time::UnixMicros,
};
use redstart_tests::{
    driver::{TcpDriver, multibulk},
    quoting::quote,
    reference::Reference,
    resp::{Reply, decode},
    workload::Workload,
};

const USERS: usize = 60;
/// How often a user is asked about a command of the table, and about one of [`REQUESTS`].
const ROUNDS: usize = 3;

/// Rules of all kinds. Of commands and categories those that mean something to commands that both
/// servers have.
const RULES: &[&str] = &[
    "+@all",
    "+@all",
    "-@all",
    "allcommands",
    "+@read",
    "-@read",
    "+@write",
    "-@write",
    "+@fast",
    "-@fast",
    "+@slow",
    "-@slow",
    "+@hash",
    "-@string",
    "+@string",
    "+@list",
    "+@set",
    "+@sortedset",
    "-@keyspace",
    "+@keyspace",
    "-@dangerous",
    "-@admin",
    "+@admin",
    "+@connection",
    "-@connection",
    "+@pubsub",
    "-@transaction",
    "+@blocking",
    "-@blocking",
    "+@bitmap",
    "-@geo",
    "+@geo",
    "+@hyperloglog",
    "+@scripting",
    "+get",
    "-get",
    "+set",
    "-set",
    "+config",
    "-config",
    "+config|get",
    "-config|get",
    "+client|id",
    "-client|kill",
    "+object|encoding",
    "-object",
    "+select|0",
    "+select|1",
    "-select",
    "+hello",
    "+sort",
    "-sort_ro",
    "+mget",
    "+del",
    "-copy",
    "+publish",
    "+subscribe",
    "-psubscribe",
    "+memory|usage",
];
const KEYS: &[&str] = &[
    "~*",
    "allkeys",
    "~a",
    "~b",
    "~[cd]",
    "~e*",
    "%R~a",
    "%R~b",
    "%W~a",
    "%W~c",
    "%R~[d-f]",
    "%W~[d-f]",
    "%RW~d",
    "%R~*",
    "%W~*",
    "~short:*",
    "resetkeys",
];
const CHANNELS: &[&str] =
    &["&*", "allchannels", "&a", "&b", "&[c-e]", "&f*", "&\\*", "&a*", "resetchannels"];

/// Rules that are the user's own, and may not stand in a selector: who may log in, and how.
const LOGIN: &[&[&str]] = &[
    &["on", "nopass"],
    &["on", ">secret"],
    &["on", ">secret", "<secret"],
    &["on", "<secret"],
    &["on", ">secret", ">other", "resetpass", ">secret"],
    &["on", "nopass", "resetpass"],
    &["off", "nopass"],
    &["nopass", "off", "sanitize-payload"],
    &["on", ">other", "skip-sanitize-payload"],
    &["on", "nopass", "clearselectors"],
];

/// Requests with several keys of which each is read or written, with keys for `K` and channels for
/// `C`.
const REQUESTS: &[&str] = &[
    "BITFIELD K GET u8 0",
    "BITFIELD K GET u8 0 SET u8 0 1",
    "BITOP AND K K K",
    "BLMOVE K K LEFT LEFT 1",
    "BLMPOP 1 2 K K LEFT",
    "BLPOP K K 1",
    "BZMPOP 1 2 K K MIN",
    "COPY K K",
    "DEL K K",
    "EXISTS K K",
    "GEORADIUS K 0 0 1 m",
    "GEORADIUS K 0 0 1 m STORE K",
    "GEORADIUS K 0 0 1 m STORE K STOREDIST K",
    "GEORADIUSBYMEMBER K m 1 m STOREDIST K",
    "GEOSEARCHSTORE K K FROMLONLAT 0 0 BYRADIUS 1 m",
    "GETDEL K",
    "GETEX K",
    "GETEX K PERSIST",
    "LMOVE K K LEFT RIGHT",
    "LMPOP 2 K K LEFT",
    "MEMORY USAGE K",
    "MGET K K K",
    "MSET K v K v",
    "MSETNX K v K v",
    "OBJECT ENCODING K",
    "PFCOUNT K K",
    "PFMERGE K K K",
    "PSUBSCRIBE C C",
    "PUBLISH C message",
    "RENAME K K",
    "RPOPLPUSH K K",
    "SDIFF K K",
    "SET K v",
    "SET K v EX 10 GET",
    "SET K v GET",
    "SINTERCARD 2 K K",
    "SINTERSTORE K K K",
    "SMOVE K K m",
    "SORT K",
    "SORT K BY nosort GET # STORE K",
    "SORT K LIMIT 0 1 STORE K STORE K",
    "SORT_RO K",
    "SPUBLISH C message",
    "SSUBSCRIBE C C",
    "SUBSCRIBE C C",
    "TOUCH K K",
    "UNLINK K K",
    "WATCH K K",
    "XGROUP CREATE K g 0",
    "XREAD COUNT 1 STREAMS K K 0 0",
    "XREADGROUP GROUP g c STREAMS K K > >",
    "ZDIFF 2 K K",
    "ZINTERSTORE K 2 K K",
    "ZRANGESTORE K K 0 -1",
    "ZUNIONSTORE K 3 K K K WEIGHTS 1 2 3",
];
/// Commands that need other permissions in Redis 7.0: `WAIT` is not in the category `@blocking` there,
/// and `SINTERSTORE` reads its destination.
const DIFFERENT_IN_7_0: &[&str] = &["WAIT", "SINTERSTORE"];

const NAMES: &[&str] = &["a", "b", "c", "d", "e", "f", "elder"];

#[test]
fn users_may_do_what_they_may_do_in_redis() {
    assert_permissions_agree(Reference::Redis);
}

#[test]
fn users_may_do_what_they_may_do_in_redict() {
    assert_permissions_agree(Reference::Redict);
}

#[test]
fn users_may_do_what_they_may_do_in_valkey() {
    assert_permissions_agree(Reference::Valkey);
}

fn assert_permissions_agree(reference: Reference) {
    let Some(server) = reference.start().expect("the reference starts") else { return };
    let mut both = Both::new(reference, &server.address);
    let mut random = Random::new(Seed(7));
    let mut workload = Workload::new(Seed(7));
    let specs = commands(reference);
    for number in 0..USERS {
        let name = format!("user{number}").into_bytes();
        let setuser = [b"ACL".to_vec(), b"SETUSER".to_vec(), name.clone()];
        let command = [&setuser[..], &rules(&mut random)].concat();
        both.user = line(&command);
        let is_made = both.say_the_same(ADMIN, &command);
        for password in ["secret", "other"] {
            both.say_the_same(USER, &[b"AUTH".to_vec(), name.clone(), password.into()]);
        }
        if !is_made {
            continue;
        }
        // From here on it matters what the user may do.
        let opened = [&setuser[..], &["on", "nopass"].map(Vec::from)].concat();
        assert!(both.say_the_same(ADMIN, &opened));
        assert!(both.say_the_same(USER, &["AUTH".into(), name.clone(), "any".into()]));
        for _ in 0..ROUNDS {
            for spec in &specs {
                let is_harmless = spec.flags.has(Flag::ReadOnly) && !spec.flags.has(Flag::Blocking);
                both.ask(&name, &workload.invocation(spec), is_harmless);
            }
            for request in REQUESTS {
                let words = request.split(' ').map(|word| match word {
                    "K" | "C" => NAMES[random.below(NAMES.len())].into(),
                    _ => word.into(),
                });
                both.ask(&name, &words.collect::<Vec<_>>(), false);
            }
        }
    }
    let Both { asked, denied, tried, complaints, .. } = both;
    eprintln!("{asked} requests, of which {denied} were denied; {tried} were made");
    assert!(denied > asked / 10 && denied < asked, "{denied} of {asked} were denied");
    assert!(tried > denied, "what is denied is tried, and some of the rest");
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The clients of each server: one who asks what a user may do, and one who is the user.
const ADMIN: usize = 0;
const USER: usize = 1;

struct Both {
    reference: Reference,
    redis: [TcpDriver; 2],
    redstart: Subject,
    /// The rules of the user whose turn it is.
    user: String,
    asked: usize,
    denied: usize,
    tried: usize,
    complaints: Vec<String>,
}

impl Both {
    fn new(reference: Reference, address: &str) -> Self {
        let redis = [0; 2].map(|_| TcpDriver::new(address).expect("the reference listens"));
        let (redstart, user, complaints) = (Subject::new(), String::new(), Vec::new());
        Self { reference, redis, redstart, user, asked: 0, denied: 0, tried: 0, complaints }
    }

    /// Whether both say OK; they must not say different things.
    fn say_the_same(&mut self, client: usize, words: &[Vec<u8>]) -> bool {
        let [expected, got] = self.replies(client, words);
        if got != expected {
            self.complain(words, &format!("{expected:?}"), &format!("{got:?}"));
        }
        expected == Reply::Status(b"OK".to_vec())
    }

    /// Asks whether the user may make a request. One that is denied is made all the same, and so is
    /// one that is permitted if it is harmless.
    fn ask(&mut self, name: &[u8], request: &[Vec<u8>], is_harmless: bool) {
        let is_named = |name: &&str| request[0].eq_ignore_ascii_case(name.as_bytes());
        if self.reference == Reference::Redis && DIFFERENT_IN_7_0.iter().any(is_named) {
            return;
        }
        let dryrun = [b"ACL".to_vec(), b"DRYRUN".to_vec(), name.to_vec()];
        let asking = [&dryrun[..], request].concat();
        let replies = self.replies(ADMIN, &asking);
        let [expected, got] = match self.reference {
            Reference::Redis => replies.map(as_in_redis_7_0),
            Reference::Redict | Reference::Valkey => replies.map(text),
        };
        let is_denied = expected.starts_with("This user") || expected.starts_with("User ");
        self.asked += 1;
        self.denied += usize::from(is_denied);
        if got != expected {
            self.complain(&asking, &expected, &got);
        } else if is_denied || is_harmless {
            self.tried += 1;
            let [expected, got] = self.replies(USER, request).map(|reply| denial(&reply));
            if got != expected || is_denied != expected.is_some() {
                self.complain(request, &format!("{expected:?}"), &format!("{got:?}"));
            }
        }
    }

    fn replies(&mut self, client: usize, words: &[Vec<u8>]) -> [Reply; 2] {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        [
            self.redis[client].ask(&words).expect("the reference answers"),
            self.redstart.ask(client, &words),
        ]
    }

    fn complain(&mut self, words: &[Vec<u8>], expected: &str, got: &str) {
        if self.complaints.len() < 20 {
            let request = line(words);
            self.complaints.push(format!("{}\n{request}\n  {expected}\n  {got}", self.user));
        }
    }
}

/// What a request was denied for: its keys, its channels, or the command that is named.
fn denial(reply: &Reply) -> Option<String> {
    let Reply::Error(text) = reply else { return None };
    let text = String::from_utf8_lossy(text);
    // EXECABORT stands before it where EXEC was denied.
    let (_, text) = text.split_once("NOPERM ")?;
    let (_, of) = text.split_once(" to run the ").or(text.split_once(" to access "))?;
    let kind = ["key", "channel"].into_iter().find(|kind| of.contains(&format!(" {kind}")));
    Some(kind.unwrap_or(of).to_owned())
}

/// Every command, or subcommand of a container, that both servers have.
fn commands(reference: Reference) -> Vec<&'static Spec> {
    let is_shared = |spec: &&Spec| match reference {
        Reference::Redis => spec.since < "7.2",
        Reference::Redict | Reference::Valkey => spec.since < "7.3",
    };
    let all = GROUPS.iter().copied().flatten();
    let leaves = all.flat_map(|spec| {
        if spec.subcommands.is_empty() { core::slice::from_ref(spec) } else { spec.subcommands }
    });
    leaves.filter(is_shared).collect()
}

/// A few rules, and in a third of all cases a selector of a few more.
fn rules(random: &mut Random) -> Vec<Vec<u8>> {
    let login = LOGIN[random.below(LOGIN.len())].iter().map(|&rule| rule.to_owned());
    let mut rules: Vec<String> = login.chain(some_rules(random)).collect();
    while random.below(3) == 0 {
        rules.push(format!("({})", some_rules(random).join(" ")));
    }
    rules.into_iter().map(String::into_bytes).collect()
}

fn some_rules(random: &mut Random) -> Vec<String> {
    let mut rules = Vec::new();
    for (pool, most) in [(RULES, 8), (KEYS, 4), (CHANNELS, 3)] {
        for _ in 0..random.below(most) {
            rules.push(pool[random.below(pool.len())].to_owned());
        }
    }
    rules
}

/// What Redis 7.0 says: `This user`, whoever it is, and names up to their first NUL.
fn as_in_redis_7_0(reply: Reply) -> String {
    let shown = text(reply);
    let named = shown.strip_prefix("User ").and_then(|rest| rest.split_once(' '));
    let text = named.map_or(shown.clone(), |(_, rest)| format!("This user {rest}"));
    match (text.split_once("\\x00"), text.rsplit_once('\'')) {
        (Some((before, _)), Some((_, after))) => format!("{before}\\'{after}"),
        _ => text,
    }
}

/// The reply, bulk strings as their text.
fn text(reply: Reply) -> String {
    match reply {
        Reply::Bulk(text) => text.escape_ascii().to_string(),
        other => format!("{other:?}"),
    }
}

fn line(words: &[Vec<u8>]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// The engine in this process.
struct Subject {
    engine: Engine,
    clients: [ClientId; 2],
}

impl Subject {
    fn new() -> Self {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let connect = |_| engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
        let clients = [ADMIN, USER].map(connect);
        Self { engine, clients }
    }

    fn ask(&mut self, client: usize, words: &[&[u8]]) -> Reply {
        let client = self.clients[client];
        self.engine.receive(client, &multibulk(words), UnixMicros(0));
        let output = self.engine.output(client).to_vec();
        self.engine.consume(client, output.len(), UnixMicros(0));
        decode(&output).ok().flatten().expect("the reply is whole").0
    }
}
