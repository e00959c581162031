//! A model of a stream: a list of entries, and one consumer group as a map of pending entries.
//!
//! Ids ascend and, after `XSETID`, may descend; removed entries leave no trace except for the
//! highest of their ids.

use std::collections::BTreeMap;

use super::{Expected, Words, count, error, ok, words};
use crate::resp::Reply;

/// An id: milliseconds and a sequence number.
pub(crate) type Id = (u64, u64);

type Fields = Vec<Vec<u8>>;

const GROUP: &str = "group";
const CONSUMERS: [&str; 2] = ["ann", "bob"];

/// A command on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a command, and its fields are the command's arguments")]
pub enum StreamAction {
    Add(Id, Fields),
    Delete(Vec<Id>),
    KeepNewest(usize),
    KeepFrom(Id),
    SetId { last: Id, added: Option<u64>, max_deleted: Option<Id> },
    Range { from: Id, to: Id, is_reverse: bool },
    Len,
    CreateGroup(Id),
    SetGroupId(Id),
    Read { consumer: &'static str, count: usize },
    Claim { consumer: &'static str, ids: Vec<Id> },
    AutoClaim { consumer: &'static str },
    Acknowledge(Vec<Id>),
    Pending,
}

/// The state of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    entries: BTreeMap<Id, Fields>,
    last: Id,
    max_deleted: Id,
    group: Option<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    last: Id,
    pending: BTreeMap<Id, &'static str>,
}

impl StreamAction {
    /// Returns a random action. `below` makes the choices.
    pub fn random(below: &mut dyn FnMut(usize) -> usize) -> Self {
        match below(20) {
            0..6 => {
                let id = id(below);
                let words: [&[u8]; 4] = [b"a", b"b", b"1", b"a longer word than others"];
                let words = (0..2 + 2 * below(2)).map(|_| words[below(4)].to_vec());
                Self::Add(id, words.collect())
            }
            6..8 => Self::Delete(ids(below)),
            8 => Self::KeepNewest(below(12)),
            9 => Self::KeepFrom(id(below)),
            // Above all ids, with a low bound for the next time.
            10 => Self::SetId { last: (99, 0), added: Some(1_000), max_deleted: Some((1, 0)) },
            11 => Self::SetId { last: id(below), added: None, max_deleted: None },
            12 => {
                let (added, max_deleted) = (Some(below(9) as u64), Some(id(below)));
                Self::SetId { last: id(below), added, max_deleted }
            }
            13 => Self::Range { from: id(below), to: id(below), is_reverse: below(2) == 0 },
            14 => Self::Range { from: (0, 0), to: (99, 9), is_reverse: below(2) == 0 },
            15 if below(2) == 0 => Self::CreateGroup((0, 0)),
            15 => Self::SetGroupId(id(below)),
            16 => Self::Read { consumer: CONSUMERS[below(2)], count: 1 + below(5) },
            17 if below(2) == 0 => Self::AutoClaim { consumer: CONSUMERS[below(2)] },
            17 => Self::Claim { consumer: CONSUMERS[below(2)], ids: ids(below) },
            18 => Self::Acknowledge(ids(below)),
            _ if below(2) == 0 => Self::Len,
            _ => Self::Pending,
        }
    }

    /// Returns the action as a command.
    pub(super) fn words(&self, key: &[u8]) -> Words {
        let all = |words: Words, ids: &[Id]| ids.iter().fold(words, |words, id| words.id(*id));
        match self {
            Self::Add(id, fields) => {
                let words = words("XADD").add(key).id(*id);
                fields.iter().fold(words, |words, word| words.add(word))
            }
            Self::Delete(ids) => all(words("XDEL").add(key), ids),
            Self::KeepNewest(len) => words("XTRIM").add(key).option(Some("MAXLEN")).number(len),
            Self::KeepFrom(id) => words("XTRIM").add(key).option(Some("MINID")).id(*id),
            Self::SetId { last, added, max_deleted } => {
                let mut words = words("XSETID").add(key).id(*last);
                if let Some(added) = added {
                    words = words.option(Some("ENTRIESADDED")).number(added);
                }
                match max_deleted {
                    Some(id) => words.option(Some("MAXDELETEDID")).id(*id),
                    None => words,
                }
            }
            Self::Range { from, to, is_reverse: false } => {
                words("XRANGE").add(key).id(*from).id(*to)
            }
            Self::Range { from, to, is_reverse: true } => {
                words("XREVRANGE").add(key).id(*to).id(*from)
            }
            Self::Len => words("XLEN").add(key),
            Self::CreateGroup(id) => {
                let words = words("XGROUP").option(Some("CREATE")).add(key);
                words.option(Some(GROUP)).id(*id).option(Some("MKSTREAM"))
            }
            Self::SetGroupId(id) => {
                words("XGROUP").option(Some("SETID")).add(key).option(Some(GROUP)).id(*id)
            }
            Self::Read { consumer, count } => {
                let words = words("XREADGROUP").option(Some("GROUP")).option(Some(GROUP));
                let words = words.option(Some(consumer)).option(Some("COUNT")).number(count);
                words.option(Some("STREAMS")).add(key).option(Some(">"))
            }
            Self::Claim { consumer, ids } => {
                let words = words("XCLAIM").add(key).option(Some(GROUP)).option(Some(consumer));
                all(words.number(0), ids)
            }
            Self::AutoClaim { consumer } => {
                let words = words("XAUTOCLAIM").add(key).option(Some(GROUP));
                let words = words.option(Some(consumer)).number(0).number(0);
                words.option(Some("COUNT")).number(10_000)
            }
            Self::Acknowledge(ids) => all(words("XACK").add(key).option(Some(GROUP)), ids),
            Self::Pending => words("XPENDING").add(key).option(Some(GROUP)),
        }
    }
}

impl Words {
    fn id(self, id: Id) -> Self {
        self.add(&text(id))
    }
}

fn id(below: &mut dyn FnMut(usize) -> usize) -> Id {
    (1 + below(30) as u64, below(3) as u64)
}

fn ids(below: &mut dyn FnMut(usize) -> usize) -> Vec<Id> {
    (0..1 + below(6)).map(|_| id(below)).collect()
}

impl Stream {
    /// Runs a command at `key`; `place` contains the stream, if there is one.
    pub(super) fn perform(place: &mut Option<Self>, key: &[u8], action: &StreamAction) -> Expected {
        match action {
            StreamAction::Add(id, fields) => place.get_or_insert_default().push(*id, fields),
            StreamAction::CreateGroup(last) => place.get_or_insert_default().create_group(*last),
            action => match place {
                Some(stream) => stream.perform_here(key, action),
                None => missing(key, action, false),
            },
        }
    }

    fn perform_here(&mut self, key: &[u8], action: &StreamAction) -> Expected {
        match action {
            StreamAction::Delete(ids) => {
                let removed: Vec<_> =
                    ids.iter().filter(|id| self.entries.remove(id).is_some()).collect();
                let highest = removed.iter().copied().max();
                self.max_deleted = self.max_deleted.max(highest.copied().unwrap_or_default());
                count(removed.len())
            }
            StreamAction::KeepNewest(len) => {
                let excess = self.entries.len().saturating_sub(*len);
                (0..excess).for_each(|_| drop(self.entries.pop_first()));
                count(excess)
            }
            StreamAction::KeepFrom(id) => {
                let before = self.entries.len();
                self.entries = self.entries.split_off(id);
                count(before - self.entries.len())
            }
            StreamAction::SetId { last, added, max_deleted } => {
                self.set_id(*last, *added, *max_deleted)
            }
            StreamAction::Range { from, to, is_reverse } => {
                let within = self.entries.iter().filter(|(id, _)| (from..=to).contains(id));
                let mut entries: Vec<_> = within.map(entry).collect();
                if *is_reverse {
                    entries.reverse();
                }
                Expected::Exactly(Reply::Array(entries))
            }
            StreamAction::Len => count(self.entries.len()),
            StreamAction::Add(..) | StreamAction::CreateGroup(_) => {
                unreachable!("these make streams")
            }
            action => match &mut self.group {
                Some(group) => group.perform(&self.entries, key, action),
                None => missing(key, action, true),
            },
        }
    }

    fn push(&mut self, id: Id, fields: &Fields) -> Expected {
        if id <= self.last {
            return error(
                "ERR The ID specified in XADD is equal or smaller than the target stream top item",
            );
        }
        self.entries.insert(id, fields.clone());
        self.last = id;
        Expected::Exactly(Reply::Bulk(text(id)))
    }

    fn create_group(&mut self, last: Id) -> Expected {
        if self.group.is_some() {
            return error("BUSYGROUP Consumer Group name already exists");
        }
        self.group = Some(Group { last, pending: BTreeMap::new() });
        ok()
    }

    fn set_id(&mut self, last: Id, added: Option<u64>, max_deleted: Option<Id>) -> Expected {
        let top = self.entries.keys().next_back().copied().unwrap_or_default();
        let smaller =
            |than: &str| error(&format!("ERR The ID specified in XSETID is smaller than {than}"));
        if max_deleted.is_some_and(|id| last < id) {
            return smaller("the provided max_deleted_entry_id");
        }
        if last < self.max_deleted {
            return smaller("current max_deleted_entry_id");
        }
        if last < top {
            return smaller("the target stream top item");
        }
        if !self.entries.is_empty() && added.is_some_and(|added| added < self.entries.len() as u64)
        {
            return error(
                "ERR The entries_added specified in XSETID is smaller than the target stream length",
            );
        }
        self.last = last;
        self.max_deleted = max_deleted.unwrap_or(self.max_deleted);
        ok()
    }
}

impl Group {
    fn perform(
        &mut self,
        entries: &BTreeMap<Id, Fields>,
        key: &[u8],
        action: &StreamAction,
    ) -> Expected {
        Expected::Exactly(match action {
            StreamAction::SetGroupId(id) => {
                self.last = *id;
                return ok();
            }
            StreamAction::Read { consumer, count } => {
                let new: Vec<_> =
                    entries.iter().filter(|(id, _)| **id > self.last).take(*count).collect();
                let Some((last, _)) = new.last() else {
                    return Expected::Exactly(Reply::NullArray);
                };
                self.last = **last;
                self.pending.extend(new.iter().map(|(id, _)| (**id, *consumer)));
                let new = Reply::Array(new.into_iter().map(entry).collect());
                Reply::Array(vec![Reply::Array(vec![Reply::Bulk(key.to_vec()), new])])
            }
            StreamAction::Claim { consumer, ids } => {
                let (claimed, _) = self.claim(entries, ids, consumer);
                Reply::Array(claimed)
            }
            StreamAction::AutoClaim { consumer } => {
                let ids: Vec<_> = self.pending.keys().copied().collect();
                let (claimed, gone) = self.claim(entries, &ids, consumer);
                let end = Reply::Bulk(text((0, 0)));
                Reply::Array(vec![end, Reply::Array(claimed), Reply::Array(gone)])
            }
            StreamAction::Acknowledge(ids) => {
                return count(ids.iter().filter(|id| self.pending.remove(id).is_some()).count());
            }
            _ => self.summary(),
        })
    }

    /// Assigns pending entries to a consumer. Returns the entries, and the ids of those that no
    /// longer exist.
    fn claim(
        &mut self,
        entries: &BTreeMap<Id, Fields>,
        ids: &[Id],
        consumer: &'static str,
    ) -> (Vec<Reply>, Vec<Reply>) {
        let (mut claimed, mut gone) = (Vec::new(), Vec::new());
        for id in ids.iter().filter(|id| self.pending.contains_key(id)).collect::<Vec<_>>() {
            if let Some(found) = entries.get_key_value(id) {
                self.pending.insert(*id, consumer);
                claimed.push(entry(found));
            } else if self.pending.remove(id).is_some() {
                gone.push(Reply::Bulk(text(*id)));
            }
        }
        (claimed, gone)
    }

    /// Returns the reply of `XPENDING`.
    fn summary(&self) -> Reply {
        let edges = self.pending.keys().next().zip(self.pending.keys().next_back());
        let Some((first, last)) = edges else {
            return Reply::Array(vec![
                Reply::Integer(0),
                Reply::NullBulk,
                Reply::NullBulk,
                Reply::NullArray,
            ]);
        };
        let consumers = CONSUMERS.iter().filter_map(|name| {
            let own = self.pending.values().filter(|consumer| consumer == &name).count();
            let own = Reply::Bulk(own.to_string().into_bytes());
            let is_shown = self.pending.values().any(|consumer| consumer == name);
            is_shown.then(|| Reply::Array(vec![Reply::Bulk(name.as_bytes().to_vec()), own]))
        });
        Reply::Array(vec![
            Reply::Integer(self.pending.len() as i64),
            Reply::Bulk(text(*first)),
            Reply::Bulk(text(*last)),
            Reply::Array(consumers.collect()),
        ])
    }
}

/// Returns the reply of a command if the stream, or only the group, does not exist.
fn missing(key: &[u8], action: &StreamAction, has_stream: bool) -> Expected {
    let key = String::from_utf8_lossy(key);
    let no_group = format!("NOGROUP No such key '{key}' or consumer group '{GROUP}'");
    match action {
        StreamAction::SetId { last, max_deleted: Some(id), .. } if last < id => error(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
        ),
        StreamAction::SetId { .. } => error("ERR no such key"),
        StreamAction::Range { .. } => Expected::Exactly(Reply::Array(Vec::new())),
        StreamAction::SetGroupId(_) if has_stream => {
            error(&format!("NOGROUP No such consumer group '{GROUP}' for key name '{key}'"))
        }
        StreamAction::SetGroupId(_) => error(
            "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
        ),
        StreamAction::Read { .. } => error(&format!("{no_group} in XREADGROUP with GROUP option")),
        StreamAction::Claim { .. } | StreamAction::AutoClaim { .. } | StreamAction::Pending => {
            error(&no_group)
        }
        _ => count(0),
    }
}

fn text((ms, seq): Id) -> Vec<u8> {
    format!("{ms}-{seq}").into_bytes()
}

fn entry((id, fields): (&Id, &Fields)) -> Reply {
    let fields = fields.iter().map(|word| Reply::Bulk(word.clone())).collect();
    Reply::Array(vec![Reply::Bulk(text(*id)), Reply::Array(fields)])
}
