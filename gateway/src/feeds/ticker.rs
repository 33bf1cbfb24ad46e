//! The ticker feed: the best level of each side whenever its price or quantity changes.

use ringside_protocol::depth::DepthLevel;
use ringside_protocol::{InstrumentId, Sequence, Side, Timestamp};

use crate::views::books::Books;

/// The best level of each side of a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookTicker {
    /// Whose book.
    pub instrument: InstrumentId,
    /// Its depth update number.
    pub last_update: Sequence,
    /// Venue time of that command.
    pub time: Timestamp,
    /// The best buy level, if there is one.
    pub bid: Option<DepthLevel>,
    /// The best sell level, if there is one.
    pub ask: Option<DepthLevel>,
}

/// Price and quantity of the best of each side.
type Best = [Option<(u64, u64)>; 2];

/// What was told last.
#[derive(Clone, Debug, Default)]
pub struct TickerFeed {
    told: Vec<Best>,
}

impl TickerFeed {
    /// Appends what the books' last command changed at their tops. Once after each command.
    pub fn settle(&mut self, books: &Books, out: &mut Vec<BookTicker>) {
        for change in books.changes() {
            let instrument = change.instrument;
            let bid = books.best(instrument, Side::Buy);
            let ask = books.best(instrument, Side::Sell);
            if self.is_new(instrument, bid, ask) {
                let (last_update, time) = (change.sequence, change.time);
                out.push(BookTicker { instrument, last_update, time, bid, ask });
            }
        }
    }

    fn is_new(
        &mut self,
        instrument: InstrumentId,
        bid: Option<DepthLevel>,
        ask: Option<DepthLevel>,
    ) -> bool {
        if self.told.len() <= instrument.index() {
            self.told.resize(instrument.index() + 1, Best::default());
        }
        let best = [bid, ask].map(|level| level.map(|level| (level.price, level.quantity)));
        core::mem::replace(&mut self.told[instrument.index()], best) != best
    }
}
