//! Tests of lists against a `VecDeque` with the same elements.

use super::chunk::CHUNK_BYTES;
use super::*;
use crate::random::{Random, Seed};
use alloc::{collections::VecDeque, format, string::ToString, vec};

type Naive = VecDeque<Vec<u8>>;

fn text(random: &mut Random, long: usize) -> Vec<u8> {
    let len = [2, 10, 70, long][random.below(4)];
    match random.below(5) {
        0 => (random.next_u64() as i64 >> random.below(64)).to_string().into_bytes(),
        1 => (random.below(300) as i64 - 100).to_string().into_bytes(),
        _ => vec![b'a' + random.below(3) as u8; random.below(len)],
    }
}

fn end(random: &mut Random) -> End {
    if random.below(2) == 0 { End::Head } else { End::Tail }
}

fn elements(list: &List, from: End, skip: usize, count: usize) -> Vec<Vec<u8>> {
    let mut elements = Vec::new();
    list.view().for_each(from, skip, count, |entry| elements.push(entry.to_vec()));
    elements
}

fn assert_is(list: &List, naive: &Naive) {
    let view = list.view();
    assert_eq!(view.len(), naive.len());
    assert_eq!(list.is_drained(), naive.is_empty());
    assert!(elements(list, End::Head, 0, usize::MAX).iter().eq(naive));
    assert!(elements(list, End::Tail, 0, usize::MAX).iter().eq(naive.iter().rev()));
    for node in view.nodes() {
        let dump = node.as_ref().dump();
        let node = ListpackRef::of_dump(&dump).expect("a node is a listpack");
        assert!(!node.is_empty() || matches!(list, List::Listpack(_)));
        if matches!(list, List::Quicklist(_)) {
            assert!(node.dumped_bytes() <= CHUNK_BYTES || node.len() == 1);
        }
    }
    assert_eq!(view.nodes().map(|node| node.as_ref().len()).sum::<usize>(), naive.len());
    assert_eq!(view.nodes().count(), view.node_count());
}

/// Makes the same random edit to both.
fn edit(random: &mut Random, list: &mut List, naive: &mut Naive, limits: &ListLimits, long: usize) {
    let new = text(random, long);
    let index = random.below(naive.len() + 1);
    let known = naive.get(index).cloned().unwrap_or_else(|| new.clone());
    let from = end(random);
    match random.below(16) {
        0..8 => {
            list.grow(new.len(), 1, limits);
            list.push(from, &new);
            match from {
                End::Head => naive.push_front(new),
                End::Tail => naive.push_back(new),
            }
        }
        8 | 9 => {
            list.grow(new.len(), 1, limits);
            let at = naive.iter().position(|element| *element == known);
            assert_eq!(list.insert_beside(&known, from, &new), at.is_some());
            if let Some(at) = at {
                naive.insert(at + usize::from(from == End::Tail), new);
            }
        }
        10 | 11 => {
            list.grow(new.len(), 1, limits);
            assert_eq!(list.set(index, &new), index < naive.len());
            naive.get_mut(index).into_iter().for_each(|element| element.clone_from(&new));
            list.shrink(limits);
        }
        12 => {
            let limit = [1, 2, usize::MAX][random.below(3)];
            let mut places: Vec<_> =
                (0..naive.len()).filter(|&index| naive[index] == known).collect();
            if from == End::Tail {
                places.reverse();
            }
            places.truncate(limit);
            assert_eq!(list.remove_matching(from, limit, &known), places.len());
            places.sort_unstable();
            places.into_iter().rev().for_each(|place| drop(naive.remove(place)));
            list.shrink(limits);
        }
        kind => {
            let count = if kind == 13 { index } else { random.below(4) };
            let wanted = count.min(naive.len());
            assert!(list.discard(from, count).is_none());
            match from {
                End::Head => drop(naive.drain(..wanted)),
                End::Tail => naive.truncate(naive.len() - wanted),
            }
            list.shrink(limits);
        }
    }
}

#[test]
fn edits_match_those_of_a_deque() {
    let mut random = Random::new(Seed(1));
    for round in 0..200 {
        let limits = ListLimits::of_parameter([-2, -1, -5, 0, 3, 100, 10_000][round % 7]);
        let long = [200, 3000, 20_000][round % 3];
        let (mut list, mut naive) = (List::default(), Naive::new());
        for _ in 0..random.below(400) {
            edit(&mut random, &mut list, &mut naive, &limits, long);
            assert_eq!(list.view().len(), naive.len());
            if random.below(10) == 0 {
                assert_is(&list, &naive);
            }
            let index = random.below(naive.len() + 1);
            assert_eq!(list.view().get(index, |entry| entry.to_vec()), naive.get(index).cloned());
            let some = elements(&list, End::Head, index, 5);
            assert!(some.iter().eq(naive.iter().skip(index).take(5)));
            let some = elements(&list, End::Tail, index, 5);
            assert!(some.iter().eq(naive.iter().rev().skip(index).take(5)));
        }
        assert_is(&list, &naive);
        let listpacks = list.view().nodes().map(|node| node.bytes().to_vec());
        assert_is(&List::from_listpacks(listpacks, &limits), &naive);
    }
}

