//! The command table: everything that Redis knows about a command before it runs. Each command is
//! one [`Spec`], plain data in the binary.
//!
//! The table is the single source of truth. Dispatch, arity checks, `COMMAND` and `COMMAND DOCS`,
//! key extraction (ACL, cluster slots, `COMMAND GETKEYS`), the hints of `redis-cli` and the
//! reference pages all use it, so each fact about a command is stated once. Facts that can be
//! derived are computed instead of stored: a container's name from the names of its subcommands,
//! `@write` from the flag `write`, `movablekeys` from the key specs.

use super::bit_set::bit_set;
use super::context::{Context, Handler, Outcome};
use super::key_specs::{KeySpec, SpecialKeys};
use crate::error::{self, Error};
use crate::resp::args::Args;

/// One command, or one subcommand of a container such as `CLIENT`.
///
/// Entries set the fields they need and take the others from [`Spec::DEFAULT`].
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name in lower case. Subcommands have full names, such as `client|kill`.
    pub name: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// The Redis version that introduced the command.
    pub since: &'static str,
    /// The command's group in the manual.
    pub group: Group,
    /// The time complexity in O notation; empty if unspecified.
    pub complexity: &'static str,
    /// The number of arguments, including the name (two words for a subcommand); `-n` means at
    /// least `n`.
    pub arity: i16,
    /// The flags, except for one that [`Spec::reported_flags`] derives from the keys.
    pub flags: Flags,
    /// The ACL categories that the flags do not imply. [`Spec::acl_categories`] returns them all.
    pub categories: Categories,
    /// The key specs: where the keys are.
    pub keys: &'static [KeySpec],
    /// A rule for keys or their flags, if the key specs do not suffice.
    pub special_keys: Option<SpecialKeys>,
    /// The positions of the channels that the command publishes or subscribes to.
    pub channels: Option<Channels>,
    /// The arguments, for documentation and completion.
    pub arguments: &'static [Argument],
    /// Hints to clients and proxies, such as `nondeterministic_output`.
    pub tips: &'static [&'static str],
    /// The changes since the first version, as pairs of version and change.
    pub history: &'static [(&'static str, &'static str)],
    /// The deprecation, if any.
    pub deprecated: Option<Deprecated>,
    /// Set for commands that serve the system itself or its tests, not applications.
    pub is_system: bool,
    /// The subcommands of a container, sorted by name; empty for other commands.
    pub subcommands: &'static [Spec],
    /// The handler. The default one rejects a container called without a subcommand.
    pub(crate) run: Handler,
}

impl Spec {
    /// The defaults of an entry.
    pub const DEFAULT: Self = Self {
        name: "",
        summary: "",
        since: "",
        group: Group::Generic,
        complexity: "",
        arity: 0,
        flags: Flags::NONE,
        categories: Categories::NONE,
        keys: &[],
        special_keys: None,
        channels: None,
        arguments: &[],
        tips: &[],
        history: &[],
        deprecated: None,
        is_system: false,
        subcommands: &[],
        run: no_such_form,
    };

    /// Returns the last part of the name: `kill` for `client|kill`, and `get` for `get`.
    #[must_use]
    pub fn own_name(&self) -> &'static str {
        self.name.split_once('|').map_or(self.name, |(_, own)| own)
    }

    /// Returns the name of the container that this is a subcommand of.
    #[must_use]
    pub fn container(&self) -> Option<&'static str> {
        self.name.split_once('|').map(|(container, _)| container)
    }

    /// Returns `true` if the command accepts `count` arguments, including its name.
    #[must_use]
    pub const fn accepts(&self, count: usize) -> bool {
        let bound = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { count >= bound } else { count == bound }
    }

    /// Finds a subcommand by name, ignoring case.
    #[must_use]
    pub fn subcommand(&self, name: &[u8]) -> Option<&'static Self> {
        self.subcommands.iter().find(|spec| spec.own_name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Returns the flags as `COMMAND` reports them.
    #[must_use]
    pub fn reported_flags(&self) -> Flags {
        if self.has_movable_keys() { self.flags.with(Flag::MovableKeys) } else { self.flags }
    }

    /// Returns all ACL categories: the explicit ones and those derived from the flags.
    #[must_use]
    pub const fn acl_categories(&self) -> Categories {
        let (flags, mut all) = (self.flags, self.categories);
        if flags.has(Flag::Write) {
            all = all.with(Category::Write);
        }
        // A script may write even if its command is read-only.
        if flags.has(Flag::ReadOnly) && !all.has(Category::Scripting) {
            all = all.with(Category::Read);
        }
        if flags.has(Flag::Admin) {
            all = all.with(Category::Admin).with(Category::Dangerous);
        }
        if flags.has(Flag::PubSub) {
            all = all.with(Category::PubSub);
        }
        if flags.has(Flag::Blocking) {
            all = all.with(Category::Blocking);
        }
        all.with(if flags.has(Flag::Fast) { Category::Fast } else { Category::Slow })
    }
}

