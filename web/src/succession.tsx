// One session takes the place of another, as a file or a link is opened or one begins anew: what is said of that, and the way back.

import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { restored } from "./session/restored.js";
import type { Session } from "./session/session.js";

interface Notice {
  readonly text: string;
  readonly isError: boolean;
  /** The recording of the session whose place was taken. */
  readonly before?: Uint8Array | undefined;
}

/** How long it is said that something went well where there is no way back. */
const NOTICE_MS = 6000;

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
    this.notice.value = next === undefined && before === undefined ? undefined : { text, isError: false, before };
  }

  tell(text: string): void {
    this.notice.value = { text, isError: false };
  }

  failed(reason: unknown): void {
    this.notice.value = { text: reason instanceof Error ? reason.message : String(reason), isError: true };
  }

  async back(): Promise<void> {
    const before = this.notice.peek()?.before;
    this.dismiss();
    if (before !== undefined) this.#replace(await restored(before));
  }

  dismiss(): void {
    this.notice.value = undefined;
  }
}

export function useSuccession(session: Session, replace: Replace): Succession {
  const latest = useRef({ session, replace });
  latest.current = { session, replace };
  return useMemo(() => new Succession(() => latest.current.session, (next) => latest.current.replace(next)), []);
}

export function NoticeBar({ succession }: { readonly succession: Succession }) {
  const notice = succession.notice.value;
  useEffect(() => {
    if (notice === undefined || notice.isError || notice.before !== undefined) return;
    const timer = setTimeout(() => succession.dismiss(), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  if (notice === undefined) return null;
  return (
    <div class={`notice${notice.isError ? " error" : ""}`}>
      <p role={notice.isError ? "alert" : "status"}>{notice.text}</p>
      {notice.before && <button type="button" onClick={() => void succession.back()}>Back to my session</button>}
      <button type="button" class="icon" aria-label="Dismiss" title="Dismiss" onClick={() => succession.dismiss()}>×</button>
    </div>
  );
}
