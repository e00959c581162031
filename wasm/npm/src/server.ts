// Serves a database over TCP or a Unix socket, for clients in any language. A virtual clock applies
// there too.

import { type AddressInfo, type Server as NetServer, type Socket, createServer } from "node:net";
import type { Connection } from "./connection.js";
import type { Attachable } from "./duplex.js";

export interface ServeOptions {
  /** The port; 0, the default, selects any free port. */
  port?: number;
  /**
   * The address, 127.0.0.1 by default. No password is required unless the configuration sets one.
   */
  host?: string;
  /** The path of a Unix socket, instead of host and port. */
  path?: string;
}

export interface Server {
  readonly host: string;
  /** The port, or 0 for a Unix socket. */
  readonly port: number;
  /** The URL for clients: `redis://127.0.0.1:6379`. */
  readonly url: string;
  /** Closes all its connections and stops listening. The database stays open. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves a database. Resolves when it listens. */
export async function serve(db: Attachable, { port = 0, host = "127.0.0.1", path }: ServeOptions = {}): Promise<Server> {
  const sockets = new Set<Socket>();
  const listening: NetServer = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    bridge(db, socket);
  });
  await new Promise<void>((resolve, reject) => {
    listening.once("error", reject);
    listening.listen(path === undefined ? { port, host } : { path }, () => {
      listening.off("error", reject);
      resolve();
    });
  });
  const address = listening.address();
  const bound = typeof address === "object" && address !== null ? address : ({ address: path ?? "", port: 0 } as AddressInfo);
  const close = () =>
    new Promise<void>((resolve) => {
      listening.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    host: bound.address,
    port: bound.port,
    url: path === undefined ? `redis://${bound.address.includes(":") ? `[${bound.address}]` : bound.address}:${bound.port}` : `redis+unix://${path}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Passes bytes between a socket and the engine. While the client does not read, its output stays in
 * the engine, within the engine's limits. Its requests are still read: it may send all of them
 * before it reads.
 */
function bridge(db: Attachable, socket: Socket): void {
  socket.setNoDelay(true);
  const address = socket.remoteAddress === undefined ? undefined : `${socket.remoteAddress}:${socket.remotePort}`;
  let connection: Connection | undefined;
  let isFull = false;
  let hasEnded = false;
  // A refused client gets its error before there is a connection.
  connection = db.attach({
    ...(address === undefined ? {} : { address }),
    data(bytes) {
      if (socket.write(bytes)) return;
      isFull = true;
      connection?.pause();
    },
    end: () => socket.end(),
    drain: () => goOn(),
  });
  const client = connection;
  const goOn = () => {
    if (!client.wantsInput) return;
    socket.resume();
    // Everything that the client has sent has its reply.
    if (hasEnded && !isFull) socket.end();
  };
  socket.on("data", (bytes) => {
    client.send(bytes);
    if (client.isOpen && !client.wantsInput) socket.pause();
  });
  socket.on("end", () => {
    hasEnded = true;
    goOn();
  });
  socket.on("drain", () => {
    isFull = false;
    client.resume();
    goOn();
  });
  socket.on("error", () => client.close());
  socket.on("close", () => client.close());
}
