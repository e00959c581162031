// Runtimes beside Node: the same program says the same in each.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import test, { after, before } from "node:test";
import { build } from "esbuild";
import { project } from "./project.js";

const PROGRAM = `
  import { connect } from "node:net";
  import { Redstart, RedstartError } from "redstart";
  import { serve } from "redstart/server";

  const db = await Redstart.open({ clock: "virtual", seed: 1 });
  db.call("SET", "k", "v", "PX", 500);
  const popped = db.call("BLPOP", "q", 10);
  db.clock.advance(501);
  const server = await serve(db);
  const socket = connect(server.port, server.host);
  const answered = new Promise((resolve) => socket.once("data", (bytes) => resolve(String(bytes))));
  socket.write("RPUSH q one\\r\\n");
  const replies = [db.call("GET", "k"), await popped, await answered, db.fork().call("DBSIZE")];
  socket.destroy();
  await server.close();
  try { db.call("GET"); } catch (error) { replies.push(error instanceof RedstartError && error.code); }
  db.close();

  const dataDir = process.argv[2];
  const first = await Redstart.open({ dataDir });
  first.call("SET", "kept", "yes");
  await first.save();
  first.close();
  await first.closed;
  const second = await Redstart.open({ dataDir });
  replies.push(second.call("GET", "kept"));
  second.close();
  await second.closed;
  console.log(JSON.stringify(replies));`;
const EXPECTED = '[null,["q","one"],":1\\r\\n",0,"ERR","yes"]\n';

const WORKER = `
  import { Redstart } from "redstart";
  let db;
  export default {
    async fetch(request) {
      db ??= await Redstart.open();
      const { call } = await request.json();
      return Response.json(await db.call(...call));
    },
  };`;
const CONFIG = (port) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "engine.wasm", wasm = embed "engine.wasm")],
    compatibilityDate = "2026-01-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`;

let empty;
before(() => (empty = project()));
after(() => empty?.remove());

/** The binary of a package; why it does not run here. */
function binary(name) {
  const path = fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
  const { error, status, stderr } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 30_000 });
  return { path, skip: status === 0 ? false : `${name} does not run on this machine: ${error?.message ?? stderr.trim().split("\n")[0]}` };
}

for (const [name, path, words, skip] of [
  ["Node", process.execPath, [], false],
  ...["deno", "bun"].map((name) => {
    const { path, skip } = binary(name);
    return [name, path, name === "deno" ? ["run", "--allow-all", "--no-remote"] : [], skip];
  }),
]) {
  test(name, { skip }, () => {
    const program = empty.write("program.mjs", PROGRAM);
    const said = execFileSync(path, [...words, program, empty.path(`data-${name}`)], { cwd: empty.root, encoding: "utf8", timeout: 60_000 });
    assert.equal(said, EXPECTED);
  });
}

const { path: workerd, skip } = binary("workerd");
test("workerd", { skip }, async (t) => {
  await build({
    absWorkingDir: empty.root, entryPoints: [empty.write("worker.src.js", WORKER)], outfile: "worker/worker.js", bundle: true, format: "esm",
    conditions: ["workerd"], external: ["*.wasm"],
  });
  copyFileSync(empty.path("node_modules/redstart/dist/engine.wasm"), empty.path("worker/engine.wasm"));
  const port = await freePort();
  const worker = spawn(workerd, ["serve", empty.write("worker/config.capnp", CONFIG(port))], { cwd: empty.path("worker"), stdio: ["ignore", "ignore", "inherit"] });
  t.after(() => worker.kill());
  const call = async (...call) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: JSON.stringify({ call }) });
    return response.status === 200 ? response.json() : Promise.reject(new Error(await response.text()));
  };
  for (let waited = 0; ; waited += 100) {
    try {
      assert.equal(await call("SET", "k", "v", "PX", 200), "OK");
      break;
    } catch (reason) {
      if (reason.cause?.code !== "ECONNREFUSED" || waited > 20_000 || worker.exitCode !== null) throw reason;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  // What one request has done is there for the next, and time goes on.
  assert.equal(await call("RPUSH", "l", 1, 2, 3), 3);
  assert.deepEqual(await call("LRANGE", "l", 0, -1), ["1", "2", "3"]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await call("EXISTS", "k"), 0);
  assert.deepEqual(await call("BLPOP", "l", 1), ["l", "1"]);
});

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
