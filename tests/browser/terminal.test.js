// The playground's terminal, used as a person does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SCREENS, ends, line, paste, picture, playground, prompt, shown, type, until } from "./page.js";

const place = playground({});
const { open } = place;

test("commands are answered as redis-cli prints them", async (t) => {
  const page = await open(t);
  await type(page, "SET k v", "GET k");
  await ends(page, ["SET k v", "OK", "GET k", '"v"']);
  await type(page, "GET none", "INCR k", 'SET "a b" "\\x00"', "MGET k none");
  await ends(page, ["MGET k none", '1) "v"', "2) (nil)"]);
  assert.ok((await shown(page)).includes("(error) ERR value is not an integer or out of range"));
  await type(page, 'GET "k');
  await ends(page, ["Invalid argument(s)"]);
  await type(page, "HELLO 3", "CONFIG GET maxmemory");
  await ends(page, ['1# "maxmemory" => "0"']);
  await type(page, "QUIT");
  await ends(page, ["OK", "(closed)"]);
  await type(page, "GET k");
  await ends(page, ["GET k", '"v"']);
});

test("arrows walk through the history", async (t) => {
  const page = await open(t);
  await type(page, "SET k 1", "INCR k");
  await page.keyboard.type("draft");
  const values = [];
  for (const key of ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown"]) {
    await page.keyboard.press(key);
    values.push(await line(page));
  }
  assert.deepEqual(values, ["INCR k", "SET k 1", "SET k 1", "INCR k", "draft", "draft"]);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await ends(page, ["INCR k", "(integer) 3"]);
  await page.keyboard.press("Control+l");
  assert.deepEqual(await shown(page), []);
});

test("reverse search finds what was entered", async (t) => {
  const page = await open(t);
  await type(page, "SET user:1 a", "SET other b", "GET user:1", "PING");
  await page.keyboard.type("draft");
  await page.keyboard.press("Control+r");
  await page.keyboard.type("user");
  await page.waitForFunction(() => document.querySelector(".terminal .cm-content").textContent.startsWith("GET user:1"));
  await page.keyboard.press("Control+r");
  await page.waitForFunction(() => document.querySelector(".terminal .cm-content").textContent.startsWith("SET user:1 a"));
  await page.keyboard.press("Enter");
  await ends(page, ["SET user:1 a", "OK"]);
  await page.keyboard.type("draft");
  await page.keyboard.press("Control+r");
  await page.keyboard.type("other");
  await page.keyboard.press("Escape");
  assert.equal(await line(page), "draft");
  await page.keyboard.press("Control+u");
  await page.keyboard.press("Control+r");
  await page.keyboard.type("nowhere");
  await page.locator(".search.failed").waitFor();
  await page.keyboard.press("Backspace");
  for (const _ of "nowher") await page.keyboard.press("Backspace");
  await page.keyboard.type("OTHER");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("x");
  await page.keyboard.press("Enter");
  await ends(page, ["SET other bx", "OK"]);
});

/** Waits until these are what the list begins with, or all that it has. */
async function offers(page, expected, isAll = false) {
  await page.waitForFunction(
    ([expected, isAll]) => {
      const labels = [...document.querySelectorAll(".cm-tooltip-autocomplete li .cm-completionLabel")].map((label) => label.textContent);
      return JSON.stringify(isAll ? labels : labels.slice(0, expected.length)) === JSON.stringify(expected);
    },
    [expected, isAll],
    { timeout: 5000 },
  );
}

test("commands, their words and keys are completed; a line that nothing was chosen for is run as it is", async (t) => {
  const page = await open(t);
  await type(page, "SET user:1 a", "SET user:2 b", "RPUSH list x");
  await page.keyboard.type("zrangeb");
  await offers(page, ["ZRANGEBYLEX", "ZRANGEBYSCORE"]);
  await page.keyboard.press("ArrowDown");
  await page.locator(".cm-completionInfo").filter({ hasText: "since 2.8.9" }).waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await line(page), "ZRANGEBYLEX ");
  await page.keyboard.press("Control+u");
  await page.keyboard.type("GET us");
  await offers(page, ["user:1", "user:2"], true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await ends(page, ["GET user:1 ", '"a"']);
  await page.keyboard.type("SET user:1 c K");
  await offers(page, ["KEEPTTL"], true);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("N");
  await offers(page, ["NX"], true);
  await page.keyboard.type("X");
  await page.keyboard.press("Enter");
  await ends(page, ["SET user:1 c NX", "(nil)"]);
  await page.keyboard.type("CLIENT SETN");
  await offers(page, ["SETNAME"]);
  await page.keyboard.press("Tab");
  assert.equal(await line(page), "CLIENT SETNAME ");
  await page.keyboard.press("Control+u");
  for (const key of ["Z", "i", "n", "c", "Tab"]) await page.keyboard.press(key);
  assert.equal(await line(page), "ZINCRBY ", "Tab is ahead of the list");
  await page.keyboard.press("Control+u");
  await page.keyboard.press("Tab");
  assert.equal(await prompt(page).evaluate((field) => field === document.activeElement), false, "Tab leaves an empty line");
  await prompt(page).focus();
  await page.keyboard.type("LPUSH l");
  await picture(page, "completion");
});

