//! Compares streams with lists of entries, and derived figures with ones computed by hand.

use super::*;
use crate::random::{Random, Seed};
use alloc::{string::ToString, vec, vec::Vec};

const LIMITS: StreamLimits = StreamLimits { node_bytes: 300, node_entries: 10 };

type Naive = Vec<(StreamId, Vec<Vec<u8>>)>;

fn read<'a>(entries: impl Iterator<Item = StreamEntry<'a>>) -> Naive {
    let parts = |entry: StreamEntry<'a>| {
        let pairs = entry.fields().flat_map(|(field, value)| [field.to_vec(), value.to_vec()]);
        pairs.collect()
    };
    entries.map(|entry| (entry.id, parts(entry))).collect()
}

#[test]
fn any_sequence_of_changes_matches_a_list_of_entries() {
    let mut random = Random::new(Seed(5));
    for _ in 0..50 {
        let (mut stream, mut naive) = (Stream::default(), Naive::new());
        for _ in 0..400 {
            match random.below(11) {
                0..6 => {
                    let ms = stream.last_id.ms + random.below(3) as u64;
                    let id = StreamId { ms, seq: 0 }.max(stream.last_id.next().unwrap());
                    let fields = 1 + random.below(3);
                    let parts: Vec<Vec<u8>> = (0..2 * fields)
                        .map(|at| match at % 2 {
                            0 => vec![b'a' + (at / 2) as u8],
                            _ => random.below(1000).to_string().into_bytes(),
                        })
                        .collect();
                    stream.push(id, parts.iter().map(Vec::as_slice), &LIMITS);
                    naive.push((id, parts));
                }
                6..8 => {
                    let ms = random.below(stream.last_id.ms as usize + 2) as u64;
                    let id = match naive.len() {
                        1.. if random.below(2) == 0 => naive[random.below(naive.len())].0,
                        _ => StreamId { ms, seq: random.below(3) as u64 },
                    };
                    let at = naive.iter().position(|(other, _)| *other == id);
                    assert_eq!(stream.remove(id), at.is_some());
                    at.into_iter().for_each(|at| drop(naive.remove(at)));
                }
                8 => {
                    let keep = random.below(naive.len() + 2);
                    let gone = naive.len().saturating_sub(keep);
                    let keep = Keep::Newest(keep);
                    let trim = Trim { keep, is_approximate: false, limit: None };
                    assert_eq!(stream.trim(&trim), gone);
                    naive.drain(..gone);
                }
                9 => {
                    let top = naive.last().map_or(StreamId::MIN, |(id, _)| *id);
                    stream.last_id = top.max(StreamId { ms: random.below(100) as u64, seq: 0 });
                }
                _ => {
                    let id = StreamId { ms: stream.first_id().ms + 2, seq: 1 };
                    let gone = naive.iter().take_while(|(other, _)| *other < id).count();
                    let keep = Keep::From(id);
                    let trim = Trim { keep, is_approximate: false, limit: None };
                    assert_eq!(stream.trim(&trim), gone);
                    naive.drain(..gone);
                }
            }
            assert_eq!(stream.len(), naive.len());
            assert_eq!(stream.first_id(), naive.first().map_or(StreamId::MIN, |(id, _)| *id));
            for (master, node) in &stream.nodes {
                let list = node.dump(*master);
                assert_eq!(list.as_ref().dumped_bytes(), node.dumped_bytes());
                assert_eq!(Node::load(*master, list.as_ref()), Some((*master, node.clone())));
            }
        }
        let low = StreamId { ms: random.below(200) as u64, seq: 1 };
        let high = StreamId { ms: random.below(200) as u64, seq: 1 };
        let mut expected = naive.clone();
        expected.retain(|(id, _)| (low..=high).contains(id));
        assert_eq!(read(stream.range(low, high)), expected);
        expected.reverse();
        assert_eq!(read(stream.range_back(low, high)), expected);
        let mut copy = Stream::default();
        assert!(stream.nodes().all(|(id, list)| copy.add_node(id, &list)));
        assert_eq!(read(copy.range(StreamId::MIN, StreamId::MAX)), naive);
        while stream.free_some(3) == 3 {}
        assert_eq!(stream.node_count(), 0);
    }
}

