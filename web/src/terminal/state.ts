// A terminal without its looks: what it shows, what was entered in it.

import { type ReadonlySignal, computed, signal } from "@preact/signals";
import type { SessionClient } from "../session/client.js";
import type { Session } from "../session/session.js";
import type { Docs } from "./docs.js";
import { help } from "./help.js";
import { History } from "./history.js";
import { type Entry, Scrollback, until } from "./scrollback.js";

export class TerminalState {
  readonly session: Session;
  readonly client: SessionClient;
  readonly history = new History();
  /** What is to be seen, at the session's moment. */
  readonly entries: ReadonlySignal<readonly Entry[]>;
  /** How it is called: by `CLIENT SETNAME`, or else by its number. */
  readonly name: ReadonlySignal<string>;
  readonly prompt: ReadonlySignal<string>;
  #scrollback: Scrollback;
  #docs: ReadonlySignal<Docs | undefined>;
  /** How many entries were cleared away. */
  #cleared = signal(0);

  constructor(session: Session, client: SessionClient, docs: ReadonlySignal<Docs | undefined>) {
    this.#docs = docs;
    this.session = session;
    this.client = client;
    this.#scrollback = new Scrollback(client.address);
    const all = computed(() => {
      session.transcript.length.value;
      return { entries: this.#scrollback.read(session.transcript) };
    });
    this.entries = computed(() => {
      const { entries } = all.value;
      const moment = session.moment.value;
      const end = moment.isLive ? entries.length : until(entries, moment.position);
      return entries.slice(Math.min(this.#cleared.value, end), end);
    });
    this.name = computed(() => (all.value, this.#scrollback.name || `client ${client.id}`));
    this.prompt = computed(() => (all.value, this.#scrollback.prompt));
    for (const { kind, lines } of all.peek().entries) {
      if (kind === "command") for (const { text } of lines) if (text.trim() !== "") this.history.add(text);
    }
  }

  /** The database that it has selected. */
  get database(): number {
    return this.#scrollback.database;
  }

  /** A line was entered. */
  enter(line: string): void {
    const text = line.trim();
    if (text !== "") this.history.add(text);
    const [word = "", ...topic] = text.split(/\s+/);
    if (text.toLowerCase() === "clear") this.clear();
    else if (["help", "?"].includes(word.toLowerCase())) this.client.remark(line, help(this.#docs.value, topic));
    else this.client.run(line);
  }

  clear(): void {
    this.#cleared.value = this.#scrollback.read(this.session.transcript).length;
  }

  rename(name: string): void {
    if (name !== this.name.peek()) this.client.send(["CLIENT", "SETNAME", name], `CLIENT SETNAME ${name === "" ? '""' : name}`);
  }
}
