//! What Redis knows about a command before it runs: one [`Spec`] each, plain data in the binary.
//!
//! The table is the single source. Dispatch, the check of the number of arguments, `COMMAND` and `COMMAND DOCS`, the search for
//! keys (ACL, cluster slots, `COMMAND GETKEYS`), the hints of `redis-cli` and the reference pages all read it, so a fact about a
//! command is written down once. What follows from other facts is computed and not stored: a container's name is the first part of
//! its subcommand's, `@write` follows from the flag `write`, `movablekeys` from the key specs.

use super::bit_set::bit_set;
use super::context::{Context, Handler, Outcome};
use super::keys::{KeySpec, SpecialKeys};
use crate::error::{self, Error};
use crate::resp::args::Args;

/// One command, or one subcommand of a container such as `CLIENT`.
///
/// Entries name the fields they need and take the rest from [`Spec::DEFAULT`].
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name in lower case; of a subcommand the full name, as in `client|kill`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The Redis version that brought it.
    pub since: &'static str,
    /// The chapter of the manual it belongs to.
    pub group: Group,
    /// Its cost, in O notation; empty if none can be given.
    pub complexity: &'static str,
    /// How many arguments it takes, its name included (for a subcommand both names); `-n` means `n` or more.
    pub arity: i16,
    /// How it may be used. [`Spec::reported_flags`] adds what follows from the keys.
    pub flags: Flags,
    /// The ACL categories that do not follow from the flags. [`Spec::acl_categories`] is the whole.
    pub categories: Categories,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// The rule that finds the keys, or what is done to them, where key specs cannot say it.
    pub special_keys: Option<SpecialKeys>,
    /// Where the channels are that it sends to or listens to.
    pub channels: Option<Channels>,
    /// Its arguments, for people and for completion.
    pub arguments: &'static [Argument],
    /// Hints to clients and proxies, such as `nondeterministic_output`.
    pub tips: &'static [&'static str],
    /// What changed: the version and the change.
    pub history: &'static [(&'static str, &'static str)],
    /// Since when it is out of favour, and what to use.
    pub deprecated: Option<Deprecated>,
    /// Whether it serves the system itself or its tests, and no application.
    pub is_system: bool,
    /// The subcommands of a container, sorted by name; empty for other commands.
    pub subcommands: &'static [Spec],
    /// What runs it. A container without a subcommand of its own form is never run.
    pub(crate) run: Handler,
}

impl Spec {
    /// What an entry leaves out.
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

