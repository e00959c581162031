// Lets ioredis talk to a database of this process: by its option for how connections are made.

import { type Attachable, ClientStream } from "./duplex.js";

export interface IoredisOptions {
  /** What ioredis makes connections with. Its own type for it has private parts, so that no other class can have that type. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly Connector: any;
}

/** Options for `new Redis(...)` of ioredis, whose `duplicate()` keeps them. */
export function inProcess(db: Attachable): IoredisOptions {
  class Connector {
    #stream: ClientStream | undefined;

    check(): boolean {
      return true;
    }

    disconnect(): void {
      this.#stream?.end();
    }

    async connect(): Promise<ClientStream> {
      return (this.#stream = new ClientStream(db));
    }
  }
  return { Connector };
}
