//! Sets of distinct members.
//!
//! A small set of integers is an [`intset`]; any other small set is a [`listpack`] of its members
//! in insertion order. A large set is a table of blocks with one member each, like a database: it
//! grows, shrinks and is iterated in small steps. A set that has grown keeps its form when it
//! shrinks.
//!
//! In every form, a member is borrowed as an [`Entry`]: an integer, or bytes. A caller may query
//! with bytes that spell an integer.

mod algebra;
mod chance;
mod member;

pub use algebra::{difference, intersection, union};
pub use member::Member;

use super::intset::{self, Intset, IntsetRef};
use super::listpack::{self, Entry, Listpack, ListpackRef};
use super::{Collection, Object, Packing, Type, Value};
use crate::memory::allocated;
use crate::random::Seed;
use crate::table::{Remains, Table};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A set.
#[derive(Clone, Debug)]
pub enum Set {
    /// A small set of integers.
    Intset(Intset),
    /// Any other small set.
    Listpack(Listpack),
    /// Any other set.
    Table(Box<Table<Member>>),
    /// A set that is being freed.
    Remains(Remains<Member>),
}

/// A read-only set.
#[derive(Clone, Copy, Debug)]
pub enum SetRef<'a> {
    /// A small set of integers.
    Intset(IntsetRef<'a>),
    /// Any other small set.
    Listpack(ListpackRef<'a>),
    /// Any other set.
    Table(&'a Table<Member>),
}

/// The limits of small sets, and the seed of tables.
#[derive(Clone, Copy, Debug)]
pub struct SetLimits {
    /// The value of `set-max-intset-entries`.
    pub intset_entries: usize,
    /// The value of `set-max-listpack-entries`.
    pub listpack_entries: usize,
    /// The value of `set-max-listpack-value`, in bytes.
    pub listpack_value_bytes: usize,
    /// The seed that determines the order of a table.
    pub seed: Seed,
}

impl<'a> SetRef<'a> {
    /// Returns the number of members.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Intset(integers) => integers.len(),
            Self::Listpack(members) => members.len(),
            Self::Table(table) => table.len(),
        }
    }

    /// Returns `true` if there are no members.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if the set contains `member`.
    #[inline]
    #[must_use]
    pub fn contains(self, member: Entry<'_>) -> bool {
        match self {
            Self::Intset(integers) => {
                member.to_i64().is_some_and(|integer| integers.contains(integer))
            }
            Self::Listpack(members) => members.find_entry(member, 0).is_some(),
            Self::Table(table) => table.find(member.text(&mut itoa::Buffer::new())).is_some(),
        }
    }

    /// Returns the members: in ascending order, in insertion order, or by hash.
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        match self {
            Self::Intset(integers) => Iter::Intset(integers.iter()),
            Self::Listpack(members) => Iter::Listpack(members.iter()),
            Self::Table(table) => Iter::Table(Box::new(table.iter())),
        }
    }
}

