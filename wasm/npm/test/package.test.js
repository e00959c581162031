import assert from "node:assert/strict";
import test from "node:test";
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
  db.close();
});

test("a virtual clock moves when told", async () => {
  const db = await Redstart.open({ clock: "virtual", start: 1_700_000_000_000 });
  db.call("SET", "k", "v", "PX", 1000);
  db.clock.advance(999);
  assert.equal(db.call("PTTL", "k"), 1);
  db.clock.advance(86_400_000);
  assert.equal(db.call("DBSIZE"), 0);
  assert.deepEqual(db.call("TIME"), ["1700086400", "999000"]);
  db.close();
  const real = await Redstart.open();
  assert.throws(() => real.clock.advance(1), TypeError);
  real.close();
});

test("the same seed gives the same replies", async () => {
  const play = async (seed) => {
    const db = await Redstart.open({ seed, clock: "virtual", start: 0 });
    for (let key = 0; key < 100; key += 1) db.call("SET", key, key);
    const keys = Array.from({ length: 20 }, () => db.call("RANDOMKEY"));
    db.close();
    return keys;
  };
  assert.deepEqual(await play(7), await play(7));
  assert.notDeepEqual(await play(7), await play(8));
});

test("connections are clients of their own", async () => {
  const db = await Redstart.open();
  const [one, other] = [[], []];
  let ended = 0;
  const a = db.connect({ data: (chunk) => one.push(chunk), end: () => (ended += 1) });
  const b = db.connect({ data: (chunk) => other.push(chunk) });
  a.send(["SELECT", 1]);
  a.send(bytes("SET k v\r\nGET"));
  a.send(bytes(" k\r\n"));
  b.send(["GET", "k"]);
  assert.equal(text(one), "+OK\r\n+OK\r\n$1\r\nv\r\n");
  assert.equal(text(other), "$-1\r\n");
  b.send(["CLIENT", "KILL", "ID", a.id]);
  assert.deepEqual([a.isOpen, b.isOpen, ended], [false, true, 1]);
  a.send(["PING"]);
  b.send(bytes("PING\r\nHost: x\r\n"));
  assert.equal(text(other), "$-1\r\n:1\r\n", "cut off at once, as Redis does");
  b.close();
  db.close();
  assert.equal(ended, 1);
});

test("parameters are Redis's", async () => {
  const db = await Redstart.open({ config: { databases: "2" } });
  assert.throws(() => db.call("SELECT", 2), { code: "ERR" });
  db.close();
  await assert.rejects(async () => Redstart.open({ config: { databases: "none" } }));
  await assert.rejects(async () => Redstart.open({ config: { none: "1" } }));
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
