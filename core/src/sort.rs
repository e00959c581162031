//! Sorting.
//!
//! The standard library instantiates its sort for each element type and each comparison: fast, but
//! a handful of kilobytes each time, and a page that downloads the engine waits for all of them. So
//! WebAssembly builds have a single sort, of positions, and the elements are then moved to the
//! sorted positions.

use core::cmp::Ordering;

/// Sorts stably: equal elements keep their order.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn stable_by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    items.sort_by(compare);
}

/// Sorts unstably: equal elements may be reordered, but deterministically.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    items.sort_unstable_by(compare);
}

#[cfg(target_family = "wasm")]
pub(crate) use by_position as by;
#[cfg(target_family = "wasm")]
pub(crate) use by_position as stable_by;

/// Sorts by way of positions. Equal elements keep their order.
#[cfg(any(test, target_family = "wasm"))]
pub(crate) fn by_position<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut order: alloc::vec::Vec<usize> = (0..items.len()).collect();
    sort_positions(&mut order, &mut |left, right| compare(&items[left], &items[right]));
    for start in 0..items.len() {
        // Along a cycle of positions, each position takes the element of the next.
        let mut to = start;
        while order[to] != start {
            let from = order[to];
            items.swap(to, from);
            order[to] = to;
            to = from;
        }
        order[to] = to;
    }
}

#[cfg(any(test, target_family = "wasm"))]
#[inline(never)]
fn sort_positions(order: &mut [usize], compare: &mut dyn FnMut(usize, usize) -> Ordering) {
    order.sort_unstable_by(|&left, &right| compare(left, right).then(left.cmp(&right)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::vec::Vec;

    #[test]
    fn sorting_by_position_is_a_stable_sort() {
        let mut random = Random::new(Seed(1));
        for len in (0..70).chain([1000]) {
            let items: Vec<_> = (0..len).map(|at| (random.below(1 + len / 3), at)).collect();
            let (mut expected, mut sorted) = (items.clone(), items);
            expected.sort_by_key(|&(key, _)| key);
            by_position(&mut sorted, |left, right| left.0.cmp(&right.0));
            assert_eq!(sorted, expected);
        }
    }
}