/// The groups of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Commands for keys of any type.
    Generic,
    /// Strings.
    String,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Hashes.
    Hash,
    /// Publish and subscribe.
    PubSub,
    /// Transactions.
    Transactions,
    /// Commands for the client's own connection.
    Connection,
    /// Server administration.
    Server,
    /// Scripts and functions.
    Scripting,
    /// `HyperLogLog`s.
    HyperLogLog,
    /// Cluster.
    Cluster,
    /// Geographic indexes.
    Geo,
    /// Streams.
    Stream,
    /// Strings as arrays of bits.
    Bitmap,
}

impl Group {
    /// Returns the name that Redis prints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Hash => "hash",
            Self::PubSub => "pubsub",
            Self::Transactions => "transactions",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Scripting => "scripting",
            Self::HyperLogLog => "hyperloglog",
            Self::Cluster => "cluster",
            Self::Geo => "geo",
            Self::Stream => "stream",
            Self::Bitmap => "bitmap",
        }
    }
}

bit_set! {
    /// Properties of a command.
    Flags of
    /// A property of a command.
    Flag {
        /// May modify data.
        Write = "write",
        /// Reads keys without modifying them.
        ReadOnly = "readonly",
        /// Rejected when memory is low.
        DenyOom = "denyoom",
        /// An administrative command.
        Admin = "admin",
        /// Related to Pub/Sub.
        PubSub = "pubsub",
        /// Rejected in scripts.
        NoScript = "noscript",
        /// May block the client.
        Blocking = "blocking",
        /// Allowed while data is being loaded.
        Loading = "loading",
        /// Allowed on a replica whose data is stale.
        Stale = "stale",
        /// Not shown to `MONITOR`.
        SkipMonitor = "skip_monitor",
        /// Not added to the slow log.
        SkipSlowlog = "skip_slowlog",
        /// Accepted for a slot that is being imported, as if `ASKING` preceded it.
        Asking = "asking",
        /// Takes constant or logarithmic time.
        Fast = "fast",
        /// Allowed before authentication.
        NoAuth = "no_auth",
        /// May be sent to a replica, although it can propagate changes. Not reported.
        MayReplicate = "may_replicate",
        /// May be called without keys.
        NoMandatoryKeys = "no_mandatory_keys",
        /// Must be enabled in the configuration, as `DEBUG` must be. Not reported.
        Protected = "protected",
        /// Rejected while a replica loads its data in the background.
        NoAsyncLoading = "no_async_loading",
        /// Rejected in a transaction.
        NoMulti = "no_multi",
        /// The legacy triple misses keys. Always derived, never stored: see
        /// [`Spec::has_movable_keys`].
        MovableKeys = "movablekeys",
        /// Allowed while a script exceeds its time limit.
        AllowBusy = "allow_busy",
        /// Accesses keys that its arguments do not name, as `RANDOMKEY` does. Not reported.
        TouchesArbitraryKeys = "touches_arbitrary_keys",
        /// Runs immediately inside a transaction instead of being queued. Not reported.
        Unqueued = "unqueued",
        /// Runs the queued commands and must meet their requirements. Not reported.
        RunsQueue = "runs_queue",
        /// Allowed in RESP2 while the client is subscribed. Not reported.
        Subscribed = "subscribed",
        /// Preserves the effect of `CLIENT CACHING` for the next command. Not reported.
        KeepsCaching = "keeps_caching",
        /// Records an access to the key even if the client has disabled that. Not reported.
        MarksAccess = "marks_access",
    }
}

