// One session takes the place of another, as a file or a link is opened or one begins anew: what is said of that, and the way back.

import { type Signal, signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { type Notice, watching } from "./notice.js";
import { restored } from "./session/restored.js";
import type { Session } from "./session/session.js";
import type { Watch } from "./session/watch.js";

type Replace = (next?: Session) => void;

export class Succession {
  readonly notice: Signal<Notice | undefined> = signal(undefined);
  #session: () => Session;
  #replace: Replace;

  constructor(session: () => Session, replace: Replace) {
    this.#session = session;
    this.#replace = replace;
  }

  /** Puts a session into the place of the one that is there, an empty one unless given. If that had commands, there is a way back. */
  to(next: Session | undefined, text: string): void {
    const { transcript, db, isOpen } = this.#session();
    const hasCommands = transcript.exchanges.some(({ kind }) => kind === "request");
    const before = hasCommands && isOpen.peek() ? db.record() : undefined;
    this.#replace(next);
    const actions = before && [{ label: "Back to my session", run: () => void this.#back(before) }];
    this.notice.value = next === undefined && before === undefined ? undefined : { text, isError: false, ...(actions && { actions }) };
  }

  /** Does what may take long and may fail; then the session that is there stays. */
  async attempt(work: (watch: Watch) => Promise<void>): Promise<void> {
    try {
      await work(watching(this.notice));
    } catch (reason) {
      this.failed(reason);
    }
  }

  tell(text: string): void {
    this.notice.value = { text, isError: false };
  }

  failed(reason: unknown): void {
    this.notice.value = { text: reason instanceof Error ? reason.message : String(reason), isError: true };
  }

  async #back(before: Uint8Array): Promise<void> {
    this.notice.value = undefined;
    this.#replace(await restored(before, watching(this.notice)));
  }
}

export function useSuccession(session: Session, replace: Replace): Succession {
  const latest = useRef({ session, replace });
  latest.current = { session, replace };
  return useMemo(() => new Succession(() => latest.current.session, (next) => latest.current.replace(next)), []);
}
