// All formats, in the order in which they are tried: the last one takes any text.

import type { Watch } from "../session/watch.js";
import { appendOnlyFile } from "./aof.js";
import { testCase } from "./case.js";
import { commands } from "./commands.js";
import { type Format, FormatError, type NamedFile, type Opened } from "./format.js";
import { monitor } from "./monitor.js";
import { snapshot } from "./rdb.js";
import { recording } from "./recording.js";

export { type Format, FormatError, type NamedFile, type Opened } from "./format.js";

export const FORMATS: readonly Format[] = [recording, snapshot, appendOnlyFile, monitor, testCase, commands];

/** Opens files that belong together, whatever they are. */
export async function open(files: readonly NamedFile[], watch?: Watch): Promise<Opened> {
  const format = FORMATS.find((format) => format.recognizes(files));
  if (format !== undefined) return format.read(files, watch);
  const names = files.map(({ name }) => name).join(", ");
  throw new FormatError(
    files.length > 1
      ? `${names}: only the parts of a single append-only file can be opened together`
      : `${names} is not one of these: ${FORMATS.map(({ title }) => title.toLowerCase()).join(", ")}`,
  );
}
