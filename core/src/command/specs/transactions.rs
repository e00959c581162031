//! Transactions: commands queued and run as one.

use crate::command::key_specs::KeyFlag::Ro;
use crate::command::key_specs::KeySpec;
use crate::command::spec::Flag::{
    AllowBusy, Fast, Loading, NoScript, RunsQueue, SkipSlowlog, Stale, Unqueued,
};
use crate::command::spec::{Argument, Categories, Category, Flags, Group, Spec};
use crate::command::transaction;

/// The commands of the group `transactions`, sorted by name.
pub(crate) const TRANSACTIONS: &[Spec] = &[
    Spec {
        name: "discard",
        summary: "Discards the queued commands and ends the transaction.",
        since: "2.0.0",
        group: Group::Transactions,
        complexity: "O(N), with N the number of queued commands",
        arity: 1,
        flags: Flags::of(&[NoScript, Loading, Stale, Fast, AllowBusy, Unqueued]),
        categories: Categories::of(&[Category::Transaction]),
        run: transaction::discard,
        ..Spec::DEFAULT
    },
    Spec {
        name: "exec",
        summary: "Runs the queued commands atomically and ends the transaction.",
        since: "1.2.0",
        group: Group::Transactions,
        complexity: "That of the queued commands",
        arity: 1,
        flags: Flags::of(&[NoScript, Loading, Stale, SkipSlowlog, Unqueued, RunsQueue]),
        categories: Categories::of(&[Category::Transaction]),
        run: transaction::exec,
        ..Spec::DEFAULT
    },
    Spec {
        name: "multi",
        summary: "Begins a transaction: the commands that follow are queued.",
        since: "1.2.0",
        group: Group::Transactions,
        complexity: "O(1)",
        arity: 1,
        flags: Flags::of(&[NoScript, Loading, Stale, Fast, AllowBusy, Unqueued]),
        categories: Categories::of(&[Category::Transaction]),
        run: transaction::multi,
        ..Spec::DEFAULT
    },
    Spec {
        name: "unwatch",
        summary: "Stops watching keys.",
        since: "2.2.0",
        group: Group::Transactions,
        complexity: "O(1)",
        arity: 1,
        flags: Flags::of(&[NoScript, Loading, Stale, Fast, AllowBusy]),
        categories: Categories::of(&[Category::Transaction]),
        run: transaction::unwatch,
        ..Spec::DEFAULT
    },
    Spec {
        name: "watch",
        summary: "Watches keys: if one of them changes, the next transaction is aborted.",
        since: "2.2.0",
        group: Group::Transactions,
        complexity: "O(1) per key",
        arity: -2,
        flags: Flags::of(&[NoScript, Loading, Stale, Fast, AllowBusy, Unqueued]),
        categories: Categories::of(&[Category::Transaction]),
        keys: &[KeySpec::range(1, -1, 1, &[Ro])],
        arguments: &[Argument::key("key", 0).multiple()],
        run: transaction::watch,
        ..Spec::DEFAULT
    },
];
