//! Databento's CSV export of one instrument's whole session: `mbo.csv`, one row an order event,
//! and `mbp.csv`, ten levels after each row that changed them. Both start with an empty book.
//!
//! Action A becomes a limit order, C a cancel (an amend, where less than the order is cancelled), M
//! an amend, R a cancel of everything. T with a side is an order that took liquidity: an IOC order
//! for its size at its price; the F rows behind it tell whom it met, and the C rows behind those
//! only take the filled orders from the book. T without a side met hidden orders: no command. A
//! replace is C then A with one sequence. The book shown with a T is the one behind its fills.

use std::collections::VecDeque;
use std::path::Path;

use ringside_protocol::{Name, Side, Timestamp};

use super::decimal::{exact, whole};
use super::error::{ImportError, RowError};
use super::flow::{Action, Figure, Fill, Level, Market, Recording, Seen, Step, numbered, parsed};
use super::queue::Queues;
use super::source::{Folder, Rows};

const LEVELS: usize = 10;
const PRICE_PLACES: u8 = 2;

/// Reads the recording in a folder.
pub(super) fn read(path: &Path) -> Result<Recording, ImportError> {
    let folder = Folder::find(path, "xnas_arl_mbo", "mbo.csv")?;
    let events_path = folder.file("mbo.csv")?;
    let events = events(&events_path)?;
    let symbol = events.first().map_or("", |event| event.symbol.as_str());
    let market = Market::of_shares(symbol).map_err(|error| error.at(&events_path, 2))?;
    let books_path = folder.file("mbp.csv")?;
    let mut reader = Reader { books: books(&books_path)?.into(), ..Reader::default() };
    let steps = (0..events.len()).map(|at| reader.step(&events, at)).collect();
    if let Some(book) = reader.books.front() {
        let what = "the row belongs to no row of mbo.csv, or not in this order";
        return Err(ImportError::line(&books_path, book.line, what, "export both files together"));
    }
    Ok(Recording { market, steps, notes: Vec::new() })
}

/// What both files tell of an event, and by which their rows find one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Key {
    sequence: u64,
    action: Kind,
    side: Option<Side>,
    price: u64,
    size: u64,
    id: u64,
}

/// One row of `mbo.csv`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Event {
    line: u64,
    time: Timestamp,
    symbol: Name,
    key: Key,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Add,
    Cancel,
    Modify,
    Clear,
    Trade,
    Fill,
}

impl Key {
    /// Whether two rows tell of the same event. Their sides may differ: `mbo.csv` gives a trade the
    /// side that took, `mbp.csv` the side that rested.
    fn same_event(&self, other: &Self) -> bool {
        *self == Self { side: self.side, ..*other }
    }
}

const KEY: [&str; 6] = ["sequence", "action", "side", "price", "size", "order_id"];

fn events(path: &Path) -> Result<Vec<Event>, ImportError> {
    let mut rows = Rows::open(path, true)?;
    let key = rows.columns(KEY)?;
    let place = rows.columns(["ts_event", "symbol"])?;
    let mut events: Vec<Event> = Vec::new();
    while let Some((line, row)) = rows.next()? {
        let event = event(line, row, key, place).map_err(|error| error.at(path, line))?;
        follows(events.last(), &event).map_err(|error| error.at(path, line))?;
        events.push(event);
    }
    if events.is_empty() { Err(ImportError::empty(path)) } else { Ok(events) }
}

fn event(
    line: u64,
    row: &csv::StringRecord,
    columns: [usize; 6],
    [time, symbol]: [usize; 2],
) -> Result<Event, RowError> {
    let text = &row[time];
    let time = crate::scenario::time::rfc3339(text).ok_or_else(|| {
        let what = format!("`ts_event`: \"{}\" is no time", super::decimal::shown(text));
        RowError::new(what, "export times as RFC 3339, such as 2025-07-17T07:05:09.035627674Z")
    })?;
    let symbol = Name::parse(&row[symbol])
        .map_err(|error| RowError::new(format!("`symbol`: {error}"), "export with symbols"))?;
    Ok(Event { line, time, symbol, key: key(row, columns)? })
}

