// A session of the native server, recorded by it (`--record`), runs again in WebAssembly to the same bytes.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { redstart } from "./modules.js";

const { Redstart } = await redstart();
const TARGET = fileURLToPath(new URL("../../target/", import.meta.url));

/** The binary that was built last. */
async function binary() {
  const built = ["debug", "release"].map((profile) => join(TARGET, profile, "redstart")).filter(existsSync);
  assert.ok(built.length > 0, "the server is not built: run `cargo build -p redstart`");
  const times = await Promise.all(built.map(async (path) => (await stat(path)).mtimeMs));
  return built[times.indexOf(Math.max(...times))];
}

async function serve(t, ...flags) {
  const server = spawn(await binary(), ["--port", "0", "--bind", "127.0.0.1", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => server.kill());
  let log = "";
  for await (const chunk of server.stdout) {
    log += chunk;
    const ready = /Ready to accept connections.*port=(\d+)/.exec(log);
    if (ready) return { port: Number(ready[1]), server };
  }
  throw new Error(`the server did not start: ${log}`);
}

class Client {
  sent = "";
  constructor(port) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (bytes) => (this.sent += bytes.toString("latin1")));
    this.closed = new Promise((resolve) => this.socket.on("close", resolve));
    this.opened = new Promise((resolve) => this.socket.on("connect", () => resolve((this.address = `127.0.0.1:${this.socket.localPort}`))));
  }
  /** Sends a line, and waits until nothing more comes. */
  async ask(line, ms = 30) {
    this.socket.write(`${line}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

test("a recording of the native server is replayed to the same bytes", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "redstart-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "session.redstart");
  const { port, server } = await serve(t, "--record", file, "--hz", "50", "--enable-debug-command", "yes", "--notify-keyspace-events", "EA");
  const clients = [];
  const come = async () => {
    const client = new Client(port);
    clients.push(client);
    await client.opened;
    return client;
  };
  const [a, b] = [await come(), await come()];
  await b.ask("HELLO 3");
  await b.ask("SUBSCRIBE __keyevent@0__:expired news");
  await a.ask(`SADD s ${Array.from({ length: 300 }, (_, index) => `m${index}`).join(" ")}`);
  for (const line of ["SPOP s 20", "SRANDMEMBER s 5", "TIME", "SET k v PX 40", "RANDOMKEY", "CLIENT ID", "XADD x * f v", "SLOWLOG GET", "INFO keyspace", "OBJECT FREQ s"]) await a.ask(line);
  await a.ask("HSCAN none 0", 120);
  await a.ask("BLPOP q 0.05", 120);
  const c = await come();
  a.socket.write("BLPOP q 0\r\n");
  await c.ask("MULTI\r\nRPUSH q x\r\nPUBLISH news hi\r\nEXEC\r\nQUIT");
  await c.closed;
  const d = await come();
  await d.ask("CLIENT ID\r\nSSCAN s 0 COUNT 30\r\nDEBUG SLEEP 0.05\r\nTIME");
  // A large argument, cut anywhere.
  d.socket.write(`*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$2000000\r\n${"y".repeat(1_000_000)}`);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await d.ask("y".repeat(1_000_000), 60);
  await d.ask("STRLEN large\r\nNOSUCH\r\nACL GETUSER default");
  for (let round = 0; round < 2000; round += 1) d.socket.write(`SET key:${round} ${round}\r\n`);
  await d.ask("SCAN 0 COUNT 20\r\nDBSIZE", 200);
  d.socket.destroy();
  await a.ask("CLIENT KILL TYPE pubsub");
  await a.ask("DBSIZE");
  a.socket.write("SHUTDOWN\r\n");
  await Promise.all(clients.map(({ closed }) => closed));
  await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve()));

  const replay = await Redstart.replay(await readFile(file));
  const addresses = new Map();
  const sent = new Map();
  for (let step = replay.step(); step !== undefined; step = replay.step()) {
    if (step.event.kind === "connect") addresses.set(step.client, step.event.address);
    for (const { client, bytes } of step.sent) sent.set(client, (sent.get(client) ?? "") + Buffer.from(bytes).toString("latin1"));
  }
  assert.deepEqual([...addresses.values()], clients.map(({ address }) => address));
  [...addresses.keys()].forEach((id, index) => assert.equal(sent.get(id), clients[index].sent, `client ${id}`));
  console.log(`${replay.length} events, ${clients.reduce((sum, { sent }) => sum + sent.length, 0)} bytes of replies, all the same`);
  replay.close();
});
