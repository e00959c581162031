//! The table at run time: every command and subcommand under one index, found by name.

use alloc::vec::Vec;

use hashbrown::HashTable;

use super::spec::Spec;
use super::specs::GROUPS;
use crate::error::{self, Error};
use crate::resp::args::Args;

/// A name of so many letters is looked up as one number.
const WORD_LEN_BYTES: usize = 8;

/// A command or a subcommand.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its place among the statistics.
    pub(crate) index: usize,
    pub(crate) spec: &'static Spec,
    /// The indices of its subcommands.
    pub(crate) subcommands: core::ops::Range<usize>,
}

/// All commands.
#[derive(Debug)]
pub(crate) struct Commands {
    /// The top level sorted by name, then the subcommands of each container.
    commands: Vec<Command>,
    top_level: usize,
    /// The commands with a short name of letters, which nearly all requests name.
    by_word: HashTable<(u64, u16)>,
}

impl Commands {
    pub(crate) fn new() -> Self {
        let mut commands = Vec::new();
        let mut specs: Vec<&'static Spec> = GROUPS.iter().copied().flatten().collect();
        specs.sort_by_key(|spec| spec.name);
        for spec in specs {
            commands.push(Command::new(commands.len(), spec));
        }
        let top_level = commands.len();
        for container in 0..top_level {
            let spec = commands[container].spec;
            let first = commands.len();
            for subcommand in spec.subcommands {
                commands.push(Command::new(commands.len(), subcommand));
            }
            commands[container].subcommands = first..commands.len();
        }
        let mut by_word = HashTable::with_capacity(top_level);
        for (index, command) in commands[..top_level].iter().enumerate() {
            let name = command.spec.name.as_bytes();
            if name.len() <= WORD_LEN_BYTES && name.iter().all(u8::is_ascii_lowercase) {
                let word = word(name);
                by_word.insert_unique(hash(word), (word, index as u16), |&(word, _)| hash(word));
            }
        }
        Self { commands, top_level, by_word }
    }

    pub(crate) fn len(&self) -> usize {
        self.commands.len()
    }

    #[inline]
    pub(crate) fn command(&self, index: usize) -> &Command {
        &self.commands[index]
    }

    /// Commands that are no subcommands.
    pub(crate) fn top_level(&self) -> &[Command] {
        &self.commands[..self.top_level]
    }

    /// All, subcommands after their containers' names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter()
    }

    pub(crate) fn subcommands(&self, container: &Command) -> &[Command] {
        &self.commands[container.subcommands.clone()]
    }

    /// The command of that name, whatever its case; subcommands are not found.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Command> {
        if name.len() <= WORD_LEN_BYTES {
            let word = word(name);
            let found = self.by_word.find(hash(word), |&(known, _)| known == word);
            if let Some(&(_, index)) = found {
                return self.commands.get(usize::from(index));
            }
        }
        self.find_long(name)
    }

    /// The same for names that are long or not of letters alone.
    #[cold]
    fn find_long(&self, name: &[u8]) -> Option<&Command> {
        let lower = name.to_ascii_lowercase();
        let commands = self.top_level();
        let at = commands.binary_search_by(|command| command.spec.name.as_bytes().cmp(&lower));
        at.ok().map(|at| &commands[at])
    }

    /// The command of that name, or the subcommand `container|name`.
    pub(crate) fn find_full(&self, full_name: &[u8]) -> Option<&Command> {
        let Some(bar) = full_name.iter().position(|&byte| byte == b'|') else {
            return self.find(full_name);
        };
        let container = self.find(&full_name[..bar])?;
        self.find_subcommand(container, &full_name[bar + 1..])
    }

    fn find_subcommand(&self, container: &Command, name: &[u8]) -> Option<&Command> {
        self.subcommands(container)
            .iter()
            .find(|command| command.spec.own_name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// The command that a request asks for: the subcommand, where its first word is a container.
    ///
    /// # Errors
    /// The command or the subcommand is unknown.
    #[inline]
    pub(crate) fn resolve(&self, args: Args<'_>) -> Result<&Command, Error> {
        let Some(command) = self.find(&args[0]) else {
            return Err(error::unknown_command(&args[0], args.iter().skip(1)));
        };
        match args.get(1) {
            Some(name) if !command.subcommands.is_empty() => self
                .find_subcommand(command, name)
                .ok_or_else(|| error::unknown_subcommand(command.spec.name, name)),
            _ => Ok(command),
        }
    }
}

impl Command {
    const fn new(index: usize, spec: &'static Spec) -> Self {
        Self { index, spec, subcommands: 0..0 }
    }
}

/// A short name as a number. The bit that tells a small letter from a capital is set in each byte: then a number that a
/// name of small letters has is that of no other name but the same in capitals.
#[inline]
fn word(name: &[u8]) -> u64 {
    name.iter().fold(0, |word, byte| word << 8 | u64::from(byte | 0x20))
}

/// Spreads a word over the bits that the hash table looks at (Fibonacci hashing).
#[inline]
const fn hash(word: u64) -> u64 {
    let product = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_in_any_case_and_nothing_else_is() {
        let commands = Commands::new();
        for command in commands.top_level() {
            let name = command.spec.name;
            for spelled in [name.to_ascii_lowercase(), name.to_ascii_uppercase()] {
                let found = commands.find(spelled.as_bytes());
                assert_eq!(found.map(|found| found.index), Some(command.index), "{name}");
            }
            for at in 0..name.len() {
                let mut other = name.as_bytes().to_vec();
                other[at] ^= 0x80;
                assert!(commands.find(&other).is_none(), "{other:?}");
                other[at] ^= 0x81;
                let known = commands.top_level().iter().any(|c| c.spec.name.as_bytes() == other);
                assert_eq!(commands.find(&other).is_some(), known, "{other:?}");
            }
        }
        assert!(commands.find(b"").is_none());
        assert!(commands.find(&[b'g'; 100]).is_none());
        assert_eq!(commands.find_full(b"Config|GET").map(|c| c.spec.name), Some("config|get"));
    }
}
