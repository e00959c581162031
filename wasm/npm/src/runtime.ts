// Runs a machine: its clock, its clients as bytes, and its requests to the host. Every entry point
// of the engine is called here and nowhere else, so this is also where a session is recorded.

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
  /** Whether its output is kept in the engine. */
  isPaused: boolean;
  /** Whether it is paused only until its listener has taken the last piece that was read. */
  isHeld: boolean;
  /** Whether its connection ends after all its output is read. */
  isEnding: boolean;
}

/** The actions that the engine requests, in the lowest two bits of an effect. */
const enum Asked { Write, Close, CloseAfterWrite, Shutdown }

/** The maximum delay of a timer. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The delay of a tick after something has happened. */
const LIVELY_TICK_MS = 100;

export interface RuntimeOptions {
  readonly origin: Origin;
  /** The start time of a virtual clock in microseconds; absent for the machine's clock. */
  readonly virtual: number | undefined;
  /** The offset of a real clock from the machine's, in microseconds. */
  readonly ahead?: number;
  readonly recorder?: Recorder | undefined;
  /** Called between commands. If it throws, the engine is stopped and counts as failed. */
  readonly watchdog?: () => void;
  /** Whether all events, including ticks and pauses, come from a recording. */
  readonly isReplay?: boolean;
}

/** Takes over the clients of a session that continues: see `ResumeOptions`. */
export type Keeper = (connection: Connection) => Listener | undefined;

export class Runtime {
  readonly clock: Clock;
  readonly origin: Origin;
  recorder: Recorder | undefined;
  readonly closed: Promise<void>;
  readonly #isReplay: boolean;
  /** Saves the data, if it is persisted. */
  #persistence: Persistence | undefined;
  #machine: Machine | undefined;
  #peers: (Peer | undefined)[] = [];
  /** The virtual clock, in microseconds. */
  #virtual: number | undefined;
  #ahead: number;
  /** The time of the current call, in microseconds. */
  #time = 0;
  /** Pending calls of listeners. They may call the engine, so they run when it is idle. */
  #told: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /**
   * Whether nothing has happened since the last tick, and no tick is scheduled before something is
   * due.
   */
  #isIdle = false;
  /** The number of recorded events at the last tick. */
  #ticks: number | undefined;
  #onClose!: (saved: Promise<void> | undefined) => void;
  #watchdog: (() => void) | undefined;
  /** The failure of the engine, if it has failed. */
  #failure: RedstartError | undefined;
  readonly #host: Host = this.#makeHost();
  /** The snapshot in progress. */
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

  /** Starts the clock. */
  start(): void {
    this.tick();
  }

  get isOpen(): boolean {
    return this.#machine !== undefined;
  }

  get persistence(): Persistence | undefined {
    return this.#persistence;
  }

  /** Starts saving changes. */
  keep(persistence: Persistence): void {
    this.#persistence = persistence;
    this.machine.engine.keep_journal(true);
    persistence.start(() => snapshot(this));
  }

