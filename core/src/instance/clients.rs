//! The connected clients.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

use crate::acl::User;
use crate::client::{ClientId, Peer};
use crate::resp::output::Output;
use crate::session::{Role, Session};
use crate::time::UnixMicros;

/// All sessions, each in the slot given by its id.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    slots: Vec<Option<Box<Session>>>,
    free_slots: Vec<u32>,
    connected: usize,
    /// The memory used by all clients, as last counted for each.
    memory_bytes: usize,
    last_serial: u64,
}

impl Clients {
    /// Returns the number of connected clients.
    pub(crate) const fn len(&self) -> usize {
        self.connected
    }

    /// Adds a client.
    pub(crate) fn insert(&mut self, peer: Peer, user: Rc<User>, now: UnixMicros) -> ClientId {
        self.last_serial += 1;
        let id = ClientId::new(self.last_serial, self.free_slot());
        self.connected += 1;
        self.slots[id.slot()] = Some(Box::new(Session::new(id, peer, user, now)));
        self.recount(id);
        id
    }

    /// Adds a session of the engine's own, which is neither counted nor listed.
    /// [`Self::remove_internal`] removes it.
    pub(crate) fn insert_internal(
        &mut self,
        role: Role,
        user: Rc<User>,
        now: UnixMicros,
    ) -> ClientId {
        debug_assert!(role.is_internal());
        let id = ClientId::internal(self.free_slot());
        let session = Session { role, ..Session::new(id, Peer::local(), user, now) };
        self.slots[id.slot()] = Some(Box::new(session));
        id
    }

    /// Removes a session added by [`Self::insert_internal`].
    pub(crate) fn remove_internal(&mut self, id: ClientId) {
        self.slots[id.slot()] = None;
        self.free_slots.push(id.slot() as u32);
    }

    fn free_slot(&mut self) -> u32 {
        self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("maxclients is below 2^32")
        })
    }

    /// Removes a client.
    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Box<Session>> {
        let session = self.slots.get_mut(id.slot())?.take_if(|session| session.id == id)?;
        self.memory_bytes -= session.counted_bytes;
        self.free_slots.push(id.slot() as u32);
        self.connected -= 1;
        Some(session)
    }

    /// Recounts a client's memory after its session has changed.
    pub(crate) fn recount(&mut self, id: ClientId) {
        let session = &mut self[id];
        let (before, bytes) = (session.counted_bytes, session.memory_bytes());
        session.counted_bytes = bytes;
        self.memory_bytes = self.memory_bytes - before + bytes;
    }

    /// Recounts the memory of the client whose command is running; `output` is its unread output.
    pub(crate) fn recount_running(&mut self, id: ClientId, output: &Output) {
        let session = &mut self[id];
        let (before, bytes) = (session.counted_bytes, session.memory_bytes_with(output));
        session.counted_bytes = bytes;
        self.memory_bytes = self.memory_bytes - before + bytes;
    }

    /// Returns the memory used by all clients, in bytes. Memory that a client has used in the
    /// current turn is not included yet.
    #[inline]
    pub(crate) const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Edits a session, and recounts its memory.
    pub(crate) fn edit<R>(
        &mut self,
        id: ClientId,
        edit: impl FnOnce(&mut Session) -> R,
    ) -> Option<R> {
        let result = edit(self.session_mut(id)?);
        self.recount(id);
        Some(result)
    }

    /// Returns the session of a client, if it is connected.
    #[inline]
    pub(crate) fn session(&self, id: ClientId) -> Option<&Session> {
        self.slots.get(id.slot())?.as_deref().filter(|session| session.id == id)
    }

    /// Returns the session of a client, if it is connected.
    #[inline]
    pub(crate) fn session_mut(&mut self, id: ClientId) -> Option<&mut Session> {
        self.slots.get_mut(id.slot())?.as_deref_mut().filter(|session| session.id == id)
    }

    /// Iterates over the sessions of clients, in an order that must not be observable.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().flatten().map(|session| &**session).filter(|one| !one.role.is_internal())
    }

    /// Iterates over the sessions of clients, in an order that must not be observable.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        let sessions = self.slots.iter_mut().flatten().map(|session| &mut **session);
        sessions.filter(|session| !session.role.is_internal())
    }
}

/// Returns the session of a client known to be connected, such as the one whose command is running.
impl Index<ClientId> for Clients {
    type Output = Session;

    #[inline]
    fn index(&self, id: ClientId) -> &Session {
        self.slots[id.slot()].as_deref().expect("the client is connected")
    }
}

impl IndexMut<ClientId> for Clients {
    #[inline]
    fn index_mut(&mut self, id: ClientId) -> &mut Session {
        self.slots[id.slot()].as_deref_mut().expect("the client is connected")
    }
}
