//! The depth feeds: changed levels, in real time ([`diffs`]) or put together over an interval
//! ([`Conflated`]), and the tops of books that changed meanwhile.
//!
//! **Snapshot, then increments.** Take [`Books::depth`] and its [`Books::last_update`] `L`; then of
//! the diffs that follow leave out those with `last` ≤ `L`. The first that remains has
//! `first` ≤ `L` + 1 ≤ `last`, and each one after it starts where the one before ended.

use ringside_protocol::depth::DepthLevel;
use ringside_protocol::{InstrumentId, Sequence, Side, Timestamp};

use crate::views::books::Books;

/// Distinct levels of one book that wait for their tick; with more it is told at the next tick,
/// whether its interval is over or not.
pub const LEVELS_WAITING_MAX: usize = 65_536;

/// Changed levels of one book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthDiff<'a> {
    /// Whose book.
    pub instrument: InstrumentId,
    /// One above the last of the diff before.
    pub first: Sequence,
    /// The last command that it includes.
    pub last: Sequence,
    /// Venue time of that command.
    pub time: Timestamp,
    /// Buy levels with what stands now, by price, lowest first; quantity 0 where nothing does.
    pub bids: &'a [DepthLevel],
    /// Sell levels likewise.
    pub asks: &'a [DepthLevel],
}

/// The real-time feed: what the books' last command changed. Once after each command.
pub fn diffs(books: &Books) -> impl Iterator<Item = DepthDiff<'_>> {
    books.changes().map(|change| DepthDiff {
        instrument: change.instrument,
        first: Sequence(change.previous.0 + 1),
        last: change.sequence,
        time: change.time,
        bids: change.bids,
        asks: change.asks,
    })
}

/// What waits of one book.
#[derive(Clone, Debug, Default)]
struct Waiting {
    /// The depth update number that was told last.
    told: Sequence,
    last: Sequence,
    time: Timestamp,
    levels: Vec<(Side, u64)>,
    /// How many of them were distinct when that was last counted.
    distinct: usize,
    is_full: bool,
}

/// What of `levels` belongs to one book.
#[derive(Clone, Copy, Debug)]
struct Span {
    instrument: InstrumentId,
    first: Sequence,
    last: Sequence,
    time: Timestamp,
    bids: usize,
    asks: usize,
    end: usize,
}

/// A feed that speaks once an interval, of what changed meanwhile as it stands now.
#[derive(Clone, Debug)]
pub struct Conflated {
    interval: u64,
    next: Option<Timestamp>,
    books: Vec<Waiting>,
    /// Books of which something waits.
    changed: Vec<InstrumentId>,
    is_any_full: bool,
    levels: Vec<DepthLevel>,
    spans: Vec<Span>,
}

impl Conflated {
    /// A feed that speaks every 100 ms.
    pub fn every_tenth() -> Self {
        Self::every(Timestamp::SECOND / 10)
    }

    /// A feed that speaks every second.
    pub fn every_second() -> Self {
        Self::every(Timestamp::SECOND)
    }

    fn every(interval: u64) -> Self {
        Self {
            interval,
            next: None,
            books: Vec::new(),
            changed: Vec::new(),
            is_any_full: false,
            levels: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Remembers what the books' last command changed. Once after each command.
    pub fn settle(&mut self, books: &Books) {
        for change in books.changes() {
            let at = change.instrument.index();
            if self.books.len() <= at {
                self.books.resize_with(at + 1, Waiting::default);
            }
            let waiting = &mut self.books[at];
            if waiting.levels.is_empty() {
                waiting.told = change.previous;
                self.changed.push(change.instrument);
            }
            (waiting.last, waiting.time) = (change.sequence, change.time);
            waiting.levels.extend(change.bids.iter().map(|level| (Side::Buy, level.price)));
            waiting.levels.extend(change.asks.iter().map(|level| (Side::Sell, level.price)));
            waiting.compact();
            self.is_any_full |= waiting.is_full;
        }
    }

    /// When the feed speaks next, if anything waits.
    pub fn next_tick(&self) -> Option<Timestamp> {
        if self.changed.is_empty() { None } else { self.next }
    }

    /// It is `now`, by whatever clock as long as it is always the same. When the interval is over,
    /// [`Conflated::diffs`] are those of it; before, there are none.
    pub fn tick(&mut self, now: Timestamp, books: &Books) {
        self.levels.clear();
        self.spans.clear();
        let is_due = self.next.is_none_or(|next| now >= next);
        if is_due {
            self.next = Some(Timestamp(now.0 - now.0 % self.interval + self.interval));
        }
        if is_due || self.is_any_full {
            let mut changed = core::mem::take(&mut self.changed);
            changed.retain(|&instrument| !self.tell(instrument, is_due, books));
            self.changed = changed;
            self.is_any_full = false;
        }
    }

    /// Whether the book was told.
    fn tell(&mut self, instrument: InstrumentId, is_due: bool, books: &Books) -> bool {
        let waiting = &mut self.books[instrument.index()];
        if !is_due && !waiting.is_full {
            return false;
        }
        waiting.sort();
        let bids = self.levels.len();
        let asks = bids + waiting.levels.partition_point(|&(side, _)| side == Side::Buy);
        let shown =
            waiting.levels.iter().map(|&(side, price)| books.level(instrument, side, price));
        self.levels.extend(shown);
        self.spans.push(Span {
            instrument,
            first: Sequence(waiting.told.0 + 1),
            last: waiting.last,
            time: waiting.time,
            bids,
            asks,
            end: self.levels.len(),
        });
        waiting.levels.clear();
        (waiting.distinct, waiting.is_full) = (0, false);
        true
    }

    /// What the last tick told.
    pub fn diffs(&self) -> impl Iterator<Item = DepthDiff<'_>> {
        self.spans.iter().map(|span| DepthDiff {
            instrument: span.instrument,
            first: span.first,
            last: span.last,
            time: span.time,
            bids: &self.levels[span.bids..span.asks],
            asks: &self.levels[span.asks..span.end],
        })
    }
}

impl Waiting {
    fn sort(&mut self) {
        self.levels.sort_unstable();
        self.levels.dedup();
        self.distinct = self.levels.len();
    }

    /// The list holds a level twice at most on average.
    fn compact(&mut self) {
        if self.levels.len() > 2 * self.distinct.max(256) {
            self.sort();
            self.is_full = self.distinct > LEVELS_WAITING_MAX;
        }
    }
}
