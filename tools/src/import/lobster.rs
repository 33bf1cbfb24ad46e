//! LOBSTER's reconstruction of a Nasdaq book: a message file, one row a change of the book, and the
//! book after each row (the best level of all rows, 50 levels of the first ones).
//!
//! An added order becomes a limit order, a reduction an amend, a deletion a cancel. The orders that
//! took liquidity are not recorded, only what they executed: a run of type-4 rows at one time and
//! side was one of them, and becomes an IOC order for their sum, limited by the last price.
//!
//! The recording starts in mid-session and shows 50 levels. The first row's levels are entered
//! first: orders that are never added but seen later stand in them by their ids, what is left of a
//! level is one nameless order behind them. An order added with a lower id than others at its price
//! is older: it comes back into sight ahead of them, so they are cancelled and entered again.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use ringside_protocol::{Name, Side, Timestamp};

use super::decimal::{nearest, whole};
use super::error::{ImportError, RowError};
use super::flow::{
    Action, Figure, Fill, Level, Market, Recording, Seen, Step, again, numbered, parsed,
};
use super::queue::Queues;
use super::source::{Folder, Rows};

/// A price of the files in one tick of a cent.
const PRICE_PER_TICK: u64 = 100;

/// Levels a side that are compared where the files show them.
const LEVELS_COMPARED: usize = 10;

const MESSAGES: &str = "*_message_*.csv";
const BEST: &str = "*_orderbook_TOP1of*.csv";
const DEEP: &str = "*_orderbook_*_first*rows.csv";

/// Reads the recording in a folder.
pub(super) fn read(path: &Path) -> Result<Recording, ImportError> {
    let folder = Folder::find(path, "lobster_aapl_l50", MESSAGES)?;
    let messages_path = folder.file(MESSAGES)?;
    let session = Session::of(&messages_path)?;
    let messages = messages(&messages_path, session.midnight)?;
    let best = books(&folder.file(BEST)?, 1)?;
    let deep = books(&folder.file(DEEP)?, usize::MAX)?;
    if best.len() != messages.len() || deep.is_empty() {
        let what = format!(
            "{} messages, {} rows of best prices, {} deep rows do not belong together",
            messages.len(),
            best.len(),
            deep.len()
        );
        return Err(ImportError::file(path, what, "fetch the files of one recording"));
    }
    Ok(Reader { messages, best, deep, queues: Queues::default() }.recording(session.market))
}

/// What the file's name tells: `AAPL_2012-06-21_…`.
struct Session {
    market: Market,
    /// The midnight before, taken as UTC: the recording counts seconds of exchange time from it.
    midnight: Timestamp,
}

impl Session {
    fn of(path: &Path) -> Result<Self, ImportError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let mut words = name.split('_');
        let market = Market::of_shares(words.next().unwrap_or_default());
        let market = market.map_err(|RowError { what, fix }| ImportError::file(path, what, fix))?;
        let date = words.next().unwrap_or_default();
        let midnight = crate::scenario::time::rfc3339(&format!("{date}T00:00:00Z"));
        midnight.map(|midnight| Self { market, midnight }).ok_or_else(|| {
            let fix = "name it as it came: SYMBOL_YYYY-MM-DD_…";
            ImportError::file(path, "its name does not begin with a symbol and a date", fix)
        })
    }
}

/// One row of the message file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Message {
    line: u64,
    time: Timestamp,
    kind: Kind,
    id: Name,
    size: u64,
    price: u64,
    side: Side,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Add,
    Reduce,
    Delete,
    Execute,
    /// Hidden executions, crosses and halts: the visible book stays as it is.
    Unseen,
}

fn messages(path: &Path, midnight: Timestamp) -> Result<Vec<Message>, ImportError> {
    let mut rows = Rows::open(path, false)?;
    let mut messages: Vec<Message> = Vec::new();
    while let Some((line, row)) = rows.next()? {
        let message = message(line, row, midnight).map_err(|error| error.at(path, line))?;
        if messages.last().is_some_and(|last| last.time > message.time) {
            let error = RowError::new("its time is before the row above", "sort the rows by time");
            return Err(error.at(path, line));
        }
        messages.push(message);
    }
    Ok(messages)
}

