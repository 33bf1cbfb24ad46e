//! What a bot has: its money and its orders in the books, as its own session tells them. With the
//! tape and what it believes, that is all it sees of the venue.

use ringside_protocol::{ClientOrderId, InstrumentId, SCALE_MAX, Side, decimal};
use serde_json::Value;

use super::super::bots::{Resting, View, affordable};
use super::super::fair::Fair;
use super::super::market::{LISTINGS, QUOTE_CODE, QUOTE_SCALE, instruments};
use super::tape::Tape;

/// Money and orders of one bot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hand {
    /// Of the quote currency, smallest units, held or not.
    pub money: i128,
    /// Of each base currency, lots, held or not.
    pub lots: [i128; LISTINGS.len()],
    /// Its orders that rest, the oldest first.
    pub orders: Vec<Resting>,
}

/// One side's part of a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Ticks.
    pub price: u64,
    /// Lots.
    pub quantity: u64,
    /// Paid, in the quote currency's smallest units; negative: got.
    pub fee: i128,
}

impl Hand {
    /// What an answer to `account.status` says, and no order.
    pub fn of(status: &Value) -> Self {
        let mut hand = Self::default();
        for row in status["balances"].as_array().into_iter().flatten() {
            let code = row["asset"].as_str().unwrap_or_default();
            if code == QUOTE_CODE {
                hand.money = total(row, QUOTE_SCALE);
            }
            if let Some((id, listing)) = instruments().find(|(_, listing)| listing.base == code) {
                let units = total(row, SCALE_MAX);
                hand.lots[id.index()] = units / i128::from(listing.lot_units());
            }
        }
        hand
    }

    /// An order rests.
    pub fn rest(&mut self, order: Resting) {
        self.orders.push(order);
    }

    /// Another price and open quantity; the order is as good as new.
    pub fn replace(&mut self, id: &ClientOrderId, price: u64, leaves: u64) {
        if let Some(at) = self.position(id) {
            let order = Resting { price, leaves, executed: 0, ..self.orders.remove(at) };
            self.orders.push(order);
        }
    }

    /// A part of an order traded.
    pub fn fill(&mut self, id: &ClientOrderId, fill: Fill) {
        let Some(at) = self.position(id) else { return };
        let order = &mut self.orders[at];
        let Resting { instrument, side, .. } = *order;
        order.executed += fill.quantity;
        order.leaves = order.leaves.saturating_sub(fill.quantity);
        if order.leaves == 0 {
            self.orders.remove(at);
        }
        let (lots, worth) = (i128::from(fill.quantity), worth(instrument, fill));
        let (bought, paid) = if side == Side::Buy { (lots, worth) } else { (-lots, -worth) };
        self.lots[instrument.index()] += bought;
        self.money -= paid + fill.fee;
    }

    /// So many lots of an order will not trade any more.
    pub fn reduce(&mut self, id: &ClientOrderId, quantity: u64) {
        let Some(at) = self.position(id) else { return };
        let order = &mut self.orders[at];
        order.leaves = order.leaves.saturating_sub(quantity);
        if order.leaves == 0 {
            self.orders.remove(at);
        }
    }

    /// One of its orders.
    pub fn order(&self, id: &ClientOrderId) -> Option<&Resting> {
        self.orders.iter().find(|order| order.id == *id)
    }

    /// What it is worth in smallest quote units, each base currency at its price in ticks.
    pub fn equity(&self, price: impl Fn(InstrumentId) -> u64) -> i128 {
        let of = |id: InstrumentId| {
            let per_tick = i128::from(LISTINGS[id.index()].scales().quote_per_tick_lot);
            self.lots[id.index()] * i128::from(price(id)) * per_tick
        };
        self.money + instruments().map(|(id, _)| of(id)).sum::<i128>()
    }

    fn position(&self, id: &ClientOrderId) -> Option<usize> {
        self.orders.iter().position(|order| order.id == *id)
    }

    /// Of a side of an instrument, what its own orders do not need: quote units, or lots.
    fn free(&self, instrument: InstrumentId, side: Side) -> i128 {
        let orders = self.orders.iter().filter(|order| order.side == side);
        match side {
            Side::Buy => {
                let needs = |order: &Resting| {
                    let Resting { price, leaves: quantity, .. } = *order;
                    worth(order.instrument, Fill { price, quantity, fee: 0 })
                };
                self.money - orders.map(needs).sum::<i128>()
            }
            Side::Sell => {
                let orders = orders.filter(|order| order.instrument == instrument);
                let needed: i128 = orders.map(|order| i128::from(order.leaves)).sum();
                self.lots[instrument.index()] - needed
            }
        }
    }
}

