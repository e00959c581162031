// Replays a recorded session, forwards and backwards. Going back means restoring a checkpoint and
// going forwards: an image of the engine's memory that shares unchanged pages with the checkpoint
// before it.

import type { Connection, Listener } from "./connection.js";
import { load, snapshot } from "./data.js";
import { Keyspace } from "./keyspace.js";
import { RedstartError } from "./error.js";
import { PAGE } from "./machine.js";
import { type Beginning, type RecordedEvent, Recorder, read } from "./recording.js";
import type { Redstart } from "./redstart.js";
import { Runtime } from "./runtime.js";

/** The output that a client was sent during a step. */
export interface Sent {
  /** The id of the client, as `CLIENT ID` returns it. */
  readonly client: number;
  readonly bytes: Uint8Array;
}

/** One event and its effects. */
export interface Step {
  readonly event: RecordedEvent;
  /** The id of the client whose event it was, or 0 if there is none. */
  readonly client: number;
  readonly sent: readonly Sent[];
  /** The ids of the clients whose connections ended. */
  readonly ended: readonly number[];
}

export interface ReplayOptions {
  /** The number of events between checkpoints, 5000 by default. */
  checkpoints?: number;
  /**
   * The milliseconds that one call may spend on running the recording, 10,000 by default,
   * `Infinity` for no limit. Recordings may come from untrusted sources, and a short one may
   * contain hours of work. A call that needs more throws a `RedstartError` with the code `BUDGET`;
   * the replay remains usable, after the last event that has ended.
   */
  budgetMs?: number;
  /** Aborts `play`, and any later call that would run the recording. */
  signal?: AbortSignal;
}

export interface PlayOptions {
  /**
   * Aborts the call: the promise is rejected with the signal's reason, and the replay stays where
   * it is.
   */
  signal?: AbortSignal;
  /** Called after each slice, with the number of events that have happened. */
  onProgress?: (position: number) => void;
}

/** The default of `budgetMs`. */
const BUDGET_MS = 10_000;

/** The time after which `play` yields to other work. */
const SLICE_MS = 15;

export interface ResumeOptions {
  /**
   * The number of events that have happened, all by default. The recording continues from there.
   */
  position?: number;
  /**
   * The clock: `"real"` is the machine's, `"running"` continues at its pace from the time in the
   * recording, `"virtual"` stands still there. By default, real or virtual as in the recording. No
   * clock goes back before the recorded time.
   */
  clock?: "real" | "running" | "virtual";
  /**
   * Called with each connected client. Returns its new listener, or nothing to disconnect it, which
   * is the default.
   */
  keep?: (connection: Connection) => Listener | undefined;
}

export class Replay {
  #events: readonly RecordedEvent[];
  #recording: Uint8Array;
  #beginning: Beginning;
  #open: (runtime: Runtime) => Redstart;
  #runtime: Runtime;
  /** Whether the recording contains pauses. */
  #pauses: boolean;
  #position = 0;
  /** The time of the end of the last event, in microseconds; the clock may be later. */
  #time: number;
  #sent: Sent[] = [];
  #ended: number[] = [];
  #distance: number;
  #checkpoints: ReturnType<Runtime["image"]>[] = [];
  readonly #budgetMs: number;
  readonly #signal: AbortSignal | undefined;
  /** The time at which the current call has used up its budget. */
  #deadline: number | undefined;

