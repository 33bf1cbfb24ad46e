//! The wall clock, as the engine thread is given it; a test gives another.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ringside_protocol::Timestamp;

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
