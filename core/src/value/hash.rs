//! Hashes: fields, each with a value.
//!
//! A small hash is a listpack of fields, each followed by its value, in insertion order. A large
//! one is a table of records, as a database is: it grows, shrinks and is iterated in small steps.
//!
//! A field may have a deadline. Only a table stores deadlines, so a hash is converted when it gets
//! its first one. After its deadline a field is no longer visible: every query takes the current
//! time. [`expire_due`](Hash::expire_due) removes expired fields.
//!
//! ```
//! use redstart_core::random::Seed;
//! use redstart_core::time::UnixMillis;
//! use redstart_core::value::Collection;
//! use redstart_core::value::hash::{FieldDeadline, Hash, HashLimits};
//! let limits = HashLimits { listpack_entries: 512, listpack_value_bytes: 64, seed: Seed(1) };
//! let (mut hash, now) = (Hash::default(), UnixMillis(1000));
//! hash.set(b"name", b"ann", FieldDeadline::Cleared, now, &limits);
//! hash.set(b"code", b"1234", FieldDeadline::At(UnixMillis(1500)), now, &limits);
//! assert_eq!(hash.view().len(UnixMillis(1500)), 2);
//! assert!(hash.view().find(b"code", UnixMillis(1501)).is_none());
//!
//! let mut removed = Vec::new();
//! hash.expire_due(UnixMillis(1501), 100, &mut |field| removed.push(field.to_vec()));
//! assert_eq!(removed, [b"code"]);
//! ```

mod chance;

use super::{
    Collection, Object, Packing, Type, Value,
    listpack::{Entry, Listpack, ListpackRef},
    record::{AccessClock, Record},
    string::StringRef,
};
use crate::{
    memory::allocated,
    random::Seed,
    table::{Remains, Table},
    time::UnixMillis,
};
use alloc::{boxed::Box, vec::Vec};

/// A hash.
#[derive(Clone, Debug)]
pub enum Hash {
    /// A small hash.
    Listpack(Listpack),
    /// A larger hash.
    Table(Box<Table<Record>>),
    /// A hash that is being freed.
    Remains(Remains<Record>),
}

/// A hash, for reading.
#[derive(Clone, Copy, Debug)]
pub enum HashRef<'a> {
    /// A small hash.
    Listpack(ListpackRef<'a>),
    /// A larger hash.
    Table(&'a Table<Record>),
}

/// The limits of the listpack encoding, and the seed of tables.
#[derive(Clone, Copy, Debug)]
pub struct HashLimits {
    /// `hash-max-listpack-entries`
    pub listpack_entries: usize,
    /// `hash-max-listpack-value`: the maximum length of a field or a value, in bytes.
    pub listpack_value_bytes: usize,
    /// Determines the order of a table.
    pub seed: Seed,
}

/// How setting a field changes its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldDeadline {
    /// Removes the deadline.
    Cleared,
    /// Keeps the deadline.
    Kept,
    /// Sets this deadline.
    At(UnixMillis),
}

/// A field and its value.
pub type Pair<'a> = (StringRef<'a>, StringRef<'a>);

impl<'a> HashRef<'a> {
    /// Returns the number of fields. Visits the fields that have expired and are not removed yet.
    #[inline]
    #[must_use]
    pub fn len(self, now: UnixMillis) -> usize {
        match self {
            Self::Listpack(pairs) => pairs.len() / 2,
            Self::Table(fields) => fields.len() - fields.expired_len(now),
        }
    }

