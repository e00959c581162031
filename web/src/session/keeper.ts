// Has a store keep a session as it goes on.

import { effect } from "@preact/signals";
import type { Session } from "./session.js";
import type { Store } from "./store.js";

/** How long a change may be unkept. */
const DELAY_MS = 150;

/** A clock that is this far from the machine's is one of its own. */
const FAR_MS = 2000;

/** Keeps a session until it is told to stop. `anew`: the store holds another one. */
export function keep(session: Session, store: Store, anew: boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOther = anew;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    // What an engine that has failed was told is still recorded, but for what it has failed on.
    if (!session.db.isOpen && session.failure.peek() === undefined) return;
    // Where there is no room, the session goes on all the same.
    const isBehind = Math.abs(session.db.clock.now() - Date.now()) > FAR_MS;
    store.save({ recording: session.db.record(), isBehind }, isOther).catch(() => {});
    isOther = false;
  };
  const end = effect(() => {
    session.transcript.length.value;
    session.revision.value;
    timer ??= setTimeout(save, DELAY_MS);
  });
  const leave = () => document.visibilityState === "hidden" && save();
  document.addEventListener("visibilitychange", leave);
  addEventListener("pagehide", save);
  return () => {
    end();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", leave);
    removeEventListener("pagehide", save);
  };
}
