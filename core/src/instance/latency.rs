//! The latency monitor: for each kind of event, the latest samples above
//! `latency-monitor-threshold`.

use alloc::collections::{BTreeMap, VecDeque};

/// The maximum number of samples per event.
const MAX_SAMPLES: usize = 160;

/// Samples by event name.
#[derive(Debug, Default)]
pub(crate) struct LatencyEvents {
    events: BTreeMap<&'static str, LatencySamples>,
}

/// The samples of one event.
#[derive(Debug, Default)]
pub(crate) struct LatencySamples {
    /// Unix time in seconds and duration in milliseconds of each, oldest first; at most one per
    /// second.
    pub(crate) samples: VecDeque<(u64, u64)>,
    /// The largest duration ever recorded, in milliseconds.
    pub(crate) max_ms: u64,
}

impl LatencyEvents {
    pub(crate) fn record(&mut self, event: &'static str, unix_seconds: u64, duration_ms: u64) {
        let event = self.events.entry(event).or_default();
        event.max_ms = event.max_ms.max(duration_ms);
        match event.samples.back_mut() {
            Some((second, worst_ms)) if *second == unix_seconds => {
                *worst_ms = (*worst_ms).max(duration_ms);
            }
            _ => event.samples.push_back((unix_seconds, duration_ms)),
        }
        if event.samples.len() > MAX_SAMPLES {
            event.samples.pop_front();
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &LatencySamples)> {
        self.events.iter().map(|(name, samples)| (*name, samples))
    }

    pub(crate) fn event(&self, name: &[u8]) -> Option<&LatencySamples> {
        self.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, samples)| samples)
    }

    /// Removes an event's samples. Returns `true` if there were any.
    pub(crate) fn remove(&mut self, name: &[u8]) -> bool {
        let before = self.events.len();
        self.events.retain(|known, _| known.as_bytes() != name);
        self.events.len() < before
    }

    /// Removes all samples. Returns the number of events removed.
    pub(crate) fn clear(&mut self) -> usize {
        core::mem::take(&mut self.events).len()
    }
}
