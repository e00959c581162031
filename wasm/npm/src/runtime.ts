// Runs a machine: its clock, its clients as bytes, and what it asks for. Every verb of the engine is called here and nowhere else, so this
// is also where a session is recorded.

import type { Clock, Connection, Listener } from "./connection.js";
import { joined } from "./bytes.js";
import { snapshot } from "./data.js";
import { type Host, type Image, Machine, type Origin, PIECE_BYTES, thrown } from "./machine.js";
import { RedstartError } from "./error.js";
import type { Persistence } from "./persistence.js";
import type { Recorder } from "./recording.js";
import { request } from "./request.js";

export interface Peer {
  readonly slot: number;
  readonly id: number;
  readonly listener: Listener;
  /** Its output stays in the engine. */
  isPaused: boolean;
  /** It is paused only until its listener has taken the piece that was read last. */
  isHeld: boolean;
  /** Its connection ends once all its output is read. */
  isEnding: boolean;
}

/** What the engine asks for, in the lowest two bits of an effect. */
const enum Asked { Write, Close, CloseAfterWrite, Shutdown }

/** The longest that a timer can wait. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** How soon the clock ticks once something has happened. */
const LIVELY_TICK_MS = 100;

export interface RuntimeOptions {
  readonly origin: Origin;
  /** Microseconds at which a virtual clock begins; none for the machine's clock. */
  readonly virtual: number | undefined;
  /** Microseconds that a real clock is ahead of the machine's. */
  readonly ahead?: number;
  readonly recorder?: Recorder | undefined;
  /** Called between commands. What it throws stops the engine, which then has failed. */
  readonly watchdog?: () => void;
  /** Whether all events, ticks and pauses too, come from a recording. */
  readonly isReplay?: boolean;
}

/** Who takes over the clients of a session that goes on: see `ResumeOptions`. */
export type Keeper = (connection: Connection) => Listener | undefined;

export class Runtime {
  readonly clock: Clock;
  readonly origin: Origin;
  recorder: Recorder | undefined;
  readonly closed: Promise<void>;
  readonly #isReplay: boolean;
  /** What keeps its data, if it is kept. */
  #persistence: Persistence | undefined;
  #machine: Machine | undefined;
  #peers: (Peer | undefined)[] = [];
  /** Microseconds of the virtual clock. */
  #virtual: number | undefined;
  #ahead: number;
  /** Microseconds at which the verb that runs was called. */
  #time = 0;
  /** What listeners are yet to be told: they may call the engine, so they are told once it is idle. */
  #told: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether nothing has happened since the last tick, and none is set before something is due. */
  #isIdle = false;
  /** How many events were recorded when it ticked last. */
  #ticks: number | undefined;
  #onClose!: (saved: Promise<void> | undefined) => void;
  #watchdog: () => void;
  /** Why the engine has failed, if it has. */
  #failure: RedstartError | undefined;
  readonly #host: Host = this.#makeHost();
  /** The snapshot that is being made. */
  #parts: Uint8Array[] = [];

