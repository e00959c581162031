// Several clients of one engine in the playground: each sees what the others do to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PHONE, ends, line, paste, picture, playground, prompt, shown, type } from "./page.js";

const { open } = playground({ viewport: { width: 1600, height: 900 } });
const add = (page) => page.getByRole("button", { name: "+ Client" }).click();
const nth = (number) => `.terminal:nth-child(${number})`;

/** Types in a terminal. */
async function typeIn(page, number, ...lines) {
  await page.locator(`${nth(number)} .cm-content`).click();
  await type(page, ...lines);
}

test("a client that blocks shows that it waits, until another one serves it", async (t) => {
  const page = await open(t);
  await type(page, "BLPOP jobs 0");
  await page.locator(`${nth(1)} [role=status]`).waitFor();
  assert.match(await page.locator(`${nth(1)} header`).textContent(), /waits/);
  await page.keyboard.type("PING");
  await page.keyboard.press("Enter");
  assert.equal((await shown(page)).length, 1, "what is typed meanwhile is not run");
  await add(page);
  await type(page, "RPUSH jobs one");
  await ends(page, ["RPUSH jobs one", "(integer) 1"], nth(2));
  await ends(page, ["BLPOP jobs 0", '1) "jobs"', '2) "one"'], nth(1));
  assert.equal(await page.locator(".terminal .state.waits").count(), 0);
  await page.locator(`${nth(1)} .cm-content`).click();
  assert.equal(await line(page), "PING");
});

test("what waits is stopped by Ctrl-C; lines that were pasted go on behind what waits", async (t) => {
  const page = await open(t);
  await type(page, "BLPOP a 0");
  await page.locator(".terminal [role=status]").waitFor();
  await page.keyboard.press("Control+c");
  await ends(page, ["BLPOP a 0", "(closed)"]);
  await type(page, "CLIENT LIST");
  await page.waitForFunction(() => document.querySelectorAll(".entry.reply p").length === 1);
  await paste(page, "BLPOP a 0.2", "ECHO after", "");
  await page.locator(".terminal [role=status]").waitFor();
  await ends(page, ["BLPOP a 0.2", "(nil)", "ECHO after", '"after"']);
});

test("a client that is paused waits, and so does one that is told nothing", async (t) => {
  const page = await open(t);
  const waits = page.locator(`${nth(1)} .wait`).getByText("waits for a reply");
  await type(page, "CLIENT PAUSE 300 WRITE", "SET k v");
  await waits.waitFor();
  await ends(page, ["SET k v", "OK"]);
  await type(page, "CLIENT REPLY OFF", "BLPOP jobs 0");
  await waits.waitFor();
  await add(page);
  await type(page, "RPUSH jobs one");
  await waits.waitFor({ state: "detached" });
});

test("messages, invalidations and what MONITOR sees come by themselves", async (t) => {
  const page = await open(t);
  await type(page, "HELLO 3", "SUBSCRIBE news", "CLIENT TRACKING ON", "GET watched");
  await add(page);
  await type(page, "MONITOR");
  await add(page);
  await type(page, "PUBLISH news hello", "SET watched 1");
  await ends(page, ["SET watched 1", "OK"], nth(3));
  await ends(page, ['1> "message"', '2> "news"', '3> "hello"', '1> "invalidate"', '2> 1) "watched"'], nth(1));
  const pushed = await page.locator(`${nth(1)} .entry.push`).count();
  assert.equal(pushed, 2);
  const seen = await page.locator(`${nth(2)} .entry.push p`).allTextContents();
  assert.equal(seen.length, 2);
  assert.match(seen[1], /^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "watched" "1"$/);
  await picture(page, "clients");
});

test("a RESP2 subscriber reads messages, and what it asks is answered", async (t) => {
  const page = await open(t);
  await type(page, "SUBSCRIBE a b");
  await add(page);
  await type(page, "PUBLISH b x");
  await ends(page, ['1) "message"', '2) "b"', '3) "x"'], nth(1));
  await typeIn(page, 1, "GET k");
  await page.waitForFunction(() => [...document.querySelectorAll(".terminal:nth-child(1) .error")].some((line) => line.textContent.includes("Can't execute 'get'")));
});

test("a transaction fails when another client changes what is watched; prompts tell database and transaction", async (t) => {
  const page = await open(t);
  await type(page, "SELECT 2", "WATCH k", "MULTI", "INCR k");
  const text = (number) => page.locator(`${nth(number)} .prompt .prompt-text`).getAttribute("data-text").then((text) => text.trim());
  await ends(page, ["INCR k", "QUEUED"]);
  assert.equal(await text(1), "redstart[2](TX)>");
  await add(page);
  assert.equal(await text(2), "redstart>");
  await type(page, "SELECT 2", "SET k 5");
  await typeIn(page, 1, "EXEC");
  await ends(page, ["EXEC", "(nil)"], nth(1));
  assert.equal(await text(1), "redstart[2]>");
});

test("clients are named, closed, and come again", async (t) => {
  const page = await open(t);
  await add(page);
  const name = page.locator(`${nth(2)} .name`);
  assert.equal(await name.textContent(), "client 2");
  await name.click();
  await page.keyboard.type("worker");
  await page.keyboard.press("Enter");
  await page.locator(`${nth(2)} button.name`).filter({ hasText: "worker" }).waitFor();
  await typeIn(page, 1, "CLIENT LIST");
  await page.waitForFunction(() => document.querySelector(".terminal .entry.reply")?.textContent.includes("name=worker"));
  await typeIn(page, 2, "QUIT");
  await ends(page, ["OK", "(closed)"], nth(2));
  assert.equal(await page.locator(`${nth(2)} .state`).textContent(), "closed");
  await type(page, "CLIENT ID");
  await ends(page, ["CLIENT ID", "(integer) 3"], nth(2));
  await page.getByRole("button", { name: "Close client 3" }).click();
  assert.equal(await page.locator(".terminal").count(), 1);
  await typeIn(page, 1, "CLIENT KILL ID 3");
  await ends(page, ["CLIENT KILL ID 3", "(integer) 0"], nth(1));
});

test("on a phone one terminal is seen at a time", async (t) => {
  const page = await open(t, PHONE);
  await type(page, "BRPOP q 0");
  await add(page);
  await type(page, "ECHO second");
  await ends(page, ["ECHO second", '"second"']);
  assert.equal(await page.locator(".terminal:visible").count(), 1);
  await picture(page, "clients-phone");
  await page.getByRole("button", { name: "client 1", exact: true }).first().click();
  await ends(page, ["BRPOP q 0"]);
  assert.equal(await page.locator(".terminal:visible").count(), 1);
});
