// Requests in the bytes that a client sends, and requests as bytes.

import { split } from "redstart/format";
import { joined } from "./stage.js";

const STAR = 42;
const DOLLAR = 36;
const CR = 13;
const LF = 10;
/** No request of Redis has more arguments or longer ones. */
const LIMIT = 2 ** 31;

/** A request that is none: at this byte, for this reason. */
export interface Broken {
  readonly offset: number;
  readonly why: string;
}

/** One request and where it ends; `undefined` where the bytes end before it does. */
export function parse(bytes: Uint8Array, start: number): { args: Uint8Array[]; end: number } | Broken | undefined {
  if (bytes[start] !== STAR) return inline(bytes, start);
  const count = header(bytes, start);
  if (count === undefined || "why" in count) return count;
  const args: Uint8Array[] = [];
  let at = count.end;
  while (args.length < count.value) {
    if (at >= bytes.length) return undefined;
    if (bytes[at] !== DOLLAR) return { offset: at, why: "an argument begins with '$'" };
    const length = header(bytes, at);
    if (length === undefined || "why" in length) return length;
    at = length.end + Math.max(0, length.value);
    if (at + 2 > bytes.length) return undefined;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return { offset: at, why: "an argument is as long as it says, and a line end follows" };
    args.push(bytes.subarray(length.end, at));
    at += 2;
  }
  return { args, end: at };
}

function header(bytes: Uint8Array, start: number): { value: number; end: number } | Broken | undefined {
  const end = bytes.indexOf(LF, start);
  if (end < 0) return bytes.length - start > 32 ? { offset: start, why: "a number and a line end are expected" } : undefined;
  const digits = String.fromCharCode(...bytes.subarray(start + 1, Math.min(end, start + 32)));
  if (!/^-?\d{1,10}\r$/.test(digits) || Number(digits) >= LIMIT) return { offset: start, why: "a number and a line end are expected" };
  return { value: Number(digits), end: end + 1 };
}

function inline(bytes: Uint8Array, start: number): { args: Uint8Array[]; end: number } | Broken | undefined {
  const end = bytes.indexOf(LF, start);
  if (end < 0) return undefined;
  const line = new TextDecoder("latin1").decode(bytes.subarray(start, end));
  const args = split(new TextDecoder().decode(bytes.subarray(start, end)));
  return args === null ? { offset: start, why: `the quotes of ${line.trim()} do not balance` } : { args, end: end + 1 };
}

/** What one client asks for, however its bytes are cut. */
export class Requests {
  #rest: Uint8Array = new Uint8Array();

  /** The requests that are now complete. Behind one that is broken there are none: the server reads no further. */
  feed(bytes: Uint8Array): Uint8Array[][] {
    const all = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    const requests: Uint8Array[][] = [];
    let at = 0;
    while (at < all.length) {
      const next = parse(all, at);
      if (next === undefined) break;
      if ("why" in next) {
        at = all.length;
        break;
      }
      if (next.args.length > 0) requests.push(next.args);
      at = next.end;
    }
    this.#rest = all.slice(at);
    return requests;
  }

  /** Whether a request has begun and not ended. */
  get isWithin(): boolean {
    return this.#rest.length > 0;
  }
}

/** A command as clients send it. */
export function request(args: readonly (Uint8Array | string)[]): Uint8Array {
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [encoder.encode(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === "string" ? encoder.encode(arg) : arg;
    chunks.push(encoder.encode(`$${bytes.length}\r\n`), bytes, Uint8Array.of(CR, LF));
  }
  return joined(chunks);
}
