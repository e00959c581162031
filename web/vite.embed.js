// Builds `<redstart-playground>` into the npm package, as one module beside those that it shares with whoever else uses the package: the engine is there
// once. Its style sheets are text within it, since a document's do not reach into a shadow root.

import { copyFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const DIST = here("../wasm/npm/dist");
const MARK = "\0style:";

/** The package's own modules stay where they are. */
const ENTRIES = { redstart: "./browser.js", "redstart/format": "./format.js" };

const styleSheets = {
  name: "redstart-style-sheets",
  enforce: "pre",
  resolveId(source, importer) {
    if (source in ENTRIES) return { id: ENTRIES[source], external: true };
    if (source.endsWith(".css") && importer !== undefined) return `${MARK}${resolve(dirname(importer), source)}.js`;
    return undefined;
  },
  load(id) {
    if (!id.startsWith(MARK)) return undefined;
    const file = id.slice(MARK.length, -".js".length);
    return `import { styles } from ${JSON.stringify(here("src/embed/styles.ts"))};\nimport css from ${JSON.stringify(`${file}?inline`)};\nstyles.push(css);`;
  },
  closeBundle() {
    copyFileSync(here("src/embed/playground.d.ts"), `${DIST}/playground.d.ts`);
  },
};

export default defineConfig({
  publicDir: false,
  plugins: [styleSheets],
  build: {
    target: "es2022",
    // Browsers that know `light-dark()` themselves: what stands in for it elsewhere asks the system, not the page around the element.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    outDir: DIST,
    emptyOutDir: false,
    modulePreload: false,
    rolldownOptions: {
      input: here("src/embed/element.tsx"),
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "playground.js", codeSplitting: false },
    },
  },
});