/// An iterator over the members of a set.
#[expect(missing_debug_implementations, reason = "the iterator of a table has none")]
pub enum Iter<'a> {
    /// The members of an intset.
    Intset(intset::Iter<'a>),
    /// The members of a listpack.
    Listpack(listpack::Iter<'a>),
    /// The members of a table.
    Table(Box<dyn Iterator<Item = &'a Member> + 'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        match self {
            Self::Intset(integers) => integers.next().map(Entry::Int),
            Self::Listpack(members) => members.next(),
            Self::Table(members) => members.next().map(|member| Entry::Bytes(member.bytes())),
        }
    }
}

impl Set {
    /// Prepares for adding `count` members, including `first`: an empty set takes the form that
    /// suits them, and a small one that has no room for so many becomes large immediately.
    pub fn expect(&mut self, first: &[u8], count: usize, limits: &SetLimits) {
        if self.view().is_empty() {
            *self = match Entry::encode(first) {
                Entry::Int(_) if count <= limits.intset_entries => Self::default(),
                _ if count <= limits.listpack_entries => Self::Listpack(Listpack::new()),
                _ => Self::Table(Box::new(Table::new(limits.seed))),
            };
            return;
        }
        let is_too_many = match self {
            Self::Intset(_) => count > limits.intset_entries,
            Self::Listpack(_) => count > limits.listpack_entries,
            _ => false,
        };
        if is_too_many {
            self.make_table(limits.seed);
        }
    }

    /// Adds a member. Returns `true` if it is new.
    pub fn insert(&mut self, member: Entry<'_>, limits: &SetLimits) -> bool {
        match self {
            Self::Intset(integers) => {
                if let Some(integer) = member.to_i64() {
                    let is_new = integers.insert(integer);
                    if integers.as_ref().len() > limits.intset_entries {
                        self.make_table(limits.seed);
                    }
                    return is_new;
                }
                let widest = [integers.as_ref().min(), integers.as_ref().max()]
                    .map(|integer| integer.map_or(0, |integer| Entry::Int(integer).text_len()));
                let longest = member.text_len().max(widest[0]).max(widest[1]);
                if integers.as_ref().len() < limits.listpack_entries
                    && longest <= limits.listpack_value_bytes
                {
                    let mut members = Listpack::from_iter(integers.as_ref().iter().map(Entry::Int));
                    members.push_back(member);
                    *self = Self::Listpack(members);
                } else {
                    self.make_table(limits.seed).insert(Member::new(member));
                }
                true
            }
            Self::Listpack(members) => {
                if members.as_ref().find_entry(member, 0).is_some() {
                    return false;
                }
                if members.as_ref().len() < limits.listpack_entries
                    && member.text_len() <= limits.listpack_value_bytes
                    && members.is_safe_to_add(member.size_bytes())
                {
                    members.push_back(member.encoded());
                } else {
                    self.make_table(limits.seed).insert(Member::new(member));
                }
                true
            }
            Self::Table(table) => {
                let mut digits = itoa::Buffer::new();
                let text = member.text(&mut digits);
                let hash = table.hash(text);
                table.insert_new_hashed(hash, text, || Member::new(Entry::Bytes(text)))
            }
            Self::Remains(_) => unreachable!("a set that is being freed is not edited"),
        }
    }

    /// Removes a member. Returns `true` if it was present.
    pub fn remove(&mut self, member: Entry<'_>) -> bool {
        match self {
            Self::Intset(integers) => {
                member.to_i64().is_some_and(|integer| integers.remove(integer))
            }
            Self::Listpack(members) => {
                let at = members.as_ref().find_entry(member, 0);
                at.is_some_and(|at| members.remove(at, 1) > 0)
            }
            Self::Table(table) => table.remove(member.text(&mut itoa::Buffer::new())).is_some(),
            Self::Remains(_) => false,
        }
    }

    /// Converts a set that has only integers into an intset, if it is not too large for one.
    pub fn settle_for_integers(&mut self, limits: &SetLimits) {
        if !matches!(self, Self::Intset(_)) && self.view().len() <= limits.intset_entries {
            let integers: Option<Intset> = self.view().iter().map(Entry::to_i64).collect();
            if let Some(integers) = integers {
                *self = Self::Intset(integers);
            }
        }
    }

    /// Returns the name of the encoding, as `OBJECT ENCODING` replies it.
    #[must_use]
    pub const fn encoding_name(&self) -> &'static str {
        match self {
            Self::Intset(_) => "intset",
            Self::Listpack(_) => "listpack",
            _ => "hashtable",
        }
    }

    /// Returns the size in bytes of what the set points to.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Intset(integers) => allocated(integers.capacity()),
            Self::Listpack(members) => allocated(members.capacity()),
            Self::Table(table) => table.memory_bytes(),
            Self::Remains(_) => 0,
        }
    }

    /// See [`Object::free_some`].
    pub fn free_some(&mut self, budget: usize) -> usize {
        if let Self::Table(table) = self {
            let table = core::mem::replace(&mut **table, Table::new(Seed(0)));
            *self = Self::Remains(table.dismantle());
        }
        let Self::Remains(remains) = self else { return 0 };
        remains.free_some(budget)
    }

    /// Converts the set into a table.
    fn make_table(&mut self, seed: Seed) -> &mut Table<Member> {
        if !matches!(self, Self::Table(_)) {
            let mut table = Table::new(seed);
            for member in self.view().iter() {
                table.insert(Member::new(member));
            }
            *self = Self::Table(Box::new(table));
        }
        match self {
            Self::Table(table) => table,
            _ => unreachable!("the set has just become a table"),
        }
    }
}

