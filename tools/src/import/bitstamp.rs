//! Bitstamp's order-by-order log: one line an event, `<milliseconds> <kind> <json>`.
//!
//! An order that is created becomes a limit order, one that is deleted with an amount left a
//! cancel, one that changes its price an amend. A change of amount alone is an execution: the
//! engine must find it by itself.
//!
//! The log is an excerpt, so orders are deleted or changed in it that were never created: they
//! stood in the book before it. They are entered first, in the order of their ids. What such an
//! order had is what its first row leaves of it, and where that row is an execution also the trade
//! printed behind the row. An order whose deletion is logged before its creation never rested.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use ringside_protocol::{Side, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::decimal::{exact, nearest};
use super::error::{ImportError, RowError};
use super::flow::{
    Action, Figure, Level, Market, Money, Print, Recording, Seen, Step, numbered, parsed,
};
use super::source::{Folder, Lines};

/// The log, compressed or not.
const LOG: &str = "*.log*";

const PRICE_PLACES: u8 = 2;
const AMOUNT_PLACES: u8 = 8;
const MILLISECOND: u64 = 1_000_000;

/// How many lines behind an execution's row its trade is printed, at most.
const TRADE_LINES_MAX: usize = 16;

/// Reads the log in a folder.
pub(super) fn read(path: &Path) -> Result<Recording, ImportError> {
    let folder = Folder::find(path, "bitstamp_l3", LOG)?;
    let lines = lines(&folder.file(LOG)?)?;
    Ok(recording(&lines))
}

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    number: u64,
    time: Timestamp,
    row: Row,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Row {
    Created(Entry),
    Changed(Entry),
    Deleted(Entry),
    Trade(Print),
    /// The best level of each side shown.
    Book(Vec<(Side, Level)>),
}

/// An order as a row shows it: ticks, and lots that are left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    id: u64,
    side: Side,
    price: u64,
    left: u64,
}

fn lines(path: &Path) -> Result<Vec<Line>, ImportError> {
    let mut source = Lines::open(path)?;
    let mut lines = Vec::new();
    while let Some((number, text)) = source.next()? {
        let line = parse(number, &text).map_err(|error| error.at(path, number))?;
        if lines.last().is_some_and(|last: &Line| last.time > line.time) {
            let error = RowError::new("its time is before the line above", "sort the log by time");
            return Err(error.at(path, number));
        }
        lines.push(line);
    }
    if lines.is_empty() { Err(ImportError::empty(path)) } else { Ok(lines) }
}

fn parse(number: u64, text: &str) -> Result<Line, RowError> {
    let form = || RowError::new("it is not `<milliseconds> <kind> <json>`", FETCH);
    let (time, rest) = text.split_once(' ').ok_or_else(form)?;
    let (kind, json) = rest.split_once(' ').ok_or_else(form)?;
    let time = exact("time", time, 0)?.checked_mul(MILLISECOND).ok_or_else(form)?;
    let row = match kind {
        "order_created" => Row::Created(entry(json)?),
        "order_changed" => Row::Changed(entry(json)?),
        "order_deleted" => Row::Deleted(entry(json)?),
        "trade" => Row::Trade(print(json)?),
        "order_book" => Row::Book(book(json)?),
        _ => {
            let what = format!("`{}` is not a kind of event", super::decimal::shown(kind));
            let fix = "there are order_created, order_changed, order_deleted, trade, order_book";
            return Err(RowError::new(what, fix));
        }
    };
    Ok(Line { number, time: Timestamp(time), row })
}

const FETCH: &str = "the log is damaged here: fetch it again";

#[derive(Deserialize)]
struct EntryJson<'a> {
    price: &'a str,
    amount: &'a str,
    id: u64,
    order_type: u8,
}

fn entry(json: &str) -> Result<Entry, RowError> {
    let json: EntryJson<'_> = from_json(json)?;
    let side = match json.order_type {
        0 => Side::Buy,
        1 => Side::Sell,
        other => {
            let what = format!("`order_type`: {other} is neither 0 (buy) nor 1 (sell)");
            return Err(RowError::new(what, FETCH));
        }
    };
    let price = exact("price", json.price, PRICE_PLACES)?;
    let left = exact("amount", json.amount, AMOUNT_PLACES)?;
    Ok(Entry { id: json.id, side, price, left })
}

