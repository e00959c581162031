// What Lighthouse says of the page on a computer and on a phone. Its figures are printed; what is no time is held to.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import lighthouse, { desktopConfig } from "lighthouse";
import { ownBrowser, serve } from "./page.js";

/** The least that categories may score; how fast the page is depends on what else the machine does. */
const LEAST = { accessibility: 1, "best-practices": 0.95, seo: 0.9 };
const CATEGORIES = ["performance", ...Object.keys(LEAST)];
const TIMES = { FCP: "first-contentful-paint", LCP: "largest-contentful-paint", TTI: "interactive", TBT: "total-blocking-time", shift: "cumulative-layout-shift" };
const MOST_BYTES = 520 * 1024;

for (const [name, config] of Object.entries({ computer: desktopConfig, phone: undefined })) {
  test(`Lighthouse: a ${name}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "redstart-lighthouse-"));
    const site = await serve(undefined, { isCompressed: true });
    const browser = await ownBrowser(folder);
    t.after(async () => {
      await browser.kill();
      site.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    const { lhr } = await lighthouse(site.url, { port: browser.port, logLevel: "error", onlyCategories: CATEGORIES }, config);
    assert.equal(lhr.runtimeError, undefined);
    const { audits, categories } = lhr;
    const bytes = audits["network-requests"].details.items.reduce((sum, { transferSize }) => sum + transferSize, 0);
    const scores = CATEGORIES.map((id) => `${id} ${Math.round(categories[id].score * 100)}`);
    const times = Object.entries(TIMES).map(([title, id]) => `${title} ${id.endsWith("shift") ? audits[id].numericValue.toFixed(3) : `${audits[id].numericValue.toFixed(0)} ms`}`);
    console.log(`Lighthouse ${lhr.lighthouseVersion}, a ${name}: ${[...scores, ...times].join(", ")}, ${(bytes / 1024).toFixed(0)} KB transferred`);
    for (const [id, least] of Object.entries(LEAST)) {
      const wanting = categories[id].auditRefs.map(({ id }) => audits[id]).filter(({ score }) => score !== null && score < 1).map(({ title }) => title);
      assert.ok(categories[id].score >= least, `${id}: ${wanting.join("; ")}`);
    }
    assert.ok(bytes > MOST_BYTES / 2 && bytes <= MOST_BYTES, `${bytes} bytes`);
  });
}
