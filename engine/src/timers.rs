//! Deadlines in venue time. Today there is one: the boundary of the venue day.

use ringside_protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// The venue's calendar. The first time that is not 0 starts it, without firing anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calendar {
    /// Nanoseconds after midnight UTC at which a venue day starts.
    pub(crate) day_start: u64,
    /// When the current day ends; `None` before time has started.
    day_end: Option<Timestamp>,
    /// Day boundaries passed.
    pub(crate) day: u64,
}

impl Calendar {
    /// The next deadline.
    #[inline(always)]
    pub(crate) const fn next_deadline(&self) -> Option<Timestamp> {
        self.day_end
    }

    /// When the current day began; none before time has started, and where no boundary fits any
    /// more.
    pub(crate) fn day_began(&self) -> Option<Timestamp> {
        self.day_end.map(|end| Timestamp(end.0.saturating_sub(Timestamp::DAY)))
    }

    /// Time has come to `now`; a boundary passed starts a new day (RSK-016). True where it did.
    pub(crate) fn advance(&mut self, now: Timestamp) -> bool {
        let is_passed = self.day_end.is_some_and(|end| now >= end);
        if is_passed {
            self.day += 1;
        }
        if is_passed || self.day_end.is_none() && now.0 > 0 {
            self.day_end = self.boundary_after(now);
        }
        is_passed
    }

    fn boundary_after(&self, now: Timestamp) -> Option<Timestamp> {
        let start = self.day_start;
        let into_day = (now.0 % Timestamp::DAY + Timestamp::DAY - start) % Timestamp::DAY;
        now.0.checked_add(Timestamp::DAY - into_day).map(Timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_its_boundary_once() {
        let hour = 3600 * Timestamp::SECOND;
        let mut calendar = Calendar { day_start: 22 * hour, ..Calendar::default() };
        for (now, day, began, end) in [
            (0, 0, None, None),
            (hour, 0, Some(0), Some(22 * hour)),
            (22 * hour - 1, 0, Some(0), Some(22 * hour)),
            (22 * hour, 1, Some(22 * hour), Some(46 * hour)),
            (23 * hour, 1, Some(22 * hour), Some(46 * hour)),
            (46 * hour, 2, Some(46 * hour), Some(70 * hour)),
            (200 * hour, 3, Some(190 * hour), Some(214 * hour)),
        ] {
            let before = calendar.day;
            assert_eq!(calendar.advance(Timestamp(now)), day > before);
            let times = (calendar.day_began(), calendar.next_deadline());
            assert_eq!((calendar.day, times), (day, (began.map(Timestamp), end.map(Timestamp))));
        }
        calendar.advance(Timestamp(u64::MAX));
        assert_eq!(calendar.next_deadline(), None, "no boundary fits any more");
    }
}
