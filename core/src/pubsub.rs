//! Subscriptions, and the delivery of messages to subscribers.
//!
//! A message is encoded once per protocol version, regardless of the number of receivers.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::client::ClientId;
use crate::glob::{self, Case};
use crate::memory::allocated;
use crate::resp::output::{Output, SHARE_FROM_LEN_BYTES};
use crate::resp::reply::{Protocol, Reply};

/// The kind of name in a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A channel.
    Channel,
    /// All channels that match a pattern.
    Pattern,
    /// A shard channel, which has a namespace of its own.
    Shard,
}

impl Topic {
    pub(crate) const ALL: [Self; 3] = [Self::Channel, Self::Pattern, Self::Shard];

    /// Returns the first element of the reply to a subscription.
    pub(crate) const fn subscribed(self) -> &'static str {
        match self {
            Self::Channel => "subscribe",
            Self::Pattern => "psubscribe",
            Self::Shard => "ssubscribe",
        }
    }

    /// Returns the first element of the reply to the end of a subscription.
    pub(crate) const fn unsubscribed(self) -> &'static str {
        match self {
            Self::Channel => "unsubscribe",
            Self::Pattern => "punsubscribe",
            Self::Shard => "sunsubscribe",
        }
    }
}

type Names = BTreeSet<Vec<u8>>;

/// The subscriptions of one client.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    names: [Names; 3],
    /// The memory used by the names, here and in the global index.
    bytes: usize,
}

/// The overhead of a name in bytes: its entries in two trees, and the list of its subscribers.
const NAME_BYTES: usize = 128;

const fn name_bytes(name: &[u8]) -> usize {
    2 * allocated(name.len()) + NAME_BYTES
}

impl Subscriptions {
    /// Returns the names of one kind, sorted.
    pub(crate) fn of(&self, topic: Topic) -> &Names {
        &self.names[topic as usize]
    }

    pub(crate) fn add(&mut self, topic: Topic, name: &[u8]) -> bool {
        let is_new = self.names[topic as usize].insert(name.to_vec());
        self.bytes += if is_new { name_bytes(name) } else { 0 };
        is_new
    }

    pub(crate) fn remove(&mut self, topic: Topic, name: &[u8]) -> bool {
        let was_there = self.names[topic as usize].remove(name);
        self.bytes -= if was_there { name_bytes(name) } else { 0 };
        was_there
    }

    /// Returns the memory used by the names.
    pub(crate) const fn memory_bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.iter().all(BTreeSet::is_empty)
    }

    /// Returns the number of subscriptions reported in the reply to a change: channels and patterns
    /// are counted together, shard channels separately.
    pub(crate) fn count(&self, topic: Topic) -> usize {
        match topic {
            Topic::Shard => self.of(Topic::Shard).len(),
            _ => self.of(Topic::Channel).len() + self.of(Topic::Pattern).len(),
        }
    }
}

/// All subscriptions, by name.
#[derive(Debug, Default)]
pub(crate) struct PubSub {
    topics: [BTreeMap<Vec<u8>, BTreeSet<ClientId>>; 3],
}

impl PubSub {
    pub(crate) fn subscribe(&mut self, topic: Topic, name: &[u8], client: ClientId) {
        self.topics[topic as usize].entry(name.to_vec()).or_default().insert(client);
    }

    pub(crate) fn unsubscribe(&mut self, topic: Topic, name: &[u8], client: ClientId) {
        let names = &mut self.topics[topic as usize];
        if let Some(clients) = names.get_mut(name) {
            clients.remove(&client);
            if clients.is_empty() {
                names.remove(name);
            }
        }
    }

    /// Removes all subscriptions of a client.
    pub(crate) fn forget(&mut self, client: ClientId, subscriptions: &Subscriptions) {
        for topic in Topic::ALL {
            for name in subscriptions.of(topic) {
                self.unsubscribe(topic, name, client);
            }
        }
    }

    /// Returns the names with subscribers, sorted.
    pub(crate) fn names(&self, topic: Topic) -> impl ExactSizeIterator<Item = &[u8]> {
        self.topics[topic as usize].keys().map(Vec::as_slice)
    }

    /// Returns the number of subscribers of a name.
    pub(crate) fn subscribers(&self, topic: Topic, name: &[u8]) -> usize {
        self.topics[topic as usize].get(name).map_or(0, BTreeSet::len)
    }

    /// Returns the receivers of a message on a channel: for each matching subscription the pattern,
    /// if any, and the clients.
    pub(crate) fn receivers(
        &self,
        topic: Topic,
        channel: &[u8],
    ) -> impl Iterator<Item = (Option<&[u8]>, &BTreeSet<ClientId>)> {
        let direct = self.topics[topic as usize].get(channel).map(|clients| (None, clients));
        let patterns = (topic == Topic::Channel).then_some(&self.topics[Topic::Pattern as usize]);
        let matching = patterns
            .into_iter()
            .flatten()
            .filter(move |(pattern, _)| glob::matches(pattern, channel, Case::Sensitive));
        direct
            .into_iter()
            .chain(matching.map(|(pattern, clients)| (Some(pattern.as_slice()), clients)))
    }
}

/// A message, encoded when first needed by a receiver.
pub(crate) struct Message<'a> {
    pub(crate) topic: Topic,
    /// The matching pattern, if the subscription is one.
    pub(crate) pattern: Option<&'a [u8]>,
    pub(crate) channel: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) encoded: [Option<Rc<Vec<u8>>>; 2],
}

impl Message<'_> {
    /// Appends the message to a client's output.
    pub(crate) fn deliver(&mut self, output: &mut Output, protocol: Protocol) {
        let at = usize::from(protocol == Protocol::Resp3);
        if self.encoded[at].is_none() {
            self.encoded[at] = Some(Rc::new(self.encode(protocol)));
        }
        let Some(bytes) = &self.encoded[at] else { return };
        if bytes.len() >= SHARE_FROM_LEN_BYTES {
            output.share(Rc::clone(bytes));
        } else {
            output.tail().extend_from_slice(bytes);
        }
    }

    fn encode(&self, protocol: Protocol) -> Vec<u8> {
        let mut output = Output::default();
        let mut reply = Reply::new(&mut output, protocol);
        let word: &[u8] = match (self.topic, self.pattern) {
            (Topic::Shard, _) => b"smessage",
            (_, None) => b"message",
            (_, Some(_)) => b"pmessage",
        };
        reply.push(if self.pattern.is_some() { 4 } else { 3 });
        reply.bulk(word);
        if let Some(pattern) = self.pattern {
            reply.bulk(pattern);
        }
        reply.bulk(self.channel);
        reply.bulk(self.payload);
        output.slices().flatten().copied().collect()
    }
}
