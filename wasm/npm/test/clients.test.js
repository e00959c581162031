// Unmodified clients and what is built on them, in this process.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { createClient } from "redis";
import { Redstart } from "redstart";
import { duplex } from "redstart/duplex";
import { inProcess as forIoredis } from "redstart/ioredis";
import { inProcess as forNodeRedis } from "redstart/node-redis";

test("a stream of Node's is a client", async () => {
  const db = await Redstart.open();
  const stream = duplex(db);
  const replies = [];
  stream.on("data", (chunk) => replies.push(chunk.toString()));
  stream.write("PING\r\nSET k v\r\n");
  stream.write("QUIT\r\n");
  await once(stream, "close");
  assert.equal(replies.join(""), "+PONG\r\n+OK\r\n+OK\r\n");
  const other = duplex(db);
  const { id } = other;
  db.call("CLIENT", "KILL", "ID", id);
  other.resume();
  await once(other, "close");
  const last = duplex(db);
  last.end();
  await once(last.resume(), "close");
  assert.equal(db.call("CLIENT", "LIST").trim().split("\n").length, 1);
  db.close();
});

test("ioredis: commands, pipelines, transactions, scripts of its own", async () => {
  const db = await Redstart.open();
  const redis = new Redis(forIoredis(db));
  assert.equal(await redis.set("k", "v"), "OK");
  assert.equal(await redis.get("k"), "v");
  assert.deepEqual(await redis.getBuffer("k"), Buffer.from("v"));
  await assert.rejects(redis.incr("k"), /not an integer/);
  assert.deepEqual(await redis.pipeline().set("n", 1).incr("n").lpush("k", 1).exec().then((all) => all.map(([error, value]) => error?.message ?? value)), [
    "OK", 2, "WRONGTYPE Operation against a key holding the wrong kind of value",
  ]);
  assert.deepEqual(await redis.multi().set("a", 1).get("a").exec(), [[null, "OK"], [null, "1"]]);
  await redis.hset("h", { f: "1", g: "2" });
  assert.deepEqual(await redis.hgetall("h"), { f: "1", g: "2" });
  const large = "x".repeat(3_000_000);
  await redis.set("large", large);
  assert.equal(await redis.get("large"), large);
  assert.deepEqual((await Promise.all(Array.from({ length: 1000 }, () => redis.incr("count")))).at(-1), 1000);
  const stream = redis.scanStream({ match: "c*" });
  const found = [];
  for await (const keys of stream) found.push(...keys);
  assert.deepEqual(found, ["count"]);
  assert.equal(await redis.quit(), "OK");
  db.close();
});

test("ioredis: two clients, one of which waits and the other listens", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  const redis = new Redis(forIoredis(db));
  const other = redis.duplicate();
  const popped = other.blpop("queue", 0);
  await redis.ping();
  await redis.rpush("queue", "job");
  assert.deepEqual(await popped, ["queue", "job"]);

  const late = other.blpop("queue", 30);
  await redis.ping();
  db.clock.advance(30_000);
  assert.equal(await late, null);

  const subscriber = redis.duplicate();
  const messages = [];
  subscriber.on("message", (channel, message) => messages.push([channel, message]));
  subscriber.on("pmessage", (pattern, channel, message) => messages.push([pattern, channel, message]));
  await subscriber.subscribe("news");
  await subscriber.psubscribe("n*");
  assert.equal(await redis.publish("news", "hello"), 2);
  await subscriber.ping();
  assert.deepEqual(messages, [["news", "hello"], ["n*", "news", "hello"]]);
  await subscriber.unsubscribe("news");
  assert.equal(await redis.publish("news", "hello"), 1);
  for (const client of [redis, other, subscriber]) client.disconnect();
  db.close();
});

test("ioredis comes back when its connection was ended", async () => {
  const db = await Redstart.open();
  const redis = new Redis({ ...forIoredis(db), retryStrategy: () => 1 });
  const id = await redis.client("ID");
  db.call("CLIENT", "KILL", "ID", id);
  await once(redis, "ready");
  assert.ok((await redis.client("ID")) > id);
  redis.disconnect();
  db.close();
});