/// What changes hands, in the quote currency's smallest units.
fn worth(instrument: InstrumentId, fill: Fill) -> i128 {
    let per_tick_lot = LISTINGS[instrument.index()].scales().quote_per_tick_lot;
    i128::from(fill.price) * i128::from(fill.quantity) * i128::from(per_tick_lot)
}

fn total(row: &Value, scale: u8) -> i128 {
    let units = |name| decimal::parse(row[name].as_str().unwrap_or("0"), scale).unwrap_or(0);
    units("free") + units("locked")
}

/// What a bot sees that stands outside the venue.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a> {
    /// What is public.
    pub tape: &'a Tape,
    /// What the instruments are worth.
    pub fair: &'a Fair,
    /// What it has.
    pub hand: &'a Hand,
}

impl View for Outside<'_> {
    fn fair(&self, id: InstrumentId) -> u64 {
        self.fair.ticks(id)
    }

    fn best(&self, id: InstrumentId, side: Side) -> Option<u64> {
        self.tape.best(id, side)
    }

    fn resting(&self) -> Vec<Resting> {
        self.hand.orders.clone()
    }

    fn held_lots(&self, id: InstrumentId) -> u64 {
        u64::try_from(self.hand.lots[id.index()]).unwrap_or(0)
    }

    fn available_lots(&self, id: InstrumentId, side: Side, price: u64) -> u64 {
        let (free, scales) = (self.hand.free(id, side), LISTINGS[id.index()].scales());
        match side {
            Side::Buy => affordable(free, side, price, &scales),
            Side::Sell => u64::try_from(free).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringside_protocol::Name;
    use serde_json::json;

    use super::super::super::bots::Ids;
    use super::*;
    use crate::random::Random;

    const SOL: InstrumentId = InstrumentId(0);

    fn hand() -> Hand {
        Hand::of(&json!({"balances": [
            {"asset": "USDC", "free": "9000.5", "locked": "1000.000000"},
            {"asset": "SOL", "free": "2.500000000", "locked": "0.5"},
            {"asset": "DOGE", "free": "1", "locked": "0"},
        ]}))
    }

    fn order(side: Side, leaves: u64) -> Resting {
        let id = Ids::new("q").fresh();
        Resting { id, instrument: SOL, side, price: 15_000, executed: 0, leaves }
    }

    #[test]
    fn it_keeps_count_of_what_its_orders_do() {
        let mut hand = hand();
        assert_eq!((hand.money, hand.lots), (10_000_500_000, [3_000, 0, 0]));
        let buy = order(Side::Buy, 2_000);
        hand.rest(buy);
        // 0.5 SOL at 149.99 for 74.995 and a rebate, and a cent of a cent of it.
        hand.fill(&buy.id, Fill { price: 14_999, quantity: 500, fee: -749 });
        assert_eq!((hand.money, hand.lots[0]), (10_000_500_000 - 74_995_000 + 749, 3_500));
        assert_eq!(
            hand.order(&buy.id).map(|order| (order.executed, order.leaves)),
            Some((500, 1_500))
        );
        hand.replace(&buy.id, 15_001, 6_000);
        let replaced = hand.orders[0];
        assert_eq!((replaced.price, replaced.executed, replaced.leaves), (15_001, 0, 6_000));
        hand.reduce(&buy.id, 1_000);
        assert_eq!(hand.orders[0].leaves, 5_000);
        hand.fill(&buy.id, Fill { price: 15_001, quantity: 5_000, fee: 0 });
        assert_eq!(hand.orders, []);
        hand.reduce(&Name::parse("unknown").unwrap(), 1);
        assert_eq!(hand.lots[0], 8_500);
    }

    #[test]
    fn what_its_orders_need_is_not_available() {
        let (tape, fair, mut hand) = (Tape::default(), Fair::new(Random::new(0, 0)), hand());
        let available = |hand: &Hand, side| {
            Outside { tape: &tape, fair: &fair, hand }.available_lots(SOL, side, 15_000)
        };
        // 10,000.50 less a hundredth at 150.00.
        assert_eq!((available(&hand, Side::Buy), available(&hand, Side::Sell)), (66_003, 3_000));
        hand.rest(order(Side::Sell, 1_000));
        hand.rest(order(Side::Buy, 66_000));
        assert_eq!((available(&hand, Side::Buy), available(&hand, Side::Sell)), (663, 2_000));
    }

    #[test]
    fn equity_is_everything_at_its_price() {
        // 3 SOL at 151.00.
        assert_eq!(hand().equity(|_| 15_100), 10_000_500_000 + 453_000_000);
    }
}
