// The key whose value is seen, as its views need it.

import type { Argument, Keyspace, KeyView, Reply } from "redstart";

/** Runs commands of a database as a client of the session; more than one in a transaction. Throws what they fail with. */
export type Run = (database: number, commands: readonly (readonly Argument[])[]) => void;

export interface Subject extends KeyView {
  readonly database: number;
  /** The engine's clock, in milliseconds. */
  readonly now: number;
  /** Why nothing can be changed; `null` when it can. */
  readonly locked: string | null;
  /** Asks without a trace. */
  ask(...command: Argument[]): Reply;
  /** Changes something; whether that went well. What went wrong is shown. */
  edit(...commands: (readonly Argument[])[]): boolean;
  /** Goes to another key: this one has a new name. */
  select(key: Uint8Array | null): void;
}

/** How a key is asked about in a database. */
export function asking(keyspace: Keyspace, database: number): Subject["ask"] {
  return (...command) => keyspace.ask(database, ...command);
}

/** A page of a collection that only a scan goes through: at least `wanted` of its items, if it has so many. */
export function scanned(subject: Subject, command: "HSCAN" | "SSCAN", wanted: number): { items: Uint8Array[]; isComplete: boolean } {
  const items: Uint8Array[] = [];
  const perItem = command === "HSCAN" ? 2 : 1;
  let cursor: Argument = "0";
  for (;;) {
    const [next, page] = subject.ask(command, subject.key, cursor, "COUNT", 500) as [Uint8Array, Uint8Array[]];
    // A page may hold more than an argument list can.
    for (const item of page) items.push(item);
    cursor = next;
    const isComplete = next.length === 1 && next[0] === 48;
    if (isComplete || items.length >= wanted * perItem) return { items, isComplete };
  }
}