fn message(line: u64, row: &csv::StringRecord, midnight: Timestamp) -> Result<Message, RowError> {
    if row.len() != 6 {
        let what = format!("the row has {} columns", row.len());
        return Err(RowError::new(what, "there are six: time, type, id, size, price, side"));
    }
    let kind = kind(&row[1])?;
    let time = Timestamp(midnight.0.saturating_add(nearest("time", &row[0], 9)?));
    let id = numbered(whole("order id", &row[2])?);
    if kind == Kind::Unseen {
        return Ok(Message { line, time, kind, id, size: 0, price: 0, side: Side::Buy });
    }
    let (size, price, side) = (whole("size", &row[3])?, ticks(&row[4])?, side(&row[5])?);
    Ok(Message { line, time, kind, id, size, price, side })
}

fn kind(text: &str) -> Result<Kind, RowError> {
    Ok(match text {
        "1" => Kind::Add,
        "2" => Kind::Reduce,
        "3" => Kind::Delete,
        "4" => Kind::Execute,
        "5" | "6" | "7" => Kind::Unseen,
        _ => {
            let what = format!("`type`: \"{}\" is no type", super::decimal::shown(text));
            return Err(RowError::new(what, "types are 1 to 7"));
        }
    })
}

fn side(text: &str) -> Result<Side, RowError> {
    match text {
        "1" => Ok(Side::Buy),
        "-1" => Ok(Side::Sell),
        _ => {
            let what = format!("`side`: \"{}\" is no side", super::decimal::shown(text));
            Err(RowError::new(what, "it is 1 (buy) or -1 (sell)"))
        }
    }
}

fn ticks(text: &str) -> Result<u64, RowError> {
    let price = whole("price", text)?;
    if !price.is_multiple_of(PRICE_PER_TICK) {
        let what = format!("`price`: {price} is not a whole number of cents");
        return Err(RowError::new(what, "only stocks that trade in cents can be imported"));
    }
    Ok(price / PRICE_PER_TICK)
}

/// The book after one row: levels a side, best first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

fn books(path: &Path, levels_max: usize) -> Result<Vec<Book>, ImportError> {
    let mut rows = Rows::open(path, false)?;
    let mut books = Vec::new();
    while let Some((line, row)) = rows.next()? {
        books.push(book(row, levels_max).map_err(|error| error.at(path, line))?);
    }
    Ok(books)
}

fn book(row: &csv::StringRecord, levels_max: usize) -> Result<Book, RowError> {
    let mut book = Book::default();
    let cells: Vec<&str> = row.iter().collect();
    if !cells.len().is_multiple_of(4) {
        let what = format!("the row has {} columns", cells.len());
        return Err(RowError::new(what, "there are four a level: ask, size, bid, size"));
    }
    for level in cells.chunks_exact(4).take(levels_max) {
        book.asks.extend(self::level(level[0], level[1])?);
        book.bids.extend(self::level(level[2], level[3])?);
    }
    Ok(book)
}

/// A level; none where the book ends, which the files show with size 0.
fn level(price: &str, size: &str) -> Result<Option<Level>, RowError> {
    let quantity = whole("size", size)?;
    if quantity == 0 {
        return Ok(None);
    }
    Ok(Some(Level { price: ticks(price)?, quantity, orders: None }))
}

/// Turns rows into steps.
struct Reader {
    messages: Vec<Message>,
    best: Vec<Book>,
    deep: Vec<Book>,
    queues: Queues,
}

impl Reader {
    fn recording(mut self, market: Market) -> Recording {
        let mut steps = vec![self.seed()];
        let mut requeued = 0;
        let mut at = 0;
        while at < self.messages.len() {
            let end = self.end_of_run(at);
            let step = self.step(at, end);
            requeued += usize::from(step.actions.len() > 1);
            steps.push(step);
            at = end;
        }
        let notes = vec![
            format!("orders from before the first row, entered first: {}", steps[0].actions.len()),
            format!("older orders that came back into sight ahead of others: {requeued}"),
        ];
        Recording { market, steps, notes }
    }

