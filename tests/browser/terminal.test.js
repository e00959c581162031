// The playground's terminal, used as a person does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ends, launch, open as opened, picture, prompt, serve, shown, type } from "./page.js";

let browser;
let site;

before(async () => {
  [browser, site] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  site?.close();
});

const open = (t, options) => opened(t, browser, site, options);

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
    values.push(await prompt(page).textContent());
  }
  assert.deepEqual(values, ["INCR k", "SET k 1", "SET k 1", "INCR k", "draft", "draft"]);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await ends(page, ["INCR k", "(integer) 3"]);
  await page.keyboard.press("Control+l");
  assert.deepEqual(await shown(page), []);
});

test("keys go to the prompt wherever the focus is", async (t) => {
  const page = await open(t);
  for (const selector of [".cm-content", "h1", ".terminal-head button", ".top button"]) {
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

test("several pasted lines run one by one", async (t) => {
  const page = await open(t);
  await prompt(page).evaluate((input) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "SET k 1\nINCR k\nGE");
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await ends(page, ["SET k 1", "OK", "INCR k", "(integer) 2"]);
  assert.equal(await prompt(page).textContent(), "GE");
});

test("the page asks nobody but its own server", async (t) => {
  const page = await open(t);
  const foreign = [];
  page.on("request", (request) => !request.url().startsWith(site.url) && !request.url().startsWith("data:") && foreign.push(request.url()));
  await page.reload();
  await prompt(page).waitFor();
  await type(page, "PING");
  await ends(page, ["PONG"]);
  assert.deepEqual(foreign, []);
  assert.equal(site.requests.filter((path) => path.endsWith(".wasm")).length > 0, true);
});

for (const [name, options] of Object.entries({
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  wide: { colorScheme: "light", viewport: { width: 1920, height: 1000 } },
  phone: { colorScheme: "light", viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
})) {
  test(`the page fits: ${name}`, async (t) => {
    const page = await open(t, options);
    await picture(page, `terminal-empty-${name}`);
    assert.equal(await page.locator(".samples button").count(), 7);
    await page.locator(".samples button").first().click();
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
