// node-redis, over RESP2 and RESP3, with its client-side cache.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { createClient, WatchError } from "redis";
import { forEachServer } from "./server.js";

for (const RESP of [2, 3]) {
  forEachServer({ describe, before, after }, `node-redis over RESP${RESP}`, (server) => {
    let db;
    const clients = [];
    const connect = async (options = {}) => {
      const client = createClient({ socket: { port: server.port }, RESP, ...options });
      clients.push(client);
      return client.connect();
    };
    before(async () => {
      db = await connect();
    });
    beforeEach(() => db.flushAll());
    after(() => clients.forEach((client) => client.destroy()));

    test("values of every type", async () => {
      await db.set("s", "v", { EX: 100 });
      assert.equal(await db.get("s"), "v");
      await db.hSet("h", { a: "1", b: "2" });
      assert.deepEqual({ ...(await db.hGetAll("h")) }, { a: "1", b: "2" });
      await db.zAdd("z", [{ score: 2, value: "b" }, { score: 1.5, value: "a" }]);
      assert.deepEqual(
        (await db.zRangeWithScores("z", 0, -1)).map((each) => ({ ...each })),
        [{ value: "a", score: 1.5 }, { value: "b", score: 2 }],
      );
      await db.geoAdd("g", { longitude: 13.361389, latitude: 38.115556, member: "Palermo" });
      assert.deepEqual(await db.geoHash("g", "Palermo"), ["sqc8b49rny0"]);
      await db.pfAdd("p", ["a", "b", "a"]);
      assert.equal(await db.pfCount("p"), 2);
    });

    test("transactions", async () => {
      assert.deepEqual(await db.multi().set("a", "1").incr("a").exec(), ["OK", 2]);
      const watcher = await connect();
      await watcher.watch("a");
      await db.set("a", "9");
      await assert.rejects(watcher.multi().get("a").exec(), WatchError);
    });

    test("Pub/Sub, sharded and by pattern", async () => {
      const subscriber = await connect();
      const got = [];
      let arrived;
      const all = new Promise((resolve) => (arrived = resolve));
      const listen = (message, channel) => got.push([channel, message]) === 3 && arrived();
      await subscriber.subscribe("news", listen);
      await subscriber.pSubscribe("n?ws", listen);
      await subscriber.sSubscribe("shard", listen);
      assert.equal(await db.publish("news", "one"), 2);
      assert.equal(await db.sPublish("shard", "two"), 1);
      await all;
      assert.deepEqual(got.sort(), [["news", "one"], ["news", "one"], ["shard", "two"]]);
      await subscriber.unsubscribe();
    });

    if (RESP === 3) {
      test("a cached key is asked for again once it has changed", async () => {
        const cached = await connect({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } });
        await db.set("k", "1");
        assert.deepEqual([await cached.get("k"), await cached.get("k")], ["1", "1"]);
        const asked = async () => Number(/cmdstat_get:calls=(\d+)/.exec(await db.info("commandstats"))[1]);
        const before = await asked();
        assert.equal(await cached.get("k"), "1");
        assert.equal(await asked(), before);
        await db.set("k", "2");
        // The invalidation comes on the connection of its own accord: a request after it is behind it.
        await cached.ping();
        assert.equal(await cached.get("k"), "2");
      });
    }

    test("scanning iterators and blocking", async () => {
      await db.mSet(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, "v"])));
      const found = new Set();
      for await (const keys of db.scanIterator({ MATCH: "k*" })) keys.forEach((key) => found.add(key));
      assert.equal(found.size, 300);
      const blocked = await connect();
      const popped = blocked.blPop("jobs", 10);
      while ((await db.info("clients")).includes("blocked_clients:0")) await new Promise(setImmediate);
      await db.rPush("jobs", "a");
      assert.deepEqual({ ...(await popped) }, { key: "jobs", element: "a" });
    });
  });
}
