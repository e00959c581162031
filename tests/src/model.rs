//! A model of Redis with strings and streams, as naive as possible: maps of values with deadlines.
//! Strings and streams have separate keys, so no command meets a value of the wrong type.

mod stream;

use core::mem;
use core::ops::RangeInclusive;
use std::collections::{BTreeMap, BTreeSet};

use crate::resp::Reply;
use stream::Stream;
pub use stream::StreamAction;

/// The number of databases.
pub const DATABASES: usize = 3;

/// A key.
pub type Key = Vec<u8>;

/// A command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a command, and its fields are the command's arguments")]
pub enum Action {
    Set { key: Key, value: Vec<u8>, only: Only, returns_old: bool, expiry: Option<Expiry> },
    Get(Key),
    GetDel(Key),
    GetEx(Key, Option<Expiry>),
    Append(Key, Vec<u8>),
    SetRange(Key, usize, Vec<u8>),
    IncrBy(Key, i64),
    Strlen(Key),
    Mget(Vec<Key>),
    Mset(Vec<(Key, Vec<u8>)>),
    Del(Vec<Key>),
    Exists(Vec<Key>),
    Expire(Key, Deadline, Option<Condition>),
    Pttl(Key),
    PexpireTime(Key),
    Persist(Key),
    Rename(Key, Key),
    Copy { from: Key, to: Key, replaces: bool },
    Move(Key, usize),
    Select(usize),
    SwapDb(usize, usize),
    DbSize,
    RandomKey,
    Keys,
    FlushDb,
    Stream(Key, StreamAction),
}

/// A condition of `SET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Only {
    Always,
    IfMissing,
    IfPresent,
}

/// The effect of a command on the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Sets a new one.
    New(Deadline),
    /// Keeps it: `KEEPTTL`, and `GETEX` without an option.
    Keep,
    /// Removes it: `PERSIST`, and `SET` without an option.
    None,
}

/// A deadline, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Relative to the current time.
    In(i64),
    /// Since 1970.
    At(i64),
}

/// A condition of `EXPIRE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Redis's words")]
pub enum Condition {
    Nx,
    Xx,
    Gt,
    Lt,
}

/// The constraint on a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this reply.
    Exactly(Reply),
    /// A number in this range: some keys may have expired without being removed yet.
    Count(RangeInclusive<usize>),
    /// One of these keys, or null if there are none.
    OneOf(BTreeSet<Key>),
    /// These keys in any order.
    All(BTreeSet<Key>),
}

impl Expected {
    /// Returns `true` if `reply` satisfies the constraint.
    #[must_use]
    pub fn is_met_by(&self, reply: &Reply) -> bool {
        match (self, reply) {
            (Self::Exactly(expected), reply) => expected == reply,
            (Self::Count(range), Reply::Integer(count)) => {
                usize::try_from(*count).is_ok_and(|count| range.contains(&count))
            }
            (Self::OneOf(keys), Reply::Bulk(key)) => keys.contains(key),
            (Self::OneOf(keys), Reply::NullBulk) => keys.is_empty(),
            (Self::All(keys), Reply::Array(replies)) => {
                let bulks = replies.iter().filter_map(|reply| match reply {
                    Reply::Bulk(key) => Some(key.clone()),
                    _ => None,
                });
                replies.len() == keys.len() && bulks.collect::<BTreeSet<Key>>() == *keys
            }
            _ => false,
        }
    }
}

/// The state of the model.
#[derive(Debug, Default)]
pub struct Model {
    /// The entries of each database. Expired ones stay until they are accessed, or all are removed.
    databases: [BTreeMap<Key, Entry>; DATABASES],
}

#[derive(Clone, Debug)]
struct Entry {
    value: Value,
    deadline_ms: Option<i64>,
}

#[derive(Clone, Debug)]
enum Value {
    String(Vec<u8>),
    Stream(Stream),
}

impl Value {
    fn string(&mut self) -> &mut Vec<u8> {
        match self {
            Self::String(bytes) => bytes,
            Self::Stream(_) => unreachable!("streams have keys of their own"),
        }
    }
}

impl Entry {
    /// A key exists through the millisecond of its deadline.
    fn is_live(&self, now_ms: i64) -> bool {
        self.deadline_ms.is_none_or(|deadline_ms| deadline_ms >= now_ms)
    }
}

impl Deadline {
    fn at_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::In(span_ms) => now_ms + span_ms,
            Self::At(at_ms) => at_ms,
        }
    }
}

impl Model {
    /// Removes every key that has expired by now.
    pub fn collected(&mut self, now_ms: i64) {
        for database in &mut self.databases {
            database.retain(|_, entry| entry.is_live(now_ms));
        }
    }

