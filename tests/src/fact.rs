//! What two engines must agree on: the order-level facts, positions and lots of a command, without
//! what only one of them has (streams, hashes, postings).

use ringside_protocol::{
    AccountId, CancelReason, ClientOrderId, Event, InstrumentId, Liquidity, OrderId, Priority,
    Reason, Side, TradeId,
};

/// One thing that happened.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs, reason = "the fields are those of the event of the same name")]
pub enum Fact {
    Accepted {
        account: AccountId,
        instrument: InstrumentId,
        order: OrderId,
        id: ClientOrderId,
        side: Side,
        price: u64,
        quantity: u64,
    },
    Rejected {
        account: AccountId,
        order: OrderId,
        id: ClientOrderId,
        reason: Reason,
    },
    Executed {
        account: AccountId,
        order: OrderId,
        trade: TradeId,
        price: u64,
        quantity: u64,
        cumulative: u64,
        leaves: u64,
        liquidity: Liquidity,
        fee: i128,
    },
    Trade {
        instrument: InstrumentId,
        trade: TradeId,
        side: Side,
        price: u64,
        quantity: u64,
    },
    Amended {
        account: AccountId,
        order: OrderId,
        price: u64,
        quantity: u64,
        cumulative: u64,
        leaves: u64,
        priority: Priority,
        new_id: ClientOrderId,
    },
    Canceled {
        account: AccountId,
        order: OrderId,
        leaves: u64,
        cumulative: u64,
        reason: CancelReason,
    },
    Position {
        account: AccountId,
        instrument: InstrumentId,
        quantity: i64,
        cost: i128,
        realised: i128,
    },
    LotClosed {
        account: AccountId,
        instrument: InstrumentId,
        buy_order: OrderId,
        buy_trade: TradeId,
        sell_order: OrderId,
        sell_trade: TradeId,
        quantity: u64,
        buy_price: u64,
        sell_price: u64,
    },
    SessionEnded {
        account: AccountId,
    },
    Day {
        session: u32,
        began: u64,
    },
    Restated {
        account: AccountId,
        order: OrderId,
        number: u32,
        id: ClientOrderId,
        price: u64,
        cumulative: u64,
        leaves: u64,
    },
}

impl Fact {
    /// The fact in an event, if it is one of these.
    pub fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Accepted(e) => Self::Accepted {
                account: e.account,
                instrument: e.instrument,
                order: e.order,
                id: e.id,
                side: e.side,
                price: e.price,
                quantity: e.quantity,
            },
            Event::Rejected(e) => {
                Self::Rejected { account: e.account, order: e.order, id: e.id, reason: e.reason }
            }
            Event::Executed(e) => Self::Executed {
                account: e.account,
                order: e.order,
                trade: e.trade,
                price: e.price,
                quantity: e.quantity,
                cumulative: e.cumulative,
                leaves: e.leaves,
                liquidity: e.liquidity,
                fee: e.fee.units(),
            },
            Event::Trade(e) => Self::Trade {
                instrument: e.instrument,
                trade: e.trade,
                side: e.side,
                price: e.price,
                quantity: e.quantity,
            },
            Event::Amended(e) => Self::Amended {
                account: e.account,
                order: e.order,
                price: e.price,
                quantity: e.quantity,
                cumulative: e.cumulative,
                leaves: e.leaves,
                priority: e.priority,
                new_id: e.new_id,
            },
            Event::Canceled(e) => Self::Canceled {
                account: e.account,
                order: e.order,
                leaves: e.leaves,
                cumulative: e.cumulative,
                reason: e.reason,
            },
            Event::Position(e) => Self::Position {
                account: e.account,
                instrument: e.instrument,
                quantity: e.quantity,
                cost: e.cost.units(),
                realised: e.realised.units(),
            },
            Event::LotClosed(e) => Self::LotClosed {
                account: e.account,
                instrument: e.instrument,
                buy_order: e.buy_order,
                buy_trade: e.buy_trade,
                sell_order: e.sell_order,
                sell_trade: e.sell_trade,
                quantity: e.quantity,
                buy_price: e.buy_price,
                sell_price: e.sell_price,
            },
            Event::SessionEnded(e) => Self::SessionEnded { account: e.account },
            Event::Day(e) => Self::Day { session: e.session.0, began: e.began.0 },
            Event::Restated(e) => Self::Restated {
                account: e.account,
                order: e.order,
                number: e.report.number,
                id: e.id,
                price: e.price,
                cumulative: e.cumulative,
                leaves: e.leaves,
            },
            Event::Posting(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_) => return None,
        })
    }

    /// Orders first, in their order; then positions and lots by account: in which order a trade
    /// names those of its two sides is left to each engine.
    pub fn settle_order(facts: &mut [Self]) {
        facts.sort_by_key(|fact| match fact {
            Self::Position { account, .. } => (1, account.0),
            Self::LotClosed { account, .. } => (2, account.0),
            Self::Accepted { .. }
            | Self::Rejected { .. }
            | Self::Executed { .. }
            | Self::Trade { .. }
            | Self::Amended { .. }
            | Self::Canceled { .. }
            | Self::SessionEnded { .. }
            | Self::Day { .. }
            | Self::Restated { .. } => (0, 0),
        });
    }
}