#[test]
fn the_pending_entries_of_a_group_are_those_of_its_consumers() {
    let mut random = Random::new(Seed(6));
    let mut group = Group::new(StreamId::MIN, None);
    let (one, two) = (group.add(b"one", 0), group.add(b"two", 0));
    for step in 0..1000 {
        let id = StreamId { ms: random.below(50) as u64, seq: 0 };
        if random.below(3) == 0 {
            let was_pending = group.pending_at(id).is_some();
            assert_eq!(group.acknowledge(id), was_pending);
        } else {
            let consumer = if random.below(2) == 0 { one } else { two };
            group.assign(id, Pending { consumer, delivered_ms: step, deliveries: 1 });
        }
        for consumer in [one, two] {
            let of_group = group.pending(..).filter(|(_, pending)| pending.consumer == consumer);
            let own = group.consumer(consumer).pending.iter().copied();
            assert!(of_group.map(|(id, _)| id).eq(own));
        }
    }
    let (all, of_one) = (group.pending_len(), group.consumer(one).pending.len());
    assert!(of_one > 0 && group.remove(b"one") == Some(of_one));
    assert_eq!((group.pending_len(), group.consumers().len()), (all - of_one, 1));
}

fn filled(len: u64) -> Stream {
    let mut stream = Stream::default();
    for seq in 1..=len {
        stream.push(StreamId { ms: 1, seq }, [&b"a"[..], b"1"].into_iter(), &LIMITS);
    }
    stream
}

fn id(seq: u64) -> StreamId {
    StreamId { ms: 1, seq }
}

#[test]
fn the_lag_is_known_if_no_entry_is_missing_ahead() {
    let mut stream = filled(5);
    stream.add_group(b"g", Group::new(StreamId::MIN, None));
    let told = |stream: &Stream| {
        let group = stream.group(b"g").unwrap();
        (group.entries_read, stream.lag(group))
    };
    assert_eq!(told(&stream), (None, Some(5)));
    stream.advance(b"g", &[id(1), id(2)]);
    assert_eq!(told(&stream), (Some(2), Some(3)));
    stream.advance(b"g", &[id(1)]);
    assert_eq!(told(&stream), (Some(2), Some(3)), "the position does not go back");
    stream.remove(id(4));
    assert_eq!(told(&stream), (Some(2), None), "an entry ahead was removed");
    stream.advance(b"g", &[id(3)]);
    assert_eq!(told(&stream), (None, None));
    stream.advance(b"g", &[id(5)]);
    assert_eq!(told(&stream), (Some(5), Some(0)), "the last entry is known again");
}

#[test]
fn trimmed_entries_do_not_affect_the_lag() {
    let mut stream = filled(6);
    let trim = Trim { keep: Keep::Newest(2), is_approximate: false, limit: None };
    assert_eq!(stream.trim(&trim), 4);
    for (read, lag) in [(0, Some(2)), (4, Some(2)), (5, Some(1)), (6, Some(0)), (9, None)] {
        assert_eq!(stream.lag(&Group::new(id(read), None)), lag, "{read}");
    }
    stream.trim(&Trim { keep: Keep::Newest(0), ..trim });
    assert_eq!(stream.lag(&Group::new(id(3), None)), Some(0));
    assert_eq!(Stream::default().lag(&Group::new(id(3), None)), Some(0));
}

#[test]
fn radix_node_count_matches_redis() {
    let mut stream = Stream::default();
    let one = StreamLimits { node_bytes: 0, node_entries: 1 };
    assert_eq!(stream.radix_node_count(), 1);
    for (seq, nodes) in [(1, 2), (2, 4), (3, 5), (256, 8)] {
        stream.push(id(seq), [&b"a"[..], b"1"].into_iter(), &one);
        assert_eq!(stream.radix_node_count(), nodes, "{seq}");
    }
}

#[test]
fn memory_usage_follows_changes_of_groups() {
    let mut stream = filled(5);
    let without = stream.memory_bytes();
    stream.add_group(b"g", Group::new(StreamId::MIN, None));
    let empty = stream.memory_bytes();
    let mut group = stream.group_mut(b"g").unwrap();
    let consumer = group.add(b"c", 0);
    group.assign(id(1), Pending { consumer, delivered_ms: 0, deliveries: 1 });
    drop(group);
    let with_pending = stream.memory_bytes();
    assert!(without < empty && empty < with_pending);
    assert!(stream.group_mut(b"g").unwrap().acknowledge(id(1)));
    assert!(stream.memory_bytes() < with_pending);
    stream.remove_group(b"g");
    assert_eq!(stream.memory_bytes(), without);
}

#[test]
fn last_skips_removed_entries() {
    let mut stream = filled(3);
    assert_eq!(stream.last_entry_id(), Some(id(3)));
    stream.remove(id(3));
    assert_eq!(stream.last_entry_id(), Some(id(2)));
    assert_eq!(Stream::default().last_entry_id(), None);
}
