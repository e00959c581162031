//! Arguments as handlers read them: numbers, keywords, times.

use crate::error::{self, Error};
use crate::limits;
use crate::number::{self, LongDouble};
use crate::resp::args::Args;
use crate::time::{UnixMicros, UnixMillis};
use crate::value::string::StringRef;

/// A string to be stored. A long one that has a buffer of its own is not copied.
#[inline]
pub(crate) fn string(args: Args<'_>, index: usize) -> StringRef<'_> {
    match args.shared(index) {
        Some(shared) => StringRef::Shared(shared),
        None => StringRef::new(args.get(index).unwrap_or_default()),
    }
}

/// A 64-bit signed integer.
#[inline]
pub(crate) fn integer(arg: &[u8]) -> Result<i64, Error> {
    number::parse_i64(arg).ok_or(error::NOT_AN_INTEGER)
}

/// A 32-bit signed integer: the number of a database.
pub(crate) fn int32(arg: &[u8]) -> Result<i64, Error> {
    let value = integer(arg)?;
    if i32::try_from(value).is_ok() { Ok(value) } else { Err(error::OUT_OF_INT32) }
}

/// Whether an argument is this keyword (given in upper case), whatever its own case.
#[inline]
pub(crate) fn is(arg: &[u8], keyword: &str) -> bool {
    arg.eq_ignore_ascii_case(keyword.as_bytes())
}

/// The unit and the origin of an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpiryForm {
    /// Seconds rather than milliseconds.
    pub(crate) is_seconds: bool,
    /// A point in time rather than a span from now.
    pub(crate) is_absolute: bool,
}

impl ExpiryForm {
    pub(crate) const EX: Self = Self { is_seconds: true, is_absolute: false };
    pub(crate) const PX: Self = Self { is_seconds: false, is_absolute: false };
    pub(crate) const EXAT: Self = Self { is_seconds: true, is_absolute: true };
    pub(crate) const PXAT: Self = Self { is_seconds: false, is_absolute: true };

    /// The form that an option of `SET` or `GETEX` names.
    pub(crate) fn option(arg: &[u8]) -> Option<Self> {
        match arg.to_ascii_uppercase().as_slice() {
            b"EX" => Some(Self::EX),
            b"PX" => Some(Self::PX),
            b"EXAT" => Some(Self::EXAT),
            b"PXAT" => Some(Self::PXAT),
            _ => None,
        }
    }

    /// The deadline in Unix milliseconds that a value in this form means; it may lie in the past, even before 1970.
    ///
    /// # Errors
    /// `command`'s error for an expiry that no deadline can hold.
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

    /// The deadline of an option of `SET` or `GETEX`, whose value must be above zero.
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

/// A time-out in milliseconds from now, as `WAIT` and `CLIENT PAUSE` take it.
pub(crate) fn timeout_ms(arg: &[u8], now: UnixMicros) -> Result<u64, Error> {
    checked_timeout(number::parse_i64(arg).ok_or(error::TIMEOUT_NOT_AN_INTEGER)?, now)
}

fn checked_timeout(timeout_ms: i64, now: UnixMicros) -> Result<u64, Error> {
    let timeout_ms = u64::try_from(timeout_ms).map_err(|_| error::TIMEOUT_NEGATIVE)?;
    let latest_ms = i64::MAX as u64 - now.millis().0;
    if timeout_ms > latest_ms { Err(error::TIMEOUT_OUT_OF_RANGE) } else { Ok(timeout_ms) }
}

/// A count that is not negative. One for which addresses are too narrow is as good as all there is.
pub(crate) fn count_of(number: i64) -> Option<usize> {
    u64::try_from(number).ok().map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

/// A count that is at least `least`; whatever else is told as `error`.
pub(crate) fn count(arg: &[u8], least: usize, error: Error) -> Result<usize, Error> {
    let count = number::parse_i64(arg).and_then(count_of);
    count.filter(|count| *count >= least).ok_or(error)
}

/// How many elements are drawn by chance for a count: below zero, any of them several times, for which there is a bound.
pub(crate) fn draws(count: i64) -> Result<usize, Error> {
    let draws = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 && draws > limits::REPEATED_ELEMENTS {
        Err(error::OUT_OF_RANGE)
    } else {
        Ok(draws)
    }
}

/// When a command that blocks stops waiting: a number of seconds from now, zero for never.
pub(crate) fn block_until(arg: &[u8], now: UnixMicros) -> Result<Option<UnixMicros>, Error> {
    /// The milliseconds that 64 bits hold.
    const MOST_MS: f64 = i64::MAX as f64;
    // To Redis it is a `long double`, whose range is wider: what is no double is infinite or above zero all the same.
    let beyond = || LongDouble::parse(arg).and_then(|_| number::parse_bound(arg));
    let widened = |bound: f64| if bound == 0.0 { f64::MIN_POSITIVE.copysign(bound) } else { bound };
    let seconds = number::parse_f64(arg).or_else(|| beyond().map(widened));
    let seconds = seconds.ok_or(error::TIMEOUT_NOT_A_FLOAT)?;
    let timeout_ms = seconds * 1000.0;
    if timeout_ms > MOST_MS {
        return Err(error::TIMEOUT_OUT_OF_RANGE);
    }
    // Up, so that what is above zero does not become the zero that waits for ever.
    let whole_ms = timeout_ms as i64;
    let timeout_ms = whole_ms.saturating_add(i64::from(timeout_ms > whole_ms as f64));
    let timeout_ms = checked_timeout(timeout_ms, now)?;
    Ok((timeout_ms > 0).then(|| now.after_ms(timeout_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_a_bound() {
        const MOST: i64 = limits::REPEATED_ELEMENTS as i64;
        assert_eq!(draws(-MOST), Ok(limits::REPEATED_ELEMENTS));
        for count in [-MOST - 1, i64::MIN / 2, i64::MIN] {
            assert_eq!(draws(count), Err(error::OUT_OF_RANGE));
        }
        assert_eq!(draws(i64::MAX), Ok(usize::try_from(i64::MAX).unwrap_or(usize::MAX)));
    }
}
