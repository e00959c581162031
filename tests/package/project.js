// The package as it is published, installed into an empty project.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../wasm/npm", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** A project that has the package alone: `write` puts a file there, `path` tells where one is. */
export function project() {
  const root = mkdtempSync(join(tmpdir(), "redstart-project-"));
  const npm = (directory, ...words) => execFileSync("npm", [...words, "--silent"], { cwd: directory, encoding: "utf8" });
  const [{ filename }] = JSON.parse(npm(PACKAGE, "pack", "--json", "--pack-destination", root));
  const path = (...names) => join(root, ...names);
  const write = (name, text) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
    return path(name);
  };
  write("package.json", '{ "private": true, "type": "module" }');
  npm(root, "install", "--no-audit", "--no-fund", "--offline", path(filename));
  return { root, path, write, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Serves a folder on a port of this machine. */
export async function serve(root) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURI(new URL(request.url, "http://localhost").pathname));
    try {
      const body = await readFile(join(root, path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