/// One instrument, in order of time.
fn follows(last: Option<&Event>, event: &Event) -> Result<(), RowError> {
    let Some(last) = last else {
        return Ok(());
    };
    if last.symbol != event.symbol {
        let what = format!("`symbol`: {} after {}", event.symbol, last.symbol);
        return Err(RowError::new(what, "export one instrument a file"));
    }
    if last.time > event.time {
        return Err(RowError::new("its time is before the row above", "sort the rows by time"));
    }
    Ok(())
}

fn key(row: &csv::StringRecord, columns: [usize; 6]) -> Result<Key, RowError> {
    let [sequence, action, side, price, size, id] = columns.map(|column| &row[column]);
    let action = kind(action)?;
    Ok(Key {
        sequence: whole("sequence", sequence)?,
        action,
        side: self::side(side)?,
        price: if hidden(action, side) { 0 } else { ticks(price)? },
        size: whole("size", size)?,
        id: whole("order_id", id)?,
    })
}

/// A trade with hidden orders; its price may be off tick and moves nothing.
fn hidden(action: Kind, side: &str) -> bool {
    action == Kind::Trade && side == "N"
}

fn kind(text: &str) -> Result<Kind, RowError> {
    Ok(match text {
        "A" => Kind::Add,
        "C" => Kind::Cancel,
        "M" => Kind::Modify,
        "R" => Kind::Clear,
        "T" => Kind::Trade,
        "F" => Kind::Fill,
        _ => {
            let what = format!("`action`: \"{}\" is no action", super::decimal::shown(text));
            return Err(RowError::new(what, "there are A, C, M, R, T, F"));
        }
    })
}

fn side(text: &str) -> Result<Option<Side>, RowError> {
    match text {
        "B" => Ok(Some(Side::Buy)),
        "A" => Ok(Some(Side::Sell)),
        "N" => Ok(None),
        _ => {
            let what = format!("`side`: \"{}\" is no side", super::decimal::shown(text));
            Err(RowError::new(what, "there are B, A, N"))
        }
    }
}

/// A price in ticks; 0 where there is none.
fn ticks(text: &str) -> Result<u64, RowError> {
    if text.is_empty() { Ok(0) } else { exact("price", text, PRICE_PLACES) }
}

/// One row of `mbp.csv`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Book {
    line: u64,
    key: Key,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// Where the price, size and count of each level of a side stand.
type LevelColumns = Vec<[usize; 3]>;

fn books(path: &Path) -> Result<Vec<Book>, ImportError> {
    let mut rows = Rows::open(path, true)?;
    let key = rows.columns(KEY)?;
    let (bids, asks) = (level_columns(&mut rows, "bid")?, level_columns(&mut rows, "ask")?);
    let mut books = Vec::new();
    while let Some((line, row)) = rows.next()? {
        books.push(book(line, row, key, &bids, &asks).map_err(|error| error.at(path, line))?);
    }
    Ok(books)
}

fn level_columns(rows: &mut Rows, side: &str) -> Result<LevelColumns, ImportError> {
    (0..LEVELS)
        .map(|level| {
            let name = |what: &str| format!("{side}_{what}_{level:02}");
            rows.columns([&name("px"), &name("sz"), &name("ct")])
        })
        .collect()
}

fn book(
    line: u64,
    row: &csv::StringRecord,
    columns: [usize; 6],
    bids: &LevelColumns,
    asks: &LevelColumns,
) -> Result<Book, RowError> {
    let levels = |columns: &LevelColumns| -> Result<Vec<Level>, RowError> {
        columns.iter().filter_map(|&columns| level(row, columns).transpose()).collect()
    };
    Ok(Book { line, key: key(row, columns)?, bids: levels(bids)?, asks: levels(asks)? })
}

/// A level; none where the book ends.
fn level(row: &csv::StringRecord, columns: [usize; 3]) -> Result<Option<Level>, RowError> {
    let [price, size, count] = columns.map(|column| &row[column]);
    if price.is_empty() {
        return Ok(None);
    }
    let orders = u32::try_from(whole("count", count)?).map_err(|_| {
        RowError::new(format!("`count`: {count} is too large"), "export the file again")
    })?;
    let price = exact("price", price, PRICE_PLACES)?;
    Ok(Some(Level { price, quantity: whole("size", size)?, orders: Some(orders) }))
}

