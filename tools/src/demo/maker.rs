//! A market maker: quotes three levels on both sides of every instrument around what it is worth,
//! lower when it holds more than it wants, higher when it holds less.

use ringside_protocol::{InstrumentId, Side};

use super::bots::{Bot, Entry, Ids, Resting, Style, View, Wish};
use super::market::{LISTINGS, Listing, instruments};

/// Levels that it quotes on each side.
pub const LEVELS: u64 = 3;

/// A market maker.
#[derive(Clone, Debug)]
pub struct Maker {
    /// From what it believes to its first price, millionths of the opening price.
    half_spread: u64,
    /// Lots that it wants to hold, by instrument.
    wanted: [u64; LISTINGS.len()],
    /// The instrument it looks at next.
    next: usize,
    ids: Ids,
}

impl Maker {
    /// A maker that quotes `half_spread` millionths away from the worth, and wants to go on holding
    /// what it holds in this view.
    pub fn new(half_spread: u64, view: &dyn View, ids: Ids) -> Self {
        let mut wanted = [0; LISTINGS.len()];
        for (id, _) in instruments() {
            wanted[id.index()] = view.held_lots(id);
        }
        Self { half_spread, wanted, next: 0, ids }
    }

    /// Its prices on one side, best first.
    fn targets(&self, id: InstrumentId, side: Side, view: &dyn View) -> Vec<u64> {
        let listing = &LISTINGS[id.index()];
        let half = self.half_spread_ticks(listing);
        let centre = view.fair(id).saturating_add_signed(-self.skew(id, view));
        let uncrossed = |price: u64| match (side, view.best(id, side.opposite())) {
            (_, None) => price,
            (Side::Buy, Some(ask)) => price.min(ask - 1),
            (Side::Sell, Some(bid)) => price.max(bid + 1),
        };
        let distance = |level: u64| half + level * (half / 2 + 1);
        let price = |level: u64| match side {
            Side::Buy => centre.saturating_sub(distance(level)),
            Side::Sell => centre + distance(level),
        };
        (0..LEVELS).map(|level| uncrossed(price(level)).max(1)).collect()
    }

    fn half_spread_ticks(&self, listing: &Listing) -> u64 {
        (listing.opening_price * self.half_spread / 1_000_000).max(1)
    }

    /// Ticks that it lowers its prices by: a quarter of its half spread for each quote that it
    /// holds more than it wants, at most two half spreads; the mirror for what it lacks.
    fn skew(&self, id: InstrumentId, view: &dyn View) -> i64 {
        let listing = &LISTINGS[id.index()];
        let half = self.half_spread_ticks(listing) as i64;
        let surplus = view.held_lots(id) as i64 - self.wanted[id.index()] as i64;
        let skew = surplus * half / (4 * listing.quote_lots as i64);
        skew.clamp(-2 * half, 2 * half)
    }

    /// What makes one side of its quotes what it should be; what is near enough stays (BOT-021).
    fn requote(&mut self, id: InstrumentId, side: Side, view: &dyn View, out: &mut Vec<Wish>) {
        let mut quotes: Vec<Resting> = view.resting();
        quotes.retain(|order| (order.instrument, order.side) == (id, side));
        quotes.sort_by_key(|order| if side == Side::Buy { !order.price } else { order.price });
        let targets = self.targets(id, side, view);
        for (level, &price) in targets.iter().enumerate() {
            match quotes.get(level) {
                Some(quote) if self.is_good(quote, price) => {}
                Some(quote) => out.push(self.amend(quote, price)),
                None => out.extend(self.quote(id, side, price, view)),
            }
        }
    }

    /// Near enough, and not mostly executed.
    fn is_good(&self, quote: &Resting, price: u64) -> bool {
        let listing = &LISTINGS[quote.instrument.index()];
        let near = self.half_spread_ticks(listing) / 4;
        quote.price.abs_diff(price) <= near && quote.leaves > listing.quote_lots / 2
    }

    fn amend(&self, quote: &Resting, price: u64) -> Wish {
        let quantity = quote.executed + LISTINGS[quote.instrument.index()].quote_lots;
        Wish::Amend { id: quote.id, quantity, price }
    }

