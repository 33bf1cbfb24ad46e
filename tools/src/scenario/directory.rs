//! What the language must ask of a venue to turn names and decimals into ids and integers, and
//! events back into names and decimals. An engine answers; so can a view of a live venue.

use ringside_protocol::{AccountId, CurrencyId, InstrumentId, Name, StreamId, Terms};

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

/// How a currency's amounts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Money {
    /// Its code.
    pub code: Name,
    /// Its decimals.
    pub scale: u8,
}
