//! A selector: a set of commands, with the keys and channels that they may access.

use alloc::vec::Vec;
use core::ops::Range;

use super::rule::{Catalogue, RuleError};
use super::{c_string, has_blanks};
use crate::glob::{self, Case};

/// The number of bits in a command set; the last one stands for commands of later versions.
pub(crate) const COMMANDS: usize = 512;
const LATER_COMMANDS: usize = COMMANDS - 1;

/// A set of permissions that apply together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    commands: CommandSet,
    /// Commands that are permitted only with one of these first arguments.
    first_arguments: Vec<(usize, Vec<u8>)>,
    /// The command rules after the initial `+@all` or `-@all`, as they are listed.
    command_rules: Vec<Vec<u8>>,
    has_all_keys: bool,
    keys: Vec<KeyPattern>,
    pub(super) has_all_channels: bool,
    pub(super) channels: Vec<Vec<u8>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct CommandSet([u64; COMMANDS / 64]);

impl CommandSet {
    const ALL: Self = Self([u64::MAX; COMMANDS / 64]);

    const fn has(&self, command: usize) -> bool {
        self.0[command / 64] & 1 << (command % 64) != 0
    }

    fn set(&mut self, commands: Range<usize>, permit: bool) {
        for command in commands {
            let (word, bit) = (&mut self.0[command / 64], 1 << (command % 64));
            *word = if permit { *word | bit } else { *word & !bit };
        }
    }
}

/// The kinds of access to a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

impl Access {
    const fn includes(self, other: Self) -> bool {
        (self.reads || !other.reads) && (self.writes || !other.writes)
    }

    /// Returns the prefix of a rule that permits this access.
    const fn prefix(self) -> &'static [u8] {
        match (self.reads, self.writes) {
            (true, false) => b"%R~",
            (false, true) => b"%W~",
            _ => b"~",
        }
    }
}

#[derive(Clone, Debug)]
struct KeyPattern {
    access: Access,
    pattern: Vec<u8>,
}

impl Selector {
    /// Creates a selector that permits no commands and no keys.
    pub(super) fn new(has_all_channels: bool) -> Self {
        Self { has_all_channels, ..Self::default() }
    }

    /// Creates a selector that permits everything.
    pub(super) fn unrestricted() -> Self {
        Self {
            commands: CommandSet::ALL,
            has_all_keys: true,
            has_all_channels: true,
            ..Self::default()
        }
    }

    // ---- permissions ----------------------------------------------------------------------------

    pub(crate) fn is_unrestricted(&self) -> bool {
        self.has_all_keys && self.has_all_channels && self.commands == CommandSet::ALL
    }

    /// Returns `true` if a command may run with this first argument (the one after its name, or
    /// after both names of a subcommand).
    pub(crate) fn permits_command(&self, command: usize, first_argument: Option<&[u8]>) -> bool {
        self.commands.has(command)
            || first_argument.is_some_and(|given| {
                self.first_arguments.iter().any(|(permitted, argument)| {
                    *permitted == command && argument.eq_ignore_ascii_case(c_string(given))
                })
            })
    }

    pub(crate) fn permits_key(&self, key: &[u8], access: Access) -> bool {
        self.has_all_keys
            || self.keys.iter().any(|permitted| {
                permitted.access.includes(access)
                    && glob::matches(&permitted.pattern, key, Case::Sensitive)
            })
    }

    /// Returns `true` if this access is permitted to all keys.
    pub(crate) fn permits_all_keys(&self, access: Access) -> bool {
        self.has_all_keys
            || self
                .keys
                .iter()
                .any(|permitted| permitted.access.includes(access) && permitted.pattern == b"*")
    }

