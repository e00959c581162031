//! Changes of users, and their effect on connected clients.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::{Effect, Instance};
use crate::acl::User;
use crate::client::ClientId;
use crate::pubsub::Topic;
use crate::session::{Closing, Session};
use crate::sort;

impl Instance {
    /// Replaces the user of the same name. Closes clients that are subscribed to channels their
    /// user may no longer use.
    pub(crate) fn set_user(&mut self, user: User) {
        let before = self.acl.user(user.name()).cloned();
        let user = self.acl.insert(user);
        let is_same = |session: &Session| session.user.name() == user.name();
        if !before.is_none_or(|before| user.keeps_channels_of(&before)) {
            let is_eavesdropper = |session: &Session| {
                is_same(session)
                    && session.subscriptions.as_ref().is_some_and(|subscriptions| {
                        Topic::ALL.into_iter().any(|topic| {
                            let is_pattern = topic == Topic::Pattern;
                            let mut names = subscriptions.of(topic).iter();
                            names.any(|name| !user.permits_channel(name, is_pattern))
                        })
                    })
            };
            self.kill_all(is_eavesdropper);
        }
        self.each_session(|session| {
            if session.user.name() == user.name() {
                session.user = Rc::clone(&user);
            }
        });
        self.renew_auth();
    }

    /// Removes a user and closes its clients. Returns `true` if the user existed.
    pub(crate) fn remove_user(&mut self, name: &[u8]) -> bool {
        let is_removed = self.acl.remove(name);
        if is_removed {
            self.disown(|session| session.user.name() == name);
        }
        is_removed
    }

    /// Replaces all users by those of a file. Closes the clients of all users except the default
    /// one.
    pub(crate) fn replace_users(&mut self, users: Vec<User>) {
        self.acl.replace(users);
        self.disown(|session| session.user.name() != crate::acl::DEFAULT);
        let default = Rc::clone(self.acl.default_user());
        self.each_session(|session| session.user = Rc::clone(&default));
        self.renew_auth();
    }

    /// Gives the default user the configured password.
    pub(crate) fn require_password(&mut self) {
        let user = User::clone(self.acl.default_user()).with_password(&self.config.requirepass);
        self.set_user(user);
    }

    /// Closes clients whose user no longer exists. Until they are closed they are unauthenticated.
    fn disown(&mut self, is_meant: impl Fn(&Session) -> bool) {
        let default = Rc::clone(self.acl.default_user());
        self.kill_all(&is_meant);
        self.each_session(|session| {
            if is_meant(session) {
                session.become_user(&default, false, &default);
            }
        });
    }

    fn renew_auth(&mut self) {
        let default = Rc::clone(self.acl.default_user());
        self.each_session(|session| session.renew_auth(&default));
    }

    fn each_session(&mut self, act: impl FnMut(&mut Session)) {
        self.clients.iter_mut().for_each(act);
    }

    fn kill_all(&mut self, is_meant: impl Fn(&Session) -> bool) {
        let meant = self.clients.iter().filter(|session| is_meant(session));
        let mut ids: Vec<ClientId> = meant.map(|session| session.id).collect();
        sort::by(&mut ids, Ord::cmp);
        for id in ids {
            self.kill(id);
        }
    }

    /// Closes a client. The client that is running the command receives its reply first.
    pub(crate) fn kill(&mut self, client: ClientId) {
        let is_running = self.running == Some(client);
        let Some(session) = self.clients.session_mut(client) else { return };
        if is_running {
            session.closing = Some(Closing::AfterWrite);
        } else {
            session.closing = Some(Closing::Now);
            self.effects.push_back(Effect::Close { client, flush: false });
        }
    }
}
