//! `exchangeInfo`: the instruments with their rules as filters, and how much may be asked.

use super::listing::{Listing, milliseconds};
use super::order::self_trade_word;
use super::writer::Writer;
use crate::order::closed;
use crate::{InstrumentState, Name, SelfTrade, Timestamp, UNITS_MAX};

closed! {
    /// What a rate limit counts.
    RateKind {
        /// What requests weigh.
        RequestWeight = 0 "REQUEST_WEIGHT",
        /// New orders.
        Orders = 1 "ORDERS",
        /// Requests.
        RawRequests = 2 "RAW_REQUESTS",
    }
}

closed! {
    /// The unit of a rate limit's interval.
    RateInterval {
        /// A second.
        Second = 0 "SECOND",
        /// A minute.
        Minute = 1 "MINUTE",
        /// An hour.
        Hour = 2 "HOUR",
        /// A day.
        Day = 3 "DAY",
    }
}

/// So much may be asked in so long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// What is counted.
    pub kind: RateKind,
    /// The unit of the interval.
    pub interval: RateInterval,
    /// How many of them.
    pub intervals: u32,
    /// How much in that time.
    pub limit: u64,
    /// How much of it is used, where that is told.
    pub count: Option<u64>,
}

impl RateLimit {
    /// `"rateLimits":[…]`, left out where there are none.
    pub(super) fn write_if_any(answer: &mut Writer<'_>, limits: &[Self]) {
        if !limits.is_empty() {
            Self::write_all(answer.list("rateLimits"), limits);
        }
    }

    pub(super) fn write_all(mut list: Writer<'_>, limits: &[Self]) {
        for limit in limits {
            let mut item = list.item();
            item.text("rateLimitType", limit.kind.word());
            item.text("interval", limit.interval.word());
            item.number("intervalNum", limit.intervals);
            item.number("limit", limit.limit);
            if let Some(count) = limit.count {
                item.number("count", count);
            }
            item.end();
        }
        list.end();
    }
}

/// An instrument as `exchangeInfo` shows it. Limits of 0 are no limits, as in
/// [`crate::Instrument`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InstrumentShown {
    /// Its terms and names.
    pub listing: Listing,
    /// Its name on binary doors.
    pub wire_symbol: Name,
    /// What it allows now.
    pub state: InstrumentState,
    /// Highest price in ticks.
    pub max_price: u64,
    /// Smallest order in lots.
    pub min_quantity: u64,
    /// Largest order in lots.
    pub max_quantity: u64,
    /// Smallest order value in smallest quote units.
    pub min_notional: i128,
    /// Largest order value in smallest quote units.
    pub max_notional: i128,
    /// Open orders of one account in it.
    pub max_open_orders: u32,
}

/// `exchangeInfo`.
pub fn exchange_info<'a>(
    out: &mut Vec<u8>,
    now: Timestamp,
    rate_limits: &[RateLimit],
    instruments: impl IntoIterator<Item = &'a InstrumentShown>,
) {
    let mut result = Writer::object(out);
    result.text("timezone", "UTC");
    result.number("serverTime", milliseconds(now));
    RateLimit::write_all(result.list("rateLimits"), rate_limits);
    result.list("exchangeFilters").end();
    let mut symbols = result.list("symbols");
    for instrument in instruments {
        instrument.write(symbols.item());
    }
    symbols.end();
    result.end();
}

/// What an instrument's state is called.
const fn status_word(state: InstrumentState) -> &'static str {
    match state {
        InstrumentState::Open | InstrumentState::PostOnly | InstrumentState::LimitOnly => "TRADING",
        InstrumentState::CancelOnly | InstrumentState::Halted => "HALT",
        InstrumentState::Closed | InstrumentState::Settled => "BREAK",
    }
}

