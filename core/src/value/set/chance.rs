//! Random members: `SPOP`, `SRANDMEMBER`.
//!
//! All members are equally likely, and so are all selections of the same size. A single member is
//! drawn by its index or from the table. Several distinct members are selected in one iteration, in
//! which each is selected with the probability of wanted over remaining members (Knuth's algorithm
//! S). A few among many are drawn repeatedly instead, until they are distinct.

use super::super::Collection;
use super::{Entry, Set, SetRef};
use crate::random::Random;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// If more than one in this many members of a table is requested, iterating costs less than
/// drawing.
const WALK_PART: usize = 3;

impl<'a> SetRef<'a> {
    /// Returns a random member, or `None` if the set is empty.
    #[must_use]
    pub fn random(self, random: &mut Random) -> Option<Entry<'a>> {
        match self {
            Self::Intset(integers) => integers.random(random).map(Entry::Int),
            Self::Listpack(members) => members.random(random, 1).map(|at| members.get(at)),
            Self::Table(table) => table.random(random).map(|member| Entry::Bytes(member.bytes())),
        }
    }

    /// Returns `count` distinct random members, or all if there are fewer.
    #[must_use]
    pub fn sample(self, random: &mut Random, count: usize) -> Vec<Entry<'a>> {
        let mut lots = Lots { wanted: count.min(self.len()), left: self.len() };
        if let Self::Table(table) = self
            && count.saturating_mul(WALK_PART) < table.len()
        {
            let (mut sample, mut seen) = (Vec::with_capacity(count), BTreeSet::new());
            while sample.len() < count
                && let Some(member) = table.random(random)
            {
                if seen.insert(member.bytes()) {
                    sample.push(Entry::Bytes(member.bytes()));
                }
            }
            return sample;
        }
        self.iter().filter(|_| lots.draw(random)).collect()
    }

    /// Draws `count` random members, each of which may come several times, until `each` breaks.
    pub fn draw(
        self,
        random: &mut Random,
        count: usize,
        mut each: impl FnMut(Entry<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if let Self::Listpack(members) = self {
            // Finding an index takes an iteration, so iterate once for all.
            let members: Vec<_> = members.iter().collect();
            let mut drawn =
                (0..count).filter_map(|_| members.get(random.below(members.len())).copied());
            return drawn.try_for_each(each);
        }
        (0..count).filter_map(|_| self.random(random)).try_for_each(&mut each)
    }
}

impl Set {
    /// Removes `count` random members, or all if there are fewer, and passes them to `each`.
    pub fn pop(&mut self, random: &mut Random, count: usize, mut each: impl FnMut(Entry<'_>)) {
        let len = self.view().len();
        let mut lots = Lots { wanted: count.min(len), left: len };
        let mut stays = |member: Entry<'_>| {
            let is_drawn = lots.draw(random);
            if is_drawn {
                each(member);
            }
            !is_drawn
        };
        match self {
            Self::Intset(integers) if count == 1 => {
                let drawn = integers.remove_at(random.below(len));
                drawn.map(Entry::Int).into_iter().for_each(each);
            }
            Self::Listpack(members) if count == 1 => {
                if let Some(at) = members.as_ref().random(random, 1) {
                    each(members.as_ref().get(at));
                    members.remove(at, 1);
                }
            }
            Self::Intset(integers) => {
                *integers = integers
                    .as_ref()
                    .iter()
                    .filter(|integer| stays(Entry::Int(*integer)))
                    .collect();
            }
            Self::Listpack(members) => {
                *members = members.as_ref().iter().filter(|member| stays(*member)).collect();
            }
            Self::Table(table) => {
                for _ in 0..count.min(len) {
                    if let Some(member) = table.pop_random(random) {
                        each(Entry::Bytes(member.bytes()));
                    }
                }
            }
            Self::Remains(_) => {}
        }
    }
}

/// Selects `wanted` of `left` members, one decision at a time.
struct Lots {
    wanted: usize,
    left: usize,
}

impl Lots {
    fn draw(&mut self, random: &mut Random) -> bool {
        let wins = random.below(self.left) < self.wanted;
        self.left -= 1;
        self.wanted -= usize::from(wins);
        wins
    }
}
