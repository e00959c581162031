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
  const response = await fetch(new URL("./engine.wasm", import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  // A server that does not know the type of `.wasm` files must not keep the page from running.
  const isNamed = response.headers.get("content-type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
