//! Sorted sets: small or large, edits have the same effect as on a sorted vector.

use core::ops::Bound;

use redstart_core::{
    random::Seed,
    value::{
        Collection,
        listpack::ListpackRef,
        sorted_set::{SortedSet, SortedSetLimits, SortedSetRef, Update},
    },
};

use super::Source;

/// Members by score, then by their bytes.
type Naive = Vec<(f64, Vec<u8>)>;

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let limits = SortedSetLimits {
        listpack_entries: source.pick(&[0, 4, 40, 1_000]),
        listpack_value_bytes: source.pick(&[1, 8, 64]),
        seed: Seed(1),
    };
    let (mut set, mut naive) = (SortedSet::default(), Naive::new());
    while !source.is_empty() {
        step(&mut source, &limits, &mut set, &mut naive);
        assert_eq!(set.view().len(), naive.len());
    }
    assert_same(&set, &naive);
    while set.free_some(50) >= 50 {}
}

fn step(source: &mut Source<'_>, limits: &SortedSetLimits, set: &mut SortedSet, naive: &mut Naive) {
    match source.below(16) {
        0 => {
            let member = member(source);
            let score = naive.iter().find(|(_, known)| *known == member).map(|(score, _)| *score);
            assert_eq!(set.remove(&member), score);
            naive.retain(|(_, known)| *known != member);
        }
        1 => {
            let start = source.below(256).min(naive.len());
            let end = start + source.below(8).min(naive.len() - start);
            set.remove_range(start..end);
            naive.drain(start..end);
        }
        2 => {
            // In order, so that leaves fill up.
            let (from, count) = (source.below(256), source.below(256));
            for at in from..from + count {
                insert(set, naive, limits, format!("{at}").as_bytes(), at as f64);
            }
        }
        3 => {
            let (min, max) = (score_bound(source), score_bound(source));
            let is_in = |score: f64| {
                (match min {
                    Bound::Included(min) => score >= min,
                    Bound::Excluded(min) => score > min,
                    Bound::Unbounded => true,
                }) && match max {
                    Bound::Included(max) => score <= max,
                    Bound::Excluded(max) => score < max,
                    Bound::Unbounded => true,
                }
            };
            let ranks = set.view().ranks_by_score(min, max);
            let expected = naive.iter().filter(|(score, _)| is_in(*score)).count();
            assert_eq!(ranks.len(), expected);
            assert!(naive[ranks].iter().all(|(score, _)| is_in(*score)));
        }
        4 => {
            let start = source.below(256).min(naive.len());
            let end = start + source.below(256).min(naive.len() - start);
            let (mut range, mut expected) =
                (set.view().range(start..end), naive[start..end].iter());
            loop {
                let from_end = source.below(2) == 1;
                let got = if from_end { range.next_back() } else { range.next() };
                let wanted = if from_end { expected.next_back() } else { expected.next() };
                assert_eq!(got.map(|(s, m)| (s, m.to_vec())), wanted.cloned());
                if wanted.is_none() {
                    break;
                }
            }
        }
        5 => {
            let member = member(source);
            let rank = naive.iter().position(|(_, known)| *known == member);
            assert_eq!(set.view().rank(&member), rank.map(|rank| (rank, naive[rank].0)));
            assert_eq!(set.view().score(&member), rank.map(|rank| naive[rank].0));
        }
        6 => {
            let copy = set.clone();
            insert(set, &mut naive.clone(), limits, b"only in one", 1.0);
            assert_same(&copy, naive);
            *set = copy;
        }
        7 if source.below(16) == 0 => drop(set.grow(limits.seed)),
        _ => {
            let (member, score) = (member(source), score(source));
            insert(set, naive, limits, &member, score);
        }
    }
}

fn insert(
    set: &mut SortedSet,
    naive: &mut Naive,
    limits: &SortedSetLimits,
    member: &[u8],
    score: f64,
) {
    let old = naive.iter().position(|(_, known)| known == member).map(|at| naive.remove(at));
    let expected = match &old {
        None => Update::Added,
        Some((old, _)) if *old == score => Update::Unchanged,
        Some(_) => Update::Rescored,
    };
    assert_eq!(set.insert(member, score, limits), expected);
    let at = naive.partition_point(|(s, m)| (*s, m.as_slice()) < (score, member));
    naive.insert(at, (score, member.to_vec()));
}

fn assert_same(set: &SortedSet, naive: &Naive) {
    assert!(set.view().iter().map(|(s, m)| (s, m.to_vec())).eq(naive.iter().cloned()));
    if let SortedSetRef::Listpack(list) = set.view() {
        assert!(ListpackRef::of_dump(&list.dump()).is_some());
    }
}

/// Returns one of a few members, so that they repeat.
fn member(source: &mut Source<'_>) -> Vec<u8> {
    match source.below(4) {
        0 => vec![b'a' + source.below(8) as u8; source.below(12)],
        1 => vec![b'x'; 250 + source.below(10)],
        _ => format!("{}", source.below(256)).into_bytes(),
    }
}

fn score(source: &mut Source<'_>) -> f64 {
    match source.below(4) {
        0 => source.pick(&[0.0, -0.0, 0.1, f64::INFINITY, f64::NEG_INFINITY, 1e300, 5e-324]),
        1 => source.below(4) as f64,
        _ => source.below(256) as f64 / 4.0,
    }
}

fn score_bound(source: &mut Source<'_>) -> Bound<f64> {
    match source.below(3) {
        0 => Bound::Unbounded,
        1 => Bound::Included(score(source)),
        _ => Bound::Excluded(score(source)),
    }
}
