//! A noise taker: buys and sells for no reason, a little more often the former (BOT-027). It keeps
//! the makers in business.

use ringside_protocol::{InstrumentId, Side};

use super::bots::{Bot, Entry, Ids, Style, View, Wish};
use super::market::LISTINGS;
use crate::random::Random;

/// Buys so many times out of a hundred.
const BUY_PERCENT: u64 = 52;
/// Orders that it leaves in the books at most.
const RESTING_MAX: usize = 3;

/// A noise taker.
#[derive(Clone, Debug)]
pub struct Noise {
    random: Random,
    ids: Ids,
}

/// How it enters an order, before it looks at prices.
enum Manner {
    /// At any price.
    Market,
    /// At the best price of the other side, and no worse.
    Immediate,
    /// Among those who wait.
    Resting,
}

impl Noise {
    /// A taker that does what `random` says.
    pub const fn new(random: Random, ids: Ids) -> Self {
        Self { random, ids }
    }

    fn manner(&mut self) -> Manner {
        match self.random.below(4) {
            0 | 1 => Manner::Market,
            2 => Manner::Immediate,
            _ => Manner::Resting,
        }
    }

    /// The side it wants, or the other one where it has not the means.
    fn side(&mut self, id: InstrumentId, quantity: u64, view: &dyn View) -> Option<Side> {
        let wanted = if self.random.percent(BUY_PERCENT) { Side::Buy } else { Side::Sell };
        [wanted, wanted.opposite()].into_iter().find(|&side| {
            let price = view.best(id, side.opposite());
            // A market order may walk the book: a hundredth above the best price is enough.
            let price = price.map(|price| price + price / 100);
            price.is_some_and(|price| view.available_lots(id, side, price) >= quantity)
        })
    }

    /// A price among those of its own side: the best or up to four half basis points behind it.
    fn resting_price(&mut self, id: InstrumentId, side: Side, view: &dyn View) -> Option<u64> {
        let best = view.best(id, side)?;
        let behind = self.random.below(5) * (LISTINGS[id.index()].opening_price / 20_000).max(1);
        Some(match side {
            Side::Buy => best.saturating_sub(behind).max(1),
            Side::Sell => best + behind,
        })
    }

    fn order(&mut self, instrument: InstrumentId, view: &dyn View) -> Option<Entry> {
        let (least, most) = LISTINGS[instrument.index()].noise_lots;
        let quantity = self.random.within(least, most);
        let side = self.side(instrument, quantity, view)?;
        let manner = self.manner();
        let id = self.ids.fresh();
        let style = match manner {
            Manner::Market => Style::Market,
            Manner::Immediate => Style::Immediate(view.best(instrument, side.opposite())?),
            Manner::Resting => Style::Resting(self.resting_price(instrument, side, view)?),
        };
        Some(Entry { id, instrument, side, quantity, style })
    }
}

impl Bot for Noise {
    fn act(&mut self, view: &dyn View, out: &mut Vec<Wish>) {
        let resting = view.resting();
        if resting.len() >= RESTING_MAX {
            // BOT-022: what has waited longest goes.
            out.push(Wish::Cancel { id: resting[0].id });
        }
        let id = InstrumentId(self.random.below(LISTINGS.len() as u64) as u32);
        out.extend(self.order(id, view).map(Wish::Enter));
    }
}

#[cfg(test)]
mod tests {
    use super::super::crowd::Inside;
    use super::super::fair::Fair;
    use super::super::market::{Market, START, instruments};
    use super::*;
    use ringside_protocol::{AccountId, CurrencyId};

    /// A venue where somebody quotes everything on both sides, and a noise taker.
    fn venue() -> (Market, AccountId, Noise) {
        let mut market = Market::new();
        let maker = market.open_account("amber");
        for currency in 0..4 {
            market.deposit(maker, CurrencyId(currency), 1_000_000_000_000_000);
        }
        let mut ids = Ids::new("q");
        for (instrument, listing) in instruments() {
            let prices = [listing.opening_price - 5, listing.opening_price + 5];
            for (side, price) in [Side::Buy, Side::Sell].into_iter().zip(prices) {
                let (id, quantity) = (ids.fresh(), listing.quote_lots * 1_000);
                let style = Style::Resting(price);
                let entry = Entry { id, instrument, side, quantity, style };
                market.submit(START, Wish::Enter(entry).command(maker));
            }
        }
        let account = market.open_account("birch");
        (market, account, Noise::new(Random::new(3, 1), Ids::new("n")))
    }

    fn act(market: &mut Market, account: AccountId, noise: &mut Noise) -> Vec<Wish> {
        let fair = Fair::new(Random::new(0, 0));
        let mut wishes = Vec::new();
        noise.act(&Inside { engine: market.engine(), fair: &fair, account }, &mut wishes);
        wishes.iter().for_each(|wish| market.submit(START, wish.command(account)));
        wishes
    }

    #[test]
    fn it_trades_in_sizes_of_the_listing_on_both_sides() {
        // BOT-027
        let (mut market, account, mut noise) = venue();
        let (mut buys, mut sells) = (0, 0);
        for _ in 0..2_000 {
            for wish in act(&mut market, account, &mut noise) {
                let Wish::Enter(order) = wish else { continue };
                let (least, most) = LISTINGS[order.instrument.index()].noise_lots;
                assert!((least..=most).contains(&order.quantity), "{order:?}");
                if order.side == Side::Buy { buys += 1 } else { sells += 1 }
            }
            assert!(market.engine().orders(account).len() <= RESTING_MAX);
        }
        assert!(buys > 700 && sells > 700, "{buys} buys, {sells} sells");
        assert!(market.engine().stats().trades > 1_000);
    }

    #[test]
    fn it_sells_nothing_that_it_has_not_bought() {
        // RSK-011 is never put to the test: the first order of an account with cash only is a buy.
        for seed in 0..50 {
            let (market, account, mut noise) = venue();
            noise.random = Random::new(seed, 0);
            let fair = Fair::new(Random::new(0, 0));
            let view = Inside { engine: market.engine(), fair: &fair, account };
            let order = noise.order(InstrumentId(0), &view).unwrap();
            assert_eq!(order.side, Side::Buy, "seed {seed}");
        }
    }
}
