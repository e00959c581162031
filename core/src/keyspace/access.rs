//! The meaning of a record's access bits: the second of its last use, or how often it is used.
//!
//! Under an LRU policy the 24 bits are a clock in seconds, which wraps around after 194 days. Under
//! an LFU policy they are the minute of the last decay (16 bits) and a counter (8 bits) that grows
//! logarithmically with use and decays with time, as in Redis:
//! <https://redis.io/docs/latest/develop/reference/eviction/>.

use crate::random::Random;
use crate::time::UnixMicros;
use crate::value::record::{AccessClock, Record};

/// How the access bits of records are maintained: see `maxmemory-policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPolicy {
    /// Records the second of the last use.
    Recency,
    /// Counts uses.
    Frequency {
        /// Slows the growth of the counter: `lfu-log-factor`.
        log_factor: u32,
        /// Minutes without use after which the counter falls by one: `lfu-decay-time`.
        decay_minutes: u32,
    },
}

impl AccessPolicy {
    /// Returns the access bits of a record created at `now`.
    #[inline]
    #[must_use]
    pub const fn fresh(self, now: UnixMicros) -> AccessClock {
        match self {
            Self::Recency => recency(now),
            Self::Frequency { .. } => frequency(now, INITIAL_FREQUENCY),
        }
    }

    /// Records that a record is used at `now`.
    #[inline]
    pub fn touch(self, record: &Record, now: UnixMicros, random: &mut Random) {
        let clock = match self {
            Self::Recency => recency(now),
            Self::Frequency { log_factor, decay_minutes } => {
                let old = frequency_at(record.clock(), now, decay_minutes);
                frequency(now, counted(old, log_factor, random))
            }
        };
        if record.clock() != clock {
            record.set_clock(clock);
        }
    }
}

/// The counter of a new key. It is greater than zero so that new keys are not evicted first.
pub const INITIAL_FREQUENCY: u8 = 5;

const CLOCK_BITS: u32 = 24;

/// Returns the access bits of a key used at `now`.
#[inline]
#[must_use]
pub const fn recency(now: UnixMicros) -> AccessClock {
    AccessClock::new(now.seconds() as u32)
}

/// Returns the seconds since the last use.
#[must_use]
pub const fn idle_seconds(clock: AccessClock, now: UnixMicros) -> u64 {
    let now = now.seconds() as u32 & ((1 << CLOCK_BITS) - 1);
    (now.wrapping_sub(clock.bits()) & ((1 << CLOCK_BITS) - 1)) as u64
}

/// Returns the access bits of a key that was last used `idle_seconds` ago. A time too long for the
/// clock is stored as half the clock's period.
#[must_use]
pub const fn idle(idle_seconds: u64, now: UnixMicros) -> AccessClock {
    const HALF: u64 = 1 << (CLOCK_BITS - 1);
    let idle_seconds = if idle_seconds < 2 * HALF { idle_seconds } else { HALF };
    AccessClock::new(now.seconds().wrapping_sub(idle_seconds) as u32)
}

/// Returns the access bits of a key whose counter is `frequency` at `now`.
#[inline]
#[must_use]
pub const fn frequency(now: UnixMicros, frequency: u8) -> AccessClock {
    AccessClock::new(minute(now) << 8 | frequency as u32)
}

/// Returns the counter at `now`: one less for every `decay_minutes` since the bits were written.
#[must_use]
pub fn frequency_at(clock: AccessClock, now: UnixMicros, decay_minutes: u32) -> u8 {
    let counter = clock.bits() as u8;
    let elapsed = minute(now).wrapping_sub(clock.bits() >> 8) & 0xffff;
    let periods = elapsed.checked_div(decay_minutes).unwrap_or(0);
    counter.saturating_sub(u8::try_from(periods).unwrap_or(u8::MAX))
}

/// Returns the counter after one more use. The probability that it grows falls as it grows.
#[must_use]
pub fn counted(frequency: u8, log_factor: u32, random: &mut Random) -> u8 {
    let above_initial = u64::from(frequency.saturating_sub(INITIAL_FREQUENCY));
    let times = above_initial * u64::from(log_factor) + 1;
    let grows = frequency < u8::MAX && random.one_in(times);
    frequency + u8::from(grows)
}

const fn minute(now: UnixMicros) -> u32 {
    (now.seconds() / 60) as u32 & 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    const MINUTE_US: u64 = 60_000_000;

    #[test]
    fn the_idle_time_is_correct_after_the_clock_wraps() {
        let before = UnixMicros(((1 << CLOCK_BITS) - 10) * 1_000_000);
        let after = UnixMicros(((1 << CLOCK_BITS) + 5) * 1_000_000);
        assert_eq!(idle_seconds(recency(before), after), 15);
        assert_eq!(idle_seconds(recency(after), after), 0);
    }

    #[test]
    fn the_counter_falls_with_time_and_grows_with_use() {
        let start = UnixMicros(1_000 * MINUTE_US);
        let clock = frequency(start, 10);
        assert_eq!(frequency_at(clock, UnixMicros(start.0 + 3 * MINUTE_US), 1), 7);
        assert_eq!(frequency_at(clock, UnixMicros(start.0 + 300 * MINUTE_US), 1), 0);
        assert_eq!(
            frequency_at(clock, UnixMicros(start.0 + 300 * MINUTE_US), 0),
            10,
            "zero means no decay"
        );
        let mut random = Random::new(Seed(1));
        let after = |uses: u32, random: &mut Random| {
            (0..uses).fold(INITIAL_FREQUENCY, |f, _| counted(f, 10, random))
        };
        let (few, many) = (after(100, &mut random), after(100_000, &mut random));
        assert!(few > INITIAL_FREQUENCY && few < 20, "{few}");
        assert!(many > 100 && many < 200, "{many}: Redis reaches about 142");
    }
}
