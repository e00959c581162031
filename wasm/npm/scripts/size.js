// Prints what a page downloads of the package, and fails where that is more than it may be.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { buildSync } from "esbuild";

const dist = new URL("../dist/", import.meta.url).pathname;
const bundle = (name) =>
  buildSync({ entryPoints: [dist + name], bundle: true, minify: true, format: "esm", write: false, logLevel: "error" }).outputFiles[0].contents;
const PARTS = [
  { part: "engine.wasm", limitKb: 350, bytes: readFileSync(`${dist}engine.wasm`) },
  { part: "browser.js", limitKb: 14, bytes: bundle("browser.js") },
  // The playground as an element: only for who imports it, so it counts without what stands above.
  { part: "playground", limitKb: 150, bytes: readFileSync(`${dist}playground.js`) },
];

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
const kb = (length) => (length / 1024).toFixed(1).padStart(8);

console.log("| part        |   raw KB |   brotli |    limit |");
console.log("| ----------- | -------: | -------: | -------: |");
for (const { part, limitKb, bytes } of PARTS) {
  const compressed = brotli(bytes).length;
  console.log(`| ${part.padEnd(11)} | ${kb(bytes.length)} | ${kb(compressed)} | ${kb(limitKb * 1024)} |`);
  if (compressed > limitKb * 1024) {
    console.error(`${part} weighs more than ${limitKb} KB in brotli`);
    process.exitCode = 1;
  }
}
