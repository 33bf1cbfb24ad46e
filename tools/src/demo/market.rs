//! The venue of the demo: three instruments, one account a bot, all set up and traded through
//! commands like any other venue.

use ringside_engine::{Counter, Engine, Sequencer};
use ringside_protocol::{
    Account, AccountFlags, AccountId, Amount, Command, Currency, CurrencyId, FeeRate, GivenAmount,
    InitialGrant, Instrument, InstrumentId, InstrumentKind, Name, Origin, Permissions, SCALE_MAX,
    Scales, SelfTrade, Timestamp, Transfer, Value, Venue, VenueFlags, decimal,
};

/// Venue time of the first command: 2026-01-01 00:00 UTC. The wall clock has no say.
pub const START: Timestamp = Timestamp(1_767_225_600 * Timestamp::SECOND);

/// What everybody is paid in; the first currency.
pub const QUOTE: CurrencyId = CurrencyId(0);
/// Decimals of [`QUOTE`].
pub const QUOTE_SCALE: u8 = 6;

/// The code of [`QUOTE`].
pub const QUOTE_CODE: &str = "USDC";
/// What who rests pays, in basis points: he is given a tenth.
pub const MAKER_FEE_BPS: &str = "-0.1";
/// What who takes pays, in basis points.
pub const TAKER_FEE_BPS: &str = "0.5";

/// What a new account is given (LED-001), in [`QUOTE`].
pub const GRANT: &str = "10000.00";

/// An instrument of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Its symbol.
    pub symbol: &'static str,
    /// The currency that is traded.
    pub base: &'static str,
    /// Its decimals.
    pub base_scale: u8,
    /// Step of prices, in the quote currency.
    pub tick: &'static str,
    /// Step of quantities, in the base currency.
    pub lot: &'static str,
    /// What it costs when the demo starts, in ticks.
    pub opening_price: u64,
    /// Lots that a market maker shows at a price.
    pub quote_lots: u64,
    /// The least and the most lots that a noise taker trades.
    pub noise_lots: (u64, u64),
}

impl Listing {
    /// Its symbol's letters, as binary doors and JSON name it: `SOLUSDC`.
    pub fn short_symbol(&self) -> String {
        self.symbol.replace('/', "")
    }

    /// So much of its base currency, in whole lots, as is worth `worth` when the demo starts; both
    /// in smallest units.
    pub fn worth_in_base(&self, worth: i128) -> i128 {
        let scales = self.scales();
        let per_lot = i128::from(scales.quote_per_tick_lot) * i128::from(self.opening_price);
        worth / per_lot * i128::from(scales.base_per_lot)
    }

    /// Step of prices in units of 10^−12.
    pub fn tick_units(&self) -> u64 {
        units(self.tick)
    }

    /// Step of quantities in units of 10^−12.
    pub fn lot_units(&self) -> u64 {
        units(self.lot)
    }

    /// How its ticks and lots become money.
    pub fn scales(&self) -> Scales {
        Scales::new(self.tick_units(), self.lot_units(), self.base_scale, QUOTE_SCALE)
            .expect("Invariant: the demo's instruments are instruments")
    }
}

/// The instruments (ENG-031), by [`InstrumentId`].
pub const LISTINGS: [Listing; 3] = [
    Listing {
        symbol: "SOL/USDC",
        base: "SOL",
        base_scale: 9,
        tick: "0.01",
        lot: "0.001",
        opening_price: 15_000,
        quote_lots: 6_000,
        noise_lots: (50, 5_000),
    },
    Listing {
        symbol: "BTC/USDC",
        base: "BTC",
        base_scale: 8,
        tick: "0.1",
        lot: "0.00001",
        opening_price: 950_000,
        quote_lots: 1_000,
        noise_lots: (10, 1_000),
    },
    Listing {
        symbol: "ETH/USDC",
        base: "ETH",
        base_scale: 9,
        tick: "0.01",
        lot: "0.0001",
        opening_price: 330_000,
        quote_lots: 3_000,
        noise_lots: (30, 3_000),
    },
];

/// The instruments' ids.
pub fn instruments() -> impl Iterator<Item = (InstrumentId, &'static Listing)> {
    (0..).map(InstrumentId).zip(&LISTINGS)
}

