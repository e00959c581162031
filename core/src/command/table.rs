//! The table at run time: every command and subcommand under one index, found by name.

use alloc::vec::Vec;

use hashbrown::HashTable;

use super::spec::Spec;
use super::specs::GROUPS;
use crate::error::{self, Error};
use crate::resp::args::Args;

/// No command's name is longer.
const MAX_NAME_LEN_BYTES: usize = 32;

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
    commands: Vec<Command>,
    by_name: HashTable<u16>,
}

impl Commands {
    pub(crate) fn new() -> Self {
        let mut commands = Vec::new();
        let mut specs: Vec<&'static Spec> = GROUPS.into_iter().flatten().collect();
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
        let mut by_name = HashTable::with_capacity(top_level);
        for index in 0..top_level {
            let hash = |&index: &u16| hash(commands[usize::from(index)].spec.name.as_bytes());
            let name_hash = hash(&(index as u16));
            by_name.insert_unique(name_hash, index as u16, hash);
        }
        Self { commands, by_name }
    }

    pub(crate) fn len(&self) -> usize {
        self.commands.len()
    }

    #[inline]
    pub(crate) fn command(&self, index: usize) -> &Command {
        &self.commands[index]
    }

    /// Commands that are no subcommands.
    pub(crate) fn top_level(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter().filter(|command| command.spec.container().is_none())
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
        let mut lower = [0; MAX_NAME_LEN_BYTES];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        self.by_name
            .find(hash(lower), |&index| {
                self.commands[usize::from(index)].spec.name.as_bytes() == &*lower
            })
            .map(|&index| &self.commands[usize::from(index)])
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

/// FNV-1a: names are few, short and not chosen by clients.
#[inline]
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
