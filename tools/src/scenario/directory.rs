//! What the language must ask of a venue to turn names and decimals into ids and integers, and
//! events back into names and decimals. An engine answers; so can a view of a live venue.

use ringside_protocol::decimal::{places, ratio, step, text};
use ringside_protocol::{AccountId, CurrencyId, InstrumentId, Name, SCALE_MAX, StreamId};

/// Names and ids, both ways. `None` where a name is unknown; ids come from the same venue.
pub trait Directory {
    /// The account of this name.
    fn account(&self, name: Name) -> Option<AccountId>;

    /// The instrument with this symbol.
    fn instrument(&self, symbol: Name) -> Option<InstrumentId>;

    /// The currency with this code.
    fn currency(&self, code: Name) -> Option<CurrencyId>;

    /// The account's stream of this name.
    fn stream(&self, account: AccountId, name: Name) -> Option<StreamId>;

    /// The instrument of the account's living order with this client order id.
    fn order_instrument(&self, account: AccountId, id: Name) -> Option<InstrumentId>;

    /// Names of a kind that there are, for the nearest spelling of one that there is not; at most
    /// `limit` of them, in order of creation.
    fn names(&self, kind: NameKind, limit: usize) -> Vec<Name>;

    /// An account's name.
    fn account_name(&self, account: AccountId) -> Name;

    /// An instrument's terms.
    fn terms(&self, instrument: InstrumentId) -> Terms;

    /// A currency's code and scale.
    fn money(&self, currency: CurrencyId) -> Money;
}

/// What a name can stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameKind {
    /// An account.
    Account,
    /// An instrument.
    Instrument,
    /// A currency.
    Currency,
    /// A session of an account.
    Session,
}

impl NameKind {
    /// What it is called.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Instrument => "instrument",
            Self::Currency => "currency",
            Self::Session => "session",
        }
    }
}

/// How an instrument's ticks and lots are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Its symbol.
    pub symbol: Name,
    /// One tick in units of 10^−12 quote.
    pub tick: u64,
    /// One lot in units of 10^−12 base.
    pub lot: u64,
    /// Decimals of the base currency.
    pub base_scale: u8,
    /// Decimals of the quote currency.
    pub quote_scale: u8,
    /// Smallest quote units in one tick × one lot.
    pub quote_per_tick_lot: u64,
}

impl Terms {
    /// Lots as a decimal; negative is short.
    pub fn signed_lots(&self, lots: i64) -> String {
        text(i128::from(lots) * i128::from(step(self.lot)), places(self.lot))
    }

    /// A sum of lots as a decimal; the largest number there is where it is larger.
    pub fn volume_text(&self, lots: u128) -> String {
        let units = lots.checked_mul(u128::from(step(self.lot)));
        let units = units.and_then(|units| i128::try_from(units).ok()).unwrap_or(i128::MAX);
        text(units, places(self.lot))
    }

    /// Smallest quote units as a decimal.
    pub fn quote_text(&self, units: i128) -> String {
        text(units, self.quote_scale)
    }

    /// What so many lots are worth at a price in ticks, smallest quote units.
    pub fn value(&self, ticks: u64, lots: u64) -> i128 {
        i128::from(ticks) * i128::from(lots) * i128::from(self.quote_per_tick_lot)
    }

    /// What one unit of the base cost on average when so many lots cost `cost`, smallest quote
    /// units; a decimal with the quote currency's places. `None` without lots.
    pub fn average_cost(&self, cost: i128, lots: i64) -> Option<String> {
        const UNIT: u64 = 10u64.pow(SCALE_MAX as u32);
        let base = u128::from(lots.unsigned_abs()) * u128::from(self.lot);
        ratio(cost, UNIT, base).map(|units| self.quote_text(units))
    }
}

/// How a currency's amounts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Money {
    /// Its code.
    pub code: Name,
    /// Its decimals.
    pub scale: u8,
}
