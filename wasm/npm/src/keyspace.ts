// The keys for people who look on. Looking neither counts as a use nor expires anything, and is not in a recording.

import { Decoder, INCOMPLETE } from "./decoder.js";
import { RedstartError } from "./error.js";
import { type Argument, bound, write } from "./request.js";
import type { Runtime } from "./runtime.js";
import { type Reply, Values } from "./values.js";

export type KeyType = "string" | "list" | "set" | "zset" | "hash" | "stream";

/** A key as it is now. */
export interface KeyView {
  readonly key: Uint8Array;
  readonly type: KeyType;
  /** What `OBJECT ENCODING` replies. */
  readonly encoding: string;
  /** Milliseconds until it expires, `null` where it does not. */
  readonly ttlMs: number | null;
  /** The bytes of a string, the elements of a collection. */
  readonly size: number;
}

export interface ViewOptions {
  /** 0, unless given. */
  database?: number;
  /** Where a page begins: what the page before it has returned. */
  cursor?: bigint;
  /** About how many keys a page has: 1000, unless given. */
  count?: number;
}

export class Keyspace {
  #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Grows with every change to data: who looks on need not look again before it does, but for time that passes. */
  get changes(): number {
    return this.#runtime.machine.engine.changes();
  }

  /** The databases that have keys. A key that has expired counts until it is removed, as it does for `DBSIZE`. */
  databases(): { database: number; keys: number; expiring: number }[] {
    const { engine } = this.#runtime.machine;
    const databases = [];
    for (let database = 0; ; database += 1) {
      const keys = engine.keys(database);
      if (keys < 0) return databases;
      if (keys > 0) databases.push({ database, keys, expiring: engine.expiring_keys(database) });
    }
  }

  /** A page of keys, in the order of `SCAN`; `cursor` is 0 behind the last. */
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
   * Asks in passing: the reply of a command that reads, in a database, with every string as bytes.
   *
   * @throws {RedstartError} when the reply is an error, or the command does more than read.
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
    if (reply === INCOMPLETE || reply instanceof RedstartError) throw reply === INCOMPLETE ? new RedstartError("NOREPLY the command was not answered") : reply;
    return reply;
  }

  /** All keys of a database, page by page. */
  *keys(database = 0): IterableIterator<KeyView> {
    let cursor = 0n;
    do {
      const page = this.page({ database, cursor });
      yield* page.keys;
      cursor = page.cursor;
    } while (cursor !== 0n);
  }
}
