import { type Visitor, text } from "./decoder.js";
import { RedstartError } from "./error.js";

/**
 * A reply as a JavaScript value. Integers and RESP3's big numbers are `number` if that is exact,
 * otherwise `bigint`. Maps are `Map`, or objects on request; sets are `Set`. An error inside a list
 * (as in the reply to `EXEC`) is a `RedstartError`.
 */
export type Reply =
  | string | number | bigint | boolean | null | Uint8Array | RedstartError | Reply[] | Set<Reply> | Map<Reply, Reply> | { [key: string]: Reply };

export interface ValueOptions {
  /** The type of maps: `Map` (the default), or objects without a prototype. */
  maps?: "map" | "object";
}

/** Builds values, with text or bytes for bulk strings. */
export class Values implements Visitor<Reply> {
  readonly bulk: Visitor<Reply>["bulk"];
  #isObject: boolean;

  constructor(isBinary: boolean, { maps }: ValueOptions) {
    this.bulk = isBinary ? (bytes, start, end) => bytes.slice(start, end) : text;
    this.#isObject = maps === "object";
  }

  status(bytes: Uint8Array, start: number, end: number): Reply {
    return text(bytes, start, end);
  }
  error(bytes: Uint8Array, start: number, end: number): Reply {
    return new RedstartError(text(bytes, start, end));
  }
  verbatim(bytes: Uint8Array, start: number, end: number): Reply {
    return this.bulk(bytes, start, end);
  }
  integer(value: number | bigint): Reply {
    return value;
  }
  double(digits: string): Reply {
    return digits === "inf" ? Infinity : digits === "-inf" ? -Infinity : Number(digits);
  }
  bigNumber(digits: string): Reply {
    const value = BigInt(digits);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  boolean(value: boolean): Reply {
    return value;
  }
  nothing(): Reply {
    return null;
  }
  list(kind: "array" | "set" | "push", items: Reply[]): Reply {
    return kind === "set" ? new Set(items) : items;
  }
  pairs(_kind: "map" | "attribute", items: [Reply, Reply][]): Reply {
    if (!this.#isObject) return new Map(items);
    const object: { [key: string]: Reply } = Object.create(null);
    for (const [key, value] of items) object[key instanceof Uint8Array ? text(key, 0, key.length) : String(key)] = value;
    return object;
  }
}
