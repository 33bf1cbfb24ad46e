//! The engine that a recording is checked against. It takes the very lines that would be written to
//! a scenario file, so what is checked is what `ringside run` executes.

use std::io;

use ringside_engine::audit::Violation;
use ringside_protocol::depth::{DepthLevel, DepthOrder};
use ringside_protocol::{Event, InstrumentId, Liquidity, Name, Side, Timestamp};

use super::emit;
use super::flow::{Action, Level, Market};
use crate::scenario::answers::hex;
use crate::scenario::memory::Told;
use crate::scenario::runner::{Runner, Show};

/// A venue with one instrument.
pub(super) struct Venue {
    runner: Runner<io::Sink>,
    market: Market,
    instrument: InstrumentId,
    time: Option<Timestamp>,
    lines: u64,
}

/// One execution of a resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Execution {
    /// The resting order's name.
    pub(super) resting: Name,
    /// The resting order's side.
    pub(super) side: Side,
    /// Ticks.
    pub(super) price: u64,
    /// Lots.
    pub(super) quantity: u64,
    /// Whether nothing of the resting order was left.
    pub(super) finished: bool,
}

/// An order in the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Resting {
    /// Its name.
    pub(super) id: Name,
    /// Ticks.
    pub(super) price: u64,
    /// Lots.
    pub(super) left: u64,
}

/// Both sides of the book.
pub(super) struct Sides {
    bids: Vec<DepthLevel>,
    asks: Vec<DepthLevel>,
}

impl Sides {
    /// A side's levels, best first.
    pub(super) fn levels(&self, side: Side) -> Vec<Level> {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        let level = |&DepthLevel { price, quantity, orders }: &DepthLevel| Level {
            price,
            quantity,
            orders: Some(orders),
        };
        levels.iter().map(level).collect()
    }
}

impl Venue {
    /// The market at a time, with its two accounts and no order.
    pub(super) fn open(market: &Market, time: Timestamp) -> Self {
        let mut venue = Self {
            runner: Runner::new(Show::NOTHING, io::sink()),
            market: market.clone(),
            instrument: InstrumentId::NONE,
            time: Some(time),
            lines: 0,
        };
        venue.line(&emit::clock(time));
        emit::opening(market).iter().for_each(|line| venue.line(line));
        venue.instrument = venue
            .runner
            .engine()
            .instrument_named(market.symbol)
            .expect("Invariant: the opening lines make the instrument");
        venue
    }

    /// Applies a command and tells what it executed.
    pub(super) fn act(&mut self, time: Timestamp, action: &Action) -> Vec<Execution> {
        if self.time.replace(time) != Some(time) {
            self.line(&emit::clock(time));
        }
        self.line(&emit::line(&self.market, action));
        self.runner.told().iter().filter_map(execution).collect()
    }

    /// The best levels of both sides.
    pub(super) fn depth(&self, levels: usize) -> Sides {
        let depth = self.runner.engine().depth(self.instrument, levels);
        Sides { bids: depth.bids, asks: depth.asks }
    }

    /// The orders on the best levels of a side, in the order they would be executed.
    pub(super) fn queue(&self, side: Side, levels: usize) -> Vec<Resting> {
        let depth = self.runner.engine().depth_by_order(self.instrument, levels);
        let orders = match side {
            Side::Buy => depth.bids,
            Side::Sell => depth.asks,
        };
        orders.iter().map(|order| self.resting(order)).collect()
    }

    /// The last sequence and the state hash, as `ringside hash` prints them.
    ///
    /// # Errors
    /// A rule of the venue's own books that is broken.
    pub(super) fn end(&self) -> Result<String, Violation> {
        self.runner.audit()?;
        let engine = self.runner.engine();
        Ok(format!("{} {}", engine.sequence().0, hex(&engine.state_hash())))
    }

    fn resting(&self, order: &DepthOrder) -> Resting {
        let id = self.runner.memory().order(order.order).id;
        Resting { id, price: order.price, left: order.leaves }
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        if let Err(stop) = self.runner.line(self.lines, line.as_bytes()) {
            panic!("Invariant: what is written is understood: {stop:?} in {line}");
        }
    }
}

/// What an event tells of a resting order's execution, if it does.
fn execution(told: &Told) -> Option<Execution> {
    let Event::Executed(executed) = told.event else {
        return None;
    };
    let execution = Execution {
        resting: told.order.id,
        side: executed.side,
        price: executed.price,
        quantity: executed.quantity,
        finished: executed.leaves == 0,
    };
    (executed.liquidity == Liquidity::Maker).then_some(execution)
}
