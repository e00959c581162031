// The session outlives its page.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ends, kept, line, ownBrowser, playground, prompt, shown, type } from "./page.js";

const WIDE = { viewport: { width: 1600, height: 900 } };

const place = playground(WIDE);
const { open } = place;

/** Reloads the page, once the browser keeps a session in which this was sent. */
async function reload(page, text) {
  await kept(page, text);
  await page.reload();
  await prompt(page).waitFor();
}

test("a reload goes on with the session: what was said, keys, clients, even who waits", async (t) => {
  const page = await open(t);
  await type(page, "SET k v EX 100", "SELECT 1", "CLIENT SETNAME first", "MULTI", "SET queued 1");
  await page.getByRole("button", { name: "+ Client" }).click();
  await type(page, "BLPOP q 0");
  const before = await shown(page, ".terminal");
  await reload(page, "BLPOP");
  assert.deepEqual(await shown(page, ".terminal"), before);
  assert.equal(await page.locator(".terminal:nth-child(1) .name").textContent(), "first");
  assert.match(await page.locator(".terminal:nth-child(2) header").textContent(), /waits/);
  await page.locator(".terminal:nth-child(1) .cm-content").click();
  await type(page, "LPUSH q 1", "EXEC", "SELECT 0", "LPUSH q served");
  await ends(page, ["EXEC", "1) OK", "2) (integer) 1", "SELECT 0", "OK", "LPUSH q served", "(integer) 1"]);
  await ends(page, ['1) "q"', '2) "served"'], ".terminal:nth-child(2)");
  await type(page, "TTL k");
  assert.match((await shown(page)).at(-1), /^\(integer\) (9\d|100)$/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.equal(await line(page), "LPUSH q served");
});

test("time passes while the page is away", async (t) => {
  const page = await open(t);
  await type(page, "SET short v PX 700", "SET long v EX 100");
  await kept(page, "long");
  await page.goto("about:blank");
  await page.waitForTimeout(800);
  await page.goto(place.site.url);
  await prompt(page).waitFor();
  await type(page, "MGET short long");
  await ends(page, ["1) (nil)", '2) "v"']);
});

test("a new session is begun, and there is a way back", async (t) => {
  const page = await open(t);
  const begin = async () => {
    await page.getByRole("button", { name: "Session", exact: true }).click();
    await page.getByRole("button", { name: "New session" }).click();
    await page.waitForFunction(() => document.querySelector(".entry") === null);
  };
  await type(page, "SET k v");
  await begin();
  await page.getByRole("button", { name: "Back to my session" }).click();
  await ends(page, ["SET k v", "OK"]);
  await begin();
  await prompt(page).click();
  await type(page, "DBSIZE", "CLIENT ID");
  await ends(page, ["DBSIZE", "(integer) 0", "CLIENT ID", "(integer) 1"]);
  await reload(page, "CLIENT");
  assert.deepEqual(await shown(page), ["DBSIZE", "(integer) 0", "CLIENT ID", "(integer) 1"]);
});

test("a browser that is killed has kept what was done", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "redstart-killed-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const first = await ownBrowser(folder);
  t.after(() => first.kill());
  const page = await first.context.newPage();
  await page.goto(place.site.url);
  await prompt(page).waitFor();
  await type(page, "SET k v", "INCR n", "BLPOP survives 0");
  await kept(page, "survives");
  await first.kill();
  const second = await ownBrowser(folder);
  t.after(() => second.kill());
  const next = await second.context.newPage();
  await next.goto(place.site.url);
  await prompt(next).waitFor();
  assert.deepEqual(await shown(next), ["SET k v", "OK", "INCR n", "(integer) 1", "BLPOP survives 0"]);
  await next.getByText("waits for a reply").waitFor();
});

test("every window has a session of its own", async (t) => {
  const page = await open(t);
  await type(page, "SET where first");
  const other = await page.context().newPage();
  await other.setViewportSize(WIDE.viewport);
  await other.goto(place.site.url);
  await prompt(other).waitFor();
  await type(other, "GET where", "SET where second");
  await ends(other, ["GET where", "(nil)", "SET where second", "OK"]);
  await reload(page, "first");
  await reload(other, "second");
  await type(page, "GET where");
  await ends(page, ['"first"']);
  await type(other, "GET where");
  await ends(other, ['"second"']);
});

test("a link does not take the place of the session that was kept", async (t) => {
  const page = await open(t);
  await type(page, "SET mine 1");
  await kept(page, "mine");
  await page.goto("about:blank");
  const other = await page.context().newPage();
  await other.goto(`${place.site.url}?commands=SET%20theirs%201`);
  await ends(other, ["SET theirs 1", "OK"]);
  await reload(other, "theirs");
  await ends(other, ["SET theirs 1", "OK"]);
  await other.close();
  await page.goto(place.site.url);
  await prompt(page).waitFor();
  assert.deepEqual(await shown(page), ["SET mine 1", "OK"]);
});

test("an engine that is shut down says so, and a new one is begun", async (t) => {
  const page = await open(t);
  await type(page, "SET k v", "SHUTDOWN NOSAVE");
  await page.getByRole("button", { name: "Start a new session" }).click();
  await prompt(page).click();
  await type(page, "DBSIZE");
  await ends(page, ["DBSIZE", "(integer) 0"]);
});

/** Makes the engine trap in the call that has this text in it, as it does when the browser has no more memory. */
const trapAt = (text) => `{
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    const exports = { ...instance.exports };
    const inbox = { at: 0 };
    exports.engine_inbox = (...args) => (inbox.at = instance.exports.engine_inbox(...args));
    exports.engine_receive = (engine, slot, length, now) => {
      const bytes = new Uint8Array(instance.exports.memory.buffer, inbox.at, length);
      if (new TextDecoder("latin1").decode(bytes).includes(${JSON.stringify(text)})) throw new WebAssembly.RuntimeError("unreachable");
      return instance.exports.engine_receive(engine, slot, length, now);
    };
    return { exports };
  };
  WebAssembly.Instance.prototype = Instance.prototype;
}`;

test("an engine that fails is reported, and the session before it is kept", async (t) => {
  const page = await open(t);
  await page.addInitScript(trapAt("FATAL"));
  await page.reload();
  await prompt(page).click();
  await type(page, "SET k v", "SET FATAL 1");
  await page.getByRole("alert").getByText(/failed at the last command: FAILED .*unreachable/).waitFor();
  await page.getByRole("button", { name: "Continue from before it" }).click();
  await ends(page, ["SET k v", "OK"]);
  await prompt(page).click();
  await type(page, "SET again FATAL");
  await page.getByRole("button", { name: "Continue from before it" }).waitFor();
  await page.waitForTimeout(300);
  await page.reload();
  await prompt(page).click();
  await type(page, "GET k");
  await ends(page, ["SET k v", "OK", "GET k", '"v"']);
  await reload(page, "GET");
  await ends(page, ["GET k", '"v"']);
});

test("what exceeds the memory of the page is an error reply", async (t) => {
  const page = await open(t);
  await type(page, "SETRANGE a 536870911 x", "SETRANGE b 536870911 x", "STRLEN a");
  await ends(page, ["SETRANGE b 536870911 x", "(error) OOM command not allowed when used memory > 'maxmemory'.", "STRLEN a", "(integer) 536870912"]);
});
