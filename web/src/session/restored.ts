import { Session } from "./session.js";

/** The session of a recording, going on from its end as if no time had passed. There is always a terminal. */
export async function restored(recording: Uint8Array): Promise<Session> {
  const session = await Session.open({ recording, clock: "running" });
  if (session.clients.peek().length === 0) session.connect();
  return session;
}
