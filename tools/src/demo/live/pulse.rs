//! What the bots measure while they trade: requests and how long their answers took, and what
//! everybody is worth. Everybody writes, the screen reads.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use hdrhistogram::Histogram;
use ringside_protocol::{AccountId, InstrumentId};

use super::super::leaderboard::{Leaderboard, Row};
use super::super::market::LISTINGS;
use super::hand::Hand;
use super::tape::Tape;

/// What takes longer counts as this long.
const LATENCY_NS_MAX: u64 = 60_000_000_000;

/// Figures of all bots together.
pub struct Pulse(Mutex<Figures>);

/// The figures at one moment.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Orders and cancels that were answered.
    pub answered: u64,
    /// Of those, refused.
    pub refused: u64,
    /// From the order to its answer, nanoseconds, at the bot.
    pub latency_ns: Histogram<u64>,
    standings: Vec<Standing>,
}

#[derive(Clone, Debug)]
struct Standing {
    name: &'static str,
    kind: &'static str,
    began: Hand,
    hand: Hand,
}

impl Default for Pulse {
    fn default() -> Self {
        let latency_ns = Histogram::new_with_max(LATENCY_NS_MAX, 3);
        let latency_ns = latency_ns.expect("Invariant: a minute in three digits can be kept");
        let (answered, refused, standings) = (0, 0, Vec::new());
        Self(Mutex::new(Figures { answered, refused, latency_ns, standings }))
    }
}

impl Pulse {
    /// A request was answered.
    pub fn answered(&self, after: Duration, is_refused: bool) {
        let mut figures = self.lock();
        figures.answered += 1;
        figures.refused += u64::from(is_refused);
        let ns = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        figures.latency_ns.saturating_record(ns);
    }

    /// What a bot has now; the first time, what it begins with.
    pub fn stands(&self, name: &'static str, kind: &'static str, hand: &Hand) {
        let hand = Hand { orders: Vec::new(), ..hand.clone() };
        let standings = &mut self.lock().standings;
        match standings.iter_mut().find(|standing| standing.name == name) {
            Some(standing) => standing.hand = hand,
            None => standings.push(Standing { name, kind, began: hand.clone(), hand }),
        }
    }

    /// The figures now.
    pub fn figures(&self) -> Figures {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().expect("Invariant: nobody panics with the pulse")
    }
}

impl Figures {
    /// The latency at a quantile, in milliseconds: `0.41 ms`.
    pub fn latency(&self, quantile: f64) -> String {
        let us = self.latency_ns.value_at_quantile(quantile) / 1_000;
        format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10)
    }

    /// Who leads: what everybody has at the last prices, against what he began with at those of
    /// the opening.
    pub fn leaderboard(&self, tape: &Tape) -> Leaderboard {
        let opening = |id: InstrumentId| LISTINGS[id.index()].opening_price;
        let row = |(account, standing): (u32, &Standing)| Row {
            name: standing.name,
            kind: standing.kind,
            account: AccountId(account),
            starting_equity: standing.began.equity(opening),
            equity: standing.hand.equity(|id| tape.price(id)),
        };
        Leaderboard::rank((0..).zip(&self.standings).map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_and_ranks() {
        let pulse = Pulse::default();
        (1..=100).for_each(|at| pulse.answered(Duration::from_micros(at * 100), at % 50 == 0));
        let figures = pulse.figures();
        assert_eq!((figures.answered, figures.refused), (100, 2));
        assert_eq!(
            (figures.latency(0.5), figures.latency(0.99)),
            ("5.00 ms".into(), "9.90 ms".into())
        );

        let hand = |money| Hand { money, ..Hand::default() };
        for (name, money) in [("elm", 100), ("fir", 100), ("elm", 99), ("fir", 101)] {
            pulse.stands(name, "noise", &hand(money));
        }
        let board = pulse.figures().leaderboard(&Tape::default());
        let rows = board.rows().iter();
        let returns: Vec<_> = rows.map(|row| (row.name, row.total_return())).collect();
        assert_eq!(returns, [("fir", "+1.000".to_owned()), ("elm", "-1.000".to_owned())]);
    }
}
