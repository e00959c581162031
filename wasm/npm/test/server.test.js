import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import { Redis } from "ioredis";
import { Redstart } from "redstart";
import { serve } from "redstart/server";

test("clients over a socket live on the database's clock", async () => {
  const db = await Redstart.open({ clock: { startMs: 1_800_000_000_000 } });
  const server = await serve(db);
  const redis = new Redis(server.url);
  await redis.set("k", "v", "PX", 9_999);
  const blocked = redis.duplicate();
  const begun = performance.now();
  const popped = blocked.blpop("queue", 10);
  await once(blocked, "ready");
  while (!/ cmd=blpop /.test(db.call("CLIENT", "LIST"))) await new Promise((resolve) => setTimeout(resolve, 1));
  db.clock.advance(9_998);
  assert.equal(await redis.pttl("k"), 1);
  db.clock.advance(2);
  assert.equal(await popped, null);
  assert.equal(await redis.get("k"), null);
  assert.deepEqual((await redis.time()).map(Number), [1_800_000_010, 0]);
  assert.ok(performance.now() - begun < 5000, "nobody waited ten seconds");
  assert.equal(db.call("SET", "k", "from here"), "OK");
  assert.equal(await redis.get("k"), "from here");
  const large = "x".repeat(20_000_000);
  await redis.set("large", large);
  assert.equal((await Promise.all([redis.get("large"), redis.get("large"), redis.get("large")])).every((value) => value === large), true);
  redis.disconnect();
  blocked.disconnect();
  await server.close();
  assert.equal(db.call("PING"), "PONG");
  db.close();
});

test("a Unix socket, refusals, SHUTDOWN", async () => {
  const db = await Redstart.open({ config: { maxclients: "1" } });
  const path = join(tmpdir(), `redstart-${process.pid}.sock`);
  const server = await serve(db, { path });
  const said = async (command) => {
    const socket = connect(path).setEncoding("utf8");
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.write(command);
    if (command.startsWith("PING")) socket.end();
    await once(socket, "close");
    return text;
  };
  assert.equal(await said("PING\r\n"), "+PONG\r\n");
  const held = db.connect();
  assert.equal(await said(""), "-ERR max number of clients reached\r\n");
  held.close();
  assert.equal(await said("SHUTDOWN NOSAVE\r\n"), "");
  await db.closed;
  assert.equal(db.isOpen, false);
  await server.close();
});

/** A client that reads nothing until it is resumed. */
async function silent(server) {
  const socket = connect(server.port, server.host);
  await once(socket, "connect");
  socket.pause();
  return socket;
}

/** Reads so many bytes, or all until the end. */
function read(socket, length = Infinity) {
  return new Promise((resolve) => {
    const chunks = [];
    let left = length;
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if ((left -= chunk.length) <= 0) resolve(Buffer.concat(chunks));
    });
    socket.on("end", () => resolve(Buffer.concat(chunks)));
    socket.resume();
  });
}

for (const limit of ["64mb", "1mb"]) {
  test(`a client may write all its requests before it reads, with ${limit} of replies that wait`, async () => {
    const db = await Redstart.open({ config: { "client-output-run-limit": limit } });
    const server = await serve(db);
    const socket = await silent(server);
    const value = "x".repeat(10_000);
    const pair = `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10000\r\n${value}\r\nGET k\r\n`;
    await new Promise((resolve) => socket.write(pair.repeat(2_000), resolve));
    const expected = Buffer.from(`+OK\r\n$10000\r\n${value}\r\n`.repeat(2_000));
    assert.ok((await read(socket, expected.length)).equals(expected));
    socket.destroy();
    await server.close();
    db.close();
  });
}

test("requests behind one that blocks are read, and run in turns with those of others", async () => {
  for (const clock of ["real", { startMs: 1_800_000_000_000 }]) {
    const db = await Redstart.open({ clock });
    const server = await serve(db);
    const socket = await silent(server);
    const count = 200_000;
    await new Promise((resolve) => socket.write("BLPOP list 0\r\n" + "INCR n\r\n".repeat(count), resolve));
    db.call("RPUSH", "list", "x");
    const replies = "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n" + Array.from({ length: count }, (_, n) => `:${n + 1}\r\n`).join("");
    assert.ok((await read(socket, replies.length)).equals(Buffer.from(replies)));
    socket.destroy();
    await server.close();
    db.close();
  }
});

