// The playground as it is built, on a port of this machine, in the distribution's Chromium.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
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

/** Serves a folder, the page's unless given, compressed if told; `requests` grows by every path that is asked for. */
export async function serve(folder = DIST, { isCompressed = false } = {}) {
  if (!existsSync(join(folder, "index.html"))) throw new Error("the playground is not built: run `wasm/build web`");
  const requests = [];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => isCompressed && entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const packed = new Map(files.map((file) => [file, brotliCompressSync(readFileSync(file))]));
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURI(new URL(request.url, "http://localhost").pathname));
    requests.push(path);
    try {
      const file = join(folder, path === "/" ? "index.html" : path);
      const body = packed.get(file) ?? (await readFile(file));
      const encoding = packed.has(file) ? { "content-encoding": "br" } : {};
      response.writeHead(200, { "content-type": TYPES[extname(path) || ".html"] ?? "application/octet-stream", ...encoding }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, requests, close: () => server.close() };
}

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function launch() {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A browser with processes of its own, which keeps what it is told to in a folder: `port` is where it is driven, `kill` ends all of it at once. */
export async function ownBrowser(folder) {
  const flags = [...FLAGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"];
  const child = spawn(executablePath, flags, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const [, endpoint, port] = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      const found = /DevTools listening on (ws:\/\/[^:]+:(\d+)\S+)/.exec((said += text));
      if (found !== null) resolve(found);
    });
    void ended.then(() => reject(new Error(`the browser did not start: ${said}`)));
  });
  const browser = await chromium.connectOverCDP(endpoint);
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  return { context: browser.contexts()[0], port: Number(port), kill };
}

export function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  return page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

export const PHONE = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** Screens on which views are looked at. */
export const SCREENS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  wide: { colorScheme: "light", viewport: { width: 1920, height: 1000 } },
  phone: { colorScheme: "light", ...PHONE },
};

/** A browser and a site for the tests of a file. Its `open` opens the page, at the end of its address if told, as options of a context say. */
export function playground(defaults = SCREENS.light) {
  const place = {
    open: (t, options = {}, path = "") => open(t, place.browser, { ...place.site, url: place.site.url + path }, { ...defaults, ...options }),
  };
  before(async () => {
    [place.browser, place.site] = await Promise.all([launch(), serve()]);
  });
  after(async () => {
    await place.browser?.close();
    place.site?.close();
  });
  return place;
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

/** Waits until an assertion holds. */
export async function until(holds, ms = 5000) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await holds();
    } catch (failure) {
      if (Date.now() > end) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
}

/** Waits until the browser keeps a session in which this was sent. */
export const kept = (page, text) => until(async () => assert.ok(await page.evaluate(async (text) => {
  const answer = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const db = await answer(indexedDB.open("redstart"));
  const chunks = await answer(db.transaction("recordings").objectStore("recordings").getAll());
  db.close();
  return chunks.some((chunk) => chunk instanceof Uint8Array && new TextDecoder("latin1").decode(chunk).includes(text));
}, text), `${text} is not kept`));

/** Pastes lines into the terminal. */
export const paste = (page, ...lines) => prompt(page).evaluate((field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}, lines.join("\n"));

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
