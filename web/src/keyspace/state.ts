// What the keyspace view shows and has selected, kept up to date with the session's moment.

import { type ReadonlySignal, type Signal, batch, computed, effect, signal, untracked } from "@preact/signals";
import type { KeyType } from "redstart";
import { type Order, type Query, Rows, type Source } from "./rows.js";

/** For how long a key that has changed is marked. */
export const MARK_MS = 1200;

export class KeyspaceState {
  readonly database = signal(0);
  readonly pattern = signal("");
  readonly type: Signal<KeyType | ""> = signal("");
  readonly order: Signal<Order> = signal("name");
  readonly descending = signal(false);
  /** The key whose value is seen. */
  readonly selected: Signal<Uint8Array | null> = signal(null);
  /** Grows whenever the rows, or what is known of them, have changed. */
  readonly version = signal(0);
  readonly databases: ReadonlySignal<readonly { database: number; keys: number; expiring: number }[]>;
  readonly rows: Rows;
  readonly source: ReadonlySignal<Source>;
  #seen: readonly [from: number, to: number] = [0, 0];
  #frame: ReturnType<typeof setTimeout> | undefined;
  #unmark: ReturnType<typeof setTimeout> | undefined;
  #dispose: () => void;

  constructor(source: ReadonlySignal<Source>, revision: ReadonlySignal<number>) {
    this.source = source;
    this.rows = new Rows(() => this.#changed());
    this.databases = computed(() => {
      this.version.value;
      return source.value.keyspace.databases();
    });
    const query = computed<Query>(() => ({
      database: this.database.value, pattern: this.pattern.value, type: this.type.value, order: this.order.value, descending: this.descending.value,
    }));
    const endShow = effect(() => {
      const asked = query.value;
      untracked(() => this.rows.show(source.value, asked));
    });
    const endLook = effect(() => {
      source.value;
      revision.value;
      // Many commands that run one after the other are looked at once.
      this.#lookIn(16);
    });
    this.#dispose = () => {
      endShow();
      endLook();
      clearTimeout(this.#frame);
      clearTimeout(this.#unmark);
      this.rows.close();
    };
  }

  /** The rows that are on the screen: they are looked at once scrolling pauses. */
  saw(from: number, to: number): void {
    this.#seen = [from, to];
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#lookIn(100);
  }

  sortBy(order: Order): void {
    batch(() => {
      this.descending.value = this.order.value === order && !this.descending.value;
      this.order.value = order;
    });
  }

  close(): void {
    this.#dispose();
  }

  #lookIn(ms: number): void {
    this.#frame ??= setTimeout(() => {
      this.#frame = undefined;
      this.#look();
    }, ms);
  }

  #look(): void {
    if (!this.source.peek().isOpen) return;
    this.rows.look(this.source.value);
    this.#changed();
  }

  #changed(): void {
    const seen = this.rows.rows.slice(...this.#seen);
    this.rows.inspect(seen);
    this.version.value += 1;
    clearTimeout(this.#unmark);
    const latest = seen.reduce((latest, { changedAt }) => Math.max(latest, changedAt), -Infinity);
    const leftMs = latest + MARK_MS - performance.now();
    if (leftMs > 0) this.#unmark = setTimeout(() => (this.version.value += 1), leftMs + 10);
  }
}
