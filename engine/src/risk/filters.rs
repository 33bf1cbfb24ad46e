//! Filters: the shape an order must have to be one of its instrument (ENG-034, ENG-035, RSK-023,
//! X-ENG-018).

use ringside_protocol::{
    AMOUNT_MAX, GivenPrice, GivenQuantity, OrderFlags, OrderType, Reason, Side,
};

use super::{Refusal, shown};
use crate::book::{AtOwn, Book, Pool, Search};
use crate::instruments::InstrumentTerms;
use crate::ledger::hold_per_lot;
use crate::orders::Incoming;

/// The numbers of an order as its door gave them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    pub(crate) price: GivenPrice,
    /// The total, executions included.
    pub(crate) quantity: GivenQuantity,
}

/// The order's holding and what it does at its own orders, where it has any.
pub(crate) type Own = Option<(u32, AtOwn)>;

/// Checks an order's numbers against its instrument and the book it would meet, and completes it with
/// them.
#[inline(always)]
pub(crate) fn filter<B: Book>(
    order: &mut Incoming,
    given: &Given,
    terms: &InstrumentTerms,
    book: &B,
    pool: &Pool,
    own: impl FnOnce() -> Own,
) -> Result<(), Refusal> {
    check_flags(order)?;
    take_numbers(order, given)?;
    price_hold(order, terms)?;
    if order.kind == OrderType::Market {
        value_market(order, terms, book, pool, own())?;
    } else {
        order.value = u128::from(order.price) * u128::from(order.quantity);
    }
    if !terms.surely_admits(order.price, order.quantity, order.value) {
        check_bounds(order, terms)?;
    }
    Ok(())
}

/// The filters as rules, in the order of their reasons.
#[cold]
fn check_bounds(order: &Incoming, terms: &InstrumentTerms) -> Result<(), Refusal> {
    let notional = notional(order, terms)?;
    check_quantity(order.quantity, terms)?;
    check_notional(notional, terms)?;
    check_price(order.price, terms)
}

#[inline(always)]
fn check_flags(order: &Incoming) -> Result<(), Refusal> {
    if order.flags.has(OrderFlags::POST_ONLY) && !order.rests() {
        return Err(Reason::BadValue.into());
    }
    Ok(())
}

/// Both numbers, or the reason that comes first of those they were refused for.
#[inline(always)]
fn take_numbers(order: &mut Incoming, given: &Given) -> Result<(), Refusal> {
    let price = match order.kind {
        OrderType::Limit => given.price.get().map(|price| price.ticks()),
        OrderType::Market => Ok(0),
    };
    match (price, given.quantity.get()) {
        (Ok(price), Ok(quantity)) => {
            order.price = price;
            order.quantity = quantity.lots();
            order.leaves = order.quantity.saturating_sub(order.executed);
            Ok(())
        }
        (Err(price), Err(quantity)) => Err(price.min(quantity).into()),
        (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason.into()),
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

#[inline(always)]
fn price_hold(order: &mut Incoming, terms: &InstrumentTerms) -> Result<(), Refusal> {
    order.hold_per_lot = match (order.side, order.kind) {
        (Side::Sell, _) => terms.scales.base_per_lot,
        (Side::Buy, OrderType::Market) => 0,
        (Side::Buy, OrderType::Limit) => {
            hold_per_lot(order.price, terms.scales.quote_per_tick_lot, terms.worst_fee())
                .ok_or(Reason::Overflow)?
        }
    };
    let most = u128::from(order.hold_per_lot) * u128::from(order.quantity);
    order.held = u128::from(order.hold_per_lot) * u128::from(order.leaves);
    if most > AMOUNT_MAX as u128 { Err(Reason::Overflow.into()) } else { Ok(()) }
}

/// Walks the other side of the book for what a market order would get there.
#[cold]
fn value_market<B: Book>(
    order: &mut Incoming,
    terms: &InstrumentTerms,
    book: &B,
    pool: &Pool,
    own: Own,
) -> Result<(), Refusal> {
    let (quote_per_tick_lot, worst_fee) = (terms.scales.quote_per_tick_lot, terms.worst_fee());
    let (mut value, mut hold, mut last_price) = (0, Some(0u128), 0);
    let search = Search { side: order.side, limit: order.limit(), wanted: order.quantity, own };
    let unfilled = search.walk(book, pool, |price, lots| {
        last_price = price;
        value += u128::from(price) * u128::from(lots);
        let per_lot = hold_per_lot(price, quote_per_tick_lot, worst_fee);
        hold = hold.zip(per_lot).map(|(sum, each)| sum + u128::from(each) * u128::from(lots));
    });
    order.value = value + u128::from(unfilled) * u128::from(last_price);
    if order.side == Side::Buy {
        let held = hold.filter(|&hold| hold <= AMOUNT_MAX as u128);
        order.held = held.ok_or(Reason::Overflow)?;
    }
    Ok(())
}

/// The value in smallest quote units.
fn notional(order: &Incoming, terms: &InstrumentTerms) -> Result<i128, Refusal> {
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
