//! An account's limits as they are shown: what is unlimited is left out.

use ringside_engine::query::{LimitsView, SymbolLimitsView};
use ringside_protocol::value_text as value;
use ringside_protocol::wire::json::writer::Writer;

use super::directory::Directory;

/// Writes the limits and closes the object.
pub fn write(mut json: Writer<'_>, limits: &LimitsView, venue: &dyn Directory) {
    write_symbol(&mut json, &limits.each);
    decimal(&mut json, "max_exposure", limits.max_exposure);
    decimal(&mut json, "max_daily_value", limits.max_daily_value);
    count(&mut json, "max_orders_per_second", limits.max_orders_per_second.map(u64::from));
    if !limits.by_instrument.is_empty() {
        write_symbols(json.open("symbols"), limits, venue);
    }
    json.end();
}

fn write_symbols(mut json: Writer<'_>, limits: &LimitsView, venue: &dyn Directory) {
    for (instrument, own) in &limits.by_instrument {
        let mut object = json.open(venue.terms(*instrument).symbol.as_str());
        write_symbol(&mut object, own);
        object.end();
    }
    json.end();
}

fn write_symbol(json: &mut Writer<'_>, limits: &SymbolLimitsView) {
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
