//! The meeting of an incoming order with the book.

use ringside_protocol::{
    CancelReason, CurrencyId, InstrumentId, Liquidity, Name, OrderId, OrderStatus, OrderType,
    Priority, SelfTrade, Side, TimeInForce, TradeId,
};

use super::money::{Fill, fee};
use super::{Live, Oracle};
use crate::fact::Fact;

impl Oracle {
    /// The resting order that an incoming one meets next: the best price, then the oldest.
    pub(super) fn meets(&self, incoming: &Live) -> Option<Live> {
        self.reached(incoming).into_iter().next()
    }

    /// Every resting order an incoming one reaches, in the order it would meet them.
    fn reached(&self, incoming: &Live) -> Vec<Live> {
        let side = incoming.side.opposite();
        let mut found: Vec<Live> = self
            .resting
            .iter()
            .copied()
            .filter(|there| there.instrument == incoming.instrument && there.side == side)
            .filter(|there| match (incoming.kind, incoming.side) {
                (OrderType::Market, _) => true,
                (OrderType::Limit, Side::Buy) => there.price <= incoming.price,
                (OrderType::Limit, Side::Sell) => there.price >= incoming.price,
            })
            .collect();
        match side {
            Side::Sell => found.sort_by_key(|there| there.price),
            Side::Buy => found.sort_by_key(|there| u64::MAX - there.price),
        }
        found
    }

    /// How much would trade at once. Own orders never count; modes that stop at one hide what
    /// stands behind it.
    pub(super) fn executable(&self, incoming: &Live) -> u64 {
        let mut sum = 0u64;
        for there in self.reached(incoming) {
            let own = there.account == incoming.account;
            match (own, incoming.self_trade) {
                (false, _) => sum = sum.saturating_add(there.leaves),
                (true, SelfTrade::CancelMaker | SelfTrade::None) => {}
                (
                    true,
                    SelfTrade::RejectTaker
                    | SelfTrade::CancelTaker
                    | SelfTrade::CancelBoth
                    | SelfTrade::Decrement,
                ) => break,
            }
        }
        sum
    }

    /// What a market order would take, as prices and lots, if it had the money; and what it would
    /// still want.
    pub(super) fn takes(&self, incoming: &Live) -> (Vec<(u64, u64)>, u64) {
        let (mut left, mut taken) = (incoming.leaves, Vec::new());
        for there in self.reached(incoming) {
            let quantity = there.leaves.min(left);
            match (there.account == incoming.account, incoming.self_trade) {
                (false, _) | (true, SelfTrade::None) => {
                    taken.push((there.price, quantity));
                    left -= quantity;
                }
                (true, SelfTrade::CancelMaker) => {}
                (true, SelfTrade::Decrement) => left -= quantity,
                (true, SelfTrade::RejectTaker | SelfTrade::CancelTaker | SelfTrade::CancelBoth) => {
                    break;
                }
            }
            if left == 0 {
                break;
            }
        }
        (taken, left)
    }

    /// What a market buy pays at most: per lot of what it will take, the price and the worst fee.
    pub(super) fn market_cost(&self, incoming: &Live) -> i128 {
        let market = &self.markets[incoming.instrument.index()];
        let takes = self.takes(incoming).0.into_iter();
        takes.map(|(price, quantity)| market.per_lot(price) * i128::from(quantity)).sum()
    }

    /// The last price a market order would take.
    pub(super) fn dearest(&self, incoming: &Live) -> Option<u64> {
        self.takes(incoming).0.last().map(|(price, _)| *price)
    }

    /// Lets an accepted order, whose hold is made, trade; what is left rests or ends.
    pub(super) fn run(&mut self, mut incoming: Live) {
        while incoming.leaves > 0 {
            let Some(there) = self.meets(&incoming) else {
                return self.leave(incoming);
            };
            if there.account != incoming.account || incoming.self_trade == SelfTrade::None {
                self.trade(&mut incoming, there);
                continue;
            }
            match incoming.self_trade {
                SelfTrade::CancelMaker => {
                    self.cancel_resting(there.order, CancelReason::SelfTrade);
                }
                SelfTrade::CancelBoth => {
                    self.cancel_resting(there.order, CancelReason::SelfTrade);
                    return self.end(incoming, CancelReason::SelfTrade);
                }
                SelfTrade::RejectTaker | SelfTrade::CancelTaker => {
                    return self.end(incoming, CancelReason::SelfTrade);
                }
                SelfTrade::Decrement => {
                    let less = there.leaves.min(incoming.leaves);
                    self.shrink_resting(there, less);
                    if less == incoming.leaves {
                        return self.end(incoming, CancelReason::SelfTrade);
                    }
                    self.move_hold(&incoming, -self.hold_of(&incoming, less));
                    incoming.leaves -= less;
                    self.say_shrunk(&incoming);
                }
                SelfTrade::None => unreachable!("trades above"),
            }
        }
    }

