// Plays what a file tells on an engine with a virtual clock, and records it.

import { type Argument, type Connection, Redstart } from "redstart";
import { joined } from "../bytes.js";
import { FormatError } from "./format.js";

/** A recording holds microseconds, as far as a number is exact: until the year 2255. */
const LATEST_MS = Number.MAX_SAFE_INTEGER / 1000;

export interface StageOptions {
  /** Milliseconds since the Unix epoch at which it begins: now, unless given. */
  startMs?: number | undefined;
  snapshot?: Uint8Array;
  config?: Record<string, string>;
}

/** What a client was sent since it was asked last. */
export interface Arrived {
  readonly bytes: Uint8Array;
  readonly isClosed: boolean;
}

export class Stage {
  #db: Redstart;
  #actors = new Map<string, { connection: Connection; chunks: Uint8Array[]; isClosed: boolean }>();
  #isSilent: boolean;

  private constructor(db: Redstart, isSilent: boolean) {
    this.#db = db;
    this.#isSilent = isSilent;
  }

  /**
   * With `isSilent` nobody will ask what has arrived.
   * @throws {FormatError} where no recording could begin then.
   */
  static async open({ startMs = Date.now(), snapshot, config }: StageOptions = {}, isSilent = true): Promise<Stage> {
    check(startMs);
    const db = await Redstart.open({
      record: true,
      clock: { startMs },
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(config === undefined ? {} : { config }),
    });
    return new Stage(db, isSilent);
  }

  get now(): number {
    return this.#db.clock.now();
  }

  /**
   * Lets time pass up to a moment; one that has passed already is now.
   * @throws {FormatError} where no recording goes as far.
   */
  until(ms: number): void {
    check(ms);
    if (ms > this.now) this.#db.clock.advance(ms - this.now);
  }

  /**
   * A client sends a command or bytes; it connects first if it is not connected.
   * @throws {FormatError} where that ends the server.
   */
  send(client: string, bytes: Uint8Array | readonly Argument[], address?: string): void {
    let actor = this.#actors.get(client);
    if (actor === undefined || !actor.connection.isOpen) {
      const made = { chunks: [] as Uint8Array[], isClosed: false };
      const connection = this.#db.attach({
        ...(address === undefined ? {} : { address }),
        data: (chunk) => void (this.#isSilent || made.chunks.push(chunk)),
        end: () => void (made.isClosed = true),
      });
      this.#actors.set(client, (actor = Object.assign(made, { connection })));
    }
    actor.connection.send(bytes);
    if (!this.#db.isOpen) throw new FormatError("the session ends with SHUTDOWN or a failure of the engine, so no data is left to show");
  }

  /** The clients, by their first appearance. */
  get clients(): string[] {
    return [...this.#actors.keys()];
  }

  arrived(client: string): Arrived {
    const actor = this.#actors.get(client);
    if (actor === undefined) return { bytes: new Uint8Array(), isClosed: false };
    const { chunks, isClosed } = actor;
    actor.chunks = [];
    actor.isClosed = false;
    return { bytes: joined(chunks), isClosed };
  }

  /** All clients go. */
  clear(): void {
    for (const { connection } of this.#actors.values()) connection.close();
    this.#actors.clear();
  }

  /** What has happened, as a recording; the stage is over. */
  recording(): Uint8Array {
    const recording = this.#db.record();
    this.#db.close();
    return recording;
  }

  close(): void {
    this.#db.close();
  }
}

function check(ms: number): void {
  if (ms > LATEST_MS) throw new FormatError("recordings support times up to the year 2255, found a later one");
}
