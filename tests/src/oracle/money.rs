//! What things cost, what open orders hold, and what a trade moves.

use ringside_protocol::{AccountId, InstrumentId, OrderId, Side, TradeId};

use super::account::Lot;
use super::{Live, Market, Oracle};
use crate::fact::Fact;

/// A hundred per cent of a fee rate.
const WHOLE: i128 = 100_000_000;

/// One side of a trade.
#[derive(Clone, Copy)]
pub(super) struct Fill {
    pub(super) account: AccountId,
    pub(super) instrument: InstrumentId,
    pub(super) order: OrderId,
    pub(super) trade: TradeId,
    pub(super) side: Side,
    pub(super) price: u64,
    pub(super) quantity: u64,
    pub(super) fee: i128,
}

impl Market {
    /// Price × quantity in the quote's smallest units; `None` where 128 bits do not hold it.
    pub(super) fn notional(&self, price: u64, quantity: u64) -> Option<i128> {
        (i128::from(price) * i128::from(quantity))
            .checked_mul(i128::from(self.scales.quote_per_tick_lot))
    }

    /// A quantity in the base's smallest units.
    pub(super) fn base(&self, quantity: u64) -> i128 {
        i128::from(quantity) * i128::from(self.scales.base_per_lot)
    }

    /// What a lot of a buy at a price holds: the price and the worst-case fee, rounded up.
    pub(super) fn per_lot(&self, price: u64) -> i128 {
        let cost = i128::from(price) * i128::from(self.scales.quote_per_tick_lot);
        let worst = self.terms.maker_fee.0.max(self.terms.taker_fee.0).max(0);
        cost + fee(cost, worst)
    }

    /// What so much of an order holds.
    pub(super) fn hold(&self, side: Side, price: u64, quantity: u64) -> i128 {
        match side {
            Side::Buy => self.per_lot(price) * i128::from(quantity),
            Side::Sell => self.base(quantity),
        }
    }
}

/// The fee on a value: fees round up, rebates (negative) down.
pub(super) fn fee(value: i128, rate: i32) -> i128 {
    let (wholes, rest) = (value / WHOLE, value % WHOLE);
    let product = rest * i128::from(rate);
    let up = i128::from(product.rem_euclid(WHOLE) > 0);
    wholes * i128::from(rate) + product.div_euclid(WHOLE) + up
}

impl Oracle {
    /// Moves `delta` from available to held (back, if negative) in the currency an order holds.
    pub(super) fn move_hold(&mut self, live: &Live, delta: i128) {
        let currency = self.hold_currency(live.instrument, live.side);
        let balance = self.accounts[live.account.index()].balance(currency);
        balance.available -= delta;
        balance.held += delta;
        assert!(balance.available >= 0 && balance.held >= 0, "Invariant: no overdraft");
    }

    /// The hold of an order's open quantity; a market order holds nothing between commands.
    pub(super) fn hold_of(&self, live: &Live, quantity: u64) -> i128 {
        match live.kind {
            ringside_protocol::OrderType::Limit => {
                self.markets[live.instrument.index()].hold(live.side, live.price, quantity)
            }
            ringside_protocol::OrderType::Market => 0,
        }
    }

    /// Moves the money and the lots of one side of a trade.
    pub(super) fn settle(&mut self, fill: Fill) {
        let market = &self.markets[fill.instrument.index()];
        let (base, quote) = (market.terms.base, market.terms.quote);
        let goods = market.base(fill.quantity);
        let money = market.notional(fill.price, fill.quantity).expect("checked on entry");
        let sign = if fill.side == Side::Buy { 1 } else { -1 };
        let account = &mut self.accounts[fill.account.index()];
        for (currency, change) in [(base, sign * goods), (quote, -sign * money - fill.fee)] {
            let balance = account.balance(currency);
            balance.touched |= change != 0;
            balance.available += change;
            assert!(balance.available >= 0, "Invariant: no overdraft");
        }
        match fill.side {
            Side::Buy => account.lots.push(Lot {
                instrument: fill.instrument,
                order: fill.order,
                trade: fill.trade,
                price: fill.price,
                quantity: fill.quantity,
            }),
            Side::Sell => self.close_lots(fill),
        }
        self.say_position(fill);
    }

    /// A sale consumes the oldest open lots; what is left over is an orphan.
    fn close_lots(&mut self, fill: Fill) {
        let unit = i128::from(self.markets[fill.instrument.index()].scales.quote_per_tick_lot);
        let account = &mut self.accounts[fill.account.index()];
        let mut left = fill.quantity;
        while left > 0 {
            let oldest = account.lots.iter().position(|lot| lot.instrument == fill.instrument);
            let nothing = Lot {
                instrument: fill.instrument,
                order: OrderId(0),
                trade: TradeId(0),
                price: 0,
                quantity: left,
            };
            let lot = oldest.map_or(nothing, |at| account.lots[at]);
            let quantity = lot.quantity.min(left);
            if let Some(at) = oldest {
                account.lots[at].quantity -= quantity;
                account.lots.retain(|lot| lot.quantity > 0);
                let gain = i128::from(fill.price) - i128::from(lot.price);
                add_realised(
                    &mut account.realised,
                    fill.instrument,
                    gain * i128::from(quantity) * unit,
                );
            }
            self.facts.push(Fact::LotClosed {
                account: fill.account,
                instrument: fill.instrument,
                buy_order: lot.order,
                buy_trade: lot.trade,
                sell_order: fill.order,
                sell_trade: fill.trade,
                quantity,
                buy_price: lot.price,
                sell_price: fill.price,
            });
            left -= quantity;
        }
    }

    fn say_position(&mut self, fill: Fill) {
        let account = &self.accounts[fill.account.index()];
        let market = &self.markets[fill.instrument.index()];
        let lots = account.lots.iter().filter(|lot| lot.instrument == fill.instrument);
        let cost = lots.map(|lot| market.notional(lot.price, lot.quantity).expect("paid")).sum();
        let realised = account.realised.iter().find(|(there, _)| *there == fill.instrument);
        let position = Fact::Position {
            account: fill.account,
            instrument: fill.instrument,
            quantity: account.position(fill.instrument) as i64,
            cost,
            realised: realised.map_or(0, |(_, pnl)| *pnl),
        };
        let sold_none = fill.side == Side::Sell && self.sold_only_orphans(fill);
        if !sold_none {
            self.facts.push(position);
        }
    }

    /// Whether the sale just settled consumed no lot, so that no position changed.
    fn sold_only_orphans(&self, fill: Fill) -> bool {
        !self.facts.iter().any(|fact| {
            matches!(fact, Fact::LotClosed { account, sell_trade, buy_trade, .. }
                if *account == fill.account && *sell_trade == fill.trade && buy_trade.0 != 0)
        })
    }
}

fn add_realised(rows: &mut Vec<(InstrumentId, i128)>, instrument: InstrumentId, pnl: i128) {
    match rows.iter_mut().find(|(there, _)| *there == instrument) {
        Some((_, sum)) => *sum += pnl,
        None => rows.push((instrument, pnl)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_round_up_and_rebates_down() {
        // X-LED-001: value, rate in hundred-millionths, fee.
        for (value, rate, expected) in [
            (10_000, 100_000, 10),
            (10_001, 100_000, 11),
            (1, 1, 1),
            (10_000, -100_000, -10),
            (10_001, -100_000, -10),
            (1, -1, 0),
            (7, 0, 0),
        ] {
            assert_eq!(fee(value, rate), expected, "{value} at {rate}");
        }
    }
}
