import type { Keyspace, Redstart } from "redstart";

/** What the views show: the live engine, or a moment of a replay. */
export interface Moment {
  readonly isLive: boolean;
  /** Whether there is an engine to be asked: the live one may have been shut down. */
  readonly isOpen: boolean;
  /** How many recorded events have happened. */
  readonly position: number;
  readonly keyspace: Keyspace;
  /** Milliseconds of the engine's clock. */
  now(): number;
  /** A copy to be asked without a trace. */
  fork(): Redstart;
}

/** The engine as it is now. */
export class Live implements Moment {
  readonly isLive = true;
  #db: Redstart;

  constructor(db: Redstart) {
    this.#db = db;
  }

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  get position(): number {
    return this.#db.position;
  }

  get keyspace(): Keyspace {
    return this.#db.keyspace;
  }

  now(): number {
    return this.#db.clock.now();
  }

  fork(): Redstart {
    return this.#db.fork();
  }
}
