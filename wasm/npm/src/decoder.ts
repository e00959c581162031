// Decodes RESP2 and RESP3 replies. A visitor decides what they become: values for programs
// (`values.ts`), lines for people (`format.ts`).

/**
 * Builds the result for a reply, from the inside out. Byte arguments are views that are valid
 * during the call only.
 */
export interface Visitor<T> {
  status(bytes: Uint8Array, start: number, end: number): T;
  error(bytes: Uint8Array, start: number, end: number): T;
  bulk(bytes: Uint8Array, start: number, end: number): T;
  verbatim(bytes: Uint8Array, start: number, end: number): T;
  integer(value: number | bigint): T;
  double(text: string): T;
  bigNumber(text: string): T;
  boolean(value: boolean): T;
  nothing(kind: "null" | "null bulk" | "null array"): T;
  list(kind: "array" | "set" | "push", items: T[]): T;
  pairs(kind: "map" | "attribute", items: [T, T][]): T;
}

/** Signals that the bytes end before the reply does. */
export const INCOMPLETE = Symbol("incomplete");

const enum Byte {
  CR = 13, Bang = 33, Hash = 35, Dollar = 36, Percent = 37, Paren = 40, Star = 42, Plus = 43, Comma = 44, Minus = 45,
  Zero = 48, Colon = 58, Equals = 61, More = 62, Underscore = 95, LowerT = 116, Pipe = 124, Tilde = 126,
}

export class Decoder<T> {
  /** Builds the results, from the next reply on. */
  visitor: Visitor<T>;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;

  constructor(visitor: Visitor<T>) {
    this.visitor = visitor;
  }

  /**
   * Appends bytes to what is left. If nothing is left they are read in place, so they must stay
   * unchanged until the next call of `next`.
   */
  feed(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (this.#at < this.#end) {
      const left = this.#end - this.#at;
      const joined = new Uint8Array(left + end - start);
      joined.set(this.#bytes.subarray(this.#at, this.#end));
      joined.set(bytes.subarray(start, end), left);
      [bytes, start, end] = [joined, 0, joined.length];
    }
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Discards what is left. */
  clear(): void {
    this.#at = this.#end;
  }

  /** Whether the next reply is push data, or an attribute of the reply after it. */
  get isAside(): boolean {
    const kind = this.#bytes[this.#at];
    return this.#at < this.#end && (kind === Byte.More || kind === Byte.Pipe);
  }

  /** Returns the next reply, or `INCOMPLETE`. */
  next(): T | typeof INCOMPLETE {
    const start = this.#at;
    // Usually nothing is left, and throwing is slow.
    if (start >= this.#end) return INCOMPLETE;
    try {
      return this.#reply();
    } catch (reason) {
      if (reason !== INCOMPLETE) throw reason;
      this.#at = start;
      // What is left may be in memory that is not ours: keep a copy.
      this.#bytes = this.#bytes.slice(start, this.#end);
      [this.#at, this.#end] = [0, this.#bytes.length];
      return INCOMPLETE;
    }
  }

  #reply(): T {
    const bytes = this.#bytes;
    const kind = bytes[this.#at];
    const start = this.#at + 1;
    switch (kind) {
      case Byte.Plus: return this.visitor.status(bytes, start, this.#line());
      case Byte.Minus: return this.visitor.error(bytes, start, this.#line());
      case Byte.Colon: return this.visitor.integer(this.#integer());
      case Byte.Dollar: {
        const length = this.#length();
        return length < 0 ? this.visitor.nothing("null bulk") : this.visitor.bulk(bytes, this.#skip(length), this.#at - 2);
      }
      case Byte.Star: {
        const length = this.#length();
        return length < 0 ? this.visitor.nothing("null array") : this.visitor.list("array", this.#items(length));
      }
      case Byte.Underscore: this.#line(); return this.visitor.nothing("null");
      case Byte.Comma: return this.visitor.double(this.#text());
      case Byte.Paren: return this.visitor.bigNumber(this.#text());
      case Byte.Hash: this.#line(); return this.visitor.boolean(bytes[start] === Byte.LowerT);
      case Byte.Bang: return this.visitor.error(bytes, this.#skip(this.#length()), this.#at - 2);
      case Byte.Equals: return this.visitor.verbatim(bytes, this.#skip(this.#length()) + 4, this.#at - 2);
      case Byte.Tilde: return this.visitor.list("set", this.#items(this.#length()));
      case Byte.More: return this.visitor.list("push", this.#items(this.#length()));
      case Byte.Percent: return this.visitor.pairs("map", this.#pairs(this.#length()));
      case Byte.Pipe: return this.visitor.pairs("attribute", this.#pairs(this.#length()));
      default:
        if (start > this.#end) throw INCOMPLETE;
        throw new SyntaxError(`expected the first byte of a reply, found byte ${kind}`);
    }
  }

  #items(length: number): T[] {
    const items: T[] = [];
    while (items.length < length) items.push(this.#reply());
    return items;
  }

  #pairs(length: number): [T, T][] {
    const items: [T, T][] = [];
    while (items.length < length) items.push([this.#reply(), this.#reply()]);
    return items;
  }

  /** Moves past the line, and returns the offset of its end. */
  #line(): number {
    const end = this.#bytes.indexOf(Byte.CR, this.#at);
    if (end < 0 || end + 2 > this.#end) throw INCOMPLETE;
    this.#at = end + 2;
    return end;
  }

  /** Moves past a bulk of `length` bytes, and returns the offset of its beginning. */
  #skip(length: number): number {
    const start = this.#at;
    if (start + length + 2 > this.#end) throw INCOMPLETE;
    this.#at = start + length + 2;
    return start;
  }

  #text(): string {
    const start = this.#at + 1;
    return String.fromCharCode(...this.#bytes.subarray(start, this.#line()));
  }

  /** Reads the number after the type byte, if it is certain to be small. */
  #length(): number {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    const isNegative = bytes[at] === Byte.Minus;
    if (isNegative) at += 1;
    let value = 0;
    for (; at < this.#end; at += 1) {
      const digit = bytes[at]!;
      if (digit === Byte.CR) break;
      value = value * 10 + (digit - Byte.Zero);
    }
    if (at + 2 > this.#end) throw INCOMPLETE;
    this.#at = at + 2;
    return isNegative ? -value : value;
  }

  #integer(): number | bigint {
    const start = this.#at;
    const value = this.#length();
    if (Number.isSafeInteger(value)) return value;
    this.#at = start;
    return BigInt(this.#text());
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes text as UTF-8. Invalid bytes become replacement characters. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  // Up to this length, joining characters is faster than the decoder.
  if (end - start > 24) return utf8.decode(bytes.subarray(start, end));
  let joined = "";
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte > 0x7f) return utf8.decode(bytes.subarray(start, end));
    joined += String.fromCharCode(byte);
  }
  return joined;
}
