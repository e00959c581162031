// Reads commands out of what clients send, in multibulk and inline form.

import { split } from "redstart/format";
import { joined } from "../bytes.js";

const STAR = 42;
const DOLLAR = 36;
const CR = 13;
const LF = 10;
/** No request of Redis has more arguments or longer ones. */
const LIMIT = 2 ** 31;

const utf8 = new TextDecoder();

/** A command, and where it ends. */
export interface Parsed {
  readonly args: Uint8Array[];
  readonly end: number;
}

/** A request that is none: at this byte, for this reason. */
export interface Broken {
  readonly offset: number;
  readonly why: string;
}

/** The request that begins at `start`; `undefined` where the bytes end before it does. */
export function parse(bytes: Uint8Array, start: number): Parsed | Broken | undefined {
  if (bytes[start] !== STAR) return inline(bytes, start);
  const count = header(bytes, start);
  if (count === undefined || "why" in count) return count;
  const args: Uint8Array[] = [];
  let at = count.end;
  while (args.length < count.value) {
    if (at >= bytes.length) return undefined;
    if (bytes[at] !== DOLLAR) return { offset: at, why: "expected '$' at the start of an argument" };
    const length = header(bytes, at);
    if (length === undefined || "why" in length) return length;
    at = length.end + Math.max(0, length.value);
    if (at + 2 > bytes.length) return undefined;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return { offset: at, why: "expected a line end after the argument's length in bytes" };
    args.push(bytes.subarray(length.end, at));
    at += 2;
  }
  return { args, end: at };
}

/** The commands of one client, however its bytes are cut. */
export class Requests {
  #rest: Uint8Array = new Uint8Array();

  /** The commands that are complete with these bytes. Behind a broken one there are none: the server reads no further. */
  read(bytes: Uint8Array): Uint8Array[][] {
    const all = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    const { commands, end } = whole(all);
    this.#rest = all.subarray(end);
    return commands;
  }
}

/** The commands that bytes hold whole. */
export function commandsOf(bytes: Uint8Array): Uint8Array[][] {
  return whole(bytes).commands;
}

function whole(bytes: Uint8Array): { commands: Uint8Array[][]; end: number } {
  const commands: Uint8Array[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = parse(bytes, at);
    if (next === undefined) return { commands, end: at };
    if ("why" in next) break;
    if (next.args.length > 0) commands.push(next.args);
    at = next.end;
  }
  return { commands, end: bytes.length };
}

function header(bytes: Uint8Array, start: number): { value: number; end: number } | Broken | undefined {
  const end = bytes.indexOf(LF, start);
  if (end < 0) return bytes.length - start > 32 ? { offset: start, why: "expected a number and a line end" } : undefined;
  const digits = String.fromCharCode(...bytes.subarray(start + 1, Math.min(end, start + 32)));
  if (!/^-?\d{1,10}\r$/.test(digits) || Number(digits) >= LIMIT) return { offset: start, why: "expected a number and a line end" };
  return { value: Number(digits), end: end + 1 };
}

function inline(bytes: Uint8Array, start: number): Parsed | Broken | undefined {
  const end = bytes.indexOf(LF, start);
  if (end < 0) return undefined;
  const line = utf8.decode(bytes.subarray(start, end));
  const args = split(line);
  return args === null ? { offset: start, why: `unbalanced quotes in ${line.trim()}` } : { args, end: end + 1 };
}
