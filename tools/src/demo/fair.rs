//! What the instruments are worth: a walk that chance drives, never more than 5 % from where it
//! began (BOT-027). Market makers quote around it; nobody else sees it.

use ringside_protocol::InstrumentId;

use super::market::LISTINGS;
use crate::random::Random;

/// From one move of what the instruments are worth to the next.
pub const FAIR_GAP_NS: u64 = 5_000_000;

/// Parts of a tick that a worth is kept in.
const PARTS: i64 = 1_000;
/// One step moves at most so many millionths of the opening price.
const STEP_MILLIONTHS: i64 = 90;
/// The farthest from the opening price, per cent.
const RANGE_PERCENT: i64 = 5;

/// The worth of every instrument.
#[derive(Clone, Debug)]
pub struct Fair {
    random: Random,
    /// Thousandths of a tick, by instrument.
    parts: [i64; LISTINGS.len()],
}

impl Fair {
    /// At the opening prices.
    pub fn new(random: Random) -> Self {
        Self { random, parts: LISTINGS.map(|listing| opening(listing.opening_price)) }
    }

    /// Worth of an instrument in whole ticks.
    pub fn ticks(&self, id: InstrumentId) -> u64 {
        (self.parts[id.index()] / PARTS) as u64
    }

    /// Everything moves a little.
    pub fn step(&mut self) {
        for (parts, listing) in self.parts.iter_mut().zip(&LISTINGS) {
            let opening = opening(listing.opening_price);
            let most = opening * STEP_MILLIONTHS / 1_000_000;
            let range = opening * RANGE_PERCENT / 100;
            let moved = *parts + self.random.around_zero(most as u64);
            *parts = moved.clamp(opening - range, opening + range);
        }
    }
}

const fn opening(ticks: u64) -> i64 {
    ticks as i64 * PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_and_stays_within_five_per_cent() {
        // BOT-027
        let mut fair = Fair::new(Random::new(1, 0));
        let mut seen = Vec::new();
        for _ in 0..200_000 {
            fair.step();
            seen.push(fair.ticks(InstrumentId(1)));
        }
        let (least, most) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
        assert!(*least >= 902_500 && *most <= 997_500, "{least} to {most}");
        assert!(most - least > 9_500, "more than 1 % in {} steps", seen.len());
    }
}
