//! The names of keyspace events:
//! <https://redis.io/docs/latest/develop/use/keyspace-notifications/>.

use crate::config::events::EventClass;

/// An event at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The class by which `notify-keyspace-events` enables it.
    pub(crate) class: EventClass,
    /// The name, usually that of the command.
    pub(crate) name: &'static str,
}

impl Event {
    /// Creates an event of a data type's class, or a generic one.
    pub(crate) const fn new(class: EventClass, name: &'static str) -> Self {
        Self { class, name }
    }

    pub(crate) const APPEND: Self = Self::new(EventClass::String, "append");
    pub(crate) const COPY_TO: Self = Self::new(EventClass::Generic, "copy_to");
    pub(crate) const DEL: Self = Self::new(EventClass::Generic, "del");
    pub(crate) const EVICTED: Self = Self::new(EventClass::Evicted, "evicted");
    pub(crate) const EXPIRE: Self = Self::new(EventClass::Generic, "expire");
    pub(crate) const EXPIRED: Self = Self::new(EventClass::Expired, "expired");
    pub(crate) const GEO_RADIUS_STORE: Self = Self::new(EventClass::SortedSet, "georadiusstore");
    pub(crate) const GEO_SEARCH_STORE: Self = Self::new(EventClass::SortedSet, "geosearchstore");
    pub(crate) const HDEL: Self = Self::new(EventClass::Hash, "hdel");
    pub(crate) const HEXPIRE: Self = Self::new(EventClass::Hash, "hexpire");
    pub(crate) const HEXPIRED: Self = Self::new(EventClass::Hash, "hexpired");
    pub(crate) const HINCR_BY: Self = Self::new(EventClass::Hash, "hincrby");
    pub(crate) const HINCR_BY_FLOAT: Self = Self::new(EventClass::Hash, "hincrbyfloat");
    pub(crate) const HPERSIST: Self = Self::new(EventClass::Hash, "hpersist");
    pub(crate) const HSET: Self = Self::new(EventClass::Hash, "hset");
    pub(crate) const INCR_BY: Self = Self::new(EventClass::String, "incrby");
    pub(crate) const INCR_BY_FLOAT: Self = Self::new(EventClass::String, "incrbyfloat");
    pub(crate) const KEY_MISS: Self = Self::new(EventClass::KeyMiss, "keymiss");
    pub(crate) const LINSERT: Self = Self::new(EventClass::List, "linsert");
    pub(crate) const LPOP: Self = Self::new(EventClass::List, "lpop");
    pub(crate) const LPUSH: Self = Self::new(EventClass::List, "lpush");
    pub(crate) const LREM: Self = Self::new(EventClass::List, "lrem");
    pub(crate) const LSET: Self = Self::new(EventClass::List, "lset");
    pub(crate) const LTRIM: Self = Self::new(EventClass::List, "ltrim");
    pub(crate) const MOVE_FROM: Self = Self::new(EventClass::Generic, "move_from");
    pub(crate) const MOVE_TO: Self = Self::new(EventClass::Generic, "move_to");
    pub(crate) const NEW: Self = Self::new(EventClass::New, "new");
    pub(crate) const PERSIST: Self = Self::new(EventClass::Generic, "persist");
    pub(crate) const PF_ADD: Self = Self::new(EventClass::String, "pfadd");
    pub(crate) const RENAME_FROM: Self = Self::new(EventClass::Generic, "rename_from");
    pub(crate) const RENAME_TO: Self = Self::new(EventClass::Generic, "rename_to");
    pub(crate) const SADD: Self = Self::new(EventClass::Set, "sadd");
    pub(crate) const SDIFFSTORE: Self = Self::new(EventClass::Set, "sdiffstore");
    pub(crate) const RPOP: Self = Self::new(EventClass::List, "rpop");
    pub(crate) const RPUSH: Self = Self::new(EventClass::List, "rpush");
    pub(crate) const RESTORE: Self = Self::new(EventClass::Generic, "restore");
    pub(crate) const SET: Self = Self::new(EventClass::String, "set");
    pub(crate) const SET_BIT: Self = Self::new(EventClass::String, "setbit");
    pub(crate) const SET_RANGE: Self = Self::new(EventClass::String, "setrange");
    pub(crate) const SINTERSTORE: Self = Self::new(EventClass::Set, "sinterstore");
    pub(crate) const SPOP: Self = Self::new(EventClass::Set, "spop");
    pub(crate) const SREM: Self = Self::new(EventClass::Set, "srem");
    pub(crate) const SUNIONSTORE: Self = Self::new(EventClass::Set, "sunionstore");
    pub(crate) const XADD: Self = Self::new(EventClass::Stream, "xadd");
    pub(crate) const XDEL: Self = Self::new(EventClass::Stream, "xdel");
    pub(crate) const XGROUP_CREATE: Self = Self::new(EventClass::Stream, "xgroup-create");
    pub(crate) const XGROUP_CREATE_CONSUMER: Self =
        Self::new(EventClass::Stream, "xgroup-createconsumer");
    pub(crate) const XGROUP_DEL_CONSUMER: Self =
        Self::new(EventClass::Stream, "xgroup-delconsumer");
    pub(crate) const XGROUP_DESTROY: Self = Self::new(EventClass::Stream, "xgroup-destroy");
    pub(crate) const XGROUP_SET_ID: Self = Self::new(EventClass::Stream, "xgroup-setid");
    pub(crate) const XSET_ID: Self = Self::new(EventClass::Stream, "xsetid");
    pub(crate) const XTRIM: Self = Self::new(EventClass::Stream, "xtrim");
    pub(crate) const SORT_STORE: Self = Self::new(EventClass::List, "sortstore");
    pub(crate) const ZADD: Self = Self::new(EventClass::SortedSet, "zadd");
    pub(crate) const ZDIFF_STORE: Self = Self::new(EventClass::SortedSet, "zdiffstore");
    pub(crate) const ZINCR: Self = Self::new(EventClass::SortedSet, "zincr");
    pub(crate) const ZINTER_STORE: Self = Self::new(EventClass::SortedSet, "zinterstore");
    pub(crate) const ZPOP_MAX: Self = Self::new(EventClass::SortedSet, "zpopmax");
    pub(crate) const ZPOP_MIN: Self = Self::new(EventClass::SortedSet, "zpopmin");
    pub(crate) const ZRANGE_STORE: Self = Self::new(EventClass::SortedSet, "zrangestore");
    pub(crate) const ZREM: Self = Self::new(EventClass::SortedSet, "zrem");
    pub(crate) const ZREM_RANGE_BY_LEX: Self = Self::new(EventClass::SortedSet, "zremrangebylex");
    pub(crate) const ZREM_RANGE_BY_RANK: Self = Self::new(EventClass::SortedSet, "zremrangebyrank");
    pub(crate) const ZREM_RANGE_BY_SCORE: Self =
        Self::new(EventClass::SortedSet, "zremrangebyscore");
    pub(crate) const ZUNION_STORE: Self = Self::new(EventClass::SortedSet, "zunionstore");
}