    /// Runs a command of a client whose database is `selected`.
    pub fn perform(&mut self, selected: &mut usize, action: &Action, now_ms: i64) -> Expected {
        match action {
            Action::Select(database) => *selected = *database,
            Action::SwapDb(a, b) => self.databases.swap(*a, *b),
            Action::Move(key, target) => {
                let may_move =
                    self.live(*selected, key, now_ms) && !self.live(*target, key, now_ms);
                if target == selected {
                    return error("ERR source and destination objects are the same");
                }
                if may_move && let Some(entry) = self.databases[*selected].remove(key) {
                    self.databases[*target].insert(key.clone(), entry);
                }
                return flag(may_move);
            }
            action => {
                return Database { keys: &mut self.databases[*selected], now_ms }.perform(action);
            }
        }
        ok()
    }

    fn live(&self, database: usize, key: &Key, now_ms: i64) -> bool {
        self.databases[database].get(key).is_some_and(|entry| entry.is_live(now_ms))
    }
}

/// A database at one moment.
struct Database<'a> {
    keys: &'a mut BTreeMap<Key, Entry>,
    now_ms: i64,
}

impl Database<'_> {
    fn perform(mut self, action: &Action) -> Expected {
        match action {
            Action::Set { key, value, only, returns_old, expiry } => {
                self.set(key, value, *only, *returns_old, *expiry)
            }
            Action::Get(key) => bulk(self.value(key)),
            Action::GetDel(key) => {
                let old = self.value(key);
                self.keys.remove(key);
                bulk(old)
            }
            Action::GetEx(key, expiry) => {
                let old = self.value(key);
                match expiry {
                    None | Some(Expiry::Keep) => {}
                    Some(Expiry::New(deadline)) => {
                        self.set_deadline(key, deadline.at_ms(self.now_ms))
                    }
                    Some(Expiry::None) => {
                        if let Some(entry) = self.entry(key) {
                            entry.deadline_ms = None;
                        }
                    }
                }
                bulk(old)
            }
            Action::Append(key, more) => {
                let value = self.string_or_empty(key);
                value.extend_from_slice(more);
                count(value.len())
            }
            Action::SetRange(key, offset, value) => {
                if value.is_empty() {
                    return count(self.value(key).map_or(0, |value| value.len()));
                }
                let bytes = self.string_or_empty(key);
                let end = offset + value.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(value);
                count(bytes.len())
            }
            Action::IncrBy(key, increment) => self.add(key, *increment),
            Action::Strlen(key) => count(self.value(key).map_or(0, |value| value.len())),
            Action::Mget(keys) => {
                let values =
                    keys.iter().map(|key| self.value(key).map_or(Reply::NullBulk, Reply::Bulk));
                Expected::Exactly(Reply::Array(values.collect()))
            }
            Action::Mset(pairs) => {
                for (key, value) in pairs {
                    self.put(key, value.clone(), None);
                }
                ok()
            }
            Action::Del(keys) => {
                let mut removed = 0;
                for key in keys {
                    removed += usize::from(self.entry(key).is_some());
                    self.keys.remove(key);
                }
                count(removed)
            }
            Action::Exists(keys) => {
                count(keys.iter().filter(|key| self.entry(key).is_some()).count())
            }
            Action::Rename(..) | Action::Copy { .. } => self.rename_or_copy(action),
            Action::Expire(key, deadline, condition) => self.expire(key, *deadline, *condition),
            Action::Pttl(key) => {
                let now_ms = self.now_ms;
                self.reply_deadline(key, |deadline_ms| deadline_ms - now_ms)
            }
            Action::PexpireTime(key) => self.reply_deadline(key, |deadline_ms| deadline_ms),
            Action::Persist(key) => {
                flag(self.entry(key).is_some_and(|entry| entry.deadline_ms.take().is_some()))
            }
            Action::DbSize => {
                let live = self.keys.values().filter(|entry| entry.is_live(self.now_ms)).count();
                Expected::Count(live..=self.keys.len())
            }
            Action::RandomKey => Expected::OneOf(self.names()),
            Action::Keys => Expected::All(self.names()),
            Action::FlushDb => {
                self.keys.clear();
                ok()
            }
            Action::Stream(key, action) => self.perform_on_stream(key, action),
            Action::Select(_) | Action::SwapDb(..) | Action::Move(..) => {
                unreachable!("these are about several databases")
            }
        }
    }

    /// Returns the entry of a key that has not expired. Removes it if it has.
    fn entry(&mut self, key: &Key) -> Option<&mut Entry> {
        if self.keys.get(key).is_some_and(|entry| !entry.is_live(self.now_ms)) {
            self.keys.remove(key);
        }
        self.keys.get_mut(key)
    }

    fn string_or_empty(&mut self, key: &Key) -> &mut Vec<u8> {
        self.entry(key);
        let empty = || Entry { value: Value::String(Vec::new()), deadline_ms: None };
        self.keys.entry(key.clone()).or_insert_with(empty).value.string()
    }

    fn perform_on_stream(&mut self, key: &Key, action: &StreamAction) -> Expected {
        self.entry(key);
        let (mut place, deadline_ms) = match self.keys.remove(key) {
            Some(Entry { value: Value::Stream(stream), deadline_ms }) => {
                (Some(stream), deadline_ms)
            }
            Some(_) => unreachable!("strings have keys of their own"),
            None => (None, None),
        };
        let expected = Stream::perform(&mut place, key, action);
        if let Some(stream) = place {
            self.keys.insert(key.clone(), Entry { value: Value::Stream(stream), deadline_ms });
        }
        expected
    }

    fn value(&mut self, key: &Key) -> Option<Vec<u8>> {
        self.entry(key).map(|entry| entry.value.string().clone())
    }

    fn put(&mut self, key: &Key, value: Vec<u8>, deadline_ms: Option<i64>) {
        self.keys.insert(key.clone(), Entry { value: Value::String(value), deadline_ms });
    }

    fn names(&self) -> BTreeSet<Key> {
        let live = self.keys.iter().filter(|(_, entry)| entry.is_live(self.now_ms));
        live.map(|(key, _)| key.clone()).collect()
    }

    fn set(
        &mut self,
        key: &Key,
        value: &[u8],
        only: Only,
        returns_old: bool,
        expiry: Option<Expiry>,
    ) -> Expected {
        let old = self.entry(key).cloned();
        let is_set = match only {
            Only::Always => true,
            Only::IfMissing => old.is_none(),
            Only::IfPresent => old.is_some(),
        };
        if is_set {
            let deadline_ms = match expiry {
                Some(Expiry::New(deadline)) => Some(deadline.at_ms(self.now_ms)),
                Some(Expiry::Keep) => old.as_ref().and_then(|old| old.deadline_ms),
                Some(Expiry::None) | None => None,
            };
            self.put(key, value.to_vec(), deadline_ms);
        }
        match (returns_old, is_set) {
            (true, _) => bulk(old.map(|mut old| mem::take(old.value.string()))),
            (false, true) => ok(),
            (false, false) => bulk(None),
        }
    }

    fn add(&mut self, key: &Key, increment: i64) -> Expected {
        let old = self.value(key).unwrap_or_else(|| b"0".to_vec());
        let number = str::from_utf8(&old).ok().and_then(|text| text.parse::<i64>().ok());
        // Only the canonical form counts as a number: no plus sign, no leading zero.
        let Some(number) = number.filter(|number| number.to_string().as_bytes() == old) else {
            return error("ERR value is not an integer or out of range");
        };
        let Some(sum) = number.checked_add(increment) else {
            return error("ERR increment or decrement would overflow");
        };
        *self.string_or_empty(key) = sum.to_string().into_bytes();
        Expected::Exactly(Reply::Integer(sum))
    }

    fn rename_or_copy(&mut self, action: &Action) -> Expected {
        match action {
            Action::Rename(from, to) => {
                if self.entry(from).is_none() {
                    return error("ERR no such key");
                }
                if let Some(entry) = self.keys.remove(from) {
                    self.keys.insert(to.clone(), entry);
                }
                ok()
            }
            Action::Copy { from, to, replaces } => {
                if from == to {
                    return error("ERR source and destination objects are the same");
                }
                let copy = self.entry(from).cloned();
                let may_copy = copy.is_some() && (*replaces || self.entry(to).is_none());
                if may_copy && let Some(copy) = copy {
                    self.keys.insert(to.clone(), copy);
                }
                flag(may_copy)
            }
            _ => unreachable!("called for these two"),
        }
    }

    fn expire(&mut self, key: &Key, deadline: Deadline, condition: Option<Condition>) -> Expected {
        let now_ms = self.now_ms;
        let new_ms = deadline.at_ms(now_ms);
        let Some(entry) = self.entry(key) else { return flag(false) };
        let is_allowed = match (condition, entry.deadline_ms) {
            (None, _) | (Some(Condition::Nx | Condition::Lt), None) => true,
            (Some(Condition::Nx), Some(_)) | (Some(Condition::Xx | Condition::Gt), None) => false,
            (Some(Condition::Xx), Some(_)) => true,
            (Some(Condition::Gt), Some(old_ms)) => new_ms > old_ms,
            (Some(Condition::Lt), Some(old_ms)) => new_ms < old_ms,
        };
        if is_allowed {
            self.set_deadline(key, new_ms);
        }
        flag(is_allowed)
    }

    /// A deadline in the past removes the key at once.
    fn set_deadline(&mut self, key: &Key, deadline_ms: i64) {
        if deadline_ms <= self.now_ms {
            self.keys.remove(key);
        } else if let Some(entry) = self.entry(key) {
            entry.deadline_ms = Some(deadline_ms);
        }
    }

    fn reply_deadline(&mut self, key: &Key, form: impl Fn(i64) -> i64) -> Expected {
        let told = self.entry(key).map_or(-2, |entry| entry.deadline_ms.map_or(-1, form));
        Expected::Exactly(Reply::Integer(told))
    }
}

