//! The clocks. No other module reads the system time.

use std::time::{SystemTime, UNIX_EPOCH};

use redstart_core::time::UnixMicros;

/// Returns the wall-clock time, which is passed to the engine once per round.
pub(crate) fn now() -> UnixMicros {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMicros(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
}

/// The clock that measures durations. It is read once per request and must be cheap: it uses the
/// CPU's time stamp counter where that is invariant (20 ns, compared to 50 ns for the system's
/// monotonic clock), otherwise the monotonic clock.
#[derive(Clone, Debug)]
pub(crate) struct Stopwatch {
    clock: quanta::Clock,
}

impl Stopwatch {
    pub(crate) fn new() -> Self {
        Self { clock: quanta::Clock::new() }
    }

    /// Returns the name of the clock, as shown by `INFO`.
    pub(crate) const fn name() -> &'static str {
        "quanta"
    }

    #[inline]
    pub(crate) fn nanos(&self) -> u64 {
        self.clock.delta_as_nanos(0, self.clock.raw())
    }
}

/// Formats a point in time as `2026-01-31T23:59:59.000Z`.
pub(crate) fn rfc3339(at: UnixMicros) -> String {
    let (days, second) = (at.seconds() / 86_400, at.seconds() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let millis = at.millis().0 % 1_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Converts a number of days since 1970 to year, month and day. Years start in March, so that the
/// leap day is the last day and the lengths of the months follow a linear function.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    let days = days + DAYS_BEFORE_1970;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_convert_to_calendar_dates() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999_000, "2000-02-29T23:59:59.999Z"),
            (1_709_251_200_000_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (micros, text) in cases {
            assert_eq!(rfc3339(UnixMicros(micros)), text);
        }
    }

    #[test]
    fn the_stopwatch_advances() {
        let stopwatch = Stopwatch::new();
        let before = stopwatch.nanos();
        std::thread::sleep(core::time::Duration::from_millis(20));
        let millis = (stopwatch.nanos() - before) / 1_000_000;
        assert!((20..2_000).contains(&millis), "{millis} ms");
    }
}
