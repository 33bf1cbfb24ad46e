//! What bots have in common: what they see, how they name their orders, what they can afford.

use ringside_engine::Engine;
use ringside_protocol::{
    AccountId, ClientOrderId, Command, GivenPrice, GivenQuantity, InstrumentId, Name, Price,
    Quantity, Side,
};

use super::fair::Fair;

/// What a bot sees when it acts.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The venue.
    pub engine: &'a Engine,
    /// What the instruments are worth; only makers look.
    pub fair: &'a Fair,
}

/// Somebody who trades.
pub trait Bot {
    /// Says what it wants now.
    fn act(&mut self, view: &View<'_>, out: &mut Vec<Command>);
}

/// Client order ids: a letter and a number that counts.
#[derive(Clone, Debug)]
pub struct Ids {
    prefix: &'static str,
    last: u64,
}

impl Ids {
    /// Ids that begin with `prefix`.
    pub const fn new(prefix: &'static str) -> Self {
        Self { prefix, last: 0 }
    }

    /// The next one.
    pub fn fresh(&mut self) -> ClientOrderId {
        self.last += 1;
        Name::parse(&format!("{}{}", self.prefix, self.last)).expect("a letter and digits")
    }
}

/// A price as commands carry it.
pub fn ticks(price: u64) -> GivenPrice {
    Price::new(price).map_or(GivenPrice::ABSENT, Into::into)
}

/// A quantity as commands carry it.
pub fn lots(quantity: u64) -> GivenQuantity {
    Quantity::new(quantity).map_or(GivenQuantity::ABSENT, Into::into)
}

/// Lots that an account can buy at `price`, a hundredth kept for fees, or sell.
pub fn available_lots(
    engine: &Engine,
    account: AccountId,
    id: InstrumentId,
    side: Side,
    price: u64,
) -> u64 {
    let terms = engine.instrument_terms(id);
    let (currency, per_lot) = match side {
        Side::Buy => (terms.quote, u128::from(price) * u128::from(terms.scales.quote_per_tick_lot)),
        Side::Sell => (terms.base, u128::from(terms.scales.base_per_lot)),
    };
    let balances = engine.portfolio(account).balances;
    let available =
        balances.iter().find(|balance| balance.currency == currency).map_or(0, |b| b.available);
    let usable = match side {
        Side::Buy => available - available / 100,
        Side::Sell => available,
    };
    u64::try_from(usable.unsigned_abs() / per_lot.max(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::market::Market;
    use super::*;
    use ringside_protocol::CurrencyId;

    #[test]
    fn what_an_account_can_afford() {
        let mut market = Market::new();
        let account = market.open_account("amber");
        market.deposit(account, CurrencyId(1), 2_500_000_000);
        let sol =
            |side, price| available_lots(market.engine(), account, InstrumentId(0), side, price);
        // 9,900 of 10,000 USDC at 150.00 are 66 SOL; 2.5 SOL are there to sell.
        assert_eq!(sol(Side::Buy, 15_000), 66_000);
        assert_eq!(sol(Side::Sell, 15_000), 2_500);
    }

    #[test]
    fn ids_count() {
        let mut ids = Ids::new("q");
        assert_eq!((ids.fresh().as_str(), ids.fresh().as_str()), ("q1", "q2"));
    }
}
