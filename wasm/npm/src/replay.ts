// A recorded session that runs again, forth and back. Going back is going forth from a checkpoint: an image of the engine's memory, whose pages
// are shared with the checkpoint before it where they are the same.

import type { Connection, Listener } from "./connection.js";
import { load, snapshot } from "./data.js";
import { Keyspace } from "./keyspace.js";
import { RedstartError } from "./error.js";
import { PAGE } from "./machine.js";
import { type Beginning, type RecordedEvent, Recorder, read } from "./recording.js";
import type { Redstart } from "./redstart.js";
import { Runtime } from "./runtime.js";

/** What a client was sent during a step. */
export interface Sent {
  /** The number that `CLIENT ID` tells. */
  readonly client: number;
  readonly bytes: Uint8Array;
}

/** One event and what it caused. */
export interface Step {
  readonly event: RecordedEvent;
  /** The number of the client whose event it was, 0 for none. */
  readonly client: number;
  readonly sent: readonly Sent[];
  /** The numbers of the clients whose connections ended. */
  readonly ended: readonly number[];
}

export interface ReplayOptions {
  /** How many events apart checkpoints are, 5000 unless given. */
  checkpoints?: number;
  /**
   * Milliseconds that one call may spend on running the recording: 10,000 unless given, `Infinity` for as many as it takes. Recordings come from
   * anywhere, and a short one may hold hours of work. A call that needs more throws a `RedstartError` with the code `BUDGET`; the replay stays usable,
   * at the last event that has ended.
   */
  budgetMs?: number;
  /** Stops `play` when it is aborted, and whatever else would run the recording from then on. */
  signal?: AbortSignal;
}

export interface PlayOptions {
  /** Stops it: the promise is rejected with the signal's reason, and the replay stays where it is. */
  signal?: AbortSignal;
  /** Called after each slice, with how many events have happened. */
  onProgress?: (position: number) => void;
}

/** What `budgetMs` is unless given. */
const BUDGET_MS = 10_000;

/** `play` leaves the thread to others after so long. */
const SLICE_MS = 15;

export interface ResumeOptions {
  /** How many of the events have happened: all, unless given. The recording goes on from there. */
  position?: number;
  /**
   * `"real"` is the machine's clock, `"running"` goes on at its pace from the moment of the recording as if no time had passed, `"virtual"` stands
   * still there. Unless given, real or virtual as it was. No clock goes back behind what was recorded.
   */
  clock?: "real" | "running" | "virtual";
  /** Told of each client that is connected: returns who listens to it from then on, or nothing for it to hang up, as all do unless given. */
  keep?: (connection: Connection) => Listener | undefined;
}

export class Replay {
  #events: readonly RecordedEvent[];
  #recording: Uint8Array;
  #beginning: Beginning;
  #open: (runtime: Runtime) => Redstart;
  #runtime: Runtime;
  /** Whether the recording has pauses. */
  #pauses: boolean;
  #position = 0;
  /** Microseconds at which the last event was over; the clock may show more. */
  #time: number;
  #sent: Sent[] = [];
  #ended: number[] = [];
  #distance: number;
  #checkpoints: ReturnType<Runtime["image"]>[] = [];
  readonly #budgetMs: number;
  readonly #signal: AbortSignal | undefined;
  /** When the call that runs has used up its budget. */
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
    if (!(this.#budgetMs > 0)) throw new RangeError(`budgetMs: expected a positive number, found ${String(options.budgetMs)}`);
    this.#signal = options.signal;
    const { seed, parameters, start } = beginning;
    this.#runtime = new Runtime({ origin: { module, seed, parameters }, virtual: start, watchdog: () => this.#check(), isReplay: true });
    this.#time = start;
    load(this.#runtime, beginning.snapshot);
    this.#checkpoint();
  }

  /** All that happens in it. */
  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** How many events have happened. */
  get position(): number {
    return this.#position;
  }

  get length(): number {
    return this.events.length;
  }

  /** The time at this moment, in milliseconds since the Unix epoch. */
  get now(): number {
    return this.#runtime.clock.now();
  }

  /** The keys as they are at this moment. */
  get keyspace(): Keyspace {
    return new Keyspace(this.#runtime);
  }

  /** The data at this moment, as an RDB file. */
  snapshot(): Uint8Array {
    return snapshot(this.#runtime);
  }

  /** The database at this moment, on a virtual clock and without its clients: to be asked without a trace in the replay. */
  fork(): Redstart {
    return this.#open(this.#runtime.fork([]));
  }

  /** The recording up to a moment: this one, unless given. */
  record(position = this.#position): Uint8Array {
    return this.#recording.slice(0, read(this.#recording, position).end);
  }

  /** The session has gone on: takes the longer recording of it in the place of this one. */
  extend(recording: Uint8Array): void {
    const { events } = read(recording);
    const { end } = read(recording, this.length);
    if (end !== this.#recording.length) throw new RangeError("this is the recording of another session");
    this.#recording = recording;
    this.#events = events;
    this.#pauses = hasPauses(events);
  }

  /** The session going on, recorded as before: from its end, or from a moment as if the rest had not happened. */
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

  /** Lets the next event happen; `undefined` at the end. */
  step(): Step | undefined {
    return this.#bounded(() => this.#step());
  }

  /** Goes to the moment when so many events have happened; or later, if given in milliseconds, but not to the next event. */
  seek(position: number, now?: number): void {
    this.#bounded(() => this.#seek(position, now));
  }

  /** Goes there slice by slice, so that a page can be used and the way there can be stopped. Each slice has the budget of a call. */
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
    // A failure is not thrown where nobody waits for a result.
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

  /** Goes to a checkpoint. */
  #goTo(checkpoint: number): void {
    this.#runtime.restore(this.#checkpoints[checkpoint]!);
    this.#position = checkpoint * this.#distance;
    this.#time = this.#runtime.now();
  }

  /** Runs a call within the budget. An engine that was stopped or has failed is replaced, at the last event that has ended. */
  #bounded<T>(call: () => T): T {
    this.#signal?.throwIfAborted();
    this.#deadline = performance.now() + this.#budgetMs;
    try {
      return call();
    } catch (reason) {
      // All this has run within a budget before.
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
    throw new RedstartError(`BUDGET the recording takes more than ${this.#budgetMs} ms to run: call again to go on, or open it with a larger budgetMs`);
  }

  /** How many bytes the checkpoints take. Pages that did not change between them are there once. */
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

/** Lets timers and events of the page have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function hasPauses(events: readonly RecordedEvent[]): boolean {
  return events.some(({ kind }) => kind === "pause");
}
