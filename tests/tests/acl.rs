//! Users x commands x keys: on both servers `ACL DRYRUN` says the same of random users and random commands.

use redstart_core::{
    command::{spec::Spec, specs::GROUPS},
    config::Config,
    engine::Engine,
    random::{Random, Seed},
    session::{ClientId, Peer},
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
const ROUNDS: usize = 3;

/// Rules of all kinds. Of commands and categories those that mean something to commands that both servers have.
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

#[test]
fn users_may_do_what_they_may_do_in_redis() {
    let Some(reference) = Reference::start().unwrap() else {
        eprintln!("skipped: there is no redis-server in PATH");
        return;
    };
    let mut redis = TcpDriver::new(&reference.address).unwrap();
    let mut redstart = Subject::new();
    let mut random = Random::new(Seed(7));
    let mut workload = Workload::new(Seed(7));
    let specs = commands();
    let (mut asked, mut denied) = (0, 0);
    let mut complaints = Vec::new();
    for number in 0..USERS {
        let name = format!("user{number}").into_bytes();
        let setuser = [b"ACL".to_vec(), b"SETUSER".to_vec(), name.clone()];
        let command: Vec<Vec<u8>> = setuser.into_iter().chain(rules(&mut random)).collect();
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        let expected = redis.ask(&words).unwrap();
        assert_eq!(redstart.ask(&words), expected, "{}", line(&words));
        let is_made = expected == Reply::Status(b"OK".to_vec());
        for spec in specs.iter().filter(|_| is_made) {
            for _ in 0..ROUNDS {
                let request = workload.invocation(spec);
                let mut asking: Vec<&[u8]> = vec![b"ACL", b"DRYRUN", &name];
                asking.extend(request.iter().map(Vec::as_slice));
                let expected = as_in_redis_7_0(redis.ask(&asking).unwrap());
                let got = as_in_redis_7_0(redstart.ask(&asking));
                asked += 1;
                denied += usize::from(expected.starts_with("This user"));
                if got != expected && complaints.len() < 20 {
                    complaints.push(format!(
                        "{}\n{}\n  {expected}\n  {got}",
                        line(&words),
                        line(&asking)
                    ));
                }
            }
        }
    }
    eprintln!("{asked} requests, of which {denied} were denied");
    assert!(denied > asked / 10 && denied < asked, "{denied} of {asked} were denied");
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Every command that is no container, and that both servers have.
fn commands() -> Vec<&'static Spec> {
    let all = GROUPS.iter().copied().flatten();
    let leaves = all.flat_map(|spec| {
        if spec.subcommands.is_empty() { core::slice::from_ref(spec) } else { spec.subcommands }
    });
    leaves.filter(|spec| spec.since < "7.2").collect()
}

/// A few rules, and in a third of all cases a selector of a few more.
fn rules(random: &mut Random) -> Vec<Vec<u8>> {
    let mut rules = some_rules(random);
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
    let Reply::Bulk(text) = reply else { return format!("{reply:?}") };
    let shown = text.escape_ascii().to_string();
    let named = shown.strip_prefix("User ").and_then(|rest| rest.split_once(' '));
    let text = named.map_or(shown.clone(), |(_, rest)| format!("This user {rest}"));
    match (text.split_once("\\x00"), text.rsplit_once('\'')) {
        (Some((before, _)), Some((_, after))) => format!("{before}\\'{after}"),
        _ => text,
    }
}

fn line(words: &[&[u8]]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// The engine in this process.
struct Subject {
    engine: Engine,
    client: ClientId,
}

impl Subject {
    fn new() -> Self {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let client = engine.connect(Peer::local(), UnixMicros(0)).expect("there is room");
        Self { engine, client }
    }

    fn ask(&mut self, words: &[&[u8]]) -> Reply {
        self.engine.receive(self.client, &multibulk(words), UnixMicros(0));
        let output = self.engine.output(self.client).to_vec();
        self.engine.consume(self.client, output.len(), UnixMicros(0));
        decode(&output).ok().flatten().expect("the reply is whole").0
    }
}
