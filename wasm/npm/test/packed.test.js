// The package as it is published, in an empty project: by import, by require, by its command and by bundlers.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { build } from "esbuild";

const here = new URL("..", import.meta.url).pathname;
let project;

before(() => {
  project = mkdtempSync(join(tmpdir(), "redstart-"));
  const [{ filename, files }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", project], { cwd: here }));
  assert.ok(files.every(({ path }) => /^(dist\/|README\.md$|package\.json$|LICENSE)/.test(path)), JSON.stringify(files));
  for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]) assert.ok(files.some(({ path }) => path === name), name);
  writeFileSync(join(project, "package.json"), '{ "private": true }');
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--offline", join(project, filename)], { cwd: project });
});

after(() => rmSync(project, { recursive: true, force: true }));

const run = (name, source) => {
  writeFileSync(join(project, name), source);
  return execFileSync(process.execPath, [name], { cwd: project, encoding: "utf8" });
};

test("it brings nothing else along", () => {
  assert.deepEqual(readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith(".")), ["redstart"]);
  const { scripts } = JSON.parse(readFileSync(join(project, "node_modules/redstart/package.json"), "utf8"));
  assert.ok(!["preinstall", "install", "postinstall"].some((name) => name in scripts));
});

test("import, require and a module's import of each entry", () => {
  const body = 'Redstart.open().then((db) => { db.call("SET", "k", "v"); console.log(db.call("GET", "k")); });';
  assert.equal(run("a.mjs", `import { Redstart } from "redstart";\n${body}`), "v\n");
  assert.equal(run("a.cjs", `const { Redstart } = require("redstart");\n${body}`), "v\n");
  for (const entry of ["format", "duplex", "ioredis", "node-redis", "server"]) {
    assert.match(run("b.mjs", `import * as entry from "redstart/${entry}"; console.log(Object.keys(entry).length)`), /^[1-9]/);
    assert.match(run("b.cjs", `console.log(Object.keys(require("redstart/${entry}")).length)`), /^[1-9]/);
  }
});

test("its CommonJS works where nothing can be imported, as in Jest", () => {
  const program = `
    const { Module } = require("node:module");
    const { readFileSync } = require("node:fs");
    const { Script } = require("node:vm");
    // Without a callback for it, \`import()\` is refused.
    Module._extensions[".js"] = (module, path) =>
      new Script("(function (exports, require, module, __filename, __dirname) {" + readFileSync(path, "utf8") + "})", { filename: path })
        .runInThisContext()(module.exports, (name) => module.require(name), module, path, require("node:path").dirname(path));
    const { Redstart } = require("redstart");
    Redstart.open({ dataDir: "common" }).then(async (db) => {
      db.call("INCR", "n");
      db.close();
      await db.closed;
      console.log("kept");
    });`;
  assert.equal(run("vm.cjs", program), "kept\n");
});

test("its command", () => {
  assert.match(execFileSync("npx", ["--no-install", "redstart", "--help"], { cwd: project, encoding: "utf8" }), /^Usage: redstart/);
});

test("its command tells in one line what is wrong, and leaves nothing locked", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  await once(taken, "listening");
  const { port } = taken.address();
  const wrong = [
    [["--port"], "expected a flag with a value, not '--port'. See --help"],
    [["serve"], "expected a flag with a value, not 'serve'. See --help"],
    [["--port=99999"], "the port must be a number up to 65535"],
    [["--seed", "x"], "the seed must be a non-negative integer"],
    [["--bogus", "1"], "ERR unknown parameter 'bogus'"],
    [["--maxmemory", "lots"], "ERR invalid value 'lots' for parameter 'maxmemory'"],
    [["--load", "missing.rdb"], "ENOENT: no such file or directory, open 'missing.rdb'"],
    [["--dir", "data", "--port", String(port)], `listen EADDRINUSE: address already in use 127.0.0.1:${port}`],
  ];
  for (const [flags, message] of wrong) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, "node_modules/redstart/dist/bin.js"), ...flags], { cwd: project, encoding: "utf8" });
    assert.deepEqual({ status, stdout, stderr }, { status: 1, stdout: "", stderr: `redstart: ${message}\n` });
  }
  assert.deepEqual(readdirSync(join(project, "data")).sort(), ["dump.rdb", "journal"]);
});

