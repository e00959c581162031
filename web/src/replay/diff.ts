// What differs between the keys of two moments. Values are compared as DUMP writes them, so a key that was changed and changed back is the same.

import type { Keyspace, KeyView } from "redstart";
import { compared, latin1 } from "../bytes.js";

export interface Change {
  readonly kind: "added" | "removed" | "changed";
  readonly database: number;
  readonly key: Uint8Array;
  readonly before: KeyView | undefined;
  readonly after: KeyView | undefined;
}

/** The keys of a moment, with what their values are. */
export interface Picture {
  readonly now: number;
  readonly keys: ReadonlyMap<string, Held>;
}

interface Held {
  readonly database: number;
  readonly view: KeyView;
  /** When it expires, in milliseconds since the Unix epoch; 0 for never. */
  readonly deadline: number;
  readonly hash: number;
}

/** Takes a picture. It holds a hash of each value, so that two pictures of a large keyspace fit. */
export function picture(keyspace: Keyspace, now: number): Picture {
  const keys = new Map<string, Held>();
  for (const { database } of keyspace.databases()) {
    for (const view of keyspace.keys(database)) {
      const dump = keyspace.ask(database, "DUMP", view.key) as Uint8Array | null;
      // Its time has come between the two questions.
      if (dump === null) continue;
      const deadline = view.ttlMs === null ? 0 : Math.round(now + view.ttlMs);
      keys.set(`${database} ${latin1(view.key)}`, { database, view, deadline, hash: hash(dump) });
    }
  }
  return { now, keys };
}

/** What has changed from one to the other, by database and key. */
export function diff(before: Picture, after: Picture): Change[] {
  const changes: Change[] = [];
  for (const [name, was] of before.keys) {
    const is = after.keys.get(name);
    if (is === undefined) changes.push({ kind: "removed", database: was.database, key: was.view.key, before: was.view, after: undefined });
    // A deadline is read off a clock of milliseconds on both sides.
    else if (was.hash !== is.hash || Math.abs(was.deadline - is.deadline) > 1)
      changes.push({ kind: "changed", database: was.database, key: was.view.key, before: was.view, after: is.view });
  }
  for (const [name, is] of after.keys) {
    if (!before.keys.has(name)) changes.push({ kind: "added", database: is.database, key: is.view.key, before: undefined, after: is.view });
  }
  return changes.sort((one, other) => one.database - other.database || compared(one.key, other.key));
}

/** 53 bits of FNV-1a, twice with different starts. */
function hash(bytes: Uint8Array): number {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return (high >>> 0) * 0x20_0000 + ((low >>> 0) & 0x1f_ffff);
}
