//! Intersection, union and difference of sets.

use super::super::Collection;
use super::{Entry, Set, SetLimits, SetRef};
use crate::sort;

/// Up to this number of sets, looking a member up in the previous sets costs less than remembering
/// all members.
const SETS_ASKED: usize = 8;

/// Returns the members that all sets have in common, in the order of the smallest set. There must
/// be at least one set.
pub fn intersection<'a>(sets: &mut [SetRef<'a>]) -> impl Iterator<Item = Entry<'a>> {
    sort::stable_by(sets, |one, other| one.len().cmp(&other.len()));
    let (smallest, others) = sets.split_first().expect("a command names at least one key");
    smallest.iter().filter(|member| others.iter().all(|other| other.contains(*member)))
}

/// Passes each member of any of the sets to `each` once.
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
    // The members of the first set need the fewest look-ups.
    let mut sets = sets.to_vec();
    sort::stable_by(&mut sets, |one, other| other.len().cmp(&one.len()));
    for (index, set) in sets.iter().enumerate() {
        let is_new = |member: &Entry<'_>| !sets[..index].iter().any(|set| set.contains(*member));
        set.iter().filter(is_new).for_each(&mut each);
    }
}

/// Returns the members of `first` that are in none of the others.
///
/// Either looks each member of the first set up in the others, largest first because it is the most
/// likely to have it, or removes the members of the others from a copy of the first, whichever
/// costs less by Redis's estimate.
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
