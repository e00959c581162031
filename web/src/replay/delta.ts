// What differs between the values that a key has at two moments: of a string the part that is another, of a collection its elements. What is read,
// and what is told, has a limit; what lies beyond is counted, or said to be left out.

import type { Argument, Keyspace, KeyType, Reply } from "redstart";
import { latin1, same, whole } from "../bytes.js";
import { shown } from "../keyspace/text.js";

export interface Delta {
  readonly lines: readonly Difference[];
  /** Differences that are not told. */
  readonly more: number;
  /** Whether there was too much to read all of it. */
  readonly isCut: boolean;
}

export interface Difference {
  /** Where it is: a field, a member, an index or an id; nothing in a string. */
  readonly name?: string;
  /** What was there. */
  readonly before?: string;
  /** What is there. */
  readonly after?: string;
}

/** One of the two moments. */
export interface Side {
  readonly type: KeyType | undefined;
  ask(...command: Argument[]): Reply;
}

/** Differences of a key that are told. */
const MOST_TOLD = 50;
/** Elements that are looked at, and bytes of a string. */
const MOST_ELEMENTS = 10_000;
const MOST_BYTES = 65_536;
/** What is told of a string, or of an element, and of what is the same before it. */
const BRIEF_BYTES = 120;
const CONTEXT_BYTES = 16;

type Item = readonly [name: Uint8Array, content: Uint8Array];

/** How the elements of an unordered type are read, and how one of them is looked up. */
interface Elements {
  first(side: Side, key: Uint8Array): Item[];
  find(side: Side, key: Uint8Array, name: Uint8Array): Uint8Array | undefined;
}

const NOTHING = new Uint8Array();
const bytesOf = (value: unknown) => new TextEncoder().encode(String(value));

const ELEMENTS: Readonly<Partial<Record<KeyType, Elements>>> = {
  set: {
    first: ({ ask }, key) => scanned(ask, "SSCAN", key).map((member) => [member, NOTHING]),
    find: ({ ask }, key, member) => (ask("SISMEMBER", key, member) === 1 ? NOTHING : undefined),
  },
  hash: {
    first: ({ ask }, key) => pairs(scanned(ask, "HSCAN", key)),
    find: ({ ask }, key, field) => (ask("HGET", key, field) as Uint8Array | null) ?? undefined,
  },
  zset: {
    first: ({ ask }, key) => (ask("ZRANGE", key, 0, MOST_ELEMENTS - 1, "WITHSCORES") as [Uint8Array, number][]).map(([member, score]) => [member, bytesOf(score)]),
    find: ({ ask }, key, member) => {
      const score = ask("ZSCORE", key, member);
      return score === null ? undefined : bytesOf(score);
    },
  },
  stream: {
    // The latest are the ones that are asked about.
    first: ({ ask }, key) => (ask("XREVRANGE", key, "+", "-", "COUNT", MOST_ELEMENTS) as [Uint8Array, Uint8Array[]][]).map(([id, fields]) => [id, entry(fields)]),
    find: ({ ask }, key, id) => {
      const [found] = ask("XRANGE", key, id, id) as [Uint8Array, Uint8Array[]][];
      return found && entry(found[1]);
    },
  },
};

const SIZES: Readonly<Partial<Record<KeyType, string>>> = { set: "SCARD", hash: "HLEN", zset: "ZCARD", stream: "XLEN", list: "LLEN" };

/** How a side is asked. */
export function side(keyspace: Keyspace, database: number, type: KeyType | undefined): Side {
  return { type, ask: (...command) => keyspace.ask(database, ...command) };
}

/** What became of a value; nothing is told of what another type has taken the place of. */
export function delta(key: Uint8Array, before: Side, after: Side): Delta {
  const type = after.type ?? before.type;
  if (type === "string") return ofStrings(key, before, after);
  if (type === "list") return ofLists(key, before, after);
  const elements = type && ELEMENTS[type];
  return elements === undefined ? told([], false) : ofElements(key, before, after, elements);
}

