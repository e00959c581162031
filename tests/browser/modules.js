// The playground's modules that need no page, for tests in Node: compiled as they are for the page, on Node's build of the package.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const WEB = new URL("../../web/", import.meta.url);

/** Loads a module of `web/src`, such as `formats/index.ts`. */
export async function load(path) {
  const { rolldown } = await import(pathToFileURL(createRequire(new URL("package.json", WEB)).resolve("rolldown")));
  const bundle = await rolldown({
    input: fileURLToPath(new URL(`src/${path}`, WEB)),
    external: /^(redstart|@preact)(\/|$)/,
    platform: "node",
  });
  // Where the packages of the playground are found, and nothing is kept.
  const file = fileURLToPath(new URL(`node_modules/.tests/${path.replace(/\W/g, "-")}.${process.pid}.mjs`, WEB));
  mkdirSync(new URL("node_modules/.tests/", WEB), { recursive: true });
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  return import(pathToFileURL(file));
}

/** The package, as those modules have it. */
export function redstart() {
  return import(pathToFileURL(fileURLToPath(new URL("../wasm/npm/dist/node.js", WEB))));
}
