// A recording as `redstart` makes it, here and in a server.

import { Redstart } from "redstart";
import { type Format, FormatError } from "./format.js";

/** How a recording begins: the length of the name, and the name. */
const MAGIC = "\x08redstart";

export const recording: Format = {
  title: "Recording",
  fileName: "session.redstart",
  recognizes: ([file, ...more]) => more.length === 0 && file !== undefined && String.fromCharCode(...file.bytes.subarray(0, MAGIC.length)) === MAGIC,
  async read([file]) {
    try {
      (await Redstart.replay(file!.bytes)).close();
    } catch (reason) {
      throw new FormatError(`${file!.name}: ${reason instanceof Error ? reason.message : String(reason)}`);
    }
    return { recording: file!.bytes, notes: [] };
  },
  write: async (recording) => recording,
};