  constructor({ origin, virtual, ahead = 0, recorder, watchdog = () => {}, isReplay = false }: RuntimeOptions) {
    this.origin = origin;
    this.#isReplay = isReplay;
    this.recorder = recorder;
    this.#virtual = virtual;
    this.#ahead = ahead;
    this.#watchdog = watchdog;
    this.closed = new Promise((resolve) => void (this.#onClose = resolve));
    this.#machine = this.#make();
    this.clock = {
      isVirtual: virtual !== undefined,
      now: () => this.#read() / 1000,
      advance: (ms) => this.advance(Math.round(ms * 1000)),
    };
  }

  #make(): Machine {
    try {
      return new Machine(this.origin, this.#host, this.now(), (failure) => this.#fail(failure));
    } catch (reason) {
      throw thrown(reason);
    }
  }

  /** Lets the clock run. */
  start(): void {
    this.tick();
  }

  get isOpen(): boolean {
    return this.#machine !== undefined;
  }

  get persistence(): Persistence | undefined {
    return this.#persistence;
  }

  /** Has what changes from now on kept. */
  keep(persistence: Persistence): void {
    this.#persistence = persistence;
    this.machine.engine.keep_journal(true);
    persistence.start(() => snapshot(this));
  }

  get machine(): Machine {
    if (this.#machine === undefined) throw this.#failure ?? new RedstartError("CLOSED this database was closed");
    return this.#machine;
  }

  /** Why the engine has failed, if it has. */
  get failure(): RedstartError | undefined {
    return this.#failure;
  }

  /** Reads the clock: the verbs that follow are called at that time, so that what is recorded of them is what they were. */
  now(): number {
    this.#time = this.#read();
    return this.#time;
  }

  #read(): number {
    if (this.#virtual !== undefined) return this.#virtual;
    const now = Date.now() * 1000 + this.#ahead;
    return this.recorder === undefined ? now : this.recorder.notBefore(now);
  }

  /** Sets a virtual clock, as a replay does. */
  set time(micros: number) {
    this.#virtual = micros;
  }

  peer(slot: number): Peer | undefined {
    return this.#peers[slot];
  }

  get peers(): Peer[] {
    return this.#peers.filter((peer) => peer !== undefined);
  }

  /**
   * A client has come.
   * @throws {RedstartError} when it is refused.
   */
  connect(listener: Listener): Peer {
    const { engine } = this.machine;
    const now = this.now();
    this.recorder?.begin();
    this.recorder?.connect(now, listener.address);
    let slot: number;
    try {
      slot = engine.connect(listener.address, now);
    } catch (reason) {
      throw thrown(reason);
    }
    return this.adopt(slot, listener);
  }

  /** Takes over a client that the engine knows already. */
  adopt(slot: number, listener: Listener): Peer {
    const peer = { slot, id: this.machine.engine.client_id(slot), listener, isPaused: false, isHeld: false, isEnding: false };
    this.#peers[slot] = peer;
    return peer;
  }

  /** Connects one more client, as bytes. One that is refused is told so, as over a socket, and its connection ends at once. */
  attach(listener: Listener): Connection {
    let peer: Peer;
    try {
      peer = this.connect(listener);
    } catch (refusal) {
      if (!(refusal instanceof RedstartError) || !this.isOpen) throw refusal;
      listener.data(new TextEncoder().encode(`-${refusal.message}\r\n`));
      listener.end?.();
      return { id: 0, isOpen: false, isBlocked: false, wantsInput: false, send() {}, pause() {}, resume() {}, close() {} };
    }
    return this.#connection(peer);
  }

  #connection(peer: Peer): Connection {
    const isOpen = () => this.#peers[peer.slot] === peer;
    const machine = () => this.machine.engine;
    return {
      id: peer.id,
      get isOpen() {
        return isOpen();
      },
      get isBlocked() {
        return isOpen() && machine().is_blocked(peer.slot);
      },
      get wantsInput() {
        return isOpen() && machine().wants_input(peer.slot);
      },
      send: (bytes) => this.#unlessFailed(() => this.send(peer, bytes instanceof Uint8Array ? bytes : request(bytes))),
      pause: () => this.pause(peer),
      resume: () => this.#unlessFailed(() => this.resume(peer)),
      close: () => this.disconnect(peer),
    };
  }

  /** Runs what nobody waits for. If the engine fails, the clients are told by the ends of their connections, and its owner by `closed`. */
  #unlessFailed(what: () => void): void {
    try {
      what();
    } catch (reason) {
      if (reason === undefined || reason !== this.#failure) throw reason;
    }
  }

  send(peer: Peer, bytes: Uint8Array): void {
    this.recorder?.begin();
    const last = this.sendAhead(peer, bytes);
    if (last === undefined || this.#peers[peer.slot] !== peer) return;
    this.machine.fill(last);
    const closing = this.receive(peer, last.length);
    this.#apply(peer, closing);
    this.settled();
  }

  /**
   * Passes on all but the last piece of long input, so that the module never holds it twice. Returns that last piece; nothing if the connection has
   * ended before.
   */
  sendAhead(peer: Peer, bytes: Uint8Array): Uint8Array | undefined {
    let at = 0;
    for (; bytes.length - at > PIECE_BYTES; at += PIECE_BYTES) {
      if (this.#peers[peer.slot] !== peer) return undefined;
      this.machine.fill(bytes.subarray(at, at + PIECE_BYTES));
      const closing = this.receive(peer, PIECE_BYTES);
      if (closing === Asked.Write) continue;
      this.#apply(peer, closing);
      this.settled();
      return undefined;
    }
    return bytes.subarray(at);
  }

  /**
   * Passes on what was put into the inbox, and does what others are to be told of it. The client's own output is left to the caller, who calls
   * `settled` once it has been read. Returns how its connection is to be closed, if at all.
   */
  receive(peer: Peer, length: number): Asked {
    const now = this.now();
    this.recorder?.receive(now, peer.slot, this.machine, length);
    const hasEffects = this.machine.engine.receive(peer.slot, length, now);
    if (this.#isIdle) this.#stir();
    if (hasEffects) return this.#settle(peer.slot);
    this.#note();
    return Asked.Write;
  }

  /** The client has read so much of its output. */
  consumed(peer: Peer, length: number): void {
    this.machine.engine.consume(peer.slot, length, this.#time);
  }

  /** Ends what `receive` has begun. */
  settled(): void {
    if (this.#told.length === 0 && this.#machine?.engine.is_at_rest()) return this.#note();
    this.#settle(-1);
    if (!this.#isReplay && this.#machine?.engine.awaits_time()) this.#await();
    this.#deliver();
  }

  /** Ticks for a client that waits: a time-out may be due before the next tick, and turns of requests run on a virtual clock too. */
  #await(): void {
    if (this.#virtual === undefined) this.tick();
    else if (this.machine.engine.next_due(this.#virtual) <= this.#virtual) this.advance(0);
  }

  /** Has something told to a listener once the engine is idle. */
  tell(what: () => void): void {
    this.#told.push(what);
  }

  pause(peer: Peer): void {
    peer.isHeld = false;
    if (peer.isPaused) return;
    peer.isPaused = true;
    this.recorder?.pause(peer.slot);
  }

  resume(peer: Peer): void {
    if (!peer.isPaused) return;
    peer.isPaused = false;
    peer.isHeld = false;
    const now = this.now();
    this.recorder?.begin();
    this.recorder?.resume(now, peer.slot);
    if (this.#peers[peer.slot] !== peer) return;
    this.#flush(peer);
    this.settled();
  }

  disconnect(peer: Peer): void {
    if (this.#peers[peer.slot] !== peer) return;
    const now = this.now();
    this.recorder?.begin();
    this.recorder?.disconnect(now, peer.slot);
    this.#unlessFailed(() => {
      this.#forget(peer);
      this.settled();
    });
  }

  /** Moves a virtual clock. */
  advance(micros: number): void {
    if (this.#virtual === undefined) throw new TypeError('a real clock cannot be moved: open with { clock: "virtual" }');
    const end = this.#virtual + micros;
    // Beyond that microseconds are no longer exact, and a recording cannot hold them.
    if (!(micros >= 0 && end <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`clock.advance: expected milliseconds from 0 to ${Math.floor((Number.MAX_SAFE_INTEGER - this.#virtual) / 1000)}, found ${micros / 1000}`);
    }
    this.recorder?.begin();
    this.recorder?.advance(this.#virtual, micros);
    for (;;) {
      const wake = this.#due(this.now());
      if (this.#machine === undefined) return;
      // There may be more to do now; else nothing happens before something is due.
      if (wake > this.#virtual) this.#virtual = Math.max(wake, this.#machine.engine.next_due(this.#virtual));
      if (this.#virtual > end) break;
    }
    this.#virtual = end;
    this.#due(this.now());
  }

  /** Does what is due. A real clock comes back by itself; that keeps the process alive only while a client waits for time to pass. */
  tick(): void {
    this.#isIdle = false;
    const now = this.now();
    this.recorder?.begin();
    this.recorder?.tick(now);
    let wake = this.#due(now);
    if (this.#virtual !== undefined || this.#machine === undefined) return;
    // Ticks that nobody sees would make a recording of a session in which nothing happens grow.
    if (this.recorder !== undefined && this.#ticks === this.recorder.events - 1 && wake > this.#time) {
      wake = Math.max(wake, this.#machine.engine.next_due(this.#time));
      this.#isIdle = true;
    }
    this.#ticks = this.recorder?.events;
    this.#arm((wake - this.#time) / 1000);
  }

  /** Something happens after a time in which nothing did: the clock runs again. */
  #stir(): void {
    this.#isIdle = false;
    if (this.#virtual === undefined) this.#arm(LIVELY_TICK_MS);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#unlessFailed(() => this.tick()), Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS));
    if (typeof this.#timer === "object" && !this.#machine?.engine.awaits_time()) this.#timer.unref();
  }

  /** An independent copy of the database, with the clients that are `kept` and no others. */
  fork(kept: readonly Peer[]): Runtime {
    const fork = new Runtime({ origin: this.origin, virtual: this.#virtual, ahead: this.#ahead });
    fork.machine.copy(this.machine);
    fork.machine.engine.keep_journal(false);
    for (const peer of this.peers) if (!kept.includes(peer)) fork.machine.engine.disconnect(peer.slot);
    while (fork.machine.engine.poll_effect() !== -1);
    return fork;
  }

  /** The engine as it is now, who is connected, and the virtual clock. */
  image(earlier: Image | undefined): { image: Image; peers: readonly (Peer | undefined)[]; virtual: number | undefined } {
    const peers = this.#peers.map((peer) => peer && { ...peer });
    return { image: this.machine.image(earlier), peers, virtual: this.#virtual };
  }

  /** Becomes what it was; also after it has failed. */
  restore({ image, peers, virtual }: ReturnType<Runtime["image"]>): void {
    this.#failure = undefined;
    this.#machine ??= this.#make();
    this.#machine.restore(image);
    this.#peers = peers.map((peer) => peer && { ...peer });
    this.#virtual = virtual;
  }

  /** The same session going on, with the clients that somebody takes over; the others hang up. */
  resumed(options: Omit<RuntimeOptions, "origin">, keep: Keeper): Runtime {
    const runtime = new Runtime({ origin: this.origin, ...options });
    runtime.machine.copy(this.machine);
    for (const { slot, isPaused, isEnding } of this.peers) {
      let listener: Listener | undefined;
      const peer = runtime.adopt(slot, {
        data: (bytes) => listener?.data(bytes),
        end: () => listener?.end?.(),
        drain: () => listener?.drain?.(),
      });
      peer.isPaused = isPaused;
      peer.isEnding = isEnding;
      listener = keep(runtime.#connection(peer));
      if (listener === undefined) runtime.disconnect(peer);
    }
    return runtime;
  }

  /** All data, as the parts of an RDB file. */
  snapshot(): Uint8Array[] {
    this.#parts = [];
    this.machine.engine.snapshot(this.#host, this.now());
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** The engine has failed: the database is closed, and what keeps it has what was saved before. */
  #fail(failure: RedstartError): void {
    if (this.#machine === undefined) return;
    this.#failure = failure;
    this.recorder?.takeBack();
    this.closed.catch(() => {});
    this.close();
  }

  close(): void {
    if (this.#machine === undefined) return;
    clearTimeout(this.#timer);
    const failure = this.#failure;
    const saved = this.#persistence?.close(failure !== undefined);
    this.#machine = undefined;
    const peers = this.peers;
    this.#peers = [];
    for (const { listener } of peers) this.tell(() => listener.end?.());
    this.tell(() => this.#onClose(failure === undefined ? saved : failedAfter(saved, failure)));
    this.#deliver();
  }

  #due(now: number): number {
    const wake = this.#machine?.engine.tick(now) ?? Infinity;
    this.#settle(-1);
    this.#deliver();
    return wake;
  }

  #deliver(): void {
    for (let what = this.#told.shift(); what !== undefined; what = this.#told.shift()) heard(what);
  }

  /** Does what the engine asks for, until it asks for nothing, but leaves a client to the caller: returns how that is to be closed. */
  #settle(own: number): Asked {
    this.#note();
    let closing = Asked.Write;
    for (;;) {
      const asked = this.#machine?.engine.poll_effect() ?? -1;
      if (asked === -1) return closing;
      const effect: Asked = asked & 3;
      if (effect === Asked.Shutdown) {
        this.close();
        return closing;
      }
      const slot = asked >> 2;
      if (slot === own) {
        closing = Math.max(closing, effect);
        continue;
      }
      const peer = this.#peers[slot];
      if (peer === undefined) continue;
      this.#apply(peer, effect);
      if (effect === Asked.Write && peer.listener.drain && this.#machine?.engine.wants_input(slot)) this.tell(() => peer.listener.drain?.());
    }
  }

  /** Tells who keeps the data what has changed. */
  #note(): void {
    const length = this.#persistence && this.#machine ? this.#machine.engine.journal() : 0;
    if (length > 0) this.#persistence!.note({ time: this.#time, requests: this.#machine!.taken(length) });
  }

  /** Carries out an effect. A client that is closed at once does not get its remaining output. */
  #apply(peer: Peer, asked: Asked): void {
    if (asked === Asked.Close) return this.#forget(peer);
    if (asked === Asked.CloseAfterWrite) peer.isEnding = true;
    this.#flush(peer);
  }

  /**
   * Hands a client's output to its listener. Of long output that is one piece: the rest stays in the
   * engine, whose bounds hold, until the listener has taken the piece, and longer if it pauses.
   */
  #flush(peer: Peer): void {
    if (peer.isPaused || this.#machine === undefined) return;
    const length = this.#machine.engine.output(peer.slot);
    const isPiece = length === PIECE_BYTES;
    if (length > 0) {
      const bytes = this.#machine.taken(length);
      this.consumed(peer, length);
      if (isPiece) this.#hold(peer);
      this.tell(() => this.#hand(peer, bytes));
    }
    if (peer.isEnding && !isPiece) this.#forget(peer);
  }

  #hold(peer: Peer): void {
    this.pause(peer);
    peer.isHeld = true;
  }

  #hand(peer: Peer, bytes: Uint8Array): void {
    try {
      peer.listener.data(bytes);
    } finally {
      if (peer.isHeld && !this.#isReplay) this.#unlessFailed(() => this.resume(peer));
    }
  }

  /** Resumes held clients, for a replay whose recording has no pauses. */
  release(): void {
    for (const peer of this.peers) while (peer.isHeld) this.resume(peer);
  }

  /** Takes all that a client has yet to read, of which the outbox has the first `length` bytes. */
  read(peer: Peer, length: number): Uint8Array {
    const { machine } = this;
    const pieces: Uint8Array[] = [];
    for (;;) {
      pieces.push(machine.taken(length));
      this.consumed(peer, length);
      if (length < PIECE_BYTES) return joined(pieces);
      length = machine.engine.output(peer.slot);
    }
  }

  #forget(peer: Peer): void {
    if (this.#peers[peer.slot] !== peer) return;
    this.#peers[peer.slot] = undefined;
    this.#machine?.engine.disconnect(peer.slot);
    this.tell(() => peer.listener.end?.());
  }

  /** Ends a client's connection as `receive` has said, once its output was read. */
  end(peer: Peer): void {
    this.#forget(peer);
  }

  /** What the engine may ask. Where a session must repeat, how long a command took is not to be seen but for what it slept. */
  #makeHost(): Host {
    const repeats = () => this.#virtual !== undefined || this.recorder !== undefined;
    return {
      monotonic: () => {
        this.#watchdog();
        return repeats() ? this.#time : performance.now() * 1000;
      },
      part: (bytes) => void this.#parts.push(bytes.slice()),
      sleep: (micros) => {
        if (repeats()) this.#time += micros;
        if (this.#virtual !== undefined) this.#virtual += micros;
        else for (const end = performance.now() + micros / 1000; performance.now() < end; );
      },
    };
  }
}

/** Rejected with a failure, once the store is closed. It is thrown to whoever has called; an owner who does not ask must not lose the process. */
function failedAfter(saved: Promise<void> | undefined, failure: RedstartError): Promise<void> {
  const closed = (saved ?? Promise.resolve()).catch(() => {}).then(() => Promise.reject(failure));
  closed.catch(() => {});
  return closed;
}

/** Tells a listener. Its mistake is no reply to whoever called, and keeps neither the others nor the clock from going on: it is thrown by itself. */
export function heard(listener: () => void): void {
  try {
    listener();
  } catch (reason) {
    queueMicrotask(() => {
      throw reason;
    });
  }
}
