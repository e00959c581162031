//! The command table at run time: all commands and subcommands, found by name.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::spec::{Category, Spec};
use crate::acl::{COMMANDS, Catalogue, Rules};
use crate::config::Config;
use crate::error::{self, Error};
use crate::resp::args::Args;
use crate::sort;

/// The number of slots of the name table: several times the number of commands, so that collisions
/// are rare.
const PLACES: usize = 1024;

/// A command or a subcommand.
#[derive(Debug)]
pub(crate) struct Command {
    /// The command's index in the statistics.
    pub(crate) index: usize,
    pub(crate) spec: &'static Spec,
    /// The indexes of the subcommands.
    pub(crate) subcommands: Range<usize>,
    /// Set if `rename-command` has removed the command's name.
    is_removed: bool,
}

/// The command table.
#[derive(Debug)]
pub(crate) struct Commands {
    /// The top-level commands sorted by name, then the subcommands of each container.
    commands: Vec<Command>,
    top_level: usize,
    /// The names of top-level commands in requests, sorted.
    names: Vec<(Cow<'static, [u8]>, u16)>,
    /// An open-addressing hash table of the names that are words, which nearly all requests use.
    places: Vec<Option<(Word, u16)>>,
}

impl Commands {
    /// Builds the table from the commands of each group.
    pub(crate) fn new(groups: &'static [&'static [Spec]]) -> Self {
        let mut commands = Vec::new();
        let mut specs: Vec<&'static Spec> = groups.iter().copied().flatten().collect();
        sort::by(&mut specs, |one, other| one.name.cmp(other.name));
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
        // The last number is reserved: see `acl::COMMANDS`.
        assert!(commands.len() < COMMANDS);
        let named = commands[..top_level].iter();
        let names: Vec<_> = named
            .map(|command| (Cow::Borrowed(command.spec.name.as_bytes()), command.index as u16))
            .collect();
        let places = places(&names);
        Self { commands, top_level, names, places }
    }

    /// Renames a command, or removes its name if `new_name` is empty. Rules, statistics and errors
    /// keep using the original name.
    pub(crate) fn rename(&mut self, name: &[u8], new_name: &[u8]) -> Result<(), &'static str> {
        let found = |name: &[u8]| self.names.binary_search_by(|(known, _)| (**known).cmp(name));
        let (name, new_name) = (name.to_ascii_lowercase(), new_name.to_ascii_lowercase());
        let at = found(&name).map_err(|_| "No such command in rename-command")?;
        if !new_name.is_empty() && found(&new_name).is_ok() {
            return Err("Target command name already exists");
        }
        let (_, index) = self.names.remove(at);
        if new_name.is_empty() {
            let Range { start, end } = self.commands[usize::from(index)].subcommands;
            self.commands[start..end].iter_mut().for_each(|command| command.is_removed = true);
            self.commands[usize::from(index)].is_removed = true;
        } else {
            let at = self.names.partition_point(|(known, _)| **known < *new_name);
            self.names.insert(at, (Cow::Owned(new_name), index));
        }
        self.places = places(&self.names);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.commands.len()
    }

    #[inline]
    pub(crate) fn command(&self, index: usize) -> &Command {
        &self.commands[index]
    }

    /// Returns an iterator over the top-level commands.
    pub(crate) fn top_level(&self) -> impl Iterator<Item = &Command> {
        self.commands[..self.top_level].iter().filter(|command| !command.is_removed)
    }

    /// Returns an iterator over all commands; subcommands follow their containers by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter().filter(|command| !command.is_removed)
    }

    pub(crate) fn subcommands(&self, container: &Command) -> &[Command] {
        &self.commands[container.subcommands.clone()]
    }

    /// Finds a top-level command by name, ignoring case.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Command> {
        if let Some(word) = Word::of(name) {
            let mut place = word.place();
            while let Some((known, index)) = self.places[place] {
                if known == word {
                    return Some(&self.commands[usize::from(index)]);
                }
                place = (place + 1) % PLACES;
            }
        }
        self.find_long(name)
    }

    /// Like [`find`](Self::find), for names that are long or contain other characters than letters.
    #[cold]
    fn find_long(&self, name: &[u8]) -> Option<&Command> {
        let lower = name.to_ascii_lowercase();
        let at = self.names.binary_search_by(|(known, _)| (**known).cmp(&lower)).ok()?;
        Some(&self.commands[usize::from(self.names[at].1)])
    }

    /// Finds a top-level command by its original name, even if it was renamed.
    pub(crate) fn find_own(&self, name: &[u8]) -> Option<&Command> {
        let lower = name.to_ascii_lowercase();
        let commands = &self.commands[..self.top_level];
        let at = commands.binary_search_by(|command| command.spec.name.as_bytes().cmp(&lower));
        at.ok().map(|at| &commands[at])
    }

    /// Finds a command, or a subcommand as `container|name`.
    pub(crate) fn find_full(&self, full_name: &[u8]) -> Option<&Command> {
        self.full(full_name, Self::find)
    }

    fn full<'a>(
        &'a self,
        full_name: &[u8],
        find: fn(&'a Self, &[u8]) -> Option<&'a Command>,
    ) -> Option<&'a Command> {
        let Some(bar) = full_name.iter().position(|&byte| byte == b'|') else {
            return find(self, full_name);
        };
        self.find_subcommand(find(self, &full_name[..bar])?, &full_name[bar + 1..])
    }

    fn find_subcommand(&self, container: &Command, name: &[u8]) -> Option<&Command> {
        self.subcommands(container)
            .iter()
            .find(|command| command.spec.own_name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Finds the command of a request; for a container, the subcommand. Returns `None` if there is
    /// no such command: [`unknown`](Self::unknown) returns the error.
    #[inline]
    pub(crate) fn resolve(&self, args: Args<'_>) -> Option<&Command> {
        let command = self.find(&args[0])?;
        match args.get(1) {
            Some(name) if !command.subcommands.is_empty() => self.find_subcommand(command, name),
            _ => Some(command),
        }
    }

    /// Returns the context that ACL rules are interpreted in.
    pub(crate) fn rules(&self, config: &Config) -> Rules<'_> {
        Rules { catalogue: self, has_all_channels: config.acl_pubsub_default == "allchannels" }
    }

    /// Returns the indexes of all commands and subcommands of an ACL category; `None` if the
    /// category is unknown.
    pub(crate) fn members(&self, category: &[u8]) -> Option<Vec<usize>> {
        let category = Category::named(category)?;
        let is_member = |command: &&Command| command.spec.acl_categories().has(category);
        Some(self.commands.iter().filter(is_member).map(|command| command.index).collect())
    }

    /// Returns the error for a request that does not resolve to a command.
    #[cold]
    pub(crate) fn unknown(&self, args: Args<'_>) -> Error {
        match (self.find(&args[0]), args.get(1)) {
            (Some(container), Some(name)) => error::unknown_subcommand(container.spec.name, name),
            _ => error::unknown_command(&args[0], args.iter().skip(1)),
        }
    }
}

