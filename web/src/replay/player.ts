// Plays a session again. The session itself stays as it is: what is seen of the past is a replay of its recording, which keeps checkpoints, so that
// any moment is a short way from one of them. A view is told by the moment it shows, whether that is past or live.

import { type ReadonlySignal, type Signal, computed, signal } from "@preact/signals";
import { type Keyspace, Redstart, type Replay } from "redstart";
import type { Moment } from "../session/moment.js";
import { type Axis, type Mark, type Point } from "./axis.js";

/** What is played. */
export interface Played {
  readonly axis: Axis;
  /** The recording, up to now. */
  record(): Uint8Array;
  /** A replay of its first part that is there already: the player takes it over. */
  readonly replay?: Replay | undefined;
  /** Shows a moment of the past, or what is live. */
  show(moment: Moment | undefined): void;
}

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 100, 1000] as const;

/** How many events lie between checkpoints: see `replay.test.js` for what more or fewer of them cost. */
export const CHECKPOINT_DISTANCE = 5000;

/** The longest that nothing happens while it plays, in milliseconds of whoever watches. */
const LONGEST_PAUSE_MS = 2000;

export class Player {
  readonly isPlaying: ReadonlySignal<boolean>;
  /** The moment that is shown; `undefined` when that is live. */
  readonly cursor: ReadonlySignal<Point | undefined>;
  readonly speed: Signal<number> = signal(1);
  /** The command it has stopped at. */
  readonly stoppedAt: ReadonlySignal<Mark | undefined>;
  /** Commands to stop at. */
  isBreakpoint: (mark: number) => boolean = () => false;
  #played: Played;
  #isPlaying = signal(false);
  #cursor: Signal<Point | undefined> = signal(undefined);
  #stoppedAt: Signal<Mark | undefined> = signal(undefined);
  #replay: Replay | undefined;
  #opening: Promise<Replay> | undefined;
  #keyspace: Keyspace | undefined;
  /** Ends the way to a moment that is no longer wanted. */
  #way = new AbortController();
  /** When each event is over, in milliseconds. */
  #times: Float64Array = new Float64Array();
  #recorded = 0;

