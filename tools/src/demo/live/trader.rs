//! A bot on a thread of its own: it hears its session until its next turn is due, acts on what it
//! knows, and hears on. Chance decides when a turn is due; nobody spins, nobody sleeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::super::bots::Bot;
use super::super::fair::{FAIR_GAP_NS, Fair};
use super::hand::{Hand, Outside};
use super::pulse::Pulse;
use super::session::Session;
use super::tape::Tape;
use crate::random::Random;
use crate::venue::door::StopSign;

/// From one turn of a bot to its next, at most; half of it on average.
const GAP_US_MAX: u64 = 10_000;

/// How long a bot waits for answers before it looks whether it is over.
const LOOK: Duration = Duration::from_millis(50);

/// What all bots share.
#[derive(Clone)]
pub struct Floor {
    /// What is public.
    pub tape: Arc<Tape>,
    /// What is measured.
    pub pulse: Arc<Pulse>,
    /// Whether trading is over.
    pub over: Arc<AtomicBool>,
    /// Whether the venue stops.
    pub stop: StopSign,
}

impl Floor {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) || self.stop.is_up()
    }
}

/// What the instruments are worth as time passes: everybody with the same seed believes the same.
#[derive(Clone, Debug)]
pub struct Drift {
    fair: Fair,
    since: Instant,
    steps: u128,
}

impl Drift {
    /// From the opening prices on.
    pub const fn new(fair: Fair, since: Instant) -> Self {
        Self { fair, since, steps: 0 }
    }

    /// What they are worth now.
    pub fn now(&mut self) -> &Fair {
        let due = self.since.elapsed().as_nanos() / u128::from(FAIR_GAP_NS);
        while self.steps < due {
            self.fair.step();
            self.steps += 1;
        }
        &self.fair
    }
}

/// A bot at work.
pub struct Trader {
    /// Its name.
    pub name: &'static str,
    /// What kind of bot it is.
    pub kind: &'static str,
    /// It.
    pub bot: Box<dyn Bot>,
    /// Where it trades.
    pub session: Box<dyn Session>,
    /// What it has.
    pub hand: Hand,
    /// What it believes.
    pub drift: Drift,
    /// When it acts.
    pub random: Random,
}

impl Trader {
    /// Trades until it is over.
    ///
    /// # Errors
    /// Why its session ended before.
    pub fn run(mut self, floor: &Floor) -> Result<(), String> {
        let traded = self.trade(floor);
        if traded.is_ok() {
            self.session.leave();
        }
        // When the venue stops, it ends sessions.
        if floor.is_over() { Ok(()) } else { traded }
    }

    fn trade(&mut self, floor: &Floor) -> Result<(), String> {
        let mut wishes = Vec::new();
        while !floor.is_over() {
            floor.pulse.stands(self.name, self.kind, &self.hand);
            self.wait(floor)?;
            let Self { bot, hand, drift, .. } = self;
            bot.act(&Outside { tape: &floor.tape, fair: drift.now(), hand }, &mut wishes);
            wishes.drain(..).try_for_each(|wish| self.session.carry(&wish, &self.hand))?;
        }
        self.settle(floor)
    }

    /// Hears until the next turn is due and everything is answered.
    fn wait(&mut self, floor: &Floor) -> Result<(), String> {
        let due = Instant::now() + Duration::from_micros(self.random.within(1, GAP_US_MAX));
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if floor.is_over() || (left.is_zero() && self.session.is_settled()) {
                return Ok(());
            }
            let limit = if left.is_zero() { LOOK } else { left };
            self.session.hear(limit, &mut self.hand, &floor.pulse)?;
        }
    }

    /// Hears the last answers.
    fn settle(&mut self, floor: &Floor) -> Result<(), String> {
        while !self.session.is_settled() && !floor.stop.is_up() {
            self.session.hear(LOOK, &mut self.hand, &floor.pulse)?;
        }
        floor.pulse.stands(self.name, self.kind, &self.hand);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ringside_protocol::InstrumentId;

    use super::*;

    #[test]
    fn what_everybody_believes_passes_with_time() {
        // BOT-027
        let began = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
        let drift = |since| Drift::new(Fair::new(Random::new(1, 0)), since);
        let (mut first, mut second) = (drift(began), drift(began));
        first.now();
        second.now();
        assert!(first.steps >= 2_000 && second.steps >= first.steps);
        let opening = Fair::new(Random::new(1, 0)).ticks(InstrumentId(0));
        assert_eq!(drift(Instant::now()).now().ticks(InstrumentId(0)), opening);
        let mut inside = Fair::new(Random::new(1, 0));
        (0..first.steps).for_each(|_| inside.step());
        assert_eq!(first.fair.ticks(InstrumentId(0)), inside.ticks(InstrumentId(0)));
    }
}