impl InstrumentShown {
    fn write(&self, mut symbol: Writer<'_>) {
        symbol.text("symbol", self.listing.symbol);
        symbol.text("status", status_word(self.state));
        self.write_currencies(&mut symbol);
        words(symbol.list("orderTypes"), &["LIMIT", "LIMIT_MAKER", "MARKET"]);
        for (feature, has) in FEATURES {
            symbol.number(feature, has);
        }
        self.write_filters(symbol.list("filters"));
        symbol.list("permissions").end();
        let mut sets = symbol.list("permissionSets");
        words(sets.item_list(), &["SPOT"]);
        sets.end();
        let default = self_trade_word(SelfTrade::RejectTaker);
        symbol.text("defaultSelfTradePreventionMode", default);
        let modes: Vec<_> = SelfTrade::ALL.iter().map(|mode| self_trade_word(*mode)).collect();
        words(symbol.list("allowedSelfTradePreventionModes"), &modes);
        symbol.text("venueSymbol", self.listing.terms.symbol);
        symbol.text("wireSymbol", self.wire_symbol);
        symbol.text("state", self.state.word());
        symbol.end();
    }

    fn write_currencies(&self, symbol: &mut Writer<'_>) {
        let terms = &self.listing.terms;
        symbol.text("baseAsset", self.listing.base);
        symbol.number("baseAssetPrecision", terms.base_scale);
        symbol.text("quoteAsset", self.listing.quote);
        symbol.number("quotePrecision", terms.quote_scale);
        symbol.number("quoteAssetPrecision", terms.quote_scale);
        symbol.number("baseCommissionPrecision", terms.base_scale);
        symbol.number("quoteCommissionPrecision", terms.quote_scale);
    }

    fn write_filters(&self, mut filters: Writer<'_>) {
        self.write_price_filter(filters.item());
        self.write_lot_filter(filters.item());
        self.write_notional_filter(filters.item());
        if self.max_open_orders != 0 {
            let mut filter = filters.item();
            filter.text("filterType", "MAX_NUM_ORDERS");
            filter.number("maxNumOrders", self.max_open_orders);
            filter.end();
        }
        filters.end();
    }

    fn write_price_filter(&self, mut filter: Writer<'_>) {
        filter.text("filterType", "PRICE_FILTER");
        filter.text("minPrice", self.listing.price(1));
        filter.text("maxPrice", self.listing.price(or(self.max_price, UNITS_MAX)));
        filter.text("tickSize", self.listing.price(1));
        filter.end();
    }

    fn write_lot_filter(&self, mut filter: Writer<'_>) {
        filter.text("filterType", "LOT_SIZE");
        filter.text("minQty", self.listing.quantity(or(self.min_quantity, 1)));
        filter.text("maxQty", self.listing.quantity(or(self.max_quantity, UNITS_MAX)));
        filter.text("stepSize", self.listing.quantity(1));
        filter.end();
    }

    fn write_notional_filter(&self, mut filter: Writer<'_>) {
        let max = if self.max_notional == 0 { crate::AMOUNT_MAX } else { self.max_notional };
        filter.text("filterType", "NOTIONAL");
        filter.text("minNotional", self.listing.quote(self.min_notional));
        filter.number("applyMinToMarket", true);
        filter.text("maxNotional", self.listing.quote(max));
        filter.number("applyMaxToMarket", true);
        filter.number("avgPriceMins", 0);
        filter.end();
    }
}

/// What of the dialect there is for an instrument.
const FEATURES: [(&str, bool); 9] = [
    ("icebergAllowed", false),
    ("ocoAllowed", false),
    ("otoAllowed", false),
    ("quoteOrderQtyMarketAllowed", false),
    ("allowTrailingStop", false),
    ("cancelReplaceAllowed", false),
    ("amendAllowed", false),
    ("isSpotTradingAllowed", true),
    ("isMarginTradingAllowed", false),
];

const fn or(limit: u64, default: u64) -> u64 {
    if limit == 0 { default } else { limit }
}

fn words(mut list: Writer<'_>, words: &[&str]) {
    for word in words {
        list.item_text(word);
    }
    list.end();
}
