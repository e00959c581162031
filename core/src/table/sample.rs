//! Random samples of entries, from which eviction chooses.
//!
//! All entries of a sample come from one segment, so that drawing them costs few cache misses. A
//! segment is drawn with the probability that a random entry is in it. A segment lists its entries
//! roughly by age, so its places are visited in steps of about 0.6 of its length: even the entries
//! of a small sample are far apart in age.

use super::{Entry, Table, expiry::NEVER, prefetch::prefetch};
use crate::random::Random;
use core::iter;

impl<E: Entry> Table<E> {
    /// Passes up to `count` entries to `visit`; if `expiring`, only entries that have a deadline.
    pub fn sample(
        &mut self,
        count: usize,
        expiring: bool,
        random: &mut Random,
        visit: &mut dyn FnMut(&E),
    ) {
        if expiring && self.deadlines.count == 0 {
            return;
        }
        let Some((mut id, start)) = self.random_place(random) else { return };
        loop {
            let segment = &self.segments[id];
            let entry = |place: &usize| segment.at(*place, &self.hasher);
            let places = places(start, segment.len());
            places.clone().take(count).filter_map(|place| entry(&place)).for_each(fetch);
            let mut drawn = 0;
            for entry in places.filter_map(|place| entry(&place)) {
                if !expiring || entry.deadline().is_some() {
                    visit(entry);
                    drawn += 1;
                }
                if drawn == count {
                    return;
                }
            }
            if drawn > 0 {
                return;
            }
            // No entry here has a deadline any more, but something within an entry may have one.
            let due = segment.iter().filter_map(Entry::due).min();
            self.schedule.set(id, due.unwrap_or(NEVER));
            id = self.schedule.next_timed(id + 1, self.segments.len() as u32);
        }
    }
}

fn fetch<E: Entry>(entry: &E) {
    prefetch(entry.address());
}

/// Returns all places below `len`, beginning with `start`.
fn places(start: usize, len: usize) -> impl Iterator<Item = usize> + Clone {
    let is_coprime = |step: &usize| gcd(*step, len) == 1;
    let step = (1..=len * 5 / 8).rev().find(is_coprime).unwrap_or(1);
    iter::successors(Some(start % len.max(1)), move |place| Some((place + step) % len)).take(len)
}

const fn gcd(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::super::tests::put;
    use super::*;
    use crate::random::Seed;
    use alloc::{collections::BTreeSet, format, vec::Vec};

    #[test]
    fn every_place_is_visited_once_and_the_first_few_are_far_apart() {
        for len in 0..130 {
            let visited: Vec<_> = places(3, len).collect();
            assert_eq!(visited.iter().collect::<BTreeSet<_>>().len(), len);
            let few: BTreeSet<_> = visited.into_iter().take(5).collect();
            let gaps = few.iter().zip(few.iter().skip(1)).map(|(a, b)| b - a);
            assert!(len < 16 || gaps.min() >= Some(len / 16), "{len}: {few:?}");
        }
    }

    #[test]
    fn a_sample_has_the_requested_entries() {
        let (mut table, mut random) = (Table::new(Seed(1)), Random::new(Seed(2)));
        for i in 0..20_000 {
            // Few entries have a deadline, and most of these lose it.
            put(&mut table, &format!("{i}"), (i % 100 == 0).then_some(i));
            if i % 100 == 0 && i > 500 {
                put(&mut table, &format!("{i}"), None);
            }
        }
        let (mut all, mut expiring) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..20_000 {
            let mut drawn = 0;
            table.sample(5, false, &mut random, &mut |entry| {
                all.insert(entry.key().to_vec());
                drawn += 1;
            });
            assert_eq!(drawn, 5);
            table.sample(5, true, &mut random, &mut |entry| {
                assert!(entry.deadline().is_some());
                expiring.insert(entry.key().to_vec());
            });
        }
        assert_eq!((all.len() > 19_500, expiring.len()), (true, 6));
    }
}
