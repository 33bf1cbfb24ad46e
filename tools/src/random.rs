//! Numbers that look like chance and are none: the same seed gives the same ones on every machine.

/// A sequence of numbers that a seed decides (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// Sequence `stream` of those that `seed` has; they have nothing to do with each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed);
        random.0 = random.draw() ^ stream.wrapping_mul(Self::STEP);
        random.0 = random.draw();
        random
    }

    /// Some number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// Some number from `least` to `most`, both possible.
    pub fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True so many times out of a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// Some number around 0, at most `most` away, small ones more often.
    pub fn around_zero(&mut self, most: u64) -> i64 {
        let throws = [most / 2, most - most / 2];
        throws.map(|half| self.below(2 * half + 1) as i64 - half as i64).iter().sum()
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Self::STEP);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_every_number() {
        let numbers = |seed, stream| -> Vec<u64> {
            let mut random = Random::new(seed, stream);
            (0..8).map(|_| random.below(1_000_000)).collect()
        };
        assert_eq!(numbers(1, 2), numbers(1, 2));
        assert_ne!(numbers(1, 2), numbers(1, 3));
        assert_ne!(numbers(1, 2), numbers(2, 2));
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut random = Random::new(7, 0);
        let drawn: Vec<u64> = (0..1_000).map(|_| random.within(3, 5)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&5)));
        let around: Vec<i64> = (0..1_000).map(|_| random.around_zero(4)).collect();
        assert_eq!((around.iter().min(), around.iter().max()), (Some(&-4), Some(&4)));
        // BOT-027: 52 of a hundred, give or take what chance gives.
        let buys = (0..100_000).filter(|_| random.percent(52)).count();
        assert!((51_500..52_500).contains(&buys), "{buys}");
    }
}
