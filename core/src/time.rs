//! Points in time. The engine has no clock: every method that depends on time takes it as an
//! argument.

/// A point in time, in microseconds since the Unix epoch. A front end passes it to the engine's
/// methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMicros(pub u64);

/// A point in time, in milliseconds since the Unix epoch: the resolution of every deadline in
/// Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl UnixMicros {
    /// Returns the millisecond that contains this point.
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

    /// Returns the second that contains this point.
    #[inline]
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Returns the point `span_ms` milliseconds later, saturating at the last one.
    #[inline]
    #[must_use]
    pub const fn after_ms(self, span_ms: u64) -> Self {
        Self(self.0.saturating_add(span_ms.saturating_mul(1_000)))
    }

    /// Returns the point `span_us` microseconds later, or the last one there is.
    #[inline]
    #[must_use]
    pub const fn after_us(self, span_us: u64) -> Self {
        Self(self.0.saturating_add(span_us))
    }

    /// Returns the microseconds from `earlier` to `self`, or zero if `earlier` is later.
    #[inline]
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl UnixMillis {
    /// Returns the first microsecond of this millisecond.
    #[inline]
    #[must_use]
    pub const fn micros(self) -> UnixMicros {
        UnixMicros(self.0.saturating_mul(1_000))
    }
}
