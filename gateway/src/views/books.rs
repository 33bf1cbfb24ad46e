//! Books by price level (L2): every level with its quantity and how many orders stand at it, the
//! best of each side, the last trade, and which levels the last command changed.
//!
//! **Depth update numbers.** `last_update` of a book is the sequence of the last command that
//! changed it. So it is monotone, the same on every machine and after every restart, and the ranges
//! `first..=last` of depth updates are ranges of venue sequences: each starts one above the end of
//! the one before, although most numbers in between changed other books.
//!
//! An event costs a look-up in an ordered map of its side's levels.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ringside_protocol::depth::{CHECKSUM_LEVELS, Depth, DepthLevel, checksum};
use ringside_protocol::{
    Event, EventHeader, InstrumentId, Sequence, Side, Timestamp, TradeId, decimal,
};

use super::directory::Directory;
use super::movement::{Movement, Standing};
use super::orders::{OrderRow, Orders};

#[derive(Clone, Copy, Debug, Default)]
struct Level {
    quantity: u64,
    orders: u32,
}

/// The last trade of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastTrade {
    /// The trade.
    pub trade: TradeId,
    /// Ticks.
    pub price: u64,
    /// Lots.
    pub quantity: u64,
    /// Side of the incoming order.
    pub side: Side,
    /// Of the command that caused it.
    pub time: Timestamp,
    /// Of the command that caused it.
    pub sequence: Sequence,
}

#[derive(Clone, Debug, Default)]
struct Book {
    bids: BTreeMap<u64, Level>,
    asks: BTreeMap<u64, Level>,
    last_update: Sequence,
    last_trade: Option<LastTrade>,
}

/// The levels of one book that one command changed, as they are after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookChange<'a> {
    /// Whose book.
    pub instrument: InstrumentId,
    /// The book's depth update number before the command.
    pub previous: Sequence,
    /// The command, the book's depth update number from now on.
    pub sequence: Sequence,
    /// Of the command.
    pub time: Timestamp,
    /// Buy levels by price, lowest first; quantity 0 where nothing stands any more.
    pub bids: &'a [DepthLevel],
    /// Sell levels likewise.
    pub asks: &'a [DepthLevel],
}

/// What of `levels` belongs to one book.
#[derive(Clone, Copy, Debug)]
struct Span {
    instrument: InstrumentId,
    previous: Sequence,
    bids: usize,
    asks: usize,
    end: usize,
}

/// Every book.
#[derive(Clone, Debug, Default)]
pub struct Books {
    books: Vec<Book>,
    sequence: Sequence,
    time: Timestamp,
    /// Levels that the command in hand touched, some more than once.
    touched: Vec<(InstrumentId, Side, u64)>,
    /// What the last command changed.
    levels: Vec<DepthLevel>,
    spans: Vec<Span>,
}

impl Books {
    /// Takes over an order that rests in an engine that was there before.
    pub fn seed(&mut self, row: &OrderRow) {
        self.add(&row.standing());
        self.touched.clear();
    }

    /// The books are as after this command of an engine that was there before: none has changed
    /// since. From here on depth updates are counted.
    pub fn seed_sequence(&mut self, sequence: Sequence, time: Timestamp) {
        (self.sequence, self.time) = (sequence, time);
        self.books.iter_mut().for_each(|book| book.last_update = sequence);
    }

