// The keys of a database as rows, kept up to date. Few keys are read again whenever something has changed; of many the rows that are seen are
// looked at one by one, and the whole list is read in slices behind them.

import type { KeyType, KeyView, Keyspace } from "redstart";
import { latin1 } from "../bytes.js";
import { filter } from "./glob.js";
import { type Work, inSlices, sorted } from "./slices.js";

/** A key as it was when it was looked at last. */
export interface Row {
  readonly key: Uint8Array;
  /** Its key with a character for each byte: names are compared by it. */
  readonly name: string;
  type: KeyType;
  encoding: string;
  size: number;
  /** When it expires, in milliseconds since the Unix epoch; `null` where it does not. */
  deadline: number | null;
  /** The longest that it was seen to have left until this deadline. */
  span: number;
  /** What tells one value from another, where it is small enough to be looked at. */
  print: string;
  /** Whether the key is there no more. */
  isGone: boolean;
  /** When it was seen to have changed, on the page's own clock. */
  changedAt: number;
}

export type Order = "name" | "type" | "size" | "ttl";

export interface Query {
  readonly database: number;
  /** As in `glob.ts`. */
  readonly pattern: string;
  /** Empty for all. */
  readonly type: KeyType | "";
  readonly order: Order;
  readonly descending: boolean;
}

/** What rows are read from: `Moment` is one. */
export interface Source {
  readonly isOpen: boolean;
  readonly keyspace: Keyspace;
  now(): number;
}

/** Up to so many keys are read at once. */
const FEW = 2000;
/** Values up to so many bytes, or elements, are told apart when they are seen. */
const SMALL_BYTES = 4096;
const SMALL_ELEMENTS = 256;

export class Rows {
  /** The rows of the query, in its order. */
  rows: readonly Row[] = [];
  /** How many keys the database has. */
  total = 0;
  /** Whether the list is being read, for the first time with this query. */
  isReading = false;
  /** The keys of the database, once they have been read. */
  #known: Map<string, Row> | undefined;
  #query: Query | undefined;
  #work: Work | undefined;
  #isStale = false;
  #seenChanges = -1;
  #source: Source | undefined;
  #changed: () => void;

