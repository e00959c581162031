//! Lists. Version 10 stores the nodes of a quicklist: each is *packed*, a listpack, or *plain*, one
//! long element.

use super::{Corrupt, Kind, Reader, Writer, packed, ziplist};
use crate::value::{
    Collection,
    list::{End, List, ListLimits, ListRef},
    listpack::{Entry, Listpack, MAX_BYTES},
};
use alloc::vec::Vec;

const PLAIN: u64 = 1;
const PACKED: u64 = 2;

pub(super) fn save(list: ListRef<'_>, writer: &mut Writer<'_>) {
    writer.count(list.node_count());
    for node in list.nodes() {
        if node.as_ref().dumped_bytes() > MAX_BYTES {
            writer.length(PLAIN);
            node.iter().for_each(|element| writer.entry(element));
        } else {
            writer.length(PACKED);
            writer.listpack(node.as_ref());
        }
    }
}

pub(super) fn load(
    kind: Kind,
    reader: &mut Reader<'_>,
    limits: &ListLimits,
) -> Result<List, Corrupt> {
    let list = match kind {
        Kind::List => elements(reader, limits)?,
        Kind::ListZiplist => {
            let list = ziplist::to_listpack(&reader.string()?)?;
            List::from_listpacks([list.into_bytes()], limits)
        }
        _ => {
            let count = reader.count()?;
            let nodes: Result<Vec<_>, _> = (0..count).map(|_| node(kind, reader)).collect();
            List::from_listpacks(nodes?, limits)
        }
    };
    if list.view().is_empty() { Err(packed::EMPTY) } else { Ok(list) }
}

/// Reads a quicklist node as a listpack; nodes without entries are skipped, as in Redis.
fn node(kind: Kind, reader: &mut Reader<'_>) -> Result<Vec<u8>, Corrupt> {
    if kind == Kind::ListZiplists {
        return Ok(ziplist::to_listpack(&reader.string()?)?.into_bytes());
    }
    match reader.length()? {
        PLAIN => match reader.string()? {
            element if element.is_empty() => Err(Corrupt("an element of its own node is empty")),
            element => Ok(Listpack::from_iter([Entry::encode(&element)]).into_bytes()),
        },
        PACKED => packed::listpack(reader).map(Listpack::into_bytes),
        _ => Err(Corrupt("unknown kind of a node")),
    }
}

fn elements(reader: &mut Reader<'_>, limits: &ListLimits) -> Result<List, Corrupt> {
    let mut list = List::default();
    for _ in 0..reader.count()? {
        let element = reader.string()?;
        list.grow(element.len(), 1, limits);
        list.push(End::Tail, &element);
    }
    Ok(list)
}
