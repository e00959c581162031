// One instance of the module: an engine and the memory it lives in. The engine is bytes alone, so a copy of that memory is a copy of the
// engine, down to the dice it throws: databases are forked and sessions rewound by copying it.

import { glue } from "./engine.js";
import { RedstartError } from "./error.js";

type Engine = InstanceType<ReturnType<typeof glue>["Engine"]>;

/** What an engine may ask of whoever runs it. */
export interface Host {
  monotonic(): number;
  sleep(micros: number): void;
  /** Takes the next part of a snapshot: a window that is valid during the call only. */
  part(bytes: Uint8Array): void;
}

/** The most bytes that cross into the module, or out of it, in one call: `OUTBOX_BYTES` of the module. */
export const PIECE_BYTES = 256 * 1024;

/** What fixes how an engine begins. */
export interface Origin {
  readonly module: WebAssembly.Module;
  readonly seed: bigint;
  /** Parameters as the module takes them: names and values in turn, each with a NUL behind it. */
  readonly parameters: string;
}

/** Pages that checkpoints share where nothing has changed between them. */
export const PAGE = 4096;
const PAGE_WORDS = PAGE / 4;

/** The stack lies first in the memory, and between two calls there is nothing on it: of a small engine that is most of its memory. */
const STACK = 1024 * 1024;

/** An engine at one moment. */
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

  /** `onFailure` is called once when the module has failed: from then on the machine is of no use. */
  constructor(origin: Origin, host: Host, now: number, onFailure: (failure: RedstartError) => void) {
    const { Engine, initSync } = glue();
    this.#memory = initSync({ module: origin.module }).memory;
    this.#view = new Uint8Array(this.#memory.buffer);
    this.engine = new Engine(origin.seed, origin.parameters, host, now);
    guard(this.engine, onFailure);
    // The instance goes as a whole: nothing in it is to be freed by itself.
    raw(this.engine).__wbg_ptr = raw(this.engine).__destroy_into_raw();
  }

  /** The module's memory: a view of it ends when it grows. */
  get view(): Uint8Array {
    if (this.#view.length === 0) this.#view = new Uint8Array(this.#memory.buffer);
    return this.#view;
  }

  /** Where the inbox is, with room for `length` bytes. */
  inbox(length: number): number {
    if (length > this.#inboxLength) {
      this.#inbox = this.engine.inbox(length);
      this.#inboxLength = length;
    }
    return this.#inbox;
  }

  /** Puts bytes into the inbox. */
  fill(bytes: Uint8Array): void {
    const at = this.inbox(bytes.length);
    this.view.set(bytes, at);
  }

  /** The inbox was given up. */
  forgetInbox(): void {
    this.#inboxLength = 0;
  }

  /** A copy of the first `length` bytes of the outbox. */
  taken(length: number): Uint8Array {
    const start = this.engine.outbox();
    return this.view.slice(start, start + length);
  }

  /** Becomes what another one is: both have the same origin. */
  copy(other: Machine): void {
    this.#fit(other.view.length);
    this.view.set(other.view.subarray(STACK), STACK);
    raw(this.engine).__wbg_ptr = raw(other.engine).__wbg_ptr;
    this.#inbox = other.#inbox;
    this.#inboxLength = other.#inboxLength;
  }

  /** The engine as it is now; pages are shared with an earlier image where they are the same. */
  image(earlier: Image | undefined): Image {
    const words = new Int32Array(this.#memory.buffer);
    const pages = Array.from({ length: this.view.length / PAGE }, (_, index) => {
      const start = index * PAGE_WORDS;
      const old = earlier?.pages[index];
      return old !== undefined && isSame(words, start, old) ? old : words.slice(start, start + PAGE_WORDS);
    });
    return { pages, pointer: raw(this.engine).__wbg_ptr, inbox: this.#inbox, inboxLength: this.#inboxLength };
  }

  /** Becomes what the image shows. */
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
 * Reports failures of the module. A trap (its memory is used up, or it has a bug) unwinds nothing: the engine is left in the middle of a call, and
 * whatever would be called next works on broken data. What the engine refuses, on the other hand, is thrown as text or bytes, never as an `Error`.
 */
function guard(engine: Engine, onFailure: (failure: RedstartError) => void): void {
  type Verb = (this: Engine, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;
  const verbs = engine as unknown as Record<string, Verb>;
  const prototype = Object.getPrototypeOf(engine) as object;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const verb = verbs[name]!;
    if (name === "constructor" || name.startsWith("__")) continue;
    verbs[name] = (a, b, c, d) => {
      try {
        return verb.call(engine, a, b, c, d);
      } catch (reason) {
        if (!(reason instanceof Error)) throw reason;
        const failure = failed(reason);
        onFailure(failure);
        throw failure;
      }
    };
  }
}

/** What a failure of the module is for the caller. */
function failed(reason: Error): RedstartError {
  if (reason instanceof RedstartError) return reason;
  return new RedstartError(`FAILED the engine has run out of memory or failed (${reason.message}); this database is closed`);
}

/** What a refusal or a mistake that the engine threw is for the caller. */
export function thrown(reason: unknown): unknown {
  if (reason instanceof Uint8Array) return new RedstartError(new TextDecoder().decode(reason.slice(1, -2)));
  if (typeof reason === "string") return new RedstartError(/^[A-Z]+ /.test(reason) ? reason : `ERR ${reason}`);
  return reason instanceof Error ? failed(reason) : reason;
}

/** The part of the glue that it does not declare. */
function raw(engine: Engine): { __wbg_ptr: number; __destroy_into_raw(): number } {
  return engine as never;
}
