//! A limit of memory is kept by whatever commands, evicts what its policy says and nothing else,
//! and replays.

use redstart_core::client::{ClientId, Peer};
use redstart_core::config::Config;
use redstart_core::engine::Engine;
use redstart_core::random::{Random, Seed};
use redstart_core::time::UnixMicros;

const LIMIT: u64 = 3_000_000;

/// How far a command may exceed the limit: it is checked before the command, and the largest here
/// adds some kilobytes.
const SLACK: u64 = 40_000;

struct Server {
    engine: Engine,
    client: ClientId,
    now: UnixMicros,
}

impl Server {
    fn new(policy: &str) -> Self {
        let mut engine = Engine::new(Config::default(), Seed(1));
        let now = UnixMicros(1_893_456_000_000_000);
        let client = engine.connect(Peer::local(), now).expect("there is room");
        let mut server = Self { engine, client, now };
        server.run(&format!("CONFIG SET maxmemory {LIMIT} maxmemory-policy {policy}"));
        server
    }

    fn run(&mut self, command: &str) -> String {
        self.engine.receive(self.client, format!("{command}\r\n").as_bytes(), self.now);
        let reply = String::from_utf8_lossy(&self.engine.output(self.client).to_vec()).into_owned();
        self.engine.consume(self.client, reply.len(), self.now);
        reply
    }

    /// A client sends all but the last byte of a large argument.
    fn send_half(&mut self, client: ClientId, size: usize) {
        let head = format!("*2\r\n$4\r\nECHO\r\n${}\r\n", size + 1);
        self.engine.receive(client, head.as_bytes(), self.now);
        self.engine.receive(client, "x".repeat(size).as_bytes(), self.now);
    }

    fn info(&mut self, field: &str) -> u64 {
        let info = self.run("INFO everything");
        let value = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {field}")).parse().expect("a number")
    }
}

/// Commands of every type, some with deadlines, that add far more than there is room for.
fn command(random: &mut Random) -> String {
    let key = (random.below(6_000) * random.below(6_000)) / 600;
    let text = "x".repeat(random.below(300));
    let number = random.below(2_000);
    match random.below(24) {
        0..=5 => format!("SET s:{key} {number}{text}"),
        6..=8 => format!("SET t:{key} {number}{text} EX {}", 1 + random.below(1_000)),
        9 => format!("SETRANGE long:{} 3000 {text}x", key % 50),
        10 => format!("APPEND s:{key} {text}"),
        11 | 12 => format!("HSET h:{} f{number} {number}{text}", key % 300),
        13 => format!("RPUSH l:{} {number} {text}y {text}", key % 300),
        14 => format!("LPUSH l:{} {text}", key % 30),
        15 => format!("SADD m:{} {number}{text} {number}", key % 300),
        16 | 17 => format!("ZADD z:{} {number} {text}{number}", key % 100),
        18 => format!("EXPIRE h:{} 500", key % 300),
        19 => format!("LPOP l:{} 5", key % 30),
        20 => format!("ZREMRANGEBYRANK z:{} 0 20", key % 100),
        21 => format!("HDEL h:{} f{number}", key % 300),
        22 => format!("DEL s:{key} t:{key} long:{}", key % 50),
        _ => format!("GET s:{key}"),
    }
}

/// A digest of all replies. `check` is called after every command.
fn play(policy: &str, steps: usize, mut check: impl FnMut(&mut Server, &str, usize)) -> u64 {
    let (mut server, mut random) = (Server::new(policy), Random::new(Seed(7)));
    let mut digest = 0_u64;
    for step in 0..steps {
        server.now = UnixMicros(server.now.0 + random.below(200_000) as u64);
        server.engine.tick(server.now);
        let reply = server.run(&command(&mut random));
        for byte in reply.bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        check(&mut server, &reply, step);
    }
    digest
}

#[test]
fn what_is_used_stays_below_the_limit() {
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        let mut evicted = 0;
        play(policy, 40_000, |server, reply, step| {
            assert!(!reply.starts_with("-OOM"), "{policy}: there is always something to evict");
            if step % 20 == 0 {
                let used = server.info("used_memory");
                assert!(used < LIMIT + SLACK, "{policy}: {used} bytes used at step {step}");
                evicted = server.info("evicted_keys");
            }
        });
        assert!(evicted > 1_000, "{policy}: {evicted} keys evicted");
    }
}

