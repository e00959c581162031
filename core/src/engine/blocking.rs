//! Clients that wait: until a key changes, their time is up, or somebody frees them.
//!
//! A command that finds nothing to take blocks its client and is kept. When a key for which the client waits has changed
//! and holds a value of the right type, the command simply runs again, as if it had come just now: it may find what it
//! wanted, fail, or wait on. Keys are served in the order in which they changed, once the command that changed them is
//! done, and the clients of a key in the order in which they came. What a served command changes in turn makes further
//! keys ready, so a chain of `BLMOVE`s is run to its end.

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::mem;

use super::Engine;
use crate::resp::args::{Args, Request};
use crate::resp::output::Output;
use crate::resp::reply::Reply;
use crate::session::{Peer, Session, Stall};
use crate::time::UnixMicros;

impl Engine {
    /// The client waits, for the keys that the handler named or for nothing but its time.
    pub(super) fn block(
        &mut self,
        session: &mut Session,
        command: usize,
        args: Args<'_>,
        until: Option<UnixMicros>,
    ) {
        session.blocked_command = command;
        if let Some(wait) = &mut session.wait {
            wait.request.get_or_insert_with(|| Request::of(args.iter()));
        }
        self.blocked.add(session, until);
    }

    /// Ends the waits whose time is up.
    pub(super) fn end_waits(&mut self, now: UnixMicros) {
        while let Some(client) = self.blocked.pop_overdue(now) {
            let Some(session) = self.instance.clients.session_mut(client) else { continue };
            self.blocked.remove(session);
            session.end_wait(None);
            self.instance.stats.commands[session.blocked_command].calls += 1;
            self.instance.resume.push_back(client);
        }
    }

    /// Lets clients go on whose wait or pause is over.
    pub(super) fn resume_all(&mut self, now: UnixMicros) {
        // What a resumed client does may free others: they take their turn, and do not pile up on the stack.
        if mem::replace(&mut self.is_resuming, true) {
            return;
        }
        while let Some(client) = self.instance.resume.pop_front() {
            self.resume(client, now);
        }
        self.is_resuming = false;
    }

    /// Serves those who waited for what a client has changed. It is back in its slot meanwhile, a stand-in in its place, since it
    /// may hear of what they do.
    #[cold]
    pub(super) fn serve_others(
        &mut self,
        session: &mut Session,
        output: &mut Output,
        now: UnixMicros,
        started_ns: &mut u64,
    ) {
        let client = session.id;
        let user = &session.user;
        let stand_in = || Box::new(Session::new(client, Peer::local(), Rc::clone(user), now));
        let mut lent = self.stand_in.take().unwrap_or_else(stand_in);
        mem::swap(&mut *lent, session);
        mem::swap(&mut lent.output, output);
        self.instance.clients.put_back(lent);
        self.serve_blocked(now, started_ns);
        if let Some(mut lent) = self.instance.clients.take(client) {
            mem::swap(&mut lent.output, output);
            mem::swap(&mut *lent, session);
            self.stand_in = Some(lent);
        }
    }

    /// Runs the commands again that waited for the keys that have changed.
    pub(super) fn serve_blocked(&mut self, now: UnixMicros, started_ns: &mut u64) {
        while self.instance.pause_at(now).is_none()
            && let Some(((database, key), clients)) = self.blocked.next_ready()
        {
            for client in clients {
                let record = self.keyspace[database].find(&key);
                let found = record.filter(|record| !record.is_expired(now.millis()));
                let found = found.map(|record| record.value_type());
                let Some(session) = self.instance.clients.session(client) else { continue };
                let is_for_it = session.wait.as_ref().is_some_and(|wait| wait.is_for(found));
                // Who has been killed must not take what others may have.
                if is_for_it
                    && session.closing.is_none()
                    && let Some(session) = self.instance.clients.take(client)
                {
                    self.run_again(session, now, started_ns);
                }
            }
        }
    }

    fn run_again(&mut self, mut session: Box<Session>, now: UnixMicros, started_ns: &mut u64) {
        let Some(Stall::Blocked { until }) = session.stall else {
            self.instance.clients.put_back(session);
            return;
        };
        self.blocked.remove(&mut session);
        let command = session.blocked_command;
        let request = session.wait.take().and_then(|wait| wait.request).unwrap_or_default();
        let mut output = mem::take(&mut session.output);
        let (before, is_muted) = (output.mark(), session.reply_mode.is_muted());
        session.blocked_until = Some(until);
        let args = request.args(b"");
        match self.denied_since(&session, command, args, now) {
            None => self.call(&mut session, &mut output, command, args, now, started_ns),
            Some(error) => {
                self.instance.stats.commands[command].rejected_calls += 1;
                self.instance.stats.count_error(error.code());
                Reply::new(&mut output, session.protocol).error(&error);
            }
        }
        session.blocked_until = None;
        if is_muted {
            output.rewind(before);
        }
        output.append(&mut self.instance.own_messages);
        session.output = output;
        if session.stall.is_none() {
            session.reply_mode = session.reply_mode.after_command();
            self.instance.resume.push_back(session.id);
        }
        self.instance.clients.put_back(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::random::Seed;

    #[test]
    fn who_is_freed_before_its_time_leaves_no_deadline() {
        let (mut engine, now) = (Engine::new(Config::default(), Seed(1)), UnixMicros(0));
        let [waiting, freeing] =
            [(); 2].map(|()| engine.connect(Peer::local(), now).expect("there is room"));
        for _ in 0..3 {
            engine.receive(waiting, b"BLPOP list 1000\r\n", now);
            assert!(engine.blocked.earliest_deadline().is_some());
            engine.receive(freeing, b"CLIENT UNBLOCK 1\r\n", now);
            assert_eq!(engine.blocked.earliest_deadline(), None);
        }
    }
}
