//! The connected clients.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::acl::User;
use crate::resp::output::Output;
use crate::session::{ClientId, Peer, Session};
use crate::time::UnixMicros;

/// All sessions, each in a slot that its id names. The session whose command runs is taken out of its slot meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    slots: Vec<Option<Box<Session>>>,
    free_slots: Vec<u32>,
    connected: usize,
    /// What all of them take, counted when each was put back last.
    memory_bytes: usize,
    last_serial: u64,
}

impl Clients {
    pub(crate) const fn len(&self) -> usize {
        self.connected
    }

    pub(crate) fn insert(&mut self, peer: Peer, user: Rc<User>, now: UnixMicros) -> ClientId {
        self.last_serial += 1;
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("maxclients is below 2^32")
        });
        let id = ClientId::new(self.last_serial, slot);
        self.connected += 1;
        self.put_back(Box::new(Session::new(id, peer, user, now)));
        id
    }

    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Box<Session>> {
        let session = self.take(id)?;
        self.memory_bytes -= session.counted_bytes;
        self.free_slots.push(id.slot() as u32);
        self.connected -= 1;
        Some(session)
    }

    /// Takes a session out for a while; [`Self::put_back`] ends that.
    pub(crate) fn take(&mut self, id: ClientId) -> Option<Box<Session>> {
        self.slots.get_mut(id.slot())?.take_if(|session| session.id == id)
    }

    pub(crate) fn put_back(&mut self, mut session: Box<Session>) {
        let bytes = session.memory_bytes();
        self.memory_bytes = self.memory_bytes - session.counted_bytes + bytes;
        session.counted_bytes = bytes;
        let slot = session.id.slot();
        self.slots[slot] = Some(session);
    }

    /// Counts anew what a client takes that is out of its slot, and its output out of its session.
    pub(crate) fn count_running(&mut self, session: &mut Session, output: &Output) {
        let bytes = session.memory_bytes_with(output);
        self.memory_bytes = self.memory_bytes - session.counted_bytes + bytes;
        session.counted_bytes = bytes;
    }

    /// What all clients take; of the one whose command runs, what it took before.
    #[inline]
    pub(crate) const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Edits a session, and counts anew what it takes.
    pub(crate) fn edit<R>(
        &mut self,
        id: ClientId,
        edit: impl FnOnce(&mut Session) -> R,
    ) -> Option<R> {
        let session = self.slots.get_mut(id.slot())?.as_deref_mut()?;
        if session.id != id {
            return None;
        }
        let before = session.counted_bytes;
        let result = edit(session);
        session.counted_bytes = session.memory_bytes();
        self.memory_bytes = self.memory_bytes - before + session.counted_bytes;
        Some(result)
    }

    pub(crate) fn session(&self, id: ClientId) -> Option<&Session> {
        self.slots.get(id.slot())?.as_deref().filter(|session| session.id == id)
    }

    pub(crate) fn session_mut(&mut self, id: ClientId) -> Option<&mut Session> {
        self.slots.get_mut(id.slot())?.as_deref_mut().filter(|session| session.id == id)
    }

    /// The sessions in their slots, in no order that a client may see.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().flatten().map(|session| &**session)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().flatten().map(|session| &mut **session)
    }
}
