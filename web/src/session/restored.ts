import { Session } from "./session.js";
import type { Kept } from "./store.js";

/** An empty session with its first terminal. */
export async function begun(): Promise<Session> {
  const session = await Session.open();
  session.connect();
  return session;
}

/** The session of a recording, going on from its end as if no time had passed, or in the machine's time. There is always a terminal. */
export async function restored(recording: Uint8Array, clock: "running" | "real" = "running"): Promise<Session> {
  const session = await Session.open({ recording, clock });
  if (session.clients.peek().length === 0) session.connect();
  return session;
}

/** The session that was kept: in the time that it had. */
export async function reopened({ recording, isBehind }: Kept): Promise<Session> {
  try {
    return await restored(recording, isBehind ? "running" : "real");
  } catch (reason) {
    const session = await begun();
    session.clients.peek()[0]!.remark(undefined, `The session that was kept cannot be restored: ${String(reason)}`);
    return session;
  }
}