/** What stands around the examples of the README, in their order, and says what they lead to. */
const OPEN = 'import { Redstart } from "redstart"; const db = await Redstart.open({ clock: "virtual" });';
const EXAMPLES = [
  { after: 'assert.throws(() => db.call("GET", "session"), { code: "CLOSED" });' },
  { before: OPEN, after: 'assert.deepEqual(await redis.pipeline().incr("n").incr("n").exec(), [[null, 1], [null, 2]]); redis.disconnect();' },
  { before: OPEN, after: 'assert.equal(await client.incr("n"), 1); client.destroy();' },
  {
    before: `${OPEN} const popped = db.call("BLPOP", "queue", 10);`,
    after: 'assert.match(server.url, /^redis:\\/\\/127.0.0.1:\\d+$/); assert.equal(await popped, null); await server.close();',
  },
  {
    before: `import { Redstart } from "redstart"; let db; const hooks = []; const [beforeEach, afterEach] = [(hook) => hooks.push(hook), (hook) => hooks.push(hook)];
      const fill = (db) => db.call("SET", "runs", 0);`,
    after: `for (let test = 0; test < 3; test += 1) { hooks[0](); assert.equal(db.call("INCR", "runs"), 1); assert.equal(db.call("TIME")[0], "1893456000"); hooks[1](); }
      assert.equal(db.isOpen, false);`,
  },
  {
    before: 'import { Redstart } from "redstart";',
    after: 'db.close(); await db.closed; const again = await Redstart.open({ dataDir: "./data" }); assert.equal(again.call("GET", "visits"), "1"); again.close();',
  },
];

test("the examples of its README", () => {
  const readme = readFileSync(join(here, "README.md"), "utf8");
  const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  assert.equal(examples.length, EXAMPLES.length);
  for (const name of ["ioredis", "redis"]) symlinkSync(join(here, "node_modules", name), join(project, "node_modules", name));
  rmSync(join(project, "data"), { recursive: true, force: true });
  examples.forEach((code, number) => {
    // What a comment says a line gives is what it gives.
    const told = code.replace(/^(\w.*); \/\/ ("\w*"|\d+|null)$/gm, "assert.deepEqual($1, $2);");
    const { before = "", after } = EXAMPLES[number];
    assert.equal(run("example.mjs", `import assert from "node:assert/strict";\n${before}\n${told}\n${after}\nconsole.log("end");`), "end\n");
  });
});

test("its types", () => {
  const source = `
    import { Redstart, RedstartError, type Reply } from "redstart";
    import { serve } from "redstart/server";
    import { inProcess as forIoredis } from "redstart/ioredis";
    import { inProcess as forNodeRedis } from "redstart/node-redis";
    import { duplex } from "redstart/duplex";
    import { Printer } from "redstart/format";
    using db = await Redstart.open({ clock: { startMs: 0 }, maps: "object" });
    const value: Reply = db.call("GET", "k");
    const popped: Promise<Reply> = db.call("blpop", "q", 1);
    // @ts-expect-error: what may wait is no reply
    const wrong: Reply[] = db.call("BLPOP", "q", 1);
    const either: Reply | Promise<Reply> = db.call("GET" as string);
    const server = await serve(db, { port: 0 });
    const clients = [forIoredis(db).Connector, forNodeRedis(db).socket.path, duplex(db).id, db.stream().readable, new Printer()];
    const replay = await Redstart.replay(db.record(), { wasm: new Uint8Array() });
    export { value, popped, wrong, either, server, clients, replay, RedstartError };`;
  writeFileSync(join(project, "types.mts"), source);
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) cpSync(join(here, "node_modules", name), join(project, "node_modules", name), { recursive: true });
  const tsc = createRequire(join(here, "package.json")).resolve("typescript/package.json").replace("package.json", "bin/tsc");
  writeFileSync(join(project, "page.mts"), 'import { Redstart } from "redstart"; export const reply: string = String((await Redstart.open()).call("PING"));');
  const check = (compilerOptions, file) => {
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: { noEmit: true, strict: true, target: "es2022", ...compilerOptions }, files: [file] }));
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: project, encoding: "utf8" });
    assert.deepEqual([status, stdout], [0, ""], JSON.stringify(compilerOptions));
  };
  // Programs that never see a browser have no types of one, and pages none of Node's.
  for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["node16", "node16"], ["esnext", "bundler"]]) {
    check({ module, moduleResolution, lib: ["es2022"], types: ["node"] }, "types.mts");
  }
  check({ module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] }, "page.mts");
});

test("esbuild bundles it for Node and for pages", async () => {
  writeFileSync(join(project, "page.mjs"), 'import { Redstart } from "redstart";\nimport { Printer } from "redstart/format";\nexport { Redstart, Printer };');
  const common = { absWorkingDir: project, entryPoints: ["page.mjs"], bundle: true, format: "esm", logLevel: "silent" };
  const page = await build({ ...common, platform: "browser", outfile: "page.js" });
  assert.deepEqual(page.warnings, []);
  assert.ok(!/node:/.test(readFileSync(join(project, "page.js"), "utf8")), "a page has none of Node's modules");
  const node = await build({ ...common, platform: "node", outfile: "out/node.mjs" });
  assert.deepEqual(node.warnings, []);
  cpSync(join(project, "node_modules/redstart/dist/engine.wasm"), join(project, "out/engine.wasm"));
  assert.equal(run("out/run.mjs", 'import { Redstart } from "./node.mjs"; console.log((await Redstart.open()).call("PING"))'), "PONG\n");
});
