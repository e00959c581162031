// An instance of the module: an engine and its memory. The engine is nothing but bytes, so a copy
// of the memory is a copy of the engine, including its random generator. Databases are forked and
// sessions rewound by copying it.

import { glue } from "./engine.js";
import { RedstartError } from "./error.js";

type Engine = InstanceType<ReturnType<typeof glue>["Engine"]>;

/** The services that an engine may request. */
export interface Host {
  monotonic(): number;
  sleep(micros: number): void;
  /** Receives the next part of a snapshot: a view that is valid during the call only. */
  part(bytes: Uint8Array): void;
}

/**
 * The maximum number of bytes passed into the module, or out of it, in one call: `OUTBOX_BYTES` of
 * the module.
 */
export const PIECE_BYTES = 256 * 1024;

/** The initial state of an engine. */
export interface Origin {
  readonly module: WebAssembly.Module;
  readonly seed: bigint;
  /**
   * The parameters in the module's format: alternating names and values, each followed by a NUL.
   */
  readonly parameters: string;
}

/** Pages that checkpoints share if nothing has changed between them. */
export const PAGE = 4096;
const PAGE_WORDS = PAGE / 4;

/**
 * The size of the stack, which is at the start of the memory and unused between calls. It is most
 * of the memory of a small engine.
 */
const STACK = 1024 * 1024;

/** The state of an engine at one moment. */
export interface Image {
  readonly pages: readonly Int32Array[];
  readonly pointer: number;
  readonly inbox: number;
  readonly inboxLength: number;
}

export class Machine {
  readonly engine: Engine;
  #memory: WebAssembly.Memory;
  #view: Uint8Array;
  #inbox = 0;
  #inboxLength = 0;

  /**
   * Creates an engine. `onFailure` is called once if the module fails: the machine is unusable from
   * then on.
   */
  constructor(origin: Origin, host: Host, now: number, onFailure: (failure: RedstartError) => void) {
    const { Engine, initSync } = glue();
    this.#memory = initSync({ module: origin.module }).memory;
    this.#view = new Uint8Array(this.#memory.buffer);
    this.engine = new Engine(origin.seed, origin.parameters, host, now);
    guard(this.engine, onFailure);
    // The whole instance is garbage-collected: nothing in it needs to be freed.
    raw(this.engine).__wbg_ptr = raw(this.engine).__destroy_into_raw();
  }

  /** Returns a view of the module's memory, which is valid until the memory grows. */
  get view(): Uint8Array {
    if (this.#view.length === 0) this.#view = new Uint8Array(this.#memory.buffer);
    return this.#view;
  }

  /** Returns the address of the inbox, with room for `length` bytes. */
  inbox(length: number): number {
    if (length > this.#inboxLength) {
      this.#inbox = this.engine.inbox(length);
      this.#inboxLength = length;
    }
    return this.#inbox;
  }

  /** Writes bytes to the inbox. */
  fill(bytes: Uint8Array): void {
    const at = this.inbox(bytes.length);
    this.view.set(bytes, at);
  }

  /** Notes that the module has released the inbox. */
  forgetInbox(): void {
    this.#inboxLength = 0;
  }

  /** Returns a copy of the first `length` bytes of the outbox. */
  taken(length: number): Uint8Array {
    const start = this.engine.outbox();
    return this.view.slice(start, start + length);
  }

  /** Copies the state of another machine with the same origin. */
  copy(other: Machine): void {
    this.#fit(other.view.length);
    this.view.set(other.view.subarray(STACK), STACK);
    raw(this.engine).__wbg_ptr = raw(other.engine).__wbg_ptr;
    this.#inbox = other.#inbox;
    this.#inboxLength = other.#inboxLength;
  }

  /** Returns an image of the engine. It shares pages with an earlier image where they are equal. */
  image(earlier: Image | undefined): Image {
    const words = new Int32Array(this.#memory.buffer);
    const pages = Array.from({ length: this.view.length / PAGE }, (_, index) => {
      const start = index * PAGE_WORDS;
      const old = earlier?.pages[index];
      return old !== undefined && isSame(words, start, old) ? old : words.slice(start, start + PAGE_WORDS);
    });
    return { pages, pointer: raw(this.engine).__wbg_ptr, inbox: this.#inbox, inboxLength: this.#inboxLength };
  }

  /** Restores the state of an image. */
  restore(image: Image): void {
    this.#fit(image.pages.length * PAGE);
    const words = new Int32Array(this.#memory.buffer);
    image.pages.forEach((page, index) => words.set(page, index * PAGE_WORDS));
    raw(this.engine).__wbg_ptr = image.pointer;
    this.#inbox = image.inbox;
    this.#inboxLength = image.inboxLength;
  }

  #fit(length: number): void {
    const missing = length - this.view.length;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65536));
  }
}

function isSame(words: Int32Array, start: number, page: Int32Array): boolean {
  for (let at = 0; at < PAGE_WORDS; at += 1) if (words[start + at] !== page[at]) return false;
  return true;
}

/**
 * Reports failures of the module. A trap (because its memory is exhausted, or because of a bug)
 * does not unwind: the engine stops in the middle of a call, and further calls would work on
 * inconsistent data. Errors of the engine, in contrast, are thrown as text or bytes, never as an
 * `Error`.
 */
function guard(engine: Engine, onFailure: (failure: RedstartError) => void): void {
  const verbs = engine as unknown as Record<string, Verb>;
  const caught = (reason: unknown): unknown => {
    if (!(reason instanceof Error)) return reason;
    const failure = failed(reason);
    onFailure(failure);
    return failure;
  };
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(engine))) {
    if (name === "constructor" || name.startsWith("__") || CANNOT_FAIL.has(name)) continue;
    verbs[name] = (OFTEN.has(name) ? guardedOften : guarded)(engine, verbs[name]!, caught);
  }
}

type Verb = (this: Engine, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

/** Verbs that only read a few numbers. */
const CANNOT_FAIL = new Set(["outbox", "outbox_len", "is_at_rest", "wants_input", "is_blocked", "awaits_time"]);

/** Verbs of which each call of a client takes one. */
const OFTEN = new Set(["receive", "output", "consume"]);

function guarded(engine: Engine, verb: Verb, caught: (reason: unknown) => unknown): Verb {
  return (a, b, c, d) => {
    try {
      return verb.call(engine, a, b, c, d);
    } catch (reason) {
      throw caught(reason);
    }
  };
}

/** The same: a function that calls few others is compiled with them, one that calls all verbs is not. */
function guardedOften(engine: Engine, verb: Verb, caught: (reason: unknown) => unknown): Verb {
  return (a, b, c) => {
    try {
      return verb.call(engine, a, b, c);
    } catch (reason) {
      throw caught(reason);
    }
  };
}

/** Converts a failure of the module to an error for the caller. */
function failed(reason: Error): RedstartError {
  if (reason instanceof RedstartError) return reason;
  return new RedstartError(`FAILED the engine has run out of memory or failed (${reason.message}); this database is closed`);
}

/** Converts an error of the engine to an error for the caller. */
export function thrown(reason: unknown): unknown {
  if (reason instanceof Uint8Array) return new RedstartError(new TextDecoder().decode(reason.slice(1, -2)));
  if (typeof reason === "string") return new RedstartError(/^[A-Z]+ /.test(reason) ? reason : `ERR ${reason}`);
  return reason instanceof Error ? failed(reason) : reason;
}

/** The part of the generated bindings that they do not declare. */
function raw(engine: Engine): { __wbg_ptr: number; __destroy_into_raw(): number } {
  return engine as never;
}
