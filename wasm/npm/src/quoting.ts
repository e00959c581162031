// Parses command lines and quotes strings as `redis-cli` does, with the same escapes in both
// directions.

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, a: 7 };
const NAMES: Readonly<Record<number, string>> = { 10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b", 34: '\\"', 92: "\\\\" };
const SPACE = /[\s\0]/;

/** Splits a command line into arguments. Returns `null` if its quotes are unbalanced. */
export function split(line: string): Uint8Array[] | null {
  const args: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let at = 0;
  for (;;) {
    while (at < line.length && SPACE.test(line[at]!)) at += 1;
    if (at >= line.length) return args;
    const bytes: number[] = [];
    while (at < line.length && !SPACE.test(line[at]!)) {
      const quote = line[at]!;
      if (quote !== '"' && quote !== "'") {
        const character = String.fromCodePoint(line.codePointAt(at)!);
        bytes.push(...encoder.encode(character));
        at += character.length;
        continue;
      }
      const end = quoted(line, at + 1, quote, bytes, encoder);
      // A closing quote must end its argument.
      if (end < 0 || (end < line.length && !SPACE.test(line[end]!))) return null;
      at = end;
    }
    args.push(Uint8Array.from(bytes));
  }
}

/**
 * Reads up to the closing `quote` and returns the offset after it, or a negative number if there is
 * none.
 */
function quoted(line: string, at: number, quote: string, bytes: number[], encoder: TextEncoder): number {
  while (at < line.length) {
    const character = String.fromCodePoint(line.codePointAt(at)!);
    const next = line[at + 1];
    if (character === quote) return at + 1;
    if (character !== "\\" || next === undefined || (quote === "'" && next !== "'")) {
      bytes.push(...encoder.encode(character));
      at += character.length;
      continue;
    }
    const hex = quote === '"' && /^x([0-9a-f]{2})/i.exec(line.slice(at + 1, at + 4));
    if (hex) {
      bytes.push(parseInt(hex[1]!, 16));
      at += 4;
    } else {
      const escaped = String.fromCodePoint(line.codePointAt(at + 1)!);
      const code = quote === '"' ? ESCAPES[escaped] : undefined;
      bytes.push(...(code === undefined ? encoder.encode(escaped) : [code]));
      at += 1 + escaped.length;
    }
  }
  return -1;
}

/** Quotes a string. Bytes that are not printable ASCII are escaped. */
export function quote(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let out = '"';
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (NAMES[byte] !== undefined) out += NAMES[byte];
    else if (byte >= 0x20 && byte < 0x7f) out += String.fromCharCode(byte);
    else out += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `${out}"`;
}