    /// Returns the value of a field.
    #[inline]
    #[must_use]
    pub fn find(self, field: &[u8], now: UnixMillis) -> Option<StringRef<'a>> {
        match self {
            Self::Listpack(pairs) => {
                let value_at = pairs.next(pairs.find(field, 1)?)?;
                Some(string(pairs.get(value_at)))
            }
            Self::Table(fields) => {
                fields.find(field).filter(|record| !record.is_expired(now)).map(Record::string)
            }
        }
    }

    /// Returns the deadline of a field, or `Some(None)` if it has none, or `None` if the field does
    /// not exist.
    #[must_use]
    pub fn deadline(self, field: &[u8], now: UnixMillis) -> Option<Option<UnixMillis>> {
        match self {
            Self::Listpack(_) => self.find(field, now).map(|_| None),
            Self::Table(fields) => {
                let record = fields.find(field).filter(|record| !record.is_expired(now));
                record.map(Record::deadline)
            }
        }
    }

    /// Visits all fields, in insertion order or by hash.
    pub fn for_each(self, now: UnixMillis, mut visit: impl FnMut(Pair<'a>)) {
        match self {
            Self::Listpack(pairs) => {
                let mut entries = pairs.iter();
                while let (Some(field), Some(value)) = (entries.next(), entries.next()) {
                    visit((string(field), string(value)));
                }
            }
            Self::Table(fields) => {
                let live = fields.iter().filter(|record| !record.is_expired(now));
                live.for_each(|record| visit(pair(record)));
            }
        }
    }

    /// Visits some of the fields, as `HSCAN` does: all of a small hash, about a hundred of a large
    /// one. Returns the cursor for the next call, which is zero after the last field, and the
    /// number of fields that were visited.
    pub fn scan(
        self,
        cursor: u64,
        now: UnixMillis,
        visit: &mut dyn FnMut(Pair<'_>),
    ) -> (u64, usize) {
        let mut seen = 0;
        let next = match self {
            Self::Listpack(_) => {
                self.for_each(now, visit);
                0
            }
            Self::Table(fields) => fields.scan(cursor, &mut |record| {
                seen += 1;
                if !record.is_expired(now) {
                    visit(pair(record));
                }
            }),
        };
        (next, seen)
    }
}

impl Hash {
    /// Reserves room for `count` fields: a listpack that could not hold them becomes a table at
    /// once.
    #[inline]
    pub fn expect(&mut self, count: usize, limits: &HashLimits) {
        if count > limits.listpack_entries {
            self.convert(limits.seed);
        }
    }

    /// Sets a field of a hash without deadlines. Returns `true` if the field is new.
    pub fn insert(&mut self, field: &[u8], value: &[u8], limits: &HashLimits) -> bool {
        self.set(field, value, FieldDeadline::Cleared, UnixMillis(0), limits)
    }

    /// Sets a field. Returns `true` if the field is new.
    pub fn set(
        &mut self,
        field: &[u8],
        value: &[u8],
        deadline: FieldDeadline,
        now: UnixMillis,
        limits: &HashLimits,
    ) -> bool {
        if matches!(deadline, FieldDeadline::At(_)) {
            self.convert(limits.seed);
        }
        if let Self::Listpack(pairs) = self {
            let is_long = field.len().max(value.len()) > limits.listpack_value_bytes;
            let at = pairs.as_ref().find(field, 1);
            let is_full = at.is_none() && pairs.as_ref().len() / 2 >= limits.listpack_entries;
            if is_long || is_full || !pairs.is_safe_to_add(field.len() + value.len()) {
                self.convert(limits.seed);
            } else if let Some(value_at) = at.and_then(|at| pairs.as_ref().next(at)) {
                pairs.replace(value_at, Entry::encode(value));
                return false;
            } else {
                pairs.push_back(Entry::encode(field));
                pairs.push_back(Entry::encode(value));
                return true;
            }
        }
        let Self::Table(fields) = self else { return false };
        let value = StringRef::text(value);
        let hash = fields.hash(field);
        let was_live = fields.change_hashed(hash, field, |record| {
            let is_live = !record.is_expired(now);
            let deadline = match deadline {
                FieldDeadline::Kept if is_live => record.deadline(),
                FieldDeadline::At(deadline) => Some(deadline),
                _ => None,
            };
            record.assign(value, deadline, AccessClock::default());
            is_live
        });
        if was_live.is_none() {
            let deadline = match deadline {
                FieldDeadline::At(deadline) => Some(deadline),
                _ => None,
            };
            let record = Record::new(field, value, deadline, AccessClock::default());
            fields.insert_hashed(hash, record);
        }
        was_live != Some(true)
    }

    /// Removes a field. Returns `true` if it existed.
    pub fn remove(&mut self, field: &[u8], now: UnixMillis) -> bool {
        match self {
            Self::Listpack(pairs) => {
                pairs.as_ref().find(field, 1).is_some_and(|at| pairs.remove(at, 2) > 0)
            }
            Self::Table(fields) => {
                fields.remove(field).is_some_and(|record| !record.is_expired(now))
            }
            Self::Remains(_) => false,
        }
    }

    /// Sets or removes the deadline of an existing field.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<UnixMillis>, seed: Seed) {
        if deadline.is_some() {
            self.convert(seed);
        }
        if let Self::Table(fields) = self {
            fields.change(field, |record| record.set_deadline(deadline));
        }
    }

    /// Removes fields that have expired at `now`, and reports the name of each. Returns the number
    /// of fields visited: at least `budget` if more may be due.
    pub fn expire_due(
        &mut self,
        now: UnixMillis,
        budget: usize,
        removed: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let Self::Table(fields) = self else { return 0 };
        fields.expire_some(now, budget, &mut |field: Record| removed(field.key()))
    }

    /// Returns the name of the encoding, as in the reply of `OBJECT ENCODING`.
    #[must_use]
    pub const fn encoding_name(&self) -> &'static str {
        match self {
            Self::Listpack(_) => "listpack",
            _ => "hashtable",
        }
    }

    /// Returns the memory that the hash uses besides its own size, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Listpack(pairs) => allocated(pairs.capacity()),
            Self::Table(fields) => fields.memory_bytes(),
            Self::Remains(_) => 0,
        }
    }

    /// See [`Object::free_some`].
    pub fn free_some(&mut self, budget: usize) -> usize {
        if let Self::Table(fields) = self {
            let fields = core::mem::replace(&mut **fields, Table::new(Seed(0)));
            *self = Self::Remains(fields.dismantle());
        }
        let Self::Remains(remains) = self else { return 0 };
        remains.free_some(budget)
    }

    /// Converts the hash to a table.
    fn convert(&mut self, seed: Seed) {
        let Self::Listpack(pairs) = self else { return };
        let mut fields = Table::new(seed);
        let (mut field, mut value) = (itoa::Buffer::new(), itoa::Buffer::new());
        let mut entries = pairs.as_ref().iter();
        while let (Some(key), Some(text)) = (entries.next(), entries.next()) {
            let text = StringRef::text(text.text(&mut value));
            fields.insert(Record::new(key.text(&mut field), text, None, AccessClock::default()));
        }
        *self = Self::Table(Box::new(fields));
    }
}

