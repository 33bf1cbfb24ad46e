//! What views know, as the JSON dialect shows it.

use ringside_protocol::wire::json::answer::BalanceShown;
use ringside_protocol::wire::json::info::InstrumentShown;
use ringside_protocol::wire::json::{Listing, OrderShown};
use ringside_protocol::{AccountId, InstrumentId, Name, Refusal, Rejected, Scales, Terms};

use crate::views::Views;
use crate::views::directory::Directory;
use crate::views::orders::OrderRow;

/// An instrument with its names.
pub(crate) fn listing(directory: &Directory, id: InstrumentId) -> Option<Listing> {
    let terms = &directory.instrument(id)?.terms;
    let (base, quote) = (directory.currency(terms.base)?, directory.currency(terms.quote)?);
    let scales = Scales::new(terms.tick, terms.lot, base.scale, quote.scale).ok()?;
    let terms = Terms {
        symbol: terms.symbol,
        tick: terms.tick,
        lot: terms.lot,
        base_scale: base.scale,
        quote_scale: quote.scale,
        quote_per_tick_lot: scales.quote_per_tick_lot,
    };
    Some(Listing::new(terms, base.code, quote.code))
}

/// An instrument with its rules.
pub(crate) fn instrument(directory: &Directory, id: InstrumentId) -> Option<InstrumentShown> {
    let listing = listing(directory, id)?;
    let row = directory.instrument(id)?;
    let terms = &row.terms;
    let wire = terms.wire_symbol.split(|&byte| byte == 0).next().unwrap_or_default();
    let wire = core::str::from_utf8(wire).ok().and_then(|text| Name::parse(text).ok());
    Some(InstrumentShown {
        listing,
        wire_symbol: wire.unwrap_or_default(),
        state: row.state,
        max_price: terms.max_price,
        min_quantity: terms.min_quantity,
        max_quantity: terms.max_quantity,
        min_notional: terms.min_notional.units(),
        max_notional: terms.max_notional.units(),
        max_open_orders: terms.max_open_orders,
    })
}

/// An order as it is.
pub(crate) fn order(row: &OrderRow, listing: &Listing) -> OrderShown {
    let quote = row.cumulative_ticks_lots * u128::from(listing.terms.quote_per_tick_lot);
    OrderShown {
        order: row.order,
        id: row.id,
        side: row.side,
        kind: row.kind,
        flags: row.flags,
        time_in_force: row.time_in_force,
        self_trade: None,
        price: row.price,
        quantity: row.quantity,
        executed: row.cumulative,
        executed_quote: i128::try_from(quote).unwrap_or(i128::MAX),
        status: row.status,
        ended: row.canceled,
        created: row.entered,
        updated: row.updated,
    }
}

/// An account's money.
pub(crate) fn balances(views: &Views, account: AccountId) -> Vec<BalanceShown> {
    let shown = |balance: &crate::views::accounts::Balance| {
        let currency = views.directory.currency(balance.currency)?;
        let (total, held) = (balance.total, balance.held);
        Some(BalanceShown { code: currency.code, scale: currency.scale, total, held })
    };
    views.accounts.balances(account).iter().filter_map(shown).collect()
}

/// A refusal in words.
pub(crate) fn refusal(directory: &Directory, rejected: &Rejected) -> Refusal {
    let terms = listing(directory, rejected.instrument).map(|listing| listing.terms);
    let scale = directory.currency(rejected.currency).map(|currency| currency.scale);
    Refusal::of(rejected, terms.as_ref(), scale)
}
