//! Intersection, union and difference of sets.

use super::super::Compound;
use super::{Entry, Set, SetLimits, SetRef};
use crate::sort;

/// Up to so many sets, asking whether a member was in one before is less work than to remember it.
const SETS_ASKED: usize = 8;

/// The members that all sets have: those of the smallest that the others have too. There must be a set.
pub fn intersection<'a>(sets: &mut [SetRef<'a>]) -> impl Iterator<Item = Entry<'a>> {
    sort::stable_by(sets, |one, other| one.len().cmp(&other.len()));
    let (smallest, others) = sets.split_first().expect("a command names at least one key");
    smallest.iter().filter(|member| others.iter().all(|other| other.contains(*member)))
}

/// The members that any of the sets has, each once.
pub fn union(sets: &[SetRef<'_>], limits: &SetLimits, mut each: impl FnMut(Entry<'_>)) {
    if sets.len() > SETS_ASKED {
        let mut seen = Set::default();
        for member in sets.iter().flat_map(|set| set.iter()) {
            if seen.insert(member, limits) {
                each(member);
            }
        }
        return;
    }
    // The members of the first are asked about least.
    let mut sets = sets.to_vec();
    sort::stable_by(&mut sets, |one, other| other.len().cmp(&one.len()));
    for (index, set) in sets.iter().enumerate() {
        let is_new = |member: &Entry<'_>| !sets[..index].iter().any(|set| set.contains(*member));
        set.iter().filter(is_new).for_each(&mut each);
    }
}

/// The members of `first` that none of the others has.
///
/// Either each member of the first set is looked up in the others, the largest of them first as it is the most likely to
/// have it, or the members of the others are removed from a copy of the first: whichever is less work by Redis's reckoning.
#[must_use]
pub fn difference(first: SetRef<'_>, others: &[SetRef<'_>], limits: &SetLimits) -> Set {
    let looked_up = first.len().saturating_mul(1 + others.len()) / 2;
    let removed = first.len() + others.iter().map(|set| set.len()).sum::<usize>();
    let mut result = Set::default();
    if looked_up <= removed {
        let mut others = others.to_vec();
        sort::stable_by(&mut others, |one, other| other.len().cmp(&one.len()));
        let stays = |member: &Entry<'_>| !others.iter().any(|other| other.contains(*member));
        for member in first.iter().filter(stays) {
            result.insert(member, limits);
        }
        return result;
    }
    for member in first.iter() {
        result.insert(member, limits);
    }
    for member in others.iter().flat_map(|set| set.iter()) {
        result.remove(member);
        if result.view().is_empty() {
            break;
        }
    }
    result
}
