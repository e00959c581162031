import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { Redstart, RedstartError } from "redstart";
import { Printer, isRaw, quote, split } from "redstart/format";

const bytes = (text) => new TextEncoder().encode(text);
const text = (chunks) => chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");

test("replies are JavaScript values", async () => {
  const db = await Redstart.open();
  assert.equal(db.call("SET", "k", "v"), "OK");
  assert.equal(db.call("GET", "k"), "v");
  assert.equal(db.call("GET", "none"), null);
  assert.equal(db.call("INCRBY", "n", 41), 41);
  assert.equal(db.call("INCRBY", "n", 9007199254740991n), 9007199254741032n);
  assert.equal(db.call("SET", "ü", "größer 🦀"), "OK");
  assert.equal(db.call("GET", "ü"), "größer 🦀");
  assert.deepEqual(db.call("MGET", "k", "none"), ["v", null]);
  assert.equal(db.call("CONFIG", "GET", "maxmemory").get("maxmemory"), "0");
  assert.deepEqual(db.callBuffer("GET", "k"), bytes("v"));
  db.call("SET", "b", Uint8Array.of(0, 255, 13, 10));
  assert.deepEqual(db.callBuffer("GET", "b"), Uint8Array.of(0, 255, 13, 10));
  const long = "x".repeat(3_000_000);
  db.call("SET", "long", long);
  assert.equal(db.call("GET", "long"), long);
  db.close();
  assert.throws(() => db.call("PING"), { code: "CLOSED" });
});

test("an error reply is thrown, with its code", async () => {
  const db = await Redstart.open();
  assert.throws(() => db.call("NONE"), (error) => error instanceof RedstartError && error.code === "ERR");
  db.call("MULTI");
  db.call("SET", "k", "text");
  db.call("INCR", "k");
  const [set, increment] = db.call("EXEC");
  assert.equal(set, "OK");
  assert.ok(increment instanceof RedstartError);
  assert.throws(() => db.call("CLIENT", "REPLY", "OFF"), { code: "NOREPLY" });
  assert.equal(db.call("GET", "k"), "text");
  assert.equal(db.call("QUIT"), "OK");
  assert.equal(db.call("PING"), "PONG");
  assert.throws(() => db.call("SUBSCRIBE", "news"), { code: "ELSEWHERE" });
  await assert.rejects(db.call("BLPOP", "k", 0), { code: "WRONGTYPE" });
  db.close();
});

test("what is no argument is told before anything is sent", async () => {
  const db = await Redstart.open();
  const id = db.call("CLIENT", "ID");
  const wrong = [undefined, null, true, {}, ["v"], new Date(0), new ArrayBuffer(1), new Uint16Array(1), new DataView(new ArrayBuffer(1)), Symbol("v"), () => {}];
  for (const value of wrong) {
    assert.throws(() => db.call("SET", "k", value), { name: "TypeError", message: /^an argument must be a string/ });
    await assert.rejects(db.callAsync("SET", "k", value), { name: "TypeError" });
  }
  assert.throws(() => db.call(), TypeError);
  const { Uint8Array: Foreign } = runInNewContext("({ Uint8Array })");
  assert.equal(db.call("SET", "k", Foreign.from([118])), "OK");
  assert.equal(db.call("GET", "k"), "v");
  assert.equal(db.call("SET", "k", Buffer.from("w")), "OK");
  assert.equal(db.call("CLIENT", "ID"), id, "its client goes on");
  const waits = db.connect();
  const popped = waits.call("BLPOP", "queue", 0);
  await assert.rejects(waits.callAsync("SET", "k", null), TypeError);
  const behind = waits.callAsync("GET", "k");
  db.call("RPUSH", "queue", "item");
  assert.deepEqual([await popped, await behind], [["queue", "item"], "w"]);
  db.close();
});

test("a client that is refused what it begins with is gone", async () => {
  const db = await Redstart.open({ config: { requirepass: "secret" } });
  assert.throws(() => db.connect({ database: 99 }), { message: "ERR DB index is out of range" });
  assert.throws(() => db.connect({ password: "wrong" }), { code: "WRONGPASS" });
  assert.equal(db.call("CLIENT", "LIST").trim().split("\n").length, 1);
  db.close();
});

test("a clock that begins at no time is told", async () => {
  for (const clock of [{}, { startMs: NaN }, { startMs: "soon" }]) await assert.rejects(Redstart.open({ clock }), RangeError);
});

