//! Random fields of a hash: `HRANDFIELD`.
//!
//! All fields are equally likely, and so are all selections of the same size.

use super::{HashRef, Pair, pair, string};
use crate::random::Random;
use crate::table::Table;
use crate::time::UnixMillis;
use crate::value::listpack::ListpackRef;
use crate::value::record::Record;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// If more than one in this many fields of a table is requested, iterating costs less than drawing
/// distinct fields.
const WALK_PART: usize = 3;

/// A draw from a table sorts one of its segments, which has this many fields on average; an
/// iteration sorts each segment once.
const FIELDS_A_DRAW: usize = 70;

impl<'a> HashRef<'a> {
    /// Returns a random field, or `None` if the hash is empty.
    #[must_use]
    pub fn random(self, random: &mut Random, now: UnixMillis) -> Option<Pair<'a>> {
        match self {
            Self::Listpack(pairs) => pairs.random(random, 2).map(|at| pair_at(pairs, at)),
            Self::Table(fields) if fields.expired_len(now) == 0 => fields.random(random).map(pair),
            Self::Table(_) => self.sample(random, 1, now).pop(),
        }
    }

    /// Returns `count` distinct random fields, or all if there are fewer.
    #[must_use]
    pub fn sample(self, random: &mut Random, count: usize, now: UnixMillis) -> Vec<Pair<'a>> {
        let len = self.len(now);
        match self {
            Self::Listpack(pairs) => {
                pairs.sample(random, count, 2).map(|at| pair_at(pairs, at)).collect()
            }
            Self::Table(fields) if count.saturating_mul(WALK_PART) < len && len == fields.len() => {
                draw_different(fields, random, count)
            }
            Self::Table(_) => {
                // A field is selected with the probability of wanted over remaining fields (Knuth's
                // algorithm S).
                let (mut wanted, mut left) = (count.min(len), len);
                let mut sample = Vec::with_capacity(wanted);
                self.for_each(now, |pair| {
                    if random.below(left) < wanted {
                        wanted -= 1;
                        sample.push(pair);
                    }
                    left -= 1;
                });
                sample
            }
        }
    }

    /// Draws `count` random fields, with repetition, until `each` breaks.
    pub fn draw(
        self,
        random: &mut Random,
        count: usize,
        now: UnixMillis,
        mut each: impl FnMut(Pair<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut draws = 0..count;
        match self {
            // What is found by walking is found for all draws at once.
            Self::Listpack(_) => {
                let mut all = Vec::with_capacity(self.len(now));
                self.for_each(now, |pair| all.push(pair));
                draws.try_for_each(|_| match all.get(random.below(all.len().max(1))) {
                    Some(one) => each(*one),
                    None => ControlFlow::Continue(()),
                })
            }
            Self::Table(fields)
                if count < fields.len() / FIELDS_A_DRAW && fields.expired_len(now) == 0 =>
            {
                draws.filter_map(|_| fields.random(random)).try_for_each(|one| each(pair(one)))
            }
            Self::Table(fields) => {
                let live: Vec<&Record> =
                    fields.iter().filter(|record| !record.is_expired(now)).collect();
                draws
                    .filter_map(|_| live.get(random.below(live.len().max(1))))
                    .try_for_each(|one| each(pair(one)))
            }
        }
    }
}

fn draw_different<'a>(
    fields: &'a Table<Record>,
    random: &mut Random,
    count: usize,
) -> Vec<Pair<'a>> {
    let (mut sample, mut seen) = (Vec::with_capacity(count), BTreeSet::new());
    while sample.len() < count
        && let Some(record) = fields.random(random)
    {
        if seen.insert(record.key()) {
            sample.push(pair(record));
        }
    }
    sample
}

/// Returns the field at a position of a listpack, and the value after it.
fn pair_at(pairs: ListpackRef<'_>, at: usize) -> Pair<'_> {
    let mut entries = pairs.iter_from(at);
    let mut next = || entries.next().map(string).expect("every field is followed by its value");
    (next(), next())
}

#[cfg(test)]
mod tests {
    use super::super::{FieldDeadline, Hash, HashLimits};
    use crate::random::{Random, Seed};
    use crate::time::UnixMillis;
    use crate::value::Collection;
    use alloc::collections::{BTreeMap, BTreeSet};
    use alloc::{format, vec::Vec};
    use core::ops::ControlFlow;

    const NOW: UnixMillis = UnixMillis(1000);

    /// Returns a hash with `live` live and `dead` expired fields.
    fn hash(live: usize, dead: usize, entries: usize) -> Hash {
        let limits =
            HashLimits { listpack_entries: entries, listpack_value_bytes: 64, seed: Seed(1) };
        let mut hash = Hash::default();
        for i in 0..live {
            let field = format!("live:{i}");
            hash.set(field.as_bytes(), b"v", FieldDeadline::Cleared, NOW, &limits);
        }
        for i in 0..dead {
            let past = FieldDeadline::At(UnixMillis(1));
            hash.set(format!("dead:{i}").as_bytes(), b"v", past, NOW, &limits);
        }
        hash
    }

    #[test]
    fn samples_are_distinct_live_and_fair() {
        let mut random = Random::new(Seed(5));
        for (live, dead, entries) in [(40, 0, 100), (40, 0, 0), (40, 30, 0), (300, 0, 0)] {
            let hash = hash(live, dead, entries);
            let view = hash.view();
            let mut drawn = BTreeMap::<Vec<u8>, u32>::new();
            let rounds = 30 * live;
            for _ in 0..rounds {
                for count in [1, live / 2, 3] {
                    let sample = view.sample(&mut random, count, NOW);
                    let fields: BTreeSet<_> = sample.iter().map(|one| one.0.to_vec()).collect();
                    assert_eq!((fields.len(), sample.len()), (count, count));
                    fields.into_iter().for_each(|field| *drawn.entry(field).or_default() += 1);
                }
                let draws = view.draw(&mut random, 2, NOW, |(field, _)| {
                    *drawn.entry(field.to_vec()).or_default() += 1;
                    ControlFlow::Continue(())
                });
                assert!(draws.is_continue());
                let one = view.random(&mut random, NOW).map(|one| one.0.to_vec());
                *drawn.entry(one.expect("there are fields")).or_default() += 1;
            }
            assert_eq!(drawn.len(), live);
            let expected = (30 * (7 + live / 2)) as f64;
            let is_near =
                |&times: &u32| (f64::from(times) - expected).abs() < 6.0 * expected.sqrt();
            assert!(drawn.values().all(is_near), "{drawn:?} of {expected}");
            assert_eq!(view.sample(&mut random, 10_000, NOW).len(), live);
        }
        assert!(hash(0, 5, 0).view().random(&mut random, NOW).is_none());
    }
}
