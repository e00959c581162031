//! The result of a change to a collection: its events and the number of changes it counts as.

use crate::dataset::event::Event;

/// The outcome of an edit.
pub(crate) struct Edit<R> {
    /// The event, if anything has changed.
    pub(super) event: Option<Event>,
    /// A second event, after the first.
    pub(super) then: Option<Event>,
    /// The number of changes that the edit counts as.
    pub(super) changes: usize,
    pub(super) result: R,
}

impl<R> Edit<R> {
    /// Creates an edit that changed nothing.
    pub(crate) const fn unchanged(result: R) -> Self {
        Self { event: None, then: None, changes: 0, result }
    }

    /// Creates an edit of `changes` elements. If that is zero, nothing has changed.
    pub(crate) fn changed(event: Event, changes: usize, result: R) -> Self {
        let event = (changes > 0).then_some(event);
        Self { event, then: None, changes, result }
    }

    /// Creates an edit that reports its event even if no element has changed.
    pub(crate) const fn reported(event: Event, changes: usize, result: R) -> Self {
        Self { event: Some(event), then: None, changes, result }
    }

    /// Adds `count` elements that changed in another way, with an event of their own.
    pub(crate) fn and(self, event: Event, count: usize) -> Self {
        let changes = self.changes + count;
        match self.event {
            Some(_) if count > 0 => Self { then: Some(event), changes, ..self },
            Some(_) => self,
            None => Self { event: (count > 0).then_some(event), changes, ..self },
        }
    }

    /// Adds a second event for the same change.
    pub(crate) fn then(self, event: Event) -> Self {
        Self { then: self.event.map(|_| event), ..self }
    }
}
