// Where the commands of a session lie on the timeline, and which moment lies under a point of it.
//
// Time alone would not do: in a session that somebody typed, hours may pass between bursts of commands. So each command takes a step, and the time
// before it adds to that step, the less the more there is of it. Within a step time passes evenly, so that keys expire as one drags through a pause.

import { firstWhere } from "../bisect.js";

export interface Point {
  /** How many events have happened. */
  readonly position: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

export interface Mark extends Point {
  /** What CLIENT ID tells. */
  readonly client: number;
  /** The command's name, in capitals. */
  readonly name: string;
}

const STEP = 1;
/** What a second adds to a step; two seconds add half as much again, and so on. */
const SECOND = 1.5;

export class Axis {
  readonly marks: Mark[] = [];
  /** Where each mark lies, from the beginning on. */
  readonly places: number[] = [];
  readonly start: Point;
  #end: Point;

  constructor(start: Point) {
    this.start = start;
    this.#end = start;
  }

  /** How long it is. */
  get length(): number {
    const last = this.marks.at(-1) ?? this.start;
    return (this.places.at(-1) ?? 0) + step(this.#end.time - last.time) - STEP;
  }

  get end(): Point {
    return this.#end;
  }

  /** A mark behind all others. */
  add(mark: Mark): void {
    const last = this.marks.at(-1) ?? this.start;
    this.places.push((this.places.at(-1) ?? 0) + step(mark.time - last.time));
    this.marks.push(mark);
    this.reach(mark);
  }

  /** The session goes at least this far. */
  reach(point: Point): void {
    if (point.position > this.#end.position || (point.position === this.#end.position && point.time > this.#end.time)) this.#end = point;
  }

  /** Where a moment lies. */
  placeOf({ position, time }: Point): number {
    const happened = this.indexAt(position);
    const from = this.marks[happened - 1] ?? this.start;
    const begin = this.places[happened - 1] ?? 0;
    const until = this.marks[happened] ?? this.#end;
    const share = until.time > from.time ? Math.min(1, Math.max(0, time - from.time) / (until.time - from.time)) : 0;
    return begin + share * ((this.places[happened] ?? this.length) - begin);
  }

  /** The moment that lies at a place. */
  pointAt(place: number): Point {
    if (place >= this.length) return this.#end;
    const next = firstWhere(this.places.length, (index) => this.places[index]! > place);
    const from = this.marks[next - 1] ?? this.start;
    const begin = this.places[next - 1] ?? 0;
    const mark = this.marks[next];
    const until = mark ?? this.#end;
    const share = (place - begin) / ((this.places[next] ?? this.length) - begin || 1);
    return { position: from.position, time: from.time + Math.max(0, share) * Math.max(0, until.time - from.time) };
  }

  /** How many marks have happened at a position. */
  indexAt(position: number): number {
    return firstWhere(this.marks.length, (index) => this.marks[index]!.position > position);
  }
}

function step(passedMs: number): number {
  return STEP + SECOND * Math.log2(1 + Math.max(0, passedMs) / 1000);
}
