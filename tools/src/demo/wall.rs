//! The wall clock: lets venue time pass no faster than real time, and knows how long the work took.

use std::thread;
use std::time::{Duration, Instant};

use ringside_protocol::Timestamp;

use super::market::START;

/// A wall clock that started with the demo.
#[derive(Debug)]
pub struct Wall {
    started: Instant,
    busy: Duration,
}

impl Wall {
    /// Starts now.
    pub fn start() -> Self {
        Self { started: Instant::now(), busy: Duration::ZERO }
    }

    /// Does work and counts how long it took.
    pub fn work(&mut self, work: impl FnOnce()) {
        let began = Instant::now();
        work();
        self.busy += began.elapsed();
    }

    /// How long all work took.
    pub const fn busy(&self) -> Duration {
        self.busy
    }

    /// Returns when as much time has passed here as at the venue; at once when it has already.
    pub fn wait_for(&self, time: Timestamp) {
        let due = Duration::from_nanos(time.0.saturating_sub(START.0));
        // Parking may end early; the clock says when it is time.
        while let Some(left) = due.checked_sub(self.started.elapsed()).filter(|d| !d.is_zero()) {
            thread::park_timeout(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_as_long_as_the_venue_takes_and_counts_only_work() {
        let mut wall = Wall::start();
        wall.wait_for(START);
        wall.work(|| {});
        wall.wait_for(Timestamp(START.0 + 20_000_000));
        assert!(wall.started.elapsed() >= Duration::from_millis(20));
        assert!(wall.busy() < Duration::from_millis(20), "{:?}", wall.busy());
    }
}
