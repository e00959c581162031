//! A user: passwords and permissions.

use alloc::vec::Vec;

use super::password::Hash;
use super::rule::{RuleError, Rules};
use super::selector::Selector;
use super::{DEFAULT, c_string};
use crate::resp::args::Request;
use crate::resp::inline::split_words;

/// A user as defined by rules.
#[derive(Clone, Debug)]
pub(crate) struct User {
    name: Vec<u8>,
    is_enabled: bool,
    /// Set if the user accepts any password (`nopass`).
    needs_no_password: bool,
    skips_sanitizing: bool,
    passwords: Vec<Hash>,
    /// The permissions. Rules outside parentheses change the first selector.
    selectors: Vec<Selector>,
}

impl User {
    /// Creates a user that cannot authenticate and has no permissions.
    pub(crate) fn new(name: &[u8], rules: &Rules<'_>) -> Self {
        Self {
            name: name.to_vec(),
            is_enabled: false,
            needs_no_password: false,
            skips_sanitizing: false,
            passwords: Vec::new(),
            selectors: Vec::from([Selector::new(rules.has_all_channels)]),
        }
    }

    /// Creates the default user before any rule is applied: unrestricted, and without a password.
    pub(crate) fn default_user() -> Self {
        Self {
            name: DEFAULT.to_vec(),
            is_enabled: true,
            needs_no_password: true,
            skips_sanitizing: false,
            passwords: Vec::new(),
            selectors: Vec::from([Selector::unrestricted()]),
        }
    }

    /// Returns the user with this as its only password, or with none if it is empty.
    pub(crate) fn with_password(mut self, password: &[u8]) -> Self {
        self.needs_no_password = password.is_empty();
        self.passwords = (!password.is_empty()).then(|| Hash::of(password)).into_iter().collect();
        self
    }

    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(crate) const fn needs_no_password(&self) -> bool {
        self.needs_no_password
    }

    /// Returns `true` if clients are this user without authenticating. Only the default user can
    /// be.
    pub(crate) const fn nopass(&self) -> bool {
        self.needs_no_password && self.is_enabled
    }

    /// Returns `true` if the user may do everything.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.selectors.iter().any(Selector::is_unrestricted)
    }

    /// Returns the selectors, of which there is at least one.
    pub(crate) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    pub(super) fn is_authenticated_by(&self, password: &Hash) -> bool {
        let is_known = self.passwords.iter().fold(false, |any, known| any | known.is(password));
        self.is_enabled && (self.needs_no_password || is_known)
    }

    /// Returns `true` if the user may use any channel that `before` could, judging by the patterns.
    pub(crate) fn keeps_channels_of(&self, before: &Self) -> bool {
        let has = |channel| self.selectors.iter().any(|own| own.channels.contains(channel));
        self.selectors.iter().any(|selector| selector.has_all_channels)
            || before
                .selectors
                .iter()
                .all(|selector| !selector.has_all_channels && selector.channels.iter().all(has))
    }

    pub(crate) fn permits_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.selectors.iter().any(|selector| selector.permits_channel(channel, is_pattern))
    }

    /// Applies a rule.
    pub(crate) fn apply(&mut self, rule: &[u8], rules: &Rules<'_>) -> Result<(), RuleError> {
        match c_string(rule).to_ascii_lowercase().as_slice() {
            b"" if rule.is_empty() => {}
            b"on" => self.is_enabled = true,
            b"off" => self.is_enabled = false,
            b"skip-sanitize-payload" => self.skips_sanitizing = true,
            b"sanitize-payload" => self.skips_sanitizing = false,
            b"nopass" => {
                self.needs_no_password = true;
                self.passwords.clear();
            }
            b"resetpass" => {
                self.needs_no_password = false;
                self.passwords.clear();
            }
            b"clearselectors" => self.selectors.truncate(1),
            b"reset" => *self = Self::new(&self.name, rules),
            _ => match *rule {
                [b'>', ref password @ ..] => self.add_password(Hash::of(password)),
                [b'#', ref digits @ ..] => self.add_password(hash(digits)?),
                [b'<', ref password @ ..] => self.remove_password(Hash::of(password))?,
                [b'!', ref digits @ ..] => self.remove_password(hash(digits)?)?,
                [b'(', ref words @ .., b')'] => self.selectors.push(selector(words, rules)?),
                _ => self.selectors[0].apply(rule, rules.catalogue)?,
            },
        }
        Ok(())
    }

    fn add_password(&mut self, password: Hash) {
        if !self.passwords.iter().any(|known| known.is(&password)) {
            self.passwords.push(password);
        }
        self.needs_no_password = false;
    }

    fn remove_password(&mut self, password: Hash) -> Result<(), RuleError> {
        let at = self.passwords.iter().position(|known| known.is(&password));
        self.passwords.remove(at.ok_or(RuleError::NoSuchPassword)?);
        Ok(())
    }

    /// Returns the flags, as written in rules.
    pub(crate) fn flags(&self) -> impl Iterator<Item = &'static str> {
        let flags = [
            Some(if self.is_enabled { "on" } else { "off" }),
            self.needs_no_password.then_some("nopass"),
            Some(if self.skips_sanitizing { "skip-sanitize-payload" } else { "sanitize-payload" }),
        ];
        flags.into_iter().flatten()
    }

    /// Returns the password hashes in hexadecimal digits.
    pub(crate) fn passwords(&self) -> impl ExactSizeIterator<Item = Vec<u8>> {
        self.passwords.iter().map(Hash::digits)
    }

    /// Returns the rules that recreate the user.
    pub(crate) fn description(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for flag in self.flags() {
            text.extend_from_slice(flag.as_bytes());
            text.push(b' ');
        }
        for digits in self.passwords() {
            text.push(b'#');
            text.extend_from_slice(&digits);
            text.push(b' ');
        }
        self.selectors[0].append_description(&mut text);
        for selector in &self.selectors[1..] {
            text.extend_from_slice(b" (");
            selector.append_description(&mut text);
            text.push(b')');
        }
        text
    }
}

fn hash(digits: &[u8]) -> Result<Hash, RuleError> {
    Hash::parse(digits).ok_or(RuleError::Hash)
}

/// Parses the selector between two parentheses. Redis sees no words at all if their quotes are
/// unbalanced.
fn selector(words: &[u8], rules: &Rules<'_>) -> Result<Selector, RuleError> {
    let mut selector = Selector::new(rules.has_all_channels);
    let mut request = Request::default();
    if split_words(c_string(words), &mut request).is_ok() {
        for rule in request.args(b"").iter() {
            selector.apply(rule, rules.catalogue)?;
        }
    }
    Ok(selector)
}
