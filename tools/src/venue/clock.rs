//! The wall clock, as the engine thread is given it; a test gives another.
//!
//! A wall clock can be set. Venue time never goes back, so a step back is waited out; a step ahead
//! would stay for good, and end what was to end until then. So the wall is looked at beside a
//! steady clock: where it runs ahead by more than [`Guard`] allows, the venue goes on by the steady
//! one and takes no orders until the operator confirms the wall, or it comes back.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ringside_protocol::Timestamp;

use super::health::Health;
use crate::report;

/// Says the time, nanoseconds since the Unix epoch.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;

/// The same, for all who must agree on the time.
pub type SharedClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The time on this machine's clock.
pub fn wall() -> Clock {
    Box::new(now)
}

/// One's own end of a shared clock.
pub fn own(clock: &SharedClock) -> Clock {
    let clock = Arc::clone(clock);
    Box::new(move || clock())
}

/// What it says now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ns = since.map_or(0, |since| since.as_nanos());
    Timestamp(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// A clock that nobody sets: nanoseconds since this was made.
pub fn steady() -> Clock {
    let start = Instant::now();
    Box::new(move || Timestamp(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)))
}

/// Which time to go by, where the wall may step. Recovery is before it: however long a venue was
/// down, its first look is no step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guard {
    step_max: Duration,
    /// How far the wall was ahead of the steady clock at most, as it is believed.
    ahead_ns: i128,
    is_stepped: bool,
}

impl Guard {
    /// Believes the wall as it is now.
    pub const fn new(step_max: Duration, wall: Timestamp, steady: Timestamp) -> Self {
        Self { step_max, ahead_ns: ahead(wall, steady), is_stepped: false }
    }

    /// The time to go by.
    pub fn look(&mut self, wall: Timestamp, steady: Timestamp, is_confirmed: bool) -> Timestamp {
        let now = ahead(wall, steady);
        let step_ns = now - self.ahead_ns;
        self.is_stepped =
            !is_confirmed && step_ns > 0 && step_ns.unsigned_abs() > self.step_max.as_nanos();
        if self.is_stepped {
            let believed = i128::from(steady.0) + self.ahead_ns;
            return Timestamp(u64::try_from(believed).unwrap_or(0));
        }
        // After a step back the wall may come to where it was before.
        self.ahead_ns = self.ahead_ns.max(now);
        wall
    }

    /// Whether the wall has stepped and was not confirmed.
    pub const fn is_stepped(&self) -> bool {
        self.is_stepped
    }
}

const fn ahead(wall: Timestamp, steady: Timestamp) -> i128 {
    wall.0 as i128 - steady.0 as i128
}

/// The wall beside a steady clock; what it finds is the venue's health, and said aloud.
pub(crate) fn guarded(
    wall: Clock,
    steady: Clock,
    step_max: Duration,
    health: Arc<Health>,
) -> Clock {
    let guard = Cell::new(Guard::new(step_max, wall(), steady()));
    Box::new(move || {
        let (mut looking, now) = (guard.get(), wall());
        let was_stepped = looking.is_stepped();
        let time = looking.look(now, steady(), health.take_clock_confirmed());
        guard.set(looking);
        if looking.is_stepped() != was_stepped {
            health.set_clock_stepped(looking.is_stepped());
            report::warning(&told(looking.is_stepped(), time, now));
        }
        time
    })
}

fn told(is_stepped: bool, time: Timestamp, wall: Timestamp) -> String {
    if !is_stepped {
        return "the clock is believed again: everything is taken".to_owned();
    }
    let ahead = Duration::from_nanos(wall.0.saturating_sub(time.0)).as_secs();
    format!(
        "the machine's clock has stepped ahead by {ahead} s, more than venue.clock_step_max_s: \
         cancels are taken, orders are not; set it right, or confirm it: `ringside admin --dir \
         DIR '{{\"op\":\"confirm_clock\"}}'`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * Timestamp::SECOND)
    }

    #[test]
    fn a_step_ahead_is_not_gone_by_until_it_is_confirmed_or_taken_back() {
        let mut guard = Guard::new(Duration::from_secs(10), at(1_000), at(0));
        // What the wall and the steady clock say, whether it is confirmed; which time is gone by.
        let rows = [
            ("time passes", 1_005, 5, false, 1_005, false),
            ("however long nobody looks", 9_000, 8_000, false, 9_000, false),
            ("as far as is allowed", 9_011, 8_001, false, 9_011, false),
            ("a step back is the engine's to hold", 8_000, 8_002, false, 8_000, false),
            ("and back to where it was", 9_015, 8_005, false, 9_015, false),
            ("a step ahead", 9_027, 8_006, false, 9_016, true),
            ("time passes all the same", 9_031, 8_010, false, 9_020, true),
            ("it is taken back", 9_021, 8_011, false, 9_021, false),
            ("a step ahead", 12_621, 8_012, false, 9_022, true),
            ("it is confirmed", 12_622, 8_013, true, 12_622, false),
            ("time passes", 12_625, 8_016, false, 12_625, false),
        ];
        for (what, wall, steady, is_confirmed, time, is_stepped) in rows {
            let found = guard.look(at(wall), at(steady), is_confirmed);
            assert_eq!((found, guard.is_stepped()), (at(time), is_stepped), "{what}");
        }
    }
}
