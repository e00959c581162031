// The playground's terminal, used as a person does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, picture, serve } from "./page.js";

let browser;
let site;

before(async () => {
  [browser, site] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  site?.close();
});

/** Opens the page; what it complains about fails the test. */
async function open(t, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(site.url);
  return page;
}

async function type(page, ...lines) {
  for (const line of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
  }
}

const shown = (page) => page.locator("#log p").allTextContents();

/** Waits until the log's last lines are these. */
async function ends(page, ...lines) {
  await page.waitForFunction(
    (lines) => {
      const shown = [...document.querySelectorAll("#log p")].slice(-lines.length).map((line) => line.textContent);
      return JSON.stringify(shown) === JSON.stringify(lines);
    },
    lines,
    { timeout: 5000 },
  ).catch(async () => assert.deepEqual((await shown(page)).slice(-lines.length), lines));
}

test("commands are answered as redis-cli prints them", async (t) => {
  const page = await open(t);
  await type(page, "SET k v", "GET k");
  await ends(page, "SET k v", "OK", "GET k", '"v"');
  await type(page, "GET none", "INCR k", 'SET "a b" "\\x00"', "MGET k none");
  await ends(page, "MGET k none", '1) "v"', "2) (nil)");
  assert.ok((await shown(page)).includes("(error) ERR value is not an integer or out of range"));
  await type(page, 'GET "k');
  await ends(page, "Invalid argument(s)");
  await type(page, "HELLO 3", "CONFIG GET maxmemory");
  await ends(page, '1# "maxmemory" => "0"');
  await type(page, "QUIT");
  await ends(page, "OK", "(closed)");
  await type(page, "GET k");
  await ends(page, "GET k", '"v"');
});

test("arrows walk through the history", async (t) => {
  const page = await open(t);
  await type(page, "SET k 1", "INCR k");
  await page.keyboard.type("draft");
  const field = page.locator("#command");
  const values = [];
  for (const key of ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown"]) {
    await page.keyboard.press(key);
    values.push(await field.inputValue());
  }
  assert.deepEqual(values, ["INCR k", "SET k 1", "SET k 1", "INCR k", "draft", "draft"]);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await ends(page, "INCR k", "(integer) 3");
  await page.keyboard.press("Control+l");
  assert.deepEqual(await shown(page), []);
});

test("keys go to the prompt wherever the focus is", async (t) => {
  const page = await open(t);
  for (const selector of ["#command", "#log", "#samples button"]) {
    await page.locator(selector).first().focus();
    await page.evaluate((selector) => selector === "#command" && document.activeElement.blur(), selector);
    await type(page, "ECHO a");
    await ends(page, "ECHO a", '"a"');
    await page.keyboard.press("Control+l");
  }
});

test("a key expires while the page waits", async (t) => {
  const page = await open(t);
  await type(page, "SET k v PX 50");
  await ends(page, "OK");
  await page.waitForTimeout(300);
  await type(page, "DBSIZE");
  await ends(page, "(integer) 0");
});

test("several pasted lines run one by one", async (t) => {
  const page = await open(t);
  await page.locator("#command").evaluate((input) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "SET k 1\nINCR k\nGE");
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await ends(page, "SET k 1", "OK", "INCR k", "(integer) 2");
  assert.equal(await page.locator("#command").inputValue(), "GE");
});

test("the page asks nobody but its own server", async (t) => {
  const page = await open(t);
  const foreign = [];
  page.on("request", (request) => !request.url().startsWith(site.url) && !request.url().startsWith("data:") && foreign.push(request.url()));
  await page.reload();
  await type(page, "PING");
  await ends(page, "PONG");
  assert.deepEqual(foreign, []);
  assert.equal(site.requests.filter((path) => path.endsWith(".wasm")).length > 0, true);
});

for (const [name, options] of Object.entries({
  light: { colorScheme: "light", viewport: { width: 1000, height: 700 } },
  dark: { colorScheme: "dark", viewport: { width: 1000, height: 700 } },
  phone: { colorScheme: "light", viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
})) {
  test(`the page fits: ${name}`, async (t) => {
    const page = await open(t, options);
    for (const sample of await page.locator("#samples button").all()) await sample.click();
    await page.waitForFunction(() => /^db0:keys=4,expires=1,avg_ttl=[0-9]+$/.test(document.querySelector("#log p:last-of-type")?.textContent));
    if (options.hasTouch) await page.locator("#command").tap();
    await type(page, "LCS a", "MGET a b c greeting");
    await ends(page, '1) "1"', '2) "2"', "3) (nil)", '4) "hello"');
    await picture(page, `terminal-${name}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0);
    assert.equal(await page.locator("#command").evaluate((field) => {
      const { top, bottom } = field.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }), true);
  });
}