    /// Learns from an event.
    pub fn hear(&mut self, header: &EventHeader, event: &Event) {
        match event {
            Event::Trade(event) => {
                self.book_mut(event.instrument).last_trade = Some(LastTrade {
                    trade: event.trade,
                    price: event.price,
                    quantity: event.quantity,
                    side: event.side,
                    time: header.time,
                    sequence: header.sequence,
                });
            }
            Event::Instrument(event) => {
                self.book_mut(event.instrument).last_update = header.sequence;
            }
            Event::Accepted(_)
            | Event::Rejected(_)
            | Event::Executed(_)
            | Event::Amended(_)
            | Event::Canceled(_)
            | Event::Posting(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_)
            | Event::Restated(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => {}
        }
    }

    /// Learns what became of an order that stands; `orders` know it as it was before.
    pub fn hear_movement(&mut self, movement: &Movement, orders: &Orders) {
        match movement {
            Movement::Placed(placed) => self.add(placed),
            Movement::Executed { left, quantity, .. } => self.take(left, *quantity),
            Movement::Reduced { left, quantity } => self.take(left, *quantity),
            Movement::Withdrawn { order, .. } => self.remove(orders.get(*order), None),
            Movement::Removed { order, quantity, .. } => {
                self.remove(orders.get(*order), Some(*quantity));
            }
        }
    }

    /// Takes an order off its level, with so many lots or with all that it had open.
    fn remove(&mut self, row: Option<&OrderRow>, lots: Option<u64>) {
        if let Some(row) = row {
            self.take(&Standing { leaves: 0, ..row.standing() }, lots.unwrap_or(row.leaves));
        }
    }

    fn add(&mut self, placed: &Standing) {
        let level = self.side_mut(placed).entry(placed.price).or_default();
        level.quantity += placed.leaves;
        level.orders += 1;
        self.touched.push((placed.instrument, placed.side, placed.price));
    }

    /// Takes lots off a level, and the order with its last.
    fn take(&mut self, left: &Standing, lots: u64) {
        let Entry::Occupied(mut level) = self.side_mut(left).entry(left.price) else {
            unreachable!("Invariant: an order that stands has its level: {left:?}")
        };
        level.get_mut().quantity -= lots;
        level.get_mut().orders -= u32::from(left.leaves == 0);
        if level.get().orders == 0 {
            level.remove();
        }
        self.touched.push((left.instrument, left.side, left.price));
    }

    /// The command has ended: its changes can be seen, and its number is that of the books it
    /// changed.
    pub fn settle(&mut self, header: &EventHeader) {
        (self.sequence, self.time) = (header.sequence, header.time);
        self.levels.clear();
        self.spans.clear();
        self.touched.sort_unstable();
        self.touched.dedup();
        let touched = core::mem::take(&mut self.touched);
        for &(instrument, side, price) in &touched {
            self.change(instrument, side, price);
        }
        self.touched = touched;
        self.touched.clear();
    }

    fn change(&mut self, instrument: InstrumentId, side: Side, price: u64) {
        if self.spans.last().is_none_or(|span| span.instrument != instrument) {
            self.open_span(instrument);
        }
        let level = self.books[instrument.index()].level(side, price);
        self.levels.push(level);
        let end = self.levels.len();
        if let Some(span) = self.spans.last_mut() {
            span.end = end;
            if side == Side::Buy {
                span.asks = end;
            }
        }
    }

    fn open_span(&mut self, instrument: InstrumentId) {
        let (at, sequence) = (self.levels.len(), self.sequence);
        let book = self.book_mut(instrument);
        let previous = core::mem::replace(&mut book.last_update, sequence);
        self.spans.push(Span { instrument, previous, bids: at, asks: at, end: at });
    }

    fn book_mut(&mut self, id: InstrumentId) -> &mut Book {
        if self.books.len() <= id.index() {
            self.books.resize_with(id.index() + 1, Book::default);
        }
        &mut self.books[id.index()]
    }

    fn side_mut(&mut self, at: &Standing) -> &mut BTreeMap<u64, Level> {
        let book = self.book_mut(at.instrument);
        match at.side {
            Side::Buy => &mut book.bids,
            Side::Sell => &mut book.asks,
        }
    }

    /// The last command that was heard to its end.
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// What the last command changed, book by book.
    pub fn changes(&self) -> impl Iterator<Item = BookChange<'_>> {
        self.spans.iter().map(|span| BookChange {
            instrument: span.instrument,
            previous: span.previous,
            sequence: self.sequence,
            time: self.time,
            bids: &self.levels[span.bids..span.asks],
            asks: &self.levels[span.asks..span.end],
        })
    }

    /// The depth update number of a book: the last command that changed it.
    pub fn last_update(&self, id: InstrumentId) -> Sequence {
        self.books.get(id.index()).map_or(Sequence(0), |book| book.last_update)
    }

    /// The last trade of an instrument.
    pub fn last_trade(&self, id: InstrumentId) -> Option<LastTrade> {
        self.books.get(id.index()).and_then(|book| book.last_trade)
    }

    /// The best level of a side.
    pub fn best(&self, id: InstrumentId, side: Side) -> Option<DepthLevel> {
        self.levels(id, side).next()
    }

    /// The level at a price; quantity 0 where nothing stands.
    pub fn level(&self, id: InstrumentId, side: Side, price: u64) -> DepthLevel {
        let none = DepthLevel { price, quantity: 0, orders: 0 };
        self.books.get(id.index()).map_or(none, |book| book.level(side, price))
    }

    /// The levels of a side, best first.
    pub fn levels(&self, id: InstrumentId, side: Side) -> impl Iterator<Item = DepthLevel> {
        let book = self.books.get(id.index());
        let (bids, asks) = match side {
            Side::Buy => (book, None),
            Side::Sell => (None, book),
        };
        let bids = bids.into_iter().flat_map(|book| book.bids.iter().rev());
        let asks = asks.into_iter().flat_map(|book| book.asks.iter());
        bids.chain(asks).map(|(&price, level)| level.shown(price))
    }

    /// Writes the best `levels` levels of each side into `depth`, with the checksum that the whole
    /// book has.
    pub fn depth(&self, id: InstrumentId, levels: usize, directory: &Directory, into: &mut Depth) {
        (into.instrument, into.sequence) = (id, self.sequence);
        into.bids.clear();
        into.asks.clear();
        into.bids.extend(self.levels(id, Side::Buy).take(levels));
        into.asks.extend(self.levels(id, Side::Sell).take(levels));
        into.checksum = self.checksum(id, directory);
    }

    /// [`checksum`] of a book.
    pub fn checksum(&self, id: InstrumentId, directory: &Directory) -> u32 {
        let terms = directory.instrument(id).map(|listing| &listing.terms);
        let (tick, lot) = terms.map_or((0, 0), |terms| (terms.tick, terms.lot));
        let top = |side| {
            let mut top = [DepthLevel { price: 0, quantity: 0, orders: 0 }; CHECKSUM_LEVELS];
            let levels = self.levels(id, side).zip(&mut top);
            let count = levels.map(|(level, at)| *at = level).count();
            (top, count)
        };
        let ((asks, asks_count), (bids, bids_count)) = (top(Side::Sell), top(Side::Buy));
        let (asks, bids) = (asks[..asks_count].iter(), bids[..bids_count].iter());
        checksum(asks, bids, decimal::step(tick), decimal::step(lot))
    }
}

impl Book {
    fn level(&self, side: Side, price: u64) -> DepthLevel {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        levels.get(&price).copied().unwrap_or_default().shown(price)
    }
}

impl Level {
    const fn shown(self, price: u64) -> DepthLevel {
        DepthLevel { price, quantity: self.quantity, orders: self.orders }
    }
}
