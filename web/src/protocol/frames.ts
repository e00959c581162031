// Where replies begin and end in bytes, and what they hold: enough to pair them with requests, and to explain them.

export interface Frame {
  /** The byte that tells its type: `+`, `-`, `:`, `$`, `*`, `_`, `,`, `(`, `#`, `!`, `=`, `~`, `>`, `%` or `|`. */
  readonly type: string;
  readonly start: number;
  /** Where what follows the type's line begins; `end` for types of one line. */
  readonly body: number;
  readonly end: number;
  /** What stands between the type and its line's end. */
  readonly head: string;
  /** The text of an error. */
  readonly error: string | undefined;
  /** Elements; of maps and attributes keys and values in turn. */
  readonly items: readonly Frame[];
  /** Whether the bytes end before it does. */
  readonly isCut: boolean;
}

const latin1 = new TextDecoder("latin1");
const AGGREGATES: Readonly<Record<string, number>> = { "*": 1, "~": 1, ">": 1, "%": 2, "|": 2 };
const BULKS = "$=!";

/** The replies that bytes hold, one behind the other. */
export function frames(bytes: Uint8Array): Frame[] {
  const found: Frame[] = [];
  for (let at = 0; at < bytes.length; at = found.at(-1)!.end) found.push(frame(bytes, at));
  return found;
}

function frame(bytes: Uint8Array, start: number): Frame {
  const type = String.fromCharCode(bytes[start]!);
  const lineEnd = bytes.indexOf(10, start);
  const body = lineEnd < 0 ? bytes.length : lineEnd + 1;
  const head = latin1.decode(bytes.subarray(start + 1, lineEnd < 0 ? body : lineEnd - 1));
  const base = { type, start, body, head, error: undefined, items: [], end: body, isCut: lineEnd < 0 };
  const length = Number(head);
  if (type === "-") return { ...base, error: head };
  if (BULKS.includes(type) && length >= 0) {
    const end = body + length + 2;
    const error = type === "!" ? latin1.decode(bytes.subarray(body, body + length)) : undefined;
    return { ...base, end: Math.min(end, bytes.length), error, isCut: base.isCut || end > bytes.length };
  }
  const width = AGGREGATES[type];
  if (width === undefined) return base;
  const items: Frame[] = [];
  let end = body;
  while (items.length < length * width && end < bytes.length) {
    const item = frame(bytes, end);
    items.push(item);
    end = item.end;
  }
  return { ...base, items, end, isCut: base.isCut || items.length < length * width || (items.at(-1)?.isCut ?? false) };
}
