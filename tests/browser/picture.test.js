// The picture of the playground that README shows: `PICTURE=1 node --test picture.test.js` writes it anew, to web/picture.png.

import assert from "node:assert/strict";
import { copyFile, readFile, stat } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ends, launch, open, picture, serve } from "./page.js";

const README = fileURLToPath(new URL("../../web/picture.png", import.meta.url));
const TAKEN = fileURLToPath(new URL("../../target/screenshots/playground.png", import.meta.url));
/** README's page is to come soon as well. */
const MOST_BYTES = 150 * 1024;

const SESSION = `== picture
> SET session:ada "logged in" EX 1800
> SET session:grace "logged in" EX 600
@ +4s
> HSET user:1 name Ada city London
> ZADD board 320 linus 250 ada 180 grace
> RPUSH jobs resize:1 resize:2
@ +3s
> XADD orders * item tea amount 2
> INCRBY visits 41
@ +2s
> ZRANGE board 0 1 REV WITHSCORES
b> BLPOP urgent 0
@ +1s
> ZINCRBY board 100 ada
`;

test("README's picture can be taken, and is small", async (t) => {
  const [browser, site] = await Promise.all([launch(), serve()]);
  t.after(async () => {
    await browser.close();
    site.close();
  });
  const page = await open(t, browser, site, { viewport: { width: 1440, height: 780 }, colorScheme: "light" });
  await page.locator("input[type=file]").setInputFiles({ name: "picture.txt", mimeType: "text/plain", buffer: Buffer.from(SESSION) });
  await ends(page, ["ZINCRBY board 100 ada", '"350"'], ".terminal:nth-child(1)");
  await page.locator(".keyspace-pane").getByText("board", { exact: true }).click();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByText("waits for a reply").waitFor();
  await page.mouse.move(700, 790);
  await picture(page, "playground");
  if (process.env.PICTURE) await copyFile(TAKEN, README);
  for (const file of [TAKEN, README]) {
    assert.ok((await stat(file)).size <= MOST_BYTES, file);
    assert.equal((await readFile(file)).subarray(1, 4).toString(), "PNG");
  }
});
