//! Estimates the cardinality from the number of registers with each value, using the improved raw
//! estimator of Otmar Ertl's "New cardinality estimation algorithms for HyperLogLog sketches"
//! (2017), which needs no correction for small or large sets.

use super::{REGISTERS, RUN_BITS};

/// Estimates the cardinality from the number of registers with each value.
pub(super) fn estimate(histogram: &[u32; 64]) -> u64 {
    let registers = REGISTERS as f64;
    /// `1 / (2 ln 2)`
    const ALPHA: f64 = 0.721_347_520_444_481_7;
    let full = f64::from(histogram[RUN_BITS as usize + 1]);
    let mut z = registers * tau((registers - full) / registers);
    for &count in histogram[1..=RUN_BITS as usize].iter().rev() {
        z = 0.5 * (z + f64::from(count));
    }
    z += registers * sigma(f64::from(histogram[0]) / registers);
    libm::round(ALPHA * registers * registers / z) as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if before == z {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = libm::sqrt(x);
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if before == z {
            return z / 3.0;
        }
    }
}
