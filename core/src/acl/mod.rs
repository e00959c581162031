//! Access control: users, and the rules that say which commands, keys and channels are theirs.
//!
//! A [`User`] has passwords and a list of [`Selector`]s, each a set of commands with patterns of keys and of channels. A
//! request is permitted if one selector permits all of it. Commands are numbers here; what rules call them, a
//! [`Catalogue`] tells, so this room knows nothing of the command table.
//!
//! Users do not change: a change makes a new one, which each session of that name is handed. So the check of a request
//! looks at its session alone, and a session whose user may do everything is marked as such: for it there is no check.

mod file;
pub(crate) mod log;
mod password;
mod rule;
mod selector;
mod user;

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use password::generate as generate_password;
pub(crate) use rule::{Catalogue, Rules};
pub(crate) use selector::{Access, COMMANDS, Selector};
pub(crate) use user::User;

/// The user of a client that has not said who it is. It is always there.
pub(crate) const DEFAULT: &[u8] = b"default";

/// All users, and what was denied to them.
#[derive(Debug)]
pub(crate) struct Acl {
    /// Sorted by name.
    users: Vec<Rc<User>>,
    pub(crate) log: log::AclLog,
}

/// What a request was denied for. Of several selectors' denials, the greatest is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Denial {
    pub(crate) reason: Reason,
    /// The argument that it is about.
    pub(crate) position: usize,
}

/// What a user lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The right to run the command.
    Command,
    /// The right to use a key.
    Key,
    /// The right password.
    Auth,
    /// The right to use a channel.
    Channel,
}

impl Reason {
    /// What `ACL LOG` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Key => "key",
            Self::Auth => "auth",
            Self::Channel => "channel",
        }
    }
}

impl Acl {
    /// The default user alone, who needs this password, if it is one.
    pub(crate) fn new(password: &[u8]) -> Self {
        let mut acl = Self { users: Vec::new(), log: log::AclLog::default() };
        acl.insert(User::default_user().with_password(password));
        acl
    }

    pub(crate) fn default_user(&self) -> &Rc<User> {
        self.user(DEFAULT).expect("nobody can remove the default user")
    }

    pub(crate) fn user(&self, name: &[u8]) -> Option<&Rc<User>> {
        self.place(name).ok().map(|at| &self.users[at])
    }

    /// Where a user is, or would be.
    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.users.binary_search_by(|user| user.name().cmp(name))
    }

    /// All users, by name.
    pub(crate) fn users(&self) -> impl ExactSizeIterator<Item = &Rc<User>> {
        self.users.iter()
    }

    /// Adds a user, or puts it in the place of the one of that name.
    pub(crate) fn insert(&mut self, user: User) -> Rc<User> {
        let user = Rc::new(user);
        match self.place(user.name()) {
            Ok(at) => self.users[at] = Rc::clone(&user),
            Err(at) => self.users.insert(at, Rc::clone(&user)),
        }
        user
    }

    /// Takes a user away, but not the default one.
    pub(crate) fn remove(&mut self, name: &[u8]) -> bool {
        let found = self.place(name).ok().filter(|_| name != DEFAULT);
        found.map(|at| self.users.remove(at)).is_some()
    }

    /// Takes all users away; there is a default user among those that come.
    pub(crate) fn replace(&mut self, users: Vec<User>) {
        self.users.clear();
        self.insert(User::default_user());
        for user in users {
            self.insert(user);
        }
    }

    /// The user of that name, if that is its password.
    pub(crate) fn authenticate(&self, name: &[u8], password: &[u8]) -> Option<&Rc<User>> {
        // Hashed in any case: whether there is such a user is no stranger's business.
        let hash = password::Hash::of(password);
        self.user(name).filter(|user| user.is_authenticated_by(&hash))
    }

    /// The line of an ACL file that makes a user what it is.
    pub(crate) fn line(user: &User) -> Vec<u8> {
        [b"user ", user.name(), b" ", &user.description()].concat()
    }

    /// The user that an `ACL SETUSER` makes.
    ///
    /// # Errors
    /// Which rule is wrong, and why.
    pub(crate) fn changed<'a>(
        &self,
        name: &[u8],
        rules: impl Iterator<Item = &'a [u8]>,
        meaning: &Rules<'_>,
    ) -> Result<User, Vec<u8>> {
        let quote = |text: &[u8]| String::from_utf8_lossy(c_string(text)).into_owned();
        let merged = rule::merge_selectors(rules).map_err(|unmatched| {
            let unmatched = quote(unmatched);
            format!("Unmatched parenthesis in acl selector starting at '{unmatched}'.").into_bytes()
        })?;
        let mut user =
            self.user(name).map_or_else(|| User::new(name, meaning), |user| User::clone(user));
        for rule in &merged {
            user.apply(rule, meaning).map_err(|error| {
                let mut text = b"Error in ACL SETUSER modifier '".to_vec();
                text.extend_from_slice(c_string(rule));
                text.extend_from_slice(b"': ");
                text.extend_from_slice(error.reason().as_bytes());
                text
            })?;
        }
        Ok(user)
    }
}

/// Whether a text cannot stand in a line of an ACL file as it is.
pub(crate) fn has_blanks(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b' ' | b'\t'..=b'\r' | 0))
}

/// A text as Redis, which reads it as a C string, sees it.
fn c_string(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