#[derive(Deserialize)]
struct TradeJson<'a> {
    #[serde(borrow)]
    price: &'a RawValue,
    #[serde(borrow)]
    amount: &'a RawValue,
}

fn print(json: &str) -> Result<Print, RowError> {
    let json: TradeJson<'_> = from_json(json)?;
    let price = nearest("price", json.price.get(), PRICE_PLACES)?;
    let quantity = nearest("amount", json.amount.get(), AMOUNT_PLACES)?;
    Ok(Print { price, quantity })
}

#[derive(Deserialize)]
struct BookJson<'a> {
    #[serde(borrow)]
    bids: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    asks: Vec<(&'a str, &'a str)>,
}

fn book(json: &str) -> Result<Vec<(Side, Level)>, RowError> {
    let json: BookJson<'_> = from_json(json)?;
    let mut best = Vec::new();
    for (side, levels) in [(Side::Buy, json.bids), (Side::Sell, json.asks)] {
        if let Some(&(price, amount)) = levels.first() {
            let price = exact("price", price, PRICE_PLACES)?;
            let quantity = exact("amount", amount, AMOUNT_PLACES)?;
            best.push((side, Level { price, quantity, orders: None }));
        }
    }
    Ok(best)
}

fn from_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, RowError> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        RowError::new(format!("{what}, {} bytes into the JSON", error.column()), FETCH)
    })
}

fn market() -> Market {
    let unit = |places: u8| 10u64.pow(u32::from(ringside_protocol::SCALE_MAX - places));
    Market {
        symbol: parsed("BTC/USD"),
        base: Money { code: parsed("BTC"), scale: AMOUNT_PLACES },
        quote: Money { code: parsed("USD"), scale: PRICE_PLACES + AMOUNT_PLACES },
        tick: unit(PRICE_PLACES),
        lot: unit(AMOUNT_PLACES),
    }
}

fn recording(lines: &[Line]) -> Recording {
    let seeds = seeds(lines);
    let inferred = seeds.iter().filter(|seed| seed.by_trade).count();
    let notes = vec![
        format!("orders from before the first line, entered first: {}", seeds.len()),
        format!("of them executed before shown, with what their trades tell: {inferred}"),
    ];
    let mut reader = Reader::default();
    let mut steps = vec![reader.seed(lines, &seeds)];
    steps.extend(lines.iter().map(|line| reader.step(line)));
    Recording { market: market(), steps, notes }
}

/// An order that stood in the book before the first line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seed {
    entry: Entry,
    by_trade: bool,
}

/// The orders that are in the log without ever being created, by id.
fn seeds(lines: &[Line]) -> Vec<Seed> {
    let created: HashSet<u64> = lines.iter().filter_map(created).collect();
    let mut seeds = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(entry) = gone_on(line).filter(|entry| !created.contains(&entry.id)) else {
            continue;
        };
        seeds.entry(entry.id).or_insert_with(|| seed(entry, line, &lines[at + 1..]));
    }
    seeds.into_values().filter(|seed| seed.entry.left > 0).collect()
}

fn created(line: &Line) -> Option<u64> {
    match &line.row {
        Row::Created(entry) => Some(entry.id),
        Row::Changed(_) | Row::Deleted(_) | Row::Trade(_) | Row::Book(_) => None,
    }
}

fn gone_on(line: &Line) -> Option<Entry> {
    match &line.row {
        Row::Changed(entry) | Row::Deleted(entry) => Some(*entry),
        Row::Created(_) | Row::Trade(_) | Row::Book(_) => None,
    }
}

/// What an order had before its first row: what that row leaves, and what it says was executed.
fn seed(entry: Entry, line: &Line, behind: &[Line]) -> Seed {
    let by_trade = matches!(line.row, Row::Changed(_)) || entry.left == 0;
    let executed = if by_trade { next_trade(entry.price, behind) } else { 0 };
    Seed { entry: Entry { left: entry.left.saturating_add(executed), ..entry }, by_trade }
}

