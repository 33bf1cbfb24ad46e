//! A seeded generator (splitmix64), and where seeds come from: the same seed, the same run.

/// The generator; its whole state is one number.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts at a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number of `low..=high`.
    pub(crate) const fn within(&mut self, low: u64, high: u64) -> u64 {
        low + ((self.bits() as u128 * (high - low + 1) as u128) >> 64) as u64
    }

    /// True `times` in `of`.
    pub(crate) const fn chance(&mut self, times: u64, of: u64) -> bool {
        self.within(1, of) <= times
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.within(0, choices.len() as u64 - 1) as usize]
    }
}

/// `seeds` of them, `RINGSIDE_SCALE` times as many, from `RINGSIDE_SEED` on; only that one where
/// `RINGSIDE_ONE_SEED` names one.
pub(crate) fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str| -> Option<u64> {
        let text = std::env::var(name).ok()?;
        Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
    };
    if let Some(one) = number("RINGSIDE_ONE_SEED") {
        return one..one + 1;
    }
    let first = number("RINGSIDE_SEED").unwrap_or(1);
    first..first + count * number("RINGSIDE_SCALE").unwrap_or(1)
}

/// Runs `one` for each seed; the first that fails says how to run it alone.
pub(crate) fn for_each_seed(count: u64, one: impl Fn(u64) -> Result<(), String>) {
    for seed in seeds(count) {
        if let Err(error) = one(seed) {
            panic!("RINGSIDE_ONE_SEED={seed}: {error}");
        }
    }
}