function ofElements(key: Uint8Array, before: Side, after: Side, { first, find }: Elements): Delta {
  const type = after.type ?? before.type;
  const [was, is] = [before, after].map((side) => (side.type === type ? first(side, key) : []));
  const lines: Difference[] = [];
  for (const [name, content] of is!) {
    const old = before.type === type ? find(before, key, name) : undefined;
    if (old === undefined || !same(old, content)) lines.push({ name: brief(name), ...differing(old, content) });
  }
  for (const [name, content] of was!) {
    if (after.type !== type || find(after, key, name) === undefined) lines.push({ name: brief(name), ...differing(content, undefined) });
  }
  return told(lines, [before, after].some((side) => size(side, type, key) > MOST_ELEMENTS));
}

/** Of lists the part between what both begin and end with. */
function ofLists(key: Uint8Array, before: Side, after: Side): Delta {
  const [was, is] = [before, after].map(({ type, ask }) => (type === "list" ? (ask("LRANGE", key, 0, MOST_ELEMENTS - 1) as Uint8Array[]) : [])) as [Uint8Array[], Uint8Array[]];
  const isCut = [before, after].some((side) => size(side, "list", key) > MOST_ELEMENTS);
  const shorter = Math.min(was.length, is.length);
  let head = 0;
  while (head < shorter && same(was[head]!, is[head]!)) head += 1;
  let tail = 0;
  while (!isCut && tail < shorter - head && same(was[was.length - 1 - tail]!, is[is.length - 1 - tail]!)) tail += 1;
  const lines: Difference[] = [];
  const [wasEnd, isEnd] = [was.length - tail, is.length - tail];
  for (let at = head; at < Math.max(wasEnd, isEnd); at += 1) {
    const [old, now] = [at < wasEnd ? was[at] : undefined, at < isEnd ? is[at] : undefined];
    if (old === undefined || now === undefined || !same(old, now)) lines.push({ name: String(at), ...differing(old, now) });
  }
  return told(lines, isCut);
}

function ofStrings(key: Uint8Array, before: Side, after: Side): Delta {
  const [was, is] = [before, after].map(({ type, ask }) => (type === "string" ? (ask("GETRANGE", key, 0, MOST_BYTES - 1) as Uint8Array) : undefined));
  const isSame = was !== undefined && is !== undefined && same(was, is);
  return told(isSame ? [] : [differing(was, is)], [was, is].some((bytes) => bytes?.length === MOST_BYTES));
}

/** Both from where they begin to differ, and a little of what is before that. */
function differing(was: Uint8Array | undefined, is: Uint8Array | undefined): Difference {
  let head = 0;
  if (was !== undefined && is !== undefined) while (head < Math.min(was.length, is.length) && was[head] === is[head]) head += 1;
  return { ...(was && { before: from(was, head) }), ...(is && { after: from(is, head) }) };
}

function told(lines: readonly Difference[], isCut: boolean): Delta {
  return { lines: lines.slice(0, MOST_TOLD), more: Math.max(0, lines.length - MOST_TOLD), isCut };
}

function size({ type, ask }: Side, expected: KeyType | undefined, key: Uint8Array): number {
  return type === undefined || type !== expected ? 0 : Number(ask(SIZES[type]!, key));
}

function scanned(ask: Side["ask"], command: "SSCAN" | "HSCAN", key: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  let cursor: Argument = "0";
  do {
    const [next, page] = ask(command, key, cursor, "COUNT", 1000) as [Uint8Array, Uint8Array[]];
    for (const item of page) items.push(item);
    cursor = next;
  } while (latin1(cursor as Uint8Array) !== "0" && items.length < MOST_ELEMENTS);
  return items;
}

/** The fields of a stream's entry, in a line. */
function entry(fields: readonly Uint8Array[]): Uint8Array {
  return bytesOf(fields.slice(0, 20).map(brief).join(" "));
}

function pairs(items: readonly Uint8Array[]): [Uint8Array, Uint8Array][] {
  return Array.from({ length: items.length >> 1 }, (_, at) => [items[at * 2]!, items[at * 2 + 1]!]);
}

/** The beginning of bytes, as they are shown. */
function brief(bytes: Uint8Array): string {
  return from(bytes, 0);
}

/** Bytes from a place on, with a little of what is before it. */
function from(bytes: Uint8Array, at: number): string {
  const start = at <= CONTEXT_BYTES ? 0 : whole(bytes, at - CONTEXT_BYTES);
  const end = bytes.length - start <= BRIEF_BYTES ? bytes.length : whole(bytes, start + BRIEF_BYTES);
  return `${start > 0 ? "…" : ""}${shown(bytes.subarray(start, end))}${end < bytes.length ? "…" : ""}`;
}
