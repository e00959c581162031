//! Which keyspace notifications are sent: `notify-keyspace-events`.

use alloc::vec::Vec;

/// A class of events, or one of the two forms of a notification: a letter of the parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// `g`: whatever the type of the value.
    Generic,
    /// `$`
    String,
    /// `l`
    List,
    /// `s`
    Set,
    /// `h`
    Hash,
    /// `z`
    SortedSet,
    /// `x`: a key has expired.
    Expired,
    /// `e`: a key was evicted.
    Evicted,
    /// `t`
    Stream,
    /// `d`: of a module's type.
    Module,
    /// `n`: a key was added. Not among `A`.
    New,
    /// `K`: notifications whose channel names the key.
    Keyspace,
    /// `E`: notifications whose channel names the event.
    Keyevent,
    /// `m`: a key was read that is not there. Not among `A`.
    KeyMiss,
}

/// The classes, with their letters, in the order in which Redis prints them.
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

/// What `A` stands for: the first ten.
const ALL: EventClasses = EventClasses((1 << 10) - 1);

/// A set of classes and forms.
///
/// ```
/// use redstart_core::config::events::{EventClass, EventClasses};
/// let classes = EventClasses::parse(b"Ex").expect("both are letters");
/// assert!(classes.has(EventClass::Expired) && !classes.has(EventClass::Generic));
/// assert_eq!(classes.text(), b"xE");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventClasses(u16);

impl EventClasses {
    /// Reads letters; nothing if one of them is none.
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

    /// The letters, as `CONFIG GET` replies them.
    #[must_use]
    pub fn text(self) -> Vec<u8> {
        let has_all = self.0 & ALL.0 == ALL.0;
        // Redis forgets `n` where it can write `A`.
        let hidden = if has_all { ALL.0 | 1 << EventClass::New as u16 } else { 0 };
        let letters = LETTERS.iter().filter(|(_, class)| {
            let bit = 1 << *class as u16;
            self.0 & bit & !hidden != 0
        });
        has_all.then_some(b'A').into_iter().chain(letters.map(|(letter, _)| *letter)).collect()
    }

    /// Whether a class or a form is among them.
    #[inline]
    #[must_use]
    pub const fn has(self, class: EventClass) -> bool {
        self.0 & 1 << class as u16 != 0
    }

    /// Whether any notification may be sent.
    #[inline]
    #[must_use]
    pub const fn any(self) -> bool {
        self.0 & (1 << EventClass::Keyspace as u16 | 1 << EventClass::Keyevent as u16) != 0
    }
}
