// The entry for edge workers. They compile nothing themselves: the module is imported as one.

import module from "./engine.wasm";
import { type Options, Redstart as Base } from "./redstart.js";
import type { Replay, ReplayOptions } from "./replay.js";
import { Compiled, type Source } from "./source.js";

export * from "./exports.js";

const compiled = new Compiled(() => Promise.resolve(module));

export class Redstart extends Base {
  /** Opens a database: an empty one, or with the data of a snapshot. */
  static async open(options: Options & Source = {}): Promise<Redstart> {
    const { runtime, defaults } = await this.opened(compiled.module(options), options, () => {
      throw new TypeError("a worker has no place to keep data: there is no dataDir");
    });
    return new Redstart(runtime, defaults);
  }

  /** Opens a recording, for its session to run again. */
  static async replay(recording: Uint8Array, options: ReplayOptions & Source = {}): Promise<Replay> {
    return this.play(await compiled.module(options), recording, options);
  }
}
