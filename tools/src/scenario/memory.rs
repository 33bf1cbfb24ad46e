//! Client order ids by venue order id, as events tell of them: learnt from `accepted`, renamed by
//! `amended`, forgotten when the order has ended. Events name orders by venue id only.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{
    Accepted, AccountId, Amended, ClientOrderId, Event, EventHeader, InstrumentId, Name, OrderId,
    Rejected, Side,
};

/// What is remembered of every living order.
#[derive(Debug, Default)]
pub struct Memory {
    orders: HashMap<OrderId, Known, FixedState>,
    instruments: HashMap<(AccountId, ClientOrderId), InstrumentId, FixedState>,
}

/// What is remembered of one order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Known {
    /// Its client order id; absent where there is none.
    pub id: ClientOrderId,
    /// Its side.
    pub side: Side,
}

impl Default for Known {
    fn default() -> Self {
        Self { id: Name::ABSENT, side: Side::Buy }
    }
}

/// An event with what is remembered of the order it tells of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Told {
    /// Where it belongs.
    pub header: EventHeader,
    /// What happened.
    pub event: Event,
    /// The order at that moment: an amend still shows the old client order id.
    pub order: Known,
}

impl Memory {
    /// Adds what is remembered to an event, and learns from it.
    pub fn tell(&mut self, header: EventHeader, event: Event) -> Told {
        let order = match &event {
            Event::Accepted(accepted) => self.learn(accepted),
            Event::Rejected(rejected) => self.refused(rejected),
            Event::Executed(executed) if executed.leaves > 0 => self.order(executed.order),
            Event::Executed(executed) => self.forget(executed.account, executed.order),
            Event::Amended(amended) => self.rename(amended),
            Event::Canceled(canceled) => self.forget(canceled.account, canceled.order),
            Event::Trade(_)
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
            | Event::SessionEnded(_) => Known::default(),
        };
        Told { header, event, order }
    }

    /// What is remembered of a living order.
    pub fn order(&self, order: OrderId) -> Known {
        self.orders.get(&order).copied().unwrap_or_default()
    }

    /// The instrument of an account's living order.
    pub fn instrument(&self, account: AccountId, id: ClientOrderId) -> Option<InstrumentId> {
        self.instruments.get(&(account, id)).copied()
    }

    /// Remembers a living order that no event told of.
    pub fn recall(
        &mut self,
        account: AccountId,
        order: OrderId,
        known: Known,
        instrument: InstrumentId,
    ) {
        self.orders.insert(order, known);
        self.instruments.insert((account, known.id), instrument);
    }

    fn learn(&mut self, accepted: &Accepted) -> Known {
        let known = Known { id: accepted.id, side: accepted.side };
        self.orders.insert(accepted.order, known);
        self.instruments.insert((accepted.account, accepted.id), accepted.instrument);
        known
    }

    fn refused(&self, rejected: &Rejected) -> Known {
        match rejected.id.is_absent() {
            true => self.order(rejected.order),
            false => Known { id: rejected.id, ..Known::default() },
        }
    }

    fn forget(&mut self, account: AccountId, order: OrderId) -> Known {
        let known = self.orders.remove(&order).unwrap_or_default();
        self.instruments.remove(&(account, known.id));
        known
    }

    fn rename(&mut self, amended: &Amended) -> Known {
        let known = self.order(amended.order);
        if !amended.new_id.is_absent() {
            self.orders.insert(amended.order, Known { id: amended.new_id, ..known });
            self.instruments.remove(&(amended.account, known.id));
            self.instruments.insert((amended.account, amended.new_id), amended.instrument);
        }
        known
    }
}
