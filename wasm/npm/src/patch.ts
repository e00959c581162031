// What has changed between two files, as a patch that makes the later one of the earlier one: a journal of snapshots is short where few keys change.
//
// Both files are cut where their content says so, at every place where a sum over the last 32 bytes is small. A change therefore moves the
// cuts near it and no others, and what lies between two cuts is found again wherever it is now.
//
//   patch   length of the later file   parts ...
//   part    2 * length, bytes   or   2 * length + 1, where it begins in the earlier file

import { Reader, Writer } from "./bytes.js";

/** One cut in about as many bytes. */
const CHUNK = 512;
const SHORTEST = 64;
const LONGEST = 8192;

/** A number without pattern for each byte. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
  let mixed = Math.imul(byte + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
});

/** A file that a later one can be compared with. */
export class Chunks {
  readonly file: Uint8Array;
  /** Where its chunks begin, by a sum of each. */
  #starts: ReadonlyMap<number, number>;

  private constructor(file: Uint8Array, starts: ReadonlyMap<number, number>) {
    this.file = file;
    this.#starts = starts;
  }

  static of(file: Uint8Array): Chunks {
    return new Chunks(file, new Map()).next(file).chunks;
  }

  /** The later file, and the patch that leads to it. */
  next(file: Uint8Array): { chunks: Chunks; patch: Uint8Array } {
    const starts = new Map<number, number>();
    const parts = new Parts(file);
    cut(file, (start, end, sum) => {
      starts.set(sum, start);
      parts.add(start, end, this.#find(file, start, end, sum));
    });
    return { chunks: new Chunks(file, starts), patch: parts.patch() };
  }

  #find(file: Uint8Array, start: number, end: number, sum: number): number | undefined {
    const found = this.#starts.get(sum);
    if (found === undefined || found + end - start > this.file.length) return undefined;
    for (let at = start; at < end; at += 1) if (file[at] !== this.file[found + at - start]) return undefined;
    return found;
  }
}

/** Joins parts that follow each other in both files. */
class Parts {
  #file: Uint8Array;
  #out = new Writer();
  #start = 0;
  #end = 0;
  #from: number | undefined;

  constructor(file: Uint8Array) {
    this.#file = file;
    this.#out.number(file.length);
  }

  add(start: number, end: number, from: number | undefined): void {
    const goesOn = from === undefined ? this.#from === undefined : this.#from !== undefined && this.#from + this.#end - this.#start === from;
    if (!goesOn) {
      this.#close();
      [this.#start, this.#from] = [start, from];
    }
    this.#end = end;
  }

  patch(): Uint8Array {
    this.#close();
    return this.#out.written();
  }

  #close(): void {
    const length = this.#end - this.#start;
    if (length === 0) return;
    this.#out.number(2 * length + (this.#from === undefined ? 0 : 1));
    if (this.#from === undefined) this.#out.raw(this.#file.subarray(this.#start, this.#end));
    else this.#out.number(this.#from);
  }
}

/** The later file. */
export function patched(earlier: Uint8Array, patch: Uint8Array): Uint8Array {
  const reader = new Reader(patch);
  const later = new Uint8Array(reader.number());
  let at = 0;
  while (!reader.isAtEnd) {
    const head = reader.number();
    const length = Math.floor(head / 2);
    if (head % 2 === 0) later.set(reader.raw(length), at);
    else {
      const from = reader.number();
      later.set(earlier.subarray(from, from + length), at);
    }
    at += length;
  }
  if (at !== later.length) throw new RangeError("the journal is damaged");
  return later;
}

function cut(file: Uint8Array, each: (start: number, end: number, sum: number) => void): void {
  let [start, gear, sum] = [0, 0, 0];
  for (let at = 0; at < file.length; at += 1) {
    const byte = file[at]!;
    gear = ((gear << 1) + GEAR[byte]!) | 0;
    sum = Math.imul(sum ^ byte, 0x01000193);
    const length = at + 1 - start;
    if ((length >= SHORTEST && gear >>> 0 < 0x1_0000_0000 / CHUNK) || length === LONGEST || at + 1 === file.length) {
      each(start, at + 1, sum);
      start = at + 1;
      sum = 0;
    }
  }
}
