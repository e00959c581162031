// The session outlives its page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ends, launch, line, open as opened, prompt, serve, shown, type } from "./page.js";

let browser;
let site;

before(async () => {
  [browser, site] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  site?.close();
});

const WIDE = { viewport: { width: 1600, height: 900 } };
const open = (t) => opened(t, browser, site, WIDE);

async function reload(page) {
  await page.waitForTimeout(400);
  await page.reload();
  await prompt(page).waitFor();
}

test("a reload goes on with the session: what was said, keys, clients, even who waits", async (t) => {
  const page = await open(t);
  await type(page, "SET k v EX 100", "SELECT 1", "CLIENT SETNAME first", "MULTI", "SET queued 1");
  await page.getByRole("button", { name: "+ Client" }).click();
  await type(page, "BLPOP q 0");
  const before = await shown(page, ".terminal");
  await reload(page);
  assert.deepEqual(await shown(page, ".terminal"), before);
  assert.equal(await page.locator(".terminal:nth-child(1) .name").textContent(), "first");
  assert.match(await page.locator(".terminal:nth-child(2) .terminal-head").textContent(), /waits/);
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
  await page.waitForTimeout(300);
  await page.goto("about:blank");
  await page.waitForTimeout(800);
  await page.goto(site.url);
  await prompt(page).waitFor();
  await type(page, "MGET short long");
  await ends(page, ["1) (nil)", '2) "v"']);
});

test("a new session is begun once that is meant", async (t) => {
  const page = await open(t);
  await type(page, "SET k v");
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await shown(page)).length, 2);
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByRole("button", { name: "Begin anew" }).click();
  await page.waitForFunction(() => document.querySelector(".entry") === null);
  await prompt(page).click();
  await type(page, "DBSIZE", "CLIENT ID");
  await ends(page, ["DBSIZE", "(integer) 0", "CLIENT ID", "(integer) 1"]);
  await reload(page);
  assert.deepEqual(await shown(page), ["DBSIZE", "(integer) 0", "CLIENT ID", "(integer) 1"]);
});

test("every window has a session of its own", async (t) => {
  const page = await open(t);
  await type(page, "SET where first");
  const other = await page.context().newPage();
  await other.setViewportSize(WIDE.viewport);
  await other.goto(site.url);
  await prompt(other).waitFor();
  await type(other, "GET where", "SET where second");
  await ends(other, ["GET where", "(nil)", "SET where second", "OK"]);
  await reload(page);
  await reload(other);
  await type(page, "GET where");
  await ends(page, ['"first"']);
  await type(other, "GET where");
  await ends(other, ['"second"']);
});

test("a link does not take the place of the session that was kept", async (t) => {
  const page = await open(t);
  await type(page, "SET mine 1");
  await page.waitForTimeout(400);
  await page.goto("about:blank");
  const other = await page.context().newPage();
  await other.goto(`${site.url}?commands=SET%20theirs%201`);
  await ends(other, ["SET theirs 1", "OK"]);
  await reload(other);
  await ends(other, ["SET theirs 1", "OK"]);
  await other.close();
  await page.goto(site.url);
  await prompt(page).waitFor();
  assert.deepEqual(await shown(page), ["SET mine 1", "OK"]);
});

test("an engine that is shut down says so, and a new one is begun", async (t) => {
  const page = await open(t);
  await type(page, "SET k v", "SHUTDOWN NOSAVE");
  await page.getByRole("button", { name: "Begin a new session" }).click();
  await prompt(page).click();
  await type(page, "DBSIZE");
  await ends(page, ["DBSIZE", "(integer) 0"]);
});
