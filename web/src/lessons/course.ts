// A lesson as it is being taken: a session of its own, whose clock stands still, and the step that the learner has come to. It watches the
// transcript: whichever way a command was entered, it counts once its reply is the one that was recorded.

import { type ReadonlySignal, type Signal, effect, signal, untracked } from "@preact/signals";
import { Printer, isRaw } from "redstart/format";
import { Requests } from "../protocol/requests.js";
import type { SessionClient } from "../session/client.js";
import { Session } from "../session/session.js";
import type { Exchange } from "../session/transcript.js";
import { type Lesson, type Names, type Step, asks, fits, named } from "./lesson.js";

/** What there is to say to something else than what was asked for. */
export type Remark =
  | { readonly kind: "detour"; readonly line: string }
  | { readonly kind: "elsewhere" }
  | { readonly kind: "differs"; readonly expected: readonly string[] };

/** When lessons take place, and with which dice. */
const START_MS = Date.UTC(2030, 0, 1);
const SEED = 1;

export class Course {
  readonly lesson: Lesson;
  readonly session: Session;
  #done: Signal<number> = signal(0);
  #remark: Signal<Remark | undefined> = signal(undefined);
  #clients = new Map<string, SessionClient>();
  #names: Names = new Map();
  #seen = 0;
  #dispose: () => void;

  private constructor(lesson: Lesson, session: Session) {
    this.lesson = lesson;
    this.session = session;
    this.client("a");
    this.#dispose = effect(() => {
      session.transcript.length.value;
      untracked(() => this.#look());
    });
  }

  /** Begins a lesson; with `at`, the steps before that are done already. */
  static async begin(lesson: Lesson, at = 0): Promise<Course> {
    const course = new Course(lesson, await Session.open({ seed: SEED, startMs: START_MS }));
    for (let before = -1; course.#done.peek() < Math.min(at, lesson.steps.length) && before < course.#done.peek();) {
      before = course.#done.peek();
      course.perform();
    }
    return course;
  }

  /** How many steps are done. */
  get done(): ReadonlySignal<number> {
    return this.#done;
  }

  get remark(): ReadonlySignal<Remark | undefined> {
    return this.#remark;
  }

  /** The step that is to be done; `undefined` at the end. */
  get step(): Step | undefined {
    return this.lesson.steps[this.#done.value];
  }

  /** What is to be typed. */
  get line(): string {
    return named(this.step?.command?.line ?? "", this.#names);
  }

  /** The client that a letter stands for; it connects when it is first needed. */
  client(letter: string): SessionClient {
    const client = this.#clients.get(letter) ?? this.session.connect();
    this.#clients.set(letter, client);
    return client;
  }

  /** Does the step. */
  perform(): void {
    const step = this.step;
    if (step === undefined) return;
    if (step.command !== undefined) return this.client(step.command.client).run(this.line);
    this.session.goLive();
    this.session.db.clock.advance(step.ms);
    this.#advance();
  }

  /** The lesson is over; its session stays. */
  close(): void {
    this.#dispose();
  }

  #advance(): void {
    this.#remark.value = undefined;
    this.#done.value = this.#done.peek() + 1;
    const next = this.step?.command;
    if (next !== undefined) this.client(next.client);
  }

  /** Takes in what was said since: a request, and all that was heard before the next one. */
  #look(): void {
    const { exchanges } = this.session.transcript;
    const fresh = exchanges.slice(this.#seen);
    this.#seen = exchanges.length;
    fresh.forEach((exchange, index) => {
      if (exchange.kind !== "request") return;
      const next = fresh.findIndex(({ kind }, later) => later > index && kind === "request");
      const letter = this.#letter(exchange);
      const [command] = new Requests().read(exchange.bytes);
      if (letter !== undefined && command !== undefined) this.#judge(letter, command, fresh.slice(index + 1, next < 0 ? undefined : next));
    });
  }

  #judge(letter: string, command: readonly Uint8Array[], heard: readonly Exchange[]): void {
    const asked = this.step?.command;
    if (this.step === undefined) return;
    if (asked === undefined || !asks(this.line, command)) {
      this.#remark.value = { kind: "detour", line: this.line };
    } else if (asked.client !== letter) {
      this.#remark.value = { kind: "elsewhere" };
    } else {
      const shown = this.#shown(letter, isRaw(command), heard);
      const { shown: expected } = this.step;
      const isRight = [...this.#clients.keys()].every((client) => fits(expected.get(client) ?? [], shown.get(client) ?? [], this.#names));
      if (isRight) this.#advance();
      else this.#remark.value = { kind: "differs", expected: expected.get(letter) ?? [] };
    }
  }

  /** What each client was shown. */
  #shown(acting: string, raw: boolean, heard: readonly Exchange[]): Map<string, string[]> {
    const shown = new Map<string, string[]>();
    for (const exchange of heard) {
      const letter = this.#letter(exchange);
      if (letter === undefined || exchange.kind !== "reply") continue;
      const lines = new Printer({ exact: true }).print(exchange.bytes, raw && letter === acting);
      shown.set(letter, [...(shown.get(letter) ?? []), ...lines]);
    }
    return shown;
  }

  #letter({ client }: Exchange): string | undefined {
    const address = this.session.transcript.address(client);
    return [...this.#clients].find(([, client]) => client.address === address)?.[0];
  }
}
