// The package as it is published, in an empty project: by import, by require, by its command and by bundlers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
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

test("its command", () => {
  assert.match(execFileSync("npx", ["--no-install", "redstart", "--help"], { cwd: project, encoding: "utf8" }), /^Usage: redstart/);
});

test("its types", () => {
  const source = `
    import { Redstart, RedstartError, type Reply } from "redstart";
    import { serve } from "redstart/server";
    using db = await Redstart.open({ clock: { startMs: 0 }, maps: "object" });
    const value: Reply = db.call("GET", "k");
    const popped: Promise<Reply> = db.call("blpop", "q", 1);
    // @ts-expect-error: what may wait is no reply
    const wrong: Reply[] = db.call("BLPOP", "q", 1);
    const either: Reply | Promise<Reply> = db.call("GET" as string);
    const server = await serve(db, { port: 0 });
    export { value, popped, wrong, either, server, RedstartError };`;
  writeFileSync(join(project, "types.mts"), source);
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) cpSync(join(here, "node_modules", name), join(project, "node_modules", name), { recursive: true });
  const tsc = createRequire(join(here, "package.json")).resolve("typescript/package.json").replace("package.json", "bin/tsc");
  const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,esnext.disposable,dom", "--types", "node"];
  execFileSync(process.execPath, [tsc, ...flags, "types.mts"], { cwd: project, encoding: "utf8", stdio: ["ignore", "inherit", "inherit"] });
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