/// An empty set is an intset, which can still be converted into any other form.
impl Default for Set {
    fn default() -> Self {
        Self::Intset(Intset::new())
    }
}

impl Collection for Set {
    const TYPE: Type = Type::Set;
    type Ref<'a> = SetRef<'a>;

    #[inline]
    fn view_packed(packing: Packing, bytes: &[u8]) -> SetRef<'_> {
        match packing {
            Packing::SetIntset => SetRef::Intset(IntsetRef::new(bytes)),
            _ => SetRef::Listpack(ListpackRef::new(bytes)),
        }
    }

    #[inline]
    fn view(&self) -> SetRef<'_> {
        match self {
            Self::Intset(integers) => SetRef::Intset(integers.as_ref()),
            Self::Listpack(members) => SetRef::Listpack(members.as_ref()),
            Self::Table(table) => SetRef::Table(table),
            Self::Remains(_) => unreachable!("a set that is being freed has no key"),
        }
    }

    fn unpack(packing: Packing, bytes: Vec<u8>) -> Self {
        match packing {
            Packing::SetIntset => Self::Intset(Intset::from_bytes(bytes)),
            _ => Self::Listpack(Listpack::from_bytes(bytes)),
        }
    }

    fn packed(&self) -> Option<(Packing, &[u8])> {
        match self {
            Self::Intset(integers) => Some((Packing::SetIntset, integers.as_ref().bytes())),
            Self::Listpack(members) => Some((Packing::SetListpack, members.as_ref().bytes())),
            _ => None,
        }
    }

    fn into_value(self) -> Value<'static> {
        match self {
            Self::Intset(integers) => {
                Value::Packed(Packing::SetIntset, integers.into_bytes().into())
            }
            Self::Listpack(members) => {
                Value::Packed(Packing::SetListpack, members.into_bytes().into())
            }
            large => Value::Object(Box::new(Object::Set(large))),
        }
    }

    fn from_object(object: &Object) -> Option<&Self> {
        match object {
            Object::Set(set) => Some(set),
            _ => None,
        }
    }

    fn from_object_mut(object: &mut Object) -> Option<&mut Self> {
        match object {
            Object::Set(set) => Some(set),
            _ => None,
        }
    }

    fn is_drained(&self) -> bool {
        match self {
            Self::Remains(_) => true,
            _ => self.view().is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::collections::{BTreeMap, BTreeSet};
    use alloc::string::ToString;
    use core::ops::ControlFlow;

    const LIMITS: SetLimits = SetLimits {
        intset_entries: 20,
        listpack_entries: 12,
        listpack_value_bytes: 6,
        seed: Seed(7),
    };

    fn member(random: &mut Random) -> Vec<u8> {
        match random.below(60) {
            0 => b"a text that is long".to_vec(),
            1..=8 => alloc::vec![b'a' + random.below(20) as u8; 1 + random.below(6)],
            _ => (random.below(60) as i64 - 20).to_string().into_bytes(),
        }
    }

    fn members(set: SetRef<'_>) -> BTreeSet<Vec<u8>> {
        let all: Vec<_> = set.iter().map(Entry::to_vec).collect();
        let distinct: BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!((all.len(), set.len()), (distinct.len(), distinct.len()));
        distinct
    }

    /// Returns a set in the form that a series of commands leaves it in.
    fn some_set(random: &mut Random) -> (Set, BTreeSet<Vec<u8>>) {
        let (mut set, mut naive) = (Set::default(), BTreeSet::new());
        for _ in 0..random.below(40) {
            let new = member(random);
            if naive.is_empty() {
                set.expect(&new, random.below(30), &LIMITS);
            }
            assert_eq!(set.insert(Entry::Bytes(&new), &LIMITS), naive.insert(new));
        }
        (set, naive)
    }

    #[test]
    fn edits_match_those_of_a_btree_set() {
        let mut random = Random::new(Seed(1));
        let mut seen = BTreeMap::<_, usize>::new();
        for _ in 0..2_000 {
            let (mut set, mut naive) = some_set(&mut random);
            *seen.entry(set.encoding_name()).or_default() += 1;
            for _ in 0..random.below(10) {
                let old = member(&mut random);
                assert_eq!(set.view().contains(Entry::Bytes(&old)), naive.contains(&old));
                assert_eq!(set.remove(Entry::encode(&old)), naive.remove(&old));
            }
            assert_eq!(members(set.view()), naive);
            let count = random.below(naive.len() + 2);
            let mut popped = 0;
            set.pop(&mut random, count, |member| {
                assert!(naive.remove(&member.to_vec()));
                popped += 1;
            });
            assert_eq!(popped, count.min(popped + naive.len()));
            assert_eq!(members(set.view()), naive);
            set.settle_for_integers(&LIMITS);
            assert_eq!(members(set.view()), naive);
        }
        assert!(seen.len() == 3 && seen.values().all(|&times| times > 100), "{seen:?}");
    }

    #[test]
    fn a_set_is_small_up_to_its_limits() {
        let filled = |members: &[&str]| {
            let mut set = Set::default();
            set.expect(members[0].as_bytes(), 1, &LIMITS);
            for member in members {
                set.insert(Entry::Bytes(member.as_bytes()), &LIMITS);
            }
            set.encoding_name()
        };
        let numbers: Vec<_> = (1..=21).map(|number: i32| number.to_string()).collect();
        let numbers: Vec<_> = numbers.iter().map(|number| &**number).collect();
        assert_eq!(filled(&numbers[..20]), "intset");
        assert_eq!(filled(&numbers), "hashtable");
        assert_eq!(filled(&["1", "2", "x"]), "listpack");
        assert_eq!(filled(&["1", "2", "1234567", "x"]), "hashtable");
        assert_eq!(filled(&["x", "1234567"]), "hashtable");
        assert_eq!(filled(&["x", "123456", "abcdef"]), "listpack");
        assert_eq!(filled(&["1", "abcdefg"]), "hashtable");
        assert_eq!(filled(&[&["x"], &numbers[..11]].concat()), "listpack");
        assert_eq!(filled(&[&["x"], &numbers[..12]].concat()), "hashtable");
        assert_eq!(filled(&[&numbers[..11], &["x"]].concat()), "listpack");
        assert_eq!(filled(&[&numbers[..12], &["x"]].concat()), "hashtable");
        for (first, count, form) in [
            ("1", 20, "intset"),
            ("1", 21, "hashtable"),
            ("x", 12, "listpack"),
            ("x", 13, "hashtable"),
        ] {
            let mut set = Set::default();
            set.expect(first.as_bytes(), count, &LIMITS);
            assert_eq!(set.encoding_name(), form);
        }
    }

    #[test]
    fn set_algebra_matches_that_of_btree_sets() {
        let mut random = Random::new(Seed(2));
        for round in 0..3_000 {
            let most = if round % 10 == 0 { 12 } else { 4 };
            let sets: Vec<_> = (0..1 + random.below(most)).map(|_| some_set(&mut random)).collect();
            let views: Vec<_> = sets.iter().map(|(set, _)| set.view()).collect();
            let (first, others) = sets.split_first().unwrap();
            let mut united = Vec::new();
            union(&views, &LIMITS, |member| united.push(member.to_vec()));
            let len = united.len();
            let naive: BTreeSet<_> = sets.iter().flat_map(|(_, naive)| naive.clone()).collect();
            assert_eq!(united.into_iter().collect::<BTreeSet<_>>(), naive);
            assert_eq!(naive.len(), len);
            let different = members(difference(views[0], &views[1..], &LIMITS).view());
            let is_in = |member: &&Vec<u8>| others.iter().any(|(_, other)| other.contains(*member));
            assert!(first.1.iter().filter(|member| !is_in(member)).eq(&different));
            let common: BTreeSet<_> = intersection(&mut views.clone()).map(Entry::to_vec).collect();
            let in_all =
                |member: &&Vec<u8>| others.iter().all(|(_, other)| other.contains(*member));
            assert!(first.1.iter().filter(in_all).eq(&common));
        }
    }

    /// Draws often enough for a significant statistic, and checks that all members are equally
    /// likely.
    fn assert_fair(len: usize, mut draw: impl FnMut(&mut dyn FnMut(Entry<'_>))) {
        let mut times = BTreeMap::<_, u32>::new();
        let mut draws = 0;
        while draws < 200 * len {
            draw(&mut |member| {
                *times.entry(member.to_vec()).or_default() += 1;
                draws += 1;
            });
        }
        assert_eq!(times.len(), len);
        let expected = draws as f64 / len as f64;
        let chi_squared: f64 =
            times.values().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        // The mean is the number of degrees of freedom and the standard deviation the square root
        // of twice that; the limit is 4.5 standard deviations.
        let (mean, deviation) = ((len - 1) as f64, (2.0 * (len - 1) as f64).sqrt());
        assert!(chi_squared < mean + 4.5 * deviation, "{chi_squared} for {len} members");
    }

    #[test]
    fn all_members_are_equally_likely() {
        let mut random = Random::new(Seed(3));
        let intset: Vec<_> = (0..20).collect();
        let of = |numbers: &[i64], text: Option<&[u8]>| {
            let mut set = Set::default();
            text.map(|text| set.insert(Entry::Bytes(text), &LIMITS));
            for number in numbers {
                set.insert(Entry::Int(*number), &LIMITS);
            }
            set
        };
        let large: Vec<_> = (0..400).collect();
        let sets = [of(&intset, None), of(&intset[..9], Some(b"x")), of(&large, Some(b"x"))];
        for (set, form) in sets.into_iter().zip(["intset", "listpack", "hashtable"]) {
            assert_eq!(set.encoding_name(), form);
            let len = set.view().len();
            assert_fair(len, |each| set.view().random(&mut random).into_iter().for_each(each));
            assert_fair(len, |each| {
                let drawn = set.view().draw(&mut random, 7, |member| {
                    each(member);
                    ControlFlow::Continue(())
                });
                assert!(drawn.is_continue());
            });
            for count in [1, 2, len / 5, len / 2, len - 1] {
                assert_fair(len, |each| {
                    let sample = set.view().sample(&mut random, count);
                    assert_eq!(sample.len(), count);
                    sample.into_iter().for_each(each);
                });
                assert_fair(len, |each| set.clone().pop(&mut random, count, each));
            }
        }
    }

    #[test]
    fn a_large_set_is_freed_in_slices() {
        let mut set = Set::default();
        set.expect(b"x", 1000, &LIMITS);
        assert!((0..1000).all(|number| set.insert(Entry::Int(number), &LIMITS)));
        let freed = set.free_some(100);
        assert!((100..300).contains(&freed));
        assert_eq!(freed + set.free_some(10_000), 1000);
        assert_eq!(set.free_some(1), 0);
    }
}
