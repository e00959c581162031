//! Blocked clients: each waits until a key changes, its timeout passes, or `CLIENT UNBLOCK` frees
//! it.
//!
//! A command that finds nothing to take blocks its client and is kept. When a key that the client
//! waits for has changed and holds a value of the right type, the command simply runs again, as if
//! it had just arrived: it may succeed, fail, or keep waiting. Keys are served in the order in
//! which they changed, after the command that changed them; the clients of a key are served in
//! order of arrival. A served command may change further keys and make them ready in turn, so a
//! chain of `BLMOVE`s runs to its end.

use core::mem;

use super::Engine;
use super::turn::{Call, Turn};
use crate::client::ClientId;
use crate::resp::args::Request;
use crate::session::Stall;
use crate::time::UnixMicros;

impl Engine {
    /// Blocks a client until `until`, on the keys that the handler has named, if any.
    pub(super) fn block(&mut self, turn: &Turn, call: Call<'_>, until: Option<UnixMicros>) {
        let session = &mut self.instance.clients[turn.client];
        session.blocked_command = call.index;
        session.stall = Some(Stall::Blocked { until });
        if let Some(wait) = &mut session.wait {
            wait.request.get_or_insert_with(|| Request::of(call.args.iter()));
        }
        self.dataset.observers.waiters.add(turn.client, session.wait.as_deref(), until);
    }

    /// Ends the waits whose deadline has passed.
    pub(super) fn end_waits(&mut self, now: UnixMicros) {
        while let Some(client) = self.dataset.observers.waiters.pop_overdue(now) {
            let Some(session) = self.instance.clients.session_mut(client) else { continue };
            session.unblock(&mut self.dataset.observers.waiters);
            session.end_wait(None);
            self.instance.stats.commands[session.blocked_command].calls += 1;
            self.instance.resume.push_back(client);
        }
    }

    /// Resumes the clients whose wait or pause is over.
    pub(super) fn resume_all(&mut self, now: UnixMicros) {
        // A resumed client may free others: they are queued, so that they do not pile up on the
        // stack.
        if mem::replace(&mut self.is_resuming, true) {
            return;
        }
        while let Some(client) = self.instance.resume.pop_front() {
            self.resume(client, now);
        }
        self.is_resuming = false;
    }

    /// Serves the clients that wait for keys which the turn's client has changed.
    #[cold]
    pub(super) fn serve_others(&mut self, turn: &mut Turn) {
        turn.started_ns = self.serve_blocked(turn.now, turn.started_ns);
        self.instance.running = Some(turn.client);
        self.append_messages(turn);
    }

    /// Runs the commands that wait for keys which have changed. Returns when the last of them
    /// ended.
    pub(super) fn serve_blocked(&mut self, now: UnixMicros, mut started_ns: u64) -> u64 {
        while self.instance.pause_at(now).is_none()
            && let Some(((database, key), clients)) = self.dataset.observers.waiters.next_ready()
        {
            for client in clients {
                let record = self.dataset.keyspace[database].find(&key);
                let found = record.filter(|record| !record.is_expired(now.millis()));
                let found = found.map(|record| record.value_type());
                let Some(session) = self.instance.clients.session(client) else { continue };
                let is_for_it = session.wait.as_ref().is_some_and(|wait| wait.is_for(found));
                // A killed client must not consume an element that another client could get.
                if is_for_it && session.closing.is_none() && session.is_blocked() {
                    started_ns = self.run_again(client, now, started_ns);
                }
            }
        }
        started_ns
    }

    /// Runs a blocked command again. Returns when it ended.
    fn run_again(&mut self, client: ClientId, now: UnixMicros, started_ns: u64) -> u64 {
        let session = &mut self.instance.clients[client];
        let until = session.unblock(&mut self.dataset.observers.waiters);
        let command = session.blocked_command;
        let request = session.wait.take().and_then(|wait| wait.request).unwrap_or_default();
        let is_muted = session.reply_mode.is_muted();
        session.blocked_until = Some(until);
        let mut turn = self.begin_turn(client, now, started_ns);
        let before = turn.output.mark();
        let call = Call::new(command, request.args(b""));
        match self.denied_since(&turn, call) {
            None => self.call(&mut turn, call),
            Some(error) => {
                self.instance.stats.commands[command].rejected_calls += 1;
                self.instance.stats.count_error(error.code());
                self.reply(&mut turn).error(&error);
            }
        }
        if is_muted {
            turn.output.rewind(before);
        }
        self.dataset.observers.propagation.end_unit();
        let ended_ns = self.end_turn(turn);
        let session = &mut self.instance.clients[client];
        session.blocked_until = None;
        if session.stall.is_none() {
            session.reply_mode = session.reply_mode.after_command();
            self.instance.resume.push_back(client);
        }
        self.instance.clients.recount(client);
        ended_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Peer;
    use crate::config::Config;
    use crate::random::Seed;

    #[test]
    fn unblocking_a_client_early_removes_its_deadline() {
        let (mut engine, now) = (Engine::new(Config::default(), Seed(1)), UnixMicros(0));
        let [waiting, freeing] =
            [(); 2].map(|()| engine.connect(Peer::local(), now).expect("there is room"));
        for _ in 0..3 {
            engine.receive(waiting, b"BLPOP list 1000\r\n", now);
            assert!(engine.dataset.observers.waiters.earliest_deadline().is_some());
            engine.receive(freeing, b"CLIENT UNBLOCK 1\r\n", now);
            assert_eq!(engine.dataset.observers.waiters.earliest_deadline(), None);
        }
    }
}
