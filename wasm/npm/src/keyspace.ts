// Read access to the keys for tools: no statistics, no access times, no expiry, and no trace in
// recordings.

import { Decoder, INCOMPLETE } from "./decoder.js";
import { RedstartError } from "./error.js";
import { type Argument, bound, write } from "./request.js";
import type { Runtime } from "./runtime.js";
import { type Reply, Values } from "./values.js";

export type KeyType = "string" | "list" | "set" | "zset" | "hash" | "stream";

/** The current state of a key. */
export interface KeyView {
  readonly key: Uint8Array;
  readonly type: KeyType;
  /** The encoding, as in the reply of `OBJECT ENCODING`. */
  readonly encoding: string;
  /** Milliseconds until the key expires, or `null` if it does not. */
  readonly ttlMs: number | null;
  /** The length of a string in bytes, or the number of elements of a collection. */
  readonly size: number;
}

export interface ViewOptions {
  /** The database, 0 by default. */
  database?: number;
  /** The cursor that the previous page has returned. */
  cursor?: bigint;
  /** The approximate number of keys in a page, 1000 by default. */
  count?: number;
}

export class Keyspace {
  #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * Grows with every change to data. A view is up to date if this has not grown and no time has
   * passed.
   */
  get changes(): number {
    return this.#runtime.machine.engine.changes();
  }

  /**
   * The databases that have keys. A key that has expired counts until it is removed, as for
   * `DBSIZE`.
   */
  databases(): { database: number; keys: number; expiring: number }[] {
    const { engine } = this.#runtime.machine;
    const databases = [];
    for (let database = 0; ; database += 1) {
      const keys = engine.keys(database);
      if (keys < 0) return databases;
      if (keys > 0) databases.push({ database, keys, expiring: engine.expiring_keys(database) });
    }
  }

  /** Returns a page of keys, in the order of `SCAN`. `cursor` is 0 after the last page. */
  page({ database = 0, cursor = 0n, count = 1000 }: ViewOptions = {}): { cursor: bigint; keys: KeyView[] } {
    const { machine } = this.#runtime;
    const next = machine.engine.view_keys(database, cursor, Math.max(1, count), this.#runtime.clock.now() * 1000);
    const bytes = machine.engine.outbox();
    const decoder = new Decoder<Reply>(new Values(true, {}));
    decoder.feed(machine.view, bytes, bytes + machine.engine.outbox_len());
    const keys: KeyView[] = [];
    for (let reply = decoder.next(); reply !== INCOMPLETE; reply = decoder.next()) {
      const [key, type, encoding, ttlMs, size] = reply as [Uint8Array, KeyType, string, number, number];
      keys.push({ key, type, encoding, ttlMs: ttlMs < 0 ? null : ttlMs, size });
    }
    return { cursor: BigInt.asUintN(64, next), keys };
  }

  /**
   * Runs a read-only command in a database, without a trace. Returns the reply, with every string
   * as bytes.
   *
   * @throws {RedstartError} if the reply is an error, or the command does more than read.
   */
  ask(database: number, ...command: Argument[]): Reply {
    const { machine } = this.#runtime;
    const at = machine.inbox(bound(command));
    const length = write(command, machine.view, at) - at;
    const end = machine.engine.ask(database, length, this.#runtime.clock.now() * 1000);
    const start = machine.engine.outbox();
    const decoder = new Decoder<Reply>(new Values(true, {}));
    decoder.feed(machine.view, start, start + end);
    const reply = decoder.next();
    if (reply === INCOMPLETE || reply instanceof RedstartError) throw reply === INCOMPLETE ? new RedstartError("NOREPLY the command got no reply") : reply;
    return reply;
  }

  /** Iterates over all keys of a database, page by page. */
  *keys(database = 0): IterableIterator<KeyView> {
    let cursor = 0n;
    do {
      const page = this.page({ database, cursor });
      yield* page.keys;
      cursor = page.cursor;
    } while (cursor !== 0n);
  }
}
