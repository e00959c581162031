// Prints what the package's parts weigh, and fails where one weighs more than it may.
import { readFileSync, readdirSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const LIMIT_BROTLI_KB = { "engine.wasm": 350, "*.js": 20 };

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist);
const read = (names) => Buffer.concat(names.map((name) => readFileSync(new URL(name, dist))));
const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
const kb = (length) => (length / 1024).toFixed(1).padStart(8);

console.log("| part        |   raw KB |   brotli |    limit |");
console.log("| ----------- | -------: | -------: | -------: |");
for (const [part, limit] of Object.entries(LIMIT_BROTLI_KB)) {
  const bytes = read(part === "*.js" ? files.filter((name) => name.endsWith(".js")) : [part]);
  const compressed = brotli(bytes).length;
  console.log(`| ${part.padEnd(11)} | ${kb(bytes.length)} | ${kb(compressed)} | ${kb(limit * 1024)} |`);
  if (compressed > limit * 1024) {
    console.error(`${part} weighs more than ${limit} KB in brotli`);
    process.exitCode = 1;
  }
}