impl Flag {
    /// Returns `true` if `COMMAND` omits this flag from its reply.
    #[must_use]
    pub const fn is_hidden(self) -> bool {
        matches!(
            self,
            Self::MayReplicate
                | Self::Protected
                | Self::TouchesArbitraryKeys
                | Self::Unqueued
                | Self::RunsQueue
                | Self::Subscribed
                | Self::KeepsCaching
                | Self::MarksAccess
        )
    }
}

bit_set! {
    /// The classes of commands in ACL rules.
    Categories of
    /// A class of commands in ACL rules; its wire name has an `@` prefix.
    Category {
        /// Commands for keys of any type.
        Keyspace = "keyspace",
        /// Commands that read data.
        Read = "read",
        /// Commands that write data.
        Write = "write",
        /// Sets.
        Set = "set",
        /// Sorted sets.
        SortedSet = "sortedset",
        /// Lists.
        List = "list",
        /// Hashes.
        Hash = "hash",
        /// Strings.
        String = "string",
        /// Strings as arrays of bits.
        Bitmap = "bitmap",
        /// `HyperLogLog`s.
        HyperLogLog = "hyperloglog",
        /// Geographic indexes.
        Geo = "geo",
        /// Streams.
        Stream = "stream",
        /// Publish and subscribe.
        PubSub = "pubsub",
        /// Administration.
        Admin = "admin",
        /// Commands with the flag `fast`.
        Fast = "fast",
        /// Commands without the flag `fast`.
        Slow = "slow",
        /// Commands that may block the client.
        Blocking = "blocking",
        /// Commands with risks to consider before they are allowed.
        Dangerous = "dangerous",
        /// The connection and its state.
        Connection = "connection",
        /// Transactions.
        Transaction = "transaction",
        /// Scripts and functions.
        Scripting = "scripting",
    }
}

impl Category {
    /// Returns the category of a name, ignoring case.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        let is_it = |known: &Self| known.name().as_bytes().eq_ignore_ascii_case(name);
        Self::ALL.iter().copied().find(is_it)
    }
}

/// The positions of the channels of a command, for the checks of ACL rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// The first argument, which receives messages.
    Published,
    /// All arguments.
    Subscribed,
    /// All arguments, as patterns.
    Patterns,
}

/// The deprecation of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// The version that deprecated the command.
    pub since: &'static str,
    /// The replacement.
    pub replaced_by: &'static str,
}

/// One argument of a command, or a group of arguments.
///
/// Create it with the constructor of its kind, then add modifiers:
///
/// ```
/// use redstart_core::command::spec::{Argument, ArgumentFlag};
/// const SECONDS: Argument = Argument::integer("seconds").after("EX").since("2.6.12").optional();
/// assert!(SECONDS.flags.has(ArgumentFlag::Optional));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The name, unique among its siblings.
    pub name: &'static str,
    /// The kind of value.
    pub kind: ArgumentKind,
    /// The keyword before the value; for a pure token, the keyword itself.
    pub token: Option<&'static str>,
    /// A description, if the name does not suffice.
    pub summary: Option<&'static str>,
    /// The version that added the argument, if the command is older.
    pub since: Option<&'static str>,
    /// The version that deprecated the argument.
    pub deprecated_since: Option<&'static str>,
    /// Set if the argument is optional or can be repeated.
    pub flags: ArgumentFlags,
    /// The index of the key spec that finds this key.
    pub key_spec_index: Option<u8>,
    /// The name to display, if it differs from `name`.
    pub display: Option<&'static str>,
    /// The alternatives of a `oneof`, or the parts of a `block`.
    pub arguments: &'static [Argument],
}

/// The kind of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Any bytes.
    String,
    /// A 64-bit signed integer.
    Integer,
    /// A floating-point number.
    Double,
    /// A key name.
    Key,
    /// A glob-style pattern.
    Pattern,
    /// A Unix timestamp.
    UnixTime,
    /// A fixed keyword.
    PureToken,
    /// One of several arguments.
    OneOf,
    /// A sequence of arguments.
    Block,
}

impl ArgumentKind {
    /// Returns the name that Redis prints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }
}

