import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Redstart } from "redstart";

const OOM = { code: "OOM", message: "OOM command not allowed when used memory > 'maxmemory'." };
const bytes = (text) => new TextEncoder().encode(text);

/** Makes the module trap in the named call, as it does when memory.grow fails. */
function trapping(name) {
  const { instantiate, Instance } = WebAssembly;
  const state = { isArmed: false };
  // The glue of each database makes an instance of its own, with its imports.
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    const exports = { ...instance.exports };
    const call = exports[name];
    exports[name] = (...args) => {
      if (state.isArmed) throw new WebAssembly.RuntimeError("unreachable");
      return call(...args);
    };
    return { exports };
  };
  WebAssembly.Instance.prototype = Instance.prototype;
  state.restore = () => Object.assign(WebAssembly, { instantiate, Instance });
  return state;
}

/** A database whose engine traps as soon as it is told to. */
async function broken(options = {}, verb = "engine_receive") {
  const trap = trapping(verb);
  const db = await Redstart.open(options);
  trap.restore();
  return { db, trap };
}

test("filling a database ends with Redis's error, and it stays usable", { timeout: 120_000 }, async () => {
  const db = await Redstart.open();
  const refused = [];
  for (let at = 0; at < 60; at += 1) {
    try {
      db.call("SETRANGE", `b${at}`, 104_857_599, "x");
    } catch (reason) {
      refused.push(reason);
    }
  }
  assert.ok(refused.length > 45 && refused.every(({ message }) => message === OOM.message), String(refused[0]));
  assert.equal(db.call("STRLEN", "b0"), 104_857_600);
  assert.throws(() => db.call("SETRANGE", "k", 536_870_911, "x"), OOM);
  db.call("FLUSHALL");
  assert.equal(db.call("SETRANGE", "k", 536_870_911, "x"), 536_870_912);
  assert.throws(() => db.call("SETRANGE", "k2", 536_870_911, "x"), OOM);
  assert.throws(() => db.call("COPY", "k", "k2"), OOM);
  assert.equal(db.call("GETRANGE", "k", -1, -1), "x");
  db.close();
});

test("a lower limit is the user's choice", async () => {
  const db = await Redstart.open({ config: { maxmemory: "1mb" } });
  db.call("SETRANGE", "k", 1_100_000, "x");
  assert.throws(() => db.call("SET", "other", "v"), OOM);
  db.close();
});

test("a reply that is too long ends its connection, and nobody else's", { timeout: 60_000 }, async () => {
  const db = await Redstart.open();
  const [other, greedy] = [db.connect(), db.connect()];
  db.call("SETRANGE", "large", 9_999_999, "x");
  db.call("SADD", "s", "m".repeat(1024));
  assert.throws(() => greedy.call("MGET", ...Array(450).fill("large")), { code: "CLOSED", message: /exceeds/ });
  assert.throws(() => db.call("SRANDMEMBER", "s", -16_777_216), { code: "CLOSED" });
  assert.equal(greedy.isOpen, false);
  assert.equal(other.call("STRLEN", "large"), 10_000_000);
  assert.equal(db.call("PING"), "PONG");
  assert.equal(db.call("MGET", ...Array(10).fill("large")).join("").length, 100_000_000);
  assert.throws(() => db.keyspace.ask(0, "MGET", ...Array(450).fill("large")), OOM);
  assert.throws(() => db.call("SET", "k", new Uint8Array(270_000_000)), { code: "CLOSED" });
  assert.equal(db.call("EXISTS", "k"), 0);
  db.close();
});

test("long values arrive whole, in both directions", async () => {
  const db = await Redstart.open({ record: true });
  for (const length of [1_048_570, 1_048_576, 3_500_000]) {
    const value = Uint8Array.from({ length }, (_, at) => at % 251);
    db.call("SET", "k", value);
    assert.deepEqual(db.callBuffer("GET", "k"), value);
    assert.equal(Buffer.compare(db.connect().callBuffer("MGET", "k", "k")[1], value), 0);
  }
  const replies = [];
  db.attach({ data: (chunk) => replies.push(chunk) }).send(["SET", "k", "x".repeat(2_500_000)]);
  assert.equal(Buffer.concat(replies).toString(), "+OK\r\n");
  const replay = await Redstart.replay(db.record());
  replay.seek(replay.length);
  assert.equal(replay.keyspace.ask(0, "STRLEN", "k"), 2_500_000);
  replay.close();
  db.close();
});

test("a snapshot of much data is made and read", { timeout: 120_000 }, async () => {
  const db = await Redstart.open({ config: { rdbcompression: "no" } });
  for (let at = 0; at < 4; at += 1) db.call("SETRANGE", `k${at}`, 100_000_000, "x");
  const file = db.snapshot();
  db.close();
  const again = await Redstart.open({ snapshot: file });
  assert.equal(again.call("DBSIZE"), 4);
  again.call("SET", "k", "v");
  again.close();
});