    /// The last part of the name: `kill` of `client|kill`, and `get` of `get`.
    #[must_use]
    pub fn own_name(&self) -> &'static str {
        self.name.split_once('|').map_or(self.name, |(_, own)| own)
    }

    /// The name of the container this is a subcommand of.
    #[must_use]
    pub fn container(&self) -> Option<&'static str> {
        self.name.split_once('|').map(|(container, _)| container)
    }

    /// Whether `count` arguments (the name included) are as many as the command takes.
    #[must_use]
    pub const fn accepts(&self, count: usize) -> bool {
        let bound = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { count >= bound } else { count == bound }
    }

    /// The subcommand called `name`, in any case.
    #[must_use]
    pub fn subcommand(&self, name: &[u8]) -> Option<&'static Self> {
        self.subcommands.iter().find(|spec| spec.own_name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// The flags as `COMMAND` reports them.
    #[must_use]
    pub fn reported_flags(&self) -> Flags {
        if self.has_movable_keys() { self.flags.with(Flag::MovableKeys) } else { self.flags }
    }

    /// Every ACL category: the explicit ones and those that follow from the flags.
    #[must_use]
    pub const fn acl_categories(&self) -> Categories {
        let (flags, mut all) = (self.flags, self.categories);
        if flags.has(Flag::Write) {
            all = all.with(Category::Write);
        }
        // A script may write, whatever its caller promises.
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

/// The chapters of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Any key, whatever its type.
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
    /// The client's own connection.
    Connection,
    /// The server as a whole.
    Server,
    /// Scripts and functions.
    Scripting,
    /// Cardinality sketches.
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
    /// The name Redis prints.
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
    /// How a command may be used.
    Flags of
    /// One thing about how a command may be used.
    Flag {
        /// May change data.
        Write = "write",
        /// Reads keys and changes none.
        ReadOnly = "readonly",
        /// Refused when memory is short.
        DenyOom = "denyoom",
        /// For administrators.
        Admin = "admin",
        /// About publish and subscribe.
        PubSub = "pubsub",
        /// Refused in scripts.
        NoScript = "noscript",
        /// May block the client.
        Blocking = "blocking",
        /// Allowed while data is being loaded.
        Loading = "loading",
        /// Allowed on a replica whose data is stale.
        Stale = "stale",
        /// Not shown to `MONITOR`.
        SkipMonitor = "skip_monitor",
        /// Not put into the slow log.
        SkipSlowlog = "skip_slowlog",
        /// Served for a slot that is being imported, as if `ASKING` came first.
        Asking = "asking",
        /// Takes constant or logarithmic time.
        Fast = "fast",
        /// Allowed before authentication.
        NoAuth = "no_auth",
        /// May be sent to a replica, though it can replicate. Not reported.
        MayReplicate = "may_replicate",
        /// Its keys may be absent from its arguments.
        NoMandatoryKeys = "no_mandatory_keys",
        /// Needs the configuration to allow it, as `DEBUG` does. Not reported.
        Protected = "protected",
        /// Refused while a replica loads its data in the background.
        NoAsyncLoading = "no_async_loading",
        /// Refused in a transaction.
        NoMulti = "no_multi",
        /// The legacy triple of positions misses keys. Never stored: see [`Spec::has_movable_keys`].
        MovableKeys = "movablekeys",
        /// Allowed while a script runs for too long.
        AllowBusy = "allow_busy",
        /// Looks at keys that its arguments do not name, as `RANDOMKEY` does. Not reported.
        TouchesArbitraryKeys = "touches_arbitrary_keys",
        /// Runs at once inside a transaction, instead of being queued. Not reported.
        Unqueued = "unqueued",
        /// Runs the queued commands, so it is held to what they need. Not reported.
        RunsQueue = "runs_queue",
        /// Allowed for a client that has subscribed and speaks RESP2. Not reported.
        Subscribed = "subscribed",
        /// Leaves what `CLIENT CACHING` has said for the command after it. Not reported.
        KeepsCaching = "keeps_caching",
        /// Marks an access to a key, whatever the client has chosen. Not reported.
        MarksAccess = "marks_access",
    }
}

impl Flag {
    /// Whether `COMMAND` leaves this flag out of its reply.
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
    /// The classes by which an ACL rule allows or denies a command.
    Categories of
    /// A class of commands in ACL rules; its name on the wire has an `@` before it.
    Category {
        /// About keys whatever their type.
        Keyspace = "keyspace",
        /// Reads data.
        Read = "read",
        /// Writes data.
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
        /// Cardinality sketches.
        HyperLogLog = "hyperloglog",
        /// Geographic indexes.
        Geo = "geo",
        /// Streams.
        Stream = "stream",
        /// Publish and subscribe.
        PubSub = "pubsub",
        /// Administration.
        Admin = "admin",
        /// Has the flag `fast`.
        Fast = "fast",
        /// Lacks the flag `fast`.
        Slow = "slow",
        /// May block the client.
        Blocking = "blocking",
        /// To be thought about before it is allowed.
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
    /// The category of that name, whatever its case.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        let is_it = |known: &Self| known.name().as_bytes().eq_ignore_ascii_case(name);
        Self::ALL.iter().copied().find(is_it)
    }
}

/// Where the channels of a command are whose use must be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// The first argument: messages are sent to it.
    Published,
    /// All arguments.
    Subscribed,
    /// All arguments, each a pattern.
    Patterns,
}

/// That a command is out of favour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// The version from which on.
    pub since: &'static str,
    /// What to use instead.
    pub replaced_by: &'static str,
}

/// One argument of a command, or a group of them.
///
/// Built by the constructor of its type, then by what makes it special:
///
/// ```
/// use redstart_core::command::spec::{Argument, ArgumentFlag};
/// const SECONDS: Argument = Argument::integer("seconds").after("EX").since("2.6.12").optional();
/// assert!(SECONDS.flags.has(ArgumentFlag::Optional));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its name, unique among its siblings.
    pub name: &'static str,
    /// What may stand there.
    pub kind: ArgumentKind,
    /// The word before the value; of a pure token the word itself.
    pub token: Option<&'static str>,
    /// What it means, where the name does not say.
    pub summary: Option<&'static str>,
    /// The version that brought it, where the command is older.
    pub since: Option<&'static str>,
    /// The version that put it out of favour.
    pub deprecated_since: Option<&'static str>,
    /// Whether it may be absent or repeated.
    pub flags: ArgumentFlags,
    /// Which of the command's key specs finds this key.
    pub key_spec_index: Option<u8>,
    /// How it is shown, where not by its name.
    pub display: Option<&'static str>,
    /// The alternatives of a `oneof`, the parts of a `block`.
    pub arguments: &'static [Argument],
}

