// The playground as it is built, on a port of this machine, in the distribution's Chromium.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const DIST = fileURLToPath(new URL("../../web/dist/", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".svg": "image/svg+xml",
  ".png": "image/png", ".webmanifest": "application/manifest+json",
};
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** Serves a folder, the page's unless given; `requests` grows by every path that is asked for. */
export async function serve(folder = DIST) {
  if (!existsSync(join(folder, "index.html"))) throw new Error("the playground is not built: run `wasm/build web`");
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURI(new URL(request.url, "http://localhost").pathname));
    requests.push(path);
    try {
      const body = await readFile(join(folder, path === "/" ? "index.html" : path));
      response.writeHead(200, { "content-type": TYPES[extname(path) || ".html"] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, requests, close: () => server.close() };
}

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

export function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  return page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** Opens the page, without its service worker unless told; what it complains about fails the test. */
export async function open(t, browser, site, options = {}) {
  const context = await browser.newContext({ serviceWorkers: "block", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(site.url);
  await prompt(page).waitFor();
  return page;
}

/** The line that is typed in the terminal that has the turn. */
export const prompt = (page) => page.locator(".terminal.active .cm-content");

/** What is typed there, without the hint behind it. */
export const line = (page) => prompt(page).evaluate((field) => {
  const copy = field.cloneNode(true);
  for (const ghost of copy.querySelectorAll(".ghost")) ghost.remove();
  return copy.textContent;
});

/** Enters lines where the focus is. */
export async function type(page, ...lines) {
  for (const line of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
  }
}

const LINES = ".entry p";

/** The lines of a terminal: of the one that has the turn, unless told. */
export const shown = (page, terminal = ".terminal.active") => page.locator(`${terminal} ${LINES}`).allTextContents();

/** Waits until a terminal's last lines are these. */
export async function ends(page, lines, terminal = ".terminal.active") {
  await page.waitForFunction(
    ([selector, lines]) => {
      const shown = [...document.querySelectorAll(selector)].slice(-lines.length).map((line) => line.textContent);
      return JSON.stringify(shown) === JSON.stringify(lines);
    },
    [`${terminal} ${LINES}`, lines],
    { timeout: 5000 },
  ).catch(async () => assert.deepEqual((await shown(page, terminal)).slice(-lines.length), lines));
}
