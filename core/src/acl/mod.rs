//! Access control: users, and the rules that permit them commands, keys and channels.
//!
//! A [`User`] has passwords and a list of [`Selector`]s. Each selector is a set of commands with
//! key patterns and channel patterns. A request is permitted if a single selector permits all of
//! it. Commands are numbers here; a [`Catalogue`] maps the names in rules to them, so this module
//! does not depend on the command table.
//!
//! Users are immutable. A change creates a new user, which every session of that name receives.
//! Checking a request therefore needs only its session, and a session whose user is unrestricted is
//! marked so that the check is skipped.

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

/// The user of a client that has not authenticated. It always exists.
pub(crate) const DEFAULT: &[u8] = b"default";

/// All users, and the log of denials.
#[derive(Debug)]
pub(crate) struct Acl {
    /// Sorted by name.
    users: Vec<Rc<User>>,
    pub(crate) log: log::AclLog,
}

/// The reason and position of a denial. If several selectors deny a request, the greatest denial is
/// reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Denial {
    pub(crate) reason: Reason,
    /// The index of the denied argument.
    pub(crate) position: usize,
}

/// The missing permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The permission to run the command.
    Command,
    /// The permission to access a key.
    Key,
    /// A correct password.
    Auth,
    /// The permission to use a channel.
    Channel,
}

impl Reason {
    /// Returns the name used by `ACL LOG`.
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
    /// Creates the default user, which requires `password` unless it is empty.
    pub(crate) fn new(password: &[u8]) -> Self {
        let mut acl = Self { users: Vec::new(), log: log::AclLog::default() };
        acl.insert(User::default_user().with_password(password));
        acl
    }

    pub(crate) fn default_user(&self) -> &Rc<User> {
        self.user(DEFAULT).expect("the default user cannot be removed")
    }

    pub(crate) fn user(&self, name: &[u8]) -> Option<&Rc<User>> {
        self.place(name).ok().map(|at| &self.users[at])
    }

    /// Returns the index of a user, or the index at which to insert it.
    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.users.binary_search_by(|user| user.name().cmp(name))
    }

    /// Returns all users, sorted by name.
    pub(crate) fn users(&self) -> impl ExactSizeIterator<Item = &Rc<User>> {
        self.users.iter()
    }

    /// Adds a user, replacing the one of the same name.
    pub(crate) fn insert(&mut self, user: User) -> Rc<User> {
        let user = Rc::new(user);
        match self.place(user.name()) {
            Ok(at) => self.users[at] = Rc::clone(&user),
            Err(at) => self.users.insert(at, Rc::clone(&user)),
        }
        user
    }

    /// Removes a user, unless it is the default user.
    pub(crate) fn remove(&mut self, name: &[u8]) -> bool {
        let found = self.place(name).ok().filter(|_| name != DEFAULT);
        found.map(|at| self.users.remove(at)).is_some()
    }

    /// Replaces all users; `users` includes a default user.
    pub(crate) fn replace(&mut self, users: Vec<User>) {
        self.users.clear();
        self.insert(User::default_user());
        for user in users {
            self.insert(user);
        }
    }

    /// Returns the user of that name if the password is correct.
    pub(crate) fn authenticate(&self, name: &[u8], password: &[u8]) -> Option<&Rc<User>> {
        // The password is hashed in any case, so that timing does not reveal whether the user
        // exists.
        let hash = password::Hash::of(password);
        self.user(name).filter(|user| user.is_authenticated_by(&hash))
    }

    /// Returns the line of an ACL file that recreates a user.
    pub(crate) fn line(user: &User) -> Vec<u8> {
        [b"user ", user.name(), b" ", &user.description()].concat()
    }

    /// Returns the user that results from an `ACL SETUSER`.
    ///
    /// # Errors
    ///
    /// Returns the invalid rule and the reason.
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

/// Returns `true` if a text cannot appear verbatim in a line of an ACL file.
pub(crate) fn has_blanks(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b' ' | b'\t'..=b'\r' | 0))
}

/// Truncates a text at its first NUL, as Redis does by treating it as a C string.
fn c_string(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