test("maps are objects on request, and bytes", async () => {
  const db = await Redstart.open({ maps: "object" });
  db.call("HSET", "h", "field", "value", "__proto__", "1");
  assert.deepEqual(Object.entries(db.call("HGETALL", "h")), [["field", "value"], ["__proto__", "1"]]);
  assert.deepEqual(db.callBuffer("HGETALL", "h").field, bytes("value"));
  assert.deepEqual(db.connect({ maps: "map" }).call("HGETALL", "h"), new Map([["field", "value"], ["__proto__", "1"]]));
  db.call("ZADD", "z", "1.5", "a", "inf", "b");
  assert.deepEqual(db.call("ZMSCORE", "z", "a", "b", "c"), [1.5, Infinity, null]);
  assert.deepEqual(db.call("SMISMEMBER", "s", "a"), [0]);
  db.call("SADD", "s", "a");
  assert.deepEqual(db.call("SMEMBERS", "s"), new Set(["a"]));
  db.close();
});

test("what may wait is a promise", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  db.call("SELECT", 2);
  const popped = db.call("BLPOP", "queue", 10);
  assert.ok(popped instanceof Promise);
  assert.equal(db.call("LPUSH", "queue", "job"), 1, "others are not held up, and are in the same database");
  assert.deepEqual(await popped, ["queue", "job"]);

  let reply = "none yet";
  const late = db.call("blpop", "queue", 10).then((value) => (reply = value));
  db.clock.advance(9_999);
  await Promise.resolve();
  assert.equal(reply, "none yet");
  db.clock.advance(1);
  assert.equal(await late, null);
  assert.equal(db.call("CLIENT", "LIST").trim().split("\n").length, 1, "who has waited is gone");

  db.call("CLIENT", "PAUSE", 1000);
  const held = db.callAsync("SET", "k", "v");
  assert.ok(held instanceof Promise);
  db.clock.advance(1000);
  assert.equal(await held, "OK");

  const client = db.connect();
  const first = client.call("BLPOP", "a", 0);
  const second = client.callAsync("ECHO", "later");
  assert.throws(() => client.call("PING"), { code: "WAITING" });
  db.connect().call("LPUSH", "a", "1");
  assert.deepEqual([await first, await second], [["a", "1"], "later"]);
  assert.equal(client.call("PING"), "PONG");
  const never = client.call("BLPOP", "a", 0);
  client.close();
  await assert.rejects(never, { code: "CLOSED" });
  const neither = db.call("BLPOP", "a", 0);
  db.close();
  await assert.rejects(neither, { code: "CLOSED" });
  assert.throws(() => db.call("PING"), { code: "CLOSED" });
});

test("the commands that may wait are those that the engine says", async () => {
  const db = await Redstart.open();
  const words = db.call("COMMAND").filter(([, , flags]) => flags.has("blocking")).map(([name]) => name);
  assert.ok(words.includes("blpop"));
  for (const name of words) await assert.rejects(db.call(name), { code: "ERR" }, name);
  db.close();
});

test("a wait on the real clock ends in time", async () => {
  const db = await Redstart.open();
  const begun = performance.now();
  assert.equal(await db.call("BLPOP", "queue", 0.05), null);
  const took = performance.now() - begun;
  assert.ok(took >= 49, `${took} ms`);
  db.close();
});

test("a virtual clock moves when told", async () => {
  const db = await Redstart.open({ clock: { startMs: 1_700_000_000_000 } });
  db.call("SET", "k", "v", "PX", 1000);
  db.clock.advance(999);
  assert.equal(db.call("PTTL", "k"), 1);
  db.clock.advance(366 * 86_400_000);
  assert.equal(db.call("DBSIZE"), 0);
  assert.deepEqual(db.call("TIME"), ["1731622400", "999000"]);
  assert.equal(db.call("XADD", "x", "*", "f", "v"), "1731622400999-0");
  const read = db.call("XREAD", "BLOCK", 60_000, "STREAMS", "x", "$");
  db.clock.advance(30_000);
  db.call("XADD", "x", "*", "f", "w");
  assert.deepEqual(await read, new Map([["x", [["1731622430999-0", ["f", "w"]]]]]));
  assert.throws(() => db.clock.advance(-1), RangeError);
  db.close();
  const real = await Redstart.open();
  assert.throws(() => real.clock.advance(1), TypeError);
  real.close();
});

test("the same seed gives the same replies", async () => {
  const play = async (seed) => {
    const db = await Redstart.open({ seed, clock: { startMs: 0 } });
    for (let key = 0; key < 100; key += 1) db.call("SET", key, key);
    const keys = Array.from({ length: 20 }, () => db.call("RANDOMKEY"));
    db.close();
    return keys;
  };
  assert.deepEqual(await play(7), await play(7));
  assert.notDeepEqual(await play(7), await play(8));
});

