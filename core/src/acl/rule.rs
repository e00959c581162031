//! ACL rules: the names they refer to, and their errors.

use alloc::vec::Vec;
use core::ops::Range;

use super::c_string;

/// The context in which rules are interpreted.
pub(crate) struct Rules<'a> {
    /// The commands.
    pub(crate) catalogue: &'a dyn Catalogue,
    /// Set if new users and selectors may use all channels: `acl-pubsub-default`.
    pub(crate) has_all_channels: bool,
}

/// The commands that rules can name. Each has a number below [`COMMANDS`](super::COMMANDS).
pub(crate) trait Catalogue {
    /// Returns the command of that name, or the subcommand `container|name`.
    fn command(&self, name: &[u8]) -> Option<usize>;

    /// Returns the subcommands of a command; empty for most commands.
    fn subcommands(&self, command: usize) -> Range<usize>;

    /// Returns all commands and subcommands of a category, if the category exists.
    fn category(&self, name: &[u8]) -> Option<Vec<usize>>;
}

/// An error in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleError {
    /// Not a rule, or its pattern contains a blank.
    Syntax,
    /// Unknown command or category.
    Unknown,
    /// A key pattern after one that matches all keys.
    AllKeysAlready,
    /// A channel pattern after one that matches all channels.
    AllChannelsAlready,
    /// The password to be removed does not exist.
    NoSuchPassword,
    /// Malformed password hash.
    Hash,
    /// `+container|subcommand|argument`.
    ArgumentOfSubcommand,
    /// A user is defined twice.
    DuplicateUser,
}

impl RuleError {
    /// Returns the reason, in Redis's words.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Syntax => "Syntax error",
            Self::Unknown => "Unknown command or category name in ACL",
            Self::AllKeysAlready => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
            }
            Self::AllChannelsAlready => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"
            }
            Self::NoSuchPassword => {
                "The password you are trying to remove from the user does not exist"
            }
            Self::Hash => {
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
            }
            Self::ArgumentOfSubcommand => "Allowing first-arg of a subcommand is not supported",
            Self::DuplicateUser => {
                "Duplicate user found. A user can only be defined once in config files"
            }
        }
    }
}

/// Joins words between parentheses: a selector may span one argument or several.
///
/// # Errors
///
/// Returns the word with the unclosed parenthesis.
pub(super) fn merge_selectors<'a>(
    words: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Vec<u8>>, &'a [u8]> {
    let mut rules: Vec<Vec<u8>> = Vec::new();
    let mut open = None;
    for word in words {
        let is_closed = word.last() == Some(&b')');
        if open.is_none() {
            open = (word.starts_with(b"(") && !is_closed).then_some(word);
            rules.push(word.to_vec());
        } else if let Some(selector) = rules.last_mut() {
            selector.push(b' ');
            selector.extend_from_slice(c_string(word));
            open = open.filter(|_| !is_closed);
        }
    }
    open.map_or(Ok(rules), Err)
}