  /** @internal */
  constructor(module: WebAssembly.Module, recording: Uint8Array, options: ReplayOptions, open: (runtime: Runtime) => Redstart) {
    const { beginning, events } = read(recording);
    this.#events = events;
    this.#pauses = hasPauses(events);
    this.#recording = recording;
    this.#beginning = beginning;
    this.#open = open;
    this.#distance = options.checkpoints ?? 5000;
    this.#budgetMs = options.budgetMs ?? BUDGET_MS;
    if (!(this.#budgetMs > 0)) throw new RangeError(`budgetMs must be a positive number, not ${String(options.budgetMs)}`);
    this.#signal = options.signal;
    const { seed, parameters, start } = beginning;
    this.#runtime = new Runtime({ origin: { module, seed, parameters }, virtual: start, watchdog: () => this.#check(), isReplay: true });
    this.#time = start;
    load(this.#runtime, beginning.snapshot);
    this.#checkpoint();
  }

  /** The events of the recording. */
  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** The number of events that have happened. */
  get position(): number {
    return this.#position;
  }

  get length(): number {
    return this.events.length;
  }

  /** The current time of the replay, in milliseconds since the Unix epoch. */
  get now(): number {
    return this.#runtime.clock.now();
  }

  /** The keys at this moment. */
  get keyspace(): Keyspace {
    return new Keyspace(this.#runtime);
  }

  /** Returns the data at this moment, as an RDB file. */
  snapshot(): Uint8Array {
    return snapshot(this.#runtime);
  }

  /**
   * Returns the database at this moment, on a virtual clock and without its clients. Commands that
   * it runs do not affect the replay.
   */
  fork(): Redstart {
    return this.#open(this.#runtime.fork([]));
  }

  /** Returns the recording up to a moment, the current one by default. */
  record(position = this.#position): Uint8Array {
    return this.#recording.slice(0, read(this.#recording, position).end);
  }

  /** Replaces this recording by a longer one of the same session, which has continued. */
  extend(recording: Uint8Array): void {
    const { events } = read(recording);
    const { end } = read(recording, this.length);
    if (end !== this.#recording.length) throw new RangeError("not a recording of the same session");
    this.#recording = recording;
    this.#events = events;
    this.#pauses = hasPauses(events);
  }

  /**
   * Continues the session, recorded as before: from its end, or from an earlier moment, discarding
   * the rest.
   */
  resume({ position = this.length, clock, keep = () => undefined }: ResumeOptions = {}): Redstart {
    this.seek(position);
    const last = this.events[this.#position - 1]?.time ?? this.#beginning.start;
    const recorder = Recorder.after(this.record(), last, this.#position);
    const isVirtual = clock === undefined ? this.#beginning.isVirtual : clock === "virtual";
    const behind = last - Date.now() * 1000;
    const ahead = clock === "running" ? behind : Math.max(0, behind);
    const virtual = isVirtual ? this.#runtime.now() : undefined;
    return this.#open(this.#runtime.resumed({ virtual, ahead, recorder }, keep));
  }

  /** Runs the next event. Returns `undefined` at the end. */
  step(): Step | undefined {
    return this.#bounded(() => this.#step());
  }

  /**
   * Goes to the moment after this number of events; with `now`, in milliseconds, to a later time
   * before the next event.
   */
  seek(position: number, now?: number): void {
    this.#bounded(() => this.#seek(position, now));
  }

  /**
   * Goes to the moment after `position` events, in slices, so that a page stays responsive and the
   * call can be aborted. Each slice has the budget of a call.
   */
  async play(position = this.length, { signal, onProgress }: PlayOptions = {}): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const isThere = this.#bounded(() => this.#slice(position));
      onProgress?.(this.#position);
      if (isThere) return;
      await turn();
    }
  }

  #slice(position: number): boolean {
    const end = performance.now() + SLICE_MS;
    // Going back is one step, from a checkpoint.
    if (position < this.#position) this.#seek(position);
    while (this.#position < Math.min(position, this.length)) {
      this.#step();
      if (performance.now() >= end) break;
    }
    return this.#position >= Math.min(position, this.length);
  }

  #step(): Step | undefined {
    const event = this.events[this.#position];
    if (event === undefined) return undefined;
    this.#check();
    this.#sent = [];
    this.#ended = [];
    const client = this.#happen(event);
    // A failure is not thrown where nobody awaits the result.
    if (this.#runtime.failure !== undefined) throw this.#runtime.failure;
    // The native server does not record pauses: output counts as read.
    if (!this.#pauses) this.#runtime.release();
    this.#position += 1;
    this.#time = this.#runtime.now();
    if (this.#position % this.#distance === 0) this.#checkpoint();
    return { event, client, sent: this.#sent, ended: this.#ended };
  }

  #seek(position: number, now?: number): void {
    position = Math.min(Math.max(0, Math.floor(position)), this.length);
    const nearest = Math.min(Math.floor(position / this.#distance), this.#checkpoints.length - 1);
    if (position < this.#position || nearest * this.#distance > this.#position) this.#goTo(nearest);
    while (this.#position < position) this.#step();
    const next = this.events[position];
    const end = next === undefined ? Infinity : next.time + (next.kind === "advance" ? next.micros : 0);
    this.#runtime.time = Math.max(this.#time, Math.min(Math.round((now ?? 0) * 1000), end));
  }

  /** Restores a checkpoint. */
  #goTo(checkpoint: number): void {
    this.#runtime.restore(this.#checkpoints[checkpoint]!);
    this.#position = checkpoint * this.#distance;
    this.#time = this.#runtime.now();
  }

  /**
   * Runs a call within the budget. An engine that was stopped or has failed is replaced, in its
   * state after the last event that has ended.
   */
  #bounded<T>(call: () => T): T {
    this.#signal?.throwIfAborted();
    this.#deadline = performance.now() + this.#budgetMs;
    try {
      return call();
    } catch (reason) {
      // All this has already run within a budget.
      this.#deadline = undefined;
      if (this.#runtime.failure !== undefined) {
        const position = this.#position;
        this.#goTo(Math.min(Math.floor(position / this.#distance), this.#checkpoints.length - 1));
        while (this.#position < position) this.#step();
      }
      throw reason;
    } finally {
      this.#deadline = undefined;
    }
  }

  #check(): void {
    if (this.#deadline === undefined || performance.now() <= this.#deadline) return;
    throw new RedstartError(`BUDGET the recording needs more than ${this.#budgetMs} ms to run: call again to continue, or open it with a larger budgetMs`);
  }

  /**
   * Returns the memory that the checkpoints use, in bytes. Pages that did not change between them
   * are counted once.
   */
  get checkpointBytes(): number {
    const pages = new Set<Int32Array>();
    for (const { image } of this.#checkpoints) for (const page of image.pages) pages.add(page);
    return pages.size * PAGE;
  }

  close(): void {
    this.#runtime.close();
    this.#checkpoints = [];
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #checkpoint(): void {
    const index = this.#position / this.#distance;
    this.#checkpoints[index] ??= this.#runtime.image(this.#checkpoints[index - 1]?.image);
  }

  #happen(event: RecordedEvent): number {
    const runtime = this.#runtime;
    if (!runtime.isOpen) return 0;
    runtime.time = event.time;
    switch (event.kind) {
      case "connect": return this.#connect(event.address);
      case "tick": runtime.tick(); return 0;
      case "advance": runtime.advance(event.micros); return 0;
    }
    const peer = runtime.peer(event.slot);
    if (peer === undefined) return 0;
    switch (event.kind) {
      case "receive": runtime.send(peer, event.bytes); break;
      case "disconnect": runtime.disconnect(peer); break;
      case "pause": runtime.pause(peer); break;
      case "resume": runtime.resume(peer); break;
    }
    return peer.id;
  }

  #connect(address: string | undefined): number {
    let id = 0;
    const listener = {
      ...(address === undefined ? {} : { address }),
      data: (bytes: Uint8Array) => void this.#sent.push({ client: id, bytes }),
      end: () => void this.#ended.push(id),
    };
    return (id = this.#runtime.attach(listener).id);
  }
}

/** Yields to timers and events of the page. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function hasPauses(events: readonly RecordedEvent[]): boolean {
  return events.some(({ kind }) => kind === "pause");
}
