// What users of the package hold of a running engine. It names nothing of what is behind it, so that their types need no browser's.

import type { Argument } from "./request.js";

/** What a connection's owner is told, and tells. */
export interface Listener {
  /** Where the client connects from, `127.0.0.1:50000`, if not from this process. */
  address?: string;
  /** The server has sent bytes; they are the listener's own. */
  data(bytes: Uint8Array): void;
  /** The server has ended the connection. */
  end?(): void;
  /** Bytes are wanted again: see `Connection.wantsInput`. */
  drain?(): void;
}

/** A client of the engine, as bytes: each has its own database, transaction and protocol. */
export interface Connection {
  /** The number that `CLIENT ID` tells. */
  readonly id: number;
  readonly isOpen: boolean;
  /** Whether the client waits, in a blocking command or because of `CLIENT PAUSE`: its next reply will come of itself. */
  readonly isBlocked: boolean;
  /**
   * Whether the server reads on: not while requests that have waited run, in turns with those of
   * other clients. Bytes sent nevertheless are kept, up to `client-query-buffer-limit`.
   */
  readonly wantsInput: boolean;
  /** Sends bytes, or a command; whatever is answered at once has reached the listener when this returns. */
  send(bytes: Uint8Array | readonly Argument[]): void;
  /** Leaves what comes with the server until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** The clock of an engine. */
export interface Clock {
  readonly isVirtual: boolean;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Moves a virtual clock: what is due in between happens in its order - keys expire, clients stop waiting. */
  advance(ms: number): void;
}