    /// Returns `true` if a channel is permitted, or all channels that match a pattern; that exact
    /// pattern must be permitted.
    pub(crate) fn permits_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.has_all_channels
            || self.channels.iter().any(|permitted| {
                if is_pattern {
                    permitted == channel
                } else {
                    glob::matches(permitted, channel, Case::Sensitive)
                }
            })
    }

    // ---- changes --------------------------------------------------------------------------------

    /// Applies a rule.
    pub(super) fn apply(
        &mut self,
        rule: &[u8],
        catalogue: &dyn Catalogue,
    ) -> Result<(), RuleError> {
        let word = c_string(rule);
        match word.to_ascii_lowercase().as_slice() {
            b"allkeys" | b"~*" => {
                self.has_all_keys = true;
                self.keys.clear();
            }
            b"resetkeys" => {
                self.has_all_keys = false;
                self.keys.clear();
            }
            b"allchannels" | b"&*" => {
                self.has_all_channels = true;
                self.channels.clear();
            }
            b"resetchannels" => {
                self.has_all_channels = false;
                self.channels.clear();
            }
            b"allcommands" | b"+@all" => self.begin_with(CommandSet::ALL),
            b"nocommands" | b"-@all" => self.begin_with(CommandSet::default()),
            _ => {
                return match *rule {
                    [b'~' | b'%', ..] => self.add_keys(rule),
                    [b'&', ref channel @ ..] => self.add_channel(channel),
                    [b'+', b'@', ..] => self.change_category(&word[1..], true, catalogue),
                    [b'-', b'@', ..] => self.change_category(&word[1..], false, catalogue),
                    [b'+', ..] => self.permit(&word[1..], catalogue),
                    [b'-', ..] => self.forbid(&word[1..], catalogue),
                    _ => Err(RuleError::Syntax),
                };
            }
        }
        Ok(())
    }

    fn begin_with(&mut self, commands: CommandSet) {
        self.commands = commands;
        self.first_arguments.clear();
        self.command_rules.clear();
    }

    /// Applies `~pattern`, `%R~pattern` and the like.
    fn add_keys(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        if self.has_all_keys {
            return Err(RuleError::AllKeysAlready);
        }
        let (access, pattern) = key_pattern(rule).ok_or(RuleError::Syntax)?;
        if has_blanks(pattern) {
            return Err(RuleError::Syntax);
        }
        match self.keys.iter_mut().find(|known| known.pattern == pattern) {
            Some(known) => {
                known.access.reads |= access.reads;
                known.access.writes |= access.writes;
            }
            None => self.keys.push(KeyPattern { access, pattern: pattern.to_vec() }),
        }
        Ok(())
    }

    fn add_channel(&mut self, channel: &[u8]) -> Result<(), RuleError> {
        if self.has_all_channels {
            return Err(RuleError::AllChannelsAlready);
        }
        if has_blanks(channel) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|known| known == channel) {
            self.channels.push(channel.to_vec());
        }
        Ok(())
    }

    /// Applies `+@category` or `-@category`.
    fn change_category(
        &mut self,
        category: &[u8],
        permit: bool,
        catalogue: &dyn Catalogue,
    ) -> Result<(), RuleError> {
        let members = catalogue.category(&category[1..]).ok_or(RuleError::Unknown)?;
        self.note(category, permit);
        for command in members {
            self.change(command, permit, catalogue);
        }
        Ok(())
    }

    /// Applies `+command`, `+container|subcommand`, or `+command|argument`.
    fn permit(&mut self, name: &[u8], catalogue: &dyn Catalogue) -> Result<(), RuleError> {
        let Some(bar) = name.iter().rposition(|&byte| byte == b'|') else {
            let command = catalogue.command(name).ok_or(RuleError::Unknown)?;
            self.change(command, true, catalogue);
            self.note(name, true);
            return Ok(());
        };
        let (container, argument) = (&name[..bar], &name[bar + 1..]);
        let command = catalogue.command(container).ok_or(RuleError::Unknown)?;
        if container.contains(&b'|') {
            return Err(RuleError::ArgumentOfSubcommand);
        }
        // Redis accepts an argument with a blank, and later crashes on it.
        if argument.is_empty() || has_blanks(argument) {
            return Err(RuleError::Syntax);
        }
        if catalogue.subcommands(command).is_empty() {
            let is_known = self
                .first_arguments
                .iter()
                .any(|(known, given)| *known == command && given.eq_ignore_ascii_case(argument));
            if !is_known {
                self.first_arguments.push((command, argument.to_vec()));
            }
        } else {
            let subcommand = catalogue.command(name).ok_or(RuleError::Unknown)?;
            self.change(subcommand, true, catalogue);
        }
        self.note(name, true);
        Ok(())
    }

    fn forbid(&mut self, name: &[u8], catalogue: &dyn Catalogue) -> Result<(), RuleError> {
        let command = catalogue.command(name).ok_or(RuleError::Unknown)?;
        self.change(command, false, catalogue);
        self.note(name, false);
        Ok(())
    }

    /// Permits or forbids a command and its subcommands.
    fn change(&mut self, command: usize, permit: bool, catalogue: &dyn Catalogue) {
        self.commands.set(command..command + 1, permit);
        self.commands.set(catalogue.subcommands(command), permit);
        self.first_arguments.retain(|(known, _)| *known != command);
    }

    /// Records a command rule, replacing earlier ones that it overrides.
    fn note(&mut self, name: &[u8], permit: bool) {
        let name = name.to_ascii_lowercase();
        self.command_rules.retain(|rule| {
            let behind = rule[1..].strip_prefix(name.as_slice());
            !behind.is_some_and(|behind| behind.is_empty() || behind[0] == b'|')
        });
        self.command_rules.push([if permit { b"+" } else { b"-" }, name.as_slice()].concat());
    }

    // ---- descriptions ---------------------------------------------------------------------------

    /// Returns the command rules.
    pub(crate) fn commands_text(&self) -> Vec<u8> {
        let permits_later = self.commands.has(LATER_COMMANDS);
        let first: &[u8] = if permits_later { b"+@all" } else { b"-@all" };
        let mut text = first.to_vec();
        for rule in &self.command_rules {
            text.push(b' ');
            text.extend_from_slice(rule);
        }
        text
    }

    /// Returns the key rules.
    pub(crate) fn keys_text(&self) -> Vec<u8> {
        if self.has_all_keys {
            return b"~*".to_vec();
        }
        let rules = self.keys.iter().map(|key| [key.access.prefix(), &key.pattern].concat());
        rules.collect::<Vec<_>>().join(&b' ')
    }

    /// Returns the channel rules.
    pub(crate) fn channels_text(&self) -> Vec<u8> {
        if self.has_all_channels {
            return b"&*".to_vec();
        }
        let rules = self.channels.iter().map(|channel| [b"&", channel.as_slice()].concat());
        rules.collect::<Vec<_>>().join(&b' ')
    }

    /// Appends all rules that recreate this selector.
    pub(super) fn append_description(&self, text: &mut Vec<u8>) {
        let (keys, channels) = (self.keys_text(), self.channels_text());
        let reset: &[u8] = if self.has_all_channels { b"" } else { b"resetchannels" };
        let commands = self.commands_text();
        let parts = [keys.as_slice(), reset, &channels, &commands];
        let told: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        text.extend_from_slice(&told.join(&b' '));
    }
}

/// Returns the access that a key rule permits, and its pattern.
fn key_pattern(rule: &[u8]) -> Option<(Access, &[u8])> {
    if let Some(pattern) = rule.strip_prefix(b"~") {
        return Some((Access { reads: true, writes: true }, pattern));
    }
    let mut access = Access::default();
    let mut rest = rule.strip_prefix(b"%")?;
    while let [letter, behind @ ..] = rest {
        rest = behind;
        match letter {
            b'r' | b'R' if !access.reads => access.reads = true,
            b'w' | b'W' if !access.writes => access.writes = true,
            b'~' if access != Access::default() => return Some((access, rest)),
            _ => return None,
        }
    }
    // Redis accepts `%RW` for `%RW~`, but crashes on `%`.
    (access != Access::default()).then_some((access, rest))
}
