// Connects ioredis to a database of this process, through its option for custom connections.

import { type Attachable, ClientStream } from "./duplex.js";

export interface IoredisOptions {
  /**
   * The class that ioredis makes connections with. Its own type has private members, so no other
   * class can have that type.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly Connector: any;
}

/** Options for `new Redis(...)` of ioredis. `duplicate()` keeps them. */
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
