// A recording without its passwords. Each password becomes another text of the same length, the same one wherever it occurs, so that logins succeed
// and fail as before and no byte of the recording moves: a request may be cut anywhere.

import { Redstart } from "redstart";
import { joined, latin1 } from "../bytes.js";
import { parse } from "../protocol/requests.js";

export interface Redacted {
  readonly recording: Uint8Array;
  /** How many passwords were replaced. */
  readonly replaced: number;
  /** How many occurrences of passwords had to stay. */
  readonly left: number;
}

/** Part of an argument that is a secret: a password, or the SHA-256 of one in hexadecimal digits. */
interface Secret {
  readonly argument: number;
  /** Where it begins in the argument: rules of users have a sign before it. */
  readonly from: number;
  readonly isHash: boolean;
}

/** A secret, and how it is overwritten. */
interface Found {
  readonly text: string;
  readonly isHash: boolean;
  write(standIn: string): void;
}

const SECRET_PARAMETER = /(?:pass|auth)$/i;
const WORD = /(?:"(?:\\[^]|[^"\\])*"|'(?:\\'|[^'])*'|[^\s\0])+/g;

/** Replaces what logs clients in: of `AUTH`, `HELLO`, `ACL SETUSER`, `CONFIG SET`, `MIGRATE`, and of the parameters that the session began with. */
export async function redacted(original: Uint8Array): Promise<Redacted> {
  const recording = original.slice();
  const found = inParameters(recording);
  let left = 0;
  const replay = await Redstart.replay(recording);
  const clients = new Map<number, Incoming>();
  // The bytes of its events are windows on the recording.
  for (let step = replay.step(); step !== undefined; step = replay.step()) {
    if (step.event.kind !== "receive") continue;
    const incoming = clients.get(step.client) ?? new Incoming();
    clients.set(step.client, incoming);
    left += incoming.read(step.event.bytes, found);
  }
  replay.close();
  const standIns = await standInsFor(found);
  const replaced = new Set<string>();
  for (const { text, isHash, write } of found) {
    const standIn = standIns.get(key(text, isHash));
    if (standIn === undefined) left += 1;
    else {
      write(standIn);
      replaced.add(key(text, isHash));
    }
  }
  return { recording, replaced: replaced.size, left };
}

