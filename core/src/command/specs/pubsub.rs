//! Publish and subscribe.

use crate::command::key_specs::{KeyFlag, KeySpec};
use crate::command::pubsub;
use crate::command::spec::Flag::{
    Fast, Loading, MayReplicate, NoScript, PubSub, Stale, Subscribed,
};
use crate::command::spec::{Argument, Channels, Flags, Group, Spec};

const LISTENS: Flags = Flags::of(&[PubSub, NoScript, Loading, Stale, Subscribed]);
const SENDS: Flags = Flags::of(&[PubSub, Loading, Stale, Fast, MayReplicate]);
const TELLS: Flags = Flags::of(&[PubSub, Loading, Stale]);
const SHARD_CHANNELS: &[KeySpec] = &[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])];

/// The commands of the group `pubsub`, sorted by name.
pub(crate) const PUBSUB: &[Spec] = &[
    Spec {
        name: "psubscribe",
        summary: "Subscribes to all channels that match patterns.",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of patterns",
        arity: -2,
        flags: LISTENS,
        channels: Some(Channels::Patterns),
        arguments: &[Argument::pattern("pattern").multiple()],
        run: pubsub::psubscribe,
        ..Spec::DEFAULT
    },
    Spec {
        name: "publish",
        summary: "Sends a message to the subscribers of a channel.",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N+M), with N the number of subscribers of the channel, M the number of all patterns",
        arity: 3,
        flags: SENDS,
        channels: Some(Channels::Published),
        arguments: &[Argument::string("channel"), Argument::string("message")],
        run: pubsub::publish,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pubsub",
        summary: "Inspects channels and subscriptions.",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "Depends on the subcommand",
        arity: -2,
        subcommands: INTROSPECTION,
        ..Spec::DEFAULT
    },
    Spec {
        name: "punsubscribe",
        summary: "Ends subscriptions to patterns, or all of them.",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of patterns",
        arity: -1,
        flags: LISTENS,
        arguments: &[Argument::pattern("pattern").optional().multiple()],
        run: pubsub::punsubscribe,
        ..Spec::DEFAULT
    },
    Spec {
        name: "spublish",
        summary: "Sends a message to the subscribers of a shard channel.",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of subscribers of the channel",
        arity: 3,
        flags: SENDS,
        keys: &[KeySpec::first(&[KeyFlag::NotKey])],
        channels: Some(Channels::Published),
        arguments: &[Argument::string("shardchannel"), Argument::string("message")],
        run: pubsub::spublish,
        ..Spec::DEFAULT
    },
    Spec {
        name: "ssubscribe",
        summary: "Subscribes to shard channels.",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of channels",
        arity: -2,
        flags: LISTENS,
        keys: SHARD_CHANNELS,
        channels: Some(Channels::Subscribed),
        arguments: &[Argument::string("shardchannel").multiple()],
        run: pubsub::ssubscribe,
        ..Spec::DEFAULT
    },
    Spec {
        name: "subscribe",
        summary: "Subscribes to channels.",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of channels",
        arity: -2,
        flags: LISTENS,
        channels: Some(Channels::Subscribed),
        arguments: &[Argument::string("channel").multiple()],
        run: pubsub::subscribe,
        ..Spec::DEFAULT
    },
    Spec {
        name: "sunsubscribe",
        summary: "Ends subscriptions to shard channels, or all of them.",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of channels",
        arity: -1,
        flags: LISTENS,
        keys: SHARD_CHANNELS,
        arguments: &[Argument::string("shardchannel").optional().multiple()],
        run: pubsub::sunsubscribe,
        ..Spec::DEFAULT
    },
    Spec {
        name: "unsubscribe",
        summary: "Ends subscriptions to channels, or all of them.",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of channels",
        arity: -1,
        flags: LISTENS,
        arguments: &[Argument::string("channel").optional().multiple()],
        run: pubsub::unsubscribe,
        ..Spec::DEFAULT
    },
];

const INTROSPECTION: &[Spec] = &[
    Spec {
        name: "pubsub|channels",
        summary: "Lists the channels that have subscribers.",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of channels",
        arity: -2,
        flags: TELLS,
        arguments: &[Argument::pattern("pattern").optional()],
        run: pubsub::channels,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pubsub|help",
        summary: "Lists the subcommands.",
        since: "6.2.0",
        group: Group::PubSub,
        complexity: "O(1)",
        arity: 2,
        flags: Flags::of(&[Loading, Stale]),
        run: pubsub::help,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pubsub|numpat",
        summary: "Counts the distinct patterns that have subscribers.",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "O(1)",
        arity: 2,
        flags: TELLS,
        run: pubsub::numpat,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pubsub|numsub",
        summary: "Counts the subscribers of channels.",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of channels requested",
        arity: -2,
        flags: TELLS,
        arguments: &[Argument::string("channel").optional().multiple()],
        run: pubsub::numsub,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pubsub|shardchannels",
        summary: "Lists the shard channels that have subscribers.",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of shard channels",
        arity: -2,
        flags: TELLS,
        arguments: &[Argument::pattern("pattern").optional()],
        run: pubsub::shardchannels,
        ..Spec::DEFAULT
    },
    Spec {
        name: "pubsub|shardnumsub",
        summary: "Counts the subscribers of shard channels.",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N), with N the number of shard channels requested",
        arity: -2,
        flags: TELLS,
        arguments: &[Argument::string("shardchannel").optional().multiple()],
        run: pubsub::shardnumsub,
        ..Spec::DEFAULT
    },
];
