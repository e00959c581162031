import { type Visitor, text } from "./decoder.js";
import { RedstartError } from "./error.js";

/**
 * A reply as JavaScript has it. Integers and RESP3's big numbers are `number` while that is exact, else `bigint`; maps are `Map`, sets are `Set`; an
 * error inside a list (as in the reply to `EXEC`) is a `RedstartError`.
 */
export type Reply = string | number | bigint | boolean | null | Uint8Array | RedstartError | Reply[] | Set<Reply> | Map<Reply, Reply>;

/** Makes values, with text or bytes for bulk strings. */
class Values implements Visitor<Reply> {
  constructor(readonly bulk: Visitor<Reply>["bulk"]) {}

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
    return new Map(items);
  }
}

export const texts = new Values(text);
export const buffers = new Values((bytes, start, end) => bytes.slice(start, end));
