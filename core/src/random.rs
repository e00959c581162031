//! Seeded randomness: the only source of randomness in the engine, so that a seed replays a
//! session.

/// The seed of every random choice an engine makes: hash tables, `RANDOMKEY`, sampling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// A small, fast generator (`SplitMix64`, Steele et al. 2014). Not cryptographically secure.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Creates a generator whose sequence is determined by `seed`.
    #[must_use]
    pub const fn new(seed: Seed) -> Self {
        Self { state: seed.0 }
    }

    /// Returns the next 64 random bits.
    #[inline]
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a random number below `bound`, by multiplication (Lemire 2019); its bias is below
    /// `bound / 2^64`. Returns zero if `bound` is zero.
    ///
    /// ```
    /// use redstart_core::random::{Random, Seed};
    /// let mut random = Random::new(Seed(42));
    /// assert!((0..1000).all(|_| random.below(6) < 6));
    /// ```
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Returns `true` with probability 1 in `times`, and always if `times` is 0 or 1.
    #[inline]
    pub fn one_in(&mut self, times: u64) -> bool {
        (u128::from(self.next_u64()) * u128::from(times)) >> 64 == 0
    }
}
