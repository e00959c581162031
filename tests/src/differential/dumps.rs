//! Restores the dumps of one server on the other.

use std::collections::{BTreeMap, BTreeSet};

use redstart_core::{
    persist::rdb::{Limits, restore},
    random::Seed,
    value::{
        ValueRef,
        hash::{Hash, HashLimits, HashRef},
        list::{End, List, ListLimits},
        listpack::Entry,
        record::{AccessClock, Record},
        set::{Set, SetLimits},
        sorted_set::{SortedSet, SortedSetLimits},
        stream::{Stream, StreamId},
    },
};

use super::{replies, tolerance};
use crate::{
    resp::Reply,
    workload::{Command, DUMPED},
};

/// Other commands might reply what they were given.
pub(super) const RESTORING: &[&str] = &["restore", "restore-asking"];

/// The last payloads, of the reference and of the subject.
#[derive(Debug)]
pub(super) struct Dumps {
    reference: Vec<u8>,
    subject: Vec<u8>,
}

impl Dumps {
    pub(super) fn new() -> Self {
        let zero = b"\x00\xc0\x00\x0a\x00\x98@\xa7x\xf8P\x03\x08".to_vec();
        Self { reference: zero.clone(), subject: zero }
    }

    /// Notes the payloads in the replies to `commands`.
    pub(super) fn note(&mut self, commands: &[Command], expected: &[u8], got: &[u8]) {
        let (Some(expected), Some(got)) = (replies(expected), replies(got)) else { return };
        if expected.len() != commands.len() || got.len() != commands.len() {
            return;
        }
        for (command, replies) in commands.iter().zip(expected.iter().zip(&got)) {
            if tolerance::is(command, &["dump"])
                && let (Reply::Bulk(expected), Reply::Bulk(got)) = replies
            {
                (self.reference, self.subject) = (expected.clone(), got.clone());
            }
        }
    }

    /// Returns the commands for the reference with the payloads of the subject, and vice versa.
    pub(super) fn crossed(&self, commands: &[Command]) -> [Vec<Command>; 2] {
        [&self.subject, &self.reference].map(|payload| {
            let filled = |word: &Vec<u8>| if word == DUMPED { payload } else { word }.clone();
            let fill = |command: &Command| match tolerance::is(command, RESTORING) {
                true => command.iter().map(filled).collect(),
                false => command.clone(),
            };
            commands.iter().map(fill).collect()
        })
    }
}

/// Returns `true` if two payloads contain the same value, in any encoding.
pub(super) fn hold_the_same(payload: &[u8], other: &[u8]) -> bool {
    match (contents(payload), contents(other)) {
        (Some(contents), Some(others)) => contents == others,
        _ => false,
    }
}

/// A value without its encoding.
#[derive(Debug, PartialEq)]
enum Contents {
    String(Vec<u8>),
    List(Vec<Vec<u8>>),
    Set(BTreeSet<Vec<u8>>),
    SortedSet(Vec<(f64, Vec<u8>)>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
    Stream(Vec<String>),
}

fn contents(payload: &[u8]) -> Option<Contents> {
    let (listpack_entries, listpack_value_bytes, seed) = (1, 1, Seed(1));
    let limits = Limits {
        hash: HashLimits { listpack_entries, listpack_value_bytes, seed },
        list: ListLimits::of_parameter(1),
        set: SetLimits { intset_entries: 1, listpack_entries, listpack_value_bytes, seed },
        sorted_set: SortedSetLimits { listpack_entries, listpack_value_bytes, seed },
        expansion_bytes: usize::MAX,
    };
    let loaded = restore(payload, true, &limits).ok()?;
    let record = loaded.into_record(b"", None, AccessClock::default());
    Some(if let ValueRef::String(string) = record.value() {
        Contents::String(string.to_vec())
    } else if let Some(list) = record.collection::<List>() {
        let mut elements = Vec::new();
        list.for_each(End::Head, 0, usize::MAX, |element| elements.push(element.to_vec()));
        Contents::List(elements)
    } else if let Some(set) = record.collection::<Set>() {
        Contents::Set(set.iter().map(Entry::to_vec).collect())
    } else if let Some(set) = record.collection::<SortedSet>() {
        Contents::SortedSet(set.iter().map(|(score, member)| (score, member.to_vec())).collect())
    } else if let Some(stream) = record.collection::<Stream>() {
        Contents::Stream(described(stream))
    } else {
        Contents::Hash(fields(&record))
    })
}

/// Everything in a stream except the times, and consumers without pending entries.
fn described(stream: &Stream) -> Vec<String> {
    let mut all =
        vec![format!("{} {} {}", stream.last_id, stream.max_deleted_id, stream.entries_added)];
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        let id = entry.id;
        all.push(format!("{id} {:?}", entry.fields().collect::<Vec<_>>()));
    }
    for (name, group) in stream.groups() {
        all.push(format!("{name:?} {} {:?}", group.last_id, group.entries_read));
        for (id, pending) in group.pending(..) {
            let consumer = &group.consumer(pending.consumer).name;
            all.push(format!("{id} {consumer:?} {}", pending.deliveries));
        }
    }
    all
}

fn fields(record: &Record) -> BTreeMap<Vec<u8>, Vec<u8>> {
    match record.collection::<Hash>() {
        Some(HashRef::Listpack(pairs)) => {
            let entries: Vec<_> = pairs.iter().map(Entry::to_vec).collect();
            entries.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
        }
        Some(HashRef::Table(table)) => {
            table.iter().map(|field| (field.key().to_vec(), field.string().to_vec())).collect()
        }
        None => BTreeMap::new(),
    }
}
