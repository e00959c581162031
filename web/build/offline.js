// A plugin of Vite that puts the service worker beside the page: what it keeps is what was built. It is our own, as the page is a handful of files that
// are all known when it is built: vite-plugin-pwa would bring Workbox, with 150 packages, to write the same list.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

const SOURCE = new URL("../src/offline/worker.js", import.meta.url);
const PUBLIC = new URL("../public/", import.meta.url);

export function offline() {
  return {
    name: "redstart-offline",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const hash = createHash("sha256");
      const source = readFileSync(SOURCE, "utf8");
      const built = Object.values(bundle).map(({ fileName, code, source }) => [fileName, code ?? source]);
      const copied = readdirSync(PUBLIC).map((name) => [name, readFileSync(new URL(name, PUBLIC))]);
      const files = [...built, ...copied].sort(([one], [other]) => (one < other ? -1 : 1));
      for (const [name, content] of [["", source], ...files]) hash.update(name).update(content);
      const version = hash.digest("hex").slice(0, 12);
      const names = files.map(([name]) => (name === "index.html" ? "./" : name));
      const constants = `const VERSION = ${JSON.stringify(version)};\nconst FILES = ${JSON.stringify(names)};\n`;
      this.emitFile({ type: "asset", fileName: "worker.js", source: constants + source });
    },
  };
}
