import { Session } from "./session.js";
import type { Kept } from "./store.js";
import type { Watch } from "./watch.js";

/** An empty session with its first terminal. */
export async function begun(): Promise<Session> {
  const session = await Session.open();
  session.connect();
  return session;
}

/** The session of a recording, going on from its end as if no time had passed, or in the machine's time. There is always a terminal. */
export async function restored(recording: Uint8Array, watch?: Watch, clock: "running" | "real" = "running", mayEndEarly = false): Promise<Session> {
  const session = await Session.open({ recording, clock, mayEndEarly, ...(watch === undefined ? {} : { watch }) });
  if (session.clients.peek().length === 0) session.connect();
  if (session.isCut) session.clients.peek()[0]!.remark(undefined, "The rest of this session is left out: it was stopped, or the engine fails at the next command.");
  return session;
}

/** The session that was kept, in the time that it had; as far as it was run, if that was stopped. */
export async function reopened({ recording, isBehind }: Kept, watch: Watch): Promise<Session> {
  try {
    return await restored(recording, watch, isBehind ? "running" : "real", true);
  } catch (reason) {
    const session = await begun();
    session.clients.peek()[0]!.remark(undefined, `The saved session cannot be restored: ${String(reason)}`);
    return session;
  }
}