bit_set! {
    /// The flags of an argument.
    ArgumentFlags of
    /// A flag of an argument.
    ArgumentFlag {
        /// Optional.
        Optional = "optional",
        /// Can be repeated.
        Multiple = "multiple",
        /// Is repeated together with its token.
        MultipleToken = "multiple_token",
    }
}

impl Argument {
    const fn new(name: &'static str, kind: ArgumentKind) -> Self {
        Self {
            name,
            kind,
            token: None,
            summary: None,
            since: None,
            deprecated_since: None,
            flags: ArgumentFlags::NONE,
            key_spec_index: None,
            display: None,
            arguments: &[],
        }
    }

    /// Creates a string argument: any bytes.
    #[must_use]
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::String)
    }

    /// Creates an integer argument.
    #[must_use]
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Integer)
    }

    /// Creates a floating-point argument.
    #[must_use]
    pub const fn double(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Double)
    }

    /// Creates a key argument, found by the key spec with the index `spec`.
    #[must_use]
    pub const fn key(name: &'static str, spec: u8) -> Self {
        Self { key_spec_index: Some(spec), ..Self::new(name, ArgumentKind::Key) }
    }

    /// Creates an argument that is a glob-style pattern.
    #[must_use]
    pub const fn pattern(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Pattern)
    }

    /// Creates an argument that is a Unix timestamp.
    #[must_use]
    pub const fn unix_time(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::UnixTime)
    }

    /// Creates a fixed keyword.
    #[must_use]
    pub const fn token(name: &'static str, token: &'static str) -> Self {
        Self { token: Some(token), ..Self::new(name, ArgumentKind::PureToken) }
    }

    /// Creates a choice of one of `arguments`.
    #[must_use]
    pub const fn one_of(name: &'static str, arguments: &'static [Self]) -> Self {
        Self { arguments, ..Self::new(name, ArgumentKind::OneOf) }
    }

    /// Creates a sequence of all `arguments`.
    #[must_use]
    pub const fn block(name: &'static str, arguments: &'static [Self]) -> Self {
        Self { arguments, ..Self::new(name, ArgumentKind::Block) }
    }

    /// Adds the keyword `token` before the value.
    #[must_use]
    pub const fn after(self, token: &'static str) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Marks a pattern of key names, to which the key spec with the index `spec` applies.
    #[must_use]
    pub const fn of_keys(self, spec: u8) -> Self {
        Self { key_spec_index: Some(spec), ..self }
    }

    /// Adds a description.
    #[must_use]
    pub const fn summary(self, summary: &'static str) -> Self {
        Self { summary: Some(summary), ..self }
    }

    /// Sets the version that added the argument.
    #[must_use]
    pub const fn since(self, version: &'static str) -> Self {
        Self { since: Some(version), ..self }
    }

    /// Marks the argument as deprecated since `version`.
    #[must_use]
    pub const fn deprecated(self, version: &'static str) -> Self {
        Self { deprecated_since: Some(version), ..self }
    }

    /// Displays `text` instead of the name.
    #[must_use]
    pub const fn shown_as(self, text: &'static str) -> Self {
        Self { display: Some(text), ..self }
    }

    /// Makes the argument optional.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { flags: self.flags.with(ArgumentFlag::Optional), ..self }
    }

    /// Lets the argument be repeated.
    #[must_use]
    pub const fn multiple(self) -> Self {
        Self { flags: self.flags.with(ArgumentFlag::Multiple), ..self }
    }

    /// Lets the argument be repeated together with its token.
    #[must_use]
    pub const fn multiple_with_token(self) -> Self {
        Self {
            flags: self.flags.with(ArgumentFlag::Multiple).with(ArgumentFlag::MultipleToken),
            ..self
        }
    }

    /// Returns the name to display; `None` for a group.
    #[must_use]
    pub const fn display_text(&self) -> Option<&'static str> {
        match (self.kind, self.display) {
            (ArgumentKind::OneOf | ArgumentKind::Block, _) => None,
            (_, Some(text)) => Some(text),
            (_, None) => Some(self.name),
        }
    }
}

/// Rejects a container called without a subcommand.
fn no_such_form(ctx: &mut Context<'_>, _args: Args<'_>) -> Result<Outcome, Error> {
    Err(error::wrong_arity(ctx.command.spec.name))
}
