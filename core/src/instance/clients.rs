//! The connected clients.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::acl::User;
use crate::session::{ClientId, Peer, Session};
use crate::time::UnixMicros;

/// All sessions, each in a slot that its id names. The session whose command runs is taken out of its slot meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    slots: Vec<Option<Box<Session>>>,
    free_slots: Vec<u32>,
    connected: usize,
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
        self.slots[id.slot()] = Some(Box::new(Session::new(id, peer, user, now)));
        self.connected += 1;
        id
    }

    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Box<Session>> {
        let session = self.take(id)?;
        self.free_slots.push(id.slot() as u32);
        self.connected -= 1;
        Some(session)
    }

    /// Takes a session out for a while; [`Self::put_back`] ends that.
    pub(crate) fn take(&mut self, id: ClientId) -> Option<Box<Session>> {
        self.slots.get_mut(id.slot())?.take_if(|session| session.id == id)
    }

    pub(crate) fn put_back(&mut self, session: Box<Session>) {
        let slot = session.id.slot();
        self.slots[slot] = Some(session);
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
