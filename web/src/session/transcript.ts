// What went over each connection of a session, in its order: the only thing that terminals, the view of raw bytes and the timeline are made of.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** One exchange of bytes between a client and the engine, or what there is to say about it. */
export interface Exchange {
  /** What `CLIENT ID` tells; 0 where a remark is made without a connection. */
  readonly client: number;
  /** A connection opens (its bytes are the address) and ends; a remark is said by the page, and is in no recording. */
  readonly kind: "open" | "request" | "reply" | "end" | "remark";
  readonly bytes: Uint8Array;
  /** The line that was typed, where one was. */
  readonly line?: string;
  /** The terminal that a remark was made in. */
  readonly terminal?: string;
  /** Milliseconds of the engine's clock. */
  readonly time: number;
  /** How many events of the recording have happened once this one has. */
  readonly position: number;
}

/** The exchanges of a session: it only grows. */
export class Transcript {
  readonly #exchanges: Exchange[] = [];
  readonly #length: Signal<number> = signal(0);
  readonly #addresses = new Map<number, string>();

  /** How many exchanges there are. */
  get length(): ReadonlySignal<number> {
    return this.#length;
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /** Where a client has connected from: terminals keep their address when they connect again. */
  address(client: number): string | undefined {
    return this.#addresses.get(client);
  }

  add(exchange: Exchange): void {
    if (exchange.kind === "open") this.#addresses.set(exchange.client, new TextDecoder().decode(exchange.bytes));
    this.#exchanges.push(exchange);
    this.#length.value = this.#exchanges.length;
  }
}
