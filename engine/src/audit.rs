//! The auditor: looks at everything and says whether the books are in order. It runs at the end of
//! every scenario and every test; it is slow and never runs while trading.

use core::fmt;

use ringside_protocol::{CurrencyId, InstrumentId, Side};

use crate::Engine;
use crate::book::{Book, levels, queue};

/// What is not in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Violation {
    /// A book's best bid is not below its best ask.
    Crossed(InstrumentId),
    /// A level's totals are not those of its orders, or levels stand in the wrong order.
    Level(InstrumentId, Side),
    /// The book and the pool do not hold the same orders.
    Orders(InstrumentId),
    /// A holding's open quantities, values or order count are not those of its orders.
    Open(u32),
    /// What is held is not what open orders need.
    Held(u32),
    /// A balance is negative.
    Negative(u32),
    /// What there is of a currency is not what came in.
    Conservation(CurrencyId),
    /// A position is not the sum of its lots.
    Lots(u32),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crossed(id) => write!(f, "the book of instrument {} is crossed", id.0),
            Self::Level(id, side) => {
                write!(f, "a {} level of instrument {} does not add up", side.word(), id.0)
            }
            Self::Orders(id) => {
                write!(f, "the book of instrument {} does not hold its open orders", id.0)
            }
            Self::Open(at) => write!(f, "holding {at} miscounts its open orders"),
            Self::Held(at) => write!(f, "balance {at} does not hold what open orders need"),
            Self::Negative(at) => write!(f, "balance {at} is negative"),
            Self::Conservation(id) => write!(f, "currency {} does not add up to zero", id.0),
            Self::Lots(at) => write!(f, "the position of holding {at} is not the sum of its lots"),
        }
    }
}

impl std::error::Error for Violation {}

/// Checks the invariants that must hold between commands.
///
/// # Errors
/// The first [`Violation`] found.
pub fn check<B: Book>(engine: &Engine<B>) -> Result<(), Violation> {
    let mut pooled = vec![0; engine.books.len()];
    for (_, node) in engine.pool.iter() {
        pooled[engine.holdings.at(node.holding).instrument.index()] += 1;
    }
    for (at, pooled) in pooled.into_iter().enumerate() {
        check_book(engine, InstrumentId(at as u32), pooled)?;
    }
    if !engine.venue.matching_only {
        check_holdings(engine)?;
        check_balances(engine)?;
    }
    let unbalanced = engine.trial_balance().into_iter().find(|row| row.difference() != 0);
    unbalanced.map_or(Ok(()), |row| Err(Violation::Conservation(row.currency)))
}

/// The book is not crossed, its levels add up, and it links as many orders as the pool has of it.
fn check_book<B: Book>(
    engine: &Engine<B>,
    id: InstrumentId,
    pooled: usize,
) -> Result<(), Violation> {
    let book = &engine.books[id.index()];
    if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell))
        && bid >= ask
    {
        return Err(Violation::Crossed(id));
    }
    let linked = check_side(engine, id, Side::Buy)? + check_side(engine, id, Side::Sell)?;
    if linked == pooled { Ok(()) } else { Err(Violation::Orders(id)) }
}

/// Every level adds up, and the levels go away from the best. Says how many orders they hold.
fn check_side<B: Book>(
    engine: &Engine<B>,
    id: InstrumentId,
    side: Side,
) -> Result<usize, Violation> {
    let (book, pool) = (&engine.books[id.index()], &engine.pool);
    let (mut count, mut last, mut lots) = (0, None, 0);
    for level in levels(book, pool, side) {
        let mut found = (0, 0);
        for slot in queue(book, pool, &level) {
            let node = &pool[slot];
            let fits = (node.price, node.terms.side) == (level.price, side) && node.leaves > 0;
            if !fits {
                return Err(Violation::Level(id, side));
            }
            found = (found.0 + 1, found.1 + node.leaves);
        }
        let is_away =
            last.is_none_or(|last| last != level.price && side.reaches(last, level.price));
        let is_away =
            if side == Side::Buy { is_away } else { last.is_none_or(|l| l < level.price) };
        if found != (level.orders, level.quantity) || !is_away {
            return Err(Violation::Level(id, side));
        }
        last = Some(level.price);
        lots += level.quantity;
        count += found.0 as usize;
    }
    if lots == book.lots(side) { Ok(count) } else { Err(Violation::Level(id, side)) }
}

fn check_holdings<B: Book>(engine: &Engine<B>) -> Result<(), Violation> {
    let mut open = vec![(0u64, 0u64, 0u128, 0u32); engine.holdings.rows().len()];
    for (_, node) in engine.pool.iter() {
        let row = &mut open[node.holding as usize];
        match node.terms.side {
            Side::Buy => row.0 += node.leaves,
            Side::Sell => row.1 += node.leaves,
        }
        row.2 += u128::from(node.price) * u128::from(node.leaves);
        row.3 += 1;
    }
    for (at, (holding, open)) in engine.holdings.rows().iter().zip(open).enumerate() {
        let booked = (holding.open_buy, holding.open_sell, holding.open_value, holding.open_orders);
        if booked != open {
            return Err(Violation::Open(at as u32));
        }
        let unit =
            i128::from(engine.instruments[holding.instrument.index()].scales.quote_per_tick_lot);
        let lots = engine.lots.iter(&holding.lots).fold((0i128, 0i128), |sum, lot| {
            let cost = i128::from(lot.price) * i128::from(lot.quantity) * unit;
            (sum.0 + i128::from(lot.quantity), sum.1 + cost)
        });
        if lots != (i128::from(holding.position), holding.cost) {
            return Err(Violation::Lots(at as u32));
        }
    }
    Ok(())
}

fn check_balances<B: Book>(engine: &Engine<B>) -> Result<(), Violation> {
    let mut needed = vec![0i128; engine.balances.rows().len()];
    for (_, node) in engine.pool.iter() {
        let place = engine.holdings.at(node.holding).hold_place(node.terms.side);
        needed[place as usize] += i128::from(node.hold_per_lot) * i128::from(node.leaves);
    }
    for (at, (row, needed)) in engine.balances.rows().iter().zip(needed).enumerate() {
        if row.balance.available < 0 || row.balance.held < 0 {
            return Err(Violation::Negative(at as u32));
        }
        if row.balance.held != needed {
            return Err(Violation::Held(at as u32));
        }
    }
    Ok(())
}