/// The engine and what stands in front of it.
#[derive(Debug)]
pub struct Market {
    engine: Engine,
    sequencer: Sequencer,
    told: Counter,
}

impl Market {
    /// A venue with its currencies and instruments, and no account yet.
    pub fn new() -> Self {
        let (engine, sequencer) = (Engine::new(), Sequencer::new());
        let mut market = Self { engine, sequencer, told: Counter::default() };
        market.sequencer.advance(&mut market.engine, START, &mut market.told);
        market.submit(START, Venue { day_start_ns: 0, flags: VenueFlags::NONE, reserved: [0; 7] });
        market.submit(START, currency(QUOTE_CODE, QUOTE_SCALE));
        market.submit(START, grant());
        for (at, listing) in LISTINGS.iter().enumerate() {
            market.submit(START, currency(listing.base, listing.base_scale));
            market.submit(START, instrument(listing, CurrencyId(at as u32 + 1)));
        }
        market
    }

    /// A new account; it is given the grant.
    pub fn open_account(&mut self, account_name: &str) -> AccountId {
        let name = name(account_name);
        let permissions = Permissions::READ.with(Permissions::TRADE);
        let (self_trade, flags) = (SelfTrade::RejectTaker, AccountFlags::NONE);
        self.submit(START, Account { name, self_trade, permissions, flags, reserved: 0 });
        self.engine.account_named(name).expect("Invariant: names of the demo are unique")
    }

    /// Gives an account so many smallest units from outside.
    pub fn deposit(&mut self, account: AccountId, currency: CurrencyId, units: i128) {
        let amount = GivenAmount::of(units);
        self.submit(START, Command::Deposit(Transfer { account, currency, amount }));
    }

    /// Sends a command at a venue time.
    pub fn submit(&mut self, now: Timestamp, command: impl Into<Command>) {
        let origin = Origin::default();
        self.sequencer.submit(&mut self.engine, now, origin, command, &mut self.told);
    }

    /// What the venue can be asked.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The price an instrument's holders reckon with, in ticks: the last trade, before any the
    /// opening price.
    pub fn price(&self, id: InstrumentId) -> u64 {
        self.engine.instrument_terms(id).last.unwrap_or(LISTINGS[id.index()].opening_price)
    }
}

impl Default for Market {
    fn default() -> Self {
        Self::new()
    }
}

fn currency(code: &str, scale: u8) -> Currency {
    Currency { code: name(code), scale, reserved: [0; 3] }
}

fn grant() -> InitialGrant {
    let amount = Value::new(i128::from(units(GRANT)));
    InitialGrant { currency: name(QUOTE_CODE), reserved: [0; 4], amount }
}

fn instrument(listing: &Listing, base: CurrencyId) -> Instrument {
    Instrument {
        symbol: name(listing.symbol),
        wire_symbol: [0; 8],
        base,
        quote: QUOTE,
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: units(listing.tick),
        lot: units(listing.lot),
        max_price: 0,
        min_quantity: 0,
        max_quantity: 0,
        min_notional: Amount::new(10i128.pow(u32::from(QUOTE_SCALE))),
        max_notional: Amount::ZERO,
        // Who rests gets a tenth of a basis point, who takes pays half of one.
        maker_fee: FeeRate(-FeeRate::BASIS_POINT / 10),
        taker_fee: FeeRate(FeeRate::BASIS_POINT / 2),
        max_open_orders: 0,
        reserved_2: 0,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("Invariant: the demo's names are names")
}

/// A decimal of the demo in units of 10^−12.
fn units(text: &str) -> u64 {
    let units =
        decimal::parse(text, SCALE_MAX).expect("Invariant: the demo's numbers are decimals");
    u64::try_from(units).expect("Invariant: the demo's numbers are small")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_venue_has_three_instruments_and_every_account_its_grant() {
        // ENG-031, LED-001
        let mut market = Market::new();
        let account = market.open_account("amber");
        let portfolio = market.engine().portfolio(account);
        assert_eq!(portfolio.balances.len(), 1);
        assert_eq!(portfolio.balances[0].available, 10_000_000_000, "10,000.00 USDC");
        for (id, listing) in instruments() {
            assert_eq!(market.engine().instrument_symbol(id).as_str(), listing.symbol);
            assert_eq!(market.price(id), listing.opening_price);
        }
        assert_eq!(market.engine().stats().rejected, 0);
    }
}
