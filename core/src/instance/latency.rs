//! The latency monitor: for each kind of event, its latest samples above `latency-monitor-threshold`.

use alloc::collections::{BTreeMap, VecDeque};

/// How many samples an event keeps.
const MAX_SAMPLES: usize = 160;

/// Samples by the event's name.
#[derive(Debug, Default)]
pub(crate) struct LatencyEvents {
    events: BTreeMap<&'static str, LatencySamples>,
}

/// One event's samples.
#[derive(Debug, Default)]
pub(crate) struct LatencySamples {
    /// Second and milliseconds of each, oldest first; one a second at most.
    pub(crate) samples: VecDeque<(u64, u64)>,
    /// The largest ever seen, in milliseconds.
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

    /// Forgets an event's samples; whether it had any.
    pub(crate) fn remove(&mut self, name: &[u8]) -> bool {
        let before = self.events.len();
        self.events.retain(|known, _| known.as_bytes() != name);
        self.events.len() < before
    }

    /// Forgets everything; returns how many events there were.
    pub(crate) fn clear(&mut self) -> usize {
        core::mem::take(&mut self.events).len()
    }
}
