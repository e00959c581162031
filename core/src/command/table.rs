//! The table at run time: every command and subcommand under one index, found by name.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use hashbrown::HashTable;

use super::spec::Spec;
use super::specs;
use crate::error::{self, Error};
use crate::resp::request::Args;

/// No command's name is longer.
const MAX_NAME_LEN_BYTES: usize = 32;

/// A command or a subcommand.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its place among the statistics.
    pub(crate) index: usize,
    pub(crate) spec: &'static Spec,
    /// `get`, or `client|list` for a subcommand.
    pub(crate) full_name: String,
    /// The indices of its subcommands.
    pub(crate) subcommands: core::ops::Range<usize>,
    /// Where its first key lies among its arguments, if there is one at a fixed place.
    pub(crate) first_key: Option<usize>,
    /// Whether it is a subcommand.
    pub(crate) is_subcommand: bool,
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
        for spec in specs::all() {
            commands.push(Command::new(commands.len(), spec, spec.name.to_string()));
        }
        let top_level = commands.len();
        for container in 0..top_level {
            let spec = commands[container].spec;
            let first = commands.len();
            for subcommand in spec.subcommands {
                let full_name = format!("{}|{}", spec.name, subcommand.name);
                let mut command = Command::new(commands.len(), subcommand, full_name);
                command.is_subcommand = true;
                commands.push(command);
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
        self.commands.iter().filter(|command| !command.is_subcommand)
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
            .find(|command| command.spec.name.as_bytes().eq_ignore_ascii_case(name))
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
    fn new(index: usize, spec: &'static Spec, full_name: String) -> Self {
        let first_key = spec.keys.first().and_then(|key| key.fixed_first());
        Self { index, spec, full_name, subcommands: 0..0, first_key, is_subcommand: false }
    }

    /// Whether a request of `len` words, the name included, fits the command's arity.
    #[inline]
    pub(crate) fn takes(&self, len: usize) -> bool {
        let arity = isize::from(self.spec.arity);
        let len = len as isize;
        if arity >= 0 { len == arity } else { len >= -arity }
    }
}

/// FNV-1a: names are few, short and not chosen by clients.
#[inline]
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
