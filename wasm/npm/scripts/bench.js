// How long the first reply takes, and how many calls there are in a second, beside ioredis-mock and a redis-server over loopback. Fails where
// the package is slower than it may be. Its own figures are of processor time, which other programs on the machine do not spoil.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Redis } from "ioredis";
import Mock from "ioredis-mock";
import { Redstart } from "redstart";
import { inProcess } from "redstart/ioredis";

const LIMITS = { "first reply": 30, GET: 1000, fork: 1, jump: 100 };
let isTooSlow = false;

function row(name, value, unit, limit) {
  const isWrong = limit !== undefined && (unit === "ms" ? value > limit : value < limit);
  isTooSlow ||= isWrong;
  console.log(`| ${name.padEnd(38)} | ${value.toFixed(unit === "ms" ? 1 : 0).padStart(6)} ${unit.padEnd(3)} | ${limit === undefined ? "" : `${limit} ${unit}`}${isWrong ? " !" : ""}`);
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Thousands of calls in a second of processor time: the best of some rounds. */
function rate(call, calls = 100_000) {
  for (let round = 0; round < calls; round += 1) call(round);
  const times = Array.from({ length: 7 }, () => {
    const begun = cpuMs();
    for (let round = 0; round < calls; round += 1) call(round);
    return cpuMs() - begun;
  });
  return calls / Math.min(...times);
}

/** The same for calls that are awaited one after the other; over a socket it is the clock that counts. */
async function waiting(call, calls, now = cpuMs) {
  const times = [];
  for (let run = 0; run < 5; run += 1) {
    const begun = now();
    for (let round = 0; round < calls; round += 1) await call(round);
    times.push(now() - begun);
  }
  return calls / Math.min(...times);
}

const FIRST = `
  const begun = performance.now();
  const { Redstart } = await import("redstart");
  const db = await Redstart.open();
  db.call("PING");
  console.log(performance.now() - begun);`;

/** The shortest of some starts. */
const first = Math.min(...Array.from({ length: 10 }, () =>
  Number(execFileSync(process.execPath, ["--input-type=module", "-e", FIRST], { cwd: new URL("..", import.meta.url) }))));
console.log("| what                                   |     figure | limit");
console.log("| -------------------------------------- | ---------: | -----:");
row("import to first reply", first, "ms", LIMITS["first reply"]);

const db = await Redstart.open();
db.call("SET", "key", "value");
row('call("GET", k)', rate(() => db.call("GET", "key")), "k/s", LIMITS.GET);
row('call("SET", k, v)', rate((round) => db.call("SET", `key:${round % 1000}`, "value")), "k/s");
row('call("INCR", k)', rate(() => db.call("INCR", "counter")), "k/s");
row("fork()", 1 / rate(() => db.fork().close(), 50), "ms", LIMITS.fork);

const recorded = await Redstart.open({ clock: "virtual", record: true });
for (let round = 0; round < 100_000; round += 1) recorded.call("SET", `key:${round % 20_000}`, `value:${round}`);
const replay = await Redstart.replay(recorded.record());
replay.seek(replay.length);
const jumps = [0.1, 0.999, 0.5, 0.77, 0.02].map((share) => {
  const begun = cpuMs();
  replay.seek(replay.length * share);
  return cpuMs() - begun;
});
row("a jump in 100,000 recorded commands", Math.max(...jumps), "ms", LIMITS.jump);
replay.close();
recorded.close();

const redis = new Redis(inProcess(db));
row("ioredis in process, await get(k)", await waiting(() => redis.get("key"), 20_000), "k/s");
redis.disconnect();
const mock = new Mock();
await mock.set("key", "value");
row("ioredis-mock, await get(k)", await waiting(() => mock.get("key"), 20_000), "k/s");
mock.disconnect();
if (spawnSync("redis-server", ["--version"]).status === 0) {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  await new Promise((resolve) => free.close(resolve));
  const server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], { stdio: "ignore" });
  const client = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => {});
  await client.set("key", "value");
  row("ioredis, redis-server over loopback", await waiting(() => client.get("key"), 5_000, () => performance.now()), "k/s");
  client.disconnect();
  server.kill();
}
db.close();
process.exit(isTooSlow ? 1 : 0);
