//! What events do to the orders that stand in books, order by order: levels and market data are
//! made of it. It remembers nothing beyond the command in hand.
//!
//! An order that comes in stands nowhere until its command ends, or another order comes in: only
//! then is known what of it rests.

use ringside_protocol::{
    Accepted, Amended, Canceled, Event, Executed, InstrumentId, Liquidity, OrderId, Priority, Side,
    TradeId,
};

/// An order where it stands in a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Which.
    pub order: OrderId,
    /// In which instrument's book.
    pub instrument: InstrumentId,
    /// On which side of it.
    pub side: Side,
    /// Ticks.
    pub price: u64,
    /// Lots that stand.
    pub leaves: u64,
}

/// What becomes of an order that stands in a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Movement {
    /// It comes to rest, behind those that rest at its price.
    Placed(Standing),
    /// It traded at its price; this is what stands after it, perhaps nothing.
    Executed {
        /// What is left.
        left: Standing,
        /// Lots of the trade.
        quantity: u64,
        /// The trade.
        trade: TradeId,
    },
    /// It shrank and kept its place.
    Reduced {
        /// What is left, at least one lot.
        left: Standing,
        /// Lots taken off.
        quantity: u64,
    },
    /// It was changed and lost its place: it comes in again.
    Withdrawn {
        /// The order.
        order: OrderId,
        /// In which instrument's book it stood.
        instrument: InstrumentId,
    },
    /// It ended.
    Removed {
        /// The order.
        order: OrderId,
        /// In which instrument's book it stood.
        instrument: InstrumentId,
        /// Lots that stood.
        quantity: u64,
    },
}

/// Follows the command in hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Movements {
    incoming: Option<Standing>,
}

/// At most two: an order comes to rest because another one comes in, and that one's own.
pub type Moved = core::iter::Flatten<core::array::IntoIter<Option<Movement>, 2>>;

impl Movements {
    /// What an event does.
    pub fn hear(&mut self, event: &Event) -> Moved {
        let moved = match event {
            Event::Accepted(event) => [self.settle(), self.accepted(event)],
            Event::Executed(event) => [self.executed(event), None],
            Event::Amended(event) if event.priority == Priority::Lost => {
                [self.settle(), self.requeued(event)]
            }
            Event::Amended(event) => [self.shrunk(event), None],
            Event::Canceled(event) => [self.ended(event), None],
            Event::Rejected(_)
            | Event::Trade(_)
            | Event::Posting(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_)
            | Event::Restated(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => [None, None],
        };
        moved.into_iter().flatten()
    }

    /// The command has ended: what came in and is still there rests.
    pub fn settle(&mut self) -> Option<Movement> {
        self.incoming.take().filter(|order| order.leaves > 0).map(Movement::Placed)
    }

    fn accepted(&mut self, event: &Accepted) -> Option<Movement> {
        self.incoming = Some(Standing {
            order: event.order,
            instrument: event.instrument,
            side: event.side,
            price: event.price,
            leaves: event.quantity,
        });
        None
    }

    fn requeued(&mut self, event: &Amended) -> Option<Movement> {
        self.incoming = Some(amended(event));
        Some(Movement::Withdrawn { order: event.order, instrument: event.instrument })
    }

    fn executed(&mut self, event: &Executed) -> Option<Movement> {
        let (order, leaves) = (event.order, event.leaves);
        match event.liquidity {
            Liquidity::Taker => {
                self.comes_in(order, leaves);
                None
            }
            Liquidity::Maker => Some(Movement::Executed {
                left: Standing {
                    order,
                    instrument: event.instrument,
                    side: event.side,
                    price: event.price,
                    leaves,
                },
                quantity: event.quantity,
                trade: event.trade,
            }),
        }
    }

    /// One that shrinks to nothing is ended by the event behind it.
    fn shrunk(&mut self, event: &Amended) -> Option<Movement> {
        let is_movement =
            !self.comes_in(event.order, event.leaves) && event.leaves > 0 && event.taken_off > 0;
        is_movement.then(|| Movement::Reduced { left: amended(event), quantity: event.taken_off })
    }

    fn ended(&mut self, event: &Canceled) -> Option<Movement> {
        let Canceled { order, instrument, leaves: quantity, .. } = *event;
        let is_incoming = self.comes_in(order, 0);
        (!is_incoming).then_some(Movement::Removed { order, instrument, quantity })
    }

    /// Whether the order is the one that comes in, of which so much is left.
    fn comes_in(&mut self, order: OrderId, leaves: u64) -> bool {
        match &mut self.incoming {
            Some(incoming) if incoming.order == order => {
                incoming.leaves = leaves;
                true
            }
            Some(_) | None => false,
        }
    }
}

fn amended(event: &Amended) -> Standing {
    Standing {
        order: event.order,
        instrument: event.instrument,
        side: event.side,
        price: event.price,
        leaves: event.leaves,
    }
}
