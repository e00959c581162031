// What a page has saved in IndexedDB is there again, whatever moment the page or the whole browser dies; and one page has it at a time.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { ownBrowser } from "./page.js";

const NPM = fileURLToPath(new URL("../../wasm/npm/", import.meta.url));
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { Redstart } from "/dist/browser.js";
  import { CONFIG, digest, step } from "/test/programs/workload.js";
  Object.assign(window, { Redstart, CONFIG, digest, step, isReady: true });
</script>`;

let site, folder, browser;

before(async () => {
  site = createServer(({ url }, response) => {
    if (url === "/") return response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    response.writeHead(200, { "content-type": TYPES[extname(url)] }).end(readFileSync(join(NPM, url)));
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  folder = mkdtempSync(join(tmpdir(), "redstart-browser-"));
  browser = await ownBrowser(folder);
});
after(async () => {
  await browser?.kill();
  site?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function open() {
  const page = await browser.context.newPage();
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.waitForFunction(() => window.isReady);
  return page;
}

/** Does steps and saves, until it ends; `acknowledged` is told of each that is saved. */
function keep() {
  return (async () => {
    const db = await Redstart.open({ dataDir: "kept", config: CONFIG });
    for (let done = Number(db.call("GET", "step") ?? 0); ; ) {
      for (let more = 1 + (done % 5); more > 0; more -= 1) step(db, ++done);
      await db.save();
      window.acknowledged = done;
    }
  })();
}

/** What is kept, and what there must be after as many steps. */
async function compare(page) {
  return page.evaluate(async () => {
    const db = await Redstart.open({ dataDir: "kept", config: CONFIG });
    const model = await Redstart.open({ config: CONFIG });
    const steps = Number(db.call("GET", "step") ?? 0);
    for (let number = 1; number <= steps; number += 1) step(model, number);
    const isSame = digest(db) === digest(model);
    db.close();
    await db.closed;
    return { steps, isSame };
  });
}

async function works(page, ms) {
  page.evaluate(keep).catch(() => {});
  await page.waitForFunction(() => window.acknowledged > 0, undefined, { timeout: 20_000 });
  await page.waitForTimeout(ms);
  return page.evaluate(() => window.acknowledged);
}

test("a page that is closed or goes elsewhere in the midst of it has lost nothing that was saved", async () => {
  for (let round = 0; round < 6; round += 1) {
    const page = await open();
    const acknowledged = await works(page, Math.random() * 200);
    if (round % 2 === 0) await page.close();
    else await page.reload();
    const next = await open();
    const { steps, isSame } = await compare(next);
    assert.ok(steps >= acknowledged, `${steps} steps are there, ${acknowledged} were saved`);
    assert.ok(isSame, `after ${steps} steps`);
    await next.close();
    if (!page.isClosed()) await page.close();
  }
});

test("a page whose process crashes has lost nothing that was saved", async () => {
  for (let round = 0; round < 3; round += 1) {
    const page = await open();
    const acknowledged = await works(page, Math.random() * 200);
    const crashed = once(page, "crash");
    page.goto("chrome://crash").catch(() => {});
    await crashed;
    const next = await open();
    const { steps, isSame } = await compare(next);
    assert.ok(steps >= acknowledged && isSame, `${steps} steps are there, ${acknowledged} were saved`);
    await next.close();
    await page.close();
  }
});

test("a browser that is killed with all its processes has lost nothing that was saved", async () => {
  for (let round = 0; round < 3; round += 1) {
    const page = await open();
    const acknowledged = await works(page, Math.random() * 200);
    await browser.kill();
    browser = await ownBrowser(folder);
    const next = await open();
    const { steps, isSame } = await compare(next);
    assert.ok(steps >= acknowledged && isSame, `${steps} steps are there, ${acknowledged} were saved`);
    await next.close();
  }
});

test("one page has it at a time, and a worker may", async () => {
  const [first, second] = [await open(), await open()];
  await first.evaluate(async () => void (window.db = await Redstart.open({ dataDir: "one" })));
  const refusal = () => second.evaluate(() => Redstart.open({ dataDir: "one" }).then((db) => (db.close(), "open"), (reason) => reason.code));
  assert.equal(await refusal(), "LOCKED");
  await first.evaluate(async () => {
    window.db.close();
    await window.db.closed;
  });
  assert.equal(await refusal(), "open");
  const said = await first.evaluate(() => {
    const program = `
      import { Redstart } from "${location.origin}/dist/browser.js";
      const db = await Redstart.open({ dataDir: "worker" });
      db.call("SET", "k", "v");
      await db.save();
      postMessage(db.call("GET", "k"));`;
    const worker = new Worker(URL.createObjectURL(new Blob([program], { type: "text/javascript" })), { type: "module" });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  });
  assert.equal(said, "v");
  await Promise.all([first.close(), second.close()]);
});

test("what a page does is saved without being asked", async () => {
  const page = await open();
  await page.evaluate(async () => {
    window.db = await Redstart.open({ dataDir: "unasked" });
    window.db.call("SET", "k", "v");
  });
  await page.waitForTimeout(2500);
  await page.close();
  const next = await open();
  assert.equal(await next.evaluate(async () => (await Redstart.open({ dataDir: "unasked" })).call("GET", "k")), "v");
  await next.close();
});