test("replies to clients that do not read stay within the bounds of the engine", async () => {
  const db = await Redstart.open();
  const server = await serve(db);
  db.call("SET", "large", "x".repeat(1_000_000));
  const before = process.memoryUsage().arrayBuffers;
  const sockets = await Promise.all(Array.from({ length: 6 }, () => silent(server)));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write("GET large\r\n".repeat(1_000), resolve))));
  const redis = new Redis(server.url);
  // All that was sent is read before these are answered: 6 GB of replies, were there no bounds.
  for (let round = 0; round < 100; round += 1) assert.equal(await redis.ping(), "PONG");
  const clients = db.call("CLIENT", "LIST").trim().split("\n");
  const waiting = clients.map((line) => Number(/ omem=(\d+)/.exec(line)[1])).filter((bytes) => bytes > 0);
  assert.equal(waiting.length, sockets.length);
  assert.ok(waiting.every((bytes) => bytes < 70_000_000), waiting.join(" "));
  assert.equal(db.call("SET", "k", "v"), "OK", "there is room for data");
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 100_000_000, `the process holds ${grown} bytes more`);
  redis.disconnect();
  for (const socket of sockets) socket.destroy();
  await server.close();
  db.close();
});

test("a client that has sent all is sent all", async () => {
  const db = await Redstart.open();
  const server = await serve(db);
  db.call("SET", "large", "x".repeat(5_000_000));
  for (const last of ["", "QUIT\r\n"]) {
    const socket = await silent(server);
    socket.end("GET large\r\n".repeat(3) + last);
    await once(socket, "finish");
    for (let round = 0; round < 10; round += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await read(socket)).length, 3 * 5_000_012 + (last ? 5 : 0));
  }
  await server.close();
  db.close();
});

test("npx redstart has a clock that whoever started it moves", async () => {
  const bin = new URL("../dist/bin.js", import.meta.url).pathname;
  const child = spawn(process.execPath, [bin, "--port", "0", "--clock", "1800000000000"]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  const redis = new Redis({ port: Number((await line()).split(":").at(-1)) });
  await redis.set("k", "v", "EX", 9);
  const blocked = redis.duplicate();
  const popped = blocked.blpop("queue", 10);
  while (!/ cmd=blpop /.test(await redis.client("LIST")));
  child.stdin.write("8999\n");
  assert.equal(await line(), "1800000008999");
  assert.equal(await redis.pttl("k"), 1);
  child.stdin.write("1.5\n1000\n");
  assert.deepEqual([await line(), await line()], ["1800000009000.5", "1800000010000.5"]);
  assert.deepEqual([await popped, await redis.get("k"), (await redis.time())[0]], [null, null, "1800000010"]);
  child.stdin.write("soon\n");
  assert.match(String((await once(child.stderr, "data"))[0]), /^redstart: expected a number of milliseconds, not 'soon'\n$/);
  redis.disconnect();
  blocked.disconnect();
  child.stdin.end();
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("npx redstart serves until it is told to stop", async () => {
  const bin = new URL("../dist/bin.js", import.meta.url).pathname;
  const child = spawn(process.execPath, [bin, "--port", "0", "--requirepass", "secret"]);
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const port = Number(/127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]);
  const redis = new Redis({ port, password: "secret" });
  assert.equal(await redis.incr("n"), 1);
  redis.disconnect();
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);

  const wrong = spawn(process.execPath, [bin, "--port", "0", "--no-such", "1"]);
  const [complaint] = await once(wrong.stderr.setEncoding("utf8"), "data");
  assert.match(complaint, /unknown parameter 'no-such'/);
  assert.deepEqual(await once(wrong, "exit"), [1, null]);
});
