//! The entries of the command table, one file per group.

mod acl;
mod bitmap;
mod connection;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod list;
mod pubsub;
mod server;
mod set;
mod sorted_set;
mod stream;
mod string;
mod transactions;

use super::spec::Spec;

/// All commands by group. The commands of a group are sorted by name, as are the subcommands of a
/// container.
pub static GROUPS: &[&[Spec]] = &[
    bitmap::BITMAP,
    connection::CONNECTION,
    generic::GENERIC,
    geo::GEO,
    hash::HASH,
    hyperloglog::HYPERLOGLOG,
    list::LIST,
    pubsub::PUBSUB,
    server::SERVER,
    set::SET,
    sorted_set::SORTED_SET,
    stream::STREAM,
    string::STRING,
    transactions::TRANSACTIONS,
];

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::GROUPS;
    use crate::command::key_specs::KeyFlag;
    use crate::command::spec::{Argument, ArgumentFlag, ArgumentKind, Flag, Group, Spec};

    fn commands() -> impl Iterator<Item = &'static Spec> {
        GROUPS.iter().copied().flatten()
    }

    fn everything() -> impl Iterator<Item = &'static Spec> {
        commands().flat_map(|spec| core::iter::once(spec).chain(spec.subcommands))
    }

    /// Returns the minimum and maximum number of words of one occurrence of an argument.
    fn words(argument: &Argument) -> (usize, Option<usize>) {
        let parts = argument.arguments;
        let (least, most) = match argument.kind {
            ArgumentKind::PureToken => return (1, Some(1)),
            // Optional arguments are not counted among the choices: omitting a choice is not a
            // choice.
            ArgumentKind::OneOf => {
                let most = parts.iter().map(|part| words(part).1.filter(|_| !repeats(part)));
                let least = parts.iter().map(|part| words(part).0).min();
                (least.unwrap_or(0), most.max().flatten().filter(|_| !parts.iter().any(repeats)))
            }
            ArgumentKind::Block => total(parts),
            _ => (1, Some(1)),
        };
        let token = usize::from(argument.token.is_some());
        (token + least, most.map(|most| token + most))
    }

    fn repeats(argument: &Argument) -> bool {
        argument.flags.has(ArgumentFlag::Multiple)
    }

    fn total(arguments: &[Argument]) -> (usize, Option<usize>) {
        arguments.iter().fold((0, Some(0)), |(least, most), argument| {
            let (fewest, largest) = words(argument);
            let optional = argument.flags.has(ArgumentFlag::Optional);
            let most = most.zip(largest).map(|(sum, more)| sum + more);
            (least + if optional { 0 } else { fewest }, most.filter(|_| !repeats(argument)))
        })
    }

    #[test]
    fn names_are_sorted_unique_and_lower_case() {
        for specs in GROUPS.iter().copied().chain(commands().map(|spec| spec.subcommands)) {
            assert!(specs.is_sorted_by(|a, b| a.name < b.name), "{:?}", specs.first());
        }
        let mut names: Vec<_> = everything().map(|spec| spec.name).collect();
        assert!(names.iter().all(|name| !name.is_empty() && *name == name.to_lowercase()));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn subcommands_carry_the_name_of_their_container() {
        for spec in commands() {
            assert_eq!(spec.container(), None, "{}", spec.name);
            for sub in spec.subcommands {
                assert_eq!(sub.container(), Some(spec.name), "{}", sub.name);
                assert_eq!(sub.group, spec.group, "{}", sub.name);
                assert!(sub.subcommands.is_empty(), "{}", sub.name);
                assert_eq!(
                    spec.subcommand(sub.own_name().to_uppercase().as_bytes()).unwrap().name,
                    sub.name
                );
            }
        }
    }

    #[test]
    fn arity_follows_from_the_arguments() {
        for spec in everything() {
            let names = 1 + usize::from(spec.container().is_some());
            let (least, most) = total(spec.arguments);
            // These have undocumented arguments, or arguments that are a subcommand.
            if !spec.subcommands.is_empty() || matches!(spec.name, "debug" | "quit") {
                assert!(spec.arity < 0 && spec.arguments.is_empty(), "{}", spec.name);
                continue;
            }
            assert_eq!(usize::from(spec.arity.unsigned_abs()), names + least, "{}", spec.name);
            assert_eq!(spec.arity < 0, most != Some(least), "{}", spec.name);
            assert!(spec.accepts(names + least) && !spec.accepts(names + least - 1));
            assert_eq!(spec.accepts(names + least + 1), spec.arity < 0, "{}", spec.name);
        }
    }

    #[test]
    fn key_specs_find_exactly_the_key_arguments() {
        fn indexes(arguments: &[Argument]) -> Vec<u8> {
            let keys = |argument: &Argument| match argument.kind {
                ArgumentKind::Key | ArgumentKind::Pattern => {
                    argument.key_spec_index.into_iter().collect()
                }
                _ => indexes(argument.arguments),
            };
            arguments.iter().flat_map(keys).collect()
        }
        for spec in everything() {
            let mut found = indexes(spec.arguments);
            found.dedup();
            // Key specs find shard channels as well, which are not keys.
            let keys = spec.keys.iter().filter(|keys| !keys.flags.has(KeyFlag::NotKey));
            let all: Vec<u8> = (0..).take(keys.count()).collect();
            assert_eq!(found, all, "{}", spec.name);
        }
    }

    #[test]
    fn flags_agree_with_each_other_and_with_the_keys() {
        for spec in everything() {
            let has = |flag| spec.flags.has(flag);
            assert!(!has(Flag::MovableKeys), "{}: the flag is computed", spec.name);
            assert!(!(has(Flag::Write) && has(Flag::ReadOnly)), "{}", spec.name);
            assert!(!has(Flag::DenyOom) || has(Flag::Write), "{}", spec.name);
            if spec.takes_keys() && spec.name != "watch" {
                assert!(has(Flag::Write) || has(Flag::ReadOnly), "{}", spec.name);
            }
        }
    }

    #[test]
    fn every_command_has_a_summary_and_a_version() {
        for spec in everything() {
            assert!(spec.summary.ends_with('.') && spec.summary.len() <= 80, "{}", spec.name);
            let version = spec.since.split('.').map(|part| part.parse::<u8>());
            assert!(version.clone().count() == 3 && version.clone().all(|part| part.is_ok()));
            // Of the additions since Redis 7.2, only field deadlines are supported.
            assert!(spec.since < "7.3" || spec.group == Group::Hash, "{}", spec.name);
        }
    }
}
