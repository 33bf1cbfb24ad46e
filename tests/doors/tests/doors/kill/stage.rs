//! Where the venue is, for sessions that lost it.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use ringside_doors::opened::Doors;

/// A session that hears nothing of a venue for so long waits for nothing.
pub(super) const BACK_WITHIN: Duration = Duration::from_secs(120);

/// Says where the venue is, and whether trading ends.
pub(super) struct Stage {
    place: Mutex<Place>,
    changed: Condvar,
}

struct Place {
    life: u64,
    doors: Doors,
    is_closing: bool,
}

impl Stage {
    pub(super) fn new(doors: Doors) -> Self {
        let place = Place { life: 0, doors, is_closing: false };
        Self { place: Mutex::new(place), changed: Condvar::new() }
    }

    /// The venue lives again, behind these doors.
    pub(super) fn go_to(&self, doors: Doors) {
        let mut place = self.place.lock().unwrap();
        place.life += 1;
        place.doors = doors;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.place.lock().unwrap().is_closing = true;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.place.lock().unwrap().is_closing
    }

    /// The venue's next life after this one; `why` it was lost.
    pub(super) fn after(&self, life: u64, why: &str) -> (u64, Doors) {
        let place = self.place.lock().unwrap();
        let (place, waited) = self
            .changed
            .wait_timeout_while(place, BACK_WITHIN, |place| place.life <= life)
            .unwrap();
        assert!(!waited.timed_out(), "lost in life {life}, and no other came: {why}");
        (place.life, place.doors.clone())
    }
}
