/// <reference lib="esnext.disposable" preserve="true" />

import type { BadValue } from "./bad-value.js";
import { Client, type ConnectOptions, type MessageListener, type Result } from "./client.js";
import type { Clock, Connection, Listener } from "./connection.js";
import { load, replay, snapshot } from "./data.js";
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
  /**
   * The clock: `"real"` (the default) is the machine's. A `"virtual"` one stands still until
   * `clock.advance`; it begins now, or at `startMs`.
   */
  clock?: "real" | "virtual" | { readonly startMs: number };
  /**
   * The seed of all random choices: with the same seed, start and commands, every reply is the
   * same.
   */
  seed?: number | bigint;
  /** Parameters, as in a Redis configuration file. */
  config?: Readonly<Record<string, string>>;
  /**
   * The initial data: an RDB file, from `snapshot` or from a Redis up to 7.4. Ignored if `dataDir`
   * already contains data.
   */
  snapshot?: Uint8Array;
  /**
   * Where the data is kept: a folder in Node, the name of an IndexedDB database in browsers. See
   * `save`.
   */
  dataDir?: string | URL;
  /**
   * Called for each value of `snapshot` or `dataDir` that cannot be decoded: the value is left out,
   * and the next save drops it from `dataDir` too. Without a listener, `open` rejects with an error
   * that names the key.
   */
  onBadValue?: (bad: BadValue) => void;
  /** Whether to record the session from the beginning, for `record`. */
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
    if (!(start >= 0)) throw new RangeError("startMs must be a non-negative number");
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
    // Databases without `dataDir` do not load the persistence code.
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
   * Resolves when the database is closed, by `close` or by a client's `SHUTDOWN`, and its data is
   * on disk. Rejects if the last save fails: changes since the save before are lost then. If nobody
   * awaits it, Node reports an unhandled rejection.
   */
  get closed(): Promise<void> {
    return this.#runtime.closed;
  }

  get isOpen(): boolean {
    return this.#runtime.isOpen;
  }

  /** Read access to the keys for tools: no statistics, no access times. */
  get keyspace(): Keyspace {
    return new Keyspace(this.#runtime);
  }

  /**
   * Runs a command as a client of its own and returns its reply. For commands that may block
   * (`BLPOP` and so on, see `BlockingCommand`) it returns a promise of the reply, whether the
   * command blocks or not. Calls that follow do not wait behind a blocked one: another client runs
   * them.
   *
   * @throws {RedstartError} if the reply is an error. A promise is rejected with it.
   */
  call<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.#client().called(false, [name, ...args]) as Result<Name>;
  }

  /** Runs a command like `call`, with every string in the reply as bytes. */
  callBuffer<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.#client().called(true, [name, ...args]) as Result<Name>;
  }

  /**
   * Runs a command like `call`, but always returns a promise: also for commands that `CLIENT PAUSE`
   * postpones.
   */
  callAsync(...command: Argument[]): Promise<Reply> {
    return this.#client().callAsync(...command);
  }

  /** Runs a command like `callAsync`, with every string in the reply as bytes. */
  callBufferAsync(...command: Argument[]): Promise<Reply> {
    return this.#client().callBufferAsync(...command);
  }

  /** Connects another client, with its own database, transaction and subscriptions. */
  connect(options: ConnectOptions = {}): Client {
    return new Client(this.#runtime, { ...this.#defaults, ...options });
  }

  /** Connects another client as streams of bytes. */
  stream(options: { address?: string } = {}): ByteStream {
    return stream(this.#runtime, options.address);
  }

  /**
   * Connects another client with a listener for its bytes, the basis for streams, sockets and
   * terminals.
   */
  attach(listener: Listener): Connection {
    return this.#runtime.attach(listener);
  }

  /** Subscribes to a channel, until `unsubscribe`. */
  subscribe(channel: string, listener: MessageListener): void {
    this.#hearing().subscribe(channel, listener);
  }

  /** Subscribes to all channels that match a pattern. */
  psubscribe(pattern: string, listener: MessageListener): void {
    this.#hearing().psubscribe(pattern, listener);
  }

  /** Ends a subscription: of one listener, or of all listeners to the channel. */
  unsubscribe(channel: string, listener?: MessageListener): void {
    this.#hearing().unsubscribe(channel, listener);
  }

  /** Ends a subscription to a pattern. */
  punsubscribe(pattern: string, listener?: MessageListener): void {
    this.#hearing().punsubscribe(pattern, listener);
  }

  /** Returns all data as an RDB file, which `open` and Redis can read. */
  snapshot(): Uint8Array {
    return snapshot(this.#runtime);
  }

  /**
   * Resolves when all changes so far are on disk, for a database that was opened with `dataDir`:
   * they survive whatever happens to the process or the page. Changes are also saved automatically,
   * about once a second and by `close`.
   */
  save(): Promise<void> {
    this.#runtime.machine;
    const { persistence } = this.#runtime;
    if (persistence === undefined) throw new TypeError("this database is not persisted: open it with { dataDir }");
    return persistence.save();
  }

  /**
   * Returns an independent copy of the database, with the same time and the same state of the
   * random generator. Other clients are not connected to it. It is not persisted, and with a real
   * clock it runs until it is closed.
   */
  fork(): Redstart {
    this.#runtime.machine;
    const own = this.#own?.isOpen && !this.#own.isWaiting ? [this.#own.peer] : [];
    const fork = this.#runtime.fork(own);
    return new (this.constructor as typeof Redstart)(fork, this.#defaults, own[0]?.slot);
  }

  /** Returns the recording of this session so far: `open` it with `{ record: true }`. */
  record(): Uint8Array {
    const { recorder } = this.#runtime;
    if (recorder === undefined) throw new TypeError("this session is not recorded: open it with { record: true }");
    return recorder.recording();
  }

  /**
   * The number of events recorded in this session so far: the `position` of this moment in a
   * replay.
   */
  get position(): number {
    return this.#runtime.recorder?.events ?? 0;
  }

  /**
   * Closes the database and its connections. Its data is lost unless it is persisted; `closed` then
   * resolves when it is saved.
   */
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
    // The next client continues in the database of the one that waits.
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

