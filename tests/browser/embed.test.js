// `<redstart-playground>` of the packed package, in plain pages of an empty folder.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, picture, serve, type } from "./page.js";

const PACKAGE = fileURLToPath(new URL("../../wasm/npm/", import.meta.url));
const SCRIPT = '<script type="module" src="node_modules/redstart/dist/playground.js"></script>';

let browser;
let folder;
let site;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "redstart-embed-"));
  const [{ filename, files }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: PACKAGE }));
  assert.ok(files.some(({ path }) => path === "dist/playground.js"), "the element is not built: run `wasm/build`");
  mkdirSync(join(folder, "node_modules/redstart"), { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", join(folder, "node_modules/redstart"), "--strip-components=1"]);
  writeFileSync(join(folder, "index.html"), "<!doctype html>");
  [browser, site] = await Promise.all([launch(), serve(folder)]);
});
after(async () => {
  await browser?.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(t, body, options = {}) {
  const name = `page-${Math.random().toString(36).slice(2)}.html`;
  writeFileSync(join(folder, name), `<!doctype html><html lang="en"><title>Manual</title><style>button { color: red; border-radius: 20px } p { margin: 5em }</style>${body}`);
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !message.text().includes("404") && complaints.push(message.text()));
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(`${site.url}${name}`);
  await page.locator("redstart-playground .terminal").first().waitFor();
  return page;
}

/** What a terminal of an element shows in the end. */
async function shows(page, selector, lines) {
  const entries = page.locator(`${selector} .entry p`);
  for (let tries = 0; tries < 100; tries += 1) {
    const shown = await entries.allTextContents();
    if (JSON.stringify(shown.slice(-lines.length)) === JSON.stringify(lines)) return;
    await page.waitForTimeout(50);
  }
  assert.deepEqual((await entries.allTextContents()).slice(-lines.length), lines);
}

test("an element runs its commands, and answers what is typed", async (t) => {
  const page = await open(t, `<h1>Counting</h1><redstart-playground>
    SET visits 41
    INCR visits
  </redstart-playground>${SCRIPT}<p>Below.</p>`);
  await shows(page, "redstart-playground", ["SET visits 41", "OK", "INCR visits", "(integer) 42"]);
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true, "it takes the focus of nobody");
  await page.locator("redstart-playground .cm-content").click();
  await type(page, "INCR visits");
  await shows(page, "redstart-playground", ["INCR visits", "(integer) 43"]);
  await page.keyboard.type("GETR");
  await page.locator("redstart-playground .cm-tooltip-autocomplete").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+c");
  await picture(page, "embed");
  // Styles go neither in nor out.
  const looks = await page.locator("redstart-playground button").first().evaluate((button) => getComputedStyle(button).borderRadius);
  assert.notEqual(looks, "20px");
  assert.equal(await page.locator("body > p").evaluate((text) => getComputedStyle(text).marginTop), "80px");
  assert.equal(await page.evaluate(() => location.hash), "");
});

test("what the page around it inherits to all does not get in", async (t) => {
  const hostile = "* { letter-spacing: 1em; word-spacing: 2em; text-transform: uppercase; text-indent: 5em; direction: rtl; white-space: pre; cursor: wait; text-shadow: 0 0 9px red }";
  const page = await open(t, `<style>${hostile}</style><redstart-playground>SET k v</redstart-playground>${SCRIPT}`);
  await shows(page, "redstart-playground", ["SET k v", "OK"]);
  await picture(page, "embed-hostile");
  const looks = await page.locator("redstart-playground header.top").evaluate((header) => {
    const { letterSpacing, wordSpacing, textTransform, textIndent, direction, whiteSpace, cursor, textShadow } = getComputedStyle(header);
    return [letterSpacing, wordSpacing, textTransform, textIndent, direction, whiteSpace, cursor, textShadow];
  });
  assert.deepEqual(looks, ["normal", "0px", "none", "0px", "ltr", "normal", "auto", "none"]);
  // One that is hidden stays so.
  await page.locator("redstart-playground").evaluate((element) => (element.style.visibility = "hidden"));
  assert.equal(await page.locator("redstart-playground .terminal").isVisible(), false);
});

for (const scheme of ["light", "dark"]) {
  test(`axe-core finds nothing: element, ${scheme}`, async (t) => {
    const page = await open(t, `<meta name="color-scheme" content="${scheme}"><main><h1>Manual</h1>
      <redstart-playground panes="keyspace timeline">SET k v EX 100</redstart-playground></main>${SCRIPT}`);
    await shows(page, "redstart-playground", ["SET k v EX 100", "OK"]);
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const found = await page.evaluate(async () => (await window.axe.run(document)).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" "))}`));
    assert.deepEqual(found, []);
  });
}

test("several elements have an engine each; attributes say what is seen", async (t) => {
  const page = await open(t, `<redstart-playground id="one" commands="SET where one"></redstart-playground>
    <redstart-playground id="two" panes="keyspace" style="height: 20rem">SET where two</redstart-playground>${SCRIPT}`);
  await shows(page, "#one", ["SET where one", "OK"]);
  await shows(page, "#two", ["SET where two", "OK"]);
  assert.equal(await page.locator("#one .keyspace-pane").isVisible(), false);
  assert.equal(await page.locator("#two .keyspace-pane").isVisible(), true);
  await page.locator("#one .cm-content").click();
  await type(page, "GET where");
  await shows(page, "#one", ["GET where", '"one"']);
  await picture(page, "embed-two");
});

test("a lesson, on a phone", async (t) => {
  const page = await open(t, `<meta name="color-scheme" content="dark"><meta name="viewport" content="width=device-width"><redstart-playground lesson="counters"></redstart-playground>${SCRIPT}`, {
    viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true,
  });
  await page.locator(".guide .primary").tap();
  await page.getByText("step 2 of").waitFor();
  await shows(page, "redstart-playground", ["INCR visits", "(integer) 1"]);
  await picture(page, "embed-phone");
  // It is as dark as the page around it, whatever the system prefers.
  assert.equal(await page.locator("redstart-playground .terminal").evaluate((terminal) => getComputedStyle(terminal).backgroundColor), "rgb(26, 29, 34)");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
});

test("an element that is moved goes on; one that is removed lets its engine go", async (t) => {
  const page = await open(t, `<redstart-playground>SET k v</redstart-playground>${SCRIPT}<div></div>`);
  await shows(page, "redstart-playground", ["SET k v", "OK"]);
  await page.evaluate(() => document.querySelector("div").append(document.querySelector("redstart-playground")));
  await shows(page, "div redstart-playground", ["SET k v", "OK"]);
  await page.evaluate(() => {
    window.element = document.querySelector("redstart-playground");
    window.element.remove();
  });
  assert.equal(await page.evaluate(() => window.element.shadowRoot.querySelector(".redstart")), null);
  await page.evaluate(() => document.body.append(window.element));
  await shows(page, "redstart-playground", ["SET k v", "OK"]);
});
