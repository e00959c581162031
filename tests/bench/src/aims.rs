//! What Redstart is meant to reach. An aim that is missed is shown, it fails nothing: a figure
//! depends on the machine.

use crate::report::short;
use crate::workload::Workload;

/// Memory of a key such as `key:1234567` with a value of 16 bytes.
pub(crate) const KEY_BYTES: f64 = 60.0;
/// Commands on collections, at a pipeline of 16 and without, and the memory of collections: as a
/// part of redis-server's.
pub(crate) const TYPE_RATIO: f64 = 0.50;
pub(crate) const TYPE_RATIO_ALONE: f64 = 1.00;
pub(crate) const COLLECTION_RATIO: f64 = 0.80;
/// The longest pause that the engine itself makes.
pub(crate) const PAUSE_MS: f64 = 2.0;
/// Keys found in a cache that is too small, as a part of those that redis-server finds.
pub(crate) const HIT_RATIO: f64 = 1.00;
/// From here on a value is large: copying it is most of the work.
const LARGE_VALUE_LEN: usize = 64 * 1024;

/// The most CPU time a request that Redstart may take, as a part of redis-server's.
pub(crate) fn cpu_ratio(workload: &Workload, is_over_tls: bool) -> f64 {
    match workload {
        _ if is_over_tls => 0.80,
        Workload { value_len: LARGE_VALUE_LEN.., .. } => 0.80,
        Workload { pipeline: 16.., .. } => 0.40,
        _ => 0.80,
    }
}

/// How a figure stands to an aim that it should not be below.
pub(crate) fn verdict_at_least(figure: f64, least: f64) -> String {
    format!("≥ {}: {}", short(least), if figure >= least { "met" } else { "not met" })
}

/// How a figure stands to its aim.
pub(crate) fn verdict(figure: f64, most: f64) -> String {
    format!("≤ {}: {}", short(most), if figure <= most { "met" } else { "not met" })
}
