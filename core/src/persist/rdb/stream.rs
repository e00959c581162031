//! Streams: their nodes verbatim, followed by the metadata of the stream and of its consumer
//! groups. Version 10 added the fields needed for the lag of a group, version 11 the time at which
//! a consumer last received an entry.

use super::{Corrupt, Kind, Reader, Version, Writer, packed};
use crate::value::stream::{Group, Pending, Stream, StreamId};

pub(super) fn kind(version: Version) -> Kind {
    if version >= Version::REDIS_7_2 { Kind::Stream3 } else { Kind::Stream2 }
}

pub(super) fn save(stream: &Stream, kind: Kind, writer: &mut Writer<'_>) {
    writer.count(stream.node_count());
    for (master, node) in stream.nodes() {
        writer.string(&master.to_bytes());
        writer.listpack(node.as_ref());
    }
    writer.count(stream.len());
    for id in [stream.last_id, stream.first_id(), stream.max_deleted_id] {
        save_id(id, writer);
    }
    writer.length(stream.entries_added);
    writer.count(stream.groups().len());
    for (name, group) in stream.groups() {
        writer.string(name);
        save_group(group, kind, writer);
    }
}

fn save_group(group: &Group, kind: Kind, writer: &mut Writer<'_>) {
    save_id(group.last_id, writer);
    writer.length(group.entries_read.unwrap_or(u64::MAX));
    writer.count(group.pending_len());
    for (id, pending) in group.pending(..) {
        writer.bytes(&id.to_bytes());
        writer.millis(pending.delivered_ms);
        writer.length(pending.deliveries as u64);
    }
    writer.count(group.consumers().len());
    for consumer in group.consumers() {
        writer.string(&consumer.name);
        writer.millis(consumer.seen_ms);
        if kind == Kind::Stream3 {
            writer.millis(consumer.active_ms.unwrap_or(-1));
        }
        writer.count(consumer.pending.len());
        consumer.pending.iter().for_each(|id| writer.bytes(&id.to_bytes()));
    }
}

fn save_id(id: StreamId, writer: &mut Writer<'_>) {
    writer.length(id.ms);
    writer.length(id.seq);
}

pub(super) fn load(kind: Kind, reader: &mut Reader<'_>) -> Result<Stream, Corrupt> {
    let mut stream = Stream::default();
    for _ in 0..reader.count()? {
        let master = reader.string()?;
        let master = StreamId::from_bytes(
            (*master).try_into().map_err(|_| Corrupt("the master of a node is not an id"))?,
        );
        let node = packed::listpack(reader)?;
        if !stream.add_node(master, &node) {
            return Err(Corrupt("a node is damaged, or its entries do not ascend"));
        }
    }
    let len = reader.length()?;
    stream.last_id = load_id(reader)?;
    if len != stream.len() as u64 {
        return Err(Corrupt("the number of entries is wrong"));
    }
    if stream.last_entry_id() > Some(stream.last_id) {
        return Err(Corrupt("the last id is below that of an entry"));
    }
    if kind == Kind::StreamFirst {
        stream.entries_added = len;
    } else {
        // The first id can be derived from the nodes.
        load_id(reader)?;
        stream.max_deleted_id = load_id(reader)?;
        stream.entries_added = reader.length()?;
    }
    for _ in 0..reader.count()? {
        let name = reader.string()?;
        let group = load_group(kind, reader, &stream)?;
        if !stream.add_group(&name, group) {
            return Err(Corrupt("two consumer groups have the same name"));
        }
    }
    Ok(stream)
}

fn load_group(kind: Kind, reader: &mut Reader<'_>, stream: &Stream) -> Result<Group, Corrupt> {
    let last_id = load_id(reader)?;
    let entries_read = match kind {
        Kind::StreamFirst => stream.entries_up_to(last_id),
        _ => Some(reader.length()?).filter(|read| *read != u64::MAX),
    };
    let mut group = Group::new(last_id, entries_read);
    let mut pending = alloc::collections::BTreeMap::new();
    for _ in 0..reader.count()? {
        let id = StreamId::from_bytes(reader.array()?);
        let (delivered_ms, deliveries) = (reader.millis()?, reader.length()? as i64);
        if pending.insert(id, (delivered_ms, deliveries)).is_some() {
            return Err(Corrupt("an entry is pending twice"));
        }
    }
    for _ in 0..reader.count()? {
        let name = reader.string()?;
        if group.find(&name).is_some() {
            return Err(Corrupt("two consumers have the same name"));
        }
        let consumer = group.add(&name, reader.millis()?);
        group.consumer_mut(consumer).active_ms = match kind {
            Kind::Stream3 => Some(reader.millis()?).filter(|active| *active != -1),
            _ => Some(group.consumer(consumer).seen_ms),
        };
        for _ in 0..reader.count()? {
            let id = StreamId::from_bytes(reader.array()?);
            let (delivered_ms, deliveries) = pending
                .remove(&id)
                .ok_or(Corrupt("a consumer has an entry that is not pending"))?;
            group.assign(id, Pending { consumer, delivered_ms, deliveries });
        }
    }
    if pending.is_empty() { Ok(group) } else { Err(Corrupt("a pending entry has no consumer")) }
}

fn load_id(reader: &mut Reader<'_>) -> Result<StreamId, Corrupt> {
    Ok(StreamId { ms: reader.length()?, seq: reader.length()? })
}
