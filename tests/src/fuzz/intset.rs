//! Intsets: edits have the same effect as on an ordered set, and foreign bytes are either refused
//! or can be read, searched and edited.

use std::collections::BTreeSet;

use redstart_core::value::intset::{Intset, IntsetRef};

use super::Source;

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    if source.below(2) == 0 {
        edit(&mut source);
    } else {
        read(source.rest());
    }
}

fn edit(source: &mut Source<'_>) {
    let (mut set, mut naive) = (Intset::new(), BTreeSet::new());
    while !source.is_empty() {
        let number = match source.below(3) {
            0 => i64::from(source.byte() as i8),
            1 => source.number() as i64 >> 48,
            _ => source.number() as i64 >> source.below(64),
        };
        match source.below(4) {
            0 => assert_eq!(set.remove(number), naive.remove(&number)),
            1 => {
                let index = source.below(naive.len().min(255) + 1);
                let removed = naive.iter().nth(index).copied();
                assert_eq!(set.remove_at(index), removed);
                naive.retain(|number| removed != Some(*number));
            }
            _ => assert_eq!(set.insert(number), naive.insert(number)),
        }
        let view = set.as_ref();
        assert_eq!(view.len(), naive.len());
        assert_eq!(view.contains(number), naive.contains(&number));
        assert!(view.iter().eq(naive.iter().copied()));
        assert!(view.iter().rev().eq(naive.iter().rev().copied()));
        assert_eq!(IntsetRef::validate(view.bytes()).is_some(), !naive.is_empty());
    }
}

fn read(bytes: &[u8]) {
    let Some(view) = IntsetRef::validate(bytes) else { return };
    let numbers: Vec<_> = view.iter().collect();
    assert!(numbers.is_sorted() && numbers.len() == view.len());
    for (index, number) in numbers.iter().enumerate() {
        assert_eq!(view.search(*number), Ok(index));
        let next = number.saturating_add(1);
        assert_eq!(view.contains(next), numbers.contains(&next));
    }
    let mut set = Intset::from_bytes(bytes.to_vec());
    assert_eq!(set.insert(i64::MIN), numbers.first() != Some(&i64::MIN));
    assert!(numbers.iter().all(|number| set.remove(*number)));
}