/// Lots of the trade printed next at a price; 0 where there is none near.
fn next_trade(price: u64, behind: &[Line]) -> u64 {
    let prints = behind.iter().take(TRADE_LINES_MAX).filter_map(|line| match &line.row {
        Row::Trade(print) => Some(print),
        Row::Created(_) | Row::Changed(_) | Row::Deleted(_) | Row::Book(_) => None,
    });
    prints.into_iter().find(|print| print.price == price).map_or(0, |print| print.quantity)
}

/// What is known of an order while the log is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Known {
    price: u64,
    left: u64,
    executed: u64,
}

/// Turns lines into steps.
#[derive(Default)]
struct Reader {
    living: HashMap<u64, Known>,
    /// Orders whose deletion came, once they are gone or before they came.
    gone: HashSet<u64>,
}

impl Reader {
    fn seed(&mut self, lines: &[Line], seeds: &[Seed]) -> Step {
        let time = lines.first().map_or(Timestamp(0), |line| line.time);
        let actions = seeds.iter().filter_map(|seed| self.create(seed.entry)).collect();
        Step { time, actions, ..Step::default() }
    }

    fn step(&mut self, line: &Line) -> Step {
        let mut step = Step { time: line.time, line: line.number, ..Step::default() };
        match &line.row {
            Row::Created(entry) => step.actions.extend(self.create(*entry)),
            Row::Changed(entry) => step.actions.extend(self.change(*entry)),
            Row::Deleted(entry) => step.actions.extend(self.delete(*entry)),
            Row::Trade(print) => step.prints.push(*print),
            Row::Book(best) => step.seen.extend(best.iter().map(|best| seen(line.number, *best))),
        }
        step
    }

    fn create(&mut self, entry: Entry) -> Option<Action> {
        if self.gone.contains(&entry.id) || entry.left == 0 {
            return None;
        }
        let known = Known { price: entry.price, left: entry.left, executed: 0 };
        self.living.insert(entry.id, known);
        Some(Action::rest(numbered(entry.id), entry.side, entry.price, entry.left))
    }

    /// A new price is an amend; less at the same price is an execution, which is no command.
    fn change(&mut self, entry: Entry) -> Option<Action> {
        let known = self.living.get_mut(&entry.id)?;
        let repriced = known.price != entry.price;
        if !repriced {
            let executed = known.left.saturating_sub(entry.left);
            known.executed = known.executed.saturating_add(executed);
        }
        (known.price, known.left) = (entry.price, entry.left);
        let total = known.executed.saturating_add(known.left);
        let id = numbered(entry.id);
        repriced.then(|| Action::reprice(id, entry.side, entry.price, total))
    }

    /// With an amount left it is a cancel; without, the last execution.
    fn delete(&mut self, entry: Entry) -> Option<Action> {
        let living = self.living.remove(&entry.id).is_some();
        self.gone.insert(entry.id);
        (living && entry.left > 0).then(|| Action::cancel(numbered(entry.id), entry.side))
    }
}

