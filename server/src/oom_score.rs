//! How readily the kernel OOM-kills this process: `oom-score-adj`.

use core::cell::Cell;
use std::fs;
use std::io;

use redstart_core::config::{Config, OOM_SCORE_ABSOLUTE};

const SCORE_FILE: &str = "/proc/self/oom_score_adj";
/// The range of scores.
const SCORES: (i64, i64) = (-1000, 1000);

/// The OOM score adjustment of the process.
#[derive(Debug, Default)]
pub(crate) struct OomScore {
    /// The original score while it is adjusted.
    base: Cell<Option<i64>>,
}

impl OomScore {
    /// Applies the configured adjustment. Restores the original score when adjustment is turned
    /// off.
    pub(crate) fn adjust(&self, config: &Config) -> io::Result<()> {
        let score = if config.oom_score_adj == 0 {
            let Some(base) = self.base.take() else { return Ok(()) };
            base
        } else {
            let base = self.base.get().map_or_else(read, Ok)?;
            self.base.set(Some(base));
            let [master, ..] = config.oom_score_adj_values;
            if config.oom_score_adj == OOM_SCORE_ABSOLUTE { master } else { base + master }
        };
        fs::write(SCORE_FILE, score.clamp(SCORES.0, SCORES.1).to_string())
    }
}

fn read() -> io::Result<i64> {
    fs::read_to_string(SCORE_FILE)?.trim().parse().map_err(io::Error::other)
}
