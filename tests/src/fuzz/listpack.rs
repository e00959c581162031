//! Listpacks: edits have the same effect as on a vector, and foreign bytes are either refused or
//! can be read, searched and edited.

use redstart_core::{
    random::{Random, Seed},
    value::listpack::{Entry, Listpack, ListpackRef},
};

use super::Source;

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    match source.below(3) {
        0 => edit(&mut source),
        // The bytes as they are, and framed so that only the entries can be invalid.
        1 => read(source.rest()),
        _ => {
            let entries = source.rest();
            let total = u32::try_from(entries.len() + 7).expect("inputs are short");
            let mut bytes = total.to_le_bytes().to_vec();
            bytes.extend([0xff, 0xff]);
            bytes.extend(entries);
            bytes.push(0xff);
            read(&bytes);
        }
    }
}

fn edit(source: &mut Source<'_>) {
    let (mut list, mut naive) = (Listpack::new(), Vec::<Vec<u8>>::new());
    while !source.is_empty() {
        let index = source.below(naive.len().min(255) + 1);
        let at = list.as_ref().seek(index as i64).unwrap_or(list.as_ref().end());
        match source.below(8) {
            0 => {
                let count = source.below(4).min(naive.len() - index);
                assert_eq!(list.remove(at, count), count);
                naive.drain(index..index + count);
            }
            1 => {
                let tail = list.split_off(at);
                list.insert_all(
                    list.as_ref().first().unwrap_or(list.as_ref().end()),
                    tail.as_ref(),
                );
                naive.rotate_left(index);
            }
            2 if index < naive.len() => {
                let new = text(source);
                list.replace(at, Entry::encode(&new));
                naive[index] = new;
            }
            3 => {
                let skip = source.below(3);
                let needle = text(source);
                let found = naive.iter().step_by(skip + 1).position(|bytes| *bytes == needle);
                let found = found.and_then(|found| list.as_ref().seek((found * (skip + 1)) as i64));
                assert_eq!(list.as_ref().find(&needle, skip), found);
            }
            4 => {
                let new = text(source);
                list.push_back(Entry::encode(&new));
                naive.push(new);
            }
            _ => {
                let new = text(source);
                list.insert(at, Entry::encode(&new));
                naive.insert(index, new);
            }
        }
        assert_eq!(list.as_ref().len(), naive.len());
        assert!(list.as_ref().iter().map(Entry::to_vec).eq(naive.iter().cloned()));
        assert!(list.as_ref().iter().rev().map(Entry::to_vec).eq(naive.iter().rev().cloned()));
        let bytes = list.as_ref().dump();
        assert!(ListpackRef::of_dump(&bytes).is_some(), "{}", bytes.escape_ascii());
    }
}

/// Returns a few bytes, a few hundred, or an integer.
fn text(source: &mut Source<'_>) -> Vec<u8> {
    match source.below(4) {
        0 => {
            let number = source.number() as i64;
            (number >> source.below(64)).to_string().into_bytes()
        }
        1 => source.take(1).repeat(source.below(256) * 20),
        _ => {
            let len = source.below(80);
            source.take(len).to_vec()
        }
    }
}

fn read(bytes: &[u8]) {
    let Some(view) = ListpackRef::of_dump(bytes) else { return };
    let entries: Vec<_> = view.iter().collect();
    assert_eq!(view.len(), entries.len());
    assert!(view.iter().rev().eq(entries.iter().rev().copied()));
    for (index, entry) in entries.iter().enumerate() {
        let at = view.seek(index as i64).expect("an index below the length");
        assert_eq!(view.get(at), *entry);
        let first =
            entries.iter().position(|other| other == entry).expect("the entry is equal to itself");
        assert_eq!(view.find(&entry.to_vec(), 0), view.seek(first as i64));
    }
    let mut random = Random::new(Seed(1));
    for stride in 1..=2 {
        assert_eq!(view.sample(&mut random, 3, stride).count(), 3.min(entries.len() / stride));
        let _ =
            (view.random(&mut random, stride), view.find(b"x", stride), view.find(b"1", stride));
    }
    let mut list = Listpack::from_bytes(view.bytes().to_vec());
    if let Some(last) = view.last() {
        list.replace(last, Entry::Int(1));
        list.insert(last, Entry::Int(2));
        let first = list.as_ref().first().expect("the list has two entries");
        assert_eq!(list.remove(first, usize::MAX), entries.len() + 1);
        assert!(list.as_ref().is_empty());
    }
}
