//! A histogram of durations with log-linear buckets, as in `HdrHistogram`, precise to about two
//! digits.

use alloc::vec;
use alloc::vec::Vec;

/// Buckets per octave: the error of a value is at most 1/64 of it.
const STEPS_LOG2: u32 = 6;
const STEPS: usize = 1 << STEPS_LOG2;
/// Values are capped at 2^30 ns, just over a second; Redis caps them at one second.
const MAX_LOG2: u32 = 30;
const BUCKETS: usize = ((MAX_LOG2 - STEPS_LOG2) as usize + 1) * STEPS;

/// Counts of durations in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    #[inline]
    pub(crate) fn record(&mut self, nanos: u64) {
        let count = &mut self.counts[bucket(nanos)];
        *count = count.saturating_add(1);
        self.total += 1;
    }

    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// Returns the duration that `percent` of all values do not exceed, in nanoseconds.
    pub(crate) fn percentile_ns(&self, percent: f64) -> u64 {
        let rank = ((percent / 100.0 * self.total as f64 + 0.5) as u64).max(1);
        let mut seen = 0;
        for (index, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if seen >= rank {
                return highest(index);
            }
        }
        0
    }

    /// Returns the number of values up to each power of two of microseconds, as `LATENCY HISTOGRAM`
    /// prints them: from the first bound with a non-zero count to the first that includes all
    /// values.
    pub(crate) fn cumulative_us(&self) -> Vec<(u64, u64)> {
        let mut rows = Vec::new();
        let (mut seen, mut index, mut bound_us) = (0_u64, 0, 1_u64);
        while seen < self.total {
            while index < BUCKETS && highest(index) <= bound_us * 1_000 {
                seen += u64::from(self.counts[index]);
                index += 1;
            }
            if index == BUCKETS {
                seen = self.total;
            }
            if seen > 0 {
                rows.push((bound_us, seen));
            }
            bound_us *= 2;
        }
        rows
    }
}

fn bucket(nanos: u64) -> usize {
    let nanos = nanos.min((1 << MAX_LOG2) - 1);
    let octave = nanos.checked_ilog2().unwrap_or(0);
    if octave < STEPS_LOG2 {
        return nanos as usize;
    }
    let shift = octave - STEPS_LOG2;
    (shift as usize) * STEPS + (nanos >> shift) as usize
}

/// Returns the largest value of a bucket.
fn highest(index: usize) -> u64 {
    if index < 2 * STEPS {
        return index as u64;
    }
    let shift = index / STEPS - 1;
    let step = (index % STEPS + STEPS) as u64;
    ((step + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_precise_and_ascending() {
        for nanos in (0..100_000).chain([1 << 20, (1 << 29) + 12_345, u64::MAX]) {
            let top = highest(bucket(nanos));
            let value = nanos.min((1 << MAX_LOG2) - 1);
            assert!(top >= value && top - value <= value / 64, "{nanos} is reported as {top}");
        }
    }

    #[test]
    fn percentiles_and_cumulative_counts_follow_the_values() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|us| histogram.record(us * 1_000));
        let median = histogram.percentile_ns(50.0);
        assert!((492_000..=508_000).contains(&median), "{median}");
        assert_eq!(histogram.cumulative_us().last(), Some(&(1_024, 1_000)));
        assert!(Histogram::default().cumulative_us().is_empty());
    }
}
