//! Looking at an engine from outside after a command: the facts of its events, its book row by row,
//! and what must be true of both.

use ringside_engine::Engine;
use ringside_engine::audit;
use ringside_engine::book::Book;
use ringside_protocol::depth::{Depth, DepthByOrder, DepthLevel};
use ringside_protocol::{AccountId, Event, EventHeader, InstrumentId, Sequenced, Side};

use crate::fact::Fact;
use crate::oracle::Row;

/// More levels than any book of the harness has.
pub const ALL_LEVELS: usize = 1_000_000;

/// Applies a command; what happened.
pub fn events<B: Book>(engine: &mut Engine<B>, command: &Sequenced) -> Vec<(EventHeader, Event)> {
    let mut events = Vec::new();
    engine.apply(command, &mut events);
    events
}

/// Applies a command; what happened, as facts.
pub fn facts<B: Book>(engine: &mut Engine<B>, command: &Sequenced) -> Vec<Fact> {
    let mut facts: Vec<Fact> =
        events(engine, command).iter().filter_map(|(_, e)| Fact::of(e)).collect();
    Fact::settle_order(&mut facts);
    facts
}

/// The resting orders of one side, best first, each level in queue order.
pub fn rows<B: Book>(engine: &Engine<B>, instrument: InstrumentId, side: Side) -> Vec<Row> {
    let depth = engine.depth_by_order(instrument, ALL_LEVELS);
    let orders = match side {
        Side::Buy => depth.bids,
        Side::Sell => depth.asks,
    };
    orders.into_iter().map(|row| (row.price, row.leaves, row.order, row.account)).collect()
}

/// Looks at every book and every account: levels, queues, index and best prices say the same, no
/// book is crossed, and the audit finds nothing (ENG-016, ENG-017, ENG-020, ENG-022).
///
/// # Panics
/// When something is not so.
pub fn probe<B: Book>(engine: &Engine<B>, accounts: u32, instruments: u32) {
    for instrument in (0..instruments).map(InstrumentId) {
        let by_order = engine.depth_by_order(instrument, ALL_LEVELS);
        let by_price = engine.depth(instrument, ALL_LEVELS);
        levels_are_sums(&by_price, &by_order);
        best_prices_are_best(engine, &by_price, accounts);
        let (bid, ask) = (by_price.bids.first(), by_price.asks.first());
        if let (Some(bid), Some(ask)) = (bid, ask) {
            assert!(bid.price < ask.price, "crossed: {} and {}", bid.price, ask.price);
        }
    }
    for balance in engine.trial_balance() {
        assert_eq!(balance.difference(), 0, "Invariant: money is conserved: {balance:?}");
    }
    audit::check(engine).expect("Invariant: the audit finds nothing");
}

/// L2 is L3 summed by price, both in order.
fn levels_are_sums(by_price: &Depth, by_order: &DepthByOrder) {
    for (levels, orders) in [(&by_price.bids, &by_order.bids), (&by_price.asks, &by_order.asks)] {
        let summed = orders.chunk_by(|one, other| one.price == other.price).map(|level| {
            let quantity: u64 = level.iter().map(|order| order.leaves).sum();
            (level[0].price, quantity, level.len() as u32)
        });
        let shown = levels.iter().map(|level| (level.price, level.quantity, level.orders));
        assert!(shown.eq(summed), "levels {levels:?} are not the sums of {orders:?}");
    }
    assert!(by_order.bids.is_sorted_by(|one, other| one.price >= other.price), "bids in order");
    assert!(by_order.asks.is_sorted_by(|one, other| one.price <= other.price), "asks in order");
    assert_eq!(by_price.checksum, by_order.checksum, "both views have one checksum");
}

/// The best prices equal a scan over every order of every account; none is missing in the book.
fn best_prices_are_best<B: Book>(engine: &Engine<B>, depth: &Depth, accounts: u32) {
    let orders = (0..accounts).flat_map(|at| engine.orders(AccountId(at)));
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    for order in orders.filter(|order| order.instrument == depth.instrument) {
        match order.side {
            Side::Buy => bids.push(order.price),
            Side::Sell => asks.push(order.price),
        }
    }
    let counted =
        |levels: &[DepthLevel]| levels.iter().map(|level| level.orders as usize).sum::<usize>();
    assert_eq!(bids.iter().max(), depth.bids.first().map(|level| &level.price), "best bid");
    assert_eq!(asks.iter().min(), depth.asks.first().map(|level| &level.price), "best ask");
    assert_eq!(bids.len(), counted(&depth.bids), "the index and the bids");
    assert_eq!(asks.len(), counted(&depth.asks), "the index and the asks");
}
