// The types of a running engine that users of the package see. They do not refer to internals, so
// they need no browser types.

import type { Argument } from "./request.js";

/** Callbacks of a connection. */
export interface Listener {
  /**
   * The address that the client connects from, such as `127.0.0.1:50000`, if not from this process.
   */
  address?: string;
  /** Called when the server has sent bytes. The listener owns them. */
  data(bytes: Uint8Array): void;
  /** Called when the server has closed the connection. */
  end?(): void;
  /** Called when bytes are wanted again: see `Connection.wantsInput`. */
  drain?(): void;
}

/** A client of the engine, as bytes, with its own database, transaction and protocol. */
export interface Connection {
  /** The id of the client, as `CLIENT ID` returns it. */
  readonly id: number;
  readonly isOpen: boolean;
  /**
   * Whether the client waits, in a blocking command or because of `CLIENT PAUSE`. It gets its next
   * reply without sending anything.
   */
  readonly isBlocked: boolean;
  /**
   * Whether the server reads input. It does not while postponed requests run, in turns with those
   * of other clients. Bytes that are sent anyway are kept, up to `client-query-buffer-limit`.
   */
  readonly wantsInput: boolean;
  /**
   * Sends bytes or a command. Replies that are available at once reach the listener before this
   * returns.
   */
  send(bytes: Uint8Array | readonly Argument[]): void;
  /** Keeps output in the server until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** The clock of an engine. */
export interface Clock {
  readonly isVirtual: boolean;
  /** Returns the milliseconds since the Unix epoch. */
  now(): number;
  /** Advances a virtual clock. Expiries and timeouts that are due in between happen in order. */
  advance(ms: number): void;
}