fn seen(line: u64, (side, level): (Side, Level)) -> Seen {
    let figure = Figure::BestSides;
    Seen { line, figure, executed_lots: None, levels: 1, sides: vec![(side, vec![level])] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_log(log: &str) -> Recording {
        let line = |(text, number): (&str, u64)| parse(number, &long(text.trim_start()));
        recording(&log.lines().zip(1..).map(line).collect::<Result<Vec<_>, _>>().unwrap())
    }

    /// An order's row as the log has it, from `time kind price amount id order_type`; others stay.
    fn long(text: &str) -> String {
        let words: Vec<&str> = text.split(' ').collect();
        let &[time, kind, price, amount, id, order_type] = words.as_slice() else {
            return text.to_owned();
        };
        if !kind.starts_with("order_") || price.starts_with('{') {
            return text.to_owned();
        }
        format!(
            concat!(
                r#"{} {} {{"price": "{}", "amount": "{}", "datetime": "1", "#,
                r#""id": {}, "order_type": {}}}"#
            ),
            time, kind, price, amount, id, order_type
        )
    }

    fn actions(recording: &Recording) -> Vec<Action> {
        recording.steps.iter().flat_map(|step| step.actions.iter().copied()).collect()
    }

    #[test]
    fn rows_become_commands() {
        let log = r#"1000 order_created 10.00 2.00000000 7 0
            1001 order_changed 10.00 1.50000000 7 0
            1002 trade {"price": 10.0, "amount": 0.5, "id": 1}
            1003 order_changed 10.10 1.50000000 7 0
            1004 order_deleted 10.10 1.50000000 7 0
            1004 order_deleted 10.10 1.50000000 7 0
            1005 order_book {"bids": [["9.99", "3.00000000"]], "asks": []}"#;
        let recording = read_log(log);
        let id = numbered(7);
        assert_eq!(
            actions(&recording),
            [
                Action::rest(id, Side::Buy, 1_000, 200_000_000),
                Action::reprice(id, Side::Buy, 1_010, 200_000_000),
                Action::cancel(id, Side::Buy),
            ]
        );
        assert_eq!(recording.steps[3].prints, [Print { price: 1_000, quantity: 50_000_000 }]);
        let best = Level { price: 999, quantity: 300_000_000, orders: None };
        assert_eq!(recording.steps[7].seen, [seen(7, (Side::Buy, best))]);
        assert_eq!(recording.steps[7].time, Timestamp(1_005_000_000));
    }

    #[test]
    fn orders_from_before_the_log_are_entered_first() {
        // 3 is cancelled, 4 executed at once, 2 executed in part: 4 and 2 have what was traded too.
        let log = r#"1000 order_deleted 10.00 1.00000000 3 0
            1001 order_deleted 11.00 0.00000000 4 1
            1002 trade {"price": 10.999999999999999, "amount": 0.25, "id": 1}
            1003 order_changed 11.50 1.00000000 2 1
            1004 trade {"price": 11.5, "amount": 0.5, "id": 2}
            1005 order_deleted 9.00 0.00000000 1 0"#;
        let recording = read_log(log);
        assert_eq!(
            recording.steps[0].actions,
            [
                Action::rest(numbered(2), Side::Sell, 1_150, 150_000_000),
                Action::rest(numbered(3), Side::Buy, 1_000, 100_000_000),
                Action::rest(numbered(4), Side::Sell, 1_100, 25_000_000),
            ]
        );
        assert_eq!(actions(&recording)[3..], [Action::cancel(numbered(3), Side::Buy)]);
        assert!(recording.notes[0].ends_with("entered first: 3"));
        assert!(recording.notes[1].ends_with("trades tell: 2"));
    }

    #[test]
    fn an_order_deleted_before_it_is_created_never_rests() {
        let log = r#"1000 order_deleted 10.00 1.00000000 3 0
            1001 order_created 10.00 1.00000000 3 0"#;
        assert_eq!(actions(&read_log(log)), []);
    }

    #[test]
    fn malformed_lines_say_what_is_wrong() {
        for (text, what) in [
            ("", "it is not `<milliseconds> <kind> <json>`"),
            ("1000 order_created", "it is not `<milliseconds> <kind> <json>`"),
            ("soon trade {}", "`time`: \"soon\" is not a decimal such as \"12.5\""),
            ("1000 order_made {}", "`order_made` is not a kind of event"),
            ("1000 trade {\"price\": 1.5}", "missing field `amount`, 14 bytes into the JSON"),
            ("1000 trade {", "EOF while parsing an object, 1 bytes into the JSON"),
            (r#"1000 order_created 1 1 1 2"#, "`order_type`: 2 is neither 0 (buy) nor 1 (sell)"),
            (
                r#"1000 order_created 1.001 1 1 0"#,
                "`price`: \"1.001\" has more than 2 decimal places",
            ),
        ] {
            assert_eq!(
                parse(1, &long(text)).map_err(|error| error.what),
                Err(what.to_owned()),
                "{text}"
            );
        }
    }
}
