// Starts the servers that the clients are tried with: Redstart, and `redis-server`, which shows that a test asks for no more than
// Redis gives.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const REDSTART = fileURLToPath(new URL("../../target/release/redstart", import.meta.url));

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Starts a server and resolves once it accepts connections. */
async function start(command, args, ready) {
  const port = await freePort();
  const child = spawn(command, ["--port", String(port), "--bind", "127.0.0.1", ...args]);
  const lines = [];
  let isUp = false;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    isUp = line.includes(ready);
    if (isUp) break;
  }
  if (!isUp) throw new Error(`${command} ended:\n${lines.join("\n")}`);
  child.stdout.resume();
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

export const servers = {
  "redis-server": () => start("redis-server", ["--save", ""], "Ready to accept connections"),
  redstart: () => start(REDSTART, [], "Ready to accept connections"),
};

/** Declares a suite once for each server. */
export function forEachServer({ describe, before, after }, name, body) {
  for (const [server, begin] of Object.entries(servers)) {
    describe(`${name} with ${server}`, () => {
      const at = {};
      before(async () => Object.assign(at, await begin()));
      body(at);
      // Last, so that the clients have gone.
      after(() => at.stop?.());
    });
  }
}