    /// The levels of the first row, before it.
    fn seed(&mut self) -> Step {
        let mut rest = self.levels_before();
        let mut actions = Vec::new();
        for (id, (side, price, quantity)) in self.never_added() {
            let Some(level) = rest.get_mut(&(side, price)).filter(|left| **left >= quantity) else {
                continue;
            };
            *level -= quantity;
            actions.push(Action::rest(numbered(id), side, price, quantity));
            self.queues.enter(numbered(id), side, price, quantity, 1);
        }
        let nameless = rest.into_iter().filter(|&(_, left)| left > 0);
        actions.extend(nameless.map(|((side, price), left)| {
            let id = parsed(&format!("level-{}-{price}", side.word()));
            Action::rest(id, side, price, left)
        }));
        let time = self.messages.first().map_or(Timestamp(0), |message| message.time);
        Step { time, actions, ..Step::default() }
    }

    /// Lots at each level before the first row: what is shown after it, less what it added.
    fn levels_before(&self) -> BTreeMap<(Side, u64), u64> {
        let book = &self.deep[0];
        let side = |side, levels: &[Level]| {
            levels.iter().map(|level| ((side, level.price), level.quantity)).collect::<Vec<_>>()
        };
        let mut levels: BTreeMap<_, _> = side(Side::Buy, &book.bids).into_iter().collect();
        levels.extend(side(Side::Sell, &book.asks));
        let first = self.messages.first().filter(|first| first.kind == Kind::Add);
        if let Some(level) = first.and_then(|first| levels.get_mut(&(first.side, first.price))) {
            *level = level.saturating_sub(self.messages[0].size);
        }
        levels
    }

    /// Orders that are never added, by id: where they stand and how much they lose in all.
    fn never_added(&self) -> BTreeMap<u64, (Side, u64, u64)> {
        let added = self.messages.iter().filter(|message| message.kind == Kind::Add);
        let added: HashSet<Name> = added.map(|message| message.id).collect();
        let mut orders = BTreeMap::new();
        for message in &self.messages {
            if message.kind == Kind::Unseen || added.contains(&message.id) {
                continue;
            }
            let place = (message.side, message.price, 0);
            let lost: &mut u64 = &mut orders.entry(number(message.id)).or_insert(place).2;
            *lost = lost.saturating_add(message.size);
        }
        orders
    }

    /// The row behind the run of executions that begins at `start`, or behind that one row.
    fn end_of_run(&self, start: usize) -> usize {
        let first = self.messages[start];
        if first.kind != Kind::Execute {
            return start + 1;
        }
        let same = |message: &&Message| match message.kind {
            Kind::Execute => message.time == first.time && message.side == first.side,
            Kind::Unseen => message.time == first.time,
            Kind::Add | Kind::Reduce | Kind::Delete => false,
        };
        let run = self.messages[start..].iter().take_while(same);
        let last = run.zip(start..).filter(|(message, _)| message.kind == Kind::Execute).last();
        last.map_or(start, |(_, at)| at) + 1
    }

    fn step(&mut self, start: usize, end: usize) -> Step {
        let first = self.messages[start];
        let mut step = Step { time: first.time, line: first.line, ..Step::default() };
        match first.kind {
            Kind::Add => step.actions = self.add(first),
            Kind::Reduce => step.actions.extend(self.reduce(first)),
            Kind::Delete => step.actions.extend(self.delete(first)),
            Kind::Execute => self.execute(&mut step, start, end),
            Kind::Unseen => {}
        }
        self.show(&mut step, start, end);
        step
    }

    /// The order; ahead of it, as it is older, the younger ones make way.
    fn add(&mut self, message: Message) -> Vec<Action> {
        let Message { id, side, price, size, .. } = message;
        let younger = self.queues.at(side, price).filter(|other| number(other.id) > number(id));
        let younger: Vec<_> = younger.copied().collect();
        let mut actions: Vec<_> =
            younger.iter().map(|other| Action::cancel(other.id, side)).collect();
        actions.push(Action::rest(id, side, price, size));
        self.queues.enter(id, side, price, size, 1);
        for other in younger {
            let entries = other.entries + 1;
            let id = again(other.id, entries);
            self.queues.remove(super::flow::recorded(id));
            self.queues.enter(id, side, price, other.left, entries);
            actions.push(Action::rest(id, side, price, other.left));
        }
        actions
    }

