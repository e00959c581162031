// Connects node-redis to a database of this process. It has no option for custom connections but
// calls `net.createConnection`, so importing this file wraps that function: paths that were created
// here are handled here, all others are passed on.

import net from "node:net";
import { type Attachable, ClientStream } from "./duplex.js";

const databases = new Map<string, Attachable>();
let named = 0;
let isInPlace = false;

export interface NodeRedisOptions {
  readonly socket: { readonly path: string; readonly tls: false; reconnectStrategy(retries: number): number | false };
}

/**
 * Options for `createClient(...)` of node-redis. `duplicate()` keeps them. They are valid until the
 * database is closed, which ends its clients.
 */
export function inProcess(db: Attachable): NodeRedisOptions {
  if (!isInPlace) answer();
  const path = `redstart:${(named += 1)}`;
  databases.set(path, db);
  const forget = () => databases.delete(path);
  // The owner of the database handles failures to save.
  void db.closed.then(forget, forget);
  // Otherwise a client would retry for ever, and keep the process from ending.
  const reconnectStrategy = (retries: number) => databases.has(path) && Math.min(50 * 2 ** retries, 2000);
  return { socket: { path, tls: false, reconnectStrategy } };
}

function answer(): void {
  isInPlace = true;
  const connect = net.createConnection as (...args: unknown[]) => net.Socket;
  const answering = (...args: unknown[]): net.Socket => {
    const path = (args[0] as { path?: unknown } | undefined)?.path;
    const db = typeof path === "string" ? databases.get(path) : undefined;
    if (db === undefined) return connect.apply(net, args);
    const stream = new ClientStream(db);
    queueMicrotask(() => stream.emit("connect"));
    return stream as unknown as net.Socket;
  };
  net.createConnection = answering as typeof net.createConnection;
}
