// What the timeline knows of a session: its commands on an axis, whose they are, and the player that goes along it.

import { type ReadonlySignal, type Signal, effect, signal, untracked } from "@preact/signals";
import { type Redstart, RedstartError } from "redstart";
import { lineOf } from "../protocol/request.js";
import { commandsOf } from "../protocol/requests.js";
import { EDITOR_ADDRESS, type Session } from "../session/session.js";
import type { Exchange } from "../session/transcript.js";
import { Axis, type Mark, type Point } from "./axis.js";
import { KeyPlaces, breakpoint, title } from "./breakpoint.js";
import { type Delta, delta, side } from "./delta.js";
import { type Change, type Picture, diff, picture } from "./diff.js";
import { MOST_LANES } from "./paint.js";
import { Player } from "./player.js";

/** How long a moment must stand before it is compared with another. */
const COMPARE_AFTER_MS = 120;

/** A moment that others are compared with. */
export interface Origin {
  readonly point: Point;
  readonly picture: Picture;
  /** The engine as it was then. */
  readonly db: Redstart;
}

export interface Lane {
  readonly address: string;
  readonly name: string;
}

/** The addresses that terminals have. */
const OWN = /^(?:client \d+|127\.0\.0\.1:500\d\d)$/;

export class ReplayState {
  readonly session: Session;
  readonly axis: Axis;
  readonly player: Player;
  /** Grows with the axis. */
  readonly version = signal(0);
  /** Who has sent commands, by lane. */
  readonly lanes: Lane[] = [];
  /** The pattern of commands to stop at. */
  readonly pattern: Signal<string> = signal("");
  readonly origin: Signal<Origin | undefined> = signal(undefined);
  readonly changes: Signal<readonly Change[]> = signal([]);
  #laneOf = new Map<number, number>();
  #requests: Exchange[] = [];
  #seen = 0;
  #places: KeyPlaces | undefined;
  #dispose: (() => void)[];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(session: Session) {
    this.session = session;
    const [first] = session.transcript.exchanges;
    this.axis = new Axis({ position: 0, time: first?.time ?? session.live.now() });
    this.player = new Player({
      axis: this.axis,
      replay: session.takeReplay(),
      record: () => session.db.record(),
      show: (moment) => session.show(moment),
    });
    this.#dispose = [
      effect(() => {
        session.transcript.length.value;
        untracked(() => this.#grow());
      }),
      // Whoever types goes back to what is live.
      effect(() => {
        if (session.moment.value.isLive) untracked(() => this.player.left());
      }),
      effect(() => {
        const pattern = this.pattern.value;
        untracked(() => this.#stopAt(pattern));
      }),
      effect(() => {
        session.moment.value;
        session.revision.value;
        if (this.origin.value === undefined) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#compare(), COMPARE_AFTER_MS);
      }),
    ];
  }

  get moment(): ReadonlySignal<Session["moment"]["value"]> {
    return this.session.moment;
  }

  /** The bytes of the command of a mark. */
  request(mark: number): Uint8Array {
    return this.#requests[mark]?.bytes ?? new Uint8Array();
  }

  /** A mark in a line, as it was sent. */
  describe(mark: number): string {
    const sent = this.request(mark).subarray(0, 4096);
    const all = commandsOf(sent);
    const text = all.length > 0 ? all.map(lineOf).join("; ") : title(sent);
    return text.length > 200 ? `${text.slice(0, 199)}…` : text;
  }

  /** Which lane a mark is in. */
  laneOf({ client }: Mark): number {
    return this.#laneOf.get(client) ?? 0;
  }

  /** The session is where it is now: before one looks back. */
  reach(): void {
    const { db } = this.session;
    if (db.isOpen) this.axis.reach({ position: db.position, time: db.clock.now() });
  }

  /** Has other moments compared with the one that is shown. */
  async compareFromHere(): Promise<void> {
    this.reach();
    const { point } = this.player;
    const db = await this.player.copy();
    this.stopComparing();
    if (this.#isClosed) return db.close();
    this.origin.value = { point, db, picture: picture(db.keyspace, db.clock.now()) };
    this.#compare();
  }

  stopComparing(): void {
    this.origin.peek()?.db.close();
    this.origin.value = undefined;
    this.changes.value = [];
  }

  /** What became of the value of a key that has changed; `undefined` where it has changed again meanwhile. */
  delta({ database, key, before, after }: Change): Delta | undefined {
    const origin = this.origin.peek();
    if (origin === undefined) return undefined;
    const [from, to] = this.#inOrder(origin.db.keyspace, this.session.moment.peek().keyspace);
    try {
      return delta(key, side(from, database, before?.type), side(to, database, after?.type));
    } catch (reason) {
      if (reason instanceof RedstartError) return undefined;
      throw reason;
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const dispose of this.#dispose) dispose();
    // Views that show the past are there until the next frame.
    setTimeout(() => {
      this.stopComparing();
      this.player.close();
    }, 500);
  }

  /** Makes room for a client: beside whoever came from the same address before. */
  #settle(client: number): void {
    const address = this.session.transcript.address(client) || `client ${client}`;
    let lane = this.lanes.findIndex((lane) => lane.address === address);
    if (lane < 0) lane = this.lanes.push({ address, name: "" }) - 1;
    const name = address === EDITOR_ADDRESS ? "editor" : OWN.test(address) ? `client ${client}` : address.replace(/^127\.0\.0\.1(?=:)/, "");
    this.lanes[lane] = { address, name };
    this.#laneOf.set(client, Math.min(lane, MOST_LANES - 1));
  }

  #grow(): void {
    const { exchanges } = this.session.transcript;
    for (; this.#seen < exchanges.length; this.#seen += 1) {
      const exchange = exchanges[this.#seen]!;
      if (exchange.kind !== "request") continue;
      if (!this.#laneOf.has(exchange.client)) this.#settle(exchange.client);
      this.#requests.push(exchange);
      const { client, position, time } = exchange;
      this.axis.add({ client, position, time, name: title(exchange.bytes.subarray(0, 256)) });
    }
    this.version.value += 1;
  }

  #stopAt(pattern: string): void {
    if (pattern.trim() === "" || !this.session.db.isOpen) {
      this.player.isBreakpoint = () => false;
      return;
    }
    this.#places ??= new KeyPlaces(this.session.db);
    const isHit = breakpoint(pattern, this.#places);
    this.player.isBreakpoint = (mark) => isHit(this.request(mark));
  }

  #compare(): void {
    const origin = this.origin.peek();
    const moment = this.session.moment.peek();
    if (origin === undefined || (moment.isLive && !this.session.isOpen.peek())) return;
    this.changes.value = diff(...this.#inOrder(origin.picture, picture(moment.keyspace, moment.now())));
  }

  /** What is of the origin and what is of the moment that is shown, the earlier one first. */
  #inOrder<T>(ofOrigin: T, ofMoment: T): [T, T] {
    return isBefore(this.player.point, this.origin.peek()!.point) ? [ofMoment, ofOrigin] : [ofOrigin, ofMoment];
  }
}

/** Whether a moment comes before another. */
export function isBefore(one: Point, other: Point): boolean {
  return one.position < other.position || (one.position === other.position && one.time < other.time);
}