    /// A new quote, where the money for it is there.
    fn quote(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: u64,
        view: &dyn View,
    ) -> Option<Wish> {
        let quantity = LISTINGS[instrument.index()].quote_lots;
        (view.available_lots(instrument, side, price) >= quantity).then(|| {
            let (id, style) = (self.ids.fresh(), Style::PostOnly(price));
            Wish::Enter(Entry { id, instrument, side, quantity, style })
        })
    }
}

impl Bot for Maker {
    fn act(&mut self, view: &dyn View, out: &mut Vec<Wish>) {
        let id = InstrumentId(self.next as u32);
        self.next = (self.next + 1) % LISTINGS.len();
        self.requote(id, Side::Buy, view, out);
        self.requote(id, Side::Sell, view, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::crowd::Inside;
    use super::super::fair::Fair;
    use super::super::market::{Market, START};
    use super::*;
    use crate::random::Random;
    use ringside_protocol::{AccountId, CurrencyId};

    const SOL: InstrumentId = InstrumentId(0);

    /// A maker with 1,000,000 USDC and 100 of each base currency, that wants 100 SOL.
    fn maker() -> (Market, AccountId, Maker, Fair) {
        let mut market = Market::new();
        let account = market.open_account("amber");
        market.deposit(account, CurrencyId(0), 1_000_000_000_000);
        for (currency, units) in [(1, 100_000_000_000), (2, 10_000_000_000), (3, 100_000_000_000)] {
            market.deposit(account, CurrencyId(currency), units);
        }
        let fair = Fair::new(Random::new(0, 0));
        let view = Inside { engine: market.engine(), fair: &fair, account };
        let maker = Maker::new(200, &view, Ids::new("q"));
        (market, account, maker, fair)
    }

    fn act(market: &mut Market, account: AccountId, maker: &mut Maker, fair: &Fair) -> Vec<Wish> {
        let mut wishes = Vec::new();
        maker.act(&Inside { engine: market.engine(), fair, account }, &mut wishes);
        wishes.iter().for_each(|wish| market.submit(START, wish.command(account)));
        wishes
    }

    fn prices(market: &Market, id: InstrumentId) -> (Vec<u64>, Vec<u64>) {
        let depth = market.engine().depth(id, 10);
        let prices = |levels: &[ringside_protocol::depth::DepthLevel]| {
            levels.iter().map(|level| level.price).collect()
        };
        (prices(&depth.bids), prices(&depth.asks))
    }

    #[test]
    fn it_quotes_both_sides_around_the_worth_and_leaves_good_quotes_alone() {
        // BOT-021: 200 millionths of 15,000 ticks are 3.
        let (mut market, account, mut maker, fair) = maker();
        assert_eq!(act(&mut market, account, &mut maker, &fair).len(), 6);
        let (bids, asks) = prices(&market, SOL);
        assert_eq!((bids, asks), (vec![14_997, 14_995, 14_993], vec![15_003, 15_005, 15_007]));
        for _ in 0..2 {
            assert_eq!(
                act(&mut market, account, &mut maker, &fair).len(),
                6,
                "the other two instruments"
            );
        }
        assert_eq!(act(&mut market, account, &mut maker, &fair), [], "nothing has moved");
        assert_eq!(market.engine().stats().rejected, 0);
    }

    #[test]
    fn it_leans_against_what_it_holds() {
        // Holding and wanted lots of SOL; a quote is 6,000 lots, the half spread 3 ticks.
        for (wanted, skew) in
            [(100_000, 0), (92_000, 1), (76_000, 3), (0, 6), (124_000, -3), (1_000_000, -6)]
        {
            let (market, account, mut maker, fair) = maker();
            maker.wanted[0] = wanted;
            let view = Inside { engine: market.engine(), fair: &fair, account };
            assert_eq!(maker.skew(SOL, &view), skew, "{wanted} lots wanted");
        }
    }

    #[test]
    fn it_never_quotes_into_the_other_side() {
        let (mut market, account, mut maker, fair) = maker();
        let other = market.open_account("birch");
        let bid = Entry {
            id: Ids::new("n").fresh(),
            instrument: SOL,
            side: Side::Buy,
            quantity: 1_000,
            style: Style::Resting(15_010),
        };
        market.submit(START, Wish::Enter(bid).command(other));
        act(&mut market, account, &mut maker, &fair);
        let (bids, asks) = prices(&market, SOL);
        assert_eq!((bids[0], asks[0]), (15_010, 15_011));
        assert_eq!(market.engine().stats().rejected, 0);
    }
}
