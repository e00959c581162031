// Makes the CommonJS twins of the modules in dist, for programs and test runners that call `require`: file by file, so that what they share stays shared.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { transformSync } from "esbuild";

const dist = new URL("../dist/", import.meta.url);
const cjs = new URL("cjs/", dist);
const ONLY_MODULES = /^(browser|indexed-db|workerd|bin|playground)\./;

mkdirSync(cjs, { recursive: true });
writeFileSync(new URL("package.json", cjs), '{ "type": "commonjs" }\n');
for (const name of readdirSync(dist)) {
  if (ONLY_MODULES.test(name)) continue;
  if (name.endsWith(".d.ts")) copyFileSync(new URL(name, dist), new URL(name, cjs));
  if (!name.endsWith(".js")) continue;
  const { code } = transformSync(readFileSync(new URL(name, dist), "utf8"), {
    format: "cjs",
    target: "es2022",
    // Jest runs CommonJS in a context of its own, where `import()` does not work.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "moduleUrl" },
    banner: 'const moduleUrl = require("node:url").pathToFileURL(__dirname);',
  });
  writeFileSync(new URL(name, cjs), code);
}