  constructor(played: Played) {
    this.#played = played;
    this.#replay = played.replay;
    this.isPlaying = computed(() => this.#isPlaying.value);
    this.cursor = computed(() => this.#cursor.value);
    this.stoppedAt = computed(() => this.#stoppedAt.value);
  }

  get axis(): Axis {
    return this.#played.axis;
  }

  /** The moment that is shown, live or not. */
  get point(): Point {
    return this.#cursor.value ?? this.axis.end;
  }

  /** Shows a moment. */
  async seek(point: Point): Promise<void> {
    const { start, end } = this.axis;
    const position = Math.min(Math.max(point.position, start.position), end.position);
    const wanted = { position, time: Math.min(Math.max(point.time, start.time), Math.max(end.time, point.time)) };
    this.#cursor.value = wanted;
    const replay = await this.#opened(position);
    // Others may have been wanted meanwhile.
    if (this.#cursor.peek() === wanted) await this.#show(replay, wanted);
  }

  /** Goes to the next command, or the one before. */
  async step(by: number): Promise<void> {
    this.pause();
    const { axis } = this;
    const happened = axis.indexAt(this.point.position);
    const index = Math.min(Math.max(0, happened + by), axis.marks.length);
    await this.seek(index === 0 ? axis.start : axis.marks[index - 1]!);
  }

  async home(): Promise<void> {
    this.pause();
    await this.seek(this.axis.start);
  }

  /** Shows what is live again. */
  live(): void {
    this.left();
    this.#played.show(undefined);
  }

  /** Somebody else has done so. */
  left(): void {
    this.pause();
    this.#cursor.value = undefined;
    this.#stoppedAt.value = undefined;
  }

  /** Plays on; from the beginning where there is nothing left. */
  async play(): Promise<void> {
    const { axis } = this;
    if (axis.indexAt(this.point.position) >= axis.marks.length) await this.seek(axis.start);
    this.#stoppedAt.value = undefined;
    this.#isPlaying.value = true;
  }

  pause(): void {
    this.#isPlaying.value = false;
  }

  /** Lets as much time pass as whoever watches has spent. */
  async advance(elapsedMs: number): Promise<void> {
    if (!this.#isPlaying.peek()) return;
    const { axis, point } = this;
    const happened = axis.indexAt(point.position);
    const next = axis.marks[happened];
    if (next === undefined) return this.pause();
    // A long pause is cut short: nobody wants to watch it.
    const pause = next.time - (axis.marks[happened - 1] ?? axis.start).time;
    const rate = Math.max(this.speed.peek(), pause / LONGEST_PAUSE_MS);
    const time = point.time + elapsedMs * rate;
    let index = happened;
    for (; axis.marks[index] !== undefined && axis.marks[index]!.time <= time; index += 1) {
      if (!this.isBreakpoint(index)) continue;
      const mark = axis.marks[index]!;
      this.pause();
      this.#stoppedAt.value = mark;
      return this.seek(mark);
    }
    if (index >= axis.marks.length) this.pause();
    const position = index > happened ? axis.marks[index - 1]!.position : point.position;
    await this.seek({ position, time: index >= axis.marks.length ? axis.marks[index - 1]!.time : time });
  }

  /** Goes on to the next command to stop at, at once; to the end if there is none. */
  async toBreakpoint(): Promise<void> {
    const { axis } = this;
    this.pause();
    for (let index = axis.indexAt(this.point.position); index < axis.marks.length; index += 1) {
      if (!this.isBreakpoint(index)) continue;
      this.#stoppedAt.value = axis.marks[index];
      return this.seek(axis.marks[index]!);
    }
    this.#stoppedAt.value = undefined;
    await this.seek(axis.marks.at(-1) ?? axis.start);
  }

  /** A replay that nobody else has, at the moment that is shown. */
  async cut(): Promise<{ replay: Replay; position: number }> {
    const replay = await this.#opened(this.point.position);
    return { replay, position: this.#positionOf(this.point) };
  }

  /** A copy of the engine at the moment that is shown; its clock stands still. */
  async copy(): Promise<Redstart> {
    const replay = await this.#opened(this.point.position);
    const { point } = this;
    replay.seek(this.#positionOf(point), point.time);
    return replay.fork();
  }

  close(): void {
    this.pause();
    this.#way.abort();
    this.#replay?.close();
    this.#replay = undefined;
  }

  /** The replay, with at least so many events. */
  async #opened(position: number): Promise<Replay> {
    if (this.#replay !== undefined && position <= this.#replay.length) return this.#timed(this.#replay);
    if (this.#replay !== undefined) this.#replay.extend(this.#played.record());
    else {
      this.#opening ??= Redstart.replay(this.#played.record(), { checkpoints: CHECKPOINT_DISTANCE });
      this.#replay = await this.#opening;
    }
    return this.#timed(this.#replay);
  }

  #timed(replay: Replay): Replay {
    if (this.#recorded === replay.length) return replay;
    this.#recorded = replay.length;
    this.#times = Float64Array.from(replay.events, (event) => (event.time + (event.kind === "advance" ? event.micros : 0)) / 1000);
    return replay;
  }

  async #show(replay: Replay, point: Point): Promise<void> {
    const position = this.#positionOf(point);
    this.#way.abort();
    const { signal } = (this.#way = new AbortController());
    try {
      await replay.play(position, { signal });
    } catch (reason) {
      if (signal.aborted) return;
      throw reason;
    }
    if (signal.aborted || this.#cursor.peek() !== point) return;
    replay.seek(position, point.time);
    this.#keyspace ??= replay.keyspace;
    const keyspace = this.#keyspace;
    this.#played.show({ isLive: false, isOpen: true, position: point.position, keyspace, now: () => replay.now, fork: () => replay.fork() });
  }

  /** How many events have happened at a moment: also those behind the last command that are no command's. */
  #positionOf({ position, time }: Point): number {
    const { axis } = this;
    const next = axis.marks[axis.indexAt(position)];
    const limit = Math.min((next?.position ?? Infinity) - 1, this.#times.length);
    let at = position;
    while (at < limit && this.#times[at]! <= time) at += 1;
    return at;
  }
}
