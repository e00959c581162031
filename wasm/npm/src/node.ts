import { readFile } from "node:fs/promises";
import { type Options, Redstart as Base } from "./redstart.js";

export * from "./exports.js";

let compiled: Promise<WebAssembly.Module> | undefined;

export class Redstart extends Base {
  /** Opens an empty engine. */
  static async open(options: Options = {}): Promise<Redstart> {
    return new Redstart(options.wasm ?? (await (compiled ??= compile())), options);
  }
}

async function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL("./engine.wasm", import.meta.url)));
}