#[test]
fn keys_without_deadlines_are_never_evicted_by_volatile_policies() {
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "noeviction"]
    {
        let mut server = Server::new(policy);
        for number in 0..5_000 {
            let reply = server.run(&format!("SET safe:{number} {number}"));
            assert_eq!(reply, "+OK\r\n");
        }
        let mut refused = 0;
        for number in 0..60_000 {
            let reply = server.run(&format!("SET mortal:{number} {number} EX 1000"));
            refused += u64::from(reply.starts_with("-OOM"));
        }
        for number in 0..5_000 {
            assert_eq!(server.run(&format!("EXISTS safe:{number}")), ":1\r\n", "{policy}");
        }
        let evicted = server.info("evicted_keys");
        let (used, keys) = (server.info("used_memory"), server.run("DBSIZE"));
        assert!(used < LIMIT + SLACK, "{policy}: {used}");
        if policy == "noeviction" {
            assert!(evicted == 0 && refused > 5_000, "{evicted} evicted, {refused} refused");
            assert!(server.run("GET mortal:0").starts_with("$1"));
        } else {
            assert!(
                refused == 0 && evicted > 5_000,
                "{policy}: {refused} refused, {evicted} evicted"
            );
        }
        assert!(keys.len() > 6, "{policy}: {keys}");
    }
}

#[test]
fn the_same_session_evicts_the_same_keys() {
    for policy in ["allkeys-lru", "volatile-ttl", "allkeys-random"] {
        let [first, second] = [0, 1].map(|_| play(policy, 15_000, |_, _, _| ()));
        assert_eq!(first, second);
    }
}

/// This number may change with what is counted, but is the same on every platform.
#[test]
fn every_platform_evicts_the_same_keys() {
    assert_eq!(play("allkeys-lfu", 20_000, |_, _, _| ()), 1_295_063_032_965_927_663);
}

/// The memory that is counted must come back to what it was, whatever has happened meanwhile.
#[test]
fn nothing_is_counted_twice_or_forgotten() {
    let mut server = Server::new("noeviction");
    // A database counts from its first use on.
    server.run("SWAPDB 0 3");
    let empty = server.info("used_memory");
    let mut random = Random::new(Seed(5));
    for step in 0..30_000 {
        server.run("CONFIG SET maxmemory 0");
        server.run(&command(&mut random));
        if step % 10_000 == 9_999 {
            server.run("SWAPDB 0 3");
            server.run("COPY s:1 copy");
            server.run("FLUSHALL");
            let left = server.info("used_memory");
            assert!(left <= empty + 200, "{left} bytes of nothing, {empty} at first");
        }
    }
}

#[test]
fn a_limit_that_is_lowered_is_reached_in_slices() {
    let mut server = Server::new("allkeys-lru");
    server.run("CONFIG SET maxmemory 0");
    server.run("DEBUG POPULATE 1");
    for number in 0..20_000 {
        server.run(&format!("SET key:{number} {number}"));
    }
    server.run("CONFIG SET maxmemory 400kb");
    let mut ticks = 0;
    while server.engine.tick(server.now) == server.now {
        ticks += 1;
    }
    assert!((10..100).contains(&ticks), "{ticks} ticks");
    assert!(server.info("used_memory") <= 400 * 1024);
}

#[test]
fn the_largest_clients_are_disconnected_first() {
    let mut server = Server::new("noeviction");
    server.run("CONFIG SET maxmemory 0 maxmemory-clients 1mb");
    let now = server.now;
    let mut others = Vec::new();
    for size in [100_000, 500_000, 50_000, 200_000] {
        let other = server.engine.connect(Peer::local(), now).expect("there is room");
        server.send_half(other, size);
        others.push(other);
    }
    assert_eq!(server.info("evicted_clients"), 0);
    let exempt = server.engine.connect(Peer::local(), now).expect("there is room");
    server.engine.receive(exempt, b"CLIENT NO-EVICT on\r\n", now);
    server.send_half(exempt, 500_000);
    server.run("PING");
    let closed: Vec<_> = core::iter::from_fn(|| server.engine.poll_effect()).collect();
    let is_closed = |client| {
        closed.iter().any(|effect| {
            matches!(effect, redstart_core::instance::Effect::Close { client: other, .. } if *other == client)
        })
    };
    assert_eq!(
        others.iter().map(|&other| is_closed(other)).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    assert!(!is_closed(exempt));
    assert_eq!(server.info("evicted_clients"), 1);
}