    fn reduce(&mut self, message: Message) -> Option<Action> {
        let order = self.queues.reduce(message.id, message.size)?;
        Some(match order.left {
            0 => Action::cancel(order.id, order.side),
            _ => Action::resize(order.id, order.side, order.total),
        })
    }

    fn delete(&mut self, message: Message) -> Option<Action> {
        let order = self.queues.remove(message.id)?;
        Some(Action::cancel(order.id, order.side))
    }

    /// One order took all that the run executed.
    fn execute(&mut self, step: &mut Step, start: usize, end: usize) {
        let run = &self.messages[start..end];
        let fills: Vec<Fill> = run
            .iter()
            .filter(|message| message.kind == Kind::Execute)
            .map(|m| Fill { id: m.id, price: m.price, quantity: m.size })
            .collect();
        for fill in &fills {
            self.queues.execute(fill.id, fill.quantity);
        }
        let quantity = fills.iter().fold(0, |sum: u64, fill| sum.saturating_add(fill.quantity));
        let limit = fills.last().map_or(0, |fill| fill.price);
        let id = parsed(&format!("taker-{}", step.line));
        step.actions.push(Action::take(id, run[0].side.opposite(), limit, quantity));
        step.fills = Some(fills);
    }

    /// The book after each row of the step, while its order was executing.
    fn show(&self, step: &mut Step, start: usize, end: usize) {
        let mut executed_lots: u64 = 0;
        for at in start..end {
            executed_lots = executed_lots.saturating_add(self.messages[at].size);
            let running = step.fills.is_some().then_some(executed_lots);
            step.seen.extend(self.seen(at, running));
        }
    }

    fn seen(&self, at: usize, executed_lots: Option<u64>) -> Vec<Seen> {
        let (line, best) = (self.messages[at].line, &self.best[at]);
        let seen = |figure, levels, sides| Seen { line, figure, executed_lots, levels, sides };
        let mut all = vec![
            seen(Figure::BestBids, 1, vec![(Side::Buy, best.bids.clone())]),
            seen(Figure::BestAsks, 1, vec![(Side::Sell, best.asks.clone())]),
        ];
        if let Some(book) = self.deep.get(at) {
            let top = |levels: &[Level]| levels.iter().take(LEVELS_COMPARED).copied().collect();
            let sides = vec![(Side::Buy, top(&book.bids)), (Side::Sell, top(&book.asks))];
            all.push(seen(Figure::Rows, LEVELS_COMPARED, sides));
        }
        all
    }
}