impl Catalogue for Commands {
    fn command(&self, name: &[u8]) -> Option<usize> {
        self.full(name, Self::find_own).map(|command| command.index)
    }

    fn subcommands(&self, command: usize) -> Range<usize> {
        self.commands[command].subcommands.clone()
    }

    fn category(&self, name: &[u8]) -> Option<Vec<usize>> {
        self.members(name)
    }
}

impl Command {
    const fn new(index: usize, spec: &'static Spec) -> Self {
        Self { index, spec, subcommands: 0..0, is_removed: false }
    }
}

/// Builds the hash table of the names that are words.
fn places(names: &[(Cow<'static, [u8]>, u16)]) -> Vec<Option<(Word, u16)>> {
    let mut places = vec![None; PLACES];
    for (name, index) in names.iter().filter(|(name, _)| name.iter().all(u8::is_ascii_lowercase)) {
        if let Some(word) = Word::of(name) {
            let mut place = word.place();
            while places[place].is_some() {
                place = (place + 1) % PLACES;
            }
            places[place] = Some((word, *index));
        }
    }
    places
}

/// A name of at most 16 bytes, packed into integers: its length, and its first and last bytes,
/// which overlap. Each byte has its case bit set, so the word of a name of lower-case letters
/// equals only those of names that differ from it in case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    first: u64,
    last: u64,
    len: u8,
}

impl Word {
    #[inline]
    fn of(name: &[u8]) -> Option<Self> {
        const SMALL: u64 = u64::from_ne_bytes([b' '; 8]);
        let quad = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let (first, last) = match name {
            &[first, .., last] if name.len() < 4 => {
                (u64::from(first), u64::from(last) << 8 | u64::from(name[1]))
            }
            _ if name.len() <= 8 => (quad(name.first_chunk()?), quad(name.last_chunk()?)),
            _ if name.len() <= 16 => {
                (u64::from_le_bytes(*name.first_chunk()?), u64::from_le_bytes(*name.last_chunk()?))
            }
            _ => return None,
        };
        Some(Self { first: first | SMALL, last: last | SMALL, len: name.len() as u8 })
    }

    /// Returns the first slot to probe (Fibonacci hashing).
    #[inline]
    const fn place(self) -> usize {
        let mixed = self.first ^ self.last.rotate_left(29) ^ self.len as u64;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize % PLACES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_ignores_case_and_matches_no_other_name() {
        let commands = Commands::new(crate::command::specs::GROUPS);
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
                let known = commands.top_level().any(|c| c.spec.name.as_bytes() == other);
                assert_eq!(commands.find(&other).is_some(), known, "{other:?}");
            }
        }
        assert!(commands.find(b"").is_none());
        assert!(commands.find(&[b'g'; 100]).is_none());
        assert_eq!(commands.find_full(b"Config|GET").map(|c| c.spec.name), Some("config|get"));
    }

    #[test]
    fn a_renamed_command_is_found_only_by_its_new_name() {
        let mut commands = Commands::new(crate::command::specs::GROUPS);
        let name = |commands: &Commands, asked: &[u8]| commands.find(asked).map(|c| c.spec.name);
        assert_eq!(commands.rename(b"GET", b"Fetch"), Ok(()));
        assert_eq!(commands.rename(b"set", b"a-very-long-name-for-set"), Ok(()));
        assert_eq!(commands.rename(b"config", b""), Ok(()));
        assert_eq!(name(&commands, b"get"), None);
        assert_eq!(name(&commands, b"FETCH"), Some("get"));
        assert_eq!(name(&commands, b"A-very-long-name-for-SET"), Some("set"));
        assert_eq!(commands.find_full(b"config|get").map(|c| c.index), None);
        assert!(commands.iter().all(|command| !command.spec.name.starts_with("config")));
        assert!(commands.find_own(b"config").is_some());
        // The original name is free for another command, and renames apply one after the other.
        assert_eq!(commands.rename(b"fetch", b"config"), Ok(()));
        assert_eq!(name(&commands, b"config"), Some("get"));
        assert_eq!(commands.rename(b"fetch", b"x"), Err("No such command in rename-command"));
        assert_eq!(commands.rename(b"del", b"DEL"), Err("Target command name already exists"));
    }
}