test("clients have a database, a transaction and subscriptions of their own", async () => {
  const db = await Redstart.open();
  const one = db.connect({ database: 1 });
  const two = db.connect();
  one.call("SET", "k", "v");
  assert.equal(two.call("GET", "k"), null);
  two.call("WATCH", "k");
  two.call("MULTI");
  two.call("INCR", "n");
  db.call("SET", "k", "changed");
  assert.equal(two.call("EXEC"), null);

  const heard = [];
  const listener = (...message) => heard.push(message);
  db.subscribe("news", listener);
  db.psubscribe("n*", listener);
  two.subscribe("news", listener);
  assert.equal(two.call("PUBLISH", "news", "hello"), 3);
  assert.deepEqual(heard.sort(), [["hello", "news"], ["hello", "news"], ["hello", "news", "n*"]]);
  db.unsubscribe("news", listener);
  two.unsubscribe("news");
  assert.equal(one.call("PUBLISH", "news", "again"), 1);
  assert.equal(heard.length, 4);

  const pushed = [];
  const caching = db.connect({ push: (items) => pushed.push(items) });
  caching.call("CLIENT", "TRACKING", "ON");
  caching.call("GET", "k");
  db.call("SET", "k", "other");
  assert.deepEqual(pushed, [["invalidate", ["k"]]]);
  one.close();
  assert.throws(() => one.call("PING"), { code: "CLOSED" });
  db.close();
});

test("who hears a message may call, the client that has sent it too", async () => {
  const db = await Redstart.open();
  const client = db.connect();
  const heard = [];
  client.subscribe("steps", (message) => {
    heard.push([message, client.call("INCR", "n"), db.call("INCR", "n")]);
    if (heard.length < 3) client.call("PUBLISH", "steps", `after ${message}`);
  });
  db.subscribe("steps", () => db.call("INCR", "others"));
  assert.equal(client.call("PUBLISH", "steps", "a"), 2);
  assert.equal(db.call("PUBLISH", "steps", "last"), 2);
  assert.deepEqual(heard, [["a", 1, 2], ["after a", 3, 4], ["after after a", 5, 6], ["last", 7, 8]]);
  assert.equal(db.call("GET", "others"), "4");
  db.close();
});

test("a listener that throws keeps nobody else from hearing, and the clock from nothing", () => {
  const program = `
    import { Redstart } from "redstart";
    process.on("uncaughtException", ({ message }) => console.log("uncaught:", message));
    const db = await Redstart.open({ config: { "notify-keyspace-events": "Ex" } });
    db.subscribe("news", () => { throw new Error("of the first"); });
    db.subscribe("news", (message) => console.log("the second hears", message));
    console.log("published to", db.call("PUBLISH", "news", "it"));
    db.psubscribe("*:expired", () => { throw new Error("of the clock"); });
    db.call("SET", "k", "v", "PX", 20);
    console.log("waited:", await db.call("BLPOP", "none", 0.1));
    db.close();`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: new URL("..", import.meta.url), encoding: "utf8", timeout: 30_000 });
  assert.equal(stdout, "the second hears it\npublished to 1\nuncaught: of the first\nuncaught: of the clock\nwaited: null\n");
});

test("a password keeps out who does not know it", async () => {
  const db = await Redstart.open({ config: { requirepass: "secret" } });
  assert.equal(db.call("PING"), "PONG", "who has opened it knows it");
  assert.throws(() => db.connect({ password: "guess" }), { code: "WRONGPASS" });
  const said = [];
  db.attach({ data: (chunk) => said.push(chunk) }).send(["GET", "k"]);
  assert.equal(text(said), "-NOAUTH Authentication required.\r\n");
  db.close();
});