/// What may stand at the place of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Any bytes.
    String,
    /// A 64-bit signed integer.
    Integer,
    /// A floating point number.
    Double,
    /// The name of a key.
    Key,
    /// A glob-style pattern.
    Pattern,
    /// A point in Unix time.
    UnixTime,
    /// A fixed word.
    PureToken,
    /// One of several arguments.
    OneOf,
    /// Several arguments in a row.
    Block,
}

impl ArgumentKind {
    /// The name Redis prints.
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
    /// Whether an argument may be absent or repeated.
    ArgumentFlags of
    /// One way an argument differs from standing there exactly once.
    ArgumentFlag {
        /// May be absent.
        Optional = "optional",
        /// May be repeated.
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

    /// Any bytes.
    #[must_use]
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::String)
    }

    /// An integer.
    #[must_use]
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Integer)
    }

    /// A floating point number.
    #[must_use]
    pub const fn double(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Double)
    }

    /// A key, which the command's key spec number `spec` finds.
    #[must_use]
    pub const fn key(name: &'static str, spec: u8) -> Self {
        Self { key_spec_index: Some(spec), ..Self::new(name, ArgumentKind::Key) }
    }

    /// A glob-style pattern.
    #[must_use]
    pub const fn pattern(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Pattern)
    }

    /// A point in Unix time.
    #[must_use]
    pub const fn unix_time(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::UnixTime)
    }

    /// A fixed word.
    #[must_use]
    pub const fn token(name: &'static str, token: &'static str) -> Self {
        Self { token: Some(token), ..Self::new(name, ArgumentKind::PureToken) }
    }

    /// One of `arguments`.
    #[must_use]
    pub const fn one_of(name: &'static str, arguments: &'static [Self]) -> Self {
        Self { arguments, ..Self::new(name, ArgumentKind::OneOf) }
    }

    /// All of `arguments`, in a row.
    #[must_use]
    pub const fn block(name: &'static str, arguments: &'static [Self]) -> Self {
        Self { arguments, ..Self::new(name, ArgumentKind::Block) }
    }

    /// The same, with the word `token` before it.
    #[must_use]
    pub const fn after(self, token: &'static str) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The same, of a pattern that stands for keys which the command's key spec number `spec` is about.
    #[must_use]
    pub const fn of_keys(self, spec: u8) -> Self {
        Self { key_spec_index: Some(spec), ..self }
    }

    /// The same, explained.
    #[must_use]
    pub const fn summary(self, summary: &'static str) -> Self {
        Self { summary: Some(summary), ..self }
    }

    /// The same, younger than its command.
    #[must_use]
    pub const fn since(self, version: &'static str) -> Self {
        Self { since: Some(version), ..self }
    }

    /// The same, out of favour from `version` on.
    #[must_use]
    pub const fn deprecated(self, version: &'static str) -> Self {
        Self { deprecated_since: Some(version), ..self }
    }

    /// The same, shown as `text` and not as its name.
    #[must_use]
    pub const fn shown_as(self, text: &'static str) -> Self {
        Self { display: Some(text), ..self }
    }

    /// The same, which may be absent.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { flags: self.flags.with(ArgumentFlag::Optional), ..self }
    }

    /// The same, once or more.
    #[must_use]
    pub const fn multiple(self) -> Self {
        Self { flags: self.flags.with(ArgumentFlag::Multiple), ..self }
    }

    /// The same, once or more, each time with its token.
    #[must_use]
    pub const fn multiple_with_token(self) -> Self {
        Self {
            flags: self.flags.with(ArgumentFlag::Multiple).with(ArgumentFlag::MultipleToken),
            ..self
        }
    }

    /// How it is shown to people; a group is not.
    #[must_use]
    pub const fn display_text(&self) -> Option<&'static str> {
        match (self.kind, self.display) {
            (ArgumentKind::OneOf | ArgumentKind::Block, _) => None,
            (_, Some(text)) => Some(text),
            (_, None) => Some(self.name),
        }
    }
}

/// What a container replies when it is called without a subcommand.
fn no_such_form(ctx: &mut Context<'_>, _args: Args<'_>) -> Result<Outcome, Error> {
    Err(error::wrong_arity(ctx.command.spec.name))
}