impl Default for Hash {
    fn default() -> Self {
        Self::Listpack(Listpack::new())
    }
}

impl Collection for Hash {
    const TYPE: Type = Type::Hash;
    type Ref<'a> = HashRef<'a>;

    #[inline]
    fn view_packed(_: Packing, bytes: &[u8]) -> HashRef<'_> {
        HashRef::Listpack(ListpackRef::new(bytes))
    }

    #[inline]
    fn view(&self) -> HashRef<'_> {
        match self {
            Self::Listpack(pairs) => HashRef::Listpack(pairs.as_ref()),
            Self::Table(fields) => HashRef::Table(fields),
            Self::Remains(_) => unreachable!("no key leads to what is being freed"),
        }
    }

    fn unpack(_: Packing, bytes: Vec<u8>) -> Self {
        Self::Listpack(Listpack::from_bytes(bytes))
    }

    fn packed(&self) -> Option<(Packing, &[u8])> {
        match self {
            Self::Listpack(pairs) => Some((Packing::HashListpack, pairs.as_ref().bytes())),
            _ => None,
        }
    }

    fn into_value(self) -> Value<'static> {
        match self {
            Self::Listpack(pairs) => {
                Value::Packed(Packing::HashListpack, pairs.into_bytes().into())
            }
            large => Value::Object(Box::new(Object::Hash(large))),
        }
    }

    fn from_object(object: &Object) -> Option<&Self> {
        match object {
            Object::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    fn from_object_mut(object: &mut Object) -> Option<&mut Self> {
        match object {
            Object::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    fn is_drained(&self) -> bool {
        match self {
            Self::Listpack(pairs) => pairs.as_ref().is_empty(),
            Self::Table(fields) => fields.is_empty(),
            Self::Remains(_) => true,
        }
    }

    #[inline]
    fn earliest_deadline(&self) -> Option<UnixMillis> {
        match self {
            Self::Table(fields) => fields.earliest_deadline(),
            _ => None,
        }
    }
}

/// Returns a field of a table. Values are stored as bytes: most integers have fewer than eight
/// digits.
fn pair(record: &Record) -> Pair<'_> {
    (StringRef::text(record.key()), record.string())
}

fn string(entry: Entry<'_>) -> StringRef<'_> {
    match entry {
        Entry::Int(number) => StringRef::Int(number),
        Entry::Bytes(bytes) => StringRef::text(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::{collections::BTreeMap, format, vec};

    const LIMITS: HashLimits =
        HashLimits { listpack_entries: 20, listpack_value_bytes: 12, seed: Seed(3) };

    /// Values and deadlines by field.
    type Naive = BTreeMap<Vec<u8>, (Vec<u8>, Option<UnixMillis>)>;

    fn live(naive: &Naive, now: UnixMillis) -> Naive {
        let is_live = |deadline: Option<UnixMillis>| deadline.is_none_or(|at| at >= now);
        let live = naive.iter().filter(|(_, (_, deadline))| is_live(*deadline));
        live.map(|(field, rest)| (field.clone(), rest.clone())).collect()
    }

    fn assert_is(hash: &Hash, naive: &Naive, now: UnixMillis) {
        let (mut seen, naive) = (Naive::new(), live(naive, now));
        let view = hash.view();
        assert_eq!(view.len(now), naive.len());
        view.for_each(now, |(field, value)| {
            let (field, value) = (field.to_vec(), value.to_vec());
            assert_eq!(view.find(&field, now).map(|value| value.to_vec()), Some(value.clone()));
            let deadline = view.deadline(&field, now).expect("the field was just visited");
            assert!(seen.insert(field, (value, deadline)).is_none());
        });
        assert_eq!(seen, naive);
        let (mut cursor, mut scanned) = (0, 0);
        while {
            cursor = view.scan(cursor, now, &mut |_| scanned += 1).0;
            cursor != 0
        } {}
        assert_eq!(scanned, naive.len());
        let earliest = naive.values().filter_map(|(_, deadline)| *deadline).min();
        assert!(earliest.is_none_or(|at| hash.earliest_deadline().is_some_and(|due| due <= at)));
    }

    #[test]
    fn any_sequence_of_changes_matches_a_map() {
        let mut encodings = BTreeMap::<_, usize>::new();
        for seed in 0..60 {
            let mut random = Random::new(Seed(seed));
            let (mut hash, mut naive, mut now) = (Hash::default(), Naive::new(), UnixMillis(1000));
            let pool = [8, 30, 400][random.below(3)];
            let expires = seed % 3 == 0;
            for _ in 0..600 {
                let field = match random.below(pool) {
                    0 if pool == 400 => vec![b'f'; 13],
                    number if number % 2 == 0 => format!("{number}").into_bytes(),
                    number => format!("f{number}").into_bytes(),
                };
                let found = live(&naive, now).get(&field).cloned();
                let later = UnixMillis(now.0 + random.below(300) as u64);
                match random.below(10) {
                    0..=4 => {
                        let value = format!("{}", random.below(100_000) as i64 - 50).into_bytes();
                        let old = found.as_ref().and_then(|(_, deadline)| *deadline);
                        let (deadline, new) = match random.below(4) {
                            0 if expires => (FieldDeadline::At(later), Some(later)),
                            1 => (FieldDeadline::Kept, old),
                            _ => (FieldDeadline::Cleared, None),
                        };
                        let is_new = hash.set(&field, &value, deadline, now, &LIMITS);
                        assert_eq!(is_new, found.is_none());
                        naive.insert(field, (value, new));
                    }
                    5 | 6 => {
                        assert_eq!(hash.remove(&field, now), found.is_some());
                        naive.remove(&field);
                    }
                    7 if expires => {
                        if found.is_some() {
                            let deadline = (random.below(3) > 0).then_some(later);
                            hash.set_deadline(&field, deadline, LIMITS.seed);
                            naive.get_mut(&field).expect("the field exists").1 = deadline;
                        }
                    }
                    8 => now.0 += random.below(40) as u64,
                    _ => {
                        let len = naive.len();
                        let (budget, mut removed) = (1 + random.below(200), 0);
                        let seen = hash.expire_due(now, budget, &mut |_| removed += 1);
                        if hash.view().len(now) + removed == len {
                            naive = live(&naive, now);
                            assert!(removed == 0 || seen >= removed);
                        }
                    }
                }
                assert_is(&hash, &naive, now);
                assert_eq!(hash.is_drained(), hash.view().len(UnixMillis(0)) == 0);
            }
            *encodings.entry(hash.encoding_name()).or_default() += 1;
            let copy = hash.clone();
            let packed =
                hash.packed().map(|(packing, bytes)| Hash::unpack(packing, bytes.to_vec()));
            for other in [Some(copy), packed].into_iter().flatten() {
                assert_is(&other, &naive, now);
            }
        }
        assert!(encodings.len() == 2 && encodings.values().all(|&times| times > 5));
    }

    #[test]
    fn a_hash_of_any_size_is_freed_in_slices() {
        let mut hash = Hash::default();
        for i in 0..50_000_u32 {
            let field = i.to_le_bytes();
            let deadline = FieldDeadline::At(UnixMillis(u64::from(i % 2) * 1000));
            hash.set(&field, b"value", deadline, UnixMillis(0), &LIMITS);
        }
        let (mut slices, mut removed) = (0, 0);
        while hash.earliest_deadline().is_some_and(|due| due.0 < 5) {
            let seen = hash.expire_due(UnixMillis(5), 500, &mut |_| removed += 1);
            assert!(seen <= 500 + 104);
            slices += 1;
        }
        assert_eq!(removed, 25_000);
        assert!((50..=120).contains(&slices), "{slices}");
        let mut freed = 0;
        while {
            let more = hash.free_some(1000);
            freed += more;
            assert!(more <= 1104);
            more >= 1000
        } {}
        assert_eq!(freed, 25_000);
    }

    #[test]
    fn a_hash_is_a_listpack_up_to_its_limits() {
        let set = |fields: usize, field: &[u8], value: &[u8]| {
            let (mut hash, now) = (Hash::default(), UnixMillis(0));
            for i in 0..fields {
                hash.set(format!("{i}").as_bytes(), b"v", FieldDeadline::Cleared, now, &LIMITS);
            }
            hash.set(field, value, FieldDeadline::Cleared, now, &LIMITS);
            hash.encoding_name()
        };
        assert_eq!(set(19, b"f", &[b'v'; 12]), "listpack");
        assert_eq!(set(20, b"19", b"v"), "listpack");
        assert_eq!(set(20, b"f", b"v"), "hashtable");
        assert_eq!(set(0, b"f", &[b'v'; 13]), "hashtable");
        assert_eq!(set(0, &[b'f'; 13], b"v"), "hashtable");
        let mut hash = Hash::default();
        hash.expect(20, &LIMITS);
        assert_eq!(hash.encoding_name(), "listpack");
        hash.expect(21, &LIMITS);
        assert_eq!(hash.encoding_name(), "hashtable");
    }
}