  /** `changed` is told whenever there is something new to show. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Shows what `query` asks for. What is known of the rows is kept if the database stays. */
  show(source: Source, query: Query): void {
    if (query.database !== this.#query?.database) this.#known = undefined;
    this.#query = query;
    this.#work?.stop();
    this.#work = undefined;
    this.#seenChanges = -1;
    this.isReading = true;
    this.look(source);
  }

  /** Looks again, if there may be something new. */
  look(source: Source): void {
    const { changes } = source.keyspace;
    const query = this.#query;
    if (query === undefined) return;
    const total = source.keyspace.databases().find(({ database }) => database === query.database)?.keys ?? 0;
    const isSame = source === this.#source && changes === this.#seenChanges && total === this.total;
    this.#source = source;
    this.total = total;
    if (isSame) return;
    this.#seenChanges = changes;
    this.#isStale = true;
    this.#read();
  }

  close(): void {
    this.#work?.stop();
    this.#work = undefined;
    this.#query = undefined;
  }

  /** What is known of a key. */
  row(key: Uint8Array): Row | undefined {
    return this.#known?.get(latin1(key));
  }

  /** Looks at some rows more closely: what they are now, and whether their value is another. */
  inspect(rows: readonly Row[]): void {
    const source = this.#source;
    if (source === undefined || this.#query === undefined) return;
    for (const row of rows) {
      const now = source.now();
      const view = viewed(source.keyspace, this.#query.database, row.key);
      row.isGone = view === null;
      if (view === null) continue;
      const print = fingerprint(source.keyspace, this.#query.database, view);
      if (row.print !== "" && print !== "" && row.print !== print) row.changedAt = performance.now();
      row.print = print;
      renew(row, view, now);
    }
  }

  #read(): void {
    if (this.#work !== undefined) return;
    this.#isStale = false;
    let isDone = false;
    const steps = this.#steps();
    if (this.total <= FEW) {
      while (!steps.next().done);
      this.#shown();
      return;
    }
    const work = inSlices(steps, () => {
      isDone = true;
      this.#work = undefined;
      this.#shown();
      // What has changed meanwhile is read in the next round, after a while: it is seen at once where it matters.
      if (this.#isStale) this.#pause();
    });
    if (!isDone) this.#work = work;
  }

  #pause(): void {
    const timer = setTimeout(() => {
      this.#work = undefined;
      this.#read();
    }, 250);
    this.#work = { stop: () => clearTimeout(timer) };
  }

  #shown(): void {
    this.isReading = false;
    this.#changed();
  }

  *#steps(): Generator<void> {
    const { database, pattern, type, order, descending } = this.#query!;
    const matches = filter(pattern);
    const isFirst = this.#known === undefined;
    const known = new Map<string, Row>();
    const found: Row[] = [];
    let cursor = 0n;
    do {
      const { keyspace } = this.#source!;
      const now = this.#source!.now();
      const page = keyspace.page({ database, cursor, count: 250 });
      cursor = page.cursor;
      for (const view of page.keys) {
        const name = latin1(view.key);
        let row = this.#known?.get(name);
        if (row === undefined) row = begun(view, name, now, isFirst ? -Infinity : performance.now());
        else renew(row, view, now);
        known.set(name, row);
        if ((type === "" || type === view.type) && matches(name)) found.push(row);
      }
      yield;
    } while (cursor !== 0n);
    const rows = yield* sorted(found, comparison(order, descending));
    this.#known = known;
    this.rows = rows;
  }
}

function begun(view: KeyView, name: string, now: number, changedAt: number): Row {
  return {
    key: view.key,
    name,
    type: view.type,
    encoding: view.encoding,
    size: view.size,
    deadline: view.ttlMs === null ? null : now + view.ttlMs,
    span: view.ttlMs ?? 0,
    print: "",
    isGone: false,
    changedAt,
  };
}

/** Brings a row up to date with what its key is now. */
function renew(row: Row, { type, encoding, size, ttlMs }: Omit<KeyView, "key">, now: number): void {
  const deadline = ttlMs === null ? null : now + ttlMs;
  // A millisecond is lost or won by rounding.
  const isSameDeadline = deadline === row.deadline || (deadline !== null && row.deadline !== null && Math.abs(deadline - row.deadline) < 2);
  if (row.isGone || type !== row.type || encoding !== row.encoding || size !== row.size || !isSameDeadline) row.changedAt = performance.now();
  row.span = isSameDeadline ? Math.max(row.span, ttlMs ?? 0) : (ttlMs ?? 0);
  if (!isSameDeadline) row.deadline = deadline;
  row.isGone = false;
  row.type = type;
  row.encoding = encoding;
  row.size = size;
}

const LENGTHS: Readonly<Record<KeyType, string>> = { string: "STRLEN", list: "LLEN", set: "SCARD", zset: "ZCARD", hash: "HLEN", stream: "XLEN" };

/** A key as `Keyspace.page` shows it; `null` where there is none. */
export function viewed(keyspace: Keyspace, database: number, key: Uint8Array): KeyView | null {
  const type = String(keyspace.ask(database, "TYPE", key));
  if (!(type in LENGTHS)) return null;
  const ttlMs = Number(keyspace.ask(database, "PTTL", key));
  const encoding = latin1(keyspace.ask(database, "OBJECT", "ENCODING", key) as Uint8Array);
  const size = Number(keyspace.ask(database, LENGTHS[type as KeyType], key));
  return { key, type: type as KeyType, encoding, ttlMs: ttlMs < 0 ? null : ttlMs, size };
}

/** The checksum of a small value, empty for a large one. */
function fingerprint(keyspace: Keyspace, database: number, { key, type, size }: KeyView): string {
  if (size > (type === "string" ? SMALL_BYTES : SMALL_ELEMENTS)) return "";
  const dumped = keyspace.ask(database, "DUMP", key) as Uint8Array | null;
  return dumped === null ? "" : latin1(dumped.subarray(-8));
}

function comparison(order: Order, descending: boolean): (a: Row, b: Row) => number {
  const sign = descending ? -1 : 1;
  const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  switch (order) {
    case "name": return (a, b) => sign * byName(a, b);
    case "type": return (a, b) => sign * (a.type < b.type ? -1 : a.type > b.type ? 1 : 0) || byName(a, b);
    case "size": return (a, b) => sign * (a.size - b.size) || byName(a, b);
    case "ttl": return (a, b) => sign * ((a.deadline ?? Infinity) - (b.deadline ?? Infinity) || 0) || byName(a, b);
  }
}