test("node-redis: commands, pipelines, transactions, waiting, listening", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  for (const RESP of [2, 3]) {
    const client = createClient({ ...forNodeRedis(db), RESP });
    await client.connect();
    await client.flushAll();
    assert.equal(await client.set("k", "v", { EX: 10 }), "OK");
    assert.equal(await client.ttl("k"), 10);
    await client.hSet("h", { f: "1" });
    assert.deepEqual({ ...(await client.hGetAll("h")) }, { f: "1" });
    assert.deepEqual(await Promise.all(Array.from({ length: 100 }, () => client.incr("count"))).then((all) => all.at(-1)), 100);
    assert.deepEqual(await client.multi().set("a", 1).get("a").exec(), ["OK", "1"]);
    await assert.rejects(client.incr("k"), /not an integer/);
    const other = await client.duplicate().connect();
    const popped = other.blPop("queue", 0);
    await client.rPush("queue", "job");
    assert.deepEqual({ ...(await popped) }, { key: "queue", element: "job" });
    const messages = [];
    await other.subscribe("news", (message, channel) => messages.push([channel, message]));
    assert.equal(await client.publish("news", "hello"), 1);
    await other.ping();
    assert.deepEqual(messages, [["news", "hello"]]);
    await other.close();
    client.destroy();
  }
  db.close();
});

test("clients whose database is closed end, and the process with them", () => {
  const program = `
    import { Redis } from "ioredis";
    import { createClient } from "redis";
    import { Redstart } from "redstart";
    import { inProcess as forIoredis } from "redstart/ioredis";
    import { inProcess as forNodeRedis } from "redstart/node-redis";
    const db = await Redstart.open();
    const redis = new Redis(forIoredis(db)).on("error", () => {});
    const client = await createClient(forNodeRedis(db)).on("error", () => {}).connect();
    console.log(await redis.ping(), await client.ping());
    process.on("exit", () => console.log(redis.status, client.isOpen));
    db.close();`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: new URL("..", import.meta.url), encoding: "utf8", timeout: 20_000 });
  assert.deepEqual([run.status, run.stdout], [0, "PONG PONG\nend false\n"], run.stderr);
});

test("sessions of connect-redis end when the clock says so", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  const client = createClient(forNodeRedis(db));
  await client.connect();
  const app = express();
  app.use(session({ store: new RedisStore({ client, ttl: 3600 }), secret: "s", resave: false, saveUninitialized: false }));
  app.get("/", (request, response) => response.send(String((request.session.visits = (request.session.visits ?? 0) + 1))));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/`;
  const first = await fetch(url);
  const headers = { cookie: first.headers.get("set-cookie").split(";")[0] };
  assert.equal(await first.text(), "1");
  const visit = async () => (await fetch(url, { headers })).text();
  assert.deepEqual([await visit(), await visit()], ["2", "3"]);
  db.clock.advance(3_600_001);
  assert.equal(await visit(), "1");
  server.closeAllConnections();
  server.close();
  client.destroy();
  db.close();
});

test("rate-limiter-flexible limits, and lets through again when the clock says so", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  const redis = new Redis(forIoredis(db));
  // Its counting is a script unless the client is told to be without.
  const limiter = new RateLimiterRedis({ storeClient: redis, points: 2, duration: 5 });
  const lacksScripts = await redis.eval("return 1", 0).then(() => false, () => true);
  if (lacksScripts) {
    redis.rlflxIncr = async ([key, points, duration]) => {
      const [[, count], , [, ttl]] = await redis.multi().incrby(key, points).expire(key, duration, "NX").pttl(key).exec();
      return [count, ttl];
    };
  }
  await limiter.consume("ada");
  await limiter.consume("ada");
  await assert.rejects(limiter.consume("ada"), (refusal) => refusal.msBeforeNext === 5000);
  db.clock.advance(5001);
  assert.equal((await limiter.consume("ada")).consumedPoints, 1);
  redis.disconnect();
  db.close();
});

test("a cache with expiry in front of something slow", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  const redis = new Redis(forIoredis(db));
  let asked = 0;
  const cached = async (key) => {
    const hit = await redis.get(key);
    if (hit !== null) return hit;
    asked += 1;
    await redis.set(key, `value ${asked}`, "EX", 60);
    return redis.get(key);
  };
  assert.equal(await cached("k"), "value 1");
  assert.equal(await cached("k"), "value 1");
  db.clock.advance(60_001);
  assert.equal(await cached("k"), "value 2");
  redis.disconnect();
  db.close();
});
