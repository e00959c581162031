//! What happens to keys, as keyspace notifications call it: <https://redis.io/docs/latest/develop/use/keyspace-notifications/>.

/// Something that happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// What `notify-keyspace-events` switches it on by.
    pub(crate) class: Class,
    /// Its name, which is most often that of the command.
    pub(crate) name: &'static str,
}

/// A class of events: a letter in `notify-keyspace-events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// `g`: whatever the type.
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
    /// `t`
    Stream,
    /// `x`: a key expired.
    Expired,
}

impl Event {
    /// An event of a data type's own, or a generic one.
    pub(crate) const fn new(class: Class, name: &'static str) -> Self {
        Self { class, name }
    }

    pub(crate) const APPEND: Self = Self::new(Class::String, "append");
    pub(crate) const COPY_TO: Self = Self::new(Class::Generic, "copy_to");
    pub(crate) const DEL: Self = Self::new(Class::Generic, "del");
    pub(crate) const EXPIRE: Self = Self::new(Class::Generic, "expire");
    pub(crate) const EXPIRED: Self = Self::new(Class::Expired, "expired");
    pub(crate) const INCR_BY: Self = Self::new(Class::String, "incrby");
    pub(crate) const INCR_BY_FLOAT: Self = Self::new(Class::String, "incrbyfloat");
    pub(crate) const MOVE_FROM: Self = Self::new(Class::Generic, "move_from");
    pub(crate) const MOVE_TO: Self = Self::new(Class::Generic, "move_to");
    pub(crate) const PERSIST: Self = Self::new(Class::Generic, "persist");
    pub(crate) const RENAME_FROM: Self = Self::new(Class::Generic, "rename_from");
    pub(crate) const RENAME_TO: Self = Self::new(Class::Generic, "rename_to");
    pub(crate) const SADD: Self = Self::new(Class::Set, "sadd");
    pub(crate) const SDIFFSTORE: Self = Self::new(Class::Set, "sdiffstore");
    pub(crate) const SET: Self = Self::new(Class::String, "set");
    pub(crate) const SET_RANGE: Self = Self::new(Class::String, "setrange");
    pub(crate) const SINTERSTORE: Self = Self::new(Class::Set, "sinterstore");
    pub(crate) const SPOP: Self = Self::new(Class::Set, "spop");
    pub(crate) const SREM: Self = Self::new(Class::Set, "srem");
    pub(crate) const SUNIONSTORE: Self = Self::new(Class::Set, "sunionstore");
}
