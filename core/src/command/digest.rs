//! `DEBUG DIGEST`: a digest of all data, equal to Redis's digest of the same data.
//!
//! The SHA-1 hashes of the parts are combined so that the order of keys does not matter, while the
//! order within a value does.

use alloc::format;
use alloc::string::String;

use sha1::{Digest as _, Sha1};

use crate::keyspace::Keyspace;
use crate::number::NumberText;
use crate::time::UnixMillis;
use crate::value::ValueRef;
use crate::value::hash::{Hash, HashRef};
use crate::value::list::{End, List};
use crate::value::record::Record;
use crate::value::set::Set;
use crate::value::sorted_set::{SortedSet, SortedSetRef};
use crate::value::stream::{Stream, StreamId};

/// Redis's numbers of the types.
const TYPE_STRING: u32 = 0;
const TYPE_LIST: u32 = 1;
const TYPE_SET: u32 = 2;
const TYPE_SORTED_SET: u32 = 3;
const TYPE_HASH: u32 = 4;
const TYPE_STREAM: u32 = 6;

/// A digest under construction.
#[derive(Clone, Copy, Default)]
pub(super) struct Digest([u8; 20]);

impl Digest {
    /// Returns the digest of all databases, including expired keys that are not yet removed.
    pub(super) fn of_keyspace(keyspace: &Keyspace) -> Self {
        let mut all = Self::default();
        for (index, database) in keyspace.iter().enumerate().filter(|(_, db)| !db.is_empty()) {
            all.mix(&(index as u32).to_be_bytes());
            for record in database.iter() {
                let mut one = Self::default();
                one.mix(record.key());
                one.mix_value(record);
                all.xor(&one.0);
            }
        }
        all
    }

    /// Returns the digest of a value, including its type and whether it has a deadline.
    pub(super) fn of_value(record: Option<&Record>) -> Self {
        let mut digest = Self::default();
        if let Some(record) = record {
            digest.mix_value(record);
        }
        digest
    }

    /// Returns the digest as 40 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn mix_value(&mut self, record: &Record) {
        if let ValueRef::String(string) = record.value() {
            self.mix(&TYPE_STRING.to_be_bytes());
            self.mix(string.bytes(&mut itoa::Buffer::new()));
        } else if let Some(list) = record.collection::<List>() {
            self.mix(&TYPE_LIST.to_be_bytes());
            list.for_each(End::Head, 0, usize::MAX, |element| {
                self.mix(element.text(&mut itoa::Buffer::new()));
            });
        } else if let Some(set) = record.collection::<Set>() {
            self.mix(&TYPE_SET.to_be_bytes());
            set.iter().for_each(|member| self.xor(member.text(&mut itoa::Buffer::new())));
        } else if let Some(set) = record.collection::<SortedSet>() {
            self.mix_sorted_set(set);
        } else if let Some(hash) = record.collection::<Hash>() {
            self.mix_hash(hash);
        } else if let Some(stream) = record.collection::<Stream>() {
            self.mix_stream(stream);
        }
        if record.deadline().is_some() {
            self.xor(b"!!expire!!");
        }
    }

    fn mix_hash(&mut self, hash: HashRef<'_>) {
        self.mix(&TYPE_HASH.to_be_bytes());
        hash.for_each(UnixMillis(0), |(field, value)| {
            let mut one = Self::default();
            one.mix(field.bytes(&mut itoa::Buffer::new()));
            one.mix(value.bytes(&mut itoa::Buffer::new()));
            self.xor(&one.0);
        });
    }

    fn mix_sorted_set(&mut self, set: SortedSetRef<'_>) {
        self.mix(&TYPE_SORTED_SET.to_be_bytes());
        for (score, member) in set.iter() {
            let mut one = Self::default();
            one.mix(member.text(&mut itoa::Buffer::new()));
            one.mix(&NumberText::shortest(score));
            self.xor(&one.0);
        }
    }

    fn mix_stream(&mut self, stream: &Stream) {
        self.mix(&TYPE_STREAM.to_be_bytes());
        for entry in stream.range(StreamId::MIN, StreamId::MAX) {
            self.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
            for (field, value) in entry.fields() {
                self.mix(field.text(&mut itoa::Buffer::new()));
                self.mix(value.text(&mut itoa::Buffer::new()));
            }
        }
    }

    /// Adds a part whose order does not matter.
    fn xor(&mut self, part: &[u8]) {
        let hash = Sha1::digest(part);
        self.0.iter_mut().zip(hash).for_each(|(byte, other)| *byte ^= other);
    }

    /// Adds a part whose order matters.
    fn mix(&mut self, part: &[u8]) {
        self.xor(part);
        self.0 = Sha1::digest(self.0).into();
    }
}
