//! How fast somebody may come: so many in a second, a second's worth at once.

use ringside_protocol::Timestamp;

/// A bucket that fills steadily and never holds more than a second's worth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Throttle {
    per_second: u64,
    /// Billionths of one.
    left: u64,
    filled: Timestamp,
}

const ONE: u64 = Timestamp::SECOND;

impl Throttle {
    /// Full at `now`.
    pub(crate) fn new(per_second: u32, now: Timestamp) -> Self {
        let per_second = u64::from(per_second.max(1));
        Self { per_second, left: per_second * ONE, filled: now }
    }

    /// How much of a second's worth was taken and has not come back.
    pub(crate) const fn spent(&self) -> u64 {
        (self.per_second * ONE - self.left).div_ceil(ONE)
    }

    /// Takes one, if there is one.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        let since = now.0.saturating_sub(self.filled.0).min(Timestamp::SECOND);
        self.left = (self.left + since * self.per_second).min(self.per_second * ONE);
        self.filled = self.filled.max(now);
        let is_there = self.left >= ONE;
        if is_there {
            self.left -= ONE;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_at_once_then_at_the_rate() {
        let mut throttle = Throttle::new(3, Timestamp(0));
        let mut take = |ms: u64| throttle.take(Timestamp(ms * 1_000_000));
        assert!([take(0), take(0), take(0)].iter().all(|&taken| taken));
        assert!(!take(0), "the fourth is too much");
        assert!(!take(333), "a third of a second is not quite enough");
        assert!(take(334) && !take(334));
        assert!(!take(100), "time that goes back gives nothing");
        assert!([take(9_000), take(9_000), take(9_000)].iter().all(|&taken| taken));
        assert!(!take(9_000), "never more than a second's worth");
    }

    #[test]
    fn what_was_spent_comes_back() {
        let mut throttle = Throttle::new(4, Timestamp(0));
        assert_eq!(throttle.spent(), 0);
        assert!([0, 0, 0].iter().all(|&ms| throttle.take(Timestamp(ms))));
        assert_eq!(throttle.spent(), 3);
        assert!(throttle.take(Timestamp(500_000_000)), "two have come back");
        assert_eq!(throttle.spent(), 2);
    }
}
