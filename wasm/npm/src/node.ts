import { readFile } from "node:fs/promises";
import { type Options, Redstart as Base } from "./redstart.js";
import type { Replay, ReplayOptions } from "./replay.js";
import { Compiled, type Source } from "./source.js";

export * from "./exports.js";

const compiled = new Compiled(async () => WebAssembly.compile(await readFile(new URL("./engine.wasm", import.meta.url))));

export class Redstart extends Base {
  /** Opens a database: empty, or with the data of a snapshot or of an earlier session. */
  static async open(options: Options & Source = {}): Promise<Redstart> {
    const { runtime, defaults } = await this.opened(compiled.module(options), options, async (place) => (await import("./folder.js")).Folder.open(place));
    return new Redstart(runtime, defaults);
  }

  /** Opens a recording, to replay its session. */
  static async replay(recording: Uint8Array, options: ReplayOptions & Source = {}): Promise<Replay> {
    return this.play(await compiled.module(options), recording, options);
  }
}