/// Turns rows into steps.
#[derive(Default)]
struct Reader {
    books: VecDeque<Book>,
    queues: Queues,
}

impl Reader {
    fn step(&mut self, events: &[Event], at: usize) -> Step {
        let event = &events[at];
        let mut step = Step { time: event.time, line: event.line, ..Step::default() };
        match (event.key.action, event.key.side) {
            (Kind::Trade, Some(side)) => self.take(&mut step, side, event, &events[at + 1..]),
            (Kind::Cancel, _) if is_bookkeeping(events, at) => {}
            _ => step.actions = self.actions(&event.key),
        }
        self.show(&mut step, event);
        step
    }

    fn actions(&mut self, key: &Key) -> Vec<Action> {
        match (key.action, key.side) {
            (Kind::Add, Some(side)) => self.add(side, key).into_iter().collect(),
            (Kind::Cancel, Some(_)) => self.cancel(key).into_iter().collect(),
            (Kind::Modify, Some(_)) => self.modify(key).into_iter().collect(),
            (Kind::Clear, _) => self.clear(),
            (Kind::Trade | Kind::Fill, _) | (Kind::Add | Kind::Cancel | Kind::Modify, None) => {
                Vec::new()
            }
        }
    }

    fn add(&mut self, side: Side, key: &Key) -> Option<Action> {
        let id = numbered(key.id);
        self.queues.enter(id, side, key.price, key.size, 1);
        Some(Action::rest(id, side, key.price, key.size))
    }

    fn cancel(&mut self, key: &Key) -> Option<Action> {
        let order = self.queues.reduce(numbered(key.id), key.size)?;
        Some(match order.left {
            0 => Action::cancel(order.id, order.side),
            _ => Action::resize(order.id, order.side, order.total),
        })
    }

    /// The row tells the new price and what is left from now on.
    fn modify(&mut self, key: &Key) -> Option<Action> {
        let order = self.queues.change(numbered(key.id), key.price, key.size)?;
        Some(Action::reprice(order.id, order.side, order.price, order.total))
    }

    fn clear(&mut self) -> Vec<Action> {
        let all: Vec<_> = self.queues.all().copied().collect();
        self.queues = Queues::default();
        all.iter().map(|order| Action::cancel(order.id, order.side)).collect()
    }

    fn take(&mut self, step: &mut Step, side: Side, event: &Event, behind: &[Event]) {
        let id = parsed(&format!("taker-{}", event.line));
        step.actions.push(Action::take(id, side, event.key.price, event.key.size));
        let fills: Vec<Fill> = fills(event, behind).collect();
        for fill in &fills {
            self.queues.execute(fill.id, fill.quantity);
        }
        step.fills = Some(fills);
    }

    /// The book shown with an event.
    fn show(&mut self, step: &mut Step, event: &Event) {
        while self.books.front().is_some_and(|book| book.key.same_event(&event.key)) {
            step.seen.extend(self.books.pop_front().map(seen));
        }
    }
}

fn seen(book: Book) -> Seen {
    let sides = vec![(Side::Buy, book.bids), (Side::Sell, book.asks)];
    Seen { line: book.line, figure: Figure::Rows, executed_lots: None, levels: LEVELS, sides }
}

/// The fills of a trade: the F rows of its sequence.
fn fills<'e>(trade: &Event, behind: &'e [Event]) -> impl Iterator<Item = Fill> + use<'e> {
    let sequence = trade.key.sequence;
    behind
        .iter()
        .take_while(move |event| event.key.sequence == sequence)
        .filter(|event| event.key.action == Kind::Fill)
        .map(|event| Fill {
            id: numbered(event.key.id),
            price: event.key.price,
            quantity: event.key.size,
        })
}

