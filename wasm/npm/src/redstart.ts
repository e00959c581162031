import { Client, Effect, Engine, initSync } from "../dist/engine.js";
import { Decoder, INCOMPLETE } from "./decoder.js";
import { RedstartError } from "./error.js";
import { type Argument, bound, request, write } from "./request.js";
import { type Reply, buffers, texts } from "./values.js";

export interface Options {
  /** `"real"` (the default) is the machine's clock; a `"virtual"` one stands still until `clock.advance`. */
  clock?: "real" | "virtual";
  /** When a virtual clock begins, in milliseconds since the Unix epoch; now, unless given. */
  start?: number;
  /** Fixes every choice made by chance: with the same seed, start and commands, every reply is the same. */
  seed?: number | bigint;
  /** Parameters as in a configuration file of Redis. */
  config?: Readonly<Record<string, string>>;
  /** The engine's module, where the package cannot find its own `engine.wasm`. */
  wasm?: WebAssembly.Module | BufferSource;
}

/** What a connection's owner is told, and tells. */
export interface Listener {
  /** Where the client connects from, `127.0.0.1:50000`, if not from this process. */
  address?: string;
  /** The server has sent bytes; they are the listener's own. */
  data(bytes: Uint8Array): void;
  /** The server has ended the connection. */
  end?(): void;
}

/** A client of the engine, as bytes: each has its own database, transaction and protocol. */
export interface Connection {
  /** The number that `CLIENT ID` tells. */
  readonly id: number;
  readonly isOpen: boolean;
  /** Sends bytes; whatever is answered at once has reached the listener when this returns. */
  send(bytes: Uint8Array | readonly Argument[]): void;
  close(): void;
}

/** The clock of an engine. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Moves a virtual clock: what was due in between happens in its order, such as keys that expire. */
  advance(ms: number): void;
}

