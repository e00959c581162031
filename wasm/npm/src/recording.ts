// A session as bytes: the initial state of the engine, and every call with its time. The engine is
// determined by these, so a replay has the same replies to the last byte.
//
//   "redstart" version   seed   parameters   is virtual   start   snapshot   events ...
//
// event   kind + 8 * client   microseconds since the last event   data of the kind
//
// Numbers are written with seven bits per byte, text and bytes after their length. A client is
// identified by its slot among those connected at the time.

import { Reader, Writer } from "./bytes.js";
import type { Machine } from "./machine.js";

const MAGIC = "redstart";
const VERSION = 1;

const enum Kind { Connect, Receive, Disconnect, Tick, Advance, Pause, Resume }

/** An event of a session. */
export type RecordedEvent = { /** Microseconds since the Unix epoch. */ readonly time: number } & (
  | { readonly kind: "connect"; readonly address: string | undefined }
  | { readonly kind: "receive"; readonly slot: number; readonly bytes: Uint8Array }
  | { readonly kind: "disconnect" | "pause" | "resume"; readonly slot: number }
  | { readonly kind: "tick" }
  | { readonly kind: "advance"; readonly micros: number }
);

/** The start of a recorded session. */
export interface Beginning {
  readonly seed: bigint;
  readonly parameters: string;
  readonly isVirtual: boolean;
  /** Microseconds since the Unix epoch. */
  readonly start: number;
  /** The RDB file that it began with, which may be empty. */
  readonly snapshot: Uint8Array;
}

/** @internal Writes a recording. */
export class Recorder {
  #out: Writer;
  #last: number;
  #events: number;
  /** The offset at which the current call begins. */
  #mark: { readonly length: number; readonly last: number; readonly events: number } | undefined;

  private constructor(out: Writer, last: number, events: number) {
    this.#out = out;
    this.#last = last;
    this.#events = events;
  }

  /** Continues a recording that has this number of events, the last of them at `last`. */
  static after(recording: Uint8Array, last: number, events: number): Recorder {
    return new Recorder(new Writer(recording), last, events);
  }

  /** Begins a recording. */
  static of({ seed, parameters, isVirtual, start, snapshot }: Beginning): Recorder {
    const out = new Writer();
    out.text(MAGIC);
    out.number(VERSION);
    out.text(String(seed));
    out.text(parameters);
    out.number(isVirtual ? 1 : 0);
    out.number(start);
    out.bytes(snapshot);
    return new Recorder(out, start, 0);
  }

  /** Returns the recording so far. */
  recording(): Uint8Array {
    return this.#out.written();
  }

  /** The number of events. */
  get events(): number {
    return this.#events;
  }

  /** Begins a call, which may consist of several events. */
  begin(): void {
    this.#mark = { length: this.#out.length, last: this.#last, events: this.#events };
  }

  /** Removes the events of the last call: it has failed, and would fail again in every replay. */
  takeBack(): void {
    if (this.#mark === undefined) return;
    const { length, last, events } = this.#mark;
    this.#out.truncate(length);
    [this.#last, this.#events] = [last, events];
  }

  /**
   * Returns the time for the next events: this time, but not before the last event, since the
   * machine's clock may be set back.
   */
  notBefore(time: number): number {
    return Math.max(time, this.#last);
  }

  connect(time: number, address: string | undefined): void {
    this.#event(Kind.Connect, 0, time);
    this.#out.text(address ?? "");
  }

  /** Records that the client's bytes are in the inbox. */
  receive(time: number, slot: number, machine: Machine, length: number): void {
    this.#event(Kind.Receive, slot, time);
    const at = machine.inbox(0);
    this.#out.bytes(machine.view.subarray(at, at + length));
  }

  disconnect(time: number, slot: number): void {
    this.#event(Kind.Disconnect, slot, time);
  }

  tick(time: number): void {
    this.#event(Kind.Tick, 0, time);
  }

  advance(time: number, micros: number): void {
    this.#event(Kind.Advance, 0, time);
    this.#out.number(micros);
  }

  pause(slot: number): void {
    this.#event(Kind.Pause, slot, this.#last);
  }

  resume(time: number, slot: number): void {
    this.#event(Kind.Resume, slot, time);
  }

  #event(kind: Kind, slot: number, time: number): void {
    this.#out.number(kind + 8 * slot);
    this.#out.number(time - this.#last);
    this.#last = time;
    this.#events += 1;
  }
}

/**
 * Reads a recording, or its first `count` events, which end at byte `end`. Bytes are views of it.
 */
export function read(recording: Uint8Array, count = Infinity): { beginning: Beginning; events: RecordedEvent[]; end: number } {
  const reader = new Reader(recording);
  if (recording.length < MAGIC.length || reader.text() !== MAGIC) throw new RangeError("not a Redstart recording");
  const version = reader.number();
  if (version !== VERSION) throw new RangeError(`unsupported version ${version} of the recording: expected ${VERSION}`);
  const seed = reader.text();
  if (!/^\d+$/.test(seed)) throw new RangeError("the recording is corrupt");
  const beginning = {
    seed: BigInt(seed),
    parameters: reader.text(),
    isVirtual: reader.number() === 1,
    start: reader.number(),
    snapshot: reader.bytes(),
  };
  const events: RecordedEvent[] = [];
  let time = beginning.start;
  while (!reader.isAtEnd && events.length < count) {
    const head = reader.number();
    time += reader.number();
    events.push(event(head % 8, Math.floor(head / 8), time, reader));
  }
  return { beginning, events, end: reader.at };
}

function event(kind: Kind, slot: number, time: number, reader: Reader): RecordedEvent {
  switch (kind) {
    case Kind.Connect: return { kind: "connect", time, address: reader.text() || undefined };
    case Kind.Receive: return { kind: "receive", time, slot, bytes: reader.bytes() };
    case Kind.Disconnect: return { kind: "disconnect", time, slot };
    case Kind.Tick: return { kind: "tick", time };
    case Kind.Advance: return { kind: "advance", time, micros: reader.number() };
    case Kind.Pause: return { kind: "pause", time, slot };
    case Kind.Resume: return { kind: "resume", time, slot };
    default: throw new RangeError("the recording is corrupt");
  }
}
