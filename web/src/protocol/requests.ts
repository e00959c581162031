// Reads commands out of what clients send, in multibulk and inline form, wherever the bytes are cut.

import { split } from "redstart/format";
import { joined } from "./request.js";

const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder();

export class Requests {
  #rest: Uint8Array = new Uint8Array();

  /** The commands that are complete with these bytes. */
  read(bytes: Uint8Array): Uint8Array[][] {
    this.#rest = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    const commands: Uint8Array[][] = [];
    for (let next = command(this.#rest); next !== undefined; next = command(this.#rest)) {
      if (next.args.length > 0) commands.push(next.args);
      this.#rest = this.#rest.subarray(next.end);
    }
    return commands;
  }
}

/** The first command of bytes, and where it ends; `undefined` where it is not complete. What is no command is passed over. */
function command(bytes: Uint8Array): { args: Uint8Array[]; end: number } | undefined {
  const first = line(bytes, 0);
  if (first === undefined) return undefined;
  if (bytes[0] !== 42) return { args: split(utf8.decode(bytes.subarray(0, first.end))) ?? [], end: first.next };
  const args: Uint8Array[] = [];
  let at = first.next;
  for (let count = number(bytes, 1, first.end); count > 0; count -= 1) {
    const head = line(bytes, at);
    if (head === undefined) return undefined;
    const length = number(bytes, at + 1, head.end);
    if (bytes[at] !== 36 || !(length >= 0)) return { args: [], end: bytes.length };
    if (head.next + length + 2 > bytes.length) return undefined;
    args.push(bytes.subarray(head.next, head.next + length));
    at = head.next + length + 2;
  }
  return { args, end: at };
}

function line(bytes: Uint8Array, start: number): { end: number; next: number } | undefined {
  const feed = bytes.indexOf(10, start);
  if (feed < 0) return undefined;
  return { end: feed > start && bytes[feed - 1] === 13 ? feed - 1 : feed, next: feed + 1 };
}

function number(bytes: Uint8Array, start: number, end: number): number {
  return Number(latin1.decode(bytes.subarray(start, end)));
}