/// Whether a C row only takes a filled order from the book: an F row of its order and sequence
/// stands before it.
fn is_bookkeeping(events: &[Event], at: usize) -> bool {
    let cancel = events[at].key;
    let before = events[..at].iter().rev();
    before
        .take_while(|event| event.key.sequence == cancel.sequence)
        .any(|event| event.key.action == Kind::Fill && event.key.id == cancel.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUY: Side = Side::Buy;
    const SELL: Side = Side::Sell;

    /// `sequence action side price size order_id`, as both files have them.
    fn a_key(row: &str) -> Result<Key, RowError> {
        let record: csv::StringRecord = row.split(' ').collect();
        key(&record, [0, 1, 2, 3, 4, 5])
    }

    fn events(rows: &[&str]) -> Vec<Event> {
        let event = |(row, line): (&&str, u64)| Event {
            line,
            time: Timestamp(line),
            symbol: parsed("TEST"),
            key: a_key(row).unwrap(),
        };
        rows.iter().zip(2..).map(event).collect()
    }

    fn steps(rows: &[&str], books: Vec<Book>) -> Vec<Step> {
        let events = events(rows);
        let mut reader = Reader { books: books.into(), ..Reader::default() };
        (0..events.len()).map(|at| reader.step(&events, at)).collect()
    }

    #[test]
    fn rows_become_commands() {
        let (a, b) = (numbered(7), numbered(8));
        let table = [
            ("0 R N  0 0", vec![]),
            ("1 A B 5.510000000 100 7", vec![Action::rest(a, BUY, 551, 100)]),
            ("2 C B 5.510000000 30 7", vec![Action::resize(a, BUY, 70)]),
            ("3 T N 5.515000000 30 0", vec![]),
            ("4 M B 5.52 90 7", vec![Action::reprice(a, BUY, 552, 90)]),
            ("5 A A 5.60 10 8", vec![Action::rest(b, SELL, 560, 10)]),
            ("6 C B 5.52 90 7", vec![Action::cancel(a, BUY)]),
            ("7 R N  0 0", vec![Action::cancel(b, SELL)]),
        ];
        let steps = steps(&table.each_ref().map(|(row, _)| *row), Vec::new());
        for ((row, actions), step) in table.into_iter().zip(steps) {
            assert_eq!(step.actions, actions, "{row}");
        }
    }

    #[test]
    fn a_trade_is_an_order_that_takes_and_its_other_rows_are_no_commands() {
        let rows = [
            "1 A A 13.40 24 9",
            "2 T B 13.40 1 0",
            "2 F A 13.40 1 9",
            "2 C A 13.40 1 9",
            "3 C A 13.40 23 9",
        ];
        let (id, taker) = (numbered(9), parsed("taker-3"));
        let steps = steps(&rows, Vec::new());
        let actions: Vec<_> = steps.iter().map(|step| step.actions.clone()).collect();
        let expected = [
            vec![Action::rest(id, SELL, 1_340, 24)],
            vec![Action::take(taker, BUY, 1_340, 1)],
            vec![],
            vec![],
            vec![Action::cancel(id, SELL)],
        ];
        assert_eq!(actions, expected);
        assert_eq!(steps[1].fills, Some(vec![Fill { id, price: 1_340, quantity: 1 }]));
    }

    #[test]
    fn a_book_is_shown_with_the_event_that_it_follows() {
        let rows = ["1 A A 13.40 24 9", "2 T B 13.40 1 0", "2 F A 13.40 1 9"];
        let level = Level { price: 1_340, quantity: 23, orders: Some(1) };
        let book = Book {
            line: 9,
            key: a_key("2 T A 13.40 1 0").unwrap(),
            bids: Vec::new(),
            asks: vec![level],
        };
        let shown = steps(&rows, vec![book]);
        assert_eq!(shown.iter().map(|step| step.seen.len()).collect::<Vec<_>>(), [0, 1, 0]);
        let seen = &shown[1].seen[0];
        assert_eq!(seen.sides, [(BUY, vec![]), (SELL, vec![level])]);
        assert_eq!((seen.line, seen.executed_lots), (9, None));
    }

    #[test]
    fn malformed_rows_say_what_is_wrong() {
        for (row, what) in [
            ("x A B 5.51 100 7", "`sequence`: \"x\" is not a decimal such as \"12.5\""),
            ("1 Z B 5.51 100 7", "`action`: \"Z\" is no action"),
            ("1 A X 5.51 100 7", "`side`: \"X\" is no side"),
            ("1 A B 5.515 100 7", "`price`: \"5.515\" has more than 2 decimal places"),
            ("1 A B 5.51 many 7", "`size`: \"many\" is not a decimal such as \"12.5\""),
        ] {
            assert_eq!(a_key(row).map_err(|error| error.what), Err(what.to_owned()), "{row}");
        }
    }
}