/** Where the secrets of a command are. */
export function secretsOf(args: readonly Uint8Array[]): Secret[] {
  const word = (at: number) => latin1(args[at] ?? new Uint8Array()).toUpperCase();
  const whole = (argument: number) => ({ argument, from: 0, isHash: false });
  const behind = (start: number, name: string, distance: number) =>
    args.flatMap((_, at) => (at >= start && word(at) === name && at + distance < args.length ? [whole(at + distance)] : []));
  switch (word(0)) {
    case "AUTH": return args.length > 1 ? [whole(args.length - 1)] : [];
    case "HELLO": return helloSecrets(args.length, word).map(whole);
    case "MIGRATE": return [...behind(6, "AUTH", 1), ...behind(6, "AUTH2", 2)];
    case "CONFIG":
      if (word(1) !== "SET") return [];
      return args.flatMap((_, at) => (at >= 3 && at % 2 === 1 && SECRET_PARAMETER.test(word(at - 1)) ? [whole(at)] : []));
    case "ACL":
      if (word(1) !== "SETUSER") return [];
      return args.flatMap((_, argument) => (argument >= 3 && /^[<>#!]/.test(word(argument)) ? [{ argument, from: 1, isHash: /^[#!]/.test(word(argument)) }] : []));
    default: return [];
  }
}

/** The passwords of `HELLO`, whose options have values that may look like options. */
function helloSecrets(length: number, word: (at: number) => string): number[] {
  const found: number[] = [];
  for (let at = 1; at < length; at += 1) {
    if (word(at) === "SETNAME") at += 1;
    else if (word(at) === "AUTH" && at + 2 < length) found.push((at += 2));
  }
  return found;
}

/** What one client sends, in windows on the recording. */
class Incoming {
  #windows: Uint8Array[] = [];

  /** Adds the secrets of the requests that are whole with these bytes; returns how many cannot be told from their surroundings. */
  read(bytes: Uint8Array, found: Found[]): number {
    this.#windows.push(bytes);
    const windows = this.#windows;
    const all = windows.length === 1 ? bytes : joined(windows);
    let at = 0;
    let left = 0;
    while (at < all.length) {
      const request = parse(all, at);
      if (request === undefined) break;
      if ("why" in request) {
        // The server reads no further.
        at = all.length;
        break;
      }
      const isInline = all[at] !== 42;
      const words = isInline ? [...latin1(all.subarray(at, request.end)).matchAll(WORD)] : [];
      for (const { argument, from, isHash } of secretsOf(request.args)) {
        const bytes = request.args[argument]!.subarray(from);
        if (bytes.length === 0) continue;
        const text = latin1(bytes);
        if (!isInline) {
          const start = bytes.byteOffset - all.byteOffset;
          found.push({ text, isHash, write: (standIn) => overwrite(windows, start, standIn) });
        } else if (words.length === request.args.length) {
          // In quotes and escapes it takes more room: spaces behind an argument mean nothing.
          const { 0: raw, index } = words[argument]!;
          const sign = latin1(request.args[argument]!.subarray(0, from));
          const start = at + index;
          found.push({ text, isHash, write: (standIn) => overwrite(windows, start, `${sign}${standIn}`.padEnd(raw.length)) });
        } else left += 1;
      }
      at = request.end;
    }
    this.#windows = at < all.length ? rest(windows, at) : [];
    return left;
  }
}

/** The windows without their first `length` bytes. */
function rest(windows: readonly Uint8Array[], length: number): Uint8Array[] {
  return windows.flatMap((window) => {
    const cut = Math.min(length, window.length);
    length -= cut;
    return cut < window.length ? [window.subarray(cut)] : [];
  });
}

/** Writes a text over what windows hold, from a place in all of them on. */
function overwrite(windows: readonly Uint8Array[], start: number, text: string): void {
  let at = 0;
  for (const window of windows) {
    for (let index = 0; index < window.length; index += 1, at += 1) {
      if (at >= start && at < start + text.length) window[index] = text.charCodeAt(at - start);
    }
  }
}

/** The secrets among the parameters, which follow a recording's name, version and seed: names and values in turn, each with a NUL behind it. */
function inParameters(recording: Uint8Array): Found[] {
  let at = 1 + recording[0]!;
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = recording[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  number();
  const seedLength = number();
  at += seedLength;
  const end = number() + at;
  const words = latin1(recording.subarray(at, end)).split("\0");
  const found: Found[] = [];
  for (const [index, text] of words.entries()) {
    const start = at;
    at += text.length + 1;
    if (index % 2 === 0 || text === "" || !SECRET_PARAMETER.test(words[index - 1]!)) continue;
    found.push({ text, isHash: false, write: (standIn) => overwrite([recording.subarray(start)], 0, standIn) });
  }
  return found;
}

const key = (text: string, isHash: boolean) => `${isHash ? "#" : ">"}${isHash ? text.toLowerCase() : text}`;

/** What each secret becomes; a few short ones may be too many for texts of their length. */
async function standInsFor(found: readonly Found[]): Promise<Map<string, string>> {
  const standIns = new Map<string, string>();
  const counts = new Map<number, number>();
  for (const { text } of found.filter(({ isHash }) => !isHash)) {
    if (standIns.has(key(text, false))) continue;
    const count = (counts.get(text.length) ?? 0) + 1;
    counts.set(text.length, count);
    const digits = count.toString(36);
    if (digits.length > text.length) continue;
    const standIn = digits.padStart(text.length, "x");
    standIns.set(key(text, false), standIn);
    // Only a page that came over HTTPS, or from this machine, has it.
    if (globalThis.crypto?.subtle !== undefined) standIns.set(key(await sha256(text), true), await sha256(standIn));
  }
  let hashes = 0;
  for (const { text } of found.filter(({ isHash }) => isHash)) {
    if (!standIns.has(key(text, true))) standIns.set(key(text, true), (hashes += 1).toString(16).padStart(text.length, "0").slice(-text.length));
  }
  return standIns;
}

async function sha256(text: string): Promise<string> {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
