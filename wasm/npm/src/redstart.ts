/// <reference lib="esnext.disposable" preserve="true" />

import { Client, type ConnectOptions, type MessageListener, type Result } from "./client.js";
import type { Clock, Connection, Listener } from "./connection.js";
import { type BadValue, load, replay, snapshot } from "./data.js";
import { Keyspace } from "./keyspace.js";
import { type Origin, thrown } from "./machine.js";
import type { Change, Store } from "./persistence.js";
import { Recorder } from "./recording.js";
import { Replay, type ReplayOptions } from "./replay.js";
import type { Argument } from "./request.js";
import { Runtime } from "./runtime.js";
import { type ByteStream, stream } from "./streams.js";
import type { Reply, ValueOptions } from "./values.js";

export interface Options extends ValueOptions {
  /** `"real"` (the default) is the machine's clock. A `"virtual"` one stands still until `clock.advance`; it begins now, or at `startMs`. */
  clock?: "real" | "virtual" | { readonly startMs: number };
  /** Fixes every choice made by chance: with the same seed, start and commands, every reply is the same. */
  seed?: number | bigint;
  /** Parameters as in a configuration file of Redis. */
  config?: Readonly<Record<string, string>>;
  /** The data to begin with: an RDB file, of `snapshot` or of a Redis up to 7.4. Where data is kept already, it is that instead. */
  snapshot?: Uint8Array;
  /** Where the data is kept: a folder in Node, in browsers the name of a database of IndexedDB. See `save`. */
  dataDir?: string | URL;
  /**
   * Called for each value of `snapshot` or `dataDir` that cannot be decoded: the value is left out, and the next save drops it from `dataDir` too.
   * Without a listener, `open` is refused, with an error that names the key.
   */
  onBadValue?: (bad: BadValue) => void;
  /** Records the session from the beginning, for `record`. */
  record?: boolean;
}

/** A Redis in this process. */
export class Redstart {
  readonly clock: Clock;
  #runtime: Runtime;
  #defaults: ConnectOptions;
  #own: Client | undefined;
  #subscriber: Client | undefined;

  /** @internal */
  protected constructor(runtime: Runtime, defaults: ConnectOptions, own?: number) {
    this.#runtime = runtime;
    this.#defaults = defaults;
    this.clock = runtime.clock;
    if (own !== undefined) this.#own = new Client(runtime, defaults, own);
    runtime.start();
  }