test("connections are clients in bytes", async () => {
  const db = await Redstart.open();
  const [one, other] = [[], []];
  let ended = 0;
  const a = db.attach({ data: (chunk) => one.push(chunk), end: () => (ended += 1) });
  const b = db.attach({ address: "10.0.0.1:5", data: (chunk) => other.push(chunk) });
  a.send(bytes("SELECT 1\r\nSET k v\r\nGET"));
  a.send(bytes(" k\r\n"));
  b.send(bytes("GET k\r\n"));
  assert.equal(text(one), "+OK\r\n+OK\r\n$1\r\nv\r\n");
  assert.equal(text(other), "$-1\r\n");
  assert.match(db.call("CLIENT", "LIST", "ID", b.id), / addr=10\.0\.0\.1:5 /);
  const c = db.attach({ data() {} });
  c.send(["BLPOP", "list", "0"]);
  assert.deepEqual([c.isBlocked, a.isBlocked], [true, false]);
  db.call("RPUSH", "list", "x");
  assert.equal(c.isBlocked, false);
  b.pause();
  b.send(bytes("PING\r\n"));
  assert.equal(text(other), "$-1\r\n");
  b.resume();
  assert.equal(text(other), "$-1\r\n+PONG\r\n");
  b.send(bytes(`CLIENT KILL ID ${a.id}\r\n`));
  assert.deepEqual([a.isOpen, b.isOpen, ended], [false, true, 1]);
  a.send(bytes("PING\r\n"));
  b.send(bytes("PING\r\nHost: x\r\n"));
  assert.equal(text(other), "$-1\r\n+PONG\r\n:1\r\n", "cut off at once, as Redis does");
  db.close();
  assert.equal(ended, 1);
});

test("connections are Web Streams, which pass on the pace of their reader", async () => {
  const db = await Redstart.open();
  const { readable, writable } = db.stream();
  const writer = writable.getWriter();
  const reader = readable.getReader();
  await writer.write(bytes("PING\r\n"));
  assert.equal(text([(await reader.read()).value]), "+PONG\r\n");
  db.call("SET", "large", "x".repeat(1_000_000));
  const written = (async () => {
    for (let round = 0; round < 30; round += 1) await writer.write(bytes("GET large\r\n"));
    await writer.write(bytes("QUIT\r\n"));
  })();
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) length += part.value.length;
  await written;
  assert.equal(length, 30 * 1_000_012 + 5);
  db.close();
});

test("parameters are Redis's", async () => {
  const db = await Redstart.open({ config: { databases: "2", save: "" } });
  assert.throws(() => db.call("SELECT", 2), { code: "ERR" });
  db.close();
  await assert.rejects(async () => Redstart.open({ config: { databases: "none" } }), { code: "ERR" });
  await assert.rejects(async () => Redstart.open({ config: { none: "1" } }), /unknown parameter 'none'/);
});

test("a snapshot is an RDB file, and a fork a copy", async () => {
  const db = await Redstart.open({ seed: 1, clock: "virtual" });
  for (let key = 0; key < 1000; key += 1) db.call("SET", `key:${key}`, key);
  db.call("RPUSH", "list", "a", "b");
  db.call("SET", "brief", "v", "PX", 5000);
  const file = db.snapshot();
  assert.equal(text([file.subarray(0, 9)]), "REDIS0010");
  const again = await Redstart.open({ snapshot: file, clock: { startMs: db.clock.now() } });
  assert.deepEqual(again.snapshot().length, file.length);
  assert.deepEqual(again.call("LRANGE", "list", 0, -1), ["a", "b"]);
  assert.equal(again.call("PTTL", "brief"), 5000);
  await assert.rejects(Redstart.open({ snapshot: file.subarray(0, 100) }), { code: "ERR" });

  db.call("SELECT", 1);
  db.call("SELECT", 0);
  const before = db.call("CLIENT", "ID");
  const forks = [db.fork(), db.fork()];
  const [one, two] = forks.map((fork) => Array.from({ length: 10 }, () => fork.call("RANDOMKEY")));
  assert.deepEqual(one, two, "with the same dice");
  forks[0].call("FLUSHALL");
  forks[0].clock.advance(10_000);
  assert.deepEqual([forks[0].call("DBSIZE"), forks[1].call("DBSIZE"), db.call("DBSIZE")], [0, 1002, 1002]);
  assert.equal(db.call("PTTL", "brief"), 5000);
  assert.equal(forks[1].call("CLIENT", "ID"), before);
  // A fork is at most as large as what it was made of, and can grow beyond it.
  forks[1].call("SET", "large", "x".repeat(5_000_000));
  const grown = forks[1].fork();
  assert.equal(grown.call("STRLEN", "large"), 5_000_000);
  for (const each of [db, again, grown, ...forks]) each.close();
});

