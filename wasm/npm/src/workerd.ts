// The entry point for edge workers. They cannot compile modules: the module is imported as one.

import module from "./engine.wasm";
import { type Options, Redstart as Base } from "./redstart.js";
import type { Replay, ReplayOptions } from "./replay.js";
import { Compiled, type Source } from "./source.js";

export * from "./exports.js";

const compiled = new Compiled(() => Promise.resolve(module));

export class Redstart extends Base {
  /** Opens a database: empty, or with the data of a snapshot. */
  static async open(options: Options & Source = {}): Promise<Redstart> {
    const { runtime, defaults } = await this.opened(compiled.module(options), options, () => {
      throw new TypeError("dataDir is not supported in a worker: it has no storage");
    });
    return new Redstart(runtime, defaults);
  }

  /** Opens a recording, to replay its session. */
  static async replay(recording: Uint8Array, options: ReplayOptions & Source = {}): Promise<Replay> {
    return this.play(await compiled.module(options), recording, options);
  }
}
