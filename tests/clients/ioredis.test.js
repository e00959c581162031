// ioredis, as a program uses it.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { once } from "node:events";
import { Redis } from "ioredis";
import { forEachServer } from "./server.js";

forEachServer({ describe, before, after }, "ioredis", (server) => {
  let db;
  const clients = [];
  const connect = (options = {}) => {
    const client = new Redis({ port: server.port, ...options });
    clients.push(client);
    return client;
  };
  before(() => {
    db = connect();
  });
  beforeEach(() => db.flushall());
  after(() => clients.forEach((client) => client.disconnect()));

  test("values of every type", async () => {
    await db.set("s", "v", "EX", 100);
    assert.equal(await db.get("s"), "v");
    assert.ok((await db.pttl("s")) > 99_000);
    assert.deepEqual(await db.getBuffer("s"), Buffer.from("v"));
    await db.hset("h", { a: 1, b: 2 });
    assert.deepEqual(await db.hgetall("h"), { a: "1", b: "2" });
    await db.rpush("l", 1, 2, 3);
    assert.deepEqual(await db.lrange("l", 0, -1), ["1", "2", "3"]);
    await db.zadd("z", 2, "b", 1.5, "a");
    assert.deepEqual(await db.zrange("z", 0, -1, "WITHSCORES"), ["a", "1.5", "b", "2"]);
    await db.sadd("m", "x", "y");
    assert.deepEqual((await db.smembers("m")).sort(), ["x", "y"]);
    await assert.rejects(db.incr("l"), /WRONGTYPE/);
  });

  test("pipelines, transactions and what aborts them", async () => {
    const results = await db.pipeline().set("a", 1).incr("a").lpush("a", 1).get("a").exec();
    assert.deepEqual(results.map(([, value]) => value).filter(Boolean), ["OK", 2, "2"]);
    assert.match(results[2][0].message, /WRONGTYPE/);
    assert.deepEqual(await db.multi().set("t", 1).incr("t").exec(), [[null, "OK"], [null, 2]]);
    const watcher = connect();
    await watcher.watch("t");
    await db.set("t", 5);
    assert.equal(await watcher.multi().get("t").exec(), null);
  });

  test("Pub/Sub, patterns and keyspace notifications", async () => {
    const subscriber = connect();
    await subscriber.subscribe("news");
    await subscriber.psubscribe("__keyevent@0__:*");
    const news = once(subscriber, "message");
    assert.equal(await db.publish("news", "hello"), 1);
    assert.deepEqual(await news, ["news", "hello"]);
    await db.config("SET", "notify-keyspace-events", "KEA");
    const event = once(subscriber, "pmessage");
    await db.set("seen", 1);
    assert.deepEqual(await event, ["__keyevent@0__:*", "__keyevent@0__:set", "seen"]);
    await db.config("SET", "notify-keyspace-events", "");
    await subscriber.unsubscribe("news");
    await subscriber.punsubscribe("__keyevent@0__:*");
    assert.equal(await subscriber.ping(), "PONG");
  });

  test("a client that waits is served in turn", async () => {
    const [one, two] = [connect(), connect()];
    const first = one.blpop("jobs", 10);
    while ((await db.client("LIST")).split("cmd=blpop").length < 2) await new Promise(setImmediate);
    const second = two.brpop("jobs", 10);
    while ((await db.client("LIST")).split("cmd=brpop").length < 2) await new Promise(setImmediate);
    await db.rpush("jobs", "a", "b");
    assert.deepEqual(await Promise.all([first, second]), [["jobs", "a"], ["jobs", "b"]]);
    assert.equal(await one.blpop("jobs", 0.01), null);
  });

  test("scan streams and a key prefix", async () => {
    const prefixed = connect({ keyPrefix: "app:" });
    await prefixed.mset(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, at])));
    const found = new Set();
    for await (const keys of db.scanStream({ match: "app:*", count: 50 })) {
      keys.forEach((key) => found.add(key));
    }
    assert.equal(found.size, 500);
  });
});