fn ok() -> Expected {
    Expected::Exactly(Reply::Status(b"OK".to_vec()))
}

fn error(text: &str) -> Expected {
    Expected::Exactly(Reply::Error(text.as_bytes().to_vec()))
}

fn bulk(value: Option<Vec<u8>>) -> Expected {
    Expected::Exactly(value.map_or(Reply::NullBulk, Reply::Bulk))
}

fn count(count: usize) -> Expected {
    Expected::Exactly(Reply::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn flag(truth: bool) -> Expected {
    count(usize::from(truth))
}

impl Action {
    /// Returns the action as a command.
    #[must_use]
    pub fn command(&self) -> Vec<Vec<u8>> {
        let words = match self {
            Self::Set { key, value, only, returns_old, expiry } => {
                let only = match only {
                    Only::Always => None,
                    Only::IfMissing => Some("NX"),
                    Only::IfPresent => Some("XX"),
                };
                let get = returns_old.then_some("GET");
                words("SET").add(key).add(value).option(only).option(get).expiry(*expiry)
            }
            Self::Get(key) => words("GET").add(key),
            Self::GetDel(key) => words("GETDEL").add(key),
            Self::GetEx(key, expiry) => words("GETEX").add(key).expiry(*expiry),
            Self::Append(key, value) => words("APPEND").add(key).add(value),
            Self::SetRange(key, offset, value) => {
                words("SETRANGE").add(key).number(offset).add(value)
            }
            Self::IncrBy(key, increment) => words("INCRBY").add(key).number(increment),
            Self::Strlen(key) => words("STRLEN").add(key),
            Self::Mget(keys) => keys.iter().fold(words("MGET"), |words, key| words.add(key)),
            Self::Mset(pairs) => {
                pairs.iter().fold(words("MSET"), |words, (key, value)| words.add(key).add(value))
            }
            Self::Del(keys) => keys.iter().fold(words("DEL"), |words, key| words.add(key)),
            Self::Exists(keys) => keys.iter().fold(words("EXISTS"), |words, key| words.add(key)),
            Self::Expire(key, deadline, condition) => {
                let words = match deadline {
                    Deadline::In(span_ms) => words("PEXPIRE").add(key).number(span_ms),
                    Deadline::At(at_ms) => words("PEXPIREAT").add(key).number(at_ms),
                };
                words.option(condition.map(|condition| match condition {
                    Condition::Nx => "NX",
                    Condition::Xx => "XX",
                    Condition::Gt => "GT",
                    Condition::Lt => "LT",
                }))
            }
            Self::Pttl(key) => words("PTTL").add(key),
            Self::PexpireTime(key) => words("PEXPIRETIME").add(key),
            Self::Persist(key) => words("PERSIST").add(key),
            Self::Rename(from, to) => words("RENAME").add(from).add(to),
            Self::Copy { from, to, replaces } => {
                words("COPY").add(from).add(to).option(replaces.then_some("REPLACE"))
            }
            Self::Move(key, database) => words("MOVE").add(key).number(database),
            Self::Select(database) => words("SELECT").number(database),
            Self::SwapDb(a, b) => words("SWAPDB").number(a).number(b),
            Self::DbSize => words("DBSIZE"),
            Self::RandomKey => words("RANDOMKEY"),
            Self::Keys => words("KEYS").option(Some("*")),
            Self::FlushDb => words("FLUSHDB"),
            Self::Stream(key, action) => action.words(key),
        };
        words.0
    }
}

/// Builds a command.
struct Words(Vec<Vec<u8>>);

fn words(name: &str) -> Words {
    Words(vec![name.as_bytes().to_vec()])
}

impl Words {
    fn add(mut self, word: &[u8]) -> Self {
        self.0.push(word.to_vec());
        self
    }

    fn number(self, number: impl ToString) -> Self {
        self.add(number.to_string().as_bytes())
    }

    fn option(self, word: Option<&str>) -> Self {
        match word {
            Some(word) => self.add(word.as_bytes()),
            None => self,
        }
    }

    fn expiry(self, expiry: Option<Expiry>) -> Self {
        match expiry {
            None => self,
            Some(Expiry::New(Deadline::In(span_ms))) => self.option(Some("PX")).number(span_ms),
            Some(Expiry::New(Deadline::At(at_ms))) => self.option(Some("PXAT")).number(at_ms),
            Some(Expiry::Keep) => self.option(Some("KEEPTTL")),
            Some(Expiry::None) => self.option(Some("PERSIST")),
        }
    }
}
