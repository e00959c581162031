// The page once it has been visited: it can be installed, needs no network, and changes when its server has another build.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ends, launch, kept as saved, open as opened, prompt, serve, type } from "./page.js";

const DIST = fileURLToPath(new URL("../../web/dist/", import.meta.url));

let browser;
let folder;

before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "redstart-page-"));
  await cp(DIST, folder, { recursive: true });
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Waits until the page is kept. */
const kept = (page) => page.evaluate(async () => {
  const { active } = await navigator.serviceWorker.ready;
  if (active.state !== "activated") await new Promise((resolve) => active.addEventListener("statechange", resolve, { once: true }));
  return caches.keys();
});

async function reload(page) {
  await page.reload();
  await prompt(page).waitFor();
}

test("a reload needs no network, and takes what the server has changed", async (t) => {
  const site = await serve(folder);
  t.after(() => site.close());
  const page = await opened(t, browser, site, { serviceWorkers: "allow" });
  const [first, ...others] = await kept(page);
  assert.deepEqual([/^redstart-[0-9a-f]{12}$/.test(first), others], [true, []]);
  await type(page, "SET k offline");
  await saved(page, "offline");

  await page.context().setOffline(true);
  const before = site.requests.length;
  await reload(page);
  await type(page, "GET k");
  await ends(page, ["GET k", '"offline"']);
  assert.equal(site.requests.length, before);
  await page.goto(`${site.url}?commands=PING#none`);
  await ends(page, ["PING", "PONG"]);
  await page.context().setOffline(false);

  // Another build: other names, other content.
  const index = await readFile(join(folder, "index.html"), "utf8");
  const script = /assets\/index-[\w-]+\.js/.exec(index)[0];
  const renamed = script.replace("index-", "index-next-");
  await cp(join(folder, script), join(folder, renamed));
  await rm(join(folder, script));
  await writeFile(join(folder, "index.html"), index.replace(script, renamed).replace("<title>", "<title>Next "));
  const worker = await readFile(join(folder, "worker.js"), "utf8");
  await writeFile(join(folder, "worker.js"), worker.replace(/VERSION = ".*"/, 'VERSION = "000000000002"').replace(script, renamed));
  await reload(page);
  assert.match(await page.title(), /^Next /);
  for (let tries = 0; JSON.stringify(await kept(page)) !== '["redstart-000000000002"]'; tries += 1) {
    assert.ok(tries < 100, "the new build is not kept");
    await page.waitForTimeout(50);
  }
  await page.context().setOffline(true);
  await reload(page);
  assert.match(await page.title(), /^Next /);
  await type(page, "PING");
  await ends(page, ["PING", "PONG"]);
});

test("it can be installed", async (t) => {
  const site = await serve();
  t.after(() => site.close());
  const page = await opened(t, browser, site, { serviceWorkers: "allow" });
  await kept(page);
  const devtools = await page.context().newCDPSession(page);
  const { errors, data, url } = await devtools.send("Page.getAppManifest");
  assert.deepEqual([errors, url], [[], `${site.url}manifest.webmanifest`]);
  const { icons } = JSON.parse(data);
  for (const { src, sizes } of icons) {
    const drawn = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, src);
    if (sizes !== "any") assert.equal(drawn, sizes, src);
  }
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // A page of a test is in a private window, which is why it cannot be installed; there is no other reason.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"), []);
});