test("who types before the documentation has come is helped when it comes", async (t) => {
  const page = await open(t);
  await page.addInitScript(() => {
    window.requestIdleCallback = (call) => (window.whenIdle = call);
  });
  await page.reload();
  await prompt(page).waitFor();
  await page.keyboard.type("zrangeb");
  await page.waitForTimeout(200);
  assert.equal(await page.locator(".cm-tooltip-autocomplete").count(), 0);
  await page.evaluate(() => window.whenIdle());
  await offers(page, ["ZRANGEBYLEX", "ZRANGEBYSCORE"]);
});

test("arguments are hinted as they are typed, and the command is explained", async (t) => {
  const page = await open(t);
  await page.keyboard.type("expire ");
  await page.locator(".ghost").waitFor();
  assert.equal(await page.locator(".ghost").textContent(), "key seconds [NX | XX | GT | LT]");
  assert.match(await page.locator(".about").textContent(), /expire.*O\(1\) · since 1\.0\.0/i);
  await page.keyboard.type("k 10 gt");
  await page.waitForFunction(() => document.querySelector(".ghost") === null);
  await page.keyboard.press("Control+u");
  await type(page, "help LLEN");
  const shownLines = await shown(page);
  assert.equal(shownLines[1], "LLEN key");
  assert.ok(shownLines.includes("  since: 1.0.0") && shownLines.includes("  group: list"));
});

test("a number before a command repeats it; clear is the terminal's own", async (t) => {
  const page = await open(t);
  await type(page, "3 INCR n");
  await ends(page, ["INCR n", "(integer) 1", "INCR n", "(integer) 2", "INCR n", "(integer) 3"]);
  await type(page, "clear");
  assert.deepEqual(await shown(page), []);
});

test("keys go to the prompt wherever the focus is", async (t) => {
  const page = await open(t);
  for (const selector of [".cm-content", "h1", ".client button", ".top button"]) {
    await page.locator(selector).first().focus();
    if (selector === "h1") await page.evaluate(() => document.activeElement.blur());
    await type(page, "ECHO a");
    await ends(page, ["ECHO a", '"a"']);
    await page.keyboard.press("Control+l");
  }
});

test("a key expires while the page waits", async (t) => {
  const page = await open(t);
  await type(page, "SET k v PX 50");
  await ends(page, ["OK"]);
  await page.waitForTimeout(300);
  await type(page, "DBSIZE");
  await ends(page, ["(integer) 0"]);
});

test("of what is very long the beginning is shown, and the rest on demand", async (t) => {
  const page = await open(t);
  await type(page, "SETRANGE long 9999 x", "GET long");
  await page.getByRole("button", { name: /… 3\d,\d{3} more characters/ }).click();
  await until(async () => assert.match((await shown(page)).at(-1), /^"(\\x00)+x"$/));
  await paste(page, ...Array.from({ length: 1100 }, (_, at) => `RPUSH l ${at}`), "LRANGE l 0 -1", "");
  await page.getByRole("button", { name: "… 100 more lines" }).click();
  await ends(page, ['1099) "1098"', '1100) "1099"']);
});

test("several pasted lines run one by one", async (t) => {
  const page = await open(t);
  await paste(page, "SET k 1", "INCR k", "GE");
  await ends(page, ["SET k 1", "OK", "INCR k", "(integer) 2"]);
  assert.equal(await line(page), "GE");
});

test("the page asks nobody but its own server", async (t) => {
  const page = await open(t);
  const foreign = [];
  page.on("request", (request) => !request.url().startsWith(place.site.url) && !request.url().startsWith("data:") && foreign.push(request.url()));
  await page.reload();
  await prompt(page).waitFor();
  await type(page, "PING");
  await ends(page, ["PONG"]);
  assert.deepEqual(foreign, []);
  assert.equal(place.site.requests.filter((path) => path.endsWith(".wasm")).length > 0, true);
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`the page fits: ${name}`, async (t) => {
    const page = await open(t, options);
    await picture(page, `terminal-empty-${name}`);
    assert.equal(await page.locator(".samples > button").count(), 7);
    await page.locator(".samples > button").first().click();
    await ends(page, ["SET greeting hello EX 60", "OK"]);
    if (options.hasTouch) await prompt(page).tap();
    await type(page, "LCS a", "MGET a greeting");
    await ends(page, ["1) (nil)", '2) "hello"']);
    await picture(page, `terminal-${name}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0);
    assert.equal(await prompt(page).evaluate((field) => {
      const { top, bottom } = field.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }), true);
  });
}