  /** @internal */
  protected static begin(module: WebAssembly.Module, options: Options, changes: readonly Change[] = []): { runtime: Runtime; defaults: ConnectOptions } {
    const { clock = "real", seed = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER) } = options;
    const parameters = Object.entries(options.config ?? {}).map(([name, value]) => `${name}\0${value}\0`).join("");
    const origin: Origin = { module, seed: BigInt.asUintN(64, BigInt(seed)), parameters };
    const isVirtual = clock !== "real";
    const last = changes.at(-1)?.time ?? 0;
    const start = Math.max(Math.round((typeof clock === "object" ? clock.startMs : Date.now()) * 1000), last);
    if (!(start >= 0)) throw new RangeError("startMs is no time");
    const file = options.snapshot ?? new Uint8Array();
    const runtime = new Runtime({ origin, virtual: isVirtual ? start : undefined });
    try {
      let isWhole = true;
      load(runtime, file, changes[0]?.time, options.onBadValue && ((bad) => {
        isWhole = false;
        options.onBadValue?.(bad);
      }));
      for (const change of changes) replay(runtime, change);
      if (options.record) {
        const snapshotted = changes.length > 0 || !isWhole ? snapshot(runtime) : file;
        runtime.recorder = Recorder.of({ seed: origin.seed, parameters, isVirtual, start, snapshot: snapshotted });
      }
    } catch (reason) {
      throw thrown(reason);
    }
    const defaults: ConnectOptions = {};
    if (options.maps !== undefined) defaults.maps = options.maps;
    if (options.config?.["requirepass"]) defaults.password = options.config["requirepass"];
    return { runtime, defaults };
  }

  /** @internal */
  protected static async opened(module: Promise<WebAssembly.Module>, options: Options, store: (place: string | URL) => Promise<Store>) {
    const compiled = await module;
    if (options.dataDir === undefined) return this.begin(compiled, options);
    // Whoever keeps nothing does without what keeps it.
    const { Persistence } = await import("./persistence.js");
    const persistence = await Persistence.open(await store(options.dataDir));
    try {
      const { snapshot: file, changes } = persistence;
      const onBadValue = options.onBadValue && ((bad: BadValue) => {
        persistence.renew();
        options.onBadValue?.(bad);
      });
      const kept = file.length === 0 ? {} : { snapshot: file, ...(onBadValue && { onBadValue }) };
      const begun = this.begin(compiled, { ...options, ...kept }, changes);
      begun.runtime.keep(persistence);
      return begun;
    } catch (reason) {
      await persistence.close();
      throw reason;
    }
  }

  /** @internal */
  protected static play(module: WebAssembly.Module, recording: Uint8Array, options: ReplayOptions): Replay {
    return new Replay(module, recording, options, (runtime) => new this(runtime, {}));
  }

  /**
   * Resolves once the database is closed, by `close` or by somebody's `SHUTDOWN`, and what is kept of it is on the disk. Rejected when the last
   * save fails: what was done since the one before is lost then, and an unhandled rejection tells whoever waits for nothing.
   */
  get closed(): Promise<void> {
    return this.#runtime.closed;
  }

  get isOpen(): boolean {
    return this.#runtime.isOpen;
  }

  /** The keys for tools that look on: nothing is counted or touched by it. */
  get keyspace(): Keyspace {
    return new Keyspace(this.#runtime);
  }

  /**
   * Runs a command, as a client of its own. Its reply is returned; of a command that may wait (`BLPOP` and the like, see `BlockingCommand`) a
   * promise of it, whether it has to wait or not. What follows does not stand behind one that waits: it is another client's.
   *
   * @throws {RedstartError} when the reply is an error. A promise is rejected with it.
   */
  call<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.#client().called(false, [name, ...args]) as Result<Name>;
  }

  /** As `call`, with every string as bytes. */
  callBuffer<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.#client().called(true, [name, ...args]) as Result<Name>;
  }

  /** As `call`, with a promise of every reply: also of commands that `CLIENT PAUSE` holds back. */
  callAsync(...command: Argument[]): Promise<Reply> {
    return this.#client().callAsync(...command);
  }

  /** As `callAsync`, with every string as bytes. */
  callBufferAsync(...command: Argument[]): Promise<Reply> {
    return this.#client().callBufferAsync(...command);
  }

  /** Connects one more client, with a database, a transaction and subscriptions of its own. */
  connect(options: ConnectOptions = {}): Client {
    return new Client(this.#runtime, { ...this.#defaults, ...options });
  }

  /** Connects one more client as streams of bytes. */
  stream(options: { address?: string } = {}): ByteStream {
    return stream(this.#runtime, options.address);
  }

  /** Connects one more client as bytes that are called back with: what streams, sockets and terminals are made of. */
  attach(listener: Listener): Connection {
    return this.#runtime.attach(listener);
  }

  /** Hears what is published on a channel, until `unsubscribe`. */
  subscribe(channel: string, listener: MessageListener): void {
    this.#hearing().subscribe(channel, listener);
  }

  /** Hears what is published on all channels that match a pattern. */
  psubscribe(pattern: string, listener: MessageListener): void {
    this.#hearing().psubscribe(pattern, listener);
  }

  /** Ends `subscribe`: for one listener, or for all of the channel. */
  unsubscribe(channel: string, listener?: MessageListener): void {
    this.#hearing().unsubscribe(channel, listener);
  }

  /** Ends `psubscribe`. */
  punsubscribe(pattern: string, listener?: MessageListener): void {
    this.#hearing().punsubscribe(pattern, listener);
  }

  /** All data, as an RDB file: `open` reads it, and so does Redis. */
  snapshot(): Uint8Array {
    return snapshot(this.#runtime);
  }

  /**
   * Resolves once all that was done so far is on the disk, for a database that was opened with `dataDir`: whatever becomes of the process or
   * the page, it is there again. Without being asked, changes are saved about once a second, and by `close`.
   */
  save(): Promise<void> {
    this.#runtime.machine;
    const { persistence } = this.#runtime;
    if (persistence === undefined) throw new TypeError("there is no place to keep this database: open with { dataDir }");
    return persistence.save();
  }

  /**
   * An independent copy of the database, at the same time and with the same dice. Other clients are not connected to it. It is nowhere kept, and on
   * a real clock lives until it is closed.
   */
  fork(): Redstart {
    this.#runtime.machine;
    const own = this.#own?.isOpen && !this.#own.isWaiting ? [this.#own.peer] : [];
    const fork = this.#runtime.fork(own);
    return new (this.constructor as typeof Redstart)(fork, this.#defaults, own[0]?.slot);
  }

  /** The recording of this session so far: `open` it with `{ record: true }`. */
  record(): Uint8Array {
    const { recorder } = this.#runtime;
    if (recorder === undefined) throw new TypeError("a session is recorded from its beginning: open with { record: true }");
    return recorder.recording();
  }

  /** How many events of this session were recorded so far: the `position` of this moment in a replay. */
  get position(): number {
    return this.#runtime.recorder?.events ?? 0;
  }

  /** Ends the database: its connections are closed, and its data is gone unless it is kept; then `closed` tells when it is. */
  close(): void {
    this.#runtime.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #client(): Client {
    const own = this.#own;
    if (own !== undefined && own.isOpen && !own.isWaiting) return own;
    // Another one goes on in the database of the one that waits.
    const database = own?.isWaiting ? this.#database(own) : 0;
    own?.leave();
    return (this.#own = this.connect({ database }));
  }

  #database(client: Client): number {
    const observer = this.connect();
    const line = observer.call("CLIENT", "LIST", "ID", client.id);
    observer.close();
    return Number(/ db=(\d+)/.exec(String(line))?.[1] ?? 0);
  }

  #hearing(): Client {
    return (this.#subscriber = this.#subscriber?.isOpen ? this.#subscriber : this.connect());
  }
}