/// The recorded number in an order's name.
fn number(id: Name) -> u64 {
    super::flow::recorded(id).as_str().parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: Timestamp = Timestamp(0);

    /// Messages as the file has them, and the deep book after the first; the best levels shown are
    /// not of interest here.
    fn recording(messages: &str, deep: &str) -> Recording {
        let record = |row: &str| row.split(',').map(str::trim).collect::<csv::StringRecord>();
        let messages: Vec<_> = messages
            .lines()
            .zip(1..)
            .map(|(row, line)| message(line, &record(row), MIDNIGHT).unwrap())
            .collect();
        let deep = vec![book(&record(deep), usize::MAX).unwrap()];
        let best = vec![Book::default(); messages.len()];
        Reader { messages, best, deep, queues: Queues::default() }
            .recording(Market::of_shares("TEST").unwrap())
    }

    fn actions(step: &Step) -> &[Action] {
        &step.actions
    }

    const BUY: Side = Side::Buy;
    const SELL: Side = Side::Sell;

    #[test]
    fn rows_become_commands() {
        let messages = "34200.000000001,1,11,20,999900,1
            34200.000000002,2,11,5,999900,1
            34200.000000003,3,11,15,999900,1
            34200.000000004,5,0,9,1000050,-1
            34200.000000005,7,0,0,-1,-1";
        let found = recording(messages, "1000000,30,999900,20");
        let id = numbered(11);
        let level = |side: Side, price| parsed(&format!("level-{}-{price}", side.word()));
        let expected: [&[Action]; 6] = [
            &[Action::rest(level(SELL, 10_000), SELL, 10_000, 30)],
            &[Action::rest(id, BUY, 9_999, 20)],
            &[Action::resize(id, BUY, 15)],
            &[Action::cancel(id, BUY)],
            &[],
            &[],
        ];
        assert_eq!(found.steps.iter().map(actions).collect::<Vec<_>>(), expected);
        assert_eq!(found.steps[1].time, Timestamp(34_200_000_000_001));
    }

    #[test]
    fn a_run_of_executions_is_one_order() {
        // Two orders are never added: they stand by their ids in the level seen first.
        let messages = "1.0,1,11,20,999900,1
            2.0,4,6,10,1000000,-1
            2.0,5,0,3,1000000,-1
            2.0,4,5,7,1000100,-1
            2.0,4,11,1,999900,1
            3.0,4,5,1,1000100,-1";
        let found = recording(messages, "1000000,30,999900,20,1000100,8,0,0");
        let level = parsed("level-sell-10000");
        let seeds = [
            Action::rest(numbered(5), SELL, 10_001, 8),
            Action::rest(numbered(6), SELL, 10_000, 10),
            Action::rest(level, SELL, 10_000, 20),
        ];
        assert_eq!(found.steps[0].actions, seeds);
        let taker = |line, side, price, quantity| {
            Action::take(parsed(&format!("taker-{line}")), side, price, quantity)
        };
        let fill = |id, price, quantity| Fill { id: numbered(id), price, quantity };
        for (step, action, fills) in [
            (2, taker(2, BUY, 10_001, 17), vec![fill(6, 10_000, 10), fill(5, 10_001, 7)]),
            (3, taker(5, SELL, 9_999, 1), vec![fill(11, 9_999, 1)]),
            (4, taker(6, BUY, 10_001, 1), vec![fill(5, 10_001, 1)]),
        ] {
            assert_eq!(found.steps[step].actions, [action]);
            assert_eq!(found.steps[step].fills, Some(fills));
        }
        let running: Vec<_> = found.steps[2].seen.iter().map(|seen| seen.executed_lots).collect();
        assert_eq!(running, [10, 10, 10, 10, 17, 17].map(Some), "two figures a row, three rows");
    }

    #[test]
    fn an_older_order_comes_back_ahead_of_younger_ones() {
        let messages = "1.0,1,11,20,999900,1
            2.0,1,12,30,999900,1
            3.0,4,11,5,999900,1
            4.0,1,7,40,999900,1
            5.0,2,11,5,999900,1
            6.0,3,12,30,999900,1";
        let found = recording(messages, "1000000,30,999900,20");
        let (a, b) = (numbered(11), numbered(12));
        assert_eq!(
            found.steps[4].actions,
            [
                Action::cancel(a, BUY),
                Action::cancel(b, BUY),
                Action::rest(numbered(7), BUY, 9_999, 40),
                Action::rest(again(a, 2), BUY, 9_999, 15),
                Action::rest(again(b, 2), BUY, 9_999, 30),
            ]
        );
        assert_eq!(found.steps[5].actions, [Action::resize(again(a, 2), BUY, 10)]);
        assert_eq!(found.steps[6].actions, [Action::cancel(again(b, 2), BUY)]);
    }

    #[test]
    fn malformed_rows_say_what_is_wrong() {
        for (row, what) in [
            ("1.0,1,11,20,999900", "the row has 5 columns"),
            ("noon,1,11,20,999900,1", "`time`: \"noon\" is not a number"),
            ("1.0,8,11,20,999900,1", "`type`: \"8\" is no type"),
            ("1.0,1,x,20,999900,1", "`order id`: \"x\" is not a decimal such as \"12.5\""),
            ("1.0,1,11,-2,999900,1", "`size`: \"-2\" is negative or too large"),
            ("1.0,1,11,20,999950,1", "`price`: 999950 is not a whole number of cents"),
            ("1.0,1,11,20,999900,0", "`side`: \"0\" is no side"),
        ] {
            let record: csv::StringRecord = row.split(',').collect();
            let found = message(1, &record, MIDNIGHT).map_err(|error| error.what);
            assert_eq!(found, Err(what.to_owned()), "{row}");
        }
    }
}
