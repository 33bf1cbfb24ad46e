//! Filters: the shape an order must have to be one of its instrument (ENG-034, ENG-035, RSK-023,
//! X-ENG-018).

use ringside_protocol::{
    AMOUNT_MAX, GivenPrice, GivenQuantity, OrderFlags, OrderType, Reason, Side, TimeInForce,
};

use super::{Refusal, shown};
use crate::book::{AtOwn, Book, Pool, Search};
use crate::instruments::InstrumentTerms;
use crate::ledger::hold_per_lot;

/// An order as its door gave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) side: Side,
    pub(crate) kind: OrderType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) flags: OrderFlags,
    pub(crate) price: GivenPrice,
    /// The total, executions included.
    pub(crate) quantity: GivenQuantity,
}

/// The order's holding and what it does at its own orders, where it has any.
pub(crate) type Own = Option<(u32, AtOwn)>;

/// An order whose numbers fit its instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Filtered {
    /// Limit price in ticks; 0 for a market order.
    pub(crate) price: u64,
    /// Total lots.
    pub(crate) quantity: u64,
    /// Value of the total, ticks × lots. That of a market order is what the other side of the book
    /// gives for it; what exceeds the book is valued at its last price, and nothing at an empty one.
    pub(crate) value: u128,
    /// Held for each lot: quote for a buy, base for a sell; 0 for a market buy.
    pub(crate) hold_per_lot: u64,
    /// Held at first for a market buy.
    pub(crate) market_hold: u128,
}

/// Checks an order's numbers against its instrument and the book it would meet.
pub(crate) fn filter<B: Book>(
    shape: &Shape,
    terms: &InstrumentTerms,
    book: &B,
    pool: &Pool,
    own: Own,
) -> Result<Filtered, Refusal> {
    check_flags(shape)?;
    let mut order = numbers(shape)?;
    price_hold(&mut order, shape, terms)?;
    order.value = u128::from(order.price) * u128::from(order.quantity);
    if shape.kind == OrderType::Market {
        value_market(&mut order, shape.side, terms, book, pool, own)?;
    }
    let notional = notional(&order, terms)?;
    check_quantity(order.quantity, terms)?;
    check_notional(notional, terms)?;
    check_price(order.price, terms)?;
    Ok(order)
}

fn check_flags(shape: &Shape) -> Result<(), Refusal> {
    let rests = shape.kind == OrderType::Limit && shape.time_in_force == TimeInForce::Gtc;
    if shape.flags.has(OrderFlags::POST_ONLY) && !rests {
        return Err(Reason::BadValue.into());
    }
    Ok(())
}

/// Both numbers, or the reason that comes first of those they were refused for.
fn numbers(shape: &Shape) -> Result<Filtered, Refusal> {
    let price = match shape.kind {
        OrderType::Limit => shape.price.get().map(|price| price.ticks()),
        OrderType::Market => Ok(0),
    };
    let quantity = shape.quantity.get().map(|quantity| quantity.lots());
    let refused = price.err().into_iter().chain(quantity.err()).min();
    match (price, quantity, refused) {
        (Ok(price), Ok(quantity), None) => {
            Ok(Filtered { price, quantity, value: 0, hold_per_lot: 0, market_hold: 0 })
        }
        (_, _, reason) => Err(reason.unwrap_or(Reason::BadValue).into()),
    }
}

fn check_quantity(quantity: u64, terms: &InstrumentTerms) -> Result<(), Refusal> {
    if quantity < terms.min_quantity {
        return Err(Refusal::with(Reason::Quantity, terms.min_quantity, quantity));
    }
    if quantity > terms.max_quantity {
        return Err(Refusal::with(Reason::Quantity, terms.max_quantity, quantity));
    }
    Ok(())
}

fn price_hold(order: &mut Filtered, shape: &Shape, terms: &InstrumentTerms) -> Result<(), Refusal> {
    order.hold_per_lot = match (shape.side, shape.kind) {
        (Side::Sell, _) => terms.scales.base_per_lot,
        (Side::Buy, OrderType::Market) => 0,
        (Side::Buy, OrderType::Limit) => {
            hold_per_lot(order.price, terms.scales.quote_per_tick_lot, terms.worst_fee())
                .ok_or(Reason::Overflow)?
        }
    };
    let hold = u128::from(order.hold_per_lot) * u128::from(order.quantity);
    if hold > AMOUNT_MAX as u128 { Err(Reason::Overflow.into()) } else { Ok(()) }
}

/// Walks the other side of the book for what a market order would get there.
fn value_market<B: Book>(
    order: &mut Filtered,
    side: Side,
    terms: &InstrumentTerms,
    book: &B,
    pool: &Pool,
    own: Own,
) -> Result<(), Refusal> {
    let (quote_per_tick_lot, worst_fee) = (terms.scales.quote_per_tick_lot, terms.worst_fee());
    let (mut hold, mut last_price) = (Some(0u128), 0);
    let search = Search { side, limit: market_limit(side), wanted: order.quantity, own };
    let unfilled = search.walk(book, pool, |price, lots| {
        last_price = price;
        order.value += u128::from(price) * u128::from(lots);
        let per_lot = hold_per_lot(price, quote_per_tick_lot, worst_fee);
        hold = hold.zip(per_lot).map(|(sum, each)| sum + u128::from(each) * u128::from(lots));
    });
    order.value += u128::from(unfilled) * u128::from(last_price);
    if side == Side::Buy {
        let held = hold.filter(|&hold| hold <= AMOUNT_MAX as u128);
        order.market_hold = held.ok_or(Reason::Overflow)?;
    }
    Ok(())
}

/// The price a market order goes to: any.
pub(crate) const fn market_limit(side: Side) -> u64 {
    match side {
        Side::Buy => u64::MAX,
        Side::Sell => 0,
    }
}

/// The value in smallest quote units.
fn notional(order: &Filtered, terms: &InstrumentTerms) -> Result<i128, Refusal> {
    let notional = order.value.checked_mul(u128::from(terms.scales.quote_per_tick_lot));
    let notional = notional.filter(|&notional| notional <= AMOUNT_MAX as u128);
    Ok(notional.map(shown).ok_or(Reason::Overflow)?)
}

fn check_price(price: u64, terms: &InstrumentTerms) -> Result<(), Refusal> {
    if price > terms.max_price {
        return Err(Refusal::with(Reason::PriceBand, terms.max_price, price));
    }
    Ok(())
}

fn check_notional(notional: i128, terms: &InstrumentTerms) -> Result<(), Refusal> {
    // A market order that meets an empty book has no value; it is refused for that, later.
    if notional < terms.min_notional && notional > 0 {
        return Err(Refusal::with(Reason::Notional, terms.min_notional, notional));
    }
    if notional > terms.max_notional {
        return Err(Refusal::with(Reason::Notional, terms.max_notional, notional));
    }
    Ok(())
}
