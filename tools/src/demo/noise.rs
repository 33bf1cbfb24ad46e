//! A noise taker: buys and sells for no reason, a little more often the former (BOT-027). It keeps
//! the makers in business.

use ringside_engine::Engine;
use ringside_protocol::{
    AccountId, Cancel, Command, InstrumentId, Order, OrderRef, OrderType, Side, TimeInForce,
};

use super::bots::{Bot, Ids, View, available_lots, lots, ticks};
use super::market::LISTINGS;
use crate::random::Random;

/// Buys so many times out of a hundred.
const BUY_PERCENT: u64 = 52;
/// Orders that it leaves in the books at most.
const RESTING_MAX: usize = 3;

/// A noise taker.
#[derive(Clone, Debug)]
pub struct Noise {
    account: AccountId,
    random: Random,
    ids: Ids,
}

/// How it enters an order.
enum Style {
    /// At any price.
    Market,
    /// At the best price of the other side, and no worse.
    Immediate,
    /// Among those who wait.
    Resting,
}

impl Noise {
    /// A taker that does what `random` says.
    pub fn new(account: AccountId, random: Random) -> Self {
        Self { account, random, ids: Ids::new("n") }
    }

    fn style(&mut self) -> Style {
        match self.random.below(4) {
            0 | 1 => Style::Market,
            2 => Style::Immediate,
            _ => Style::Resting,
        }
    }

    /// The side it wants, or the other one where it has not the means.
    fn side(&mut self, id: InstrumentId, quantity: u64, engine: &Engine) -> Option<Side> {
        let wanted = if self.random.percent(BUY_PERCENT) { Side::Buy } else { Side::Sell };
        [wanted, wanted.opposite()].into_iter().find(|&side| {
            let price = engine.best(id, side.opposite());
            // A market order may walk the book: a hundredth above the best price is enough.
            let price = price.map(|price| price + price / 100);
            price.is_some_and(|price| {
                available_lots(engine, self.account, id, side, price) >= quantity
            })
        })
    }

    /// A price among those of its own side: the best or up to four half basis points behind it.
    fn resting_price(&mut self, id: InstrumentId, side: Side, engine: &Engine) -> Option<u64> {
        let best = engine.best(id, side)?;
        let behind = self.random.below(5) * (LISTINGS[id.index()].opening_price / 20_000).max(1);
        Some(match side {
            Side::Buy => best.saturating_sub(behind).max(1),
            Side::Sell => best + behind,
        })
    }

    fn order(&mut self, id: InstrumentId, engine: &Engine) -> Option<Order> {
        let (least, most) = LISTINGS[id.index()].noise_lots;
        let quantity = self.random.within(least, most);
        let side = self.side(id, quantity, engine)?;
        let style = self.style();
        let plain = Order {
            account: self.account,
            instrument: id,
            quantity: lots(quantity),
            side,
            id: self.ids.fresh(),
            ..Order::default()
        };
        Some(match style {
            Style::Market => {
                Order { kind: OrderType::Market, time_in_force: TimeInForce::Ioc, ..plain }
            }
            Style::Immediate => {
                let price = ticks(engine.best(id, side.opposite())?);
                Order { price, time_in_force: TimeInForce::Ioc, ..plain }
            }
            Style::Resting => {
                Order { price: ticks(self.resting_price(id, side, engine)?), ..plain }
            }
        })
    }
}

impl Bot for Noise {
    fn act(&mut self, view: &View<'_>, out: &mut Vec<Command>) {
        let resting = view.engine.orders(self.account);
        if resting.len() >= RESTING_MAX {
            // BOT-022: what has waited longest goes.
            let target = OrderRef::id(resting[0].id);
            out.push(Command::Cancel(Cancel { account: self.account, target }));
        }
        let id = InstrumentId(self.random.below(LISTINGS.len() as u64) as u32);
        out.extend(self.order(id, view.engine).map(Command::Order));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fair::Fair;
    use super::super::market::{Market, START};
    use super::*;
    use ringside_protocol::CurrencyId;

    /// A venue where somebody quotes everything on both sides, and a noise taker.
    fn venue() -> (Market, Noise) {
        let mut market = Market::new();
        let maker = market.open_account("amber");
        for currency in 0..4 {
            market.deposit(maker, CurrencyId(currency), 1_000_000_000_000_000);
        }
        let mut ids = Ids::new("q");
        for (at, listing) in LISTINGS.iter().enumerate() {
            for (side, price) in
                [(Side::Buy, listing.opening_price - 5), (Side::Sell, listing.opening_price + 5)]
            {
                let instrument = InstrumentId(at as u32);
                let (price, quantity) = (ticks(price), lots(listing.quote_lots * 1_000));
                let id = ids.fresh();
                let plain = Order { account: maker, instrument, side, id, ..Order::default() };
                market.submit(START, Order { price, quantity, ..plain });
            }
        }
        let account = market.open_account("birch");
        (market, Noise::new(account, Random::new(3, 1)))
    }

    fn act(market: &mut Market, noise: &mut Noise) -> Vec<Command> {
        let fair = Fair::new(Random::new(0, 0));
        let mut commands = Vec::new();
        noise.act(&View { engine: market.engine(), fair: &fair }, &mut commands);
        commands.iter().for_each(|&command| market.submit(START, command));
        commands
    }

    #[test]
    fn it_trades_in_sizes_of_the_listing_on_both_sides() {
        // BOT-027
        let (mut market, mut noise) = venue();
        let (mut buys, mut sells) = (0, 0);
        for _ in 0..2_000 {
            for command in act(&mut market, &mut noise) {
                let Command::Order(order) = command else { continue };
                let (least, most) = LISTINGS[order.instrument.index()].noise_lots;
                let quantity = order.quantity.get().unwrap().lots();
                assert!((least..=most).contains(&quantity), "{quantity} lots");
                if order.side == Side::Buy { buys += 1 } else { sells += 1 }
            }
            assert!(market.engine().orders(noise.account).len() <= RESTING_MAX);
        }
        assert!(buys > 700 && sells > 700, "{buys} buys, {sells} sells");
        assert!(market.engine().stats().trades > 1_000);
    }

    #[test]
    fn it_sells_nothing_that_it_has_not_bought() {
        // RSK-011 is never put to the test: the first order of an account with cash only is a buy.
        for seed in 0..50 {
            let (market, mut noise) = venue();
            noise.random = Random::new(seed, 0);
            let order = noise.order(InstrumentId(0), market.engine()).unwrap();
            assert_eq!(order.side, Side::Buy, "seed {seed}");
        }
    }
}
