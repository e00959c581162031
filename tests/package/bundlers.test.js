// What bundlers make of the package, and the package without any, in a real browser.
import assert from "node:assert/strict";
import { copyFileSync, readdirSync } from "node:fs";
import test, { after, before } from "node:test";
import * as esbuild from "esbuild";
import { chromium } from "playwright-core";
import { build as vite } from "vite";
import webpack from "webpack";
import { project, serve } from "./project.js";

const PAGE = `
  import { Redstart } from "redstart";
  import { Printer } from "redstart/format";
  const db = await Redstart.open({ clock: "virtual" });
  db.call("RPUSH", "l", "a", "b");
  document.title = db.call("LRANGE", "l", 0, -1).join() + typeof Printer;`;
const HTML = (script, head = "") => `<!doctype html><link rel="icon" href="data:,">${head}<script type="module" src="${script}"></script>`;

let empty, site, browser;
before(async () => {
  empty = project();
  empty.write("page/page.js", PAGE);
  [site, browser] = await Promise.all([
    serve(empty.root),
    chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] }),
  ]);
});
after(async () => {
  await browser?.close();
  site?.close();
  empty?.remove();
});

/** Opens a page; it says what the program does, and complains about nothing. */
async function says(path) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  try {
    await page.goto(site.url + path);
    await page.waitForFunction(() => document.title !== "", undefined, { timeout: 20_000 }).catch(() => {});
    assert.equal(await page.title(), "a,bfunction", complaints.join("\n"));
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}

const modules = (folder) => readdirSync(empty.path(folder), { recursive: true }).filter((name) => name.endsWith(".wasm")).length;

test("no bundler: a script of a page and an import map", async () => {
  const imports = { redstart: "/node_modules/redstart/dist/browser.js", "redstart/format": "/node_modules/redstart/dist/format.js" };
  empty.write("page/plain.html", HTML("page.js", `<script type="importmap">${JSON.stringify({ imports })}</script>`));
  await says("page/plain.html");
});

test("Vite", async () => {
  empty.write("page/index.html", HTML("./page.js"));
  await vite({ root: empty.path("page"), base: "./", logLevel: "error", build: { outDir: empty.path("vite"), target: "es2022" } });
  assert.equal(modules("vite"), 1);
  await says("vite/index.html");
});

test("webpack", async () => {
  const stats = await new Promise((resolve, reject) =>
    webpack(
      { context: empty.root, mode: "production", entry: "./page/page.js", output: { path: empty.path("webpack"), filename: "page.js", module: true }, experiments: { outputModule: true } },
      (error, stats) => (error ? reject(error) : resolve(stats)),
    ));
  assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors, []);
  assert.equal(modules("webpack"), 1);
  empty.write("webpack/index.html", HTML("page.js"));
  await says("webpack/index.html");
});

test("esbuild, which leaves the module to be copied", async () => {
  const { warnings } = await esbuild.build({ absWorkingDir: empty.root, entryPoints: ["page/page.js"], outdir: "esbuild", bundle: true, format: "esm" });
  assert.deepEqual(warnings, []);
  copyFileSync(empty.path("node_modules/redstart/dist/engine.wasm"), empty.path("esbuild/engine.wasm"));
  empty.write("esbuild/index.html", HTML("page.js"));
  await says("esbuild/index.html");
});