#[test]
fn a_list_of_many_chunks_can_be_edited_anywhere() {
    let mut random = Random::new(Seed(2));
    let limits = ListLimits::of_parameter(-2);
    let (mut list, mut naive) = (List::default(), Naive::new());
    list.grow(usize::MAX / 2, 1, &limits);
    for number in 0..20_000 {
        let element = number.to_string().into_bytes();
        list.push(End::Head, &element);
        naive.push_front(element);
    }
    for _ in 0..2_000 {
        let place = random.below(naive.len());
        let new = text(&mut random, 3000);
        let pivot = naive[place].clone();
        match random.below(3) {
            0 => {
                list.set(place, &new);
                naive[place] = new;
            }
            1 => {
                assert_eq!(list.remove_matching(End::Tail, 1, &pivot), 1);
                let last = naive.iter().rposition(|element| *element == pivot);
                naive.remove(last.unwrap());
            }
            _ => {
                assert!(list.insert_beside(&pivot, End::Head, &new));
                let first = naive.iter().position(|element| *element == pivot);
                naive.insert(first.unwrap(), new);
            }
        }
    }
    assert_is(&list, &naive);
    for element in [&b"1"[..], b"", b"b"] {
        let before = naive.len();
        naive.retain(|other| other != element);
        assert_eq!(list.remove_matching(End::Head, usize::MAX, element), before - naive.len());
        assert_is(&list, &naive);
    }
}

#[test]
fn a_list_is_a_listpack_up_to_its_limit_and_again_at_half_of_it() {
    let limits = ListLimits::of_parameter(4);
    let mut list = List::default();
    let push = |list: &mut List| {
        list.grow(1, 1, &limits);
        list.push(End::Tail, b"x");
    };
    (0..4).for_each(|_| push(&mut list));
    assert_eq!(list.encoding_name(), "listpack");
    push(&mut list);
    assert_eq!(list.encoding_name(), "quicklist");
    assert!(list.discard(End::Head, 2).is_none());
    list.shrink(&limits);
    assert_eq!((list.encoding_name(), list.view().len()), ("quicklist", 3));
    assert!(list.discard(End::Tail, 1).is_none());
    list.shrink(&limits);
    assert_eq!((list.encoding_name(), list.view().len()), ("listpack", 2));
}

#[test]
fn a_million_elements_use_little_more_than_their_bytes_or_half_if_they_are_similar() {
    let mut random = Random::new(Seed(3));
    for end in [End::Head, End::Tail] {
        for is_alike in [false, true] {
            let mut list = List::Quicklist(Quicklist::default());
            let mut bytes = 0;
            for number in 0..1_000_000 {
                let element = match is_alike {
                    true => format!("element:{number}").into_bytes(),
                    false => random.next_u64().to_le_bytes().to_vec(),
                };
                bytes += Entry::encode(&element).size_bytes();
                list.push(end, &element);
            }
            let most = if is_alike { bytes / 2 } else { bytes + bytes / 50 };
            assert!(list.memory_bytes() < most, "{} of {bytes}", list.memory_bytes());
            let mut count = 0;
            list.view().for_each(End::Tail, 1, usize::MAX, |_| count += 1);
            assert_eq!(count, 999_999);
            let chunks = list.view().node_count();
            let mut freed = 0;
            while freed < chunks {
                freed += list.free_some(100);
            }
            assert_eq!((freed, list.free_some(100)), (chunks, 0));
        }
    }
}

#[test]
fn a_long_list_can_be_edited_where_it_is_frozen() {
    let mut random = Random::new(Seed(4));
    let (mut list, mut naive) = (List::Quicklist(Quicklist::default()), Naive::new());
    for number in 0..40_000 {
        let element = format!("{{\"id\":{number},\"name\":\"someone\"}}").into_bytes();
        list.push(End::Tail, &element);
        naive.push_back(element);
    }
    let plain_bytes: usize = naive.iter().map(|element| Entry::encode(element).size_bytes()).sum();
    assert!(list.memory_bytes() < plain_bytes / 10 * 8);
    for round in 0..600 {
        let place = random.below(naive.len());
        let new = text(&mut random, 3000);
        assert_eq!(list.view().get(place, |entry| entry.to_vec()), naive.get(place).cloned());
        match round % 6 {
            0 => {
                list.set(place, &new);
                naive[place] = new;
            }
            1 => {
                let pivot = naive[place].clone();
                let first = naive.iter().position(|element| *element == pivot);
                assert!(list.insert_beside(&pivot, End::Tail, &new));
                naive.insert(first.unwrap() + 1, new);
            }
            2 => {
                let element = naive[place].clone();
                let before = naive.len();
                naive.retain(|other| *other != element);
                let removed = list.remove_matching(End::Tail, usize::MAX, &element);
                assert_eq!(removed, before - naive.len());
            }
            3 if naive.len() > 30_000 => {
                assert!(list.discard(End::Head, 200).is_none());
                naive.drain(..200);
            }
            _ => {
                for _ in 0..20 {
                    list.push(End::Head, &[b'h'; 500]);
                    naive.push_front(vec![b'h'; 500]);
                }
            }
        }
    }
    assert_is(&list, &naive);
    assert_is(&list.clone(), &naive);
    let mut remains = list.discard(End::Tail, naive.len() - 3).expect("this was a long list");
    assert!(remains.free_some(100) == 100 && remains.free_some(10_000) < 10_000);
    naive.truncate(3);
    list.shrink(&ListLimits::of_parameter(-2));
    assert_is(&list, &naive);
}
