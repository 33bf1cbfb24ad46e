//! An account's limits as they are shown: what is unlimited is left out.

use ringside_protocol::InstrumentId;

use super::directory::Directory;
use super::refusal::value;
use super::writer::Writer;

/// Limits of an account; absent is unlimited. Values in units of 10^−12.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountLimits {
    /// For each instrument that has none of its own.
    pub each: SymbolLimits,
    /// Value of all positions and open orders.
    pub max_exposure: Option<i128>,
    /// Value of the orders accepted in one venue day.
    pub max_daily_value: Option<i128>,
    /// Orders and amends in a sliding second.
    pub max_orders_per_second: Option<u32>,
    /// Of single instruments.
    pub symbols: Vec<(InstrumentId, SymbolLimits)>,
}

/// Limits in one instrument; absent is unlimited. Values in units of 10^−12.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SymbolLimits {
    /// Value of one order.
    pub max_order_value: Option<i128>,
    /// Worst-case absolute position in base units.
    pub max_position: Option<i128>,
    /// Open orders.
    pub max_open_orders: Option<u64>,
}

/// Writes the limits and closes the object.
pub fn write(mut json: Writer<'_>, limits: &AccountLimits, venue: &dyn Directory) {
    write_symbol(&mut json, &limits.each);
    decimal(&mut json, "max_exposure", limits.max_exposure);
    decimal(&mut json, "max_daily_value", limits.max_daily_value);
    count(&mut json, "max_orders_per_second", limits.max_orders_per_second.map(u64::from));
    if !limits.symbols.is_empty() {
        write_symbols(json.open("symbols"), limits, venue);
    }
    json.end();
}

fn write_symbols(mut json: Writer<'_>, limits: &AccountLimits, venue: &dyn Directory) {
    for (instrument, own) in &limits.symbols {
        let mut object = json.open(venue.terms(*instrument).symbol.as_str());
        write_symbol(&mut object, own);
        object.end();
    }
    json.end();
}

fn write_symbol(json: &mut Writer<'_>, limits: &SymbolLimits) {
    decimal(json, "max_order_value", limits.max_order_value);
    decimal(json, "max_position", limits.max_position);
    count(json, "max_open_orders", limits.max_open_orders);
}

fn decimal(json: &mut Writer<'_>, key: &str, limit: Option<i128>) {
    if let Some(units) = limit {
        json.text(key, value(units));
    }
}

fn count(json: &mut Writer<'_>, key: &str, limit: Option<u64>) {
    if let Some(count) = limit {
        json.number(key, count);
    }
}