test("the keyspace can be looked at without a trace", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  db.call("SET", "a", "text", "PX", 500);
  db.call("RPUSH", "l", 1, 2, 3);
  db.clock.advance(100);
  const { changes } = db.keyspace;
  const keys = [...db.keyspace.keys()].map(({ key, ...rest }) => ({ key: text([key]), ...rest })).sort((a, b) => (a.key < b.key ? -1 : 1));
  assert.deepEqual(keys, [
    { key: "a", type: "string", encoding: "embstr", ttlMs: 400, size: 4 },
    { key: "l", type: "list", encoding: "listpack", ttlMs: null, size: 3 },
  ]);
  assert.deepEqual(db.keyspace.databases(), [{ database: 0, keys: 2, expiring: 1 }]);
  assert.equal(db.keyspace.changes, changes);
  db.call("SET", "b", 1);
  assert.ok(db.keyspace.changes > changes);
  for (let key = 0; key < 5000; key += 1) db.call("SET", `key:${key}`, key);
  const page = db.keyspace.page({ count: 500 });
  assert.ok(page.keys.length >= 500 && page.keys.length < 1000 && page.cursor !== 0n);
  assert.equal(new Set(Array.from(db.keyspace.keys(), ({ key }) => text([key]))).size, 5003);
  db.close();
});

test("values can be asked for without a trace", async () => {
  const db = await Redstart.open({ clock: "virtual", record: true });
  db.call("HSET", "h", "f", "v");
  db.call("SET", "k", "v", "PX", 500);
  db.call("SELECT", 3);
  db.call("RPUSH", "l", 1, 2, 3);
  db.clock.advance(5000);
  const before = db.record();
  assert.deepEqual(db.keyspace.ask(0, "HGETALL", "h"), new Map([[bytes("f"), bytes("v")]]));
  assert.deepEqual(db.keyspace.ask(3, "LRANGE", "l", -2, -1), [bytes("2"), bytes("3")]);
  assert.equal(db.keyspace.ask(0, "GET", "k"), null);
  assert.throws(() => db.keyspace.ask(0, "LLEN", "h"), /WRONGTYPE/);
  assert.throws(() => db.keyspace.ask(0, "DEL", "h"), /only read-only commands/);
  assert.throws(() => db.keyspace.ask(99, "GET", "h"), /DB index/);
  assert.deepEqual(db.record(), before, "nothing of it is in the recording");
  assert.equal(db.call("OBJECT", "IDLETIME", "l"), 5);
  assert.match(String(db.call("INFO", "stats")), /keyspace_misses:0\r/);
  db.close();
});

test("lines are split and strings quoted as redis-cli does", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.deepEqual(split(quote(all)), [all]);
  assert.deepEqual(split(`SET "a key" 'it\\'s' "\\x00\\n" ü`), ["SET", "a key", "it's", "\0\n", "ü"].map(bytes));
  assert.deepEqual(split(`a"" '' ""`), ["a", "", ""].map(bytes));
  for (const line of ['"', '"a', "'a", `'a'b`, `"a""b"`, '"\\']) assert.equal(split(line), null, line);
  assert.deepEqual(split("  "), []);
});

test("replies are printed as redis-cli does", () => {
  const shown = (reply) => new Printer().print(bytes(reply)).join("\n");
  assert.equal(shown(`*10\r\n${":0\r\n".repeat(9)}*2\r\n*1\r\n:1\r\n*0\r\n`).split("\n").slice(8).join("\n"),
    " 9) (integer) 0\n10) 1) 1) (integer) 1\n    2) (empty array)");
  assert.equal(shown("%3\r\n+a\r\n%1\r\n+c\r\n:1\r\n$1\r\ne\r\n%2\r\n+y\r\n~2\r\n:1\r\n_\r\n+x\r\n,1.5\r\n+d\r\n*0\r\n"),
    '1# a => 1# c => (integer) 1\n2# "e" =>\n   1# y =>\n      1~ (integer) 1\n      2~ (nil)\n   2# x => (double) 1.5\n3# d => (empty array)');
  assert.equal(shown("-ERR no\r\n$-1\r\n=7\r\ntxt:a\nb\r\n#t\r\n"), "(error) ERR no\n(nil)\na\nb\n(true)");
  const printer = new Printer();
  assert.deepEqual(printer.print(bytes("*1\r\n$5\r\nab")), []);
  assert.deepEqual(printer.print(bytes("cde\r\n:1")), ['1) "abcde"']);
  assert.deepEqual(printer.print(bytes("7\r\n")), ["(integer) 17"]);
  assert.ok(isRaw([bytes("INFO")]) && isRaw([bytes("client"), bytes("LIST")]) && !isRaw([bytes("GET"), bytes("list")]));
  assert.ok(!isRaw([bytes("constructor")]));
  assert.deepEqual(printer.print(bytes("$8\r\n# A\r\nb:1\r\n"), true), ["# A", "b:1"]);
});
