//! The statistics that `INFO` prints and `CONFIG RESETSTAT` resets.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::histogram::Histogram;
use crate::time::UnixMicros;

/// The maximum number of different error codes counted; scripts can invent any number of them.
const MAX_ERROR_CODES: usize = 128;

/// Counters since the start, or since the last `CONFIG RESETSTAT`.
#[derive(Debug)]
pub(crate) struct Stats {
    pub(crate) commands: Vec<CommandStats>,
    pub(crate) errors: BTreeMap<Vec<u8>, u64>,
    pub(crate) connections_received: u64,
    pub(crate) connections_rejected: u64,
    pub(crate) commands_processed: u64,
    pub(crate) error_replies: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) query_buffer_disconnections: u64,
    pub(crate) output_buffer_disconnections: u64,
    pub(crate) evicted_clients: u64,
    /// The time since which memory usage exceeds the limit.
    exceeded_since: Option<UnixMicros>,
    /// The total duration of earlier periods above the limit.
    exceeded_us: u64,
    /// Requests denied by ACLs since the server started, by reason.
    pub(crate) denials: [u64; 4],
    pub(crate) peak_used_bytes: u64,
    pub(crate) rates: Rates,
}

/// Counters of one command.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandStats {
    pub(crate) calls: u64,
    pub(crate) duration_ns: u64,
    /// Calls rejected before they ran: wrong arity, missing permission, ...
    pub(crate) rejected_calls: u64,
    /// Calls that ran and failed.
    pub(crate) failed_calls: u64,
    pub(crate) durations: Option<Histogram>,
}

impl Stats {
    pub(crate) fn new(commands: usize) -> Self {
        Self {
            commands: vec![CommandStats::default(); commands],
            errors: BTreeMap::new(),
            connections_received: 0,
            connections_rejected: 0,
            commands_processed: 0,
            error_replies: 0,
            input_bytes: 0,
            output_bytes: 0,
            reads: 0,
            writes: 0,
            query_buffer_disconnections: 0,
            output_buffer_disconnections: 0,
            evicted_clients: 0,
            exceeded_since: None,
            exceeded_us: 0,
            denials: [0; 4],
            peak_used_bytes: 0,
            rates: Rates::default(),
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self { denials: self.denials, ..Self::new(self.commands.len()) };
    }

    /// Returns `true` if memory usage exceeded its limit when it was last checked.
    pub(crate) const fn is_limit_exceeded(&self) -> bool {
        self.exceeded_since.is_some()
    }

    /// Tracks the time for which memory usage exceeds the limit.
    pub(crate) fn note_limit_exceeded(&mut self, is_exceeded: bool, now: UnixMicros) {
        if is_exceeded {
            self.exceeded_since.get_or_insert(now);
        } else if let Some(since) = self.exceeded_since.take() {
            self.exceeded_us += now.since(since);
        }
    }

    /// Returns the milliseconds for which memory usage has exceeded the limit: in total, and in the
    /// current period.
    pub(crate) fn limit_exceeded_ms(&self, now: UnixMicros) -> (u64, u64) {
        let current_us = self.exceeded_since.map_or(0, |since| now.since(since));
        ((self.exceeded_us + current_us) / 1_000, current_us / 1_000)
    }

    pub(crate) fn count_error(&mut self, code: &[u8]) {
        self.error_replies += 1;
        if let Some(count) = self.errors.get_mut(code) {
            *count += 1;
        } else if self.errors.len() < MAX_ERROR_CODES {
            self.errors.insert(code.to_vec(), 1);
        }
    }
}

/// Rates per second, averaged over the latest samples.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    last: Option<(UnixMicros, [u64; 3])>,
    samples: [[f64; 3]; Self::SAMPLES],
    taken: usize,
}

impl Rates {
    const SAMPLES: usize = 16;

    /// Samples the running totals: commands, bytes in, bytes out.
    pub(crate) fn sample(&mut self, now: UnixMicros, totals: [u64; 3]) {
        if let Some((before, old)) = self.last
            && now > before
        {
            let seconds = now.since(before) as f64 / 1e6;
            self.samples[self.taken % Self::SAMPLES] =
                core::array::from_fn(|i| totals[i].saturating_sub(old[i]) as f64 / seconds);
            self.taken += 1;
        }
        self.last = Some((now, totals));
    }

    /// Returns commands, bytes in and bytes out per second.
    pub(crate) fn per_second(&self) -> [f64; 3] {
        core::array::from_fn(|i| {
            self.samples.iter().map(|sample| sample[i]).sum::<f64>() / Self::SAMPLES as f64
        })
    }
}
