//! Argument parsing for handlers: numbers, keywords, times.

use crate::error::{self, Error};
use crate::limits;
use crate::number::{self, LongDouble};
use crate::resp::args::Args;
use crate::time::{UnixMicros, UnixMillis};
use crate::value::string::StringRef;

/// Returns an argument as a string to store. A large argument with its own buffer is not copied.
#[inline]
pub(crate) fn string(args: Args<'_>, index: usize) -> StringRef<'_> {
    match args.shared(index) {
        Some(shared) => StringRef::Shared(shared),
        None => StringRef::new(args.get(index).unwrap_or_default()),
    }
}

/// Parses a 64-bit signed integer.
#[inline]
pub(crate) fn integer(arg: &[u8]) -> Result<i64, Error> {
    number::parse_i64(arg).ok_or(error::NOT_AN_INTEGER)
}

/// Parses a 32-bit signed integer, the range of a database index.
pub(crate) fn int32(arg: &[u8]) -> Result<i64, Error> {
    let value = integer(arg)?;
    if i32::try_from(value).is_ok() { Ok(value) } else { Err(error::OUT_OF_INT32) }
}

/// Returns `true` if an argument equals `keyword` (in upper case), ignoring the argument's case.
#[inline]
pub(crate) fn is(arg: &[u8], keyword: &str) -> bool {
    arg.eq_ignore_ascii_case(keyword.as_bytes())
}

/// The unit and the origin of an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpiryForm {
    /// Set for seconds, clear for milliseconds.
    pub(crate) is_seconds: bool,
    /// Set for a point in time, clear for a duration from now.
    pub(crate) is_absolute: bool,
}

impl ExpiryForm {
    pub(crate) const EX: Self = Self { is_seconds: true, is_absolute: false };
    pub(crate) const PX: Self = Self { is_seconds: false, is_absolute: false };
    pub(crate) const EXAT: Self = Self { is_seconds: true, is_absolute: true };
    pub(crate) const PXAT: Self = Self { is_seconds: false, is_absolute: true };

    /// Returns the form that an option of `SET` or `GETEX` selects.
    pub(crate) fn option(arg: &[u8]) -> Option<Self> {
        match arg.to_ascii_uppercase().as_slice() {
            b"EX" => Some(Self::EX),
            b"PX" => Some(Self::PX),
            b"EXAT" => Some(Self::EXAT),
            b"PXAT" => Some(Self::PXAT),
            _ => None,
        }
    }

    /// Returns the deadline of a value in this form, in Unix milliseconds. It may be in the past,
    /// even before 1970.
    ///
    /// # Errors
    /// `command`'s error for an expiry that does not fit a deadline.
    pub(crate) fn deadline_ms(
        self,
        value: i64,
        now: UnixMicros,
        command: &str,
    ) -> Result<i64, Error> {
        let value_ms = if self.is_seconds { value.checked_mul(1_000) } else { Some(value) };
        let origin_ms = if self.is_absolute { 0 } else { now.millis().0 as i64 };
        value_ms
            .and_then(|value_ms| value_ms.checked_add(origin_ms))
            .ok_or_else(|| error::invalid_expire(command))
    }

    /// Parses the deadline of an option of `SET` or `GETEX`, whose value must be positive.
    pub(crate) fn positive_deadline(
        self,
        arg: &[u8],
        now: UnixMicros,
        command: &str,
    ) -> Result<UnixMillis, Error> {
        let value = integer(arg)?;
        if value <= 0 {
            return Err(error::invalid_expire(command));
        }
        Ok(UnixMillis(self.deadline_ms(value, now, command)? as u64))
    }
}

/// Parses a timeout in milliseconds from now, as `WAIT` and `CLIENT PAUSE` take it.
pub(crate) fn timeout_ms(arg: &[u8], now: UnixMicros) -> Result<u64, Error> {
    checked_timeout(number::parse_i64(arg).ok_or(error::TIMEOUT_NOT_AN_INTEGER)?, now)
}

fn checked_timeout(timeout_ms: i64, now: UnixMicros) -> Result<u64, Error> {
    let timeout_ms = u64::try_from(timeout_ms).map_err(|_| error::TIMEOUT_NEGATIVE)?;
    let latest_ms = i64::MAX as u64 - now.millis().0;
    if timeout_ms > latest_ms { Err(error::TIMEOUT_OUT_OF_RANGE) } else { Ok(timeout_ms) }
}

/// Converts a count; `None` if it is negative. On 32-bit targets, counts beyond the address space
/// saturate.
pub(crate) fn count_of(number: i64) -> Option<usize> {
    u64::try_from(number).ok().map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

/// Parses a count of at least `least`; otherwise returns `error`.
pub(crate) fn count(arg: &[u8], least: usize, error: Error) -> Result<usize, Error> {
    let count = number::parse_i64(arg).and_then(count_of);
    count.filter(|count| *count >= least).ok_or(error)
}

/// Returns how many random elements a count asks for. A negative count allows repeated elements, up
/// to a limit.
pub(crate) fn draws(count: i64) -> Result<usize, Error> {
    let draws = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 && draws > limits::REPEATED_ELEMENTS {
        Err(error::OUT_OF_RANGE)
    } else {
        Ok(draws)
    }
}

/// Parses the timeout of a blocking command, in seconds from now. Returns `None` for zero, which
/// waits forever.
pub(crate) fn block_until(arg: &[u8], now: UnixMicros) -> Result<Option<UnixMicros>, Error> {
    /// The largest number of milliseconds that fits 64 bits.
    const MOST_MS: f64 = i64::MAX as f64;
    // Redis parses a `long double`, which has a wider range. A number that does not fit a double is
    // still either infinite or positive.
    let beyond = || LongDouble::parse(arg).and_then(|_| number::parse_bound(arg));
    let widened = |bound: f64| if bound == 0.0 { f64::MIN_POSITIVE.copysign(bound) } else { bound };
    let seconds = number::parse_f64(arg).or_else(|| beyond().map(widened));
    let seconds = seconds.ok_or(error::TIMEOUT_NOT_A_FLOAT)?;
    let timeout_ms = seconds * 1000.0;
    if timeout_ms > MOST_MS {
        return Err(error::TIMEOUT_OUT_OF_RANGE);
    }
    // Rounds up, so that a tiny timeout does not become zero, which waits forever.
    let whole_ms = timeout_ms as i64;
    let timeout_ms = whole_ms.saturating_add(i64::from(timeout_ms > whole_ms as f64));
    let timeout_ms = checked_timeout(timeout_ms, now)?;
    Ok((timeout_ms > 0).then(|| now.after_ms(timeout_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_random_elements_are_limited() {
        const MOST: i64 = limits::REPEATED_ELEMENTS as i64;
        assert_eq!(draws(-MOST), Ok(limits::REPEATED_ELEMENTS));
        for count in [-MOST - 1, i64::MIN / 2, i64::MIN] {
            assert_eq!(draws(count), Err(error::OUT_OF_RANGE));
        }
        assert_eq!(draws(i64::MAX), Ok(usize::try_from(i64::MAX).unwrap_or(usize::MAX)));
    }
}
