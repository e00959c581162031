//! Points in time. The engine has no clock: every verb that depends on time takes it as an argument.

/// A point in time, in microseconds since the Unix epoch: what a front end passes to the engine's verbs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMicros(pub u64);

/// A point in time, in milliseconds since the Unix epoch: the resolution of every deadline in Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl UnixMicros {
    /// The millisecond this point lies in.
    ///
    /// ```
    /// use redstart_core::time::{UnixMicros, UnixMillis};
    /// assert_eq!(UnixMicros(1_999).millis(), UnixMillis(1));
    /// ```
    #[inline]
    #[must_use]
    pub const fn millis(self) -> UnixMillis {
        UnixMillis(self.0 / 1_000)
    }

    /// The second this point lies in.
    #[inline]
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The point `span_ms` milliseconds later, or the last one there is.
    #[inline]
    #[must_use]
    pub const fn after_ms(self, span_ms: u64) -> Self {
        Self(self.0.saturating_add(span_ms.saturating_mul(1_000)))
    }

    /// The point `span_us` microseconds later, or the last one there is.
    #[inline]
    #[must_use]
    pub const fn after_us(self, span_us: u64) -> Self {
        Self(self.0.saturating_add(span_us))
    }

    /// The microseconds from `earlier` to `self`; zero when `earlier` is later.
    #[inline]
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl UnixMillis {
    /// The first microsecond of this millisecond.
    #[inline]
    #[must_use]
    pub const fn micros(self) -> UnixMicros {
        UnixMicros(self.0.saturating_mul(1_000))
    }
}
