// Draws the PNGs of web/public/icon.svg, for installers that take no SVG: `node icons.js` after the drawing has changed.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launch } from "./page.js";

const PUBLIC = new URL("../../web/public/", import.meta.url);
const svg = await readFile(new URL("icon.svg", PUBLIC), "utf8");
const browser = await launch();
for (const size of [192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${svg.replace("<svg ", `<svg style="display:block" width="${size}" height="${size}" `)}`);
  await page.screenshot({ path: fileURLToPath(new URL(`icon-${size}.png`, PUBLIC)) });
}
await browser.close();
