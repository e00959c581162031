// Makes the package's modules of their sources: few files for `import`, because a program that starts waits for each, and twenty took half of the time
// to the first reply. What several entries share lies in files of its own, so it is there once however they are combined. For `require` each source
// becomes a file, which is how CommonJS shares.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build, transformSync } from "esbuild";

const src = new URL("../src/", import.meta.url);
const dist = new URL("../dist/", import.meta.url);
const cjs = new URL("cjs/", dist);
const target = "es2022";

/** What `import` finds, of what package.json says that there is; the playground has a build of its own. */
const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const found = (exported) =>
  typeof exported === "string" ? [exported] : Object.entries(exported).flatMap(([condition, next]) => (condition === "require" ? [] : found(next)));
const entries = new Set(found(exports).flatMap((file) => /^\.\/dist\/(.*)\.js$/.exec(file)?.[1] ?? []));
entries.delete("playground");
/** The command, and what is imported where it is needed. */
for (const name of ["bin", "persistence", "folder", "indexed-db"]) entries.add(name);

for (const name of readdirSync(dist)) if (/\.js$/.test(name) && !/^(engine|playground)\./.test(name)) rmSync(new URL(name, dist));
/** The glue is made for this place, beside what is built here. */
const glue = {
  name: "glue",
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/engine\.js$/ }, () => ({ path: new URL("engine.js", dist).pathname })),
};
await build({
  entryPoints: [...entries].map((name) => new URL(`${name}.ts`, src).pathname),
  outdir: dist.pathname,
  bundle: true,
  splitting: true,
  chunkNames: "shared-[hash]",
  format: "esm",
  target,
  external: ["node:*", "*.wasm"],
  plugins: [glue],
  logLevel: "warning",
});

mkdirSync(cjs, { recursive: true });
writeFileSync(new URL("package.json", cjs), '{ "type": "commonjs" }\n');
const ONLY_IMPORTED = /^(browser|indexed-db|workerd|bin|playground)\./;
for (const name of readdirSync(dist)) if (name.endsWith(".d.ts") && !ONLY_IMPORTED.test(name)) copyFileSync(new URL(name, dist), new URL(name, cjs));
const sources = readdirSync(src).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts") && !ONLY_IMPORTED.test(name));
for (const file of [...sources.map((name) => new URL(name, src)), new URL("engine.js", dist)]) {
  const { code } = transformSync(readFileSync(file, "utf8"), {
    loader: "ts",
    format: "cjs",
    target,
    // Jest runs CommonJS in a context of its own, where `import()` does not work.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "moduleUrl" },
    banner: 'const moduleUrl = require("node:url").pathToFileURL(__dirname);',
  });
  writeFileSync(new URL(file.pathname.replace(/.*\/(.*)\.[jt]s$/, "$1.js"), cjs), code);
}