/** A Redis in this process: an engine and its clock. */
export class Redstart {
  readonly clock: Clock;
  #engine: Engine | undefined;
  #memory: WebAssembly.Memory;
  #view: Uint8Array;
  #inbox = 0;
  #inboxLength = 0;
  #clients = new Map<number, Peer>();
  #own: Client | undefined;
  #texts = new Decoder(texts);
  #buffers = new Decoder(buffers);
  /** Microseconds of the virtual clock. */
  #virtual: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  protected constructor(module: WebAssembly.Module | BufferSource, options: Options) {
    this.#memory = initSync({ module }).memory;
    this.#view = new Uint8Array(this.#memory.buffer);
    if (options.clock === "virtual") this.#virtual = (options.start ?? Date.now()) * 1000;
    const seed = BigInt(options.seed ?? Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
    this.#engine = new Engine(BigInt.asUintN(64, seed), Object.entries(options.config ?? {}).flat(), this.#host(), this.#now());
    this.clock = { now: () => this.#now() / 1000, advance: (ms) => this.#advance(ms) };
    this.#tick();
  }

  /**
   * Runs a command and returns its reply, in a session of its own that speaks RESP3. A command that is not answered at once, as one that blocks or
   * `CLIENT REPLY OFF`, is an error and ends that session: use `connect` for it.
   *
   * @throws {RedstartError} when the reply is an error.
   */
  call(...command: Argument[]): Reply {
    return this.#call(this.#texts, command);
  }

  /** As `call`, with every string as bytes. */
  callBuffer(...command: Argument[]): Reply {
    return this.#call(this.#buffers, command);
  }

  /** Connects one more client. One that is refused is told so, as over a socket, and its connection ends at once. */
  connect(listener: Listener): Connection {
    const engine = this.#open();
    let client: Client;
    try {
      client = engine.connect(listener.address, this.#now());
    } catch (refusal) {
      if (!(refusal instanceof Uint8Array)) throw refusal;
      listener.data(refusal);
      listener.end?.();
      return { id: 0, isOpen: false, send() {}, close() {} };
    }
    const peer: Peer = { client, listener };
    const id = client.id();
    this.#clients.set(id, peer);
    const clients = this.#clients;
    return {
      id,
      get isOpen() {
        return clients.get(id) === peer;
      },
      send: (bytes) => {
        if (clients.get(id) !== peer) return;
        this.#receive(client, bytes instanceof Uint8Array ? bytes : request(bytes as readonly Argument[]));
        // Effects come first: a client that is cut off at once is not sent what it had yet to read.
        this.#settle();
        if (clients.get(id) === peer) this.#flush(peer);
        this.#settle();
        if (this.#virtual === undefined) this.#tick();
      },
      close: () => this.#forget(id),
    };
  }

  /** Ends the engine: its data is gone, its connections are closed. */
  close(): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    clearTimeout(this.#timer);
    this.#engine = undefined;
    for (const { client, listener } of this.#clients.values()) {
      client.free();
      listener.end?.();
    }
    this.#clients.clear();
    this.#own?.free();
    this.#own = undefined;
    engine.free();
  }

  #call(decoder: Decoder<Reply>, command: Argument[]): Reply {
    const engine = this.#open();
    const client = (this.#own ??= this.#hello(engine));
    const now = this.#now();
    const at = this.#room(engine, bound(command));
    engine.receive(client, write(command, this.#view, at) - at, now);
    const reply = this.#reply(engine, client, decoder, now);
    this.#settle();
    if (reply === INCOMPLETE) {
      if (this.#own === client) this.#quit();
      throw new RedstartError("NOREPLY the command was not answered at once");
    }
    if (reply instanceof RedstartError) throw reply;
    return reply;
  }

  /** The reply to the command that was just run; what the server says besides is left out. */
  #reply(engine: Engine, client: Client, decoder: Decoder<Reply>, now: number): Reply | typeof INCOMPLETE {
    const length = engine.output(client);
    if (length === 0) return INCOMPLETE;
    const start = engine.outbox();
    decoder.feed(this.#memoryView(), start, start + length);
    let reply: Reply | typeof INCOMPLETE;
    let isAside: boolean;
    do {
      isAside = decoder.isAside;
      reply = decoder.next();
    } while (isAside && reply !== INCOMPLETE);
    decoder.clear();
    engine.consume(client, length, now);
    return reply;
  }

  #hello(engine: Engine): Client {
    let client: Client;
    try {
      client = engine.connect(undefined, this.#now());
    } catch (refusal) {
      throw refusal instanceof Uint8Array ? new RedstartError(new TextDecoder().decode(refusal.slice(1, -2))) : refusal;
    }
    this.#receive(client, request(["HELLO", 3]));
    engine.consume(client, engine.output(client), this.#now());
    return client;
  }

  #quit(): void {
    if (this.#own !== undefined) this.#engine?.disconnect(this.#own);
    this.#own = undefined;
  }

  #forget(id: number): void {
    const peer = this.#clients.get(id);
    if (peer === undefined) return;
    this.#clients.delete(id);
    this.#engine?.disconnect(peer.client);
    peer.listener.end?.();
  }

  #receive(client: Client, bytes: Uint8Array): void {
    const engine = this.#open();
    const at = this.#room(engine, bytes.length);
    this.#view.set(bytes, at);
    engine.receive(client, bytes.length, this.#now());
  }

  /** Sends a client what it has yet to read. */
  #flush({ client, listener }: Peer): void {
    const engine = this.#open();
    const length = engine.output(client);
    if (length === 0) return;
    const start = engine.outbox();
    const bytes = this.#memoryView().slice(start, start + length);
    engine.consume(client, length, this.#now());
    listener.data(bytes);
  }

  /** Does what the engine asks for, until it asks for nothing. */
  #settle(): void {
    for (;;) {
      const asked = this.#engine?.poll_effect();
      if (asked === undefined) return;
      const { client: id, effect } = asked;
      asked.free();
      if (effect === Effect.Shutdown) return this.close();
      const peer = this.#clients.get(id);
      if (peer === undefined) {
        if (this.#own?.id() === id && effect !== Effect.Write) this.#quit();
        continue;
      }
      if (effect !== Effect.Close) this.#flush(peer);
      if (effect !== Effect.Write) this.#forget(id);
    }
  }

  #now(): number {
    return this.#virtual ?? Date.now() * 1000;
  }

  #advance(ms: number): void {
    if (this.#virtual === undefined) throw new TypeError("a real clock cannot be moved: open with { clock: \"virtual\" }");
    if (!(ms >= 0)) throw new RangeError("time moves forward only");
    const end = this.#virtual + Math.round(ms * 1000);
    for (let wake = this.#tick(); wake <= end; wake = this.#tick()) {
      this.#virtual = Math.max(wake, this.#virtual);
      if (this.#engine === undefined) return;
    }
    this.#virtual = end;
    this.#tick();
  }

  /** Does what is due, and returns when more is. A real clock comes back by itself, without keeping the process alive. */
  #tick(): number {
    const now = this.#now();
    const wake = this.#engine?.tick(now) ?? Infinity;
    this.#settle();
    if (this.#virtual === undefined && this.#engine !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#tick(), Math.max(0, (wake - now) / 1000));
      if (typeof this.#timer === "object") this.#timer.unref();
    }
    return wake;
  }

  /** What the engine may ask: its virtual clock is moved by `DEBUG SLEEP` too, a real one is waited for. */
  #host(): Host {
    return {
      monotonic: () => this.#virtual ?? performance.now() * 1000,
      sleep: (micros) => {
        if (this.#virtual !== undefined) this.#virtual += micros;
        else for (const end = performance.now() + micros / 1000; performance.now() < end; );
      },
    };
  }

  #open(): Engine {
    if (this.#engine === undefined) throw new RedstartError("CLOSED this engine was closed");
    return this.#engine;
  }

  /** Where the inbox is, with room for `length` bytes. */
  #room(engine: Engine, length: number): number {
    if (length > this.#inboxLength) {
      this.#inbox = engine.inbox(length);
      this.#inboxLength = length;
    }
    this.#memoryView();
    return this.#inbox;
  }

  /** The module's memory: a view of it ends when it grows. */
  #memoryView(): Uint8Array {
    if (this.#view.length === 0) this.#view = new Uint8Array(this.#memory.buffer);
    return this.#view;
  }
}

interface Host {
  monotonic(): number;
  sleep(micros: number): void;
}

interface Peer {
  readonly client: Client;
  readonly listener: Listener;
}