    /// What becomes of an order that meets nobody any more.
    fn leave(&mut self, incoming: Live) {
        if incoming.kind == OrderType::Limit && incoming.time_in_force == TimeInForce::Gtc {
            self.note(&incoming, OrderStatus::resting(incoming.executed));
            self.resting.push(incoming);
        } else {
            self.end(incoming, CancelReason::NoLiquidity);
        }
    }

    /// An incoming order ends with what it has left.
    fn end(&mut self, incoming: Live, reason: CancelReason) {
        self.move_hold(&incoming, -self.hold_of(&incoming, incoming.leaves));
        self.say_canceled(&incoming, reason);
    }

    fn say_canceled(&mut self, live: &Live, reason: CancelReason) {
        self.note(live, OrderStatus::Canceled);
        self.facts.push(Fact::Canceled {
            account: live.account,
            order: live.order,
            leaves: live.leaves,
            cumulative: live.executed,
            reason,
        });
    }

    pub(super) fn note(&mut self, live: &Live, status: OrderStatus) {
        self.accounts[live.account.index()].note(live.order, status);
    }

    /// Cancels a resting order.
    pub(super) fn cancel_resting(&mut self, order: OrderId, reason: CancelReason) {
        let at = self.place(order);
        let live = self.resting.remove(at);
        self.end(live, reason);
    }

    /// Takes `less` off a resting order without a trade.
    fn shrink_resting(&mut self, there: Live, less: u64) {
        if less == there.leaves {
            return self.cancel_resting(there.order, CancelReason::SelfTrade);
        }
        self.move_hold(&there, -self.hold_of(&there, less));
        let at = self.place(there.order);
        self.resting[at].leaves -= less;
        let live = self.resting[at];
        self.say_shrunk(&live);
    }

    /// An order that got smaller without a trade says its new total.
    fn say_shrunk(&mut self, live: &Live) {
        self.facts.push(Fact::Amended {
            account: live.account,
            order: live.order,
            price: live.price,
            quantity: live.executed + live.leaves,
            cumulative: live.executed,
            leaves: live.leaves,
            priority: Priority::Kept,
            new_id: Name::ABSENT,
        });
    }

    pub(super) fn place(&self, order: OrderId) -> usize {
        let found = self.resting.iter().position(|live| live.order == order);
        found.expect("Invariant: a resting order stands in the book")
    }

    fn trade(&mut self, incoming: &mut Live, there: Live) {
        let quantity = there.leaves.min(incoming.leaves);
        self.trades += 1;
        let trade = TradeId(self.trades);
        let at = self.place(there.order);
        self.resting[at].leaves -= quantity;
        self.resting[at].executed += quantity;
        let maker = self.resting[at];
        if maker.leaves == 0 {
            self.resting.remove(at);
        }
        incoming.leaves -= quantity;
        incoming.executed += quantity;
        let maker_fill = self.execute(&maker, trade, there.price, quantity, Liquidity::Maker);
        let taker_fill = self.execute(incoming, trade, there.price, quantity, Liquidity::Taker);
        self.facts.push(Fact::Trade {
            instrument: incoming.instrument,
            trade,
            side: incoming.side,
            price: there.price,
            quantity,
        });
        self.settle(maker_fill);
        self.settle(taker_fill);
    }

    /// One side's execution: its hold is released, its status noted.
    fn execute(
        &mut self,
        live: &Live,
        trade: TradeId,
        price: u64,
        quantity: u64,
        liquidity: Liquidity,
    ) -> Fill {
        self.move_hold(live, -self.hold_of(live, quantity));
        let status =
            if live.leaves == 0 { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        self.note(live, status);
        let market = &self.markets[live.instrument.index()];
        let rate = match liquidity {
            Liquidity::Maker => market.terms.maker_fee,
            Liquidity::Taker => market.terms.taker_fee,
        };
        let value = market.notional(price, quantity).expect("checked on entry");
        let fee = fee(value, rate.0);
        self.facts.push(Fact::Executed {
            account: live.account,
            order: live.order,
            trade,
            price,
            quantity,
            cumulative: live.executed,
            leaves: live.leaves,
            liquidity,
            fee,
        });
        Fill {
            account: live.account,
            instrument: live.instrument,
            order: live.order,
            trade,
            side: live.side,
            price,
            quantity,
            fee,
        }
    }

    /// In which currency an order of this side holds.
    pub(super) fn hold_currency(&self, instrument: InstrumentId, side: Side) -> CurrencyId {
        let terms = &self.markets[instrument.index()].terms;
        match side {
            Side::Buy => terms.quote,
            Side::Sell => terms.base,
        }
    }
}