test("a trap closes that database with one clear error, and no other", async () => {
  const other = await Redstart.open();
  const { db, trap } = await broken({ record: true });
  db.call("SET", "k", "v");
  const client = db.connect();
  const waiting = client.call("BLPOP", "q", 0);
  let ends = 0;
  const connection = db.attach({ data() {}, end: () => (ends += 1) });
  const events = db.position;
  trap.isArmed = true;
  const failed = { name: "RedstartError", code: "FAILED", message: /^FAILED .*unreachable.*closed/ };
  assert.throws(() => db.call("SET", "k", "w"), failed);
  assert.equal(db.isOpen, false);
  assert.deepEqual([client.isOpen, connection.isOpen, ends], [false, false, 1]);
  await assert.rejects(waiting, failed);
  await assert.rejects(db.closed, failed);
  for (const call of [() => db.call("GET", "k"), () => db.connect(), () => db.snapshot(), () => db.attach({ data() {} }), () => client.call("PING"), () => db.keyspace.changes]) {
    assert.throws(call, failed);
  }
  connection.send(bytes("PING\r\n"));
  assert.equal(other.call("PING"), "PONG");
  assert.equal((await Redstart.open()).call("PING"), "PONG");
  // The recording ends before what has failed.
  assert.equal(db.position, events);
  const replay = await Redstart.replay(db.record());
  replay.seek(replay.length);
  assert.equal(Buffer.from(replay.keyspace.ask(0, "GET", "k")).toString(), "v");
});

test("a trap in a client of bytes, or on the clock, is told by the ends of connections", async () => {
  const { db, trap } = await broken();
  let ends = 0;
  const connection = db.attach({ data() {}, end: () => (ends += 1) });
  trap.isArmed = true;
  connection.send(bytes("PING\r\n"));
  assert.equal(ends, 1);
  await assert.rejects(db.closed, { code: "FAILED" });

  // The clock of a database keeps no process.
  const alive = setInterval(() => {}, 1000);
  const { db: ticking, trap: late } = await broken({}, "engine_tick");
  late.isArmed = true;
  await assert.rejects(ticking.closed, { code: "FAILED" });
  clearInterval(alive);
  assert.throws(() => ticking.call("PING"), { code: "FAILED" });
});

test("a trap leaves what was saved as it was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "redstart-memory-"));
  try {
    for (const verb of ["engine_receive", "engine_snapshot"]) {
      const { db, trap } = await broken({ dataDir: folder }, verb);
      db.call("SET", "k", verb);
      await db.save();
      trap.isArmed = true;
      if (verb === "engine_receive") assert.throws(() => db.call("SET", "k", "lost"), { code: "FAILED" });
      else assert.throws(() => db.snapshot(), { code: "FAILED" });
      await assert.rejects(db.closed, { code: "FAILED" });
      const again = await Redstart.open({ dataDir: folder });
      assert.equal(again.call("GET", "k"), verb);
      again.close();
      await again.closed;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("npx redstart survives what exceeds its memory", { timeout: 120_000 }, async () => {
  const server = spawn(process.execPath, [new URL("../dist/bin.js", import.meta.url).pathname, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await once(server.stdout, "data");
    const port = Number(/:(\d+)/.exec(String(line))[1]);
    const ask = async (commands, replies) => {
      const socket = connect(port, "127.0.0.1");
      socket.write(commands);
      let text = "";
      for await (const chunk of socket) {
        text += chunk;
        if (text.split("\r\n").length > replies) break;
      }
      socket.destroy();
      return text;
    };
    const filled = await ask(Array.from({ length: 6 }, (_, at) => `SETRANGE k${at} 536870911 x\r\n`).join(""), 6);
    assert.match(filled, /^:536870912\r\n(-OOM [^\r]*\r\n){5}$/);
    await ask("FLUSHALL\r\nSETRANGE large 9999999 x\r\n", 2);
    assert.equal(await ask(`MGET${" large".repeat(450)}\r\n`, 1), "");
    assert.equal(await ask("STRLEN large\r\n", 1), ":10000000\r\n");
  } finally {
    server.kill();
  }
});

test("a clock is moved by a number of milliseconds that it can reach", async () => {
  const db = await Redstart.open({ clock: { startMs: 1000 }, record: true });
  const events = db.position;
  for (const ms of [Infinity, -Infinity, NaN, -1, 1e18, undefined, "later"]) {
    assert.throws(() => db.clock.advance(ms), { name: "RangeError", message: /^clock\.advance: expected milliseconds from 0 to \d+, found / });
  }
  assert.deepEqual([db.clock.now(), db.position], [1000, events]);
  db.clock.advance(0.5);
  assert.equal(db.clock.now(), 1000.5);
  db.close();
});
