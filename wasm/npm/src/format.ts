// Formats replies as `redis-cli` does in a terminal.

import { Decoder, INCOMPLETE, type Visitor, text } from "./decoder.js";
import { quote } from "./quoting.js";

export { quote, split } from "./quoting.js";

/** The lines of one reply. */
export interface Shown {
  readonly lines: readonly string[];
  /** Whether it begins on a new line when it is the value of a map. */
  readonly isLong: boolean;
}

const MARKS = { array: ")", set: "~", push: ">", map: "#", attribute: "|" } as const;
const EMPTY = {
  array: "(empty array)", set: "(empty set)", push: "(empty push)", map: "(empty hash)", attribute: "(empty attribute)",
} as const;

const RAW: Readonly<Record<string, readonly string[]>> = {
  debug: ["htstats", "htstats-key", "client-eviction"],
  memory: ["malloc-stats", "doctor"],
  cluster: ["nodes", "info"],
  client: ["list", "info"],
  latency: ["graph", "doctor"],
};

/** Returns `true` if the reply to a command is text for a terminal, such as that of `INFO`. */
export function isRaw(command: readonly Uint8Array[]): boolean {
  const word = (index: number) => (command[index] ? text(command[index], 0, command[index].length).toLowerCase() : "");
  return ["info", "lolwut"].includes(word(0)) || (Object.hasOwn(RAW, word(0)) && RAW[word(0)]!.includes(word(1)));
}

class Lines implements Visitor<Shown> {
  /** Whether the next string is shown unquoted. */
  raw = false;
  #nulls: Readonly<Record<"null" | "null bulk" | "null array", string>>;

  constructor(isExact: boolean) {
    this.#nulls = { "null bulk": "(nil)", null: isExact ? "(null)" : "(nil)", "null array": isExact ? "(nil array)" : "(nil)" };
  }

  status(bytes: Uint8Array, start: number, end: number): Shown {
    return plain(bytes, start, end);
  }
  error(bytes: Uint8Array, start: number, end: number): Shown {
    return line(`(error) ${text(bytes, start, end)}`);
  }
  bulk(bytes: Uint8Array, start: number, end: number): Shown {
    return this.raw ? this.verbatim(bytes, start, end) : line(quote(bytes, start, end));
  }
  verbatim(bytes: Uint8Array, start: number, end: number): Shown {
    return plain(bytes, start, this.raw && end > start && bytes[end - 1] === 10 ? end - 1 : end);
  }
  integer(value: number | bigint): Shown {
    return line(`(integer) ${value}`);
  }
  double(digits: string): Shown {
    return line(`(double) ${digits}`);
  }
  bigNumber(digits: string): Shown {
    return line(`(big number) ${digits}`);
  }
  boolean(value: boolean): Shown {
    return line(`(${value})`);
  }
  nothing(kind: "null" | "null bulk" | "null array"): Shown {
    return line(this.#nulls[kind]);
  }
  list(kind: "array" | "set" | "push", items: Shown[]): Shown {
    return numbered(kind, items);
  }
  pairs(kind: "map" | "attribute", items: [Shown, Shown][]): Shown {
    return numbered(kind, items.map(([key, value]) => {
      const last = key.lines.length - 1;
      const before = key.lines.slice(0, last);
      const [first, ...rest] = value.lines;
      const lines = value.isLong
        ? [...before, `${key.lines[last]} =>`, ...value.lines]
        : [...before, `${key.lines[last]} => ${first}`, ...rest];
      return { lines, isLong: value.isLong };
    }));
  }
}

function line(text: string): Shown {
  return { lines: [text], isLong: false };
}

function plain(bytes: Uint8Array, start: number, end: number): Shown {
  return { lines: text(bytes, start, end).replaceAll("\r", "").split("\n"), isLong: false };
}

function numbered(kind: keyof typeof MARKS, items: readonly Shown[]): Shown {
  if (items.length === 0) return line(EMPTY[kind]);
  const width = String(items.length).length;
  const indent = " ".repeat(width + 2);
  const lines = items.flatMap((item, index) =>
    item.lines.map((text, at) => (at === 0 ? `${String(index + 1).padStart(width)}${MARKS[kind]} ${text}` : indent + text)),
  );
  return { lines, isLong: items.length > 1 || items[0]!.isLong };
}

/** Converts the output of a connection to lines. */
export class Printer {
  #visitor: Lines;
  #decoder: Decoder<Shown>;

  /**
   * With `exact`, RESP3's null is `(null)` and RESP2's null array `(nil array)`, which `redis-cli`
   * does not distinguish.
   */
  constructor({ exact = false }: { exact?: boolean } = {}) {
    this.#visitor = new Lines(exact);
    this.#decoder = new Decoder(this.#visitor);
  }

  /**
   * Returns the lines of every reply that is now complete. `raw` is for replies to a command that
   * `isRaw`.
   */
  print(bytes: Uint8Array, raw = false): string[] {
    this.#visitor.raw = raw;
    this.#decoder.feed(bytes);
    const lines: string[] = [];
    for (let shown = this.#decoder.next(); shown !== INCOMPLETE; shown = this.#decoder.next()) lines.push(...shown.lines);
    return lines;
  }
}
