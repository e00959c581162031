// Snapshots go both ways between this engine and a real redis-server.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Redis } from "ioredis";
import { Redstart } from "redstart";

const skip = spawnSync("redis-server", ["--version"]).status === 0 ? false : "redis-server not found in PATH";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function redisServer(dir) {
  const port = await freePort();
  const flags = { port, bind: "127.0.0.1", dir, save: "", dbfilename: "dump.rdb", "enable-debug-command": "yes" };
  const child = spawn("redis-server", Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]), { stdio: "ignore" });
  const redis = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  await redis.ping();
  return {
    redis,
    async stop() {
      redis.disconnect();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Commands that make keys of every type and encoding. */
function* commands() {
  yield ["SET", "int", "12345"];
  yield ["SET", "long", "text ".repeat(5000)];
  yield ["SET", "binary", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))];
  yield ["SET", "brief", "v", "PXAT", String(Date.UTC(2100, 0, 1))];
  for (let index = 0; index < 600; index += 1) {
    yield ["RPUSH", index < 10 ? "list" : "quicklist", `element ${index}`.repeat(index % 40)];
    yield ["SADD", index < 10 ? "small-set" : "large-set", `member ${index}`];
    yield ["SADD", index < 10 ? "intset" : "large-intset", String(index * 1000)];
    yield ["HSET", index < 10 ? "small-hash" : "large-hash", `field ${index}`, String(index)];
    // Redis 7.0 and 7.2 format scores of many digits differently in a digest.
    yield ["ZADD", index < 10 ? "small-zset" : "large-zset", String(index / 4), `member ${index}`];
  }
  for (let index = 0; index < 300; index += 1) yield ["XADD", "stream", `${index + 1}-1`, "field", `value ${index}`];
  yield ["XGROUP", "CREATE", "stream", "group", "0"];
  yield ["XREADGROUP", "GROUP", "group", "ann", "COUNT", "5", "STREAMS", "stream", ">"];
  yield ["PFADD", "hll", ..."abcdefgh"];
  yield ["SELECT", "9"];
  yield ["SET", "elsewhere", "1"];
  yield ["SELECT", "0"];
}

test("a redis-server's dump is opened, and a snapshot by a redis-server", { skip }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "redstart-rdb-"));
  try {
    const first = await redisServer(dir);
    for (const [name, ...args] of commands()) await first.redis.call(name, ...args);
    const digest = await first.redis.call("DEBUG", "DIGEST");
    await first.redis.call("SAVE");
    await first.stop();

    const db = await Redstart.open({ snapshot: readFileSync(join(dir, "dump.rdb")), config: { "enable-debug-command": "yes" } });
    assert.equal(db.call("DEBUG", "DIGEST"), digest);
    assert.equal(db.call("EXPIRETIME", "brief"), Date.UTC(2100, 0, 1) / 1000);
    assert.equal(db.call("OBJECT", "ENCODING", "quicklist"), "quicklist");

    writeFileSync(join(dir, "dump.rdb"), db.snapshot());
    const second = await redisServer(dir);
    assert.equal(await second.redis.call("DEBUG", "DIGEST"), digest);
    await second.stop();
    db.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