  get machine(): Machine {
    if (this.#machine === undefined) throw this.#failure ?? new RedstartError("CLOSED this database was closed");
    return this.#machine;
  }

  /** The failure of the engine, if it has failed. */
  get failure(): RedstartError | undefined {
    return this.#failure;
  }

  /**
   * Reads the clock: the calls that follow are made at that time, so that the recording contains
   * the exact times.
   */
  now(): number {
    this.#time = this.#read();
    return this.#time;
  }

  #read(): number {
    if (this.#virtual !== undefined) return this.#virtual;
    const now = Date.now() * 1000 + this.#ahead;
    return this.recorder === undefined ? now : this.recorder.notBefore(now);
  }

  /** Sets a virtual clock, for replays. */
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
   * Connects a client.
   *
   * @throws {RedstartError} if it is refused.
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

  /** Takes over a client that exists in the engine already. */
  adopt(slot: number, listener: Listener): Peer {
    const peer = { slot, id: this.machine.engine.client_id(slot), listener, isPaused: false, isHeld: false, isEnding: false };
    this.#peers[slot] = peer;
    return peer;
  }

  /**
   * Connects a client, as bytes. If it is refused, it receives the error as over a socket, and its
   * connection ends at once.
   */
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

  /**
   * Runs code that has no caller. If the engine fails, connections end, and the owner is notified
   * by `closed`.
   */
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
   * Passes on all but the last piece of long input, so that the module never holds it twice.
   * Returns the last piece, or nothing if the connection has ended before.
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
   * Processes the bytes in the inbox and notifies other clients. The caller reads the client's own
   * output and then calls `settled`. Returns how the connection is to be closed, if at all.
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

  /** Removes output that was read. */
  consumed(peer: Peer, length: number): void {
    this.machine.engine.consume(peer.slot, length, this.#time);
  }

  /** Completes a call of `receive`. */
  settled(): void {
    if (this.#told.length === 0 && this.#machine?.engine.is_at_rest()) return this.#note();
    this.#settle(-1);
    if (!this.#isReplay && this.#machine?.engine.awaits_time()) this.#await();
    this.#deliver();
  }

  /**
   * Ticks for a client that waits: a timeout may be due before the next tick, and turns of requests
   * also run on a virtual clock.
   */
  #await(): void {
    if (this.#virtual === undefined) this.tick();
    else if (this.machine.engine.next_due(this.#virtual) <= this.#virtual) this.advance(0);
  }

  /** Notifies a listener when the engine is idle. */
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

  /** Advances a virtual clock. */
  advance(micros: number): void {
    if (this.#virtual === undefined) throw new TypeError('a real clock cannot be advanced: open with { clock: "virtual" }');
    const end = this.#virtual + micros;
    // Beyond this, microseconds are no longer exact, and a recording cannot represent them.
    if (!(micros >= 0 && end <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`clock.advance: expected milliseconds from 0 to ${Math.floor((Number.MAX_SAFE_INTEGER - this.#virtual) / 1000)}, found ${micros / 1000}`);
    }
    this.recorder?.begin();
    this.recorder?.advance(this.#virtual, micros);
    for (;;) {
      const wake = this.#due(this.now());
      if (this.#machine === undefined) return;
      // There may be more work now; otherwise nothing happens before the next due time.
      if (wake > this.#virtual) this.#virtual = Math.max(wake, this.#machine.engine.next_due(this.#virtual));
      if (this.#virtual > end) break;
    }
    this.#virtual = end;
    this.#due(this.now());
  }

  /**
   * Does what is due. With a real clock, schedules the next tick; it keeps the process alive only
   * while a client waits for time to pass.
   */
  tick(): void {
    this.#isIdle = false;
    const now = this.now();
    this.recorder?.begin();
    this.recorder?.tick(now);
    let wake = this.#due(now);
    if (this.#virtual !== undefined || this.#machine === undefined) return;
    // Unobservable ticks would let the recording of an idle session grow.
    if (this.recorder !== undefined && this.#ticks === this.recorder.events - 1 && wake > this.#time) {
      wake = Math.max(wake, this.#machine.engine.next_due(this.#time));
      this.#isIdle = true;
    }
    this.#ticks = this.recorder?.events;
    this.#arm((wake - this.#time) / 1000);
  }

  /** Restarts the clock after an idle period. */
  #stir(): void {
    this.#isIdle = false;
    if (this.#virtual === undefined) this.#arm(LIVELY_TICK_MS);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#unlessFailed(() => this.tick()), Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS));
    if (typeof this.#timer === "object" && !this.#machine?.engine.awaits_time()) this.#timer.unref();
  }

  /** Returns an independent copy of the database, with only the clients that are `kept`. */
  fork(kept: readonly Peer[]): Runtime {
    const fork = new Runtime({ origin: this.origin, virtual: this.#virtual, ahead: this.#ahead });
    fork.machine.copy(this.machine);
    fork.machine.engine.keep_journal(false);
    for (const peer of this.peers) if (!kept.includes(peer)) fork.machine.engine.disconnect(peer.slot);
    while (fork.machine.engine.poll_effect() !== -1);
    return fork;
  }

  /** Returns the state of the engine, its clients and the virtual clock. */
  image(earlier: Image | undefined): { image: Image; peers: readonly (Peer | undefined)[]; virtual: number | undefined } {
    const peers = this.#peers.map((peer) => peer && { ...peer });
    return { image: this.machine.image(earlier), peers, virtual: this.#virtual };
  }

  /** Restores a state, even after a failure. */
  restore({ image, peers, virtual }: ReturnType<Runtime["image"]>): void {
    this.#failure = undefined;
    this.#machine ??= this.#make();
    this.#machine.restore(image);
    this.#peers = peers.map((peer) => peer && { ...peer });
    this.#virtual = virtual;
  }

  /**
   * Continues the same session with the clients that are taken over; the others are disconnected.
   */
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

  /** Returns all data, as the parts of an RDB file. */
  snapshot(): Uint8Array[] {
    this.#parts = [];
    this.machine.engine.snapshot(this.#host, this.now());
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /**
   * Handles a failure of the engine: the database is closed, and its storage keeps what was saved
   * before.
   */
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

  /**
   * Runs the effects of the engine, but leaves one client to the caller. Returns how that is to be
   * closed.
   */
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

  /** Passes changes to the storage. */
  #note(): void {
    const length = this.#persistence && this.#machine ? this.#machine.engine.journal() : 0;
    if (length > 0) this.#persistence!.note({ time: this.#time, requests: this.#machine!.taken(length) });
  }

  /** Runs an effect. A client that is closed at once does not get its remaining output. */
  #apply(peer: Peer, asked: Asked): void {
    if (asked === Asked.Close) return this.#forget(peer);
    if (asked === Asked.CloseAfterWrite) peer.isEnding = true;
    this.#flush(peer);
  }

  /**
   * Passes a client's output to its listener. Of long output, this is one piece: the rest stays in
   * the engine, within its limits, until the listener has taken the piece, and longer if it pauses.
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

  /** Reads all output of a client. The first `length` bytes are in the outbox. */
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

  /** Closes a client's connection as `receive` has returned, after its output was read. */
  end(peer: Peer): void {
    this.#forget(peer);
  }

  /**
   * Implements the host. If a session must be reproducible, the duration of a command is not
   * visible, except for the time that it slept.
   */
  #makeHost(): Host {
    const repeats = () => this.#virtual !== undefined || this.recorder !== undefined;
    return {
      monotonic: () => {
        this.#watchdog?.();
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

/**
 * Returns a promise that is rejected with a failure when the store is closed. The failure is also
 * thrown to callers; an owner that does not ask must not lose its process.
 */
function failedAfter(saved: Promise<void> | undefined, failure: RedstartError): Promise<void> {
  const closed = (saved ?? Promise.resolve()).catch(() => {}).then(() => Promise.reject(failure));
  closed.catch(() => {});
  return closed;
}

/**
 * Calls a listener. If it throws, the error must not reach the caller of the engine, nor stop other
 * listeners or the clock: it is rethrown separately.
 */
export function heard(listener: () => void): void {
  try {
    listener();
  } catch (reason) {
    queueMicrotask(() => {
      throw reason;
    });
  }
}
