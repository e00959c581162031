// A client as a Node stream: the equivalent of a socket to a server, without the socket.

import { Duplex } from "node:stream";
import type { Connection, Listener } from "./connection.js";

/** An object that clients can connect to: a `Redstart`. */
export interface Attachable {
  attach(listener: Listener): Connection;
  readonly closed: Promise<void>;
}

/**
 * Connects another client, as a stream. It has the methods of a socket that programs call
 * unconditionally; they do nothing here.
 */
export class ClientStream extends Duplex {
  readonly connecting = false;
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 6379;
  #connection: Connection;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  #isEnded = false;
  #written: (() => void) | undefined;

  constructor(db: Attachable, address?: string) {
    super({ allowHalfOpen: false });
    this.#connection = db.attach({
      ...(address === undefined ? {} : { address }),
      data: (bytes) => this.#later(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
      end: () => this.#later(undefined),
      drain: () => this.#drain(),
    });
  }

  /** The id of the client, as `CLIENT ID` returns it. */
  get id(): number {
    return this.#connection.id;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#connection.send(chunk);
    if (this.#connection.isOpen && !this.#connection.wantsInput) this.#written = written;
    else written();
  }

  override _writev(chunks: { chunk: Buffer }[], written: () => void): void {
    this._write(chunks.length === 1 ? chunks[0]!.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk)), "binary", written);
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _final(done: () => void): void {
    this.#connection.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.close();
    done(error);
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  /** Clients rely on replies arriving later than the write that requested them. */
  #later(chunk: Buffer | undefined): void {
    if (this.#chunks.length === 0 && !this.#isEnded) queueMicrotask(() => this.#deliver());
    if (chunk === undefined) {
      this.#isEnded = true;
      return;
    }
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    if (this.#chunkBytes > this.readableHighWaterMark) this.#connection.pause();
  }

  #deliver(): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#drain();
    if (this.destroyed) return;
    const wantsMore = chunks.length === 0 || this.push(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    if (this.#isEnded) this.push(null);
    else if (wantsMore) this.#connection.resume();
    else this.#connection.pause();
  }

  #drain(): void {
    const written = this.#written;
    if (written === undefined || (this.#connection.isOpen && !this.#connection.wantsInput)) return;
    this.#written = undefined;
    written();
  }
}

/** Connects another client, as a Node stream. */
export function duplex(db: Attachable, options: { address?: string } = {}): ClientStream {
  return new ClientStream(db, options.address);
}
