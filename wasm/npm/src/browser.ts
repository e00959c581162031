import { type Options, Redstart as Base } from "./redstart.js";
import type { Replay, ReplayOptions } from "./replay.js";
import { Compiled, type Source } from "./source.js";

export * from "./exports.js";

const compiled = new Compiled(async () => {
  const response = await fetch(new URL("./engine.wasm", import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  // The page must also work with servers that do not know the type of `.wasm` files.
  const isNamed = response.headers.get("content-type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
});

export class Redstart extends Base {
  /** Opens a database: empty, or with the data of a snapshot or of an earlier session. */
  static async open(options: Options & Source = {}): Promise<Redstart> {
    const { runtime, defaults } = await this.opened(compiled.module(options), options, async (place) => (await import("./indexed-db.js")).IndexedDb.open(String(place)));
    return new Redstart(runtime, defaults);
  }

  /** Opens a recording, to replay its session. */
  static async replay(recording: Uint8Array, options: ReplayOptions & Source = {}): Promise<Replay> {
    return this.play(await compiled.module(options), recording, options);
  }
}
