//! `notify-keyspace-events`: selects the keyspace notifications to send.

use alloc::vec::Vec;

/// A class of events, or one of the two forms of a notification: a letter of the parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// `g`: events for keys of any type.
    Generic,
    /// `$`: string events.
    String,
    /// `l`: list events.
    List,
    /// `s`: set events.
    Set,
    /// `h`: hash events.
    Hash,
    /// `z`: sorted set events.
    SortedSet,
    /// `x`: a key expired.
    Expired,
    /// `e`: a key was evicted.
    Evicted,
    /// `t`: stream events.
    Stream,
    /// `d`: events of module types.
    Module,
    /// `n`: a key was added. Not part of `A`.
    New,
    /// `K`: notifications whose channel names the key.
    Keyspace,
    /// `E`: notifications whose channel names the event.
    Keyevent,
    /// `m`: a missing key was read. Not part of `A`.
    KeyMiss,
}

/// The classes and their letters, in the order in which Redis prints them.
const LETTERS: [(u8, EventClass); 14] = [
    (b'g', EventClass::Generic),
    (b'$', EventClass::String),
    (b'l', EventClass::List),
    (b's', EventClass::Set),
    (b'h', EventClass::Hash),
    (b'z', EventClass::SortedSet),
    (b'x', EventClass::Expired),
    (b'e', EventClass::Evicted),
    (b't', EventClass::Stream),
    (b'd', EventClass::Module),
    (b'n', EventClass::New),
    (b'K', EventClass::Keyspace),
    (b'E', EventClass::Keyevent),
    (b'm', EventClass::KeyMiss),
];

/// The meaning of `A`: the first ten classes.
const ALL: EventClasses = EventClasses((1 << 10) - 1);

/// A set of event classes and notification forms.
///
/// ```
/// use redstart_core::config::events::{EventClass, EventClasses};
/// let classes = EventClasses::parse(b"Ex").expect("valid letters");
/// assert!(classes.has(EventClass::Expired) && !classes.has(EventClass::Generic));
/// assert_eq!(classes.text(), b"xE");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventClasses(u16);

impl EventClasses {
    /// Parses letters; `None` if one of them is unknown.
    #[must_use]
    pub fn parse(letters: &[u8]) -> Option<Self> {
        letters.iter().try_fold(Self::default(), |classes, letter| {
            let more = match letter {
                b'A' => ALL,
                letter => Self(1 << LETTERS.iter().position(|(known, _)| known == letter)?),
            };
            Some(Self(classes.0 | more.0))
        })
    }

    /// Returns the letters as `CONFIG GET` replies them.
    #[must_use]
    pub fn text(self) -> Vec<u8> {
        let has_all = self.0 & ALL.0 == ALL.0;
        // Redis omits `n` when it prints `A`.
        let hidden = if has_all { ALL.0 | 1 << EventClass::New as u16 } else { 0 };
        let letters = LETTERS.iter().filter(|(_, class)| {
            let bit = 1 << *class as u16;
            self.0 & bit & !hidden != 0
        });
        has_all.then_some(b'A').into_iter().chain(letters.map(|(letter, _)| *letter)).collect()
    }

    /// Returns `true` if the set contains a class or a form.
    #[inline]
    #[must_use]
    pub const fn has(self, class: EventClass) -> bool {
        self.0 & 1 << class as u16 != 0
    }

    /// Returns `true` if any notification may be sent.
    #[inline]
    #[must_use]
    pub const fn any(self) -> bool {
        self.0 & (1 << EventClass::Keyspace as u16 | 1 << EventClass::Keyevent as u16) != 0
    }
}
