//! The text form of users: the ACL file, and the `user` lines of a configuration file.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rule::{RuleError, Rules, merge_selectors};
use super::{Acl, DEFAULT, User, has_blanks};

/// An error in a `user` line of a configuration file: the index of the line, starting at zero, and
/// the reason.
type UserLineError = (usize, String);

impl Acl {
    /// Returns the text of the ACL file that holds all users.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for user in self.users() {
            text.extend_from_slice(&Self::line(user));
            text.push(b'\n');
        }
        text
    }

    /// Parses the users of an ACL file, which errors refer to as `path`.
    ///
    /// # Errors
    ///
    /// Returns the errors of all lines, joined into one line.
    pub(crate) fn parse_file(
        text: &[u8],
        path: &str,
        rules: &Rules<'_>,
    ) -> Result<Vec<User>, String> {
        let (mut users, mut errors) = (Vec::new(), String::new());
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match parse_line(line, &users, rules) {
                Ok(user) => users.push(user),
                Err(wrong) => errors.push_str(&wrong.told(path, index + 1)),
            }
        }
        if errors.is_empty() {
            return Ok(users);
        }
        errors.push_str(
            "WARNING: ACL errors detected, no change to the previously active ACL rules was performed",
        );
        Err(errors)
    }

    /// Adds the users of `user` lines, each of them a name followed by rules.
    ///
    /// # Errors
    ///
    /// Returns the first invalid line; the users before it have been added.
    pub(crate) fn define<'a>(
        &mut self,
        lines: impl Iterator<Item = &'a [Vec<u8>]>,
        rules: &Rules<'_>,
    ) -> Result<(), UserLineError> {
        let mut defined: Vec<&[u8]> = Vec::new();
        for (index, line) in lines.enumerate() {
            let wrong = |reason: &str| (index, String::from(reason));
            let (name, words) = line.split_first().ok_or_else(|| wrong("missing user name"))?;
            if defined.contains(&name.as_slice()) {
                return Err(wrong(RuleError::DuplicateUser.reason()));
            }
            if has_blanks(name) {
                return Err(wrong("Spaces not allowed in ACL usernames"));
            }
            let words = merge_selectors(words.iter().map(Vec::as_slice))
                .map_err(|_| wrong("Unmatched parenthesis in selector definition."))?;
            let mut user = User::new(name, rules);
            for word in &words {
                user.apply(word, rules).map_err(|error| {
                    let word = String::from_utf8_lossy(word);
                    wrong(&format!("Error in applying operation '{word}': {}", error.reason()))
                })?;
            }
            self.insert(user);
            defined.push(name);
        }
        Ok(())
    }
}

/// An error in a line of an ACL file.
enum Wrong {
    NoUser,
    Name(Vec<u8>),
    Duplicate(Vec<u8>),
    Parenthesis,
    /// Invalid rules, each with its error.
    Rules(Vec<(Vec<u8>, RuleError)>),
}

impl Wrong {
    fn told(&self, path: &str, line: usize) -> String {
        let shown = String::from_utf8_lossy;
        match self {
            Self::NoUser => {
                format!("{path}:{line} should start with user keyword followed by the username. ")
            }
            Self::Name(name) => {
                let name = shown(name);
                format!("'{path}:{line}: username '{name}' contains invalid characters. ")
            }
            Self::Duplicate(name) => {
                format!("WARNING: Duplicate user '{}' found on line {line}. ", shown(name))
            }
            Self::Parenthesis => {
                format!("{path}:{line}: Unmatched parenthesis in selector definition.")
            }
            Self::Rules(rules) => {
                let mut text = String::new();
                let mut is_first = true;
                for (rule, error) in rules {
                    let reason = error.reason();
                    // A rule with an unknown command holds no secrets, so it is shown. Of the other
                    // errors only the first is reported: the rest may follow from it.
                    if *error == RuleError::Unknown {
                        let rule = shown(rule);
                        text.push_str(&format!(
                            "{path}:{line}: Error in applying operation '{rule}': {reason}. "
                        ));
                    } else if core::mem::take(&mut is_first) {
                        text.push_str(&format!("{path}:{line}: {reason}. "));
                    }
                }
                text
            }
        }
    }
}

fn parse_line(line: &[u8], before: &[User], rules: &Rules<'_>) -> Result<User, Wrong> {
    let mut words = line.split(|&byte| byte == b' ');
    let name = match (words.next(), words.next()) {
        (Some(b"user"), Some(name)) => name,
        _ => return Err(Wrong::NoUser),
    };
    if has_blanks(name) {
        return Err(Wrong::Name(name.to_vec()));
    }
    if before.iter().any(|user| user.name() == name) {
        return Err(Wrong::Duplicate(name.to_vec()));
    }
    let words = merge_selectors(words).map_err(|_| Wrong::Parenthesis)?;
    let mut user = User::new(name, rules);
    let mut wrong = Vec::new();
    for word in &words {
        if let Err(error) = user.apply(word.trim_ascii(), rules) {
            wrong.push((word.clone(), error));
        }
    }
    if wrong.is_empty() { Ok(user) } else { Err(Wrong::Rules(wrong)) }
}

/// Returns the `user` lines for a configuration file; none for a default user that `requirepass`
/// alone describes.
impl Acl {
    pub(crate) fn config_lines(&self, password: &[u8]) -> Vec<Vec<u8>> {
        let plain = User::default_user().with_password(password).description();
        let is_told = |user: &User| user.name() != DEFAULT || user.description() != plain;
        let users = self.users().filter(|user| is_told(user));
        users.map(|user| [user.name(), b" ", &user.description()].concat()).collect()
    }
}
