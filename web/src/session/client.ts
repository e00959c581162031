// One terminal's client. As redis-cli does, it connects again, from the same address, once its connection has ended and another line is entered; while
// the connection waits, lines wait behind it.

import { type ReadonlySignal, type Signal, batch, signal } from "@preact/signals";
import type { Argument, Connection, Listener } from "redstart";
import { split } from "redstart/format";
import { encoded } from "../protocol/request.js";
import type { Exchange } from "./transcript.js";

/** What a client needs of its session. */
export interface Wire {
  attach(listener: Listener): Connection;
  /** Writes down what happens. */
  note(what: Pick<Exchange, "client" | "kind" | "bytes"> & Partial<Exchange>): void;
  /** Lets something happen as one event. */
  happen(what: () => void): void;
  isOpen(): boolean;
  goLive(): void;
}

/** The most often that a line may be asked to be repeated. */
const MOST_REPEATS = 10_000;

const NOTHING = new Uint8Array();

export class SessionClient {
  readonly address: string;
  #wire: Wire;
  #connection: Connection | undefined;
  #isWaiting = signal(false);
  #isOpen = signal(false);
  #id: Signal<number> = signal(0);
  /** What runs once the connection no longer waits. */
  #queue: (() => void)[] = [];
  #isPumping = false;

  constructor(wire: Wire, address: string) {
    this.#wire = wire;
    this.address = address;
  }

  /** What `CLIENT ID` tells, of the last connection: it changes when the client connects again. */
  get id(): number {
    return this.#id.value;
  }

  /** Whether a command blocks, so that the server does not read on. */
  get isWaiting(): ReadonlySignal<boolean> {
    return this.#isWaiting;
  }

  get isOpen(): ReadonlySignal<boolean> {
    return this.#isOpen;
  }

  /** Runs a line, as redis-cli does. */
  run(line: string): void {
    this.#wire.goLive();
    this.#queued(() => this.#run(line));
  }

  /** Sends a command; `line` is how it was typed. */
  send(command: readonly Argument[], line?: string): void {
    this.#wire.goLive();
    this.#queued(() => this.#send(command, line));
  }

  /** Shows a line, if any, and what the terminal itself says to it. */
  remark(line: string | undefined, text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#queued(() => this.#wire.note({ client: this.#id.peek(), kind: "remark", terminal: this.address, bytes, ...(line === undefined ? {} : { line }) }));
  }

  /** What Ctrl-C does: the connection ends, with what it waits for; a new one takes its place. */
  interrupt(): void {
    this.#queue = [];
    if (!this.#isOpen.peek()) return;
    this.#wire.goLive();
    this.close();
    this.connect();
  }

  /** Hangs up. */
  close(): void {
    const connection = this.#connection;
    if (connection === undefined || !connection.isOpen) return;
    this.#wire.happen(() => connection.close());
  }

  connect(): void {
    if (!this.#wire.isOpen()) return;
    // A client that is refused hears so before it has an identity.
    const early: (() => void)[] = [];
    let connection: Connection | undefined;
    this.#wire.happen(() => {
      connection = this.#wire.attach(this.#listener(() => connection?.id ?? 0, (what) => (connection === undefined ? early.push(what) : what())));
      this.#wire.note({ client: connection.id, kind: "open", bytes: new TextEncoder().encode(this.address) });
      this.adopt(connection);
      for (const what of early) what();
    });
  }

  /** Takes over a connection. */
  adopt(connection: Connection): Listener {
    batch(() => {
      this.#connection = connection;
      this.#id.value = connection.id;
      this.#isOpen.value = connection.isOpen;
      this.look();
    });
    return this.#listener(() => connection.id, (what) => what());
  }

  #listener(id: () => number, hear: (what: () => void) => void): Listener {
    return {
      address: this.address,
      data: (bytes) => hear(() => this.#reply(id(), bytes)),
      end: () => hear(() => this.#ended(id())),
    };
  }

  #queued(what: () => void): void {
    this.#queue.push(what);
    this.#pump();
  }

  /** Runs what is queued, until something waits. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#isWaiting.peek() && this.#queue.length > 0) this.#queue.shift()!();
    } finally {
      this.#isPumping = false;
    }
  }

  #run(line: string): void {
    const [, times, rest = line] = /^\s*(\d+)\s+(\S.*)$/.exec(line) ?? [];
    const command = split(rest);
    if (command === null || command.length === 0) {
      const bytes = command === null ? new TextEncoder().encode("Invalid argument(s)") : NOTHING;
      this.#wire.note({ client: this.#id.peek(), kind: "remark", terminal: this.address, line, bytes });
      return;
    }
    const repeats = Math.min(Number(times ?? 1), MOST_REPEATS);
    this.#queue.unshift(...Array.from({ length: repeats }, () => () => this.#send(command, rest)));
  }

  #send(command: readonly Argument[], line?: string): void {
    if (!this.#connection?.isOpen) this.connect();
    const connection = this.#connection;
    if (connection === undefined || !connection.isOpen) return;
    const bytes = encoded(command);
    this.#wire.happen(() => {
      this.#wire.note({ client: connection.id, kind: "request", bytes, ...(line === undefined ? {} : { line }) });
      connection.send(bytes);
      this.look();
    });
  }

  #reply(client: number, bytes: Uint8Array): void {
    this.#wire.note({ client, kind: "reply", bytes });
    this.look();
  }

  #ended(client: number): void {
    this.#wire.note({ client, kind: "end", bytes: NOTHING });
    this.look();
  }

  /** Looks whether it waits. */
  look(): void {
    const connection = this.#connection;
    const isOpen = this.#wire.isOpen() && (connection?.isOpen ?? false);
    this.#isOpen.value = isOpen;
    this.#isWaiting.value = isOpen && (connection?.isBlocked ?? false);
    this.#pump();
  }
}
