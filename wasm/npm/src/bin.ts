#!/usr/bin/env node
// `npx redstart`: runs a server on Node. Parameters of Redis are flags, as for redis-server.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Redstart } from "./node.js";
import { serve } from "./server.js";

const USAGE = `Usage: redstart [--port 6379] [--bind 127.0.0.1] [--unixsocket PATH] [--dir FOLDER] [--load DUMP.RDB] [--seed N] [--clock virtual] [--PARAMETER VALUE ...]

Serves a database that lives in this process. PARAMETER is any parameter of redis.conf that the engine supports, such as --maxmemory or --requirepass.
With --dir, data is kept in that folder; otherwise nothing is written to disk.

With --clock virtual (or --clock MS, to begin at MS milliseconds since the Unix epoch) time advances only by standard input: each line
is a number of milliseconds to advance by. The new time is printed on standard output. At the end of standard input, the server stops.`;

async function main(words: readonly string[]): Promise<void> {
  if (words.includes("--help") || words.includes("-h")) return console.log(USAGE);
  const flags = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const [, flag, joined] = /^--([^=]+)(?:=(.*))?$/s.exec(words[at]!) ?? [];
    const value = joined ?? words[at + 1];
    if (flag === undefined || value === undefined) throw new Error(`expected a flag with a value, not '${words[at]}'. See --help`);
    if (joined === undefined) at += 1;
    flags.set(flag, value);
  }
  const take = (name: string): string | undefined => {
    const value = flags.get(name);
    flags.delete(name);
    return value;
  };
  const port = Number(take("port") ?? 6379);
  const host = take("bind");
  const path = take("unixsocket");
  const [dataDir, file, seed, clock] = [take("dir"), take("load"), take("seed"), take("clock")];
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error("the port must be a number up to 65535");
  if (seed !== undefined && !/^\d+$/.test(seed)) throw new Error("the seed must be a non-negative integer");
  if (clock !== undefined && !/^(virtual|real|\d+)$/.test(clock)) throw new Error("the clock must be virtual, real, or a start time in milliseconds since the Unix epoch");
  const db = await Redstart.open({
    ...(clock === undefined ? {} : { clock: clock === "virtual" || clock === "real" ? clock : { startMs: Number(clock) } }),
    config: Object.fromEntries(flags),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(file === undefined ? {} : { snapshot: await readFile(file) }),
    ...(seed === undefined ? {} : { seed: BigInt(seed) }),
  });
  const server = await serve(db, { port, ...(host === undefined ? {} : { host }), ...(path === undefined ? {} : { path }) }).catch(async (reason: unknown) => {
    db.close();
    await db.closed;
    throw reason;
  });
  console.log(`redstart is ready on ${path ?? `${server.host}:${server.port}`}`);
  const stop = () => db.close();
  // Without standard input nobody can advance the clock, and the process that started the server
  // may have ended without stopping it.
  const said = db.clock.isVirtual ? createInterface({ input: process.stdin }).on("line", (line) => advance(db, line)).once("close", stop) : undefined;
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await db.closed.finally(() => said?.close());
  await server.close();
  process.off("SIGINT", stop).off("SIGTERM", stop);
}

/** Advances the clock by standard input: clients, in whatever language, have no command for it. */
function advance(db: Redstart, line: string): void {
  if (!/^\s*\d+(\.\d+)?\s*$/.test(line)) return console.error(`redstart: expected a number of milliseconds, not '${line}'`);
  db.clock.advance(Number(line));
  console.log(db.clock.now());
}

main(process.argv.slice(2)).catch((reason: unknown) => {
  console.error(`redstart: ${reason instanceof Error ? reason.message : String(reason)}`);
  process.exitCode = 1;
});
