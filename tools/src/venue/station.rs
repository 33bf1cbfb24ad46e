//! A station: one thing that a thread of the venue does, turn after turn. Which thread runs which
//! stations is the topology's business; a station is the same wherever it stands.

use std::rc::Rc;
use std::time::Duration;

use ringside_ring::{Goal, Waiter};

/// What came of a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Something was done; there may be more.
    Worked,
    /// There is nothing to do until a goal is reached.
    Idle,
    /// There will never be anything to do again.
    Done,
}

/// Work that goes on in turns, each of them short.
pub trait Station {
    /// Does what there is to do now, up to a bound.
    fn turn(&mut self) -> Turn;

    /// Adds the cursors that would give it something to do.
    fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>);

    /// After so long it wants a turn even when no goal is reached; none: it can wait for ever.
    fn limit(&self) -> Option<Duration> {
        None
    }
}

/// Makes a station on the thread that will run it, where it takes its seats.
pub type Plan = Box<dyn FnOnce(&Rc<Waiter>) -> Box<dyn Station> + Send>;

/// Runs a station to its end.
pub fn run(station: &mut dyn Station, waiter: &Waiter) {
    loop {
        match station.turn() {
            Turn::Worked => {}
            Turn::Idle => sleep(station, waiter),
            Turn::Done => return,
        }
    }
}

fn sleep(station: &dyn Station, waiter: &Waiter) {
    let mut goals = Vec::new();
    station.goals(&mut goals);
    waiter.sleep_until(&goals, station.limit());
}

/// The shorter of two limits.
pub fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
