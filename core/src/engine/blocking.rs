//! Clients that wait: until their time is up, somebody frees them, or a pause ends.

use super::Engine;
use crate::resp::reply::Reply;
use crate::session::ClientId;
use crate::time::UnixMicros;

impl Engine {
    /// Ends the waits whose time is up.
    pub(super) fn end_waits(&mut self, now: UnixMicros) {
        while let Some(&(until, client)) = self.deadlines.first()
            && until <= now
        {
            self.deadlines.pop_first();
            self.end_wait(client, now);
        }
    }

    fn end_wait(&mut self, client: ClientId, now: UnixMicros) {
        let Some(session) = self.instance.clients.session_mut(client) else { return };
        if session.is_blocked() {
            session.stall = None;
            // `WAIT` is the one command that waits: no replica has acknowledged anything.
            Reply::new(&mut session.output, session.protocol).integer(0);
            self.resume(client, now);
        }
    }
}
